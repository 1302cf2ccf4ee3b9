#pragma once
// A UDP socket that knows which of this machine's addresses was written to, and answers from any of them. For the socket network.
//
//   auto port = UdpPort::Open(context, "0.0.0.0", 5060, [](const Datagram& from, const std::string& to_ip) { … });
//   (*port)->Send({"127.0.0.1", 5060, bytes}, "127.1.0.7");       // from that address
//
// What is received is handed over from the context's handlers, until Close. Without IP_PKTINFO, what leaves a socket that is bound to all
// addresses has whichever the kernel likes best, and a peer that wrote to another one drops it.

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "simulator/network/network.h"

namespace provdlab::network {

class UdpPort : public std::enable_shared_from_this<UdpPort> {
 public:
  using Receive = std::function<void(const Datagram& from, const std::string& to_ip)>;

  // kUnavailable: the address or port can't be had; kInternal: this machine has no descriptor left.
  static Result<std::shared_ptr<UdpPort>> Open(boost::asio::io_context& context, const std::string& ip, std::uint16_t port,
                                               Receive receive);
  ~UdpPort() { Close(); }

  // False if nothing was sent: nobody can be reached there, or the socket is full. UDP says no more.
  bool Send(const Datagram& to, const std::string& from_ip = "");
  std::uint16_t port() const { return port_; }
  void Close();

 private:
  UdpPort(boost::asio::io_context& context, int socket, std::uint16_t port, Receive receive);
  void Wait();
  void ReadAll();

  boost::asio::posix::stream_descriptor socket_;
  const std::uint16_t port_;
  Receive receive_;
};

}  // namespace provdlab::network
