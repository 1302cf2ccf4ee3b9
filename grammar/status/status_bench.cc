// How fast statuses are read, beside std::regex (as the published clients read them) and beside a plain scan of the same bytes
// that looks for each delimiter with memchr. The three are measured in turns, and the ratios of their medians are printed:
//
//   ./bazelw run --config=opt //grammar/status:status_bench

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <regex>
#include <string>
#include <vector>

#include "grammar/status/status.h"

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace provdlab::status {
namespace {

// An install as its monitor shows it, and one of a hundred files.
const std::string& Text(bool large) {
  static const std::string small =
      "install_pkg|progress;20/150(download|progress(file_1|success;120000/120000)(file_2|progress;4096/200000))(install|waiting)";
  static const std::string many = [] {
    std::string text = "install|progress;20/150";
    for (int i = 0; i < 100; ++i) text += "(file_" + std::to_string(i) + "|progress;" + std::to_string(i * 37) + "/200000)";
    return text;
  }();
  return large ? many : small;
}

std::size_t Scan(const std::string& text) {
  std::size_t found = 0;
  for (const char delimiter : {'|', ';', '/', '(', ')'}) {
    const char* at = text.data();
    const char* const end = at + text.size();
    while ((at = static_cast<const char*>(std::memchr(at, delimiter, static_cast<std::size_t>(end - at)))) != nullptr) {
      ++found;
      ++at;
    }
  }
  return found;
}

// As clients do it: the head by a pattern, then each part between balanced parentheses, again by the same.
bool MatchByRegex(const char* begin, const char* end, Status& status) {
  static const std::regex pattern(R"(^(?:(\w+)\|)?(\w+)(?:;(\d+)(?:/(\d+))?)?)", std::regex::optimize);
  std::cmatch match;
  if (!std::regex_search(begin, end, match, pattern, std::regex_constants::match_continuous)) return false;
  status.label = match[1];
  if (match[3].matched) status.current = std::stoull(match[3]);
  if (match[4].matched) status.end = std::stoull(match[4]);
  const char* at = match[0].second;
  while (at != end) {
    if (*at != '(') return false;
    int depth = 0;
    const char* close = at;
    for (; close != end; ++close) {
      if (*close == '(') ++depth;
      if (*close == ')' && --depth == 0) break;
    }
    if (close == end || !MatchByRegex(at + 1, close, status.parts.emplace_back())) return false;
    at = close + 1;
  }
  return true;
}

void ParseStatus(benchmark::State& state) {
  const std::string& text = Text(state.range(0) != 0);
  for (auto _ : state) benchmark::DoNotOptimize(Parse(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(ParseStatus)->Arg(0)->Arg(1);

void FormatStatus(benchmark::State& state) {
  const Status status = Parse(Text(state.range(0) != 0)).value();
  for (auto _ : state) benchmark::DoNotOptimize(Format(status));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * Text(state.range(0) != 0).size()));
}
BENCHMARK(FormatStatus)->Arg(0)->Arg(1);

void StdRegex(benchmark::State& state) {
  const std::string& text = Text(state.range(0) != 0);
  for (auto _ : state) {
    Status status;
    benchmark::DoNotOptimize(MatchByRegex(text.data(), text.data() + text.size(), status));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(StdRegex)->Arg(0)->Arg(1);

void MemchrScan(benchmark::State& state) {
  const std::string& text = Text(state.range(0) != 0);
  for (auto _ : state) benchmark::DoNotOptimize(Scan(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(MemchrScan)->Arg(0)->Arg(1);

double SecondsFor(const std::function<void()>& work, int times) {
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < times; ++i) work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / times;
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

std::size_t Nodes(const Status& status) {
  std::size_t nodes = 1;
  for (const Status& part : status.parts) nodes += Nodes(part);
  return nodes;
}

void PrintRatios(bool large) {
  const std::string& text = Text(large);
  const int times = large ? 200 : 2000;
  std::vector<double> parse, regex, scan;
  for (int round = 0; round < 21; ++round) {
    parse.push_back(SecondsFor([&] { benchmark::DoNotOptimize(Parse(text)); }, times));
    regex.push_back(SecondsFor(
        [&] {
          Status status;
          benchmark::DoNotOptimize(MatchByRegex(text.data(), text.data() + text.size(), status));
        },
        std::max(1, times / 20)));
    scan.push_back(SecondsFor([&] { benchmark::DoNotOptimize(Scan(text)); }, times));
  }
  allocations = 0;
  const Status status = Parse(text).value();
  const std::size_t made = allocations;
  std::printf("%6zu bytes: 1/%.1f of the scan's speed (aim: 1/10), %.1f times std::regex's (aim: 10), %zu allocations for %zu nodes\n",
              text.size(), Median(parse) / Median(scan), Median(regex) / Median(parse), made, Nodes(status));
}

}  // namespace
}  // namespace provdlab::status

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  std::printf("\nratios of medians of 21 rounds in turns:\n");
  provdlab::status::PrintRatios(false);
  provdlab::status::PrintRatios(true);
}
