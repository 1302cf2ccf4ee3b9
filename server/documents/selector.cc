#include "server/documents/selector.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json_order.h"
#include "base/text.h"

namespace provdlab::server {
namespace {

constexpr std::size_t kQuotedBytes = 60;

std::string Quoted(std::string_view text) {
  if (text.size() <= kQuotedBytes) return "'" + std::string(text) + "'";
  std::size_t end = kQuotedBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not in the middle of a character
  return "'" + std::string(text.substr(0, end)) + "...'";
}

bool IsTrue(const Json& value) {
  switch (value.type()) {
    case Json::value_t::boolean:
      return value.get<bool>();
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      return value != 0;
    case Json::value_t::string:
      return !value.get_ref<const std::string&>().empty();
    default:
      return !value.empty();  // null, lists and objects
  }
}

bool Has(const Json& list, const Json& part) {
  return std::any_of(list.begin(), list.end(), [&](const Json& element) { return AreEqual(element, part); });
}

bool Contains(const Json& value, const Json& part) {
  if (value.is_array()) return Has(value, part);
  if (!part.is_string()) return false;
  const std::string& text = part.get_ref<const std::string&>();
  if (value.is_string()) return value.get_ref<const std::string&>().find(text) != std::string::npos;
  return value.is_object() && value.contains(text);
}

bool HasOperators(const Json& value) {
  if (!value.is_object()) return false;
  const auto items = value.items();
  return std::any_of(items.begin(), items.end(), [](const auto& item) { return item.key().starts_with('$'); });
}

bool AreComparable(const Json& left, const Json& right) {
  return (left.is_number() && right.is_number()) || (left.is_string() && right.is_string());
}

}  // namespace

std::vector<std::string> PathOf(std::string_view dotted_key) {
  const auto steps = Split(dotted_key, '.');
  return {steps.begin(), steps.end()};
}

std::vector<const Json*> ValuesAt(const Json& document, const std::vector<std::string>& path) {
  const Json* value = &document;
  for (std::size_t step = 0; step < path.size(); ++step) {
    if (value->is_array() && step > 0 && step + 1 == path.size()) {
      std::vector<const Json*> values;
      for (const Json& element : *value) {
        if (!element.is_object()) continue;
        if (const auto member = element.find(path[step]); member != element.end()) values.push_back(&*member);
      }
      return values;
    }
    if (!value->is_object()) return {};
    const auto member = value->find(path[step]);
    if (member == value->end()) return {};
    value = &*member;
  }
  return {value};
}

std::optional<Selector::Operator> Selector::OperatorOf(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Operator>, 9> kOperators = {{{"$in", Operator::kIn},
                                                                                       {"$nin", Operator::kNotIn},
                                                                                       {"$contains", Operator::kContains},
                                                                                       {"$gt", Operator::kGreater},
                                                                                       {"$ge", Operator::kGreaterOrEqual},
                                                                                       {"$lt", Operator::kLess},
                                                                                       {"$le", Operator::kLessOrEqual},
                                                                                       {"$ne", Operator::kNotEqual},
                                                                                       {"$exists", Operator::kExists}}};
  for (const auto& [known, is] : kOperators)
    if (known == name) return is;
  return std::nullopt;
}

Result<Selector> Selector::Parse(const Json& selector, const std::vector<std::string_view>& text_keys) {
  if (!selector.is_object()) return Fail(ErrorKind::kInvalid, "A selector must be a JSON object");
  Selector parsed;
  for (const auto& [key, value] : selector.items()) {
    Member member{key, PathOf(key), {}};
    if (value.is_array() && std::find(text_keys.begin(), text_keys.end(), key) != text_keys.end())
      return Fail(ErrorKind::kInvalid, "In the selector, " + Quoted(key) + " must not be a list; use $in to ask for several values");
    if (!HasOperators(value)) {
      member.conditions.push_back({Operator::kEqual, value});
    } else {
      for (const auto& [name, operand] : value.items()) {
        const auto is = OperatorOf(name);
        if (!is) return Fail(ErrorKind::kInvalid, "In the selector, " + Quoted(name) + " of " + Quoted(key) + " is no operator");
        if ((is == Operator::kIn || is == Operator::kNotIn) && !operand.is_array())
          return Fail(ErrorKind::kInvalid, "In the selector, " + Quoted(name) + " of " + Quoted(key) + " must be a list");
        member.conditions.push_back({*is, operand});
      }
    }
    parsed.members_.push_back(std::move(member));
  }
  return parsed;
}

bool Selector::Matches(const Json& document, const Slips& slips) const {
  return std::all_of(members_.begin(), members_.end(), [&](const Member& member) {
    const auto values = ValuesAt(document, member.path);
    return std::all_of(member.conditions.begin(), member.conditions.end(),
                       [&](const Condition& condition) { return Holds(condition, values, slips); });
  });
}

bool Selector::Holds(const Condition& condition, const std::vector<const Json*>& values, const Slips& slips) {
  const Slips for_values = {.types_compare = slips.types_compare, .met_types = slips.met_types};  // a null that is there is not missing
  const auto holds = [&](const Json* value) { return HoldsFor(condition, *value, for_values); };
  switch (condition.is) {
    case Operator::kExists:
      return values.empty() != IsTrue(condition.operand);
    case Operator::kNotEqual:
    case Operator::kNotIn:
      return std::all_of(values.begin(), values.end(), holds);
    case Operator::kEqual:
      return std::any_of(values.begin(), values.end(), holds);
    default:
      if (values.empty() && slips.missing_is_null) return HoldsFor(condition, Json(), slips);
      return std::any_of(values.begin(), values.end(), holds);
  }
}

bool Selector::HoldsFor(const Condition& condition, const Json& value, const Slips& slips) {
  const Json& operand = condition.operand;
  const bool comparable = AreComparable(value, operand);
  const bool orders = condition.is == Operator::kGreater || condition.is == Operator::kGreaterOrEqual || condition.is == Operator::kLess ||
                      condition.is == Operator::kLessOrEqual;
  if (orders && !comparable && slips.met_types != nullptr) *slips.met_types = true;
  const bool compares = comparable || slips.types_compare || (slips.missing_is_null && value.is_null() && !operand.is_null());
  switch (condition.is) {
    case Operator::kEqual:
      return AreEqual(value, operand);
    case Operator::kNotEqual:
      return !AreEqual(value, operand);
    case Operator::kIn:
      return Has(operand, value);
    case Operator::kNotIn:
      return !Has(operand, value);
    case Operator::kContains:
      return Contains(value, operand);
    case Operator::kGreater:
      return compares && Compare(value, operand) > 0;
    case Operator::kGreaterOrEqual:
      return compares && Compare(value, operand) >= 0;
    case Operator::kLess:
      return compares && Compare(value, operand) < 0;
    case Operator::kLessOrEqual:
      return compares && Compare(value, operand) <= 0;
    case Operator::kExists:
      break;
  }
  return true;
}

std::optional<std::vector<std::string>> Selector::TextsOf(std::string_view key) const {
  for (const Member& member : members_) {
    if (member.key != key) continue;
    for (const Condition& condition : member.conditions) {
      if (condition.is == Operator::kEqual && condition.operand.is_string())
        return std::vector<std::string>{condition.operand.get<std::string>()};
      const bool texts = condition.is == Operator::kIn && std::all_of(condition.operand.begin(), condition.operand.end(),
                                                                      [](const Json& element) { return element.is_string(); });
      if (texts) return condition.operand.get<std::vector<std::string>>();
    }
  }
  return std::nullopt;
}

std::optional<std::string> Selector::ElementOf(std::string_view key) const {
  for (const Member& member : members_) {
    if (member.key != key) continue;
    for (const Condition& condition : member.conditions)
      if (condition.is == Operator::kContains && condition.operand.is_string()) return condition.operand.get<std::string>();
  }
  return std::nullopt;
}

}  // namespace provdlab::server
