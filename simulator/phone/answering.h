#pragma once
// What a phone in service answers when somebody speaks SIP to it.
//
//   const NotifyRule* told = answering.Answer(received);         // null unless a NOTIFY tells it to do something
//
// Belongs to the phone's thread.

#include <string>

#include "simulator/phone/body.h"

namespace provdlab::phone {

class Answering {
 public:
  explicit Answering(Body& body) : body_(body) {}

  // The rule of the profile that it is to follow now. The answer is among the actions.
  const NotifyRule* Answer(const SipReceived& received);
  void Forget();

 private:
  struct Verdict {
    int status = 200;
    std::string reason{};
    const NotifyRule* rule = nullptr;
  };
  Verdict Judge(const sip::Message& request, const std::string& from_ip);
  Verdict JudgeNotify(const sip::Message& request, const std::string& from_ip);

  Body& body_;
  // The last NOTIFY that was taken.
  std::string call_id_{};  // its digest
  unsigned long sequence_ = 0;
};

}  // namespace provdlab::phone
