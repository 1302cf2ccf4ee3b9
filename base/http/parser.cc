#include "base/http/parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "base/text.h"

namespace provdlab::http {
namespace {

namespace beast = boost::beast;
using BeastError = beast::http::error;
using Code = beast::error_code;

// A body's memory is taken as its bytes come, not as its head promises.
constexpr std::uint64_t kMostReserved = 1024 * 1024;
// Beast asserts that it never sees less of the last chunk again once it has asked for more of it, and no body's rest is
// shorter: "0", CR, LF, CR, LF. So nothing is given to it again before that many bytes are there.
constexpr std::size_t kShortestChunkEnd = 5;
// What a request line has beside its target: a method, a version and blanks.
constexpr std::size_t kAroundTarget = 64;
// A chunk's size line with its extensions, and the trailer after the last chunk.
constexpr std::size_t kLongestChunkHead = 16 * 1024;

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

// Whether `code` is one of Beast's errors, which carry a category of their own.
bool Is(const Code& code, BeastError error) { return code == Code(error); }

bool HasToken(std::string_view list, std::string_view token) {
  for (const std::string_view part : Split(list, ',')) {
    if (EqualIgnoringCase(Trim(part), token)) return true;
  }
  return false;
}

bool LooksLikeVersion(std::string_view text) {
  return text.starts_with("HTTP/") && text.size() > 5 && text.find_first_not_of("0123456789.", 5) == std::string_view::npos;
}

// The refusal of a request line that Beast did not take. `bytes` begins with the line.
Refusal RefuseRequestLine(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  const std::string_view line = Trim(bytes.substr(0, end));
  const std::size_t blank = line.rfind(' ');
  const std::string_view version = blank == std::string_view::npos ? std::string_view() : line.substr(blank + 1);
  // The version of a line that is not whole may go on.
  if (end != std::string_view::npos && LooksLikeVersion(version) && version != "HTTP/1.0" && version != "HTTP/1.1") {
    return {505, "This server speaks HTTP/1.1 and HTTP/1.0 only."};
  }
  return {400, "The request line is malformed; it must be a method, a target and HTTP/1.1 with one blank between them."};
}

Refusal RefusalOf(const Code& code) {
  if (Is(code, BeastError::bad_content_length) || Is(code, BeastError::multiple_content_length)) {
    return {400, "Content-Length is not one decimal number, or comes together with Transfer-Encoding."};
  }
  if (Is(code, BeastError::bad_transfer_encoding)) return {400, "Transfer-Encoding is repeated, or comes together with Content-Length."};
  if (Is(code, BeastError::bad_chunk) || Is(code, BeastError::bad_chunk_extension)) {
    return {400, "The chunked body is malformed."};
  }
  if (Is(code, BeastError::body_limit)) return {413, {}};  // the caller knows the limit
  return {400, "A header field is malformed."};
}

}  // namespace

// ---- Requests

struct RequestParser::Impl {
  // One request's reading. Beast's parser cannot be used twice, so each request gets a new one.
  class Reading final : public beast::http::basic_parser<true> {
   public:
    explicit Reading(const RequestLimits& limits) : limits_(limits) {
      eager(true);
      body_limit(limits.max_body_bytes);
      // The limits are kept below; Beast's own only must not be in the way.
      header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(2 * (limits.max_target_bytes + limits.max_header_bytes) + 65'536,
                                                                    std::numeric_limits<std::uint32_t>::max())));
    }

    Request request;
    std::optional<Refusal> refusal;
    bool line_done = false;
    bool keep_alive_wanted = false;
    bool http10 = false;
    bool expects = false;

   private:
    void Refuse(Code& code, int status, std::string sentence) {
      refusal = Refusal{status, std::move(sentence)};
      code = BeastError::bad_value;
    }

