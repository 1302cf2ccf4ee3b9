#include "grammar/status/status.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <limits>

#include "grammar/status/grammar.h"

namespace provdlab::status {
namespace {

namespace pegtl = tao::pegtl;

using Input = pegtl::memory_input<pegtl::tracking_mode::lazy, pegtl::eol::lf, const char*>;

// PEGTL ends a parse early by an exception; it is caught in Parse.
struct Rejected {
  Error error;
};

// A line break is never accepted, so whatever is wrong is wrong in line 1.
[[noreturn]] void Reject(std::string message, std::size_t offset) {
  throw Rejected{{ErrorKind::kInvalid, std::move(message), Position{offset, 1, offset + 1}}};
}

// A status as it was read, in the order of the text. The tree is made of these at the end, when it is known how many parts
// each has: so that each list of parts is allocated once.
struct Node {
  std::string_view label;
  std::string_view other_state;
  std::optional<std::uint64_t> current;
  std::optional<std::uint64_t> end;
  State state = State::kWaiting;
  std::uint32_t parts = 0;
};

class Builder {
 public:
  explicit Builder(std::string_view text) {
    std::size_t nodes = 1;
    for (std::size_t at = text.find('('); at != std::string_view::npos; at = text.find('(', at + 1)) ++nodes;
    nodes_.reserve(nodes);
    nodes_.emplace_back();
    path_[0] = {0, 0};
  }

  // Its parts come after it, so what is being read, up to its first part, is the last one.
  Node& here() { return nodes_.back(); }
  std::size_t opened_at() const { return path_[depth_].offset; }

  void Open(std::size_t offset) {
    if (depth_ == kDeepest)
      Reject("more than " + std::to_string(kDeepest) + " parentheses are open here; deeper statuses are not read", offset);
    ++nodes_[path_[depth_].node].parts;
    path_[++depth_] = {nodes_.size(), offset};
    nodes_.emplace_back();
  }
  void Close() { --depth_; }

  Status Build() const {
    Status whole;
    Build(nodes_.data(), whole);
    return whole;
  }

  std::string_view word;  // the last one read
  std::size_t word_at = 0;

 private:
  // Makes `status` of `node` and what follows it, and returns the node behind its last part.
  static const Node* Build(const Node* node, Status& status) {
    status.label = node->label;
    status.state = node->state;
    status.current = node->current;
    status.end = node->end;
    if (!node->other_state.empty()) status.other_state = node->other_state;
    status.parts.reserve(node->parts);
    const Node* next = node + 1;
    for (std::uint32_t i = 0; i < node->parts; ++i) next = Build(next, status.parts.emplace_back());
    return next;
  }

