#pragma once
// What came of many phones' boot as one page that can be mailed: base/page's frame, without a script.
//
//   Result<std::string> page = HtmlPage(record);
//
// Pure; any thread.

#include <string>

#include "base/result.h"
#include "simulator/fleet/record.h"

namespace provdlab::fleet {

// The verdict in a word and in a sentence, as on the page and at the terminal.
struct Verdict {
  std::string word, sentence;
  bool good = false;
};
Verdict VerdictOf(const FleetRecord& record);

// kInternal if the page's template is broken, which a test excludes.
Result<std::string> HtmlPage(const FleetRecord& record);

}  // namespace provdlab::fleet
