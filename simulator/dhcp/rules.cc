#include "simulator/dhcp/rules.h"

#include <algorithm>
#include <array>

#include "base/http/message.h"
#include "base/json.h"
#include "base/object_reader.h"
#include "base/text.h"

namespace provdlab::dhcp {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::int64_t kLongestLease = 366 * 86'400;
constexpr int kDeepestOption = 1;  // of options within options

constexpr std::array<std::string_view, 5> kNames = {"base_url", "host", "port", "tftp_host", "tftp_port"};

std::string ValueOf(std::string_view name, const Site& site) {
  if (name == "base_url") return site.base_url;
  if (name == "host") return site.host;
  if (name == "port") return std::to_string(site.port);
  if (name == "tftp_host") return site.tftp_host;
  return std::to_string(site.tftp_port);
}

// The text with what `value` says for each name in braces; nullopt for a brace without its partner.
template <typename ValueOfName>
std::optional<std::string> Filled(std::string_view text, ValueOfName value) {
  std::string filled;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    filled += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return std::nullopt;
    filled += value(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
  return filled;
}

bool BeginsWithOneOf(std::string_view text, const std::vector<std::string>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [&](const std::string& beginning) { return text.starts_with(beginning); });
}

// The bytes of a value, at most so many as an option can have.
std::string BytesOf(const Value& value, const Site& site) {
  std::string bytes;
  if (value.kind == Value::Kind::kBytes) {
    bytes = value.text;
  } else if (value.kind == Value::Kind::kText) {
    bytes = *Filled(value.text, [&](std::string_view name) { return ValueOf(name, site); });
  } else {
    for (const auto& [code, sub_option] : value.sub_options) {
      const std::string content = BytesOf(sub_option, site);
      bytes += static_cast<char>(code);
      bytes += static_cast<char>(content.size());
      bytes += content;
    }
  }
  return bytes.substr(0, kLongestOption);
}

void ReadText(const Json& json, const std::string& where, Mistakes& mistakes, Value& value) {
  value.text = json.get<std::string>();
  std::string unknown;
  const auto look = [&](std::string_view name) {
    if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) unknown = name;
    return std::string();
  };
  if (!Filled(value.text, look)) mistakes.Add(where + " has a '{' without its '}'");
  if (!unknown.empty()) mistakes.Add(where + ": {" + unknown + "} is none of {base_url}, {host}, {port}, {tftp_host}, {tftp_port}");
}

void ReadOptions(const ObjectReader& reader, const char* name, int depth, std::vector<std::pair<int, Value>>& options);

Value ReadValue(const Json& json, const std::string& where, int depth, Mistakes& mistakes) {
  Value value;
  if (json.is_string()) {
    ReadText(json, where, mistakes, value);
  } else if (json.is_boolean()) {
    value = {Value::Kind::kBytes, std::string(1, json.get<bool>() ? '\1' : '\0')};
  } else if (json.is_number_integer() && json.get<std::int64_t>() >= 0 && json.get<std::int64_t>() <= 0xFFFFFFFF) {
    value = {Value::Kind::kBytes, {}};
    for (int shift = 24; shift >= 0; shift -= 8) value.text += static_cast<char>(json.get<std::int64_t>() >> shift & 0xFF);
  } else if (json.is_object() && depth < kDeepestOption) {
    value.kind = Value::Kind::kSubOptions;
    const Json holder = {{"sub-options", json}};
    ReadOptions(ObjectReader(holder, where, mistakes), "sub-options", depth + 1, value.sub_options);
  } else {
    mistakes.Add(where + " is no text, true, false, number from 0 to 4294967295, or object of sub-options");
  }
  return value;
}

