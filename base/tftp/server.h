#pragma once
// A TFTP server that gives files: one thread for all transfers, a few more for finding the files.
//
//   tftp::Server server({.bind = "0.0.0.0", .port = 69}, [](const tftp::Asked& asked) -> tftp::Answer {
//     if (asked.request.file != "hello") return tftp::ErrorPacket{tftp::ErrorCode::kNotFound, "There is no such file."};
//     return tftp::File{.content = …};
//   });
//   auto port = server.Start();
//   ...
//   server.Stop();                       // or the destructor
//
// The handler is called on one of `threads` threads, for reading and writing requests alike, and may take its time: what it does holds up
// no transfer and nobody else's threads. Requests beyond `most_waiting` are dropped; clients ask again. With `most_transfers` under way a
// new one takes the place of the oldest whose client was never heard, as those of a flood are; if there is none, it is dropped. A request
// that comes again while it waits or before its transfer has got anywhere is dropped too: it starts no second one. A new request from a
// port whose transfer runs ends that.
//
// Answers leave from the address that the client wrote to, also if the server is bound to all addresses; each transfer has a port of its
// own. Only errors that begin no transfer come from the well-known port. Datagrams from a stranger to a transfer's port get error 5 and
// change nothing.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/tftp/packet.h"
#include "base/tftp/sender.h"

namespace provdlab::tftp {

// What becomes of a datagram between the wire and the server.
struct Passed {
  std::vector<std::string> on{};    // goes on, in this order
  std::vector<std::string> back{};  // returns to where it came from
};
// What goes which way: a request to the well-known port, an error from there, what a client sends to the port of its transfer, what it is
// sent from there, and what a stranger is told.
enum class Way { kRequest, kRefusal, kToTransfer, kFromTransfer, kToStranger };

struct ServerOptions {
  std::string bind = "127.0.0.1";  // an IPv4 address
  std::uint16_t port = 0;          // 0: a free one
  int threads = 4;                 // for the handler
  std::size_t most_waiting = 1'000;
  std::size_t most_transfers = 2'000;
  std::chrono::milliseconds longest_transfer{3'600'000};  // then it ends, whatever the client does
  SenderOptions sending{};
  // Stands between the server and its clients, as a network or a server that does wrong would. Called on the thread of the transfers with
  // the client's ADDRESS:PORT. Empty: nobody does.
  std::function<Passed(Way way, const std::string& client, std::string_view datagram)> through{};
};

// A request with the addresses that it came from and to, as dotted quads.
struct Asked {
  Request request{};
  std::string peer{};
  std::uint16_t peer_port = 0;
  std::string local{};
};

struct File {
  Content content{};
  // Called once, on one of the handler's threads, when the transfer has ended, unless the server stops. Empty: nobody.
  std::function<void(SenderEnd end, const std::string& problem)> ended{};
};
using Answer = std::variant<File, ErrorPacket>;

class Server {
 public:
  using Handler = std::function<Answer(const Asked&)>;

  Server(ServerOptions options, Handler handler);
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Takes the port, for those who must know it first; what comes waits in the socket until Start. As Start it fails.
  Result<std::uint16_t> Bind();
  // Binds and answers; the port that it got. Fails with kUnavailable and a sentence that names address and port.
  Result<std::uint16_t> Start();
  // Ends all transfers where they are and joins the threads; waits for the handlers that run. Idempotent. Not to be called by a handler.
  void Stop();
  std::uint16_t port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace provdlab::tftp
