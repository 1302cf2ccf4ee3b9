#pragma once
// One attempt at a scenario: its steps in order, what each showed, and which checks hold.
//
//   Attempt attempt(session, run, session.PackagesOf(number, 0));
//   AttemptResult result = attempt.Run();
//   session.CleanUp(result.traces, &evidence);
//
// A step that was to come about and did not blocks the checks after it; a check that fails blocks those that are not independent
// of it. Nothing here decides about requirements: that is blame.h. An attempt is used once, by one thread.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "conformance/report/record.h"
#include "conformance/requirements/ledger.h"
#include "conformance/runner/judge.h"
#include "conformance/runner/session.h"
#include "grammar/status/sequence.h"

namespace provdlab::conformance {

// A check that is only settled once its control was seen: places in AttemptResult::record, and in the scenario.
struct AwaitedControl {
  std::size_t step_record = 0, check_record = 0;
  std::size_t step = 0, check = 0;
};

struct AttemptResult {
  ScenarioRecord record;
  Traces traces;
  std::vector<AwaitedControl> controls;
  std::optional<std::string> lost;        // what was the first to be lost: the same words in each attempt that loses the same
  bool unanswered = false;                // what was asked for got no answer, and that keeps something from being judged
  std::string closed;                     // the first exchange that the target ended instead of answering it, in words; empty: none
  std::vector<InvariantSeen> invariants;  // what its own exchanges say: no-5xx, no-html-error
};

// Polls keep the first exchange, those that differ from the one before, and the last; this many at most.
inline constexpr std::size_t kMostExchanges = 40;

class Attempt {
 public:
  // `ledger` gives the levels; a slug that it does not know counts as a MUST. It may be null.
  Attempt(Session& session, const ScenarioRun& run, Packages packages, const Ledger* ledger);

  AttemptResult Run();

  struct ControlResult {
    bool holds = false;
    std::string got;  // why not
  };
  // The same steps without the `act` ones before `step`; whether the control of that check holds then. What the control made
  // is in traces(). Instead of Run, not after it.
  ControlResult RunControl(std::size_t step, std::size_t check);
  Traces& traces() { return result_.traces; }
  const std::optional<std::string>& lost() const { return result_.lost; }

 private:
  ControlResult PerformControl(std::size_t step, std::size_t check);
  struct Reference {
    std::string base;  // path of the request that was answered with it
  };
  enum class Came { kAbout, kNot };

  void HeedObstacle();   // if the scenario has packages, and nobody's can be had
  void SetBasesAside();  // if the scenario is alone with the role autocreate
  Came Perform(const scenario::Step& step);
  Came PerformRequest(const scenario::Step& step, const scenario::RequestStep& request);
  Came PerformRaw(const scenario::Step& step, const scenario::RawStep& raw);
  Came PerformFollow(const scenario::Step& step, const scenario::FollowStep& follow);
  Came PerformEventually(const scenario::Step& step, const scenario::EventuallyStep& eventually);
  Came PerformBarrier();
  Came PerformRestart(const scenario::RestartStep& restart);
  Came PerformRepository(const scenario::Step& step, const scenario::RepositoryStep& repository);
  // attempt_phones.cc has what follows.
  void CastPhones();
  void DismissPhones();  // after a last look at what the target serves them
  void LookAtWhatIsServed();
  void LookAtWhatFilesSay();
  Came PerformPhone(const scenario::Step& step, const scenario::PhoneStep& phone);
  Came PerformPhoneRequest(const scenario::Step& step, const scenario::PhoneStep& phone);
  Came PerformTransfer(const scenario::Step& step, const scenario::PhoneStep& phone);
  http::Exchange AskAsPhone(const PhoneCast::Identity& who, http::Request request, std::chrono::milliseconds deadline,
                            http::Framing framing);
  Came PerformSynchronize(const scenario::Step& step, const scenario::PhoneStep& phone);
  Came PerformNotifications(const scenario::Step& step, const scenario::NotificationsStep& are);
  // Takes back what this attempt had become of notifications on their way.
  void LetNotificationsPass();
  // The devices that the target has with that value.
  std::vector<Json> DevicesWith(const char* member, const std::string& value);
  void ShowJson(const Json& json);
  void NoteWhatPhonesDid();
  std::optional<bool> Reaches(const scenario::Predicate& predicate, const std::vector<Json>& values, std::string& got);
  // What the target has of a phone, if that is not what it should have; empty: it is.
  std::string MisidentificationOf(const PhoneCast::Identity& who, const std::vector<Json>& values);
  // The slug of the first stage that a phone of this condition has not reached, up to the one that the condition asks for. Empty: none is
  // missing, or the missing one is what the condition is about.
  std::string MissingStage(const scenario::Condition& condition);

