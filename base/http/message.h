#pragma once
// HTTP messages as plain values, shared by our server and our client. They know nothing of sockets.
//
//   Request request{.method = "GET", .target = "/provd/configure"};
//   request.headers.Set("Accept", "*/*");
//
// Values own their bytes and may cross threads.

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace provdlab::http {

struct Header {
  std::string name{};   // as it was written
  std::string value{};  // without surrounding blanks
  friend bool operator==(const Header&, const Header&) = default;
};

// Header fields in the order of the wire. Names compare without regard to case; repeated fields are kept.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> fields) : fields_(fields) {}

  void Add(std::string name, std::string value);
  void Set(std::string_view name, std::string value);  // replaces every field of that name, or adds one
  void Remove(std::string_view name);
  std::optional<std::string> Get(std::string_view name) const;  // the first one
  std::vector<std::string> All(std::string_view name) const;
  bool Has(std::string_view name) const;
  const std::vector<Header>& fields() const { return fields_; }
  friend bool operator==(const Headers&, const Headers&) = default;

 private:
  std::vector<Header> fields_;
};

struct Request {
  std::string method{};  // any token, as sent
  std::string target{};  // raw, origin form: "/provd/configure?x=%20"
  Headers headers{};
  std::string body{};            // decoded from chunks, never decompressed
  std::string peer{};            // the client's address without port; empty in requests that we send
  std::uint64_t connection = 0;  // which of the server's connections it came on, counted from 1; 0 in requests that we send

  std::string_view raw_path() const;   // target up to the first '?'
  std::string_view raw_query() const;  // after it, or empty
};

// A body that is made while it is sent: slow, endless, held at a byte, or cut on purpose.
class BodySource {
 public:
  struct Piece {
    enum class Then { kMore, kEnd, kCut };
    std::string bytes{};
    std::chrono::milliseconds wait{0};  // before the bytes are sent
    Then then = Then::kMore;            // kCut closes the connection after the bytes without ending the body properly
  };
  virtual ~BodySource() = default;
  // Called once the previous piece has left. Calls `ready` exactly once, at once or later, from any thread.
  // The source is let go when the body has ended or the client has gone; a `ready` called after that does nothing.
  // A client that closes only its sending side while a piece is waited for counts as gone: nothing tells the two apart.
  virtual void Next(std::function<void(Piece)> ready) = 0;
};

struct Response {
  // kAnswer is every ordinary answer. The others are for servers that misbehave on command.
  enum class Manner {
    kAnswer,
    kHang,   // says nothing and keeps the connection until the client gives up or the server stops
    kClose,  // closes the connection without a byte
    kReset,  // closes it with a TCP reset
    kRaw,    // sends `body` as it is, status line and all, then closes
  };
  int status = 200;
  std::string reason{};  // empty: the usual one of the status
  // To be sent: without Content-Length and Transfer-Encoding, which are dropped, because the server frames the body;
  // "Connection: close" is obeyed. Received: everything that came.
  Headers headers{};
  std::string body{};
  std::shared_ptr<BodySource> source{};  // instead of body, if set
  // Content-Length to send whatever the body's is; if they differ, the connection is closed after the body. Without it a
  // source is sent chunked.
  std::optional<std::uint64_t> declared_length{};
  std::chrono::milliseconds delay{0};  // before the first byte
  Manner manner = Manner::kAnswer;
};

// "OK", "Not Found", …; "Unknown" for a status without a usual one.
std::string_view ReasonPhrase(int status);

// Decodes %XX; nullopt if a '%' is not followed by two hex digits. '+' stays.
std::optional<std::string> PercentDecode(std::string_view text);
// Encodes everything but RFC 3986's unreserved characters and those in `also_plain`.
std::string PercentEncode(std::string_view text, std::string_view also_plain = "");

// An absolute http or https URL in its parts. No user information is kept in `host`.
struct Url {
  std::string scheme;  // "http" or "https", lower case
  std::string user_info;
  std::string host;            // without brackets if it is an IPv6 literal
  std::uint16_t port = 0;      // the scheme's default if none is written
  std::string path;            // with query, as written; may be empty
  std::string Origin() const;  // "http://host:port"
};
std::optional<Url> ParseUrl(std::string_view text);
// The origin of what listens there, as one would ask it: "http://127.0.0.1:8666", "http://[::1]:8666".
std::string HttpOrigin(const std::string& address, std::uint16_t port);

}  // namespace provdlab::http
