#include "base/sip/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace provdlab::sip {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kVia[] = "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK74\r\n";
constexpr char kFrom[] = "From: <sip:je5qtq@192.0.2.20>;tag=a1\r\n";
constexpr char kTo[] = "To: <sip:je5qtq@192.0.2.20>\r\n";
constexpr char kCallId[] = "Call-ID: f81d4fae\r\n";
constexpr char kSequence[] = "CSeq: 4 REGISTER\r\n";

// A request with what every one must have, and `more` lines and a body.
std::string Register(const std::string& more = "", const std::string& body = "") {
  return std::string("REGISTER sip:192.0.2.20 SIP/2.0\r\n") + kVia + kFrom + kTo + kCallId + kSequence + more + "\r\n" + body;
}

std::string Without(const std::string& line) {
  std::string text = Register();
  text.erase(text.find(line), line.size());
  return text;
}

std::string With(const std::string& line, const std::string& instead) {
  std::string text = Register();
  return text.replace(text.find(line), line.size(), instead);
}

TEST(SipMessage, ReadsARequest) {
  const auto message = Parse(Register("Contact: <sip:je5qtq@192.0.2.7:5060>;expires=60\r\nContent-Length: 5\r\n", "hello"));
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_TRUE(message->is_request());
  EXPECT_EQ(message->method, "REGISTER");
  EXPECT_EQ(message->uri, "sip:192.0.2.20");
  EXPECT_EQ(message->body, "hello");
  ASSERT_EQ(message->headers.size(), 6u) << "Content-Length is made by Text()";
  EXPECT_EQ(message->headers.back(), (Header{"Contact", "<sip:je5qtq@192.0.2.7:5060>;expires=60"}));
  EXPECT_EQ(message->Get("call-id"), "f81d4fae");
  EXPECT_EQ(message->Get("Expires"), std::nullopt);
}

TEST(SipMessage, ReadsAResponse) {
  const std::string rest = std::string(kVia) + kFrom + kTo + kCallId + kSequence + "\r\n";
  const struct {
    std::string line;
    int status;
    std::string reason;
  } rows[] = {{"SIP/2.0 200 OK", 200, "OK"},
              {"SIP/2.0 489 Bad Event", 489, "Bad Event"},
              {"SIP/2.0 100 ", 100, ""},
              {"SIP/2.0 699", 699, ""},
              {"sip/2.0 180 Ça sonne", 180, "Ça sonne"}};
  for (const auto& row : rows) {
    const auto message = Parse(row.line + "\r\n" + rest);
    ASSERT_TRUE(message) << row.line << ": " << message.error().message;
    EXPECT_FALSE(message->is_request());
    EXPECT_EQ(message->status, row.status);
    EXPECT_EQ(message->reason, row.reason);
  }
}

TEST(SipMessage, WritesWhatItReads) {
  const auto message =
      Parse(Register("Event: check-sync\r\nX-Own: a, b; c=\"d\"\r\nContact: *\r\nContent-Length: 3\r\n", std::string("a\0b", 3)));
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_EQ(Parse(message->Text()), message);
  EXPECT_THAT(message->Text(), HasSubstr("\r\nX-Own: a, b; c=\"d\"\r\nContact: *\r\nContent-Length: "));
}

TEST(SipMessage, MakesCompactNamesLongAndFoldedLinesOne) {
  const auto message = Parse(
      "\r\n\r\nNOTIFY sip:je5qtq@192.0.2.7 SIP/2.0\r\n"
      "v :  SIP/2.0/UDP 192.0.2.20;branch=z9hG4bK1\r\n"
      "V: SIP/2.0/UDP 192.0.2.21\r\n ;branch=z9hG4bK2,\r\n\tSIP/2.0/TCP 192.0.2.22;branch=z9hG4bK3\r\n"
      "f: \"Doe, J.\" <sip:a@b>;tag=1\r\n"
      "t: <sip:c@d>\r\ni: 1@2\r\nCSeq: 0007   NOTIFY\r\no: check-sync\r\nl: 0\r\nq: \r\n\r\n");
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_THAT(message->Elements("via"), ElementsAre("SIP/2.0/UDP 192.0.2.20;branch=z9hG4bK1", "SIP/2.0/UDP 192.0.2.21 ;branch=z9hG4bK2",
                                                    "SIP/2.0/TCP 192.0.2.22;branch=z9hG4bK3"));
  EXPECT_THAT(message->All("Via"), ::testing::SizeIs(2));
  EXPECT_EQ(message->Get("Event"), "check-sync");
  EXPECT_EQ(message->Get("q"), "") << "no compact name that anybody knows";
  EXPECT_EQ(SequenceOf(*message)->number, 7u);
}

