#include "tools/weather_options.h"

#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace provdlab::tools {
namespace {

// N of "1/N".
std::optional<std::uint64_t> ReadRate(const std::string& text) {
  if (!text.starts_with("1/")) return std::nullopt;
  const auto one_in = ParseDecimal(std::string_view(text).substr(2));
  return one_in == 0u ? std::nullopt : one_in;
}

}  // namespace

Result<std::unique_ptr<proxy::Weather>> ReadWeather(const WeatherWords& words, std::uint64_t seed) {
  proxy::WeatherOptions wanted{.kinds = {}, .seed = seed};
  for (const std::string_view kind : Split(words.kinds, ',')) wanted.kinds.emplace_back(Trim(kind));
  if (!words.rate.empty()) {
    wanted.one_in = ReadRate(words.rate);
    if (!wanted.one_in)
      return Fail(ErrorKind::kInvalid,
                  words.rate_option + " '" + words.rate + "' is not 1/N; one connection in ten: " + words.rate_option + " 1/10");
  }
  auto weather = proxy::Weather::Make(wanted);
  if (!weather)
    return Fail(ErrorKind::kInvalid,
                words.kinds_option + ": " + weather.error().message + "; such as " + words.kinds_option + " slow,resets");
  return weather;
}

}  // namespace provdlab::tools
