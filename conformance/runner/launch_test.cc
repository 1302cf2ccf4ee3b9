#include "conformance/runner/launch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "base/http/server.h"

namespace provdlab::conformance {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// A server in a line of Python: listens, says so, and does as told with the first byte that it gets.
LaunchOptions Python(const std::string& program) {
  LaunchOptions options;
  options.command = {"/usr/bin/python3", "-c", program, "{rest_port}", "{state_dir}"};
  return options;
}

constexpr char kListens[] = R"(
import os, socket, sys
print("state", os.path.isdir(sys.argv[2]), flush=True)
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True: s.accept()
)";

bool WaitUntilEnded(const LaunchedTarget& target) {
  Stop nobody;
  for (int i = 0; i < 500; ++i) {
    if (target.ended()) return true;
    nobody.WaitFor(10ms);
  }
  return false;
}

TEST(LaunchTest, StartsOnAFreePortWithAFolderAndEndsIt) {
  auto target = LaunchedTarget::Start(Python(kListens));
  ASSERT_TRUE(target.has_value()) << target.error().message;
  EXPECT_THAT((*target)->url(), testing::MatchesRegex("http://127.0.0.1:[0-9]+/provd"));
  EXPECT_FALSE((*target)->ended().has_value());
  (*target)->End();
  EXPECT_THAT((*target)->log_tail(), HasSubstr("state True"));
}

