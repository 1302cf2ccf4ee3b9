#include "base/http/server.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <condition_variable>
#include <cstring>
#include <limits>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/http/date.h"
#include "base/http/parser.h"
#include "base/text.h"
#include "base/workers.h"

namespace provdlab::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// An input buffer begins small, because most connections are idle, and grows while reads fill it.
constexpr std::size_t kFirstInputBytes = 4 * 1024;
constexpr std::size_t kFullInputBytes = 64 * 1024;
// Pipelined requests that are answered in one go before other connections of the thread get their turn.
constexpr int kAnswersInARow = 16;
// After the last answer of a connection its input is read and thrown away for so long: a client that is still sending would
// otherwise get a reset, which destroys the answer before it is read.
constexpr milliseconds kLinger{10'000};
// How long nothing is accepted when the machine has no descriptor or memory for one more connection.
constexpr milliseconds kAcceptPause{100};

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

std::int64_t Ticks(steady_clock::time_point instant) { return instant.time_since_epoch().count(); }

// Now; formatted once a second and thread.
const std::string& DateNow() {
  thread_local std::chrono::sys_seconds formatted = std::chrono::sys_seconds::min();
  thread_local std::string text;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (now != formatted) {
    text = HttpDate(now);
    formatted = now;
  }
  return text;
}

bool HasNoBody(int status) { return status < 200 || status == 204 || status == 304; }

// Appends "Name: value". What a handler puts into a header may come from a client: a line break must not begin a new field.
void AppendField(std::string& head, std::string_view name, std::string_view value) {
  const auto append = [&head](std::string_view text) {
    const std::size_t begin = head.size();
    head += text;
    for (std::size_t i = begin; i < head.size(); ++i) {
      if (head[i] == '\r' || head[i] == '\n' || head[i] == '\0') head[i] = ' ';
    }
  };
  append(name);
  head += ": ";
  append(value);
  head += "\r\n";
}

class Connection;

// What all connections share. It outlives the server if a BodySource's thread still holds a connection.
struct Core : std::enable_shared_from_this<Core> {
  Core(ServerOptions given, Server::Handler answer)
      : options(std::move(given)),
        limits{options.max_target_bytes, options.max_header_bytes, options.max_body_bytes},
        handler(std::move(answer)),
        context(std::max(options.threads, 1)),
        control(asio::make_strand(context)),
        acceptor(control),
        sweep_timer(control),
        pause_timer(control),
        waiting(std::make_unique<Workers>(std::max<std::size_t>(options.waiting_threads, 1))) {}

  Result<std::uint16_t> Bind();
  Result<std::uint16_t> Listen();
  tl::unexpected<Error> CouldNotListen(const std::string& why) const;
  tl::unexpected<Error> CouldNotListen(const Code& code);
  void Accept();
  void Sweep();
  void Run();
  void Stop(milliseconds grace);
  Response Handle(const Request& request) const;
  void Remove(const std::shared_ptr<Connection>& connection);
  std::vector<std::shared_ptr<Connection>> Connections();

  const ServerOptions options;
  const RequestLimits limits;
  const Server::Handler handler;

  asio::io_context context;
  asio::strand<asio::io_context::executor_type> control;  // runs what touches the acceptor and the two timers
  tcp::acceptor acceptor;
  asio::steady_timer sweep_timer;
  asio::steady_timer pause_timer;
  milliseconds sweep_interval{250};
  bool out_of_descriptors = false;
  bool swept_out = false;  // deadlines hold until the end of Stop()'s grace
  std::vector<std::thread> threads;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::uint16_t port = 0;

  std::atomic<bool> stopping{false};
  std::atomic<std::uint64_t> accepted{0};
  std::mutex mutex;  // of what follows
  std::condition_variable emptied;
  std::unordered_set<std::shared_ptr<Connection>> connections;

  std::mutex posting;     // held while something is posted from a foreign thread
  bool finished = false;  // nothing runs any more, so nothing may be posted

  std::unique_ptr<Workers> waiting;  // handle what may wait; they end with Stop()
};

Response TextAnswer(int status, std::string sentence) {
  return Response{.status = status, .headers = {{"Content-Type", "text/plain"}}, .body = std::move(sentence)};
}

Response Core::Handle(const Request& request) const {
  try {
    return handler(request);
  } catch (const std::exception& error) {
    spdlog::error("The handler of {} {} failed: {}", request.method, request.target, error.what());
  } catch (...) {
    spdlog::error("The handler of {} {} failed", request.method, request.target);
  }
  return TextAnswer(500, "The server failed to answer this request; its log says more.");
}

// One client. Everything but the deadline and Deliver() happens on the connection's strand.
//
//   kReading -> kAnswering -> kReading -> ... -> kLingering -> kClosed        (kHanging instead of an answer)
//
// At most one read and one write are under way. Deadlines are a number that the core's sweep looks at, so that a request
// arms no timer.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Core> core, tcp::socket socket)
      : core_(std::move(core)), strand_(socket.get_executor()), socket_(std::move(socket)), parser_(core_->limits) {}

  void Start() {
    Code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    const tcp::endpoint peer = socket_.remote_endpoint(ignored);
    const asio::ip::address address = peer.address();
    const bool mapped = address.is_v6() && address.to_v6().is_v4_mapped();
    peer_ = mapped ? asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string() : address.to_string();
    number_ = ++core_->accepted;
    SetDeadline(core_->options.idle_timeout);
    Read();
  }

  // From any thread: whether OnDeadline() has something to do.
  bool IsLate(std::int64_t now) const { return deadline_.load(std::memory_order_relaxed) <= now; }

  void OnDeadline() {
    if (phase_ == Phase::kClosed || !IsLate(Ticks(steady_clock::now()))) return;
    if (phase_ == Phase::kReading && parser_.state() != RequestParser::State::kNothing) {
      Refuse({408, "The request was not complete within " + std::to_string(core_->options.request_timeout.count()) + " ms."});
    } else {
      Close();
    }
  }

  // The server stops: an answer under way may go on, nothing else.
  void Drain() {
    keep_alive_ = false;
    if (phase_ != Phase::kAnswering) Close();
  }

  void Close() {
    if (phase_ == Phase::kClosed) return;
    const std::shared_ptr<Connection> self = shared_from_this();
    phase_ = Phase::kClosed;
    deadline_.store(kNever, std::memory_order_relaxed);
    Code ignored;
    socket_.close(ignored);
    if (timer_) timer_->cancel();
    response_ = {};
    core_->Remove(self);
  }

  const asio::any_io_executor& strand() const { return strand_; }

 private:
  enum class Phase { kReading, kAnswering, kHanging, kLingering, kClosed };
  enum class Then { kReadOn, kEndAnswer, kNextPiece, kCut };

  void SetDeadline(milliseconds from_now) { deadline_.store(Ticks(steady_clock::now() + from_now), std::memory_order_relaxed); }
  void NoDeadline() { deadline_.store(kNever, std::memory_order_relaxed); }

  std::string_view Input() const { return {input_.get() + input_begin_, input_end_ - input_begin_}; }

  void Consume(std::size_t bytes) {
    input_begin_ += bytes;
    if (input_begin_ == input_end_) input_begin_ = input_end_ = 0;
  }

  // ---- Reading

  // Room at the end of the buffer for one read.
  void MakeRoom() {
    if (input_begin_ > 0) {
      std::memmove(input_.get(), input_.get() + input_begin_, input_end_ - input_begin_);
      input_end_ -= input_begin_;
      input_begin_ = 0;
    }
    const bool filled = input_size_ < kFullInputBytes && last_read_filled_;
    if (input_end_ < input_size_ && !filled) return;
    const std::size_t size = input_size_ == 0 ? kFirstInputBytes : 2 * input_size_;
    std::unique_ptr<char[]> larger(new char[size]);
    if (input_end_ > 0) std::memcpy(larger.get(), input_.get(), input_end_);
    input_ = std::move(larger);
    input_size_ = size;
    last_read_filled_ = false;
  }

  void Read() {
    if (reading_ || input_ended_) return;
    MakeRoom();
    reading_ = true;
    socket_.async_read_some(asio::buffer(input_.get() + input_end_, input_size_ - input_end_),
                            [self = shared_from_this()](const Code& code, std::size_t bytes) { self->OnRead(code, bytes); });
  }

  // While something else is waited for, reading tells whether the client is still there. Pipelined requests that come
  // meanwhile stay in the buffer, up to its full size.
  void Watch() {
    if (input_end_ - input_begin_ < kFullInputBytes) Read();
  }

  void OnRead(const Code& code, std::size_t bytes) {
    reading_ = false;
    if (phase_ == Phase::kClosed) return;
    last_read_filled_ = input_end_ + bytes == input_size_;
    input_end_ += bytes;
    if (code == asio::error::eof) {
      input_ended_ = true;
    } else if (code) {
      return Close();
    }
    switch (phase_) {
      case Phase::kReading:
        return Advance();
      case Phase::kAnswering:
        if (input_ended_ && awaiting_piece_) return Close();
        return Watch();
      case Phase::kHanging:
      case Phase::kLingering:
        Consume(input_end_ - input_begin_);
        return input_ended_ ? Close() : Read();
      case Phase::kClosed:
        return;
    }
  }

  // Answers requests for as long as there are whole ones in the buffer, then reads.
  void Advance() {
    for (int answered = 0;; ++answered) {
      if (answered == kAnswersInARow) {
        asio::post(strand_, [self = shared_from_this()] {
          if (self->phase_ == Phase::kReading) self->Advance();
        });
        return;
      }
      const bool fresh = parser_.state() == RequestParser::State::kNothing;
      if (input_begin_ < input_end_) Consume(parser_.Put(Input()));
      switch (parser_.state()) {
        case RequestParser::State::kRefused:
          return Refuse(parser_.refusal());
        case RequestParser::State::kDone:
          break;
        case RequestParser::State::kNothing:
          return input_ended_ || core_->stopping ? Close() : Read();
        case RequestParser::State::kHead:
        case RequestParser::State::kBody:
          if (input_ended_) return Refuse({400, "The request ended before it was whole."});
          if (core_->stopping) return Close();
          if (fresh) SetDeadline(core_->options.request_timeout);
          if (parser_.expects_continue() && !told_to_continue_ && input_begin_ == input_end_) {
            told_to_continue_ = true;
            head_ = "HTTP/1.1 100 Continue\r\n\r\n";
            if (!Send(Then::kReadOn, {})) return;
          }
          return Read();
      }
      if (!Serve()) return;
    }
  }

  // ---- Answering. These return true if the answer has left and the next request may be looked at at once; otherwise the
  // connection goes on by itself later, or is closed.

  bool Serve() {
    keep_alive_ = parser_.keep_alive() && !core_->stopping;
    http10_ = parser_.is_http10();
    told_to_continue_ = false;
    Request request = parser_.Take();
    request.peer = peer_;
    request.connection = number_;
    head_only_ = request.method == "HEAD";
    phase_ = Phase::kAnswering;
    NoDeadline();
    if (core_->options.may_wait && core_->options.may_wait(request)) {
      WaitForAnswer(std::move(request));
      return false;
    }
    response_ = core_->Handle(request);
    return BeginAnswer();
  }

  bool BeginAnswer() {
    if (response_.delay <= milliseconds::zero()) return Answer();
    Watch();
    After(response_.delay, [](Connection& self) {
      if (self.Answer()) self.Advance();
    });
    return false;
  }

  // ---- Answers that are made on other threads

  void WaitForAnswer(Request request) {
    Watch();
    try {
      core_->waiting->Start([self = shared_from_this(), request = std::move(request)](
                                const std::stop_token&) { self->Deliver(&Connection::OnAnswer, self->core_->Handle(request)); },
                            [] {});
    } catch (const std::exception& error) {
      spdlog::error("There is no thread for a request: {}", error.what());
      Close();
    }
  }

  void OnAnswer(Response response) {
    if (phase_ != Phase::kAnswering) return;
    response_ = std::move(response);
    if (BeginAnswer()) Advance();
  }

  // From any thread, also after the server has stopped: has the method called with what is delivered.
  template <typename... Parameters, typename... Delivered>
  void Deliver(void (Connection::*take)(Parameters...), Delivered&&... delivered) {
    const std::lock_guard lock(core_->posting);
    if (core_->finished) return;
    asio::post(strand_, [self = shared_from_this(), take, ... given = std::forward<Delivered>(delivered)]() mutable {
      (self.get()->*take)(std::move(given)...);
    });
  }

  void Refuse(const Refusal& refusal) {
    keep_alive_ = false;
    http10_ = false;
    head_only_ = parser_.is_head();
    phase_ = Phase::kAnswering;
    NoDeadline();
    response_ = TextAnswer(refusal.status, refusal.sentence);
    Answer();
  }

  bool Answer() {
    switch (response_.manner) {
      case Response::Manner::kHang:
        phase_ = Phase::kHanging;
        Consume(input_end_ - input_begin_);
        if (input_ended_) {
          Close();
        } else {
          Read();
        }
        return false;
      case Response::Manner::kClose:
        Linger();
        return false;
      case Response::Manner::kReset: {
        Code ignored;
        socket_.set_option(asio::socket_base::linger(true, 0), ignored);
        Close();
        return false;
      }
      case Response::Manner::kRaw:
        keep_alive_ = false;
        head_.clear();
        return Send(Then::kEndAnswer, response_.body) && EndAnswer();
      case Response::Manner::kAnswer:
        break;
    }
    const bool no_body = HasNoBody(response_.status);
    const bool streams = response_.source != nullptr && !no_body;
    WriteHead(no_body, streams);
    if (head_only_ || no_body) return Send(Then::kEndAnswer, {}) && EndAnswer();
    if (!streams) return Send(Then::kEndAnswer, response_.body) && EndAnswer();
    streamed_ = 0;
    if (Send(Then::kNextPiece, {})) NextPiece();
    return false;
  }

  // The status line and the header fields, into head_. Decides about chunks and whether the connection goes on.
  void WriteHead(bool no_body, bool streams) {
    chunked_ = streams && !response_.declared_length && !http10_;
    if (streams && !response_.declared_length && http10_) keep_alive_ = false;  // the end of the connection ends the body
    if (!streams && !head_only_ && response_.declared_length && *response_.declared_length != (no_body ? 0 : response_.body.size())) {
      keep_alive_ = false;
    }
    const Headers& headers = response_.headers;
    bool dated = false;
    bool named = core_->options.server_header.empty();
    head_.clear();
    head_ += "HTTP/1.1 ";
    head_ += std::to_string(response_.status);
    head_ += ' ';
    if (response_.reason.empty()) {
      head_ += ReasonPhrase(response_.status);
    } else {
      for (const char c : response_.reason) head_ += c == '\r' || c == '\n' ? ' ' : c;
    }
    head_ += "\r\n";
    for (const Header& field : headers.fields()) {
      if (EqualIgnoringCase(field.name, "Content-Length") || EqualIgnoringCase(field.name, "Transfer-Encoding")) continue;
      if (EqualIgnoringCase(field.name, "Connection")) {
        if (EqualIgnoringCase(field.value, "close")) keep_alive_ = false;
        continue;
      }
      dated = dated || EqualIgnoringCase(field.name, "Date");
      named = named || EqualIgnoringCase(field.name, "Server");
      AppendField(head_, field.name, field.value);
    }
    if (!dated) AppendField(head_, "Date", DateNow());
    if (!named) AppendField(head_, "Server", core_->options.server_header);
    if (response_.declared_length) {
      AppendField(head_, "Content-Length", std::to_string(*response_.declared_length));
    } else if (chunked_) {
      head_ += "Transfer-Encoding: chunked\r\n";
    } else if (!no_body && !streams) {
      AppendField(head_, "Content-Length", std::to_string(response_.body.size()));
    }
    if (!keep_alive_) {
      head_ += "Connection: close\r\n";
    } else if (http10_) {
      head_ += "Connection: keep-alive\r\n";
    }
    head_ += "\r\n";
  }

  bool EndAnswer() {
    response_ = {};
    if (!keep_alive_) {
      Linger();
      return false;
    }
    phase_ = Phase::kReading;
    SetDeadline(core_->options.idle_timeout);
    return true;
  }

  // The last answer has been given. The client gets to read it, whatever it is still sending.
  void Linger() {
    response_ = {};
    phase_ = Phase::kLingering;
    Code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    if (input_ended_ || core_->stopping) return Close();
    Consume(input_end_ - input_begin_);
    SetDeadline(std::min(kLinger, core_->options.request_timeout));
    Read();
  }

  // ---- Bodies that are made while they are sent

  void NextPiece() {
    awaiting_piece_ = true;
    NoDeadline();
    Watch();
    const std::uint64_t number = ++pieces_;
    const std::shared_ptr<BodySource> source = response_.source;
    try {
      source->Next([weak = weak_from_this(), number](BodySource::Piece piece) {
        if (const std::shared_ptr<Connection> self = weak.lock()) self->Deliver(&Connection::OnPiece, number, std::move(piece));
      });
    } catch (const std::exception& error) {
      spdlog::error("The source of a body failed: {}", error.what());
      Close();
    }
  }

  void OnPiece(std::uint64_t number, BodySource::Piece piece) {
    if (phase_ != Phase::kAnswering || !awaiting_piece_ || number != pieces_) return;
    ++pieces_;  // a second `ready` for the same piece counts for nothing
    piece_ = std::move(piece);
    if (piece_.wait > milliseconds::zero()) {
      After(piece_.wait, [](Connection& self) { self.SendPiece(); });
    } else {
      SendPiece();
    }
  }

  void SendPiece() {
    using Step = BodySource::Piece::Then;
    awaiting_piece_ = false;
    streamed_ += piece_.bytes.size();
    head_.clear();
    if (chunked_) {
      if (!piece_.bytes.empty()) {
        head_ = fmt::format("{:x}\r\n", piece_.bytes.size());
        piece_.bytes += "\r\n";
      }
      if (piece_.then == Step::kEnd) piece_.bytes += "0\r\n\r\n";
    }
    if (piece_.then == Step::kEnd && response_.declared_length && *response_.declared_length != streamed_) keep_alive_ = false;
    const Then then = piece_.then == Step::kMore ? Then::kNextPiece : piece_.then == Step::kEnd ? Then::kEndAnswer : Then::kCut;
    if (Send(then, piece_.bytes)) Continue();
  }

  // ---- Writing

  // Sends head_ and `body`, which must stay until then. True if all has left; otherwise Continue() is called when it has.
  bool Send(Then then, std::string_view body) {
    then_ = then;
    output_ = {asio::const_buffer(head_.data(), head_.size()), asio::const_buffer(body.data(), body.size())};
    return Flush();
  }

  bool Flush() {
    for (;;) {
      if (output_[0].size() + output_[1].size() == 0) return true;
      Code code;
      std::size_t sent = socket_.write_some(output_, code);
      if (code == asio::error::would_block || code == asio::error::try_again) break;
      if (code) {
        Close();
        return false;
      }
      for (asio::const_buffer& part : output_) {
        const std::size_t of_part = std::min(sent, part.size());
        part += of_part;
        sent -= of_part;
      }
    }
    SetDeadline(core_->options.write_timeout);
    socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](const Code& code) {
      if (self->phase_ == Phase::kClosed) return;
      if (code) return self->Close();
      if (self->Flush()) self->Continue();
    });
    return false;
  }

  void Continue() {
    switch (then_) {
      case Then::kReadOn:
        SetDeadline(core_->options.request_timeout);
        return Read();
      case Then::kEndAnswer:
        if (EndAnswer()) Advance();
        return;
      case Then::kNextPiece:
        return NextPiece();
      case Then::kCut:
        return Linger();
    }
  }

  template <typename Action>
  void After(milliseconds wait, Action action) {
    if (!timer_) timer_.emplace(strand_);
    timer_->expires_after(wait);
    timer_->async_wait([self = shared_from_this(), action](const Code& code) {
      if (!code && self->phase_ == Phase::kAnswering) action(*self);
    });
  }

  const std::shared_ptr<Core> core_;
  const asio::any_io_executor strand_;
  tcp::socket socket_;
  std::string peer_;
  std::uint64_t number_ = 0;  // counted from 1
  std::atomic<std::int64_t> deadline_{kNever};
  Phase phase_ = Phase::kReading;

  std::unique_ptr<char[]> input_;
  std::size_t input_size_ = 0;
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  bool last_read_filled_ = false;
  bool reading_ = false;
  bool input_ended_ = false;  // the client sends no more; it may still read
  RequestParser parser_;
  bool told_to_continue_ = false;

  Response response_;
  bool keep_alive_ = true;
  bool http10_ = false;
  bool head_only_ = false;
  bool chunked_ = false;
  std::string head_;
  std::array<asio::const_buffer, 2> output_;
  Then then_ = Then::kEndAnswer;

  BodySource::Piece piece_;
  std::uint64_t pieces_ = 0;
  std::uint64_t streamed_ = 0;
  bool awaiting_piece_ = false;
  std::optional<asio::steady_timer> timer_;
};

