#pragma once
// One HTTP exchange over a socket: connect, send, read, and a deadline for every stretch in between. For the socket network.
//
//   auto exchange = std::make_shared<HttpExchange>(context, network, order, HttpExchange::Calls{.body = …, .ended = …});
//   exchange->Start();
//   exchange->Drop();             // it comes to nothing
//
// Calls are made from the context's handlers, never from within Start, GoOn or Drop. It keeps itself alive until it has ended.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/http/message.h"
#include "base/http/parser.h"
#include "simulator/network/network.h"

namespace provdlab::network {

using TcpSocket = boost::asio::ip::tcp::socket;

struct HttpOrder {
  boost::asio::ip::tcp::endpoint peer;
  boost::asio::ip::address from{};           // unspecified: whichever the machine takes
  std::string request{};                     // all its bytes
  bool to_head = false;                      // it is a HEAD
  boost::asio::ssl::context* tls = nullptr;  // null: no TLS
  std::string server_name{};                 // for TLS
  Milliseconds patience{10'000};             // for each stretch
  std::optional<TcpSocket> connection{};     // one that is there from an earlier exchange with this peer
  bool keep_connection = false;              // the connection is wanted afterwards, where the answer allows it
};

struct HttpEnding {
  enum class How {
    kAnswered,  // a whole answer
    kTimedOut,
    kUnreachable,  // no connection came about
    kCut,          // it ended in the middle, or what came is not HTTP
    kStopped,      // by GoOn(false)
    kExhausted,    // this machine has no descriptor, port or memory left
  };
  How how = How::kUnreachable;
  http::Response response{};              // without its body; if answered
  int status = 0;                         // also of an answer that is not whole
  std::string problem{};                  // a sentence, unless answered
  std::optional<TcpSocket> connection{};  // if wanted and possible
};

class HttpExchange : public std::enable_shared_from_this<HttpExchange> {
 public:
  struct Calls {
    // A piece of the body. True: nothing more is read until GoOn.
    std::function<bool(int status, std::string_view bytes)> body;
    std::function<void(HttpEnding)> ended;
  };

  HttpExchange(boost::asio::io_context& context, Network& network, HttpOrder order, Calls calls);
  ~HttpExchange();

  void Start();
  void GoOn(bool on);
  void Drop();

 private:
  using Code = boost::system::error_code;

  boost::asio::awaitable<void> Run();
  boost::asio::awaitable<bool> Connect();
  boost::asio::awaitable<void> Read();
  template <typename Stream>
  boost::asio::awaitable<void> Write(Stream& stream);
  void Progress();
  void Watch();
  void Take(std::string_view bytes);
  void End(HttpEnding::How how, std::string problem = {});

  boost::asio::io_context& context_;
  Network& network_;
  HttpOrder order_;
  std::shared_ptr<const Calls> calls_;  // null: nobody wants to hear any more
  TcpSocket socket_;
  std::optional<boost::asio::ssl::stream<TcpSocket&>> tls_;
  boost::asio::steady_timer gate_;  // never rings: what waits at it is let through by cancelling it
  std::optional<http::ResponseParser> parser_;
  std::string input_;      // bytes that the parser left
  bool answered_ = false;  // a byte came
  bool reused_ = false;    // the connection is an earlier one
  bool paused_ = false;
  bool ended_ = false;
  Instant deadline_{0};
  Appointment watch_;
};

}  // namespace provdlab::network
