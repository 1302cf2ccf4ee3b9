#pragma once
// Results as values: every function of ours that can fail returns Result<T>.
//
//   Result<int> ReadPort(std::string_view text);
//   auto port = ReadPort("80x");
//   if (!port) return Fail(port.error());          // pass it on
//   Use(*port);
//
// Exceptions of libraries are caught at the one place that calls them and turned into an Error there.
// An Error is a plain value: copy it, compare it, send it to another thread.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace provdlab {

// What kind of thing went wrong. Callers decide by kind, never by message.
enum class ErrorKind {
  kInvalid,      // the input breaks a rule; the message says which, where and what to do
  kNotFound,     // what was named is not there
  kConflict,     // it is there, or running, already
  kForbidden,    // it may not be done
  kUnavailable,  // a peer could not be reached or answered badly
  kTimeout,      // a deadline passed
  kCancelled,    // somebody asked to stop
  kInternal,     // a fault of ours, or of the machine (disk full)
};

// The kind's stable name: "invalid", "not-found", … as used in reports and logs.
std::string_view ErrorKindName(ErrorKind kind);

// A place in a text. Lines and columns count from 1, columns in bytes; offset counts bytes from 0.
struct Position {
  std::size_t offset = 0;
  std::size_t line = 1;
  std::size_t column = 1;
  friend bool operator==(const Position&, const Position&) = default;
};

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message{};               // one sentence for people, without a final line break
  std::optional<Position> position{};  // where in the input, if the error is about a text
  friend bool operator==(const Error&, const Error&) = default;
};

// Result<> is a result without a value.
template <typename T = void>
using Result = tl::expected<T, Error>;

// `return Fail(ErrorKind::kInvalid, "…");` in any function that returns a Result.
inline tl::unexpected<Error> Fail(Error error) { return tl::unexpected<Error>(std::move(error)); }
inline tl::unexpected<Error> Fail(ErrorKind kind, std::string message) {
  return tl::unexpected<Error>(Error{kind, std::move(message), std::nullopt});
}
inline tl::unexpected<Error> Fail(ErrorKind kind, std::string message, Position position) {
  return tl::unexpected<Error>(Error{kind, std::move(message), position});
}

// Renders an error about `text` as people expect it: name:line:column: message, the line, a caret below it.
// Lines over 160 bytes are cut around the position; control characters are shown as '.'.
std::string RenderError(const Error& error, std::string_view text, std::string_view name);

}  // namespace provdlab
