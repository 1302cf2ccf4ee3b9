#pragma once
// The conformance suite's HTTP client: one connection for each exchange, one deadline for all of it, and the evidence.
//
//   http::Client client({.host = "127.0.0.1", .port = 8666});
//   http::Exchange seen = client.Send({.method = "GET", .target = "/provd"}, std::chrono::seconds(10));
//   if (seen.response) Use(seen.response->status);
//
// It never resends, never follows a redirect, never talks to another host than the one it was made for. It sends exactly the
// headers that the request has, plus Host and Connection: close, and Content-Length (or chunks) for a body.
// May be used from several threads at once; every call is independent.

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/http/message.h"
#include "base/result.h"

namespace provdlab::http {

struct ClientOptions {
  std::string host{};
  std::uint16_t port = 0;
  bool tls = false;
  std::string ca_file{};        // PEM; empty: the system's
  std::string host_header{};    // empty: host:port
  std::string local_address{};  // where requests come from; empty: the system chooses
  std::size_t max_answer_bytes = 256u * 1024 * 1024;
  std::stop_token stop{};  // once it is asked for, an exchange ends as if its deadline had passed
};

// How an exchange ended. Everything but kAnswered has a sentence in Exchange::problem.
enum class Outcome {
  kAnswered,   // a whole, well formed answer
  kRefused,    // no connection: refused, unreachable, name not found, TLS not trusted
  kTimeout,    // the deadline passed; what came until then is in `received`
  kClosed,     // the peer closed or reset before the answer was whole
  kMalformed,  // what came is not HTTP
};
std::string_view OutcomeName(Outcome outcome);  // "answered", "refused", "timeout", "closed", "malformed"

struct Exchange {
  Request request{};
  Outcome outcome = Outcome::kRefused;
  std::string problem{};
  std::optional<Response> response{};  // if answered; the last of several for a raw exchange; with all headers that came
  std::vector<Response> responses{};   // every whole answer, in order (raw exchanges may have several)
  std::string sent{};                  // bytes as they went out, cut at 1 MiB
  std::string received{};              // bytes as they came in, cut at 1 MiB
  std::string excess{};                // bytes that came behind the last answer that was expected, such as a body in answer to HEAD
  std::chrono::microseconds elapsed{0};
  std::chrono::system_clock::time_point started{};

  // Whether the peer said anything that can be held against it, be it nonsense.
  bool answered() const { return outcome == Outcome::kAnswered || outcome == Outcome::kMalformed; }
};

// One step of a request that is sent byte by byte.
struct RawStep {
  enum class Kind { kSend, kHalfClose, kReadAnswer, kClose };
  Kind kind = Kind::kSend;
  std::string bytes{};  // for kSend
};

enum class Framing { kLength, kChunked };

class Client {
 public:
  explicit Client(ClientOptions options);
  const ClientOptions& options() const { return options_; }

  // A server that answers before it has read the whole request is heard. After an answer that has no body (to HEAD, 204,
  // 304) the end of the connection, which was asked for, is waited for up to 200 ms: what comes instead is `excess`.
  Exchange Send(const Request& request, std::chrono::milliseconds deadline, Framing framing = Framing::kLength) const;
  // Sends the bytes of the steps as they are; after the last step reads until `answers` answers are whole, or the end.
  Exchange SendRaw(const std::vector<RawStep>& steps, std::chrono::milliseconds deadline, int answers = 1) const;

 private:
  ClientOptions options_;
};

}  // namespace provdlab::http
