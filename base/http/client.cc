#include "base/http/client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "base/http/parser.h"

namespace provdlab::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kEvidenceBytes = 1024 * 1024;
constexpr milliseconds kWaitForTheEnd{200};
constexpr int kMostEventsOfASocket = 256;  // a read brings up to 16 KiB

void Keep(std::string& evidence, std::string_view bytes) {
  evidence.append(bytes.substr(0, kEvidenceBytes - std::min(evidence.size(), kEvidenceBytes)));
}

// The addresses of a name, by a deadline. The system's resolver cannot be interrupted, so a thread asks it, and is left
// to itself if it takes too long.
Result<std::vector<tcp::endpoint>> Resolve(const std::string& host, std::uint16_t port, steady_clock::time_point deadline) {
  Code code;
  const asio::ip::address address = asio::ip::make_address(host, code);
  if (!code) return std::vector<tcp::endpoint>{{address, port}};

  struct Question {
    std::mutex mutex;
    std::condition_variable answered;
    bool done = false;
    std::vector<tcp::endpoint> endpoints;
    std::string problem;
  };
  const auto question = std::make_shared<Question>();
  std::thread([question, host, port] {
    asio::io_context context;
    tcp::resolver resolver(context);
    Code failure;
    const auto found = resolver.resolve(host, std::to_string(port), failure);
    const std::lock_guard lock(question->mutex);
    for (const auto& entry : found) question->endpoints.push_back(entry.endpoint());
    if (failure) question->problem = failure.message();
    question->done = true;
    question->answered.notify_all();
  }).detach();
  std::unique_lock lock(question->mutex);
  if (!question->answered.wait_until(lock, deadline, [&] { return question->done; })) {
    return Fail(ErrorKind::kTimeout, "The name " + host + " was not resolved in time.");
  }
  if (question->endpoints.empty()) return Fail(ErrorKind::kUnavailable, "The name " + host + " was not found: " + question->problem + ".");
  return question->endpoints;
}

std::string RequestHead(const Request& request, const ClientOptions& options, Framing framing) {
  const bool ipv6 = options.host.find(':') != std::string::npos;
  std::string head = request.method + " " + request.target + " HTTP/1.1\r\n";
  const auto add = [&head](std::string_view name, std::string_view value) {
    head += name;
    head += ": ";
    head += value;
    head += "\r\n";
  };
  const Headers& headers = request.headers;
  if (!headers.Has("Host")) {
    const std::string host = (ipv6 ? "[" + options.host + "]" : options.host) + ":" + std::to_string(options.port);
    add("Host", options.host_header.empty() ? host : options.host_header);
  }
  for (const Header& field : headers.fields()) add(field.name, field.value);
  if (!headers.Has("Connection")) add("Connection", "close");
  const bool framed = headers.Has("Content-Length") || headers.Has("Transfer-Encoding");
  // Where a body is usual, none is announced too: some servers wait for one otherwise.
  const bool may_have_body = !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (!framed && framing == Framing::kChunked) {
    add("Transfer-Encoding", "chunked");
  } else if (!framed && may_have_body) {
    add("Content-Length", std::to_string(request.body.size()));
  }
  head += "\r\n";
  return head;
}

std::string Chunked(std::string_view body) {
  constexpr std::size_t kChunk = 4096;
  std::string chunks;
  while (!body.empty()) {
    const std::string_view chunk = body.substr(0, kChunk);
    std::array<char, 16> size;
    chunks.append(size.data(), static_cast<std::size_t>(std::snprintf(size.data(), size.size(), "%zx\r\n", chunk.size())));
    chunks += chunk;
    chunks += "\r\n";
    body.remove_prefix(chunk.size());
  }
  return chunks + "0\r\n\r\n";
}

// Whether each request among the bytes of a raw exchange is a HEAD. Requests are taken to begin at the start and behind
// each empty line, which errs only for bodies that hold empty lines.
std::deque<bool> AsksForHead(const std::vector<RawStep>& steps) {
  std::string bytes;
  for (const RawStep& step : steps) bytes += step.bytes;
  std::deque<bool> heads;
  for (std::size_t begin = 0; begin < bytes.size();) {
    heads.push_back(bytes.compare(begin, 5, "HEAD ") == 0);
    const std::size_t end = bytes.find("\r\n\r\n", begin);
    if (end == std::string::npos) break;
    begin = end + 4;
  }
  return heads;
}

