// A part of a target that does not answer any more, and requests that it never answers.

#include "conformance/runner/pulse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace provdlab::conformance {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class PulseTest : public testing::Test {
 protected:
  explicit PulseTest(bool read_only = false) : target_(*Target::Make(OptionsOf(read_only))), pulse_(target_, "plab-x-d0") {}

  static TargetOptions OptionsOf(bool read_only) {
    TargetOptions options;
    options.url = "http://127.0.0.1:1/provd";
    options.read_only = read_only;
    return options;
  }

  Pulse::Ask Asking() {
    return [this](const std::string& method, const std::string& path) {
      asked_.push_back(method + " " + path);
      http::Exchange exchange;
      exchange.request.method = method;
      exchange.request.target = path;
      exchange.outcome = http::Outcome::kAnswered;
      for (const std::string& silent : silent_)
        if (asked_.back().starts_with(silent)) exchange.outcome = http::Outcome::kTimeout;
      return exchange;
    };
  }
  std::string Missed(const std::string& path) {
    const auto missed = pulse_.Miss(path, Asking());
    return missed ? missed->request.method + " " + missed->request.target : "";
  }

  const Target target_;
  Pulse pulse_;
  std::set<std::string> silent_;
  std::vector<std::string> asked_;
};

TEST_F(PulseTest, APartThatIsStuckIsFound) {
  pulse_.Begin(Asking());
  silent_ = {"DELETE /dev_mgr"};  // readers may pass while nobody may write
  EXPECT_EQ(Missed("/dev_mgr/devices/a"), "DELETE /dev_mgr/devices/plab-x-d0");
  EXPECT_EQ(Missed("/dev_mgr/synchronize"), "DELETE /dev_mgr/devices/plab-x-d0");
}

TEST_F(PulseTest, OnlyThePartIsAskedThatDidNotAnswer) {
  pulse_.Begin(Asking());
  asked_.clear();
  silent_ = {"GET /dev_mgr"};
  EXPECT_EQ(Missed("/cfg_mgr/configs"), "");
  EXPECT_THAT(asked_, AllOf(Not(IsEmpty()), Each(HasSubstr(" /cfg_mgr/configs"))));
  EXPECT_EQ(Missed(""), "") << "the entry point is asked by whoever takes the pulse";
}

TEST_F(PulseTest, WhatWasNeverAnsweredSaysNothing) {
  silent_ = {"DELETE /dev_mgr", "GET /configure"};
  pulse_.Begin(Asking());
  EXPECT_EQ(Missed("/dev_mgr/devices"), "");
  EXPECT_EQ(Missed("/configure/NAT"), "");
  silent_.insert("GET /dev_mgr");
  EXPECT_THAT(Missed("/dev_mgr/devices"), StartsWith("GET /dev_mgr/devices?q="));
}

TEST_F(PulseTest, ATargetThatEndsIsAskedElsewhere) {
  pulse_.Begin(Asking());
  const auto missed = pulse_.Miss("/dev_mgr/devices", [](const std::string&, const std::string&) {
    http::Exchange exchange;
    exchange.outcome = http::Outcome::kRefused;
    return exchange;
  });
  EXPECT_FALSE(missed) << "that is no silence; whether it is there at all is for others to say";
}

class ReadOnlyPulseTest : public PulseTest {
 protected:
  ReadOnlyPulseTest() : PulseTest(true) {}
};

TEST_F(ReadOnlyPulseTest, NothingIsDeleted) {
  pulse_.Begin(Asking());
  EXPECT_THAT(asked_, AllOf(Not(IsEmpty()), Each(StartsWith("GET "))));
}

}  // namespace
}  // namespace provdlab::conformance
