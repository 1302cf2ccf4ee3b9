#include "simulator/proxy/relay.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/text.h"

namespace provdlab::proxy {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 16 * 1024;
// Bytes of a direction that wait to go on; with so many, nothing more is read.
constexpr std::size_t kMostWaiting = 64 * 1024;
// How long nothing is accepted when the machine has no descriptor left.
constexpr milliseconds kAcceptPause{100};

}  // namespace

Result<Upstream> FindUpstream(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const std::uint64_t port = colon == std::string::npos ? 0 : ParseDecimal(std::string_view(text).substr(colon + 1)).value_or(0);
  std::string host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (port == 0 || port > 65'535 || host.empty() || (!bracketed && host.find(':') != std::string::npos))
    return Fail(ErrorKind::kInvalid, "'" + text + "' is not HOST:PORT, such as 127.0.0.1:8666");
  asio::io_context context;
  tcp::resolver resolver(context);
  Code code;
  const auto found = resolver.resolve(host, std::to_string(port), code);
  if (code || found.empty()) return Fail(ErrorKind::kNotFound, "'" + host + "' has no address: " + code.message());
  return Upstream{.address = found.begin()->endpoint().address().to_string(), .port = static_cast<std::uint16_t>(port)};
}

struct Relay::Impl {
  Impl(RelayOptions given, OpenPassage opener)
      : options(std::move(given)), open(std::move(opener)), acceptor(context), accept_pause(context) {}

  class Connection;

  Result<std::uint16_t> Start();
  void Stop();
  asio::awaitable<void> Accept();
  template <typename Change>
  void Count(Change change) {
    const std::lock_guard lock(mutex);
    change(counted);
  }

  const RelayOptions options;
  const OpenPassage open;
  tcp::endpoint upstream;
  std::mutex mutex;  // of what is counted
  RelayCounts counted;
  std::mutex lifecycle;  // Start and Stop, one at a time
  bool started = false;
  std::thread thread;
  asio::io_context context;
  tcp::acceptor acceptor;
  asio::steady_timer accept_pause;
  std::unordered_set<std::shared_ptr<Connection>> connections;  // the thread's own; after its end Stop's
};

// One connection of a client. It is in the relay's set until it has finished; each of its coroutines keeps it alive.
class Relay::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Impl& relay, tcp::socket client, std::unique_ptr<Passage> passage)
      : relay_(relay),
        client_(std::move(client)),
        upstream_(relay.context),
        passage_(std::move(passage)),
        request_(Direction::kRequest, client_, upstream_),
        answer_(Direction::kAnswer, upstream_, client_),
        watch_(relay.context) {}

  void Start() {
    deadline_ = steady_clock::now() + relay_.options.connect_patience;
    Spawn(&Connection::Watch);
    Spawn(&Connection::Connect);
  }

  // Closes both sides, with a reset or in an orderly way. Again: nothing.
  void Finish(bool reset) {
    if (std::exchange(finished_, true)) return;
    for (tcp::socket* socket : {&client_, &upstream_}) {
      Code ignored;
      if (reset) socket->set_option(asio::socket_base::linger(true, 0), ignored);
      socket->close(ignored);
    }
    for (asio::steady_timer* timer : {&watch_, &request_.news, &request_.room, &answer_.news, &answer_.room}) timer->cancel();
    relay_.Count([](RelayCounts& counts) { --counts.under_way; });
    relay_.connections.erase(shared_from_this());
  }

 private:
  struct Waiting {
    Act act;
    steady_clock::time_point due;
    bool own;  // what nobody did but the passage
  };

  // One direction: what waits to go on, and how far it has come. Its timers ring when something is queued, and when there is room again.
  struct Flow {
    Flow(Direction which, tcp::socket& sender, tcp::socket& receiver)
        : direction(which), from(sender), to(receiver), news(sender.get_executor()), room(sender.get_executor()) {}
    const Direction direction;
    tcp::socket& from;
    tcp::socket& to;
    std::deque<Waiting> waiting;
    std::size_t bytes = 0;  // that wait
    bool carries = true;    // false: what comes is thrown away
    bool closed = false;    // the receiver has seen an end
    bool held = false;
    asio::steady_timer news, room;
  };

  void Spawn(asio::awaitable<void> (Connection::*part)()) {
    asio::co_spawn(
        relay_.context, [self = shared_from_this(), part]() -> asio::awaitable<void> { co_await (self.get()->*part)(); }, asio::detached);
  }
  void Spawn(asio::awaitable<void> (Connection::*part)(Flow&), Flow& flow) {
    asio::co_spawn(
        relay_.context, [self = shared_from_this(), part, &flow]() -> asio::awaitable<void> { co_await (self.get()->*part)(flow); },
        asio::detached);
  }

  void Progress() { deadline_ = steady_clock::now() + relay_.options.patience; }

  asio::awaitable<void> Watch() {
    while (!finished_ && steady_clock::now() < deadline_) {
      watch_.expires_at(deadline_);
      co_await watch_.async_wait(kAwait);
    }
    if (finished_) co_return;
    relay_.Count([](RelayCounts& counts) { ++counts.timed_out; });
    Finish(true);
  }

  asio::awaitable<void> Connect() {
    const auto [code] = co_await upstream_.async_connect(relay_.upstream, kAwait);
    if (finished_) co_return;
    if (code) {
      relay_.Count([](RelayCounts& counts) { ++counts.unreachable; });
      Finish(true);
      co_return;
    }
    Code ignored;
    for (tcp::socket* socket : {&client_, &upstream_}) socket->set_option(tcp::no_delay(true), ignored);
    Progress();
    watch_.cancel();  // it waits for another deadline from now on
    for (Flow* flow : {&request_, &answer_}) {
      Spawn(&Connection::Read, *flow);
      Spawn(&Connection::Carry, *flow);
    }
  }

  asio::awaitable<void> Read(Flow& flow) {
    std::string buffer(kReadBytes, '\0');
    while (!finished_) {
      if (flow.bytes >= kMostWaiting) {
        flow.room.expires_at(steady_clock::time_point::max());
        co_await flow.room.async_wait(kAwait);
        continue;
      }
      const auto [code, size] = co_await flow.from.async_read_some(asio::buffer(buffer), kAwait);
      if (finished_) co_return;
      if (!code) {
        Take(flow, std::string_view(buffer).substr(0, size));
        continue;
      }
      if (code == asio::error::eof)
        End(flow);
      else
        Queue(flow, {Act::Reset()}, false);  // the sender's own, behind what came before it
      co_return;
    }
  }

  void Take(Flow& flow, std::string_view bytes) {
    if (&flow == &answer_ && IsWithheld()) return;
    if (!flow.carries) return;
    Progress();
    std::vector<Act> acts = passage_->Take(flow.direction, bytes);
    for (const Act& act : acts) {
      // Decided now, not when the act's turn comes: the upstream may be quicker.
      if (&flow == &request_ && act.kind != Act::Kind::kForward) cut_ = true;
    }
    Queue(flow, std::move(acts), true);
  }

  void End(Flow& flow) {
    if (&flow == &answer_ && IsWithheld()) return;
    // Who hangs has given up: nobody is left to be held.
    if (&flow == &request_ && (request_.held || answer_.held)) return Finish(true);
    if (flow.carries) Queue(flow, passage_->End(flow.direction), false);
  }

  // Whether what the upstream just did is kept from the client, because its request was cut here. The client gets a reset, unless the
  // request is held: then it goes on waiting.
  bool IsWithheld() {
    if (!cut_) return false;
    if (!std::exchange(withheld_, true)) relay_.Count([](RelayCounts& counts) { ++counts.answers_withheld; });
    if (!request_.held) Finish(true);
    return true;
  }

  void Queue(Flow& flow, std::vector<Act> acts, bool own) {
    const auto now = steady_clock::now();
    for (Act& act : acts) {
      flow.bytes += act.bytes.size();
      const auto due = now + act.after;
      flow.waiting.push_back({std::move(act), due, own});
    }
    flow.news.cancel();
  }

  asio::awaitable<void> Carry(Flow& flow) {
    while (!finished_) {
      const auto due = flow.waiting.empty() ? steady_clock::time_point::max() : flow.waiting.front().due;
      if (flow.waiting.empty() || steady_clock::now() < due) {
        flow.news.expires_at(due);
        co_await flow.news.async_wait(kAwait);
        continue;
      }
      const Act act = std::move(flow.waiting.front().act);
      const bool own = flow.waiting.front().own;
      flow.waiting.pop_front();
      if (&flow == &answer_ && act.kind == Act::Kind::kForward && IsWithheld()) {
        Drop(flow);
        continue;
      }
      switch (act.kind) {
        case Act::Kind::kForward: {
          const auto [code, size] = co_await asio::async_write(flow.to, asio::buffer(act.bytes), kAwait);
          CountBytes(flow, size);
          if (finished_) co_return;
          flow.bytes -= act.bytes.size();
          flow.room.cancel();
          Progress();
          // An upstream may answer and close before it has read the whole request: its answer is still to be read.
          if (code && &flow == &answer_) Finish(true);
          if (code) {
            Drop(flow);
            flow.closed = true;
          }
          break;
        }
        case Act::Kind::kHalfClose: {
          if (own) relay_.Count([](RelayCounts& counts) { ++counts.half_closes; });
          Code ignored;
          flow.to.shutdown(tcp::socket::shutdown_send, ignored);
          Drop(flow);
          flow.closed = true;
          break;
        }
        case Act::Kind::kReset:
          if (own) relay_.Count([](RelayCounts& counts) { ++counts.resets; });
          Finish(true);
          break;
        case Act::Kind::kHold:
          relay_.Count([](RelayCounts& counts) { ++counts.holds; });
          flow.held = true;
          Drop(flow);
          break;
      }
      if (request_.closed && answer_.closed) Finish(false);
    }
  }

  // Nothing goes on in this direction any more. It is still read, so that its end is seen.
  void Drop(Flow& flow) {
    flow.carries = false;
    flow.waiting.clear();
    flow.bytes = 0;
    flow.room.cancel();
  }

  void CountBytes(const Flow& flow, std::size_t size) {
    relay_.Count(
        [&](RelayCounts& counts) { (flow.direction == Direction::kRequest ? counts.bytes_to_upstream : counts.bytes_to_client) += size; });
  }

  Impl& relay_;
  tcp::socket client_, upstream_;
  const std::unique_ptr<Passage> passage_;
  Flow request_, answer_;
  asio::steady_timer watch_;
  steady_clock::time_point deadline_;
  bool cut_ = false;       // the passage ended the request before the client did
  bool withheld_ = false;  // and the upstream has answered it
  bool finished_ = false;
};

