// `provdlab repo` as a process of its own: what it prints, how it ends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/http/client.h"
#include "base/json.h"
#include "tools/command.h"

namespace provdlab::tools {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kDeadline{20};

// A child that runs the command with the given arguments.
class Process {
 public:
  explicit Process(const std::vector<std::string>& arguments) {
    int out[2], err[2];
    if (pipe(out) != 0 || pipe(err) != 0) abort();
    child_ = fork();
    if (child_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      dup2(err[1], STDERR_FILENO);
      for (const int end : {out[0], out[1], err[0], err[1]}) close(end);
      const int exit_code = Run(arguments);
      std::cout << std::flush;
      _exit(exit_code);
    }
    close(out[1]);
    close(err[1]);
    out_ = out[0];
    err_ = err[0];
  }
  ~Process() {
    if (!ended_) {
      kill(child_, SIGKILL);
      waitpid(child_, nullptr, 0);
    }
    close(out_);
    close(err_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The next line of standard output, without its end; what came if there is no whole one.
  std::string Line() {
    const auto until = Clock::now() + kDeadline;
    while (true) {
      if (const std::size_t end = printed_.find('\n'); end != std::string::npos) {
        const std::string line = printed_.substr(0, end);
        printed_.erase(0, end + 1);
        return line;
      }
      if (!ReadSome(out_, printed_, until)) return printed_;
    }
  }
  // All of standard error; waits for the process to end.
  std::string Errors() {
    std::string text;
    const auto until = Clock::now() + kDeadline;
    while (ReadSome(err_, text, until)) continue;
    return text;
  }
  void Signal(int signal) const { kill(child_, signal); }
  int ExitCode() {
    // The pipe closes when the process ends, so that waiting for it is bounded.
    std::string rest;
    const auto until = Clock::now() + kDeadline;
    while (ReadSome(out_, rest, until)) continue;
    if (Clock::now() >= until) return -1;
    int status = 0;
    waitpid(child_, &status, 0);
    ended_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  static int Run(std::vector<std::string> arguments) {
    CLI::App app{"test"};
    int exit_code = 0;
    AddRepoCommand(app, exit_code);
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    try {
      app.parse(arguments);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : 2;
    }
    return exit_code;
  }

  static bool ReadSome(int from, std::string& into, Clock::time_point until) {
    pollfd waiting{.fd = from, .events = POLLIN, .revents = 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) <= 0) return false;
    char buffer[4096];
    const ssize_t got = read(from, buffer, sizeof buffer);
    if (got <= 0) return false;
    into.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  pid_t child_ = -1;
  int out_ = -1, err_ = -1;
  bool ended_ = false;
  std::string printed_;
};

http::Exchange Ask(const std::string& line, const std::string& method, const std::string& target, const std::string& body = "") {
  const std::optional<http::Url> url = http::ParseUrl(line.substr(line.find("http://")));
  http::ClientOptions options;
  options.host = url->host;
  options.port = url->port;
  http::Request request;
  request.method = method;
  request.target = target;
  request.body = body;
  return http::Client(options).Send(request, kDeadline);
}

int Status(const http::Exchange& seen) { return seen.response ? seen.response->status : 0; }

TEST(RepoCommand, PrintsWhereItListensServesAndEndsOnSigterm) {
  Process repo({"repo"});
  const std::string repository = repo.Line();
  const std::string admin = repo.Line();
  ASSERT_THAT(repository, StartsWith("repository http://127.0.0.1:"));
  ASSERT_THAT(admin, StartsWith("admin http://127.0.0.1:"));
  EXPECT_THAT(admin, ::testing::EndsWith("/v1"));
  EXPECT_EQ(Status(Ask(repository, "GET", "/plugins.db")), 200);
  EXPECT_EQ(Status(Ask(admin, "GET", "/v1/faults")), 200);
  repo.Signal(SIGTERM);
  EXPECT_EQ(repo.ExitCode(), 0);
}

TEST(RepoCommand, EndsOnSigintAlsoWhileAClientHangs) {
  Process repo({"repo", "--fault", R"({"target": "plugins.db", "do": {"hang": 10}})"});
  const std::string repository = repo.Line();
  ASSERT_THAT(repository, StartsWith("repository http://"));
  const std::optional<http::Url> url = http::ParseUrl(repository.substr(11));
  http::ClientOptions options;
  options.host = url->host;
  options.port = url->port;
  http::Request request;
  request.method = "GET";
  request.target = "/plugins.db";
  EXPECT_EQ(http::Client(options).Send(request, std::chrono::milliseconds(100)).outcome, http::Outcome::kTimeout);
  repo.Signal(SIGINT);
  EXPECT_EQ(repo.ExitCode(), 0);
}

TEST(RepoCommand, AppliesTheFaultsItWasStartedWith) {
  Process repo({"repo", "--fault", R"({"target": "plugins.db", "do": {"status": 404}, "request": 2})", "--fault",
                R"({"target": "acme", "do": {"status": 500}})"});
  const std::string repository = repo.Line();
  EXPECT_EQ(Status(Ask(repository, "GET", "/plugins.db")), 200);
  EXPECT_EQ(Status(Ask(repository, "GET", "/plugins.db")), 404);
  EXPECT_EQ(Status(Ask(repository, "GET", "/plugins.db")), 200);
  EXPECT_EQ(Status(Ask(repository, "GET", "/acme-1.0.tar.bz2")), 500);
}

TEST(RepoCommand, RefusesFaultsThatAreNone) {
  for (const char* fault :
       {"{", "[]", R"({"target": "plugins.db"})", R"({"target": "plugins.db", "do": {"explode": true}})", R"({"do": {"status": 404}})"}) {
    SCOPED_TRACE(fault);
    Process repo({"repo", "--fault", fault});
    EXPECT_THAT(repo.Errors(), HasSubstr(std::string("--fault '") + fault + "'"));
    EXPECT_EQ(repo.ExitCode(), 2);
  }
}

TEST(RepoCommand, ServesAFolderAndNamesWhatItLeavesOut) {
  const TemporaryDirectory folder;
  fs::copy("fixtures/plugins/minimal.tar.bz2", folder.path());
  std::ofstream(folder.path() / "broken.tar.bz2") << "not an archive";
  Process repo({"repo", "--dir", folder.path()});
  const std::string repository = repo.Line();
  const http::Exchange seen = Ask(repository, "GET", "/plugins.db");
  ASSERT_EQ(Status(seen), 200);
  const Json database = Json::parse(seen.response->body);
  EXPECT_EQ(database.size(), 1u);
  EXPECT_EQ(database.at("minimal").at("filename"), "minimal.tar.bz2");
  EXPECT_EQ(Status(Ask(repository, "GET", "/minimal.tar.bz2")), 200);
  repo.Signal(SIGTERM);
  EXPECT_EQ(repo.ExitCode(), 0);
  EXPECT_THAT(repo.Errors(), HasSubstr("broken.tar.bz2"));
}

TEST(RepoCommand, SaysThatAFolderIsNotThere) {
  Process repo({"repo", "--dir", "/nowhere/at/all"});
  EXPECT_THAT(repo.Errors(), HasSubstr("/nowhere/at/all"));
  EXPECT_EQ(repo.ExitCode(), 3);
}

TEST(RepoCommand, SaysThatAPortIsTaken) {
  Process first({"repo"});
  const std::string port = first.Line().substr(std::string("repository http://127.0.0.1:").size());
  Process second({"repo", "--port", port});
  EXPECT_THAT(second.Errors(), HasSubstr(port));
  EXPECT_EQ(second.ExitCode(), 3);
}

TEST(RepoCommand, ServesTheManualsListToTheLetter) {
  Process repo({"repo", "--documented-list"});
  const http::Exchange seen = Ask(repo.Line(), "GET", "/plugins.db");
  ASSERT_EQ(Status(seen), 200);
  const Json database = Json::parse(seen.response->body);
  EXPECT_EQ(database.at("null").at("sha1sum"), "90b2fb6c2b135a9d539488b6a85779dd95e0e876");
  EXPECT_EQ(database.size(), 2u);
}

TEST(RepoCommand, WritesItsJournalToAFile) {
  const TemporaryDirectory folder;
  const fs::path file = folder.path() / "journal";
  Process repo({"repo", "--journal", file});
  Ask(repo.Line(), "GET", "/nowhere");
  repo.Signal(SIGTERM);
  ASSERT_EQ(repo.ExitCode(), 0);
  const Result<std::string> text = ReadFile(file);
  ASSERT_TRUE(text) << text.error().message;
  const Json entry = Json::parse(*text);
  EXPECT_EQ(entry.at("path"), "/nowhere");
  EXPECT_EQ(entry.at("status"), 404);
}

TEST(RepoCommand, RefusesOptionsThatContradict) {
  Process repo({"repo", "--dir", ".", "--documented-list"});
  EXPECT_EQ(repo.ExitCode(), 2);
}

TEST(RepoCommand, HelpShowsExamples) {
  Process repo({"repo", "--help"});
  std::string help;
  for (int lines = 0; lines < 100 && help.find("Examples:") == std::string::npos; ++lines) help += repo.Line() + "\n";
  EXPECT_THAT(help, HasSubstr("Examples:"));
}

}  // namespace
}  // namespace provdlab::tools
