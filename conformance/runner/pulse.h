#pragma once
// Whether all of a target still answers: simple questions to each of its parts, asked in the beginning, and once more when something was
// not answered. A part that answered then and does not now is stuck; a request that the target never answers is just that.
//
//   Pulse pulse(target, "plab-x-d0");
//   pulse.Begin(ask);                                        // what is not answered now is not asked again
//   if (auto missed = pulse.Miss("/dev_mgr/devices/a", ask)) // the first question to the devices that is not answered any more
//
// The questions change nothing: they look for, and delete, what is not there. Paths have no prefix. One thread at a time.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http/client.h"
#include "conformance/runner/target.h"

namespace provdlab::conformance {

class Pulse {
 public:
  using Ask = std::function<http::Exchange(const std::string& method, const std::string& path)>;

  // `absent` is an id that nothing on the target has, nor ever gets.
  Pulse(const Target& target, const std::string& absent);

  void Begin(const Ask& ask);
  // `path` is what was not answered. nullopt: the part that it belongs to answers, or never did.
  std::optional<http::Exchange> Miss(std::string_view path, const Ask& ask) const;

 private:
  struct Question {
    std::string part;  // "dev_mgr"
    std::string method, path;
  };

  std::vector<Question> questions_;
};

}  // namespace provdlab::conformance
