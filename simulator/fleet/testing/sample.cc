#include "simulator/fleet/testing/sample.h"

namespace provdlab::fleet {

FleetRecord GoodSample() {
  FleetRecord record{.started = "2026-11-23T20:15:00.250Z",
                     .target = "http://127.0.0.1:8666/provd",
                     .files = "http://127.0.0.1:8667",
                     .seed = 7,
                     .command = "provdlab phones --count 1000 --models 6731i=70,SPIP335=30 --seed 7",
                     .conditions = {{"Ramp", "100 phones a second"}},
                     .phones = 1'000,
                     .configured = 1'000,
                     .took = 12'400'000,
                     .requests = 7'000,
                     .bytes = 9'300'000,
                     .pushes = 1'000,
                     .most_under_way = 31};
  record.boot = {1'000, 61'000, 90'000, 140'000, 151'000};
  record.histogram = {{60'000, 420}, {80'000, 460}, {100'000, 80}, {120'000, 0}, {140'000, 30}, {160'000, 10}};
  record.steps = {{"DHCP push", 0, 0, 0, {1'000, 3'100, 6'000, 9'000, 12'000}},
                  {"GET /Aastra/security.tuz", 0, 700, 101'500, {700, 900, 1'300, 4'000, 8'000}},
                  {"GET /Aastra/{MAC}.cfg", 0, 0, 1'400'000, {700, 2'400, 3'900, 8'000, 15'000}}};
  for (std::uint64_t second = 0; second < 12; ++second) record.timeline.push_back({580 + 10 * (second % 3), 83, 0});
  record.models = {{"Aastra", "6731i", 700, 700}, {"Polycom", "SPIP335", 300, 300}};
  return record;
}

FleetRecord HostileSample() {
  FleetRecord record = GoodSample();
  const std::string hostile =
      "</title></h1><img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>\xE2\x80\xAEgnirts";
  record.target = "http://127.0.0.1:8666/" + hostile;
  record.configured = 950;
  record.ended = "after 60.00 s not all phones had settled";
  record.not_answered = 50;
  record.remarks = {hostile};
  record.failures = {
      {.stage = "addressed",
       .display = hostile,
       .why = "It has settled without its own file.",
       .phones = 49,
       .model = "6731i",
       .mac = "00:08:5d:a0:00:03",
       .trace = {"   0.004  →  GET http://127.0.0.1:8667/" + std::string(300, 'x') + ".cfg", hostile},
       .replay = record.command + " --only 00:08:5d:a0:00:03"},
      {.stage = "starting", .why = "It still waited when the time was over.", .phones = 1, .model = "SPIP335", .mac = "00:04:f2:a0:00:04"}};
  record.steps.push_back({"GET /" + hostile, 3, 0, 0, {3, 1, 1, 1, 1}});
  return record;
}

}  // namespace provdlab::fleet
