#include "conformance/runner/session.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "base/digest.h"
#include "base/duration.h"
#include "base/text.h"
#include "conformance/runner/evidence.h"
#include "conformance/runner/verbs.h"
#include "grammar/scenario/evaluate.h"
#include "grammar/status/status.h"

namespace provdlab::conformance {
namespace {

using Clock = std::chrono::steady_clock;

// The manager's parameters that a scenario may name as exclusive.
constexpr std::array kParameters = {"plugin_server", "http_proxy", "https_proxy", "ftp_proxy", "locale", "NAT"};
constexpr int kMostDeaths = 30;  // of a launched target, until the run is given up
constexpr std::string_view kUpdates = "/pg_mgr/install/update";
// Those that decide where an update gets its list from.
constexpr std::array kWaysToTheCatalogue = {"plugin_server", "http_proxy", "https_proxy", "update"};

http::Request MakeRequest(std::string method, std::string path, const Json* body) {
  http::Request request;
  request.method = std::move(method);
  request.target = std::move(path);
  if (request.method == "GET") request.headers.Set("Accept", std::string(kMediaType));
  if (body != nullptr) {
    request.headers.Set("Content-Type", std::string(kMediaType));
    request.body = DumpJson(*body);
  }
  return request;
}

bool Succeeded(const http::Exchange& exchange) { return exchange.response && exchange.response->status / 100 == 2; }

int StatusOf(const http::Exchange& exchange) { return exchange.response ? exchange.response->status : 0; }

// What a list of packages has under "pkgs"; nullopt: it is none.
std::optional<Json> PackagesIn(const std::optional<Json>& list) {
  if (!list || !list->is_object() || !list->contains("pkgs") || !(*list)["pkgs"].is_object()) return std::nullopt;
  return (*list)["pkgs"];
}

// The href of the link with that rel in a service document. nullopt: it is not such a document.
std::optional<std::map<std::string, std::string>> Links(const std::optional<Json>& document) {
  if (!document || !document->is_object() || !document->contains("links") || !(*document)["links"].is_array()) return std::nullopt;
  std::map<std::string, std::string> links;
  for (const Json& link : (*document)["links"]) {
    if (!link.is_object() || !link.contains("rel") || !link.contains("href") || !link["rel"].is_string() || !link["href"].is_string())
      return std::nullopt;
    links.emplace(link["rel"].get<std::string>(), link["href"].get<std::string>());
  }
  return links;
}

repository::Publication Publication(const scenario::PackageDetails& details, std::string id, const scenario::Variables& variables,
                                    std::string* problem) {
  repository::Publication publication;
  publication.id = std::move(id);
  if (!details.fixture.empty()) publication.fixture = details.fixture;
  publication.version = details.version.value_or("");
  publication.bytes = details.bytes.value_or(0);
  publication.without_entry = details.without_entry;
  publication.listed = !details.unlisted;
  if (details.entry) {
    auto entry = scenario::Substitute(*details.entry, variables);
    if (entry)
      publication.entry = std::move(*entry);
    else
      *problem = entry.error().message;
  }
  return publication;
}

std::string InOneLine(const std::vector<std::string_view>& lines) {
  std::string text;
  for (const std::string_view line : lines) text.append(text.empty() ? "" : " | ").append(line);
  return text;
}

std::string WithoutStop(std::string sentence) {
  if (sentence.ends_with('.')) sentence.pop_back();
  return sentence;
}

// What a monitor shows; nullopt if it shows nothing that can be read.
std::optional<status::Status> StatusIn(const http::Exchange& get) {
  const auto text = Succeeded(get) ? StatusTextOf(get) : std::nullopt;
  if (!text) return std::nullopt;
  auto status = status::Parse(*text, status::Strictness::kLenient);
  return status ? std::optional(std::move(*status)) : std::nullopt;
}

}  // namespace

std::optional<Json> JsonOf(const http::Exchange& exchange) {
  if (!exchange.response) return std::nullopt;
  auto json = ParseJson(exchange.response->body);
  if (!json) return std::nullopt;
  return std::move(*json);
}

std::optional<std::string> StatusTextOf(const http::Exchange& exchange) {
  const auto json = JsonOf(exchange);
  if (!json || !json->is_object() || !json->contains("status") || !(*json)["status"].is_string()) return std::nullopt;
  return (*json)["status"].get<std::string>();
}

Session::Session(SessionOptions options, const Target& target, Stop& stop)
    : options_(std::move(options)),
      target_(target),
      stop_(stop),
      proxies_(options_.phones.trusted_proxies),
      documents_(target, [this](std::string method, std::string path,
                                const Json* body) { return Ask(std::move(method), std::move(path), body, limits().answer); }),
      silence_(options_.limits.probe) {}

Session::~Session() { Close(); }

Result<std::unique_ptr<Session>> Session::Open(SessionOptions options, const Target& target, const std::vector<ScenarioRun>& runs,
                                               Stop& stop) {
  std::unique_ptr<Session> session(new Session(std::move(options), target, stop));
  if (auto there = session->Look(); !there) {
    session->closed_ = true;  // nothing was touched
    return Fail(there.error());
  }
  if (auto read = session->LookAtAccess(); !read) {
    session->closed_ = true;
    return Fail(read.error());
  }
  if (target.read_only()) {
    session->open_ = true;
    return session;
  }
  session->ReadParameters();
  session->BeginFile();
  const bool phones = std::any_of(runs.begin(), runs.end(), [](const ScenarioRun& run) { return NeedsPhones(run.file->scenario); });
  if (phones && session->access_) session->OpenPhoneSite();
  if (session->options_.throwaway) session->census_ = session->documents_.Census();
  const bool needed = std::any_of(runs.begin(), runs.end(), [](const ScenarioRun& run) { return NeedsRepository(run.file->scenario); });
  if (needed) {
    if (auto started = session->StartRepository(runs); !started) {
      session->closed_ = true;
      if (session->file_) session->file_->Remove();
      return Fail(started.error());
    }
    session->PointTarget();
    session->ProbePluginServices(runs);
  }
  if (session->options_.revive && session->patience().sound) {
    session->pulse_.emplace(target, session->IdPrefix() + "0");
    session->pulse_->Begin(session->AskingWithin(session->limits().probe));
  }
  session->open_ = true;
  return session;
}

// ---- Talking to the target

http::Exchange Session::Send(const http::Request& request, std::chrono::milliseconds deadline, http::Framing framing) {
  const bool updates = request.method == "POST" && request.raw_path() == target_.Path(kUpdates);
  const auto send = [&] {
    if (updates && repository_) fetched_before_update_ = repository_->last_sequence();
    if (!patience().sound) return target_.Send(request, deadline, framing);
    Silence::Wait wait = silence_.WaitFor(request.method, target_.Below(request.raw_path()), deadline);
    if (in_full_) wait.time = deadline, wait.shortened = false;
    http::Exchange exchange = target_.Send(request, wait.time, framing);
    silence_.Note(wait, exchange);
    return exchange;
  };
  const Posting posting = NoteBefore(request);
  http::Exchange exchange = send();
  if (!target_.Takes(request.method)) {
    ++refused_writes_;
    return exchange;
  }
  NoteAfter(posting, exchange);
  if (request.method == "POST") NoteLostWrite(exchange);
  LookAfter(exchange);
  if (!updates) return exchange;
  // One whose monitor is not known may run on until the next is asked for.
  const Clock::time_point end = Clock::now() + limits().settle;
  std::chrono::milliseconds pause = limits().first_pause;
  while (unwatched_updates_ && (StatusOf(exchange) == 400 || StatusOf(exchange) == 409) && Clock::now() < end && !stop_.WaitFor(pause)) {
    pause = std::min(pause * 2, limits().longest_pause);
    exchange = send();
  }
  if (Succeeded(exchange) && !MonitorOf(exchange)) unwatched_updates_ = true;
  return exchange;
}

void Session::NoteLostWrite(const http::Exchange& exchange) {
  if (!patience().sound && !exchange.answered()) lost_writes_ = true;
}

std::optional<std::string> Session::MonitorOf(const http::Exchange& post) const {
  const auto location = post.response ? post.response->headers.Get("Location") : std::nullopt;
  if (!location) return std::nullopt;
  const auto path = target_.Resolve(*location, post.request.target);
  if (!path || path->substr(0, path->rfind('/')) != post.request.raw_path()) return std::nullopt;
  return *path;
}

std::string Session::WhyNoMonitor(const std::string& location) const {
  const auto path = target_.Resolve(location, target_.Path(""));
  return "the Location names no monitor of what was started: " + location + (path ? "" : "; " + path.error().message);
}

http::Exchange Session::Patiently(std::string_view method, const std::function<http::Exchange()>& send, Stop* until) {
  http::Exchange exchange = send();
  for (int sent = 1; sent < patience().sends && method != "POST" && target_.Takes(method) && !exchange.answered() && !gone_; ++sent) {
    if (until != nullptr && until->asked()) break;
    exchange = send();
  }
  return exchange;
}

http::Exchange Session::AskAside(const http::Request& request, std::chrono::milliseconds deadline) {
  return Patiently(request.method, [&] { return target_.Send(request, deadline); });
}

http::Exchange Session::SendRaw(const std::vector<http::RawStep>& steps, std::chrono::milliseconds deadline, int answers) {
  http::Exchange exchange = target_.SendRaw(steps, deadline, answers);
  if (target_.read_only()) {
    ++refused_writes_;
    return exchange;
  }
  if (answers > 0) NoteLostWrite(exchange);
  if (answers > 0) LookAfter(exchange);
  return exchange;
}

http::Exchange Session::Ask(std::string method, std::string path, const Json* body, std::chrono::milliseconds deadline) {
  const http::Request request = MakeRequest(std::move(method), std::move(path), body);
  // Of one that hangs every question would cost its time.
  if (gone_) return {.request = request, .outcome = http::Outcome::kRefused, .problem = "The target is gone."};
  return Patiently(request.method, [&] { return Send(request, deadline); });
}

std::optional<Json> Session::GetJson(std::string_view path) {
  const http::Exchange exchange = Ask("GET", target_.Path(path), nullptr, limits().answer);
  if (!Succeeded(exchange)) return std::nullopt;
  return JsonOf(exchange);
}

// An answer that did not come may mean that nobody is there any more. That is found out once, quickly, so that the run does not
// spend a deadline on every request that is left.
void Session::LookAfter(const http::Exchange& exchange) {
  if (exchange.answered()) return;
  const std::lock_guard lock(probing_);
  if (gone_) return;
  // What was launched may be a script that has ended, while the server that it started goes on.
  const http::Exchange probe = Knock();
  if (probe.answered()) {
    if (exchange.outcome == http::Outcome::kTimeout && pulse_) unanswered_.push_back(exchange);
    return TakePulse();
  }
  std::string how;
  // One that dies has closed its connections before it has ended.
  const Clock::time_point end = Clock::now() + limits().probe;
  while (options_.ended && how.empty()) {
    if (const auto ended = options_.ended())
      how = "the launched target " + *ended;
    else if (probe.outcome == http::Outcome::kTimeout || Clock::now() >= end)
      break;
    else
      calm_.WaitFor(limits().longest_pause);
  }
  if (how.empty() && probe.outcome == http::Outcome::kTimeout)
    how = "the target accepts connections but has not answered for " + SpellDuration(limits().probe);
  if (how.empty()) how = "the target is gone: " + probe.problem;
  how = WithoutStop(std::move(how));
  TakeForGone(how, "the first request without an answer: " + WithoutStop(Describe(exchange)));
}

http::Exchange Session::Knock() { return AskAside(MakeRequest("GET", target_.Path(""), nullptr), limits().probe); }

bool Session::IsWorthAnotherTry(const http::Exchange& exchange) const {
  return !silence_.Expects(exchange.request.method, target_.Below(exchange.request.raw_path()));
}

void Session::NoteHold(Traces& traces, std::chrono::milliseconds lingers) {
  ++traces.holds_up;
  traces.lingers = std::max(traces.lingers, lingers);
  ++holds_begun_;
  ++holding_up_;
}

Pulse::Ask Session::AskingWithin(std::chrono::milliseconds deadline) {
  return [this, deadline](const std::string& method, const std::string& path) {
    return AskAside(MakeRequest(method, target_.Path(path), nullptr), deadline);
  };
}

// On a bad network, where there is no pulse, it could be the network each time.
void Session::TakePulse() {
  const std::uint64_t begun = holds_begun_;
  if (unanswered_.empty() || gone_ || holding_up_ > 0 || Clock::now() < lingers_until_) return;
  for (const http::Exchange& exchange : std::exchange(unanswered_, {})) {
    const auto missed = pulse_->Miss(target_.Below(exchange.request.raw_path()), AskingWithin(limits().answer));
    if (!missed) continue;
    if (holds_begun_ != begun) {  // that may be what it waits for; once more, later
      unanswered_.push_back(exchange);
      continue;
    }
    return TakeForGone("the target still answers GET " + target_.Path("") + ", and has not answered " + missed->request.method + " " +
                           std::string(missed->request.raw_path()) + " for " + SpellDuration(limits().answer) +
                           ", which it did in the beginning",
                       "the first request without an answer: " + WithoutStop(Describe(exchange)));
  }
}

void Session::LookWhetherItRuns(const std::string& asked) {
  const std::lock_guard lock(probing_);
  if (gone_ || !options_.ended) return;
  const auto ended = options_.ended();
  if (!ended || Knock().answered()) return;
  TakeForGone("the launched target " + *ended, "it was asked: " + asked);
}

bool Session::IsDeserted() {
  if (gone_) return true;
  if (outlived_ || !options_.ended || !options_.ended()) return false;
  const http::Exchange knock = Knock();
  outlived_ = knock.answered();
  return knock.outcome == http::Outcome::kRefused || knock.outcome == http::Outcome::kClosed;
}

void Session::LookWhetherDown() {
  const std::lock_guard lock(probing_);
  if (!down_ || gone_) return;
  const auto ended = options_.ended ? options_.ended() : std::nullopt;
  TakeForGone("the launched target " + ended.value_or("does not answer"), "it was to be started again");
}

std::string Session::LastWordsOfTarget() const {
  constexpr std::size_t kLines = 3;
  return options_.log_tail ? InOneLine(LastWords(options_.log_tail(), kLines)) : "";
}

void Session::TakeForGone(const std::string& how, const std::string& meanwhile) {
  const bool crashed = how.starts_with("the launched target crashed");
  const bool ended = how.starts_with("the launched target ");
  // On a bad network one that hangs and one that is cut off look the same.
  if (options_.ended && !down_ && (ended || patience().sound)) {
    Death death{how, meanwhile, LastWordsOfTarget()};
    const std::lock_guard noting(mutex_);
    death_ = std::move(death);
  }
  returns_ = options_.revive && open_ && (death() || down_) && deaths_ < kMostDeaths;
  if (deaths_ >= kMostDeaths) Note("the target was begun anew " + std::to_string(kMostDeaths) + " times, which is enough");
  if (!returns_ || (down_ && !down_by_itself_)) Note(how + "; " + meanwhile);  // else a scenario's record tells it
  gone_ = true;
  const char* const why = crashed ? "target crashed" : "target gone";
  if (returns_)
    stop_.Halt(why);
  else
    stop_.Ask(why);
}

void Session::LeaveUnsettled(CheckRecord& record) const {
  const bool died = death().has_value();
  record.verdict = died ? Verdict::kBlocked : Verdict::kNotRun;
  record.blocked_by.clear();
  if (died) record.blocked_by.emplace_back(kStillAnswers);
}

std::optional<Death> Session::death() const {
  const std::lock_guard lock(mutex_);
  return death_;
}

Result<> Session::Revive() {
  ++deaths_;
  open_ = false;  // one that goes while it is set up would go again and again
  stop_.GoOn();
  if (stop_.asked()) {
    returns_ = false;
    return Fail(ErrorKind::kUnavailable, "the run ended meanwhile: " + stop_.why());
  }
  if (auto begun = Begin(options_.revive); !begun) {
    returns_ = false;
    Note("the target could not be begun anew: " + begun.error().message);
    const auto how = death();
    stop_.Ask(how && how->how.starts_with("the launched target crashed") ? "target crashed" : "target gone");
    return begun;
  }
  std::vector<Traces> owed;
  {
    const std::lock_guard lock(mutex_);
    death_.reset();
    owed = std::exchange(owed_, {});
  }
  upgraded_ = false;
  returns_ = false;
  gone_ = false;
  PointAgain();
  for (Traces& traces : owed) {
    traces.monitors.clear();  // they went with the process, and another's may have their ids
    CleanUp(traces, nullptr);
  }
  if (census_ && !gone_) {
    if (auto census = documents_.Census()) census_ = std::move(census);
  }
  if (!gone_) RefreshCatalogue();
  if (gone_) return Fail(ErrorKind::kUnavailable, "the target went while it was set up anew");
  open_ = true;
  return {};
}

bool Session::IsFresh(const std::string& header, const std::string& value) {
  const std::lock_guard lock(mutex_);
  return seen_values_.emplace(Lower(header), value).second;
}

Result<> Session::Restart() {
  if (!options_.restart) return Fail(ErrorKind::kInternal, "the target can't be restarted");
  return Begin(options_.restart);
}

Result<> Session::Upgrade() {
  if (!options_.upgrade) return Fail(ErrorKind::kInternal, "the target can't be upgraded");
  upgraded_ = true;
  return Begin(options_.upgrade);
}

Result<> Session::Begin(const std::function<Result<>()>& how) {
  ForgetMonitors();
  {
    const std::lock_guard lock(probing_);
    unanswered_.clear();
  }
  silence_.Forget();
  auto begun = how();
  outlived_ = false;
  down_ = !begun;
  down_by_itself_ = !begun && begun.error().kind == ErrorKind::kUnavailable;
  return begun;
}

std::optional<InvariantSeen> Session::SeenStart(const Result<>& begun) const {
  if (!begun && begun.error().kind != ErrorKind::kUnavailable) return std::nullopt;
  InvariantSeen seen{std::string(kStartsAgain), begun.has_value(), "a server that answers once it is started again", ""};
  if (seen.holds) return seen;
  const std::string& said = begun.error().message;
  seen.got = said.substr(0, said.find("; it wrote"));
  if (const std::string words = LastWordsOfTarget(); !words.empty()) seen.note = "its last words: " + words;
  return seen;
}

Result<> Session::Renew() {
  if (!options_.renew) return Fail(ErrorKind::kUnavailable, "the target can't be begun anew");
  upgraded_ = true;  // until there is a first version again
  if (auto renewed = Begin(options_.renew); !renewed) return renewed;
  upgraded_ = false;
  PointAgain();
  return {};
}

// One that forgets its values forgets the run's repository, too.
void Session::PointAgain() {
  if (!pointed_) return;
  RestoreParameter("plugin_server", repository_url_, "after a restart");
  const std::lock_guard lock(mutex_);
  disturbed_ = true;
}

Result<> Session::Trust(std::optional<int> proxies) {
  const int wanted = proxies.value_or(options_.phones.trusted_proxies);
  if (wanted == proxies_) return {};
  if (!options_.use_proxies) return Fail(ErrorKind::kUnavailable, "how many proxies the target trusts can't be changed");
  if (auto done = Begin([&] { return options_.use_proxies(wanted); }); !done) return done;
  proxies_ = wanted;
  PointAgain();
  return {};
}

// Ids of monitors are never given twice by one process; another begins anew.
void Session::ForgetMonitors() {
  const std::lock_guard lock(mutex_);
  seen_values_.clear();
}

bool Session::SawLocation(const std::string& location) { return IsFresh("location", location); }

// ---- Finding out

Result<> Session::Look() {
  if (!options_.restart) lacking_.insert("restart");
  if (!options_.upgrade) lacking_.insert("upgrade");
  if (target_.dialect() != "wazo") lacking_.insert({"tokens", "tenants", "provisioning-keys"});
  for (const char* const who : {"owner", "parent", "sibling", "stranger"})
    if (!target_.askers().contains(who)) lacking_.insert("tenants");
  const http::Exchange entry = Knock();
  if (entry.outcome != http::Outcome::kAnswered) {
    std::string sentence = "the target " + target_.url() + " can't be tested: " + Describe(entry);
    if (options_.ended) {
      if (const auto ended = options_.ended()) sentence += "; it " + *ended;
    }
    return Fail(ErrorKind::kUnavailable, sentence);
  }
  if (entry.response->status == 401 || entry.response->status == 403) {
    return Fail(ErrorKind::kUnavailable, "the target wants to know who asks (" + std::to_string(entry.response->status) +
                                             "); give it a token with --tokens FILE, or the header X-Auth-Token with --header");
  }
  const auto links = Links(JsonOf(entry));
  // What has links of other kinds only is a resource further below, or another service.
  const auto known = [&](const char* relation) { return links->contains(relation); };
  constexpr std::array kRelations = {"dev", "cfg", "pg", "srv.configure"};
  if (!links || !Succeeded(entry) || std::none_of(kRelations.begin(), kRelations.end(), known)) {
    // A provd with a broken entry point is worth testing; something that is no provd is not, and would be written to.
    constexpr std::array<std::string_view, 4> kSigns = {"/configure", "/pg_mgr", "/dev_mgr", "/cfg_mgr"};
    const bool speaks = std::any_of(kSigns.begin(), kSigns.end(), [&](std::string_view path) {
      const http::Exchange seen = AskAside(MakeRequest("GET", target_.Path(path), nullptr), limits().probe);
      return Succeeded(seen) && Links(JsonOf(seen));
    });
    if (!speaks) {
      const auto leads = entry.response->headers.Get("Location");
      return Fail(ErrorKind::kUnavailable, "there is no provd at " + target_.url() + ": " + Describe(entry) +
                                               (leads && StatusOf(entry) / 100 == 3 ? " and leads to " + *leads : "") +
                                               ", and neither there nor below configure, pg_mgr, dev_mgr and cfg_mgr is a list of links; "
                                               "is the URL right, its prefix too?");
    }
    return {};
  }
  if (!links->contains("srv.configure")) lacking_.insert("configure");
  const auto manager = links->find("pg");
  if (manager == links->end()) {
    lacking_.insert({"install", "plugins", "reload", "plugin.configure", "plugin.install", "plugin.upgrade"});
    return {};
  }
  const auto path = target_.Resolve(manager->second, target_.Path(""));
  if (!path) return {};
  const http::Exchange seen = AskAside(MakeRequest("GET", *path, nullptr), limits().answer);
  const auto services = Links(JsonOf(seen));
  if (!services || !Succeeded(seen)) return {};
  if (!services->contains("srv.install")) lacking_.insert("install");
  if (!services->contains("pg.plugins")) lacking_.insert("plugins");
  if (!services->contains("pg.reload")) lacking_.insert("reload");
  return {};
}

std::optional<Json> Session::KeyOf(const Asker& asker) {
  http::Request request = MakeRequest("GET", target_.Path("/configure/provisioning_key"), nullptr);
  for (const http::Header& header : asker.headers()) request.headers.Set(header.name, header.value);
  const auto document = JsonOf(AskAside(request, limits().answer));
  if (!document || !document->is_object() || !document->contains("param") || !(*document)["param"].is_object()) return std::nullopt;
  return (*document)["param"].value("value", Json());
}

void Session::PutKey(const std::string& who, const Json& value) {
  const Json body = {{"param", {{"value", value}}}};
  http::Request request = MakeRequest("PUT", target_.Path("/configure/provisioning_key"), &body);
  for (const http::Header& header : target_.askers().at(who).headers()) request.headers.Set(header.name, header.value);
  const http::Exchange put = AskAside(request, limits().answer);
  if (!Succeeded(put)) Note("the provisioning key of the " + who + " could not be put back: " + Describe(put));
}

void Session::ReadKeys() {
  if (!Offers("tenants") || !Offers("configure")) return;
  for (const auto& [who, asker] : target_.askers()) {
    auto key = KeyOf(asker);
    if (!key) {
      lacking_.insert("provisioning-keys");
      return;
    }
    keys_[who] = std::move(*key);
  }
}

void Session::ReadParameters() {
  if (!Offers("tenants")) lacking_.insert("provisioning-keys");
  if (!Offers("configure")) return;
  ReadKeys();
  for (const char* const name : kParameters) {
    const auto document = GetJson(std::string("/configure/") + name);
    if (document && document->is_object() && document->contains("param") && (*document)["param"].is_object() &&
        (*document)["param"].contains("value")) {
      parameters_[name] = (*document)["param"]["value"];
    }
    if (stop_.asked()) return;
  }
}

// ---- What is owed, on disk

void Session::BeginFile() {
  if (options_.runs.empty()) return;
  if (const auto left = ReadRuns(options_.runs)) {
    for (const LeftRun& run : *left) {
      if (run.target != target_.url() || run.going_on) continue;
      Note("run " + run.run + " has not put this target back; to do so: provdlab clean --target " + target_.url() + " --run " + run.run);
    }
  }
  auto file = RunFile::Begin(options_.runs, options_.run_id, target_.url());
  if (!file) {
    Note("should this run be killed, provdlab clean can't put parameters back: " + file.error().message + "; another folder: --runs DIR");
    return;
  }
  file_ = std::move(*file);
  const auto census = documents_.Census();
  file_->Add({{"parameters", parameters_}, {"documents", census ? Json(*census) : Json()}});
}

Session::Posting Session::NoteBefore(const http::Request& request) {
  if (!file_ || OnlyLooks(request.method)) return {};
  const std::string below = target_.Below(request.raw_path());
  const auto body = ParseJson(request.body);
  constexpr std::string_view kConfigure = "/configure/";
  if (request.method == "PUT" && below.starts_with(kConfigure)) {
    const bool wraps = body && body->is_object() && body->contains("param") && (*body)["param"].is_object();
    file_->Add({{"sets", std::string(below.substr(kConfigure.size()))}, {"to", wraps ? (*body)["param"].value("value", Json()) : Json()}});
    return {};
  }
  if (request.method != "POST") return {};
  if (below == "/dev_mgr/dhcpinfo" && body && body->is_object() && body->contains("dhcp_info") && (*body)["dhcp_info"].is_object()) {
    for (const char* const what : {"mac", "ip"}) {
      if (const Json value = (*body)["dhcp_info"].value(what, Json()); value.is_string()) file_->Add({{what, value}});
    }
  }
  if (below.starts_with("/pg_mgr/") && StartsOperation(below)) return {++postings_, true};
  if (below != "/dev_mgr/devices" && below != "/cfg_mgr/configs" && below != "/cfg_mgr/autocreate") return {};
  Json document;
  for (const char* const name : {"device", "config"}) {
    if (body && body->is_object() && body->contains(name)) document = (*body)[name];
  }
  if (document.is_object()) {
    const Json id = document.value("id", Json());
    if (id.is_string() && id.get<std::string>().starts_with(IdPrefix())) return {};  // it tells by itself
  }
  const Posting posting{++postings_, false};
  file_->Add({{"posting", posting.number}, {"to", std::string(below)}, {"document", document}});
  return posting;
}

void Session::NoteAfter(const Posting& posting, const http::Exchange& exchange) {
  // What it may have made is found by its record only.
  if (posting.number != 0 && !posting.monitored && !exchange.response) something_stays_ = true;
  if (posting.number == 0 || !exchange.response) return;
  if (posting.monitored) {
    if (const auto monitor = MonitorOf(exchange)) file_->Add({{"monitor", *monitor}});
    return;
  }
  Json made;
  if (Succeeded(exchange)) {
    const auto body = JsonOf(exchange);
    if (body && body->is_object()) made = body->value("id", Json());
  }
  file_->Add({{"posted", posting.number}, {"id", made}});
}

void Session::WillUse(const std::vector<std::string>& ips) {
  if (!file_) return;
  for (const std::string& ip : ips) file_->Add({{"ip", ip}});
}

// What a plugin may offer is found out with a plugin of our own that has every service.
void Session::ProbePluginServices(const std::vector<ScenarioRun>& runs) {
  const bool asked = std::any_of(runs.begin(), runs.end(), [](const ScenarioRun& run) {
    return std::any_of(run.file->scenario.offers.begin(), run.file->scenario.offers.end(),
                       [](const std::string& name) { return name.rfind("plugin.", 0) == 0; });
  });
  if (!asked || !obstacle().reason.empty() || packages_.empty()) return;
  const std::string id = packages_.back()[0].at("PROBE");
  const Json body = {{"id", id}};
  Traces traces;
  traces.packages = {id};
  traces.installed = true;
  std::optional<std::map<std::string, std::string>> links;
  for (int sent = 0; sent < patience().sends && !links && !gone_ && !stop_.asked(); ++sent) {
    const http::Exchange install = Ask("POST", target_.Path("/pg_mgr/install/install"), &body, limits().answer);
    if (install.answered() && !Succeeded(install)) break;
    if (const auto location = install.response ? install.response->headers.Get("Location") : std::nullopt) {
      SawLocation(*location);
      if (const auto path = target_.Resolve(*location, install.request.target)) traces.monitors.push_back({*path, false, false, id});
    }
    const Clock::time_point end = Clock::now() + (install.answered() || patience().sound ? limits().settle : limits().begin);
    Await([&] { return (links = Links(GetJson("/pg_mgr/plugins/" + id))).has_value(); }, end, stop_);
    if (install.answered()) break;
  }
  if (links) {
    if (!links->contains("srv.configure")) lacking_.insert("plugin.configure");
    if (!links->contains("srv.install")) {
      lacking_.insert({"plugin.install", "plugin.upgrade"});
    } else if (const auto path = target_.Resolve(links->at("srv.install"), target_.Path("/pg_mgr/plugins/" + id))) {
      const auto services = Links(JsonOf(Ask("GET", *path, nullptr, limits().answer)));
      if (services && !services->contains("srv.install.upgrade")) lacking_.insert("plugin.upgrade");
    }
  } else if (!stop_.asked()) {
    Note("what a plugin offers could not be found out: the probe's plugin did not appear; such scenarios are run all the same");
  }
  CleanUp(traces, nullptr);
}

// ---- The repository

Result<Packages> Session::Mint(const ScenarioRun& run) {
  Packages packages;
  scenario::Variables variables = run.values;
  std::string common;  // what named packages have in common
  for (const scenario::Package& package : run.file->scenario.packages) {
    const std::string& named = package.details.named;
    std::string id;
    if (named.empty() || common.empty()) {
      const std::lock_guard lock(mutex_);
      id = "plab-" + options_.run_id + "-" + std::to_string(++minted_);
    }
    if (!named.empty()) {
      if (common.empty()) common = id;
      id = common + "-" + named;
    }
    packages[package.name] = id;
    variables[package.name] = id;
  }
  variables["REPO"] = repository_url_;
  for (const scenario::Package& package : run.file->scenario.packages) {
    std::string problem;
    const repository::Publication publication = Publication(package.details, packages[package.name], variables, &problem);
    if (!problem.empty()) return Fail(ErrorKind::kInvalid, run.file->path + ": package " + package.name + ": " + problem);
    if (auto published = Publish(publication); !published) {
      return Fail(published.error().kind, run.file->path + ": package " + package.name + ": " + published.error().message);
    }
  }
  return packages;
}

Result<> Session::Publish(const repository::Publication& publication) {
  const auto published = repository_->Publish(publication);
  if (!published) return Fail(published.error());
  const std::lock_guard lock(mutex_);
  publications_[publication.id] = publication;
  return {};
}

repository::Publication Session::PublicationOf(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = publications_.find(id);
  return found == publications_.end() ? repository::Publication{} : found->second;
}

Packages Session::PackagesOf(std::size_t run_number, std::size_t spare) const {
  if (run_number >= packages_.size() || spare >= packages_[run_number].size()) return {};
  return packages_[run_number][spare];
}

std::string Session::MintId(std::size_t length) {
  std::string id = IdPrefix() + std::to_string(++minted_ids_);
  if (id.size() < length) id += '-' + std::string(length - id.size() - 1, 'x');
  return id;
}

// Three bytes are the run's, two count.
std::string Session::MintMac() {
  const std::string run = Sha1Hex(options_.run_id);
  const std::uint32_t number = ++minted_macs_;
  std::string mac = "02";
  for (std::size_t i = 0; i < 3; ++i) mac += ":" + run.substr(2 * i, 2);
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int shift = 12; shift >= 0; shift -= 4) {
    if (shift % 8 == 4) mac += ':';
    mac += kDigits[number >> shift & 15];
  }
  return mac;
}

