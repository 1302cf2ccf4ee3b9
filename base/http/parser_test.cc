#include "base/http/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace provdlab::http {
namespace {

using testing::HasSubstr;

// Refusals, odd requests and limits are tested through the server; here is what no socket shows.

TEST(RequestParser, LeavesTheNextRequestAlone) {
  RequestParser parser({});
  const std::string first = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string second = "GET /2 HTTP/1.0\r\n\r\n";
  EXPECT_EQ(parser.Put(first + second), first.size());
  ASSERT_EQ(parser.state(), RequestParser::State::kDone);
  EXPECT_TRUE(parser.keep_alive());
  EXPECT_FALSE(parser.is_http10());
  EXPECT_EQ(parser.Take().target, "/1");
  EXPECT_EQ(parser.state(), RequestParser::State::kNothing);
  EXPECT_EQ(parser.Put(second), second.size());
  ASSERT_EQ(parser.state(), RequestParser::State::kDone);
  EXPECT_FALSE(parser.keep_alive());
  EXPECT_TRUE(parser.is_http10());
  EXPECT_EQ(parser.Take().target, "/2");
}

TEST(RequestParser, TellsWhereItIs) {
  RequestParser parser({});
  using State = RequestParser::State;
  EXPECT_EQ(parser.state(), State::kNothing);
  EXPECT_EQ(parser.Put("\r\n"), 2u);
  EXPECT_EQ(parser.state(), State::kNothing);
  parser.Put("GE");
  EXPECT_EQ(parser.state(), State::kHead);
  EXPECT_EQ(parser.Put("GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n"), 68u);
  EXPECT_EQ(parser.state(), State::kBody);
  EXPECT_TRUE(parser.expects_continue());
  EXPECT_EQ(parser.Put("a"), 1u);
  EXPECT_FALSE(parser.expects_continue());
  EXPECT_EQ(parser.Put("b"), 1u);
  EXPECT_EQ(parser.state(), State::kDone);
}

// Every way of cutting the bytes in two gives the same request.
TEST(RequestParser, DoesNotCareWhereTheBytesAreCut) {
  const std::string bytes =
      "PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: t\r\n\r\n";
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    RequestParser parser({});
    std::string buffer = bytes.substr(0, cut);
    buffer.erase(0, parser.Put(buffer));
    ASSERT_NE(parser.state(), RequestParser::State::kRefused) << cut << ": " << parser.refusal().sentence;
    buffer += bytes.substr(cut);
    buffer.erase(0, parser.Put(buffer));
    ASSERT_EQ(parser.state(), RequestParser::State::kDone) << cut << ": " << parser.refusal().sentence;
    EXPECT_EQ(parser.Take().body, "hello world") << cut;
    EXPECT_EQ(buffer, "") << cut;
  }
}

TEST(RequestParser, TakesAnEmptyChunkedBodyByteByByte) {
  RequestParser parser({});
  std::string buffer;
  for (const char c : std::string_view("PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")) {
    ASSERT_NE(parser.state(), RequestParser::State::kDone);
    buffer += c;
    buffer.erase(0, parser.Put(buffer));
  }
  EXPECT_EQ(parser.state(), RequestParser::State::kDone);
}

// A head is read as a whole: until then only its length can be judged, its line and its fields each by their own limit.
TEST(RequestParser, JudgesTheLengthOfAHeadThatComesInPieces) {
  const RequestLimits limits{.max_target_bytes = 1000, .max_header_bytes = 5000, .max_body_bytes = 10};
  const struct {
    std::string bytes;
    int refused;  // 0: it is a request
  } cases[] = {
      {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(4000, 'x') + "\r\n\r\n", 0},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(6000, 'x') + "\r\n\r\n", 431},
      {"GET /" + std::string(900, 'a') + " HTTP/1.1\r\nHost: h\r\nX: " + std::string(4000, 'x') + "\r\n\r\n", 0},
      {"GET /" + std::string(2000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
      {std::string(2000, 'a'), 400},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
  };
  for (const auto& [bytes, refused] : cases) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{700}, bytes.size()}) {
      RequestParser parser(limits);
      std::string buffer;
      for (std::size_t at = 0; at < bytes.size() && parser.state() != RequestParser::State::kRefused; at += piece) {
        buffer += bytes.substr(at, piece);
        buffer.erase(0, parser.Put(buffer));
      }
      if (refused == 0) {
        EXPECT_EQ(parser.state(), RequestParser::State::kDone) << bytes.substr(0, 40) << " by " << piece;
      } else {
        EXPECT_EQ(parser.refusal().status, refused) << bytes.substr(0, 40) << " by " << piece;
      }
    }
  }
}

