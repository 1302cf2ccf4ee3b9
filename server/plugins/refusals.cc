#include "server/plugins/refusals.h"

#include <optional>
#include <utility>

#include "base/text.h"
#include "server/plugins/phone_view.h"

namespace provdlab::server {
namespace {

// A name of a text in the view, or nothing after a mistake.
std::optional<std::vector<std::string>> NameOfText(const std::string& name, const std::string& where, const Shape& view,
                                                   Mistakes& mistakes) {
  auto parts = SplitName(name);
  const auto found = view.FindInLists(parts);
  if (!found)
    mistakes.Add(where + ": " + found.error().message);
  else if (!(*found)->text)
    mistakes.Add(where + ": '" + name + "' is no text");
  else
    return parts;
  return std::nullopt;
}

// Where a client finds the value of a view's list: the second of the lines is not always line 2.
std::string PlaceOf(const std::string& list, const Json& item) {
  const bool is_line = list == "lines";
  const Json* number = FindInView(item, {is_line ? "line" : "key"});
  return (is_line ? "sip_lines." : "funckeys.") + (number != nullptr && number->is_string() ? number->get<std::string>() : "?");
}

// Calls `check` with each text under the name and where it is; stops at the first error.
Result<> ForEachText(const Json& view, const std::vector<std::string>& name,
                     const std::function<Result<>(const std::string& place, const std::string& value)>& check) {
  const Json* list = name.size() == 2 ? FindInView(view, {name[0]}) : nullptr;
  if (list == nullptr || !list->is_array()) {
    const Json* value = FindInView(view, name);
    return value != nullptr && value->is_string() ? check(Join(name, "."), value->get<std::string>()) : Result<>();
  }
  for (const Json& item : *list) {
    const Json* value = FindInView(item, {name[1]});
    if (value == nullptr || !value->is_string()) continue;
    if (auto fine = check(PlaceOf(name[0], item) + ", " + name[1], value->get<std::string>()); !fine) return fine;
  }
  return {};
}

}  // namespace

Refusals Refusals::Read(const ObjectReader& phones, const Shape& view) {
  Refusals refusals;
  Mistakes& mistakes = phones.mistakes();
  phones.EachOf("refuse", [&](const Json& json, const std::string& where) {
    const ObjectReader reader(json, where, mistakes);
    reader.NothingElse({"of", "if", "unless", "because"});
    const std::string of = reader.Text("of"), because = reader.Text("because");
    const bool has_if = reader.Find("if") != nullptr, has_unless = reader.Find("unless") != nullptr;
    if (has_if == has_unless) return reader.Mistake("it needs a pattern under if or under unless, and not under both");
    const std::string text = reader.Text(has_if ? "if" : "unless");
    auto pattern = Pattern::Compile(text, Pattern::Case::kExact);
    if (!pattern)
      reader.Mistake(std::string(has_if ? "if" : "unless") + ", column " +
                     std::to_string(pattern.error().position.value_or(Position{}).column) + ": " + pattern.error().message);
    if (of.empty()) return;
    auto name = NameOfText(of, where + ": of", view, mistakes);
    if (name && pattern) refusals.rules_.push_back({std::move(*name), has_if, std::move(*pattern), because});
  });
  for (const std::string& exact : phones.Texts("exact"))
    if (auto name = NameOfText(exact, phones.where() + ", exact", view, mistakes)) refusals.exact_.push_back(std::move(*name));
  return refusals;
}

Result<> Refusals::Check(const Json& view, const std::function<bool(std::string_view)>& holds) const {
  for (const Rule& rule : rules_) {
    auto fine = ForEachText(view, rule.of, [&](const std::string& place, const std::string& value) -> Result<> {
      if (rule.pattern.Match(value).has_value() != rule.refuses_matches) return {};
      return Fail(ErrorKind::kInvalid, place + ": " + rule.because);
    });
    if (!fine) return fine;
  }
  for (const auto& name : exact_) {
    auto fine = ForEachText(view, name, [&](const std::string& place, const std::string& value) -> Result<> {
      if (holds(value)) return {};
      return Fail(ErrorKind::kInvalid, place + ": it has characters that can't be written so that the phone reads them as they are");
    });
    if (!fine) return fine;
  }
  return {};
}

std::vector<std::vector<std::string>> Refusals::Names() const {
  std::vector<std::vector<std::string>> names = exact_;
  for (const Rule& rule : rules_) names.push_back(rule.of);
  return names;
}

}  // namespace provdlab::server