// One connection from its making to its end. Everything happens on the caller's thread, inside of Await().
class Conversation {
 public:
  Conversation(const ClientOptions& options, Exchange& exchange, steady_clock::time_point deadline, std::deque<bool> heads,
               std::size_t answers_due)
      : options_(options),
        exchange_(exchange),
        deadline_(deadline),
        heads_(std::move(heads)),
        answers_due_(answers_due),
        socket_(context_) {
    NextParser();
  }

  // False if there is no connection; the exchange says why.
  bool Connect() {
    const std::string where = options_.host + ":" + std::to_string(options_.port);
    const auto endpoints = Resolve(options_.host, options_.port, deadline_);
    if (!endpoints) {
      return End(endpoints.error().kind == ErrorKind::kTimeout ? Outcome::kTimeout : Outcome::kRefused, endpoints.error().message);
    }
    bool done = false;
    Code failure;
    const auto on_connected = [&](const Code& code) {
      done = true;
      failure = code;
    };
    if (options_.local_address.empty()) {
      asio::async_connect(socket_, *endpoints, [&](const Code& code, const tcp::endpoint&) { on_connected(code); });
    } else {
      const tcp::endpoint& there = endpoints->front();
      const asio::ip::address here = asio::ip::make_address(options_.local_address, failure);
      if (!failure) socket_.open(there.protocol(), failure);
      if (!failure) socket_.bind({here, 0}, failure);
      if (failure) return End(Outcome::kRefused, "No connection from " + options_.local_address + ": " + failure.message() + ".");
      socket_.async_connect(there, on_connected);
    }
    if (!Await([&] { return done; })) return End(Outcome::kTimeout, "No connection to " + where + " came about in time.");
    if (failure) return End(Outcome::kRefused, "No connection to " + where + ": " + failure.message() + ".");
    socket_.set_option(tcp::no_delay(true), failure);
    return !options_.tls || Handshake(where);
  }

