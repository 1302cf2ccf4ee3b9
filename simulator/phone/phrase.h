#pragma once
// A text of a profile with words in braces, which a phone fills in when it says it.
//
//   Result<Phrase> agent = Phrase::Read("Aastra{said} MAC:{MAC-DASHED} V:{version}-SIP");
//   std::optional<std::string> said = agent->Say(vocabulary);       // nothing if a word has no meaning now
//   Phrase::Read("http://{setting:http server}:{setting:http port|80}");
//
// {NAME} is a word, {setting:NAME} what a file set, {WORD|OTHERWISE} has a text for when the word has no meaning. NAME and OTHERWISE may
// hold words themselves: {setting:APP_FILE_PATH_{model}|{setting:APP_FILE_PATH}}. Immutable; any thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace provdlab::phone {

// What words mean to whoever speaks: the word, and what stands behind its ':', if anything.
using Vocabulary = std::function<std::optional<std::string>(std::string_view word, std::string_view argument)>;

class Phrase {
 public:
  Phrase() = default;  // says ""
  static Result<Phrase> Read(std::string_view text);

  // Without a meaning for one of its words a phrase can't be said.
  std::optional<std::string> Say(const Vocabulary& vocabulary) const;

  // Calls `use` with each word that is in it, also those inside of others; of an argument with words in it only these are told.
  void EachWord(const std::function<void(std::string_view word)>& use) const;
  // Calls `use` with the argument of each {setting:…}.
  void EachSetting(const std::function<void(const Phrase& name)>& use) const;

 private:
  struct Part;
  static Result<Phrase> ReadPart(std::string_view text, std::size_t& at, std::string_view ends, int depth);

  std::vector<std::shared_ptr<const Part>> parts_;
};

}  // namespace provdlab::phone
