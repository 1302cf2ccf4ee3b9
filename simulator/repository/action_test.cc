#include "simulator/repository/action.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::repository {
namespace {

using ::testing::HasSubstr;

TEST(Action, RefusesWhatItDoesNotKnowAndSaysWhatThereIs) {
  const struct {
    const char *action, *sentence;
  } cases[] = {
      {"null", "an object"},
      {"[]", "an object"},
      {"{}", "at least one member"},
      {R"({"explode": true})", "there are status"},
      {R"({"status": "404"})", "\"status\" must be"},
      {R"({"status": 99})", "from 200 to 599"},
      {R"({"status": 600})", "from 200 to 599"},
      {R"({"status": 18446744073709551615})", "from 200 to 599"},
      {R"({"status": 404.5})", "from 200 to 599"},
      {R"({"retry_after": -1})", "seconds"},
      {R"({"redirect": 5})", "path or URL"},
      {R"({"redirect": "/a\r\nSet-Cookie: x"})", "path or URL"},
      {R"({"redirect_loop": 1})", "true"},
      {R"({"as": "pdf"})", "\"html\""},
      {R"({"body": {}})", "a text"},
      {R"({"entry": 5})", "an object"},
      {R"({"entry": {"id": 5}})", "id (text)"},
      {R"({"entry": {"drop": [5]}})", "members' names"},
      {R"({"entry": {"erase": []}})", "nothing else"},
      {R"({"corrupt": -1})", "an offset"},
      {R"({"corrupt": {"from": "x"}})", "an offset"},
      {R"({"length": -5})", "+5"},
      {R"({"length": "5"})", "+5"},
      {R"({"length": "+"})", "+5"},
      {R"({"length": "+99999999999999999999"})", "+5"},
      {R"({"headers": []})", "an object of texts"},
      {R"({"headers": {"A B": "x"}})", "an object of texts"},
      {R"({"headers": {"A": "x\ny"}})", "line breaks"},
      {R"({"headers": {"": "x"}})", "an object of texts"},
      {R"({"delay": 3600001})", "an hour"},
      {R"({"bandwidth": 0})", "at least 1"},
      {R"({"cut": true})", "number of bytes"},
      {R"({"hang": "x"})", "true, or a number"},
      {R"({"close": 1})", "true"},
      {R"({"reset": null})", "true"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.action);
    const Result<Action> action = ReadAction(Json::parse(one.action));
    ASSERT_FALSE(action);
    EXPECT_EQ(action.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(action.error().message, HasSubstr(one.sentence));
  }
}

TEST(Action, ReadsAllMembersTogether) {
  const Result<Action> action =
      ReadAction(Json::parse(R"({"status": 503, "retry_after": 2, "as": "html", "corrupt": {"from": 3, "bytes": 2},
      "length": "-4", "headers": {"A": "b"}, "delay": 5, "bandwidth": 7, "cut": 9, "hang": 11, "chunked": true})"));
  ASSERT_TRUE(action) << action.error().message;
  EXPECT_EQ(action->status, 503);
  EXPECT_EQ(action->retry_after, 2);
  EXPECT_EQ(action->content, Action::Content::kHtml);
  EXPECT_EQ(action->corrupt_from, 3u);
  EXPECT_EQ(action->corrupt_bytes, 2u);
  EXPECT_EQ(action->length_change, -4);
  EXPECT_EQ(action->headers.at("A"), "b");
  EXPECT_EQ(action->delay, std::chrono::milliseconds(5));
  EXPECT_EQ(action->bandwidth, 7u);
  EXPECT_EQ(action->cut, 9u);
  EXPECT_EQ(action->hang_after, 11u);
  EXPECT_TRUE(action->chunked);
  EXPECT_EQ(action->connection, Action::Connection::kServe);
}

TEST(Action, FalseSwitchesNothingOn) {
  const Result<Action> action = ReadAction(Json::parse(R"({"close": false, "other_bytes": false, "redirect_loop": false})"));
  ASSERT_TRUE(action) << action.error().message;
  EXPECT_EQ(action->connection, Action::Connection::kServe);
  EXPECT_EQ(action->content, Action::Content::kRight);
}

TEST(Action, EveryAvailableOneShowsAnExampleThatIsAccepted) {
  const Json available = AvailableActions();
  ASSERT_FALSE(available.empty());
  for (const Json& one : available) {
    const std::string sentence = one.at("sentence");
    SCOPED_TRACE(sentence);
    // The example ends at the brace that closes the first one.
    std::size_t end = 0;
    for (int depth = 0; end < sentence.size(); ++end) {
      depth += sentence[end] == '{' ? 1 : sentence[end] == '}' ? -1 : 0;
      if (depth == 0) break;
    }
    const Json example = Json::parse(sentence.substr(0, end + 1));
    EXPECT_TRUE(example.contains(one.at("name")));
    EXPECT_TRUE(ReadAction(example));
  }
}

TEST(Combine, LaterMembersCountAndPatchesAddUp) {
  const Json both =
      Combine(Json::parse(R"({"status": 500, "delay": 10, "entry": {"id": "a", "drop": ["x"]}, "headers": {"A": "1", "B": "1"}})"),
              Json::parse(R"({"status": 404, "entry": {"id": "b", "drop": ["y"]}, "headers": {"B": "2"}})"));
  EXPECT_EQ(both, Json::parse(R"({"status": 404, "delay": 10, "entry": [{"id": "a", "drop": ["x"]}, {"id": "b", "drop": ["y"]}],
                                  "headers": {"A": "1", "B": "2"}})"));
  EXPECT_TRUE(ReadAction(both));
}

TEST(Patch, SetsAndDropsMembersOfNamedEntries) {
  Json database = Json::parse(R"({"a": {"version": "1", "dsize": 5}, "b": {"version": "1", "dsize": 6}, "odd": 7})");
  Patch(database, {{.id = "a", .set = {{"dsize", "big"}}, .drop = {"version", "nothing"}}});
  EXPECT_EQ(database, Json::parse(R"({"a": {"dsize": "big"}, "b": {"version": "1", "dsize": 6}, "odd": 7})"));
  Patch(database, {{.id = "*", .drop = {"dsize"}}, {.id = "unknown", .drop = {"version"}}});
  EXPECT_EQ(database, Json::parse(R"({"a": {}, "b": {"version": "1"}, "odd": 7})"));
}

}  // namespace
}  // namespace provdlab::repository
