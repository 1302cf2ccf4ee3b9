#pragma once
// Dates as HTTP writes them (RFC 9110, 5.6.7).
//
//   HttpDate(instant);                                          // "Sun, 06 Nov 1994 08:49:37 GMT"
//   ParseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT", now);       // the two obsolete forms are read as well
//
// Pure functions; any thread.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace provdlab::http {

std::string HttpDate(std::chrono::sys_seconds instant);

// Nothing if it is no date in one of the three forms. A year of two digits is the one that is not more than 50 years after `now`.
std::optional<std::chrono::sys_seconds> ParseHttpDate(std::string_view text, std::chrono::sys_seconds now);

}  // namespace provdlab::http
