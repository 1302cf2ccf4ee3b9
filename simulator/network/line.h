#pragma once
// The line between a phone and everybody else, as bad as it is asked to be: what becomes of each datagram on it.
//
//   Line line({.loss = 0.02, .delay = 20ms}, RandomStream(seed, "line", phone));
//   for (Instant after : line.Carry()) agenda.Add(now + after, …);      // none: it was lost; two: it came twice
//
// Belongs to one thread.

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "simulator/network/agenda.h"
#include "simulator/network/random_stream.h"

namespace provdlab::network {

// Of the datagrams of one direction. Probabilities are from 0 to 1.
struct LineNoise {
  double loss = 0;
  double duplication = 0;
  double reordering = 0;                // it is held back, so that later ones overtake it
  std::chrono::milliseconds delay{0};   // of each
  std::chrono::milliseconds jitter{0};  // up to so much more, even
  std::chrono::milliseconds held{50};   // how long one that is reordered is held back

  bool quiet() const { return loss <= 0 && duplication <= 0 && reordering <= 0 && delay.count() == 0 && jitter.count() == 0; }
};

class Line {
 public:
  // When the copies of one datagram arrive.
  class Copies {
   public:
    const Instant* begin() const { return after_; }
    const Instant* end() const { return after_ + count_; }
    std::size_t size() const { return count_; }

   private:
    friend class Line;
    Instant after_[2] = {};
    std::size_t count_ = 0;
  };

  Line(const LineNoise& noise, RandomStream random) : noise_(noise), random_(random) {}

  Copies Carry() {
    Copies copies;
    if (random_.Chance(noise_.loss)) return copies;
    copies.after_[copies.count_++] = After();
    if (random_.Chance(noise_.duplication)) copies.after_[copies.count_++] = After();
    return copies;
  }
  // What a leg of a stream takes, in which nothing is overtaken and what is lost comes again: how long, and whether it is lost this time.
  Instant Latency() { return noise_.delay + Jitter(); }
  bool Loses() { return random_.Chance(noise_.loss); }
  bool quiet() const { return noise_.quiet(); }

 private:
  Instant After() { return Latency() + (random_.Chance(noise_.reordering) ? Instant(noise_.held) : Instant(0)); }
  Instant Jitter() {
    const Instant most = noise_.jitter;
    return most.count() == 0 ? Instant(0) : Instant(random_.Below(static_cast<std::uint64_t>(most.count()) + 1));
  }

  LineNoise noise_;
  RandomStream random_;
};

// A phone's line in both directions.
struct Lines {
  Lines(const LineNoise& noise, std::uint64_t seed, std::uint64_t phone)
      : out(noise, RandomStream(seed, "line out", phone)), in(noise, RandomStream(seed, "line in", phone)) {}
  Line out, in;
};

}  // namespace provdlab::network
