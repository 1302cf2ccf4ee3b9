#include "conformance/runner/phone_cast.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "simulator/dhcp/server.h"
#include "simulator/network/trace.h"
#include "simulator/phone/built_in_profiles.h"
#include "simulator/phone/inspection.h"
#include "simulator/phone/profile_data.h"

namespace provdlab::conformance {
namespace {

using network::Entry;
using network::Station;
using phone::Stage;

constexpr std::chrono::milliseconds kUsualBoot{20'000}, kUsualBootOfMany{60'000};
constexpr std::chrono::milliseconds kLongestRequest{2'000};  // that a phone is let finish before it is switched off
constexpr std::size_t kMostFiles = 500;                      // that are remembered of one phone
constexpr std::size_t kMostNotified = 100;
constexpr std::size_t kMostTraceLines = 300;  // of one step
constexpr std::size_t kMostFailed = 20;       // phones of a crowd that are named

bool IsServerError(int status) { return status >= 500 && status != 501; }

// "/Aastra/aastra.cfg" of "http://127.0.0.1:8667/Aastra/aastra.cfg".
std::string PathOf(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t slash = scheme == std::string::npos ? url.find('/') : url.find('/', scheme + 3);
  return slash == std::string::npos ? "/" : url.substr(slash);
}

std::string LastPart(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// A line of a trace as it is the same in two runs: without times.
std::string Timeless(const network::TraceLine& line) {
  std::string text = line.text;
  const std::size_t took = text.rfind(" (");
  if (took != std::string::npos && text.ends_with(" ms)")) text.erase(took);
  network::TraceLine plain = line;
  plain.text = std::move(text);
  const std::string whole = network::Plain(plain);
  const std::string seconds = network::SecondsText(line.at);
  return whole.starts_with(seconds) ? std::string(Trim(std::string_view(whole).substr(seconds.size()))) : whole;
}

std::size_t CommonBeginning(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

std::string Unseparated(std::string mac) {
  std::erase(mac, ':');
  return mac;
}

std::string Upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

}  // namespace

const phone::Profile* ProfileOf(std::string_view vendor, std::string_view model, std::string_view firmware) {
  const phone::Profile* best = nullptr;
  std::size_t likeness = 0;
  for (const phone::Profile& profile : phone::BuiltInProfiles()) {
    if (!EqualIgnoringCase(profile.vendor(), vendor) || !profile.HasModel(model)) continue;
    const std::size_t alike = CommonBeginning(profile.data().models.find(model)->second.version, firmware);
    if (best != nullptr && alike < likeness) continue;
    best = &profile;
    likeness = alike;
  }
  return best;
}

Json PhoneJson(const phone::Phone& phone, const std::vector<FileSeen>& files, const std::vector<NotifySeen>& notified) {
  Json json = Json::parse(phone::ToJson(phone.knowledge()).dump());
  json["stage"] = phone::StageName(phone.stage());
  json["ip"] = phone.ip();
  json["firmware"] = phone.unit().firmware;
  json["display"] = phone.display();
  json["restarts"] = phone.restarts();
  for (const char* list : {"lines", "keys"}) {
    if (!json.contains(list)) json[list] = Json::array();
  }
  json["files"] = Json::array();
  for (const FileSeen& file : files) {
    Json entry = {{"file", file.path}};
    if (file.status != 0)
      entry["status"] = file.status;
    else if (file.how != phone::Fetched::How::kWhole)
      entry["error"] = network::HowName(file.how);
    json["files"].push_back(std::move(entry));
  }
  json["notified"] = Json::array();
  for (const NotifySeen& notify : notified) {
    Json entry = {{"event", notify.event}, {"to", notify.to}, {"times", notify.times}, {"headers", Json::object()}};
    for (const auto& [header, value] : notify.headers) entry["headers"].emplace(header, value);
    entry["answered"] = notify.answered == 0 ? Json() : Json(notify.answered);
    json["notified"].push_back(std::move(entry));
  }
  return json;
}

Result<std::unique_ptr<PhoneCast>> PhoneCast::Open(PhoneSite& site, const std::vector<scenario::PhoneLine>& phones,
                                                   const std::vector<std::string>& accounts, const std::string& run_id,
                                                   const MintMac& mint_mac) {
  std::unique_ptr<PhoneCast> cast(new PhoneCast(site));
  for (const scenario::PhoneLine& line : phones) {
    if (auto added = cast->AddPhone(line, mint_mac); !added) return Fail(added.error());
  }
  for (const std::string& name : accounts) {
    if (auto added = cast->AddAccount(name, run_id); !added) return Fail(added.error());
  }
  return cast;
}

PhoneCast::~PhoneCast() {
  // The target would deal with a request that is cut off all the same, perhaps after the clean-up.
  const auto idle = [this] {
    return std::all_of(actors_.begin(), actors_.end(), [](const auto& actor) {
      return std::all_of(actor.second.members.begin(), actor.second.members.end(),
                         [](const auto& member) { return !member->station || member->station->idle(); });
    });
  };
  Stop nobody;
  (void)site_.Run([] {}, idle, kLongestRequest, nobody);
  const auto leave = [this] {
    for (auto& [name, actor] : actors_) {
      for (const auto& member : actor.members) {
        if (!member->station) continue;
        member->station->Do(phone::PowerOff{});
        member->station.reset();
      }
    }
  };
  // A network that has ended has no thread any more.
  if (!site_.Do(leave)) leave();
  for (const auto& [name, account] : accounts_) (void)site_.registrar().Forbid(account.username);
}

Result<> PhoneCast::AddPhone(const scenario::PhoneLine& line, const MintMac& mint_mac) {
  Actor& actor = actors_[line.name];
  actor.line = line;
  const bool nobody = line.vendor.empty() && line.model.empty();
  const phone::Profile* profile = nobody ? nullptr : ProfileOf(line.vendor, line.model, line.firmware.value_or(""));
  if (!nobody && profile == nullptr)
    return Fail(ErrorKind::kInvalid, "nobody knows how the phone " + line.vendor + " " + line.model +
                                         " behaves; provdlab phones --list-models prints those that are known");
  const std::uint64_t count = line.count == 0 ? 1 : line.count;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto member = std::make_unique<Member>();
    member->profile = profile;
    if (!line.at.empty()) {
      const auto other = actors_.find(line.at);
      if (other == actors_.end() || other->second.members.empty() || line.at == line.name)
        return Fail(ErrorKind::kInvalid, "the phone " + line.name + " is at " + line.at + ", which is no phone before it");
      UseAddress(*member, other->second.members.front()->address);
    } else {
      const auto address = site_.TakeAddress();
      if (!address) return Fail(address.error());
      UseAddress(*member, *address);
    }
    if (profile != nullptr) {
      auto mac = mint_mac(*profile);
      if (!mac) return Fail(mac.error());
      member->mac = *mac;
      member->unit = {.model = line.model, .mac = *mac, .firmware = line.firmware.value_or("")};
      member->unit.seed = site_.NextNumber();
      member->unit.pauses = false;
    }
    actor.members.push_back(std::move(member));
  }
  return {};
}

Result<> PhoneCast::AddAccount(const std::string& name, const std::string& run_id) {
  const std::string number = std::to_string(site_.NextNumber());
  Account account{"pl" + run_id + number, Sha1Hex("password " + run_id + number + std::to_string(site_.options().seed)).substr(0, 16)};
  if (auto allowed = site_.registrar().Allow({.user = account.username, .password = account.password}); !allowed)
    return Fail(allowed.error());
  accounts_[name] = std::move(account);
  return {};
}

void PhoneCast::UseAddress(Member& member, std::uint32_t address) {
  member.address = address;
  member.ip = dhcp::AddressText(address);
  ++users_of_ip_[member.ip];
}

void PhoneCast::AddVariables(scenario::Variables& variables) const {
  for (const auto& [name, actor] : actors_) {
    if (actor.line.count != 0) continue;
    const Member& member = *actor.members.front();
    variables[name + ".ip"] = member.ip;
    if (member.mac.empty()) continue;
    variables[name + ".mac"] = member.mac;
    variables[name + ".hex"] = Unseparated(member.mac);
    variables[name + ".HEX"] = Upper(Unseparated(member.mac));
  }
  for (const auto& [name, account] : accounts_) {
    variables[name + ".username"] = account.username;
    variables[name + ".password"] = account.password;
  }
  variables["REGISTRAR"] = site_.options().registrar_address;
  variables["REGISTRAR_PORT"] = site_.registrar_port();
}

std::vector<std::string> PhoneCast::Macs() const {
  std::vector<std::string> macs;
  for (const auto& [name, actor] : actors_) {
    for (const auto& member : actor.members) {
      if (!member->mac.empty()) macs.push_back(member->mac);
    }
  }
  return macs;
}

std::vector<std::string> PhoneCast::Ips() const {
  std::vector<std::string> ips;
  for (const auto& [ip, users] : users_of_ip_) ips.push_back(ip);
  return ips;
}

std::vector<std::string> PhoneCast::IpsOfOnePhone() const {
  std::vector<std::string> ips;
  for (const auto& [ip, users] : users_of_ip_) {
    if (users == 1) ips.push_back(ip);
  }
  return ips;
}

std::vector<std::string> PhoneCast::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, actor] : actors_) names.push_back(name);
  return names;
}

