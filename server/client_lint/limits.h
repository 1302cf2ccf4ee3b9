#pragma once
// How much the lint remembers, and from which number on something is a habit. docs/clients.md lists what a client sees of them.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace provdlab::server::lint::limits {

// ---- Memory. What is beyond is never accused: forgetting makes the lint miss, not err. Of what a client writes only quotations and hashes
// are kept, so that these numbers bound the bytes too: two megabytes of a client at most.

// Clients that are looked at between two resets; requests of others are only counted.
inline constexpr std::size_t kClients = 100;
// Of one client: monitors, documents, and Locations that it was given.
inline constexpr std::size_t kMonitors = 1'000;
inline constexpr std::size_t kDocuments = 1'000;
inline constexpr std::size_t kLocations = 1'000;
// And names of members that it was shown, over all documents, kept as hashes.
inline constexpr std::size_t kMembers = 20'000;
// Bytes of the longest id that names anything.
inline constexpr std::size_t kLongestId = 255;
// Paths that anybody was given, kept as hashes.
inline constexpr std::size_t kGivenPaths = 100'000;
// Kinds of one mistake that a sentence tells apart; the others are one kind.
inline constexpr std::size_t kKinds = 5;
// Numbers of exchanges beyond the example.
inline constexpr std::size_t kFurtherNumbers = 10;
// Bytes of a target, a User-Agent and other texts of a client that are repeated.
inline constexpr std::size_t kQuotedBytes = 160;

// ---- From here on it is a habit.

// Identical answers in a row, each this soon after the one before.
inline constexpr std::uint64_t kIdenticalAnswers = 20;
inline constexpr std::chrono::milliseconds kMonitorPause{250};
inline constexpr std::chrono::milliseconds kListPause{1'000};
// Looks at a monitor after its end was shown.
inline constexpr std::uint64_t kLooksAfterTheEnd = 3;
// Lists, each soon followed by a request for one of their documents and no other.
inline constexpr std::uint64_t kListsForOne = 3;
inline constexpr std::chrono::milliseconds kSoonAfterTheList{1'000};
// PUTs that left a document as it was.
inline constexpr std::uint64_t kUnchangingPuts = 5;
// Identical requests in a row that were refused alike.
inline constexpr std::uint64_t kIdenticalRefusals = 3;
// Requests in quick succession, and how many in a hundred of them came on a connection of their own.
inline constexpr std::uint64_t kQuickRequests = 50;
inline constexpr std::uint64_t kLonelyPercent = 90;
inline constexpr std::chrono::milliseconds kQuickly{1'000};
// Connections of a client that are remembered as open.
inline constexpr std::size_t kConnections = 256;
// How long what was started but not watched may be the reason for a refusal.
inline constexpr std::chrono::seconds kStillRunning{30};

}  // namespace provdlab::server::lint::limits
