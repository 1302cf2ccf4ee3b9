// Any bytes: the same packets come out of them whatever the pieces were, and each gets an answer. The first byte says how long the pieces
// are.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ami/packet.h"
#include "simulator/ami/session.h"

namespace {

using provdlab::ami::PacketReader;
using provdlab::ami::Session;

// The answers to all packets, as one text.
std::string Answers(std::string_view bytes, std::size_t piece) {
  PacketReader reader;
  Session session({.username = "a", .secret = "b"});
  std::string answers;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.Put(bytes.substr(at, piece));
    for (;;) {
      const auto packet = reader.Next();
      if (!packet) return answers;
      if (!*packet) break;
      const Session::Step step = session.Handle(**packet);
      if (step.answer.Get("Response").empty()) __builtin_trap();
      if (step.notify && (!session.logged_in() || step.notify->target().empty())) __builtin_trap();
      answers += step.answer.Text();
      if (step.ends) return answers;
    }
  }
  return answers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = 1 + data[0] % 64;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (Answers(bytes, bytes.size()) != Answers(bytes, piece)) __builtin_trap();
  return 0;
}
