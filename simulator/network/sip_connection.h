#pragma once
// A TCP connection that a phone speaks SIP over. For the socket network.
//
//   auto connection = SipConnection::Open(context, "192.0.2.20", 5060, "127.1.0.7", [](const std::string& message) { … });
//   (*connection)->Send(text);        // at once, or as soon as it is connected
//   (*connection)->open();            // false once either side has closed it, or no connection came about
//
// Messages are handed over from the context's handlers, as long as somebody holds it.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/sip/stream.h"

namespace provdlab::network {

class SipConnection : public std::enable_shared_from_this<SipConnection> {
 public:
  using Receive = std::function<void(const std::string& message)>;

  // `from` empty: whichever address the machine takes. kUnavailable: the address can't be had; kInternal: no descriptor is left.
  static Result<std::shared_ptr<SipConnection>> Open(boost::asio::io_context& context, const std::string& ip, std::uint16_t port,
                                                     const std::string& from, Receive receive);

  void Send(const std::string& message);
  bool open() const { return socket_.is_open(); }

 private:
  SipConnection(boost::asio::io_context& context, Receive receive) : socket_(context), receive_(std::move(receive)) {}
  void Connect(const boost::asio::ip::tcp::endpoint& peer);
  void Write();
  void Wait();
  void ReadAll();
  void Close();

  boost::asio::ip::tcp::socket socket_;
  Receive receive_;
  sip::Stream stream_;
  std::string waiting_;  // to be sent
  std::string sending_;
  bool connected_ = false;
};

}  // namespace provdlab::network
