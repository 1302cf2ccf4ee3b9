// The lines that a report offers to paste are run by a shell, and what would be sent is looked at.

#include "conformance/runner/evidence.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "conformance/runner/target.h"

namespace provdlab::conformance {
namespace {

constexpr std::string_view kUrl = "http://127.0.0.1:8666/provd";

// What a POSIX shell would hand to curl as the body, with curl replaced by something that prints what it is given.
std::string BodySentBy(const std::string& line) {
  std::string script =
      R"(curl() { while [ $# -gt 0 ]; do case "$1" in --data-binary) shift; if [ "$1" = @- ]; then cat; else printf %s "$1"; fi;; esac; shift; done; }
)";
  script += line + "\n";
  FILE* const shell = popen(script.c_str(), "r");
  std::string sent;
  char buffer[4096];
  for (std::size_t got = 0; (got = fread(buffer, 1, sizeof buffer, shell)) > 0;) sent.append(buffer, got);
  EXPECT_EQ(pclose(shell), 0) << line;
  return sent;
}

TEST(Curl, SendsTheSameBytesWhenPasted) {
  const Target target = *Target::Make({std::string(kUrl), {}, ""});
  const std::string bodies[] = {
      R"({"param": {"value": "it's 100% $HOME `x` \\ \"y\""}})",
      "two\nlines\n",
      std::string("nul\0 and \x80\xff", 11),
      "-n begins like an option\n",
      R"({"a": 1)" + std::string(2 * 1024 * 1024, ' ') + "}",
      std::string(100000, '\''),
  };
  for (const std::string& body : bodies) {
    const std::string line = Curl({.method = "PUT", .target = "/provd/configure/locale", .body = body}, target);
    EXPECT_LT(line.size(), 1000u);
    EXPECT_EQ(line.find('\n'), std::string::npos) << "it must be one line: " << line;
    EXPECT_EQ(BodySentBy(line), body) << line.substr(0, 1000);
  }
}

// A server that stumbles over pieces is not shown to by a line that sends a length.
TEST(Evidence, OfAChunkedRequestIsChunked) {
  const Target target = *Target::Make({std::string(kUrl), {}, ""});
  http::Exchange exchange;
  exchange.request = {.method = "PUT", .target = "/provd/configure/locale", .body = "{}"};
  exchange.sent = "PUT /provd/configure/locale HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
  const ExchangeRecord record = Evidence(exchange, target);
  EXPECT_NE(record.curl.find(" -H 'Transfer-Encoding: chunked' "), std::string::npos) << record.curl;
  EXPECT_EQ(record.request_headers.back(), (std::pair<std::string, std::string>("Transfer-Encoding", "chunked")));
  exchange.sent = "PUT /provd/configure/locale HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}";
  EXPECT_EQ(Evidence(exchange, target).curl.find("chunked"), std::string::npos);
}

TEST(Curl, AsksForAFileWhereTheBodyIsTooLongForALine) {
  const Target target = *Target::Make({std::string(kUrl), {}, ""});
  std::string body;
  for (int i = 0; i < 5000; ++i) body += std::to_string(i) + " ";
  const std::string line = Curl({.method = "PUT", .target = "/provd/configure/locale", .body = body}, target);
  EXPECT_NE(line.find("--data-binary @body 'http://127.0.0.1:8666/provd/configure/locale'  # body: a file of these 23890 bytes"),
            std::string::npos)
      << line;
}

}  // namespace
}  // namespace provdlab::conformance
