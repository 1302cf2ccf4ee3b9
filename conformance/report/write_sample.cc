// Writes the reports of a sample run, and comparison.html of it against the green one, and prints the terminal's:
// write_sample green|red FOLDER [WIDTH] [color]

#include <cstdlib>
#include <iostream>
#include <string>

#include "base/files.h"
#include "conformance/report/comparison.h"
#include "conformance/report/comparison_html.h"
#include "conformance/report/files.h"
#include "conformance/report/mask.h"
#include "conformance/report/sample.h"
#include "conformance/report/terminal.h"

int main(int argc, char** argv) {
  using namespace provdlab::conformance;
  if (argc < 3) {
    std::cerr << "usage: write_sample green|red FOLDER [WIDTH] [color]\n";
    return 2;
  }
  RunRecord record = std::string(argv[1]) == "green" ? testing::GreenRun() : testing::RedRun();
  MaskSecrets(record);
  const auto written = WriteReports(record, argv[2]);
  if (!written) {
    std::cerr << written.error().message << "\n";
    return 1;
  }
  const RunRecord green = testing::GreenRun();
  const std::string folder = argv[2];
  const auto page = HtmlComparison(Compare(green, record), {"green/report.json", ""}, {folder + "/report.json", folder});
  const auto page_written = page ? provdlab::WriteFileAtomically(folder + "/comparison.html", *page) : provdlab::Fail(page.error());
  if (!page_written) {
    std::cerr << page_written.error().message << "\n";
    return 1;
  }
  TerminalOptions options;
  options.folder = argv[2];
  if (argc > 3) options.width = static_cast<std::size_t>(std::atoi(argv[3]));
  options.color = argc > 4;
  std::cout << TerminalReport(record, options);
  return 0;
}
