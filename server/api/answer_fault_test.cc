#include "server/api/answer_fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/api/fault_data.h"

namespace provdlab::server {
namespace {

using ::testing::HasSubstr;

// One fault, from the members that a test is about.
AnswerFault Make(const std::string& members) {
  auto faults = ParseAnswerFaults(R"([{"name": "area.rule", "sentence": "It breaks.", )" + members + "}]");
  EXPECT_TRUE(faults) << (faults ? "" : faults.error().message);
  return faults ? faults->front() : AnswerFault();
}

http::Response Json200(std::string body) {
  http::Response response;
  response.headers.Add("Content-Type", "application/vnd.proformatique.provd+json");
  response.body = std::move(body);
  return response;
}

TEST(AnswerFaults, ThatAreCompiledInAreWellFormed) {
  std::size_t count = 0;
  for (const EmbeddedFile& file : FaultData()) {
    const auto faults = ParseAnswerFaults(file.bytes);
    ASSERT_TRUE(faults) << file.path << ": " << faults.error().message;
    count += faults->size();
  }
  EXPECT_GT(count, 0u);
  EXPECT_EQ(BuiltInAnswerFaults().size(), count);
}

TEST(AnswerFaults, OfAFileThatIsWrongAreRefusedWithThePlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"nonsense", "not JSON"},
      {"{}", "a list"},
      {"[1]", "must be an object"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x"}])", "changes nothing"},
      {R"([{"name": "a.b", "sentence": "S", "answer": {}}])", "fault.route is missing"},
      {R"([{"name": "a.b", "route": "GET /x", "answer": {}}])", "fault.sentence is missing"},
      {R"([{"sentence": "S", "route": "GET /x", "answer": {}}])", "fault.name is missing"},
      {R"([{"name": "a.b", "breaks": "c.d", "sentence": "S", "route": "GET /x", "answer": {}}])", "'/variant'"},
      {R"([{"name": "a.b", "sentence": "S", "route": "/x", "answer": {}}])", "a route is METHOD"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET x", "answer": {}}])", "a route is METHOD"},
      {R"([{"name": "a.b", "sentence": "S", "side": "both", "route": "GET /x", "answer": {"status": 200}}])", "neither rest nor phones"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "answer": {"colour": 1}}])", "answer.colour is not a known member"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "answer": {"status": 99}}])", "answer.status must be a status"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "answer": {"drop": "pkgs"}}])", "not a JSON pointer"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "answer": {"drop": ""}}])", "names no member"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "answer": {"drop": "/a~2"}}])", "not a JSON pointer"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "answer": {"manner": "sulk"}}])", "answer.manner must be"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "when": {"status": "4x"}, "answer": {}}])", "when.status must be"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "first": 0, "answer": {}}])", "fault.first must be an integer above 0"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "again": true, "request": {"body": "x"}}])", "fault.again"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "when": {"status": 200}, "instead": true, "answer": {}}])", "instead"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "when": {"status": 200}, "request": {"body": ""}}])", "request"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "when": {"query": 1}, "answer": {}}])", "when.query must be an object"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "request": {"query": {"q": 1}}}])", "request.query must be a string"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "after": {"times": 1}, "answer": {}}])", "after.route is missing"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "after": {"route": "x"}, "answer": {}}])", "after: "},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "after": {"route": "GET /x", "times": -1}, "answer": {}}])", "after.times"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "after": {"route": "GET /x", "request": "/a", "answer": "/a"}, "answer": {}}])",
       "one place too many"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "after": {"route": "GET /x"}, "instead": true, "answer": {}}])",
       "fault.after"},
      {R"([{"name": "a.b", "sentence": "S", "route": "GET /x", "answer": {}}, {"name": "a.b", "sentence": "S", "route": "GET /x", "answer": {}}])",
       "Two faults are named a.b"},
  };
  for (const auto& [text, message] : cases) {
    const auto faults = ParseAnswerFaults(text);
    ASSERT_FALSE(faults) << text;
    EXPECT_THAT(faults.error().message, HasSubstr(message)) << text;
  }
}

