#include "grammar/status/sequence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::status {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What the checker says about each of the texts; legal steps say nothing.
std::vector<std::string> Complaints(const std::vector<std::string>& texts) {
  SequenceChecker checker;
  std::vector<std::string> complaints;
  for (const std::string& text : texts) {
    const auto step = checker.Next(Parse(text, Strictness::kLenient).value());
    if (!step) complaints.push_back(step.error().message);
  }
  return complaints;
}

TEST(SequenceChecker, TakesWhatRunningServersShow) {
  const std::vector<std::vector<std::string>> legal = {
      {"update|progress;0", "update|success;3792"},
      {"update|waiting;0", "update|progress;0", "update|progress;100", "update|success;3792"},
      {"install|progress", "install|progress(download|waiting;0/1293)", "install|progress(download|progress;0/1293)",
       "install|success(download|success;1293/1293)"},
      {"install|success"},
      {"install|fail(download|fail;494/494)"},
      {"install|fail(download|success;580/580)"},
      {"install_pkg|progress(download|progress(progress;0/120000))(install|waiting)",
       "install_pkg|progress(download|progress(success;120000/120000)(progress;4096/200000))(install|waiting)",
       "install_pkg|success(download|success(success;120000/120000)(success;200000/200000))(install|success)"},
      // Sampling may miss states, and the same is seen again and again.
      {"waiting", "waiting", "success", "success"},
      {"waiting", "fail"},
      // Beyond the end is a remark only.
      {"progress;0/100", "progress;150/100", "success;150/100"},
      // A word that no client knows is no end.
      {"progress", "running", "success"},
  };
  for (const auto& texts : legal) EXPECT_THAT(Complaints(texts), IsEmpty());
}

TEST(SequenceChecker, NamesTheFirstIllegalStep) {
  struct Case {
    std::vector<std::string> texts;
    std::string complaint;
  };
  const std::vector<Case> table = {
      // States.
      {{"progress", "waiting"}, "the operation: went from progress to waiting; a state never goes back"},
      {{"install|success", "install|progress(download|progress)"}, "install: went from success to progress; what has ended stays so"},
      {{"a|success", "a|fail"}, "a: went from success to fail; what has ended stays so"},
      {{"a|fail", "a|waiting"}, "a: went from fail to waiting; what has ended stays so"},
      {{"a|fail", "a|running"}, "a: went from fail to running; what has ended stays so"},
      {{"running", "waiting"}, "the operation: went from running to waiting; a state never goes back"},
      {{"a|progress(b|progress(c|progress))", "a|progress(b|progress(c|waiting))"},
       "a > b > c: went from progress to waiting; a state never goes back"},
      {{"a|progress(progress)(progress)", "a|progress(progress)(waiting)"},
       "a > part 2: went from progress to waiting; a state never goes back"},
      // Ends after all parts.
      {{"a|success(b|progress)"}, "a: ended (success) while its part b is progress; an operation ends after all its parts"},
      {{"a|progress(b|fail(waiting))"}, "a > b: ended (fail) while its part part 1 is waiting; an operation ends after all its parts"},
      {{"a|success", "a|success(b|success)"}, "a: its part b was added after it had ended; an operation ends after all its parts"},
      // Numbers.
      {{"a|progress;5", "a|progress;4"}, "a: its current fell from 5 to 4; it never goes down"},
      {{"a|progress;5/10", "a|success;3/10"}, "a: its current fell from 5 to 3; it never goes down"},
      {{"a|progress;5/10", "a|progress;5"}, "a: its end of 10 is gone; once shown it stays"},
      {{"a|progress;5/10", "a|progress"}, "a: its end of 10 is gone; once shown it stays"},
      {{"a|progress;5/10", "a|progress;5/12"}, "a: its end changed from 10 to 12; once shown it stays"},
      // Parts.
      {{"a|progress(b|success)(c|waiting)", "a|progress(b|success)"}, "a: its part c is gone; parts are added, never removed"},
      {{"a|progress(b|success)(c|waiting)", "a|progress(c|waiting)"}, "a: its part b is gone; parts are added, never removed"},
      {{"a|progress(waiting)(waiting)", "a|progress(waiting)"}, "a: its part part 2 is gone; parts are added, never removed"},
      {{"a|progress(b|success)(c|waiting)", "a|progress(c|waiting)(b|success)"},
       "a: its part b moved to another place; parts keep their order"},
      {{"a|progress(b|success)", "a|progress(new|waiting)(b|success)"}, "a: its part b moved to another place; parts keep their order"},
      // Labels.
      {{"a|progress", "b|progress"}, "a: its label changed from 'a' to 'b'; labels stay"},
      {{"a|progress", "progress"}, "a: its label changed from 'a' to no label; labels stay"},
      {{"progress", "b|progress"}, "the operation: its label changed from no label to 'b'; labels stay"},
      {{"a|progress(b|waiting)", "a|progress(c|waiting)"}, "a: the label of its part 1 changed from 'b' to 'c'; labels stay"},
  };
  for (const Case& c : table) EXPECT_THAT(Complaints(c.texts), ElementsAre(c.complaint));
}

TEST(SequenceChecker, ReportsEachIllegalStepOnceAndGoesOnFromThere) {
  EXPECT_THAT(
      Complaints({"a|progress;5", "a|progress;1", "a|progress;1", "a|progress;2", "a|waiting"}),
      ElementsAre("a: its current fell from 5 to 1; it never goes down", "a: went from progress to waiting; a state never goes back"));
  // An end that came too early is one mistake, however long it is looked at.
  EXPECT_THAT(Complaints({"a|success(b|progress;1)", "a|success(b|progress;2)", "a|success(b|success;3)"}),
              ElementsAre("a: ended (success) while its part b is progress; an operation ends after all its parts"));
}

TEST(Lint, RemarksOnWhatIsLegalAndOdd) {
  EXPECT_THAT(Lint(Parse("a|progress;5/10(b|progress;0)").value()), IsEmpty());
  EXPECT_THAT(Lint(Parse("a|progress;11/10(b|progress;0/0)(waiting;1/0)").value()),
              ElementsAre("a: current 11 is beyond its end 10", "a > b: an end of 0 says nothing; leave it out while it is unknown",
                          "a > part 2: an end of 0 says nothing; leave it out while it is unknown"));
}

}  // namespace
}  // namespace provdlab::status
