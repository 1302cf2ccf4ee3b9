#include "base/tftp/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <compare>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace provdlab::tftp {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using Code = boost::system::error_code;
using std::chrono::steady_clock;

// Datagrams that are read from one socket in a row before others get their turn.
constexpr int kReadsInARow = 64;
constexpr std::size_t kLargestDatagram = 65'536;
// What the well-known port holds while the thread is busy: phones that come back after a power cut all ask in one moment.
constexpr int kReceiveBuffer = 4 * 1024 * 1024;

sockaddr_in AddressOf(in_addr address, std::uint16_t port) {
  sockaddr_in socket_address{};
  socket_address.sin_family = AF_INET;
  socket_address.sin_addr = address;
  socket_address.sin_port = htons(port);
  return socket_address;
}

std::string TextOf(in_addr address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  return inet_ntop(AF_INET, &address, text.data(), text.size()) == nullptr ? "" : text.data();
}

// Who a transfer is for. Two clients may share an address, and one may know the server by several.
struct Client {
  std::uint32_t address = 0;  // in network order
  std::uint16_t port = 0;
  std::uint32_t local = 0;
  friend auto operator<=>(const Client&, const Client&) = default;
};

// Runs work on a few threads, in the order of coming.
class Pool {
 public:
  explicit Pool(std::size_t most) : most_(most) {}

  void Start(int threads) {
    for (int i = 0; i < std::max(threads, 1); ++i) threads_.emplace_back([this] { Run(); });
  }
  // False if too much waits already. What must not be lost goes in all the same: there is no more of it than there are transfers.
  bool Add(std::function<void()> work, bool must = false) {
    const std::lock_guard lock(mutex_);
    if (stopping_ || (!must && waiting_.size() >= most_)) return false;
    waiting_.push_back(std::move(work));
    changed_.notify_one();
    return true;
  }
  // Waits for what runs; what waits is dropped.
  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      waiting_.clear();
      changed_.notify_all();
    }
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      const std::function<void()> work = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      work();
      lock.lock();
    }
  }

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

// Everything but the pool's work happens on the one thread that runs `context`.
struct Server::Impl {
  // A request whose file is being looked for, or is being sent.
  struct Transfer {
    Client client;
    std::string request;           // as it came
    std::optional<Sender> sender;  // none yet: the handler is asked
    std::optional<udp::socket> socket;
    asio::steady_timer timer;
    steady_clock::time_point until;
    std::function<void(SenderEnd, const std::string&)> ended;
    std::optional<std::list<std::shared_ptr<Transfer>>::iterator> unheard;  // its place there
    explicit Transfer(asio::io_context& context) : timer(context) {}
  };
  using TransferPointer = std::shared_ptr<Transfer>;

  Impl(ServerOptions given, Handler answer)
      : options(std::move(given)), handler(std::move(answer)), well_known(context), pool(options.most_waiting) {}

  Result<std::uint16_t> Bind();
  Result<std::uint16_t> Start();
  void Stop();

  // What of a datagram goes on; `back` sends.
  std::vector<std::string> Through(Way way, const Client& client, std::string_view datagram,
                                   const std::function<void(const std::string&)>& back) const;
  void Listen();
  bool ReadRequest();
  void OnRequest(const Client& client, std::string_view datagram);
  void SendError(const Client& client, const ErrorPacket& error);
  void SendFromWellKnown(const Client& client, std::string datagram);
  static void SendFrom(udp::socket& socket, const sockaddr_in& to, const std::string& datagram);

  void Begin(const TransferPointer& transfer, Answer answer, const Request& request);
  void Watch(const TransferPointer& transfer);
  bool ReadDatagram(const TransferPointer& transfer);
  void Carry(const TransferPointer& transfer, Sender::Step step);
  // `why`: what ends it, if it has not ended by itself.
  void End(const TransferPointer& transfer, const std::string& why = "");
  // Its client has been heard, or will not be any more.
  void Hear(Transfer& transfer);
  bool IsRunning(const TransferPointer& transfer) const;

