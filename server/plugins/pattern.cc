#include "server/plugins/pattern.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"

namespace provdlab::server {
namespace {

using ByteSet = std::bitset<256>;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) { return IsLetter(c) || IsDigit(c) || c == '_'; }

void Add(ByteSet& set, char low, char high) {
  for (int byte = static_cast<unsigned char>(low); byte <= static_cast<unsigned char>(high); ++byte)
    set.set(static_cast<std::size_t>(byte));
}

// \d, \w, \s and their opposites.
std::optional<ByteSet> ClassOf(char letter) {
  ByteSet set;
  switch (letter) {
    case 'w':
    case 'W':
      Add(set, 'a', 'z');
      Add(set, 'A', 'Z');
      Add(set, '_', '_');
      [[fallthrough]];
    case 'd':
    case 'D':
      Add(set, '0', '9');
      break;
    case 's':
    case 'S':
      for (char c : std::string_view(" \t\n\r\f\v")) Add(set, c, c);
      break;
    default:
      return std::nullopt;
  }
  return letter < 'a' ? ~set : set;
}

void IgnoreCase(ByteSet& set) {
  for (int letter = 'a'; letter <= 'z'; ++letter) {
    const auto lower = static_cast<std::size_t>(letter), upper = static_cast<std::size_t>(letter - 'a' + 'A');
    if (set[lower] || set[upper]) set.set(lower).set(upper);
  }
}

struct Node {
  enum class Kind { kBytes, kSequence, kChoice, kGroup, kRepeat } kind = Kind::kSequence;
  ByteSet set;                               // kBytes
  std::vector<std::unique_ptr<Node>> parts;  // all others; one for kGroup and kRepeat
  std::size_t group = 0;                     // kGroup
  int least = 0, most = 0;                   // kRepeat; most < 0: no end

  bool MayBeEmpty() const {
    const auto empty = [](const std::unique_ptr<Node>& part) { return part->MayBeEmpty(); };
    switch (kind) {
      case Kind::kBytes:
        return false;
      case Kind::kChoice:
        return std::any_of(parts.begin(), parts.end(), empty);
      case Kind::kRepeat:
        return least == 0 || parts[0]->MayBeEmpty();
      default:
        return std::all_of(parts.begin(), parts.end(), empty);
    }
  }
};

using NodePtr = std::unique_ptr<Node>;

NodePtr Make(Node::Kind kind) {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  return node;
}

}  // namespace

// Reads the pattern into a tree, then writes the tree down as steps. An error ends either.
class PatternCompiler {
 public:
  PatternCompiler(std::string_view text, Pattern::Case sensitivity) : text_(text), sensitivity_(sensitivity) {}

  Result<Pattern> Compile() {
    if (text_.size() > Pattern::kLongestPattern)
      return Fail(ErrorKind::kInvalid, "a pattern has at most " + std::to_string(Pattern::kLongestPattern) + " bytes");
    NodePtr root = Choice(0);
    if (!error_ && !AtEnd()) Mistake("there is a ')' too many");
    if (!error_) Write(*root);
    if (!error_) Emit({Pattern::Step::Kind::kEnd});
    if (error_) return Fail(*error_);
    return std::move(pattern_);
  }

