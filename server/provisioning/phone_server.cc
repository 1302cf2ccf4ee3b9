#include "server/provisioning/phone_server.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>
#include <variant>

#include "base/http/server.h"
#include "base/tftp/server.h"
#include "server/provisioning/http_files.h"
#include "server/provisioning/limits.h"
#include "server/provisioning/tftp_faults.h"
#include "server/provisioning/tftp_files.h"

namespace provdlab::server::provisioning {

namespace {

// Each transfer has a socket of its own, and a flood of them must leave descriptors to everybody else.
std::size_t MostTransfers() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return limits::kTransfers / 4;
  return std::min<std::size_t>(limits::kTransfers, static_cast<std::size_t>(files.rlim_cur) / 4);
}

}  // namespace

struct PhoneServer::Impl {
  explicit Impl(PhoneServerOptions given) : options(std::move(given)) {
    if (options.http_port) {
      http::ServerOptions http_options;
      http_options.bind = options.bind;
      http_options.port = *options.http_port;
      http_options.threads = limits::kHttpThreads;
      http_options.max_target_bytes = limits::kTargetBytes;
      http_options.max_header_bytes = limits::kHeaderBytes;
      http_options.max_body_bytes = limits::kBodyBytes;
      http_options.request_timeout = limits::kRequestTime;
      http_options.idle_timeout = limits::kIdleTime;
      http_options.write_timeout = limits::kWriteTime;
      http = std::make_unique<http::Server>(http_options, [this](const http::Request& request) { return Answer(request); });
    }
    if (options.tftp_port) {
      tftp::ServerOptions tftp_options;
      tftp_options.bind = options.bind;
      tftp_options.port = *options.tftp_port;
      tftp_options.threads = limits::kTftpThreads;
      tftp_options.most_waiting = limits::kTftpWaiting;
      tftp_options.most_transfers = MostTransfers();
      tftp_options.longest_transfer = limits::kLongestTransfer;
      tftp_options.sending = {.patience = limits::kTftpPatience, .attempts = limits::kTftpSendings};
      if (options.faults != nullptr) {
        tftp_faults.emplace(*options.faults);
        tftp_options.through = [this](tftp::Way way, const std::string& client, std::string_view datagram) {
          return tftp_faults->Through(way, client, datagram);
        };
      }
      tftp = std::make_unique<tftp::Server>(tftp_options, [this](const tftp::Asked& asked) { return Answer(asked); });
    }
  }

  http::Response Answer(const http::Request& request) const {
    const auto handle = [this](const http::Request& asked) { return http_files->Answer(asked); };
    const auto begun = std::chrono::steady_clock::now();
    http::Response response = options.through ? options.through(request, handle) : handle(request);
    if (options.log) {
      const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun).count();
      options.log("phone " + request.peer + " " + request.method + " " + request.target + " " + std::to_string(response.status) + " " +
                  std::to_string(microseconds) + " us");
    }
    return response;
  }

  tftp::Answer Answer(const tftp::Asked& asked) const {
    tftp::Answer answer = tftp_files->Answer(asked);
    if (options.log) {
      const auto* const error = std::get_if<tftp::ErrorPacket>(&answer);
      options.log("phone " + asked.peer + (asked.request.write ? " WRQ " : " RRQ ") + asked.request.file +
                  (error != nullptr ? " error " + std::to_string(static_cast<int>(error->code)) : " sent"));
    }
    return answer;
  }

  const PhoneServerOptions options;
  std::optional<HttpFiles> http_files;  // from Start on
  std::optional<TftpFiles> tftp_files;
  std::optional<TftpFaults> tftp_faults;
  std::unique_ptr<http::Server> http;
  std::unique_ptr<tftp::Server> tftp;
};

PhoneServer::PhoneServer(PhoneServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

PhoneServer::~PhoneServer() { Stop(); }

Result<> PhoneServer::Bind() {
  if (impl_->http)
    if (const auto port = impl_->http->Bind(); !port) return Fail(port.error());
  if (impl_->tftp)
    if (const auto port = impl_->tftp->Bind(); !port) return Fail(port.error());
  return {};
}

Result<> PhoneServer::Start(PhoneRequests& phones) {
  if (auto bound = Bind(); !bound) return bound;
  impl_->http_files.emplace(phones, HttpOptions{.trusted_proxies = impl_->options.trusted_proxies, .faults = impl_->options.faults});
  impl_->tftp_files.emplace(phones, impl_->options.faults);
  if (impl_->http)
    if (const auto port = impl_->http->Start(); !port) return Fail(port.error());
  if (impl_->tftp)
    if (const auto port = impl_->tftp->Start(); !port) return Fail(port.error());
  return {};
}

void PhoneServer::Stop() {
  if (impl_->tftp) impl_->tftp->Stop();
  if (impl_->http) impl_->http->Stop(limits::kStopGrace);
}

std::uint16_t PhoneServer::http_port() const { return impl_->http ? impl_->http->port() : std::uint16_t{0}; }

std::uint16_t PhoneServer::tftp_port() const { return impl_->tftp ? impl_->tftp->port() : std::uint16_t{0}; }

}  // namespace provdlab::server::provisioning
