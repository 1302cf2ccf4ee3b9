// provdlab weather: a bad network in front of a server, until it is told to end.

#include <cstdint>
#include <iomanip>
#include <iostream>
#include <memory>
#include <string>

#include "base/json.h"
#include "simulator/proxy/relay.h"
#include "simulator/proxy/weather.h"
#include "tools/command.h"
#include "tools/ending_signals.h"
#include "tools/weather_options.h"

namespace provdlab::tools {
namespace {

constexpr int kUsage = 2;
constexpr int kCouldNot = 3;

struct WeatherCommandOptions {
  std::string upstream;
  std::uint16_t port = 0;
  std::string kinds{proxy::kStorm};
  std::uint64_t seed = 1;
  std::string rate;
  bool json = false;
};

constexpr char kExamples[] = R"(Examples:
  provdlab weather --upstream 127.0.0.1:8666 --port 8667
                                       a storm in front of a provd: ask it at http://127.0.0.1:8667/provd
  provdlab weather --upstream 127.0.0.1:8666 --kind sliced --rate 1/1
                                       does the client read answers that come in small pieces?
  provdlab weather --upstream 127.0.0.1:8666 --kind resets,hanging --rate 1/20 --seed 7
                                       one connection in 20; the same ones with the same seed
Kinds: slow, sliced (every connection that draws one, unless --rate says otherwise), resets, half-closed (one in 4), hanging (one in 8), and
storm, which is all of them. Standard output says where it listens before the first connection is taken:
  weather 127.0.0.1:38211
Nothing is ever sent twice, and a request that was cut here gets no answer. SIGTERM and SIGINT end it; then it says what it did, with --json as
JSON. Exit codes: 0 ended as asked, 2 usage, 3 could not listen, or the upstream's name has no address.)";

std::string Counted(std::uint64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

void PrintForPeople(const proxy::RelayCounts& relay, const proxy::WeatherCounts& weather, std::uint64_t seed) {
  std::cout << Counted(relay.connections, "connection", "connections") << ", " << weather.struck() << " in bad weather, seed " << seed
            << "\n";
  for (std::size_t i = 1; i < proxy::kFates; ++i) {
    if (weather.of[i] > 0) std::cout << std::setw(6) << weather.of[i] << "  " << proxy::FateName(static_cast<proxy::Fate>(i)) << "\n";
  }
  std::cout << Counted(relay.bytes_to_upstream, "byte", "bytes") << " to the upstream, " << relay.bytes_to_client << " to clients\n";
  if (relay.unreachable > 0) std::cout << "the upstream was not reached " << Counted(relay.unreachable, "time", "times") << "\n";
  if (relay.answers_withheld > 0)
    std::cout << Counted(relay.answers_withheld, "answer", "answers") << " to requests that were cut here kept back\n";
  if (relay.timed_out > 0) std::cout << Counted(relay.timed_out, "connection", "connections") << " ended by a deadline\n";
  if (relay.refused > 0) std::cout << Counted(relay.refused, "connection", "connections") << " refused: too many at once\n";
}

Json ToJson(const proxy::RelayCounts& relay, const proxy::WeatherCounts& weather, std::uint64_t seed) {
  Json struck = Json::object();
  for (std::size_t i = 1; i < proxy::kFates; ++i) struck[std::string(proxy::FateName(static_cast<proxy::Fate>(i)))] = weather.of[i];
  return {{"seed", seed},
          {"connections", relay.connections},
          {"struck", struck},
          {"bytes_to_upstream", relay.bytes_to_upstream},
          {"bytes_to_client", relay.bytes_to_client},
          {"half_closes", relay.half_closes},
          {"resets", relay.resets},
          {"holds", relay.holds},
          {"answers_withheld", relay.answers_withheld},
          {"unreachable", relay.unreachable},
          {"timed_out", relay.timed_out},
          {"refused", relay.refused}};
}

int Serve(const WeatherCommandOptions& options) {
  const auto weather = ReadWeather({.kinds = options.kinds, .rate = options.rate}, options.seed);
  if (!weather) {
    Complain(weather.error().message);
    return kUsage;
  }
  // A name that takes long to look up can still be interrupted.
  const Result<proxy::Upstream> upstream = proxy::FindUpstream(options.upstream);
  if (!upstream) {
    Complain("--upstream: " + upstream.error().message);
    return upstream.error().kind == ErrorKind::kInvalid ? kUsage : kCouldNot;
  }
  const EndingSignals signals;
  proxy::Relay relay({.upstream = *upstream, .port = options.port}, (*weather)->Opener());
  const Result<std::uint16_t> port = relay.Start();
  if (!port) {
    Complain(port.error().message, "a free port: --port 0");
    return kCouldNot;
  }
  std::cout << "weather 127.0.0.1:" << *port << "\n" << std::flush;

  signals.Wait();
  relay.Stop();
  if (options.json)
    std::cout << DumpJson(ToJson(relay.counts(), (*weather)->counts(), options.seed)) << "\n";
  else
    PrintForPeople(relay.counts(), (*weather)->counts(), options.seed);
  return 0;
}

}  // namespace

void AddWeatherCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<WeatherCommandOptions>();
  CLI::App* command = app.add_subcommand("weather", "a bad network in front of a server");
  command->add_option("--upstream", options->upstream, "the server")->type_name("HOST:PORT")->required();
  command->add_option("--port", options->port, "port to listen on, on 127.0.0.1, 0 for a free one")->type_name("N")->capture_default_str();
  command->add_option("--kind", options->kinds, "what the weather is")->type_name("KIND[,KIND...]")->capture_default_str();
  command->add_option("--seed", options->seed, "of what each connection meets")->type_name("N")->capture_default_str();
  command->add_option("--rate", options->rate, "how many connections meet it, instead of each kind's own")
      ->type_name("1/N")
      ->check(RefuseEmpty, "");
  command->add_flag("--json", options->json, "print what it did as JSON");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = Serve(*options); });
}

}  // namespace provdlab::tools
