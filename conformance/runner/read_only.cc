#include "conformance/runner/read_only.h"

#include <variant>

namespace provdlab::conformance {
namespace {

std::optional<std::string> WhatWrites(const scenario::Step& step) {
  const auto at = [&](const std::string& what) { return "line " + std::to_string(step.position.line) + " " + what; };
  const auto of_request = [&](const scenario::RequestStep& request) -> std::optional<std::string> {
    if (OnlyLooks(request.method)) return std::nullopt;
    return at("sends " + request.method);
  };
  if (const auto* request = std::get_if<scenario::RequestStep>(&step.does)) return of_request(*request);
  if (const auto* eventually = std::get_if<scenario::EventuallyStep>(&step.does)) return of_request(eventually->request);
  if (std::holds_alternative<scenario::FollowStep>(step.does)) return std::nullopt;
  if (std::holds_alternative<scenario::RawStep>(step.does)) return at("sends raw bytes");
  if (std::holds_alternative<scenario::BarrierStep>(step.does)) return at("asks for an update");
  if (const auto* restart = std::get_if<scenario::RestartStep>(&step.does))
    return at(restart->upgrade ? "upgrades the target" : "restarts the target");
  if (std::holds_alternative<scenario::RepositoryStep>(step.does)) return at("needs the run's repository");
  return at("has a phone do something");
}

}  // namespace

std::optional<std::string> WhatWrites(const scenario::Scenario& scenario) {
  if (!scenario.exclusive.empty()) return "it changes what all of the target shares (" + scenario.exclusive.front() + ")";
  if (scenario.proxies) return "the target may have to be started anew for it";
  if (!scenario.packages.empty()) return "it needs packages in the run's repository";
  if (!scenario.phones.empty() || !scenario.accounts.empty()) return "it has phones";
  for (const scenario::Step& step : scenario.steps) {
    if (auto what = WhatWrites(step)) return what;
  }
  return std::nullopt;
}

}  // namespace provdlab::conformance