// ---- Phones

Result<> Session::LookAtAccess() {
  const PhoneAccess& access = options_.phones;
  if (access.tftp.empty()) lacking_.insert("tftp");
  if (access.files.empty()) {
    lacking_.insert({"http-provisioning", "tftp", "notify", "sip-notify", "addresses"});
    return {};
  }
  auto read = ReadAccess(access);
  if (!read) return Fail(ErrorKind::kInvalid, read.error().message);
  access_ = std::move(*read);
  access_->origin = target_.url().substr(0, target_.url().size() - target_.prefix().size());
  access_->leases = target_.Path("/dev_mgr/dhcpinfo");
  for (const http::Header& header : target_.headers()) access_->headers.Set(header.name, header.value);
  access_->seed = options_.seed;
  access_->deserted = [this] { return IsDeserted(); };
  // A NOTIFY goes to the address that the target knows of.
  if (access_->addressing == network::Addressing::kForwardedFor) lacking_.insert({"notify", "sip-notify"});
  if (access_->ami_port || access_->gateway_port) lacking_.insert("sip-notify");
  if (access_->addressing == network::Addressing::kShared) lacking_.insert("addresses");
  return {};
}

void Session::OpenPhoneSite() {
  auto site = PhoneSite::Open(*access_);
  if (site) {
    phone_site_ = std::move(*site);
    return;
  }
  no_phones_ = "there are no phones: " + site.error().message;
  Note(no_phones_ + "; --sip-port names another port");
}

