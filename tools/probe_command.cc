// provdlab probe: which dialect a provd speaks and what it offers, without changing anything on it.

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "conformance/runner/session.h"
#include "conformance/runner/stop.h"
#include "conformance/runner/target.h"
#include "tools/command.h"
#include "tools/target_options.h"

namespace provdlab::tools {
namespace {

constexpr int kUsage = 2;
constexpr int kCouldNot = 3;

constexpr char kExamples[] = R"(Examples:
  provdlab probe http://127.0.0.1:8666/provd                            what it is and offers, as JSON
  provdlab probe http://10.0.0.5:8666/0.2 --tokens tokens.json > target.json
                                                                        one that wants a token
Only GETs are sent. What conform finds not to be offered is "not applicable" there.
Exit codes: 0 there is a provd, 2 usage, 3 none answers, or it wants a token.)";

// What a scenario may ask for, as far as it shows without changing anything.
const std::vector<std::string>& Shown() {
  static const std::vector<std::string> names = {"configure", "install", "plugins", "reload", "tokens", "tenants", "provisioning-keys"};
  return names;
}

struct ProbeOptions {
  TargetOptions target;
};

int Probe(const ProbeOptions& options) {
  const auto target = OpenTarget(options.target, true);
  if (!target) {
    Complain(target.error().message, "provdlab probe http://HOST:PORT/PREFIX");
    return kUsage;
  }
  conformance::Stop stop;
  conformance::SessionOptions session_options;
  session_options.run_id = "probe";
  const auto session = conformance::Session::Open(session_options, *target, {}, stop);
  if (!session) {
    Complain(session.error().message);
    return kCouldNot;
  }
  Json offers = Json::object();
  for (const std::string& name : Shown()) offers[name] = (*session)->Offers(name);
  const Json found = {{"format", 1}, {"target", target->url()}, {"dialect", target->dialect()}, {"offers", std::move(offers)}};
  std::cout << found.dump(2) << "\n";
  (*session)->Close();
  return 0;
}

}  // namespace

void AddProbeCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ProbeOptions>();
  CLI::App* const command = app.add_subcommand("probe", "Find out which dialect a provd speaks and what it offers; only reads");
  AddTargetOptions(*command, options->target);
  command->add_option("URL", options->target.url, "the same as --target")->check(RefuseEmpty, "");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = Probe(*options); });
}

}  // namespace provdlab::tools