  // Sends the bytes, which must outlive the conversation, and reads meanwhile. Returns when they have left, when a whole answer has come,
  // or the connection or the time has ended.
  void Write(std::string_view bytes) {
    // What came before may be on its way still, though an answer has come already: that was to an earlier request.
    Await([&] { return !writing_ || ended_ || malformed_ || exchange_.responses.size() >= answers_due_; });
    if (writing_) return;  // the peer has not taken it, or has said all that it had to say
    Keep(exchange_.sent, bytes);
    writing_ = true;
    const auto on_written = [this](const Code&, std::size_t) { writing_ = false; };
    if (tls_) {
      asio::async_write(*tls_, asio::buffer(bytes.data(), bytes.size()), on_written);
    } else {
      asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()), on_written);
    }
    const std::size_t before = exchange_.responses.size();
    Await([&] { return !writing_ || ended_ || malformed_ || exchange_.responses.size() > before; });
  }

  void ReadAnswers(std::size_t count) {
    Await([&] { return exchange_.responses.size() >= count || ended_ || malformed_; });
  }

  // For answers that have no body: whether the connection ends with them.
  void ReadToTheEnd(milliseconds longest) {
    deadline_ = std::min(deadline_, steady_clock::now() + longest);
    Await([&] { return ended_ || malformed_; });
  }

  void HalfClose() {
    Code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
  }

  // The time is over, or everything has been done that could be.
  void Conclude(std::size_t wanted, bool closed_by_us) {
    exchange_.excess = input_;
    if (!exchange_.responses.empty()) exchange_.response = exchange_.responses.back();
    if (malformed_) {
      End(Outcome::kMalformed, parser_->problem());
    } else if (exchange_.responses.size() >= wanted) {
      End(Outcome::kAnswered, {});
    } else if (closed_by_us) {
      End(Outcome::kClosed, "The connection was closed by the request's own last step.");
    } else if (ended_) {
      const std::string how = ended_.message();
      if (exchange_.received.empty()) {
        End(Outcome::kClosed, "The peer closed the connection without an answer (" + how + ").");
      } else if (exchange_.responses.empty()) {
        End(Outcome::kClosed, "The peer closed the connection in the middle of its answer (" + how + ").");
      } else {
        End(Outcome::kClosed, "The peer closed the connection after " + std::to_string(exchange_.responses.size()) + " of " +
                                  std::to_string(wanted) + " answers (" + how + ").");
      }
    } else {
      End(Outcome::kTimeout, exchange_.received.empty() ? "No byte of an answer came in time." : "The answer was not complete in time.");
    }
  }

 private:
  bool End(Outcome outcome, std::string problem) {
    exchange_.outcome = outcome;
    exchange_.problem = std::move(problem);
    return false;
  }

  // Runs the connection's events until `done()`; false if the deadline comes first.
  template <typename Done>
  bool Await(Done done) {
    Listen();
    while (!done()) {
      if (options_.stop.stop_requested()) return false;
      if (!RunOne()) return TakeWhatIsThere(done);
    }
    return true;
  }
  bool RunOne() {
    context_.restart();
    return context_.run_one_until(deadline_) > 0;
  }
  // Where this machine did not let the caller run until the deadline had passed, what the peer did in time waits to be looked at, and is
  // not the peer's delay. It is no more than a socket holds, so that a peer which sends on and on does not prolong its time.
  template <typename Done>
  bool TakeWhatIsThere(Done done) {
    for (int events = 0; !done() && events < kMostEventsOfASocket; ++events) {
      context_.restart();
      if (context_.poll_one() == 0) break;
    }
    return done();
  }

  bool Handshake(const std::string& where) {
    context_tls_.emplace(asio::ssl::context::tls_client);
    Code failure;
    if (options_.ca_file.empty()) {
      context_tls_->set_default_verify_paths(failure);
    } else {
      context_tls_->load_verify_file(options_.ca_file, failure);
    }
    if (failure)
      return End(Outcome::kRefused, "The certificates of " + options_.ca_file + " could not be read: " + failure.message() + ".");
    tls_.emplace(socket_, *context_tls_);
    tls_->set_verify_mode(asio::ssl::verify_peer);
    tls_->set_verify_callback(asio::ssl::host_name_verification(options_.host));
    Code numeric;
    asio::ip::make_address(options_.host, numeric);
    if (numeric) SSL_set_tlsext_host_name(tls_->native_handle(), options_.host.c_str());  // only names are sent
    bool done = false;
    tls_->async_handshake(asio::ssl::stream_base::client, [&](const Code& code) {
      done = true;
      failure = code;
    });
    const auto is_done = [&] { return done; };
    while (!done && RunOne()) {
    }
    if (!TakeWhatIsThere(is_done)) return End(Outcome::kTimeout, "TLS with " + where + " did not come about in time.");
    if (failure) {
      const long verified = SSL_get_verify_result(tls_->native_handle());
      const std::string why = verified == X509_V_OK ? failure.message() : X509_verify_cert_error_string(verified);
      return End(Outcome::kRefused, "TLS with " + where + " failed: " + why + ".");
    }
    connected_ = true;
    return true;
  }

  // Keeps one read under way for as long as the connection lasts.
  void Listen() {
    if (!socket_.is_open() || reading_ || ended_ || malformed_ || (options_.tls && !connected_) || !IsConnected()) return;
    reading_ = true;
    const auto on_read = [this](const Code& code, std::size_t bytes) {
      reading_ = false;
      if (bytes > 0) OnBytes({buffer_.data(), bytes});
      if (code) {
        ended_ = code;
        parser_->PutEnd();
        TakeAnswer();
      } else {
        Listen();
      }
    };
    if (tls_) {
      tls_->async_read_some(asio::buffer(buffer_), on_read);
    } else {
      socket_.async_read_some(asio::buffer(buffer_), on_read);
    }
  }

  bool IsConnected() {
    if (connected_) return true;
    Code failure;
    socket_.remote_endpoint(failure);
    connected_ = !failure && !options_.tls;
    return connected_;
  }

  void OnBytes(std::string_view bytes) {
    Keep(exchange_.received, bytes);
    input_.append(bytes);
    while (!input_.empty() && exchange_.responses.size() < answers_due_) {
      const std::size_t used = parser_->Put(input_);
      input_.erase(0, used);
      if (parser_->state() == ResponseParser::State::kMalformed) {
        malformed_ = true;
        break;
      }
      if (!TakeAnswer()) break;
    }
    // What comes behind the answers that are due stays in input_, unread.
  }

  // False if there is none yet.
  bool TakeAnswer() {
    if (parser_->state() != ResponseParser::State::kDone) return false;
    exchange_.responses.push_back(parser_->Take());
    NextParser();
    return true;
  }

  void NextParser() {
    const bool to_head = !heads_.empty() && heads_.front();
    if (!heads_.empty()) heads_.pop_front();
    parser_ = std::make_unique<ResponseParser>(to_head, options_.max_answer_bytes);
  }

  const ClientOptions& options_;
  Exchange& exchange_;
  steady_clock::time_point deadline_;
  std::deque<bool> heads_;
  const std::size_t answers_due_;
  std::array<char, 16 * 1024> buffer_;
  std::string input_;  // what the parser has not consumed
  std::unique_ptr<ResponseParser> parser_;
  bool reading_ = false;
  bool writing_ = false;
  bool connected_ = false;
  bool malformed_ = false;
  Code ended_;

  // Last, so that they go first: what is still under way uses the members above.
  asio::io_context context_{1};
  const std::stop_callback<std::function<void()>> wake_{options_.stop, [this] { asio::post(context_, [] {}); }};
  tcp::socket socket_;
  std::optional<asio::ssl::context> context_tls_;
  std::optional<asio::ssl::stream<tcp::socket&>> tls_;
};