Result<std::unique_ptr<PhoneCast>> Session::CastPhones(const scenario::Scenario& scenario) {
  if (!phone_site_) return Fail(ErrorKind::kInternal, no_phones_.empty() ? "the session was opened without phones" : no_phones_);
  return PhoneCast::Open(*phone_site_, scenario.phones, scenario.accounts, options_.run_id,
                         [this](const phone::Profile& profile) { return MintPhoneMac(profile); });
}

// Of the vendor's own, so that the run's must be told from those of phones that there are.
Result<std::string> Session::MintPhoneMac(const phone::Profile& profile) {
  constexpr std::uint64_t kMacs = 1'048'576;
  constexpr int kMostTries = 100;
  const std::uint64_t first = std::strtoull(Sha1Hex(options_.run_id).substr(0, 8).c_str(), nullptr, 16);
  for (int i = 0; i < kMostTries; ++i) {
    std::string mac = phone::MintMac(profile, (first + ++minted_phones_) % kMacs);
    if (census_ || gone_) return mac;
    const auto taken = GetJson(target_.AllDevices("q=" + http::PercentEncode(DumpJson(Json{{"mac", mac}}))));
    const bool is_free = !taken || !taken->is_object() || !taken->contains("devices") || !(*taken)["devices"].is_array() ||
                         std::none_of((*taken)["devices"].begin(), (*taken)["devices"].end(),
                                      [&](const Json& device) { return device.is_object() && device.value("mac", Json()) == Json(mac); });
    if (is_free && file_) file_->Add({{"mac", mac}});
    if (is_free) return mac;
  }
  return Fail(ErrorKind::kInternal, "the target has devices with all MACs that were tried for a phone of " + profile.vendor());
}

