// What finding and listing cost over HTTP with 1,000, 10,000 and 100,000 devices, each with a config of its own: a table of the server's
// CPU time and of the time until the answer was there, and how they compare with 1,000.
//
//   ./bazelw run --config=opt //server/api:find_bench [ROUNDS]
//
// Each size is a server in a process of its own; one client asks them in turn. Medians over the rounds.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/http/server.h"
#include "server/api/context.h"
#include "server/api/measured_server.h"
#include "server/api/rest_api.h"
#include "server/application/inventory.h"
#include "server/application/sample_site.h"

namespace provdlab::server {
namespace {

constexpr int kSizes[] = {1'000, 10'000, 100'000};

class AcceptingConfigurer : public DeviceConfigurer {
 public:
  std::string StateOf(const std::string&) const override { return "loaded"; }
  Result<> Configure(const std::string&, const Json&, const Json&) override { return {}; }
  void Deconfigure(const std::string&, const Json&) override {}
};

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "find_bench: %s\n", why.c_str());
  std::_Exit(1);
}

void Serve(const MeasuredServer::TellPort& tell, int size) {
  const auto store = MakeMemoryStore();
  if (const auto filled = store->Apply(SampleSite(size)); !filled) Die(filled.error().message);
  AcceptingConfigurer configurer;
  const auto inventory = Inventory::Open({*store, configurer, Json::object(), [](const std::string&) {}});
  if (!inventory) Die(inventory.error().message);
  Devices devices(**inventory);
  Configs configs(**inventory);
  Context context;
  context.devices = &devices;
  context.configs = &configs;
  const RestApi api(context);
  http::Server server({}, [&api](const http::Request& request) { return api.Answer(request); });
  const auto port = server.Start();
  if (!port) Die(port.error().message);
  tell(*port);
  for (;;) pause();
}

struct Question {
  const char* name;
  int times;  // in one round
  std::function<std::string(int number)> target;
  std::function<bool(int size, std::size_t found)> right;
};

std::string Selector(const std::string& key, const std::string& text) {
  return "/dev_mgr/devices?q=%7B%22" + key + "%22:%22" + text + "%22%7D";
}

std::size_t CountDocuments(const std::string& body) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = body.find("\"id\":", at)) != std::string::npos; ++at) ++count;
  return count;
}

const std::vector<Question>& Questions() {
  const auto one = [](int, std::size_t found) { return found == 1; };
  const auto twenty = [](int, std::size_t found) { return found == 20; };
  const auto none = [](int, std::size_t found) { return found == 0; };
  const auto all = [](int size, std::size_t found) { return found == static_cast<std::size_t>(size); };
  const auto always = [](const char* target) { return [target](int) { return std::string(target); }; };
  static const std::vector<Question> questions = {
      {"GET of one device", 2000, [](int i) { return "/dev_mgr/devices/" + SampleDevice(i); }, one},
      {"find by id", 2000, [](int i) { return Selector("id", SampleDevice(i)); }, one},
      {"find by mac", 2000, [](int i) { return Selector("mac", SampleMac(i)); }, one},
      {"find by ip", 2000, [](int i) { return Selector("ip", SampleIp(i)); }, one},
      {"find by config", 2000, [](int i) { return Selector("config", SampleConfig(i)); }, one},
      {"first 20 of the list", 500, always("/dev_mgr/devices?limit=20"), twenty},
      {"first 20, sorted by mac", 2, always("/dev_mgr/devices?sort=mac&limit=20"), twenty},
      {"find without an index", 2, [](int) { return Selector("model", "none"); }, none},
      {"whole list", 1, always("/dev_mgr/devices"), all},
      {"whole list of ids", 1, always("/dev_mgr/devices?fields=id"), all},
  };
  return questions;
}

int Main(int rounds) {
  std::vector<std::unique_ptr<MeasuredServer>> servers;
  for (const int size : kSizes) {
    servers.push_back(std::make_unique<MeasuredServer>([size](const auto& tell) { Serve(tell, size); }));
    servers.back()->Connect(1);
  }
  std::printf("medians of %d rounds: the server's CPU time and the time until the answer was there, in us; ratios to 1,000\n%-26s", rounds,
              "");
  for (const int size : kSizes) std::printf(" %12d devices     x     x", size);
  std::printf("\n");
  for (const Question& question : Questions()) {
    std::vector<std::vector<double>> cpu(servers.size()), wall(servers.size());
    for (int round = 0; round <= rounds; ++round) {
      for (std::size_t i = 0; i < servers.size(); ++i) {
        std::vector<std::string> requests;
        for (int n = 0; n < question.times; ++n) requests.push_back(GetRequest(question.target((round * 104'729 + n * 7'919) % kSizes[i])));
        const auto cost =
            servers[i]->Ask(requests, [&](const std::string& body) { return question.right(kSizes[i], CountDocuments(body)); });
        if (round == 0) continue;  // to get warm
        cpu[i].push_back(cost.cpu_microseconds / question.times);
        wall[i].push_back(cost.wall_microseconds / question.times);
      }
    }
    std::printf("%-26s", question.name);
    for (std::size_t i = 0; i < servers.size(); ++i)
      std::printf(" %9.1f %10.1f %5.2f %5.2f", Median(cpu[i]), Median(wall[i]), Median(cpu[i]) / Median(cpu[0]),
                  Median(wall[i]) / Median(wall[0]));
    std::printf("\n");
  }
  const double before = servers.back()->PeakMebibytes();
  const auto list =
      servers.back()->Ask({GetRequest("/cfg_mgr/configs"), GetRequest("/dev_mgr/devices")}, [](const std::string&) { return true; });
  std::printf("lists of %.1f MiB together raised the most memory that the server of %d devices has had (%.0f MiB) by %.1f MiB\n",
              static_cast<double>(list.bytes) / (1024 * 1024), kSizes[2], before, servers.back()->PeakMebibytes() - before);
  return 0;
}

}  // namespace
}  // namespace provdlab::server

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 9;
  if (rounds < 1) {
    std::fprintf(stderr, "usage: find_bench [ROUNDS]\n");
    return 2;
  }
  return provdlab::server::Main(rounds);
}