  const ServerOptions options;
  const Handler handler;
  asio::io_context context;
  udp::socket well_known;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::map<Client, TransferPointer> transfers;
  std::list<TransferPointer> unheard;  // of them, those whose clients have not been heard since they asked; the oldest first
  std::string buffer = std::string(kLargestDatagram, '\0');
  Pool pool;
  std::thread thread;
  std::uint16_t port = 0;
};

Result<std::uint16_t> Server::Impl::Bind() {
  if (well_known.is_open()) return port;
  const auto fail = [&](const std::string& why) {
    return Fail(ErrorKind::kUnavailable, "Could not take UDP port " + options.bind + ":" + std::to_string(options.port) + ": " + why);
  };
  Code code;
  const auto address = asio::ip::make_address_v4(options.bind, code);
  if (code) return fail("the address to bind to must be an IPv4 address, such as 127.0.0.1 or 0.0.0.0");
  well_known.open(udp::v4(), code);
  if (!code) well_known.bind({address, options.port}, code);
  if (!code) well_known.non_blocking(true, code);
  const int on = 1;
  if (!code && setsockopt(well_known.native_handle(), IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0)
    code = Code(errno, boost::system::system_category());
  if (code) {
    Code ignored;
    well_known.close(ignored);
    if (code == asio::error::address_in_use) return fail("another program has it; stop it or choose another port");
    if (code == asio::error::access_denied) return fail("ports below 1024 take special rights; choose another port");
    return fail(code.message());
  }
  Code ignored;  // a smaller one does as well
  well_known.set_option(asio::socket_base::receive_buffer_size(kReceiveBuffer), ignored);
  port = well_known.local_endpoint(code).port();
  return port;
}

Result<std::uint16_t> Server::Impl::Start() {
  if (const auto bound = Bind(); !bound) return bound;
  work.emplace(context.get_executor());
  asio::post(context, [this] { Listen(); });
  pool.Start(options.threads);
  thread = std::thread([this] {
    for (;;) {
      try {
        context.run();
        return;
      } catch (const std::exception& error) {
        // What gets here is want of memory. The thread goes on with the next event.
        spdlog::error("The TFTP server on port {} failed at an event: {}", port, error.what());
      }
    }
  });
  return port;
}

void Server::Impl::Stop() {
  if (!thread.joinable()) return;
  context.stop();
  thread.join();
  pool.Stop();
  transfers.clear();
  unheard.clear();
  Code ignored;
  well_known.close(ignored);
}

// ---- The well-known port

void Server::Impl::Listen() {
  well_known.async_wait(udp::socket::wait_read, [this](const Code& code) {
    if (code == asio::error::operation_aborted) return;
    for (int i = 0; i < kReadsInARow && ReadRequest(); ++i) continue;
    Listen();
  });
}

// False if nothing is there.
bool Server::Impl::ReadRequest() {
  sockaddr_in from{};
  iovec bytes{buffer.data(), buffer.size()};
  alignas(cmsghdr) std::array<char, 256> control{};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = recvmsg(well_known.native_handle(), &message, 0);
  // Errors of earlier sendings are reported here too, and mean that the socket may have more.
  if (size < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
  Client client{from.sin_addr.s_addr, ntohs(from.sin_port), 0};
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != IPPROTO_IP || part->cmsg_type != IP_PKTINFO) continue;
    in_pktinfo info{};
    std::memcpy(&info, CMSG_DATA(part), sizeof info);
    client.local = info.ipi_spec_dst.s_addr;  // what the client wrote to; of a broadcast, the address of ours that it reached
  }
  if (client.port == 0) return true;
  const auto back = [&](const std::string& datagram) { SendFromWellKnown(client, datagram); };
  for (const std::string& each : Through(Way::kRequest, client, {buffer.data(), static_cast<std::size_t>(size)}, back))
    OnRequest(client, each);
  return true;
}

