#include "grammar/status/sequence.h"

#include <algorithm>

namespace provdlab::status {
namespace {

int Rank(State state) { return state == State::kWaiting ? 0 : state == State::kProgress ? 1 : 2; }

std::string_view StateWord(const Status& status) { return status.other_state.empty() ? StateName(status.state) : status.other_state; }

std::string NameOf(const Status& part, std::size_t index) { return part.label.empty() ? "part " + std::to_string(index + 1) : part.label; }

// "install > download", or what people call the whole where it has no label.
std::string Join(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& name : path) out.append(out.empty() ? "" : " > ").append(name);
  return out;
}

Error Illegal(const std::vector<std::string>& path, const std::string& what) {
  return {ErrorKind::kInvalid, Join(path) + ": " + what, std::nullopt};
}

// The first rule that `after` breaks by itself.
std::optional<Error> CheckOne(const Status& after, std::vector<std::string>& path) {
  for (std::size_t i = 0; i < after.parts.size(); ++i) {
    const Status& part = after.parts[i];
    if (HasEnded(after.state) && !HasEnded(part.state)) {
      return Illegal(path, "ended (" + std::string(StateWord(after)) + ") while its part " + NameOf(part, i) + " is " +
                               std::string(StateWord(part)) + "; an operation ends after all its parts");
    }
    path.push_back(NameOf(part, i));
    if (auto error = CheckOne(part, path)) return error;
    path.pop_back();
  }
  return std::nullopt;
}

std::string Labelled(const Status& status) { return status.label.empty() ? "no label" : "'" + status.label + "'"; }

// A part that is not where it was: gone, moved, or named anew.
std::optional<Error> CheckOrder(const Status& before, const Status& after, const std::vector<std::string>& path) {
  for (std::size_t i = 0; i < before.parts.size(); ++i) {
    const Status& was = before.parts[i];
    if (i < after.parts.size() && after.parts[i].label == was.label) continue;
    const auto same_label = [&was](const Status& part) { return part.label == was.label; };
    const bool elsewhere = !was.label.empty() && std::any_of(after.parts.begin(), after.parts.end(), same_label);
    if (elsewhere) return Illegal(path, "its part " + NameOf(was, i) + " moved to another place; parts keep their order");
    if (i >= after.parts.size() || after.parts.size() < before.parts.size()) {
      return Illegal(path, "its part " + NameOf(was, i) + " is gone; parts are added, never removed");
    }
    return Illegal(path, "the label of its part " + std::to_string(i + 1) + " changed from " + Labelled(was) + " to " +
                             Labelled(after.parts[i]) + "; labels stay");
  }
  return std::nullopt;
}

// The first rule that the step from `before` to `after` breaks. The whole is checked before its parts.
std::optional<Error> CheckStep(const Status& before, const Status& after, std::vector<std::string>& path) {
  if (HasEnded(before.state) ? before.state != after.state || before.other_state != after.other_state
                             : Rank(after.state) < Rank(before.state)) {
    return Illegal(path, "went from " + std::string(StateWord(before)) + " to " + std::string(StateWord(after)) +
                             (HasEnded(before.state) ? "; what has ended stays so" : "; a state never goes back"));
  }
  if (before.current && after.current && *after.current < *before.current) {
    return Illegal(path, "its current fell from " + std::to_string(*before.current) + " to " + std::to_string(*after.current) +
                             "; it never goes down");
  }
  if (before.end && !after.end) return Illegal(path, "its end of " + std::to_string(*before.end) + " is gone; once shown it stays");
  if (before.end && *before.end != *after.end) {
    return Illegal(path,
                   "its end changed from " + std::to_string(*before.end) + " to " + std::to_string(*after.end) + "; once shown it stays");
  }
  if (auto error = CheckOrder(before, after, path)) return error;
  if (HasEnded(before.state) && after.parts.size() > before.parts.size()) {
    const std::size_t added = before.parts.size();
    return Illegal(
        path, "its part " + NameOf(after.parts[added], added) + " was added after it had ended; an operation ends after all its parts");
  }
  for (std::size_t i = 0; i < before.parts.size(); ++i) {
    path.push_back(NameOf(after.parts[i], i));
    if (auto error = CheckStep(before.parts[i], after.parts[i], path)) return error;
    path.pop_back();
  }
  return std::nullopt;
}

std::vector<std::string> PathTo(const Status& whole) { return {whole.label.empty() ? "the operation" : whole.label}; }

void LintInto(const Status& status, std::vector<std::string>& path, std::vector<std::string>& remarks) {
  if (status.end && *status.end == 0) {
    remarks.push_back(Join(path) + ": an end of 0 says nothing; leave it out while it is unknown");
  } else if (status.current && status.end && *status.current > *status.end) {
    remarks.push_back(Join(path) + ": current " + std::to_string(*status.current) + " is beyond its end " + std::to_string(*status.end));
  }
  for (std::size_t i = 0; i < status.parts.size(); ++i) {
    path.push_back(NameOf(status.parts[i], i));
    LintInto(status.parts[i], path, remarks);
    path.pop_back();
  }
}

}  // namespace

Result<> SequenceChecker::Next(const Status& seen) {
  std::optional<Error> error;
  std::vector<std::string> path = PathTo(seen);
  if (last_ && last_->label != seen.label) {
    error = Illegal(PathTo(*last_), "its label changed from " + Labelled(*last_) + " to " + Labelled(seen) + "; labels stay");
  }
  if (last_ && !error) error = CheckStep(*last_, seen, path);
  if (!error) {
    error = CheckOne(seen, path);
    std::vector<std::string> path_before = PathTo(seen);
    if (error && last_ && CheckOne(*last_, path_before) == error) error.reset();  // it was reported when it came about
  }
  last_ = seen;
  if (error) return Fail(std::move(*error));
  return {};
}

std::vector<std::string> Lint(const Status& status) {
  std::vector<std::string> remarks;
  std::vector<std::string> path = PathTo(status);
  LintInto(status, path, remarks);
  return remarks;
}

}  // namespace provdlab::status