TEST(SipMessage, TakesTheBodyThatContentLengthGives) {
  const struct {
    const char *lines, *sent, *body;
  } rows[] = {{"", "all of it", "all of it"},
              {"Content-Length: 3\r\n", "all of it", "all"},
              {"Content-Length: 0\r\n", "all of it", ""},
              {"l: 3\r\nContent-Length: 3\r\n", "abc", "abc"}};
  for (const auto& row : rows) {
    const auto message = Parse(Register(row.lines, row.sent));
    ASSERT_TRUE(message) << row.lines << message.error().message;
    EXPECT_EQ(message->body, row.body) << row.lines;
  }
}

TEST(SipMessage, RefusesWhatIsMalformedAndSaysWhere) {
  const struct {
    std::string text;
    std::string sentence;
    std::size_t line;  // 0: not looked at
  } rows[] = {
      {"", "empty", 1},
      {"\r\n\r\n\r\n", "empty", 0},
      {"\r\n\r\n x", "no empty line", 0},
      {std::string(kLargestMessage + 1, 'x'), "at most", 0},
      {std::string(4, '\0'), "no empty line", 0},
      {"INVITE sip:a@b SIP/2.0\r\nVia: x", "no empty line", 0},
      {"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "METHOD URI SIP/2.0", 2},
      {With("SIP/2.0\r\n", "SIP/3.0\r\n"), "METHOD URI SIP/2.0", 1},
      {With("REGISTER sip:192.0.2.20", "REGISTER  sip:192.0.2.20"), "is no URI", 1},
      {With("REGISTER sip:192.0.2.20", "REGISTER <sip:192.0.2.20>"), "is no URI", 1},
      {With("REGISTER sip:192.0.2.20", "REGISTER sip:192.0.2.20 sip:a"), "is no URI", 1},
      {With("REGISTER sip:192.0.2.20", "REGISTER nothing"), "is no URI", 1},
      {With("REGISTER sip:192.0.2.20", "RE{GISTER sip:192.0.2.20"), "is no method", 1},
      {With("REGISTER sip:192.0.2.20 SIP/2.0", "SIP/2.0 99999999999 x"), "100 to 699", 1},
      {With("REGISTER sip:192.0.2.20 SIP/2.0", "SIP/2.0 2000 x"), "100 to 699", 1},
      {With("REGISTER sip:192.0.2.20 SIP/2.0", "SIP/2.0 700 x"), "100 to 699", 1},
      {With("REGISTER sip:192.0.2.20 SIP/2.0", "SIP/2.0 099 x"), "100 to 699", 1},
      {With("REGISTER sip:192.0.2.20 SIP/2.0", "SIP/2.0 -12 x"), "100 to 699", 1},
      {With("REGISTER sip:192.0.2.20 SIP/2.0", "SIP/2.0"), "100 to 699", 1},
      {With(kVia, " folded: what?\r\n"), "goes on with a header", 2},
      {With(kCallId, "Call-ID f81d4fae\r\n"), "has no ':'", 5},
      {With(kCallId, ": f81d4fae\r\n"), "no name of a header", 5},
      {With(kCallId, "Call ID: f81d4fae\r\n"), "no name of a header", 5},
      {With(kCallId, std::string("Call-ID: f8\0d4\r\n", 16)), "control character", 5},
      {With(kCallId, "Call-ID: f8\rd4\r\n"), "CR and LF", 5},
      {With(kCallId, "Call-ID: f8\nd4\r\n"), "CR and LF", 5},
      {Without(kVia), "no Via", 0},
      {Without(kFrom), "no From", 0},
      {Without(kTo), "no To", 0},
      {Without(kCallId), "no Call-ID", 0},
      {Without(kSequence), "no CSeq", 0},
      {With(kFrom, std::string(kFrom) + kFrom), "more than one From", 0},
      {With(kTo, std::string(kTo) + "t: <sip:other@h>\r\n"), "more than one To", 0},
      {With(kCallId, std::string(kCallId) + kCallId), "more than one Call-ID", 0},
      {With(kSequence, std::string(kSequence) + kSequence), "more than one CSeq", 0},
      {With(kVia, "Via: \r\n"), "no Via", 0},
      {With(kVia, "Via: 192.0.2.7\r\n"), "Via can't be read", 0},
      {With(kVia, "Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK74, nonsense\r\n"), "Via can't be read: 'nonsense'", 0},
      {With(kFrom, "From: <sip:je5qtq@192.0.2.20\r\n"), "From can't be read", 0},
      {With(kFrom, "From: \"unclosed <sip:je5qtq@192.0.2.20>;tag=1\r\n"), "From can't be read", 0},
      {With(kTo, "To:\r\n"), "To can't be read", 0},
      {With(kSequence, "CSeq: REGISTER\r\n"), "CSeq can't be read", 0},
      {With(kSequence, "CSeq: 36893488147419103232 REGISTER\r\n"), "CSeq can't be read", 0},
      {With(kSequence, "CSeq: 2147483648 REGISTER\r\n"), "CSeq can't be read", 0},
      {With(kSequence, "CSeq: -1 REGISTER\r\n"), "CSeq can't be read", 0},
      {With(kSequence, "CSeq: 4 INVITE\r\n"), "'INVITE', the request a 'REGISTER'", 0},
      {Register("Contact: <sip:a@b\r\n"), "Contact can't be read", 0},
      {Register("Contact: <sip:a@b>, \"x\" <>\r\n"), "Contact can't be read", 0},
      {With(kCallId, "Call-ID:\r\n"), "Call-ID can't be read", 0},
      {Register("Content-Length: 5\r\n", "four"), "says 5 bytes, and 4 came", 0},
      {Register("Content-Length: -5\r\n"), "one number", 7},
      {Register("Content-Length: \r\n"), "one number", 7},
      {Register("Content-Length: 99999999999999999999\r\n"), "one number", 7},
      {Register("Content-Length: 3\r\nl: 2\r\n", "abc"), "one number", 8},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text.substr(0, 400));
    const auto message = Parse(row.text);
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(message.error().message, HasSubstr(row.sentence));
    ASSERT_TRUE(message.error().position);
    if (row.line != 0) {
      EXPECT_EQ(message.error().position->line, row.line);
    }
  }
}

