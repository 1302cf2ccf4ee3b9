#pragma once
// What a phone's request says of the phone, by the rules of one plugin.
//
//   auto rule = IdentificationRule::Read(json, "identification 1", {.model_names = {{"53i", "6753i"}}, .vendors = {"Aastra"}}, mistakes);
//   if (std::optional<Identity> identity = rule->Apply(request)) …
//
// A rule is data (docs/packages.md): patterns over the request, all of which must match, and what it gives then. It can't fail,
// hang or throw on any bytes that a phone may send. Immutable; any thread may apply it.

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/object_reader.h"
#include "base/result.h"
#include "server/plugins/pattern.h"

namespace provdlab::server {

// A request of a phone as rules see it. What it does not have stays empty, and matches no pattern.
struct PhoneRequest {
  enum class Protocol { kHttp, kTftp, kDhcp };
  Protocol protocol = Protocol::kHttp;
  std::string user_agent{};              // http
  std::string path{};                    // http: decoded, without query, with its first '/'
  std::string file_name{};               // tftp: as it was asked for, also with a first '/'
  std::map<int, std::string> options{};  // dhcp: code to bytes
  std::string mac{};                     // dhcp: xx:xx:xx:xx:xx:xx in lower case
};

struct Identity {
  std::optional<std::string> vendor{}, model{}, version{};
  std::optional<std::string> mac{};  // xx:xx:xx:xx:xx:xx in lower case
  std::optional<std::string> sn{}, uuid{};

  // Takes over what `other` knows and this does not.
  void Complete(const Identity& other);
  bool empty() const { return *this == Identity{}; }
  friend bool operator==(const Identity&, const Identity&) = default;

  // The members by name, in this order.
  static constexpr std::array<std::pair<std::string_view, std::optional<std::string> Identity::*>, 6> kMembers = {{
      {"vendor", &Identity::vendor},
      {"model", &Identity::model},
      {"version", &Identity::version},
      {"mac", &Identity::mac},
      {"sn", &Identity::sn},
      {"uuid", &Identity::uuid},
  }};
};

// xx:xx:xx:xx:xx:xx in lower case, of twelve hex digits that are separated by ':' or '-' or not at all; nothing for another text.
std::optional<std::string> NormalMac(std::string_view text);

// "{a}-{b}" with each {NAME} replaced by what `find` gives for it, or nothing if it gives nothing. Other braces stay.
template <typename Find>
std::optional<std::string> Insert(std::string_view text, const Find& find) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text[at] == '{' ? text.find('}', at) : std::string_view::npos;
    if (end == std::string_view::npos) {
      result += text[at++];
      continue;
    }
    const std::optional<std::string> value = find(text.substr(at + 1, end - at - 1));
    if (!value) return std::nullopt;
    result += *value;
    at = end + 1;
  }
  return result;
}

class IdentificationRule {
 public:
  // What the plugin says elsewhere.
  struct Known {
    std::map<std::string, std::string> model_names{};  // other names of models, which are replaced by the models' own
    std::vector<std::string> vendors{};                // those of its capabilities; with "*" among them, any
  };

  // Of use only if there were no mistakes.
  static IdentificationRule Read(const Json& json, const std::string& where, const Known& known, Mistakes& mistakes);

  // Nothing if the rule does not match, or if what it would give is no printable text or no MAC.
  std::optional<Identity> Apply(const PhoneRequest& request) const;

 private:
  struct Condition {
    std::string part;                // user_agent, path, file_name, mac or option_N
    std::optional<Pattern> pattern;  // nothing: the request must not have it
  };
  IdentificationRule() = default;

  PhoneRequest::Protocol protocol_ = PhoneRequest::Protocol::kHttp;
  std::vector<Condition> conditions_;
  std::vector<std::pair<std::optional<std::string> Identity::*, std::string>> gives_;  // texts with {capture}
  std::map<std::string, std::string> model_names_;
};

}  // namespace provdlab::server
