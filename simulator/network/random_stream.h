#pragma once
// Random numbers of one purpose, out of the one seed of a run: what one actor draws never shifts what another one draws.
//
//   RandomStream line(seed, "line", phone_number);
//   if (line.Chance(0.02)) Lose();
//
// The same numbers on every machine, for ever: replays depend on them. Eight bytes, so that each of 10,000 phones can have several.
// Belongs to one thread.

#include <cstdint>
#include <string_view>

namespace provdlab::network {

class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::string_view purpose, std::uint64_t number = 0) : state_(Mixed(seed)) {
    for (const char c : purpose) state_ = Mixed(state_ ^ static_cast<unsigned char>(c));
    state_ = Mixed(state_ ^ number);
  }

  std::uint64_t Next() {
    state_ += kStep;
    return Finished(state_);
  }
  // From 0 to limit - 1; limit above 0.
  std::uint64_t Below(std::uint64_t limit) { return Next() % limit; }
  // From 0 up to, but not including, 1.
  double Fraction() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  // Draws only where the answer is open, so that what is switched off changes nothing.
  bool Chance(double probability) { return probability > 0 && (probability >= 1 || Fraction() < probability); }

 private:
  // SplitMix64 (Steele, Lea, Flood 2014).
  static constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15u;
  static std::uint64_t Finished(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  static std::uint64_t Mixed(std::uint64_t z) { return Finished(z + kStep); }

  std::uint64_t state_;
};

}  // namespace provdlab::network