std::vector<std::string> PhoneCast::NamesOfSomebody() const {
  std::vector<std::string> names;
  for (const auto& [name, actor] : actors_) {
    if (actor.members.front()->profile != nullptr) names.push_back(name);
  }
  return names;
}

Result<PhoneCast::Actor*> PhoneCast::Find(const std::string& name) {
  const auto found = actors_.find(name);
  if (found == actors_.end()) return Fail(ErrorKind::kInvalid, "there is no phone " + name);
  return &found->second;
}

Result<PhoneCast::Actor*> PhoneCast::FindSomebody(const std::string& name) {
  auto actor = Find(name);
  if (actor && (*actor)->members.front()->profile == nullptr)
    return Fail(ErrorKind::kInvalid, "the phone " + name + " is nobody: it can ask for files, and nothing else");
  return actor;
}

// ---- On the network's thread

void PhoneCast::PlugIn(Actor& actor, Member& member) {
  if (member.station) return;
  member.unit.sip_port = site_.network().sip_port();
  member.station = std::make_unique<Station>(site_.network(), site_.dhcp(), phone::Phone(*member.profile, member.unit),
                                             network::StationOptions{.number = member.unit.seed});
  member.station->OnEntry([this, &actor, &member](const Station&, const Entry& entry) { Observe(actor, member, entry); });
  member.station->OnNotify([&member](const Station::Notify& notify) {
    const auto known = std::find_if(member.notified.begin(), member.notified.end(), [&](const NotifySeen& seen) {
      return seen.call_id == notify.call_id && seen.sequence == notify.sequence;
    });
    if (known != member.notified.end()) {
      if (notify.code != 0)
        known->answered = notify.code;
      else
        ++known->times;
    } else if (notify.code == 0 && member.notified.size() < kMostNotified) {
      NotifySeen seen{.event = notify.event, .call_id = notify.call_id, .sequence = notify.sequence, .to = notify.to};
      for (const sip::Header& header : notify.headers) seen.headers.emplace_back(header.name, header.value);
      member.notified.push_back(std::move(seen));
    }
  });
}