// Measures an exchange and turns what the library throws (want of memory or descriptors) into a problem.
template <typename Talk>
Exchange Measure(Talk talk) {
  Exchange exchange;
  exchange.started = std::chrono::system_clock::now();
  const auto begin = steady_clock::now();
  try {
    talk(exchange);
  } catch (const std::exception& error) {
    exchange.outcome = Outcome::kRefused;
    exchange.problem = std::string("The request could not be made: ") + error.what() + ".";
  }
  exchange.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begin);
  return exchange;
}

}  // namespace

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAnswered:
      return "answered";
    case Outcome::kRefused:
      return "refused";
    case Outcome::kTimeout:
      return "timeout";
    case Outcome::kClosed:
      return "closed";
    case Outcome::kMalformed:
      return "malformed";
  }
  return "malformed";
}

Client::Client(ClientOptions options) : options_(std::move(options)) {}

Exchange Client::Send(const Request& request, milliseconds deadline, Framing framing) const {
  return Measure([&](Exchange& exchange) {
    exchange.request = request;
    const bool head = request.method == "HEAD";
    const bool chunked =
        framing == Framing::kChunked && !request.headers.Has("Transfer-Encoding") && !request.headers.Has("Content-Length");
    const std::string bytes = RequestHead(request, options_, framing) + (chunked ? Chunked(request.body) : request.body);
    Conversation conversation(options_, exchange, steady_clock::now() + deadline, {head}, 1);
    if (!conversation.Connect()) return;
    conversation.Write(bytes);
    conversation.ReadAnswers(1);
    if (!exchange.responses.empty()) {
      const int status = exchange.responses.back().status;
      if (head || status == 204 || status == 304) conversation.ReadToTheEnd(kWaitForTheEnd);
    }
    conversation.Conclude(1, false);
  });
}

Exchange Client::SendRaw(const std::vector<RawStep>& steps, milliseconds deadline, int answers) const {
  return Measure([&](Exchange& exchange) {
    const auto wanted = static_cast<std::size_t>(std::max(answers, 0));
    const auto reads =
        std::count_if(steps.begin(), steps.end(), [](const RawStep& step) { return step.kind == RawStep::Kind::kReadAnswer; });
    const std::size_t due = std::max(wanted, static_cast<std::size_t>(reads));
    Conversation conversation(options_, exchange, steady_clock::now() + deadline, AsksForHead(steps), due);
    if (!conversation.Connect()) return;
    std::size_t read = 0;
    for (const RawStep& step : steps) {
      switch (step.kind) {
        case RawStep::Kind::kSend:
          conversation.Write(step.bytes);
          break;
        case RawStep::Kind::kHalfClose:
          conversation.HalfClose();
          break;
        case RawStep::Kind::kReadAnswer:
          conversation.ReadAnswers(++read);
          break;
        case RawStep::Kind::kClose:
          return conversation.Conclude(std::max<std::size_t>(wanted, 1), true);
      }
    }
    conversation.ReadAnswers(wanted);
    conversation.Conclude(wanted, false);
  });
}

}  // namespace provdlab::http
