#pragma once
// The weather as commands take it: kinds by name, and how many connections meet one.
//
//   auto weather = ReadWeather({.kinds = "resets,slow", .rate = "1/20"}, seed);   // kInvalid, with the option's name: usage
//   proxy::Relay relay({.upstream = upstream}, (*weather)->Opener());

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "simulator/proxy/weather.h"

namespace provdlab::tools {

struct WeatherWords {
  std::string kinds;                   // with commas between them
  std::string rate;                    // "1/N"; empty: each kind's own
  std::string rate_option = "--rate";  // how the command calls them, for what is wrong with them
  std::string kinds_option = "--kind";
};

Result<std::unique_ptr<proxy::Weather>> ReadWeather(const WeatherWords& words, std::uint64_t seed);

}  // namespace provdlab::tools
