#include "conformance/runner/attempt.h"

#include <algorithm>
#include <initializer_list>
#include <type_traits>

#include "base/text.h"
#include "conformance/runner/evidence.h"
#include "conformance/runner/verbs.h"
#include "grammar/status/sequence.h"
#include "grammar/status/status.h"

namespace provdlab::conformance {
namespace {

using Clock = std::chrono::steady_clock;
using scenario::Step;

constexpr std::chrono::milliseconds kHeldSlice{50};  // between two looks at the wish to stop while a hold is awaited

// A question that is asked shortly before the end of a poll still gets the time that an answer takes.
constexpr std::chrono::milliseconds kLeastForAnAnswer{1'000};

std::chrono::milliseconds DeadlineOfPoll(std::chrono::milliseconds left, std::chrono::milliseconds usual) {
  return std::clamp(left, std::min(kLeastForAnAnswer, usual), usual);
}

bool IsHtml(const http::Response& response) {
  if (Lower(response.headers.Get("Content-Type").value_or("")).rfind("text/html", 0) == 0) return true;
  const std::string start = Lower(Trim(std::string_view(response.body).substr(0, 200)));
  return start.rfind("<!doctype html", 0) == 0 || start.rfind("<html", 0) == 0;
}

void Add(std::vector<std::string>& slugs, const std::vector<std::string>& more) {
  for (const std::string& slug : more) {
    if (std::find(slugs.begin(), slugs.end(), slug) == slugs.end()) slugs.push_back(slug);
  }
}

bool IsAboutOnly(const scenario::Condition& condition, std::initializer_list<scenario::Subject> subjects) {
  return std::all_of(condition.begin(), condition.end(), [&](const scenario::Predicate& predicate) {
    return std::find(subjects.begin(), subjects.end(), predicate.subject) != subjects.end();
  });
}

bool IsAboutContentOnly(const scenario::Condition& condition) { return IsAboutOnly(condition, {scenario::Subject::kJson}); }

// About what an answer carries, whatever its status.
bool IsAboutAnAnswer(const scenario::Condition& condition) {
  using scenario::Subject;
  return IsAboutOnly(condition, {Subject::kJson, Subject::kHeader, Subject::kBody});
}

bool AsksForSuccess(const scenario::Condition& condition) {
  return std::any_of(condition.begin(), condition.end(), [](const scenario::Predicate& predicate) {
    const auto success = [](int code) { return code == 2 || code / 100 == 2; };
    return predicate.subject == scenario::Subject::kStatus && predicate.relation == scenario::Relation::kIs &&
           std::all_of(predicate.status_codes.begin(), predicate.status_codes.end(), success);
  });
}

std::string ParentOf(std::string_view path) { return std::string(path.substr(0, path.rfind('/'))); }

// The package that an install, an upgrade or an uninstall is asked for; empty: none is named.
std::string PackageIn(const http::Exchange& exchange) {
  const auto body = ParseJson(exchange.request.body);
  const Json id = body && body->is_object() ? body->value("id", Json()) : Json();
  return id.is_string() ? id.get<std::string>() : std::string();
}

bool IsLocation(const scenario::Capture& capture) {
  return capture.from == scenario::Capture::From::kHeader && EqualIgnoringCase(capture.header, "Location");
}

Verdict OfFailure(Level level) {
  switch (level) {
    case Level::kMust:
      return Verdict::kFail;
    case Level::kShould:
      return Verdict::kWarn;
    case Level::kMay:
      return Verdict::kNotApplicable;
  }
  return Verdict::kFail;
}

const char* Noun(scenario::FollowStep::Until until) {
  switch (until) {
    case scenario::FollowStep::Until::kEnded:
      return "its end";
    case scenario::FollowStep::Until::kSuccess:
      return "success";
    case scenario::FollowStep::Until::kFail:
      return "fail";
  }
  return "its end";
}

}  // namespace

Attempt::Attempt(Session& session, const ScenarioRun& run, Packages packages, const Ledger* ledger)
    : session_(session), run_(run), scenario_(run.file->scenario), ledger_(ledger), packages_(std::move(packages)) {
  for (const auto& [name, value] : run.values) variables_[name] = value;
  for (const auto& [name, id] : packages_) {
    variables_[name] = id;
    result_.traces.packages.push_back(id);
  }
  for (const scenario::Id& id : scenario_.ids) {
    result_.traces.documents.ids.push_back(session.MintId(id.length));
    variables_[id.name] = result_.traces.documents.ids.back();
  }
  for (const std::string& name : scenario_.macs) {
    result_.traces.documents.macs.push_back(session.MintMac());
    variables_[name] = result_.traces.documents.macs.back();
  }
  variables_["RUN"] = session.options().run_id;
  variables_["HOST"] = session.target().host_header();
  variables_["PREFIX"] = session.target().prefix();
  variables_["REPO"] = session.repository_url();
  std::string own_headers;
  for (const http::Header& header : session.target().headers()) own_headers += header.name + ": " + header.value + "\r\n";
  variables_["AUTH"] = own_headers;
  for (const auto& [variable, who] :
       {std::pair("OWNER_TENANT", "owner"), {"PARENT_TENANT", "parent"}, {"SIBLING_TENANT", "sibling"}, {"STRANGER_TENANT", "stranger"}})
    if (const auto asker = session.target().askers().find(who); asker != session.target().askers().end())
      variables_[variable] = asker->second.tenant;
  result_.traces.exclusive = scenario_.exclusive;
  if (session.repository() != nullptr) journal_start_ = session.repository()->last_sequence();
  result_.record.title = run.file->scenario.title;
  result_.record.file = run.file->path;
  result_.record.area = run.file->area;
  result_.record.text = run.file->text;
  result_.record.row = run.row;
}

// ---- The course of an attempt

void Attempt::SetBasesAside() {
  const auto& names = scenario_.exclusive;
  if (std::find(names.begin(), names.end(), "autocreate") != names.end()) session_.SetBasesAside(result_.traces);
}

void Attempt::HeedObstacle() {
  if (!NeedsRepository(scenario_)) return;
  const Session::Obstacle obstacle = session_.obstacle();
  if (!obstacle.reason.empty()) blocked_ = {true, false, false, obstacle.reason, obstacle.slugs};
}

AttemptResult Attempt::Run() {
  const Clock::time_point start = Clock::now();
  HeedObstacle();
  SetBasesAside();
  CastPhones();
  for (step_number_ = 0; step_number_ < scenario_.steps.size(); ++step_number_) {
    const Step& step = scenario_.steps[step_number_];
    step_record_ = {};
    step_record_.line = static_cast<int>(step.position.line);
    step_record_.source = step.source;
    exchanges_of_step_ = 0;
    failed_follow_ = false;
    const bool worth_it = !blocked_.stands && !RestIsBlocked(step_number_) && !session_.stop().asked();
    if (worth_it && IsLeftOut(step)) {
      LeaveOut(step);
      result_.record.steps.push_back(std::move(step_record_));
      continue;
    }
    if (worth_it) {
      sight_ = {};
      others_.clear();
      phone_in_sight_.clear();
      fresh_location_.reset();
      (void)Perform(step);
      if (std::holds_alternative<scenario::PhoneStep>(step.does)) session_.LookWhetherItRuns(step.source);
    }
    Check(step);
    NoteWhatPhonesDid();
    result_.record.steps.push_back(std::move(step_record_));
  }
  DismissPhones();
  for (const StepRecord& step : result_.record.steps) {
    for (const CheckRecord& check : step.checks) result_.record.verdict = std::max(result_.record.verdict, check.verdict);
  }
  result_.record.microseconds = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
  return std::move(result_);
}

Attempt::ControlResult Attempt::RunControl(std::size_t step_number, std::size_t check) {
  control_ = true;
  HeedObstacle();
  SetBasesAside();
  CastPhones();
  const ControlResult result = PerformControl(step_number, check);
  LetNotificationsPass();
  phones_.reset();
  return result;
}

Attempt::ControlResult Attempt::PerformControl(std::size_t step_number, std::size_t check) {
  if (blocked_.stands) return {false, blocked_.why};
  for (step_number_ = 0; step_number_ <= step_number; ++step_number_) {
    const Step& step = scenario_.steps[step_number_];
    exchanges_of_step_ = 0;
    if (session_.stop().asked()) return {false, "the run was ended during the control"};
    if (step.role == Step::Role::kAct) continue;
    if (IsLeftOut(step)) continue;
    sight_ = {};
    others_.clear();
    phone_in_sight_.clear();
    if (step_number_ == step_number) {
      // The question itself, asked until the control's condition holds.
      const scenario::Condition& wanted = *step.checks[check].control;
      Step question = step;
      question.checks.clear();
      question.checks.push_back({step.checks[check].slug, false, wanted, std::nullopt, step.position});
      (void)Perform(question);
      if (blocked_.stands) return {false, blocked_.why};
      const Judgement judgement = JudgeAll(wanted);
      return {judgement.holds, judgement.holds ? "" : judgement.expected + " does not hold: " + judgement.got};
    }
    Step prelude = step;
    prelude.checks.clear();
    if (Perform(prelude) == Came::kNot) return {false, blocked_.why};
  }
  return {false, "the control did not reach its question"};
}

bool Attempt::IsLeftOut(const Step& step) const {
  if (!step.only_if) return false;
  const auto variable = variables_.find(step.only_if->variable);
  if (variable == variables_.end()) return control_;
  const auto& values = step.only_if->values;
  const bool among = std::any_of(values.begin(), values.end(), [&](const scenario::Value& value) {
    const auto wanted = scenario::Substitute(value, variables_);
    return wanted && *wanted == variable->second;
  });
  return among == step.only_if->negated;
}

void Attempt::LeaveOut(const Step& step) {
  const std::string& name = step.only_if->variable;
  const auto add = [&](const std::string& slug, int line, std::string predicate) {
    CheckRecord record;
    record.slug = slug;
    record.line = line;
    record.predicate = std::move(predicate);
    record.verdict = Verdict::kNotApplicable;
    record.note = "left out: " + name + " is " + DumpJson(variables_.find(name)->second);
    step_record_.checks.push_back(std::move(record));
  };
  const auto* follow = std::get_if<scenario::FollowStep>(&step.does);
  if (follow != nullptr && !follow->blamed.empty()) add(follow->blamed, static_cast<int>(step.position.line), step.source);
  for (const scenario::Check& check : step.checks) add(check.slug, static_cast<int>(check.position.line), scenario::Spell(check.condition));
}

// Whether everything from here on stands on a check that failed.
bool Attempt::RestIsBlocked(std::size_t from) const {
  if (failed_slugs_.empty()) return false;
  for (std::size_t i = from; i < scenario_.steps.size(); ++i) {
    for (const scenario::Check& check : scenario_.steps[i].checks) {
      if (check.independent) return false;
    }
  }
  return true;
}

Attempt::Came Attempt::Block(const Step& step, std::string why, std::vector<std::string> slugs, bool ours) {
  std::vector<std::string> all = step.needs;
  Add(all, slugs);
  if (!failed_slugs_.empty()) Add(all, failed_slugs_);
  blocked_ = {true, ours, false, "line " + std::to_string(step.position.line) + ": " + std::move(why), std::move(all)};
  return Came::kNot;
}

// ---- Steps

Attempt::Came Attempt::Perform(const Step& step) {
  const Came came = std::visit(
      [&](const auto& does) {
        using Kind = std::decay_t<decltype(does)>;
        if constexpr (std::is_same_v<Kind, scenario::RequestStep>)
          return PerformRequest(step, does);
        else if constexpr (std::is_same_v<Kind, scenario::RawStep>)
          return PerformRaw(step, does);
        else if constexpr (std::is_same_v<Kind, scenario::FollowStep>)
          return PerformFollow(step, does);
        else if constexpr (std::is_same_v<Kind, scenario::EventuallyStep>)
          return PerformEventually(step, does);
        else if constexpr (std::is_same_v<Kind, scenario::BarrierStep>)
          return PerformBarrier();
        else if constexpr (std::is_same_v<Kind, scenario::RestartStep>)
          return PerformRestart(does);
        else if constexpr (std::is_same_v<Kind, scenario::PhoneStep>)
          return PerformPhone(step, does);
        else if constexpr (std::is_same_v<Kind, scenario::NotificationsStep>)
          return PerformNotifications(step, does);
        else
          return PerformRepository(step, does);
      },
      step.does);
  if (came == Came::kNot || blocked_.stands) return Came::kNot;
  if (!step.expects.empty() && !failed_follow_) {
    const Judgement judgement = JudgeAll(step.expects);
    if (!judgement.harness.empty()) return Block(step, judgement.expected + " can't be judged: " + judgement.harness, {}, true);
    if (!judgement.holds) {
      std::vector<std::string> slugs;
      if (const auto* follow = std::get_if<scenario::FollowStep>(&step.does); follow != nullptr && !follow->blamed.empty())
        slugs = {follow->blamed};
      if (const std::string missing = MissingStage(step.expects); !missing.empty()) slugs = {missing};
      return Block(step, "expected " + judgement.expected + ", got " + judgement.got, slugs);
    }
  }
  return Came::kAbout;
}

http::Exchange Attempt::Exchange(const http::Request& request, std::chrono::milliseconds deadline, http::Framing framing, bool record) {
  http::Exchange exchange = session_.Send(request, deadline, framing);
  Look(exchange);
  NoteIfLost(exchange);
  if (record) Record(exchange);
  return exchange;
}

http::Exchange Attempt::Poll(const http::Request& request, std::chrono::milliseconds deadline, http::Framing framing) {
  if (!OnlyLooks(request.method)) return Exchange(request, deadline, framing, false);
  http::Exchange exchange = session_.Patiently(
      request.method,
      [&] {
        http::Exchange sent = session_.Send(request, deadline, framing);
        Look(sent);
        return sent;
      },
      &session_.stop());
  if (!exchange.answered() && !session_.patience().sound) NoteLost("a question");
  return exchange;
}

void Attempt::NoteIfLost(const http::Exchange& exchange) {
  ++exchanges_of_step_;
  if (session_.patience().sound) return;
  const bool starts =
      exchange.request.method == "POST" && StartsOperation(session_.target().Below(exchange.request.raw_path())) && IsFollowed();
  if (!exchange.answered())
    NoteLost("exchange " + std::to_string(exchanges_of_step_));
  else if (starts && exchange.elapsed > session_.limits().late)
    NoteLost("a late answer");
}

// Whether something is checked while an operation is followed, from the step at hand on.
bool Attempt::IsFollowed() const {
  return std::any_of(scenario_.steps.begin() + static_cast<std::ptrdiff_t>(step_number_), scenario_.steps.end(),
                     [](const Step& step) { return std::holds_alternative<scenario::FollowStep>(step.does) && !step.checks.empty(); });
}

// A look at what there is after the last step is no part of the scenario.
void Attempt::NoteLost(const std::string& what) {
  if (result_.lost || step_number_ >= scenario_.steps.size()) return;
  result_.lost = what + " of line " + std::to_string(scenario_.steps[step_number_].position.line) + (control_ ? ", in the control" : "");
}

void Attempt::See(const http::Exchange& exchange) {
  sight_.response = exchange.response;
  sight_.excess = exchange.excess;
  sight_.problem = exchange.problem;
  sight_.base = exchange.request.target;
}

void Attempt::Record(const http::Exchange& exchange) {
  if (control_) return;
  if (step_record_.exchanges.size() >= kMostExchanges) step_record_.exchanges.erase(step_record_.exchanges.begin() + 1);
  step_record_.exchanges.push_back(Evidence(exchange, session_.target()));
}

// What every exchange may tell beside what its step asks: monitors that were made, and answers that no provd should give.
void Attempt::Look(const http::Exchange& exchange) {
  const Target& target = session_.target();
  const std::string path = target.Below(exchange.request.raw_path());
  const bool raw = exchange.request.method.empty();
  const int status = exchange.response ? exchange.response->status : 0;
  if (!raw && exchange.outcome == http::Outcome::kClosed && result_.closed.empty()) result_.closed = Describe(exchange);
  if (status == 0 || status / 100 == 2) {
    const bool installs = exchange.request.method == "POST" && (path == "/pg_mgr/install/install" || path == "/pg_mgr/install/upgrade");
    const bool updates = exchange.request.method == "POST" && path == "/pg_mgr/install/update";
    if (raw || installs) result_.traces.installed = true;
    const bool named = session_.MonitorOf(exchange).has_value();
    // While a plugin is at its own packages it may refuse to go.
    const bool of_plugin = exchange.request.method == "POST" && path.starts_with("/pg_mgr/plugins/") && StartsOperation(path);
    std::set<std::string>& unwatched = result_.traces.unwatched;
    if (installs && !named) unwatched.insert(PackageIn(exchange));
    if (of_plugin && !named) unwatched.insert("");
    if (raw && status == 0)
      unwatched.insert(result_.traces.packages.begin(), result_.traces.packages.end());  // it may have been any of them
    if (updates && !named) result_.traces.unwatched_update = true;
  }
  Documents::Note(exchange, path, target, result_.traces.documents);
  if (exchange.request.method == "DELETE" && status / 100 == 2) {
    for (Traces::Monitor& monitor : result_.traces.monitors) {
      if (monitor.path == exchange.request.target) monitor.deleted = true;
    }
  }
  std::vector<http::Response> responses = exchange.responses;
  if (responses.empty() && exchange.response) responses.push_back(*exchange.response);
  for (const http::Response& response : responses) {
    // A 501 says that a resource has no such method.
    if (response.status >= 500 && (response.status != 501 || !RequirementsOf(exchange.request.method, path).empty())) {
      result_.invariants.push_back({"invariant.no-5xx", false, "no answer of 500 and above", Describe(exchange)});
    }
    if (response.status >= 400 && IsHtml(response)) {
      result_.invariants.push_back({"invariant.no-html-error", false, "errors in plain text", Describe(exchange) + " with a web page"});
    }
    const auto location = response.headers.Get("Location");
    if (response.status / 100 != 2 || !location) continue;
    fresh_location_ = session_.SawLocation(*location);
    const auto monitor = target.Resolve(*location, exchange.request.target);
    if (!monitor) continue;
    if (!StartsOperation(ParentOf(target.Below(*monitor)))) continue;
    // Also where no scenario asks for it: two operations behind one monitor spoil whatever is seen of either.
    if (!*fresh_location_)
      result_.invariants.push_back({"oip.ids-are-never-reused", false, "a Location that named no operation of this run before", *location});
    auto& monitors = result_.traces.monitors;
    const bool known =
        std::any_of(monitors.begin(), monitors.end(), [&](const Traces::Monitor& m) { return m.path == *monitor && !m.deleted; });
    if (!known) monitors.push_back({*monitor, false, false, PackageIn(exchange)});
  }
}

Result<std::string> Attempt::ExpandPath(const scenario::Template& path, bool raw) const {
  if (!path.parts.empty() && path.parts[0].variable) {
    const std::string& name = path.parts[0].text;
    const auto captured = captured_.find(name);
    if (captured != captured_.end()) {
      const Json& value = variables_.find(name)->second;
      if (!value.is_string()) return Fail(ErrorKind::kInvalid, name + " is no text but " + DumpJson(value));
      auto resolved = session_.target().Resolve(value.get<std::string>(), captured->second.base);
      if (!resolved) return Fail(resolved.error().kind, name + " can't be asked: " + resolved.error().message);
      scenario::Template rest;
      rest.parts.assign(path.parts.begin() + 1, path.parts.end());
      auto text = scenario::Expand(rest, variables_);
      if (!text) return text;
      return *resolved + *text;
    }
  }
  auto text = scenario::Expand(path, variables_);
  if (!text || raw) return text;
  return session_.target().Path(*text);
}

// The body, its type and the headers of the step.
Result<> Attempt::FillBody(const scenario::RequestStep& step, http::Request& request) const {
  switch (step.body.kind) {
    case scenario::Body::Kind::kNone:
      break;
    case scenario::Body::Kind::kJson: {
      auto json = scenario::Substitute(step.body.json, variables_);
      if (!json) return Fail(json.error());
      request.body = DumpJson(*json);
      break;
    }
    case scenario::Body::Kind::kText: {
      auto text = scenario::Expand(step.body.text, variables_);
      if (!text) return Fail(text.error());
      request.body = std::move(*text);
      break;
    }
    case scenario::Body::Kind::kHex:
      request.body = step.body.bytes;
      break;
  }
  if (step.body.kind != scenario::Body::Kind::kNone && !request.headers.Has("Content-Type"))
    request.headers.Set("Content-Type", std::string(kMediaType));
  if (step.body.pad_to > request.body.size()) {
    const std::size_t bracket = request.body.find_last_of("}]");
    request.body.insert(bracket == std::string::npos ? request.body.size() : bracket, step.body.pad_to - request.body.size(), ' ');
  }
  for (const std::string& name : step.removed_headers) request.headers.Remove(name);
  for (const scenario::HeaderLine& line : step.headers) {
    auto value = scenario::Expand(line.value, variables_);
    if (!value) return Fail(value.error());
    request.headers.Set(line.name, std::move(*value));
  }
  return {};
}

Result<http::Request> Attempt::Build(const scenario::RequestStep& step) const {
  http::Request request;
  request.method = step.method;
  auto path = ExpandPath(step.path, step.raw_path);
  if (!path) return Fail(path.error());
  request.target = std::move(*path);
  auto query = scenario::QueryText(step.query, variables_);
  if (!query) return Fail(query.error());
  if (!query->empty()) request.target += (request.target.find('?') == std::string::npos ? "?" : "&") + *query;
  if (step.method == "GET" || step.method == "HEAD") request.headers.Set("Accept", std::string(kMediaType));
  if (!step.as.empty())
    for (const http::Header& header : session_.target().askers().at(step.as).headers()) request.headers.Set(header.name, header.value);
  if (auto filled = FillBody(step, request); !filled) return Fail(filled.error());
  return request;
}

bool Attempt::Answers(const Step& step, int status) const {
  if (!step.answers.empty()) return std::find(step.answers.begin(), step.answers.end(), status) != step.answers.end();
  return step.role != Step::Role::kGiven || status / 100 == 2;
}

bool Attempt::Needs(const Step& step) const { return step.role == Step::Role::kGiven || !step.answers.empty() || !step.expects.empty(); }

Attempt::Came Attempt::Accept(const Step& step, const http::Exchange& exchange) {
  const std::string path = session_.target().Below(exchange.request.raw_path());
  if (!exchange.answered()) {
    result_.unanswered = true;
    if (session_.IsWorthAnotherTry(exchange)) NoteLost("exchange " + std::to_string(exchanges_of_step_));
    std::vector<std::string> slugs = RequirementsOf(exchange.request.method, path);
    // The first check of the step is the one that was not answered; Check gives it that verdict and blocks the rest by it.
    Block(step, Describe(exchange), slugs);
    blocked_.unanswered = !Needs(step) && !step.checks.empty();
    return Came::kNot;
  }
  const int status = exchange.response ? exchange.response->status : 0;
  if (Answers(step, status) && (exchange.response || !Needs(step))) return CaptureAll(step);
  std::vector<std::string> slugs;
  const bool meant_success =
      step.answers.empty() || std::any_of(step.answers.begin(), step.answers.end(), [](int code) { return code / 100 == 2; });
  if (meant_success) slugs = RequirementsOf(exchange.request.method, path);
  if (status >= 500) Add(slugs, {"invariant.no-5xx"});
  std::string wanted;
  for (const int code : step.answers) wanted += (wanted.empty() ? "" : " or ") + std::to_string(code);
  return Block(step, Describe(exchange) + "; " + (wanted.empty() ? "2xx" : wanted) + " was needed", slugs);
}

std::optional<Json> Attempt::ValueOf(const scenario::Capture& capture) const {
  if (capture.from == scenario::Capture::From::kLast) {
    if (sight_.statuses.empty()) return std::nullopt;
    return sight_.statuses.back();
  }
  if (!sight_.response) return std::nullopt;
  switch (capture.from) {
    case scenario::Capture::From::kHeader:
      if (auto header = sight_.response->headers.Get(capture.header)) return std::move(*header);
      break;
    case scenario::Capture::From::kBody:
      return sight_.response->body;
    case scenario::Capture::From::kStatus:
      return sight_.response->status;
    case scenario::Capture::From::kJson:
      if (const auto json = ParseJson(sight_.response->body)) {
        if (auto found = scenario::Lookup(*json, capture.path, variables_)) return std::move(*found);
      }
      break;
    case scenario::Capture::From::kLast:
      break;
  }
  return std::nullopt;
}

// Whether a Location is that of a monitor, where the step started an operation. What leads elsewhere is no use to those that come after.
bool Attempt::LeadsToMonitor(const std::string& location) const {
  const std::string collection = session_.target().Below(sight_.base);
  if (!StartsOperation(collection)) return true;
  const auto monitor = session_.target().Resolve(location, sight_.base);
  return !monitor || ParentOf(session_.target().Below(*monitor)) == collection;
}

// Captures what can be captured. One that is absent blocks what comes after, but not the checks of its own step.
Attempt::Came Attempt::CaptureAll(const Step& step) {
  for (const scenario::Capture& capture : step.captures) {
    std::optional<Json> value = ValueOf(capture);
    if (value && IsLocation(capture) && !LeadsToMonitor(value->get<std::string>())) value.reset();
    if (!value && capture.otherwise) {
      auto otherwise = scenario::Substitute(*capture.otherwise, variables_);
      if (!otherwise) return Block(step, otherwise.error().message, {});
      value = std::move(*otherwise);
    }
    if (value) {
      variables_[capture.name] = std::move(*value);
      captured_[capture.name] = {sight_.base};
    } else {
      variables_.erase(capture.name);
      captured_.erase(capture.name);
    }
  }
  return Came::kAbout;
}

Attempt::Came Attempt::PerformRequest(const Step& step, const scenario::RequestStep& request_step) {
  auto request = Build(request_step);
  if (!request) {
    // In a control the steps that stand on what an act made are left out with it.
    if (control_ && request.error().kind == ErrorKind::kNotFound) return Came::kAbout;
    return Block(step, request.error().message, {}, false);
  }
  const http::Framing framing = request_step.body.chunked ? http::Framing::kChunked : http::Framing::kLength;
  const http::Exchange exchange = Exchange(*request, request_step.within.value_or(session_.limits().answer), framing, true);
  See(exchange);
  return Accept(step, exchange);
}

Attempt::Came Attempt::PerformRaw(const Step& step, const scenario::RawStep& raw) {
  std::vector<http::RawStep> parts;
  for (const scenario::RawStep::Part& part : raw.parts) {
    if (part.kind == scenario::RawStep::Part::Kind::kHalfClose) {
      parts.push_back({http::RawStep::Kind::kHalfClose, ""});
      continue;
    }
    std::string bytes = part.bytes;
    if (!part.text.parts.empty()) {
      auto text = scenario::Expand(part.text, variables_);
      if (!text) {
        if (control_ && text.error().kind == ErrorKind::kNotFound) return Came::kAbout;
        return Block(step, text.error().message, {});
      }
      bytes = std::move(*text);
    }
    parts.push_back({http::RawStep::Kind::kSend, std::move(bytes)});
  }
  const http::Exchange exchange = session_.SendRaw(parts, raw.within.value_or(session_.limits().answer), raw.answers);
  Look(exchange);
  if (raw.answers > 0) NoteIfLost(exchange);
  Record(exchange);
  See(exchange);
  if (!sight_.response && !exchange.responses.empty()) sight_.response = exchange.responses.back();
  if (raw.answers == 0) return Came::kAbout;
  return Accept(step, exchange);
}

Attempt::Came Attempt::PerformFollow(const Step& step, const scenario::FollowStep& follow) {
  auto path = ExpandPath(follow.location, false);
  if (!path) {
    if (control_ && path.error().kind == ErrorKind::kNotFound) return Came::kAbout;
    return Block(step, path.error().message, follow.blamed.empty() ? std::vector<std::string>{} : std::vector{follow.blamed});
  }
  http::Request request;
  request.method = "GET";
  request.target = *path;
  request.headers.Set("Accept", std::string(kMediaType));

  const std::string monitor = session_.target().Below(*path);
  status::SequenceChecker sequence;
  std::string problem;  // why it does not come about
  std::string expected = "the monitor reaches " + std::string(Noun(follow.until)) + ", every status is well formed and every step legal";
  std::vector<std::string> slugs;
  bool unanswered = false;
  bool worth_another_try = false;
  bool endless = false;
  bool ended = false;
  bool readable = true;
  Clock::time_point end = Clock::now() + follow.within;
  std::chrono::milliseconds pause = session_.limits().first_pause;
  std::optional<http::Exchange> unrecorded;  // the newest, as long as it says nothing new
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    const auto deadline = DeadlineOfPoll(left, session_.limits().answer);
    const Clock::time_point asked = Clock::now();
    const http::Exchange exchange = Poll(request, deadline, http::Framing::kLength);
    if (!step.checks.empty() && !session_.patience().sound && Clock::now() - asked > session_.limits().late) NoteLost("a late answer");
    const bool first = problem.empty();  // the first problem is the one to tell
    const auto fail = [&](std::string why, std::vector<std::string> because) {
      Record(exchange);
      unrecorded.reset();
      if (!first) return;
      problem = std::move(why);
      slugs = std::move(because);
    };
    See(exchange);
    if (!exchange.answered()) {
      unanswered = first;
      result_.unanswered = true;
      worth_another_try = first && session_.IsWorthAnotherTry(exchange);
      fail(Describe(exchange), {"oip.get-answers-200"});
      break;
    }
    if (!exchange.response || exchange.response->status != 200) {
      readable = !first;
      fail(Describe(exchange), {"oip.get-answers-200"});
      break;
    }
    const auto shown = StatusTextOf(exchange);
    if (!shown) {
      readable = !first;
      fail("the monitor shows no status: " + exchange.response->body.substr(0, 200), {"oip.status-is-text"});
      break;
    }
    const std::string& text = *shown;
    const bool is_new = sight_.statuses.empty() || sight_.statuses.back() != text;
    if (is_new) {
      sight_.statuses.push_back(text);
      if (!control_) step_record_.statuses.push_back(text);
      Record(exchange);
      unrecorded.reset();
    } else {
      unrecorded = exchange;
    }
    const auto status = status::Parse(text);
    if (!status) {
      readable = !first;
      fail("\"" + text + "\" is not a status: " + status.error().message, {"oip.status-speaks-the-language"});
      break;
    }
    // After an illegal step its end is still waited for, a while: what comes behind in the scenario stands on that.
    if (problem.empty()) {
      if (const auto legal = sequence.Next(*status); !legal) {
        fail(legal.error().message, {"oip.statuses-step-forward"});
        end = std::min(end, Clock::now() + session_.limits().settle);
      }
    }
    if (HasEnded(status->state)) {
      for (Traces::Monitor& made : result_.traces.monitors) made.ended = made.ended || made.path == *path;
      const bool success = status->state == status::State::kSuccess;
      ended = true;
      if (!problem.empty()) break;
      if (follow.until == scenario::FollowStep::Until::kSuccess && !success)
        fail("the operation ended in " + text, RequirementsOfSuccess(monitor));
      if (follow.until == scenario::FollowStep::Until::kFail && success) fail("the operation ended in " + text, {});
      if (problem.empty() && !follow.blamed.empty() && !control_) {
        problem = LookBehindTheEnd(request, sequence);
        if (!problem.empty()) slugs = {"oip.statuses-step-forward"};
      }
      break;
    }
    if (Clock::now() >= end && !problem.empty()) break;
    if (Clock::now() >= end) {
      fail("the operation has not ended within " + std::to_string(follow.within.count() / 1000) + " s; it shows " + text,
           RequirementsOfSuccess(monitor));
      endless = true;
      break;
    }
    if (session_.stop().WaitFor(pause)) {
      if (problem.empty()) fail("the run was ended", {});
      break;
    }
    pause = std::min(pause * 2, session_.limits().longest_pause);
  }
  if (unrecorded) Record(*unrecorded);
  if (session_.stop().asked() && !problem.empty() && (!unanswered || session_.death())) return Block(step, problem, {});
  if (follow.blamed.empty() || control_) {
    if (problem.empty()) return CaptureAll(step);
    if (worth_another_try) NoteLost("a question");
    // Where any end will do, that there is none is what the step has to say, and nothing that a success would owe.
    const bool says_so = endless && follow.until == scenario::FollowStep::Until::kEnded && !Needs(step) && !step.checks.empty();
    const Came came = Block(step, problem, says_so ? std::vector<std::string>() : slugs);
    blocked_.unanswered = says_so;
    return came;
  }
  CheckRecord check;
  check.slug = follow.blamed;
  check.line = static_cast<int>(step.position.line);
  check.predicate = "follow " + scenario::Spell(follow.location) + " until " +
                    (follow.until == scenario::FollowStep::Until::kEnded     ? "ended"
                     : follow.until == scenario::FollowStep::Until::kSuccess ? "success"
                                                                             : "fail");
  if (!failed_slugs_.empty()) {
    check.verdict = Verdict::kBlocked;
    check.blocked_by = failed_slugs_;
  } else if (unanswered) {
    if (worth_another_try) NoteLost("a question");
    check.verdict = Verdict::kUnanswered;
    check.expected = expected;
    check.got = problem;
  } else if (!readable && follow.blamed != slugs.front()) {
    // A monitor that can't even be read says nothing about the operation behind it.
    check.verdict = Verdict::kBlocked;
    check.blocked_by = slugs;
    check.note = problem;
  } else if (!problem.empty()) {
    check.verdict = OfFailure(LevelOf(follow.blamed));
    check.expected = expected;
    check.got = problem;
  }
  failed_follow_ = !problem.empty();
  const Verdict verdict = check.verdict;
  step_record_.checks.push_back(std::move(check));
  if (verdict != Verdict::kPass && failed_slugs_.empty()) failed_slugs_.push_back(follow.blamed);
  if (problem.empty()) return CaptureAll(step);
  // Whether the operation has ended is not known: nothing can stand on that, not even what is independent of other checks.
  if (!ended) return Block(step, problem, verdict == Verdict::kBlocked && !slugs.empty() ? slugs : std::vector{follow.blamed});
  return Came::kAbout;
}

// Who blames looks once more: an end that is left again is a step like any other. Whether the monitor is still there, and can be read,
// is not what is asked here.
std::string Attempt::LookBehindTheEnd(const http::Request& request, status::SequenceChecker& sequence) {
  const http::Exchange exchange = Poll(request, session_.limits().answer, http::Framing::kLength);
  const auto text = exchange.response && exchange.response->status == 200 ? StatusTextOf(exchange) : std::nullopt;
  if (!text || *text == sight_.statuses.back()) return "";
  const auto status = status::Parse(*text);
  if (!status) return "";
  step_record_.statuses.push_back(*text);
  Record(exchange);
  const auto legal = sequence.Next(*status);
  return legal ? "" : legal.error().message;
}

Attempt::Came Attempt::PerformEventually(const Step& step, const scenario::EventuallyStep& eventually) {
  auto request = Build(eventually.request);
  if (!request) {
    if (control_ && request.error().kind == ErrorKind::kNotFound) return Came::kAbout;
    return Block(step, request.error().message, {});
  }
  const http::Framing framing = eventually.request.body.chunked ? http::Framing::kChunked : http::Framing::kLength;
  const JudgeContext context = Context();
  const Clock::time_point end = Clock::now() + eventually.within;
  std::chrono::milliseconds pause = session_.limits().first_pause;
  std::string last_body;
  int last_status = 0;
  bool first = true;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    const auto deadline = DeadlineOfPoll(left, eventually.request.within.value_or(session_.limits().answer));
    const http::Exchange exchange = Poll(*request, deadline, framing);
    const int status = exchange.response ? exchange.response->status : 0;
    const std::string body = exchange.response ? exchange.response->body : "";
    See(exchange);
    const bool differs = first || status != last_status || body != last_body;
    first = false;
    last_status = status;
    last_body = body;

    bool done = exchange.answered() && exchange.response && Answers(step, status);
    if (done && !step.expects.empty()) done = Judge(step.expects, sight_, context).holds;
    for (const scenario::Check& check : step.checks) {
      const bool counts = check.independent || failed_slugs_.empty();
      if (done && counts) done = Judge(check.condition, sight_, context).holds;
    }
    const bool over = Clock::now() >= end;
    const bool hopeless = !exchange.response || status >= 500;
    if (differs || done || over || hopeless) Record(exchange);
    if (done) return Accept(step, exchange);
    if (hopeless || over) {
      const bool about_status =
          std::any_of(step.checks.begin(), step.checks.end(), [](const scenario::Check& check) { return IsAboutStatus(check.condition); });
      std::vector<std::string> slugs = RequirementsOf(exchange.request.method, session_.target().Below(exchange.request.raw_path()));
      if (!exchange.answered()) {
        result_.unanswered = true;
        if (session_.IsWorthAnotherTry(exchange)) NoteLost("a question");
        return Block(step, Describe(exchange), slugs);
      }
      if (hopeless && !about_status) {
        if (status >= 500) Add(slugs, {"invariant.no-5xx"});
        return Block(step, Describe(exchange) + (exchange.problem.empty() ? "" : ": " + exchange.problem), slugs);
      }
      if (!Answers(step, status)) return Accept(step, exchange);
      return CaptureAll(step);  // its checks say what is wrong
    }
    if (session_.stop().WaitFor(pause)) return Block(step, "the run was ended", {});
    pause = std::min(pause * 2, session_.limits().longest_pause);
  }
}

