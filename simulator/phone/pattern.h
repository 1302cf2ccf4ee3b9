#pragma once
// Takes a text apart at the pieces that stand between its parts.
//
//   Result<Pattern> account = Pattern::Read("{user...}@{host}:{port}");
//   account->Match("a@b@192.0.2.20:5060");                        // {{"user", "a@b"}, {"host", "192.0.2.20"}, {"port", "5060"}}
//
// {NAME} takes as little as it can, {NAME...} as much; no part goes back on what it took, so a match takes time in proportion to the text.
// The whole text has to fit. Immutable; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace provdlab::phone {

class Pattern {
 public:
  static Result<Pattern> Read(std::string_view text);

  using Parts = std::vector<std::pair<std::string, std::string>>;
  std::optional<Parts> Match(std::string_view text) const;
  std::vector<std::string> names() const;

 private:
  struct Part {
    std::string before;  // stands in front of it
    std::string name;
    bool greedy = false;
  };
  std::vector<Part> parts_;
  std::string end_;  // stands behind the last one
};

}  // namespace provdlab::phone
