// The whole suite as GoogleTest tests, one for each run of a scenario, against the reference server's binary.
//
//   bazel test //conformance:suite_test --test_filter='Scenario.oip/*'
//
// Filter, repeat, shards and XML are GoogleTest's. A check that is blocked or not run is a failure here: nothing is skipped. Only
// the scenarios that this process runs get packages, so shards do not pay for each other.

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/requirements/ledger.h"
#include "conformance/runner/examples.h"
#include "conformance/runner/launch.h"
#include "conformance/runner/library.h"
#include "conformance/runner/runner.h"

namespace provdlab::conformance {
namespace {

constexpr char kServer[] = "tools/provdlab";

// A scenario with its test, once that is registered.
struct Registered {
  ScenarioRun run;
  const testing::TestInfo* test = nullptr;
};

// The launched server and the session with it, for all tests of this process.
class Suite : public testing::Environment {
 public:
  Suite(Ledger ledger, Examples examples, std::vector<Registered> all)
      : ledger_(std::move(ledger)), examples_(std::move(examples)), all_(std::move(all)) {}

  std::vector<Registered>& all() { return all_; }

  void SetUp() override {
    std::vector<ScenarioRun> runs;
    numbers_.assign(all_.size(), 0);
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (!all_[i].test->should_run()) continue;
      numbers_[i] = runs.size();
      runs.push_back(all_[i].run);
    }
    if (runs.empty()) return;
    LaunchOptions launch;
    launch.command = {
        kServer,       "serve",       "--rest-port", "{rest_port}",       "--state-dir", "{state_dir}",       "--http-port",
        "{http_port}", "--tftp-port", "{tftp_port}", "--sip-notify-port", "{sip_port}",  "--trusted-proxies", "{trusted_proxies}"};
    launch.next_command = launch.command;
    auto launched = LaunchedTarget::Start(launch);
    ASSERT_TRUE(launched.has_value()) << launched.error().message;
    server_ = std::move(*launched);
    auto target = Target::Make({server_->url(), {}, ""});
    ASSERT_TRUE(target.has_value()) << target.error().message;
    target_ = std::make_unique<Target>(std::move(*target));
    SessionOptions options;
    options.run_id = MakeRunId();
    options.throwaway = options.ends_with_run = true;
    options.examples = examples_;
    options.phones.files = server_->Filled("http://127.0.0.1:{http_port}");
    options.phones.tftp = server_->Filled("127.0.0.1:{tftp_port}");
    options.phones.sip_port = static_cast<std::uint16_t>(std::stoi(server_->Filled("{sip_port}")));
    options.ended = [this] { return server_->ended(); };
    options.restart = [this] { return server_->Restart(); };
    options.upgrade = [this] { return server_->Upgrade(); };
    options.renew = [this] { return server_->Renew(); };
    options.use_proxies = [this](int proxies) { return server_->RestartTrusting(proxies); };
    auto session = Session::Open(std::move(options), *target_, runs, stop_);
    ASSERT_TRUE(session.has_value()) << session.error().message;
    session_ = std::move(*session);
    engine_ = std::make_unique<Engine>(*session_, ledger_);
  }

  void TearDown() override {
    if (session_) {
      session_->Close();
      for (const std::string& note : session_->notes()) std::cerr << "note: " << note << "\n";
      if (const auto ended = server_->ended()) ADD_FAILURE() << "the server " << *ended << "\n" << server_->log_tail();
    }
    engine_.reset();
    session_.reset();
    server_.reset();
  }

  void Run(std::size_t index) {
    ASSERT_NE(engine_, nullptr) << "the server could not be tested";
    const ScenarioRun& run = all_[index].run;
    Engine::Outcome outcome = engine_->Run(run, numbers_[index], true);
    if (outcome.again) outcome.record = engine_->RunAgain(run, *outcome.again);
    for (const StepRecord& step : outcome.record.steps) {
      for (const CheckRecord& check : step.checks) {
        if (check.verdict == Verdict::kPass || check.verdict == Verdict::kNotApplicable) continue;
        std::string blockers;
        for (const std::string& slug : check.blocked_by) blockers += " " + slug;
        ADD_FAILURE() << run.file->path << ":" << check.line << ": " << check.slug << ": " << VerdictName(check.verdict) << blockers
                      << "\n  expected " << check.expected << "\n  got      " << check.got << "\n  " << check.note;
      }
    }
  }

 private:
  Ledger ledger_;
  Examples examples_;
  std::vector<Registered> all_;
  std::vector<std::size_t> numbers_;  // by index: the place in the session
  Stop stop_;
  std::unique_ptr<LaunchedTarget> server_;
  std::unique_ptr<Target> target_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Engine> engine_;
};

class ScenarioTest : public testing::Test {
 public:
  ScenarioTest(Suite& suite, std::size_t index) : suite_(suite), index_(index) {}
  void TestBody() override { suite_.Run(index_); }

 private:
  Suite& suite_;
  std::size_t index_;
};

// `timed`: those that wait by design, and only those.
int RunAll(bool timed) {
  const auto library = Library::Embedded();
  auto ledger = Ledger::Embedded();
  auto examples = EmbeddedExamples();
  if (!library || !ledger || !examples) {
    std::cerr << (library ? "" : library.error().message) << (ledger ? "" : ledger.error().message)
              << (examples ? "" : examples.error().message) << "\n";
    return 3;
  }
  std::vector<Registered> all;
  for (const ScenarioRun& run : library->runs()) {
    if (run.file->scenario.timed == timed) all.push_back({run, nullptr});
  }
  auto* const suite = new Suite(std::move(*ledger), std::move(*examples), std::move(all));
  testing::AddGlobalTestEnvironment(suite);  // owned by GoogleTest from here
  for (std::size_t i = 0; i < suite->all().size(); ++i) {
    Registered& registered = suite->all()[i];
    const std::string path = registered.run.file->path;
    std::string name = path.substr(0, path.rfind(".scenario"));
    if (!registered.run.row.empty()) name += "[" + registered.run.row + "]";
    registered.test = testing::RegisterTest("Scenario", name.c_str(), nullptr, nullptr, path.c_str(), 1,
                                            [suite, i]() -> testing::Test* { return new ScenarioTest(*suite, i); });
  }
  return RUN_ALL_TESTS();
}

}  // namespace
}  // namespace provdlab::conformance

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return provdlab::conformance::RunAll(argc > 1 && std::string_view(argv[1]) == "--timed");
}