Result<std::uint16_t> Relay::Impl::Start() {
  const std::lock_guard lock(lifecycle);
  if (started) return Fail(ErrorKind::kConflict, "the relay has been started already");
  Code code;
  const auto address = asio::ip::make_address(options.upstream.address, code);
  if (code || options.upstream.port == 0)
    return Fail(ErrorKind::kInvalid, "'" + options.upstream.address + ":" + std::to_string(options.upstream.port) +
                                         "' is no address and port that a relay could connect to");
  upstream = {address, options.upstream.port};
  const tcp::endpoint here(asio::ip::address_v4::loopback(), options.port);
  acceptor.open(here.protocol(), code);
  if (!code) acceptor.set_option(tcp::acceptor::reuse_address(true), code);
  if (!code) acceptor.bind(here, code);
  if (!code) acceptor.listen(asio::socket_base::max_listen_connections, code);
  const tcp::endpoint got = code ? here : acceptor.local_endpoint(code);
  if (code) {
    Code ignored;
    acceptor.close(ignored);
    return Fail(ErrorKind::kUnavailable, "a relay can't listen on 127.0.0.1:" + std::to_string(options.port) + ": " + code.message());
  }
  started = true;
  asio::co_spawn(
      context, [this]() -> asio::awaitable<void> { co_await Accept(); }, asio::detached);
  thread = std::thread([this] { context.run(); });
  return got.port();
}

