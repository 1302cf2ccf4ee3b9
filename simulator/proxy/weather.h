#pragma once
// The weather of a network, as a passage through a relay: named kinds, of which each connection meets one, or none.
//
//   auto weather = Weather::Make({.kinds = {"resets"}, .seed = 7});
//   if (!weather) return Fail(weather.error());                      // no such kind
//   Relay relay({.upstream = upstream}, (*weather)->Opener());
//   …
//   (*weather)->counts().Of(Fate::kResetWithinAnswer);
//
// What a connection meets is drawn from the seed and the number of the connection alone: the same seed shows the same, whatever the
// bytes are and whichever connections are open beside it. It strikes at the first request of the connection; slow and sliced ones last.
// An answer never reaches a client whose request was cut here.
//
// Opener's function is called by one thread; the rest by any. The Weather outlives the relay.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "simulator/proxy/passage.h"

namespace provdlab::proxy {

// What one connection meets.
enum class Fate {
  kFair,
  kSlow,
  kSliced,
  kResetBeforeRequest,
  kResetWithinRequest,
  kResetAtAnswer,
  kResetWithinAnswer,
  kRequestHalfClosed,
  kAnswerHalfClosed,
  kRequestHeld,
  kAnswerHeld,
};
inline constexpr std::size_t kFates = 11;
std::string_view FateName(Fate fate);  // "reset within the answer"

struct WeatherKind {
  std::string_view name;
  std::string_view sentence;
  std::uint64_t one_in;     // of so many connections that draw this kind one meets it, unless told otherwise
  std::vector<Fate> fates;  // one of them, each as likely
};
// Without "storm", which is all of them.
const std::vector<WeatherKind>& WeatherKinds();
inline constexpr std::string_view kStorm = "storm";

struct WeatherOptions {
  std::vector<std::string> kinds = {std::string(kStorm)};  // each as likely; named twice is named once
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> one_in{};                // instead of the kinds' own; at least 1
  std::chrono::milliseconds latency{200}, jitter{100};  // of slow ones: each piece, and up to so much more, even
};

// How many connections met what; one counts once it has.
struct WeatherCounts {
  std::array<std::uint64_t, kFates> of{};
  std::uint64_t Of(Fate fate) const { return of[static_cast<std::size_t>(fate)]; }
  std::uint64_t struck() const;  // all but the fair ones
};

class Weather {
 public:
  // kInvalid, with a sentence, for a kind that there is not, for none, and for one in 0.
  static Result<std::unique_ptr<Weather>> Make(const WeatherOptions& options);

  Fate FateOf(std::uint64_t connection) const;
  std::unique_ptr<Passage> Open(std::uint64_t connection);
  OpenPassage Opener() {
    return [this](std::uint64_t connection) { return Open(connection); };
  }
  WeatherCounts counts() const;
  // The part of all connections that it makes lose their exchange, from 0 to 1.
  double ShareLost() const;

 private:
  class Connection;
  explicit Weather(const WeatherOptions& options) : options_(options) {}
  void Count(Fate fate) { ++counts_[static_cast<std::size_t>(fate)]; }

  WeatherOptions options_;
  std::vector<const WeatherKind*> kinds_;
  std::array<std::atomic<std::uint64_t>, kFates> counts_{};
};

}  // namespace provdlab::proxy
