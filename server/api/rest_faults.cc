#include "server/api/rest_faults.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"

namespace provdlab::server {
namespace {

constexpr std::size_t kLongestName = 200;
constexpr std::size_t kNearestNames = 3;

}  // namespace

bool RestFaults::Switched::Due() const {
  if (Spent()) return false;
  if (answer->first && matched >= *answer->first) return false;
  return !answer->every || (matched + 1) % *answer->every == 0;
}

RestFaults::RestFaults(Faults& behaviour, const std::vector<AnswerFault>& answers) : behaviour_(behaviour), answers_(answers) {}

std::vector<std::string> RestFaults::NearestNames(std::string_view name) const {
  std::vector<std::string> names;
  for (const AnswerFault& fault : answers_) names.push_back(fault.name);
  for (const FaultSwitch* fault : behaviour_.All()) names.emplace_back(fault->name());
  return NearestTexts(name, names, kNearestNames);
}

Result<int> RestFaults::SwitchOn(std::string_view name, std::optional<std::uint64_t> times) {
  Switched on;
  on.times = times;
  const auto answer = std::find_if(answers_.begin(), answers_.end(), [&](const AnswerFault& fault) { return fault.name == name; });
  if (answer != answers_.end()) on.answer = &*answer;
  if (on.answer != nullptr && on.answer->remembers()) on.memory = std::make_shared<FaultMemory>();
  if (on.answer == nullptr) on.behaviour = behaviour_.Find(name);
  if (on.answer == nullptr && on.behaviour == nullptr) {
    std::string sentence = "There is no fault '" + std::string(name.substr(0, kLongestName)) + "'";
    const auto nearest = NearestNames(name);
    for (std::size_t i = 0; i < nearest.size(); ++i)
      sentence += (i == 0 ? "; did you mean " : i + 1 < nearest.size() ? ", " : " or ") + nearest[i];
    return Fail(ErrorKind::kNotFound, nearest.empty() ? sentence : sentence + "?");
  }

  const std::lock_guard lock(mutex_);
  on.id = ++last_id_;
  if (on.behaviour != nullptr) {
    // A switch of behaviour is one place in the code: switching it again begins anew.
    std::erase_if(switched_, [&](const Switched& other) { return other.behaviour == on.behaviour; });
    on.behaviour->On(times);
  } else {
    ++answers_on_;
  }
  switched_.push_back(on);
  return on.id;
}

std::uint64_t RestFaults::Count(int id) {
  const std::lock_guard lock(mutex_);
  const auto on = std::find_if(switched_.begin(), switched_.end(), [&](const Switched& other) { return other.id == id; });
  if (on == switched_.end()) return 0;
  const bool due = on->Due();
  ++on->matched;
  return due ? ++on->hits : 0;
}

http::Response RestFaults::Through(const http::Request& request, const Handle& handle, std::string* applied, AnswerFault::Side side) {
  if (answers_on_.load(std::memory_order_acquire) == 0) return handle(request);

  std::vector<Switched> candidates;
  {
    const std::lock_guard lock(mutex_);
    for (const Switched& on : switched_) {
      if (on.answer != nullptr && on.answer->side == side && !on.Spent()) candidates.push_back(on);
    }
  }
  std::vector<Switched> watching;  // what remembers looks at every exchange
  std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(watching), [](const Switched& on) { return on.memory != nullptr; });
  std::erase_if(candidates, [&](const Switched& on) { return !on.answer->MatchesRequest(request); });
  if (candidates.empty() && watching.empty()) return handle(request);

