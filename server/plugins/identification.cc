#include "server/plugins/identification.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace provdlab::server {
namespace {

constexpr std::size_t kLongestMember = 255;  // bytes of a vendor, a model …

std::optional<PhoneRequest::Protocol> ProtocolOf(std::string_view name) {
  if (name == "http") return PhoneRequest::Protocol::kHttp;
  if (name == "tftp") return PhoneRequest::Protocol::kTftp;
  if (name == "dhcp") return PhoneRequest::Protocol::kDhcp;
  return std::nullopt;
}

// The code of "option_60".
std::optional<int> OptionOf(std::string_view part) {
  if (!part.starts_with("option_")) return std::nullopt;
  const auto code = ParseDecimal(part.substr(7));
  if (!code || *code < 1 || *code > 254) return std::nullopt;
  return static_cast<int>(*code);
}

const std::string* PartOf(const PhoneRequest& request, std::string_view part) {
  const std::string* text = nullptr;
  if (part == "user_agent") {
    text = &request.user_agent;
  } else if (part == "path") {
    text = &request.path;
  } else if (part == "file_name") {
    text = &request.file_name;
  } else if (const auto code = OptionOf(part)) {
    const auto option = request.options.find(*code);
    if (option != request.options.end()) text = &option->second;
  }
  return text == nullptr || text->empty() ? nullptr : text;
}

bool IsShowable(std::string_view text) {
  return !text.empty() && text.size() <= kLongestMember &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

}  // namespace

void Identity::Complete(const Identity& other) {
  for (const auto& [name, member] : kMembers)
    if (!(this->*member)) this->*member = other.*member;
}

std::optional<std::string> NormalMac(std::string_view text) {
  const bool separated = text.size() == 17;
  if (!separated && text.size() != 12) return std::nullopt;
  const char separator = separated ? text[2] : '\0';
  if (separated && separator != ':' && separator != '-') return std::nullopt;
  std::string mac;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (separated && at % 3 == 2) {
      if (text[at] != separator) return std::nullopt;
      continue;
    }
    const char c = text[at];
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) return std::nullopt;
    if (mac.size() % 3 == 2) mac += ':';
    mac += c;
  }
  return Lower(mac);
}

std::optional<IdentificationRule> IdentificationRule::Read(const Json& json, const std::string& where,
                                                           const std::map<std::string, std::string>& model_names, Mistakes& mistakes) {
  const ObjectReader reader(json, where, mistakes);
  IdentificationRule rule;
  rule.model_names_ = model_names;
  for (const std::string& name : reader.TextOrTexts("protocol")) {
    const auto protocol = ProtocolOf(name);
    if (protocol)
      rule.protocols_.push_back(*protocol);
    else
      reader.Mistake("'" + name + "' is none of http, tftp and dhcp");
  }
  if (rule.protocols_.empty()) reader.Mistake("there is no protocol");
  const auto sensitivity = reader.Boolean("ignore_case", false) ? Pattern::Case::kIgnored : Pattern::Case::kExact;
  std::set<std::string> captures;
  for (const auto& [name, value] : reader.json().items()) {
    if (name != "user_agent" && name != "path" && name != "file_name" && !OptionOf(name)) {
      if (name != "protocol" && name != "ignore_case" && name != "gives" && !name.starts_with("about"))
        reader.Mistake("'" + name + "' is not a member that is known here");
      continue;
    }
    auto pattern = Pattern::Compile(reader.Text(name.c_str()), sensitivity);
    if (!pattern) {
      reader.Mistake(name + ", column " + std::to_string(pattern.error().position.value_or(Position{}).column) + ": " +
                     pattern.error().message);
      continue;
    }
    for (const std::string& capture : pattern->names())
      if (!captures.insert(capture).second) reader.Mistake("the group '" + capture + "' is in two patterns");
    rule.conditions_.push_back({name, std::move(*pattern)});
  }
  if (rule.conditions_.empty()) reader.Mistake("there is no pattern: one of user_agent, path, file_name and option_60 is needed");

  std::set<std::string> given;
  reader.EachIn("gives", [&](const std::string& name, const Json& value, const std::string& place) {
    const auto member =
        std::find_if(Identity::kMembers.begin(), Identity::kMembers.end(), [&](const auto& each) { return each.first == name; });
    if (member == Identity::kMembers.end()) return mistakes.Add(place + " is none of vendor, model, version, mac, sn and uuid");
    if (!value.is_string()) return mistakes.Add(place + " is not a string");
    const auto text = value.get<std::string>();
    Insert(text, [&](std::string_view capture) -> std::optional<std::string> {
      if (!captures.contains(std::string(capture))) mistakes.Add(place + ": no pattern has a group '" + std::string(capture) + "'");
      return "";
    });
    given.insert(name);
    rule.gives_.emplace_back(member->second, text);
  });
  for (const auto& [name, member] : Identity::kMembers)
    if (const std::string each(name); captures.contains(each) && !given.contains(each)) rule.gives_.emplace_back(member, "{" + each + "}");
  if (rule.gives_.empty()) reader.Mistake("it gives nothing");
  if (mistakes.first()) return std::nullopt;
  return rule;
}

std::optional<Identity> IdentificationRule::Apply(const PhoneRequest& request) const {
  if (std::find(protocols_.begin(), protocols_.end(), request.protocol) == protocols_.end()) return std::nullopt;
  Pattern::Captures captures;
  for (const Condition& condition : conditions_) {
    const std::string* text = PartOf(request, condition.part);
    if (text == nullptr) return std::nullopt;
    auto found = condition.pattern.Match(*text);
    if (!found) return std::nullopt;
    captures.merge(*found);
  }
  Identity identity;
  for (const auto& [member, text] : gives_) {
    auto value = Insert(text, [&](std::string_view capture) -> std::optional<std::string> {
      const auto found = captures.find(capture);
      return found == captures.end() ? std::nullopt : std::optional(found->second);
    });
    if (!value) continue;  // a group of another branch of the pattern
    if (!IsShowable(*value)) return std::nullopt;
    if (member == &Identity::mac && !(value = NormalMac(*value))) return std::nullopt;
    if (member == &Identity::model)
      if (const auto name = model_names_.find(*value); name != model_names_.end()) value = name->second;
    identity.*member = std::move(value);
  }
  if (identity.empty()) return std::nullopt;
  return identity;
}

}  // namespace provdlab::server
