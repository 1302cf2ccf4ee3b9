#include "server/plugins/identification.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "server/documents/device_rules.h"

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

// What patterns can be about: which protocol's requests have it, and whether each of them has.
struct RequestPart {
  PhoneRequest::Protocol protocol;
  bool always;
};

std::optional<RequestPart> RequestPartOf(std::string_view name) {
  using Protocol = PhoneRequest::Protocol;
  if (name == "user_agent") return RequestPart{Protocol::kHttp, false};
  if (name == "path") return RequestPart{Protocol::kHttp, true};
  if (name == "file_name") return RequestPart{Protocol::kTftp, true};
  if (name == "mac") return RequestPart{Protocol::kDhcp, true};
  if (OptionOf(name)) return RequestPart{Protocol::kDhcp, false};
  return std::nullopt;
}

const char* NameOf(PhoneRequest::Protocol protocol) {
  switch (protocol) {
    case PhoneRequest::Protocol::kHttp:
      return "http";
    case PhoneRequest::Protocol::kTftp:
      return "tftp";
    case PhoneRequest::Protocol::kDhcp:
      break;
  }
  return "dhcp";
}

const std::string* PartOf(const PhoneRequest& request, std::string_view part) {
  const std::string* text = nullptr;
  if (part == "user_agent") {
    text = &request.user_agent;
  } else if (part == "path") {
    text = &request.path;
  } else if (part == "file_name") {
    text = &request.file_name;
  } else if (part == "mac") {
    text = &request.mac;
  } else if (const auto code = OptionOf(part)) {
    const auto option = request.options.find(*code);
    if (option != request.options.end()) text = &option->second;
  }
  return text == nullptr || text->empty() ? nullptr : text;
}

std::vector<std::string> IdentityNames() {
  std::vector<std::string> names;
  for (const auto& [name, member] : Identity::kMembers) names.emplace_back(name);
  return names;
}

bool IsShowable(std::string_view text) {
  return !text.empty() && text.size() <= kLongestMember &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

// Placeholders, such as in the name 000000000000.cfg.
bool IsNobodysMac(std::string_view mac) { return mac == "00:00:00:00:00:00" || mac == "ff:ff:ff:ff:ff:ff"; }

}  // namespace

void Identity::Complete(const Identity& other) {
  for (const auto& [name, member] : kMembers)
    if (!(this->*member)) this->*member = other.*member;
}

std::optional<std::string> NormalMac(std::string_view text) {
  constexpr std::size_t kSeparated = 17;  // characters
  if (text.size() != kSeparated && text.find_first_of(":-") != std::string_view::npos) return std::nullopt;
  return NormaliseMac(text);
}