TEST(RequestParser, LeavesNoMoreThanItsLimits) {
  RequestLimits limits;
  limits.max_target_bytes = 100;
  limits.max_header_bytes = 200;
  for (const std::string& start :
       {std::string("GET /"), std::string("GET / HTTP/1.1\r\nX: "), std::string("GET / HTTP/1.1\r\nX: 1\r\nY: ")}) {
    RequestParser parser(limits);
    std::string buffer = start;
    for (int i = 0; i < 1000 && parser.state() != RequestParser::State::kRefused; ++i) {
      buffer += 'a';
      buffer.erase(0, parser.Put(buffer));
    }
    EXPECT_EQ(parser.state(), RequestParser::State::kRefused);
    EXPECT_LT(buffer.size(), 400u);
  }
}

// Bytes that were damaged and cut at random: whatever comes, a parser ends in a state, keeps to its limits and needs no
// byte twice. Beast's own assertions are part of the test.
constexpr int kRounds = 20'000;

template <typename Parser, typename MakeParser>
void FeedAtRandom(const std::vector<std::string>& seeds, MakeParser make) {
  std::mt19937 random(20261123);
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  static constexpr std::string_view kSpice =
      "\r\n\r\n :;,=0159aAfF\t\"\x00\xE9"
      "chunked";
  for (int round = 0; round < kRounds; ++round) {
    std::string bytes = seeds[below(seeds.size())];
    for (std::size_t damage = below(4); damage > 0; --damage) {
      const std::size_t at = below(bytes.size() + 1);
      switch (below(4)) {
        case 0:
          bytes.insert(at, 1, kSpice[below(kSpice.size())]);
          break;
        case 1:
          bytes.erase(at, 1 + below(3));
          break;
        case 2:
          if (at < bytes.size()) bytes[at] = kSpice[below(kSpice.size())];
          break;
        default:
          bytes.insert(at, seeds[below(seeds.size())].substr(below(20), below(30)));
      }
    }
    const auto parser = make();
    std::string buffer;
    const std::size_t largest = 1 + below(below(2) == 0 ? 3 : 60);
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = std::min(1 + below(largest), bytes.size() - at);
      buffer += bytes.substr(at, size);
      at += size;
      const std::size_t used = parser->Put(buffer);
      ASSERT_LE(used, buffer.size());
      buffer.erase(0, used);
      if (parser->state() >= Parser::State::kDone) break;
    }
  }
}

TEST(RequestParser, SurvivesDamagedBytesCutAnywhere) {
  const std::string post = "POST /x HTTP/1.1\r\nHost: h\r\n";
  FeedAtRandom<RequestParser>(
      {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET http://h/x HTTP/1.0\r\nConnection: keep-alive, x\r\nX: a\r\n  folded\r\n\r\n",
       post + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc", post + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       post + "Transfer-Encoding: chunked\r\n\r\n3;a=\"b\"\r\nabc\r\n1\r\nd\r\n00\r\nX-T: 1\r\nY: 2\r\n\r\n",
       post + "Transfer-Encoding: chunked\r\n\r\n0;x\r\nX: 1\r\n 2\r\n\r\n"},
      [] {
        return std::make_unique<RequestParser>(RequestLimits{.max_target_bytes = 100, .max_header_bytes = 200, .max_body_bytes = 50});
      });
}

TEST(ResponseParser, SurvivesDamagedBytesCutAnywhere) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  FeedAtRandom<ResponseParser>({ok + "Content-Length: 3\r\n\r\nabc", ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                                ok + "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nab\r\n0\r\nX: 1\r\n\r\n",
                                "HTTP/1.1 100 Continue\r\n\r\n" + ok + "\r\nabc", "HTTP/1.0 204 \r\nX: a\r\n b\r\n\r\n"},
                               [] { return std::make_unique<ResponseParser>(false, 50); });
}

