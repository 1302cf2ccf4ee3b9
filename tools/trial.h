#pragma once
// What conform and replay share: the options that name a target, and everything that a run needs before it can begin.
//
//   TrialOptions options;
//   AddTrialOptions(*command, options);
//   …
//   auto trial = Trial::Open(options);            // launches the target if it is to be launched
//   RunRecord record = conformance::RunSuite(ledger, selection, (*trial)->target(), (*trial)->run(), (*trial)->stop());
//
// The first SIGINT or SIGTERM ends the run early, with its clean-up; the second ends the process at once. Open on the main thread,
// before other threads are made.

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "conformance/runner/launch.h"
#include "conformance/runner/runner.h"
#include "conformance/runner/stop.h"
#include "conformance/runner/target.h"
#include "simulator/proxy/relay.h"
#include "simulator/proxy/weather.h"
#include "tools/ending_signals.h"
#include "tools/from_here.h"
#include "tools/target_options.h"

namespace provdlab::tools {

struct TrialOptions {
  TargetOptions target;
  std::string launch, then_launch;
  std::string repository_address = "127.0.0.1";
  conformance::PhoneAccess phones;
  std::string manager = "provd:secret";
  std::uint64_t seed = 0;
  bool keep = false;
  bool read_only = false;
  bool patient = false;
  std::string weather, weather_rate = "1/50";  // weather empty: none
  std::string runs;                            // folder; empty: the user's
  bool keep_secrets = false;
  bool no_color = false;
};

void AddTrialOptions(CLI::App& command, TrialOptions& options);

// "10.0.0.7", "10.0.0.7:8080", "[fd00::7]:8080".
struct AddressAndPort {
  std::string address;
  std::uint16_t port = 0;  // 0: none was written
};
Result<AddressAndPort> ParseAddress(const std::string& text);

class Trial {
 public:
  // kInvalid for options that make no sense, kUnavailable for a target that can't be launched.
  static Result<std::unique_ptr<Trial>> Open(const TrialOptions& options);
  ~Trial();
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  const conformance::Target& target() const { return *target_; }
  conformance::RunOptions& run() { return run_; }
  conformance::Stop& stop() { return stop_; }
  // What a target that was launched for the run wrote; nullopt: it was not.
  std::optional<std::string> TargetLog() const;
  // What the weather between the run and its target did so far, in a sentence; empty without any.
  std::string WhatTheWeatherDid() const;

 private:
  Trial();
  void Listen();
  Result<std::uint16_t> OpenRelay(const std::string& url);

  std::optional<TemporaryDirectory> tokens_;  // of a target that is launched with a table of ours
  EndingSignals signals_;
  conformance::Stop stop_;
  std::unique_ptr<conformance::LaunchedTarget> launched_;
  std::unique_ptr<proxy::Weather> weather_;  // outlives the relay
  std::unique_ptr<proxy::Relay> relay_;
  std::unique_ptr<conformance::Target> target_;
  conformance::RunOptions run_;
  std::atomic<bool> over_{false};
  std::thread listener_;
};

}  // namespace provdlab::tools