  Result<http::Request> Build(const scenario::RequestStep& request) const;
  Result<> FillBody(const scenario::RequestStep& step, http::Request& request) const;
  Result<std::string> ExpandPath(const scenario::Template& path, bool raw) const;
  Result<std::string> RepositoryTarget(const scenario::RepositoryStep& step) const;

  http::Exchange Exchange(const http::Request& request, std::chrono::milliseconds deadline, http::Framing framing, bool record);
  // A question that may be asked again if no answer comes, as patiently as the session is.
  http::Exchange Poll(const http::Request& request, std::chrono::milliseconds deadline, http::Framing framing);
  void NoteIfLost(const http::Exchange& exchange);  // on a bad network; on a sound one only what keeps a check from being settled counts
  bool IsFollowed() const;
  void NoteLost(const std::string& what);  // "exchange 2"; of several questions of one line each is called the same
  // Makes the exchange what the step's conditions are held against.
  void See(const http::Exchange& exchange);
  void Record(const http::Exchange& exchange);
  void Look(const http::Exchange& exchange);
  // Whether the answer is one that the step needs, what it expects holds, and its captures are there; blocks otherwise.
  Came Accept(const scenario::Step& step, const http::Exchange& exchange);
  bool Answers(const scenario::Step& step, int status) const;
  bool Needs(const scenario::Step& step) const;
  // Whether `only if` keeps the step from being performed. One that asks for what is not there yet is performed, or blocked.
  bool IsLeftOut(const scenario::Step& step) const;
  void LeaveOut(const scenario::Step& step);
  Came CaptureAll(const scenario::Step& step);
  std::optional<Json> ValueOf(const scenario::Capture& capture) const;
  bool LeadsToMonitor(const std::string& location) const;
  // Whether a monitor that has shown its end still does; empty, or what is wrong with the step.
  std::string LookBehindTheEnd(const http::Request& request, status::SequenceChecker& sequence);
  void Check(const scenario::Step& step);
  bool IsOfDialect(const std::string& slug) const;
  CheckRecord Settle(const scenario::Check& check);
  Came Block(const scenario::Step& step, std::string why, std::vector<std::string> slugs, bool ours = false);
  Level LevelOf(const std::string& slug) const;
  bool RestIsBlocked(std::size_t from) const;
  // Of a step that showed several things at once all have to satisfy it.
  Judgement JudgeAll(const scenario::Condition& condition);
  JudgeContext Context();

  Session& session_;
  const ScenarioRun& run_;
  const scenario::Scenario& scenario_;
  const Ledger* ledger_;
  Packages packages_;
  scenario::Variables variables_;
  std::map<std::string, Reference, std::less<>> captured_;
  std::uint64_t journal_start_ = 0;
  std::vector<int> notification_faults_;         // of the exchange between the target and phones
  std::vector<std::string> held_notifications_;  // by whom they are for

  AttemptResult result_;
  StepRecord step_record_;
  std::size_t step_number_ = 0;
  std::size_t exchanges_of_step_ = 0;  // so far
  Sight sight_;
  std::vector<Sight> others_;          // of requests at once: all but the first
  std::string phone_in_sight_;         // whose `$` it is
  std::unique_ptr<PhoneCast> phones_;  // null without any
  bool phones_told_ = false;           // their addresses are noted as those of leases
  bool control_ = false;
  bool failed_follow_ = false;

  struct Obstruction {
    bool stands = false;
    bool ours = false;  // the harness's fault
    bool unanswered = false;
    std::string why;
    std::vector<std::string> slugs;
  };
  Obstruction blocked_;                    // a step that did not come about: nothing after it can be judged
  std::vector<std::string> failed_slugs_;  // checks that failed: only independent ones are judged after them
  std::optional<bool> fresh_location_;     // of the last exchange
};

}  // namespace provdlab::conformance
