#include "server/documents/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace provdlab::server {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string_view> kTextKeys = {"id", "mac"};

Json Parsed(const char* text) { return *ParseJson(text); }

TEST(QueryTest, AsksForEverythingUnlessTold) {
  for (const char* nothing : {"", "&", "&&=&", "unknown=1", "Q=%7B", "skip", "=5"}) {
    const auto query = Query::Parse(nothing, kTextKeys);
    if (std::string_view(nothing) == "skip") {
      EXPECT_FALSE(query);
      continue;
    }
    ASSERT_TRUE(query) << nothing << ": " << query.error().message;
    EXPECT_TRUE(query->selector.Matches(Json::object()));
    EXPECT_EQ(query->skip, 0u);
    EXPECT_EQ(query->limit, 0u);
    EXPECT_FALSE(query->sorts());
    EXPECT_FALSE(query->projects());
  }
}

TEST(QueryTest, ReadsSelectors) {
  const Json document = Parsed(R"({"id": "a b", "name": "é+"})");
  const std::pair<const char*, bool> cases[] = {
      {"q=%7B%22id%22%3A%22a%20b%22%7D", true},     {"q={%22id%22:%22a+b%22}", true},
      {"q={%22id%22:%22a%2Bb%22}", false},          {"q=%7B%22name%22%3A%22%C3%A9%2B%22%7D", true},
      {"q64=eyJuYW1lIjoiw6krIn0%3D", true},                                           // {"name":"é+"}
      {"q64=eyJuYW1lIjoiw6krIn0=", true},           {"q64=eyJpZCI6IngifQ==", false},  // {"id":"x"}
      {"q64=eyJuYW1lIjoiw6krIn0=&q=garbage", true}, {"q=garbage&q64=eyJuYW1lIjoiw6krIn0=", true},
      {"q={%22id%22:%22x%22}&q={}", false},         {"%71={}", true},
  };
  for (const auto& [text, matches] : cases) {
    const auto query = Query::Parse(text, kTextKeys);
    ASSERT_TRUE(query) << text << ": " << query.error().message;
    EXPECT_EQ(query->selector.Matches(document), matches) << text;
  }
}

TEST(QueryTest, RefusesMalformedParameters) {
  const std::pair<const char*, const char*> cases[] = {
      {"q=", "q can't be read: This is not JSON"},
      {"q=garbage", "JSON"},
      {"q=%7B%22n%22:1e400%7D", "number here that is too large"},
      {"q=[]", "object"},
      {"q=%7B%22mac%22:%7B%22$foo%22:1%7D%7D", "$foo"},
      {"q=%7B%22mac%22:[%22a%22]%7D", "list"},
      {"q=%FF%FE", "q is not percent-encoded UTF-8"},
      {"q=%7", "q is not percent-encoded"},
      {"q64=@@@@", "q64 is not base64"},
      {"q64=e30", "base64"},
      {"q64=e3+=", "%2B"},
      {"q64=e30-", "base64"},
      {"q64=e30=e30=", "base64"},
      {"q64=", "q64"},
      {"q64=e3s=", "q64"},  // {{
      {"q64=W10=", "object"},
      {"skip=-1", "skip must be an integer"},
      {"skip=1.5", "skip"},
      {"skip=+1", "skip"},
      {"skip=", "skip"},
      {"limit=ten", "limit"},
      {"limit=99999999999999999999", "limit"},
      {"sort=", "sort must name"},
      {"sort_ord=asc", "ASC or DESC"},
      {"sort=a&sort_ord=", "ASC or DESC"},
      {"fields=%ff", "fields"},
  };
  for (const auto& [text, what] : cases) {
    const auto query = Query::Parse(text, kTextKeys);
    ASSERT_FALSE(query) << text;
    EXPECT_EQ(query.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(query.error().message, HasSubstr(what)) << text;
  }
}

TEST(QueryTest, ReadsNumbersAndTakesTheFirstOfEach) {
  const auto query = Query::Parse("skip=3&limit=5&skip=x&limit=7&sort=n&sort=m", kTextKeys);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->skip, 3u);
  EXPECT_EQ(query->limit, 5u);
  const Json document = {{"n", 1}, {"m", 2}};
  EXPECT_EQ(query->SortValueOf(document), &document.at("n"));
}

