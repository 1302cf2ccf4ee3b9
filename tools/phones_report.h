#pragma once
// What `provdlab phones` shows at a terminal: the live trace of one phone, the line of progress of many, the summary.
//
//   out << TraceText(line, /*color=*/true) << "\n" << std::flush;
//   out << SummaryText(record, {.color = true, .page = "phones.html"});
//
// Bytes of servers never reach the terminal as control characters. Pure; any thread.

#include <cstddef>
#include <string>

#include "simulator/fleet/record.h"
#include "simulator/network/trace.h"

namespace provdlab::tools {

// One line, without its end.
std::string TraceText(const network::TraceLine& line, bool color);

struct SummaryOptions {
  bool color = false;
  std::size_t width = 100;
  std::string page{};  // where the page was written; empty: nowhere
};
std::string SummaryText(const fleet::FleetRecord& record, const SummaryOptions& options);

}  // namespace provdlab::tools
