// provdlab compare: hold two runs of the suite against each other and say what got worse.

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>

#include "base/files.h"
#include "base/json.h"
#include "conformance/report/comparison.h"
#include "conformance/report/comparison_html.h"
#include "conformance/report/comparison_terminal.h"
#include "conformance/report/files.h"
#include "tools/command.h"
#include "tools/from_here.h"

namespace provdlab::tools {
namespace {

using conformance::Comparison;
using conformance::ReportPlace;

constexpr int kWorse = 1;
constexpr int kCouldNot = 3;

struct CompareOptions {
  std::string a, b;
  std::string html;
  bool json = false;
  bool no_color = false;
};

constexpr char kExamples[] = R"(A and B are report.json of two runs of provdlab conform, or their folders.
Examples:
  provdlab conform --report before; …change something…; provdlab conform --report after
  provdlab compare before after                             what the change did
  provdlab compare ours/report.json theirs/report.json --html comparison.html
                                                            two targets, as a page to be mailed
  provdlab compare before after --json | jq -r '.worse[].slug'
Exit codes: 0 nothing is worse in B, 1 something is, 2 usage, 3 a report can't be read, or there is nothing to compare.)";

// The folder goes into the lines that replay a scenario, so it is only named if the scenarios are there.
ReportPlace PlaceOf(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code unknown;  // then it counts as not there
  const bool is_folder = fs::is_directory(FromHere(path), unknown);
  const fs::path folder = is_folder ? fs::path(path) : fs::path(path).parent_path();
  if (!fs::is_directory(FromHere(folder.string()) / "scenarios", unknown)) return {path, ""};
  return {path, folder.empty() ? "." : folder.string()};
}

int Compare(const CompareOptions& options) {
  const auto read = [](const std::string& path) {
    auto record = conformance::ReadReport(FromHere(path));
    if (!record) Complain(record.error().message, "provdlab conform --report DIR writes DIR/report.json, which is what is compared");
    return record;
  };
  const auto a = read(options.a);
  if (!a) return kCouldNot;
  const auto b = read(options.b);
  if (!b) return kCouldNot;
  const Comparison comparison = conformance::Compare(*a, *b);
  const ReportPlace place_a = PlaceOf(options.a);
  const ReportPlace place_b = PlaceOf(options.b);
  if (options.json) {
    std::cout << DumpJson(conformance::ToJson(comparison, place_a, place_b)) << "\n";
  } else {
    std::cout << conformance::TerminalComparison(comparison, {.color = WantsColor(options.no_color), .a = place_a, .b = place_b});
  }
  if (!options.html.empty()) {
    const auto page = conformance::HtmlComparison(comparison, place_a, place_b);
    const auto written = page ? WriteFileAtomically(FromHere(options.html), *page) : Fail(page.error());
    if (!written) {
      Complain("the page could not be written: " + written.error().message, "another file: --html FILE, in a folder that is there");
      return kCouldNot;
    }
    if (!options.json) std::cout << "\npage " << options.html << "\n";
  }
  if (comparison.common == 0) {
    Complain("A and B have no requirement in common", "compare runs with the same --filter and --level");
    return kCouldNot;
  }
  return comparison.worse.empty() ? 0 : kWorse;
}

}  // namespace

void AddCompareCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* const command = app.add_subcommand("compare", "Hold two runs of the suite against each other: what got better, what worse");
  command->add_option("A", options->a, "a report of provdlab conform, or its folder")->required()->check(RefuseEmpty, "");
  command->add_option("B", options->b, "another")->required()->check(RefuseEmpty, "");
  command->add_option("--html", options->html, "write a page, too")->type_name("FILE")->check(RefuseEmpty, "");
  command->add_flag("--json", options->json, "print JSON instead of text");
  command->add_flag("--no-color", options->no_color, "no colours on the terminal");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = Compare(*options); });
}

}  // namespace provdlab::tools