IdentificationRule IdentificationRule::Read(const Json& json, const std::string& where, const Known& known, Mistakes& mistakes) {
  const ObjectReader reader(json, where, mistakes);
  IdentificationRule rule;
  rule.model_names_ = known.model_names;
  const std::string protocol_name = reader.Text("protocol");
  const auto protocol = ProtocolOf(protocol_name);
  if (!protocol && !protocol_name.empty())
    reader.Mistake("'" + protocol_name + "' is none of http, tftp and dhcp" + Meaning(protocol_name, {"dhcp", "http", "tftp"}));
  rule.protocol_ = protocol.value_or(PhoneRequest::Protocol::kHttp);
  const auto sensitivity = reader.Boolean("ignore_case", false) ? Pattern::Case::kIgnored : Pattern::Case::kExact;
  std::set<std::string> captures;
  bool has_pattern = false;
  for (const auto& [name, value] : reader.json().items()) {
    const auto part = RequestPartOf(name);
    if (!part) {
      if (name != "protocol" && name != "ignore_case" && name != "gives" && !IsRemark(name))
        reader.Mistake("'" + name + "' is not a member that is known here" +
                       Meaning(name, {"file_name", "gives", "ignore_case", "mac", "option_60", "path", "protocol", "user_agent"}));
      continue;
    }
    const std::string owner = NameOf(part->protocol);
    if (protocol && part->protocol != *protocol) {
      reader.Mistake(name + " is what " + owner + " requests have, and this rule is for " + protocol_name);
      continue;
    }
    if (value.is_null()) {
      if (part->always) reader.Mistake(name + " can't be null: every " + owner + " request has one");
      rule.conditions_.push_back({name, std::nullopt});
      continue;
    }
    has_pattern = true;
    const std::string text = reader.Text(name.c_str());
    if (text.empty()) continue;
    auto pattern = Pattern::Compile(text, sensitivity);
    if (!pattern) {
      reader.Mistake(name + ", column " + std::to_string(pattern.error().position.value_or(Position{}).column) + ": " +
                     pattern.error().message);
      continue;
    }
    for (const std::string& capture : pattern->names())
      if (!captures.insert(capture).second) reader.Mistake("the group '" + capture + "' is in two patterns");
    rule.conditions_.push_back({name, std::move(*pattern)});
  }
  if (!has_pattern) reader.Mistake("there is no pattern: one of user_agent, path, file_name, mac and option_60 is needed");

  std::set<std::string> given, used;
  reader.EachIn("gives", [&](const std::string& name, const Json& value, const std::string& place) {
    const auto member =
        std::find_if(Identity::kMembers.begin(), Identity::kMembers.end(), [&](const auto& each) { return each.first == name; });
    if (member == Identity::kMembers.end())
      return mistakes.Add(place + " is none of vendor, model, version, mac, sn and uuid" + Meaning(name, IdentityNames()));
    if (!value.is_string()) return mistakes.Add(place + " is not a string");
    const auto text = value.get<std::string>();
    bool is_literal = true;
    Insert(text, [&](std::string_view capture) -> std::optional<std::string> {
      is_literal = false;
      used.emplace(capture);
      if (!captures.contains(std::string(capture)))
        mistakes.Add(place + ": no pattern has a group '" + std::string(capture) + "'" +
                     Meaning(capture, {captures.begin(), captures.end()}));
      return "";
    });
    const auto knows = [&](std::string_view vendor) {
      return std::find(known.vendors.begin(), known.vendors.end(), vendor) != known.vendors.end();
    };
    if (name == "vendor" && is_literal && !knows("*") && !knows(text))
      mistakes.Add(place + ": no capability of plugin-info has the vendor '" + text + "'" + Meaning(text, known.vendors));
    given.insert(name);
    rule.gives_.emplace_back(member->second, text);
  });
  for (const auto& [name, member] : Identity::kMembers) {
    const std::string each(name);
    if (!captures.contains(each) || given.contains(each)) continue;
    used.insert(each);
    rule.gives_.emplace_back(member, "{" + each + "}");
  }
  for (const std::string& capture : captures)
    if (!used.contains(capture)) reader.Mistake("the group '" + capture + "' is used by nothing" + Meaning(capture, IdentityNames()));
  if (rule.gives_.empty()) reader.Mistake("it gives nothing");
  return rule;
}

std::optional<Identity> IdentificationRule::Apply(const PhoneRequest& request) const {
  if (request.protocol != protocol_) return std::nullopt;
  Pattern::Captures captures;
  for (const Condition& condition : conditions_) {
    const std::string* text = PartOf(request, condition.part);
    if (!condition.pattern) {
      if (text != nullptr) return std::nullopt;
      continue;
    }
    if (text == nullptr) return std::nullopt;
    auto found = condition.pattern->Match(*text);
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
    if (member == &Identity::mac && (!(value = NormalMac(*value)) || IsNobodysMac(*value))) return std::nullopt;
    if (member == &Identity::model)
      if (const auto name = model_names_.find(*value); name != model_names_.end()) value = name->second;
    identity.*member = std::move(value);
  }
  if (identity.empty()) return std::nullopt;
  return identity;
}

}  // namespace provdlab::server
