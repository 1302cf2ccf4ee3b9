#include "server/plugins/time_zone.h"

#include <algorithm>
#include <string>

#include "base/files.h"
#include "base/text.h"

namespace provdlab::server {
namespace {

constexpr std::uint64_t kLongestZoneFile = 64 * 1024;
constexpr int kDay = 24 * 3600;

// Reads a rule from left to right; once something does not fit, everything after it fails too.
class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : text_(text) {}

  bool fine() const { return fine_; }
  bool AtEnd() const { return text_.empty(); }
  bool Take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  void Need(char c) {
    if (!Take(c)) fine_ = false;
  }
  // "CET" or "<+0330>"
  void Name() {
    const bool quoted = Take('<');
    std::size_t length = 0;
    const auto part_of_name = [&](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-'));
    };
    while (length < text_.size() && part_of_name(text_[length])) ++length;
    if (length < 3) fine_ = false;
    text_.remove_prefix(length);
    if (quoted) Need('>');
  }
  int Number(int most) {
    int number = 0;
    std::size_t length = 0;
    for (; length < text_.size() && length < 4 && text_[length] >= '0' && text_[length] <= '9'; ++length)
      number = number * 10 + (text_[length] - '0');
    if (length == 0 || number > most) fine_ = false;
    text_.remove_prefix(length);
    return number;
  }
  // "[+-]h[:mm[:ss]]"
  int Seconds() {
    const bool negative = Take('-');
    if (!negative) Take('+');
    int seconds = Number(167) * 3600;
    if (Take(':')) seconds += Number(59) * 60;
    if (Take(':')) seconds += Number(59);
    return negative ? -seconds : seconds;
  }
  bool StartsOffset() const { return !text_.empty() && std::string_view("+-0123456789").find(text_[0]) != std::string_view::npos; }
  TimeZone::Change Change() {
    TimeZone::Change change;
    Need('M');
    change.month = Number(12);
    Need('.');
    change.week = Number(5);
    Need('.');
    change.weekday = Number(6);
    if (change.month < 1 || change.week < 1) fine_ = false;
    change.seconds = Take('/') ? Seconds() : 2 * 3600;
    change.seconds = std::clamp(change.seconds, 0, kDay - 3600);
    return change;
  }

 private:
  std::string_view text_;
  bool fine_ = true;
};

bool IsZoneName(std::string_view name) {
  if (name.empty() || name.size() > 64) return false;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+' || c == '/';
  };
  if (!std::all_of(name.begin(), name.end(), fits)) return false;
  const auto parts = Split(name, '/');
  return std::none_of(parts.begin(), parts.end(), [](std::string_view part) { return part.empty(); });
}

}  // namespace

std::optional<TimeZone> ParseTimeZoneRule(std::string_view rule) {
  RuleReader reader(rule);
  TimeZone zone;
  reader.Name();
  zone.offset_seconds = -reader.Seconds();  // POSIX counts to the west
  if (!reader.fine()) return std::nullopt;
  if (reader.AtEnd()) return zone;
  if (std::count(rule.begin(), rule.end(), ',') != 2) return std::nullopt;
  TimeZone::SummerTime summer;
  reader.Name();
  const int other = reader.StartsOffset() ? -reader.Seconds() : zone.offset_seconds + 3600;
  reader.Need(',');
  if (!reader.fine()) return std::nullopt;
  summer.start = reader.Change();
  reader.Need(',');
  summer.end = reader.Change();
  if (!reader.fine() || !reader.AtEnd()) return zone;  // a rule by the day's number: the offset is still right
  summer.save_seconds = other - zone.offset_seconds;
  if (summer.save_seconds < 0) {
    zone.offset_seconds = other;
    summer.save_seconds = -summer.save_seconds;
    std::swap(summer.start, summer.end);
  }
  if (summer.save_seconds > 0) zone.summer_time = summer;
  return zone;
}

std::optional<TimeZone> ReadTimeZone(std::string_view name, const std::filesystem::path& database) {
  if (!IsZoneName(name)) return std::nullopt;
  const auto file = ReadFile(database / name, kLongestZoneFile);
  if (!file || !file->starts_with("TZif") || !file->ends_with('\n')) return std::nullopt;
  const std::string_view content = std::string_view(*file).substr(0, file->size() - 1);
  const std::size_t line_break = content.rfind('\n');
  if (line_break == std::string_view::npos) return std::nullopt;
  return ParseTimeZoneRule(content.substr(line_break + 1));
}

}  // namespace provdlab::server