void PhoneCast::Observe(const Actor& actor, Member& member, const Entry& entry) {
  if (entry.kind == Entry::Kind::kSends) member.said_sip = true;
  if (entry.kind == Entry::Kind::kFetched) {
    const FileSeen seen{PathOf(entry.url), entry.url.starts_with("http"), entry.status, entry.how};
    const std::vector<std::string> own = member.station->phone().own_files();
    if (seen.http && entry.method == "GET" && std::find(own.begin(), own.end(), LastPart(seen.path)) != own.end())
      member.own_path = seen.path;
    if (IsServerError(entry.status) && server_error_.empty())
      server_error_ = entry.method + " " + seen.path + " of the phone " + actor.line.name + " answered " + std::to_string(entry.status);
    if (member.files.size() < kMostFiles) member.files.push_back(seen);
  }
  if (entry.kind == Entry::Kind::kTells) {
    using What = phone::Tell::What;
    const std::string what = actor.line.name + ": " + entry.text;
    odd_files_.any = odd_files_.any || entry.what == What::kRead || entry.what == What::kBroken;
    for (const auto& [kind, first] : {std::pair(What::kBroken, &odd_files_.unreadable), std::pair(What::kNone, &odd_files_.none),
                                      std::pair(What::kNoHost, &odd_files_.no_host)})
      if (entry.what == kind && first->empty()) *first = what;
  }
  const auto line = network::LineFor(entry);
  if (!line) return;
  if (trace_.size() >= kMostTraceLines) {
    ++untold_;
    return;
  }
  const std::string who = actor.line.count != 0 ? member.mac + "  " : actors_.size() > 1 ? actor.line.name + "  " : "";
  trace_.push_back(who + Timeless(*line));
}

