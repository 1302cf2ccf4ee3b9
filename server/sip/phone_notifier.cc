#include "server/sip/phone_notifier.h"

#include <string>

#include "server/documents/device_rules.h"

namespace provdlab::server::sip {
namespace {

constexpr const char* kAnybody = "anonymous";

// A user of the field's automatic provisioning, "ap" and eight more characters: many phones come with it before they have one of their own.
bool IsAutomatic(const std::string& user) { return user.size() == 10 && user.starts_with("ap"); }

}  // namespace

Result<> PhoneNotifier::Call(const Synchronization& how, const Json& device, const std::stop_token& stop) {
  if (how.method != Synchronization::Method::kSipNotify)
    return Fail(ErrorKind::kInvalid, "its plugin does not want it to be told over SIP");
  const std::string ip = TextOf(device, "ip");
  if (ip.empty()) return Fail(ErrorKind::kInvalid, "it has no ip, so nobody knows where its phone is");
  std::string user = TextOf(device, "remote_state_sip_username");
  if (user.empty() || IsAutomatic(user)) user = kAnybody;
  return SendNotify({.ip = ip, .port = options_.port, .user = user, .event = how.event}, options_.timers, stop);
}

}  // namespace provdlab::server::sip
