#pragma once
// Tells phones over SIP: a NOTIFY to where the device's document says that the phone is.
//
//   sip::PhoneNotifier notifier({.port = 5060});
//   notifier.Call({.method = kSipNotify, .event = "check-sync"}, device, stop);
//
// The message goes to the phone itself, not to a peer's registrations, so it can't reach another one of the same user. In it the phone is
// addressed by the user that it was configured with (remote_state_sip_username), as it knows itself, and as "anonymous" while it has none
// of its own. Any thread, several at a time.

#include <cstdint>

#include "server/application/faults.h"
#include "server/application/phone_caller.h"
#include "server/sip/notify.h"

namespace provdlab::server::sip {

class PhoneNotifier : public PhoneCaller {
 public:
  struct Options {
    std::uint16_t port = kDefaultPort;  // of the phones
    Timers timers{};
    Faults* faults = nullptr;  // outlive it; without them nothing goes wrong on purpose
  };
  explicit PhoneNotifier(Options options) : options_(options) {}
  Result<> Call(const Synchronization& how, const Json& device, const std::stop_token& stop) override;

 private:
  const Options options_;
};

}  // namespace provdlab::server::sip
