// Writes the page of a sample record, for looking at it and for its test in a browser.

#include <iostream>
#include <string_view>

#include "base/files.h"
#include "simulator/fleet/html.h"
#include "simulator/fleet/testing/sample.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: write_sample good|hostile FILE\n";
    return 2;
  }
  const auto record = std::string_view(argv[1]) == "good" ? provdlab::fleet::GoodSample() : provdlab::fleet::HostileSample();
  const auto page = provdlab::fleet::HtmlPage(record);
  const auto written = page ? provdlab::WriteFileAtomically(argv[2], *page) : provdlab::Fail(page.error());
  if (written) return 0;
  std::cerr << written.error().message << "\n";
  return 1;
}