    void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version, Code& code) override {
      line_done = true;
      http10 = version == 10;
      if (target.size() > limits_.max_target_bytes) {
        return Refuse(code, 414, "The target of the request is longer than " + std::to_string(limits_.max_target_bytes) + " bytes.");
      }
      request.method = View(method);
      request.target = View(target);
      if (request.target.front() == '/' || request.target == "*" || request.method == "CONNECT") return;
      // The absolute form, as to a proxy: its path is what is asked for.
      const std::optional<Url> url = ParseUrl(request.target);
      if (!url) return Refuse(code, 400, "The target of the request must be a path that begins with '/', or an http URL.");
      request.target = url->path.starts_with('/') ? url->path : "/" + url->path;
    }

    void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value, Code& code) override {
      if (head_done_) return;  // a trailer of the chunked body; nobody of ours needs one
      header_bytes_ += name.size() + value.size() + 4;
      if (header_bytes_ > limits_.max_header_bytes) return RefuseLargeHeader(code);
      const std::string_view text = View(value);
      switch (field) {
        case beast::http::field::content_length:
          if (lengths_++ > 0 || text.find_first_not_of("0123456789") != std::string_view::npos) {
            return Refuse(code, 400, "Content-Length is repeated or not one decimal number.");
          }
          break;
        case beast::http::field::transfer_encoding:
          if (http10) return Refuse(code, 400, "Transfer-Encoding is not part of HTTP/1.0.");
          if (!EqualIgnoringCase(text, "chunked")) return Refuse(code, 501, "The only transfer coding that this server knows is chunked.");
          break;
        case beast::http::field::host:
          if (hosts_++ > 0) return Refuse(code, 400, "Host is given more than once.");
          break;
        case beast::http::field::expect:
          expects = EqualIgnoringCase(text, "100-continue");
          break;
        default:
          break;
      }
      request.headers.Add(std::string(View(name)), std::string(text));
    }

    void on_header_impl(Code& code) override {
      head_done_ = true;
      keep_alive_wanted = keep_alive();
      if (!http10 && hosts_ == 0) Refuse(code, 400, "A request of HTTP/1.1 must have the header field Host.");
    }

    void on_body_init_impl(const boost::optional<std::uint64_t>& length, Code&) override {
      if (length) request.body.reserve(static_cast<std::size_t>(std::min(*length, kMostReserved)));
    }
    std::size_t on_body_impl(beast::string_view bytes, Code&) override {
      request.body.append(bytes.data(), bytes.size());
      return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, Code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, Code& code) override { return on_body_impl(bytes, code); }
    void on_finish_impl(Code&) override {}
    void on_response_impl(int, beast::string_view, int, Code&) override {}

    void RefuseLargeHeader(Code& code) {
      Refuse(code, 431, "The header fields are larger than " + std::to_string(limits_.max_header_bytes) + " bytes.");
    }

    const RequestLimits& limits_;
    bool head_done_ = false;
    std::size_t header_bytes_ = 0;
    int hosts_ = 0;
    int lengths_ = 0;
  };

  explicit Impl(const RequestLimits& given) : limits(given) { reading.emplace(limits); }

  // What to answer if what is unread of a head is as long as this, whole or not: Beast may leave all of it until all is there.
  std::optional<Refusal> TooLongHead(std::string_view head) const {
    const std::string_view line = reading->line_done ? std::string_view() : head.substr(0, head.find('\n'));
    if (line.size() > limits.max_target_bytes + kAroundTarget) {
      if (line.find(' ') > 32) return RefuseRequestLine({});
      return Refusal{414, "The target of the request is longer than " + std::to_string(limits.max_target_bytes) + " bytes."};
    }
    if (head.size() - line.size() <= limits.max_header_bytes) return std::nullopt;
    return Refusal{431, "The header fields are larger than " + std::to_string(limits.max_header_bytes) + " bytes."};
  }

  // As much of the head as is there and unread; `bytes` begins with it.
  static std::string_view Head(std::string_view bytes) { return bytes.substr(0, bytes.find("\r\n\r\n")); }

  std::size_t Put(std::string_view bytes) {
    std::size_t used = 0;
    // Empty lines before a request are passed over, as RFC 9112 advises.
    if (state == State::kNothing) {
      while (used < bytes.size() && (bytes[used] == '\r' || bytes[used] == '\n')) ++used;
      if (used == bytes.size()) return used;
      state = State::kHead;
    }
    while (used < bytes.size() && !reading->is_done()) {
      const std::string_view rest = bytes.substr(used);
      if (in_chunk_head && rest.size() < kShortestChunkEnd) break;
      const bool in_line = !reading->line_done;
      if (!reading->is_header_done()) {
        if (auto too_long = TooLongHead(Head(rest))) {
          Refuse(*std::move(too_long));
          break;
        }
      }
      Code code;
      const std::size_t took = reading->put(boost::asio::const_buffer(rest.data(), rest.size()), code);
      used += took;
      in_chunk_head = Is(code, BeastError::need_more) && reading->is_header_done();
      if (Is(code, BeastError::need_more)) {
        if (reading->is_header_done() && bytes.size() - used > kLongestChunkHead)
          Refuse({400, "The chunked body is malformed: a chunk's head or the trailer is too long."});
        break;
      }
      if (code) {
        if (reading->refusal) {
          Refuse(*std::move(reading->refusal));
        } else if (in_line && !reading->line_done) {
          Refuse(RefuseRequestLine(rest));
        } else {
          Refusal known = RefusalOf(code);
          if (known.status == 413) known.sentence = "The body is larger than " + std::to_string(limits.max_body_bytes) + " bytes.";
          Refuse(std::move(known));
        }
        break;
      }
      if (took == 0) break;
    }
    if (state != State::kRefused) {
      state = reading->is_done() ? State::kDone : reading->is_header_done() ? State::kBody : State::kHead;
    }
    return used;
  }

  void Refuse(Refusal why) {
    refusal = std::move(why);
    state = State::kRefused;
  }

  RequestLimits limits;
  std::optional<Reading> reading;
  State state = State::kNothing;
  bool in_chunk_head = false;  // Beast has seen a part of a chunk's head
  Refusal refusal;
};

