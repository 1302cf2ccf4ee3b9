#include "base/http/date.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/text.h"

namespace provdlab::http {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::weekday;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 7> kDays = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void AppendTwoDigits(std::string& text, std::int64_t number) {
  text += static_cast<char>('0' + number / 10 % 10);
  text += static_cast<char>('0' + number % 10);
}

std::optional<int> Digits(std::string_view text, std::size_t count) {
  const auto number = ParseDecimal(text);
  if (text.size() != count || !number) return std::nullopt;
  return static_cast<int>(*number);
}

// "08:49:37" as the time of a day; a leap second counts as the one before it.
std::optional<std::chrono::seconds> ReadTime(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hour = Digits(text.substr(0, 2), 2), minute = Digits(text.substr(3, 2), 2), second = Digits(text.substr(6, 2), 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(std::min(*second, 59));
}

std::optional<sys_seconds> Instant(std::optional<int> y, std::string_view month_name, std::optional<int> d,
                                   std::optional<std::chrono::seconds> of_day) {
  const auto found = std::find(kMonths.begin(), kMonths.end(), month_name);
  if (!y || !d || !of_day || found == kMonths.end()) return std::nullopt;
  const year_month_day date(year(*y), month(static_cast<unsigned>(found - kMonths.begin()) + 1), day(static_cast<unsigned>(*d)));
  if (!date.ok()) return std::nullopt;
  return sys_days(date) + *of_day;
}

// Whether the text is the name of a day, or its first three letters.
bool IsDay(std::string_view text, bool whole) {
  return std::any_of(kDays.begin(), kDays.end(), [&](std::string_view name) { return text == (whole ? name : name.substr(0, 3)); });
}

int WholeYear(int two_digits, sys_seconds now) {
  const int this_year = static_cast<int>(year_month_day(std::chrono::floor<days>(now)).year());
  int whole = this_year / 100 * 100 + two_digits;
  if (whole > this_year + 50) whole -= 100;
  return whole;
}

}  // namespace

std::string HttpDate(sys_seconds instant) {
  const sys_days date = std::chrono::floor<days>(instant);
  const year_month_day calendar(date);
  const std::int64_t seconds = (instant - date).count();
  std::string text(kDays[weekday(date).c_encoding()].substr(0, 3));
  text += ", ";
  AppendTwoDigits(text, static_cast<unsigned>(calendar.day()));
  text += ' ';
  text += kMonths[static_cast<unsigned>(calendar.month()) - 1];
  text += ' ';
  const int y = static_cast<int>(calendar.year());
  AppendTwoDigits(text, y / 100);
  AppendTwoDigits(text, y);
  text += ' ';
  AppendTwoDigits(text, seconds / 3600);
  text += ':';
  AppendTwoDigits(text, seconds / 60 % 60);
  text += ':';
  AppendTwoDigits(text, seconds % 60);
  return text + " GMT";
}

std::optional<sys_seconds> ParseHttpDate(std::string_view text, sys_seconds now) {
  std::vector<std::string_view> words = Split(text, ' ');
  // "Sun, 06 Nov 1994 08:49:37 GMT"
  if (words.size() == 6 && words[0].ends_with(',') && IsDay(words[0].substr(0, words[0].size() - 1), false) && words[5] == "GMT")
    return Instant(Digits(words[3], 4), words[2], Digits(words[1], 2), ReadTime(words[4]));
  // "Sunday, 06-Nov-94 08:49:37 GMT"
  if (words.size() == 4 && words[0].ends_with(',') && IsDay(words[0].substr(0, words[0].size() - 1), true) && words[3] == "GMT") {
    const auto date = Split(words[1], '-');
    if (date.size() != 3) return std::nullopt;
    const auto short_year = Digits(date[2], 2);
    if (!short_year) return std::nullopt;
    return Instant(WholeYear(*short_year, now), date[1], Digits(date[0], 2), ReadTime(words[2]));
  }
  // "Sun Nov  6 08:49:37 1994"
  if (words.size() == 6 && words[2].empty()) words.erase(words.begin() + 2);
  if (words.size() == 5 && IsDay(words[0], false))
    return Instant(Digits(words[4], 4), words[1], Digits(words[2], words[2].size() == 1 ? 1 : 2), ReadTime(words[3]));
  return std::nullopt;
}

}  // namespace provdlab::http