Result<Packages> Session::MintPackages(const ScenarioRun& run) {
  if (!repository_) return Packages{};
  auto packages = Mint(run);
  if (!packages || packages->empty()) return packages;
  std::vector<std::string> slugs;
  const auto updated = Update(true, calm_, &slugs, nullptr);
  if (!updated && (gone_ || !patience().sound)) return Fail(updated.error());
  // What keeps them from being listed is the target's, as in the beginning.
  const std::lock_guard lock(mutex_);
  obstacle_ = updated ? Obstacle{} : Obstacle{"its packages could not be listed: " + updated.error().message, slugs};
  disturbed_ = !updated;
  return packages;
}

Result<> Session::StartRepository(const std::vector<ScenarioRun>& runs) {
  repository::Options options;
  options.bind = options_.repository_address;
  options.port = options_.repository_port;
  options.seed = options_.seed;
  repository_ = std::make_unique<repository::Repository>(options);
  auto port = repository_->Start();
  if (!port) {
    // The address may be one that leads here through a router.
    options.bind = "0.0.0.0";
    repository_ = std::make_unique<repository::Repository>(options);
    port = repository_->Start();
    if (!port) return Fail(ErrorKind::kInternal, "the plugin repository could not be started: " + port.error().message);
    Note("the plugin repository listens on all addresses, because " + options_.repository_address + " is none of this machine's");
  }
  const bool literal = options_.repository_address.find(':') != std::string::npos;
  repository_url_ =
      "http://" + (literal ? "[" + options_.repository_address + "]" : options_.repository_address) + ":" + std::to_string(*port);

  bool probes = false;
  for (const ScenarioRun& run : runs) {
    std::vector<Packages> of_run;
    for (std::size_t i = 0; i <= CountControls(run.file->scenario); ++i) {
      auto packages = Mint(run);
      if (!packages) return Fail(ErrorKind::kInternal, packages.error().message);
      of_run.push_back(std::move(*packages));
      if (run.file->scenario.packages.empty()) break;
    }
    packages_.push_back(std::move(of_run));
    for (const std::string& name : run.file->scenario.offers) probes = probes || name.rfind("plugin.", 0) == 0;
  }
  if (probes) {
    repository::Publication probe;
    probe.id = "plab-" + options_.run_id + "-probe";
    probe.fixture = "acme";
    if (auto published = Publish(probe); !published) return Fail(ErrorKind::kInternal, "the probe's plugin: " + published.error().message);
    packages_.push_back({Packages{{"PROBE", probe.id}}});
  }
  return {};
}