TEST(QueryTest, ProjectsMembers) {
  const Json document = Parsed(R"({"id": "a", "mac": "m", "null": null, "o": {"x": {"y": 1, "z": 2}, "w": 3}, "l": [{"x": 1}]})");
  const std::pair<const char*, const char*> cases[] = {
      {"fields=mac", R"({"id": "a", "mac": "m"})"},
      {"fields=mac,null,none", R"({"id": "a", "mac": "m", "null": null})"},
      {"fields=", R"({"id": "a"})"},
      {"fields=,,id", R"({"id": "a"})"},
      {"fields=o.x.y,o.w", R"({"id": "a", "o": {"x": {"y": 1}, "w": 3}})"},
      {"fields=o.x.y,o", R"({"id": "a", "o": {"x": {"y": 1, "z": 2}, "w": 3}})"},
      {"fields=o,o.x.y", R"({"id": "a", "o": {"x": {"y": 1, "z": 2}, "w": 3}})"},
      {"fields=l.x,mac.x,o.none", R"({"id": "a"})"},
      {"fields=mac%2Co.w", R"({"id": "a", "mac": "m", "o": {"w": 3}})"},
  };
  for (const auto& [text, projected] : cases) {
    const auto query = Query::Parse(text, kTextKeys);
    ASSERT_TRUE(query && query->projects()) << text;
    EXPECT_EQ(query->Project(document), Parsed(projected)) << text;
  }
}

std::vector<std::string> Sorted(const char* text) {
  std::vector<Json> documents;
  for (const char* document :
       {R"({"id": "text10", "k": "10"})", R"({"id": "n10", "k": 10})", R"({"id": "missing"})", R"({"id": "n9", "k": 9})",
        R"({"id": "null", "k": null})", R"({"id": "text9", "k": "9"})", R"({"id": "n9.5", "k": 9.5})", R"({"id": "true", "k": true})",
        R"({"id": "false", "k": false})", R"({"id": "list", "k": []})", R"({"id": "object", "k": {"a": {"b": 1}}})"})
    documents.push_back(Parsed(document));
  const auto query = Query::Parse(text, kTextKeys);
  EXPECT_TRUE(query && query->sorts());
  std::stable_sort(documents.begin(), documents.end(),
                   [&](const Json& a, const Json& b) { return query->Precedes(query->SortValueOf(a), query->SortValueOf(b)); });
  std::vector<std::string> ids;
  for (const Json& document : documents) ids.push_back(document.at("id"));
  return ids;
}

TEST(QueryTest, SortsByValue) {
  std::vector<std::string> order = {"missing", "null", "false", "true", "n9", "n9.5", "n10", "text10", "text9", "list", "object"};
  EXPECT_EQ(Sorted("sort=k"), order);
  EXPECT_EQ(Sorted("sort=k&sort_ord=ASC&fields=id"), order);
  std::reverse(order.begin(), order.end());
  EXPECT_EQ(Sorted("sort=k&sort_ord=DESC"), order);
  EXPECT_EQ(Sorted("sort=k.a.b").back(), "object");
  EXPECT_EQ(Sorted("sort=none&sort_ord=DESC").front(), "text10");  // equal ones stay as they were
}

TEST(QueryTest, SortsNumbersByTheirExactValues) {
  // In this order; the library's own comparison takes -1 for 18446744073709551615, and has no order for all of them.
  const std::vector<Json> in_order = Parsed(
      "[-9223372036854775808, -5, -1, 0, 1, 9007199254740992.0, 9007199254740993, 9223372036854775807, 9223372036854775808, "
      "18446744073709551610, 18446744073709551615]");
  for (const bool descending : {false, true}) {
    const auto query = Query::Parse(descending ? "sort=k&sort_ord=DESC" : "sort=k", kTextKeys);
    ASSERT_TRUE(query);
    for (std::size_t i = 0; i < in_order.size(); ++i)
      for (std::size_t j = 0; j < in_order.size(); ++j)
        EXPECT_EQ(query->Precedes(&in_order[i], &in_order[j]), descending ? j < i : i < j) << in_order[i] << " and " << in_order[j];
  }
}

TEST(DecodeBase64Test, TakesOnlyTheWholeAlphabet) {
  EXPECT_EQ(DecodeBase64(""), "");
  EXPECT_EQ(DecodeBase64("AA=="), std::string(1, '\0'));
  EXPECT_EQ(DecodeBase64("+/+/"), "\xfb\xff\xbf");
  EXPECT_EQ(DecodeBase64("Zm9vYmE="), "fooba");
  for (const char* bad : {"A", "AA", "AAA", "====", "A===", "AA=A", "AAAA====", "AA A", "-_-_", "AAAA\n"})
    EXPECT_FALSE(DecodeBase64(bad)) << bad;
}

}  // namespace
}  // namespace provdlab::server
