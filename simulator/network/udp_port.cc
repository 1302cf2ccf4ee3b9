#include "simulator/network/udp_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "base/descriptor.h"

namespace provdlab::network {
namespace {

constexpr int kDatagramsInARow = 64;  // before others get their turn
constexpr std::size_t kLargestDatagram = 65'536;
constexpr int kBufferBytes = 4 << 20;  // what thousands of phones say in one moment

std::optional<in_addr> Address(const std::string& ip) {
  in_addr address{};
  if (::inet_pton(AF_INET, ip.c_str(), &address) != 1) return std::nullopt;
  return address;
}

std::string Text(const in_addr& address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  return ::inet_ntop(AF_INET, &address, text.data(), text.size()) == nullptr ? "" : text.data();
}

tl::unexpected<Error> Problem(const std::string& ip, std::uint16_t port, int error) {
  const bool exhausted = error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
  return Fail(exhausted ? ErrorKind::kInternal : ErrorKind::kUnavailable,
              "no UDP socket on " + ip + ":" + std::to_string(port) + ": " + std::generic_category().message(error));
}

}  // namespace

Result<std::shared_ptr<UdpPort>> UdpPort::Open(boost::asio::io_context& context, const std::string& ip, std::uint16_t port,
                                               Receive receive) {
  const auto address = Address(ip);
  if (!address) return Fail(ErrorKind::kUnavailable, "\"" + ip + "\" is no IPv4 address");
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return Problem(ip, port, errno);
  Descriptor closing(socket);
  const int yes = 1;
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr = *address;
  here.sin_port = htons(port);
  socklen_t size = sizeof here;
  if (::setsockopt(socket, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes) != 0 ||
      ::bind(socket, reinterpret_cast<sockaddr*>(&here), size) != 0 ||
      ::getsockname(socket, reinterpret_cast<sockaddr*>(&here), &size) != 0)
    return Problem(ip, port, errno);
  ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &kBufferBytes, sizeof kBufferBytes);  // as much of it as the system grants
  std::shared_ptr<UdpPort> made(new UdpPort(context, closing.Release(), ntohs(here.sin_port), std::move(receive)));
  made->Wait();
  return made;
}

UdpPort::UdpPort(boost::asio::io_context& context, int socket, std::uint16_t port, Receive receive)
    : socket_(context, socket), port_(port), receive_(std::move(receive)) {}

void UdpPort::Close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void UdpPort::Wait() {
  socket_.async_wait(boost::asio::posix::descriptor_base::wait_read, [weak = weak_from_this()](const boost::system::error_code& code) {
    const auto self = weak.lock();
    if (!self || code || !self->socket_.is_open()) return;
    self->ReadAll();
    if (self->socket_.is_open()) self->Wait();
  });
}

void UdpPort::ReadAll() {
  static thread_local std::string buffer(kLargestDatagram, '\0');
  for (int i = 0; i < kDatagramsInARow && socket_.is_open(); ++i) {
    sockaddr_in peer{};
    iovec piece{buffer.data(), buffer.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> control{};
    msghdr message{};
    message.msg_name = &peer;
    message.msg_namelen = sizeof peer;
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t bytes = ::recvmsg(socket_.native_handle(), &message, 0);
    if (bytes < 0) {
      if (errno == EAGAIN) return;
      continue;  // an error of an earlier datagram's, told now
    }
    std::string to_ip;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != IPPROTO_IP || header->cmsg_type != IP_PKTINFO) continue;
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(header), sizeof info);
      to_ip = Text(info.ipi_addr);
    }
    receive_({Text(peer.sin_addr), ntohs(peer.sin_port), buffer.substr(0, static_cast<std::size_t>(bytes))}, to_ip);
  }
}

bool UdpPort::Send(const Datagram& to, const std::string& from_ip) {
  const auto address = Address(to.ip);
  if (!address || !socket_.is_open()) return false;
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_addr = *address;
  peer.sin_port = htons(to.port);
  iovec piece{const_cast<char*>(to.bytes.data()), to.bytes.size()};
  msghdr message{};
  message.msg_name = &peer;
  message.msg_namelen = sizeof peer;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> control{};
  if (const auto from = Address(from_ip)) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = IPPROTO_IP;
    header->cmsg_type = IP_PKTINFO;
    header->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
    in_pktinfo info{};
    info.ipi_spec_dst = *from;
    std::memcpy(CMSG_DATA(header), &info, sizeof info);
  }
  return ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL) >= 0;
}

}  // namespace provdlab::network