void Server::Impl::OnRequest(const Client& client, std::string_view datagram) {
  auto packet = Parse(datagram);
  if (packet && std::holds_alternative<ErrorPacket>(*packet)) return;  // an error is never answered by one
  if (!packet) {
    // Only what wants to be a request is told what is wrong with it.
    const bool request = datagram.size() >= 2 && datagram[0] == 0 && (datagram[1] == 1 || datagram[1] == 2);
    if (request) SendError(client, {ErrorCode::kIllegalOperation, packet.error().message});
    return;
  }
  auto* const request = std::get_if<Request>(&*packet);
  if (request == nullptr) return SendError(client, {ErrorCode::kUnknownTransfer, "There is no such transfer."});

  if (const auto known = transfers.find(client); known != transfers.end()) {
    const TransferPointer old = known->second;
    // While its file is looked for it can't be replaced, and will be answered soon.
    if (!old->sender) return;
    const bool again = old->request == datagram && !old->sender->at_the_end();
    const bool repeated = old->request == datagram && old->sender->in_beginning();
    if (again || repeated) return;
    End(old, "the client has asked for something else");
  }
  if (transfers.size() >= options.most_transfers) {
    if (unheard.empty()) return;
    End(TransferPointer(unheard.front()), "another client needs its place");
  }

  auto transfer = std::make_shared<Transfer>(context);
  transfer->client = client;
  transfer->request = std::string(datagram);
  transfer->until = steady_clock::now() + options.longest_transfer;
  Asked asked{std::move(*request), TextOf({client.address}), client.port, TextOf({client.local})};
  const bool added = pool.Add([this, transfer, asked = std::move(asked)] {
    Answer answer = ErrorPacket{ErrorCode::kUndefined, "The server failed to answer this request; its log says more."};
    try {
      answer = handler(asked);
    } catch (const std::exception& error) {
      spdlog::error("The handler of {} failed: {}", asked.request.file, error.what());
    } catch (...) {
      spdlog::error("The handler of {} failed", asked.request.file);
    }
    asio::post(context, [this, transfer, answer = std::move(answer), request = asked.request]() mutable {
      Begin(transfer, std::move(answer), request);
    });
  });
  if (added) transfers.emplace(client, std::move(transfer));
}

std::vector<std::string> Server::Impl::Through(Way way, const Client& client, std::string_view datagram,
                                               const std::function<void(const std::string&)>& back) const {
  if (!options.through) return {std::string(datagram)};
  Passed passed = options.through(way, TextOf({client.address}) + ":" + std::to_string(client.port), datagram);
  for (const std::string& each : passed.back) back(each);
  return std::move(passed.on);
}

void Server::Impl::SendError(const Client& client, const ErrorPacket& error) {
  for (const std::string& each : Through(Way::kRefusal, client, Encode(error), [](const std::string&) {})) SendFromWellKnown(client, each);
}

