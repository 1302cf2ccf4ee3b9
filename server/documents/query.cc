#include "server/documents/query.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/http/message.h"
#include "base/json_order.h"
#include "base/text.h"

namespace provdlab::server {
namespace {

constexpr std::array<std::string_view, 8> kParameters = {"recurse", "q", "q64", "fields", "skip", "limit", "sort", "sort_ord"};

tl::unexpected<Error> Invalid(std::string sentence) { return Fail(ErrorKind::kInvalid, std::move(sentence)); }

std::optional<std::string> DecodeForm(std::string_view text) {
  std::string blanks(text);
  std::replace(blanks.begin(), blanks.end(), '+', ' ');
  return http::PercentDecode(blanks);
}

// The first of each parameter that we know, decoded.
Result<std::map<std::string_view, std::string>> ReadParameters(std::string_view raw_query) {
  std::map<std::string_view, std::string> values;
  for (const std::string_view part : Split(raw_query, '&')) {
    const auto equals = std::min(part.find('='), part.size());
    const auto name = DecodeForm(part.substr(0, equals));
    const auto known = std::find(kParameters.begin(), kParameters.end(), name.value_or(""));
    if (known == kParameters.end() || values.contains(*known)) continue;
    auto value = DecodeForm(part.substr(std::min(equals + 1, part.size())));
    if (!value || !IsUtf8(*value)) return Invalid("The query parameter " + std::string(*known) + " is not percent-encoded UTF-8");
    values.emplace(*known, std::move(*value));
  }
  return values;
}

Result<Selector> ReadSelector(const std::string& name, std::string_view text, const std::vector<std::string_view>& text_keys) {
  const auto json = ParseJson(text);
  if (!json) return Invalid("The selector in the query parameter " + name + " can't be read: " + json.error().message);
  auto selector = Selector::Parse(*json, text_keys);
  if (!selector) return Invalid("The query parameter " + name + " can't be used. " + selector.error().message);
  return selector;
}

Result<std::uint64_t> ReadNumber(const std::string& name, std::string_view text) {
  const auto number = ParseDecimal(text);
  if (!number) return Invalid("The query parameter " + name + " must be an integer of 0 or more");
  return *number;
}

void CopyMember(const Json& from, const std::vector<std::string>& path, Json& to) {
  const Json* value = &from;
  for (const std::string& step : path) {
    if (!value->is_object()) return;
    const auto member = value->find(step);
    if (member == value->end()) return;
    value = &*member;
  }
  Json* place = &to;
  for (std::size_t step = 0; step + 1 < path.size(); ++step) {
    place = &(*place)[path[step]];
    if (!place->is_object()) *place = Json::object();
  }
  (*place)[path.back()] = *value;
}

}  // namespace

std::optional<std::string> DecodeBase64(std::string_view text) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::string bytes;
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool padded = i >= text.size() - padding;
    const auto digit = padded ? 0 : kAlphabet.find(text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    group = group << 6 | static_cast<std::uint32_t>(digit);
    if (i % 4 != 3) continue;
    for (const int shift : {16, 8, 0}) bytes.push_back(static_cast<char>(group >> shift & 0xff));
    group = 0;
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

Result<Query> Query::Parse(std::string_view raw_query, const std::vector<std::string_view>& text_keys) {
  Query query;
  if (raw_query.empty()) return query;
  auto parameters = ReadParameters(raw_query);
  if (!parameters) return Fail(parameters.error());
  const auto given = [&](std::string_view name) -> const std::string* {
    const auto found = parameters->find(name);
    return found == parameters->end() ? nullptr : &found->second;
  };

  if (const std::string* q64 = given("q64")) {
    const auto text = DecodeBase64(*q64);
    if (!text) return Invalid("The query parameter q64 is not base64; mind that a '+' must be sent as %2B");
    auto selector = ReadSelector("q64", *text, text_keys);
    if (!selector) return Fail(selector.error());
    query.selector = std::move(*selector);
  } else if (const std::string* q = given("q")) {
    auto selector = ReadSelector("q", *q, text_keys);
    if (!selector) return Fail(selector.error());
    query.selector = std::move(*selector);
  }
  if (const std::string* fields = given("fields")) {
    query.fields_.emplace();
    for (const std::string_view name : Split(*fields, ','))
      if (!name.empty()) query.fields_->push_back(PathOf(name));
  }
  for (const auto& [name, number] : {std::pair{"skip", &query.skip}, std::pair{"limit", &query.limit}}) {
    const std::string* text = given(name);
    if (text == nullptr) continue;
    const auto value = ReadNumber(name, *text);
    if (!value) return Fail(value.error());
    *number = *value;
  }
  if (const std::string* recurse = given("recurse")) query.recurse = *recurse == "true" || *recurse == "True";
  if (const std::string* sort = given("sort")) {
    if (sort->empty()) return Invalid("The query parameter sort must name a member");
    query.sort_path_ = PathOf(*sort);
  }
  if (const std::string* order = given("sort_ord")) {
    if (*order != "ASC" && *order != "DESC") return Invalid("The query parameter sort_ord must be ASC or DESC");
    query.descending_ = *order == "DESC";
  }
  return query;
}

const Json* Query::SortValueOf(const Json& document) const {
  const auto values = ValuesAt(document, sort_path_);
  return values.empty() ? nullptr : values.front();
}

bool Query::Precedes(const Json* value, const Json* other) const {
  if (descending_) std::swap(value, other);
  if (value == nullptr || other == nullptr) return value == nullptr && other != nullptr;
  return Compare(*value, *other) < 0;
}

Json Query::Project(const Json& document) const {
  if (!fields_) return document;
  Json projected = Json::object();
  CopyMember(document, {"id"}, projected);
  for (const auto& path : *fields_) CopyMember(document, path, projected);
  return projected;
}

}  // namespace provdlab::server
