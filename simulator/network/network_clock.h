#pragma once
// A network's time as a clock. The calendar of one in virtual time begins at 2026-01-01T00:00:00Z, as a FakeClock's does.
//
//   NetworkClock clock(network);
//   registrar::RegistrarCore core({.clock = &clock});
//
// Read on the network's thread; the network outlives it.

#include "base/clock.h"
#include "simulator/network/network.h"

namespace provdlab::network {

class NetworkClock final : public Clock {
 public:
  explicit NetworkClock(const Network& network) : network_(network), beginning_(FakeClock().Wall()) {}
  std::chrono::steady_clock::time_point Steady() const override { return std::chrono::steady_clock::time_point(network_.Now()); }
  std::chrono::system_clock::time_point Wall() const override { return beginning_ + network_.Now(); }

 private:
  const Network& network_;
  const std::chrono::system_clock::time_point beginning_;
};

}  // namespace provdlab::network