bool PhoneCast::IsDone(const Member& member) const {
  if (member.station->phone().settled()) return true;
  if (!member.said_sip || !member.station->idle() || member.station->phone().stage() < Stage::kParsed) return false;
  // With a registrar that is not the run's a phone would go on for as long as it is let.
  const auto& lines = member.station->phone().knowledge().lines;
  const std::string& here = site_.options().registrar_address;
  return std::none_of(lines.begin(), lines.end(), [&](const phone::Line& line) {
    const auto is_here = [&](const phone::Server& server) { return server.host == here || IsLoopbackHost(server.host); };
    return is_here(line.registrar) || is_here(line.proxy);
  });
}

// ---- What happens to them

Result<bool> PhoneCast::BootUp(const std::string& name, const Boot& boot, Stop& stop) {
  const auto actor = FindSomebody(name);
  if (!actor) return Fail(actor.error());
  Actor& who = **actor;
  const auto within = boot.within.count() > 0 ? boot.within : who.line.count == 0 ? kUsualBoot : kUsualBootOfMany;
  return site_.Run(
      [this, &who, pushed = boot.pushed] {
        for (const auto& member : who.members) {
          PlugIn(who, *member);
          if (member->station->phone().stage() != Stage::kOff) member->station->Do(phone::PowerOff{});
          member->files.clear();
          member->notified.clear();
          member->said_sip = false;
          site_.dhcp().Assign(member->mac, member->address);
          site_.dhcp().SetPushed(member->mac, pushed);
          member->station->Do(phone::PowerOn{});
        }
      },
      [this, &who] { return std::all_of(who.members.begin(), who.members.end(), [this](const auto& member) { return IsDone(*member); }); },
      within, stop);
}

Result<bool> PhoneCast::Settle(const std::string& name, std::chrono::milliseconds within, Stop& stop) {
  const auto actor = FindSomebody(name);
  if (!actor) return Fail(actor.error());
  Actor& who = **actor;
  return site_.Run([] {},
                   [this, &who] {
                     return std::all_of(who.members.begin(), who.members.end(),
                                        [this](const auto& member) { return !member->station || IsDone(*member); });
                   },
                   within.count() > 0    ? within
                   : who.line.count == 0 ? kUsualBoot
                                         : kUsualBootOfMany,
                   stop);
}

Result<bool> PhoneCast::Renew(const std::string& name, const Boot& boot, Stop& stop) {
  const auto actor = FindSomebody(name);
  if (!actor) return Fail(actor.error());
  Actor& who = **actor;
  return site_.Run(
      [this, &who, pushed = boot.pushed] {
        for (const auto& member : who.members) {
          if (!member->station) continue;
          site_.dhcp().Assign(member->mac, member->address);
          site_.dhcp().SetPushed(member->mac, pushed);
          member->station->Do(phone::AskAgain{});
        }
      },
      [this, &who] {
        return std::all_of(who.members.begin(), who.members.end(),
                           [this](const auto& member) { return !member->station || (member->station->idle() && IsDone(*member)); });
      },
      boot.within.count() > 0 ? boot.within : kUsualBoot, stop);
}

Result<> PhoneCast::Move(const std::string& name, const std::string& to, Stop& stop) {
  const auto actor = Find(name);
  if (!actor) return Fail(actor.error());
  if ((*actor)->line.count != 0) return Fail(ErrorKind::kInvalid, name + " is many phones, which don't move");
  std::uint32_t address = 0;
  if (to.empty()) {
    const auto taken = site_.TakeAddress();
    if (!taken) return Fail(taken.error());
    address = *taken;
  } else {
    const auto other = Find(to);
    if (!other) return Fail(other.error());
    address = (*other)->members.front()->address;
  }
  Member& member = *(*actor)->members.front();
  bool on = false;
  const auto moved = site_.Do([&] {
    UseAddress(member, address);
    on = member.station && member.station->phone().stage() != Stage::kOff;
  });
  if (!moved) return moved;
  if (!on) return {};
  const auto renewed = Renew(name, {}, stop);
  if (!renewed) return Fail(renewed.error());
  return {};
}

Result<> PhoneCast::SwitchOff(const std::string& name) {
  const auto actor = FindSomebody(name);
  if (!actor) return Fail(actor.error());
  return site_.Do([&] {
    for (const auto& member : (*actor)->members) {
      if (member->station) member->station->Do(phone::PowerOff{});
    }
  });
}

Result<> PhoneCast::SetManners(const std::string& name, Station::Manners manners) {
  const auto actor = FindSomebody(name);
  if (!actor) return Fail(actor.error());
  return site_.Do([&] {
    for (const auto& member : (*actor)->members) {
      PlugIn(**actor, *member);
      member->station->SetManners(manners);
    }
  });
}

