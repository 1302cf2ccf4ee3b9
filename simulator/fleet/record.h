#pragma once
// What came of many phones' boot, as a value: page, terminal and JSON are written from it alone.
//
//   FleetRecord record = fleet.record();
//   std::cout << DumpJson(ToJson(record));
//
// Times in microseconds. Values; any thread.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace provdlab::fleet {

// How long something took, of all times that it was done.
struct Distribution {
  std::uint64_t count = 0;
  std::uint64_t p50 = 0, p90 = 0, p99 = 0, most = 0;
};
// Sorts the values.
Distribution DistributionOf(std::vector<std::uint32_t>& microseconds);

// One step of the boot over all phones: the DHCP server's push, a file, the registration.
struct StepRecord {
  std::string name{};        // "DHCP push", "GET /Aastra/{MAC}.cfg", "registration"
  std::uint64_t failed = 0;  // not counting files that are missing
  std::uint64_t missing = 0;
  std::uint64_t bytes = 0;
  Distribution took{};
};

// Phones that failed in the same way.
struct FailureRecord {
  std::string stage{};    // the last one that was reached
  std::string display{};  // what stood there at the end; empty: nothing of note
  std::string why{};      // what the phone still waited for, in a sentence
  std::uint64_t phones = 0;
  std::string model{}, mac{};        // of the first of them
  std::vector<std::string> trace{};  // the last that it did, a line each
  std::string replay{};              // the command that boots it alone
};

struct ModelRecord {
  std::string vendor{}, model{};
  std::uint64_t phones = 0, configured = 0;
};

// A second, or another width, of the run.
struct Moment {
  std::uint64_t requests = 0, configured = 0, restarts = 0;
};

struct FleetRecord {
  std::string started{};          // RFC 3339; empty in virtual time
  std::string target{}, files{};  // URLs
  std::uint64_t seed = 0;
  std::string command{};                                          // that does it again
  std::vector<std::pair<std::string, std::string>> conditions{};  // further facts: "ramp", "100 phones a second"
  bool registers = false;                                         // a phone has to register all its lines

  std::uint64_t phones = 0, configured = 0;
  std::uint64_t took = 0;  // until the last phone was done, or the deadline
  std::string ended{};     // why it ended early; empty if it didn't
  std::uint64_t requests = 0, bytes = 0, retries = 0, restarts = 0;
  std::uint64_t not_answered = 0, server_errors = 0;  // of the requests
  std::uint64_t pushes = 0, pushes_refused = 0, pushes_failed = 0;
  std::uint64_t most_under_way = 0, longest_in_line = 0;  // fetches at once; until a fetch was begun, because too many were

  Distribution boot{};                                               // from power to configured
  std::vector<std::pair<std::uint64_t, std::uint64_t>> histogram{};  // upper ends of equal classes, phones that took so long
  std::vector<StepRecord> steps{};                                   // in the order in which they were seen first
  std::uint64_t moment_width = 1'000'000;
  std::vector<Moment> timeline{};
  std::vector<ModelRecord> models{};
  std::vector<FailureRecord> failures{};  // the largest groups first
  std::vector<std::string> remarks{};     // what a reader should know besides

  bool all_configured() const { return phones > 0 && configured == phones; }
};

OrderedJson ToJson(const FleetRecord& record);

// "1.24 s", "37 ms", "850 µs"
std::string InWords(std::uint64_t microseconds);
std::string Grouped(std::uint64_t number);      // "1203" as "1,203"
std::string BytesInWords(std::uint64_t bytes);  // "1.2 MB"

}  // namespace provdlab::fleet