void Server::Impl::SendFrom(udp::socket& socket, const sockaddr_in& to, const std::string& datagram) {
  // What does not leave now is sent again when its time is over.
  sendto(socket.native_handle(), datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

void Server::Impl::SendFromWellKnown(const Client& client, std::string datagram) {
  sockaddr_in to = AddressOf({client.address}, client.port);
  iovec bytes{datagram.data(), datagram.size()};
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
  info.ipi_spec_dst.s_addr = client.local;
  std::memcpy(CMSG_DATA(part), &info, sizeof info);
  sendmsg(well_known.native_handle(), &message, 0);  // a client that it does not reach asks again
}

// ---- One transfer

bool Server::Impl::IsRunning(const TransferPointer& transfer) const {
  const auto known = transfers.find(transfer->client);
  return known != transfers.end() && known->second == transfer;
}

void Server::Impl::Begin(const TransferPointer& transfer, Answer answer, const Request& request) {
  if (const auto* const error = std::get_if<ErrorPacket>(&answer)) {
    SendError(transfer->client, *error);
    return End(transfer);
  }
  File& file = std::get<File>(answer);
  transfer->ended = std::move(file.ended);
  Code code;
  transfer->socket.emplace(context);
  const asio::ip::address_v4 local(ntohl(transfer->client.local)), there(ntohl(transfer->client.address));
  transfer->socket->open(udp::v4(), code);
  if (!code) transfer->socket->bind({local, 0}, code);
  if (!code) transfer->socket->non_blocking(true, code);
  if (code) {
    spdlog::warn("A file could not be sent to {} over TFTP: {}", there.to_string(), code.message());
    return End(transfer);  // the client asks again, when there may be a port
  }
  transfer->sender.emplace(request, std::move(file.content), options.sending);
  transfer->unheard = unheard.insert(unheard.end(), transfer);
  Watch(transfer);
  Carry(transfer, transfer->sender->Start());
}

void Server::Impl::Hear(Transfer& transfer) {
  if (transfer.unheard) unheard.erase(*std::exchange(transfer.unheard, std::nullopt));
}

void Server::Impl::Watch(const TransferPointer& transfer) {
  transfer->socket->async_wait(udp::socket::wait_read, [this, transfer](const Code& code) {
    if (code == asio::error::operation_aborted || !IsRunning(transfer)) return;
    for (int i = 0; i < kReadsInARow && ReadDatagram(transfer); ++i) continue;
    if (IsRunning(transfer)) Watch(transfer);
  });
}

// False if nothing is there, or the transfer has ended.
bool Server::Impl::ReadDatagram(const TransferPointer& transfer) {
  sockaddr_in from{};
  socklen_t length = sizeof from;
  const ssize_t size =
      recvfrom(transfer->socket->native_handle(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
  if (size < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
  const std::string_view datagram(buffer.data(), static_cast<std::size_t>(size));
  if (from.sin_addr.s_addr != transfer->client.address || ntohs(from.sin_port) != transfer->client.port) {
    const auto packet = Parse(datagram);
    if (packet && std::holds_alternative<ErrorPacket>(*packet)) return true;
    const Client stranger{from.sin_addr.s_addr, ntohs(from.sin_port), transfer->client.local};
    const std::string error = Encode(ErrorPacket{ErrorCode::kUnknownTransfer, "This transfer is another client's."});
    for (const std::string& each : Through(Way::kToStranger, stranger, error, [](const std::string&) {}))
      SendFrom(*transfer->socket, from, each);
    return true;
  }
  const auto back = [&](const std::string& each) { SendFrom(*transfer->socket, from, each); };
  for (const std::string& each : Through(Way::kToTransfer, transfer->client, datagram, back)) {
    const Sender::Step step = transfer->sender->Receive(each);
    if (!transfer->sender->in_beginning()) Hear(*transfer);
    Carry(transfer, step);
    if (!IsRunning(transfer)) return false;
  }
  return true;
}

void Server::Impl::Carry(const TransferPointer& transfer, Sender::Step step) {
  if (!step.datagram.empty()) {
    const sockaddr_in to = AddressOf({transfer->client.address}, transfer->client.port);
    for (const std::string& each : Through(Way::kFromTransfer, transfer->client, step.datagram, [](const std::string&) {}))
      SendFrom(*transfer->socket, to, each);
  }
  if (step.ended) return End(transfer);
  if (step.wait <= std::chrono::milliseconds::zero()) return;
  const auto now = steady_clock::now();
  transfer->timer.expires_at(std::min<steady_clock::time_point>(now + step.wait, transfer->until));
  transfer->timer.async_wait([this, transfer](const Code& cancelled) {
    if (cancelled || !IsRunning(transfer)) return;
    if (steady_clock::now() >= transfer->until) return End(transfer, "it took too long");
    Carry(transfer, transfer->sender->TimedOut());
  });
}

void Server::Impl::End(const TransferPointer& transfer, const std::string& why) {
  if (!IsRunning(transfer)) return;
  transfers.erase(transfer->client);
  Hear(*transfer);
  transfer->timer.cancel();
  Code ignored;
  if (transfer->socket) transfer->socket->close(ignored);
  if (!transfer->ended || !transfer->sender) return;
  const Sender& sender = *transfer->sender;
  pool.Add(
      [ended = std::move(transfer->ended), end = sender.end(), problem = why.empty() ? sender.problem() : why] { ended(end, problem); },
      true);
}

// ---- The server

Server::Server(ServerOptions options, Handler handler) : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}
Server::~Server() { Stop(); }
Result<std::uint16_t> Server::Bind() { return impl_->Bind(); }
Result<std::uint16_t> Server::Start() { return impl_->Start(); }
void Server::Stop() { impl_->Stop(); }
std::uint16_t Server::port() const { return impl_->port; }

}  // namespace provdlab::tftp
