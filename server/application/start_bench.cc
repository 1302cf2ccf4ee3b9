// What a start costs with 1,000, 10,000 and 100,000 devices, each with a config of its own, in a state directory.
//
//   ./bazelw run --config=opt //server/application:start_bench
//
// FirstStart has a plugin that is new, so that every device is judged; Start finds all as it left it, and is what a restart costs.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "base/files.h"
#include "server/application/inventory.h"
#include "server/application/sample_site.h"
#include "server/store/store.h"

namespace provdlab::server {
namespace {

class AcceptingConfigurer : public DeviceConfigurer {
 public:
  explicit AcceptingConfigurer(std::string state) : state_(std::move(state)) {}
  std::string StateOf(const std::string&) const override { return state_; }
  Result<> Configure(const std::string&, const Json&, const Json&) override { return {}; }
  void Deconfigure(const std::string&, const Json&) override {}

 private:
  const std::string state_;
};

std::string DatabaseOf(std::int64_t devices) {
  static const TemporaryDirectory folder;
  const std::string path = (folder.path() / (std::to_string(devices) + ".db")).string();
  if (!std::filesystem::exists(path)) {
    auto store = OpenStore(path);
    if (!store || !(*store)->Apply(SampleSite(static_cast<int>(devices)))) std::abort();
  }
  return path;
}

void OpenAll(const std::string& path, const std::string& plugin_state) {
  auto store = OpenStore(path);
  if (!store) std::abort();
  AcceptingConfigurer configurer(plugin_state);
  const auto inventory = Inventory::Open({**store, configurer, Json::object(), [](const std::string&) {}});
  if (!inventory) std::abort();
  benchmark::DoNotOptimize((*inventory)->devices().size());
}

void FirstStart(benchmark::State& state) {
  const std::string path = DatabaseOf(state.range(0));
  static int starts = 0;
  for (auto _ : state) OpenAll(path, "new " + std::to_string(++starts));
}

void Start(benchmark::State& state) {
  const std::string path = DatabaseOf(state.range(0));
  OpenAll(path, "old");
  for (auto _ : state) OpenAll(path, "old");
}

void OpenFile(benchmark::State& state) {
  const std::string path = DatabaseOf(state.range(0));
  for (auto _ : state)
    if (!OpenStore(path)) std::abort();
}

BENCHMARK(OpenFile)->RangeMultiplier(10)->Range(1'000, 100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(Start)->RangeMultiplier(10)->Range(1'000, 100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(FirstStart)->RangeMultiplier(10)->Range(1'000, 100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace provdlab::server