  struct Opened {
    std::size_t node;
    std::size_t offset;  // of its '('
  };
  std::vector<Node> nodes_;
  std::array<Opened, kDeepest + 1> path_;  // only [0, depth_] is set
  std::size_t depth_ = 0;
};

// What stands at the beginning of `rest`, for people: 'word', ')', a blank, byte 0xFF …
std::string Describe(std::string_view rest) {
  constexpr std::size_t kLongestShown = 40;
  if (rest.empty()) return "the end of the text";
  std::size_t word = 0;
  while (word < kLongestShown) {
    const std::size_t bytes = WordCharacterBytes(rest.substr(word, 4));
    if (bytes == 0) break;
    word += bytes;
  }
  if (word > 0) return "'" + std::string(rest.substr(0, word)) + (word >= kLongestShown ? "…'" : "'");
  const Character c = FirstCharacter(rest);
  char text[48];
  if (c.bytes == 0) {
    std::snprintf(text, sizeof text, "byte 0x%02X, which is not UTF-8", static_cast<unsigned>(static_cast<unsigned char>(rest[0])));
    return text;
  }
  if (c.code == ' ') return "a blank";
  if (c.code == '\n' || c.code == '\r') return "a line break";
  if (c.code > ' ' && c.code < 0x7F) return "'" + std::string(1, rest[0]) + "'";
  std::snprintf(text, sizeof text, "the character U+%04X", static_cast<unsigned>(c.code));
  return text;
}

// What is wrong may be a character in what the writer took for a label: then that is what to say.
void RejectMisspeltLabel(std::string_view rest, std::size_t offset) {
  const std::size_t bar = rest.find_first_of("|;/()");
  if (bar == std::string_view::npos || bar == 0 || rest[bar] != '|') return;
  std::size_t at = 0;
  while (const std::size_t bytes = WordCharacterBytes(rest.substr(at, 4))) at += bytes;
  if (at < bar) Reject("expected only letters, digits and '_' in a label, found " + Describe(rest.substr(at)), offset + at);
}

template <typename Rule>
concept HasSentence = requires {
  Rule::sentence;
};

template <typename Rule>
struct Control : pegtl::normal<Rule> {
  // Called by `must`, in front of what did not match. A rule without a message does not compile.
  [[noreturn]] static void raise(const Input& in, Builder& builder) {
    const std::string_view rest(in.current(), in.size());
    const std::size_t offset = in.byte();
    if constexpr (HasSentence<Rule>) {
      Reject(std::string(Rule::sentence), offset);
    } else {
      RejectMisspeltLabel(rest, offset);
      std::string message = "expected " + std::string(Rule::expected);
      if constexpr (std::is_same_v<Rule, grammar::close>) message += " for the '(' at column " + std::to_string(builder.opened_at() + 1);
      Reject(message + ", found " + Describe(rest), offset);
    }
  }
};

template <typename Rule>
struct Action : pegtl::nothing<Rule> {};

template <>
struct Action<grammar::word> {
  template <typename Matched>
  static void apply(const Matched& in, Builder& builder) {
    builder.word = in.string_view();
    builder.word_at = in.iterator() - in.input().begin();
  }
};
template <>
struct Action<grammar::bar> {
  static void apply0(Builder& builder) {
    if (builder.word.size() > kLongestLabel) {
      Reject("the label has " + std::to_string(builder.word.size()) + " bytes; labels of more than " + std::to_string(kLongestLabel) +
                 " are not read",
             builder.word_at);
    }
    builder.here().label = builder.word;
  }
};

template <State state>
struct SetState {
  static void apply0(Builder& builder) { builder.here().state = state; }
};
template <>
struct Action<grammar::waiting> : SetState<State::kWaiting> {};
template <>
struct Action<grammar::progress> : SetState<State::kProgress> {};
template <>
struct Action<grammar::success> : SetState<State::kSuccess> {};
template <>
struct Action<grammar::fail> : SetState<State::kFail> {};
template <>
struct Action<grammar::other_state> {
  template <typename Matched>
  static void apply(const Matched& in, Builder& builder) {
    builder.here().state = State::kProgress;
    builder.here().other_state = in.string_view();
  }
};

std::uint64_t ReadNumber(std::string_view digits, std::size_t offset) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t number = 0;
  const auto [stop, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem == std::errc() && stop == digits.data() + digits.size()) return number;
  // Too large, or digits of another script.
  number = 0;
  while (!digits.empty()) {
    const Digit digit = FirstDigit(digits);
    if (number > (kMost - digit.value) / 10)
      Reject("the number is larger than " + std::to_string(kMost) + ", the largest that is read", offset);
    number = number * 10 + digit.value;
    digits.remove_prefix(digit.bytes);
  }
  return number;
}
template <std::optional<std::uint64_t> Node::*member>
struct SetNumber {
  template <typename Matched>
  static void apply(const Matched& in, Builder& builder) {
    builder.here().*member = ReadNumber(in.string_view(), in.iterator() - in.input().begin());
  }
};
template <typename Dialect>
struct Action<grammar::current<Dialect>> : SetNumber<&Node::current> {};
template <typename Dialect>
struct Action<grammar::end<Dialect>> : SetNumber<&Node::end> {};

template <>
struct Action<grammar::open> {
  template <typename Matched>
  static void apply(const Matched& in, Builder& builder) {
    builder.Open(in.iterator() - in.input().begin());
  }
};
template <>
struct Action<grammar::close> {
  static void apply0(Builder& builder) { builder.Close(); }
};

void Append(const Status& status, std::string& out) {
  if (!status.label.empty()) out.append(status.label).push_back('|');
  out += status.other_state.empty() ? StateName(status.state) : std::string_view(status.other_state);
  if (status.current) {
    out.append(";").append(std::to_string(*status.current));
    if (status.end) out.append("/").append(std::to_string(*status.end));
  }
  for (const Status& part : status.parts) {
    out += '(';
    Append(part, out);
    out += ')';
  }
}

}  // namespace

bool HasEnded(State state) { return state == State::kSuccess || state == State::kFail; }

std::string_view StateName(State state) {
  switch (state) {
    case State::kWaiting:
      return "waiting";
    case State::kProgress:
      return "progress";
    case State::kSuccess:
      return "success";
    case State::kFail:
      return "fail";
  }
  return "waiting";
}

Result<Status> Parse(std::string_view text, Strictness strictness) {
  if (text.empty()) return Fail(ErrorKind::kInvalid, "expected a status, found nothing", Position{});
  if (text.size() > kLongest) {
    return Fail(ErrorKind::kInvalid,
                "the status has " + std::to_string(text.size()) + " bytes; more than " + std::to_string(kLongest) + " are not read",
                Position{kLongest, 1, kLongest + 1});
  }
  Input in(text.data(), text.data() + text.size(), "status");
  Builder builder(text);
  try {
    // Every way to fail goes through Control::raise or Reject.
    if (strictness == Strictness::kStrict) {
      (void)pegtl::parse<grammar::text<grammar::strict>, Action, Control>(in, builder);
    } else {
      (void)pegtl::parse<grammar::text<grammar::lenient>, Action, Control>(in, builder);
    }
  } catch (Rejected& rejected) {
    return Fail(std::move(rejected.error));
  }
  return builder.Build();
}

std::string Format(const Status& status) {
  std::string out;
  Append(status, out);
  return out;
}

}  // namespace provdlab::status