Attempt::Came Attempt::PerformBarrier() {
  const Step& step = scenario_.steps[step_number_];
  http::Request entry;
  entry.method = "GET";
  entry.target = session_.target().Path("");
  entry.headers.Set("Accept", std::string(kMediaType));
  const http::Exchange asked = Exchange(entry, session_.limits().answer, http::Framing::kLength, true);
  if (!asked.answered()) {
    NoteLost("the barrier");
    return Block(step, "the barrier was not reached: " + Describe(asked), {"links.entry-point"});
  }
  std::vector<std::string> slugs;
  std::vector<http::Exchange> seen;
  const auto updated = session_.Update(false, session_.stop(), &slugs, &seen);
  for (const http::Exchange& exchange : seen) {
    Look(exchange);
    if (!updated && !exchange.answered() && !session_.patience().sound) NoteLost("the barrier");
    Record(exchange);
  }
  // The session has deleted its monitor itself.
  if (!seen.empty() && !result_.traces.monitors.empty() && updated)
    result_.traces.monitors.back().deleted = result_.traces.monitors.back().ended = true;
  if (!updated) return Block(step, "the barrier was not reached: " + updated.error().message, slugs);
  return Came::kAbout;
}

Attempt::Came Attempt::PerformRestart(const scenario::RestartStep& restart) {
  const Step& step = scenario_.steps[step_number_];
  const auto restarted = restart.upgrade ? session_.Upgrade() : session_.Restart();
  auto seen = session_.SeenStart(restarted);
  const bool its_fault = seen && !seen->holds;
  if (its_fault && restart.upgrade) seen->expected = "a next version that answers once it is started on what the one before kept";
  if (seen) result_.invariants.push_back(std::move(*seen));
  if (!restarted)
    return Block(step, restarted.error().message,
                 its_fault ? std::vector<std::string>{std::string(kStartsAgain)} : std::vector<std::string>());
  // Monitors end with the process that they watched; there is nothing left to delete.
  for (Traces::Monitor& monitor : result_.traces.monitors) monitor.ended = monitor.deleted = true;
  // One that forgets its values forgets the run's repository, too.
  result_.traces.exclusive.push_back("plugin_server");
  return Came::kAbout;
}

