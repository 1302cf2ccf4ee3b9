#include "simulator/ami/switchboard.h"

#include <utility>

#include "base/object_reader.h"

namespace provdlab::ami {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kPending = "pending";
constexpr std::string_view kEverybody = "*";
constexpr std::int64_t kLongestDelay = milliseconds(Switchboard::kLongestWait).count();

Json AvailableActions() {
  return Json::parse(R"([
    {"name": "delay", "breaks": "the time", "sentence": "{\"delay\": 3000}: the phone is told so many milliseconds later"},
    {"name": "fail", "breaks": "the answer", "sentence": "{\"fail\": \"No such peer\"}: the phone is not told, and the client gets that message"},
    {"name": "hang", "breaks": "the answer", "sentence": "{\"hang\": true}: the phone is not told, and the client gets no answer"}
  ])");
}

struct Action {
  milliseconds delay{0};
  std::string fail;
  bool hang = false;
};

Result<Action> ReadAction(const Json& json) {
  Mistakes mistakes;
  const ObjectReader reader(json, "an action", mistakes);
  Action action;
  action.delay = milliseconds(reader.Integer("delay", 0, kLongestDelay, 0));
  if (reader.Find("fail") != nullptr) action.fail = reader.Text("fail");
  action.hang = reader.Boolean("hang", false);
  reader.NothingElse({"delay", "fail", "hang"});
  if (json.is_object() && json.empty()) reader.Mistake("one of delay, fail and hang must be there");
  if (!mistakes.none()) return Fail(ErrorKind::kInvalid, mistakes.Sentence());
  return action;
}

Result<> CheckAction(const Json& json) {
  const Result<Action> action = ReadAction(json);
  if (!action) return Fail(action.error());
  return {};
}

tl::unexpected<Error> NoHold(const std::string& target) {
  return Fail(ErrorKind::kNotFound, "no notification of \"" + target + "\" is to be held");
}

tl::unexpected<Error> Cancelled() { return Fail(ErrorKind::kCancelled, "it was cancelled"); }

}  // namespace

Switchboard::Switchboard(Deliver deliver, const Clock& clock)
    : deliver_(std::move(deliver)), clock_(clock), faults_(AvailableActions(), CheckAction) {}

Result<> Switchboard::Notify(const Notification& notification, std::string_view through, const std::stop_token& stop) {
  Json variables = Json::object();
  for (const Field& variable : notification.variables) variables[variable.name] = variable.value;
  Json applied;
  std::uint64_t sequence = 0, resets = 0;
  {
    const std::scoped_lock lock(mutex_);
    applied = faults_.Apply({notification.target()});
    resets = resets_;
    sequence = journal_.Add({{"when", FormatInstant(clock_.Wall())},
                             {"through", through},
                             {"action", notification.action},
                             {"peer", notification.peer},
                             {"ip", notification.ip},
                             {"event", notification.event},
                             {"variables", std::move(variables)},
                             {"outcome", kPending},
                             {"why", ""},
                             {"fault", applied.is_null() ? "" : DumpJson(applied)}});
  }
  changed_.notify_all();
  Result<> carried = Carry(notification, applied, resets, stop);
  {
    const std::scoped_lock lock(mutex_);
    journal_.Amend(sequence, {{"outcome", carried ? "delivered" : "failed"}, {"why", carried ? "" : carried.error().message}});
  }
  changed_.notify_all();
  return carried;
}

Result<> Switchboard::Carry(const Notification& notification, const Json& applied, std::uint64_t resets, const std::stop_token& stop) {
  // Actions were checked when they were added, so that reading one can't fail.
  const Action action = applied.is_null() ? Action() : ReadAction(applied).value_or(Action());
  if (action.hang || action.delay > milliseconds(0)) {
    std::unique_lock lock(mutex_);
    const auto patience = action.hang ? milliseconds(kLongestWait) : action.delay;
    if (changed_.wait_for(lock, stop, patience, [&] { return resets_ != resets; }) || stop.stop_requested()) return Cancelled();
    if (action.hang) return Fail(ErrorKind::kTimeout, "it hung for too long");
  }
  if (!action.fail.empty()) return Fail(ErrorKind::kUnavailable, action.fail);
  if (const Result<> released = WaitForHolds(notification.target(), resets, stop); !released) return Fail(released.error());
  return deliver_(notification, stop);
}

