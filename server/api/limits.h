#pragma once
// Every limit of the REST side, in one place. docs/server.md lists them for people.
//
// The limits of JSON texts are in base/json.h, those of monitors in server/application/operations.h.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace provdlab::server::limits {

// A whole body, in bytes; more is 413. The largest legitimate ones are configs of a few megabytes.
inline constexpr std::uint64_t kBodyBytes = 64ull * 1024 * 1024;
// A request's target, in bytes; more is 414.
inline constexpr std::size_t kTargetBytes = 16 * 1024;
// All header fields together, in bytes; more is 431.
inline constexpr std::size_t kHeaderBytes = 64 * 1024;
// From a request's first byte to its last; then 408.
inline constexpr std::chrono::seconds kRequestTime{30};
// Between two requests of one connection. Clients keep connections for minutes; idle ones cost memory only.
inline constexpr std::chrono::minutes kIdleTime{10};
// How long answers under way may take after a request to stop. SIGTERM promises an end within two seconds.
inline constexpr std::chrono::milliseconds kStopGrace{500};
// Threads that answer what changes nothing, which takes microseconds. Idle ones cost nothing but their stacks.
inline constexpr int kThreads = 16;
// Changes wait for one another, and one that touches many devices until all are done: so many at a time, each on a thread of its own. A
// change that comes when all are taken waits until one is done; with fewer it waits for one document's work of each. At the end those that
// have begun are waited for, so that there must not be hundreds.
inline constexpr std::size_t kChanges = 64;
// Bytes of a list that are made at a time; a shorter list is sent as a whole.
inline constexpr std::size_t kListPiece = 64 * 1024;
// Characters of a client's text that an error repeats.
inline constexpr std::size_t kQuotedCharacters = 80;
// Bytes of an error's sentence.
inline constexpr std::size_t kSentenceBytes = 400;

}  // namespace provdlab::server::limits