RequestParser::RequestParser(const RequestLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;

std::size_t RequestParser::Put(std::string_view bytes) { return impl_->Put(bytes); }
RequestParser::State RequestParser::state() const { return impl_->state; }
const Refusal& RequestParser::refusal() const { return impl_->refusal; }
bool RequestParser::is_head() const { return impl_->reading->request.method == "HEAD"; }
bool RequestParser::keep_alive() const { return impl_->reading->keep_alive_wanted; }
bool RequestParser::is_http10() const { return impl_->reading->http10; }
bool RequestParser::expects_continue() const {
  return impl_->state == State::kBody && impl_->reading->expects && !impl_->reading->http10 && impl_->reading->request.body.empty();
}

Request RequestParser::Take() {
  Request request = std::move(impl_->reading->request);
  impl_->reading.emplace(impl_->limits);
  impl_->state = State::kNothing;
  impl_->in_chunk_head = false;
  return request;
}

// ---- Responses

struct ResponseParser::Impl {
  class Reading final : public beast::http::basic_parser<false> {
   public:
    Reading(bool to_head, std::uint64_t max_body_bytes, const std::function<void(std::string_view)>& sink) : sink_(sink) {
      eager(true);
      skip(to_head);
      body_limit(max_body_bytes);
      header_limit(1024 * 1024);
    }

    Response response;
    std::string problem;

   private:
    void on_response_impl(int status, beast::string_view reason, int, Code& code) override {
      response.status = status;
      response.reason = View(reason);
      if (status < 100) {
        problem = "the status " + std::to_string(status) + " is below 100";
        code = BeastError::bad_status;
      }
    }
    void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value, Code& code) override {
      if (head_done_) return;
      if (field == beast::http::field::transfer_encoding && !HasToken(View(value), "chunked")) {
        problem = "its Transfer-Encoding is not chunked";
        code = BeastError::bad_transfer_encoding;
      }
      response.headers.Add(std::string(View(name)), std::string(View(value)));
    }
    void on_header_impl(Code&) override { head_done_ = true; }
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, Code&) override {
      if (length && !sink_) response.body.reserve(static_cast<std::size_t>(std::min(*length, kMostReserved)));
    }
    std::size_t on_body_impl(beast::string_view bytes, Code&) override {
      if (sink_)
        sink_(View(bytes));
      else
        response.body.append(bytes.data(), bytes.size());
      return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, Code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, Code& code) override { return on_body_impl(bytes, code); }
    void on_finish_impl(Code&) override {}
    void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int, Code&) override {}

    const std::function<void(std::string_view)>& sink_;
    bool head_done_ = false;
  };

  Impl(bool head, std::uint64_t limit, std::function<void(std::string_view)> given)
      : to_head(head), max_body_bytes(limit), sink(std::move(given)) {
    reading.emplace(to_head, max_body_bytes, sink);
  }

  void Fail(const Code& code) {
    state = State::kMalformed;
    if (!reading->problem.empty()) {
      problem = "The answer is not HTTP: " + reading->problem + ".";
    } else if (Is(code, BeastError::body_limit)) {
      problem = "The answer's body is larger than " + std::to_string(max_body_bytes) + " bytes.";
    } else if (Is(code, BeastError::header_limit)) {
      problem = "The answer's header is larger than 1 MiB.";
    } else {
      problem = "The answer is not HTTP: " + code.message() + ".";
    }
  }

  std::size_t Put(std::string_view bytes) {
    std::size_t used = 0;
    while (used < bytes.size() && state != State::kDone && state != State::kMalformed) {
      Code code;
      const std::string_view rest = bytes.substr(used);
      if (in_chunk_head && rest.size() < kShortestChunkEnd) break;
      const std::size_t took = reading->put(boost::asio::const_buffer(rest.data(), rest.size()), code);
      used += took;
      in_chunk_head = Is(code, BeastError::need_more) && reading->is_header_done();
      if (code && !Is(code, BeastError::need_more)) {
        Fail(code);
        break;
      }
      if (reading->is_done()) {
        const int status = reading->response.status;
        if (status < 200 && status != 101) {
          reading.emplace(to_head, max_body_bytes, sink);
          state = State::kNothing;
          continue;
        }
        state = State::kDone;
        break;
      }
      state = reading->is_header_done() ? State::kBody : State::kHead;
      if (Is(code, BeastError::need_more)) {
        if (reading->is_header_done() && bytes.size() - used > kLongestChunkHead) Fail(BeastError::bad_chunk);
        break;
      }
      if (took == 0) break;
    }
    return used;
  }

  void PutEnd() {
    if (state != State::kBody) return;
    Code code;
    reading->put_eof(code);
    if (!code && reading->is_done()) state = State::kDone;
  }

  bool to_head;
  std::uint64_t max_body_bytes;
  std::function<void(std::string_view)> sink;
  std::optional<Reading> reading;
  State state = State::kNothing;
  bool in_chunk_head = false;  // as for requests
  std::string problem;
};

ResponseParser::ResponseParser(bool to_head, std::uint64_t max_body_bytes, std::function<void(std::string_view)> sink)
    : impl_(std::make_unique<Impl>(to_head, max_body_bytes, std::move(sink))) {}
ResponseParser::~ResponseParser() = default;

std::size_t ResponseParser::Put(std::string_view bytes) { return impl_->Put(bytes); }
void ResponseParser::PutEnd() { impl_->PutEnd(); }
ResponseParser::State ResponseParser::state() const { return impl_->state; }
int ResponseParser::status() const { return impl_->reading->is_header_done() ? impl_->reading->response.status : 0; }
bool ResponseParser::keep_alive() const { return impl_->reading->keep_alive(); }
const std::string& ResponseParser::problem() const { return impl_->problem; }
Response ResponseParser::Take() { return std::move(impl_->reading->response); }

}  // namespace provdlab::http
