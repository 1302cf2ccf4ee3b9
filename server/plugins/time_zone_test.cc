#include "server/plugins/time_zone.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/json.h"

namespace provdlab::server {
namespace {

Json AsJson(const std::optional<TimeZone>& zone) {
  if (!zone) return nullptr;
  Json json = {{"offset", zone->offset_seconds}};
  if (zone->summer_time) {
    const auto change = [](const TimeZone::Change& each) { return Json{each.month, each.week, each.weekday, each.seconds}; };
    json.update(
        {{"save", zone->summer_time->save_seconds}, {"start", change(zone->summer_time->start)}, {"end", change(zone->summer_time->end)}});
  }
  return json;
}

TEST(TimeZoneTest, ReadsRulesAsInTheTable) {
  const Json table = *ParseJson(*ReadFile("fixtures/phones/time_zones.json"));
  for (const Json& row : table) EXPECT_EQ(AsJson(ParseTimeZoneRule(row.at("rule").get<std::string>())), row.at("zone")) << row;
}

TEST(TimeZoneTest, ReadsTheDatabase) {
  EXPECT_EQ(ReadTimeZone("Europe/Paris"), ParseTimeZoneRule("CET-1CEST,M3.5.0,M10.5.0/3"));
  EXPECT_EQ(ReadTimeZone("Etc/GMT+12")->offset_seconds, -12 * 3600);
  for (const char* name : {"", "No/Such", "../../etc/passwd", "/etc/passwd", "Europe", "Europe/", "zone.tab", "Europe/Paris\n"})
    EXPECT_FALSE(ReadTimeZone(name)) << name;
}

}  // namespace
}  // namespace provdlab::server