Result<std::string> Attempt::RepositoryTarget(const scenario::RepositoryStep& step) const {
  if (step.package.empty()) {
    std::string file = step.file;
    for (const auto& [name, id] : packages_) {
      const std::string hole = "{" + name + "}";
      for (std::size_t at = file.find(hole); at != std::string::npos; at = file.find(hole, at + id.size()))
        file.replace(at, hole.size(), id);
    }
    return file;
  }
  const auto found = packages_.find(step.package);
  if (found == packages_.end()) return Fail(ErrorKind::kNotFound, "there is no package " + step.package);
  return found->second;
}

Attempt::Came Attempt::PerformRepository(const Step& step, const scenario::RepositoryStep& does) {
  using Action = scenario::RepositoryStep::Action;
  repository::Repository* const repository = session_.repository();
  if (repository == nullptr) return Block(step, "the run has no repository", {}, true);
  const auto target = RepositoryTarget(does);
  if (!target) return Block(step, target.error().message, {}, true);
  const auto ours = [&](const Error& error) { return Block(step, "the repository could not do it: " + error.message, {}, true); };
  if (*target == "plugins.db" && does.action != Action::kAsked && does.action != Action::kAwaits) result_.traces.disturbed_catalogue = true;

  switch (does.action) {
    case Action::kHolds:
      session_.NoteHold(result_.traces);
      if (auto held = repository->Hold(*target, does.bytes); !held) return ours(held.error());
      result_.traces.holds.push_back(*target);
      return Came::kAbout;
    case Action::kReleases:
      if (auto released = repository->Release(*target); !released) return ours(released.error());
      return Came::kAbout;
    case Action::kAwaits: {
      const Clock::time_point end = Clock::now() + session_.limits().held;
      while (!repository->AwaitHeld(*target, kHeldSlice)) {
        if (session_.stop().asked()) return Block(step, "the run was ended", {});
        if (Clock::now() >= end)
          return Block(step, "no transfer of " + *target + " came to its hold", {"install.install-fetches-the-file"});
      }
      return Came::kAbout;
    }
    case Action::kDoes: {
      auto action = scenario::Substitute(*does.fault, variables_);
      if (!action) return Block(step, action.error().message, {}, true);
      auto fault = repository->AddFault({*target, std::move(*action), does.times, does.request});
      if (!fault) return ours(fault.error());
      result_.traces.faults.push_back(*fault);
      return Came::kAbout;
    }
    case Action::kBehaves:
      for (const int fault : result_.traces.faults) (void)repository->RemoveFault(fault);  // one that has run out is gone already
      result_.traces.faults.clear();
      return Came::kAbout;
    case Action::kLists:
    case Action::kReplaces: {
      repository::Publication publication = session_.PublicationOf(*target);
      const scenario::PackageDetails& details = does.details;
      if (!details.fixture.empty()) publication.fixture = details.fixture;
      if (details.version) publication.version = *details.version;
      if (details.bytes) publication.bytes = *details.bytes;
      if (!details.without_entry.empty()) publication.without_entry = details.without_entry;
      if (details.entry) {
        auto entry = scenario::Substitute(*details.entry, variables_);
        if (!entry) return Block(step, entry.error().message, {}, true);
        publication.entry = std::move(*entry);
      }
      publication.listed = true;
      publication.keep_entry = does.action == Action::kReplaces;
      if (auto published = session_.Publish(publication); !published) return ours(published.error());
      return Came::kAbout;
    }
    case Action::kDrops:
      if (auto dropped = repository->Unlist(*target); !dropped) return ours(dropped.error());
      return Came::kAbout;
    case Action::kAsked:
      sight_.requests = repository->Journal(journal_start_, *target).size();
      return Came::kAbout;
  }
  return Came::kAbout;
}

