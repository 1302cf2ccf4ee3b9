#pragma once
// Gathers what phones do into figures: how long each step took, how much of what there was, when.
//
//   Figures figures;
//   station.OnEntry([&](const Station& station, const Entry& entry) { figures.Note(station.phone().unit().mac, entry); });
//   figures.NoteConfigured(took, at);
//   figures.Into(record);
//
// Belongs to one thread.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/dhcp/service.h"
#include "simulator/fleet/record.h"
#include "simulator/network/journal.h"

namespace provdlab::fleet {

using network::Instant;

// "/Aastra/{MAC}.cfg": the path of a URL, with the phone's MAC as a name for it. `mac` is xx:xx:xx:xx:xx:xx.
std::string FileName(std::string_view url, std::string_view mac);

class Figures {
 public:
  // More names of steps than these are counted as one more.
  static constexpr std::size_t kMostSteps = 200;

  void Note(const std::string& mac, const network::Entry& entry);
  void NotePush(const dhcp::Push& push);
  void NoteRegistered(Instant took);
  void NoteConfigured(Instant took, Instant at);
  void NoteRetry() { ++retries_; }
  void NoteRestart(Instant at);

  void Into(FleetRecord& record) const;

 private:
  struct Step {
    std::size_t place = 0;  // in the order in which they were seen
    std::uint64_t failed = 0, missing = 0, bytes = 0;
    std::vector<std::uint32_t> took;
  };
  Step& StepNamed(const std::string& name);
  Moment& MomentAt(Instant at);

  std::map<std::string, Step> steps_;
  std::vector<std::uint32_t> boots_;
  std::vector<Moment> timeline_;
  Instant width_{1'000'000};
  std::uint64_t requests_ = 0, bytes_ = 0, retries_ = 0, restarts_ = 0, not_answered_ = 0, server_errors_ = 0;
};

}  // namespace provdlab::fleet
