#pragma once
// What `provdlab status` does, on streams: so that it can be tested without a process.
//
//   int exit_code = ReportStatuses({"progress;1/2"}, {.json = true}, std::cout, std::cerr);
//
// Nothing is kept between calls. Statuses go to `out`, complaints and remarks to `problems`.

#include <iosfwd>
#include <string>
#include <vector>

namespace provdlab::tools {

struct StatusReportOptions {
  bool json = false;     // an object a line instead of a tree
  bool lenient = false;  // status::Strictness::kLenient
  bool follow = false;   // they are one operation over time; its first illegal step is named
};

// Each returns 0, or 1 if a text is no status or a step is illegal. Reading goes on after a complaint, so that all are seen;
// of a followed sequence only the first illegal step is named. Empty lines of `in` are passed over.
int ReportStatuses(const std::vector<std::string>& texts, const StatusReportOptions& options, std::ostream& out, std::ostream& problems);
int ReportStatuses(std::istream& in, const StatusReportOptions& options, std::ostream& out, std::ostream& problems);

}  // namespace provdlab::tools
