#include "conformance/runner/read_only.h"

#include <gtest/gtest.h>

#include <string>

#include "grammar/scenario/parse.h"

namespace provdlab::conformance {
namespace {

std::string Judged(const std::string& lines) {
  const auto scenario = scenario::ParseScenario("scenario   x\nformat     1\n" + lines);
  EXPECT_TRUE(scenario.has_value()) << lines << (scenario ? "" : scenario.error().message);
  return scenario ? WhatWrites(*scenario).value_or("") : "unreadable";
}

TEST(ReadOnlyTest, KnowsWhatOnlyLooks) {
  struct Case {
    const char* lines;
    const char* writes;
  };
  const Case cases[] = {
      {"\nGET /\n  check a.b   status is 200\n", ""},
      {"\nHEAD /\n  check a.b   status is 200\n", ""},
      {"ids        D\n\ngiven GET /dev_mgr/devices/{D} answers 404\nGET /\n  check a.b   status is 200\n", ""},
      {"\neventually within 1 s, GET /\n  check a.b   status is 200\n", ""},
      {"\ngiven GET / answers 200, at = $.links[0].href\ncheck a.b follow {at} until ended\n", ""},
      {"\nGET /\n  check a.b   status is 200\nPOST /pg_mgr/reload {}\n  check a.c   status is 204\n", "line 6 sends POST"},
      {"\neventually within 1 s, POST /\n  check a.b   status is 200\n", "line 4 sends POST"},
      {"\nOPTIONS /\n  check a.b   status is 200\n", "line 4 sends OPTIONS"},
      {"\nraw\n  send \"GET / HTTP/1.1\\r\\n\\r\\n\"\n  check a.b   status is 200\n", "line 4 sends raw bytes"},
      {"exclusive  NAT\n\nGET /\n  check a.b   status is 200\n", "it changes what all of the target shares (NAT)"},
      {"package    P\n\nGET /\n  check a.b   status is 200\n", "it needs packages in the run's repository"},
      {"offers     restart\n\nrestart\nGET /\n  check a.b   status is 200\n", "line 5 restarts the target"},
      {"proxies    1\n\nGET /\n  check a.b   status is 200\n", "the target may have to be started anew for it"},
      {"phone      p is nobody\n\nGET /\n  check a.b   status is 200\n", "it has phones"},
      {"\nbarrier\nGET /\n  check a.b   status is 200\n", "line 4 asks for an update"},
      {"\nrepository behaves\nGET /\n  check a.b   status is 200\n", "line 4 needs the run's repository"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Judged(c.lines), c.writes) << c.lines;
  }
}

}  // namespace
}  // namespace provdlab::conformance
