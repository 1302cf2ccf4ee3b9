// `provdlab weather` as a process of its own: what it prints, what a client meets, how it ends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "base/http/client.h"
#include "base/http/server.h"
#include "base/json.h"
#include "base/text.h"
#include "tools/command.h"
#include "tools/command_process.h"

namespace provdlab::tools {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// `provdlab weather` with these options.
class WeatherProcess : public CommandProcess {
 public:
  explicit WeatherProcess(std::vector<std::string> options) : CommandProcess(AddWeatherCommand, WithName(std::move(options))) {}

 private:
  static std::vector<std::string> WithName(std::vector<std::string> options) {
    options.insert(options.begin(), "weather");
    return options;
  }
};

// What a server answers through the weather that printed this line.
std::string Ask(const std::string& line) {
  const auto port = static_cast<std::uint16_t>(ParseDecimal(line.substr(line.rfind(':') + 1)).value_or(0));
  const auto seen = http::Client({.host = "127.0.0.1", .port = port}).Send({.method = "GET", .target = "/"}, std::chrono::seconds(20));
  return seen.response ? seen.response->body : "";
}

// Its port is known before the command is forked, and it has threads only after that.
class WeatherCommand : public ::testing::Test {
 protected:
  std::string Upstream() {
    const auto port = server_.Bind();
    EXPECT_TRUE(port) << port.error().message;
    return "127.0.0.1:" + std::to_string(port.value_or(0));
  }

  http::Server server_{{}, [](const http::Request&) { return http::Response{.status = 200, .body = "fine"}; }};
};

TEST_F(WeatherCommand, LetsAnswersThroughAndSaysAtItsEndWhatItDid) {
  WeatherProcess process({"--upstream", Upstream(), "--kind", "sliced"});
  const std::string line = process.Line();
  ASSERT_TRUE(server_.Start());
  ASSERT_THAT(line, StartsWith("weather 127.0.0.1:"));
  EXPECT_EQ(Ask(line), "fine");
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Line(), "1 connection, 1 in bad weather, seed 1");
  EXPECT_EQ(process.Line(), "     1  sliced");
  EXPECT_THAT(process.Line(), HasSubstr(" bytes to the upstream, "));
  EXPECT_EQ(process.ExitCode(), 0);
}

TEST_F(WeatherCommand, PrintsWhatItDidAsJson) {
  WeatherProcess process({"--upstream", Upstream(), "--kind", "resets", "--rate", "1/1", "--seed", "9", "--json"});
  const std::string line = process.Line();
  ASSERT_TRUE(server_.Start());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(line), "") << "of every connection";
  process.Signal(SIGINT);
  const auto did = ParseJson(process.Line());
  ASSERT_TRUE(did) << did.error().message;
  EXPECT_EQ(did->at("seed"), 9);
  EXPECT_EQ(did->at("resets"), did->at("connections")) << did->dump();
  EXPECT_GE(did->at("connections"), 3) << did->dump();
  EXPECT_EQ(process.ExitCode(), 0);
}

TEST_F(WeatherCommand, RefusesWhatItCanNotDo) {
  const auto refused = [](std::vector<std::string> options) {
    WeatherProcess process(std::move(options));
    const int exit_code = process.ExitCode();
    return std::pair(exit_code, process.errors());
  };
  const struct {
    std::vector<std::string> options;
    int exit_code;
    const char* says;
  } cases[] = {
      {{}, 2, "--upstream"},
      {{"--upstream", "nowhere"}, 2, "HOST:PORT"},
      {{"--upstream", "127.0.0.1:0"}, 2, "HOST:PORT"},
      {{"--upstream", "127.0.0.1:1", "--kind", "reset"}, 2, "'resets'"},
      {{"--upstream", "127.0.0.1:1", "--rate", "1/0"}, 2, "1/N"},
      {{"--upstream", "127.0.0.1:1", "--rate", "0.5"}, 2, "1/N"},
      {{"--upstream", "127.0.0.1:1", "--rate", ""}, 2, "--rate"},
      {{"--upstream", "no-such-name.invalid:80"}, 3, "no-such-name.invalid"},
  };
  for (const auto& one : cases) {
    const auto [exit_code, errors] = refused(one.options);
    EXPECT_EQ(exit_code, one.exit_code) << errors;
    EXPECT_THAT(errors, HasSubstr(one.says));
  }
}

}  // namespace
}  // namespace provdlab::tools
