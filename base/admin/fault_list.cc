#include "base/admin/fault_list.h"

#include <algorithm>
#include <utility>

#include "base/object_reader.h"

namespace provdlab::admin {
namespace {

constexpr std::string_view kEverything = "*";
constexpr int kMostTimes = 1'000'000;

}  // namespace

Result<Fault> ReadFault(const Json& json) {
  Mistakes mistakes;
  const ObjectReader reader(json, "a fault", mistakes);
  const auto number = [&](const char* name) -> std::optional<int> {
    const Json* member = reader.Find(name);
    if (member == nullptr || member->is_null()) return std::nullopt;
    return static_cast<int>(reader.Integer(name, 1, kMostTimes, 1));
  };
  Fault fault{.target = reader.Text("target"), .times = number("times"), .request = number("request")};
  const Json* action = reader.Find("do");
  if (action != nullptr) fault.action = *action;
  if (action == nullptr || !action->is_object() || action->empty()) reader.Mistake("do is not an object with at least one member");
  reader.NothingElse({"target", "do", "times", "request"});
  if (!mistakes.none()) return Fail(ErrorKind::kInvalid, mistakes.Sentence());
  return fault;
}

std::optional<int> FaultList::SwitchedOn::Remaining() const {
  if (fault.times) return *fault.times - hits;
  if (fault.request) return 1 - hits;
  return std::nullopt;
}

Result<int> FaultList::Add(Fault fault) {
  if (fault.target.empty()) return Fail(ErrorKind::kInvalid, "a fault needs a target; \"*\" is whatever there is");
  if ((fault.times && *fault.times < 1) || (fault.request && *fault.request < 1))
    return Fail(ErrorKind::kInvalid, "a fault's times and request count from 1");
  if (const Result<> fine = check_(fault.action); !fine) return Fail(fine.error());
  const std::scoped_lock lock(mutex_);
  if (faults_.size() >= kMostFaults)
    return Fail(ErrorKind::kConflict, "there are " + std::to_string(kMostFaults) + " faults already; switch some off");
  faults_.emplace(++last_, SwitchedOn{.fault = std::move(fault)});
  return last_;
}

Json FaultList::Apply(std::initializer_list<std::string_view> targets) {
  const std::scoped_lock lock(mutex_);
  Json action;
  for (auto at = faults_.begin(); at != faults_.end();) {
    SwitchedOn& one = at->second;
    const bool meant = one.fault.target == kEverything || std::find(targets.begin(), targets.end(), one.fault.target) != targets.end();
    if (meant) {
      if (one.AppliesToNext()) {
        if (action.is_null()) action = Json::object();
        action.update(one.fault.action);
        ++one.hits;
      }
      ++one.seen;
    }
    at = one.Remaining() == 0 ? faults_.erase(at) : std::next(at);
  }
  return action;
}

Json FaultList::Active() const {
  const std::scoped_lock lock(mutex_);
  const auto number = [](const std::optional<int>& value) { return value ? Json(*value) : Json(); };
  Json list = Json::array();
  for (const auto& [id, one] : faults_)
    list.push_back({{"id", id},
                    {"target", one.fault.target},
                    {"do", one.fault.action},
                    {"times", number(one.fault.times)},
                    {"request", number(one.fault.request)},
                    {"hits", one.hits},
                    {"remaining", number(one.Remaining())}});
  return list;
}

Result<int> FaultList::Switch(const Json& request) {
  Result<Fault> fault = ReadFault(request);
  if (!fault) return Fail(fault.error());
  return Add(std::move(*fault));
}

Result<> FaultList::Off(int id) {
  const std::scoped_lock lock(mutex_);
  if (faults_.erase(id) == 0)
    return Fail(ErrorKind::kNotFound, "there is no fault " + std::to_string(id) + "; perhaps it has ended by itself");
  return {};
}

void FaultList::OffAll() {
  const std::scoped_lock lock(mutex_);
  faults_.clear();
}

}  // namespace provdlab::admin