TEST(SipMessage, TakesWhatIsUnusualButRight) {
  // As the torture tests of RFC 4475 have it: odd, and well formed.
  const std::string rows[] = {
      With("REGISTER sip", "ReG%!*_+`'~.- sip"),
      Register("NewFangledHeader: new\xc2\xa9 \"fangled\" <\r\n"),
      Register("X:\r\n"),
      Register("Contact: <sip:a@[2001:db8::9:1]:5070;transport=tcp>;expires=0, \"a, b\" <sips:c@d>\r\n"),
      With(kTo, "To: sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\r\n"),
      With(kFrom, "From: \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\n"),
      With(kVia, "Via: SIP  / 2.0 / UDP 192.0.2.2;branch=390skdjuw\r\n"),
      With("sip:192.0.2.20 ", "sip:sip%3Auser%40example.com@company.com;other-param=summit "),
  };
  for (std::string text : rows) {
    // The method may be any token; the sequence has to say the same.
    if (text.starts_with("ReG")) text.replace(text.find("4 REGISTER"), 10, "4 ReG%!*_+`'~.-");
    const auto message = Parse(text);
    EXPECT_TRUE(message) << text << "\n" << message.error().message;
  }
}

TEST(SipMessage, LetsNoValueBeginAHeader) {
  Message message{.method = "NOTIFY", .uri = "sip:a@b\r\nX: 1", .body = "a\r\nb"};
  message.Add("Event", std::string("check-sync\r\nX: \0", 16));
  EXPECT_EQ(message.Text(), "NOTIFY sip:a@b  X: 1 SIP/2.0\r\nEvent: check-sync  X:  \r\nContent-Length: 4\r\n\r\na\r\nb");
}

