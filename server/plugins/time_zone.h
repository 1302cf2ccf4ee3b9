#pragma once
// Time zones as phones are told them: an offset, and the two days on which summer time begins and ends.
//
//   auto zone = ReadTimeZone("Europe/Paris");       // +3600 s; from the last Sunday of March, 2:00, to that of October, 3:00
//
// Read from the machine's time zone database, whose files end with the rule for the years to come, as POSIX writes it.
// Pure functions but for that; any thread may call them.

#include <filesystem>
#include <optional>
#include <string_view>

namespace provdlab::server {

struct TimeZone {
  // A day of each year and the time on it. Times that the database puts before or behind that day are moved to its ends.
  struct Change {
    int month = 1;    // 1 to 12
    int week = 1;     // 1 to 5; 5 is the last
    int weekday = 0;  // 0 is Sunday
    int seconds = 0;  // of the day, by the clock that is about to be changed
    friend bool operator==(const Change&, const Change&) = default;
  };
  struct SummerTime {
    int save_seconds = 3600;  // always ahead: where winter time is said to go back, the two are swapped
    Change start, end;
    friend bool operator==(const SummerTime&, const SummerTime&) = default;
  };
  int offset_seconds = 0;  // ahead of UTC, in winter
  std::optional<SummerTime> summer_time;
  friend bool operator==(const TimeZone&, const TimeZone&) = default;
};

// "CET-1CEST,M3.5.0,M10.5.0/3". Nothing if it is malformed. Summer times by number of the day are left out.
std::optional<TimeZone> ParseTimeZoneRule(std::string_view rule);

// By its name in the database. Nothing if there is none of that name.
std::optional<TimeZone> ReadTimeZone(std::string_view name, const std::filesystem::path& database = "/usr/share/zoneinfo");

}  // namespace provdlab::server
