#pragma once
// A server's inside with a plugin, its files and an autocreate config, for tests of what phones get.
//
//   PhoneSite site;
//   site.phones().Ask({.sighting = {.request = {.user_agent = UserAgent(1)}, .ip = "192.0.2.1"}, .method = "GET", .path = {"Acme", "x"}});
//   site.Device(1)["plugin"];      // "acme-1.0"
//
// The plugin acme-1.0 knows "Acme X1 00:aa:55:00:00:01 1.0" over HTTP and, over TFTP, Acme/00aa55000001.cfg by its name. Its phones have
// Acme/MAC.cfg of their own, with the username of line 1, and Acme/MAC.crt if their config has a certificate; Acme/common.cfg for all; and
// on the disk Acme/lang.bin (70,000 bytes), Acme/empty and top.bin. "quiet-1.0" knows "Quiet Q1" and serves nothing. What can't be set up
// ends the test program. One thread makes it; all else as in Provd.

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/json.h"
#include "server/application/provd.h"

namespace provdlab::server::testing {

std::string UserAgent(int phone, const std::string& version = "1.0");
std::string Mac(int phone);      // "00:aa:55:00:00:01"
std::string OwnFile(int phone);  // "Acme/00aa55000001.cfg"

class PhoneSite {
 public:
  PhoneSite();

  PhoneRequests& phones() const { return provd->phones(); }
  // The device of the phone, or null.
  Json Device(int phone) const;
  void Put(const std::string& file, const std::string& bytes) const;  // below the plugin's var/tftpboot
  std::filesystem::path plugin_folder() const { return folder.path() / "plugins" / "acme-1.0"; }
  std::vector<std::string> sensitive_log();

  TemporaryDirectory folder;
  FakeClock clock;
  Faults faults;
  std::unique_ptr<Provd> provd;

 private:
  std::mutex mutex_;
  std::vector<std::string> sensitive_;
};

}  // namespace provdlab::server::testing
