#include "simulator/ami/session.h"

#include <utility>

#include "base/text.h"

namespace provdlab::ami {
namespace {

Packet Answer(const Packet& packet, std::string response, std::string message) {
  Packet answer{{{"Response", std::move(response)}}};
  if (std::string id = packet.Get("ActionID"); !id.empty()) answer.fields.push_back({"ActionID", std::move(id)});
  answer.fields.push_back({"Message", std::move(message)});
  return answer;
}

}  // namespace

Packet Refusal(const Packet& packet, std::string message) { return Answer(packet, "Error", std::move(message)); }

Session::Step Session::Handle(const Packet& packet) {
  const std::string action = packet.Get("Action");
  if (action.empty()) return {.answer = Refusal(packet, "Missing action in request")};
  if (EqualIgnoringCase(action, "Login")) {
    logged_in_ = packet.Get("Username") == credentials_.username && packet.Get("Secret") == credentials_.secret;
    if (!logged_in_) return {.answer = Refusal(packet, "Authentication failed"), .ends = true};
    return {.answer = Answer(packet, "Success", "Authentication accepted")};
  }
  if (EqualIgnoringCase(action, "Logoff")) return {.answer = Answer(packet, "Goodbye", "Logged off"), .ends = true};
  if (!logged_in_) return {.answer = Refusal(packet, "Permission denied")};
  if (!IsNotification(action)) return {.answer = Refusal(packet, "Invalid/unknown command")};
  Result<Notification> notification = ReadNotification(packet);
  if (!notification) return {.answer = Refusal(packet, notification.error().message)};
  return {.answer = Answer(packet, "Success", "Notify Sent"), .notify = std::move(*notification)};
}

}  // namespace provdlab::ami