TEST(AnswerFaultRoute, NamesMethodsAndPaths) {
  struct Case {
    const char* route;
    const char* method;
    const char* target;
    bool matches;
  };
  const Case cases[] = {
      {R"("GET /provd/{}")", "GET", "/provd/x", true},
      {R"("GET /provd/{}")", "GET", "/provd/%78?y", true},
      {R"("GET /provd/{}")", "HEAD", "/provd/x", false},
      {R"("GET /provd/{}")", "GET", "/provd", false},
      {R"("GET /provd/{}")", "GET", "/provd/", false},
      {R"("GET /provd/{}")", "GET", "/provd/x/y", false},
      {R"("GET|HEAD /provd/{}")", "HEAD", "/provd/x", true},
      {R"("* /provd/**")", "BREW", "/provd", true},
      {R"("* /provd/**")", "BREW", "/provd/a/b", true},
      {R"("* /provd/**")", "GET", "/other", false},
      {R"("* /**")", "GET", "*", true},
      {R"("GET /provd/{number}")", "GET", "/provd/17", true},
      {R"("GET /provd/{number}")", "GET", "/provd/0", false},
      {R"("GET /provd/{number}")", "GET", "/provd/9999999", false},
      {R"(["GET /provd/{}", "!GET /provd/x"])", "GET", "/provd/y", true},
      {R"(["GET /provd/{}", "!GET /provd/x"])", "GET", "/provd/x", false},
      {R"("GET /provd/x/")", "GET", "/provd/x/", true},
      {R"("GET /provd/x/")", "GET", "/provd/x", false},
  };
  for (const Case& test : cases) {
    const AnswerFault fault = Make(std::string(R"("route": )") + test.route + R"(, "answer": {"status": 203})");
    EXPECT_EQ(fault.MatchesRequest({.method = test.method, .target = test.target}), test.matches)
        << test.route << " " << test.method << " " << test.target;
  }
}

TEST(AnswerFaultCondition, LooksAtTheRequest) {
  struct Case {
    const char* when;
    http::Request request;
    bool matches;
  };
  const http::Request plain{
      .method = "PUT", .target = "/x", .headers = {{"Content-Type", "a; b"}}, .body = R"({"param": {"value": "http://h/p"}})"};
  const Case cases[] = {
      {R"({"request_headers": {"content-type": ";"}})", plain, true},
      {R"({"request_headers": {"content-type": "c"}})", plain, false},
      {R"({"request_headers": {"Accept": null}})", plain, true},
      {R"({"request_headers": {"Content-Type": null}})", plain, false},
      {R"({"request_says": "http"})", plain, true},
      {R"({"request_says": "ftp"})", plain, false},
      {R"({"request_bytes": 10})", plain, true},
      {R"({"request_bytes": 1000})", plain, false},
      {R"({"request_depth": 2})", plain, true},
      {R"({"request_depth": 3})", plain, false},
      {R"({"request_json": {"/param/value": "http://h/p"}})", plain, true},
      {R"({"request_json": {"/param/value": "x"}})", plain, false},
      {R"({"request_json": {"/param/other": null}})", plain, false},
      {R"({"request_types": {"/param": "object", "/param/other": "absent"}})", plain, true},
      {R"({"request_types": {"/param": ["array", "null"]}})", plain, false},
      {R"({"request_like": {"/param/value": ["?*://?*/*"]}})", plain, true},
      {R"({"request_like": {"/param/value": "https*"}})", plain, false},
      {R"({"request_like": {"/param": "*"}})", plain, false},
      {R"({"request_unlike": {"/param/value": "https*"}})", plain, true},
      {R"({"request_unlike": {"/param/value": "http*"}})", plain, false},
      {R"({"request_shape": ["json"]})", plain, true},
      {R"({"request_shape": ["empty"]})", plain, false},
      {R"({"request_ascii": true})", plain, true},
      {R"({"request_ascii": false})", {.method = "PUT", .target = "/x", .body = R"("\u00e9")"}, true},
      {R"({"request_ascii": false})", {.method = "PUT", .target = "/x", .body = "no json"}, false},
      {R"({"query": {"q": "*\"$gt\"*"}})", {.method = "GET", .target = "/x?a=1&q=%7B%22n%22:%7B%22$gt%22:1%7D%7D"}, true},
      {R"({"query": {"q": "one"}})", {.method = "GET", .target = "/x?q=one&q=two"}, true},
      {R"({"query": {"q": "two"}})", {.method = "GET", .target = "/x?q=one&q=two"}, false},
      {R"({"query": {"q": "a b"}})", {.method = "GET", .target = "/x?q=a+b"}, true},
      {R"({"query": {"q": ["1", "2"]}})", {.method = "GET", .target = "/x?q=2"}, true},
      {R"({"query": {"q": "*"}})", {.method = "GET", .target = "/x?q=%zz"}, false},
      {R"({"query": {"q64": "Hello"}})", {.method = "GET", .target = "/x?q64=SGVsbG8%3D"}, true},
      {R"({"query": {"q64": "@@"}})", {.method = "GET", .target = "/x?q64=@@"}, true},
      {R"({"query": {"q": null}})", {.method = "GET", .target = "/x?skip=1"}, true},
      {R"({"query": {"q": null}})", {.method = "GET", .target = "/x?q="}, false},
      {R"({"target": "%"})", plain, false},
      {R"({"target": "/x"})", plain, true},
  };
  for (const Case& test : cases) {
    const AnswerFault fault = Make(std::string(R"("route": "* /**", "answer": {"status": 203}, "when": )") + test.when);
    EXPECT_EQ(fault.MatchesRequest(test.request), test.matches) << test.when;
  }
}

TEST(AnswerFaultCondition, LooksAtTheAnswer) {
  struct Case {
    const char* when;
    bool matches;
  };
  const http::Response answer = Json200(R"({"param": {"value": 1}})");
  const Case cases[] = {
      {R"({})", true},
      {R"({"status": 200})", true},
      {R"({"status": [404, "2xx"]})", true},
      {R"({"status": "4xx"})", false},
      {R"({"says": "value"})", true},
      {R"({"says": "fail"})", false},
      {R"({"json": {"/param/value": 1}})", true},
      {R"({"json": {"/param/value": true}})", false},
      {R"({"json": {"/param/value": "1"}})", false},
      {R"({"json_not": {"/param/value": 1}})", false},
      {R"({"json_not": {"/param/value": 2}})", true},
      {R"({"types": {"/param/value": "number", "/param/other": "absent"}})", true},
      {R"({"types": {"/param": ["array", "string"]}})", false},
      {R"({"headers": {"Content-Type": "provd"}})", true},
      {R"({"headers": {"Location": null}})", true},
      {R"({"headers": {"Location": ""}})", false},
      {R"({"ascii": true})", true},
      {R"({"ascii": false})", false},
  };
  for (const Case& test : cases) {
    const AnswerFault fault = Make(std::string(R"("route": "* /**", "answer": {"status": 203}, "when": )") + test.when);
    EXPECT_EQ(fault.MatchesAnswer(answer), test.matches) << test.when;
  }
}

TEST(AnswerFaultChange, ChangesTheQueryOfARequest) {
  struct Case {
    const char* query;
    const char* before;
    const char* after;
  };
  const Case cases[] = {
      {R"({"q": null})", "/x?a=1&q=2&q=3&b", "/x?a=1&b"},
      {R"({"q": null})", "/x?q=2", "/x"},
      {R"({"q": "a b"})", "/x?a=1&q=2", "/x?a=1&q=a%20b"},
      {R"({"q": "1"})", "/x", "/x?q=1"},
      {R"({"q": {"b": "c"}})", "/x?q=ab+b", "/x?q=ac%20c"},
      {R"({"q": {"b": "c"}})", "/x?q=%zz", "/x?q=%zz"},
      {R"({"q": {"b": "c"}})", "/x", "/x"},
  };
  for (const Case& test : cases) {
    const AnswerFault fault = Make(std::string(R"("route": "* /**", "request": {"query": )") + test.query + "}");
    http::Request request{.method = "GET", .target = test.before};
    fault.ChangeRequest(request);
    EXPECT_EQ(request.target, test.after) << test.query << " " << test.before;
  }
}

TEST(AnswerFaultChange, ChangesTheMethodOfARequest) {
  const AnswerFault fault = Make(R"("route": "DELETE /x", "request": {"method": "GET"})");
  http::Request request{.method = "DELETE", .target = "/x"};
  fault.ChangeRequest(request);
  EXPECT_EQ(request.method, "GET");
}

TEST(AnswerFaultMemory, TakesATextOfAnEarlierExchange) {
  struct Case {
    const char* after;
    const char* remembered;  // null: nothing
  };
  const http::Request request{.method = "POST", .target = "/l/%78?y", .body = R"({"id": "asked", "n": 1})"};
  const http::Response response = Json200(R"({"id": "answered"})");
  const Case cases[] = {
      {R"({"route": "POST /l/{}"})", "x"},
      {R"({"route": "POST /l/{}", "request": "/id"})", "asked"},
      {R"({"route": "POST /l/{}", "answer": "/id"})", "answered"},
      {R"({"route": "POST /l/{}", "request": "/n"})", nullptr},
      {R"({"route": "GET /l/{}"})", nullptr},
      {R"({"route": "POST /l/{}", "when": {"status": 404}})", nullptr},
      {R"({"route": "POST /l/{}", "when": {"request_types": {"/n": "number"}}})", "x"},
  };
  for (const Case& test : cases) {
    const AnswerFault fault = Make(std::string(R"("route": "GET /x", "answer": {"status": 203}, "after": )") + test.after);
    EXPECT_TRUE(fault.remembers());
    const auto text = fault.Recall(request, response);
    EXPECT_EQ(text.value_or("nothing"), test.remembered == nullptr ? "nothing" : test.remembered) << test.after;
  }
}

TEST(AnswerFaultMemory, IsAskedForATextOfTheExchangeAtHand) {
  struct Case {
    const char* members;
    bool matches;
  };
  const http::Request request{.method = "GET", .target = "/l/%78y?q=z", .body = R"({"id": "once"})"};
  const http::Response response = Json200(R"({"id": "twice", "n": 1})");
  FaultMemory memory;
  for (const char* text : {"xy", "twice", "once", "twice"}) memory.Add(text);
  EXPECT_EQ(memory.newest, "twice");
  const Case cases[] = {
      {R"("times": 1)", true},
      {R"("times": 2)", false},
      {R"("times": 0)", false},
      {R"("here": "anything")", true},
      {R"("here": {"request": "/id"})", true},
      {R"("here": {"request": "/id"}, "times": 2)", false},
      {R"("here": {"answer": "/id"}, "times": 2)", true},
      {R"("here": {"answer": "/n"})", false},
      {R"("here": {"answer": "/n"}, "times": 0)", false},
  };
  for (const Case& test : cases) {
    const AnswerFault fault =
        Make(std::string(R"("route": "GET /l/{}", "answer": {"status": 203}, "after": {"route": "GET /l/{}", )") + test.members + "}");
    EXPECT_EQ(fault.MatchesMemory(memory, request, response), test.matches) << test.members;
  }
  const AnswerFault simple = Make(R"("route": "GET /**", "answer": {"status": 203}, "after": {"route": "GET /l/{}"})");
  const std::pair<const char*, bool> targets[] = {
      {"/l/xy", true}, {"/l/xy/raw", true}, {"/l/xyz", false}, {"/l/x", false}, {"/l?q=%7B%22id%22:%22xy%22%7D", true}, {"/l?q=xy", false},
  };
  for (const auto& [target, matches] : targets)
    EXPECT_EQ(simple.MatchesMemory(memory, {.method = "GET", .target = target}, response), matches) << target;
  const AnswerFault never = Make(R"("route": "GET /l/{}", "answer": {"status": 203}, "after": {"route": "GET /l/{}", "times": 0})");
  EXPECT_TRUE(never.MatchesMemory(FaultMemory(), request, response));
  EXPECT_TRUE(Make(R"("route": "GET /l/{}", "answer": {"status": 203})").MatchesMemory(FaultMemory(), request, response));
}

TEST(AnswerFaultMemory, StaysSmall) {
  FaultMemory memory;
  for (int i = 0; i < 20'001; ++i) memory.Add(std::to_string(i));
  EXPECT_LE(memory.times.size(), 10'000u);
  EXPECT_EQ(memory.newest, "20000");
}

TEST(AnswerFaultChange, ShowsWhatWasRememberedLast) {
  const AnswerFault fault = Make(R"("route": "GET /x", "answer": {"body": "{remembered} and {remembered}"})");
  http::Response response = Json200("{}");
  fault.ChangeAnswer({.method = "GET", .target = "/x"}, response, 1, "a");
  EXPECT_EQ(response.body, "a and a");
}

TEST(AnswerFaultChange, DropsOnlyWhatHasTheTextThatWasRemembered) {
  const AnswerFault fault = Make(R"("route": "GET /x", "answer": {"drop": "/l/*", "only": {"/id": "{remembered}"}})");
  http::Response response = Json200(R"({"l": [{"id": "a"}, {"id": "b"}]})");
  fault.ChangeAnswer({.method = "GET", .target = "/x"}, response, 1, "a");
  EXPECT_EQ(response.body, R"({"l":[{"id":"b"}]})");
}

TEST(AnswerFaultChange, ChangesJsonInPlace) {
  struct Case {
    const char* change;
    const char* before;
    const char* after;
  };
  const Case cases[] = {
      {R"({"set": {"/a/b": 1}})", R"({"a": {}})", R"({"a":{"b":1}})"},
      {R"({"set": {"/a/b/c": 1}})", R"({"a": {}})", R"({"a":{}})"},
      {R"({"set": {"/*/b": 1}})", R"({"x": {"b": 2}, "y": {}})", R"({"x":{"b":1},"y":{"b":1}})"},
      {R"({"set": {"/0": 7, "/-": 8}})", "[1]", "[7,8]"},
      {R"({"set": {"": 7}})", "[1]", "7"},
      {R"({"set": {"/*": 7}})", "[1,2]", "[7,7]"},
      {R"({"set": {"/a~1b": 7}})", R"({"a/b": 1})", R"({"a/b":7})"},
      {R"({"drop": "/a"})", R"({"a": 1, "b": 2})", R"({"b":2})"},
      {R"({"drop": "/l/*", "only": {"/v": 1}})", R"({"l": [{"v": 1}, {"v": 2}, 3, {"v": 1}]})", R"({"l":[{"v":2},3]})"},
      {R"({"drop": "/l/*/w", "only": {"/v": 1}})", R"({"l": [{"v": 1, "w": 1}, {"v": 2, "w": 1}]})", R"({"l":[{"v":1},{"v":2,"w":1}]})"},
      {R"({"set": {"/*": 0}, "only": {"/v": 1}})", R"([{"v": 1}, {"v": 2}])", R"([0,{"v":2}])"},
      {R"({"drop": ["/*/v", "/1"]})", R"([{"v": 1}, 2])", "[{}]"},
      {R"({"drop": "/5"})", "[1]", "[1]"},
      {R"({"rename": {"/a": "b"}})", R"({"a": 1})", R"({"b":1})"},
      {R"({"rename": {"/*/a": "b"}})", R"([{"a": 1}, {}])", R"([{"b":1},{}])"},
      {R"({"reverse": "/a"})", R"({"a": [1, 2]})", R"({"a":[2,1]})"},
      {R"({"reverse": ""})", "[1,2]", "[2,1]"},
      {R"({"drop_nulls": "/a"})", R"({"a": {"b": null, "c": {"d": null, "e": 1}, "l": [null, {"f": null}]}, "n": null})",
       R"({"a":{"c":{"e":1},"l":[null,{"f":null}]},"n":null})"},
      {R"({"wrap": "w"})", "1", R"({"w":1})"},
      {R"({"unwrap": true})", R"({"w": [1]})", "[1]"},
      {R"({"drop": "/a"})", "not json", "not json"},
      {R"({"replace": {"x": "yy"}})", "axbx", "ayybyy"},
      {R"({"body": "before {old} after"})", "x", "before x after"},
      {R"({"body": "hit {n}"})", "x", "hit 3"},
  };
  for (const Case& test : cases) {
    const AnswerFault fault = Make(std::string(R"("route": "* /**", "answer": )") + test.change);
    http::Response response = Json200(test.before);
    fault.ChangeAnswer({}, response, 3);
    EXPECT_EQ(response.body, test.after) << test.change;
  }
}

TEST(AnswerFaultChange, ChangesStatusHeadersAndManner) {
  const AnswerFault fault = Make(
      R"("route": "* /**", "answer": {"status": 201, "headers": {"Location": "http://{host}{old}", "Content-Type": null, "X": "{n}"}, "manner": "hang"})");
  http::Response response = Json200("{}");
  response.headers.Add("Location", "/provd");
  fault.ChangeAnswer({.headers = {{"Host", "h:1"}}}, response, 2);
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.headers, (http::Headers{{"Location", "http://h:1/provd"}, {"X", "2"}}));
  EXPECT_EQ(response.manner, http::Response::Manner::kHang);
}

TEST(AnswerFaultChange, ReplacesTextsInBodyAndLocation) {
  const AnswerFault fault = Make(R"("route": "* /**", "answer": {"replace": {"/a/": "/%61/"}})");
  http::Response response;
  response.headers.Add("Location", "/provd/a/1");
  response.body = "/provd/a/2";
  fault.ChangeAnswer({}, response);
  EXPECT_EQ(response.headers.Get("Location"), "/provd/%61/1");
  EXPECT_EQ(response.body, "/provd/%61/2");
}

TEST(AnswerFaultChange, LeavesUnansweredWhatAnotherKeepsFromBeingAnswered) {
  http::Response response;
  Make(R"("route": "* /**", "answer": {"manner": "hang"})").ChangeAnswer({}, response);
  Make(R"("route": "* /**", "answer": {"status": 500})").ChangeAnswer({}, response);
  EXPECT_EQ(response.manner, http::Response::Manner::kHang);
}

TEST(AnswerFaultChange, ReplacesTextsInTheRequest) {
  const AnswerFault fault =
      Make(R"("route": "* /**", "when": {"request_shape": "byte-order mark"}, "request": {"replace": {"\uFEFF": ""}})");
  http::Request request{.method = "PUT", .target = "/provd", .body = "\xEF\xBB\xBF{}"};
  EXPECT_TRUE(fault.MatchesRequest(request));
  fault.ChangeRequest(request);
  EXPECT_EQ(request.body, "{}");
}

TEST(AnswerFaultChange, ChangesTheRequest) {
  const AnswerFault fault = Make(R"("route": "* /**", "request": {"target": "/y", "set": {"/a": null}})");
  http::Request request{.method = "PUT", .target = "/x", .body = R"({"a": 1})"};
  EXPECT_TRUE(fault.changes_request());
  fault.ChangeRequest(request);
  EXPECT_EQ(request.target, "/y");
  EXPECT_EQ(request.body, R"({"a":null})");
}

TEST(JsonShape, SaysWhatIsWrong) {
  const std::pair<std::string, const char*> cases[] = {
      {"{}", "json"},
      {" null\n", "json"},
      {"", "empty"},
      {" \t\r\n", "empty"},
      {"\xEF\xBB\xBF{}", "byte-order mark"},
      {"{\"a\": \"\xE9\"}", "not utf-8"},
      {std::string(129, '[') + std::string(129, ']'), "deep"},
      {"{", "truncated"},
      {"[[", "truncated"},
      {R"({"param": {"value": null})", "truncated"},
      {R"({"param": {"value": nul)", "truncated"},
      {"{}x", "trailing"},
      {"{}}", "trailing"},
      {"{} {}", "trailing"},
      {"{},", "trailing"},
      {"null null", "trailing"},
      {std::string("{}\0", 3), "trailing"},
      {"nonsense", "broken"},
      {"{'param': {'value': null}}", "broken"},
      {R"({"param": {"value": nil}})", "broken"},
      {R"({"param" {"value": null}})", "broken"},
      {R"({"param": {"value": null,}})", "broken"},
      {R"({"param": {"value": 01}})", "broken"},
      {"{\"param\": {\"value\": \"a\tb\"}}", "broken"},
  };
  for (const auto& [text, shape] : cases) EXPECT_EQ(JsonShape(text), shape) << text;
}

}  // namespace
}  // namespace provdlab::server
