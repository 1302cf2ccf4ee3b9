#pragma once
// What a site's DHCP server tells which client: data, as the field's dhcpd has it in classes and conditions.
//
//   Result<Rules> rules = Rules::Read(text);               // fixtures/dhcp/xivo.json, or a file of the user's
//   rules->OptionsFor({.mac = "00:08:5d:10:00:01", .vendor_class = "AastraIPPhone6731i"}, site);   // {{43, "\2\x1e""http://…"}}
//
// docs/phones.md describes the format. Values; any thread.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace provdlab::dhcp {

inline constexpr int kVendorClassOption = 60;  // in which a client says what it is
inline constexpr int kLastOption = 254;        // 0 and 255 are padding and the end (RFC 2132)
inline constexpr std::size_t kLongestOption = 255;

using Options = std::map<int, std::string>;  // by code, as bytes

struct Client {
  std::string mac;                            // xx:xx:xx:xx:xx:xx, lower case
  std::optional<std::string> vendor_class{};  // the bytes of option 60, if it sent one
};

// Where the site has what phones need: what the names in braces of a rule's texts stand for.
struct Site {
  std::string base_url;         // {base_url}: http://HOST:PORT, without a slash at its end
  std::string host;             // {host}
  std::uint16_t port = 0;       // {port}
  std::string tftp_host;        // {tftp_host}
  std::uint16_t tftp_port = 0;  // {tftp_port}
};
// The site with its HTTP service at this URL, and its TFTP service. kInvalid if that is no http or https URL.
Result<Site> SiteAt(std::string_view base_url, std::string tftp_host, std::uint16_t tftp_port);

// When the site's hook tells the target of a lease: before the client hears of it, at the same time, not at all.
enum class PushTime { kBefore, kBeside, kNever };
std::optional<PushTime> PushTimeFromName(std::string_view name);  // "before", "beside", "never"

// Which clients a rule is for. What is empty asks nothing; a client has to fit all that asks something.
struct Condition {
  std::vector<std::string> vendor_classes;           // its class is one of these
  std::vector<std::string> vendor_class_beginnings;  // it begins with one of these; with "" every class does
  std::vector<std::string> mac_beginnings;           // "00:08:5d"
  bool Fits(const Client& client) const;
};

// What an option has: a text with names in braces, bytes, or options of its own, each with its code and length before it.
struct Value {
  enum class Kind { kText, kBytes, kSubOptions };
  Kind kind = Kind::kText;
  std::string text{};
  std::vector<std::pair<int, Value>> sub_options{};
};

struct Rule {
  Condition when;
  std::optional<Condition> unless;  // not for clients that fit this
  std::vector<std::pair<int, Value>> gives;
};

class Rules {
 public:
  // kInvalid names the member that is wrong.
  static Result<Rules> Read(std::string_view json);

  // Each option is given by the first rule that fits and has it.
  Options OptionsFor(const Client& client, const Site& site) const;

  std::chrono::seconds lease_time() const { return lease_time_; }
  PushTime push_time() const { return push_time_; }
  // Options of the client's that the hook passes on.
  const std::vector<int>& pushed_options() const { return pushed_options_; }

 private:
  std::chrono::seconds lease_time_{86'400};
  PushTime push_time_ = PushTime::kBefore;
  std::vector<int> pushed_options_;
  std::vector<Rule> rules_;
};

}  // namespace provdlab::dhcp
