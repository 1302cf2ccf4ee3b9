#pragma once
// When something of a profile holds: {"version_from": "4.0"}, {"setting": "language", "is": "1"}, {"any": [...]}.
//
//   bool asks = Holds(step.when, circumstances);
//
// Data; immutable once read. docs/phone-profiles.md describes what can be written.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/phone/phrase.h"

namespace provdlab::phone {

struct Condition;

// One thing that has to hold.
struct Requirement {
  enum class Kind { kVersionFrom, kVersionBelow, kBootVersionFrom, kBootVersionBelow, kSetting, kWord, kFactory, kAny, kNot };
  Kind kind = Kind::kSetting;
  std::string text{};                   // the version, or the word
  Phrase setting{};                     // the setting's name
  std::vector<std::string> is{};        // one of these; empty: anything but nothing
  std::vector<Condition> conditions{};  // of kAny and kNot
};

// Everything in it has to hold; an empty one always does.
struct Condition {
  std::vector<Requirement> requirements{};
};

// What conditions are about.
class Circumstances {
 public:
  virtual ~Circumstances() = default;
  virtual std::optional<std::string> Word(std::string_view word, std::string_view argument) const = 0;
  virtual std::string ApplicationVersion() const = 0;
  virtual std::string BootVersion() const = 0;
  virtual bool Factory() const = 0;  // it has never understood a file

  std::optional<std::string> Say(const Phrase& phrase) const {
    return phrase.Say([this](std::string_view word, std::string_view argument) { return Word(word, argument); });
  }
};

bool Holds(const Condition& condition, const Circumstances& circumstances);

}  // namespace provdlab::phone
