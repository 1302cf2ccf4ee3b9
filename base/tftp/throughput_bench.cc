// How fast TFTP servers send one file to several clients, turn about, so that what else the machine does is the same for all.
//
//   ./bazelw run --config=opt //base/tftp:throughput_bench -- 127.0.0.1:8069/top.bin 127.0.0.1:6969/top.bin
//
// Prints, for each number of clients at once and each block size, megabytes a second of each server (median of the rounds) and the ratio
// of the first to each of the others. A transfer that is not whole ends the program with code 1.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/text.h"
#include "base/tftp/client.h"

namespace {

using namespace provdlab;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 9;

struct Server {
  tftp::ClientOptions options{};
  std::string file{};
};

bool Read(std::string_view text, Server& server) {
  const std::size_t colon = text.find(':'), slash = text.find('/');
  if (colon == std::string_view::npos || slash == std::string_view::npos || slash < colon) return false;
  const auto port = ParseDecimal(text.substr(colon + 1, slash - colon - 1));
  if (!port || *port == 0 || *port > 65'535) return false;
  server.options.host = std::string(text.substr(0, colon));
  server.options.port = static_cast<std::uint16_t>(*port);
  server.file = std::string(text.substr(slash + 1));
  return true;
}

// Megabytes a second over all clients; 0: a transfer was not whole.
double Round(const Server& server, int clients, const std::string& block_size) {
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<bool> whole{true};
  const auto begun = Clock::now();
  std::vector<std::thread> threads;
  for (int client = 0; client < clients; ++client) {
    threads.emplace_back([&] {
      tftp::ClientOptions options = server.options;
      options.receiving.sink = [](std::string_view) { return true; };
      tftp::Request request{.file = server.file, .mode = "octet"};
      if (!block_size.empty()) request.options = {{"blksize", block_size}};
      const auto fetched = tftp::Fetch(options, request, std::chrono::seconds(60));
      if (!fetched || fetched->result.end != tftp::ReceiverEnd::kWhole) {
        whole = false;
        std::fprintf(stderr, "%s:%u: %s\n", options.host.c_str(), static_cast<unsigned>(options.port),
                     fetched ? fetched->result.problem.c_str() : fetched.error().message.c_str());
        return;
      }
      bytes += fetched->result.size;
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double took = std::chrono::duration<double>(Clock::now() - begun).count();
  return whole ? static_cast<double>(bytes) / 1e6 / took : 0;
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<Server> servers;
  for (int at = 1; at < count; ++at) {
    Server server;
    if (!Read(arguments[at], server)) {
      std::fprintf(stderr, "%s is not written like 127.0.0.1:69/FILE\n", arguments[at]);
      return 2;
    }
    servers.push_back(std::move(server));
  }
  if (servers.empty()) {
    std::fprintf(stderr, "usage: throughput_bench HOST:PORT/FILE…\n");
    return 2;
  }
  for (const std::string block_size : {"", "1428"}) {
    for (const int clients : {1, 8, 32}) {
      std::vector<std::vector<double>> figures(servers.size());
      for (int round = 0; round < kRounds; ++round) {
        for (std::size_t at = 0; at < servers.size(); ++at) {
          const double figure = Round(servers[at], clients, block_size);
          if (figure == 0) return 1;
          figures[at].push_back(figure);
        }
      }
      std::printf("blocks of %-5s %2d at once:", block_size.empty() ? "512" : block_size.c_str(), clients);
      double first = 0;
      for (std::vector<double>& each : figures) {
        std::sort(each.begin(), each.end());
        const double median = each[each.size() / 2];
        if (first == 0) {
          first = median;
          std::printf("  %6.1f MB/s", median);
        } else {
          std::printf("  %6.1f MB/s (ratio %.2f)", median, first / median);
        }
      }
      std::printf("\n");
    }
  }
  return 0;
}
