#pragma once
// Where simulated phones boot: a provd that is there already, or one of our own that is started with everything that phones need.
//
//   auto site = PhonesSite::Open({.target = …}, stop);                    // kInvalid: usage; else it could not be done
//   (*site)->files().base_url;                                            // where phones find their files
//   (*site)->origin(), (*site)->prefix();                                 // where the DHCP server's hook tells of leases
//
// Open on the main thread: the server that it starts ends with that.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "conformance/runner/launch.h"
#include "conformance/runner/stop.h"
#include "conformance/runner/target.h"
#include "simulator/dhcp/rules.h"
#include "tools/target_options.h"

namespace provdlab::tools {

struct PhonesSiteOptions {
  TargetOptions target{};  // without a URL a server of our own is started
  std::string files{};     // URL that phones fetch files from; empty: the target's host, and the port that its raw configs have
  std::string tftp{};      // HOST:PORT; empty: as for files
  // Of a server of our own:
  std::string program{};                // provdlab; empty: this one
  std::vector<std::string> vendors{};   // whose plugins are installed
  int lines = 1;                        // that each phone is given
  std::uint16_t registrar_port = 5060;  // where phones are told to register, on 127.0.0.1
  std::uint16_t notify_port = 5060;     // of the phones
  bool forwarded_for = false;           // phones say in X-Forwarded-For who they are
  std::uint64_t seed = 1;               // of the password
  bool usual_ports = false;             // it says 8667 and 69 of itself, whatever it has: see moves
};

class PhonesSite {
 public:
  static Result<std::unique_ptr<PhonesSite>> Open(const PhonesSiteOptions& options, conformance::Stop& stop);

  const conformance::Target& target() const { return *target_; }
  std::string origin() const;  // of the REST API, without its prefix
  const std::string& prefix() const { return target_->prefix(); }
  const std::vector<http::Header>& headers() const { return headers_; }
  const dhcp::Site& files() const { return files_; }
  // Where phones ask, and where that really is; for whoever carries them. Empty unless usual_ports.
  struct Move {
    std::string host;
    std::uint16_t port = 0, real_port = 0;
  };
  const std::vector<Move>& moves() const { return moves_; }
  bool own() const { return launched_ != nullptr; }
  std::string log_tail() const { return launched_ ? launched_->log_tail() : ""; }

 private:
  PhonesSite() = default;
  // What a request is answered with; kUnavailable unless that is 2xx.
  Result<http::Response> Ask(const std::string& method, const std::string& path, const Json* body = nullptr);
  Result<> RunOperation(const std::string& path, const Json& body, conformance::Stop& stop);
  Result<> InstallPlugins(const std::vector<std::string>& vendors, conformance::Stop& stop);
  Result<> MakeBaseConfig(const PhonesSiteOptions& options);
  Result<> FindFiles(const PhonesSiteOptions& options);

  std::unique_ptr<conformance::LaunchedTarget> launched_;
  std::unique_ptr<conformance::Target> target_;
  std::vector<http::Header> headers_;
  dhcp::Site files_;
  std::vector<Move> moves_;
};

}  // namespace provdlab::tools
