#include "conformance/known/divergences.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/text.h"

namespace provdlab::conformance {
namespace {

constexpr std::size_t kLongestGot = 120;
constexpr std::size_t kLongestLine = 4'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLowerAlnum(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z'); }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsAlnum(char c) { return IsLowerAlnum(c) || (c >= 'A' && c <= 'Z'); }

bool IsDay(std::string_view text) {
  if (text.size() != 10) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7 ? text[i] != '-' : !IsDigit(text[i])) return false;
  }
  const std::string_view month = text.substr(5, 2), day = text.substr(8);
  return month >= "01" && month <= "12" && day >= "01" && day <= "31";
}

// "area.what-holds"
bool IsSlug(std::string_view text) {
  const std::size_t dot = text.find('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < text.size() &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsLowerAlnum(c) || c == '.' || c == '-'; });
}

// A line as it stands, and what it says.
struct Line {
  std::string_view raw;
  std::string_view word, rest;  // the first word, and what follows it
  bool indented = false;
  bool blank() const { return word.empty(); }
  bool comment() const { return word.starts_with('#'); }
};

std::vector<Line> LinesOf(std::string_view text) {
  std::vector<Line> lines;
  if (text.ends_with('\n')) text.remove_suffix(1);
  for (std::string_view raw : Split(text, '\n')) {
    Line line{.raw = raw, .word = {}, .rest = {}};
    const std::string_view said = Trim(raw);
    line.indented = !said.empty() && (raw.front() == ' ' || raw.front() == '\t');
    const std::size_t end = std::min(said.find_first_of(" \t"), said.size());
    line.word = said.substr(0, end);
    line.rest = Trim(said.substr(end));
    lines.push_back(line);
  }
  return lines;
}

class Reader {
 public:
  Reader(std::string_view text, std::vector<Line> lines) : text_(text), lines_(std::move(lines)) {}

  Result<> Read() {
    for (at_ = 0; at_ < lines_.size(); ++at_) {
      const Line& line = lines_[at_];
      if (line.raw.size() > kLongestLine) return Problem("the line is longer than " + std::to_string(kLongestLine) + " bytes");
      if (line.blank() || line.comment()) continue;
      if (const Result<> taken = line.indented ? TakeMember(line) : TakeHead(line); !taken) return taken;
    }
    at_ = lines_.empty() ? 0 : lines_.size() - 1;
    if (target.empty()) return Problem("it does not say whose divergences they are: known NAME");
    if (format_.empty()) return Problem("it does not say its format: format 1");
    return Finish();
  }

  std::string target;
  std::vector<Divergence> divergences;
  std::vector<std::size_t> slug_lines;

 private:
  tl::unexpected<Error> Problem(std::string message) const {
    const std::size_t offset = lines_.empty() ? 0 : static_cast<std::size_t>(lines_[at_].raw.data() - text_.data());
    return Fail(ErrorKind::kInvalid, std::move(message), PositionAt(text_, offset));
  }

  Result<> TakeHead(const Line& line) {
    if (line.word == "known" || line.word == "format") {
      if (!divergences.empty()) return Problem("\"" + std::string(line.word) + "\" stands before all entries");
      std::string& value = line.word == "known" ? target : format_;
      if (!value.empty()) return Problem("\"" + std::string(line.word) + "\" is there twice");
      if (line.rest.empty()) return Problem("\"" + std::string(line.word) + "\" needs a value");
      value = line.rest;
      if (line.word == "format" && value != "1") return Problem("format " + value + " is none that this provdlab reads; it reads 1");
      return {};
    }
    if (!line.rest.empty() || !IsSlug(line.word))
      return Problem("\"" + std::string(line.raw.substr(0, 60)) + "\" is no requirement's slug; what belongs to one is indented");
    if (const Result<> finished = Finish(); !finished) return finished;
    for (const Divergence& divergence : divergences) {
      if (divergence.slug == line.word)
        return Problem("\"" + divergence.slug + "\" has an entry already, at line " + std::to_string(divergence.line));
    }
    divergences.push_back({.slug = std::string(line.word), .reason = "", .until = "", .instead = {}, .line = static_cast<int>(at_) + 1});
    slug_lines.push_back(at_);
    return {};
  }

  Result<> TakeMember(const Line& line) {
    if (divergences.empty()) return Problem("what is indented belongs to an entry, and there is none yet");
    Divergence& divergence = divergences.back();
    if (line.rest.empty()) return Problem("\"" + std::string(line.word) + "\" needs a value");
    if (line.word == "reason" || line.word == "until") {
      std::string& value = line.word == "reason" ? divergence.reason : divergence.until;
      if (!value.empty()) return Problem("\"" + std::string(line.word) + "\" is there twice");
      value = line.rest;
      if (line.word == "until" && value != "ever" && !IsDay(value))
        return Problem("\"" + value + "\" is no day; write it like 2027-12-31, or ever");
      return {};
    }
    if (line.word == "seen") {
      if (line.rest != "sometimes" && line.rest != "always")
        return Problem("\"" + std::string(line.rest) + "\" is neither sometimes nor always, which it is unless said");
      divergence.sometimes = line.rest == "sometimes";
      return {};
    }
    if (line.word == "got") {
      if (!divergence.instead.empty() && divergence.instead.back().places.empty())
        return Problem("the \"got\" before this one has no place: in SCENARIO");
      divergence.instead.push_back({.got = std::string(line.rest), .places = {}});
      return {};
    }
    if (line.word == "in") {
      if (divergence.instead.empty()) return Problem("\"in\" follows what is got there: got …");
      constexpr std::string_view kFor = " for ";
      const std::size_t row = line.rest.find(kFor);
      Place place{.file = std::string(Trim(line.rest.substr(0, row))), .row = ""};
      if (row != std::string_view::npos) place.row = Trim(line.rest.substr(row + kFor.size()));
      if (divergence.GotsAt(place).contains(divergence.instead.back().got)) return Problem("\"" + place.Text() + "\" is there twice");
      divergence.instead.back().places.push_back(std::move(place));
      return {};
    }
    return Problem("\"" + std::string(line.word) + "\" is none of reason, until, seen, got, in");
  }

  // The entry that ends before this line is whole.
  Result<> Finish() const {
    if (divergences.empty()) return {};
    const Divergence& divergence = divergences.back();
    const auto lacks = [&](const char* what) { return Problem("the entry of \"" + divergence.slug + "\" lacks " + what); };
    if (divergence.reason.empty()) return lacks("a reason: reason …");
    if (divergence.until.empty()) return lacks("an end: until YYYY-MM-DD, or until ever");
    if (divergence.instead.empty()) return lacks("what is got instead: got …");
    if (divergence.instead.back().places.empty()) return lacks("the place of its last \"got\": in SCENARIO");
    return {};
  }

  const std::string_view text_;
  const std::vector<Line> lines_;
  std::size_t at_ = 0;
  std::string format_;
};

// The order in which things are listed says nothing.
std::set<std::pair<std::string, Place>> Unordered(const std::vector<Instead>& insteads) {
  std::set<std::pair<std::string, Place>> all;
  for (const Instead& instead : insteads) {
    for (const Place& place : instead.places) all.emplace(instead.got, place);
  }
  return all;
}

std::string Written(const Divergence& divergence) {
  std::string text = divergence.slug + "\n  reason  " + divergence.reason + "\n  until   " + divergence.until + "\n";
  if (divergence.sometimes) text += "  seen    sometimes\n";
  for (const Instead& instead : divergence.instead) {
    text += "  got     " + instead.got + "\n";
    for (const Place& place : instead.places) text += "    in    " + place.Text() + "\n";
  }
  return text;
}

// How far from `at` something of this shape reaches, or 0.
std::size_t IdAt(std::string_view text, std::size_t at) {  // plab-RUN-7, plab-RUN-d27
  constexpr std::string_view kBegin = "plab-";
  if (!text.substr(at).starts_with(kBegin)) return 0;
  std::size_t end = at + kBegin.size();
  while (end < text.size() && (IsLowerAlnum(text[end]) || text[end] == '-')) ++end;
  return end - at;
}
std::size_t MacAt(std::string_view text, std::size_t at) {
  constexpr std::size_t kSize = 17;
  if (at + kSize > text.size()) return 0;
  for (std::size_t i = 0; i < kSize; ++i) {
    const char c = text[at + i];
    if (i % 3 == 2 ? c != ':' && c != '-' : !IsHex(c)) return 0;
  }
  return kSize;
}
// A dotted quad, with a port or not.
std::size_t AddressAt(std::string_view text, std::size_t at) {
  std::size_t end = at;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && (end >= text.size() || text[end++] != '.')) return 0;
    const std::size_t begin = end;
    while (end < text.size() && IsDigit(text[end]) && end - begin < 3) ++end;
    if (end == begin) return 0;
  }
  if (end + 1 < text.size() && text[end] == ':' && IsDigit(text[end + 1])) {
    ++end;
    while (end < text.size() && IsDigit(text[end])) ++end;
  }
  return end - at;
}
// Of a status: ;4096/202009
std::size_t CountAt(std::string_view text, std::size_t at) {
  if (text[at] != ';') return 0;
  std::size_t end = at + 1;
  while (end < text.size() && (IsDigit(text[end]) || (text[end] == '/' && end > at + 1))) ++end;
  return end > at + 1 ? end - at : 0;
}
// Ids and digests that a server or a run makes up.
std::size_t HexAt(std::string_view text, std::size_t at) {
  constexpr std::size_t kShortest = 12;
  std::size_t end = at;
  while (end < text.size() && (IsHex(text[end]) || (text[end] == '-' && end > at))) ++end;
  while (end > at && text[end - 1] == '-') --end;
  return end - at >= kShortest && (end == text.size() || !IsAlnum(text[end])) ? end - at : 0;
}

}  // namespace

