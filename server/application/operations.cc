#include "server/application/operations.h"

#include <utility>

#include "base/text.h"
#include "server/application/limits.h"

namespace provdlab::server {
namespace {

// The number that an id spells, in its one spelling.
std::optional<std::uint64_t> NumberOf(std::string_view id) {
  const auto number = ParseDecimal(id);
  if (!number || std::to_string(*number) != id) return std::nullopt;
  return number;
}

}  // namespace

Operations::Operations(Faults& faults) : Operations(faults, kKeptMonitors) {}

Operations::Operations(Faults& faults, std::size_t kept) : faults_(faults), kept_(kept) {}

std::string Operations::Create(std::string_view collection, std::shared_ptr<Operation> operation) {
  std::lock_guard lock(mutex_);
  auto found = collections_.find(collection);
  if (found == collections_.end()) found = collections_.emplace(collection, Collection()).first;
  Collection& monitors = found->second;
  std::uint64_t id = monitors.next;
  if (monitors.last_deleted != 0 && !monitors.monitors.contains(monitors.last_deleted) && faults_.ids_are_never_reused.Strikes())
    id = monitors.last_deleted;
  else
    ++monitors.next;
  monitors.monitors.emplace(id, std::move(operation));
  monitors.running.insert(id);
  // Only those that ran when last looked at can have ended since, so this takes as long as operations run, not as monitors stay.
  for (auto each = monitors.running.begin(); each != monitors.running.end();) {
    if (!monitors.monitors.at(*each)->ended()) {
      ++each;
      continue;
    }
    monitors.finished.insert(*each);
    each = monitors.running.erase(each);
  }
  while (monitors.finished.size() > kept_) {
    monitors.monitors.erase(*monitors.finished.begin());
    monitors.finished.erase(monitors.finished.begin());
  }
  return std::to_string(id);
}

std::shared_ptr<Operation> Operations::Get(std::string_view collection, std::string_view id) {
  const auto number = NumberOf(id);
  if (!number) return nullptr;
  std::lock_guard lock(mutex_);
  const auto found = collections_.find(collection);
  if (found == collections_.end()) return nullptr;
  const auto monitor = found->second.monitors.find(*number);
  if (monitor == found->second.monitors.end()) return nullptr;
  auto operation = monitor->second;
  if (!operation->ended() || !(faults_.finished_monitor_stays.is_on() || faults_.ended_operation_goes_on.is_on())) return operation;
  const int seen = ++found->second.seen_ended[*number];
  if (seen > 1 && faults_.finished_monitor_stays.Strikes()) return nullptr;
  if (seen == 2 && faults_.ended_operation_goes_on.Strikes()) return Operation::Make(operation->Snapshot().label);
  return operation;
}

bool Operations::Delete(std::string_view collection, std::string_view id) {
  const auto number = NumberOf(id);
  if (!number) return false;
  std::lock_guard lock(mutex_);
  const auto found = collections_.find(collection);
  if (found == collections_.end()) return false;
  Collection& monitors = found->second;
  const auto monitor = monitors.monitors.find(*number);
  if (monitor == monitors.monitors.end()) return false;
  if (faults_.gone_after_delete.Strikes()) return true;
  if (faults_.delete_does_not_cancel.Strikes()) monitor->second->Cancel();
  monitors.last_deleted = *number;
  if (faults_.delete_frees_only_itself.Strikes()) {
    monitors.monitors.clear();
    monitors.running.clear();
    monitors.finished.clear();
    return true;
  }
  monitors.monitors.erase(monitor);
  monitors.running.erase(*number);
  monitors.finished.erase(*number);
  return true;
}

void Operations::Clear() {
  std::lock_guard lock(mutex_);
  for (auto& [name, monitors] : collections_) {
    monitors.monitors.clear();
    monitors.running.clear();
    monitors.finished.clear();
  }
}

std::size_t Operations::size() const {
  std::lock_guard lock(mutex_);
  std::size_t size = 0;
  for (const auto& [name, monitors] : collections_) size += monitors.monitors.size();
  return size;
}

}  // namespace provdlab::server
