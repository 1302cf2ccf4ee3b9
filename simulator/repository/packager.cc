// Builds the package of one fixture as a file: the tool behind package.bzl.
//
//   packager ROOT FIXTURE OUTPUT FILE…
//
// ROOT is the folder of all fixtures, e.g. fixtures/plugins; of the FILEs below it those of FIXTURE and the common entry.py are used.

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "simulator/repository/package.h"

int main(int argc, char** argv) {
  using namespace provdlab;
  if (argc < 4) {
    std::cerr << "usage: packager ROOT FIXTURE OUTPUT FILE...\n";
    return 2;
  }
  const std::string root = std::string(argv[1]) + "/";
  const std::string fixture = argv[2];
  std::vector<std::pair<std::string, std::string>> sources;
  for (int i = 4; i < argc; ++i) {
    const std::string path = argv[i];
    const std::size_t below = path.find(root);
    std::ifstream in(path, std::ios::binary);
    if (below == std::string::npos || !in) {
      std::cerr << "packager: " << path << (in ? " is not below " + root : " can't be read") << "\n";
      return 3;
    }
    sources.emplace_back(path.substr(below + root.size()), std::string(std::istreambuf_iterator<char>(in), {}));
  }
  const Result<repository::Fixtures> fixtures = repository::Fixtures::Read(sources, {});
  const Result<repository::Package> package =
      fixtures ? repository::Build(*fixtures, {.id = fixture, .fixture = fixture}) : Result<repository::Package>(Fail(fixtures.error()));
  if (!package) {
    std::cerr << "packager: " << package.error().message << "\n";
    return 3;
  }
  std::ofstream out(argv[3], std::ios::binary);
  out << *package->archive;
  out.close();
  if (!out) {
    std::cerr << "packager: " << argv[3] << " can't be written\n";
    return 3;
  }
  return 0;
}