void Session::PointTarget() {
  Obstacle obstacle;
  std::string problem;
  pointed_ = true;
  if (!PutParameter("plugin_server", repository_url_, &problem)) {
    obstacle = {"plugin_server could not be set to the run's repository: " + problem,
                {"configure.put-answers-204", "configure.plugin-server-accepted"}};
  } else {
    std::vector<std::string> slugs;
    if (auto updated = Update(true, stop_, &slugs, nullptr); !updated) {
      obstacle = {
          "the list of packages could not be fetched from the run's repository at " + repository_url_ + ": " + updated.error().message,
          slugs};
    }
  }
  if (!obstacle.reason.empty() && !stop_.asked()) Note(obstacle.reason);
  const std::lock_guard lock(mutex_);
  obstacle_ = obstacle;
}

Session::Obstacle Session::obstacle() const {
  const std::lock_guard lock(mutex_);
  return obstacle_;
}

Result<> Session::Update(bool until_success, Stop& patience, std::vector<std::string>* slugs, std::vector<http::Exchange>* seen) {
  const std::lock_guard lock(updating_);
  const auto because = [&](std::initializer_list<const char*> names) {
    if (slugs != nullptr) slugs->insert(slugs->end(), names.begin(), names.end());
  };
  const auto keep = [&](const http::Exchange& exchange) {
    if (seen != nullptr) seen->push_back(exchange);
  };
  const Json nothing = Json::object();
  http::Exchange post = Ask("POST", target_.Path(kUpdates), &nothing, limits().answer);
  keep(post);
  // One that got no answer may run now, or not. Another one does no harm: it is asked for until the first has ended.
  const Clock::time_point given_up = Clock::now() + limits().update;
  const bool lost = !post.answered();
  const auto may_run = [&] { return !post.answered() || StatusOf(post) == 400 || StatusOf(post) == 409; };
  for (int lost_ones = 1; lost && lost_ones < this->patience().sends && may_run() && !gone_ && Clock::now() < given_up;) {
    if (post.answered() && calm_.WaitFor(limits().longest_pause)) break;
    post = Ask("POST", target_.Path(kUpdates), &nothing, limits().answer);
    keep(post);
    if (!post.answered()) ++lost_ones;
  }
  if (!Succeeded(post)) {
    because({"install.update-answers-201"});
    return Fail(ErrorKind::kUnavailable, Describe(post));
  }
  const auto location = post.response->headers.Get("Location");
  if (location && seen == nullptr) SawLocation(*location);  // else whoever gets to see it looks
  const auto path = MonitorOf(post);
  if (!path) {
    because({"install.update-names-monitor"});
    AwaitFetched(fetched_before_update_, patience);
    if (until_success && AwaitCatalogue(patience)) return {};
    return Fail(ErrorKind::kUnavailable, location ? WhyNoMonitor(*location) : "the answer to the update has no Location");
  }
  Result<> result = Fail(ErrorKind::kTimeout, "the update did not end within " + SpellDuration(limits().update));
  std::vector<std::string> why = {"install.update-succeeds"};
  const Clock::time_point end = Clock::now() + limits().update;
  std::chrono::milliseconds pause = limits().first_pause;
  std::string last;
  while (Clock::now() < end) {
    const http::Exchange get = Ask("GET", *path, nullptr, limits().answer);
    if (!Succeeded(get)) {
      keep(get);
      result = Fail(ErrorKind::kUnavailable, Describe(get));
      why = {"oip.get-answers-200"};
      break;
    }
    const auto text = StatusTextOf(get);
    const std::string said = text.value_or(get.response->body);
    if (said != last) keep(get);
    last = said;
    const auto status = status::Parse(said, status::Strictness::kLenient);
    if (!text || !status) {
      result = Fail(ErrorKind::kUnavailable, "the monitor of the update does not show a status: " + said.substr(0, 200));
      why = {"oip.status-is-text", "oip.status-speaks-the-language"};
      break;
    }
    if (HasEnded(status->state)) {
      const bool success = status->state == status::State::kSuccess;
      if (success || !until_success) {
        result = {};
        why.clear();
      } else {
        result = Fail(ErrorKind::kUnavailable, "the update ended in " + said);
      }
      break;
    }
    if (patience.WaitFor(pause)) {
      result = Fail(ErrorKind::kCancelled, "the run was ended while the update was under way");
      break;
    }
    pause = std::min(pause * 2, limits().longest_pause);
  }
  if (slugs != nullptr) slugs->insert(slugs->end(), why.begin(), why.end());
  if (!gone_ && !options_.keep) (void)AskAside(MakeRequest("DELETE", *path, nullptr), limits().answer);
  return result;
}