TEST(SipMessage, AnswersARequest) {
  const auto request = Parse(Register("Contact: <sip:a@b>\r\n"));
  ASSERT_TRUE(request);
  EXPECT_EQ(ResponseTo(*request, 200, "OK", "b2").Text(), std::string("SIP/2.0 200 OK\r\n") + kVia + kFrom +
                                                              "To: <sip:je5qtq@192.0.2.20>;tag=b2\r\n" + kCallId + kSequence +
                                                              "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(ResponseTo(*request, 100, "Trying", "").Get("To"), "<sip:je5qtq@192.0.2.20>");
  const auto odd = Parse(With(kTo, "To: sip:je5qtq@192.0.2.20;x=\r\n"));
  ASSERT_TRUE(odd) << odd.error().message;
  EXPECT_EQ(ResponseTo(*odd, 200, "OK", "b2").Get("To"), "sip:je5qtq@192.0.2.20;tag=b2;x=");
  const auto within = Parse(With(kTo, "To: <sip:a@b;tag=not-this>;TAG=theirs\r\n"));
  EXPECT_EQ(ResponseTo(*within, 200, "OK", "b2").Get("To"), "<sip:a@b;tag=not-this>;TAG=theirs");
}

TEST(SipMessage, NotesWhereARequestCameFrom) {
  const struct {
    const char *via, *marked;
    std::uint16_t reply_port;
  } rows[] = {
      {"SIP/2.0/UDP 192.0.2.7;branch=z9", "SIP/2.0/UDP 192.0.2.7;branch=z9", 5060},
      {"SIP/2.0/UDP 192.0.2.7:5071;branch=z9", "SIP/2.0/UDP 192.0.2.7:5071;branch=z9", 5071},
      {"SIP/2.0/UDP 10.0.0.1:5071;branch=z9", "SIP/2.0/UDP 10.0.0.1:5071;received=192.0.2.7;branch=z9", 5071},
      {"SIP/2.0/UDP phone.example ; branch=z9", "SIP/2.0/UDP phone.example;received=192.0.2.7;branch=z9", 5060},
      {"SIP/2.0/UDP 192.0.2.7:5060;rport;branch=z9", "SIP/2.0/UDP 192.0.2.7:5060;received=192.0.2.7;rport=40001;branch=z9", 40001},
      {"SIP/2.0/UDP 10.0.0.1;RPORT=7;received=1.2.3.4;branch=z9", "SIP/2.0/UDP 10.0.0.1;received=192.0.2.7;rport=40001;branch=z9", 40001},
      {"SIP/2.0/UDP [2001:db8::1]:5080;branch=z9", "SIP/2.0/UDP [2001:db8::1]:5080;received=192.0.2.7;branch=z9", 5080},
      {"SIP/2.0/UDP [2001:db8::1];branch=z9", "SIP/2.0/UDP [2001:db8::1];received=192.0.2.7;branch=z9", 5060},
      {"SIP/2.0/UDP 192.0.2.7:99999;branch=z9", "SIP/2.0/UDP 192.0.2.7:99999;branch=z9", 5060},
      {"SIP/2.0/UDP 10.0.0.1;branch=z9, SIP/2.0/UDP b;rport", "SIP/2.0/UDP 10.0.0.1;received=192.0.2.7;branch=z9, SIP/2.0/UDP b;rport",
       5060},
  };
  for (const auto& row : rows) {
    Message request{.method = "OPTIONS", .uri = "sip:a"};
    request.Add("via", row.via);
    request.Add("Via", "SIP/2.0/UDP other;rport");
    MarkSource(request, "192.0.2.7", 40001);
    EXPECT_EQ(request.Get("Via"), row.marked);
    EXPECT_EQ(ReplyPort(request, 40001), row.reply_port) << row.via;
    EXPECT_EQ(request.All("Via").at(1), "SIP/2.0/UDP other;rport");
  }
  Message bare;
  MarkSource(bare, "192.0.2.7", 1);
  EXPECT_THAT(bare.headers, IsEmpty());
  EXPECT_EQ(ReplyPort(bare, 40001), 40001);
}

TEST(SipMessage, FindsParameters) {
  const struct {
    const char *value, *name;
    std::optional<std::string> found;
  } rows[] = {
      {"SIP/2.0/UDP h;branch=z9;rport", "branch", "z9"},
      {"SIP/2.0/UDP h;branch=z9;rport", "RPORT", ""},
      {"SIP/2.0/UDP h;branch=z9;rport", "ranch", std::nullopt},
      {"<sip:a@b;tag=inner>;tag=outer", "tag", "outer"},
      {"<sip:a@b;tag=inner>", "tag", std::nullopt},
      {"\"x;tag=quoted\" <sip:a@b>; tag = \"a\\\"b\" ", "tag", "a\"b"},
      {"check-sync;reboot=false", "reboot", "false"},
      {"check-sync", "check-sync", std::nullopt},
      {";;a=1;;", "a", "1"},
      {"", "a", std::nullopt},
  };
  for (const auto& row : rows) EXPECT_EQ(Parameter(row.value, row.name), row.found) << row.value << " " << row.name;
}

TEST(SipMessage, ReadsAddresses) {
  const struct {
    const char *text, *user, *host;
    int port;
  } rows[] = {
      {"sip:je5qtq@192.0.2.20", "je5qtq", "192.0.2.20", 0},
      {"sip:je5qtq@192.0.2.20:5062;transport=tcp", "je5qtq", "192.0.2.20", 5062},
      {"SIP:192.0.2.20", "", "192.0.2.20", 0},
      {"sips:a%20b%40c@h.example:1", "a b@c", "h.example", 1},
      {"\"A <b@c>\" <sip:d@e:7>;tag=1", "d", "e", 7},
      {"  <sip:je5qtq:password@[2001:db8::1]:5060>  ", "je5qtq", "2001:db8::1", 5060},
  };
  for (const auto& row : rows) {
    const auto address = ReadAddress(row.text);
    ASSERT_TRUE(address) << row.text;
    EXPECT_EQ(address->user, row.user) << row.text;
    EXPECT_EQ(address->host, row.host) << row.text;
    EXPECT_EQ(address->port, row.port) << row.text;
  }
  for (const std::string text : {"", "sip:", "sip:a@", "je5qtq", "tel:+15551234", "mailto:a@b.c", "sip:a%00b@h", "sip:a@h:0",
                                 "sip:a@h:70000", "sip:a@h:x", "<>", "\"<sip:a@b>"})
    EXPECT_FALSE(ReadAddress(text)) << text;
  EXPECT_FALSE(ReadAddress(std::string("sip:a\0b@h", 9)));
}

TEST(SipMessage, KnowsUsualReasons) {
  EXPECT_EQ(ReasonPhrase(200), "OK");
  EXPECT_EQ(ReasonPhrase(423), "Interval Too Brief");
  EXPECT_EQ(ReasonPhrase(499), "");
}

TEST(SipMessage, EscapesUsers) {
  EXPECT_EQ(EscapeUser("je5qtq"), "je5qtq");
  EXPECT_EQ(EscapeUser("al ice@é%"), "al%20ice%40%C3%A9%25");
  EXPECT_EQ(EscapeUser(std::string("\0\r\n", 3)), "%00%0D%0A");
  EXPECT_EQ(ReadAddress("sip:" + EscapeUser("a b@c:d\"<>%20") + "@h")->user, "a b@c:d\"<>%20");
}

TEST(SipMessage, IsReadByManyThreadsAtOnce) {
  const std::string text = Register();
  std::vector<std::jthread> threads;
  std::vector<int> read(4);
  for (int& count : read)
    threads.emplace_back([&count, &text] {
      for (int i = 0; i < 200; ++i) count += Parse(text).has_value();
    });
  threads.clear();
  EXPECT_THAT(read, ElementsAre(200, 200, 200, 200));
}

}  // namespace
}  // namespace provdlab::sip
