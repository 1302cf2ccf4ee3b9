// The runner against targets that misbehave: who is blamed, who is blocked, what is put back.

#include "conformance/runner/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "base/testing/gate.h"
#include "conformance/runner/testing/fake_provd.h"
#include "simulator/proxy/relay.h"
#include "simulator/proxy/weather.h"

namespace provdlab::conformance {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kInvariants[] = {"invariant.no-5xx", "invariant.no-html-error", "invariant.monitors-can-be-deleted",
                                       "invariant.nothing-left-behind"};

std::string Scenario(const std::string& title, const std::string& rest) { return "scenario   " + title + "\nformat     1\n" + rest; }

class RunnerTest : public testing::Test {
 protected:
  RunnerTest() {
    options_.session.limits.answer = 1500ms;  // a loaded machine must not miss it
    options_.session.limits.probe = 5s;
    options_.session.limits.held = 500ms;
    options_.session.limits.update = 1000ms;
    options_.session.limits.settle = 500ms;
    options_.session.run_id = "t";
  }

  // Every slug that the scenarios check or need is a requirement, a MUST unless levels_ says otherwise.
  Ledger LedgerOf(const Library& library) const {
    std::set<std::string> slugs(std::begin(kInvariants), std::end(kInvariants));
    slugs.insert(also_.begin(), also_.end());
    for (const ScenarioRun& run : library.runs()) {
      slugs.merge(CheckedSlugs(run.file->scenario));
      for (const scenario::Step& step : run.file->scenario.steps) slugs.insert(step.needs.begin(), step.needs.end());
    }
    Json entries = Json::array();
    for (const std::string& slug : slugs) {
      const auto level = levels_.find(slug);
      entries.push_back({{"slug", slug}, {"level", level == levels_.end() ? "must" : level->second}, {"sentence", "S."}, {"source", "D"}});
    }
    auto ledger = Ledger::Parse({{"test.json", entries.dump()}});
    EXPECT_TRUE(ledger.has_value()) << ledger.error().message;
    return *ledger;
  }

  // Before anything goes that its answers look at.
  void TearDown() override { provd_.Die(); }

  RunRecord Run(const std::vector<std::string>& texts, const std::string& url = "") {
    std::vector<std::pair<std::string, std::string>> files;
    for (std::size_t i = 0; i < texts.size(); ++i) files.emplace_back("area/s" + std::to_string(i + 1) + ".scenario", texts[i]);
    auto library = Library::Parse(files);
    if (!library) {
      ADD_FAILURE() << library.error().message;
      return {};
    }
    const Ledger ledger = LedgerOf(*library);
    auto selection = Select(ledger, *library, {});
    auto target = Target::Make({url.empty() ? provd_.url() : url, {}, ""});
    if (!selection || !target) {
      ADD_FAILURE();
      return {};
    }
    return RunSuite(ledger, *selection, *target, options_, stop_);
  }

  static const RequirementRecord& Of(const RunRecord& record, const std::string& slug) {
    static const RequirementRecord kNone;
    for (const RequirementRecord& requirement : record.requirements) {
      if (requirement.slug == slug) return requirement;
    }
    ADD_FAILURE() << "no verdict for " << slug;
    return kNone;
  }
  static std::string VerdictOf(const RunRecord& record, const std::string& slug) {
    return std::string(VerdictName(Of(record, slug).verdict));
  }

  static const CheckRecord& CheckOf(const RunRecord& record, const std::string& slug) {
    static const CheckRecord kNone;
    for (const ScenarioRecord& scenario : record.scenarios) {
      for (const StepRecord& step : scenario.steps) {
        for (const CheckRecord& check : step.checks) {
          if (check.slug == slug) return check;
        }
      }
    }
    ADD_FAILURE() << "no check of " << slug;
    return kNone;
  }