void Session::AwaitFetched(std::uint64_t sequence, Stop& patience) {
  if (!repository_) return;
  const auto fetched = [&] {
    const auto requests = repository_->Journal(sequence, "plugins.db");
    return std::any_of(requests.begin(), requests.end(), [](const repository::JournalEntry& request) { return request.whole; });
  };
  Await(fetched, Clock::now() + limits().settle, patience);
}

bool Session::AwaitCatalogue(Stop& patience) {
  const auto listed = [&] {
    const auto packages = PackagesIn(GetJson("/pg_mgr/install/installable"));
    const std::lock_guard lock(mutex_);
    const auto shown = [&](const auto& entry) {
      const repository::Publication& publication = entry.second;
      const bool sound = publication.listed && publication.entry.empty() && publication.without_entry.empty();
      return !sound || packages->contains(publication.id);
    };
    return packages && std::all_of(publications_.begin(), publications_.end(), shown);
  };
  return Await(listed, Clock::now() + limits().update, patience);
}

bool Session::Await(const std::function<bool()>& seen, Clock::time_point end, Stop& patience) {
  for (std::chrono::milliseconds pause = limits().first_pause; !gone_ && Clock::now() < end;
       pause = std::min(pause * 2, limits().longest_pause)) {
    if (seen()) return true;
    if (patience.WaitFor(pause)) return false;
  }
  return false;
}

void Session::AwaitUpdates() {
  const Clock::time_point end = Clock::now() + limits().settle;
  std::chrono::milliseconds pause = limits().first_pause;
  while (!gone_) {
    std::vector<std::string> slugs;
    const auto updated = Update(false, calm_, &slugs, nullptr);
    const bool refused = !updated && std::find(slugs.begin(), slugs.end(), "install.update-answers-201") != slugs.end();
    if (!refused || Clock::now() >= end) return;
    calm_.WaitFor(pause);
    pause = std::min(pause * 2, limits().longest_pause);
  }
}

void Session::RefreshCatalogue() {
  {
    const std::lock_guard lock(mutex_);
    if (!disturbed_ || !repository_ || gone_) return;
    disturbed_ = false;
    // An obstacle that stood at the start may have been the target's only bad moment.
  }
  std::vector<std::string> slugs;
  const auto updated = Update(true, calm_, &slugs, nullptr);
  const std::lock_guard lock(mutex_);
  obstacle_ = updated ? Obstacle{} : Obstacle{"the list of packages could not be fetched again: " + updated.error().message, slugs};
}

// ---- The way back

bool Session::PutParameter(const std::string& name, const Json& value, std::string* problem) {
  const Json body = {{"param", {{"value", value}}}};
  const http::Exchange put = Ask("PUT", target_.Path("/configure/" + name), &body, limits().answer);
  if (!Succeeded(put)) *problem = Describe(put);
  return Succeeded(put);
}

void Session::RestoreParameter(const std::string& name, const Json& value, const std::string& when) {
  if (gone_) return;
  std::string problem;
  if (PutParameter(name, value, &problem) || gone_) return;  // to one that has gone it is given when it is there again
  // Real servers show NAT as a number and take it as text only (rest-api §4).
  std::string ignored;
  if (value.is_number() && PutParameter(name, DumpJson(value), &ignored)) return;
  something_stays_ = true;
  Note(name + " could not be put back to " + DumpJson(value) + " " + when + ": " + problem);
}

