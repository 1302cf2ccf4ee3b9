#pragma once
// A relay between clients and one upstream, over TCP: listens on 127.0.0.1 and does with each connection what its passage says.
//
//   const Result<Upstream> upstream = FindUpstream("127.0.0.1:8666");
//   Relay relay({.upstream = *upstream}, weather.Opener());
//   const Result<std::uint16_t> port = relay.Start();
//   …
//   relay.Stop();
//   relay.counts().resets;
//
// A connection of a client is one connection to the upstream, made when it is accepted and never again: what goes on, goes on once.
// A request that a passage cut (half-closed or held it before the client had ended) gets no answer: what the upstream makes of the
// piece is nobody's. Whoever waits is let go by a deadline.
//
// One thread of its own, which asks the passages. All methods may be called from any thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "simulator/proxy/passage.h"

namespace provdlab::proxy {

struct Upstream {
  std::string address;  // numeric
  std::uint16_t port = 0;
};
// "HOST:PORT", an IPv6 address in brackets. A name is looked up, for as long as the machine's resolver takes. kInvalid for what is not
// HOST:PORT, kNotFound for a name that has no address.
Result<Upstream> FindUpstream(const std::string& text);

struct RelayOptions {
  Upstream upstream{};
  std::uint16_t port = 0;                              // 0: a free one
  std::size_t most_connections = 256;                  // one more is reset
  std::chrono::milliseconds connect_patience{10'000};  // for the upstream
  std::chrono::milliseconds patience{60'000};          // while nothing goes through a connection; also how long one that is held hangs
};

struct RelayCounts {
  std::uint64_t connections = 0;  // that were accepted
  std::uint64_t under_way = 0;    // of them
  std::uint64_t refused = 0;      // there were most_connections
  std::uint64_t unreachable = 0;  // the upstream was
  std::uint64_t bytes_to_upstream = 0, bytes_to_client = 0;
  std::uint64_t half_closes = 0;       // that nobody had made
  std::uint64_t resets = 0;            // the same
  std::uint64_t holds = 0;             // directions
  std::uint64_t answers_withheld = 0;  // connections whose upstream answered a request that was cut
  std::uint64_t timed_out = 0;         // connections that a deadline ended
};

class Relay {
 public:
  Relay(RelayOptions options, OpenPassage open);
  ~Relay();  // stops
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // The port that it got; once. kUnavailable if the port can't be had, kInvalid if the upstream is no address.
  Result<std::uint16_t> Start();
  void Stop();  // resets every connection
  RelayCounts counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace provdlab::proxy
