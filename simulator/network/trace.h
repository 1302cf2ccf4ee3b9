#pragma once
// A phone's entries as lines for people.
//
//   if (auto line = LineFor(entry)) std::cout << Plain(*line) << "\n";     // "  0.004  →  GET http://127.0.0.1:8667/Aastra/aastra.cfg"
//
// What the phone tells of its own requests is left out, because the requests themselves are shown. Pure; any thread.

#include <optional>
#include <string>

#include "simulator/network/journal.h"

namespace provdlab::network {

struct TraceLine {
  enum class Way { kOut, kIn, kWithin };
  enum class Tone { kUsual, kGood, kBad, kQuiet };
  Instant at{0};
  Way way = Way::kWithin;
  Tone tone = Tone::kUsual;
  std::string text{};
};

std::optional<TraceLine> LineFor(const Entry& entry);
// Without colours: seconds, an arrow, the text, in which control characters are dots.
std::string Plain(const TraceLine& line);
std::string Arrow(TraceLine::Way way);  // "→", "←", " "
std::string SecondsText(Instant at);    // "  0.004"

}  // namespace provdlab::network