std::vector<std::string> PhoneCast::NotificationTargets() const {
  std::vector<std::string> targets = Ips();
  for (const auto& [name, account] : accounts_) targets.push_back(account.username);
  return targets;
}

// ---- What is seen of them

Result<Json> PhoneCast::Show(const std::string& name) {
  const auto actor = FindSomebody(name);
  if (!actor) return Fail(actor.error());
  Json json;
  const auto shown = site_.Do([&] {
    const Actor& who = **actor;
    for (const auto& member : who.members) PlugIn(**actor, *member);
    if (who.line.count == 0) {
      const Member& member = *who.members.front();
      json = PhoneJson(member.station->phone(), member.files, member.notified);
      return;
    }
    const auto reached = [&](Stage stage) {
      return std::count_if(who.members.begin(), who.members.end(),
                           [stage](const auto& member) { return member->station->phone().stage() >= stage; });
    };
    json = {{"phones", who.members.size()},
            {"fetched", reached(Stage::kFetched)},
            {"parsed", reached(Stage::kParsed)},
            {"registered", reached(Stage::kRegistered)},
            {"failed", Json::array()}};
    for (const auto& member : who.members) {
      const phone::Phone& phone = member->station->phone();
      if (phone.stage() >= Stage::kParsed || json["failed"].size() >= kMostFailed) continue;
      json["failed"].push_back({{"mac", member->mac}, {"stage", phone::StageName(phone.stage())}, {"display", phone.display()}});
    }
  });
  if (!shown) return Fail(shown.error());
  return json;
}

Result<std::vector<PhoneCast::Identity>> PhoneCast::Who(const std::string& name) {
  const auto actor = Find(name);
  if (!actor) return Fail(actor.error());
  std::vector<Identity> identities;
  const auto asked = site_.Do([&] {
    for (const auto& member : (*actor)->members) {
      Identity identity{.name = name, .mac = member->mac, .ip = member->ip, .vendor = (*actor)->line.vendor};
      identity.model = (*actor)->line.model;
      identity.own_path = member->own_path;
      if (member->profile != nullptr) {
        PlugIn(**actor, *member);
        const phone::Phone& phone = member->station->phone();
        identity.somebody = true;
        identity.vendor = member->profile->vendor();
        identity.user_agent = phone.user_agent();
        identity.own_files = phone.own_files();
        identity.stage = phone.stage();
        identity.display = phone.display();
        for (const phone::Line& line : phone.knowledge().lines) {
          if (line.registered) identity.registered.push_back(line.username);
        }
      }
      identities.push_back(std::move(identity));
    }
  });
  if (!asked) return Fail(asked.error());
  return identities;
}

void PhoneCast::NoteRequest(const std::string& name, const std::string& path, const std::string& file) {
  const auto actor = Find(name);
  if (!actor || (*actor)->members.front()->profile == nullptr) return;
  (void)site_.Do([&] {
    Member& member = *(*actor)->members.front();
    PlugIn(**actor, member);
    const std::vector<std::string> own = member.station->phone().own_files();
    if (std::find(own.begin(), own.end(), LastPart(path)) == own.end()) return;
    member.own_path = path;
    if (file.empty()) return;
    odd_files_.any = true;
    for (const phone::Oddity& oddity : phone::Inspect(member.profile->data(), file)) {
      using Kind = phone::Oddity::Kind;
      std::string& first = oddity.kind == Kind::kNone     ? odd_files_.none
                           : oddity.kind == Kind::kNoHost ? odd_files_.no_host
                                                          : odd_files_.unreadable;
      if (first.empty()) first = name + ": " + LastPart(path) + ": " + oddity.sentence;
    }
  });
}

PhoneCast::OddFiles PhoneCast::odd_files() {
  OddFiles odd;
  (void)site_.Do([&] { odd = odd_files_; });
  return odd;
}

std::vector<std::string> PhoneCast::TakeTrace() {
  std::vector<std::string> lines;
  (void)site_.Do([&] {
    lines = std::exchange(trace_, {});
    if (untold_ > 0) lines.push_back("… and " + std::to_string(untold_) + " more");
    untold_ = 0;
  });
  return lines;
}

std::string PhoneCast::TakeServerError() {
  std::string error;
  (void)site_.Do([&] { error = std::exchange(server_error_, ""); });
  return error;
}

}  // namespace provdlab::conformance