// ---- Checks

Level Attempt::LevelOf(const std::string& slug) const {
  const Requirement* requirement = ledger_ != nullptr ? ledger_->Find(slug) : nullptr;
  return requirement != nullptr ? requirement->level : Level::kMust;
}

JudgeContext Attempt::Context() {
  JudgeContext context;
  context.target = &session_.target();
  context.variables = &variables_;
  context.examples = &session_.options().examples;
  context.is_fresh = [this](const std::string& header, const std::string& value) {
    return EqualIgnoringCase(header, "Location") && fresh_location_ ? *fresh_location_ : session_.IsFresh(header, value);
  };
  context.reaches = [this](const scenario::Predicate& predicate, const std::vector<Json>& values, std::string& got) {
    return Reaches(predicate, values, got);
  };
  return context;
}

Judgement Attempt::JudgeAll(const scenario::Condition& condition) {
  Judgement judgement = Judge(condition, sight_, Context());
  for (std::size_t i = 0; judgement.holds && judgement.harness.empty() && i < others_.size(); ++i)
    judgement = Judge(condition, others_[i], Context());
  return judgement;
}

bool Attempt::IsOfDialect(const std::string& slug) const {
  const Requirement* const requirement = ledger_ == nullptr ? nullptr : ledger_->Find(slug);
  return requirement == nullptr || requirement->IsOf(session_.target().dialect());
}

