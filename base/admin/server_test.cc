#include "base/admin/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/http/client.h"

namespace provdlab::admin {
namespace {

using ::testing::HasSubstr;

http::Request Asking(const std::string& method, const std::string& target, const std::string& body = "") {
  http::Request request;
  request.method = method;
  request.target = target;
  request.body = body;
  return request;
}

// Faults that are numbers and nothing else.
class Board : public FaultBoard {
 public:
  Json Available() const override { return Json::parse(R"([{"name": "late", "breaks": "a.rule", "sentence": "Answers late."}])"); }
  Json Active() const override {
    Json list = Json::array();
    for (const int id : active_) list.push_back({{"id", id}});
    return list;
  }
  Result<int> Switch(const Json& request) override {
    if (!request.is_object() || request.value("name", Json()) != "late")
      return Fail(ErrorKind::kInvalid, "There is only the fault \"late\".");
    active_.insert(++last_);
    return last_;
  }
  Result<> Off(int id) override {
    if (active_.erase(id) == 0) return Fail(ErrorKind::kNotFound, "There is no such fault.");
    return {};
  }
  void OffAll() override { active_.clear(); }

 private:
  std::set<int> active_;
  int last_ = 0;
};

class AdminServer : public ::testing::Test {
 protected:
  AdminServer() : server_({}, {.faults = &board_, .journal = &journal_, .reset = [this] { ++resets_; }}) {
    server_.Route("DELETE", "/v1/things/*", [](const Call& call) -> Result<Reply> {
      if (call.name == "broken") return Fail(ErrorKind::kInternal, "The disk is full.");
      return Reply{.body = {{"gone", call.name}}};
    });
  }

  http::Response Ask(const std::string& method, const std::string& target, const std::string& body = "") {
    return server_.Answer(Asking(method, target, body));
  }

  Board board_;
  Journal journal_;
  int resets_ = 0;
  Server server_;
};

TEST_F(AdminServer, ListsFaults) {
  const http::Response answer = Ask("GET", "/v1/faults");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(Json::parse(answer.body),
            Json::parse(R"({"available": [{"name": "late", "breaks": "a.rule", "sentence": "Answers late."}], "active": []})"));
}

TEST_F(AdminServer, SwitchesFaultsOnAndOff) {
  const http::Response on = Ask("POST", "/v1/faults", R"({"name": "late"})");
  EXPECT_EQ(on.status, 201);
  EXPECT_EQ(Json::parse(on.body), Json::parse(R"({"id": 1})"));
  EXPECT_EQ(Json::parse(Ask("GET", "/v1/faults").body).at("active").size(), 1u);
  EXPECT_EQ(Ask("DELETE", "/v1/faults/1").status, 204);
  EXPECT_EQ(Ask("DELETE", "/v1/faults/1").status, 404);
  Ask("POST", "/v1/faults", R"({"name": "late"})");
  EXPECT_EQ(Ask("DELETE", "/v1/faults").status, 204);
  EXPECT_EQ(Json::parse(Ask("GET", "/v1/faults").body).at("active"), Json::array());
}

TEST_F(AdminServer, AnswersMistakesWithASentence) {
  const struct {
    const char *method, *target, *body;
    int status;
    const char* sentence;
  } cases[] = {
      {"POST", "/v1/faults", "{", 400, "not JSON"},
      {"POST", "/v1/faults", "", 400, "only the fault"},
      {"POST", "/v1/faults", "[]", 400, "only the fault"},
      {"DELETE", "/v1/faults/x", "", 404, "number"},
      {"DELETE", "/v1/faults/99999999999999999999", "", 404, "number"},
      {"DELETE", "/v1/faults/", "", 404, "nothing at this path"},
      {"GET", "/v1/journal?after=x", "", 400, "sequence number"},
      {"GET", "/v1/journal?after=%zz", "", 400, "sequence number"},
      {"GET", "/nowhere", "", 404, "nothing at this path"},
      {"GET", "/v1/faults/", "", 404, "nothing at this path"},
      {"PUT", "/v1/journal", "", 405, "method"},
      {"DELETE", "/v1/things/%zz", "", 404, "nothing at this path"},
      {"DELETE", "/v1/things/broken", "", 500, "disk is full"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(std::string(one.method) + " " + one.target + " " + one.body);
    const http::Response answer = Ask(one.method, one.target, one.body);
    EXPECT_EQ(answer.status, one.status);
    EXPECT_THAT(answer.body, HasSubstr(one.sentence));
    EXPECT_THAT(*answer.headers.Get("Content-Type"), HasSubstr("text/plain"));
  }
}

TEST_F(AdminServer, NamesTheMethodsOfAPath) { EXPECT_EQ(Ask("PUT", "/v1/journal").headers.Get("Allow"), "GET, DELETE"); }

TEST_F(AdminServer, GivesAndClearsTheJournal) {
  journal_.Add({{"a", 1}});
  journal_.Add({{"a", 2}});
  EXPECT_EQ(Json::parse(Ask("GET", "/v1/journal?after=1").body), Json::parse(R"({"entries": [{"a": 2, "sequence": 2}], "last": 2})"));
  EXPECT_EQ(Ask("DELETE", "/v1/journal").status, 204);
  EXPECT_EQ(Json::parse(Ask("GET", "/v1/journal").body).at("entries"), Json::array());
}

TEST_F(AdminServer, ResetClearsFaultsAndJournalAndCallsItsOwner) {
  journal_.Add({{"a", 1}});
  Ask("POST", "/v1/faults", R"({"name": "late"})");
  EXPECT_EQ(Ask("POST", "/v1/reset").status, 204);
  EXPECT_EQ(resets_, 1);
  EXPECT_EQ(board_.Active(), Json::array());
  EXPECT_EQ(journal_.After(0).at("entries"), Json::array());
}

TEST_F(AdminServer, RouteWithAStarTakesTheRestOfThePathDecoded) {
  EXPECT_EQ(Json::parse(Ask("DELETE", "/v1/things/files/a%2Fb%20c").body).at("gone"), "files/a/b c");
}

TEST_F(AdminServer, TextIsForPeople) {
  server_.Route("GET", "/v1/story", [](const Call&) -> Result<Reply> { return Reply{.text = "Once upon a time\n"}; });
  const http::Response response = Ask("GET", "/v1/story");
  EXPECT_EQ(response.headers.Get("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(response.body, "Once upon a time\n");
}

TEST_F(AdminServer, ServesOverASocket) {
  const Result<std::uint16_t> port = server_.Start();
  ASSERT_TRUE(port) << port.error().message;
  EXPECT_EQ(server_.port(), *port);
  http::ClientOptions options;
  options.host = "127.0.0.1";
  options.port = *port;
  const http::Client client(options);
  const http::Exchange seen = client.Send(Asking("POST", "/v1/faults", R"({"name": "late"})"), std::chrono::seconds(10));
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_EQ(seen.response->status, 201);
  EXPECT_FALSE(server_.Start()) << "it runs already";
}

TEST(AdminServerWithoutParts, HasOnlyItsRoutes) {
  const Server server({}, {});
  for (const char* path : {"/v1/faults", "/v1/journal", "/v1/reset"}) EXPECT_EQ(server.Answer(Asking("GET", path)).status, 404);
}

}  // namespace
}  // namespace provdlab::admin
