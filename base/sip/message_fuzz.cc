// Any bytes: reading them ends; what is read can be written and read again; what answers it is as readable; and over TCP the same bytes
// come to the same messages whatever the pieces were. The first byte says how long the pieces are.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/sip/digest.h"
#include "base/sip/message.h"
#include "base/sip/stream.h"

namespace {

using provdlab::sip::Message;

void Check(bool holds) {
  if (!holds) __builtin_trap();
}

void Read(std::string_view bytes) {
  const auto message = provdlab::sip::Parse(bytes);
  if (!message) return Check(!message.error().message.empty());
  const auto again = provdlab::sip::Parse(message->Text());
  Check(again.has_value() && *again == *message);
  for (const char* name : {"Contact", "Via", "From", "To", "X"}) {
    for (const std::string& value : message->Elements(name)) {
      if (const auto address = provdlab::sip::ReadAddress(value)) Check(address->user.find('\0') == std::string::npos);
      provdlab::sip::Parameter(value, "expires");
    }
  }
  for (const char* name : {"Authorization", "WWW-Authenticate"}) {
    for (const std::string& value : message->All(name)) {
      if (const auto credentials = provdlab::sip::ReadCredentials(value)) provdlab::sip::IsRight(*credentials, "secret", message->method);
      const auto challenge = provdlab::sip::ReadChallenge(value);
      if (challenge) Check(provdlab::sip::ReadChallenge(challenge->Text()) == challenge);
    }
  }
  if (!message->is_request()) return;
  Message request = *message;
  provdlab::sip::MarkSource(request, "192.0.2.7", 5060);
  provdlab::sip::ReplyPort(request, 5060);
  Check(provdlab::sip::Parse(provdlab::sip::ResponseTo(request, 200, "OK", "tag").Text()).has_value());
}

std::string Cut(std::string_view bytes, std::size_t piece) {
  provdlab::sip::Stream stream;
  std::string messages;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    stream.Put(bytes.substr(at, piece));
    for (;;) {
      const auto message = stream.Next();
      if (!message) return messages;
      if (!*message) break;
      messages.append(**message).append(1, '\0');
    }
  }
  return messages;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = 1 + data[0] % 64;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  Read(bytes);
  Check(Cut(bytes, bytes.size()) == Cut(bytes, piece));
  return 0;
}
