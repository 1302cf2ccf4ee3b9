#include "simulator/fleet/fleet.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "simulator/network/random_stream.h"
#include "simulator/network/trace.h"

namespace provdlab::fleet {
namespace {

using network::Entry;
using network::RandomStream;
using network::Station;
using Stage = phone::Stage;

constexpr std::size_t kTraceLines = 40;
constexpr std::size_t kMostFailuresTold = 20;
constexpr Instant kBetweenProgress{200'000};
constexpr std::uint64_t kMillion = 1'000'000;

// Which model each of the phones is: whichever is furthest behind its share, so that every part of them has about the same mixture.
std::vector<std::size_t> Models(const std::vector<ModelShare>& shares, std::size_t count) {
  std::uint64_t sum = 0;
  for (const ModelShare& share : shares) sum += share.share;
  std::vector<std::int64_t> credit(shares.size(), 0);
  std::vector<std::size_t> models;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < shares.size(); ++k) credit[k] += static_cast<std::int64_t>(shares[k].share);
    const auto next = static_cast<std::size_t>(std::max_element(credit.begin(), credit.end()) - credit.begin());
    credit[next] -= static_cast<std::int64_t>(sum);
    models.push_back(next);
  }
  return models;
}

bool AllRegistered(const phone::Knowledge& knowledge) {
  return !knowledge.lines.empty() &&
         std::all_of(knowledge.lines.begin(), knowledge.lines.end(), [](const phone::Line& line) { return line.registered; });
}

}  // namespace

Fleet::Fleet(network::Network& network, dhcp::Service& dhcp, FleetOptions options)
    : network_(network), dhcp_(dhcp), options_(std::move(options)) {
  const std::vector<std::size_t> models = Models(options_.models, options_.count);
  members_.reserve(options_.only ? 1 : models.size());
  for (std::size_t i = 0; i < models.size(); ++i) {
    const ModelShare& share = options_.models[models[i]];
    const std::string mac = i == 0 && options_.mac ? *options_.mac : phone::MintMac(share.profile, i);
    if (options_.only && mac != *options_.only) continue;
    RandomStream random(options_.seed, "phone", i);
    phone::Unit unit{.model = share.model, .mac = mac};
    unit.server = options_.server;
    unit.sip_port = options_.sip_port;
    unit.seed = random.Next();
    unit.pauses = options_.pauses;
    network::StationOptions plugged{.number = i, .noise = options_.noise};
    if (options_.clock_ppm > 0)
      plugged.clock_ppm = static_cast<int>(random.Below(2 * static_cast<std::uint64_t>(options_.clock_ppm) + 1)) - options_.clock_ppm;
    Member member;
    member.profile = &share.profile;
    member.powered = options_.ramp == 0 || options_.only ? Instant(0) : Instant(i * kMillion / options_.ramp);
    member.station = std::make_unique<Station>(network_, dhcp_, phone::Phone(share.profile, std::move(unit)), plugged);
    members_.push_back(std::move(member));
    dhcp_.Reserve(mac);
  }
  // The members stay where they are from here on.
  for (Member& member : members_) {
    member.station->OnEntry([this, &member](const Station&, const Entry& entry) { Note(member, entry); });
    member.station->OnHandled([this, &member](Station&) { Look(member); });
  }
  dhcp_.OnPush([this](const dhcp::Push& push) { figures_.NotePush(push); });
}

Fleet::~Fleet() { dhcp_.OnPush({}); }

void Fleet::Note(Member& member, const Entry& entry) {
  const Station& station = *member.station;
  if (entry.kind == Entry::Kind::kFetches) {
    ++requests_;
    const std::size_t url = std::hash<std::string>()(entry.method + " " + entry.url);
    if (member.last_failed && member.last_url == url) figures_.NoteRetry();
    member.last_url = url;
  }
  if (entry.kind == Entry::Kind::kFetched) {
    using How = phone::Fetched::How;
    member.last_failed = entry.how != How::kWhole && entry.how != How::kMissing && entry.how != How::kStopped;
  }
  if (entry.kind == Entry::Kind::kSends) {
    member.said_sip = true;
    if (member.registers_since < Instant(0)) member.registers_since = entry.at;
  }
  using What = phone::Tell::What;
  if (accounts_ && entry.kind == Entry::Kind::kTells && (entry.what == What::kRead || entry.what == What::kStage)) {
    member.knows_more = true;
    member.station->HoldSip();
  }
  figures_.Note(station.phone().unit().mac, entry);
  if (!member.configured) {
    if (auto line = network::LineFor(entry)) {
      line->at -= begun_ + member.powered;
      member.trace.push_back(network::Plain(*line));
      if (member.trace.size() > kTraceLines) member.trace.pop_front();
    }
  }
  if (observer_) observer_(station, entry);
}

bool Fleet::IsConfigured(const Station& station) const {
  const phone::Phone& phone = station.phone();
  if (options_.registers) return phone.stage() == Stage::kRegistered && AllRegistered(phone.knowledge());
  return phone.stage() >= Stage::kParsed;
}

bool Fleet::IsDone(const Member& member) const {
  const Station& station = *member.station;
  if (station.phone().settled()) return true;
  // Where it need not register, a phone is through with its boot when it begins to.
  return !options_.registers && member.said_sip && station.idle();
}