void ReadOptions(const ObjectReader& reader, const char* name, int depth, std::vector<std::pair<int, Value>>& options) {
  reader.EachIn(name, [&](const std::string& code, const Json& json, const std::string& where) {
    const std::optional<std::uint64_t> number = ParseDecimal(code);
    if (!number || *number == 0 || *number > static_cast<std::uint64_t>(kLastOption))
      reader.mistakes().Add(where + ": an option's name is its code, from 1 to " + std::to_string(kLastOption));
    else
      options.emplace_back(static_cast<int>(*number), ReadValue(json, where, depth, reader.mistakes()));
  });
  std::sort(options.begin(), options.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
}

Condition ReadCondition(const ObjectReader& reader) {
  Condition condition{reader.TextOrTexts("vendor_class"), reader.TextOrTexts("vendor_class_begins"), reader.TextOrTexts("mac_begins")};
  for (const std::string& beginning : condition.mac_beginnings) {
    const bool well_formed = beginning == Lower(beginning) && beginning.find_first_not_of("0123456789abcdef:") == std::string::npos;
    if (!well_formed) reader.Mistake("mac_begins: '" + beginning + "' is not written like 00:08:5d");
  }
  return condition;
}

Rule ReadRule(const Json& json, const std::string& where, Mistakes& mistakes) {
  const ObjectReader reader(json, where, mistakes);
  reader.NothingElse({"vendor_class", "vendor_class_begins", "mac_begins", "unless", "gives"});
  Rule rule;
  rule.when = ReadCondition(reader);
  if (const Json* unless = reader.Find("unless")) {
    const ObjectReader exception(*unless, where + ", unless", mistakes);
    exception.NothingElse({"vendor_class", "vendor_class_begins", "mac_begins"});
    rule.unless = ReadCondition(exception);
  }
  if (reader.Find("gives") == nullptr) reader.Mistake("there is no gives");
  ReadOptions(reader, "gives", 0, rule.gives);
  return rule;
}

}  // namespace

Result<Site> SiteAt(std::string_view base_url, std::string tftp_host, std::uint16_t tftp_port) {
  while (base_url.ends_with('/')) base_url.remove_suffix(1);
  const std::optional<http::Url> url = http::ParseUrl(base_url);
  if (!url || url->host.empty())
    return Fail(ErrorKind::kInvalid, "\"" + std::string(base_url) + "\" is no URL of phones' files; write it like http://192.0.2.10:8667");
  return Site{std::string(base_url), url->host, url->port, tftp_host.empty() ? url->host : std::move(tftp_host), tftp_port};
}

std::optional<PushTime> PushTimeFromName(std::string_view name) {
  if (name == "before") return PushTime::kBefore;
  if (name == "beside") return PushTime::kBeside;
  if (name == "never") return PushTime::kNever;
  return std::nullopt;
}

bool Condition::Fits(const Client& client) const {
  if (!vendor_classes.empty() &&
      (!client.vendor_class || std::find(vendor_classes.begin(), vendor_classes.end(), *client.vendor_class) == vendor_classes.end()))
    return false;
  if (!vendor_class_beginnings.empty() && (!client.vendor_class || !BeginsWithOneOf(*client.vendor_class, vendor_class_beginnings)))
    return false;
  return mac_beginnings.empty() || BeginsWithOneOf(client.mac, mac_beginnings);
}

Result<Rules> Rules::Read(std::string_view json) {
  const Result<Json> parsed = ParseJson(json);
  if (!parsed) return Fail(parsed.error());
  Mistakes mistakes;
  const ObjectReader reader(*parsed, "the DHCP server's rules", mistakes);
  reader.NothingElse({"format", "lease_seconds", "push", "push_options", "rules"});
  Rules rules;
  reader.Integer("format", kFormat, kFormat, 0);
  if (reader.Find("format") == nullptr) reader.Mistake("there is no format");
  rules.lease_time_ = std::chrono::seconds(reader.Integer("lease_seconds", 10, kLongestLease, rules.lease_time_.count()));
  const std::string push = reader.Text("push", "before");
  if (const auto time = PushTimeFromName(push))
    rules.push_time_ = *time;
  else
    reader.Mistake("push is not before, beside or never");
  reader.EachOf("push_options", [&](const Json& code, const std::string& where) {
    if (code.is_number_integer() && code.get<std::int64_t>() >= 1 && code.get<std::int64_t>() <= kLastOption)
      rules.pushed_options_.push_back(code.get<int>());
    else
      mistakes.Add(where + " is no code of an option");
  });
  reader.EachOf("rules", [&](const Json& rule, const std::string& where) { rules.rules_.push_back(ReadRule(rule, where, mistakes)); });
  if (mistakes.first()) return Fail(ErrorKind::kInvalid, *mistakes.first());
  return rules;
}

Options Rules::OptionsFor(const Client& client, const Site& site) const {
  Options options;
  for (const Rule& rule : rules_) {
    if (!rule.when.Fits(client) || (rule.unless && rule.unless->Fits(client))) continue;
    for (const auto& [code, value] : rule.gives) {
      if (!options.contains(code)) options.emplace(code, BytesOf(value, site));
    }
  }
  return options;
}

}  // namespace provdlab::dhcp
