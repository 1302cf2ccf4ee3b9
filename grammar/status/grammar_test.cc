// The rules by themselves: can they loop without reading, and do the tables of examples try each of them both ways?

#include "grammar/status/grammar.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tao/pegtl/contrib/analyze.hpp>
#include <tao/pegtl/contrib/coverage.hpp>

#include "grammar/status/examples.h"

namespace provdlab::status {
namespace {

namespace pegtl = tao::pegtl;

TEST(Grammar, HasNoCycleThatReadsNothing) {
  EXPECT_EQ(pegtl::analyze<grammar::text<grammar::strict>>(1), 0u);
  EXPECT_EQ(pegtl::analyze<grammar::text<grammar::lenient>>(1), 0u);
}

template <typename Dialect>
void Read(const std::string& text, std::map<std::string, std::pair<std::size_t, std::size_t>>& tried) {
  pegtl::coverage_result result;
  pegtl::memory_input in(text, "example");
  try {
    (void)pegtl::coverage<grammar::text<Dialect>>(in, result);
  } catch (const pegtl::parse_error&) {
  }
  for (const auto& [rule, counts] : result) {
    if (rule.substr(0, 27) != "provdlab::status::grammar::") continue;
    auto& [succeeded, failed] = tried[std::string(rule)];
    succeeded += counts.success;
    failed += counts.failure + counts.raise + counts.unwind;
  }
}

template <typename Dialect>
void ExpectEveryRuleTriedBothWays() {
  std::map<std::string, std::pair<std::size_t, std::size_t>> tried;
  for (const auto& example : testing::AcceptedTexts()) Read<Dialect>(example.text, tried);
  for (const auto& example : testing::LenientTexts()) Read<Dialect>(example.text, tried);
  for (const auto& example : testing::RejectedTexts()) Read<Dialect>(example.text, tried);
  for (const auto& example : testing::RejectedByLenient()) Read<Dialect>(example.text, tried);
  EXPECT_GT(tried.size(), 20u) << "the rules' names are not found as expected";
  for (const auto& [rule, counts] : tried) {
    EXPECT_GT(counts.first, 0u) << rule << " never matched";
    EXPECT_GT(counts.second, 0u) << rule << " never failed";
  }
}

TEST(Grammar, EveryStrictRuleIsTriedBothWays) { ExpectEveryRuleTriedBothWays<grammar::strict>(); }
TEST(Grammar, EveryLenientRuleIsTriedBothWays) { ExpectEveryRuleTriedBothWays<grammar::lenient>(); }

}  // namespace
}  // namespace provdlab::status
