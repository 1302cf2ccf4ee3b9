#include "simulator/ami/ami.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <list>
#include <optional>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/descriptor.h"

namespace provdlab::ami {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kBacklog = 128;
constexpr std::size_t kReadBytes = 4 * 1024;
constexpr timeval kSendPatience = {10, 0};  // for a client that takes no answer
// How long nothing is accepted when the machine has no descriptor left.
constexpr milliseconds kAcceptPause{100};
constexpr std::string_view kThrough = "ami";

// One client. Its thread reads and answers; the listening thread looks whether it has gone, and joins it.
struct Client {
  explicit Client(int number) : socket(number) {}
  Descriptor socket;
  std::stop_source stop;
  std::atomic<bool> ended{false};
  std::thread thread;
};

}  // namespace

struct Ami::Impl {
  Impl(Options given, Switchboard& board) : options(std::move(given)), switchboard(board) {}

  const Options options;
  Switchboard& switchboard;
  std::uint16_t port = 0;
  std::optional<Descriptor> listening, woken;
  std::atomic<bool> stopping{false};
  std::thread thread;
  std::list<Client> clients;  // the listening thread's own; each client's thread knows its own one

  Result<> Listen() {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_port = htons(options.port);
    socklen_t size = sizeof here;
    if (inet_pton(AF_INET, options.bind.c_str(), &here.sin_addr) != 1)
      return Fail(ErrorKind::kInvalid, "'" + options.bind + "' is no IPv4 address that a manager interface could listen on");
    listening.emplace(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    woken.emplace(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const int yes = 1;
    if (!*listening || !*woken || setsockopt(listening->get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(listening->get(), reinterpret_cast<sockaddr*>(&here), size) != 0 || listen(listening->get(), kBacklog) != 0 ||
        getsockname(listening->get(), reinterpret_cast<sockaddr*>(&here), &size) != 0)
      return Fail(ErrorKind::kUnavailable, "a manager interface can't listen on " + options.bind + ":" + std::to_string(options.port) +
                                               ": " + std::generic_category().message(errno));
    port = ntohs(here.sin_port);
    return {};
  }

  void Wake() const { static_cast<void>(eventfd_write(woken->get(), 1)); }

  void Stop() {
    if (!thread.joinable()) return;
    stopping = true;
    Wake();
    thread.join();
    listening.reset();
  }

  // --- the listening thread

  void Run() {
    steady_clock::time_point accept_again{};
    while (!stopping) {
      const bool pauses = accept_again > steady_clock::now();
      std::vector<pollfd> waiting = {{woken->get(), POLLIN, 0}, {listening->get(), static_cast<short>(pauses ? 0 : POLLIN), 0}};
      std::vector<Client*> watched;
      for (Client& client : clients) {
        if (client.stop.stop_requested()) continue;
        waiting.push_back({client.socket.get(), POLLRDHUP, 0});
        watched.push_back(&client);
      }
      if (poll(waiting.data(), waiting.size(), pauses ? static_cast<int>(kAcceptPause.count()) : -1) < 0) continue;
      eventfd_t ignored = 0;
      static_cast<void>(eventfd_read(woken->get(), &ignored));
      for (std::size_t i = 0; i < watched.size(); ++i)
        if (waiting[i + 2].revents != 0) watched[i]->stop.request_stop();
      if (waiting[1].revents != 0 && !Accept()) accept_again = steady_clock::now() + kAcceptPause;
      clients.remove_if([](Client& client) {
        const bool ended = client.ended;  // once: it may become true between two looks
        if (ended) client.thread.join();
        return ended;
      });
    }
    for (Client& client : clients) {
      client.stop.request_stop();
      shutdown(client.socket.get(), SHUT_RDWR);
    }
    for (Client& client : clients) client.thread.join();
    clients.clear();
  }

  // False if the machine has no descriptor left.
  bool Accept() {
    const int number = accept4(listening->get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (number < 0) return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
    Descriptor socket(number);
    if (clients.size() >= options.most_clients) return true;
    setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kSendPatience, sizeof kSendPatience);
    Client& client = clients.emplace_back(socket.Release());
    client.thread = std::thread([this, &client] {
      Serve(client);
      shutdown(client.socket.get(), SHUT_RDWR);
      client.ended = true;
      Wake();
    });
    return true;
  }

  // --- a client's thread

  void Serve(Client& client) const {
    if (!Send(client, options.banner + "\r\n")) return;
    Session session(options.credentials);
    PacketReader reader;
    const auto end = steady_clock::now() + options.login_patience;
    for (;;) {
      const Result<std::optional<Packet>> packet = reader.Next();
      if (!packet) {
        Send(client, Refusal({}, packet.error().message).Text());
        return;
      }
      if (*packet) {
        Session::Step step = session.Handle(**packet);
        if (step.notify) {
          const Result<> told = switchboard.Notify(*step.notify, kThrough, client.stop.get_token());
          if (!told) step.answer = Refusal(**packet, told.error().message);
        }
        if (!Send(client, step.answer.Text()) || step.ends) return;
        continue;
      }
      pollfd waiting{client.socket.get(), POLLIN, 0};
      const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
      const int patience = session.logged_in() ? -1 : static_cast<int>(std::max(milliseconds(0), left).count());
      if (poll(&waiting, 1, patience) == 0) return;
      std::array<char, kReadBytes> bytes;
      const ssize_t size = recv(client.socket.get(), bytes.data(), bytes.size(), 0);
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return;
      reader.Put({bytes.data(), static_cast<std::size_t>(size)});
    }
  }

  static bool Send(const Client& client, std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = send(client.socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
};

Ami::Ami(Options options, Switchboard& switchboard) : impl_(std::make_unique<Impl>(std::move(options), switchboard)) {}
Ami::~Ami() { Stop(); }

Result<std::uint16_t> Ami::Start() {
  if (impl_->port != 0) return Fail(ErrorKind::kConflict, "the manager interface has been started already");
  if (const Result<> fine = impl_->Listen(); !fine) return Fail(fine.error());
  impl_->thread = std::thread([impl = impl_.get()] { impl->Run(); });
  return impl_->port;
}

void Ami::Stop() { impl_->Stop(); }
std::uint16_t Ami::port() const { return impl_->port; }

}  // namespace provdlab::ami
