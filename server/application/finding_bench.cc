// What finding costs with 1,000, 10,000 and 100,000 devices: by an index, by a walk, a whole list; and what a change at the root costs.
//
//   ./bazelw run --config=opt //server/application:finding_bench
#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "server/application/devices.h"
#include "server/application/finding.h"
#include "server/application/inventory.h"

namespace provdlab::server {
namespace {

class AcceptingConfigurer : public DeviceConfigurer {
 public:
  std::string StateOf(const std::string&) const override { return "loaded"; }
  Result<> Configure(const std::string&, const Json&, const Json&) override { return {}; }
  void Deconfigure(const std::string&, const Json&) override {}
};

std::string Mac(int number) {
  char text[18];
  std::snprintf(text, sizeof text, "00:1a:2b:%02x:%02x:%02x", number >> 16 & 0xff, number >> 8 & 0xff, number & 0xff);
  return text;
}

std::string Ip(int number) {
  return "10." + std::to_string(number >> 16 & 0xff) + "." + std::to_string(number >> 8 & 0xff) + "." + std::to_string(number & 0xff);
}

// Devices with a config each, below one of ten groups, below one root.
struct Site {
  explicit Site(int devices) {
    const Json line = {{"1", {{"username", "alice"}, {"password", "secret"}, {"display_name", "Alice"}}}};
    const auto config = [&](const std::string& id, Json parents, Json raw_config) {
      Check(store->Put("configs", id, {{"id", id}, {"parent_ids", std::move(parents)}, {"raw_config", std::move(raw_config)}}));
    };
    config("root", Json::array(), {{"ntp_enabled", true}, {"ntp_ip", "192.0.2.1"}, {"locale", "fr_FR"}});
    for (int group = 0; group < 10; ++group) config("group" + std::to_string(group), {"root"}, {{"sip_proxy_ip", "192.0.2.2"}});
    for (int i = 0; i < devices; ++i) {
      const std::string number = std::to_string(i);
      config("config" + number, {"group" + std::to_string(i % 10)}, {{"sip_lines", line}});
      const std::string id = "device" + number;
      Check(store->Put("devices", id,
                       {{"id", id},
                        {"mac", Mac(i)},
                        {"ip", Ip(i)},
                        {"vendor", "Acme"},
                        {"model", "A1"},
                        {"version", "1.0"},
                        {"plugin", "acme-1.0"},
                        {"config", "config" + number},
                        {"configured", true},
                        {"added", "auto"}}));
    }
    inventory = std::move(*Inventory::Open({*store, configurer, Json::object(), [](const std::string&) {}}));
  }
  static void Check(const Result<>& done) {
    if (!done) std::abort();
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

void FindById(benchmark::State& state) {
  FindBy(state, "id", [](int i) { return "device" + std::to_string(i); });
}
void FindByMac(benchmark::State& state) { FindBy(state, "mac", Mac); }
void FindByIp(benchmark::State& state) { FindBy(state, "ip", Ip); }
void FindByConfig(benchmark::State& state) {
  FindBy(state, "config", [](int i) { return "config" + std::to_string(i); });
}

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
