#include "server/sip/notify.h"

#include <algorithm>
#include <string_view>

namespace provdlab::server::sip {
namespace {

bool IsPrintable(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

Result<> SendNotify(const Notification& notification, const Timers& timers, const std::stop_token& stop,
                    const provdlab::sip::Through& through) {
  if (!IsPrintable(notification.event)) return Fail(ErrorKind::kInvalid, "an event must be printable and without blanks");
  const provdlab::sip::Peer phone{.ip = notification.ip, .port = notification.port};
  const std::string user = notification.user.empty() ? "" : provdlab::sip::EscapeUser(notification.user) + "@";
  const auto compose = [&](const std::string& here) {
    const std::string us = "sip:provd@" + here;
    provdlab::sip::Message request = provdlab::sip::NewRequest("NOTIFY", "sip:" + user + phone.Text(), us);
    request.Add("Contact", "<" + us + ">");
    request.Add("Event", notification.event);
    request.Add("Subscription-State", "terminated");
    return request;
  };
  const Result<provdlab::sip::Message> answer = provdlab::sip::Ask(phone, compose, timers, stop, through);
  if (!answer) return Fail(answer.error());
  if (answer->status >= 300)
    return Fail(ErrorKind::kUnavailable, phone.Text() + " answered " + std::to_string(answer->status) + " " + answer->reason);
  return {};
}

}  // namespace provdlab::server::sip
