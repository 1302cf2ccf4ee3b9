#pragma once
// Every limit of the phones' side. docs/provisioning.md lists them for people.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace provdlab::server::provisioning::limits {

// Threads that answer phones over HTTP: their own, so that a storm of phones leaves those of REST alone. A new phone costs a write to the
// disk, for which others wait their turn.
inline constexpr int kHttpThreads = 8;
inline constexpr std::size_t kTargetBytes = 4 * 1024;         // more is 414
inline constexpr std::size_t kHeaderBytes = 16 * 1024;        // all fields together; more is 431
inline constexpr std::uint64_t kBodyBytes = 4 * 1024 * 1024;  // of what phones try to upload, a log most often; more is 413
inline constexpr std::chrono::seconds kRequestTime{30};       // from a request's first byte to its last; then 408
inline constexpr std::chrono::seconds kIdleTime{60};          // between two requests of one connection
inline constexpr std::chrono::seconds kWriteTime{60};         // without a byte taken by the phone
inline constexpr std::chrono::milliseconds kStopGrace{500};   // for answers under way when the server ends
// Bytes of a file on the disk that are in memory for each phone that reads it.
inline constexpr std::size_t kPieceBytes = 32 * 1024;

// Threads that look for files that are asked for over TFTP, apart from those of HTTP and REST.
inline constexpr int kTftpThreads = 4;
inline constexpr std::size_t kTftpWaiting = 1'000;           // requests that wait for them; further ones are dropped, and come again
inline constexpr std::size_t kTransfers = 2'000;             // at the same time, or a quarter of the descriptors that the process may have
inline constexpr std::chrono::minutes kLongestTransfer{60};  // then it ends, whatever the phone does
inline constexpr std::chrono::milliseconds kTftpPatience{4'000};  // until a datagram is sent again, unless the phone wants another
inline constexpr int kTftpSendings = 4;                           // of one datagram; then the server is quiet

// Explanations that are kept, the newest ones.
inline constexpr std::size_t kRemembered = 10'000;

}  // namespace provdlab::server::provisioning::limits