std::set<std::string> Divergence::GotsAt(const Place& place) const {
  std::set<std::string> gots;
  for (const Instead& each : instead) {
    if (std::find(each.places.begin(), each.places.end(), place) != each.places.end()) gots.insert(each.got);
  }
  return gots;
}

Result<KnownDivergences> KnownDivergences::Parse(std::string text) {
  if (text.size() > kMostBytes) return Fail(ErrorKind::kInvalid, "a file of known divergences has at most 4 MiB");
  if (!IsUtf8(text)) return Fail(ErrorKind::kInvalid, "the file is not UTF-8", PositionAt(text, *FirstNonUtf8(text)));
  KnownDivergences known;
  known.text_ = std::move(text);
  const std::vector<Line> lines = LinesOf(known.text_);
  Reader reader(known.text_, lines);
  if (const Result<> read = reader.Read(); !read) return Fail(read.error());
  known.target_ = std::move(reader.target);
  known.divergences_ = std::move(reader.divergences);
  for (std::size_t i = 0; i < reader.slug_lines.size(); ++i) {
    std::size_t first = reader.slug_lines[i];
    while (first > 0 && lines[first - 1].comment() && !lines[first - 1].indented) --first;
    std::size_t last = reader.slug_lines[i] + 1;
    for (std::size_t line = last; line < lines.size() && (lines[line].blank() || lines[line].indented); ++line) {
      if (!lines[line].blank()) last = line + 1;
    }
    known.lines_.push_back({first, last});
  }
  return known;
}

