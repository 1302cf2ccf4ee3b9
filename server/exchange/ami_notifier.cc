#include "server/exchange/ami_notifier.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <system_error>
#include <utility>

#include "base/ami/packet.h"
#include "base/descriptor.h"
#include "server/exchange/recipient.h"

namespace provdlab::server::exchange {
namespace {

using ami::Packet;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// One connection to an exchange, and what is asked over it. Every wait ends at the deadline, or when it is cancelled.
class Conversation {
 public:
  Conversation(const AmiNotifier::Options& options, const std::stop_token& stop)
      : options_(options),
        stop_(stop),
        end_(steady_clock::now() + options.patience),
        socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
        stopped_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        wake_(stop, [this] { static_cast<void>(::eventfd_write(stopped_.get(), 1)); }) {}

  Result<> Connect() {
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(options_.port);
    if (::inet_pton(AF_INET, options_.host.c_str(), &there.sin_addr) != 1)
      return Fail(ErrorKind::kInvalid, "'" + options_.host + "' is no IPv4 address");
    if (!socket_ || !stopped_) return Problem(errno);
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0) return {};
    if (errno != EINPROGRESS) return Problem(errno);
    if (const auto ready = Await(POLLOUT); !ready) return Fail(ready.error());
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) return Problem(error);
    return {};
  }

  // Sends an action and returns once it is answered with success. What the exchange says beside that is passed over.
  Result<> Ask(Packet action) {
    const std::string id = std::to_string(++asked_);
    action.fields.push_back({"ActionID", id});
    if (const auto sent = Send(action.Text()); !sent) return Fail(sent.error());
    for (;;) {
      auto packet = reader_.Next();
      if (!packet) return Fail(ErrorKind::kUnavailable, Where() + " says what can't be read: " + packet.error().message);
      if (!*packet) {
        if (const auto more = Read(); !more) return Fail(more.error());
        continue;
      }
      const std::string response = (*packet)->Get("Response");
      if (response.empty() || (*packet)->Get("ActionID") != id) continue;
      if (response == "Success") return {};
      const std::string message = (*packet)->Get("Message");
      return Fail(ErrorKind::kUnavailable, Where() + " refuses it: " + (message.empty() ? response : message));
    }
  }

  Result<> Send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        text.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno != EAGAIN && errno != EINTR) {
        return Problem(errno);
      } else if (const auto ready = Await(POLLOUT); !ready) {
        return Fail(ready.error());
      }
    }
    return {};
  }

 private:
  std::string Where() const { return "the exchange at " + options_.host + ":" + std::to_string(options_.port); }

  tl::unexpected<Error> Problem(int error) const {
    return Fail(ErrorKind::kUnavailable, Where() + " can't be asked: " + std::generic_category().message(error));
  }

  Result<> Await(short events) {
    for (;;) {
      if (stop_.stop_requested()) return Fail(ErrorKind::kCancelled, "it was cancelled");
      const auto left = std::chrono::ceil<milliseconds>(end_ - steady_clock::now());
      if (left.count() <= 0)
        return Fail(ErrorKind::kTimeout, Where() + " did not answer within " + std::to_string(options_.patience.count()) + " ms");
      std::array<pollfd, 2> waiting = {{{socket_.get(), events, 0}, {stopped_.get(), POLLIN, 0}}};
      ::poll(waiting.data(), waiting.size(), static_cast<int>(left.count()));
      if (waiting[0].revents != 0) return {};
    }
  }

  Result<> Read() {
    std::array<char, 4096> bytes{};
    for (;;) {
      const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
      if (size > 0) {
        reader_.Put({bytes.data(), static_cast<std::size_t>(size)});
        return {};
      }
      if (size == 0) return Fail(ErrorKind::kUnavailable, Where() + " has closed the connection");
      if (errno != EAGAIN && errno != EINTR) return Problem(errno);
      if (const auto ready = Await(POLLIN); !ready) return Fail(ready.error());
    }
  }

  const AmiNotifier::Options& options_;
  const std::stop_token stop_;
  const steady_clock::time_point end_;
  const Descriptor socket_, stopped_;
  const std::stop_callback<std::function<void()>> wake_;
  ami::PacketReader reader_;
  int asked_ = 0;
};

}  // namespace

Result<> AmiNotifier::Call(const Synchronization& how, const Json& device, const std::stop_token& stop) {
  if (how.method != Synchronization::Method::kSipNotify)
    return Fail(ErrorKind::kInvalid, "its plugin does not want it to be told over SIP");
  const auto recipient = RecipientOf(device);
  if (!recipient) return Fail(recipient.error());
  Packet notify;
  notify.fields.push_back({"Action", recipient->user.empty() ? "SIPnotifyprovd" : "SIPnotify"});
  notify.fields.push_back(recipient->user.empty() ? ami::Field{"PeerIP", recipient->ip} : ami::Field{"Channel", recipient->user});
  notify.fields.push_back({"Variable", "Event=" + how.event});
  Packet login;
  login.fields = {{"Action", "Login"}, {"Username", options_.username}, {"Secret", options_.secret}, {"Events", "off"}};
  Packet logoff;
  logoff.fields = {{"Action", "Logoff"}};

  Conversation exchange(options_, stop);
  if (const auto connected = exchange.Connect(); !connected) return Fail(connected.error());
  if (const auto known = exchange.Ask(std::move(login)); !known) return Fail(known.error());
  if (const auto told = exchange.Ask(std::move(notify)); !told) return Fail(told.error());
  // The phone is told; how the exchange takes the farewell is of no interest.
  static_cast<void>(exchange.Send(logoff.Text()));
  return {};
}

}  // namespace provdlab::server::exchange