CheckRecord Attempt::Settle(const scenario::Check& check) {
  CheckRecord record;
  if (!IsOfDialect(check.slug)) {
    record.verdict = Verdict::kNotApplicable;
    record.note = "the dialect " + session_.target().dialect() + " has no such requirement";
    return record;
  }
  const Judgement judgement = JudgeAll(check.condition);
  if (!judgement.harness.empty()) {
    record.verdict = Verdict::kHarnessError;
    record.note = judgement.expected + ": " + judgement.harness;
    return record;
  }
  if (judgement.holds) return record;
  record.expected = judgement.expected;
  record.got = judgement.got;
  if (const std::string missing = MissingStage(check.condition); !missing.empty() && missing != check.slug) {
    record.verdict = Verdict::kBlocked;
    record.blocked_by = {missing};
    record.note = "a phone has not come so far: " + judgement.got;
    record.expected.clear();
    record.got.clear();
    return record;
  }
  // An answer of another kind than the step asks for carries what belongs to that kind.
  if (sight_.response && sight_.response->status / 100 != 2 && IsAboutAnAnswer(check.condition)) {
    for (const scenario::Check& other : scenario_.steps[step_number_].checks) {
      if (other.slug == check.slug || !AsksForSuccess(other.condition) || JudgeAll(other.condition).holds) continue;
      record.verdict = Verdict::kBlocked;
      record.blocked_by = {other.slug};
      record.note = "it answered " + std::to_string(sight_.response->status);
      return record;
    }
  }
  // What an answer says can't be held against it if it is not the answer at all: that has a requirement of its own.
  const scenario::Step& step = scenario_.steps[step_number_];
  const auto* request = std::get_if<scenario::RequestStep>(&step.does);
  if (const auto* eventually = std::get_if<scenario::EventuallyStep>(&step.does)) request = &eventually->request;
  // Nor can what a method should say of some request where there is no such method at all.
  const int status = sight_.response ? sight_.response->status : 0;
  const bool has_method = status != 405 && status != 501;
  if (request != nullptr && status != 0 && status / 100 != 2 && (!has_method || IsAboutContentOnly(check.condition))) {
    const std::vector<std::string> slugs = RequirementsOf(request->method, session_.target().Below(sight_.base));
    if (!slugs.empty() && std::find(slugs.begin(), slugs.end(), check.slug) == slugs.end()) {
      record.verdict = Verdict::kBlocked;
      record.blocked_by = slugs;
      record.note = request->method + " " + sight_.base + " answered " + std::to_string(sight_.response->status);
      return record;
    }
  }
  // A phone that got nothing from what has crashed shows nothing else.
  if (std::holds_alternative<scenario::PhoneStep>(step.does) && session_.death()) {
    session_.LeaveUnsettled(record);
    return record;
  }
  record.verdict = OfFailure(LevelOf(check.slug));
  if (record.verdict == Verdict::kNotApplicable) record.note = "a MAY: the target does otherwise";
  return record;
}

