#pragma once
// The status of an operation in progress: [label|]state[;current[/end]](\(sub_oips\))*
//
//   auto status = status::Parse("download|progress;20/150(file_1|progress)(file_2|waiting)");
//   if (!status) std::cerr << RenderError(status.error(), text, "status");
//   status->parts[0].label;            // "file_1"
//   status::Format(*status);           // the same text again
//
// Plain values and pure functions; any thread. The rules are in grammar.h, without actions.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace provdlab::status {

enum class State { kWaiting, kProgress, kSuccess, kFail };
std::string_view StateName(State state);  // "waiting", "progress", "success", "fail"
bool HasEnded(State state);               // success or fail: nothing comes after it

// Every member is initialised, so that any of them may be left out: Status{.label = "a", .state = State::kFail}.
struct Status {
  std::string label{};  // letters, digits and '_' of any script; empty: none
  State state = State::kWaiting;
  std::optional<std::uint64_t> current{};
  std::optional<std::uint64_t> end{};  // only with current
  std::vector<Status> parts{};         // sub-operations, in order
  // Lenient only: the word that stood there if it is none of the four. `state` is then kProgress, because a client goes on
  // asking until it sees an end that it knows.
  std::string other_state{};
  friend bool operator==(const Status&, const Status&) = default;
};

// What Parse accepts beyond the documented language, and how much of it.
enum class Strictness {
  kStrict,   // the documentation's grammar, nothing else
  kLenient,  // what the published clients take too; docs/status-language.md lists it
};

// Texts beyond these are refused with an error that names the limit.
inline constexpr std::size_t kDeepest = 64;           // nested parentheses
inline constexpr std::size_t kLongest = 1024 * 1024;  // bytes
inline constexpr std::size_t kLongestLabel = 255;     // bytes
// Numbers are those of an unsigned 64-bit integer.

// An error has its position; render it with RenderError. Time and memory are linear in the text, the stack is bounded by kDeepest.
Result<Status> Parse(std::string_view text, Strictness strictness = Strictness::kStrict);

// Gives Parse's text again for whatever strict Parse returned. It writes what is there: a label of other characters, or an
// `end` without `current` (left out), is the caller's mistake.
std::string Format(const Status& status);

}  // namespace provdlab::status
