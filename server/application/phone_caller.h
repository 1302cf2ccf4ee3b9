#pragma once
// Telling a phone to fetch its files again: whoever can reach phones does it.
//
//   auto told = caller.Call(device, raw_config, stop);    // may take seconds

#include <stop_token>

#include "base/json.h"
#include "base/result.h"

namespace provdlab::server {

class PhoneCaller {
 public:
  virtual ~PhoneCaller() = default;
  // Returns once the phone, or what stands before it, has taken the message: kUnavailable, kTimeout, kInvalid (nobody knows where the
  // phone is), kCancelled after `stop`. Called from several threads at a time.
  virtual Result<> Call(const Json& device, const Json& raw_config, const std::stop_token& stop) = 0;
};

// For a server that reaches no phones: every call fails.
class NoPhoneCaller : public PhoneCaller {
 public:
  Result<> Call(const Json&, const Json&, const std::stop_token&) override {
    return Fail(ErrorKind::kUnavailable, "this server has no way to tell a phone anything");
  }
};

}  // namespace provdlab::server