  // What changes the request, or keeps it from the application, is decided before the answer is known.
  struct Decided {
    const AnswerFault* fault;
    std::uint64_t hits;
    std::string remembered{};
  };
  std::vector<Decided> decided;
  std::optional<http::Request> changed;
  bool instead = false;
  for (auto on = candidates.begin(); on != candidates.end();) {
    const bool before = on->answer->instead() || (on->answer->changes_request() && !on->answer->again());
    if (!before) {
      ++on;
      continue;
    }
    if (const auto hits = Count(on->id); hits > 0) {
      decided.push_back({on->answer, hits});
      instead = instead || on->answer->instead();
      if (on->answer->changes_request()) {
        if (!changed) changed = request;
        on->answer->ChangeRequest(*changed);
      }
    }
    on = candidates.erase(on);
  }
  http::Response response;
  if (instead) {
    response.status = 204;
  } else {
    response = handle(changed ? *changed : request);
  }
  for (const Switched& on : candidates) {
    if (!on.answer->again() || !on.answer->MatchesAnswer(response)) continue;
    const auto hits = Count(on.id);
    if (hits == 0) continue;
    if (!changed) changed = request;
    on.answer->ChangeRequest(*changed);
    response = handle(*changed);
    decided.push_back({on.answer, hits});
  }
  std::erase_if(candidates, [](const Switched& on) { return on.answer->again(); });
  // Conditions look at the application's own answer, so that one fault never hides it from another.
  for (const Switched& on : candidates) {
    if (!on.answer->MatchesAnswer(response)) continue;
    std::string remembered;
    if (on.memory) {
      const std::lock_guard lock(mutex_);
      if (!on.answer->MatchesMemory(*on.memory, request, response)) continue;
      remembered = on.memory->newest;
    }
    if (const auto hits = Count(on.id); hits > 0) decided.push_back({on.answer, hits, std::move(remembered)});
  }
  for (const Switched& on : watching) {
    auto text = on.answer->Recall(request, response);
    if (!text) continue;
    const std::lock_guard lock(mutex_);
    on.memory->Add(std::move(*text));
  }
  for (const auto& [fault, hits, remembered] : decided) {
    // A request that was changed may be answered in several ways.
    if (!fault->changes_request() || fault->instead() || fault->again() || fault->MatchesAnswer(response))
      fault->ChangeAnswer(request, response, hits, remembered);
    if (applied != nullptr) *applied += (applied->empty() ? "" : ", ") + fault->name;
  }
  return response;
}

Json RestFaults::Available() const {
  Json available = Json::array();
  for (const AnswerFault& fault : answers_) {
    if (FindPreset(fault.breaks) != nullptr) continue;
    available.push_back({{"name", fault.name}, {"breaks", fault.breaks}, {"sentence", fault.sentence}});
  }
  for (const FaultSwitch* fault : behaviour_.All()) {
    if (FindPreset(fault->breaks()) != nullptr) continue;
    available.push_back({{"name", fault->name()}, {"breaks", fault->breaks()}, {"sentence", fault->sentence()}});
  }
  std::sort(available.begin(), available.end(), [](const Json& left, const Json& right) { return left["name"] < right["name"]; });
  return available;
}

Json RestFaults::Active() const {
  const std::lock_guard lock(mutex_);
  Json active = Json::array();
  for (const Switched& on : switched_) {
    const std::uint64_t hits = on.behaviour != nullptr ? on.behaviour->hits() : on.hits;
    Json entry = {{"id", on.id}, {"name", on.answer != nullptr ? on.answer->name : std::string(on.behaviour->name())}, {"hits", hits}};
    entry["remaining"] = on.times ? Json(*on.times - std::min(hits, *on.times)) : Json(nullptr);
    if (on.times) entry["times"] = *on.times;
    active.push_back(std::move(entry));
  }
  return active;
}

Result<int> RestFaults::Switch(const Json& request) {
  if (!request.is_object() || !request.contains("name") || !request["name"].is_string()) {
    return Fail(ErrorKind::kInvalid, R"(A fault is switched on with {"name": NAME} or {"name": NAME, "times": N})");
  }
  for (const auto& [member, value] : request.items()) {
    if (member != "name" && member != "times")
      return Fail(ErrorKind::kInvalid, "A fault of the server has no member other than name and times");
  }
  std::optional<std::uint64_t> times;
  if (request.contains("times") && !request["times"].is_null()) {
    if (!request["times"].is_number_unsigned() || request["times"] == 0) {
      return Fail(ErrorKind::kInvalid, "The member times must be an integer above 0");
    }
    times = request["times"].get<std::uint64_t>();
  }
  return SwitchOn(request["name"].get<std::string>(), times);
}

Result<> RestFaults::Off(int id) {
  const std::lock_guard lock(mutex_);
  const auto on = std::find_if(switched_.begin(), switched_.end(), [&](const Switched& other) { return other.id == id; });
  if (on == switched_.end()) return Fail(ErrorKind::kNotFound, "No fault with the id " + std::to_string(id) + " is on");
  if (on->behaviour != nullptr) {
    on->behaviour->Off();
  } else {
    --answers_on_;
  }
  switched_.erase(on);
  return {};
}

void RestFaults::OffAll() {
  const std::lock_guard lock(mutex_);
  behaviour_.AllOff();
  answers_on_ = 0;
  switched_.clear();
}

}  // namespace provdlab::server
