#include "server/exchange/recipient.h"

#include "server/documents/device_rules.h"

namespace provdlab::server::exchange {
namespace {

// "ap" and eight more characters.
bool IsAutomatic(const std::string& user) { return user.size() == 10 && user.starts_with("ap"); }

}  // namespace

Result<Recipient> RecipientOf(const Json& device) {
  Recipient recipient{.user = TextOf(device, "remote_state_sip_username"), .ip = TextOf(device, "ip")};
  if (IsAutomatic(recipient.user)) recipient.user.clear();
  if (recipient.user.empty() && recipient.ip.empty())
    return Fail(ErrorKind::kInvalid, "it has neither a user of its own nor an ip, so nobody knows where its phone is");
  return recipient;
}

}  // namespace provdlab::server::exchange