 private:
  bool AtEnd() const { return at_ >= text_.size(); }
  char Peek() const { return AtEnd() ? '\0' : text_[at_]; }
  bool Take(std::string_view token) {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  void Mistake(std::string sentence) {
    if (!error_) error_ = Error{ErrorKind::kInvalid, std::move(sentence), PositionAt(text_, std::min(at_, text_.size()))};
    at_ = text_.size();
  }

  NodePtr Choice(int depth) {
    NodePtr first = Sequence(depth);
    if (Peek() != '|') return first;
    NodePtr choice = Make(Node::Kind::kChoice);
    choice->parts.push_back(std::move(first));
    while (Take("|")) choice->parts.push_back(Sequence(depth));
    return choice;
  }

  NodePtr Sequence(int depth) {
    NodePtr sequence = Make(Node::Kind::kSequence);
    while (!AtEnd() && Peek() != '|' && Peek() != ')') sequence->parts.push_back(Repeated(depth));
    return sequence;
  }

  NodePtr Repeated(int depth) {
    NodePtr atom = Atom(depth);
    int least = 0, most = -1;
    const std::size_t start = at_;
    if (Take("?"))
      most = 1;
    else if (Take("+"))
      least = 1;
    else if (Peek() == '{')
      Counts(least, most);
    else if (!Take("*"))
      return atom;
    if (error_) return atom;
    if (!AtEnd() && std::string_view("?*+{").find(Peek()) != std::string_view::npos) Mistake("a repetition can't be repeated; group it");
    if ((most < 0 || most > 1) && !error_ && atom->MayBeEmpty()) {
      at_ = start;
      Mistake("this repeats what may be empty");
    }
    NodePtr repeat = Make(Node::Kind::kRepeat);
    repeat->least = least;
    repeat->most = most;
    repeat->parts.push_back(std::move(atom));
    return repeat;
  }

  std::optional<int> Number() {
    int number = 0;
    const std::size_t start = at_;
    for (; IsDigit(Peek()) && number <= Pattern::kMostRepetitions; ++at_) number = number * 10 + (Peek() - '0');
    if (at_ == start) return std::nullopt;
    if (number > Pattern::kMostRepetitions) Mistake("a repetition has at most " + std::to_string(Pattern::kMostRepetitions) + " rounds");
    return number;
  }

  void Counts(int& least, int& most) {
    Take("{");
    const auto first = Number();
    if (!first) return Mistake("'{' begins a repetition such as {2} or {2,4}; write \\{ for the character");
    least = most = *first;
    if (Take(",")) most = Peek() == '}' ? -1 : Number().value_or(-2);
    if (error_) return;
    if (most == -2 || !Take("}")) return Mistake("a repetition is written {2}, {2,} or {2,4}");
    if (most >= 0 && most < least) return Mistake("this repetition ends before it begins");
  }

  NodePtr Atom(int depth) {
    NodePtr bytes = Make(Node::Kind::kBytes);
    const char c = Peek();
    if (c == '(') return Group(depth);
    if (c == '[') {
      Class(bytes->set);
      return bytes;
    }
    if (c == '.') {
      ++at_;
      bytes->set.set();
      return bytes;
    }
    if (c == '^' || c == '$') {
      Mistake(std::string("the whole text is matched anyway: leave '") + c + "' out, or write \\" + c + " for the character");
      return bytes;
    }
    if (std::string_view("?*+{").find(c) != std::string_view::npos) {
      Mistake(std::string("there is nothing before '") + c + "' that could be repeated");
      return bytes;
    }
    if (c == '}' || c == ']') {
      Mistake(std::string("write \\") + c + " for the character");
      return bytes;
    }
    if (c == '\\') {
      Escape(bytes->set);
    } else {
      Literal(bytes->set);
    }
    if (sensitivity_ == Pattern::Case::kIgnored) IgnoreCase(bytes->set);
    return bytes;
  }

  // One character that stands for itself; the character, or '\0' after a mistake.
  char Literal(ByteSet& set) {
    const char c = Peek();
    if (c < 0x20 || c > 0x7e) return Mistake("only printable ASCII can be written; use '.' for other bytes"), '\0';
    ++at_;
    Add(set, c, c);
    return c;
  }

  // The character if it is a single one, '\0' if it is a class.
  char Escape(ByteSet& set) {
    ++at_;
    const char c = Peek();
    if (const auto named = ClassOf(c); named && !AtEnd()) {
      ++at_;
      set |= *named;
      return '\0';
    }
    if (AtEnd() || c <= 0x20 || c > 0x7e || IsWord(c))
      return Mistake("'\\' is followed by one of d w s D W S or by a punctuation mark"), '\0';
    ++at_;
    Add(set, c, c);
    return c;
  }

  void Class(ByteSet& set) {
    Take("[");
    const bool negated = Take("^");
    bool any = false;
    while (!error_ && Peek() != ']') {
      if (AtEnd()) return Mistake("a '[' is not closed");
      if (Peek() == '[') return Mistake("write \\[ for the character");
      any = true;
      const bool hyphen = Peek() == '-';
      const char low = Peek() == '\\' ? Escape(set) : Literal(set);
      if (hyphen && any && Peek() != ']' && low == '-') return Mistake("write \\- for the character, or put it last");
      if (Peek() != '-' || text_.substr(at_).starts_with("-]")) continue;
      if (low == '\0') return Mistake("a range has a character at both ends");
      ++at_;
      ByteSet ignored;
      const char high = Peek() == '\\' ? Escape(ignored) : Literal(ignored);
      if (error_) return;
      if (high == '\0') return Mistake("a range has a character at both ends");
      if (high < low) return Mistake("this range ends before it begins");
      Add(set, low, high);
    }
    if (error_) return;
    if (!any) return Mistake("an empty class matches nothing; write \\] for the character");
    Take("]");
    if (sensitivity_ == Pattern::Case::kIgnored) IgnoreCase(set);
    if (negated) set.flip();
  }

  NodePtr Group(int depth) {
    NodePtr group = Make(Node::Kind::kSequence);
    if (depth >= Pattern::kDeepestGroup) {
      Mistake("groups stand in at most " + std::to_string(Pattern::kDeepestGroup) + " others");
      return group;
    }
    if (Take("(?P<")) {
      const std::size_t start = at_;
      while (IsWord(Peek())) ++at_;
      const std::string name(text_.substr(start, at_ - start));
      if (name.empty() || IsDigit(name[0]) || !Take(">")) {
        Mistake("a named group is written (?P<name>…)");
        return group;
      }
      auto& names = pattern_.names_;
      if (std::find(names.begin(), names.end(), name) != names.end()) {
        Mistake("the group '" + name + "' is there twice");
        return group;
      }
      group->kind = Node::Kind::kGroup;
      group->group = names.size();
      names.push_back(name);
    } else if (!Take("(?:")) {
      Mistake("a group is written (?:…) or (?P<name>…); write \\( for the character");
      return group;
    }
    group->parts.push_back(Choice(depth + 1));
    if (!error_ && !Take(")")) Mistake("a '(' is not closed");
    return group;
  }

  std::size_t Here() const { return pattern_.steps_.size(); }

  std::size_t Emit(Pattern::Step step) {
    if (Here() >= Pattern::kMostSteps) {
      Mistake("the pattern is too large: its repetitions come to more than " + std::to_string(Pattern::kMostSteps) + " steps");
      return 0;
    }
    step.next = static_cast<std::uint16_t>(Here() + 1);
    pattern_.steps_.push_back(step);
    return Here() - 1;
  }

  void Write(const Node& node) {
    if (error_) return;
    using Kind = Pattern::Step::Kind;
    auto& steps = pattern_.steps_;
    switch (node.kind) {
      case Node::Kind::kBytes:
        pattern_.sets_.push_back(node.set);
        Emit({Kind::kByte, 0, static_cast<std::uint16_t>(pattern_.sets_.size() - 1)});
        return;
      case Node::Kind::kSequence:
        for (const NodePtr& part : node.parts) Write(*part);
        return;
      case Node::Kind::kGroup:
        Emit({Kind::kSave, 0, static_cast<std::uint16_t>(2 * node.group)});
        Write(*node.parts[0]);
        Emit({Kind::kSave, 0, static_cast<std::uint16_t>(2 * node.group + 1)});
        return;
      case Node::Kind::kChoice:
        return WriteChoice(node);
      case Node::Kind::kRepeat:
        break;
    }
    for (int round = 0; round < node.least && !error_; ++round) Write(*node.parts[0]);
    std::vector<std::size_t> exits;
    if (node.most < 0) {
      exits.push_back(Emit({Kind::kFork}));
      Write(*node.parts[0]);
      const std::size_t back = Emit({Kind::kFork});  // a jump: both ways are the same
      if (error_) return;
      steps[back].next = steps[back].other = static_cast<std::uint16_t>(exits[0]);
    }
    for (int round = node.least; round < node.most && !error_; ++round) {
      exits.push_back(Emit({Kind::kFork}));
      Write(*node.parts[0]);
    }
    if (error_) return;
    for (std::size_t exit : exits) steps[exit].other = static_cast<std::uint16_t>(Here());
  }

  void WriteChoice(const Node& node) {
    using Kind = Pattern::Step::Kind;
    auto& steps = pattern_.steps_;
    std::vector<std::size_t> ends;
    for (std::size_t index = 0; index < node.parts.size() && !error_; ++index) {
      const bool last = index + 1 == node.parts.size();
      const std::size_t fork = last ? 0 : Emit({Kind::kFork});
      Write(*node.parts[index]);
      if (last || error_) break;
      ends.push_back(Emit({Kind::kFork}));
      if (error_) return;
      steps[fork].other = static_cast<std::uint16_t>(Here());
    }
    if (error_) return;
    for (std::size_t end : ends) steps[end].next = steps[end].other = static_cast<std::uint16_t>(Here());
  }

  const std::string_view text_;
  const Pattern::Case sensitivity_;
  std::size_t at_ = 0;
  std::optional<Error> error_;
  Pattern pattern_;
};

Result<Pattern> Pattern::Compile(std::string_view pattern, Case sensitivity) { return PatternCompiler(pattern, sensitivity).Compile(); }

std::optional<Pattern::Captures> Pattern::Match(std::string_view text) const {
  if (text.size() > kLongestText) return std::nullopt;
  struct Thread {
    std::uint16_t step;
    std::vector<std::uint16_t> slots;  // kUnset, or an offset
  };
  constexpr std::uint16_t kUnset = 0xffff;
  std::vector<Thread> now, next, pending;
  std::vector<std::size_t> seen(steps_.size(), text.size() + 1);  // at which offset a step was last reached

  // Follows what takes no byte. Threads come out in the order of preference, each step once.
  const auto follow = [&](Thread thread, std::size_t offset, std::vector<Thread>& into) {
    pending.push_back(std::move(thread));
    while (!pending.empty()) {
      Thread current = std::move(pending.back());
      pending.pop_back();
      if (std::exchange(seen[current.step], offset) == offset) continue;
      const Step& step = steps_[current.step];
      switch (step.kind) {
        case Step::Kind::kFork:
          pending.push_back({step.other, current.slots});
          pending.push_back({step.next, std::move(current.slots)});
          break;
        case Step::Kind::kSave:
          current.slots[step.other] = static_cast<std::uint16_t>(offset);
          pending.push_back({step.next, std::move(current.slots)});
          break;
        default:
          into.push_back(std::move(current));
      }
    }
  };

  follow({0, std::vector<std::uint16_t>(2 * names_.size(), kUnset)}, 0, now);
  for (std::size_t offset = 0; offset < text.size() && !now.empty(); ++offset) {
    next.clear();
    for (Thread& thread : now) {
      const Step& step = steps_[thread.step];
      if (step.kind == Step::Kind::kByte && sets_[step.other][static_cast<unsigned char>(text[offset])])
        follow({step.next, std::move(thread.slots)}, offset + 1, next);
    }
    std::swap(now, next);
  }
  for (const Thread& thread : now) {
    if (steps_[thread.step].kind != Step::Kind::kEnd) continue;
    Captures captures;
    for (std::size_t group = 0; group < names_.size(); ++group) {
      const std::uint16_t from = thread.slots[2 * group], to = thread.slots[2 * group + 1];
      if (from != kUnset && to != kUnset) captures[names_[group]] = text.substr(from, to - from);
    }
    return captures;
  }
  return std::nullopt;
}

}  // namespace provdlab::server
