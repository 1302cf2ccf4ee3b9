#pragma once
// What becomes of the bytes of one connection through a relay: a Passage sees them come, and says what is to be done.
//
//   class Fair : public Passage {
//     std::vector<Act> Take(Direction, std::string_view bytes) override { return {Act::Forward(bytes)}; }
//   };
//
// A relay makes one for each connection, asks it from its own thread only, and carries its acts out in order, each direction for itself.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace provdlab::proxy {

enum class Direction {
  kRequest,  // from the client to the upstream
  kAnswer,   // from the upstream to the client
};

struct Act {
  enum class Kind {
    kForward,    // `bytes` go on
    kHalfClose,  // whoever receives in this direction sees an orderly end; what comes later is thrown away
    kReset,      // both sides see a reset, in both directions
    kHold,       // nothing more happens in this direction; what comes is thrown away
  };
  static Act Forward(std::string_view bytes, std::chrono::milliseconds after = {}) { return {Kind::kForward, std::string(bytes), after}; }
  static Act HalfClose(std::chrono::milliseconds after = {}) { return {Kind::kHalfClose, {}, after}; }
  static Act Reset() { return {Kind::kReset, {}, {}}; }
  static Act Hold() { return {Kind::kHold, {}, {}}; }

  Kind kind = Kind::kForward;
  std::string bytes{};
  // Since the passage was asked. An act never overtakes the one before it, so it may become later.
  std::chrono::milliseconds after{0};

  friend bool operator==(const Act&, const Act&) = default;
};

class Passage {
 public:
  virtual ~Passage() = default;
  // Some bytes came, at least one. How a message is cut into such pieces is the network's doing.
  virtual std::vector<Act> Take(Direction direction, std::string_view bytes) = 0;
  // Whoever sends in this direction has ended, in an orderly way.
  virtual std::vector<Act> End(Direction) { return {Act::HalfClose()}; }
};

// Connections count from 1, in the order in which they were accepted.
using OpenPassage = std::function<std::unique_ptr<Passage>(std::uint64_t connection)>;

}  // namespace provdlab::proxy