KnownDivergences KnownDivergences::Empty(const std::string& target) {
  return *Parse("known     " + (Trim(target).empty() ? std::string("a provd") : std::string(Trim(target))) + "\nformat    1\n");
}

const Divergence* KnownDivergences::Find(std::string_view slug) const {
  const auto found =
      std::find_if(divergences_.begin(), divergences_.end(), [&](const Divergence& divergence) { return divergence.slug == slug; });
  return found == divergences_.end() ? nullptr : &*found;
}

std::string KnownDivergences::Rewritten(const std::vector<Divergence>& divergences) const {
  const std::vector<Line> lines = LinesOf(text_);
  std::map<std::string_view, const Divergence*> wanted;
  for (const Divergence& divergence : divergences) wanted[divergence.slug] = &divergence;

  std::string out;
  std::size_t at = 0;
  const auto copy_to = [&](std::size_t end) {
    for (; at < end; ++at) out += std::string(lines[at].raw) + "\n";
  };
  for (std::size_t i = 0; i < divergences_.size(); ++i) {
    copy_to(lines_[i].first);
    const auto found = wanted.find(divergences_[i].slug);
    if (found == wanted.end()) {
      at = lines_[i].last;
      while (at < lines.size() && lines[at].blank()) ++at;  // the gap goes with it
      continue;
    }
    if (Unordered(found->second->instead) == Unordered(divergences_[i].instead)) {
      copy_to(lines_[i].last);
      continue;
    }
    Divergence kept = divergences_[i];
    kept.instead = found->second->instead;
    copy_to(static_cast<std::size_t>(kept.line) - 1);  // the comments above it
    std::string comments;
    for (std::size_t line = static_cast<std::size_t>(kept.line); line < lines_[i].last; ++line) {
      if (lines[line].comment()) comments += std::string(lines[line].raw) + "\n";
    }
    std::string written = Written(kept);
    written.insert(written.find('\n') + 1, comments);
    out += written;
    at = lines_[i].last;
  }
  copy_to(lines.size());
  for (const Divergence& divergence : divergences) {
    if (Find(divergence.slug) != nullptr) continue;
    while (out.ends_with("\n\n")) out.pop_back();
    out += "\n" + Written(divergence);
  }
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

std::string Canonical(std::string_view got) {
  // "404: No such resource": the words are free.
  if (got.size() > 3 && IsDigit(got[0]) && IsDigit(got[1]) && IsDigit(got[2]) && got[3] == ':') return std::string(got.substr(0, 3));
  using Shape = std::size_t (*)(std::string_view, std::size_t);
  constexpr std::pair<Shape, std::string_view> kShapes[] = {{IdAt, "ID"}, {MacAt, "MAC"}, {AddressAt, "ADDRESS"}, {HexAt, "HEX"}};
  std::string out;
  bool in_word = false;  // most shapes begin where a word does
  for (std::size_t at = 0; at < got.size();) {
    std::size_t size = CountAt(got, at);
    if (size > 0) out += ";N";
    for (const auto& [shape, name] : kShapes) {
      if (in_word || size > 0 || (size = shape(got, at)) == 0) continue;
      out += name;
      break;
    }
    if (size == 0) {
      const char c = got[at];
      out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
      size = 1;
    }
    at += size;
    in_word = IsAlnum(got[at - 1]);
  }
  if (out.size() > kLongestGot) {
    std::size_t end = kLongestGot;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;  // no letter is cut in two
    out = out.substr(0, end) + "…";
  }
  const std::string text(Trim(out));
  return text.empty() ? "nothing" : text;
}

}  // namespace provdlab::conformance
