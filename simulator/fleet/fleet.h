#pragma once
// Many phones that are switched on, each with its own model, MAC and random streams out of one seed, and what becomes of them.
//
//   Fleet fleet(network, dhcp, {.models = {{*BuiltInProfileFor("6731i"), "6731i", 70}, {*…, "SPIP335", 30}}, .count = 1'000, .seed = 7});
//   if (auto booted = fleet.Boot(60s); !booted) return Fail(booted.error());       // a fault of this machine's, not of a phone
//   FleetRecord record = fleet.record();
//
// A phone counts as configured once it has understood its own file and, if they are to register, all its lines are registered. It is done
// when it has settled; where it need not register, as soon as it begins to. Belongs to the network's thread; network and DHCP service
// outlive it.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "simulator/fleet/figures.h"
#include "simulator/fleet/record.h"
#include "simulator/network/station.h"
#include "simulator/phone/profile.h"

namespace provdlab::fleet {

struct ModelShare {
  phone::Profile profile;
  std::string model;
  std::uint64_t share = 1;  // of the sum of all shares
};

struct FleetOptions {
  std::vector<ModelShare> models;  // at least one, with shares above 0
  std::size_t count = 1;
  std::uint64_t seed = 1;
  std::uint64_t ramp = 0;  // phones switched on a second; 0: all at once
  bool pauses = false;     // phones take the time that their maker's do
  network::LineNoise noise{};
  int clock_ppm = 0;                  // each phone's clock is wrong by up to so many millionths
  std::string server{};               // set in each phone by hand
  std::uint16_t sip_port = 5060;      // that phones are told to use
  bool registers = false;             // phones that don't register all their lines have failed
  std::optional<std::string> mac{};   // of the first phone, instead of one of its maker's
  std::optional<std::string> only{};  // the MAC of the one phone of these that is switched on
};

class Fleet {
 public:
  Fleet(network::Network& network, dhcp::Service& dhcp, FleetOptions options);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Called for each entry of each phone's journal.
  void OnEntry(network::Station::Observer observer) { observer_ = std::move(observer); }
  // Called when a phone has understood accounts that it did not know: before what it says by SIP leaves, which waits until the given
  // function is called. For whoever runs a registrar, and has to learn of the accounts first.
  using Release = std::function<void()>;
  void OnAccounts(std::function<void(const network::Station&, Release)> accounts) { accounts_ = std::move(accounts); }
  // Called now and then while they boot.
  void OnProgress(std::function<void(const Fleet&)> progress) { progress_ = std::move(progress); }

  // Switches the phones on and waits until all are done, or for so long. kCancelled, kInternal as the network's RunUntil.
  Result<> Boot(Instant longest);
  // They stay switched on for so long.
  Result<> Stay(Instant time);
  void SwitchOff();

  FleetRecord record() const;
  std::size_t size() const { return members_.size(); }  // of the phones that are switched on
  std::size_t done() const { return done_; }
  std::size_t configured() const { return configured_; }
  std::uint64_t requests() const { return requests_; }
  const network::Station& station(std::size_t place) const { return *members_[place].station; }

 private:
  struct Member {
    std::unique_ptr<network::Station> station;
    const phone::Profile* profile = nullptr;
    Instant powered{0};
    Instant registers_since{-1};  // its first REGISTER; negative: none yet
    bool knows_more = false, said_sip = false, registered = false, configured = false, done = false, last_failed = false;
    int restarts = 0;
    std::size_t last_url = 0, accounts = 0;  // hashes
    int looking = 0;                         // for accounts, just now
    std::deque<std::string> trace;           // until it is configured
  };

  void Note(Member& member, const network::Entry& entry);
  void Look(Member& member);
  void LookForAccounts(Member& member);
  bool IsConfigured(const network::Station& station) const;
  bool IsDone(const Member& member) const;
  FailureRecord FailureOf(const Member& member) const;

  network::Network& network_;
  dhcp::Service& dhcp_;
  const FleetOptions options_;
  std::vector<Member> members_;
  Figures figures_;
  network::Station::Observer observer_;
  std::function<void(const network::Station&, Release)> accounts_;
  std::function<void(const Fleet&)> progress_;
  std::size_t done_ = 0, configured_ = 0;
  std::uint64_t requests_ = 0;
  Instant begun_{0}, last_done_{0};
  std::string ended_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace provdlab::fleet
