#include "server/client_lint/rule.h"

#include <algorithm>
#include <utility>

#include "server/client_lint/limits.h"

namespace provdlab::server::lint {

std::string_view SeverityName(Severity severity) { return severity == Severity::kWrong ? "wrong" : "wasteful"; }

void Tally::Add(std::vector<Line> example) {
  if (++count_ == 1) {
    example_ = std::move(example);
  } else if (further_.size() < limits::kFurtherNumbers && !example.empty()) {
    further_.push_back(example.back().number);
  }
}

std::optional<Finding> Tally::Found(std::string_view rule, Severity severity, std::uint64_t least) const {
  if (count_ < std::max<std::uint64_t>(least, 1)) return std::nullopt;
  Finding finding;
  finding.rule = rule;
  finding.severity = severity;
  finding.count = count_;
  finding.example = example_;
  finding.further = further_;
  return finding;
}

void Kinds::Add(const std::string& kind) {
  const auto known = std::find_if(kinds_.begin(), kinds_.end(), [&](const auto& entry) { return entry.first == kind; });
  if (known != kinds_.end()) {
    ++known->second;
  } else if (kinds_.size() < limits::kKinds) {
    kinds_.emplace_back(kind, 1);
  } else {
    ++others_;
  }
}

std::string Kinds::Text() const {
  auto sorted = kinds_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (others_ > 0) sorted.emplace_back("otherwise", others_);
  std::string text;
  for (const auto& [kind, count] : sorted) {
    if (!text.empty()) text += ", ";
    text += std::to_string(count) + " " + kind;
  }
  return text;
}

std::string Counted(std::uint64_t count, std::string_view singular, std::string_view plural) {
  return std::to_string(count) + " " + std::string(count == 1 ? singular : plural);
}

Rules AllRules(const ClientMemory& memory) {
  Rules rules;
  AddMessageRules(rules);
  AddPathRules(rules, memory);
  AddMonitorRules(rules, memory);
  AddDocumentRules(rules, memory);
  AddHabitRules(rules, memory);
  return rules;
}

}  // namespace provdlab::server::lint
