#include "simulator/network/real_servers.h"

#include <string_view>

#include "base/http/client.h"
#include "base/tftp/client.h"

namespace provdlab::network {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTransfer{120'000};  // for a whole file over TFTP

ErrorKind KindOf(http::Outcome outcome) {
  switch (outcome) {
    case http::Outcome::kTimeout:
      return ErrorKind::kTimeout;
    case http::Outcome::kRefused:
      return ErrorKind::kNotFound;
    default:
      return ErrorKind::kUnavailable;
  }
}

}  // namespace

std::pair<std::string, std::uint16_t> RealServers::Real(const std::string& host, std::uint16_t port) const {
  const auto moved = options_.moved.find({host, port});
  return moved == options_.moved.end() ? std::pair(host, port) : moved->second;
}

Result<http::Response> RealServers::Answer(const http::Url& server, const http::Request& request, milliseconds patience) {
  const auto [host, port] = Real(server.host, server.port);
  http::ClientOptions options{.host = host, .port = port, .tls = server.scheme == "https", .ca_file = options_.ca_file};
  const std::string origin = server.Origin();
  options.host_header = origin.substr(origin.find("://") + 3);  // what phones know it by
  http::Request sent = request;
  sent.peer.clear();
  if (options_.addressing == Addressing::kOwn) options.local_address = request.peer;
  if (options_.addressing == Addressing::kForwardedFor && !request.peer.empty()) sent.headers.Add("X-Forwarded-For", request.peer);
  http::Exchange seen = http::Client(options).Send(sent, patience);
  if (!seen.response) return Fail(KindOf(seen.outcome), std::move(seen.problem));
  return std::move(*seen.response);
}

Result<tftp::Answer> RealServers::Answer(const std::string& host, std::uint16_t port, const tftp::Asked& asked) {
  const auto [real_host, real_port] = Real(host, port);
  tftp::ClientOptions options{.host = real_host, .port = real_port};
  if (options_.addressing == Addressing::kOwn) options.local_address = asked.peer;
  auto fetched = tftp::Fetch(options, {.file = asked.request.file, .mode = asked.request.mode}, kTransfer);
  if (!fetched) return Fail(fetched.error());
  tftp::ReceiverResult& result = fetched->result;
  if (result.end == tftp::ReceiverEnd::kWhole) return tftp::File{tftp::ContentOf(std::move(result.bytes))};
  if (result.end == tftp::ReceiverEnd::kError && result.error) return *result.error;
  return Fail(ErrorKind::kUnavailable, result.problem);
}

}  // namespace provdlab::network