// A port that the system gives to whoever asks for any would be somebody's before the target, or who is to be told by it, has it.
TEST(LaunchTest, ItsPortsAreNoneThatTheSystemGivesToOthers) {
  std::ifstream range("/proc/sys/net/ipv4/ip_local_port_range");
  int first = 0;
  range >> first;
  if (first < 20'000) GTEST_SKIP() << "nearly all ports of this machine are such, from " << first << " on";
  auto target = LaunchedTarget::Start(Python(kListens));
  ASSERT_TRUE(target.has_value()) << target.error().message;
  std::set<int> ports;
  for (const char* const name : {"{rest_port}", "{admin_port}", "{http_port}", "{tftp_port}", "{sip_port}", "{ami_port}", "{gateway_port}"})
    ports.insert(std::stoi((*target)->Filled(name)));
  EXPECT_THAT(ports, testing::SizeIs(7));
  EXPECT_THAT(ports, testing::Each(testing::AllOf(testing::Ge(15'000), testing::Lt(first))));
}

// REST is often there first, and what phones ask right after a restart would find nobody.
TEST(LaunchTest, WaitsForThePortOfPhonesAsWell) {
  LaunchOptions options = Python(R"(
import os, socket, sys
rest = socket.create_server(("127.0.0.1", int(sys.argv[1])))
rest.accept()  # whoever waits has seen that REST is there
phones = socket.create_server(("127.0.0.1", int(sys.argv[3])))
print("phones", flush=True)
while True: phones.accept()
)");
  options.command.push_back("{http_port}");
  auto target = LaunchedTarget::Start(options);
  ASSERT_TRUE(target.has_value()) << target.error().message;
  (*target)->End();
  EXPECT_EQ((*target)->log(), "phones\n");
}

TEST(LaunchTest, NoticesAMisspeltPlace) {
  for (const char* fine :
       {"", "my-provd {rest_port} {state_dir} {tokens}", "x ${rest_prot} {a,b} {} { rest_prot } awk '{print}' {unheard_of_thing}"})
    EXPECT_TRUE(CheckPlaces(fine)) << fine;
  for (const auto& [command, meant] :
       {std::pair("my-provd {rest_prot}", "{rest_port}"), {"my-provd {rest_port} --state={state_dr}", "{state_dir}"}}) {
    const auto checked = CheckPlaces(command);
    ASSERT_FALSE(checked) << command;
    EXPECT_THAT(checked.error().message, HasSubstr(std::string("did you mean ") + meant));
  }
}

TEST(LaunchTest, SaysWhichPortIsNotThere) {
  LaunchOptions options = Python(kListens);
  options.command.push_back("{http_port}");
  options.patience = 1s;
  const auto target = LaunchedTarget::Start(options);
  ASSERT_FALSE(target.has_value());
  EXPECT_THAT(target.error().message, testing::ContainsRegex("did not accept connections on port [0-9]+, its \\{http_port\\}, within 1 s"));
}

TEST(LaunchTest, RestartsWithAnotherNumberOfProxies) {
  LaunchOptions options = Python(R"(
import socket, sys
print("trusts", sys.argv[3], flush=True)
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True: s.accept()
)");
  options.command.push_back("{trusted_proxies}");
  options.trusted_proxies = 1;
  auto target = LaunchedTarget::Start(options);
  ASSERT_TRUE(target.has_value()) << target.error().message;
  const std::string url = (*target)->url();
  ASSERT_TRUE((*target)->RestartTrusting(2));
  EXPECT_EQ((*target)->url(), url);
  (*target)->End();
  EXPECT_EQ((*target)->log(), "trusts 1\ntrusts 2\n");
  EXPECT_EQ((*target)->log_tail(), "trusts 2\n") << "the last process's own";
}

TEST(LaunchTest, TheNextVersionFindsWhatTheFirstLeftAndAnewNothing) {
  const auto version = [](const char* name) {
    return std::string("import os, socket, sys\nprint('") + name +
           "', *sorted(os.listdir(sys.argv[2])), flush=True)\nopen(os.path.join(sys.argv[2], '" + name +
           "'), 'w').close()\ns = socket.create_server(('127.0.0.1', int(sys.argv[1])))\nwhile True: s.accept()\n";
  };
  LaunchOptions options = Python(version("first"));
  options.next_command = Python(version("next")).command;
  auto target = LaunchedTarget::Start(options);
  ASSERT_TRUE(target.has_value()) << target.error().message;
  ASSERT_TRUE((*target)->Upgrade().has_value());
  ASSERT_TRUE((*target)->Restart().has_value()) << "what was upgraded stays so";
  ASSERT_TRUE((*target)->Renew().has_value());
  (*target)->End();
  EXPECT_EQ((*target)->log(), "first\nnext first\nnext first next\nfirst\n");
}

TEST(LaunchTest, WithoutANextVersionThereIsNoUpgrade) {
  auto target = LaunchedTarget::Start(Python(kListens));
  ASSERT_TRUE(target.has_value()) << target.error().message;
  EXPECT_EQ((*target)->Upgrade().error().kind, ErrorKind::kUnavailable);
}

TEST(LaunchTest, KeepsAllOfALogAndOfAnEndlessOneBothEnds) {
  for (const auto& [count, cut] : {std::pair(100'000u, false), {9'000'000u, true}}) {
    LaunchOptions options = Python(R"(
import socket, sys
print("first words", "x" * int(sys.argv[3]), "last words", sep="\n", flush=True)
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True: s.accept()
)");
    options.command.push_back(std::to_string(count));
    auto target = LaunchedTarget::Start(options);
    ASSERT_TRUE(target.has_value()) << target.error().message;
    ASSERT_TRUE((*target)->Restart().has_value());
    (*target)->End();  // what it wrote before it listened has been read by now
    const std::string log = (*target)->log();
    EXPECT_TRUE(log.starts_with("first words\n"));
    EXPECT_TRUE(log.ends_with("last words\n"));
    EXPECT_EQ(log.find("bytes are left out here") != std::string::npos, cut);
    if (cut)
      EXPECT_LT(log.size(), 8u * 1024 * 1024 + 70'000);
    else
      EXPECT_GT(log.size(), 2u * count) << "the first process's words are gone";
  }
}

TEST(LaunchTest, SaysHowAChildEndedThatNeverAnswered) {
  auto target = LaunchedTarget::Start(Python("import sys; print('no such option', file=sys.stderr); sys.exit(2)"));
  ASSERT_FALSE(target.has_value());
  EXPECT_THAT(target.error().message, HasSubstr("ended with exit code 2"));
  EXPECT_THAT(target.error().message, HasSubstr("no such option"));
}

TEST(LaunchTest, APortThatAnotherProgramTookIsNotTheChildsFault) {
  LaunchOptions options = Python(kListens);
  options.next_command = Python("import sys; sys.exit(1)").command;
  options.next_command.push_back("{http_port} {sip_port}");
  auto target = LaunchedTarget::Start(options);
  ASSERT_TRUE(target.has_value()) << target.error().message;
  const auto listener = [&](const char* place) {
    return http::Server({.port = static_cast<std::uint16_t>(std::stoi((*target)->Filled(place)))},
                        [](const http::Request&) { return http::Response{}; });
  };
  http::Server ours = listener("{sip_port}");  // where phones are, which the suite plays
  ASSERT_TRUE(ours.Start());
  EXPECT_EQ((*target)->Upgrade().error().kind, ErrorKind::kUnavailable);
  http::Server another = listener("{http_port}");
  ASSERT_TRUE(another.Start());
  const auto upgraded = (*target)->Upgrade();
  ASSERT_FALSE(upgraded);
  EXPECT_EQ(upgraded.error().kind, ErrorKind::kInternal);
  EXPECT_THAT(upgraded.error().message, HasSubstr(", its {http_port}, is another program's by now"));
}

TEST(LaunchTest, SaysThatThereIsNoSuchCommand) {
  LaunchOptions options;
  options.command = {"/nowhere/provd"};
  auto target = LaunchedTarget::Start(options);
  ASSERT_FALSE(target.has_value());
  EXPECT_THAT(target.error().message, HasSubstr("cannot start /nowhere/provd"));
}

TEST(LaunchTest, GivesUpOnAChildThatDoesNotListen) {
  LaunchOptions options = Python("import threading; threading.Event().wait()");
  options.patience = 300ms;
  auto target = LaunchedTarget::Start(options);
  ASSERT_FALSE(target.has_value());
  EXPECT_THAT(target.error().message, HasSubstr("did not accept connections"));
}

TEST(LaunchTest, ACrashIsNamedByItsSignal) {
  auto target = LaunchedTarget::Start(Python(R"(
import os, socket, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
s.accept()
os.kill(os.getpid(), 11)
)"));
  ASSERT_TRUE(target.has_value()) << target.error().message;
  ASSERT_TRUE(WaitUntilEnded(**target));
  EXPECT_THAT(*(*target)->ended(), HasSubstr("crashed: signal 11"));
}

TEST(LaunchTest, KillsWhatDoesNotListenToBeingTold) {
  LaunchOptions options = Python(R"(
import signal, socket, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True: s.accept()
)");
  options.grace = 100ms;
  auto target = LaunchedTarget::Start(options);
  ASSERT_TRUE(target.has_value()) << target.error().message;
  (*target)->End();
  EXPECT_THAT(*(*target)->ended(), HasSubstr("killed"));
}

TEST(LaunchTest, LeavesNoGrandchildBehind) {
  LaunchOptions options = Python("");
  options.command = {
      "/bin/sh", "-c",
      "/usr/bin/python3 -c 'import threading; threading.Event().wait()' & echo $!; exec /usr/bin/python3 -c \"$0\" {rest_port} {state_dir}",
      kListens};
  auto target = LaunchedTarget::Start(options);
  ASSERT_TRUE(target.has_value()) << target.error().message;
  Stop nobody;
  std::string log;
  for (int i = 0; i < 500 && log.find('\n') == std::string::npos; ++i) {
    log = (*target)->log_tail();
    if (log.empty()) nobody.WaitFor(10ms);
  }
  ASSERT_NE(log.find('\n'), std::string::npos) << "it has not said which its child is";
  const pid_t grandchild = static_cast<pid_t>(std::stol(log));
  ASSERT_EQ(::kill(grandchild, 0), 0);
  (*target)->End();
  bool gone = false;
  for (int i = 0; i < 500 && !gone; ++i) {
    // Gone, or a zombie that waits for whoever inherited it.
    std::error_code ignored;
    const auto link = std::filesystem::read_symlink("/proc/" + std::to_string(grandchild) + "/exe", ignored);
    gone = ::kill(grandchild, 0) != 0 || link.empty();
    if (!gone) nobody.WaitFor(10ms);
  }
  EXPECT_TRUE(gone);
}

TEST(LaunchTest, AStopEndsTheWait) {
  Stop stop;
  stop.Ask("interrupted");
  auto target = LaunchedTarget::Start(Python("import threading; threading.Event().wait()"), &stop);
  ASSERT_FALSE(target.has_value());
  EXPECT_THAT(target.error().message, HasSubstr("interrupted"));
}

}  // namespace
}  // namespace provdlab::conformance
