#pragma once
// A phone at its place in a network: carries out what the phone does, in its order, hands it what comes of that, and keeps the journal.
//
//   Station station(network, dhcp, phone::Phone(profile, {.model = "6731i", .mac = "00:08:5d:10:00:01"}), {.number = 1});
//   station.OnEntry([&](const Station&, const Entry& entry) { Show(entry); });
//   station.Do(phone::PowerOn{});
//   network.RunUntil([&] { return station.phone().settled(); }, 60s);
//
// Belongs to the network's thread; network and DHCP service outlive it. When it goes, the phone is gone from the network without a word.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sip/message.h"
#include "simulator/dhcp/service.h"
#include "simulator/network/journal.h"
#include "simulator/network/network.h"
#include "simulator/phone/phone.h"

namespace provdlab::network {

struct StationOptions {
  std::uint64_t number = 0;  // which phone of the run it is: for its random streams
  LineNoise noise{};
  int clock_ppm = 0;  // by how many millionths the phone's clock runs fast; above -1,000,000
};

class Station {
 public:
  using Observer = std::function<void(const Station&, const Entry&)>;

  Station(Network& network, dhcp::Service& dhcp, phone::Phone phone, StationOptions options);
  ~Station();
  Station(const Station&) = delete;
  Station& operator=(const Station&) = delete;

  // What somebody does to the phone: PowerOn, PowerOff, AskAgain, CallBegan, CallEnded.
  void Do(const phone::Event& event);
  // Called for each entry, while it happens. It may look at the station and hold its SIP, and change nothing else.
  void OnEntry(Observer observer) { observer_ = std::move(observer); }
  // Called when the phone has dealt with something and its actions are carried out. It may do anything but end the station.
  void OnHandled(std::function<void(Station&)> handled) { handled_ = std::move(handled); }
  // A NOTIFY, or an answer to one.
  struct Notify {
    std::string call_id{}, sequence{};   // by which it is known, also when it comes again
    std::string event{};                 // of a NOTIFY
    int code = 0;                        // of an answer
    std::string to{};                    // the user that a NOTIFY is addressed to; may be empty
    std::vector<sip::Header> headers{};  // of a NOTIFY
  };
  // Called with each NOTIFY that comes, before anything is made of it, and with each answer that leaves.
  void OnNotify(std::function<void(const Notify&)> told) { notified_ = std::move(told); }
  // What becomes of a NOTIFY instead of what the phone would do at once.
  struct Manners {
    struct Saying {
      int code = 200;
      std::optional<std::string> text{};  // instead of an answer with that code, as it is
    };
    bool ignores = false;
    int lost = 0;  // so many do not come to the phone, but those after them
    // One after the other; the last one of 200, or none at all: as the phone does. Otherwise it does nothing.
    std::vector<Saying> says{};
    Milliseconds after{0};  // the last of them
  };
  void SetManners(Manners manners) { manners_ = std::move(manners); }
  // Keeps what the phone says by SIP until it is released, in its order: for a registrar that has to learn of an account first.
  void HoldSip() { holds_sip_ = true; }
  void ReleaseSip();

  const phone::Phone& phone() const { return phone_; }
  std::uint64_t number() const { return options_.number; }
  // Nothing that the phone asked of the network is under way. It may still wait for a timer or for SIP.
  bool idle() const { return asking_.empty() && !asks_lease_; }

 private:
  struct Asked {
    std::string method, url;
    Instant at{0};
  };

  void Handle(const phone::Event& event);
  // Whether the station has dealt with it, so that the phone need not.
  bool Meets(const phone::Event& event);
  void Say(const phone::SipReceived& received, const Manners::Saying& saying);
  void Pass(const phone::Event& event);  // to the phone, whose actions are carried out
  void Note(Entry entry);
  void NoteEvent(const phone::Event& event);

  // One for each action.
  void Act(const phone::AskForAddress& ask);
  void Act(const phone::Fetch& fetch);
  void Act(const phone::GoOn& go_on);
  void Act(const phone::SendSip& message);
  void Act(const phone::SetTimer& timer);
  void Act(const phone::StopTimer& timer);
  void Act(const phone::Restart& restart);
  void Act(const phone::Tell& tell);

  Milliseconds PhoneNow() const;
  void ForgetTimers();

  Network& network_;
  dhcp::Service& dhcp_;
  phone::Phone phone_;
  const StationOptions options_;
  Observer observer_;
  std::function<void(Station&)> handled_;
  std::function<void(const Notify&)> notified_;
  Manners manners_;
  bool holds_sip_ = false;
  std::vector<phone::SendSip> held_sip_;
  std::unique_ptr<Link> link_;
  std::map<int, Appointment> timers_;
  std::map<int, Asked> asking_;  // fetches under way
  bool asks_lease_ = false;
  // What is answered to an earlier life, before a restart, is not for this one. Null pointers in answers say that the station has gone.
  std::shared_ptr<std::uint64_t> life_ = std::make_shared<std::uint64_t>(0);
};

}  // namespace provdlab::network
