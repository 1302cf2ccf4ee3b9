#include "conformance/report/screen.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace provdlab::conformance {
namespace {

constexpr std::size_t kLabelWidth = 10;
constexpr std::size_t kNumberWidth = 4;

// As much of the text as fits, up to a blank if there is one in the second half.
std::string Fold(const std::string& text, std::size_t columns) {
  std::size_t end = 0;
  for (std::size_t used = 0; end < text.size(); ++end) {
    if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80 && ++used > columns) break;
  }
  const std::size_t blank = text.rfind(' ', end);
  return text.substr(0, blank != std::string::npos && blank > end / 2 ? blank : end);
}

}  // namespace

std::size_t Columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string Plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      out += '.';
      ++i;
    } else {
      out += c == '\n' || c == '\t' || c == '\r' ? ' ' : c < 0x20 || c == 0x7F ? '.' : text[i];
    }
  }
  return out;
}

std::string Cut(const std::string& text, std::size_t columns) {
  if (Columns(text) <= columns) return text;
  std::size_t end = 0;
  for (std::size_t used = 0; end < text.size(); ++end) {
    if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80 && ++used >= columns) break;
  }
  return text.substr(0, end) + "…";
}

Screen::Screen(bool color, std::size_t width) : color_(color), width_(std::clamp<std::size_t>(width, 60, 160)) {}

std::string Screen::Paint(const char* style, const std::string& text) const {
  return color_ ? "\033[" + std::string(style) + "m" + text + "\033[0m" : text;
}

void Screen::Line(const std::string& text) { out_ += text + "\n"; }

void Screen::Headline(const char* style, const std::string& word, const std::string& sentence) {
  const std::string plain = Plain(sentence);
  const std::string painted = Paint(style, word);
  if (word.size() + 2 + Columns(plain) <= width_) {
    Line(painted + "  " + plain);
  } else {
    Line(painted);
    Labelled("", "", plain);
  }
}

void Screen::Item(std::size_t number, const std::string& text) {
  const std::string count = std::to_string(number) + ".";
  Line(std::string(kNumberWidth - std::min(kNumberWidth, count.size()), ' ') + count + " " + text);
}

void Screen::Labelled(const std::string& indent, const std::string& label, const std::string& text, std::size_t most) {
  const std::size_t room = width_ - indent.size() - kLabelWidth;
  std::string rest = Plain(text);
  for (std::size_t line = 0; line == 0 || (!rest.empty() && line < most); ++line) {
    std::string piece = rest;
    if (Columns(rest) > room) {
      piece = line + 1 == most ? Cut(rest, room) : Fold(rest, room);
    }
    rest = piece.size() <= rest.size() && line + 1 < most
               ? std::string(Trim(std::string_view(rest).substr(std::min(piece.size(), rest.size()))))
               : "";
    const std::string shown = line == 0 ? label : "";
    Line(indent + Paint("2", shown + std::string(kLabelWidth - shown.size(), ' ')) + piece);
  }
}

void Screen::Verbatim(const std::string& indent, const std::string& label, const std::string& text) {
  Line(indent + Paint("2", label + std::string(kLabelWidth - label.size(), ' ')) + Plain(text));
}

std::string Screen::Take() { return std::move(out_); }

}  // namespace provdlab::conformance
