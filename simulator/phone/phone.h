#pragma once
// A desk phone from the day that it is switched on, as a pure state machine: events in, actions out. It has no sockets, no clock and no
// randomness of its own, so that the same events at the same times always make the same phone.
//
//   Phone phone(profile, {.model = "6731i", .mac = "00:08:5d:10:00:01"});
//   std::vector<Action> todo = phone.Handle(PowerOn{}, 0ms);          // AskForAddress
//   todo = phone.Handle(Leased{.ip = "127.1.0.1", .options = …}, 3ms); // Fetch "http://…/Aastra/security.tuz"
//   …
//   phone.knowledge();                                                // what it understood of its files
//
// How a vendor's phones behave is data: a Profile (profile.h, fixtures/phones/profiles). Whoever drives the phone carries out its actions,
// in their order, and hands it the events that come of them: simulator/network does, over real sockets or in virtual time.
//
// What a phone keeps in flash (settings, firmware, digests of files) outlives PowerOff and its own restarts; the rest doesn't.
// Belongs to one thread at a time.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/sip/message.h"
#include "simulator/phone/knowledge.h"

namespace provdlab::phone {

class Profile;

using Milliseconds = std::chrono::milliseconds;  // instants count from the beginning of the simulation

// ---- Events

struct PowerOn {};
struct PowerOff {};

// The DHCP server gave it an address. Options by code, as bytes; sub-options of 43 are inside its bytes.
struct Leased {
  std::string ip{};
  std::map<int, std::string> options{};
  std::chrono::seconds lease{86'400};
};
struct NotLeased {};  // nobody answered

// The first bytes of a file are there, of a Fetch that asked for them; the transfer waits for a GoOn.
struct Began {
  int fetch = 0;
  std::string head{};
};

// A Fetch has ended.
struct Fetched {
  enum class How {
    kWhole,        // 2xx, or a whole TFTP transfer
    kMissing,      // 404, TFTP error 1
    kRefused,      // another 4xx or 3xx, another TFTP error
    kServerError,  // 5xx
    kTimedOut,
    kUnreachable,
    kCut,      // the transfer broke off, or what came is malformed
    kStopped,  // by GoOn{false}
  };
  int fetch = 0;
  How how = How::kUnreachable;
  int status = 0;          // of HTTP; 0 over TFTP or without an answer
  std::string body{};      // up to Fetch::keep bytes
  std::uint64_t size = 0;  // of the whole body
  std::string digest{};    // of the whole body, SHA-1 in hex
};

struct TimerRang {
  int timer = 0;
};

struct SipReceived {
  sip::Message message{};
  std::string from_ip{};
  std::uint16_t from_port = 0;
};

// Its cable was out for a moment, say: it asks for its address again, before half of the lease is over.
struct AskAgain {};

// Somebody lifts or puts down the handset: restarts wait until it is down.
struct CallBegan {};
struct CallEnded {};

using Event = std::variant<PowerOn, PowerOff, Leased, NotLeased, Began, Fetched, TimerRang, SipReceived, AskAgain, CallBegan, CallEnded>;

// ---- Actions

// Asks for an address, or renews the one it has.
struct AskForAddress {
  std::string mac{};                     // xx:xx:xx:xx:xx:xx
  std::map<int, std::string> options{};  // that it sends; 60 is its vendor class
  bool renew = false;
};

struct Fetch {
  enum class Protocol { kHttp, kHttps, kTftp };
  int id = 0;
  Protocol protocol = Protocol::kHttp;
  std::string method = "GET";  // PUT uploads `body`, HEAD looks
  std::string host{};
  std::uint16_t port = 0;
  std::string path{};  // with its first '/' over HTTP; a file name over TFTP
  std::string user_agent{};
  std::map<std::string, std::string> headers{};
  std::map<std::string, std::string> tftp_options{};
  std::string body{};
  std::size_t head = 0;           // not 0: Began with so many bytes, before the rest is read
  std::size_t keep = 1u << 20;    // bytes of the body that the phone wants to have; the rest is only counted and digested
  Milliseconds patience{10'000};  // for each stretch without progress
};

// After Began: read the rest, or close the connection.
struct GoOn {
  int fetch = 0;
  bool on = true;
};

struct SendSip {
  std::string ip{};  // or a name
  std::uint16_t port = 5060;
  std::string transport = "udp";
  std::string text{};
};

struct SetTimer {
  int timer = 0;
  Milliseconds after{0};
};
struct StopTimer {
  int timer = 0;
};

// The address goes back, and everything that was under way is over: fetches, timers. Comes with PowerOff and with restarts.
struct Restart {
  bool off = false;
};

// Something for the journal. `what` is one of a closed set of words, which scenarios and tests may rely on; `text` is for people.
struct Tell {
  enum class What {
    kStage,     // a stage was reached
    kAsked,     // a file was asked for
    kGot,       // and what came of it
    kRead,      // a file was understood
    kBroken,    // a file can't be read
    kNone,      // a file says None where it has nothing to say
    kNoHost,    // a file has an address without a host
    kDisplay,   // what stands on the display: a broken file, "no service"
    kFirmware,  // other firmware was loaded
    kRestart,   // and why
    kNotified,  // a NOTIFY came, and what came of it
    kRegister,  // a line was registered, or refused
    kPause,     // it waits, and what for
  };
  What what = What::kStage;
  std::string text{};
};

using Action = std::variant<AskForAddress, Fetch, GoOn, SendSip, SetTimer, StopTimer, Restart, Tell>;

// ---- The phone

// How far a phone has come since it was switched on or restarted. Each stage stands on the one before.
enum class Stage {
  kOff,
  kStarting,    // has power
  kAddressed,   // has an address and knows where its files are
  kFetched,     // has its own file
  kParsed,      // and has understood it
  kRegistered,  // every line of its file is registered
};
std::string_view StageName(Stage stage);

struct Unit {
  std::string model{};
  std::string mac{};            // xx:xx:xx:xx:xx:xx, lower case
  std::string firmware{};       // of the application; empty: the profile's
  std::string boot_firmware{};  // of the boot program, where there is one; empty: the profile's
  std::string server{};         // as set by hand: a URL or a host. Empty: what DHCP says
  std::uint16_t sip_port = 5060;
  std::uint64_t seed = 1;  // of tags, Call-IDs and the times that phones draw
  bool pauses = true;      // false: it takes no time over anything; what it waits for a peer, it waits all the same
};

class Phone {
 public:
  // The model must be one of the profile's.
  Phone(const Profile& profile, Unit unit);
  ~Phone();
  Phone(Phone&&) noexcept;
  Phone& operator=(Phone&&) noexcept;

  std::vector<Action> Handle(const Event& event, Milliseconds now);

  Stage stage() const;
  const Unit& unit() const;  // with the firmware that it has now
  const std::string& ip() const;
  const Knowledge& knowledge() const;
  const std::string& display() const;  // what stands there now; empty: its usual screen
  // Nothing is under way but what a phone in service waits for: NOTIFY, the renewal of its address and its registrations.
  bool settled() const;
  int restarts() const;  // since it was switched on, by its own decision
  // What its application says of itself to HTTP servers, and the names of the files that are its own; without a folder.
  std::string user_agent() const;
  std::vector<std::string> own_files() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace provdlab::phone
