#pragma once
// The limits of the server's inside. Those of what comes from a plugin repository are in server/plugins/limits.h.

#include <cstddef>

namespace provdlab::server {

// Monitors of ended operations that a client never deleted: so many of each collection stay, the newest ones.
inline constexpr std::size_t kKeptMonitors = 10'000;

// Operations that run at the same time; more of them wait for their turn.
inline constexpr std::size_t kMostWorkers = 64;

// Bytes of a text that a parameter may have.
inline constexpr std::size_t kLongestParameter = 1u << 20;

}  // namespace provdlab::server