asio::awaitable<void> Relay::Impl::Accept() {
  for (;;) {
    tcp::socket client(context);
    const auto [code] = co_await acceptor.async_accept(client, kAwait);
    if (code == asio::error::operation_aborted) co_return;
    if (code) {
      accept_pause.expires_after(kAcceptPause);
      co_await accept_pause.async_wait(kAwait);
      continue;
    }
    std::uint64_t number = 0;
    const bool full = connections.size() >= options.most_connections;
    Count([&](RelayCounts& counts) {
      if (full) {
        ++counts.refused;
        return;
      }
      ++counts.under_way;
      number = ++counts.connections;
    });
    if (full) {
      Code ignored;
      client.set_option(asio::socket_base::linger(true, 0), ignored);
      client.close(ignored);
      continue;
    }
    const auto connection = std::make_shared<Connection>(*this, std::move(client), open(number));
    connections.insert(connection);
    connection->Start();
  }
}

void Relay::Impl::Stop() {
  const std::lock_guard lock(lifecycle);
  if (!thread.joinable()) return;
  context.stop();
  thread.join();
  // The thread is gone: what is left is closed here, and no handler runs any more.
  Code ignored;
  acceptor.close(ignored);
  while (!connections.empty()) {
    const auto connection = *connections.begin();
    connection->Finish(true);
  }
}

Relay::Relay(RelayOptions options, OpenPassage open) : impl_(std::make_unique<Impl>(std::move(options), std::move(open))) {}
Relay::~Relay() { Stop(); }

Result<std::uint16_t> Relay::Start() { return impl_->Start(); }
void Relay::Stop() { impl_->Stop(); }

RelayCounts Relay::counts() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->counted;
}

}  // namespace provdlab::proxy
