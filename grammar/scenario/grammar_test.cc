// The rules themselves: that they end on every input, and that the test texts reach each of them and each message.

#include "grammar/scenario/grammar.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <tao/pegtl/contrib/analyze.hpp>
#include <vector>

#include "grammar/scenario/messages.h"

namespace provdlab::scenario {
namespace {

namespace g = grammar;

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The texts of a file of cases: what stands before ---- in each, or all of it.
std::vector<std::string> Texts(const std::string& path) {
  std::vector<std::string> texts;
  std::string rest = ReadAll(path);
  while (!rest.empty()) {
    const std::size_t end = rest.find("\n====\n");
    std::string text = rest.substr(0, end);
    rest = end == std::string::npos ? "" : rest.substr(end + 6);
    text = text.substr(0, text.find("\n----\n"));
    if (const std::size_t header = text.find("...\n"); header != std::string::npos) {
      text.replace(header, 4, "scenario x\nformat 1\npackage PKG\nfor WHAT in 1, 2\n");
    }
    if (text.starts_with("...phones\n")) text.replace(0, 10, "scenario x\nformat 1\n");
    texts.push_back(text + "\n");
  }
  return texts;
}

TEST(ScenarioGrammar, HasNoRuleThatLoopsWithoutProgress) { EXPECT_EQ(g::analyze<g::scenario>(1), 0u); }

// How often a rule matched, and how often its absence was an error. A rule of the grammar is in the map from the start.
struct Count {
  bool has_message = false;
  std::size_t matched = 0, missed = 0;
};
std::map<std::string_view, Count>& Counts() {
  static std::map<std::string_view, Count> counts;
  return counts;
}

struct Enlist {
  template <typename Rule>
  struct Rules {
    static void visit() { Counts()[g::demangle<Rule>()].has_message = g::Messages::message<Rule> != nullptr; }
  };
};

template <typename Rule>
struct Counting : g::must_if<g::Messages>::control<Rule> {
  using Base = typename g::must_if<g::Messages>::template control<Rule>;
  template <typename Input>
  static void success(const Input&) {
    ++Counts()[g::demangle<Rule>()].matched;
  }
  template <typename Input>
  [[noreturn]] static void raise(const Input& in) {
    ++Counts()[g::demangle<Rule>()].missed;
    Base::raise(in);
  }
};

TEST(ScenarioGrammar, EveryRuleIsSeenToMatchAndEveryMessageIsSeen) {
  g::visit<g::scenario, Enlist::Rules>();
  const auto run = [](const std::string& text) {
    g::memory_input<> in(text.data(), text.data() + text.size(), "");
    try {
      g::parse<g::scenario, g::nothing, Counting>(in);
    } catch (const g::parse_error&) {
      // Which message it is, is held by rejected_test.
    }
  };
  run(ReadAll("grammar/scenario/testdata/loose.scenario"));
  for (const std::string& text : Texts("grammar/scenario/testdata/rejected.txt")) run(text);

  ASSERT_GT(Counts().size(), 300u);
  for (const auto& [rule, count] : Counts()) {
    // Combinators are parts of named rules.
    if (!rule.starts_with("provdlab::scenario::grammar::")) continue;
    EXPECT_GT(count.matched, 0u) << rule << " never matched";
    if (count.has_message) {
      EXPECT_GT(count.missed, 0u) << rule << ": its message was never seen";
    }
  }
}

}  // namespace
}  // namespace provdlab::scenario
