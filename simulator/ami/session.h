#pragma once
// What a client of the manager interface may do, and what it is answered: a connection without the connection.
//
//   Session session({.username = "provd", .secret = "secret"});
//   Session::Step step = session.Handle(packet);
//   if (step.notify) …                          // carry it out, and send step.answer, or Refusal(packet, why) if it went wrong
//   else Send(step.answer);
//   if (step.ends) Close();
//
// As in Asterisk: nothing but Login before a login, a wrong secret ends the connection, an ActionID comes back with the answer.
// One thread at a time.

#include <optional>
#include <string>

#include "base/ami/packet.h"
#include "simulator/ami/notification.h"

namespace provdlab::ami {

struct Credentials {
  std::string username = "provd";
  std::string secret = "secret";
};

class Session {
 public:
  explicit Session(Credentials credentials) : credentials_(std::move(credentials)) {}

  struct Step {
    Packet answer;
    std::optional<Notification> notify{};
    bool ends = false;
  };
  Step Handle(const Packet& packet);
  bool logged_in() const { return logged_in_; }

 private:
  const Credentials credentials_;
  bool logged_in_ = false;
};

// "Response: Error" with that Message, to that packet.
Packet Refusal(const Packet& packet, std::string message);

}  // namespace provdlab::ami
