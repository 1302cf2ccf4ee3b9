#pragma once
// Tells phones through a telephone exchange, over the Asterisk Manager Interface, as a provd in the field does.
//
//   exchange::AmiNotifier notifier({.host = "127.0.0.1", .port = 5038, .username = "provd", .secret = "secret"});
//   notifier.Call({.method = kSipNotify, .event = "check-sync"}, device, stop);
//
// A connection for each call: banner, Login, `SIPnotify` to a peer or `SIPnotifyprovd` to an address, Logoff. All of it has one deadline;
// an exchange that does not answer is kTimeout. Any thread, several at a time.

#include <chrono>
#include <cstdint>
#include <string>

#include "server/application/phone_caller.h"

namespace provdlab::server::exchange {

class AmiNotifier : public PhoneCaller {
 public:
  struct Options {
    std::string host = "127.0.0.1";  // an IPv4 address
    std::uint16_t port = 5038;
    std::string username{};
    std::string secret{};
    std::chrono::milliseconds patience{15'000};
  };
  explicit AmiNotifier(Options options) : options_(std::move(options)) {}
  Result<> Call(const Synchronization& how, const Json& device, const std::stop_token& stop) override;

 private:
  const Options options_;
};

}  // namespace provdlab::server::exchange
