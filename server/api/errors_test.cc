#include "server/api/errors.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace provdlab::server {
namespace {

TEST(Errors, AreOneSentenceOfPlainText) {
  const Error invalid{ErrorKind::kInvalid, "The value must be a string", std::nullopt};
  const http::Response all[] = {
      errors::NoSuchPath(),
      errors::NoSuchResource(),
      errors::NoSuchService(),
      errors::MethodNotAllowed("PATCH", "GET, HEAD"),
      errors::NotAcceptable(),
      errors::UnsupportedMediaType(""),
      errors::UnsupportedMediaType("application/json"),
      errors::BodyIsNotJson({ErrorKind::kInvalid, "unexpected", Position{3, 1, 4}}),
      errors::BodyIsNotJson({ErrorKind::kInvalid, "unexpected", std::nullopt}),
      errors::NotAnObject("the body"),
      errors::MemberMissing("the body", "id"),
      errors::MemberNotAString("the body", "id"),
      errors::FromApplication(invalid),
  };
  for (const http::Response& response : all) {
    EXPECT_GE(response.status, 400);
    EXPECT_LT(response.status, 500);
    EXPECT_EQ(response.headers.Get("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_FALSE(response.body.empty());
    EXPECT_EQ(response.body.find_first_of("<>\r\n"), std::string::npos) << response.body;
  }
}

TEST(Errors, SayTheDocumentedWordsOfAnUnknownResource) { EXPECT_EQ(errors::NoSuchResource().body, "No such resource"); }

TEST(Errors, SayWhatIsTheMatterWithABody) {
  const auto answer = errors::BodyIsNotJson(ParseJson("{\"device\": {\"X_n\": 1e400}}").error());
  EXPECT_EQ(
      answer.body,
      "The body can't be read at line 1, column 20: There is a number here that is too large: the largest are a little below 1.8e308");
}

TEST(Errors, NameWhatIsAllowed) { EXPECT_EQ(errors::MethodNotAllowed("PATCH", "GET, HEAD").headers.Get("Allow"), "GET, HEAD"); }

TEST(Errors, RepeatOnlyHarmlessAndFewCharactersOfTheClient) {
  const auto response = errors::UnsupportedMediaType("<script>\x1b[2J\xff'\"" + std::string(500, 'x'));
  EXPECT_EQ(response.body.find_first_of("<>\"\x1b\xff"), std::string::npos) << response.body;
  EXPECT_LT(response.body.size(), 200u);
}

TEST(Errors, KeepTheApplicationsSentencesHarmless) {
  const auto say = [](std::string sentence) {
    return errors::FromApplication({ErrorKind::kInvalid, std::move(sentence), std::nullopt}).body;
  };
  EXPECT_EQ(say(std::string("no package 'a\0\n<b>\xC3\xA9'", 21)), "no package 'a???b?\xC3\xA9'");
  EXPECT_EQ(say(std::string(1000, 'x')), std::string(400, 'x') + "...");
  EXPECT_EQ(say(std::string(399, 'x') + "\xC3\xA9"), std::string(399, 'x') + "...");
}

TEST(Errors, TranslateTheApplicationsKinds) {
  const std::pair<ErrorKind, int> cases[] = {{ErrorKind::kNotFound, 404},    {ErrorKind::kInvalid, 400}, {ErrorKind::kConflict, 400},
                                             {ErrorKind::kForbidden, 403},   {ErrorKind::kTimeout, 503}, {ErrorKind::kCancelled, 503},
                                             {ErrorKind::kUnavailable, 503}, {ErrorKind::kInternal, 503}};
  for (const auto& [kind, status] : cases) {
    const Error error{kind, "A sentence", std::nullopt};
    EXPECT_EQ(errors::FromApplication(error).status, status) << ErrorKindName(kind);
    EXPECT_EQ(errors::FromApplicationAboutBody(error).status, kind == ErrorKind::kNotFound ? 400 : status) << ErrorKindName(kind);
  }
}

}  // namespace
}  // namespace provdlab::server
