#pragma once
// How large the parts of a scenario may be. Texts come by mail and from fuzzers: each bound has an error of its own.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace provdlab::scenario {

inline constexpr std::size_t kLongestScenario = 1024 * 1024;     // bytes of text
inline constexpr std::size_t kDeepestValue = 64;                 // brackets in brackets; parsing and printing recurse
inline constexpr std::uint64_t kMostBytes = 1024 * 1024 * 1024;  // of a padded body, a package, a hold
inline constexpr std::size_t kMostRows = 1'000;                  // of a table: each is a run of its own
inline constexpr std::uint64_t kMostTimes = 1'000'000;           // repetitions, members, answers to read
inline constexpr std::uint64_t kShortestId = 40;                 // of an id of so many characters: the run's part must fit
inline constexpr std::uint64_t kLongestId = 10'000;
inline constexpr std::uint64_t kMostProxies = 16;        // before a target
inline constexpr std::uint64_t kMostPhones = 1'000;      // of a scenario; as many accounts
inline constexpr std::uint64_t kMostAtOnce = 200;        // requests of a phone at once
inline constexpr std::uint64_t kMostBlocks = 1'000'000;  // of a transfer that is disturbed there
inline constexpr std::chrono::milliseconds kLongestWait = std::chrono::hours(1);

}  // namespace provdlab::scenario
