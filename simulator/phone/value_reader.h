#pragma once
// Reads the small values of a profile, checks them, and notes which settings they speak of.
//
//   ValueReader values(known_words, mistakes);
//   Phrase agent = values.NeededPhrase(program, "user_agent");
//   Condition when = values.When(step, "when");
//
// Lives as long as the reading of one profile.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/object_reader.h"
#include "simulator/phone/profile_data.h"

namespace provdlab::phone {

class ValueReader {
 public:
  using Words = std::set<std::string, std::less<>>;

  // `words`: what phrases may use.
  ValueReader(Words words, Mistakes& mistakes) : words_(std::move(words)), mistakes_(mistakes) {}

  // A word that phrases may use while this lives: {item} within the steps of each.
  class AlsoKnown {
   public:
    AlsoKnown(ValueReader& reader, std::string word);
    ~AlsoKnown();
    AlsoKnown(const AlsoKnown&) = delete;
    AlsoKnown& operator=(const AlsoKnown&) = delete;

   private:
    ValueReader& reader_;
    std::string word_;
    bool new_;
  };

  Phrase PhraseOf(const std::string& text, const std::string& where);
  Phrase NeededPhrase(const ObjectReader& object, const char* name);
  Phrase OptionalPhrase(const ObjectReader& object, const char* name, std::string_view otherwise);
  std::vector<Phrase> Phrases(const ObjectReader& object, const char* name);  // one, or a list; empty if absent
  Condition ConditionOf(const Json& json, const std::string& where);
  Condition When(const ObjectReader& object, const char* name);  // an empty one if absent
  Cases CasesOf(const Json& json, const std::string& where);
  Milliseconds Duration(const ObjectReader& object, const char* name, Milliseconds otherwise);
  // A number, or {"of": phrase, "least", "most", "otherwise"}.
  Quantity Number(const ObjectReader& object, const char* name, Quantity otherwise);
  // A duration, or {"seconds": phrase, "least", "most", "otherwise"}; in milliseconds.
  Quantity DurationQuantity(const ObjectReader& object, const char* name, Quantity otherwise);

  // The names of settings in all phrases and conditions that were read.
  const std::vector<Phrase>& settings() const { return settings_; }
  Mistakes& mistakes() { return mistakes_; }

 private:
  Words words_;
  Mistakes& mistakes_;
  std::vector<Phrase> settings_;
};

}  // namespace provdlab::phone
