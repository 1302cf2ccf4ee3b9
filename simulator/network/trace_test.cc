#include "simulator/network/trace.h"

#include <gtest/gtest.h>

#include <vector>

namespace provdlab::network {
namespace {

using namespace std::chrono_literals;
using Kind = Entry::Kind;
using How = phone::Fetched::How;
using What = phone::Tell::What;

TEST(Trace, SaysWhatHappened) {
  const std::vector<std::pair<Entry, const char*>> rows = {
      {{.kind = Kind::kPower, .text = "on"}, "   0.000     power on"},
      {{.kind = Kind::kAsksLease, .at = 4ms, .text = "Acme X1"}, "   0.004  →  DHCP: asks for an address as \"Acme X1\""},
      {{.kind = Kind::kAsksLease, .at = 12h, .renew = true}, "43200.000  →  DHCP: renews its address"},
      {{.kind = Kind::kLease, .ip = "127.1.0.1", .took = Instant(4'200us)}, "   0.000  ←  DHCP: 127.1.0.1 (4.2 ms)"},
      {{.kind = Kind::kNoLease}, "   0.000  ←  DHCP: nobody answers"},
      {{.kind = Kind::kFetches, .method = "GET", .url = "http://h:8667/a.cfg"}, "   0.000  →  GET http://h:8667/a.cfg"},
      {{.kind = Kind::kFetched, .how = How::kWhole, .status = 200, .size = 1, .took = 31ms}, "   0.000  ←  200, 1 byte (31 ms)"},
      {{.kind = Kind::kFetched, .how = How::kWhole, .size = 512, .took = 31ms}, "   0.000  ←  512 bytes (31 ms)"},
      {{.kind = Kind::kFetched, .how = How::kMissing, .status = 404}, "   0.000  ←  404, not there (0.0 ms)"},
      {{.kind = Kind::kFetched, .how = How::kRefused, .status = 405}, "   0.000  ←  405, refused (0.0 ms)"},
      {{.kind = Kind::kFetched, .how = How::kServerError, .status = 500}, "   0.000  ←  500, the server is at fault (0.0 ms)"},
      {{.kind = Kind::kFetched, .how = How::kTimedOut, .took = 10s}, "   0.000  ←  nothing came for too long (10000 ms)"},
      {{.kind = Kind::kFetched, .how = How::kUnreachable}, "   0.000  ←  nobody is there (0.0 ms)"},
      {{.kind = Kind::kFetched, .how = How::kCut, .status = 200, .size = 7}, "   0.000  ←  200, it broke off after 7 bytes (0.0 ms)"},
      {{.kind = Kind::kFetched, .how = How::kStopped, .status = 200, .size = 7},
       "   0.000  ←  200, closed after 7 bytes, which was enough (0.0 ms)"},
      {{.kind = Kind::kSends, .peer = "127.0.0.1:5060", .text = "REGISTER sip:127.0.0.1 SIP/2.0, 1 REGISTER"},
       "   0.000  →  SIP: REGISTER sip:127.0.0.1 SIP/2.0, 1 REGISTER to 127.0.0.1:5060"},
      {{.kind = Kind::kHears, .text = "SIP/2.0 200 OK, 1 REGISTER"}, "   0.000  ←  SIP: SIP/2.0 200 OK, 1 REGISTER"},
      {{.kind = Kind::kTells, .text = "parsed", .what = What::kStage}, "   0.000     is now parsed"},
      {{.kind = Kind::kTells, .text = "a.cfg: 9 settings", .what = What::kRead}, "   0.000     read a.cfg: 9 settings"},
      {{.kind = Kind::kTells, .text = "no\033[31m service", .what = What::kDisplay}, "   0.000     shows \"no.[31m service\""},
  };
  for (const auto& [entry, text] : rows) {
    const auto line = LineFor(entry);
    ASSERT_TRUE(line) << text;
    EXPECT_EQ(Plain(*line), text);
  }
}

TEST(Trace, LeavesOutWhatIsShownOtherwise) {
  EXPECT_FALSE(LineFor({.kind = Kind::kTells, .text = "GET a", .what = What::kAsked}));
  EXPECT_FALSE(LineFor({.kind = Kind::kTells, .text = "a: 7 bytes", .what = What::kGot}));
  EXPECT_FALSE(LineFor({.kind = Kind::kRestarts}));
}

}  // namespace
}  // namespace provdlab::network
