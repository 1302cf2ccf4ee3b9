#include "server/client_lint/client_memory.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "grammar/status/status.h"
#include "server/client_lint/limits.h"

namespace provdlab::server::lint {
namespace {

std::string LastSegment(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Whether the segments of `path` are those of `whole` in the same order, with some left out.
bool LeavesOutSegments(std::string_view path, std::string_view whole) {
  const auto all = Split(whole, '/');
  const auto some = Split(path, '/');
  if (some.size() >= all.size()) return false;
  auto next = all.begin();
  for (const std::string_view segment : some) {
    next = std::find(next, all.end(), segment);
    if (next == all.end()) return false;
    ++next;
  }
  return true;
}

std::string TextOf(const std::optional<Json>& json, const char* member) {
  if (!json || !json->is_object()) return "";
  const auto found = json->find(member);
  return found != json->end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

std::string SubjectOf(const Exchange& exchange) {
  std::string id = TextOf(exchange.json, "id");
  return id.size() <= limits::kLongestId ? id : "";
}

void GivenPaths::Add(const std::string& path) {
  if (hashes_.size() >= limits::kGivenPaths) {
    full_ = true;
  } else {
    hashes_.insert(std::hash<std::string>()(path));
  }
}

void GivenPaths::TakeIn(const Exchange& exchange) {
  if (!exchange.location.empty()) Add(exchange.location);
  for (const std::string& href : exchange.hrefs) Add(href);
}

Monitor* ClientMemory::Find(const std::string& path) {
  const auto found = std::find_if(monitors_.rbegin(), monitors_.rend(), [&](const Monitor& monitor) { return monitor.path == path; });
  return found == monitors_.rend() ? nullptr : &*found;
}

const Monitor* ClientMemory::Latest(std::string_view collection, std::string_view subject) const {
  const auto found = std::find_if(monitors_.rbegin(), monitors_.rend(), [&](const Monitor& monitor) {
    return monitor.collection == collection && (subject.empty() || monitor.subject == subject);
  });
  return found == monitors_.rend() ? nullptr : &*found;
}

bool ClientMemory::MayRun(std::chrono::steady_clock::time_point now) const {
  return std::any_of(monitors_.begin(), monitors_.end(),
                     [&](const Monitor& monitor) { return !monitor.end && now - monitor.at < limits::kStillRunning; });
}

bool ClientMemory::MayHaveMade(const std::string& path) const {
  if (locations_.size() >= limits::kLocations) return true;
  const auto given = locations_.find(LastSegment(path));
  return given != locations_.end() && given->second == path;
}

const std::string* ClientMemory::Resembled(const std::string& path) const {
  const auto given = locations_.find(LastSegment(path));
  if (given == locations_.end() || path == given->second) return nullptr;
  const bool joined = path.ends_with(given->second);
  const bool below_autocreate = path == "/provd/cfg_mgr/autocreate/" + given->first && given->second.starts_with("/provd/cfg_mgr/");
  return joined || below_autocreate || LeavesOutSegments(path, given->second) ? &given->second : nullptr;
}

void ClientMemory::Give(const Exchange& exchange) {
  if (locations_.size() < limits::kLocations) locations_.insert_or_assign(LastSegment(exchange.location), exchange.location);
  // What a document was made with is no monitor.
  const bool starts = exchange.pattern == "/provd/dev_mgr/synchronize" || exchange.pattern.ends_with("/install/install") ||
                      exchange.pattern.ends_with("/install/upgrade") || exchange.pattern.ends_with("/install/update");
  // Where a fault wrote the Location, nobody can be asked to follow it.
  if (!starts || exchange.misled) return;
  if (monitors_.size() >= limits::kMonitors) {
    if (monitors_.front().Left()) ++left_earlier_;
    monitors_.pop_front();
  }
  ++monitors_given_;
  monitors_.push_back({.path = exchange.location,
                       .collection = exchange.path,
                       .subject = SubjectOf(exchange),
                       .at = exchange.at,
                       .given = LineOf(exchange)});
}

void ClientMemory::TakeIn(const Exchange& exchange) {
  if (exchange.method == "POST" && exchange.status == 201 && !exchange.location.empty()) Give(exchange);
  if (!exchange.OfMonitor()) return;
  Monitor* const monitor = Find(exchange.path);
  if (monitor == nullptr) return;
  if (exchange.method == "DELETE") {
    monitor->gone = monitor->gone || exchange.Succeeded() || exchange.status == 404 || exchange.misled;
  } else if (exchange.method == "GET" && exchange.status == 200) {
    ++monitor->asked;
    if (monitor->end) {
      ++monitor->asked_after_end;
    } else if (const auto status = status::Parse(TextOf(exchange.answer_json, "status"), status::Strictness::kLenient);
               status && HasEnded(status->state)) {
      monitor->failed = status->state == status::State::kFail;
      monitor->end = LineOf(exchange, monitor->failed ? "fail" : "success");
    }
  } else if (exchange.method == "GET" && exchange.status == 404) {
    monitor->gone = true;  // it was freed otherwise
  }
}

void ClientMemory::TakeInOther(const Exchange& exchange) {
  if (!exchange.OfMonitor() || exchange.method != "DELETE") return;
  if (Monitor* const monitor = Find(exchange.path)) monitor->gone = true;
}

}  // namespace provdlab::server::lint
