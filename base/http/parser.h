#pragma once
// Turns bytes into HTTP messages, piece by piece, for the server and the client. Knows nothing of sockets.
//
//   RequestParser parser(limits);
//   buffer.erase(0, parser.Put(buffer));                  // what was not consumed is given again, with more behind it
//   if (parser.state() == RequestParser::State::kDone) Serve(parser.Take());
//   if (parser.state() == RequestParser::State::kRefused) Answer(parser.refusal());
//
// Beast's parser does the reading; what it lets pass and a server must not (repeated Content-Length, foreign transfer
// codings, requests without Host, trailers among the header fields), and which answer each mistake gets, is decided here.
// A parser belongs to one thread at a time.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/http/message.h"

namespace provdlab::http {

// Why a request is not handed to anybody: the status and the sentence of the answer. The connection ends with it.
struct Refusal {
  int status = 400;
  std::string sentence;
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

struct RequestLimits {
  std::size_t max_target_bytes = 16 * 1024;
  std::size_t max_header_bytes = 64 * 1024;
  std::uint64_t max_body_bytes = 64ull * 1024 * 1024;
};

class RequestParser {
 public:
  enum class State {
    kNothing,  // no byte of a request so far
    kHead,     // in its request line or header fields
    kBody,     // in its body
    kDone,     // a whole request is there to be taken
    kRefused,  // refusal() says why; nothing more is read
  };

  explicit RequestParser(const RequestLimits& limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Reads from the front of `bytes`, at most to the end of one request; how many bytes it needs no more. With state kHead or
  // kBody it wants more: give it what it left, with more behind. It leaves at most the limits' bytes.
  std::size_t Put(std::string_view bytes);

  State state() const;
  const Refusal& refusal() const;
  bool is_head() const;  // as far as the method is known
  // From the end of the head on:
  bool keep_alive() const;        // whether the client wants the connection to go on
  bool is_http10() const;         // then no chunked answer
  bool expects_continue() const;  // and has a body that is still to come

  // The whole request; the parser begins again with the next one.
  Request Take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class ResponseParser {
 public:
  enum class State { kNothing, kHead, kBody, kDone, kMalformed };

  // `to_head`: the answer is one to HEAD and so has no body. Interim answers (1xx but 101) are skipped. With a `sink` the body's bytes go
  // there as they come, decoded from chunks, instead of into the Response, so that a large one takes no memory.
  explicit ResponseParser(bool to_head, std::uint64_t max_body_bytes, std::function<void(std::string_view)> sink = {});
  ~ResponseParser();
  ResponseParser(const ResponseParser&) = delete;
  ResponseParser& operator=(const ResponseParser&) = delete;

  std::size_t Put(std::string_view bytes);  // as RequestParser::Put
  // No more bytes will come. Ends a body without a length; anything else that is not done stays so.
  void PutEnd();

  State state() const;
  int status() const;                  // from kBody on; 0 before it is known
  const std::string& problem() const;  // if kMalformed
  bool keep_alive() const;             // if kDone: the connection may be used again
  Response Take();                     // if kDone; the parser is used up then

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace provdlab::http
