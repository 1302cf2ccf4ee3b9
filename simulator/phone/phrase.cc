#include "simulator/phone/phrase.h"

#include <utility>

namespace provdlab::phone {
namespace {

constexpr int kDeepestWord = 4;
constexpr std::size_t kLongestPhrase = 2000;

Error Mistaken(std::string_view text, const std::string& what) {
  return {ErrorKind::kInvalid, "\"" + std::string(text) + "\": " + what, std::nullopt};
}

}  // namespace

// Either a plain text, or a word.
struct Phrase::Part {
  std::string text{};
  bool word = false;
  Phrase argument{};
  std::optional<Phrase> otherwise{};
};

Result<Phrase> Phrase::Read(std::string_view text) {
  if (text.size() > kLongestPhrase) return Fail(Mistaken(text.substr(0, 40), "longer than " + std::to_string(kLongestPhrase) + " bytes"));
  std::size_t at = 0;
  return ReadPart(text, at, "", 0);
}

// Reads up to one of `ends`, which is left for the caller; without `ends`, to the end of the text.
Result<Phrase> Phrase::ReadPart(std::string_view text, std::size_t& at, std::string_view ends, int depth) {
  if (depth > kDeepestWord) return Fail(Mistaken(text, "words stand deeper in one another than " + std::to_string(kDeepestWord)));
  Phrase phrase;
  std::string plain;
  const auto flush = [&] {
    if (plain.empty()) return;
    phrase.parts_.push_back(std::make_shared<Part>(Part{.text = std::move(plain)}));
    plain.clear();
  };
  while (at < text.size() && ends.find(text[at]) == std::string_view::npos) {
    if (text[at] == '}') return Fail(Mistaken(text, "there is a '}' without its '{'"));
    if (text[at] != '{') {
      plain += text[at++];
      continue;
    }
    flush();
    Part part{.word = true};
    for (++at; at < text.size() && std::string_view(":|{}").find(text[at]) == std::string_view::npos; ++at) part.text += text[at];
    if (part.text.empty()) return Fail(Mistaken(text, "a word in braces has no name"));
    if (at < text.size() && text[at] == ':') {
      Result<Phrase> argument = ReadPart(text, ++at, "|}", depth + 1);
      if (!argument) return argument;
      part.argument = std::move(*argument);
    }
    if (at < text.size() && text[at] == '|') {
      Result<Phrase> otherwise = ReadPart(text, ++at, "}", depth + 1);
      if (!otherwise) return otherwise;
      part.otherwise = std::move(*otherwise);
    }
    if (at >= text.size() || text[at] != '}') return Fail(Mistaken(text, "there is no '}' for {" + part.text));
    ++at;
    phrase.parts_.push_back(std::make_shared<Part>(std::move(part)));
  }
  flush();
  return phrase;
}

std::optional<std::string> Phrase::Say(const Vocabulary& vocabulary) const {
  std::string said;
  for (const auto& part : parts_) {
    if (!part->word) {
      said += part->text;
      continue;
    }
    const std::optional<std::string> argument = part->argument.Say(vocabulary);
    std::optional<std::string> meaning = argument ? vocabulary(part->text, *argument) : std::nullopt;
    if (!meaning && part->otherwise) meaning = part->otherwise->Say(vocabulary);
    if (!meaning) return std::nullopt;
    said += *meaning;
  }
  return said;
}

void Phrase::EachWord(const std::function<void(std::string_view word)>& use) const {
  for (const auto& part : parts_) {
    if (!part->word) continue;
    use(part->text);
    part->argument.EachWord(use);
    if (part->otherwise) part->otherwise->EachWord(use);
  }
}

void Phrase::EachSetting(const std::function<void(const Phrase& name)>& use) const {
  for (const auto& part : parts_) {
    if (!part->word) continue;
    if (part->text == "setting") use(part->argument);
    part->argument.EachSetting(use);
    if (part->otherwise) part->otherwise->EachSetting(use);
  }
}

}  // namespace provdlab::phone
