#include "tools/status_report.h"

#include <gtest/gtest.h>

#include <sstream>

#include "grammar/status/status.h"

namespace provdlab::tools {
namespace {

struct Seen {
  int exit_code;
  std::string out, problems;
};

Seen Report(const std::vector<std::string>& texts, const StatusReportOptions& options = {}) {
  std::ostringstream out, problems;
  const int exit_code = ReportStatuses(texts, options, out, problems);
  return {exit_code, out.str(), problems.str()};
}

Seen ReportLines(const std::string& lines, const StatusReportOptions& options = {}) {
  std::istringstream in(lines);
  std::ostringstream out, problems;
  const int exit_code = ReportStatuses(in, options, out, problems);
  return {exit_code, out.str(), problems.str()};
}

TEST(ReportStatuses, PrintsATree) {
  const Seen seen = Report({"op|progress;20/150(op1|progress(op11|progress;5)(waiting))(op2|success)"});
  EXPECT_EQ(seen.exit_code, 0);
  EXPECT_EQ(seen.out,
            "op  progress  20 of 150\n"
            "├─ op1  progress\n"
            "│  ├─ op11  progress  5\n"
            "│  └─ waiting\n"
            "└─ op2  success\n");
  EXPECT_EQ(seen.problems, "");
}

TEST(ReportStatuses, PrintsJsonALine) {
  const Seen seen = Report({"a|progress;1/18446744073709551615(waiting)", "fail"}, {.json = true});
  EXPECT_EQ(seen.exit_code, 0);
  EXPECT_EQ(seen.out,
            "{\"label\":\"a\",\"state\":\"progress\",\"current\":1,\"end\":18446744073709551615,\"parts\":[{\"state\":\"waiting\","
            "\"parts\":[]}]}\n"
            "{\"state\":\"fail\",\"parts\":[]}\n");
}

TEST(ReportStatuses, ComplainsWithACaretAndGoesOn) {
  const Seen seen = ReportLines("progress\n\nmy-label|progress\r\nsuccess");
  EXPECT_EQ(seen.exit_code, 1);
  EXPECT_EQ(seen.out, "progress\nsuccess\n");
  EXPECT_EQ(seen.problems,
            "stdin:3:3: expected only letters, digits and '_' in a label, found '-'\n"
            "  my-label|progress\n"
            "    ^\n");
}

TEST(ReportStatuses, LenientShowsHowAnUnknownStateIsRead) {
  EXPECT_EQ(Report({"running"}).exit_code, 1);
  EXPECT_EQ(Report({"running"}, {.lenient = true}).out, "running (read as progress)\n");
}

TEST(ReportStatuses, RemarksAreNoFailure) {
  const Seen seen = Report({"progress;7/5"});
  EXPECT_EQ(seen.exit_code, 0);
  EXPECT_EQ(seen.problems, "status:1: remark: the operation: current 7 is beyond its end 5\n");
}

TEST(ReportStatuses, FollowNamesTheFirstIllegalStepOnly) {
  const Seen seen = ReportLines("a|progress;5\na|progress;4\na|progress;3\n", {.follow = true});
  EXPECT_EQ(seen.exit_code, 1);
  EXPECT_EQ(seen.problems,
            "stdin:2: illegal step: a: its current fell from 5 to 4; it never goes down\n"
            "  from a|progress;5\n"
            "  to   a|progress;4\n");
}

TEST(ReportStatuses, FollowSeesAnIllegalStart) {
  EXPECT_EQ(Report({"a|success(b|waiting)"}, {.follow = true}).problems,
            "status:1: illegal step: a: ended (success) while its part b is waiting; an operation ends after all its parts\n"
            "  in   a|success(b|waiting)\n");
}

TEST(ReportStatuses, FollowIsSatisfiedByALegalSequence) {
  EXPECT_EQ(Report({"update|progress;0", "update|success;3792"}, {.follow = true}).exit_code, 0);
  EXPECT_EQ(Report({"progress", "waiting"}).exit_code, 0) << "without --follow they have nothing to do with each other";
}

TEST(ReportStatuses, NothingIsNoStatus) {
  EXPECT_EQ(ReportLines("").exit_code, 1);
  EXPECT_EQ(ReportLines("\n\n").problems, "no status was given\n");
}

TEST(ReportStatuses, ALineWithoutEndIsRefusedWithoutBeingKept) {
  const Seen seen = ReportLines(std::string(3 * status::kLongest, 'x') + "\nfail\n");
  EXPECT_EQ(seen.exit_code, 1);
  EXPECT_EQ(seen.out, "fail\n");
  EXPECT_NE(seen.problems.find("more than 1048576 are not read"), std::string::npos);
  EXPECT_LT(seen.problems.size(), 600u);
}

}  // namespace
}  // namespace provdlab::tools
