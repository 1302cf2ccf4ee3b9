#include "tools/status_report.h"

#include <istream>
#include <ostream>

#include "base/json.h"
#include "grammar/status/sequence.h"
#include "grammar/status/status.h"

namespace provdlab::tools {
namespace {

std::string Head(const status::Status& status) {
  std::string out = status.label.empty() ? "" : status.label + "  ";
  out += status.other_state.empty() ? std::string(status::StateName(status.state)) : status.other_state + " (read as progress)";
  if (status.current) out += "  " + std::to_string(*status.current) + (status.end ? " of " + std::to_string(*status.end) : "");
  return out;
}

void PrintParts(const status::Status& status, const std::string& indent, std::ostream& out) {
  for (std::size_t i = 0; i < status.parts.size(); ++i) {
    const bool last = i + 1 == status.parts.size();
    out << indent << (last ? "└─ " : "├─ ") << Head(status.parts[i]) << "\n";
    PrintParts(status.parts[i], indent + (last ? "   " : "│  "), out);
  }
}

// Members that the text does not have are left out, but for `parts`.
OrderedJson ToJson(const status::Status& status) {
  OrderedJson json = OrderedJson::object();
  if (!status.label.empty()) json["label"] = status.label;
  json["state"] = status.other_state.empty() ? std::string(status::StateName(status.state)) : status.other_state;
  if (status.current) json["current"] = *status.current;
  if (status.end) json["end"] = *status.end;
  json["parts"] = OrderedJson::array();
  for (const status::Status& part : status.parts) json["parts"].push_back(ToJson(part));
  return json;
}

class Report {
 public:
  // Places are named as source:NUMBER.
  Report(std::string source, const StatusReportOptions& options, std::ostream& out, std::ostream& problems)
      : source_(std::move(source)), options_(options), out_(out), problems_(problems) {}

  void Add(std::size_t number, const std::string& text) {
    ++count_;
    const std::string place = source_ + ":" + std::to_string(number);
    auto status = status::Parse(text, options_.lenient ? status::Strictness::kLenient : status::Strictness::kStrict);
    if (!status) {
      exit_code_ = 1;
      status.error().position->line = number;
      problems_ << RenderError(status.error(), text, source_) << "\n";
      return;
    }
    if (options_.json) {
      out_ << DumpJson(ToJson(*status)) << "\n";
    } else {
      out_ << Head(*status) << "\n";
      PrintParts(*status, "", out_);
    }
    for (const std::string& remark : status::Lint(*status)) problems_ << place << ": remark: " << remark << "\n";
    if (!options_.follow) return;
    const auto step = checker_.Next(*status);
    if (!step && !illegal_) {
      illegal_ = true;
      exit_code_ = 1;
      problems_ << place << ": illegal step: " << step.error().message << "\n";
      if (!last_.empty()) problems_ << "  from " << last_ << "\n";
      problems_ << (last_.empty() ? "  in   " : "  to   ") << text << "\n";
    }
    last_ = text;
  }

  int Finish() {
    out_.flush();
    if (count_ == 0) {
      problems_ << "no status was given\n";
      return 1;
    }
    return exit_code_;
  }

 private:
  const std::string source_;
  const StatusReportOptions& options_;
  std::ostream& out_;
  std::ostream& problems_;
  status::SequenceChecker checker_;
  std::string last_;
  std::size_t count_ = 0;
  bool illegal_ = false;
  int exit_code_ = 0;
};

// A line, without its end. One that is too long to be a status is cut a byte beyond the limit and read over, so that
// an endless line costs no memory.
bool ReadLine(std::istream& in, std::string& line) {
  line.clear();
  std::streambuf* buffer = in.rdbuf();
  int c = buffer->sbumpc();
  if (c == std::char_traits<char>::eof()) return false;
  for (; c != std::char_traits<char>::eof() && c != '\n'; c = buffer->sbumpc()) {
    if (line.size() <= status::kLongest) line += static_cast<char>(c);
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return true;
}

}  // namespace

int ReportStatuses(const std::vector<std::string>& texts, const StatusReportOptions& options, std::ostream& out, std::ostream& problems) {
  Report report("status", options, out, problems);
  for (std::size_t i = 0; i < texts.size(); ++i) report.Add(i + 1, texts[i]);
  return report.Finish();
}

int ReportStatuses(std::istream& in, const StatusReportOptions& options, std::ostream& out, std::ostream& problems) {
  Report report("stdin", options, out, problems);
  std::string line;
  for (std::size_t number = 1; ReadLine(in, line); ++number) {
    if (!line.empty()) report.Add(number, line);
    out.flush();  // somebody may be watching a pipe
  }
  return report.Finish();
}

}  // namespace provdlab::tools
