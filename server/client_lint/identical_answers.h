#pragma once
// Runs of identical answers to one URL, asked again soon after the answer before.
//
//   IdenticalAnswers answers(std::chrono::milliseconds(250));
//   answers.See(exchange);                         // a GET with its answer
//   answers.Found("monitor-asked-too-often")       // if a run was long enough; counts the answers that told nothing new
//
// Remembers the last answers of some URLs; one thread at a time.

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "server/client_lint/rule.h"

namespace provdlab::server::lint {

class IdenticalAnswers {
 public:
  explicit IdenticalAnswers(std::chrono::milliseconds pause) : pause_(pause) {}

  void See(const Exchange& exchange);
  void Forget(const std::string& target);

  std::optional<Finding> Found(std::string_view rule) const;
  std::string LongestRun() const;  // a sentence

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Run {
    std::size_t target = 0;  // a hash: targets have kilobytes
    std::size_t answer = 0;  // a hash
    Line first{};
    Time begun{}, last{};
    std::uint64_t length = 1;
  };

  const std::chrono::milliseconds pause_;
  std::deque<Run> runs_;
  Tally tally_;
  std::uint64_t wasted_ = 0;
  Run longest_{};
};

}  // namespace provdlab::server::lint
