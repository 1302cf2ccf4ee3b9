#pragma once
// The phones and accounts of one attempt: what a scenario lets them do, and what they look like afterwards.
//
//   auto cast = PhoneCast::Open(site, scenario.phones, scenario.accounts, run_id, mint_mac);
//   (*cast)->AddVariables(variables);                       // desk.mac, desk.ip, alice.password, REGISTRAR
//   (*cast)->Boot("desk", {.within = 20s}, stop);
//   (*cast)->Show("desk");                                  // what `$` is after it
//
// Used by the attempt's thread; what happens to the phones happens on the site's. When it goes, its phones and accounts are gone. The site
// outlives it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "conformance/runner/phone_site.h"
#include "conformance/runner/stop.h"
#include "grammar/scenario/evaluate.h"
#include "grammar/scenario/model.h"
#include "simulator/network/station.h"
#include "simulator/phone/phone.h"
#include "simulator/phone/profile.h"

namespace provdlab::conformance {

// The profile that behaves like this phone; null if nobody knows such a model. Where several have it, the one whose own firmware is most
// like the phone's, else the latest.
const phone::Profile* ProfileOf(std::string_view vendor, std::string_view model, std::string_view firmware);

// A file that a phone asked for, and what came of it.
struct FileSeen {
  std::string path;   // "/Aastra/aastra.cfg"
  bool http = false;  // not TFTP
  int status = 0;     // of HTTP
  phone::Fetched::How how = phone::Fetched::How::kWhole;
};

// A NOTIFY that came, once or again. `answered` 0: not yet.
struct NotifySeen {
  std::string event{};
  int answered = 0;
  std::string call_id{}, sequence{};
  std::string to{};  // the user that it is addressed to
  int times = 1;     // that it came
  std::vector<std::pair<std::string, std::string>> headers{};
};

// What a scenario may ask of a phone, as JSON (docs/scenario-language.md, "What `$` is").
Json PhoneJson(const phone::Phone& phone, const std::vector<FileSeen>& files, const std::vector<NotifySeen>& notified);

class PhoneCast {
 public:
  using MintMac = std::function<Result<std::string>(const phone::Profile& profile)>;

  // kInvalid: there is no such model, or a phone is at another that is not there.
  static Result<std::unique_ptr<PhoneCast>> Open(PhoneSite& site, const std::vector<scenario::PhoneLine>& phones,
                                                 const std::vector<std::string>& accounts, const std::string& run_id,
                                                 const MintMac& mint_mac);
  ~PhoneCast();  // switches the phones off, when what they ask for just now was answered, or after two seconds
  PhoneCast(const PhoneCast&) = delete;
  PhoneCast& operator=(const PhoneCast&) = delete;

  void AddVariables(scenario::Variables& variables) const;
  std::vector<std::string> Macs() const;
  std::vector<std::string> Ips() const;            // also those that a phone had before it moved
  std::vector<std::string> IpsOfOnePhone() const;  // those of them that never were two phones'

  // What can be wrong with these is the scenario's or this machine's fault, never the target's.
  struct Boot {
    std::chrono::milliseconds within{0};  // 0: as usual
    bool pushed = true;
  };
  // Whether it, or they, settled in time.
  Result<bool> BootUp(const std::string& name, const Boot& boot, Stop& stop);
  Result<bool> Settle(const std::string& name, std::chrono::milliseconds within, Stop& stop);
  Result<bool> Renew(const std::string& name, const Boot& boot, Stop& stop);
  Result<> Move(const std::string& name, const std::string& to, Stop& stop);
  Result<> SwitchOff(const std::string& name);
  Result<> SetManners(const std::string& name, network::Station::Manners manners);
  // What notifications are known by: usernames of the accounts, and addresses of the phones.
  std::vector<std::string> NotificationTargets() const;

  Result<Json> Show(const std::string& name);

  // What one phone is, for requests in its name and for what the target should know of it.
  struct Identity {
    std::string name{}, mac{}, ip{}, vendor{}, model{}, user_agent{};
    std::vector<std::string> own_files{};
    std::string own_path{};  // of its own file, as it was last asked for over HTTP; empty: it was not
    phone::Stage stage = phone::Stage::kOff;
    std::vector<std::string> registered{};  // usernames of lines
    std::string display{};
    bool somebody = false;  // it has a model
  };
  Result<std::vector<Identity>> Who(const std::string& name);
  std::vector<std::string> Names() const;
  std::vector<std::string> NamesOfSomebody() const;  // without those that are nobody
  // A request in its name went to this path, and this is the whole file that it got; empty: it got none.
  void NoteRequest(const std::string& name, const std::string& path, const std::string& file);

  // What is wrong with the files of settings that phones got: of each kind the first that was found, with the phone and the file.
  struct OddFiles {
    bool any = false;  // there was a file to look at
    std::string unreadable{}, none{}, no_host{};
  };
  OddFiles odd_files();

  // Lines about what happened since the last call, for reports.
  std::vector<std::string> TakeTrace();
  // The first request since the last call that was answered as only a broken server does; empty: none.
  std::string TakeServerError();

 private:
  struct Member {
    std::string mac, ip;
    std::uint32_t address = 0;
    const phone::Profile* profile = nullptr;
    phone::Unit unit;
    std::unique_ptr<network::Station> station;
    std::vector<FileSeen> files;
    std::vector<NotifySeen> notified;
    std::string own_path;
    bool said_sip = false;
  };
  struct Actor {
    scenario::PhoneLine line;
    std::vector<std::unique_ptr<Member>> members;
  };
  struct Account {
    std::string username, password;
  };

  explicit PhoneCast(PhoneSite& site) : site_(site) {}
  Result<> AddPhone(const scenario::PhoneLine& line, const MintMac& mint_mac);
  Result<> AddAccount(const std::string& name, const std::string& run_id);
  Result<Actor*> Find(const std::string& name);
  // One that has a model.
  Result<Actor*> FindSomebody(const std::string& name);
  void PlugIn(Actor& actor, Member& member);
  void Observe(const Actor& actor, Member& member, const network::Entry& entry);
  bool IsDone(const Member& member) const;
  void UseAddress(Member& member, std::uint32_t address);

  PhoneSite& site_;
  std::map<std::string, Actor, std::less<>> actors_;
  std::map<std::string, Account, std::less<>> accounts_;
  std::map<std::string, int> users_of_ip_;
  // Written on the network's thread.
  std::vector<std::string> trace_;
  std::size_t untold_ = 0;
  std::string server_error_;
  OddFiles odd_files_;
};

}  // namespace provdlab::conformance
