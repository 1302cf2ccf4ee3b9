#pragma once
// What a phone's accounts are by the target's own word: those of the config that its device has. So that a registration proves that the
// phone's file says what the config says, and not only what the phone believes.
//
//   Accounts accounts(network, {.origin = "http://127.0.0.1:8666", .prefix = "/provd"});
//   accounts.Of("00:08:5d:a0:00:01", [&](Result<std::vector<registrar::Account>> found) { … });
//
// Belongs to the network's thread, which it does not outlive.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/http/message.h"
#include "base/json.h"
#include "base/result.h"
#include "simulator/network/network.h"
#include "simulator/registrar/core.h"

namespace provdlab::fleet {

struct AccountsOptions {
  std::string origin;       // of the target's REST API: http://HOST:PORT
  std::string prefix;       // "/provd"
  http::Headers headers{};  // further ones
};

// The accounts of a raw config's sip_lines, by line. Lines without a username have none.
std::vector<registrar::Account> AccountsIn(const Json& raw_config);

class Accounts {
 public:
  using Found = std::function<void(Result<std::vector<registrar::Account>>)>;

  Accounts(network::Network& network, AccountsOptions options) : network_(network), options_(std::move(options)) {}

  // kNotFound: there is no device with that MAC, or it has no config; kUnavailable, kTimeout: the target does not answer as it should.
  void Of(const std::string& mac, Found found);

 private:
  void Get(const std::string& path, std::function<void(Result<Json>)> answered);

  network::Network& network_;
  const AccountsOptions options_;
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace provdlab::fleet