void Attempt::Check(const Step& step) {
  const bool stopped = session_.stop().asked();
  // A follow that blames and was never performed has no record yet.
  if (const auto* follow = std::get_if<scenario::FollowStep>(&step.does);
      follow != nullptr && !follow->blamed.empty() && step_record_.checks.empty()) {
    CheckRecord record;
    record.slug = follow->blamed;
    record.line = static_cast<int>(step.position.line);
    record.predicate = step.source;
    record.verdict = blocked_.ours ? Verdict::kHarnessError : Verdict::kBlocked;
    record.blocked_by = blocked_.stands ? blocked_.slugs : failed_slugs_;
    record.note = blocked_.why;
    if (stopped && !blocked_.ours) session_.LeaveUnsettled(record);
    step_record_.checks.push_back(std::move(record));
  }
  for (std::size_t i = 0; i < step.checks.size(); ++i) {
    const scenario::Check& check = step.checks[i];
    CheckRecord record;
    const bool performed = !blocked_.stands && (failed_slugs_.empty() || check.independent);
    if (blocked_.stands) {
      if (blocked_.unanswered && !session_.death()) {
        record.verdict = Verdict::kUnanswered;
        record.expected = scenario::Spell(check.condition);
        record.got = blocked_.why;
        blocked_.unanswered = false;  // the others stand on this one
        blocked_.slugs = {check.slug};
      } else {
        const bool ended = stopped && !blocked_.ours;  // also because the target went: that is told once, not held against every rule
        record.verdict = blocked_.ours ? Verdict::kHarnessError : Verdict::kBlocked;
        if (record.verdict == Verdict::kBlocked) record.blocked_by = blocked_.slugs;
        record.note = blocked_.why;
        if (ended) session_.LeaveUnsettled(record);
      }
    } else if (stopped && step_record_.exchanges.empty() && !std::holds_alternative<scenario::RepositoryStep>(step.does) &&
               !std::holds_alternative<scenario::PhoneStep>(step.does)) {
      session_.LeaveUnsettled(record);
    } else if (!performed) {
      record.verdict = Verdict::kBlocked;
      record.blocked_by = failed_slugs_;
    } else {
      record = Settle(check);
    }
    record.slug = check.slug;
    record.line = static_cast<int>(check.position.line);
    record.predicate = scenario::Spell(check.condition);

    const bool blames = record.verdict == Verdict::kFail || record.verdict == Verdict::kWarn;
    if (check.control && (blames || (record.verdict == Verdict::kPass && IsOfAbsence(check.condition)))) {
      result_.controls.push_back({step_number_, step_record_.checks.size(), step_number_, i});
    }
    if (blames || record.verdict == Verdict::kUnanswered) failed_slugs_.push_back(check.slug);
    if (record.verdict == Verdict::kBlocked && !blocked_.stands && failed_slugs_.empty()) Add(failed_slugs_, record.blocked_by);
    step_record_.checks.push_back(std::move(record));
  }
  // An absent capture blocks its users, once the checks of its own step have had their say.
  if (blocked_.stands || stopped) return;
  for (const scenario::Capture& capture : step.captures) {
    if (variables_.contains(capture.name)) continue;
    std::vector<std::string> slugs;
    const auto* request = std::get_if<scenario::RequestStep>(&step.does);
    std::string why = capture.name + " is absent: the answer has no " + scenario::Spell(capture);
    if (request != nullptr && IsLocation(capture)) {
      slugs = RequirementsOfLocation(session_.target().Below(sight_.base));
      if (const auto value = ValueOf(capture)) why = session_.WhyNoMonitor(value->get<std::string>());
    } else if (request != nullptr) {
      slugs = RequirementsOf(request->method, session_.target().Below(sight_.base));
    }
    Block(step, why, slugs);
    return;
  }
}

}  // namespace provdlab::conformance
