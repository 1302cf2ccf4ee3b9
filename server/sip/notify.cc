#include "server/sip/notify.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <osipparser2/osip_parser.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/descriptor.h"
#include "base/random_id.h"

namespace provdlab::server::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kMethod = "NOTIFY";

// Characters that RFC 3261 allows in the user part of an address as they are.
std::string EscapeUser(std::string_view user) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : user) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       (c != '\0' && std::string_view("-_.!~*'()&=+$,;?/").find(c) != std::string_view::npos);
    const auto byte = static_cast<unsigned char>(c);
    if (plain)
      escaped += c;
    else
      escaped += {'%', kDigits[byte >> 4], kDigits[byte & 0xf]};
  }
  return escaped;
}

bool IsPrintable(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

struct Request {
  std::string branch;
  std::string text;
};

Request Compose(const Notification& notification, const std::string& local) {
  const std::string branch = "z9hG4bK" + RandomId();  // the prefix is RFC 3261's
  const std::string there = notification.ip + ":" + std::to_string(notification.port);
  const std::string phone = "sip:" + (notification.user.empty() ? there : EscapeUser(notification.user) + "@" + there);
  std::string text;
  const auto line = [&](std::string_view content) { text.append(content).append("\r\n"); };
  line(std::string(kMethod) + " " + phone + " SIP/2.0");
  line("Via: SIP/2.0/UDP " + local + ";branch=" + branch + ";rport");
  line("Max-Forwards: 70");
  line("From: <sip:provd@" + local + ">;tag=" + RandomId());
  line("To: <" + phone + ">");
  line("Call-ID: " + RandomId());
  line("CSeq: 1 " + std::string(kMethod));
  line("Contact: <sip:provd@" + local + ">");
  line("Event: " + notification.event);
  line("Subscription-State: terminated");
  line("Content-Length: 0");
  line("");
  return {branch, std::move(text)};
}

struct FreeMessage {
  void operator()(osip_message_t* message) const { osip_message_free(message); }
};

struct Answer {
  int status = 0;
  std::string reason;
};

// Nothing if the datagram is no response to the request.
std::optional<Answer> ReadAnswer(const std::string& datagram, const Request& request) {
  static const int initialised = parser_init();
  osip_message_t* raw = nullptr;
  if (initialised != OSIP_SUCCESS || osip_message_init(&raw) != OSIP_SUCCESS) return std::nullopt;
  const std::unique_ptr<osip_message_t, FreeMessage> message(raw);
  if (osip_message_parse(raw, datagram.data(), datagram.size()) != OSIP_SUCCESS || !MSG_IS_RESPONSE(raw)) return std::nullopt;
  osip_via_t* via = nullptr;
  if (osip_message_get_via(raw, 0, &via) < 0 || via == nullptr) return std::nullopt;
  osip_generic_param_t* branch = nullptr;
  char name[] = "branch";
  if (osip_via_param_get_byname(via, name, &branch) != OSIP_SUCCESS || branch == nullptr || branch->gvalue == nullptr) return std::nullopt;
  const osip_cseq_t* const sequence = raw->cseq;
  if (request.branch != branch->gvalue || sequence == nullptr || sequence->method == nullptr || kMethod != sequence->method)
    return std::nullopt;
  return Answer{raw->status_code, raw->reason_phrase == nullptr ? "" : raw->reason_phrase};
}

std::string Where(const Notification& notification) { return notification.ip + ":" + std::to_string(notification.port); }

tl::unexpected<Error> Problem(const Notification& notification, int error) {
  return Fail(ErrorKind::kUnavailable, Where(notification) + " takes no SIP messages: " + std::generic_category().message(error));
}

milliseconds Until(steady_clock::time_point then) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(then - steady_clock::now()));
}

}  // namespace

Result<> SendNotify(const Notification& notification, const Timers& timers, const std::stop_token& stop) {
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(notification.port);
  if (inet_pton(AF_INET, notification.ip.c_str(), &there.sin_addr) != 1)
    return Fail(ErrorKind::kInvalid, "'" + notification.ip + "' is no IPv4 address");
  if (!IsPrintable(notification.event)) return Fail(ErrorKind::kInvalid, "an event must be printable and without blanks");

  // A connected socket takes datagrams of nobody else, and hears of ICMP.
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in here{};
  socklen_t size = sizeof here;
  std::array<char, INET_ADDRSTRLEN> address{};
  if (!socket || connect(socket.get(), reinterpret_cast<sockaddr*>(&there), sizeof there) != 0 ||
      getsockname(socket.get(), reinterpret_cast<sockaddr*>(&here), &size) != 0 ||
      inet_ntop(AF_INET, &here.sin_addr, address.data(), address.size()) == nullptr)
    return Problem(notification, errno);
  const Request request = Compose(notification, std::string(address.data()) + ":" + std::to_string(ntohs(here.sin_port)));

  const Descriptor stopped(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stopped) return Problem(notification, errno);
  const std::stop_callback wake(stop, [&] { static_cast<void>(eventfd_write(stopped.get(), 1)); });

  const auto end = steady_clock::now() + timers.overall;
  milliseconds wait = timers.first;
  auto next = steady_clock::now();  // when it is sent again
  std::string datagram(65'536, '\0');
  for (;;) {
    if (stop.stop_requested()) return Fail(ErrorKind::kCancelled, "it was cancelled");
    const auto now = steady_clock::now();
    if (now >= end)
      return Fail(ErrorKind::kTimeout, Where(notification) + " did not answer within " + std::to_string(timers.overall.count()) + " ms");
    if (now >= next) {
      if (send(socket.get(), request.text.data(), request.text.size(), 0) < 0 && errno != EAGAIN && errno != EINTR)
        return Problem(notification, errno);
      next = now + wait;
      wait = std::min(2 * wait, timers.longest);
    }
    std::array<pollfd, 2> waiting = {{{socket.get(), POLLIN, 0}, {stopped.get(), POLLIN, 0}}};
    poll(waiting.data(), waiting.size(), static_cast<int>(Until(std::min(end, next)).count()));
    for (;;) {
      const ssize_t bytes = recv(socket.get(), datagram.data(), datagram.size(), 0);
      if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) break;
      if (bytes < 0) return Problem(notification, errno);
      const auto answer = ReadAnswer(datagram.substr(0, static_cast<std::size_t>(bytes)), request);
      if (!answer) continue;
      if (answer->status >= 300)
        return Fail(ErrorKind::kUnavailable, Where(notification) + " answered " + std::to_string(answer->status) + " " + answer->reason);
      if (answer->status >= 200) return {};
      wait = timers.longest;  // it has heard
      next = steady_clock::now() + wait;
    }
  }
}

}  // namespace provdlab::server::sip