tl::unexpected<Error> Core::CouldNotListen(const std::string& why) const {
  return Fail(ErrorKind::kUnavailable, "Could not listen on " + options.bind + ":" + std::to_string(options.port) + ": " + why);
}

tl::unexpected<Error> Core::CouldNotListen(const Code& code) {
  Code ignored;
  acceptor.close(ignored);
  return CouldNotListen(code == asio::error::address_in_use ? std::string("another program listens there; stop it or choose another port")
                                                            : code.message());
}

Result<std::uint16_t> Core::Bind() {
  if (acceptor.is_open()) return port;
  Code code;
  const asio::ip::address address = asio::ip::make_address(options.bind == "localhost" ? "127.0.0.1" : options.bind, code);
  if (code) return CouldNotListen("the address to bind to must be an IPv4 or IPv6 address, such as 127.0.0.1 or 0.0.0.0");
  const tcp::endpoint endpoint(address, options.port);
  acceptor.open(endpoint.protocol(), code);
  if (!code) acceptor.set_option(tcp::acceptor::reuse_address(true), code);
  if (!code) acceptor.bind(endpoint, code);
  if (code) return CouldNotListen(code);
  port = acceptor.local_endpoint(code).port();
  return port;
}

Result<std::uint16_t> Core::Listen() {
  if (const auto bound = Bind(); !bound) return bound;
  Code code;
  acceptor.listen(options.backlog, code);
  if (code) return CouldNotListen(code);
  const milliseconds shortest = std::min({options.request_timeout, options.idle_timeout, options.write_timeout});
  sweep_interval = std::clamp(shortest / 10, milliseconds(5), milliseconds(250));
  work.emplace(context.get_executor());
  asio::post(control, [this] {
    Accept();
    Sweep();
  });
  for (int i = 0; i < std::max(options.threads, 1); ++i) threads.emplace_back([this] { Run(); });
  return port;
}

