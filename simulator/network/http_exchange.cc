#include "simulator/network/http_exchange.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <limits>
#include <utility>

namespace provdlab::network {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using How = HttpEnding::How;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 16 * 1024;

// Whether an error says that this machine, not the peer, is at its end.
bool IsExhausted(const boost::system::error_code& code) {
  using namespace boost::system::errc;
  for (const errc_t mine :
       {too_many_files_open, too_many_files_open_in_system, no_buffer_space, not_enough_memory, address_not_available, address_in_use}) {
    if (code == make_error_condition(mine)) return true;
  }
  return false;
}

std::string Named(const tcp::endpoint& endpoint) { return endpoint.address().to_string() + ":" + std::to_string(endpoint.port()); }

}  // namespace

HttpExchange::HttpExchange(asio::io_context& context, Network& network, HttpOrder order, Calls calls)
    : context_(context),
      network_(network),
      order_(std::move(order)),
      calls_(std::make_shared<const Calls>(std::move(calls))),
      socket_(context),
      gate_(context) {}

HttpExchange::~HttpExchange() { network_.Forget(watch_); }

void HttpExchange::Start() {
  Progress();
  Watch();
  asio::co_spawn(
      context_, [self = shared_from_this()]() -> asio::awaitable<void> { co_await self->Run(); }, asio::detached);
}

void HttpExchange::GoOn(bool on) {
  if (ended_ || !paused_) return;
  if (on) {
    paused_ = false;
    Progress();
    gate_.cancel();
    return;
  }
  asio::post(context_, [self = shared_from_this()] { self->End(How::kStopped, "The phone had seen enough."); });
}

void HttpExchange::Drop() {
  calls_ = nullptr;
  End(How::kStopped);
}

// There was progress: the deadline is a full patience away again.
void HttpExchange::Progress() { deadline_ = network_.Now() + order_.patience; }

// Looks at the deadline when it was set last, and again later if it has moved meanwhile: so that progress costs nothing.
void HttpExchange::Watch() {
  watch_ = network_.After(deadline_ - network_.Now(), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->ended_) return;
    if (self->network_.Now() < self->deadline_) return self->Watch();
    if (self->paused_) {
      self->Progress();  // it waits for the phone, not for the peer
      return self->Watch();
    }
    self->End(How::kTimedOut,
              "Nothing came from " + Named(self->order_.peer) + " for " + std::to_string(self->order_.patience.count()) + " ms.");
  });
}

void HttpExchange::End(How how, std::string problem) {
  if (ended_) return;
  ended_ = true;
  network_.Forget(watch_);
  HttpEnding ending{.how = how, .problem = std::move(problem)};
  if (parser_) ending.status = parser_->status();
  if (how == How::kAnswered) {
    const bool keep = order_.keep_connection && !tls_ && parser_->keep_alive() && input_.empty();
    ending.response = parser_->Take();
    if (keep) ending.connection.emplace(std::move(socket_));
  }
  gate_.cancel();
  Code ignored;
  socket_.close(ignored);
  if (const auto calls = std::exchange(calls_, nullptr)) calls->ended(std::move(ending));
}

asio::awaitable<void> HttpExchange::Run() {
  if (order_.connection) {
    socket_ = *std::exchange(order_.connection, std::nullopt);
    reused_ = true;
  }
  while (!ended_) {
    if (!reused_ && !co_await Connect()) co_return;
    parser_.emplace(order_.to_head, std::numeric_limits<std::uint64_t>::max(), [this](std::string_view bytes) { Take(bytes); });
    // An answer may come before the whole request is sent, and the connection be closed behind it: so an error here decides nothing.
    if (tls_)
      co_await Write(*tls_);
    else
      co_await Write(socket_);
    co_await Read();
    if (ended_ || !reused_) co_return;
    // The peer closed the old connection before it saw the request.
    reused_ = false;
    Code ignored;
    socket_.close(ignored);
    socket_ = TcpSocket(context_);
  }
}

asio::awaitable<bool> HttpExchange::Connect() {
  Code code;
  socket_.open(order_.peer.protocol(), code);
  if (!code && !order_.from.is_unspecified()) {
    // The port is chosen when the peer is known, so that one address has 28,000 ports for each peer, not for all.
    const int yes = 1;
    ::setsockopt(socket_.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    socket_.bind({order_.from, 0}, code);
    if (code) code = boost::system::errc::make_error_code(boost::system::errc::address_not_available);
  }
  if (!code) {
    std::tie(code) = co_await socket_.async_connect(order_.peer, kAwait);
    if (ended_) co_return false;
  }
  if (code) {
    if (IsExhausted(code))
      End(How::kExhausted, "No connection from " + order_.from.to_string() + " to " + Named(order_.peer) + ": " + code.message());
    else
      End(How::kUnreachable, "No connection to " + Named(order_.peer) + ": " + code.message());
    co_return false;
  }
  Progress();
  socket_.set_option(tcp::no_delay(true), code);
  if (order_.tls != nullptr) {
    tls_.emplace(socket_, *order_.tls);
    Code numeric;
    asio::ip::make_address(order_.server_name, numeric);
    if (numeric) SSL_set_tlsext_host_name(tls_->native_handle(), order_.server_name.c_str());  // only names are sent
    // The context says whether a certificate has to be trusted; if so, it must be for this name.
    if (SSL_get_verify_mode(tls_->native_handle()) != SSL_VERIFY_NONE)
      tls_->set_verify_callback(asio::ssl::host_name_verification(order_.server_name));
    std::tie(code) = co_await tls_->async_handshake(asio::ssl::stream_base::client, kAwait);
    if (ended_) co_return false;
    if (code) {
      End(How::kUnreachable, "No TLS with " + Named(order_.peer) + ": " + code.message());
      co_return false;
    }
    Progress();
  }
  co_return true;
}

template <typename Stream>
asio::awaitable<void> HttpExchange::Write(Stream& stream) {
  const auto [code, bytes] = co_await asio::async_write(stream, asio::buffer(order_.request), kAwait);
  if (!code) Progress();
}

void HttpExchange::Take(std::string_view bytes) {
  if (const auto calls = calls_; calls && calls->body(parser_->status(), bytes)) paused_ = true;
}

asio::awaitable<void> HttpExchange::Read() {
  using State = http::ResponseParser::State;
  std::string buffer(kReadBytes, '\0');
  while (!ended_) {
    if (paused_ && parser_->state() != State::kDone) {
      gate_.expires_at(asio::steady_timer::time_point::max());
      co_await gate_.async_wait(kAwait);
      continue;
    }
    Code code;
    std::size_t bytes = 0;
    if (tls_)
      std::tie(code, bytes) = co_await tls_->async_read_some(asio::buffer(buffer), kAwait);
    else
      std::tie(code, bytes) = co_await socket_.async_read_some(asio::buffer(buffer), kAwait);
    if (ended_) co_return;
    if (bytes > 0) {
      answered_ = true;
      Progress();
      input_.append(buffer, 0, bytes);
      input_.erase(0, parser_->Put(input_));
    }
    if (code) parser_->PutEnd();
    if (ended_) co_return;  // by what was called with the body
    switch (parser_->state()) {
      case State::kDone:
        End(How::kAnswered);
        break;
      case State::kMalformed:
        End(How::kCut, parser_->problem());
        break;
      default:
        if (!code) break;
        if (reused_ && !answered_) co_return;
        End(How::kCut, Named(order_.peer) + " closed the connection " + (answered_ ? "in the middle of its answer" : "without an answer") +
                           ": " + code.message());
    }
  }
}

}  // namespace provdlab::network
