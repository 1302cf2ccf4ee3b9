// The main function of a fuzz target in any build but --config=fuzz: gives it every file of the folders named, once.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  int replayed = 0;
  for (int i = 1; i < argc; ++i) {
    std::error_code problem;
    for (std::filesystem::recursive_directory_iterator entry(argv[i], problem), end; entry != end; entry.increment(problem)) {
      if (!entry->is_regular_file()) continue;
      std::ifstream file(entry->path(), std::ios::binary);
      const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      ++replayed;
    }
    if (problem) {
      std::cerr << argv[i] << ": " << problem.message() << "\n";
      return 1;
    }
  }
  std::cout << "replayed " << replayed << " inputs\n";
  return replayed > 0 ? 0 : 1;  // a corpus that was not found tests nothing
}