void Core::Run() {
  for (;;) {
    try {
      context.run();
      return;
    } catch (const std::exception& error) {
      // Handlers' exceptions are answered; what gets here is want of memory. The thread goes on with the next event.
      spdlog::error("The HTTP server on port {} failed at an event: {}", port, error.what());
    }
  }
}

void Core::Accept() {
  if (stopping) return;
  acceptor.async_accept(asio::any_io_executor(asio::make_strand(context)), [this](const Code& code, tcp::socket socket) {
    if (stopping || code == asio::error::operation_aborted) return;
    if (code == asio::error::no_descriptors || code == boost::system::errc::too_many_files_open_in_system ||
        code == asio::error::no_buffer_space || code == asio::error::no_memory) {
      if (!std::exchange(out_of_descriptors, true)) {
        spdlog::warn("The HTTP server on port {} cannot accept more connections for now: {}", port, code.message());
      }
      pause_timer.expires_after(kAcceptPause);
      pause_timer.async_wait([this](const Code& cancelled) {
        if (!cancelled) Accept();
      });
      return;
    }
    if (!code) {
      out_of_descriptors = false;
      auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket));
      {
        const std::lock_guard lock(mutex);
        connections.insert(connection);
      }
      asio::dispatch(connection->strand(), [connection] { connection->Start(); });
    }
    Accept();
  });
}

