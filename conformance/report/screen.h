#pragma once
// What is printed for a person at a terminal, line by line, folded at its width and coloured only if that is wanted.
//
//   Screen screen(/*color=*/isatty(1) == 1, /*width=*/100);
//   screen.Headline("1;31", "FAILED", "Of 3 requirements, 1 fails.");
//   screen.Labelled("", "target", url);              // "target    http://…"
//   std::cout << screen.Take();
//
// Styles are the numbers of ANSI's escape sequences: "1" bold, "2" faint, "31" red, "32" green, "33" yellow, "35" violet. Bytes from
// outside never reach the terminal as control characters: Headline, Labelled and Verbatim make their text Plain, for Line and Item the
// caller does. A Screen belongs to one thread.

#include <cstddef>
#include <string>
#include <string_view>

namespace provdlab::conformance {

// How many columns a text takes, counting every character as one.
std::size_t Columns(std::string_view text);
// One line without control characters, which could move the cursor or colour the rest of the screen; C1 controls too.
std::string Plain(std::string_view text);
// At most so many columns, the last of them "…" if something was left out.
std::string Cut(const std::string& text, std::size_t columns);

class Screen {
 public:
  Screen(bool color, std::size_t width);  // 60 to 160 columns

  std::string Paint(const char* style, const std::string& text) const;
  void Line(const std::string& text = "");
  // The verdict: a word, and beside or below it a sentence.
  void Headline(const char* style, const std::string& word, const std::string& sentence);
  // "   1. TEXT"
  void Item(std::size_t number, const std::string& text);
  // `label` in its column of 10, the text beside it, folded at blanks and cut after `most` lines.
  void Labelled(const std::string& indent, const std::string& label, const std::string& text, std::size_t most = 3);
  // What is to be copied stays in one line, however long.
  void Verbatim(const std::string& indent, const std::string& label, const std::string& text);

  std::size_t width() const { return width_; }
  std::string Take();

 private:
  bool color_;
  std::size_t width_;
  std::string out_;
};

}  // namespace provdlab::conformance
