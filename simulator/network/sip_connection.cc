#include "simulator/network/sip_connection.h"

#include <array>
#include <boost/asio/write.hpp>
#include <utility>

namespace provdlab::network {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;

constexpr std::size_t kReadBytes = 8 * 1024;
constexpr std::size_t kMostWaiting = 1 << 20;  // bytes that a peer has not taken; beyond it, the connection is given up

}  // namespace

Result<std::shared_ptr<SipConnection>> SipConnection::Open(asio::io_context& context, const std::string& ip, std::uint16_t port,
                                                           const std::string& from, Receive receive) {
  Code code;
  const asio::ip::address address = asio::ip::make_address(ip, code);
  if (code) return Fail(ErrorKind::kUnavailable, "\"" + ip + "\" is no address");
  std::shared_ptr<SipConnection> made(new SipConnection(context, std::move(receive)));
  made->socket_.open(address.is_v6() ? tcp::v6() : tcp::v4(), code);
  if (code) return Fail(ErrorKind::kInternal, "no TCP socket: " + code.message());
  if (!from.empty()) {
    made->socket_.bind({asio::ip::make_address(from, code), 0}, code);
    if (code) return Fail(ErrorKind::kUnavailable, "no TCP socket on " + from + ": " + code.message());
  }
  made->Connect({address, port});
  return made;
}

void SipConnection::Connect(const tcp::endpoint& peer) {
  socket_.async_connect(peer, [weak = weak_from_this()](const Code& code) {
    const auto self = weak.lock();
    if (!self) return;
    if (code) return self->Close();
    self->connected_ = true;
    Code ignored;
    self->socket_.non_blocking(true, ignored);
    self->Write();
    self->Wait();
  });
}

void SipConnection::Send(const std::string& message) {
  if (!open()) return;
  waiting_ += message;
  if (waiting_.size() > kMostWaiting) return Close();
  Write();
}

void SipConnection::Write() {
  if (!connected_ || waiting_.empty() || !sending_.empty()) return;
  sending_ = std::exchange(waiting_, {});
  asio::async_write(socket_, asio::buffer(sending_), [self = shared_from_this()](const Code& code, std::size_t) {
    self->sending_.clear();
    if (code) return self->Close();
    self->Write();
  });
}

void SipConnection::Wait() {
  socket_.async_wait(tcp::socket::wait_read, [weak = weak_from_this()](const Code& code) {
    const auto self = weak.lock();
    if (!self) return;
    if (code) return self->Close();
    self->ReadAll();
    if (self->open()) self->Wait();
  });
}

void SipConnection::ReadAll() {
  std::array<char, kReadBytes> buffer;
  Code code;
  const std::size_t bytes = socket_.read_some(asio::buffer(buffer), code);
  if (code == asio::error::would_block) return;
  stream_.Put({buffer.data(), bytes});
  for (auto message = stream_.Next(); open(); message = stream_.Next()) {
    if (!message) return Close();
    if (!*message) break;
    receive_(**message);
  }
  if (code) Close();
}

void SipConnection::Close() {
  Code ignored;
  socket_.close(ignored);
}

}  // namespace provdlab::network
