#pragma once
// Telling a phone to fetch its files again: whoever can reach phones does it.
//
//   auto told = caller.Call({.method = kSipNotify, .event = "check-sync"}, device, stop);    // may take seconds

#include <stop_token>

#include "base/json.h"
#include "base/result.h"
#include "server/plugins/phone_support.h"

namespace provdlab::server {

class PhoneCaller {
 public:
  virtual ~PhoneCaller() = default;
  // `how` is what the device's plugin wants. Returns once the phone, or what stands before it, has taken the message: kUnavailable,
  // kTimeout, kInvalid (nobody knows where the phone is), kCancelled after `stop`. Called from several threads at a time.
  virtual Result<> Call(const Synchronization& how, const Json& device, const std::stop_token& stop) = 0;
};

// For a server that reaches no phones: every call fails.
class NoPhoneCaller : public PhoneCaller {
 public:
  Result<> Call(const Synchronization&, const Json&, const std::stop_token&) override {
    return Fail(ErrorKind::kUnavailable, "this server has no way to tell a phone anything");
  }
};

}  // namespace provdlab::server