Result<> Switchboard::WaitForHolds(const std::string& target, std::uint64_t resets, const std::stop_token& stop) {
  const auto end = steady_clock::now() + kLongestWait;
  std::unique_lock lock(mutex_);
  for (;;) {
    if (resets_ != resets) return Cancelled();
    auto held = holds_.find(target);
    if (held == holds_.end()) held = holds_.find(std::string(kEverybody));
    if (held == holds_.end()) return {};
    const std::string name = held->first;
    const std::uint64_t id = held->second.id;
    ++held->second.standing;
    changed_.notify_all();
    const auto gone = [&] {
      const auto at = holds_.find(name);
      return at == holds_.end() || at->second.id != id;
    };
    if (changed_.wait_until(lock, stop, end, gone)) continue;
    --holds_.at(name).standing;
    if (stop.stop_requested()) return Cancelled();
    return Fail(ErrorKind::kTimeout, "it was held for too long");
  }
}

Result<> Switchboard::Hold(const std::string& target) {
  if (target.empty()) return Fail(ErrorKind::kInvalid, "a hold needs a target: a peer, an address, or \"*\" for everybody");
  const std::scoped_lock lock(mutex_);
  if (holds_.size() >= kMostHolds) return Fail(ErrorKind::kConflict, "there are " + std::to_string(kMostHolds) + " holds already");
  if (!holds_.contains(target)) holds_.emplace(target, Held{.id = ++last_hold_});
  return {};
}

Result<> Switchboard::Release(const std::string& target) {
  {
    const std::scoped_lock lock(mutex_);
    if (holds_.erase(target) == 0) return NoHold(target);
  }
  changed_.notify_all();
  return {};
}

Result<> Switchboard::AwaitHeld(const std::string& target, milliseconds deadline) {
  std::unique_lock lock(mutex_);
  const auto held = holds_.find(target);
  if (held == holds_.end()) return NoHold(target);
  const std::uint64_t id = held->second.id;
  const auto is_gone = [&] {
    const auto at = holds_.find(target);
    return at == holds_.end() || at->second.id != id;
  };
  if (!changed_.wait_for(lock, deadline, [&] { return is_gone() || holds_.at(target).standing > 0; }))
    return Fail(ErrorKind::kTimeout,
                "no notification of \"" + target + "\" came to its hold within " + std::to_string(deadline.count()) + " ms");
  if (is_gone()) return Fail(ErrorKind::kCancelled, "the hold of \"" + target + "\" was released while it was waited for");
  return {};
}

Json Switchboard::holds() const {
  const std::scoped_lock lock(mutex_);
  Json list = Json::array();
  for (const auto& [target, held] : holds_) list.push_back({{"target", target}, {"standing", held.standing}});
  return list;
}

Result<Entry> Switchboard::AwaitNotification(const std::string& target, milliseconds deadline, std::uint64_t after) const {
  Entry found;
  const auto came = [&] {
    for (Entry& entry : Journal(after)) {
      after = entry.sequence;
      if (target != kEverybody && target != entry.peer && target != entry.ip) continue;
      found = std::move(entry);
      return true;
    }
    return false;
  };
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, deadline, came)) return found;
  return Fail(ErrorKind::kTimeout, "nobody asked to notify \"" + target + "\" within " + std::to_string(deadline.count()) + " ms");
}

Result<Entry> Switchboard::AwaitEnd(std::uint64_t sequence, milliseconds deadline) const {
  Entry found;
  const auto ended = [&] {
    std::vector<Entry> entries = Journal(sequence - 1);
    if (entries.empty() || entries.front().sequence != sequence) return true;
    found = std::move(entries.front());
    return found.outcome != kPending;
  };
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, deadline, ended))
    return Fail(ErrorKind::kTimeout, "the notification of \"" + (found.peer.empty() ? found.ip : found.peer) +
                                         "\" is still pending after " + std::to_string(deadline.count()) + " ms");
  if (found.sequence != sequence) return Fail(ErrorKind::kNotFound, "there is no entry " + std::to_string(sequence) + " in the journal");
  return found;
}

std::vector<Entry> Switchboard::Journal(std::uint64_t after) const {
  std::vector<Entry> entries;
  const Json seen = journal_.After(after);
  for (const Json& entry : seen.at("entries"))
    entries.push_back({.sequence = entry.at("sequence"),
                       .when = entry.at("when"),
                       .through = entry.at("through"),
                       .action = entry.at("action"),
                       .peer = entry.at("peer"),
                       .ip = entry.at("ip"),
                       .event = entry.at("event"),
                       .outcome = entry.at("outcome"),
                       .why = entry.at("why"),
                       .fault = entry.at("fault")});
  return entries;
}

void Switchboard::Reset() {
  {
    const std::scoped_lock lock(mutex_);
    ++resets_;
    faults_.OffAll();
    holds_.clear();
    journal_.Clear();
  }
  changed_.notify_all();
}

}  // namespace provdlab::ami
