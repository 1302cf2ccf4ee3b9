// What a GET of one configuration parameter and of one device cost the server: CPU time of the whole process, beside a bare cpp-httplib
// handler that answers the same bytes; and what more threads for HTTP cost.
//
//   ./bazelw run --config=opt //server/api:rest_bench [ROUNDS [REQUESTS]]
//
// Each server is a process of its own; this one asks, over connections that are kept, in rounds that alternate. Printed are the
// medians over the rounds and their ratio.

#include <httplib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/http/server.h"
#include "base/json.h"
#include "server/api/context.h"
#include "server/api/measured_server.h"
#include "server/api/media_type.h"
#include "server/api/rest_api.h"
#include "server/api/rest_server.h"
#include "server/application/provd.h"

namespace provdlab::server {
namespace {

constexpr int kConnections = 4;  // no more than any of the servers has threads

struct Page {
  std::string target, body;
};

Json Device() {
  return {{"id", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"},
          {"mac", "00:1a:2b:3c:4d:5e"},
          {"ip", "192.0.2.7"},
          {"vendor", "Acme"},
          {"model", "A1"},
          {"version", "1.0.2"},
          {"plugin", "acme-1.0"},
          {"config", "9f8e7d6c5b4a39281706f5e4d3c2b1a0"},
          {"configured", false},
          {"added", "auto"},
          {"options", {{"switchboard", false}}}};
}

std::vector<Page> Pages() {
  return {{"/configure/NAT", R"({"param":{"value":0}})"},
          {"/dev_mgr/devices/" + Device().at("id").get<std::string>(), DumpJson(Json{{"device", Device()}})}};
}

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "rest_bench: %s\n", why.c_str());
  std::_Exit(1);
}

std::unique_ptr<Provd> OpenProvd(Faults& faults) {
  ProvdOptions options;
  options.faults = &faults;
  auto provd = Provd::Open(std::move(options));
  if (!provd) Die(provd.error().message);
  if (const auto made = (*provd)->devices().Create(Device()); !made) Die(made.error().message);
  return std::move(*provd);
}

void ServeProvd(const MeasuredServer::TellPort& tell) {
  Faults faults;
  const auto provd = OpenProvd(faults);
  RestServer server({}, *provd, faults);
  if (const auto started = server.Start(); !started) Die(started.error().message);
  tell(server.rest_port());
  for (;;) pause();
}

// The same handlers without what the edge adds: faults, the journal.
void ServeHandlers(const MeasuredServer::TellPort& tell, int threads) {
  Faults faults;
  const auto provd = OpenProvd(faults);
  const RestApi api(Context::Of(*provd));
  http::Server server({.threads = threads}, [&api](const http::Request& request) { return api.Answer(request); });
  const auto port = server.Start();
  if (!port) Die(port.error().message);
  tell(*port);
  for (;;) pause();
}

void ServeBareHandler(const MeasuredServer::TellPort& tell) {
  httplib::Server server;
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(1'000'000'000);
  for (const Page& page : Pages()) {
    server.Get("/provd" + page.target, [body = page.body](const httplib::Request&, httplib::Response& response) {
      response.set_content(body, std::string(kProvdMediaType).c_str());
    });
  }
  const int port = server.bind_to_any_port("127.0.0.1");
  if (port <= 0) Die("cpp-httplib found no port");
  tell(static_cast<std::uint16_t>(port));
  server.listen_after_bind();
}

// Prints what each server takes for the page, and how that compares with the last one.
void Compare(const Page& page, const std::vector<std::pair<const char*, MeasuredServer*>>& servers, int rounds, int requests) {
  const std::vector<std::string> all(static_cast<std::size_t>(requests), GetRequest(page.target));
  const auto right = [&](const std::string& body) { return body == page.body; };
  std::vector<std::vector<double>> costs(servers.size()), ratios(servers.size());
  for (const auto& [name, server] : servers) server->Ask(all, right);
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < servers.size(); ++i) costs[i].push_back(servers[i].second->Ask(all, right).cpu_microseconds / requests);
    for (std::size_t i = 0; i < servers.size(); ++i) ratios[i].push_back(costs[i].back() / costs.back().back());
  }
  std::printf("%d rounds of %d GETs of /provd%s (%zu bytes) over %d connections; medians of the server's CPU time\n", rounds, requests,
              page.target.c_str(), page.body.size(), kConnections);
  for (std::size_t i = 0; i < servers.size(); ++i) {
    std::printf("  %-28s %7.2f us   x %.2f  (rounds: %.2f to %.2f)\n", servers[i].first, Median(costs[i]),
                Median(costs[i]) / Median(costs.back()), *std::min_element(ratios[i].begin(), ratios[i].end()),
                *std::max_element(ratios[i].begin(), ratios[i].end()));
  }
}

int Main(int rounds, int requests) {
  MeasuredServer provd(ServeProvd), bare(ServeBareHandler);
  MeasuredServer few([](const auto&tell) { ServeHandlers(tell, 4); }), many([](const auto&tell) { ServeHandlers(tell, 16); });
  for (MeasuredServer* server : {&provd, &bare, &few, &many}) server->Connect(kConnections);
  for (const Page& page : Pages()) Compare(page, {{"reference server", &provd}, {"bare cpp-httplib handler", &bare}}, rounds, requests);
  Compare(Pages().back(), {{"handlers on 16 threads", &many}, {"handlers on 4 threads", &few}}, rounds, requests);
  return 0;
}

}  // namespace
}  // namespace provdlab::server

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  const int requests = argc > 2 ? std::atoi(argv[2]) : 8000;
  if (rounds < 1 || requests < 4) {
    std::fprintf(stderr, "usage: rest_bench [ROUNDS [REQUESTS]]\n");
    return 2;
  }
  return provdlab::server::Main(rounds, requests);
}
