// What finding costs with 1,000, 10,000 and 100,000 devices: by an index, by a walk, a whole list; and what a change at the root costs.
//
//   ./bazelw run --config=opt //server/application:finding_bench
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "server/application/devices.h"
#include "server/application/finding.h"
#include "server/application/inventory.h"
#include "server/application/sample_site.h"

namespace provdlab::server {
namespace {

class AcceptingConfigurer : public DeviceConfigurer {
 public:
  std::string StateOf(const std::string&) const override { return "loaded"; }
  Result<> Configure(const std::string&, const Json&, const Json&) override { return {}; }
  void Deconfigure(const std::string&, const Json&) override {}
};

struct Site {
  explicit Site(int devices) {
    if (!store->Apply(SampleSite(devices))) std::abort();
    inventory = std::move(*Inventory::Open({*store, configurer, Json::object(), [](const std::string&) {}}));
  }
  static Site& Of(std::int64_t devices) {
    static std::map<std::int64_t, std::unique_ptr<Site>> sites;
    auto& site = sites[devices];
    if (!site) site = std::make_unique<Site>(static_cast<int>(devices));
    return *site;
  }

  AcceptingConfigurer configurer;
  std::unique_ptr<Store> store = MakeMemoryStore();
  std::unique_ptr<Inventory> inventory;
};

void FindBy(benchmark::State& state, const std::string& key, const std::function<std::string(int)>& text) {
  Site& site = Site::Of(state.range(0));
  int number = 0;
  for (auto _ : state) {
    number = (number + 7919) % static_cast<int>(state.range(0));
    const auto query = Query::Parse("q=%7B%22" + key + "%22:%22" + text(number) + "%22%7D", Devices::TextKeys());
    Finding finding(site.inventory->devices(), *query);
    auto document = finding.Next();
    if (!document || finding.Next()) std::abort();
    benchmark::DoNotOptimize(document->text);
  }
}

void FindById(benchmark::State& state) { FindBy(state, "id", SampleDevice); }
void FindByMac(benchmark::State& state) { FindBy(state, "mac", SampleMac); }
void FindByIp(benchmark::State& state) { FindBy(state, "ip", SampleIp); }
void FindByConfig(benchmark::State& state) { FindBy(state, "config", SampleConfig); }

void FindWithoutIndex(benchmark::State& state) {
  Site& site = Site::Of(state.range(0));
  for (auto _ : state) {
    Finding finding(site.inventory->devices(), *Query::Parse("q=%7B%22model%22:%22none%22%7D", {}));
    if (finding.Next()) std::abort();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void ListAll(benchmark::State& state, const char* query) {
  Site& site = Site::Of(state.range(0));
  for (auto _ : state) {
    Finding finding(site.inventory->devices(), *Query::Parse(query, {}));
    std::size_t bytes = 0;
    while (const auto document = finding.Next()) bytes += document->text.size();
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
void List(benchmark::State& state) { ListAll(state, ""); }
void ListSorted(benchmark::State& state) { ListAll(state, "sort=mac&sort_ord=DESC"); }
void ListProjected(benchmark::State& state) { ListAll(state, "fields=mac,ip"); }

void ChangeTheRoot(benchmark::State& state) {
  Site& site = Site::Of(state.range(0));
  for (auto _ : state) site.inventory->ConfigChanged("root", Inventory::Change::kReplaced);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(FindById)->RangeMultiplier(10)->Range(1'000, 100'000);
BENCHMARK(FindByMac)->RangeMultiplier(10)->Range(1'000, 100'000);
BENCHMARK(FindByIp)->RangeMultiplier(10)->Range(1'000, 100'000);
BENCHMARK(FindByConfig)->RangeMultiplier(10)->Range(1'000, 100'000);
BENCHMARK(FindWithoutIndex)->RangeMultiplier(10)->Range(1'000, 100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(List)->RangeMultiplier(10)->Range(1'000, 100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(ListSorted)->RangeMultiplier(10)->Range(1'000, 100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(ListProjected)->RangeMultiplier(10)->Range(1'000, 100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(ChangeTheRoot)->RangeMultiplier(10)->Range(1'000, 100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace provdlab::server
