#include "base/tftp/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/descriptor.h"

namespace provdlab::tftp {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kLargestDatagram = 65'536;

Result<sockaddr_in> AddressOf(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.empty() ? "0.0.0.0" : host.c_str(), &address.sin_addr) != 1)
    return Fail(ErrorKind::kInvalid, "'" + host + "' is no IPv4 address");
  return address;
}

tl::unexpected<Error> Problem(const std::string& what) {
  return Fail(ErrorKind::kUnavailable, what + ": " + std::generic_category().message(errno));
}

milliseconds Until(steady_clock::time_point then) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(then - steady_clock::now()));
}

}  // namespace

Result<Fetched> Fetch(const ClientOptions& options, Request request, milliseconds deadline) {
  const auto end = steady_clock::now() + deadline;
  const auto there = AddressOf(options.host, options.port), here = AddressOf(options.local_address, options.local_port);
  if (!there) return Fail(there.error());
  if (!here) return Fail(here.error());
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return Problem("no socket");
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&*here), sizeof *here) != 0)
    return Problem("cannot ask from " + options.local_address);

  Fetched fetched;
  Receiver receiver(std::move(request), options.receiving);
  std::string buffer(kLargestDatagram, '\0');
  in_addr server{};
  Receiver::Step step = receiver.Start();
  for (;;) {
    if (!step.datagram.empty()) {
      sockaddr_in to = *there;
      const std::uint16_t port = step.other_port != 0 ? step.other_port : step.to_request_port ? options.port : receiver.transfer_port();
      to.sin_port = htons(port);
      const ssize_t sent =
          sendto(socket.get(), step.datagram.data(), step.datagram.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
      if (sent < 0 && errno != EAGAIN && errno != ECONNREFUSED) return Problem("cannot send to " + options.host);
    }
    if (step.ended) break;
    const auto silent = steady_clock::now() + step.wait;
    pollfd wait{.fd = socket.get(), .events = POLLIN, .revents = 0};
    const int ready = poll(&wait, 1, static_cast<int>(Until(std::min(silent, end)).count()));
    if (ready < 0 && errno != EINTR) return Problem("cannot wait");
    if (steady_clock::now() >= end)
      return Fail(ErrorKind::kTimeout, "the file did not come within " + std::to_string(deadline.count()) + " ms");
    if (ready <= 0) {
      step = steady_clock::now() >= silent ? receiver.TimedOut() : Receiver::Step{.wait = Until(silent)};
      continue;
    }
    sockaddr_in from{};
    socklen_t length = sizeof from;
    const ssize_t size = recvfrom(socket.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
    if (size < 0) {
      step = {.wait = Until(silent)};
      continue;
    }
    step = receiver.Receive({buffer.data(), static_cast<std::size_t>(size)}, ntohs(from.sin_port));
    if (receiver.transfer_port() == ntohs(from.sin_port)) server = from.sin_addr;
  }
  fetched.result = receiver.result();
  fetched.server_port = receiver.transfer_port();
  std::array<char, INET_ADDRSTRLEN> text{};
  if (inet_ntop(AF_INET, &server, text.data(), text.size()) != nullptr) fetched.server = text.data();
  return fetched;
}

}  // namespace provdlab::tftp
