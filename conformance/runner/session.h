#pragma once
// One run's hold on a target: what it offers, what it was set to before, the repository that it is pointed at, and the way back.
//
//   auto session = Session::Open(options, target, runs, stop);   // kUnavailable: the target can't be tested
//   AttemptResult result = Attempt(**session, run, (*session)->Packages(run_number, 0)).Run();
//   (*session)->CleanUp(result);                                  // after every scenario
//   (*session)->Close();                                          // at the end: the target is as it was
//
// Scenarios of several threads may use a session at once; Open and Close belong to one thread. The session owns the repository;
// target and stop belong to the caller and outlive it.

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "conformance/report/record.h"
#include "conformance/runner/documents.h"
#include "conformance/runner/judge.h"
#include "conformance/runner/library.h"
#include "conformance/runner/patience.h"
#include "conformance/runner/phone_cast.h"
#include "conformance/runner/phone_site.h"
#include "conformance/runner/pulse.h"
#include "conformance/runner/run_file.h"
#include "conformance/runner/silence.h"
#include "conformance/runner/stop.h"
#include "conformance/runner/target.h"
#include "simulator/repository/repository.h"

namespace provdlab::conformance {

// How long things may take. Tests make these small.
struct Limits {
  std::chrono::milliseconds answer{10'000};     // to one request, unless a scenario says otherwise
  std::chrono::milliseconds probe{3'000};       // to the question whether the target is there at all
  std::chrono::milliseconds held{20'000};       // until a transfer stands at its hold
  std::chrono::milliseconds update{20'000};     // an update of the session's own
  std::chrono::milliseconds begin{3'000};       // clean-up on a bad network: until an operation that may have begun shows it
  std::chrono::milliseconds late{300};          // on a bad network: an answer that took longer hides what was to be seen meanwhile
  std::chrono::milliseconds anew{600'000};      // a scenario is begun anew, on a bad network, as long as this has not passed
  std::chrono::milliseconds settle{5'000};      // clean-up: until an operation has ended
  std::chrono::milliseconds first_pause{1};     // between two questions of a poll …
  std::chrono::milliseconds longest_pause{50};  // … growing to this
};

struct SessionOptions {
  std::string run_id;
  std::uint64_t seed = 1;
  std::string repository_address = "127.0.0.1";  // by which the target reaches this machine
  std::uint16_t repository_port = 0;             // 0: a free one
  bool keep = false;                             // leave everything on the target for inspection
  bool throwaway = false;                        // all documents that come to be there are the run's
  bool ends_with_run = false;                    // the target, with its folder: its old catalogue need not be fetched again
  std::string runs;                              // folder of the files of runs (run_file.h); empty: none is kept
  Limits limits;
  Patience patience;
  Examples examples;
  std::function<std::optional<std::string>()> ended;  // how a launched target ended, if it has; may be empty
  std::function<std::string()> log_tail;              // of a launched target; may be empty
  PhoneAccess phones;                                 // how phones reach the target
  std::function<Result<>()> restart;                  // ends a launched target and starts it again; empty if that can't be done
  std::function<Result<>()> upgrade;                  // the same with its next version
  std::function<Result<>()> renew;                    // the first version, with nothing that it kept; there if upgrade is
  std::function<Result<>()> revive;                   // begins one that crashed or hangs anew, with nothing that it kept if that can be
  std::function<Result<>(int)> use_proxies;           // as restart, and it trusts so many proxies then; empty if that can't be done
};

// Ids of an attempt's packages, by the name that the scenario gives them.
using Packages = std::map<std::string, std::string>;

// What one attempt made and switched on, for clean-up.
struct Traces {
  struct Monitor {
    std::string path;  // with the target's prefix
    bool ended = false;
    bool deleted = false;
    std::string package{};  // whose install or upgrade it follows; empty: something else
  };
  std::vector<Monitor> monitors;
  std::vector<std::string> packages;  // ids it may have installed
  bool installed = false;             // it asked for an install
  // Packages of which an install or upgrade was taken and not seen to end; "": something else, such as what a plugin installs.
  std::set<std::string> unwatched{};
  int holds_up = 0;                      // of what keeps the target waiting: transfers, notifications
  std::chrono::milliseconds lingers{0};  // so long it may go on to wait when that is over
  bool unwatched_update = false;
  std::vector<int> faults;
  std::vector<std::string> holds;
  std::vector<std::string> exclusive;  // as the scenario declares it, and what a restart may have changed
  DocumentTraces documents;
  bool disturbed_catalogue = false;  // plugins.db or its place on the target may not be the run's any more
};

// What a launched target breaks that crashes or hangs.
inline constexpr std::string_view kStillAnswers = "invariant.still-answers";
// What one breaks that was ended and does not come back with what it kept.
inline constexpr std::string_view kStartsAgain = "invariant.starts-again";
// And that an operation which has ended does not go on.
inline constexpr std::string_view kEndsStay = "invariant.ends-stay";

// How a launched target went.
struct Death {
  std::string how;         // "the launched target crashed: signal 11 (Segmentation fault)"
  std::string meanwhile;   // "the first request without an answer: …"
  std::string last_words;  // the end of its log, in one line; or empty
};

// An invariant that was found broken or confirmed after a scenario.
struct InvariantSeen {
  std::string slug;
  bool holds = true;
  std::string expected, got;
  std::string note{};
};

class Session {
 public:
  static Result<std::unique_ptr<Session>> Open(SessionOptions options, const Target& target, const std::vector<ScenarioRun>& runs,
                                               Stop& stop);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const Target& target() const { return target_; }
  const SessionOptions& options() const { return options_; }
  const Limits& limits() const { return options_.limits; }
  const Patience& patience() const { return options_.patience; }
  Stop& stop() { return stop_; }
  repository::Repository* repository() { return repository_.get(); }  // null if no scenario needs one
  const std::string& repository_url() const { return repository_url_; }

  // Whether the target offers a capability. One that could not be found out counts as offered: then a check says what is wrong.
  bool Offers(const std::string& capability) const { return !lacking_.contains(capability); }

  // Packages of the number-th of the runs that the session was opened with; spare 0 for the attempt itself, from 1 for its
  // controls. Listed on the target already.
  Packages PackagesOf(std::size_t run_number, std::size_t spare) const;
  // New ones, for an attempt that nobody foresaw; lists them on the target. Only while nothing else runs.
  Result<Packages> MintPackages(const ScenarioRun& run);
  // What a package was published as.
  repository::Publication PublicationOf(const std::string& id) const;
  Result<> Publish(const repository::Publication& publication);

  // An id that no document of the target has, and a locally administered MAC address that no device has; another with each call.
  // `length`: of exactly so many characters, if there is room for the run's part; 0: any.
  std::string MintId(std::size_t length = 0);
  std::string IdPrefix() const { return "plab-" + options_.run_id + "-d"; }
  std::string MintMac();

  // The phones and accounts of one attempt. kUnavailable, kInternal: this machine's fault; kInvalid: the scenario's.
  Result<std::unique_ptr<PhoneCast>> CastPhones(const scenario::Scenario& scenario);
  // Notes that devices with one of these addresses are the run's.
  void WillUse(const std::vector<std::string>& ips);
  // Null if no scenario has phones, or they could not be had.
  PhoneSite* phone_site() { return phone_site_.get(); }

  // Why scenarios with packages can't run, and the slugs that explain it. Empty reason: they can.
  struct Obstacle {
    std::string reason;
    std::vector<std::string> slugs;
  };
  Obstacle obstacle() const;

  // Sends, notes what is new, and looks after a target that does not answer any more. An update that is refused is asked for again
  // while an earlier one may run whose monitor is not known.
  http::Exchange Send(const http::Request& request, std::chrono::milliseconds deadline, http::Framing framing = http::Framing::kLength);
  // What `send` does, again while it gets no answer, as far as the session is patient and a request of this method may be sent
  // twice: a POST never is. What the session asks for anew after a look, or because it makes nothing, is another request: uninstalls
  // and updates of its own.
  // `until`: not beyond this wish to stop.
  http::Exchange Patiently(std::string_view method, const std::function<http::Exchange()>& send, Stop* until = nullptr);
  http::Exchange SendRaw(const std::vector<http::RawStep>& steps, std::chrono::milliseconds deadline, int answers);
  // Whether this value of a header came for the first time in this run. Locations of 201s are noted by Send.
  bool IsFresh(const std::string& header, const std::string& value);
  // Only while nothing else runs, from the thread that launched the target, and if the target offers it. kUnavailable: it was started and
  // does not answer. Other errors are nothing that it did. After each of them it is not there any more.
  Result<> Restart();
  Result<> Upgrade();
  // What that says of it; nullopt: nothing.
  std::optional<InvariantSeen> SeenStart(const Result<>& begun) const;
  // The same with the first version again and nothing that it kept, as in the beginning of the run.
  Result<> Renew();
  bool upgraded() const { return upgraded_; }
  // Whether the target trusts so many proxies, or can be made to.
  bool CanTrust(int proxies) const { return proxies == proxies_ || options_.use_proxies != nullptr; }
  // Makes the target trust so many proxies; nullopt: as many as in the beginning. As Restart, which it does where it has to.
  Result<> Trust(std::optional<int> proxies);
  bool SawLocation(const std::string& location);  // notes it; true if it is new
  // The path of the monitor that the answer to a POST names; nullopt if its Location is not below what was posted to.
  std::optional<std::string> MonitorOf(const http::Exchange& post) const;
  std::string WhyNoMonitor(const std::string& location) const;  // in words; also if it leads to another host

  // One update, from the POST to the end of its monitor; one at a time over all threads. kUnavailable with a sentence that says
  // how far it came. `slugs` gets what explains a failure; `seen` every exchange. `until_success` false: any end will do.
  Result<> Update(bool until_success, Stop& patience, std::vector<std::string>* slugs, std::vector<http::Exchange>* seen);
  // Fetches the catalogue again if a scenario disturbed it.
  void RefreshCatalogue();

  // Before an attempt that is alone with the role autocreate: the target's own configs of that role lose it until CleanUp.
  void SetBasesAside(Traces& traces);
  // Takes back what an attempt left. The invariants that could be judged are returned.
  std::vector<InvariantSeen> CleanUp(Traces& traces, std::vector<http::Exchange>* evidence);
  // Whether the target has the documents that it had before. Of a target that ends with the run every other one counts, after each
  // scenario; of one in use those that tell of the run, once at its end. They are deleted, so that each is found once. Only while
  // nothing else runs. nullopt: it is not to be looked at now, or can't be; or a request that may have made some was lost on a bad
  // network, so that nobody knows whose they are.
  std::optional<InvariantSeen> LookForLeftovers(bool at_the_end);
  // Puts the target back to how it was found. Idempotent; runs in any case, also after Ctrl-C.
  void Close();

  std::vector<std::string> notes() const;
  void Note(std::string note);
  // How often something was about to be sent to a target that is only to be read: a fault of ours each time.
  std::uint64_t refused_writes() const { return refused_writes_; }
  // Whether the target was found gone. It ends the run as "target gone" or "target crashed", or halts it until Revive.
  bool gone() const { return gone_; }
  // Whether a request without an answer may get one if it is asked again, alone. Of a target that has left all of its kind unanswered
  // lately it may not.
  bool IsWorthAnotherTry(const http::Exchange& exchange) const;
  // Notes, before it does, that something of an attempt keeps the target waiting, until CleanUp, and then perhaps so long.
  void NoteHold(Traces& traces, std::chrono::milliseconds lingers = {});
  // Waits for what was not answered before as long as for anything else, until told otherwise: whoever asks again wants to know.
  void WaitInFull(bool in_full) { in_full_ = in_full; }
  // Whether the target was started in vain, and nobody has found out yet.
  void LookWhetherDown();
  // Looks after a target that did not answer: is it still there?
  void LookAfter(const http::Exchange& exchange);
  // Whether a launched one still runs, after it was asked otherwise than over REST.
  void LookWhetherItRuns(const std::string& asked);
  // Whether a launched one has ended, and nobody answers in its place. Asks a target of which a script has ended once.
  bool IsDeserted();
  // How one that was launched went, while it is gone: what it is blamed for. nullopt of one that may just be out of reach.
  std::optional<Death> death() const;
  // Of a check that the end of the run left unsettled, or that of the target.
  void LeaveUnsettled(CheckRecord& record) const;
  int deaths() const { return deaths_; }  // so far, of those that Revive was for
  bool can_return() const { return returns_; }
  // Begins the target anew, as in the beginning of the run where it has a folder of its own, and takes back what interrupted attempts
  // left. Only while nothing else runs, and while can_return. kUnavailable: it did not come back, and the run ends.
  Result<> Revive();

 private:
  Session(SessionOptions options, const Target& target, Stop& stop);
  Result<> Look();  // is anybody there, and what does it offer?
  void ReadParameters();
  void ReadKeys();
  std::optional<Json> KeyOf(const Asker& asker);  // nullopt: there is no such parameter
  void PutKey(const std::string& who, const Json& value);
  void BeginFile();
  // Notes in the run's file what a request is about to change, and afterwards what it made.
  struct Posting {
    std::uint64_t number = 0;  // 0: nothing to be noted
    bool monitored = false;
  };
  Posting NoteBefore(const http::Request& request);
  void NoteAfter(const Posting& posting, const http::Exchange& exchange);
  void ForgetMonitors();
  Result<> Begin(const std::function<Result<>()>& how);  // a launched target once more
  void NoteLostWrite(const http::Exchange& exchange);
  void PointAgain();  // after a restart that may have lost it
  Result<> StartRepository(const std::vector<ScenarioRun>& runs);
  void PointTarget();
  Result<> LookAtAccess();
  void OpenPhoneSite();
  Result<std::string> MintPhoneMac(const phone::Profile& profile);
  void ProbePluginServices(const std::vector<ScenarioRun>& runs);
  Result<Packages> Mint(const ScenarioRun& run);
  std::optional<Json> GetJson(std::string_view path);
  // A request of the session's own, patiently.
  http::Exchange Ask(std::string method, std::string path, const Json* body, std::chrono::milliseconds deadline);
  // The same, without a look at what it tells of the target.
  http::Exchange AskAside(const http::Request& request, std::chrono::milliseconds deadline);
  bool PutParameter(const std::string& name, const Json& value, std::string* problem);
  void RestoreParameter(const std::string& name, const Json& value, const std::string& when);
  http::Exchange Knock();                                                  // is anybody there?
  void TakeForGone(const std::string& how, const std::string& meanwhile);  // probing_ is held
  std::string LastWordsOfTarget() const;                                   // in one line; empty if nobody knows them
  Pulse::Ask AskingWithin(std::chrono::milliseconds deadline);
  // Whether every part of a launched target still answers, after something was not answered; once nobody keeps it waiting. probing_ is
  // held.
  void TakePulse();
  void TakeBack(Traces& traces, std::vector<InvariantSeen>& invariants, std::vector<http::Exchange>* evidence);
  // Waits, for a while, until the target takes an update again and that has ended: so that none is under way.
  void AwaitUpdates();
  // Waits, for a while, until the list was fetched after that request: an update whose monitor is not known is then beyond the
  // reach of the next scenario's holds and faults.
  void AwaitFetched(std::uint64_t sequence, Stop& patience);
  // Waits until the target lists what the run has published. False: it does not.
  bool AwaitCatalogue(Stop& patience);
  // Whether it was `seen` until then, asked with growing pauses, while nobody wishes to stop and the target is there.
  bool Await(const std::function<bool()>& seen, std::chrono::steady_clock::time_point end, Stop& patience);
  void LookAtTheEnd(const Traces::Monitor& monitor, std::vector<InvariantSeen>& invariants,
                    const std::function<void(const http::Exchange&)>& keep);
  void FreeMonitor(Traces::Monitor& monitor, std::vector<InvariantSeen>& invariants, std::vector<http::Exchange>* evidence);
  void RemoveDocuments(Traces& traces, std::vector<InvariantSeen>& invariants, std::vector<http::Exchange>* evidence);
  bool Uninstall(const std::vector<std::string>& ids, std::vector<http::Exchange>* evidence, std::string* left, int sends);

  SessionOptions options_;
  const Target& target_;
  Stop& stop_;
  Stop calm_;  // nobody ever asks this one: clean-up waits on it

  std::unique_ptr<repository::Repository> repository_;
  std::string repository_url_;
  std::optional<PhoneSiteOptions> access_;  // nullopt: phones have no files here
  std::unique_ptr<PhoneSite> phone_site_;
  std::string no_phones_;  // why there is no site although there should be
  int proxies_ = 0;        // that the target trusts now
  std::set<std::string> lacking_;
  std::map<std::string, Json> parameters_;  // as they were found
  std::map<std::string, Json> keys_;        // the same of provisioning keys, by who has them
  std::unique_ptr<RunFile> file_;           // null: none is kept
  std::atomic<std::uint64_t> postings_{0};
  std::atomic<bool> something_stays_{false};  // what was changed could not be put back
  std::vector<std::vector<Packages>> packages_;

  mutable std::mutex mutex_;
  std::map<std::string, repository::Publication> publications_;
  std::uint64_t minted_ = 0;
  Documents documents_;
  std::optional<std::set<std::string>> census_;  // paths of the documents that a throwaway target began with
  std::atomic<std::uint32_t> minted_ids_{0};
  std::atomic<std::uint32_t> minted_macs_{0};
  std::atomic<std::uint64_t> minted_phones_{0};
  std::set<std::pair<std::string, std::string>> seen_values_;
  std::vector<std::string> notes_;
  Obstacle obstacle_;
  bool disturbed_ = false;
  bool upgraded_ = false;
  std::atomic<bool> unwatched_updates_{false};  // some update's answer named no monitor
  std::atomic<bool> lost_writes_ = false;       // since the last look for leftovers, on a bad network
  // The repository's newest request when an update was last asked for: one that was refused till then had been fetching before.
  std::atomic<std::uint64_t> fetched_before_update_{0};

  Silence silence_;
  std::atomic<bool> in_full_{false};
  std::atomic<int> holding_up_{0};
  std::atomic<std::uint64_t> holds_begun_{0};
  std::mutex updating_;
  std::mutex probing_;
  std::optional<Pulse> pulse_;                             // of a target that can be begun anew; under probing_, as is the next
  std::vector<http::Exchange> unanswered_;                 // since the last TakePulse, by a target that is there
  std::chrono::steady_clock::time_point lingers_until_{};  // nobody is asked before
  std::atomic<bool> gone_{false};
  std::atomic<bool> returns_{false};  // it is gone, and may be begun anew
  std::atomic<int> deaths_{0};
  std::optional<Death> death_;               // under mutex_
  std::vector<Traces> owed_;                 // what attempts left that were interrupted by its going; under mutex_
  std::atomic<bool> down_{false};            // it was ended, and could not be started again
  std::atomic<bool> outlived_{false};        // what was launched has ended, and the target goes on
  std::atomic<bool> down_by_itself_{false};  // which a scenario's record tells
  bool open_ = false;                        // scenarios run; changed only while none does
  std::atomic<std::uint64_t> refused_writes_{0};
  bool pointed_ = false;
  bool closed_ = false;
};

// The whole JSON body of an answer; nullopt if there is none.
std::optional<Json> JsonOf(const http::Exchange& exchange);
// What a monitor shows as its status, as it stands there; nullopt of an answer that shows none.
std::optional<std::string> StatusTextOf(const http::Exchange& exchange);

}  // namespace provdlab::conformance
