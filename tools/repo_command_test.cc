// `provdlab repo` as a process of its own: what it prints, how it ends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/http/client.h"
#include "base/json.h"
#include "tools/command.h"
#include "tools/command_process.h"

namespace provdlab::tools {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace fs = std::filesystem;
constexpr std::chrono::seconds kDeadline{20};

// `provdlab repo` with these options.
class Repo : public CommandProcess {
 public:
  explicit Repo(std::vector<std::string> options = {}) : CommandProcess(AddRepoCommand, WithName(std::move(options))) {}

 private:
  static std::vector<std::string> WithName(std::vector<std::string> options) {
    options.insert(options.begin(), "repo");
    return options;
  }
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
  Repo repo;
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
  Repo repo({"--fault", R"({"target": "plugins.db", "do": {"hang": 10}})"});
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
  Repo repo({"--fault", R"({"target": "plugins.db", "do": {"status": 404}, "request": 2})", "--fault",
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
    Repo repo({"--fault", fault});
    EXPECT_EQ(repo.ExitCode(), 2);
    EXPECT_THAT(repo.errors(), HasSubstr(std::string("--fault '") + fault + "'"));
  }
}

TEST(RepoCommand, ServesAFolderAndNamesWhatItLeavesOut) {
  const TemporaryDirectory folder;
  fs::copy("fixtures/plugins/minimal.tar.bz2", folder.path());
  std::ofstream(folder.path() / "broken.tar.bz2") << "not an archive";
  Repo repo({"--dir", folder.path()});
  const std::string repository = repo.Line();
  const http::Exchange seen = Ask(repository, "GET", "/plugins.db");
  ASSERT_EQ(Status(seen), 200);
  const Json database = Json::parse(seen.response->body);
  EXPECT_EQ(database.size(), 1u);
  EXPECT_EQ(database.at("minimal").at("filename"), "minimal.tar.bz2");
  EXPECT_EQ(Status(Ask(repository, "GET", "/minimal.tar.bz2")), 200);
  repo.Signal(SIGTERM);
  EXPECT_EQ(repo.ExitCode(), 0);
  EXPECT_THAT(repo.errors(), HasSubstr("broken.tar.bz2"));
}

TEST(RepoCommand, SaysThatAFolderIsNotThere) {
  Repo repo({"--dir", "/nowhere/at/all"});
  EXPECT_EQ(repo.ExitCode(), 3);
  EXPECT_THAT(repo.errors(), HasSubstr("/nowhere/at/all"));
}

TEST(RepoCommand, SaysThatAPortIsTaken) {
  Repo first;
  const std::string port = first.Line().substr(std::string("repository http://127.0.0.1:").size());
  Repo second({"--port", port});
  EXPECT_EQ(second.ExitCode(), 3);
  EXPECT_THAT(second.errors(), HasSubstr(port));
}

TEST(RepoCommand, ServesTheManualsListToTheLetter) {
  Repo repo({"--documented-list"});
  const http::Exchange seen = Ask(repo.Line(), "GET", "/plugins.db");
  ASSERT_EQ(Status(seen), 200);
  const Json database = Json::parse(seen.response->body);
  EXPECT_EQ(database.at("null").at("sha1sum"), "90b2fb6c2b135a9d539488b6a85779dd95e0e876");
  EXPECT_EQ(database.size(), 2u);
}

TEST(RepoCommand, WritesItsJournalToAFile) {
  const TemporaryDirectory folder;
  const fs::path file = folder.path() / "journal";
  Repo repo({"--journal", file});
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
  Repo repo({"--dir", ".", "--documented-list"});
  EXPECT_EQ(repo.ExitCode(), 2);
}

TEST(RepoCommand, HelpShowsExamples) {
  Repo repo({"--help"});
  EXPECT_EQ(repo.ExitCode(), 0);
  EXPECT_THAT(repo.output(), HasSubstr("Examples:"));
}

}  // namespace
}  // namespace provdlab::tools
