#pragma once
// A network in memory and in virtual time: no sockets, no threads, no waiting. The same seed gives the same run, to the last byte of every
// journal, on every machine.
//
//   VirtualNetwork network({.seed = 7});
//   network.Serve("192.0.2.10", 8667, [&](const http::Request& request) { return site.Answer(request); });
//   auto link = network.Attach({.number = 1, .deliver = …});
//   network.RunUntil([&] { return done; }, 24h);              // a day of theirs, a moment of ours
//
// An exchange over TCP takes the latency of each of its legs and the time that its bytes need; what a line loses comes again later.
// TFTP and SIP are carried datagram by datagram, by the same code that plays them over sockets.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/http/message.h"
#include "base/tftp/server.h"
#include "simulator/network/network.h"

namespace provdlab::network {

// Whoever is where nobody of this network serves, such as real servers (real_servers.h). Asked while time stands still.
class Beyond {
 public:
  virtual ~Beyond() = default;
  // kNotFound: nobody is there; kTimeout: nothing comes; else the exchange broke off.
  virtual Result<http::Response> Answer(const http::Url& server, const http::Request& request, Milliseconds patience) = 0;
  // What it fails with is silence.
  virtual Result<tftp::Answer> Answer(const std::string& host, std::uint16_t port, const tftp::Asked& asked) = 0;
};

struct VirtualOptions {
  std::uint64_t seed = 1;                       // of the lines' noise
  Instant latency{500};                         // of every leg, besides the noise of a phone's line
  std::uint64_t bytes_per_second = 10'000'000;  // of each phone's line
  Instant lost_again{200'000};                  // until TCP sends again what was lost
  Beyond* beyond = nullptr;                     // outlives the network; none: nobody is there
};

class VirtualNetwork : public Network {
 public:
  using HttpHandler = std::function<http::Response(const http::Request&)>;
  using TftpHandler = std::function<tftp::Answer(const tftp::Asked&)>;

  explicit VirtualNetwork(VirtualOptions options);
  ~VirtualNetwork() override;

  // A server at a name or address. Of an answer, status, headers, body, delay and manner are carried; a source breaks it off. The
  // handler is called in virtual time.
  void Serve(const std::string& host, std::uint16_t port, HttpHandler handler);
  void ServeTftp(const std::string& host, std::uint16_t port, TftpHandler handler);

  Instant Now() const override { return now_; }
  std::unique_ptr<Link> Attach(Plug plug) override;
  Result<std::unique_ptr<Host>> AddHost(const std::string& ip, std::uint16_t port,
                                        std::function<void(const Datagram& from)> receive) override;
  void Ask(const Question& question, std::function<void(Result<http::Response>)> answered) override;
  // Time stands still between its events; when nothing is left to happen it goes on to the deadline.
  Result<> RunUntil(const std::function<bool()>& done, Instant deadline) override;
  void Interrupt() override;

 private:
  friend class VirtualPhone;
  friend class VirtualHost;
  struct State;

  Instant now_{0};
  const std::unique_ptr<State> state_;
};

}  // namespace provdlab::network