// An operation that had ended and goes on has taken back what everybody went by (rest-api §3).
void Session::LookAtTheEnd(const Traces::Monitor& monitor, std::vector<InvariantSeen>& invariants,
                           const std::function<void(const http::Exchange&)>& keep) {
  if (!monitor.ended) return;
  const http::Exchange get = Ask("GET", monitor.path, nullptr, limits().answer);
  const auto status = StatusIn(get);
  if (gone_ || !status) return;
  if (HasEnded(status->state)) return invariants.push_back({std::string(kEndsStay), true, "an end that stays", ""});
  invariants.push_back(
      {std::string(kEndsStay), false, "an end that stays", "an operation that had ended shows " + status::Format(*status)});
  keep(get);
}

void Session::FreeMonitor(Traces::Monitor& monitor, std::vector<InvariantSeen>& invariants, std::vector<http::Exchange>* evidence) {
  const auto keep = [&](const http::Exchange& exchange) {
    if (evidence != nullptr) evidence->push_back(exchange);
  };
  const Clock::time_point end = Clock::now() + limits().settle;
  std::chrono::milliseconds pause = limits().first_pause;
  while (!monitor.ended && !gone_ && Clock::now() < end) {
    const http::Exchange get = Ask("GET", monitor.path, nullptr, limits().answer);
    if (StatusOf(get) == 404) {  // it went with its plugin
      monitor.ended = true;
      return;
    }
    const auto status = StatusIn(get);
    if (!status) break;  // a broken monitor can still be deleted
    monitor.ended = HasEnded(status->state);
    if (!monitor.ended) calm_.WaitFor(pause);
    pause = std::min(pause * 2, limits().longest_pause);
  }
  if (gone_) return;
  LookAtTheEnd(monitor, invariants, keep);
  if (gone_) return;
  InvariantSeen seen{"invariant.monitors-can-be-deleted", true, "DELETE of the monitor is taken and GET answers 404 afterwards", ""};
  const http::Exchange removal = Ask("DELETE", monitor.path, nullptr, limits().answer);
  if (gone_ || !removal.answered()) return;  // what was not answered says nothing
  if (!Succeeded(removal) && StatusOf(removal) != 404) {
    seen.holds = false;
    seen.got = Describe(removal);
    keep(removal);
  } else {
    monitor.deleted = true;
    const http::Exchange get = Ask("GET", monitor.path, nullptr, limits().answer);
    if (gone_ || !get.answered()) return;
    if (StatusOf(get) != 404) {
      seen.holds = false;
      seen.got = "after its DELETE, " + Describe(get);
      keep(get);
    }
  }
  invariants.push_back(seen);
}

// Whether none of the ids is installed in the end. `left` gets those that are.
bool Session::Uninstall(const std::vector<std::string>& ids, std::vector<http::Exchange>* evidence, std::string* left, int sends) {
  const auto listed = [&](const Json& document, const std::string& id) {
    return document.is_object() && document.contains("pkgs") && document["pkgs"].is_object() && document["pkgs"].contains(id);
  };
  const std::string path = target_.Path("/pg_mgr/install/installed");
  const auto before = JsonOf(Ask("GET", path, nullptr, limits().answer));
  const bool readable = before && before->is_object() && before->contains("pkgs");
  bool asked = false;
  bool lost = false;
  for (const std::string& id : ids) {
    if (gone_ || (readable && !listed(*before, id))) continue;
    const Json body = {{"id", id}};
    const http::Exchange post = Ask("POST", target_.Path("/pg_mgr/install/uninstall"), &body, limits().answer);
    asked = true;
    lost = lost || !post.answered();
    if (readable && !Succeeded(post) && evidence != nullptr) evidence->push_back(post);
  }
  if (!readable) {
    *left = "the list of installed packages can't be read";
    return false;
  }
  if (!asked) return true;
  const http::Exchange get = Ask("GET", path, nullptr, limits().answer);
  const auto after = JsonOf(get);
  for (const std::string& id : ids) {
    if (after && listed(*after, id)) *left += (left->empty() ? "" : ", ") + id;
  }
  if (left->empty() || gone_ || !lost || sends <= 1) {
    if (!left->empty() && evidence != nullptr) evidence->push_back(get);
    return left->empty();
  }
  // What was asked for without an answer, and is still there after a while, never came to the target.
  const auto gone = [&] {
    const auto list = GetJson("/pg_mgr/install/installed");
    return !list || std::none_of(ids.begin(), ids.end(), [&](const std::string& id) { return listed(*list, id); });
  };
  Await(gone, Clock::now() + limits().begin, calm_);
  left->clear();
  return Uninstall(ids, evidence, left, sends - 1);
}

void Session::RemoveDocuments(Traces& traces, std::vector<InvariantSeen>& invariants, std::vector<http::Exchange>* evidence) {
  const auto nat = parameters_.find("NAT");
  const bool behind_nat = nat != parameters_.end() && (nat->second == Json(1) || nat->second == Json("1"));
  const bool changes_nat = std::find(traces.exclusive.begin(), traces.exclusive.end(), "NAT") != traces.exclusive.end();
  const bool made_transient = !traces.documents.transient.empty() || traces.documents.leased;
  const bool leased = !traces.documents.leased_macs.empty();
  const DocumentFindings found = documents_.Remove(traces.documents, !behind_nat && !changes_nat, evidence);
  if (gone_) return;  // what was not answered says nothing
  const auto add = [&](std::string slug, std::string expected, std::string got) {
    const bool holds = got.empty();
    invariants.push_back({std::move(slug), holds, std::move(expected), std::move(got)});
  };
  std::string left = found.refused;
  if (!found.remaining.empty()) left += (left.empty() ? "" : ", ") + found.remaining;
  add("invariant.no-document-stays", "the scenario's devices and configs are gone after they were deleted",
      left.empty() ? "" : left + " stayed");
  if (made_transient) {
    add("invariant.no-transient-config-stays", "a transient config goes with its last device",
        found.abandoned.empty() ? "" : found.abandoned + " was still there");
  }
  if (leased) add("invariant.phones-share-nothing", "a device that a lease made shares neither its mac nor its ip", found.shared);
}

std::vector<InvariantSeen> Session::CleanUp(Traces& traces, std::vector<http::Exchange>* evidence) {
  std::vector<InvariantSeen> invariants;
  if (target_.read_only()) return invariants;
  TakeBack(traces, invariants, evidence);
  LookWhetherDown();
  // With a folder of its own nothing of it comes back.
  if (gone_ && !options_.ends_with_run) {
    const std::lock_guard lock(mutex_);
    owed_.push_back(traces);
  }
  return invariants;
}

