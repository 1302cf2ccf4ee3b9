#include "server/provisioning/forwarded_for.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::server::provisioning {
namespace {

using ::testing::HasSubstr;

constexpr const char* kPeer = "127.0.0.1";

http::Request From(const std::vector<std::string>& fields) {
  http::Request request{.method = "GET", .target = "/", .peer = kPeer};
  for (const std::string& field : fields) request.headers.Add("X-Forwarded-For", field);
  return request;
}

// FB-023. nullptr: refused.
struct Row {
  std::vector<std::string> fields;
  int proxies;
  const char* address;
};

TEST(PhoneAddress, IsTheEntryThatTheOutermostTrustedProxyAdded) {
  const Row rows[] = {
      // No proxy: whatever is said is the client's own tale.
      {{}, 0, kPeer},
      {{"192.0.2.10"}, 0, kPeer},
      {{"unknown"}, 0, kPeer},
      // One.
      {{}, 1, kPeer},
      {{"192.0.2.10"}, 1, "192.0.2.10"},
      {{"6.6.6.6, 192.0.2.11"}, 1, "192.0.2.11"},
      {{"6.6.6.6,192.0.2.11"}, 1, "192.0.2.11"},
      {{"192.0.2.12,"}, 1, kPeer},
      {{""}, 1, kPeer},
      {{" , "}, 1, kPeer},
      {{"192.0.2.13:5060"}, 1, "192.0.2.13"},
      {{"::ffff:192.0.2.14"}, 1, "192.0.2.14"},
      {{"::FFFF:192.0.2.14"}, 1, "192.0.2.14"},
      {{"[::ffff:192.0.2.14]"}, 1, "192.0.2.14"},
      {{"[::ffff:192.0.2.14]:80"}, 1, "192.0.2.14"},
      {{"6.6.6.6", "192.0.2.16"}, 1, "192.0.2.16"},
      {{"unknown, 192.0.2.16"}, 1, "192.0.2.16"},
      {{"\t192.0.2.17 "}, 1, "192.0.2.17"},
      // Two: one entry cannot have come through both.
      {{"192.0.2.20, 192.0.2.2"}, 2, "192.0.2.20"},
      {{"6.6.6.6, 192.0.2.20, 192.0.2.2"}, 2, "192.0.2.20"},
      {{"6.6.6.6, 192.0.2.20", "192.0.2.2"}, 2, "192.0.2.20"},
      {{"192.0.2.20"}, 2, kPeer},
      // What is no address of a phone.
      {{"unknown"}, 1, nullptr},
      {{"2001:db8::1"}, 1, nullptr},
      {{"[2001:db8::1]:80"}, 1, nullptr},
      {{"[192.0.2.1]"}, 1, nullptr},
      {{"::ffff:c000:020e"}, 1, nullptr},
      {{"::ffff:192.0.2.14:80"}, 1, nullptr},
      {{"[::ffff:192.0.2.14"}, 1, nullptr},
      {{"[::ffff:192.0.2.14]x"}, 1, nullptr},
      {{"192.000.002.015"}, 1, nullptr},
      {{"192.0.2"}, 1, nullptr},
      {{"192.0.2.256"}, 1, nullptr},
      {{"192.0.2.1:"}, 1, nullptr},
      {{"192.0.2.1:http"}, 1, nullptr},
      {{"192.0.2.1:65536"}, 1, nullptr},
      {{"192.0.2.1 192.0.2.2"}, 1, nullptr},
      {{"for=192.0.2.1"}, 1, nullptr},
      {{"\"192.0.2.1\""}, 1, nullptr},
  };
  for (const Row& row : rows) {
    const auto address = PhoneAddress(From(row.fields), row.proxies);
    const std::string about = ::testing::PrintToString(row.fields) + " through " + std::to_string(row.proxies);
    if (row.address != nullptr) {
      EXPECT_EQ(address, std::string(row.address)) << about;
    } else {
      ASSERT_FALSE(address) << about << ": " << *address;
      EXPECT_EQ(address.error().kind, ErrorKind::kInvalid);
    }
  }
}

TEST(PhoneAddress, SaysWhichEntryItCanNotUse) {
  const auto address = PhoneAddress(From({"6.6.6.6, \x01zz" + std::string(1000, 'z')}), 1);
  ASSERT_FALSE(address);
  EXPECT_THAT(address.error().message, HasSubstr("'.zzz"));
  EXPECT_LT(address.error().message.size(), 200u);
}

TEST(PhoneAddress, OfAPeerMustBeIPv4Too) {
  http::Request request{.method = "GET", .target = "/", .peer = "::1"};
  EXPECT_FALSE(PhoneAddress(request, 0));
}

}  // namespace
}  // namespace provdlab::server::provisioning
