#include "server/plugins/localise.h"

namespace provdlab::server {
namespace {

constexpr std::string_view kDescription = "description";
constexpr std::string_view kTranslation = "description_";

const Json* TextMember(const Json& object, const std::string& name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? &*member : nullptr;
}

}  // namespace

std::string DescriptionOf(const Json& object, std::string_view locale) {
  if (!object.is_object()) return "";
  const std::string_view language = locale.substr(0, locale.find('_'));
  for (const std::string_view wanted : {locale, language}) {
    if (wanted.empty()) continue;
    if (const Json* text = TextMember(object, std::string(kTranslation) + std::string(wanted))) return text->get<std::string>();
  }
  const Json* text = TextMember(object, std::string(kDescription));
  return text == nullptr ? "" : text->get<std::string>();
}

Json Localise(Json object, std::string_view locale) {
  if (!object.is_object()) return object;
  std::string description = DescriptionOf(object, locale);
  for (auto member = object.begin(); member != object.end();)
    member = member.key().starts_with(kTranslation) ? object.erase(member) : std::next(member);
  if (object.contains(kDescription)) object[std::string(kDescription)] = std::move(description);
  return object;
}

}  // namespace provdlab::server
