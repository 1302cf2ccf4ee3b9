#include "server/sip/phone_notifier.h"

#include <optional>
#include <string>

#include "server/exchange/recipient.h"

namespace provdlab::server::sip {
namespace {

constexpr const char* kAnybody = "anonymous";
constexpr int kBadRequest = 400, kUnauthorized = 401, kProxyUnauthorized = 407;

}  // namespace

Result<> PhoneNotifier::Call(const Synchronization& how, const Json& device, const std::stop_token& stop) {
  if (how.method != Synchronization::Method::kSipNotify)
    return Fail(ErrorKind::kInvalid, "its plugin does not want it to be told over SIP");
  const auto recipient = exchange::RecipientOf(device);
  if (!recipient) return Fail(recipient.error());
  if (recipient->ip.empty()) return Fail(ErrorKind::kInvalid, "it has no ip, so nobody knows where its phone is");
  Timers timers = options_.timers;
  provdlab::sip::Through through;
  if (options_.faults != nullptr) {
    Faults& faults = *options_.faults;
    // So late that the time is over before.
    if (faults.synchronize_lost_notify.Strikes()) timers.first = timers.longest = timers.overall;
    through.sent = [&faults](provdlab::sip::Message& request) {
      if (faults.synchronize_notify_is_whole.Strikes()) request.Remove("Max-Forwards");
    };
    through.came = [&faults](std::optional<provdlab::sip::Message>& answer) {
      if (!answer && faults.synchronize_unreadable_answer.Strikes()) answer = {.status = kBadRequest, .reason = "Not Read"};
      if (!answer) return;
      if (answer->status < 200 && faults.synchronize_provisional.Strikes()) answer->status = kBadRequest;
      const bool challenged = answer->status == kUnauthorized || answer->status == kProxyUnauthorized;
      if (challenged && faults.synchronize_challenge_fails.Strikes()) answer->status = 200;
    };
  }
  return SendNotify(
      {.ip = recipient->ip, .port = options_.port, .user = recipient->user.empty() ? kAnybody : recipient->user, .event = how.event},
      timers, stop, through);
}

}  // namespace provdlab::server::sip
