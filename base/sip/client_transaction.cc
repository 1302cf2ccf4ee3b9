#include "base/sip/client_transaction.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

#include "base/descriptor.h"
#include "base/random_id.h"

namespace provdlab::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kMagicCookie = "z9hG4bK";  // RFC 3261, 8.1.1.7

std::optional<sockaddr_in> Endpoint(const std::string& ip, std::uint16_t port) {
  sockaddr_in endpoint{};
  endpoint.sin_family = AF_INET;
  endpoint.sin_port = htons(port);
  if (inet_pton(AF_INET, ip.c_str(), &endpoint.sin_addr) != 1) return std::nullopt;
  return endpoint;
}

tl::unexpected<Error> Problem(const Peer& peer, int error) {
  return Fail(ErrorKind::kUnavailable, peer.Text() + " takes no SIP messages: " + std::generic_category().message(error));
}

// Nullopt if the datagram is no answer to the request.
std::optional<Message> ReadAnswer(std::string_view datagram, const Message& request, const std::string& branch) {
  Result<Message> message = Parse(datagram);
  if (!message || message->is_request()) return std::nullopt;
  const std::vector<std::string> vias = message->Elements("Via");
  if (vias.size() != 1 || Parameter(vias.front(), "branch") != branch || SequenceOf(*message)->method != request.method)
    return std::nullopt;
  return std::move(*message);
}

}  // namespace

Result<Message> Ask(const Peer& peer, const Compose& compose, const Timers& timers, const std::stop_token& stop, const Through& through) {
  const std::optional<sockaddr_in> there = Endpoint(peer.ip, peer.port);
  if (!there) return Fail(ErrorKind::kInvalid, "'" + peer.ip + "' is no IPv4 address");
  const std::optional<sockaddr_in> from = Endpoint(peer.from.empty() ? "0.0.0.0" : peer.from, 0);
  if (!from) return Fail(ErrorKind::kInvalid, "'" + peer.from + "' is no IPv4 address");

  // A connected socket takes datagrams of nobody else, and hears of ICMP.
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in here{};
  socklen_t size = sizeof here;
  std::array<char, INET_ADDRSTRLEN> address{};
  if (!socket || bind(socket.get(), reinterpret_cast<const sockaddr*>(&*from), sizeof *from) != 0 ||
      connect(socket.get(), reinterpret_cast<const sockaddr*>(&*there), sizeof *there) != 0 ||
      getsockname(socket.get(), reinterpret_cast<sockaddr*>(&here), &size) != 0 ||
      inet_ntop(AF_INET, &here.sin_addr, address.data(), address.size()) == nullptr)
    return Problem(peer, errno);
  const std::string local = std::string(address.data()) + ":" + std::to_string(ntohs(here.sin_port));

  Message request = compose(local);
  const std::string branch = std::string(kMagicCookie) + RandomId();
  request.headers.insert(request.headers.begin(), {"Via", "SIP/2.0/UDP " + local + ";branch=" + branch + ";rport"});
  if (through.sent) through.sent(request);
  const std::string text = request.Text();

  const Descriptor stopped(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stopped) return Problem(peer, errno);
  const std::stop_callback wake(stop, [&] { static_cast<void>(eventfd_write(stopped.get(), 1)); });

  const auto start = steady_clock::now();
  const auto now = [start] { return std::chrono::floor<milliseconds>(steady_clock::now() - start); };
  Retransmission again(timers);
  bool sent = false;
  std::string datagram(kLargestMessage, '\0');
  for (;;) {
    if (stop.stop_requested()) return Fail(ErrorKind::kCancelled, "it was cancelled");
    if (again.Over(now()))
      return Fail(ErrorKind::kTimeout, peer.Text() + " did not answer within " + std::to_string(timers.overall.count()) + " ms");
    if (!sent || again.Due(now())) {
      sent = true;
      if (send(socket.get(), text.data(), text.size(), 0) < 0 && errno != EAGAIN && errno != EINTR) return Problem(peer, errno);
    }
    std::array<pollfd, 2> waiting = {{{socket.get(), POLLIN, 0}, {stopped.get(), POLLIN, 0}}};
    poll(waiting.data(), waiting.size(), static_cast<int>(std::max(milliseconds(0), again.next() - now()).count()));
    // One datagram for each look at what else there is to do: a peer that never stops sending must not keep anybody here.
    const ssize_t bytes = recv(socket.get(), datagram.data(), datagram.size(), 0);
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (bytes < 0) return Problem(peer, errno);
    std::optional<Message> answer = ReadAnswer(std::string_view(datagram).substr(0, static_cast<std::size_t>(bytes)), request, branch);
    if (through.came) through.came(answer);
    if (!answer) continue;
    if (answer->status >= 200) return std::move(*answer);
    again.Heard(now());
  }
}

Message NewRequest(std::string method, const std::string& uri, const std::string& from) {
  Message request{.method = std::move(method), .uri = uri};
  request.Add("Max-Forwards", "70");
  request.Add("From", "<" + from + ">;tag=" + RandomId());
  request.Add("To", "<" + uri + ">");
  request.Add("Call-ID", RandomId());
  request.Add("CSeq", "1 " + request.method);
  return request;
}

}  // namespace provdlab::sip
