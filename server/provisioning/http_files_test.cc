// Phones' files over HTTP, request by request: phones.md's table of the file service, paths that mean harm, dates, ranges.
#include "server/provisioning/http_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/http/date.h"
#include "server/application/testing/phone_site.h"

namespace provdlab::server::provisioning {
namespace {

using server::testing::Mac;
using server::testing::OwnFile;
using server::testing::PhoneSite;
using server::testing::UserAgent;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
namespace fs = std::filesystem;
using std::string_literals::operator""s;

constexpr const char* kIp = "192.0.2.1";

class HttpFilesTest : public ::testing::Test {
 protected:
  http::Response Ask(const std::string& method, const std::string& target, http::Headers headers = {}, const std::string& ip = kIp) {
    if (!headers.Has("User-Agent")) headers.Set("User-Agent", UserAgent(1));
    return files_.Answer({.method = method, .target = target, .headers = std::move(headers), .peer = ip});
  }
  http::Response Get(const std::string& target, http::Headers headers = {}) { return Ask("GET", target, std::move(headers)); }
  // As a phone of which nobody knows anything.
  http::Response GetAsStranger(const std::string& target, const std::string& ip) {
    return Ask("GET", target, {{"User-Agent", "curl"}}, ip);
  }
  static std::string Field(const http::Response& response, const char* name) { return response.headers.Get(name).value_or("none"); }

  // What the body's source gives.
  static std::string BodyOf(const http::Response& response) {
    if (!response.source) return response.body;
    std::string body;
    for (bool more = true; more;)
      response.source->Next([&](http::BodySource::Piece piece) {
        body += piece.bytes;
        more = piece.then == http::BodySource::Piece::Then::kMore;
      });
    return body;
  }