struct ResponseCase {
  const char* bytes;
  bool to_head;
  int status;
  std::string body;
};

TEST(ResponseParser, ReadsAnswersOfAllFramings) {
  const ResponseCase kCases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", false, 200, "abc"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n", false, 200, "abc"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true, 200, ""},
      {"HTTP/1.1 204 No Content\r\n\r\n", false, 204, ""},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", false, 304, ""},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", false,
       201, ""},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n", false, 101, ""},
      {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", false, 200, ""},
      {"HTTP/1.0 999 Odd\r\nContent-Length: 1\r\n\r\nx", false, 999, "x"},
  };
  for (const auto& [bytes, to_head, status, body] : kCases) {
    SCOPED_TRACE(bytes);
    for (std::size_t step : {std::size_t{1000}, std::size_t{1}}) {
      ResponseParser parser(to_head, 1000);
      std::string buffer;
      for (std::size_t at = 0; at < std::string_view(bytes).size(); at += step) {
        buffer += std::string_view(bytes).substr(at, step);
        buffer.erase(0, parser.Put(buffer));
      }
      ASSERT_EQ(parser.state(), ResponseParser::State::kDone) << parser.problem();
      EXPECT_EQ(buffer, "");
      const Response response = parser.Take();
      EXPECT_EQ(response.status, status);
      EXPECT_EQ(response.body, body);
      EXPECT_FALSE(response.headers.Has("T"));
      EXPECT_FALSE(response.headers.Has("Link"));
    }
  }
}

TEST(ResponseParser, HandsTheBodyToASink) {
  struct Row {
    const char* bytes;
    bool keep_alive;
  };
  for (const auto& [bytes, keep_alive] :
       {Row{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde", true},
        Row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", true},
        Row{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nabcde", false}, Row{"HTTP/1.1 200 OK\r\n\r\nabcde", false}}) {
    SCOPED_TRACE(bytes);
    std::string sunk;
    ResponseParser parser(false, 1000, [&](std::string_view piece) { sunk += piece; });
    EXPECT_EQ(parser.status(), 0);
    parser.Put(bytes);
    EXPECT_EQ(parser.status(), 200);
    EXPECT_EQ(sunk, "abcde");
    parser.PutEnd();
    ASSERT_EQ(parser.state(), ResponseParser::State::kDone) << parser.problem();
    EXPECT_EQ(parser.keep_alive(), keep_alive);
    EXPECT_EQ(parser.Take().body, "");
  }
}

TEST(ResponseParser, TheEndOfTheConnectionEndsABodyWithoutALength) {
  ResponseParser parser(false, 1000);
  parser.Put("HTTP/1.0 200 OK\r\n\r\nabc");
  EXPECT_EQ(parser.state(), ResponseParser::State::kBody);
  parser.PutEnd();
  ASSERT_EQ(parser.state(), ResponseParser::State::kDone);
  EXPECT_EQ(parser.Take().body, "abc");
}

TEST(ResponseParser, TheEndOfTheConnectionEndsNothingElse) {
  for (const char* const bytes : {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
                                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
    ResponseParser parser(false, 1000);
    parser.Put(bytes);
    parser.PutEnd();
    EXPECT_NE(parser.state(), ResponseParser::State::kDone) << bytes;
    EXPECT_NE(parser.state(), ResponseParser::State::kMalformed) << bytes;
  }
}

TEST(ResponseParser, SaysWhatIsNotHttp) {
  for (const std::string& bytes : std::vector<std::string>{
           "hello, world, this is no HTTP\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 099 Low\r\n\r\n",
           "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"}) {
    ResponseParser parser(false, 1000);
    parser.Put(bytes);
    EXPECT_EQ(parser.state(), ResponseParser::State::kMalformed) << bytes;
    EXPECT_THAT(parser.problem(), HasSubstr("The answer")) << bytes;
  }
}

}  // namespace
}  // namespace provdlab::http
