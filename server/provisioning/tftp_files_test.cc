// Phones' files over TFTP, request by request: phones.md §8.3 as a correct server answers it.
#include "server/provisioning/tftp_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/application/testing/phone_site.h"

namespace provdlab::server::provisioning {
namespace {

using server::testing::OwnFile;
using server::testing::PhoneSite;
using ::testing::HasSubstr;
using std::string_literals::operator""s;

constexpr const char* kIp = "192.0.2.1";

class TftpFilesTest : public ::testing::Test {
 protected:
  tftp::Answer Ask(std::string file, std::string mode = "octet", bool write = false, std::string ip = kIp) {
    return files_.Answer({.request = {.write = write, .file = std::move(file), .mode = std::move(mode)}, .peer = std::move(ip)});
  }
  // Long ones by their first byte and their size.
  static std::string Shown(const std::string& bytes) {
    return bytes.size() < 100 ? bytes : std::to_string(bytes.size()) + " times " + bytes.front();
  }
  // The bytes, or "error N".
  std::string Get(const std::string& file, const std::string& mode = "octet") {
    const tftp::Answer answer = Ask(file, mode);
    if (const auto* const error = std::get_if<tftp::ErrorPacket>(&answer)) return "error " + std::to_string(static_cast<int>(error->code));
    const tftp::Content& content = std::get<tftp::File>(answer).content;
    return Shown(content.read(0, static_cast<std::size_t>(content.size)).value_or("unreadable"));
  }

  PhoneSite site_;
  TftpFiles files_{site_.phones()};
};

TEST_F(TftpFilesTest, GivesFilesByTheirNames) {
  const std::string own = Get("/" + OwnFile(1));  // its name tells whose it is
  EXPECT_EQ(own, "mac 00:aa:55:00:00:01\nuser apabcdefgh1\n");
  const std::pair<std::string, std::string> cases[] = {
      {OwnFile(1), own},
      {"//" + OwnFile(1), own},
      {"top.bin", "0123456789"},
      {"/top.bin", "0123456789"},
      {"Acme/empty", ""},
      {"Acme/common.cfg", "server 127.0.0.1:8667\n"},
      {"Acme/lang.bin", "70000 times l"},
      // Not there, whatever it is.
      {"", "error 1"},
      {"/", "error 1"},
      {"Acme", "error 1"},
      {"Acme/", "error 1"},
      {"none", "error 1"},
      {"Acme//lang.bin", "error 1"},
      {"top.bin/", "error 1"},
      {"TOP.BIN", "error 1"},
      {"../manifest.json", "error 1"},
      {"../../manifest.json", "error 1"},
      {"Acme/../top.bin", "error 1"},
      {"/etc/passwd", "error 1"},
      {"./top.bin", "error 1"},
      {"Acme\\lang.bin", "error 1"},
      {"%74op.bin", "error 1"},
      {"caf\xc3\xa9", "error 1"},
      {"caf\xe9", "error 1"},
  };
  for (const auto& [name, answer] : cases) EXPECT_EQ(Get(name), answer) << name;
}

TEST_F(TftpFilesTest, SendsOctetsOnly) {
  Get(OwnFile(1));
  for (const char* mode : {"octet", "OCTET", "Octet"}) EXPECT_EQ(Get("top.bin", mode), "0123456789") << mode;
  for (const char* mode : {"netascii", "NETASCII", "mail", "", "binary"}) EXPECT_EQ(Get("top.bin", mode), "error 0") << mode;
  EXPECT_THAT(std::get<tftp::ErrorPacket>(Ask("top.bin", "mail")).message, HasSubstr("octet"));
}

// P14: a phone that writes must not replace what it is to read. The request tells of it all the same.
TEST_F(TftpFilesTest, RefusesToWrite) {
  const tftp::Answer answer = Ask("Acme/00aa55000003.log", "octet", true);
  EXPECT_EQ(std::get<tftp::ErrorPacket>(answer).code, tftp::ErrorCode::kUndefined);
  EXPECT_THAT(std::get<tftp::ErrorPacket>(answer).message, HasSubstr("only read"));
  EXPECT_EQ(site_.Device(3)["vendor"], "Acme");
}

TEST_F(TftpFilesTest, HasNothingForStrangers) {
  const tftp::Answer answer = Ask("top.bin", "octet", false, "192.0.2.66");
  EXPECT_EQ(std::get<tftp::ErrorPacket>(answer).code, tftp::ErrorCode::kNotFound);
  EXPECT_THAT(std::get<tftp::ErrorPacket>(answer).message, HasSubstr("no files here"));
}

TEST_F(TftpFilesTest, TellsTheDeviceOnceThePhoneHasItsFile) {
  tftp::Answer answer = Ask(OwnFile(1));
  const auto& ended = std::get<tftp::File>(answer).ended;
  ended(tftp::SenderEnd::kGaveUp, "");
  ended(tftp::SenderEnd::kRefused, "");
  EXPECT_FALSE(site_.Device(1).contains("remote_state_sip_username"));
  ended(tftp::SenderEnd::kWhole, "");
  EXPECT_EQ(site_.Device(1)["remote_state_sip_username"], "apabcdefgh1");
}

TEST_F(TftpFilesTest, WhatIsSentGoesOnWithoutThePlugin) {
  Get(OwnFile(1));
  const tftp::Answer answer = Ask("Acme/lang.bin");
  ASSERT_TRUE(site_.provd->plugins().Uninstall("acme-1.0"));
  EXPECT_EQ(std::get<tftp::File>(answer).content.read(69'999, 512), "l"s);
  EXPECT_EQ(Get("Acme/lang.bin"), "error 1");
}

}  // namespace
}  // namespace provdlab::server::provisioning