void Core::Sweep() {
  if (swept_out) return;
  const std::int64_t now = Ticks(steady_clock::now());
  {
    const std::lock_guard lock(mutex);
    for (const std::shared_ptr<Connection>& connection : connections) {
      if (connection->IsLate(now)) asio::post(connection->strand(), [connection] { connection->OnDeadline(); });
    }
  }
  sweep_timer.expires_after(sweep_interval);
  sweep_timer.async_wait([this](const Code& cancelled) {
    if (!cancelled) Sweep();
  });
}

std::vector<std::shared_ptr<Connection>> Core::Connections() {
  const std::lock_guard lock(mutex);
  return {connections.begin(), connections.end()};
}

void Core::Remove(const std::shared_ptr<Connection>& connection) {
  const std::lock_guard lock(mutex);
  connections.erase(connection);
  if (connections.empty()) emptied.notify_all();
}

void Core::Stop(milliseconds grace) {
  if (stopping.exchange(true) || threads.empty()) return;
  // Once the acceptor is closed on its strand, no connection can be added any more.
  {
    std::mutex closing;
    std::condition_variable closed;
    bool done = false;
    asio::post(control, [&] {
      Code ignored;
      acceptor.close(ignored);
      pause_timer.cancel();
      const std::lock_guard lock(closing);
      done = true;
      closed.notify_all();
    });
    std::unique_lock lock(closing);
    closed.wait(lock, [&] { return done; });
  }
  for (const std::shared_ptr<Connection>& connection : Connections()) {
    asio::post(connection->strand(), [connection] { connection->Drain(); });
  }
  {
    std::unique_lock lock(mutex);
    emptied.wait_for(lock, grace, [this] { return connections.empty(); });
  }
  for (const std::shared_ptr<Connection>& connection : Connections()) {
    asio::post(connection->strand(), [connection] { connection->Close(); });
  }
  asio::post(control, [this] {
    swept_out = true;
    sweep_timer.cancel();
  });
  // With every socket and timer closed the threads run out of work by themselves, and no handler is left behind.
  work.reset();
  for (std::thread& thread : threads) thread.join();
  threads.clear();
  waiting.reset();
  {
    const std::lock_guard lock(posting);
    finished = true;
  }
  context.restart();
  context.poll();  // what a source delivered at the last moment
}

}  // namespace

struct Server::Impl {
  std::shared_ptr<Core> core;
};

Server::Server(ServerOptions options, Handler handler)
    : impl_(std::make_unique<Impl>(Impl{std::make_shared<Core>(std::move(options), std::move(handler))})) {}

Server::~Server() { Stop(); }

Result<std::uint16_t> Server::Bind() { return impl_->core->Bind(); }

Result<std::uint16_t> Server::Start() { return impl_->core->Listen(); }

void Server::Stop(milliseconds grace) { impl_->core->Stop(grace); }

std::uint16_t Server::port() const { return impl_->core->port; }

}  // namespace provdlab::http
