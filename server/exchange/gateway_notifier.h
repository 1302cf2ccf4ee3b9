#pragma once
// Tells phones through an HTTP gateway in front of a telephone exchange, as wazo has it: POST URL/1.0/action/PJSIPNotify.
//
//   exchange::GatewayNotifier notifier({.url = *http::ParseUrl("http://127.0.0.1:9491")});
//   notifier.Call({.method = kSipNotify, .event = "check-sync"}, device, stop);
//
// The fields are Variable, and Endpoint (a user) or URI (sip:anonymous@ADDRESS), as a form. The answer is a list of what the exchange said;
// all of it has to be success. One deadline for each call. Any thread, several at a time.

#include <chrono>
#include <string>
#include <utility>

#include "base/http/message.h"
#include "server/application/phone_caller.h"

namespace provdlab::server::exchange {

class GatewayNotifier : public PhoneCaller {
 public:
  struct Options {
    http::Url url;        // what stands before /1.0; http or https
    std::string token{};  // sent as X-Auth-Token, if it is not empty
    std::chrono::milliseconds patience{15'000};
  };
  explicit GatewayNotifier(Options options) : options_(std::move(options)) {}
  Result<> Call(const Synchronization& how, const Json& device, const std::stop_token& stop) override;

 private:
  const Options options_;
};

}  // namespace provdlab::server::exchange
