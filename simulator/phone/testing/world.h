#pragma once
// What stands around one phone, as a script: an address, files, a registrar; and its time.
//
//   World world(*BuiltInProfile("aastra-67xx"), {.model = "6731i", .mac = "00:08:5d:a1:00:01"});
//   world.options[66] = "http://provd:8667/Aastra";
//   world.files["http://provd:8667/Aastra/aastra.cfg"] = {.text = "sip xml notify event: 1\n"};
//   world.Happens(PowerOn{});
//   world.Run();                                        // until the phone is settled
//   ExpectTrace("a3-old-67xx", world.trace());

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "simulator/phone/phone.h"
#include "simulator/phone/profile.h"
#include "simulator/phone/testing/registrar.h"

namespace provdlab::phone {

// What comes of asking for a URL.
struct File {
  std::string text{};
  Fetched::How how = Fetched::How::kWhole;
  int status = 200;
};

class World {
 public:
  World(const Profile& profile, Unit unit) : phone(profile, std::move(unit)) {}

  // What the phone finds; may be changed at any time. URLs have their ports; those that aren't there are 404.
  std::map<int, std::string> options{};
  bool has_addresses = true;
  std::chrono::seconds lease{86'400};
  std::map<std::string, File> files{};
  bool unreachable = false;                       // nothing answers HTTP and TFTP
  std::map<std::string, Registrar> registrars{};  // by address; others are silent

  Phone phone;

  void Happens(const Event& event);
  // Lets time pass until the phone is settled and nothing is under way; at most `most`.
  void Run(Milliseconds most = std::chrono::hours(2));
  // Lets exactly so much time pass.
  void Pass(Milliseconds time);
  // A line of its own in the trace.
  void Note(const std::string& text) { trace_ += "# " + text + "\n"; }
  // A NOTIFY from that address.
  void Notify(const std::string& event, const std::string& from_ip, unsigned sequence = 1, const std::string& call_id = "call@provd");

  const std::string& trace() const { return trace_; }
  const std::vector<std::string>& whole() const { return whole_; }  // every byte of every action
  const std::vector<Fetch>& fetches() const { return fetches_; }
  std::vector<std::string> asked() const;  // "GET http://…" of each fetch
  Milliseconds now() const { return now_; }

 private:
  struct Due {
    Milliseconds at{0};
    std::uint64_t number = 0;
    int timer = 0;  // 0: not a timer
    Event event{};
  };
  void Act(const Action& action);
  void Later(Milliseconds after, Event event, int timer = 0);
  bool Step(Milliseconds until);
  void Answer(const Fetch& fetch);

  Milliseconds now_{0};
  std::uint64_t last_ = 0;
  std::vector<Due> due_;
  std::map<int, Fetch> held_;  // fetches whose heads are known
  std::string trace_;
  std::string user_agent_;  // that was last shown
  std::vector<std::string> whole_;
  std::vector<Fetch> fetches_;
};

}  // namespace provdlab::phone