  PhoneSite site_;
  HttpFiles files_{site_.phones(), {.clock = &site_.clock}};
};

TEST_F(HttpFilesTest, GivesANewPhoneItsFile) {
  const http::Response response = Get("/" + OwnFile(1));
  EXPECT_EQ(response.status, 200);
  const Json device = site_.Device(1);
  EXPECT_EQ(device["vendor"], "Acme");
  EXPECT_EQ(device["plugin"], "acme-1.0");
  EXPECT_EQ(device["ip"], kIp);
  EXPECT_EQ(device["configured"], true);
  const std::string username = site_.provd->configs().RawConfig(device["config"])->at("sip_lines").at("1").at("username");
  EXPECT_EQ(response.body, "mac " + Mac(1) + "\nuser " + username + "\n");
  EXPECT_EQ(device["remote_state_sip_username"], username);
  EXPECT_EQ(Field(response, "Accept-Ranges"), "bytes");
  EXPECT_EQ(Field(response, "Last-Modified"), "Thu, 01 Jan 2026 00:00:00 GMT");
}

// phones.md §1.1, and FB-031. Status 0: any of 404 and 400.
TEST_F(HttpFilesTest, AnswersPathsByWhatTheyName) {
  site_.Put("\xc3\xa9.bin", "e");
  fs::create_symlink(site_.plugin_folder() / "manifest.json", site_.plugin_folder() / "var/tftpboot/link");
  fs::create_directories(site_.plugin_folder() / "var/tftpboot-secret");
  fs::copy(site_.plugin_folder() / "manifest.json", site_.plugin_folder() / "var/tftpboot-secret/x");
  fs::create_symlink(site_.plugin_folder() / "var/tftpboot-secret", site_.plugin_folder() / "var/tftpboot/linked");
  const std::pair<const char*, int> cases[] = {
      {"/Acme/lang.bin", 200},
      {"/Acme/empty", 200},
      {"/top.bin", 200},
      {"/Acme/common.cfg", 200},
      {"/Acme/00aa55000001.cfg", 200},
      {"/Acme/lang.bin?x=1", 200},
      {"/%41cme/l%61ng.bin", 200},
      {"/%C3%A9.bin", 200},
      {"/\xc3\xa9.bin", 200},
      // Folders, and parts without a name.
      {"/", 403},
      {"/Acme", 403},
      {"/Acme/", 403},
      {"//", 403},
      {"//top.bin", 403},
      {"/Acme//lang.bin", 403},
      {"//Acme/00aa55000001.cfg", 403},
      {"/Acme//", 403},
      // What is not there.
      {"/none", 404},
      {"/Acme/none", 404},
      {"/top.bin/", 404},
      {"/top.bin/x", 404},
      {"/Acme/common.cfg/", 404},
      {"/Acme/00aa55000001.cfg/", 404},
      {"/ACME/lang.bin", 404},
      {"/acme/lang.bin", 404},
      {"/Acme/LANG.bin", 404},
      {"/Acme/00AA55000001.cfg", 404},
      {"/00aa55000001.cfg", 404},
      {"/common.cfg", 404},
      {"/Acme/00aa55000001.crt", 404},  // its config has none
      {"/Acme/00aa55000002.cfg", 404},  // another's
      // What means harm.
      {"/../../../plugin-info", 404},
      {"/../../manifest.json", 404},
      {"/%2e%2e/%2e%2e/manifest.json", 404},
      {"/..%2f..%2fmanifest.json", 404},
      {"/Acme/../top.bin", 404},
      {"/./top.bin", 404},
      {"/Acme/%2e/lang.bin", 404},
      {"/Acme%2flang.bin", 404},
      {"/Acme%2F00aa55000001.cfg", 404},
      {"/%2fetc%2fpasswd", 404},
      {"/../tftpboot-secret/x", 404},
      {"/linked/x", 404},
      {"/link", 404},
      {"/x%00.txt", 404},
      {"/%00", 404},
      {"/top.bin%00", 404},
      {"/top.bin%00.cfg", 404},
      {"/Acme/00aa55000001.cfg%00", 404},
      {"/\xe9", 404},
      {"/%E9", 404},
      {"/%zz", 404},
      {"/%", 404},
      {"/top.bin%", 404},
      {"/C:\\boot.ini", 404},
      {"*", 404},
  };
  Get("/" + OwnFile(1));
  ASSERT_EQ(Ask("GET", "/" + OwnFile(2), {{"User-Agent", UserAgent(2)}}, "192.0.2.2").status, 200);
  for (const auto& [target, status] : cases) {
    const http::Response response = Get(target);
    EXPECT_EQ(response.status, status) << target;
    if (status != 200) {
      EXPECT_EQ(Field(response, "Content-Type"), "text/plain") << target;
      EXPECT_THAT(response.body, ::testing::EndsWith(".")) << target;
    }
  }
}

TEST_F(HttpFilesTest, FilesOnTheDiskAreRead) {
  EXPECT_TRUE(BodyOf(Get("/Acme/lang.bin")) == std::string(70'000, 'l'));
  EXPECT_EQ(Get("/Acme/lang.bin").declared_length, 70'000u);
  EXPECT_EQ(BodyOf(Get("/Acme/empty")), "");
  EXPECT_EQ(Get("/Acme/empty").declared_length, 0u);
  EXPECT_EQ(BodyOf(Get("/Acme/common.cfg")), "server 127.0.0.1:8667\n");
}

// What is made comes before what lies on the disk under the same name, and a device's own name is never looked for there.
TEST_F(HttpFilesTest, WhatIsMadeComesFirst) {
  site_.Put("Acme/common.cfg", "old");
  site_.Put(OwnFile(1), "old");
  site_.Put("Acme/00aa55000001.crt", "old");
  EXPECT_EQ(BodyOf(Get("/Acme/common.cfg")), "server 127.0.0.1:8667\n");
  EXPECT_THAT(BodyOf(Get("/" + OwnFile(1))), StartsWith("mac "));
  EXPECT_EQ(Get("/Acme/00aa55000001.crt").status, 404);
  ASSERT_TRUE(site_.provd->configs().Remove("base"));
  EXPECT_EQ(site_.Device(1)["configured"], false);
  EXPECT_EQ(Get("/" + OwnFile(1)).status, 404);
}

TEST_F(HttpFilesTest, AnInstalledFileComesBeforeThePackagesOwn) {
  const fs::path data = site_.folder.path() / "data/acme-1.0/var/tftpboot";
  fs::create_directories(data);
  ASSERT_TRUE(WriteFileAtomically(data / "top.bin", "newer"));
  EXPECT_EQ(BodyOf(Get("/top.bin")), "newer");
  EXPECT_EQ(Get("/Acme").status, 403);
}

// P6: phones write logs, and ask for their size. It is refused, and tells of the phone all the same.
TEST_F(HttpFilesTest, OnlyReadsAndIdentifiesAllTheSame) {
  int phone = 10;
  for (const char* method : {"HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PROPFIND", "get"}) {
    ++phone;
    for (const std::string& target : {"/" + OwnFile(phone), "/none"s, "*"s}) {
      const http::Response response = Ask(method, target, {{"User-Agent", UserAgent(phone)}}, "192.0.2." + std::to_string(phone));
      EXPECT_EQ(response.status, 405) << method;
      EXPECT_EQ(Field(response, "Allow"), "GET") << method;
    }
    EXPECT_EQ(site_.Device(phone)["model"], "X1") << method;
    EXPECT_FALSE(site_.Device(phone).contains("remote_state_sip_username")) << method;
  }
  EXPECT_EQ(site_.provd->devices().collection().size(), 7u);
}

TEST_F(HttpFilesTest, IsNobodysServerForStrangers) {
  Get("/" + OwnFile(1));
  for (const std::string& target : {"/" + OwnFile(1), "/top.bin"s, "/"s, "//"s, "/none"s}) {
    const http::Response response = GetAsStranger(target, "192.0.2.66");
    EXPECT_EQ(response.status, 404) << target;
    EXPECT_THAT(response.body, HasSubstr("no files here")) << target;
  }
  // Whoever says nothing of himself is the phone at his address (S6b).
  EXPECT_EQ(GetAsStranger("/" + OwnFile(1), kIp).status, 200);
  // A plugin that serves nothing, and one that is not loaded.
  EXPECT_EQ(Ask("GET", "/top.bin", {{"User-Agent", "Quiet Q1"}}, "192.0.2.3").status, 404);
  ASSERT_TRUE(site_.provd->devices().Replace(site_.Device(1)["id"], {{"mac", Mac(1)}, {"plugin", "gone-1.0"}, {"config", "base"}}));
  EXPECT_EQ(Get("/" + OwnFile(1)).status, 404);
}

TEST_F(HttpFilesTest, GivesParts) {
  const struct {
    const char *range, *answer;
    int status;
    const char* content_range;
  } cases[] = {
      {"bytes=0-1", "01", 206, "bytes 0-1/10"},
      {"bytes=8-", "89", 206, "bytes 8-9/10"},
      {"bytes=-3", "789", 206, "bytes 7-9/10"},
      {"bytes=0-99", "0123456789", 206, "bytes 0-9/10"},
      {"bytes=10-", "The file has 10 bytes.", 416, "bytes */10"},
      {"bytes=0-1,3-4", "0123456789", 200, "none"},
      {"furlongs=1-2", "0123456789", 200, "none"},
  };
  for (const auto& each : cases) {
    const http::Response response = Get("/top.bin", {{"Range", each.range}});
    EXPECT_EQ(response.status, each.status) << each.range;
    EXPECT_EQ(BodyOf(response), each.answer) << each.range;
    EXPECT_EQ(Field(response, "Content-Range"), each.content_range) << each.range;
  }
  const http::Response own = Get("/" + OwnFile(2), {{"Range", "bytes=0-2"}, {"User-Agent", UserAgent(2)}});
  EXPECT_EQ(own.status, 206);
  EXPECT_EQ(own.body, "mac");
  EXPECT_FALSE(site_.Device(2).contains("remote_state_sip_username"));  // it has not got its file
  const std::string modified = Field(own, "Last-Modified");
  EXPECT_EQ(Get("/" + OwnFile(2), {{"Range", "bytes=0-2"}, {"If-Range", modified}, {"User-Agent", UserAgent(2)}}).status, 206);
  EXPECT_EQ(
      Get("/" + OwnFile(2), {{"Range", "bytes=0-2"}, {"If-Range", "Thu, 01 Jan 2026 00:00:01 GMT"}, {"User-Agent", UserAgent(2)}}).status,
      200);
  EXPECT_EQ(Get("/" + OwnFile(2), {{"Range", "bytes=0-2"}, {"If-Range", "\"tag\""}, {"User-Agent", UserAgent(2)}}).status, 200);
}

// FB-064: what makes a phone's file another one changes its date, and nothing else does.
TEST_F(HttpFilesTest, DatesAFileByTheLastConfiguration) {
  const auto modified = [&] { return Field(Get("/" + OwnFile(1)), "Last-Modified"); };
  std::string last = modified();
  Json device = site_.Device(1);
  const std::string id = device["id"];
  const auto put = [&](const char* member, const Json& value) {
    device = site_.Device(1);
    device[member] = value;
    ASSERT_TRUE(site_.provd->devices().Replace(id, device));
  };
  for (const char* member : {"uuid", "sn", "version", "model", "options", "vendor"}) {
    site_.clock.Advance(std::chrono::seconds(5));
    if (std::string(member) == "options") {
      put(member, {{"switchboard", true}});
    } else if (std::string(member) == "model" || std::string(member) == "vendor" || std::string(member) == "version") {
      put(member, "Other");  // the phone corrects it when it asks
    } else {
      put(member, "1");
    }
    const std::string now = modified();
    if (std::string(member) == "sn") {
      EXPECT_EQ(now, last) << member;
    } else {
      EXPECT_NE(now, last) << member;
    }
    last = now;
  }
  for (const char* member : {"description", "X_note", "added"}) {
    site_.clock.Advance(std::chrono::seconds(5));
    put(member, "other");
    EXPECT_EQ(modified(), last) << member;
  }
  site_.clock.Advance(std::chrono::seconds(5));
  EXPECT_EQ(Field(Ask("GET", "/" + OwnFile(1), {}, "192.0.2.200"), "Last-Modified"), last);  // another address
  site_.clock.Advance(std::chrono::seconds(5));
  ASSERT_TRUE(site_.provd->configs().Replace(
      "base",
      *ParseJson(
          R"({"parent_ids": [], "role": "autocreate", "raw_config": {"sip_lines": {"1": {"username": "b", "proxy_ip": "192.0.2.10"}}}})")));
  EXPECT_NE(modified(), last);
  last = modified();
  site_.clock.Advance(std::chrono::seconds(5));
  ASSERT_TRUE(site_.provd->devices().Reconfigure(id));
  EXPECT_NE(modified(), last);
}

TEST_F(HttpFilesTest, DatesOutliveARestart) {
  ASSERT_TRUE(site_.provd->plugins().Reload("acme-1.0"));  // as if it had been installed: from then on it is known how it was
  const std::string before = Field(Get("/" + OwnFile(1)), "Last-Modified");
  site_.clock.Advance(std::chrono::hours(1));
  site_.provd.reset();
  ProvdOptions options;
  options.state_directory = site_.folder.path().string();
  options.clock = &site_.clock;
  auto again = Provd::Open(std::move(options));
  ASSERT_TRUE(again);
  const HttpFiles files((*again)->phones(), {.clock = &site_.clock});
  const http::Request request{.method = "GET", .target = "/" + OwnFile(1), .headers = {{"User-Agent", UserAgent(1)}}, .peer = kIp};
  EXPECT_EQ(Field(files.Answer(request), "Last-Modified"), before);
}

TEST_F(HttpFilesTest, SaysWhenAPhoneHasTheFileAlready) {
  const std::string modified = Field(Get("/" + OwnFile(1)), "Last-Modified");
  const auto status = [&](const std::string& since, const std::string& target = "/" + OwnFile(1)) {
    return Get(target, {{"If-Modified-Since", since}}).status;
  };
  EXPECT_EQ(status(modified), 304);
  EXPECT_EQ(status("Fri, 02 Jan 2026 00:00:00 GMT"), 304);
  EXPECT_EQ(status("Wed, 31 Dec 2025 23:59:59 GMT"), 200);
  EXPECT_EQ(status("Thursday, 01-Jan-26 00:00:00 GMT"), 304);
  EXPECT_EQ(status("2026-01-01"), 200);
  EXPECT_EQ(status(""), 200);
  EXPECT_EQ(status("Fri, 02 Jan 2099 00:00:00 GMT", "/top.bin"), 304);
  EXPECT_EQ(Get("/" + OwnFile(1), {{"If-Modified-Since", modified}, {"If-None-Match", "\"x\""}}).status, 200);
  EXPECT_EQ(BodyOf(Get("/" + OwnFile(1), {{"If-Modified-Since", modified}})), "");
  EXPECT_EQ(Get("/none", {{"If-Modified-Since", modified}}).status, 404);
}

// Two configurations in one second have one date. A phone that has the first must get the second.
TEST_F(HttpFilesTest, NeverKeepsAPhoneFromAFileThatWasMadeTwiceInASecond) {
  const std::string modified = Field(Get("/" + OwnFile(1)), "Last-Modified");
  ASSERT_TRUE(site_.provd->configs().Replace(
      "base",
      *ParseJson(
          R"({"parent_ids": [], "role": "autocreate", "raw_config": {"sip_lines": {"1": {"username": "b", "proxy_ip": "192.0.2.9"}}}})")));
  const http::Response again = Get("/" + OwnFile(1), {{"If-Modified-Since", modified}});
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(Field(again, "Last-Modified"), modified);
  // A date behind that second can only be of the second one.
  site_.clock.Advance(std::chrono::seconds(10));
  EXPECT_EQ(
      Get("/" + OwnFile(1), {{"If-Modified-Since", http::HttpDate(std::chrono::floor<std::chrono::seconds>(site_.clock.Wall()))}}).status,
      304);
}

TEST_F(HttpFilesTest, TellsOfSensitiveFilesWhetherServedOrNot) {
  Get("/" + OwnFile(1));
  Get("/" + OwnFile(2));
  Get("/top.bin");
  GetAsStranger("/" + OwnFile(1), "192.0.2.66");
  Ask("PUT", "/" + OwnFile(1));
  const std::string id = site_.Device(1)["id"];
  EXPECT_THAT(site_.sensitive_log(),
              ElementsAre("sensitive file " + OwnFile(1) + " asked for by 192.0.2.1, device " + id + ": served",
                          "sensitive file " + OwnFile(2) + " asked for by 192.0.2.1, device " + id + ": refused (no-file)",
                          ::testing::MatchesRegex("sensitive file " + OwnFile(1) +
                                                  " asked for by 192.0.2.66, device [0-9a-f]+: refused \\(no-plugin\\)"),
                          "sensitive file " + OwnFile(1) + " asked for by 192.0.2.1, device " + id + ": refused (not-read)"));
}

TEST_F(HttpFilesTest, AsksProxiesWhoThePhoneIs) {
  const HttpFiles behind(site_.phones(), {.trusted_proxies = 1, .clock = &site_.clock});
  const auto ask = [&](const std::string& from, int phone) {
    return behind.Answer({.method = "GET",
                          .target = "/" + OwnFile(phone),
                          .headers = {{"User-Agent", UserAgent(phone)}, {"X-Forwarded-For", from}},
                          .peer = "127.0.0.1"});
  };
  EXPECT_EQ(ask("6.6.6.6, 198.51.100.7", 1).status, 200);
  EXPECT_EQ(site_.Device(1)["ip"], "198.51.100.7");
  const http::Response refused = ask("2001:db8::1", 2);
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("'2001:db8::1' of X-Forwarded-For"));
  EXPECT_EQ(site_.Device(2), Json());
  // Without trusted proxies it is a tale.
  EXPECT_EQ(Get("/" + OwnFile(3), {{"User-Agent", UserAgent(3)}, {"X-Forwarded-For", "198.51.100.8"}}).status, 200);
  EXPECT_EQ(site_.Device(3)["ip"], kIp);
}

// FB-007: behind NAT a request that names nobody is nobody's, and makes nothing.
TEST_F(HttpFilesTest, MakesNoDevicesOfAmbiguousRequests) {
  ASSERT_TRUE(site_.provd->configuration().Set("NAT", 1));
  Get("/" + OwnFile(1));
  Get("/" + OwnFile(2), {{"User-Agent", UserAgent(2)}});
  for (int i = 0; i < 6; ++i) EXPECT_EQ(GetAsStranger("/top.bin", kIp).status, 404);
  EXPECT_EQ(site_.provd->devices().collection().size(), 2u);
  EXPECT_EQ(site_.provd->configs().collection().size(), 3u);
}

// FB-066, S4: whatever a phone says of itself, it is never the server's failure.
TEST_F(HttpFilesTest, NeverFailsAtWhatAPhoneSays) {
  for (const std::string& agent :
       {""s, "\xff\xfe"s, "Acme X1 \xe9 1.0"s, std::string(10'000, 'A'), "Acme X1 zz:zz:zz:zz:zz:zz 1.0"s, "Acme X1 "s + Mac(1) + " "}) {
    const http::Response response = Ask("GET", "/top.bin", {{"User-Agent", agent}}, "192.0.2.99");
    EXPECT_EQ(response.status, 404) << agent;
  }
  EXPECT_EQ(site_.provd->devices().collection().size(), 1u);
}

// A file that is gone from the disk while it is sent goes on; one that becomes shorter is cut off.
TEST_F(HttpFilesTest, WhatIsSentStaysWhole) {
  const http::Response response = Get("/Acme/lang.bin");
  const http::Response shorter = Get("/top.bin");
  fs::resize_file(site_.plugin_folder() / "var/tftpboot/top.bin", 3);
  ASSERT_TRUE(site_.provd->plugins().Uninstall("acme-1.0"));
  EXPECT_TRUE(BodyOf(response) == std::string(70'000, 'l'));
  bool cut = false;
  shorter.source->Next([&](http::BodySource::Piece piece) { cut = piece.then == http::BodySource::Piece::Then::kCut; });
  EXPECT_TRUE(cut);
  EXPECT_EQ(Get("/Acme/lang.bin").status, 404);
}

}  // namespace
}  // namespace provdlab::server::provisioning
