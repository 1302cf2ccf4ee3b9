#include "server/client_lint/identical_answers.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "server/client_lint/limits.h"

namespace provdlab::server::lint {
namespace {

// URLs that are asked by turns.
constexpr std::size_t kTargets = 32;

std::string Seconds(std::chrono::steady_clock::duration time) {
  const auto tenths = std::chrono::duration_cast<std::chrono::milliseconds>(time).count() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace

void IdenticalAnswers::See(const Exchange& exchange) {
  if (!exchange.answer_is_whole) return Forget(exchange.target);
  const std::size_t answer = std::hash<std::string_view>()(exchange.answer);
  const std::size_t target = std::hash<std::string_view>()(exchange.target);
  const auto run = std::find_if(runs_.begin(), runs_.end(), [&](const Run& known) { return known.target == target; });
  if (run == runs_.end()) {
    if (runs_.size() >= kTargets) runs_.pop_front();
    runs_.push_back({target, answer, LineOf(exchange), exchange.at, exchange.at, 1});
    return;
  }
  if (run->answer != answer || exchange.at - run->last > pause_) {
    *run = {target, answer, LineOf(exchange), exchange.at, exchange.at, 1};
    return;
  }
  run->last = exchange.at;
  ++run->length;
  if (run->length < limits::kIdenticalAnswers) return;
  if (run->length == limits::kIdenticalAnswers) tally_.Add({run->first, LineOf(exchange)});
  wasted_ += run->length == limits::kIdenticalAnswers ? limits::kIdenticalAnswers - 1 : 1;
  if (run->length > longest_.length) longest_ = *run;
}

void IdenticalAnswers::Forget(const std::string& target) {
  std::erase_if(runs_, [hash = std::hash<std::string_view>()(target)](const Run& run) { return run.target == hash; });
}

std::optional<Finding> IdenticalAnswers::Found(std::string_view rule) const {
  auto finding = tally_.Found(rule, Severity::kWasteful);
  if (finding) finding->count = wasted_;
  return finding;
}

std::string IdenticalAnswers::LongestRun() const {
  return "Of " + longest_.first.target + " " + std::to_string(longest_.length) + " answers in a row were the same, within " +
         Seconds(longest_.last - longest_.begun) + ".";
}

}  // namespace provdlab::server::lint
