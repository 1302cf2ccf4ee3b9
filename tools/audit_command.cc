// provdlab audit: tell what is wrong in a provd's data, changing nothing.

#include <iostream>
#include <memory>
#include <string>

#include "base/duration.h"
#include "base/json.h"
#include "conformance/audit/printing.h"
#include "conformance/audit/reader.h"
#include "conformance/audit/rules.h"
#include "conformance/runner/target.h"
#include "tools/command.h"
#include "tools/target_options.h"

namespace provdlab::tools {
namespace {

namespace audit = conformance::audit;

constexpr int kFound = 1;
constexpr int kUsage = 2;
constexpr int kCouldNot = 3;

struct AuditOptions {
  TargetOptions target;
  std::string timeout = "60s";
  bool list_rules = false;
  bool json = false;
  bool no_color = false;
};

constexpr char kExamples[] =
    R"(Five GETs, whatever the target holds, and one before them that asks for the dialect unless it is given; nothing else is ever sent.
Examples:
  provdlab audit --target http://127.0.0.1:8666/provd
  provdlab audit --target https://pbx.example.org/api/provd --ca ca.pem --header 'X-Auth-Token: …'
  provdlab audit --target http://127.0.0.1:8666/provd --json | jq -r '.findings[] | .rule + " " + .sentence'
  provdlab audit --list-rules                               what is looked for
Exit codes: 0 nothing is wrong (notes apart), 1 something is, 2 usage, 3 the target can't be read, or not enough of it to say that nothing is wrong.)";

void ListRules() {
  for (const audit::Rule& rule : audit::Rules())
    std::cout << rule.name << "  " << audit::SeverityName(rule.severity) << "\n    " << rule.sentence << "\n    do: " << rule.advice
              << "\n";
}

std::string HintFor(const conformance::Target& target) {
  return target.prefix().empty()
             ? "the URL has no prefix; most provds are at " + target.url() + std::string(conformance::DialectPrefix(target.dialect()))
             : "is that a provd, with its prefix (" + target.prefix() + "), and may it be asked from here?";
}

int Audit(const AuditOptions& options) {
  if (options.list_rules) {
    ListRules();
    return 0;
  }
  if (options.target.url.empty()) {
    Complain("which provd? --target is missing", "--target http://HOST:PORT/provd");
    return kUsage;
  }
  const auto timeout = ParseDuration(options.timeout);
  if (!timeout) {
    Complain("--timeout " + timeout.error().message);
    return kUsage;
  }
  const auto target = OpenTarget(options.target, true);
  if (!target) {
    Complain(target.error().message);
    return kUsage;
  }
  const auto snapshot = audit::ReadSnapshot(*target, *timeout);
  if (!snapshot) {
    Complain(snapshot.error().message, HintFor(*target));
    return kCouldNot;
  }
  const audit::Judgement judgement = audit::Audit(*snapshot);
  if (options.json) {
    std::cout << DumpJson(audit::AuditJson(target->url(), *snapshot, judgement)) << "\n";
  } else {
    std::cout << audit::TerminalAudit(target->url(), *snapshot, judgement, {.color = WantsColor(options.no_color)});
  }
  if (!judgement.Clean()) return kFound;
  return snapshot->unread.empty() ? 0 : kCouldNot;
}

}  // namespace

void AddAuditCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<AuditOptions>();
  CLI::App* const command = app.add_subcommand("audit", "Tell what is wrong in a provd's devices and configs; only reads");
  AddTargetOptions(*command, options->target);
  command->add_option("--timeout", options->timeout, "for each of the five answers, e.g. 90s or 5m")
      ->type_name("TIME")
      ->capture_default_str();
  command->add_flag("--list-rules", options->list_rules, "print what is looked for, and what to do about it");
  command->add_flag("--json", options->json, "print JSON instead of text, with every finding");
  command->add_flag("--no-color", options->no_color, "no colours on the terminal");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = Audit(*options); });
}

}  // namespace provdlab::tools
