#include "simulator/registrar/registrar.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/descriptor.h"
#include "base/sip/stream.h"

namespace provdlab::registrar {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kBacklog = 128;
constexpr int kReceiveBuffer = 4 * 1024 * 1024;  // for all phones of a fleet at once; the machine may allow less
constexpr int kTurn = 64;                        // datagrams that are read before others get their turn
constexpr int kPortTrials = 50;                  // until one is found that is free for both protocols
constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kMostUnsent = 256 * 1024;  // bytes of answers that a connection does not take
constexpr std::size_t kMostDelayed = 10'000;     // answers that wait because of a fault; more are not answered
// How long nothing is accepted when the machine has no descriptor left.
constexpr milliseconds kAcceptPause{100};

std::string TextOf(in_addr address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  inet_ntop(AF_INET, &address, text.data(), text.size());
  return text.data();
}

// What keeps a path through a NAT open and is no message: line breaks, zeros.
bool IsKeepAlive(std::string_view datagram) { return datagram.find_first_not_of(std::string_view("\r\n\0", 3)) == std::string_view::npos; }

bool Try(int result) { return result == 0; }

Descriptor NewSocket(int type) { return Descriptor(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

void Set(const Descriptor& socket, int level, int option, int value) {
  static_cast<void>(setsockopt(socket.get(), level, option, &value, sizeof value));
}

// Where an answer goes.
struct Route {
  std::uint64_t connection = 0;  // 0: over UDP
  sockaddr_in to{};
  in_addr from{};  // the address that was asked
};

struct Connection {
  explicit Connection(int number) : socket(number) {}
  Descriptor socket;
  Source source;
  sip::Stream stream;
  std::string unsent;
  steady_clock::time_point last = steady_clock::now();
  bool ended = false;
};

struct Delayed {
  Route route;
  std::string text;
};

}  // namespace

struct Registrar::Impl {
  explicit Impl(Options given) : options(std::move(given)), core(options.core) {}

  const Options options;
  mutable std::mutex mutex;  // of the core; never held while anything is sent
  mutable std::condition_variable changed;
  RegistrarCore core;

  std::uint16_t port = 0;
  std::optional<Descriptor> udp, tcp, woken;
  std::atomic<bool> stopping{false};
  std::thread thread;

  // The thread's own.
  std::map<std::uint64_t, Connection> connections;
  std::uint64_t last_connection = 0;
  std::multimap<steady_clock::time_point, Delayed> delayed;
  steady_clock::time_point accept_again{};
  std::string buffer = std::string(sip::kLargestMessage, '\0');

  // --- start and end

  Result<> Listen() {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    if (inet_pton(AF_INET, options.bind.c_str(), &here.sin_addr) != 1)
      return Fail(ErrorKind::kInvalid, "'" + options.bind + "' is no IPv4 address that a registrar could listen on");
    int error = 0;
    for (int trial = 0; trial < (options.port == 0 ? kPortTrials : 1); ++trial) {
      tcp.emplace(NewSocket(SOCK_STREAM).Release());
      udp.emplace(NewSocket(SOCK_DGRAM).Release());
      woken.emplace(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
      here.sin_port = htons(options.port);
      socklen_t size = sizeof here;
      if (!*tcp || !*udp || !*woken) return Problem(errno);
      Set(*tcp, SOL_SOCKET, SO_REUSEADDR, 1);
      Set(*udp, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
      Set(*udp, IPPROTO_IP, IP_PKTINFO, 1);
      if (Try(bind(tcp->get(), reinterpret_cast<sockaddr*>(&here), size)) && Try(listen(tcp->get(), kBacklog)) &&
          Try(getsockname(tcp->get(), reinterpret_cast<sockaddr*>(&here), &size)) &&
          Try(bind(udp->get(), reinterpret_cast<sockaddr*>(&here), size))) {
        port = ntohs(here.sin_port);
        return {};
      }
      error = errno;
      if (error != EADDRINUSE) break;
    }
    return Problem(error);
  }

  tl::unexpected<Error> Problem(int error) const {
    return Fail(ErrorKind::kUnavailable, "a registrar can't listen on " + options.bind + ":" + std::to_string(options.port) + ": " +
                                             std::generic_category().message(error));
  }

  void Stop() {
    if (!thread.joinable()) return;
    stopping = true;
    static_cast<void>(eventfd_write(woken->get(), 1));
    thread.join();
    connections.clear();
    tcp.reset();
    udp.reset();
  }

  // --- the thread

  void Run() {
    while (!stopping) {
      std::vector<pollfd> waiting = {{woken->get(), POLLIN, 0}, {udp->get(), POLLIN, 0}, {tcp->get(), POLLIN, 0}};
      std::vector<std::uint64_t> ids;
      auto until = steady_clock::time_point::max();
      if (!delayed.empty()) until = delayed.begin()->first;
      if (accept_again > steady_clock::now()) {
        waiting[2].events = 0;
        until = std::min(until, accept_again);
      }
      for (auto& [id, connection] : connections) {
        waiting.push_back({connection.socket.get(), static_cast<short>(POLLIN | (connection.unsent.empty() ? 0 : POLLOUT)), 0});
        ids.push_back(id);
      }
      if (poll(waiting.data(), waiting.size(), Milliseconds(until)) < 0) continue;
      if (waiting[1].revents != 0) ReadDatagrams();
      for (std::size_t i = 0; i < ids.size(); ++i) {
        Connection& connection = connections.at(ids[i]);
        if ((waiting[i + 3].revents & POLLOUT) != 0) SendUnsent(connection);
        if ((waiting[i + 3].revents & ~POLLOUT) != 0 && !connection.ended) ReadStream(ids[i], connection);
      }
      if (waiting[2].revents != 0) Accept();
      for (; !delayed.empty() && delayed.begin()->first <= steady_clock::now(); delayed.erase(delayed.begin()))
        Send(delayed.begin()->second.route, delayed.begin()->second.text);
      std::erase_if(connections, [](const auto& one) { return one.second.ended; });
    }
  }

  // What poll waits at most; rounded up, so that it does not ask again too early.
  static int Milliseconds(steady_clock::time_point until) {
    if (until == steady_clock::time_point::max()) return -1;
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    return static_cast<int>(std::clamp(left, milliseconds(0), milliseconds(std::chrono::hours(1))).count());
  }

  void ReadDatagrams() {
    for (int turn = 0; turn < kTurn; ++turn) {
      Route route;
      iovec bytes = {buffer.data(), buffer.size()};
      alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> control{};
      msghdr message{};
      message.msg_name = &route.to;
      message.msg_namelen = sizeof route.to;
      message.msg_iov = &bytes;
      message.msg_iovlen = 1;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      const ssize_t size = recvmsg(udp->get(), &message, 0);
      if (size < 0) return;
      for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != IPPROTO_IP || part->cmsg_type != IP_PKTINFO) continue;
        in_pktinfo info{};
        std::memcpy(&info, CMSG_DATA(part), sizeof info);
        route.from = info.ipi_addr;
      }
      const auto datagram = std::string_view(buffer).substr(0, static_cast<std::size_t>(size));
      if (!IsKeepAlive(datagram)) Handle(datagram, {.ip = TextOf(route.to.sin_addr), .port = ntohs(route.to.sin_port)}, route);
    }
  }

  void Accept() {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    const int socket = accept4(tcp->get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) accept_again = steady_clock::now() + kAcceptPause;
      return;
    }
    if (connections.size() >= options.most_connections) {
      const auto silent = std::min_element(connections.begin(), connections.end(),
                                           [](const auto& a, const auto& b) { return a.second.last < b.second.last; });
      if (silent != connections.end()) connections.erase(silent);
    }
    Connection& connection = connections.emplace(++last_connection, socket).first->second;
    connection.source = {.ip = TextOf(peer.sin_addr), .port = ntohs(peer.sin_port), .transport = "tcp"};
  }

  void ReadStream(std::uint64_t id, Connection& connection) {
    std::array<char, kReadBytes> bytes;
    const ssize_t size = recv(connection.socket.get(), bytes.data(), bytes.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) {
      connection.ended = true;
      return;
    }
    connection.last = steady_clock::now();
    connection.stream.Put({bytes.data(), static_cast<std::size_t>(size)});
    while (!connection.ended) {
      const Result<std::optional<std::string>> message = connection.stream.Next();
      if (!message) {
        const std::scoped_lock lock(mutex);
        core.NoteUnreadable(message.error(), connection.source);
        connection.ended = true;
      } else if (*message) {
        Handle(**message, connection.source, {.connection = id});
      } else {
        return;
      }
    }
  }

  void Handle(std::string_view text, const Source& source, const Route& route) {
    const Result<sip::Message> request = sip::Parse(text);
    RegistrarCore::Reply reply;
    {
      const std::scoped_lock lock(mutex);
      if (request)
        reply = core.Handle(*request, source);
      else
        core.NoteUnreadable(request.error(), source);
    }
    changed.notify_all();
    if (!reply.message) return;
    Route back = route;
    back.to.sin_port = htons(sip::ReplyPort(*request, source.port));
    if (reply.after == milliseconds(0))
      Send(back, reply.message->Text());
    else if (delayed.size() < kMostDelayed)
      delayed.emplace(steady_clock::now() + reply.after, Delayed{back, reply.message->Text()});
  }

  void Send(const Route& route, const std::string& text) {
    if (route.connection == 0) return SendDatagram(route, text);
    const auto connection = connections.find(route.connection);
    if (connection == connections.end()) return;
    connection->second.unsent += text;
    SendUnsent(connection->second);
    if (connection->second.unsent.size() > kMostUnsent) connection->second.ended = true;
  }

  // What can't be sent is lost, as on a network.
  void SendDatagram(const Route& route, const std::string& text) const {
    sockaddr_in to = route.to;
    iovec bytes = {const_cast<char*>(text.data()), text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> control{};
    msghdr message{};
    message.msg_name = &to;
    message.msg_namelen = sizeof to;
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = IPPROTO_IP;
    part->cmsg_type = IP_PKTINFO;
    part->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
    in_pktinfo info{};
    info.ipi_spec_dst = route.from;
    std::memcpy(CMSG_DATA(part), &info, sizeof info);
    static_cast<void>(sendmsg(udp->get(), &message, 0));
  }

  static void SendUnsent(Connection& connection) {
    while (!connection.unsent.empty()) {
      const ssize_t sent = send(connection.socket.get(), connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) {
        connection.ended = errno != EAGAIN;
        return;
      }
      connection.unsent.erase(0, static_cast<std::size_t>(sent));
    }
  }
};

Registrar::Registrar(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Registrar::~Registrar() { Stop(); }

Result<std::uint16_t> Registrar::Start() {
  if (impl_->port != 0) return Fail(ErrorKind::kConflict, "the registrar has been started already");
  if (const Result<> listening = impl_->Listen(); !listening) return Fail(listening.error());
  impl_->thread = std::thread([impl = impl_.get()] { impl->Run(); });
  return impl_->port;
}

void Registrar::Stop() { impl_->Stop(); }
std::uint16_t Registrar::port() const { return impl_->port; }

Result<> Registrar::Allow(const Account& account) {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->core.Allow(account);
}

Result<> Registrar::Forbid(const std::string& user) {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->core.Forbid(user);
}

std::vector<Registration> Registrar::registrations(std::string_view user) const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->core.registrations(user);
}

std::string Registrar::LastWord(const std::string& user) const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->core.LastWord(user);
}

std::vector<Entry> Registrar::Journal(std::uint64_t after, std::string_view user) const {
  return impl_->core.Journal(after, user);  // has a lock of its own
}

admin::Journal& Registrar::journal() { return impl_->core.journal(); }
admin::FaultList& Registrar::faults() { return impl_->core.faults(); }

void Registrar::Reset() {
  const std::scoped_lock lock(impl_->mutex);
  impl_->core.Reset();
}

Result<Registration> Registrar::AwaitRegistration(const std::string& user, milliseconds deadline, std::uint64_t after) const {
  std::unique_lock lock(impl_->mutex);
  std::optional<Registration> found;
  if (impl_->changed.wait_for(lock, deadline, [&] { return (found = impl_->core.FindRegistration(user, after)).has_value(); }))
    return std::move(*found);
  return Fail(ErrorKind::kTimeout,
              "'" + user + "' was not registered within " + std::to_string(deadline.count()) + " ms: " + impl_->core.LastWord(user));
}

}  // namespace provdlab::registrar