void Session::TakeBack(Traces& traces, std::vector<InvariantSeen>& invariants, std::vector<http::Exchange>* evidence) {
  if (repository_) {
    for (const int fault : traces.faults) (void)repository_->RemoveFault(fault);  // one that has run out is gone already
    for (const std::string& target : traces.holds) (void)repository_->Release(target);
  }
  traces.faults.clear();
  traces.holds.clear();
  if (const int held_up = std::exchange(traces.holds_up, 0); held_up > 0) {
    const std::lock_guard lock(probing_);
    holding_up_ -= held_up;
    lingers_until_ = std::max(lingers_until_, Clock::now() + std::exchange(traces.lingers, std::chrono::milliseconds(0)));
    TakePulse();
  }
  const bool reaches_catalogue = std::any_of(kWaysToTheCatalogue.begin(), kWaysToTheCatalogue.end(), [&](const char* name) {
    return std::find(traces.exclusive.begin(), traces.exclusive.end(), name) != traces.exclusive.end();
  });
  if (traces.disturbed_catalogue || reaches_catalogue) {
    const std::lock_guard lock(mutex_);
    disturbed_ = true;
  }
  if (gone_) return;

  for (const std::string& name : traces.exclusive) {
    if (name == "provisioning_key") {
      // All are taken away first: two may have been exchanged.
      for (const auto& [who, key] : keys_) PutKey(who, nullptr);
      for (const auto& [who, key] : keys_)
        if (!key.is_null()) PutKey(who, key);
    } else if (name == "plugin_server" && repository_) {
      RestoreParameter(name, repository_url_, "between scenarios");
    } else if (const auto found = parameters_.find(name); found != parameters_.end()) {
      RestoreParameter(name, found->second, "after a scenario");
    }
  }
  const bool had_bases = !traces.documents.bases.empty();
  if (const std::string kept = documents_.PutBasesBack(traces.documents); !kept.empty()) {
    something_stays_ = true;
    Note("the role autocreate could not be given back to " + kept);
  } else if (had_bases && file_) {
    file_->Add({{"bases", Json::array()}});
  }
  if (options_.keep) return;

  // What was not seen to end, because its monitor was deleted or is of no use, may still be under way.
  bool updating = traces.unwatched_update;
  const std::string updates = target_.Path(kUpdates) + "/";
  for (Traces::Monitor& monitor : traces.monitors) {
    if (!monitor.deleted) FreeMonitor(monitor, invariants, evidence);
    if (monitor.ended) continue;
    if (monitor.path.starts_with(updates))
      updating = true;
    else
      traces.unwatched.insert(monitor.package);
  }
  const bool loose = !traces.unwatched.empty();
  if (updating) AwaitUpdates();
  if (traces.documents.any() && !gone_) RemoveDocuments(traces, invariants, evidence);
  if (traces.installed && !traces.packages.empty() && !gone_) {
    const Clock::time_point end = Clock::now() + limits().settle;
    std::chrono::milliseconds pause = limits().first_pause;
    if (loose) {
      // One that was asked for by what was lost, and nothing of which was fetched, may never have begun.
      const auto begun = [&](const std::string& id) { return patience().sound || !repository_ || !repository_->Journal(0, id).empty(); };
      std::set<std::string> awaited;  // another one of theirs that is installed already says nothing of these
      for (const std::string& id : traces.packages)
        if (traces.unwatched.contains(id)) awaited.insert(id);
      const Clock::time_point unbegun = Clock::now() + limits().begin;
      const auto settled = [&] {
        const auto packages = PackagesIn(GetJson("/pg_mgr/install/installed"));
        if (!packages) return true;
        std::erase_if(awaited, [&](const std::string& id) { return packages->contains(id) || (Clock::now() >= unbegun && !begun(id)); });
        return awaited.empty();
      };
      Await(settled, end, calm_);
    }
    InvariantSeen seen{"invariant.nothing-left-behind", true, "none of the scenario's packages is installed after the clean-up", ""};
    std::string left;
    const auto shown = static_cast<std::ptrdiff_t>(evidence != nullptr ? evidence->size() : 0);
    seen.holds = Uninstall(traces.packages, evidence, &left, patience().sends);
    // What an operation is still at may be refused to be uninstalled until it has ended; only the last try is evidence.
    while (!seen.holds && loose && !gone_ && Clock::now() < end) {
      calm_.WaitFor(pause);
      pause = std::min(pause * 2, limits().longest_pause);
      left.clear();
      if (evidence != nullptr) evidence->erase(evidence->begin() + shown, evidence->end());
      seen.holds = Uninstall(traces.packages, evidence, &left, patience().sends);
    }
    if (!seen.holds) seen.got = left;
    if (!gone_) invariants.push_back(seen);
  }
}

std::optional<InvariantSeen> Session::LookForLeftovers(bool at_the_end) {
  if (gone_ || options_.keep || (!census_ && !at_the_end)) return std::nullopt;
  const bool unsure = lost_writes_.exchange(false);
  const auto left = documents_.RemoveLeftovers(census_ ? &*census_ : nullptr, "plab-" + options_.run_id + "-");
  if (gone_ || !left || unsure) return std::nullopt;
  return InvariantSeen{"invariant.no-document-stays", left->empty(), "the target has the devices and configs that it had before",
                       left->empty() ? "" : *left + " was left"};
}

void Session::SetBasesAside(Traces& traces) {
  if (file_) {
    const auto bases = GetJson("/cfg_mgr/configs?q=" + http::PercentEncode(DumpJson(Json{{"role", "autocreate"}})));
    if (bases && bases->is_object()) file_->Add({{"bases", bases->value("configs", Json::array())}});
  }
  if (const std::string kept = documents_.SetBasesAside(traces.documents); !kept.empty()) {
    Note("the role autocreate could not be taken for a scenario from " + kept);
  }
}

void Session::Close() {
  if (closed_) return;
  closed_ = true;
  open_ = false;
  for (std::string& sentence : silence_.Sentences()) Note(std::move(sentence));
  if (target_.read_only()) return;
  if (!options_.keep && !gone_ && minted_ids_ > 0) {
    if (const std::string left = documents_.Sweep(IdPrefix()); !left.empty()) {
      something_stays_ = true;
      Note("documents of the run are still there: " + left);
    }
  }
  if (!options_.keep && !gone_ && repository_) {
    std::vector<std::string> ids;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [id, publication] : publications_) ids.push_back(id);
    }
    // Only what is there is touched: what scenarios left because they were interrupted, or because a clean-up failed.
    const auto packages = PackagesIn(GetJson("/pg_mgr/install/installed"));
    std::vector<std::string> ours;
    if (packages)
      std::copy_if(ids.begin(), ids.end(), std::back_inserter(ours), [&](const std::string& id) { return packages->contains(id); });
    std::string left;
    if (!ours.empty() && !Uninstall(ours, nullptr, &left, patience().sends)) {
      something_stays_ = true;
      constexpr std::size_t kNamed = 200;
      Note("packages of the run are still installed: " +
           (left.size() > kNamed ? left.substr(0, left.find(',', kNamed)) + " and more" : left));
    }
  }
  if (options_.keep && repository_) {
    Note("everything was left in place: plugin_server names the run's repository at " + repository_url_ + ", which ends with the run");
  } else if (pointed_ && !gone_) {
    const auto server = parameters_.find("plugin_server");
    if (server == parameters_.end()) {
      Note("plugin_server still names the run's repository at " + repository_url_ + ": its old value could not be read");
    } else {
      RestoreParameter("plugin_server", server->second, "at the end of the run");
      if (server->second.is_null()) {
        if (!options_.ends_with_run)
          Note(
              "plugin_server was unset before the run and is again; the list of installable packages keeps the run's until the next "
              "update");
      } else if (!options_.ends_with_run) {
        if (auto updated = Update(true, calm_, nullptr, nullptr); !updated) {
          Note("the old repository at " + DumpJson(server->second) + " could not be read again (" + updated.error().message +
               "): the list of installable packages keeps the run's until the next update");
        }
      }
    }
  } else if (pointed_ && gone_ && !options_.ends_with_run) {
    Note("the target went before its plugin_server could be put back" +
         (parameters_.contains("plugin_server") ? " to " + DumpJson(parameters_["plugin_server"]) : std::string()));
  }
  if (repository_) repository_->Stop();
  phone_site_.reset();
  if (!file_) return;
  const bool unknown = pointed_ && !parameters_.contains("plugin_server");
  if (options_.keep || gone_ || something_stays_ || unknown)
    Note("to put the target back later: provdlab clean --target " + target_.url() + " --run " + options_.run_id);
  else
    file_->Remove();
  file_.reset();
}

std::vector<std::string> Session::notes() const {
  const std::lock_guard lock(mutex_);
  return notes_;
}

void Session::Note(std::string note) {
  const std::lock_guard lock(mutex_);
  if (std::find(notes_.begin(), notes_.end(), note) == notes_.end()) notes_.push_back(std::move(note));
}

}  // namespace provdlab::conformance