  FakeProvd provd_;
  RunOptions options_;
  Stop stop_;
  std::map<std::string, std::string> levels_;
  std::set<std::string> also_;  // requirements that no scenario checks
};

const std::string kReads = Scenario("nat is read", R"(
GET /configure/NAT
  check a.answers       status is 200
  check a.value         $.param.value is 0
)");

const std::string kRestarts = Scenario("restarts", R"(offers restart

restart
GET /configure/NAT
  check a.restarts   status is 200
)");

std::string ForProxies(int count) {
  const std::string number = std::to_string(count);
  return Scenario("for " + number + " proxies",
                  "proxies " + number + "\n\nGET /configure/NAT\n  check a.behind-" + number + "   status is 200\n");
}

const std::string kInstalls = Scenario("a package is installed", R"(package    PKG

POST /pg_mgr/install/install {"id": PKG}
  oip = header Location
  check i.answers-201   status is 201
  check i.names         header Location is below /pg_mgr/install/install
follow {oip} until success
GET /pg_mgr/install/installed
  check i.listed        $.pkgs has PKG
)");

// ---- Trusted proxies

TEST_F(RunnerTest, AScenarioForProxiesIsNotForATargetThatTrustsOthers) {
  options_.session.phones.trusted_proxies = 1;
  const RunRecord record = Run({ForProxies(1), ForProxies(2)});
  EXPECT_EQ(VerdictOf(record, "a.behind-1"), "pass");
  EXPECT_EQ(VerdictOf(record, "a.behind-2"), "not-applicable");
  EXPECT_THAT(CheckOf(record, "a.behind-2").note, HasSubstr("2 proxies"));
}

TEST_F(RunnerTest, ATargetIsStartedAnewForProxiesAsSeldomAsCanBe) {
  std::vector<int> asked;
  options_.session.use_proxies = [&](int proxies) -> Result<> {
    asked.push_back(proxies);
    return {};
  };
  const RunRecord record = Run({ForProxies(2), ForProxies(0), ForProxies(1), ForProxies(2), kReads});
  for (const char* slug : {"a.behind-0", "a.behind-1", "a.behind-2", "a.value"}) EXPECT_EQ(VerdictOf(record, slug), "pass") << slug;
  EXPECT_THAT(asked, ElementsAre(1, 2));
}

TEST_F(RunnerTest, WhoUpgradesBeginsWithTheFirstVersionAndComesLast) {
  std::vector<std::string> done;
  options_.session.upgrade = [&]() -> Result<> { return done.push_back("upgrade"), Result<>(); };
  options_.session.renew = [&]() -> Result<> { return done.push_back("renew"), Result<>(); };
  options_.session.restart = [&]() -> Result<> { return done.push_back("restart"), Result<>(); };
  const auto upgrades = [](const std::string& title, const std::string& slug) {
    return Scenario(title, "offers upgrade\n\nupgrade\nGET /configure/NAT\n  check " + slug + "   status is 200\n");
  };
  const RunRecord record = Run({upgrades("one", "a.one"), upgrades("two", "a.two"), kRestarts});
  EXPECT_EQ(VerdictOf(record, "a.two"), "pass");
  EXPECT_THAT(done, ElementsAre("restart", "renew", "upgrade", "renew", "upgrade"));

  options_.session.upgrade = nullptr;
  EXPECT_EQ(VerdictOf(Run({upgrades("one", "a.one"), kReads}), "a.one"), "not-applicable");
}

TEST_F(RunnerTest, ATargetThatDoesNotComeBackIsNoFaultOfTheScenarios) {
  options_.session.use_proxies = [](int) -> Result<> { return Fail(ErrorKind::kUnavailable, "it did not come back"); };
  const RunRecord record = Run({ForProxies(1)});
  EXPECT_EQ(VerdictOf(record, "a.behind-1"), "harness-error");
  EXPECT_THAT(CheckOf(record, "a.behind-1").note, HasSubstr("did not come back"));
}

// ---- Verdicts

TEST_F(RunnerTest, WhatHoldsPasses) {
  const RunRecord record = Run({kReads, kInstalls});
  for (const RequirementRecord& requirement : record.requirements) EXPECT_EQ(VerdictName(requirement.verdict), "pass") << requirement.slug;
  EXPECT_EQ(record.requirements.size(), 9u);
  EXPECT_EQ(record.exit_code, 0);
  EXPECT_EQ(record.ended, "");
  EXPECT_EQ(record.scenarios[0].steps[0].exchanges[0].status, 200);
  EXPECT_THAT(record.scenarios[0].steps[0].exchanges[0].curl, HasSubstr("curl"));
}

TEST_F(RunnerTest, OnlyACheckIsBlamedAndTheOnesAfterItAreBlockedByIt) {
  provd_.Answer("GET /configure/NAT", [&](const http::Request&) { return JsonAnswer({{"param", {{"value", 7}}}}, 202); });
  const RunRecord record = Run({kReads});
  EXPECT_EQ(VerdictOf(record, "a.answers"), "fail");
  EXPECT_EQ(CheckOf(record, "a.answers").expected, "status is 200");
  EXPECT_EQ(CheckOf(record, "a.answers").got, "202");
  EXPECT_EQ(VerdictOf(record, "a.value"), "blocked");
  EXPECT_THAT(Of(record, "a.value").blocked_by, ElementsAre("a.answers"));
  EXPECT_FALSE(Of(record, "a.value").unexplained);
  EXPECT_EQ(record.exit_code, 1);
}

TEST_F(RunnerTest, IndependentChecksAreJudgedAfterAFailure) {
  const RunRecord record = Run({Scenario("two rules", R"(
GET /configure/NAT
  check a.first         status is 418
GET /configure/locale
  check a.second        status is 200
  check a.third independent   status is 200
)")});
  EXPECT_EQ(VerdictOf(record, "a.first"), "fail");
  EXPECT_EQ(VerdictOf(record, "a.second"), "blocked");
  EXPECT_EQ(VerdictOf(record, "a.third"), "pass");
}

// It does not owe the success that another check may ask for.
TEST_F(RunnerTest, AnOperationThatNeverEndsIsNotProvenWhereAnyEndWillDo) {
  provd_.Answer("GET /pg_mgr/install/install/*", [](const http::Request&) { return JsonAnswer({{"status", "install|progress"}}); });
  const RunRecord record = Run({Scenario("bad", R"(package    PKG

given POST /pg_mgr/install/install {"id": PKG}
  oip = header Location
follow {oip} until ended within 1 s
  check a.fails              last state is fail
GET /pg_mgr/install/installed
  check install.install-succeeds   $.pkgs has PKG
)")});
  EXPECT_EQ(VerdictOf(record, "a.fails"), "unanswered");
  EXPECT_THAT(CheckOf(record, "a.fails").got, HasSubstr("has not ended within 1 s; it shows install|progress"));
  EXPECT_EQ(VerdictOf(record, "install.install-succeeds"), "blocked");
  EXPECT_THAT(Of(record, "install.install-succeeds").blocked_by, ElementsAre("a.fails"));
}

TEST_F(RunnerTest, WhatAnAnswerCarriesIsNotAskedOfAnotherAnswer) {
  provd_.Answer("GET /configure/locale", [](const http::Request&) { return TextAnswer(400, "Not now."); });
  const RunRecord record = Run({Scenario("an answer", R"(
GET /configure/locale
  check a.status                status is 200
  check a.header independent    header ETag is "x"
  check a.body independent      body is empty
  check a.type independent      status is 200 and header Content-Type is "x"
)")});
  EXPECT_EQ(VerdictOf(record, "a.status"), "fail");
  EXPECT_THAT(Of(record, "a.header").blocked_by, ElementsAre("a.status"));
  EXPECT_THAT(Of(record, "a.body").blocked_by, ElementsAre("a.status"));
  EXPECT_EQ(VerdictOf(record, "a.type"), "fail") << "it asks for that answer itself";
}

TEST_F(RunnerTest, TwoOperationsBehindOneMonitorAreSeenWhoeverAsks) {
  also_ = {"oip.ids-are-never-reused"};
  provd_.Answer("POST /pg_mgr/install/install", [&](const http::Request& request) {
    http::Response response = provd_.Usual(request);
    response.headers.Set("Location", "/provd/pg_mgr/install/install/1");
    return response;
  });
  options_.jobs = 1;
  const RunRecord record = Run({kInstalls, kInstalls});
  EXPECT_EQ(VerdictOf(record, "oip.ids-are-never-reused"), "fail");
}

TEST_F(RunnerTest, AnOperationThatGoesOnAfterItsEndIsSeenByTheCleanUp) {
  also_ = {std::string(kEndsStay)};
  EXPECT_EQ(VerdictOf(Run({kInstalls}), std::string(kEndsStay)), "pass");
  std::atomic<int> asked{0};
  provd_.Answer("GET /pg_mgr/install/install/*", [&](const http::Request& request) {
    return ++asked == 1 ? provd_.Usual(request) : JsonAnswer({{"status", "install|progress"}});
  });
  const RunRecord record = Run({kInstalls});
  EXPECT_EQ(VerdictOf(record, "i.listed"), "pass");
  EXPECT_EQ(VerdictOf(record, std::string(kEndsStay)), "fail");
  EXPECT_THAT(CheckOf(record, std::string(kEndsStay)).got, HasSubstr("shows install|progress"));
}

// What was not answered has not been refused.
TEST_F(RunnerTest, AMonitorWhoseDeleteIsNotAnsweredIsNotHeldToHaveStayed) {
  provd_.Answer("DELETE /pg_mgr/install/install/*",
                [](const http::Request&) { return http::Response{.manner = http::Response::Manner::kHang}; });
  const RunRecord record = Run({kInstalls});
  EXPECT_EQ(VerdictOf(record, "invariant.monitors-can-be-deleted"), "not-applicable");
}

TEST_F(RunnerTest, AGivenThatDoesNotComeAboutBlocksByWhatItNeeds) {
  provd_.Answer("GET /configure/locale", [](const http::Request&) { return TextAnswer(404, "No such resource"); });
  const RunRecord record = Run({Scenario("needs locale", R"(
given GET /configure/locale   needs a.locale-is-there
GET /configure/NAT
  check a.other         status is 200
)")});
  EXPECT_EQ(VerdictOf(record, "a.other"), "blocked");
  EXPECT_THAT(Of(record, "a.other").blocked_by, ElementsAre("a.locale-is-there", "configure.get-parameter-answers-200"));
  EXPECT_THAT(CheckOf(record, "a.other").note, HasSubstr("answered 404; 2xx was needed"));
  EXPECT_EQ(provd_.Count("GET /configure/NAT"), 1u) << "only the session's own question: what comes after is not done";
}

TEST_F(RunnerTest, ABlockWhoseReasonsAllPassedElsewhereIsUnexplained) {
  std::atomic<int> asked{0};
  provd_.Answer("GET /configure/locale",
                [&](const http::Request& request) { return ++asked == 3 ? TextAnswer(404, "Gone.") : provd_.Usual(request); });
  options_.jobs = 1;
  const std::string checks = Scenario("locale is there", R"(
GET /configure/locale
  check configure.get-parameter-answers-200   status is 200
)");
  const std::string needs = Scenario("needs locale", R"(
given GET /configure/locale
GET /configure/NAT
  check a.other         status is 200
)");
  const RunRecord record = Run({checks, needs});
  EXPECT_EQ(VerdictOf(record, "configure.get-parameter-answers-200"), "pass");
  EXPECT_EQ(VerdictOf(record, "a.other"), "blocked");
  EXPECT_TRUE(Of(record, "a.other").unexplained);
  EXPECT_EQ(record.exit_code, 1);
}

TEST_F(RunnerTest, TheWorstCheckDecidesAndLevelsDecideWhatAFailureIs) {
  levels_ = {{"a.should", "should"}, {"a.may", "may"}};
  const RunRecord record = Run({Scenario("one", "\nGET /configure/NAT\n  check a.must   status is 200\n"), Scenario("two", R"(
GET /configure/NAT
  check a.may      status is 418
  check a.should   status is 418
)")});
  EXPECT_EQ(VerdictOf(record, "a.must"), "pass");
  EXPECT_EQ(VerdictOf(record, "a.should"), "warn");
  EXPECT_EQ(VerdictOf(record, "a.may"), "not-applicable");
  EXPECT_EQ(record.exit_code, 0) << "a SHOULD is no MUST";
}

TEST_F(RunnerTest, ContentOfAnAnswerThatIsNoneIsNotHeldAgainstIt) {
  provd_.Answer("GET /configure/NAT", [](const http::Request&) { return TextAnswer(404, "No such resource"); });
  const RunRecord record = Run({Scenario("value", "\nGET /configure/NAT\n  check a.value   $.param.value is 0\n")});
  EXPECT_EQ(VerdictOf(record, "a.value"), "blocked");
  EXPECT_THAT(Of(record, "a.value").blocked_by, ElementsAre("configure.get-parameter-answers-200"));
}

TEST_F(RunnerTest, RowsOfATableAreRunsOfTheirOwn) {
  const RunRecord record = Run({Scenario(
      "rows", "for        NAME in \"NAT\", \"nothing\", \"locale\"\n\nGET /configure/{NAME}\n  check a.there   status is 200\n")});
  ASSERT_EQ(record.scenarios.size(), 3u);
  EXPECT_EQ(record.scenarios[1].row, "\"nothing\"");
  EXPECT_EQ(VerdictName(record.scenarios[0].verdict), "pass");
  EXPECT_EQ(VerdictName(record.scenarios[1].verdict), "fail");
  EXPECT_EQ(VerdictOf(record, "a.there"), "fail");
}

// ---- Captures and other hosts

TEST_F(RunnerTest, IdsAndMacsAreTheRunsOwnAndNewInEachRow) {
  std::mutex mutex;  // the rows run side by side
  std::set<std::string> seen;
  provd_.Answer("POST /dev_mgr/devices", [&](const http::Request& request) {
    const auto body = ParseJson(request.body);
    const std::lock_guard lock(mutex);
    EXPECT_TRUE(seen.insert((*body)["id"]).second && seen.insert((*body)["mac"]).second) << request.body;
    EXPECT_THAT((*body)["id"].get<std::string>(), testing::StartsWith("plab-t-"));
    EXPECT_THAT((*body)["mac"].get<std::string>(), testing::MatchesRegex("02(:[0-9a-f][0-9a-f]){5}"));
    return JsonAnswer(*body);
  });
  const RunRecord record = Run({Scenario("ids", R"(ids        DEVICE
macs       PHONE
for        ROW in 1, 2

POST /dev_mgr/devices {"id": DEVICE, "mac": PHONE}
  check d.own   $.id is DEVICE and $.mac is PHONE
)")});
  EXPECT_EQ(VerdictOf(record, "d.own"), "pass");
  EXPECT_EQ(seen.size(), 4u);
}

TEST_F(RunnerTest, QueriesAreSentEncodedBehindThePath) {
  provd_.Answer("GET /dev_mgr/devices*", [&](const http::Request& request) { return JsonAnswer({{"target", request.target}}); });
  const RunRecord record = Run({Scenario("query", R"(
GET /dev_mgr/devices?a=b
  query q {"x": [RUN, 1]}
  query q64 base64 "?"
  check q.sent   $.target is "/provd/dev_mgr/devices?a=b&q=%7B%22x%22%3A%5B%22t%22%2C1%5D%7D&q64=Pw%3D%3D"
)")});
  EXPECT_EQ(VerdictOf(record, "q.sent"), "pass");
}

TEST_F(RunnerTest, AnAbsentLocationBlocksItsUsers) {
  provd_.Answer("POST /pg_mgr/install/install", [](const http::Request&) { return http::Response{.status = 201}; });
  const RunRecord record = Run({Scenario("monitor", R"(package    PKG

given POST /pg_mgr/install/install {"id": PKG} answers 201, oip = header Location
GET {oip}
  check a.monitor   status is 200
)")});
  EXPECT_EQ(VerdictOf(record, "a.monitor"), "blocked");
  EXPECT_THAT(Of(record, "a.monitor").blocked_by, ElementsAre("install.install-names-monitor"));
}

TEST_F(RunnerTest, NothingIsSentToAnotherHost) {
  FakeProvd stranger;
  provd_.Answer("POST /pg_mgr/install/install", [&](const http::Request&) {
    http::Response response{.status = 201};
    response.headers.Set("Location", stranger.url() + "/pg_mgr/install/install/1");
    return response;
  });
  const RunRecord record = Run({Scenario("monitor", R"(package    PKG

given POST /pg_mgr/install/install {"id": PKG} answers 201, oip = header Location
GET {oip}
  check a.monitor   status is 200
)")});
  EXPECT_EQ(VerdictOf(record, "a.monitor"), "blocked");
  EXPECT_THAT(CheckOf(record, "a.monitor").note, HasSubstr("another origin"));
  EXPECT_THAT(stranger.requests(), IsEmpty());
}

TEST_F(RunnerTest, ATargetBehindAPrefixMayNameItsOwnPathsOrTheBackends) {
  for (const char* const location_prefix : {"/provd", "/api/provd"}) {
    FakeProvd behind({"/api/provd", location_prefix});
    const RunRecord record = Run({kInstalls, kReads}, behind.url());
    for (const RequirementRecord& requirement : record.requirements)
      EXPECT_EQ(VerdictName(requirement.verdict), "pass") << requirement.slug << " " << location_prefix;
    EXPECT_EQ(behind.monitors(), 0u);
    EXPECT_THAT(behind.installed(), IsEmpty());
  }
}

// ---- Follow, eventually, control

TEST_F(RunnerTest, FollowBlamesOnlyWhereItIsCheckedAndNamesTheIllegalStep) {
  std::atomic<int> asked{0};
  provd_.Answer("GET /pg_mgr/install/install/*", [&](const http::Request&) {
    return JsonAnswer({{"status", ++asked % 2 == 1 ? "progress;5" : "progress;4"}});
  });
  const std::string start = "package    PKG\n\ngiven POST /pg_mgr/install/install {\"id\": PKG} answers 201, oip = header Location\n";
  const RunRecord record =
      Run({Scenario("checked", start + "check a.steps follow {oip} until success\n"),
           Scenario("bare", start + "follow {oip} until success\nGET /configure/NAT\n  check a.after   status is 200\n")});
  EXPECT_EQ(VerdictOf(record, "a.steps"), "fail");
  EXPECT_THAT(CheckOf(record, "a.steps").got, HasSubstr("4"));
  EXPECT_EQ(VerdictOf(record, "a.after"), "blocked");
  EXPECT_THAT(Of(record, "a.after").blocked_by, Contains("oip.statuses-step-forward"));
}

TEST_F(RunnerTest, FollowKeepsTheDifferentStatusesForItsChecks) {
  std::atomic<int> asked{0};
  provd_.Answer("GET /pg_mgr/install/install/*", [&](const http::Request&) {
    const int n = ++asked;
    return JsonAnswer({{"status", n < 3 ? "install|progress(download|progress;10/40)" : "install|success(download|success;40/40)"}});
  });
  const RunRecord record = Run({Scenario("statuses", R"x(package    PKG

given POST /pg_mgr/install/install {"id": PKG} answers 201, oip = header Location
check a.ends follow {oip} until success
  check a.last    last is "install|success(download|success;*/*)"
  check a.some    some is "install|progress(download|progress;*/*)"
  check a.count   statuses count is at least 2
  check a.grows   progress grows
)x")});
  for (const char* const slug : {"a.ends", "a.last", "a.some", "a.count", "a.grows"}) {
    EXPECT_EQ(VerdictOf(record, slug), "pass") << slug << CheckOf(record, slug).got;
  }
  EXPECT_EQ(record.scenarios[0].steps[1].statuses.size(), 2u);
}

TEST_F(RunnerTest, WhoBlamesLooksBehindTheEnd) {
  std::atomic<int> asked{0};
  provd_.Answer("GET /pg_mgr/install/install/*", [&](const http::Request&) {
    return JsonAnswer({{"status", ++asked % 2 == 1 ? "install|success" : "install|progress"}});
  });
  const std::string start = "package    PKG\n\ngiven POST /pg_mgr/install/install {\"id\": PKG} answers 201, oip = header Location\n";
  const RunRecord record = Run({Scenario("checked", start + "check a.steps follow {oip} until success\n")});
  EXPECT_EQ(VerdictOf(record, "a.steps"), "fail");
  EXPECT_EQ(record.scenarios[0].steps[1].statuses.size(), 2u);
  asked = 0;
  const std::string bare = start + "follow {oip} until success\nGET /configure/NAT\n  check a.after   status is 200\n";
  EXPECT_EQ(VerdictOf(Run({Scenario("bare", bare)}), "a.after"), "pass");
}

TEST_F(RunnerTest, AMonitorThatIsGoneBehindTheEndHasNotLeftIt) {
  std::atomic<int> asked{0};
  provd_.Answer("GET /pg_mgr/install/install/*", [&](const http::Request&) {
    return ++asked == 1 ? JsonAnswer({{"status", "install|success"}}) : TextAnswer(404, "No such resource");
  });
  const RunRecord record = Run({Scenario("checked", R"(package    PKG

given POST /pg_mgr/install/install {"id": PKG} answers 201, oip = header Location
check a.steps follow {oip} until success
)")});
  EXPECT_EQ(VerdictOf(record, "a.steps"), "pass");
}

// ---- Steps that depend on what was captured

TEST_F(RunnerTest, WhatIsOnlyDoneIfIsLeftOutOtherwiseAndItsChecksDoNotApply) {
  const RunRecord record = Run({Scenario("either way", R"(
GET /configure/NAT answers 200 or 404, code = status
GET /configure/NAT
  only if code is 200
  check a.done        status is 200
GET /configure/nothing
  only if code is not 200
  check a.left-out    status is 404
GET /configure/NAT
  only if code is one of 404, 200
  check a.one-of      status is 200
)")});
  EXPECT_EQ(VerdictOf(record, "a.done"), "pass");
  EXPECT_EQ(VerdictOf(record, "a.left-out"), "not-applicable");
  EXPECT_EQ(VerdictOf(record, "a.one-of"), "pass");
  EXPECT_EQ(CheckOf(record, "a.left-out").note, "left out: code is 200");
  for (const std::string& request : provd_.requests()) EXPECT_THAT(request, Not(HasSubstr("nothing")));
}

TEST_F(RunnerTest, ACaptureMayHaveAValueForWhatIsAbsent) {
  const RunRecord record = Run({Scenario("a value", R"(
GET /configure/NAT answers 200, none = $.nothing or "unset", value = $.param.value or 5
GET /configure/NAT
  check a.otherwise   $.param.value is not none
  check a.value       $.param.value is value
)")});
  EXPECT_EQ(VerdictOf(record, "a.otherwise"), "pass");
  EXPECT_EQ(VerdictOf(record, "a.value"), "pass");
}

TEST_F(RunnerTest, TheLastStatusCanBeCaptured) {
  const RunRecord record = Run({Scenario("the last status", R"(package    PKG

given POST /pg_mgr/install/install {"id": PKG} answers 201, oip = header Location
given follow {oip} until success
  end = last
GET {oip}
  check a.same   $.status is end
)")});
  EXPECT_EQ(VerdictOf(record, "a.same"), "pass") << CheckOf(record, "a.same").got;
}

TEST_F(RunnerTest, IdsHaveTheLengthThatIsAskedFor) {
  std::vector<std::string> ids;
  std::mutex mutex;
  provd_.Answer("POST /dev_mgr/devices", [&](const http::Request& request) {
    const std::lock_guard lock(mutex);
    ids.push_back((*ParseJson(request.body))["device"]["id"]);
    return http::Response{.status = 400};
  });
  Run({Scenario("long ids", R"(ids        LONG of 255 characters, SHORT

POST /dev_mgr/devices {"device": {"id": LONG}}
  check a.refused   status is 400
POST /dev_mgr/devices {"device": {"id": SHORT}}
  check a.refused   status is 400
)")});
  ASSERT_EQ(ids.size(), 2u);
  EXPECT_EQ(ids[0].size(), 255u);
  EXPECT_LT(ids[1].size(), 40u);
}

TEST_F(RunnerTest, NamedPackagesDifferInTheirNamesOnly) {
  std::vector<std::string> ids;
  std::mutex mutex;
  provd_.Answer("POST /pg_mgr/install/install", [&](const http::Request& request) {
    const std::lock_guard lock(mutex);
    ids.push_back((*ParseJson(request.body))["id"]);
    return http::Response{.status = 400};
  });
  Run({Scenario("named", R"(package    NINE named "9.0"
package    TEN named "10.0"

POST /pg_mgr/install/install {"id": NINE}
  check a.refused   status is 400
POST /pg_mgr/install/install {"id": TEN}
  check a.refused   status is 400
)")});
  ASSERT_EQ(ids.size(), 2u);
  ASSERT_TRUE(ids[0].ends_with("-9.0")) << ids[0];
  EXPECT_EQ(ids[1], ids[0].substr(0, ids[0].size() - 3) + "10.0");
}

std::string DoesNotCancel(const std::string& within) {
  return Scenario("a monitor is deleted", R"(package    PKG

given POST /pg_mgr/install/install {"id": PKG} answers 201, oip = header Location
act DELETE {oip}
  check a.delete   status is 204
eventually within )" + within + R"(, GET /pg_mgr/install/installed
  check a.goes-on   $.pkgs has PKG
  control without act, $.pkgs has PKG
)");
}
const std::string kDoesNotCancel = DoesNotCancel("1 s");

TEST_F(RunnerTest, EventuallyAsksUntilItHolds) {
  std::atomic<int> asked{0};
  provd_.Answer("GET /pg_mgr/install/installed", [&](const http::Request& request) {
    return ++asked < 4 ? JsonAnswer({{"pkgs", Json::object()}}) : provd_.Usual(request);
  });
  const RunRecord record = Run({DoesNotCancel("10 s")});
  EXPECT_EQ(VerdictOf(record, "a.goes-on"), "pass");
}

TEST_F(RunnerTest, AFailureIsBlamedWhenTheControlHolds) {
  // The delete cancels the install.
  provd_.Answer("DELETE /pg_mgr/install/install/*", [&](const http::Request& request) {
    const http::Response response = provd_.Usual(request);
    provd_.Answer("GET /pg_mgr/install/installed", [](const http::Request&) { return JsonAnswer({{"pkgs", Json::object()}}); });
    return response;
  });
  provd_.Answer("POST /pg_mgr/install/install", [&](const http::Request& request) {
    provd_.Answer("GET /pg_mgr/install/installed", [&](const http::Request& r) { return provd_.Usual(r); });
    return provd_.Usual(request);
  });
  const RunRecord record = Run({kDoesNotCancel});
  EXPECT_EQ(VerdictOf(record, "a.delete"), "pass");
  EXPECT_EQ(VerdictOf(record, "a.goes-on"), "fail") << CheckOf(record, "a.goes-on").note;
}

TEST_F(RunnerTest, AFailureIsBlockedWhenTheControlFailsAsWell) {
  provd_.Answer("GET /pg_mgr/install/installed", [](const http::Request&) { return JsonAnswer({{"pkgs", Json::object()}}); });
  const RunRecord record = Run({kDoesNotCancel});
  EXPECT_EQ(VerdictOf(record, "a.goes-on"), "blocked");
  EXPECT_THAT(CheckOf(record, "a.goes-on").note, HasSubstr("control"));
}

TEST_F(RunnerTest, AbsenceIsOnlyBelievedWhenTheControlShowsPresence) {
  const std::string gone = Scenario("uninstalled", R"(package    PKG

given POST /pg_mgr/install/install {"id": PKG} answers 201, oip = header Location
given follow {oip} until success
act POST /pg_mgr/install/uninstall {"id": PKG}
eventually within 1 s, GET /pg_mgr/install/installed
  check a.gone   $.pkgs lacks PKG
  control without act, $.pkgs has PKG
)");
  EXPECT_EQ(VerdictOf(Run({gone}), "a.gone"), "pass");
  // A target that never lists anything passes the check, but not its control.
  provd_.Answer("GET /pg_mgr/install/installed", [](const http::Request&) { return JsonAnswer({{"pkgs", Json::object()}}); });
  EXPECT_EQ(VerdictOf(Run({gone}), "a.gone"), "blocked");
}

TEST_F(RunnerTest, A5xxUnderEventuallyBlocksAtOnce) {
  std::atomic<bool> broken{false};
  provd_.Answer("POST /pg_mgr/install/install", [&](const http::Request& request) {
    broken = true;
    return provd_.Usual(request);
  });
  provd_.Answer("GET /pg_mgr/install/installed",
                [&](const http::Request& request) { return broken ? TextAnswer(500, "Oops.") : provd_.Usual(request); });
  const RunRecord record = Run({kDoesNotCancel});
  EXPECT_EQ(VerdictOf(record, "a.goes-on"), "blocked");
  EXPECT_THAT(Of(record, "a.goes-on").blocked_by, Contains("invariant.no-5xx"));
  EXPECT_EQ(VerdictOf(record, "invariant.no-5xx"), "fail");
}

// ---- Invariants

TEST_F(RunnerTest, TheFirstScenarioThatBreaksAnInvariantIsBlamed) {
  options_.jobs = 1;
  provd_.Answer("GET /configure/nothing", [](const http::Request&) {
    http::Response response = TextAnswer(500, "<html><body>Traceback</body></html>");
    response.headers.Set("Content-Type", "text/html");
    return response;
  });
  const std::string breaks = Scenario("breaks", "\nGET /configure/nothing\n  check a.refused   status is not 200\n");
  const RunRecord record = Run({kReads, breaks, breaks});
  EXPECT_EQ(VerdictOf(record, "invariant.no-5xx"), "fail");
  EXPECT_EQ(VerdictOf(record, "invariant.no-html-error"), "fail");
  EXPECT_EQ(VerdictOf(record, "a.refused"), "pass");
  const auto failures = [](const ScenarioRecord& scenario) {
    int count = 0;
    for (const StepRecord& step : scenario.steps) {
      for (const CheckRecord& check : step.checks) count += check.verdict == Verdict::kFail ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(failures(record.scenarios[0]), 0);
  EXPECT_EQ(failures(record.scenarios[1]), 2);
  EXPECT_EQ(failures(record.scenarios[2]), 0);
}

TEST_F(RunnerTest, APackageThatStaysIsAnInvariantBroken) {
  provd_.Answer("POST /pg_mgr/install/uninstall", [](const http::Request&) { return http::Response{.status = 204}; });
  const RunRecord record = Run({kInstalls});
  EXPECT_EQ(VerdictOf(record, "i.listed"), "pass");
  EXPECT_EQ(VerdictOf(record, "invariant.nothing-left-behind"), "fail");
  EXPECT_THAT(record.notes, Contains(HasSubstr("still installed")));
}

TEST_F(RunnerTest, APackageThatStaysBecauseUninstallIsBrokenIsOneDefect) {
  provd_.Answer("POST /pg_mgr/install/uninstall", [](const http::Request&) { return http::Response{.status = 204}; });
  const RunRecord record = Run({kInstalls, Scenario("uninstalls", R"(package    PKG

given POST /pg_mgr/install/install {"id": PKG}
POST /pg_mgr/install/uninstall {"id": PKG}
GET /pg_mgr/install/installed
  check install.gone-after-uninstall   $.pkgs lacks PKG
)")});
  EXPECT_EQ(VerdictOf(record, "install.gone-after-uninstall"), "fail");
  EXPECT_EQ(VerdictOf(record, "invariant.nothing-left-behind"), "blocked");
  EXPECT_THAT(Of(record, "invariant.nothing-left-behind").blocked_by, Contains("install.gone-after-uninstall"));
}

// An install whose answer was lost is waited for although another package of the scenario is there already.
TEST_F(RunnerTest, APackageThatComesAfterItsAnswerWasLostGoesAsWell) {
  constexpr int kLooks = 6;  // more than a clean-up needs that waits for nothing
  options_.jobs = 1;
  options_.session.limits.settle = 10s;
  std::mutex mutex;
  std::optional<http::Request> late;
  int installs = 0, looks = 0;
  provd_.Answer("POST /pg_mgr/install/install", [&](const http::Request& request) {
    const std::lock_guard lock(mutex);
    if (++installs % 2 == 1) return provd_.Usual(request);
    late = request;
    looks = 0;
    return http::Response{.manner = http::Response::Manner::kClose};
  });
  std::vector<std::set<std::string>> left;  // when an attempt began
  provd_.Answer("GET /pg_mgr/install/installed", [&](const http::Request& request) {
    const std::lock_guard lock(mutex);
    if (late && ++looks == kLooks) (void)provd_.Usual(*std::exchange(late, std::nullopt));
    return provd_.Usual(request);
  });
  provd_.Answer("GET /configure/nothing", [&](const http::Request& request) {
    left.push_back(provd_.installed());
    return provd_.Usual(request);
  });
  const std::string text = Scenario("two", R"(package    ONE
package    OTHER

GET /configure/nothing
given POST /pg_mgr/install/install {"id": ONE}
POST /pg_mgr/install/install {"id": OTHER}
  check a.answers   status is 201
)");
  const RunRecord record = Run({text, text + "\n"});
  EXPECT_EQ(VerdictOf(record, "a.answers"), "unanswered");
  EXPECT_THAT(left, AllOf(testing::SizeIs(testing::Gt(1u)), testing::Each(IsEmpty())));
  EXPECT_EQ(late, std::nullopt) << "it came";
  EXPECT_THAT(provd_.installed(), IsEmpty());
}

// A device that is made, whose deletion is taken, and which stays listed.
const std::string kMakesADevice = Scenario("a device is made", R"(ids        DEVICE

POST /dev_mgr/devices {"device": {"id": DEVICE}}
  check d.made   status is 201
)");

class DocumentInvariantTest : public RunnerTest {
 protected:
  DocumentInvariantTest() {
    also_ = {"invariant.no-document-stays"};
    provd_.Answer("POST /dev_mgr/devices", [this](const http::Request& request) {
      const auto body = ParseJson(request.body);
      devices_.push_back((*body)["device"]);
      return JsonAnswer({{"id", devices_.back()["id"]}}, 201);
    });
    provd_.Answer("DELETE /dev_mgr/devices/*", [](const http::Request&) { return http::Response{.status = 204}; });
    provd_.Answer("GET /dev_mgr/devices*", [this](const http::Request&) { return JsonAnswer({{"devices", devices_}}); });
    options_.jobs = 1;
  }

  Json devices_ = Json::array();
};

TEST_F(DocumentInvariantTest, ADocumentThatStaysIsHeldAgainstTheFirstScenarioThatLeftOne) {
  const RunRecord record = Run({kReads, kMakesADevice, kMakesADevice});
  EXPECT_EQ(VerdictOf(record, "d.made"), "pass");
  EXPECT_EQ(VerdictOf(record, "invariant.no-document-stays"), "fail");
  EXPECT_THAT(CheckOf(record, "invariant.no-document-stays").got, HasSubstr("/provd/dev_mgr/devices/plab-t-d"));
  EXPECT_EQ(VerdictName(record.scenarios[0].verdict), "pass");
  EXPECT_EQ(VerdictName(record.scenarios[1].verdict), "fail");
  EXPECT_EQ(VerdictName(record.scenarios[2].verdict), "pass");
  EXPECT_EQ(record.exit_code, 1);
}

TEST_F(DocumentInvariantTest, ADocumentThatStaysBecauseDeletingIsBrokenIsOneDefect) {
  const RunRecord record = Run({kMakesADevice, Scenario("it is deleted", R"(ids        DEVICE

given POST /dev_mgr/devices {"device": {"id": DEVICE}}
given DELETE /dev_mgr/devices/{DEVICE}
GET /dev_mgr/devices/{DEVICE}
  check device.gone-after-delete   status is 404
)")});
  EXPECT_EQ(VerdictOf(record, "device.gone-after-delete"), "fail");
  EXPECT_EQ(VerdictOf(record, "invariant.no-document-stays"), "blocked");
  EXPECT_THAT(Of(record, "invariant.no-document-stays").blocked_by, ElementsAre("device.gone-after-delete"));
}

// A target that makes something else as well, of which the answer tells nothing.
TEST_F(DocumentInvariantTest, WhatNobodyWasToldOfStays) {
  options_.session.throwaway = true;
  provd_.Answer("POST /dev_mgr/devices", [this](const http::Request&) {
    devices_.push_back({{"id", "unheard-of"}});
    return TextAnswer(400, "no");
  });
  provd_.Answer("GET /cfg_mgr/configs*", [](const http::Request&) { return JsonAnswer({{"configs", Json::array()}}); });
  const RunRecord record = Run({kReads, kMakesADevice, kReads});
  EXPECT_EQ(VerdictOf(record, "invariant.no-document-stays"), "fail");
  EXPECT_THAT(CheckOf(record, "invariant.no-document-stays").got, HasSubstr("/provd/dev_mgr/devices/unheard-of"));
  EXPECT_EQ(VerdictName(record.scenarios[2].verdict), "pass");
}

TEST_F(DocumentInvariantTest, WhatOthersMakeInATargetInUseIsNotTheRuns) {
  provd_.Answer("POST /dev_mgr/devices", [this](const http::Request&) {
    devices_.push_back({{"id", "unheard-of"}});
    return TextAnswer(400, "no");
  });
  provd_.Answer("GET /cfg_mgr/configs*", [](const http::Request&) { return JsonAnswer({{"configs", Json::array()}}); });
  EXPECT_EQ(VerdictOf(Run({kMakesADevice}), "invariant.no-document-stays"), "pass");
  devices_.push_back({{"id", "theirs"}, {"plugin", "plab-t-1"}});
  EXPECT_EQ(VerdictOf(Run({kMakesADevice}), "invariant.no-document-stays"), "fail") << "it tells of the run";
}

TEST_F(DocumentInvariantTest, NothingIsAskedOfDocumentsAfterAScenarioThatTouchedNone) {
  const RunRecord record = Run({kReads});
  EXPECT_EQ(VerdictOf(record, "invariant.no-document-stays"), "not-applicable");
  for (const std::string& request : provd_.requests()) EXPECT_THAT(request, Not(HasSubstr("/dev_mgr/devices")));
}

// ---- The way back

TEST_F(RunnerTest, TheTargetIsLeftAsItWasAlsoAfterAFailure) {
  provd_.SetParameter("locale", "fr_FR");
  const RunRecord record = Run({kInstalls, Scenario("fails halfway", R"(exclusive  locale, NAT
package    PKG

PUT /configure/locale {"param": {"value": "de"}}
PUT /configure/NAT {"param": {"value": 1}}
POST /pg_mgr/install/install {"id": PKG}
  check a.fails   status is 418
)")});
  EXPECT_EQ(VerdictOf(record, "a.fails"), "fail");
  EXPECT_EQ(provd_.parameter("plugin_server"), "http://127.0.0.1:1/old");
  EXPECT_EQ(provd_.parameter("locale"), "fr_FR");
  EXPECT_EQ(provd_.parameter("NAT"), 0);
  EXPECT_THAT(provd_.installed(), IsEmpty());
  EXPECT_EQ(provd_.monitors(), 0u);
  EXPECT_EQ(provd_.requests().back(), "DELETE /pg_mgr/install/update/" + std::to_string(provd_.Count("POST /pg_mgr/install/update") + 2))
      << "the old catalogue was fetched last";
}

TEST_F(RunnerTest, ANumberThatIsOnlyTakenAsTextIsPutBackAsText) {
  provd_.Answer("PUT /configure/NAT", [&](const http::Request& request) {
    return request.body.find('"' + std::string("1\"")) == std::string::npos && request.body.find("\"0\"") == std::string::npos
               ? TextAnswer(400, "Text, please.")
               : provd_.Usual(request);
  });
  const RunRecord record = Run({Scenario("nat", R"(exclusive  NAT

PUT /configure/NAT {"param": {"value": "1"}}
  check a.put   status is 204
)")});
  EXPECT_EQ(VerdictOf(record, "a.put"), "pass");
  EXPECT_EQ(provd_.parameter("NAT"), "0");
  EXPECT_THAT(record.notes, Not(Contains(HasSubstr("NAT"))));
}

TEST_F(RunnerTest, AnOldRepositoryThatCanNotBeReadIsSaid) {
  provd_.Answer("POST /pg_mgr/install/update", [&](const http::Request& request) {
    return provd_.parameter("plugin_server") == "http://127.0.0.1:1/old" ? TextAnswer(400, "It can't be reached.") : provd_.Usual(request);
  });
  const RunRecord record = Run({kInstalls});
  EXPECT_EQ(record.exit_code, 0);
  EXPECT_THAT(record.notes, ElementsAre(HasSubstr("the old repository at")));
}

TEST_F(RunnerTest, KeepLeavesEverything) {
  options_.session.keep = true;
  const RunRecord record = Run({kInstalls});
  EXPECT_EQ(provd_.installed().size(), 1u);
  EXPECT_NE(provd_.parameter("plugin_server"), "http://127.0.0.1:1/old");
  EXPECT_EQ(VerdictOf(record, "invariant.nothing-left-behind"), "not-applicable");
}

TEST_F(RunnerTest, ACatalogueThatCanNotBeFetchedBlocksWhatNeedsPackagesOnly) {
  provd_.Answer("POST /pg_mgr/install/update", [](const http::Request&) { return TextAnswer(400, "No."); });
  const RunRecord record = Run({kReads, kInstalls});
  EXPECT_EQ(VerdictOf(record, "a.value"), "pass");
  EXPECT_EQ(VerdictOf(record, "i.answers-201"), "blocked");
  EXPECT_THAT(Of(record, "i.answers-201").blocked_by, ElementsAre("install.update-answers-201"));
}

TEST_F(RunnerTest, WhatATargetDoesNotOfferIsNotApplicable) {
  provd_.Answer("GET /pg_mgr", [](const http::Request&) { return JsonAnswer({{"links", Json::array()}}); });
  const RunRecord record =
      Run({Scenario("reload", "offers     reload\n\nPOST /pg_mgr/reload {}\n  check a.reload   status is 400\n"), kReads});
  EXPECT_EQ(VerdictOf(record, "a.reload"), "not-applicable");
  EXPECT_EQ(record.exit_code, 0);
}

TEST_F(RunnerTest, WhatIsNoProvdIsNeverWrittenTo) {
  struct Case {
    const char* what;
    http::Response response;
    const char* said;
  };
  http::Response page{.status = 200, .body = "<html><body>It works!</body></html>"};
  page.headers.Set("Content-Type", "text/html");
  http::Response away{.status = 302};
  away.headers.Set("Location", "https://login.example.org/");
  const std::vector<Case> cases = {
      {"a web server", page, "answered 200"},
      {"a login page", away, "answered 302 and leads to https://login.example.org/"},
      {"a proxy without a backend", TextAnswer(503, "no backend"), "answered 503"},
      {"another service of JSON", JsonAnswer({{"status", "ok"}}), "answered 200"},
      {"nothing", TextAnswer(404, "No such resource"), "is the URL right"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    FakeProvd other;
    for (const char* const method : {"GET *", "POST *", "PUT *", "DELETE *"})
      other.Answer(method, [&](const http::Request&) { return c.response; });
    const RunRecord record = Run({kInstalls}, other.url());
    EXPECT_EQ(record.exit_code, 3);
    EXPECT_THAT(record.notes, Contains(AllOf(HasSubstr("there is no provd at"), HasSubstr(c.said))));
    for (const std::string& request : other.requests()) EXPECT_THAT(request, testing::StartsWith("GET "));
  }
}

TEST_F(RunnerTest, APartOfAProvdIsNone) {
  const RunRecord record = Run({kInstalls}, provd_.url() + "/pg_mgr");
  EXPECT_EQ(record.exit_code, 3);
  EXPECT_THAT(record.notes, Contains(AllOf(HasSubstr("there is no provd at"), HasSubstr("its prefix too?"))));
  for (const std::string& request : provd_.requests()) EXPECT_THAT(request, testing::StartsWith("GET "));
}

TEST_F(RunnerTest, A501IsAnErrorWhereTheMethodIsThere) {
  const auto unsupported = [](const http::Request&) { return TextAnswer(501, "Not made yet."); };
  provd_.Answer("PATCH /configure/NAT", unsupported);
  const std::string patches = Scenario("patches", "\nPATCH /configure/NAT\n  check a.patch   status is 501\n");
  EXPECT_EQ(VerdictOf(Run({patches}), "invariant.no-5xx"), "pass");
  provd_.Answer("PUT /configure/NAT", unsupported);
  const std::string puts = Scenario("puts", "\nPUT /configure/NAT {\"param\": {\"value\": 1}}\n  check a.put   status is 204\n");
  EXPECT_EQ(VerdictOf(Run({puts}), "invariant.no-5xx"), "fail");
}

TEST_F(RunnerTest, LinksThatCanNotBeReadDoNotExcuseAnything) {
  provd_.Answer("GET /pg_mgr", [](const http::Request&) { return TextAnswer(404, "No such resource"); });
  const RunRecord record = Run({Scenario("reload", "offers     reload\n\nPOST /pg_mgr/reload {}\n  check a.reload   status is 400\n")});
  EXPECT_EQ(VerdictOf(record, "a.reload"), "pass") << "it was asked";
}

// ---- Targets that do not answer

http::Response Hang() { return http::Response{.manner = http::Response::Manner::kHang}; }

TEST_F(RunnerTest, ATimeoutIsAskedAgainAloneBeforeItCounts) {
  std::atomic<int> asked{0};
  provd_.Answer("GET /configure/nothing", [&](const http::Request& request) { return ++asked == 1 ? Hang() : provd_.Usual(request); });
  const RunRecord record = Run({Scenario("slow once", "\nGET /configure/nothing\n  check a.once   status is 404\n"), kReads});
  EXPECT_EQ(VerdictOf(record, "a.once"), "pass");
  EXPECT_EQ(asked, 2);
  EXPECT_THAT(record.notes, ElementsAre(HasSubstr("asked again alone, it was")));
  EXPECT_EQ(record.exit_code, 0);
}

TEST_F(RunnerTest, WhatAnAttemptBrokeThatIsMadeAgainIsNotForgotten) {
  std::atomic<int> asked{0};
  provd_.Answer("GET /configure/nothing", [&](const http::Request& request) { return ++asked == 1 ? Hang() : provd_.Usual(request); });
  provd_.Answer("GET /configure/broken", [&](const http::Request&) { return TextAnswer(500, "Out of order."); });
  const RunRecord record = Run({Scenario("slow once", R"(
GET /configure/broken
  check a.broken   status is 500
GET /configure/nothing
  check a.once   status is 404
)")});
  EXPECT_EQ(VerdictOf(record, "a.once"), "pass");
  EXPECT_EQ(VerdictOf(record, "invariant.no-5xx"), "fail");
}

TEST_F(RunnerTest, ARequestThatIsNeverAnsweredIsUnansweredAndOthersGoOn) {
  provd_.Answer("GET /configure/nothing", [&](const http::Request&) { return Hang(); });
  const RunRecord record =
      Run({Scenario("never", "\nGET /configure/nothing\n  check a.never   status is 404\n  check a.after   body is sentence\n"), kReads});
  EXPECT_EQ(VerdictOf(record, "a.never"), "unanswered");
  EXPECT_EQ(VerdictOf(record, "a.after"), "blocked");
  EXPECT_THAT(Of(record, "a.after").blocked_by, ElementsAre("a.never"));
  EXPECT_EQ(VerdictOf(record, "a.value"), "pass");
  EXPECT_EQ(record.ended, "");
  EXPECT_EQ(record.exit_code, 1);
}

TEST_F(RunnerTest, AMethodThatIsMissingIsOneFailure) {
  for (const int status : {405, 501}) {
    provd_.Answer("POST /dev_mgr/dhcpinfo", [&](const http::Request&) { return TextAnswer(status, "There is no such method."); });
    const RunRecord record = Run({Scenario("leases", R"(
POST /dev_mgr/dhcpinfo {"dhcp_info": {"op": "commit", "ip": "192.0.2.1", "mac": "02:00:00:00:00:01", "options": []}}
  check identification.commit-answers-204   status is 204
POST /dev_mgr/dhcpinfo {}
  check a.refused independent   status is 400
)")});
    EXPECT_EQ(VerdictOf(record, "identification.commit-answers-204"), "fail");
    EXPECT_EQ(VerdictOf(record, "a.refused"), "blocked");
    EXPECT_THAT(Of(record, "a.refused").blocked_by, ElementsAre("identification.commit-answers-204"));
  }
}

TEST_F(RunnerTest, AnAnswerThatOnlyComesWhenAskedForAgainIsMissing) {
  also_ = {"invariant.every-request-answered"};
  std::atomic<int> asked{0};
  provd_.Answer("GET /configure/nothing", [&](const http::Request& request) {
    return ++asked == 1 ? http::Response{.manner = http::Response::Manner::kClose} : provd_.Usual(request);
  });
  const RunRecord record = Run({Scenario("closed once", "\nGET /configure/nothing\n  check a.once   status is 404\n"), kReads});
  EXPECT_EQ(VerdictOf(record, "a.once"), "pass");
  EXPECT_EQ(VerdictOf(record, "invariant.every-request-answered"), "fail");
  EXPECT_THAT(CheckOf(record, "invariant.every-request-answered").got, HasSubstr("GET /provd/configure/nothing was not answered (closed)"));
  EXPECT_EQ(record.exit_code, 1);
}

TEST_F(RunnerTest, AConnectionThatIsClosedWithoutAnAnswerIsUnanswered) {
  provd_.Answer("GET /configure/nothing", [&](const http::Request&) { return http::Response{.manner = http::Response::Manner::kClose}; });
  const RunRecord record = Run({Scenario("closed", "\nGET /configure/nothing\n  check a.never   status is 404\n")});
  EXPECT_EQ(VerdictOf(record, "a.never"), "unanswered");
}

// ---- A network that loses exchanges

// The fake behind a relay; what is sent to url() goes through the weather.
class WeatherTest : public RunnerTest {
 protected:
  WeatherTest() {
    options_.session.patience = kBadNetwork;
    provd_.Answer("POST /pg_mgr/install/install", [this](const http::Request& request) {
      const std::lock_guard lock(mutex_);
      ++installs_[request.body];
      return provd_.Usual(request);
    });
  }

  std::string Through(const std::vector<std::string>& kinds, std::uint64_t one_in) {
    auto weather = proxy::Weather::Make({.kinds = kinds, .seed = 3, .one_in = one_in});
    if (!weather) throw std::runtime_error(weather.error().message);
    weather_ = std::move(*weather);
    const std::string origin = provd_.url().substr(std::string_view("http://").size());
    const auto upstream = proxy::FindUpstream(origin.substr(0, origin.find('/')));
    relay_ = std::make_unique<proxy::Relay>(proxy::RelayOptions{.upstream = *upstream}, weather_->Opener());
    return "http://127.0.0.1:" + std::to_string(*relay_->Start()) + "/provd";
  }

  std::mutex mutex_;
  std::map<std::string, int> installs_;  // how often each came, by its body
  std::unique_ptr<proxy::Weather> weather_;
  std::unique_ptr<proxy::Relay> relay_;
};

TEST_F(WeatherTest, NoVerdictIsChangedAndNoPostIsSentTwice) {
  constexpr int kCopies = 40;
  std::vector<std::string> texts;
  for (int i = 0; i < kCopies; ++i) texts.push_back(kInstalls + "\n# copy " + std::to_string(i) + "\n");
  const RunRecord record = Run(texts, Through({"resets", "half-closed"}, 12));
  EXPECT_EQ(VerdictOf(record, "i.answers-201"), "pass");
  EXPECT_EQ(VerdictOf(record, "i.names"), "pass");
  EXPECT_EQ(VerdictOf(record, "i.listed"), "pass");
  EXPECT_EQ(VerdictOf(record, "invariant.nothing-left-behind"), "pass");
  EXPECT_EQ(VerdictOf(record, "invariant.monitors-can-be-deleted"), "pass");
  EXPECT_EQ(record.exit_code, 0);
  EXPECT_GT(weather_->counts().struck(), 10u);
  EXPECT_THAT(record.notes, Contains(HasSubstr("begun anew because exchanges were lost")));
  for (const auto& [body, times] : installs_) EXPECT_EQ(times, 1) << body;
  EXPECT_THAT(provd_.installed(), IsEmpty());
}

TEST_F(WeatherTest, ATargetThatClosesConnectionsIsHeldToIt) {
  provd_.Answer("GET /configure/nothing", [&](const http::Request&) { return http::Response{.manner = http::Response::Manner::kClose}; });
  const RunRecord record =
      Run({Scenario("closed", "\nGET /configure/nothing\n  check a.never   status is 404\n"), kReads}, Through({"resets"}, 12));
  EXPECT_EQ(VerdictOf(record, "a.never"), "unanswered");
  EXPECT_EQ(VerdictOf(record, "a.value"), "pass");
  EXPECT_THAT(record.notes, Contains(HasSubstr("exchange 1 of line 4, in 6 attempts in a row")));
  EXPECT_EQ(record.exit_code, 1);
}

TEST_F(WeatherTest, ATargetThatDropsTheQuestionsOfAPollIsHeldToIt) {
  options_.session.patience.sends = 2;
  provd_.Answer("GET /pg_mgr/install/install/*",
                [&](const http::Request&) { return http::Response{.manner = http::Response::Manner::kClose}; });
  const RunRecord record = Run({Scenario("followed", R"(package    PKG

given POST /pg_mgr/install/install {"id": PKG}
  oip = header Location
check a.ends follow {oip} until success
)")});
  EXPECT_EQ(VerdictOf(record, "a.ends"), "unanswered");
  EXPECT_THAT(record.notes, Contains(HasSubstr("a question of line 7, in 6 attempts in a row")));
}

// What an operation did until the answer to its POST was there, nobody saw.
TEST_F(WeatherTest, AnOperationWhoseAnswerWasLateIsFollowedAnew) {
  options_.jobs = 1;
  options_.session.limits.late = 0ms;  // every answer is
  const RunRecord record = Run({Scenario("followed", R"(package    PKG

given POST /pg_mgr/install/install {"id": PKG}
  oip = header Location
check a.ends follow {oip} until success
  check a.counts   statuses count is at least 1
)"),
                                Scenario("not followed", R"(package    PKG

POST /pg_mgr/install/install {"id": PKG}
  check a.answers   status is 201
)")});
  EXPECT_EQ(VerdictOf(record, "a.ends"), "pass");
  EXPECT_EQ(VerdictOf(record, "a.answers"), "pass");
  EXPECT_EQ(record.scenarios[0].attempts, kBadNetwork.same_place);
  EXPECT_THAT(record.notes, Contains(HasSubstr("a late answer of line 5, in 6 attempts in a row"))) << "that of the POST";
  EXPECT_EQ(record.scenarios[1].attempts, 1) << "only what is followed is begun anew";
}

TEST_F(WeatherTest, ANetworkThatIsTooBadIsNobodysFault) {
  options_.session.patience.attempts = 6;
  std::atomic<int> asked{0};
  const auto often = [&](const http::Request& request) {
    return asked++ % 3 != 1 ? http::Response{.manner = http::Response::Manner::kClose} : provd_.Usual(request);
  };
  provd_.Answer("GET /configure/one", often);
  provd_.Answer("GET /configure/two", often);
  const RunRecord record = Run({Scenario("lossy", R"(
GET /configure/one
  check a.one   status is 404
GET /configure/two
  check a.two   status is 404
)")});
  EXPECT_EQ(VerdictOf(record, "a.one"), "harness-error");
  EXPECT_EQ(VerdictOf(record, "a.two"), "harness-error");
  EXPECT_THAT(record.notes, Contains(HasSubstr("too bad to tell")));
  EXPECT_EQ(record.exit_code, 3);
}

TEST_F(RunnerTest, WhatIsNoHttpFailsTheCheck) {
  provd_.Answer("GET /configure/nothing",
                [&](const http::Request&) { return http::Response{.body = "hello\r\n\r\n", .manner = http::Response::Manner::kRaw}; });
  const RunRecord record = Run({Scenario("babble", "\nGET /configure/nothing\n  check a.http   status is 404\n")});
  EXPECT_EQ(VerdictOf(record, "a.http"), "fail");
  EXPECT_THAT(CheckOf(record, "a.http").got, HasSubstr("no answer"));
}

TEST_F(RunnerTest, AnUnreachableTargetIsUntestable) {
  const std::string url = provd_.url();
  provd_.Die();
  const auto start = std::chrono::steady_clock::now();
  const RunRecord record = Run({kReads, kInstalls}, url);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
  EXPECT_EQ(record.exit_code, 3);
  EXPECT_THAT(record.notes, ElementsAre(HasSubstr("can't be tested")));
  EXPECT_EQ(VerdictOf(record, "a.value"), "not-run");
}

TEST_F(RunnerTest, ATargetThatWantsAToken) {
  provd_.Answer("GET ", [](const http::Request& request) {
    return request.headers.Has("X-Auth-Token") ? http::Response{} : TextAnswer(401, "Who?");
  });
  const RunRecord record = Run({kReads});
  EXPECT_EQ(record.exit_code, 3);
  EXPECT_THAT(record.notes, ElementsAre(HasSubstr("--header")));
}

TEST_F(RunnerTest, ATargetThatHangsAltogetherEndsTheRun) {
  provd_.Answer("GET /configure/nothing", [&](const http::Request&) {
    for (const char* const method : {"GET *", "POST *", "PUT *", "DELETE *"})
      provd_.Answer(method, [](const http::Request&) { return Hang(); });
    return Hang();
  });
  options_.jobs = 1;
  options_.session.limits.probe = 1s;
  std::vector<std::string> texts = {Scenario("last words", "\nGET /configure/nothing\n  check a.never   status is 404\n")};
  for (int i = 0; i < 20; ++i) texts.push_back(kReads);
  const auto start = std::chrono::steady_clock::now();
  const RunRecord record = Run(texts);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s) << "as if each scenario had waited for an answer";
  EXPECT_EQ(record.ended, "target gone");
  EXPECT_EQ(VerdictOf(record, "a.never"), "unanswered");
  EXPECT_EQ(VerdictOf(record, "a.value"), "not-run");
  EXPECT_EQ(record.exit_code, 1);
  EXPECT_THAT(record.notes, Contains(HasSubstr("accepts connections but has not answered")));
}

TEST_F(RunnerTest, ARequestThatIsNeverAnsweredIsNotWaitedForEachTime) {
  provd_.Answer("GET /configure/nothing", [](const http::Request&) { return Hang(); });
  options_.jobs = 1;
  options_.session.limits.probe = 1s;
  std::vector<std::string> texts(6, Scenario("silence", "\nGET /configure/nothing\n  check a.never   status is 404\n"));
  texts.push_back(kReads);
  const RunRecord record = Run(texts);
  EXPECT_EQ(provd_.Count("GET /configure/nothing"), 8) << "the first two are asked again alone, and none that was known for its silence";
  EXPECT_EQ(record.ended, "");
  EXPECT_EQ(VerdictOf(record, "a.never"), "unanswered");
  EXPECT_EQ(VerdictOf(record, "a.value"), "pass");
  EXPECT_EQ(record.exit_code, 1);
  EXPECT_THAT(record.notes,
              Contains(HasSubstr("GET /configure/nothing: 8 requests got no answer; after 3 in a row most were waited for 1 s only")));
}

TEST_F(RunnerTest, PackagesThatCanNotBeListedAgainAreTheTargetsFault) {
  // The first update is the session's own; those that follow hang, and so does, once, what a scenario with packages asks.
  int updates = 0, asked = 0;
  provd_.Answer("POST /pg_mgr/install/update",
                [&](const http::Request& request) { return ++updates == 1 ? provd_.Usual(request) : Hang(); });
  provd_.Answer("GET /configure/nothing", [&](const http::Request& request) { return ++asked == 1 ? Hang() : provd_.Usual(request); });
  options_.jobs = 1;
  const RunRecord record =
      Run({kReads, Scenario("a package is listed", "package    PKG\n\nGET /configure/nothing\n  check i.read   status is 404\n")});
  EXPECT_EQ(VerdictOf(record, "i.read"), "blocked");
  EXPECT_THAT(Of(record, "i.read").blocked_by, ElementsAre("install.update-answers-201"));
  EXPECT_THAT(CheckOf(record, "i.read").note, HasSubstr("could not be listed: POST /provd/pg_mgr/install/update was not answered"));
  EXPECT_EQ(VerdictOf(record, "a.value"), "pass");
}

// A launched target that a request for `/configure/nothing` ends, as long as `dies` says so, and that can be begun anew.
class MortalTargetTest : public RunnerTest {
 protected:
  MortalTargetTest() {
    also_ = {kBlame};
    LetDieAt("GET /configure/nothing");
    options_.session.ended = [this]() -> std::optional<std::string> {
      if (dead_) return "crashed: signal 11 (Segmentation fault)";
      return std::nullopt;
    };
    options_.session.revive = [this]() -> Result<> {
      if (!revives_) return Fail(ErrorKind::kUnavailable, "it ended with exit code 1 before it answered");
      ++revived_;
      dead_ = false;
      return {};
    };
    options_.session.log_tail = [] { return "one\ntwo\nthree\nlast line\n"; };
  }

  static http::Response Nothing() { return http::Response{.manner = http::Response::Manner::kReset}; }
  // It answers nobody until it is begun anew.
  void Go() {
    dead_ = true;
    for (const char* const method : {"GET *", "POST *", "PUT *", "DELETE *"})
      provd_.Answer(method, [this](const http::Request& each) { return dead_ ? Nothing() : provd_.Usual(each); });
  }
  // Of a request like that it dies, and then answers nobody.
  void LetDieAt(const std::string& pattern) {
    provd_.Answer(pattern, [this](const http::Request& request) {
      if (dead_) return Nothing();
      if (!dies_(++asked_)) return provd_.Usual(request);
      Go();
      beside_.Open();
      return Nothing();
    });
  }
  // Where it dies for the first time, `kBeside` is under way as well: the one request waits for the other, which is answered
  // only once the target is dead.
  void LetDieBesideAnother(std::function<bool(int)> dies) {
    options_.jobs = 4;
    options_.session.limits.answer = 10s;  // nothing hangs here: it is what a machine under load may take
    provd_.Answer("GET /configure/beside", [this](const http::Request& request) {
      EXPECT_TRUE(beside_.Pass());
      return dead_ ? Nothing() : provd_.Usual(request);
    });
    dies_ = [this, dies = std::move(dies)](int asked) {
      EXPECT_TRUE(beside_.AwaitReached());
      return dies(asked);
    };
  }
  // From that request on it answers no question.
  void LetHang() {
    provd_.Answer("GET /configure/nothing", [this](const http::Request&) {
      hangs_ = true;
      return Hang();
    });
    provd_.Answer("GET *", [this](const http::Request& request) { return hangs_ ? Hang() : provd_.Usual(request); });
  }
  static void ForEachFailing(const RunRecord& record, const std::function<void(const ScenarioRecord&, const CheckRecord&)>& look) {
    for (const ScenarioRecord& scenario : record.scenarios) {
      for (const StepRecord& step : scenario.steps) {
        for (const CheckRecord& check : step.checks)
          if (check.verdict == Verdict::kFail) look(scenario, check);
      }
    }
  }
  std::vector<std::string> Failing(const RunRecord& record) {
    std::vector<std::string> failing;
    ForEachFailing(
        record, [&](const ScenarioRecord& scenario, const CheckRecord& check) { failing.push_back(check.slug + " in " + scenario.title); });
    return failing;
  }

  std::vector<std::string> GotOfFailing(const RunRecord& record) {
    std::vector<std::string> got;
    ForEachFailing(record, [&](const ScenarioRecord&, const CheckRecord& check) { got.push_back(check.got); });
    return got;
  }

  static inline const std::string kBlame{kStillAnswers};
  static inline const std::string kLethal = Scenario("last words", R"(
GET /configure/nothing
  check a.never   status is 404
  check a.after   body is sentence
)");
  static inline const std::string kBeside = Scenario("beside them", R"(
GET /configure/beside
  check a.beside   status is 404
)");

  std::function<bool(int)> dies_ = [](int) { return true; };
  std::atomic<int> asked_{0}, revived_{0};
  std::atomic<bool> dead_{false}, hangs_{false};
  Gate beside_;
  bool revives_ = true;
};

TEST_F(MortalTargetTest, IsBlamedForItsEndAndTheRunGoesOn) {
  options_.jobs = 1;
  const RunRecord record = Run({kLethal, kReads, kInstalls});
  EXPECT_EQ(record.ended, "");
  EXPECT_EQ(VerdictOf(record, kBlame), "fail");
  EXPECT_THAT(Of(record, kBlame).scenarios, Contains("last words"));
  const CheckRecord& check = CheckOf(record, kBlame);
  EXPECT_THAT(check.got, AllOf(HasSubstr("crashed: signal 11"), HasSubstr("GET /provd/configure/nothing")));
  EXPECT_EQ(check.note, "its last words: two | three | last line");
  // The request did not show what it was for, and is no second finding.
  EXPECT_EQ(VerdictOf(record, "a.never"), "blocked");
  EXPECT_THAT(Of(record, "a.never").blocked_by, ElementsAre(kBlame));
  EXPECT_EQ(VerdictOf(record, "a.after"), "blocked");
  EXPECT_EQ(VerdictOf(record, "a.value"), "pass");
  EXPECT_EQ(VerdictOf(record, "i.listed"), "pass");
  EXPECT_EQ(revived_, 1);
  EXPECT_EQ(record.exit_code, 1);
  EXPECT_EQ(record.target_log_tail, "one\ntwo\nthree\nlast line\n");
  EXPECT_EQ(provd_.parameter("plugin_server"), "http://127.0.0.1:1/old");
}

TEST_F(MortalTargetTest, IsBlamedWithTheScenarioThatDoesItAlone) {
  LetDieBesideAnother([](int) { return true; });
  std::vector<std::string> texts(12, kReads);
  texts[1] = kLethal;
  texts[3] = kBeside;
  const RunRecord record = Run(texts);
  EXPECT_EQ(record.ended, "");
  std::vector<std::string> blamed;
  for (const ScenarioRecord& scenario : record.scenarios) {
    if (scenario.verdict != Verdict::kPass) blamed.push_back(scenario.title);
  }
  EXPECT_THAT(blamed, ElementsAre("last words"));
  EXPECT_EQ(VerdictOf(record, "a.value"), "pass");
  EXPECT_EQ(VerdictOf(record, "a.beside"), "pass");
  EXPECT_THAT(CheckOf(record, kBlame).got, Not(HasSubstr("beside")));
  EXPECT_EQ(asked_, 2) << "with the others, and alone";
}

TEST_F(MortalTargetTest, IsBlamedWithAllIfNoneDoesItAlone) {
  LetDieBesideAnother([](int asked) { return asked == 1; });
  std::vector<std::string> texts(12, kReads);
  texts[1] = kLethal;
  texts[3] = kBeside;
  const RunRecord record = Run(texts);
  EXPECT_EQ(record.ended, "");
  EXPECT_EQ(VerdictOf(record, "a.never"), "pass");
  EXPECT_EQ(VerdictOf(record, "a.beside"), "pass");
  EXPECT_EQ(VerdictOf(record, kBlame), "fail");
  EXPECT_THAT(GotOfFailing(record),
              ElementsAre(AllOf(HasSubstr("with none of them alone"), HasSubstr("last words"), HasSubstr("beside them"))));
  EXPECT_EQ(record.exit_code, 1);
}

TEST_F(MortalTargetTest, IsBlamedWithTheOnlyOneUnderWayIfThatDoesItOnlyOnce) {
  Event other_done;
  options_.on_progress = [&](const Progress& progress) {
    if (progress.done == 1) other_done.Happen();
  };
  dies_ = [&](int asked) {
    EXPECT_TRUE(other_done.Wait());
    return asked == 1;
  };
  options_.session.limits.answer = 10s;
  options_.jobs = 2;
  const RunRecord record = Run({kLethal, kReads});
  EXPECT_EQ(record.ended, "");
  EXPECT_EQ(VerdictOf(record, "a.never"), "pass");
  EXPECT_EQ(VerdictOf(record, kBlame), "fail");
  EXPECT_THAT(GotOfFailing(record), ElementsAre(HasSubstr("not when it ran again alone")));
}

TEST_F(MortalTargetTest, ThatHangsInPartIsBlamedAndBegunAnew) {
  // From that request on no question below /pg_mgr/plugins is answered, and everything else is.
  std::atomic<bool> stuck{false};
  provd_.Answer("GET /configure/nothing", [&](const http::Request& request) {
    stuck = true;
    return provd_.Usual(request);
  });
  provd_.Answer("GET /pg_mgr/plugins*", [&](const http::Request& request) { return stuck ? Hang() : provd_.Usual(request); });
  options_.session.revive = [&]() -> Result<> {
    ++revived_;
    stuck = false;
    return {};
  };
  options_.jobs = 4;
  const std::string plugins = "\nGET /pg_mgr/plugins\n  check p.asked   status is 404\n";
  std::vector<std::string> texts(12, Scenario("plugins are read", plugins));
  texts[5] = Scenario("last words", "\nGET /configure/nothing\n  check a.never   status is 404\n" + plugins);
  const RunRecord record = Run(texts);
  EXPECT_EQ(record.ended, "");
  EXPECT_EQ(VerdictOf(record, kBlame), "fail");
  EXPECT_EQ(VerdictOf(record, "a.never"), "pass");
  EXPECT_THAT(Failing(record), ElementsAre(kBlame + " in last words"));
  EXPECT_THAT(GotOfFailing(record),
              ElementsAre(AllOf(HasSubstr("the target still answers GET /provd, and has not answered GET /provd/pg_mgr/plugins/"),
                                HasSubstr("the first request without an answer: GET /provd/pg_mgr/plugins was"))));
  for (const ScenarioRecord& scenario : record.scenarios) {
    const Verdict expected = scenario.title == "last words" ? Verdict::kFail : Verdict::kPass;
    EXPECT_EQ(scenario.verdict, expected) << scenario.file;
  }
  EXPECT_EQ(revived_, 2) << "once to go on, and once after it was seen alone";
}

TEST_F(MortalTargetTest, ThatNeverAnswersARequestIsLeftRunning) {
  provd_.Answer("GET /pg_mgr/plugins*", [&](const http::Request&) { return Hang(); });
  options_.jobs = 1;
  const RunRecord record = Run({Scenario("plugins are read", "\nGET /pg_mgr/plugins\n  check p.asked   status is 404\n"), kReads});
  EXPECT_EQ(VerdictOf(record, "p.asked"), "unanswered");
  EXPECT_EQ(VerdictOf(record, "a.value"), "pass");
  EXPECT_EQ(revived_, 0);
}

TEST_F(MortalTargetTest, ThatDoesNotComeBackEndsTheRun) {
  revives_ = false;
  options_.jobs = 1;
  const RunRecord record = Run({kLethal, kReads});
  EXPECT_EQ(record.ended, "target crashed");
  EXPECT_EQ(VerdictOf(record, kBlame), "fail");
  EXPECT_EQ(VerdictOf(record, "a.value"), "not-run");
  EXPECT_THAT(record.notes, Contains(HasSubstr("could not be begun anew: it ended with exit code 1")));
}

TEST_F(MortalTargetTest, ThatCanNotBeBegunAnewEndsTheRun) {
  options_.session.revive = nullptr;
  options_.jobs = 1;
  const RunRecord record = Run({kLethal, kReads});
  EXPECT_EQ(record.ended, "target crashed");
  EXPECT_THAT(record.notes, Contains(HasSubstr("crashed: signal 11")));
  EXPECT_EQ(record.target_log_tail, "one\ntwo\nthree\nlast line\n");
  EXPECT_EQ(VerdictOf(record, kBlame), "fail");
  EXPECT_EQ(VerdictOf(record, "a.never"), "blocked");
  EXPECT_EQ(VerdictOf(record, "a.value"), "not-run");
}

TEST_F(MortalTargetTest, ThatGoesTooOftenEndsTheRun) {
  const RunRecord record = Run(std::vector<std::string>(60, kLethal));
  EXPECT_EQ(record.ended, "target crashed");
  EXPECT_EQ(revived_, 30);
  EXPECT_EQ(VerdictOf(record, kBlame), "fail");
}

// The record of the first attempt is given up; what it broke is broken nevertheless.
TEST_F(MortalTargetTest, IsBlamedForWhatItDidBeforeAsWell) {
  provd_.Answer("GET /configure/broken", [&](const http::Request&) { return TextAnswer(500, "Out of order."); });
  options_.jobs = 4;
  std::vector<std::string> texts(12, kReads);
  texts[1] = Scenario("broken", R"(
GET /configure/broken
  check a.broken   status is 500
GET /configure/nothing
  check a.never    status is 404
)");
  const RunRecord record = Run(texts);
  EXPECT_EQ(VerdictOf(record, "invariant.no-5xx"), "fail");
  EXPECT_EQ(VerdictOf(record, kBlame), "fail");
}

TEST_F(MortalTargetTest, IsBlamedOnceIfItDoesNotComeBack) {
  revives_ = false;
  options_.jobs = 1;
  options_.session.throwaway = true;
  const std::string writes = Scenario("a config", R"(ids        CONFIG

POST /cfg_mgr/configs {"config": {"id": CONFIG, "parent_ids": [], "raw_config": {}}}
  check c.made   status is 2xx or 4xx
)");
  EXPECT_THAT(Failing(Run({writes, kLethal, kReads, writes})), ElementsAre(kBlame + " in last words"));
}

TEST_F(MortalTargetTest, IsBlamedForAnOperationThatEndsItAndTheOperationIsNot) {
  LetDieAt("GET /pg_mgr/install/install/*");
  options_.jobs = 1;
  const RunRecord record = Run({Scenario("followed", R"(package    PKG

given POST /pg_mgr/install/install {"id": PKG} answers 201, oip = header Location
check oip.statuses-step-forward   follow {oip} until success
GET /pg_mgr/install/installed
  check i.listed        $.pkgs has PKG
)")});
  EXPECT_THAT(Failing(record), ElementsAre(kBlame + " in followed"));
  EXPECT_EQ(VerdictOf(record, "oip.statuses-step-forward"), "blocked");
  EXPECT_THAT(Of(record, "oip.statuses-step-forward").blocked_by, ElementsAre(kBlame));
  EXPECT_THAT(Of(record, "i.listed").blocked_by, ElementsAre(kBlame));
}

TEST_F(MortalTargetTest, IsBlamedForItsEndInTheCleanUp) {
  LetDieAt("DELETE /pg_mgr/install/install/*");
  dies_ = [](int asked) { return asked == 1; };
  options_.jobs = 1;
  const RunRecord record = Run({kInstalls, kReads});
  EXPECT_THAT(Failing(record), ElementsAre(kBlame + " in a package is installed"));
  EXPECT_EQ(VerdictOf(record, "i.listed"), "pass");
  EXPECT_EQ(VerdictOf(record, "a.value"), "pass");
  EXPECT_THAT(provd_.installed(), IsEmpty()) << "what the interrupted clean-up left is taken back";
}

TEST_F(MortalTargetTest, IsNotBegunAnewOnceSomebodyWantsTheEnd) {
  dies_ = [this](int) {
    stop_.Ask("interrupted");
    return true;
  };
  options_.jobs = 1;
  const RunRecord record = Run({kLethal, kReads});
  EXPECT_EQ(record.ended, "interrupted");
  EXPECT_EQ(revived_, 0);
  EXPECT_EQ(VerdictOf(record, "a.value"), "not-run");
}

// The suite itself has ended it.
TEST_F(MortalTargetTest, IsNotBlamedIfARestartIsInterrupted) {
  options_.session.restart = [this]() -> Result<> {
    stop_.Ask("interrupted");
    Go();
    return Fail(ErrorKind::kCancelled, "interrupted while the launched target was starting");
  };
  options_.jobs = 1;
  const RunRecord record = Run({kRestarts});
  EXPECT_EQ(record.ended, "interrupted");
  EXPECT_THAT(Failing(record), IsEmpty());
}

TEST_F(MortalTargetTest, ThatDoesNotStartAgainIsBlamedForThatAlone) {
  also_.insert(std::string(kStartsAgain));
  options_.session.restart = [this]() -> Result<> {
    Go();
    return Fail(ErrorKind::kUnavailable, "the launched target ended with exit code 1 before it answered; it wrote:\nlast line\n");
  };
  options_.jobs = 1;
  const RunRecord record = Run({kRestarts, kReads});
  EXPECT_EQ(record.ended, "");
  EXPECT_THAT(Failing(record), ElementsAre(std::string(kStartsAgain) + " in restarts"));
  EXPECT_EQ(CheckOf(record, std::string(kStartsAgain)).got, "the launched target ended with exit code 1 before it answered");
  EXPECT_THAT(CheckOf(record, std::string(kStartsAgain)).note, HasSubstr("last line"));
  EXPECT_EQ(VerdictOf(record, "a.restarts"), "blocked");
  EXPECT_THAT(Of(record, "a.restarts").blocked_by, ElementsAre(std::string(kStartsAgain)));
  EXPECT_EQ(VerdictOf(record, "a.value"), "pass");
}

TEST_F(MortalTargetTest, ThatStartsAgainIsSeenTo) {
  also_.insert(std::string(kStartsAgain));
  options_.session.restart = []() -> Result<> { return {}; };
  EXPECT_EQ(VerdictOf(Run({kRestarts}), std::string(kStartsAgain)), "pass");
  EXPECT_EQ(VerdictOf(Run({kReads}), std::string(kStartsAgain)), "not-applicable");
}

TEST_F(MortalTargetTest, WhosePortAnotherProgramTookIsNotBlamed) {
  also_.insert(std::string(kStartsAgain));
  options_.session.restart = []() -> Result<> { return Fail(ErrorKind::kInternal, "port 1 is another program's by now"); };
  const RunRecord record = Run({kRestarts});
  EXPECT_EQ(VerdictOf(record, "a.restarts"), "blocked");
  EXPECT_THAT(Failing(record), IsEmpty());
}

TEST_F(RunnerTest, ATargetThatNobodyLaunchedIsNotKnownToStillAnswer) {
  also_ = {std::string(kStillAnswers)};
  EXPECT_EQ(VerdictOf(Run({kReads}), std::string(kStillAnswers)), "not-applicable");
}

TEST_F(MortalTargetTest, ThatHangsIsBegunAnewAsWell) {
  LetHang();
  options_.session.limits.probe = 1s;
  options_.session.revive = [this]() -> Result<> {
    hangs_ = false;
    return {};
  };
  options_.jobs = 1;
  const RunRecord record = Run({kLethal, kReads});
  EXPECT_EQ(record.ended, "");
  EXPECT_THAT(CheckOf(record, kBlame).got, HasSubstr("accepts connections but has not answered"));
  EXPECT_EQ(VerdictOf(record, "a.never"), "blocked");
  EXPECT_EQ(VerdictOf(record, "a.value"), "pass");
}

TEST_F(MortalTargetTest, OnABadNetworkThatHangsMayBeCutOffAndIsNotBlamed) {
  LetHang();
  options_.session.patience = kBadNetwork;
  options_.session.limits.probe = 300ms;
  options_.jobs = 1;
  const RunRecord record = Run({kLethal, kReads});
  EXPECT_EQ(record.ended, "target gone");
  EXPECT_EQ(VerdictOf(record, kBlame), "not-applicable");
  EXPECT_EQ(revived_, 0);
}

// ---- Ends before the end

TEST_F(RunnerTest, AnInterruptFinishesTheCleanUp) {
  provd_.Answer("POST /pg_mgr/install/install", [&](const http::Request& request) {
    stop_.Ask("interrupted");
    return provd_.Usual(request);
  });
  options_.jobs = 1;
  const RunRecord record = Run({kInstalls, kReads});
  EXPECT_EQ(record.ended, "interrupted");
  EXPECT_EQ(VerdictOf(record, "a.value"), "not-run");
  EXPECT_EQ(VerdictOf(record, "i.listed"), "not-run");
  EXPECT_EQ(record.exit_code, 1);
  EXPECT_THAT(provd_.installed(), IsEmpty());
  EXPECT_EQ(provd_.monitors(), 0u);
  EXPECT_EQ(provd_.parameter("plugin_server"), "http://127.0.0.1:1/old");
}

TEST_F(RunnerTest, ABudgetEndsPolling) {
  provd_.Answer("GET /pg_mgr/install/install/*", [&](const http::Request&) { return JsonAnswer({{"status", "progress"}}); });
  options_.budget = 300ms;
  const auto start = std::chrono::steady_clock::now();
  const RunRecord record = Run({kInstalls});
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s) << "as if the operation had been waited for";
  EXPECT_EQ(record.ended, "budget");
  EXPECT_EQ(VerdictOf(record, "i.listed"), "not-run");
  EXPECT_EQ(record.exit_code, 1);
  EXPECT_EQ(provd_.parameter("plugin_server"), "http://127.0.0.1:1/old");
}

TEST_F(RunnerTest, ManyJobsDoNotMixUpWhatTheyDo) {
  options_.jobs = 8;
  std::vector<std::string> texts(24, kInstalls);
  std::atomic<std::size_t> reported{0};
  options_.on_progress = [&](const Progress& progress) { reported = progress.done; };
  const RunRecord record = Run(texts);
  for (const ScenarioRecord& scenario : record.scenarios) EXPECT_EQ(VerdictName(scenario.verdict), "pass");
  EXPECT_EQ(reported, 24u);
  EXPECT_THAT(provd_.installed(), IsEmpty());
}

// ---- Selection

TEST(SelectTest, FiltersNameSlugsAreasTitlesAndFiles) {
  const auto library = Library::Parse({{"a/one.scenario", kReads}, {"i/two.scenario", kInstalls}});
  ASSERT_TRUE(library.has_value()) << library.error().message;
  const auto ledger = Ledger::Parse({{"l.json", R"([{"slug": "a.answers", "level": "must", "sentence": "", "source": ""},
    {"slug": "a.value", "level": "should", "sentence": "", "source": ""}, {"slug": "i.answers-201", "level": "must", "sentence": "", "source": ""},
    {"slug": "i.names", "level": "must", "sentence": "", "source": ""}, {"slug": "i.listed", "level": "may", "sentence": "", "source": ""},
    {"slug": "z.alone", "level": "must", "sentence": "", "source": ""}])"}});
  ASSERT_TRUE(ledger.has_value()) << ledger.error().message;
  struct Case {
    std::vector<std::string> filters;
    Level level;
    std::size_t runs;
    std::set<std::string> slugs;
  };
  const std::vector<Case> cases = {
      {{}, Level::kMay, 2, {"a.answers", "a.value", "i.answers-201", "i.names", "i.listed", "z.alone"}},
      {{}, Level::kMust, 2, {"a.answers", "i.answers-201", "i.names", "z.alone"}},
      {{"a.value"}, Level::kMay, 1, {"a.value"}},
      {{"a"}, Level::kMay, 1, {"a.answers", "a.value"}},
      {{"i.*"}, Level::kShould, 1, {"i.answers-201", "i.names"}},
      {{"nat is read"}, Level::kMay, 1, {"a.answers", "a.value"}},
      {{"i/two.scenario"}, Level::kMay, 1, {"i.answers-201", "i.names", "i.listed"}},
      {{"two", "a.value"}, Level::kMay, 2, {"a.value", "i.answers-201", "i.names", "i.listed"}},
  };
  for (const Case& c : cases) {
    const auto selection = Select(*ledger, *library, {c.filters, c.level});
    ASSERT_TRUE(selection.has_value()) << testing::PrintToString(c.filters) << selection.error().message;
    EXPECT_EQ(selection->runs.size(), c.runs) << testing::PrintToString(c.filters);
    EXPECT_EQ(selection->slugs, c.slugs) << testing::PrintToString(c.filters);
  }
  EXPECT_THAT(Select(*ledger, *library, {{"i.lsted"}, Level::kMay}).error().message, HasSubstr("did you mean i.listed?"));
  EXPECT_THAT(Select(*ledger, *library, {{"z"}, Level::kMay}).error().message, HasSubstr("the selection is empty"));
}

TEST(SelectTest, ScenariosThatWaitByDesignAreThereForWhoAsksForThem) {
  const auto library = Library::Parse({{"a/fast.scenario", "scenario x\nformat 1\n\nGET /x\n  check a.quick status is 200\n"},
                                       {"a/slow.scenario",
                                        "scenario y\nformat 1\ntier timed\n\nGET /x\n  check a.quick status is 200\n"
                                        "  check a.patient status is 200\n"}});
  ASSERT_TRUE(library.has_value()) << library.error().message;
  const auto ledger = Ledger::Parse({{"l.json", R"([{"slug": "a.quick", "level": "must", "sentence": "", "source": ""},
    {"slug": "a.patient", "level": "must", "sentence": "", "source": ""}])"}});
  ASSERT_TRUE(ledger.has_value()) << ledger.error().message;
  const auto fast = Select(*ledger, *library, {});
  ASSERT_TRUE(fast.has_value()) << fast.error().message;
  EXPECT_EQ(fast->runs.size(), 1u);
  EXPECT_EQ(fast->slugs, (std::set<std::string>{"a.quick"}));
  const auto all = Select(*ledger, *library, {.timed = true});
  ASSERT_TRUE(all.has_value()) << all.error().message;
  EXPECT_EQ(all->runs.size(), 2u);
  EXPECT_EQ(all->slugs, (std::set<std::string>{"a.quick", "a.patient"}));
  for (const char* only_slow : {"a.patient", "a/slow.scenario"})
    EXPECT_THAT(Select(*ledger, *library, {.filters = {only_slow}}).error().message, HasSubstr("--timed")) << only_slow;
}

}  // namespace
}  // namespace provdlab::conformance
