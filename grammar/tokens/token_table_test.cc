#include "grammar/tokens/token_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::tokens {
namespace {

using ::testing::HasSubstr;

constexpr const char* kTable = R"({"format": 1,
  "tenants": [{"uuid": "m", "name": "master"}, {"uuid": "a", "parent": "m"}, {"uuid": "aa", "parent": "a"}, {"uuid": "b", "parent": "m"},
              {"uuid": "x"}],
  "tokens": {"t-m": "m", "t-a": "a", "t-x": "x"}})";

TEST(TokenTableTest, KnowsWhoIsAboveWhom) {
  const auto table = TokenTable::Read(kTable);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->master().uuid, "m");
  struct Case {
    const char *above, *below;
    bool covers;
  };
  for (const Case& c : {Case{"m", "m", true},
                        {"m", "aa", true},
                        {"a", "aa", true},
                        {"a", "m", false},
                        {"a", "b", false},
                        {"aa", "a", false},
                        {"m", "x", false},
                        {"x", "m", false},
                        {"m", "nobody", false},
                        {"nobody", "nobody", false}})
    EXPECT_EQ(table->Covers(c.above, c.below), c.covers) << c.above << " over " << c.below;
}

TEST(TokenTableTest, KnowsWhoseATokenIs) {
  const auto table = TokenTable::Read(kTable);
  ASSERT_TRUE(table);
  ASSERT_NE(table->TenantOf("t-a"), nullptr);
  EXPECT_EQ(*table->TenantOf("t-a"), "a");
  EXPECT_EQ(table->TenantOf("t-"), nullptr);
  EXPECT_EQ(table->TenantOf(""), nullptr);
  EXPECT_EQ(*table->TokenOf("x"), "t-x");
  EXPECT_EQ(table->TokenOf("b"), nullptr);
}

TEST(TokenTableTest, ReadsWhatItWrites) {
  const TokenTable sample = TokenTable::Sample();
  const auto read = TokenTable::Read(sample.Write());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->Write(), sample.Write());
  EXPECT_EQ(read->tenants().size(), 4u);
  EXPECT_NE(TokenTable::Sample().Write(), sample.Write());
}

TEST(TokenTableTest, SaysWhatIsWrongWhere) {
  struct Case {
    const char *text, *says;
  };
  for (const Case& c : {Case{"[]", "is an object"},
                        {R"({"tenants": [{"uuid": "m"}], "tokens": {}})", "\"format\" must be 1"},
                        {R"({"format": 1, "tenants": [], "tokens": {}})", "master first"},
                        {R"({"format": 1, "tenants": [{"name": "m"}], "tokens": {}})", "tenants[0] has no \"uuid\""},
                        {R"({"format": 1, "tenants": [{"uuid": 1}], "tokens": {}})", "tenants[0].uuid must be a string"},
                        {R"({"format": 1, "tenants": [{"uuid": "m"}, {"uuid": "m"}], "tokens": {}})", "tenants[1].uuid is that of another"},
                        {R"({"format": 1, "tenants": [{"uuid": "m", "parent": "m"}], "tokens": {}})", "tenants[0].parent"},
                        {R"({"format": 1, "tenants": [{"uuid": "m"}]})", "\"tokens\" must be an object"},
                        {R"({"format": 1, "tenants": [{"uuid": "m"}], "tokens": {"a b": "m"}})", "without blanks"},
                        {R"({"format": 1, "tenants": [{"uuid": "m"}], "tokens": {"secret": "n"}})", "not in the list"}}) {
    const auto table = TokenTable::Read(c.text);
    ASSERT_FALSE(table) << c.text;
    EXPECT_THAT(table.error().message, HasSubstr(c.says));
    EXPECT_THAT(table.error().message, ::testing::Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace provdlab::tokens
