// The repository over real sockets: what it serves, each misbehaviour, holds, journal, admin port.

#include "simulator/repository/repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <fstream>
#include <functional>
#include <future>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/files.h"
#include "base/http/client.h"
#include "simulator/repository/admin.h"
#include "simulator/repository/embedded_fixtures.h"
#include "simulator/repository/package.h"

namespace provdlab::repository {
namespace {

using http::Exchange;
using http::Outcome;
using ::testing::HasSubstr;
using ::testing::SizeIs;
constexpr std::chrono::seconds kDeadline{20};

Exchange Ask(std::uint16_t port, const std::string& method, const std::string& target, const std::string& body = "",
             std::chrono::milliseconds deadline = kDeadline) {
  http::ClientOptions options;
  options.host = "127.0.0.1";
  options.port = port;
  http::Request request;
  request.method = method;
  request.target = target;
  request.body = body;
  request.headers.Set("User-Agent", "xivo-fetchfw/1.0");
  return http::Client(options).Send(request, deadline);
}

int Status(const Exchange& seen) { return seen.response ? seen.response->status : 0; }
std::string Body(const Exchange& seen) { return seen.response ? seen.response->body : "(" + seen.problem + ")"; }
std::string HeaderOf(const Exchange& seen, const char* name) {
  return seen.response ? seen.response->headers.Get(name).value_or("(none)") : "(none)";
}
// What came of the body, also of an answer that was not whole.
std::string Arrived(const Exchange& seen) {
  const std::size_t end = seen.received.find("\r\n\r\n");
  return end == std::string::npos ? "" : seen.received.substr(end + 4);
}

class ARepository : public ::testing::Test {
 protected:
  void SetUp() override {
    const Result<std::uint16_t> port = repository_.Start();
    ASSERT_TRUE(port) << port.error().message;
    package_ = *repository_.Publish({.id = "run1-a", .fixture = "minimal", .bytes = 20'000});
    right_ = Body(Get(package_.file));
    ASSERT_EQ(right_.size(), package_.size);
    repository_.journal().Clear();
  }

  Exchange Get(const std::string& path, std::chrono::milliseconds deadline = kDeadline) {
    return Ask(repository_.port(), "GET", "/" + path, "", deadline);
  }
  int Switch(const std::string& target, const std::string& action, std::optional<int> times = {}, std::optional<int> request = {}) {
    const Result<int> id = repository_.AddFault({.target = target, .action = Json::parse(action), .times = times, .request = request});
    EXPECT_TRUE(id) << id.error().message;
    return id.value_or(0);
  }
  // What the package's own answer looks like under an action.
  Exchange Under(const std::string& action, std::chrono::milliseconds deadline = kDeadline) {
    Switch("run1-a", action, 1);
    return Get(package_.file, deadline);
  }
  Json Database() { return Json::parse(Body(Get("plugins.db"))); }

  Repository repository_{{}};
  Published package_;
  std::string right_;
};

TEST_F(ARepository, ServesPluginsDbWithRightSizesAndSums) {
  const Exchange seen = Get("plugins.db");
  EXPECT_EQ(Status(seen), 200);
  EXPECT_EQ(HeaderOf(seen, "Content-Type"), "application/json");
  const Json database = Json::parse(Body(seen));
  for (const char* id :
       {"acme", "null", "run1-a", "xivo-aastra-3.3.1-SP2", "xivo-aastra-4.3.0", "xivo-polycom-4.0.4", "xivo-polycom-5.4.3"}) {
    ASSERT_TRUE(database.contains(id)) << id;
    const Json& entry = database.at(id);
    const Exchange file = Get(entry.at("filename"));
    ASSERT_EQ(Status(file), 200) << id;
    EXPECT_EQ(entry.at("dsize"), Body(file).size());
    EXPECT_EQ(entry.at("sha1sum"), Sha1Hex(Body(file)));
  }
  EXPECT_EQ(database.size(), 7u);
  EXPECT_EQ(Body(seen), repository_.Database());
}

TEST_F(ARepository, ServesTheFilesOfItsPackages) {
  ASSERT_TRUE(repository_.Publish({.id = "run1-b", .fixture = "acme"}));
  EXPECT_EQ(Body(Get("files/run1-b/x1-1.0.bin")).size(), 120'000u);
  EXPECT_EQ(Body(Get("files/run1-b/x1-1.0.bin")), Body(Get("files/acme/x1-1.0.bin")));
  EXPECT_EQ(Status(Get("files/run1-b/nothing.bin")), 404);
}

TEST_F(ARepository, AnswersHeadWithoutBody) {
  const Exchange seen = Ask(repository_.port(), "HEAD", "/" + package_.file);
  EXPECT_EQ(Status(seen), 200);
  EXPECT_EQ(HeaderOf(seen, "Content-Length"), std::to_string(package_.size));
  EXPECT_EQ(Arrived(seen), "");
}

TEST_F(ARepository, RefusesWhatItDoesNotServe) {
  const struct {
    const char *method, *target;
    int status;
  } cases[] = {
      {"GET", "/", 404},
      {"GET", "/nowhere", 404},
      {"GET", "/files/", 404},
      {"GET", "/../etc/passwd", 400},
      {"GET", "/files/../plugins.db", 400},
      {"GET", "/%2e%2e/etc/passwd", 400},
      {"GET", "/files/acme/..%2f..%2fplugins.db", 400},
      {"GET", "/..%5cplugins.db", 400},
      {"GET", "/plugins.db%00", 400},
      {"GET", "/%zz", 400},
      {"GET", "/./plugins.db", 400},
      {"POST", "/plugins.db", 405},
      {"DELETE", "/acme-1.0.tar.bz2", 405},
  };
  for (const auto& one : cases) {
    const Exchange seen = Ask(repository_.port(), one.method, one.target);
    EXPECT_EQ(Status(seen), one.status) << one.method << " " << one.target << ": " << seen.problem;
    EXPECT_EQ(HeaderOf(seen, "Content-Type"), "text/plain; charset=utf-8") << one.target;
  }
  EXPECT_EQ(Status(Get("plugins%2Edb?x=1")), 200) << "an encoded spelling is the same file";
}

// --- publications

TEST_F(ARepository, PublishesAnewUnderTheSameId) {
  const Result<Published> second = repository_.Publish({.id = "run1-a", .version = "2.0"});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->file, "run1-a-2.0.tar.bz2");
  EXPECT_EQ(Database().at("run1-a").at("version"), "2.0");
  EXPECT_EQ(Status(Get(package_.file)), 404);
  EXPECT_EQ(Status(Get(second->file)), 200);
}

TEST_F(ARepository, ReplacesBytesUnderTheSameVersion) {
  const Result<Published> second = repository_.Publish({.id = "run1-a", .keep_entry = true});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->file, package_.file);
  EXPECT_EQ(second->version, package_.version);
  EXPECT_NE(second->sha1sum, package_.sha1sum);
  EXPECT_EQ(Database().at("run1-a").at("sha1sum"), second->sha1sum);
  EXPECT_EQ(Sha1Hex(Body(Get(package_.file))), second->sha1sum);
  EXPECT_EQ(repository_.Publish({.id = "unknown", .keep_entry = true}).error().kind, ErrorKind::kNotFound);
}

TEST_F(ARepository, OverlaysAndDropsMembersOfAnEntry) {
  ASSERT_TRUE(repository_.Publish(
      {.id = "run1-b", .entry = {{"sha1sum", "zz"}, {"filename", "../outside.tar.bz2"}}, .without_entry = {"version", "none"}}));
  const Json entry = Database().at("run1-b");
  EXPECT_EQ(entry.at("sha1sum"), "zz");
  EXPECT_EQ(entry.at("filename"), "../outside.tar.bz2");
  EXPECT_FALSE(entry.contains("version"));
}

TEST_F(ARepository, ListsUnlistsAndRemoves) {
  const Published hidden = *repository_.Publish({.id = "run1-b", .listed = false});
  EXPECT_FALSE(Database().contains("run1-b"));
  EXPECT_EQ(Status(Get(hidden.file)), 200);
  EXPECT_TRUE(repository_.List("run1-b"));
  EXPECT_TRUE(Database().contains("run1-b"));
  EXPECT_TRUE(repository_.Unlist("run1-b"));
  EXPECT_FALSE(Database().contains("run1-b"));
  EXPECT_TRUE(repository_.Remove("run1-b"));
  EXPECT_EQ(Status(Get(hidden.file)), 404);
  for (const Result<>& refused : {repository_.List("run1-b"), repository_.Unlist("run1-b"), repository_.Remove("run1-b")}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::kNotFound);
  }
}

TEST_F(ARepository, MintsManyAtOnce) {
  const std::size_t listed = Database().size();
  std::vector<std::future<Result<Published>>> minting;
  for (int i = 0; i < 24; ++i) {
    minting.push_back(std::async(std::launch::async, [this, i] {
      return repository_.Publish({.id = "many-" + std::to_string(i), .fixture = i % 2 == 0 ? "acme" : "minimal", .bytes = 5000});
    }));
  }
  std::set<std::string> sums;
  for (auto& one : minting) {
    const Result<Published> published = one.get();
    ASSERT_TRUE(published) << published.error().message;
    sums.insert(published->sha1sum);
    EXPECT_EQ(Sha1Hex(Body(Get(published->file))), published->sha1sum);
  }
  EXPECT_THAT(sums, SizeIs(24));
  EXPECT_EQ(Database().size(), listed + 24u);
}

// --- misbehaving

TEST_F(ARepository, AnswersWithAStatus) {
  for (const int status : {400, 401, 403, 404, 410, 429, 500, 502, 599}) {
    EXPECT_EQ(Status(Under(R"({"status": )" + std::to_string(status) + "}")), status);
  }
  const Exchange busy = Under(R"({"status": 503, "retry_after": 7})");
  EXPECT_EQ(Status(busy), 503);
  EXPECT_EQ(HeaderOf(busy, "Retry-After"), "7");
  EXPECT_EQ(HeaderOf(Under(R"({"status": 401})"), "WWW-Authenticate"), "Basic realm=\"plugins\"");
  EXPECT_EQ(Body(Under(R"({"status": 203})")), right_) << "what is no refusal keeps its body";
  EXPECT_EQ(Body(Get(package_.file)), right_) << "each applied once";
}

TEST_F(ARepository, RedirectsAndLoops) {
  const Exchange elsewhere = Under(R"({"redirect": "/null-1.0.tar.bz2"})");
  EXPECT_EQ(Status(elsewhere), 302);
  EXPECT_EQ(HeaderOf(elsewhere, "Location"), "/null-1.0.tar.bz2");
  const Exchange moved = Under(R"({"redirect": "http://127.0.0.1:9/x", "status": 301})");
  EXPECT_EQ(Status(moved), 301);
  EXPECT_EQ(HeaderOf(moved, "Location"), "http://127.0.0.1:9/x");
  EXPECT_EQ(HeaderOf(Under(R"({"redirect_loop": true})"), "Location"), "/" + package_.file);
}

TEST_F(ARepository, AnswersWithOtherContent) {
  const Exchange page = Under(R"({"as": "html"})");
  EXPECT_EQ(Status(page), 200);
  EXPECT_THAT(HeaderOf(page, "Content-Type"), HasSubstr("text/html"));
  EXPECT_THAT(Body(page), HasSubstr("<html>"));
  EXPECT_EQ(Body(Under(R"({"as": "empty"})")), "");
  EXPECT_EQ(Body(Under(R"({"as": "half"})")), right_.substr(0, right_.size() / 2));
  EXPECT_EQ(Body(Under(R"({"body": "[]"})")), "[]");
  const Exchange error_page = Under(R"({"as": "html", "status": 500})");
  EXPECT_EQ(Status(error_page), 500);
  EXPECT_THAT(Body(error_page), HasSubstr("<html>"));
}

TEST_F(ARepository, AnswersPluginsDbThatIsNone) {
  for (const char* action : {R"({"as": "not-json"})", R"({"as": "half"})", R"({"as": "empty"})", R"({"as": "html"})"}) {
    Switch("plugins.db", action, 1);
    const Exchange seen = Get("plugins.db");
    EXPECT_EQ(Status(seen), 200);
    EXPECT_FALSE(ParseJson(Body(seen))) << action;
  }
  Switch("plugins.db", R"({"as": "documented"})", 1);
  EXPECT_EQ(Database().at("null").at("dsize"), 1073);
}

TEST_F(ARepository, PatchesEntriesOfPluginsDb) {
  Switch("plugins.db", R"({"entry": {"id": "acme", "set": {"sha1sum": "0"}, "drop": ["version"]}})");
  Switch("plugins.db", R"({"entry": {"drop": ["dsize"]}})");
  const Json database = Database();
  EXPECT_EQ(database.at("acme").at("sha1sum"), "0");
  EXPECT_FALSE(database.at("acme").contains("version"));
  EXPECT_TRUE(database.at("null").contains("version"));
  for (const auto& [id, entry] : database.items()) EXPECT_FALSE(entry.contains("dsize")) << id;
}

TEST_F(ARepository, FlipsBytes) {
  std::string expected = right_;
  expected[100] = static_cast<char>(~expected[100]);
  EXPECT_EQ(Body(Under(R"({"corrupt": 100})")), expected);
  expected[101] = static_cast<char>(~expected[101]);
  EXPECT_EQ(Body(Under(R"({"corrupt": {"from": 100, "bytes": 2}})")), expected);
  const std::string late = Body(Under(R"({"corrupt": 99999999})"));
  EXPECT_EQ(late.size(), right_.size());
  EXPECT_NE(late, right_) << "beyond the end means the last byte";
}

TEST_F(ARepository, ServesOtherBytesUnderTheSameName) {
  const std::string other = Body(Under(R"({"other_bytes": true})"));
  EXPECT_NE(other, right_);
  EXPECT_EQ(other.substr(0, 3), "BZh") << "an archive, as good as the right one";
  EXPECT_EQ(Database().at("run1-a").at("sha1sum"), Sha1Hex(right_)) << "plugins.db knows nothing of it";
  Switch("files/acme/x1-1.0.bin", R"({"other_bytes": true})", 1);
  const std::string noise = Body(Get("files/acme/x1-1.0.bin"));
  EXPECT_EQ(noise.size(), 120'000u);
  EXPECT_NE(noise, Body(Get("files/acme/x1-1.0.bin")));
}

TEST_F(ARepository, LiesAboutTheLength) {
  const Exchange more = Under(R"({"length": "+5"})");
  EXPECT_EQ(more.outcome, Outcome::kClosed) << more.problem;
  EXPECT_THAT(more.received, HasSubstr("Content-Length: " + std::to_string(right_.size() + 5)));
  const Exchange less = Under(R"({"length": 10})");
  ASSERT_TRUE(less.response) << less.problem;
  EXPECT_EQ(Body(less), right_.substr(0, 10));
}

TEST_F(ARepository, SendsChunks) {
  const Exchange seen = Under(R"({"chunked": true})");
  EXPECT_EQ(HeaderOf(seen, "Content-Length"), "(none)");
  EXPECT_EQ(Body(seen), right_);
}

TEST_F(ARepository, SetsHeaders) {
  const Exchange seen = Under(R"({"headers": {"Content-Type": "text/plain", "X-Seen": "yes"}})");
  EXPECT_EQ(HeaderOf(seen, "Content-Type"), "text/plain");
  EXPECT_EQ(HeaderOf(seen, "X-Seen"), "yes");
}

TEST_F(ARepository, CutsTheConnection) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{1000}}) {
    const Exchange seen = Under(R"({"cut": )" + std::to_string(bytes) + "}");
    EXPECT_EQ(seen.outcome, Outcome::kClosed) << seen.problem;
    EXPECT_EQ(Arrived(seen), right_.substr(0, bytes));
  }
  EXPECT_EQ(Under(R"({"cut": 1000, "chunked": true})").outcome, Outcome::kClosed) << "also where no length gives it away";
  EXPECT_EQ(Body(Under(R"({"cut": 99999999})")), right_);
}

TEST_F(ARepository, ClosesAndResetsWithoutAByte) {
  for (const char* action : {R"({"close": true})", R"({"reset": true})"}) {
    const Exchange seen = Under(action);
    EXPECT_EQ(seen.outcome, Outcome::kClosed) << action << ": " << seen.problem;
    EXPECT_EQ(seen.received, "");
  }
}

TEST_F(ARepository, HangsBeforeOrWithinTheBody) {
  const Exchange silent = Under(R"({"hang": true})", std::chrono::milliseconds(100));
  EXPECT_EQ(silent.outcome, Outcome::kTimeout);
  EXPECT_EQ(silent.received, "");
  const Exchange within = Under(R"({"hang": 700})", std::chrono::seconds(2));
  EXPECT_EQ(within.outcome, Outcome::kTimeout);
  EXPECT_EQ(Arrived(within), right_.substr(0, 700));
}

TEST_F(ARepository, TakesItsTime) {
  EXPECT_GE(Under(R"({"delay": 60})").elapsed, std::chrono::milliseconds(55));
  const Exchange slow = Under(R"({"bandwidth": 200000})");
  EXPECT_EQ(Body(slow), right_);
  EXPECT_GE(slow.elapsed, std::chrono::milliseconds(80)) << "20 kB at 200 kB a second";
}

TEST_F(ARepository, FaultsMeetTheRequestsThatTheyAreMeantFor) {
  Switch("plugins.db", R"({"status": 404})", {}, 2);
  EXPECT_EQ(Status(Get(package_.file)), 200) << "another target";
  EXPECT_EQ(Status(Get("plugins.db")), 200);
  EXPECT_EQ(Status(Get("plugins.db")), 404) << "the second";
  EXPECT_EQ(Status(Get("plugins.db")), 200);
  EXPECT_EQ(repository_.faults(), Json::array()) << "it has ended";

  Switch("*", R"({"status": 500})", 2);
  EXPECT_EQ(Status(Get("plugins.db")), 500);
  EXPECT_EQ(Status(Get("nowhere")), 500);
  EXPECT_EQ(Status(Get("plugins.db")), 200);

  Switch("run1-a", R"({"status": 500})", 2, 2);
  EXPECT_EQ(Status(Get(package_.file)), 200);
  EXPECT_EQ(Status(Get(package_.file)), 500);
  EXPECT_EQ(Status(Get(package_.file)), 500);
  EXPECT_EQ(Status(Get(package_.file)), 200);
}

TEST_F(ARepository, FaultsAddUpAndAreTakenBack) {
  const int status = Switch("plugins.db", R"({"status": 500})");
  const int page = Switch("*", R"({"as": "html"})");
  const Exchange both = Get("plugins.db");
  EXPECT_EQ(Status(both), 500);
  EXPECT_THAT(Body(both), HasSubstr("<html>"));
  EXPECT_EQ(repository_.faults().at(0),
            Json::parse(R"({"id": 1, "target": "plugins.db", "do": {"status": 500}, "times": null, "request": null,
                                                        "hits": 1, "remaining": null})"));
  EXPECT_TRUE(repository_.RemoveFault(status));
  EXPECT_EQ(Status(Get("plugins.db")), 200);
  EXPECT_TRUE(repository_.RemoveFault(page));
  EXPECT_FALSE(repository_.RemoveFault(page));
  Switch("*", R"({"status": 500})");
  repository_.RemoveFaults();
  EXPECT_EQ(Status(Get("plugins.db")), 200);
}

TEST_F(ARepository, RefusesFaultsThatAreNone) {
  EXPECT_FALSE(repository_.AddFault({.target = "", .action = {{"status", 404}}}));
  EXPECT_FALSE(repository_.AddFault({.target = "acme", .action = {{"explode", true}}}));
  EXPECT_FALSE(repository_.AddFault({.target = "acme", .action = {{"status", 404}}, .times = 0}));
  EXPECT_FALSE(repository_.AddFault({.target = "acme", .action = {{"status", 404}}, .request = 0}));
}

// --- holds

TEST_F(ARepository, HoldsATransferAtAByteUntilReleased) {
  ASSERT_TRUE(repository_.Hold("run1-a", 500));
  auto download = std::async(std::launch::async, [this] { return Get(package_.file); });
  ASSERT_TRUE(repository_.AwaitHeld("run1-a", kDeadline));
  EXPECT_EQ(Status(Get("plugins.db")), 200) << "others are served meanwhile";
  EXPECT_EQ(download.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  ASSERT_TRUE(repository_.Release("run1-a"));
  EXPECT_EQ(Body(download.get()), right_);
  EXPECT_EQ(Body(Get(package_.file)), right_) << "the hold has gone";
}

TEST_F(ARepository, ResetReleasesAndForgets) {
  ASSERT_TRUE(repository_.Hold("run1-a", 500));
  Switch("plugins.db", R"({"status": 500})");
  auto download = std::async(std::launch::async, [this] { return Get(package_.file); });
  ASSERT_TRUE(repository_.AwaitHeld("run1-a", kDeadline));
  const std::uint64_t before = repository_.last_sequence();
  repository_.Reset();
  EXPECT_EQ(Body(download.get()), right_);
  EXPECT_EQ(repository_.Journal().size(), 0u);
  EXPECT_EQ(Status(Get("plugins.db")), 200);
  EXPECT_GT(repository_.last_sequence(), before) << "numbers are not reused";
  EXPECT_FALSE(Database().contains("run1-a"));
  EXPECT_EQ(Status(Get(package_.file)), 404);
}

TEST_F(ARepository, StopsAlthoughATransferIsHeldOrHangs) {
  ASSERT_TRUE(repository_.Hold("run1-a", 500));
  Switch("acme", R"({"hang": 10})");
  Switch("null", R"({"hang": true})");
  auto held = std::async(std::launch::async, [this] { return Get(package_.file); });
  auto hanging = std::async(std::launch::async, [this] { return Get("acme-1.0.tar.bz2"); });
  auto silent = std::async(std::launch::async, [this] { return Get("null-1.0.tar.bz2"); });
  ASSERT_TRUE(repository_.AwaitHeld("run1-a", kDeadline));
  const auto before = std::chrono::steady_clock::now();
  repository_.Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
  for (auto* one : {&held, &hanging, &silent}) EXPECT_NE(one->get().outcome, Outcome::kTimeout);
}

// --- the journal

// Waits for entries whose answers have ended: `bytes` and `whole` come a moment after the client has read.
class AJournal : public ::testing::Test {
 protected:
  AJournal()
      : repository_({.on_request = [this](const Json& entry) {
          const std::scoped_lock lock(mutex_);
          ended_.push_back(entry);
          came_.notify_all();
        }}) {}
  void SetUp() override { ASSERT_TRUE(repository_.Start()); }

  Json Ended(std::size_t which) {
    std::unique_lock lock(mutex_);
    if (!came_.wait_for(lock, kDeadline, [&] { return ended_.size() > which; })) return {};
    return ended_[which];
  }

  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Json> ended_;
  Repository repository_;  // last: its threads call back
};

TEST_F(AJournal, SaysWhatWasAskedAndAnswered) {
  const std::string body = Body(Ask(repository_.port(), "GET", "/acme-1.0.tar.bz2?x=1"));
  const Json entry = Ended(0);
  EXPECT_EQ(entry.at("sequence"), 1);
  EXPECT_EQ(entry.at("method"), "GET");
  EXPECT_EQ(entry.at("path"), "/acme-1.0.tar.bz2?x=1");
  EXPECT_EQ(entry.at("target"), "acme");
  EXPECT_EQ(entry.at("peer"), "127.0.0.1");
  EXPECT_EQ(entry.at("user_agent"), "xivo-fetchfw/1.0");
  EXPECT_EQ(entry.at("status"), 200);
  EXPECT_EQ(entry.at("bytes"), body.size());
  EXPECT_EQ(entry.at("whole"), true);
  EXPECT_EQ(entry.at("fault"), "");
}

TEST_F(AJournal, SaysWhatWentWrongOnPurpose) {
  ASSERT_TRUE(repository_.AddFault({.target = "acme", .action = {{"cut", 100}}, .times = 1}));
  ASSERT_TRUE(repository_.AddFault({.target = "null", .action = {{"close", true}}, .times = 1}));
  Ask(repository_.port(), "GET", "/acme-1.0.tar.bz2");
  const Json cut = Ended(0);
  EXPECT_EQ(cut.at("bytes"), 100);
  EXPECT_EQ(cut.at("whole"), false);
  EXPECT_EQ(Json::parse(cut.at("fault").get<std::string>()), Json::parse(R"({"cut": 100})"));
  Ask(repository_.port(), "GET", "/null-1.0.tar.bz2");
  const Json closed = Ended(1);
  EXPECT_EQ(closed.at("status"), 0);
  EXPECT_EQ(closed.at("whole"), false);
}

TEST_F(AJournal, IsFilteredByTargetAndNumber) {
  for (const char* path : {"/plugins.db", "/files/acme/x1-1.0.bin", "/nowhere", "/plugins.db"}) Ask(repository_.port(), "GET", path);
  EXPECT_THAT(repository_.Journal(), SizeIs(4));
  EXPECT_THAT(repository_.Journal(0, "plugins.db"), SizeIs(2));
  EXPECT_THAT(repository_.Journal(1, "plugins.db"), SizeIs(1));
  EXPECT_THAT(repository_.Journal(0, "files/acme/x1-1.0.bin"), SizeIs(1));
  EXPECT_EQ(repository_.Journal(0, "nowhere").at(0).status, 404);
  EXPECT_EQ(repository_.last_sequence(), 4u);
}

// --- other ways to start

TEST(RepositoryOptions, TheDocumentedListIsServedToTheLetterBesideOurBytes) {
  Repository repository({.documented_list = true});
  ASSERT_TRUE(repository.Start());
  const Json database = Json::parse(Body(Ask(repository.port(), "GET", "/plugins.db")));
  EXPECT_EQ(database.size(), 2u);
  const Json& entry = database.at("xivo-aastra-3.3.1-SP2");
  EXPECT_EQ(entry.at("sha1sum"), "68dbed6afa87cf624a89166bdc6bdf7413cb84df");
  const Exchange file = Ask(repository.port(), "GET", "/" + entry.at("filename").get<std::string>());
  EXPECT_EQ(Status(file), 200);
  EXPECT_NE(Sha1Hex(Body(file)), entry.at("sha1sum"));
}

TEST(RepositoryOptions, OfAFolderTheHighestVersionIsListedAndAllAreServed) {
  const TemporaryDirectory folder;
  Repository mint({});
  ASSERT_TRUE(mint.Start());
  for (const char* version : {"1.9", "1.10"}) {
    const Published published = *mint.Publish({.id = "mine", .fixture = "minimal", .version = version});
    std::ofstream(folder.path() / published.file, std::ios::binary) << Body(Ask(mint.port(), "GET", "/" + published.file));
  }
  std::ofstream(folder.path() / "bad.tar.bz2") << "bad";
  Repository repository({.directory = folder.path()});
  ASSERT_TRUE(repository.Start());
  EXPECT_THAT(repository.problems(), SizeIs(1));
  const Json database = Json::parse(Body(Ask(repository.port(), "GET", "/plugins.db")));
  EXPECT_EQ(database.size(), 1u);
  EXPECT_EQ(database.at("mine").at("version"), "1.10");
  EXPECT_EQ(Status(Ask(repository.port(), "GET", "/mine-1.10.tar.bz2")), 200);
  EXPECT_EQ(Status(Ask(repository.port(), "GET", "/mine-1.9.tar.bz2")), 200);
  ASSERT_TRUE(repository.Publish({.id = "minted", .fixture = "minimal"})) << "fixtures can be minted besides";
}

TEST(RepositoryOptions, AFolderIsLookedAtAgainForEachList) {
  const TemporaryDirectory folder;
  std::mutex mutex;
  std::vector<std::string> told;
  Repository repository({.directory = folder.path(), .on_problem = [&](const std::string& problem) {
                           const std::scoped_lock lock(mutex);
                           told.push_back(problem);
                         }});
  ASSERT_TRUE(repository.Start());
  const auto put = [&](const std::string& file, const std::string& id, const std::string& version) {
    const Result<Package> package = Build(EmbeddedFixtures(), {.id = id, .fixture = "minimal", .version = version});
    ASSERT_TRUE(WriteFileAtomically(folder.path() / file, *package->archive));
  };
  const auto database = [&] { return Json::parse(Body(Ask(repository.port(), "GET", "/plugins.db"))); };
  EXPECT_EQ(database().size(), 0u);
  put("a.tar.bz2", "a", "1.0");
  EXPECT_EQ(database().at("a").at("version"), "1.0");
  put("a.tar.bz2", "a", "1.1");
  ASSERT_TRUE(repository.Publish({.id = "minted", .fixture = "minimal"}));
  put("b.tar.bz2", "b", "1.0");
  std::ofstream(folder.path() / "c.tar.bz2") << "bad";
  EXPECT_EQ(database().at("a").at("version"), "1.1");
  EXPECT_EQ(database().size(), 3u) << "a, b, and what was minted";
  EXPECT_EQ(Sha1Hex(Body(Ask(repository.port(), "GET", "/a.tar.bz2"))), database().at("a").at("sha1sum"));
  EXPECT_THAT(told, ::testing::ElementsAre(HasSubstr("c.tar.bz2"))) << "once";
  EXPECT_THAT(repository.problems(), SizeIs(1));
  std::filesystem::remove(folder.path() / "b.tar.bz2");
  EXPECT_FALSE(database().contains("b"));
}

TEST(RepositoryOptions, AFolderMayHaveFilesBesideItsPackages) {
  const TemporaryDirectory folder;
  std::filesystem::create_directories(folder.path() / "files" / "mine");
  std::ofstream(folder.path() / "files" / "mine" / "x1.bin") << "firmware";
  std::ofstream(folder.path() / "secret") << "x";
  Repository repository({.directory = folder.path()});
  ASSERT_TRUE(repository.Start());
  EXPECT_EQ(Body(Ask(repository.port(), "GET", "/files/mine/x1.bin")), "firmware");
  std::ofstream(folder.path() / "files" / "mine" / "x1.bin") << "newer";
  EXPECT_EQ(Body(Ask(repository.port(), "GET", "/files/mine/x1.bin")), "newer");
  for (const char* path : {"/secret", "/files/mine", "/files/mine/x2.bin", "/files/../secret", "/files/%2e%2e/secret"})
    EXPECT_GE(Status(Ask(repository.port(), "GET", path)), 400) << path;
}

TEST(RepositoryOptions, ContradictionsAndFoldersThatAreNotThereAreErrors) {
  EXPECT_EQ(Repository({.directory = "/nowhere/at/all"}).Start().error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(Repository({.directory = "/tmp", .documented_list = true}).Start().error().kind, ErrorKind::kInvalid);
}

// --- the admin port

class AnAdminPort : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(repository_.Start());
    const Result<std::uint16_t> port = admin_.Start();
    ASSERT_TRUE(port) << port.error().message;
    port_ = *port;
  }
  Exchange Tell(const std::string& method, const std::string& path, const std::string& body = "") { return Ask(port_, method, path, body); }

  Repository repository_{{}};
  RepositoryAdmin admin_{repository_, {}};
  std::uint16_t port_ = 0;
};

TEST_F(AnAdminPort, SwitchesFaultsWhileItServes) {
  const Exchange on = Tell("POST", "/v1/faults", R"({"target": "plugins.db", "do": {"status": 404}, "request": 2})");
  ASSERT_EQ(Status(on), 201) << Body(on);
  EXPECT_EQ(Status(Ask(repository_.port(), "GET", "/plugins.db")), 200);
  EXPECT_EQ(Status(Ask(repository_.port(), "GET", "/plugins.db")), 404);
  const Json faults = Json::parse(Body(Tell("GET", "/v1/faults")));
  EXPECT_EQ(faults.at("active"), Json::array());
  EXPECT_GT(faults.at("available").size(), 10u);
}

TEST_F(AnAdminPort, MintsAndTakesAway) {
  const auto listed = [this] { return Json::parse(Body(Tell("GET", "/v1/packages"))).at("packages").size(); };
  const std::size_t before = listed();
  const Exchange minted = Tell("POST", "/v1/packages", R"({"id": "run1-a", "fixture": "acme", "version": "2.0", "listed": false})");
  ASSERT_EQ(Status(minted), 201) << Body(minted);
  EXPECT_EQ(Json::parse(Body(minted)).at("file"), "run1-a-2.0.tar.bz2");
  EXPECT_EQ(Status(Ask(repository_.port(), "GET", "/run1-a-2.0.tar.bz2")), 200);
  EXPECT_EQ(listed(), before + 1);
  EXPECT_EQ(Status(Tell("PUT", "/v1/listed/run1-a")), 204);
  EXPECT_TRUE(Json::parse(repository_.Database()).contains("run1-a"));
  EXPECT_EQ(Status(Tell("DELETE", "/v1/listed/run1-a")), 204);
  EXPECT_EQ(Status(Tell("DELETE", "/v1/packages/run1-a")), 204);
  EXPECT_EQ(Status(Tell("DELETE", "/v1/packages/run1-a")), 404);
}

TEST_F(AnAdminPort, HoldsAndReleases) {
  ASSERT_EQ(Status(Tell("POST", "/v1/holds", R"({"target": "files/acme/x1-1.0.bin", "bytes": 100})")), 201);
  auto download = std::async(std::launch::async, [this] { return Ask(repository_.port(), "GET", "/files/acme/x1-1.0.bin"); });
  ASSERT_TRUE(repository_.AwaitHeld("files/acme/x1-1.0.bin", kDeadline));
  EXPECT_EQ(Json::parse(Body(Tell("GET", "/v1/holds"))),
            Json::parse(R"({"holds": [{"target": "files/acme/x1-1.0.bin", "bytes": 100, "standing": 1}]})"));
  EXPECT_EQ(Status(Tell("DELETE", "/v1/holds/files/acme/x1-1.0.bin")), 204);
  EXPECT_EQ(Body(download.get()).size(), 120'000u);
}

TEST_F(AnAdminPort, ListsFixtures) {
  const Json fixtures = Json::parse(Body(Tell("GET", "/v1/fixtures")));
  EXPECT_GT(fixtures.at("fixtures").size(), 40u);
}

TEST_F(AnAdminPort, ShowsTheJournalAndResets) {
  Ask(repository_.port(), "GET", "/plugins.db");
  EXPECT_EQ(Json::parse(Body(Tell("GET", "/v1/journal"))).at("entries").at(0).at("target"), "plugins.db");
  ASSERT_TRUE(repository_.Publish({.id = "run1-a"}));
  EXPECT_EQ(Status(Tell("POST", "/v1/reset")), 204);
  EXPECT_EQ(Json::parse(Body(Tell("GET", "/v1/journal"))).at("entries"), Json::array());
  EXPECT_FALSE(Json::parse(repository_.Database()).contains("run1-a"));
}

TEST_F(AnAdminPort, AnswersMistakesWithASentence) {
  const struct {
    const char *path, *body, *sentence;
    int status;
  } cases[] = {
      {"/v1/faults", R"({"target": "acme", "do": {"status": 404}, "often": 2})", "no member \"often\"", 400},
      {"/v1/faults", R"({"target": "acme", "do": {"status": 404}, "times": 0})", "\"times\"", 400},
      {"/v1/faults", R"({"target": 5, "do": {"status": 404}})", "\"target\"", 400},
      {"/v1/faults", R"("x")", "a fault is an object", 400},
      {"/v1/packages", R"({"id": 5})", "\"id\"", 400},
      {"/v1/packages", R"({"id": "a", "fixture": "none"})", "no fixture", 404},
      {"/v1/packages", R"({"id": "a/b"})", "without '/'", 400},
      {"/v1/packages", R"({"id": "a", "bytes": -1})", "\"bytes\"", 400},
      {"/v1/packages", R"({"id": "a", "bytes": 99999999999})", "padded", 400},
      {"/v1/packages", R"({"id": "a", "entry": []})", "object", 400},
      {"/v1/packages", R"({"id": "a", "without_entry": "version"})", "list of texts", 400},
      {"/v1/packages", R"({"id": "a", "colour": "red"})", "no member \"colour\"", 400},
      {"/v1/packages", "", "a publication is an object", 400},
      {"/v1/packages", "{", "not JSON", 400},
      {"/v1/holds", R"({"bytes": 5})", "\"target\"", 400},
      {"/v1/holds", R"([])", "a hold is an object", 400},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(std::string(one.path) + " " + one.body);
    const Exchange seen = Tell("POST", one.path, one.body);
    EXPECT_EQ(Status(seen), one.status);
    EXPECT_THAT(Body(seen), HasSubstr(one.sentence));
  }
}

}  // namespace
}  // namespace provdlab::repository
