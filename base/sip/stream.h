#pragma once
// Cuts what comes over TCP into SIP messages, as RFC 3261 (18.3) has it: by the Content-Length of each.
//
//   Stream stream;
//   stream.Put(bytes);
//   for (;;) {
//     auto message = stream.Next();            // kInvalid: nobody can tell where the next one begins, so the connection ends
//     if (!message || !*message) break;
//     Handle(sip::Parse(**message));
//   }
//
// One thread at a time.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace provdlab::sip {

class Stream {
 public:
  void Put(std::string_view bytes) { pending_ += bytes; }
  // The next whole message, as Parse wants it; nullopt: there is none yet. kInvalid if it has no Content-Length that is a number, or would
  // be larger than kLargestMessage. Line breaks between messages, which keep connections open, are passed over.
  Result<std::optional<std::string>> Next();

 private:
  std::string pending_;
  std::size_t searched_ = 0;  // bytes in which no head ends
};

}  // namespace provdlab::sip