void Fleet::Look(Member& member) {
  Station& station = *member.station;
  const Instant now = network_.Now();
  while (member.restarts < station.phone().restarts()) {
    ++member.restarts;
    figures_.NoteRestart(now);
  }
  if (accounts_ && std::exchange(member.knows_more, false)) LookForAccounts(member);
  if (!member.registered && station.phone().stage() == Stage::kRegistered && member.registers_since >= Instant(0)) {
    member.registered = true;
    figures_.NoteRegistered(now - member.registers_since);
  }
  if (!member.configured && IsConfigured(station)) {
    member.configured = true;
    ++configured_;
    figures_.NoteConfigured(now - begun_ - member.powered, now - begun_);
    member.trace = {};
  }
  if (!member.done && IsDone(member)) {
    member.done = true;
    ++done_;
    last_done_ = now;
  }
}

void Fleet::LookForAccounts(Member& member) {
  std::string accounts;
  for (const phone::Line& line : member.station->phone().knowledge().lines) accounts += line.username + "\n" + line.password + "\n";
  const std::size_t hash = std::hash<std::string>()(accounts);
  if (!accounts.empty() && std::exchange(member.accounts, hash) != hash) {
    ++member.looking;
    return accounts_(*member.station, [alive = std::weak_ptr(alive_), &member] {
      if (!alive.expired() && --member.looking == 0) member.station->ReleaseSip();
    });
  }
  if (member.looking == 0) member.station->ReleaseSip();
}

Result<> Fleet::Boot(Instant longest) {
  begun_ = last_done_ = network_.Now();
  for (Member& member : members_) {
    network_.After(member.powered, [alive = std::weak_ptr(alive_), &member] {
      if (!alive.expired()) member.station->Do(phone::PowerOn{});
    });
  }
  const Instant deadline = begun_ + longest;
  Instant next_progress = begun_;
  const auto look = [&] {
    if (progress_ && network_.Now() >= next_progress) {
      next_progress = network_.Now() + kBetweenProgress;
      progress_(*this);
    }
    return done_ == members_.size();
  };
  Result<> ran;
  while (ran && done_ < members_.size() && network_.Now() < deadline) {
    ran = network_.RunUntil(look, progress_ ? std::min(deadline, network_.Now() + kBetweenProgress) : deadline);
  }
  if (!ran)
    ended_ = ran.error().message;
  else if (done_ < members_.size())
    ended_ = "after " + InWords(static_cast<std::uint64_t>(longest.count())) + " not all phones had settled";
  if (done_ < members_.size()) last_done_ = network_.Now();
  return ran;
}

Result<> Fleet::Stay(Instant time) {
  return network_.RunUntil([] { return false; }, network_.Now() + time);
}

void Fleet::SwitchOff() {
  for (Member& member : members_) member.station->Do(phone::PowerOff{});
}

FailureRecord Fleet::FailureOf(const Member& member) const {
  const phone::Phone& phone = member.station->phone();
  FailureRecord failure{.stage = std::string(phone::StageName(phone.stage())), .display = phone.display()};
  if (!member.done)
    failure.why =
        member.station->idle() ? "It still waited when the time was over." : "A request of its was under way when the time was over.";
  else if (options_.registers && phone.stage() >= Stage::kParsed)
    failure.why = phone.knowledge().lines.empty() ? "Its file has no line." : "Not all its lines are registered.";
  else
    failure.why = "It has settled without its own file.";
  failure.phones = 1;
  failure.model = phone.unit().model;
  failure.mac = phone.unit().mac;
  failure.trace.assign(member.trace.begin(), member.trace.end());
  return failure;
}

FleetRecord Fleet::record() const {
  FleetRecord record;
  record.seed = options_.seed;
  record.registers = options_.registers;
  record.phones = members_.size();
  record.configured = configured_;
  record.took = static_cast<std::uint64_t>((last_done_ - begun_).count());
  record.ended = ended_;
  figures_.Into(record);
  record.pushes = dhcp_.counts().pushed;
  record.pushes_refused = dhcp_.counts().refused;
  record.pushes_failed = dhcp_.counts().failed;

  std::map<std::pair<std::string, std::string>, ModelRecord> models;
  std::map<std::tuple<std::string, std::string, std::string>, FailureRecord> failures;
  for (const Member& member : members_) {
    ModelRecord& model = models[{member.profile->vendor(), member.station->phone().unit().model}];
    ++model.phones;
    if (member.configured) {
      ++model.configured;
      continue;
    }
    FailureRecord failure = FailureOf(member);
    auto [known, fresh] = failures.try_emplace({failure.stage, failure.display, failure.why}, failure);
    if (!fresh) ++known->second.phones;
  }
  for (auto& [name, model] : models) {
    std::tie(model.vendor, model.model) = name;
    record.models.push_back(model);
  }
  for (auto& [key, failure] : failures) record.failures.push_back(std::move(failure));
  std::stable_sort(record.failures.begin(), record.failures.end(), [](const auto& a, const auto& b) { return a.phones > b.phones; });
  if (record.failures.size() > kMostFailuresTold) {
    record.remarks.push_back(std::to_string(record.failures.size() - kMostFailuresTold) + " further ways to fail are left out.");
    record.failures.resize(kMostFailuresTold);
  }
  return record;
}

}  // namespace provdlab::fleet
