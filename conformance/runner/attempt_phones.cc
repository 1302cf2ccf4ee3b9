// What an attempt does with phones: the steps in their name, the stages that checks ask for, and what is looked at once they are done.

#include <algorithm>
#include <array>
#include <chrono>
#include <latch>
#include <string_view>
#include <thread>
#include <utility>

#include "base/text.h"
#include "conformance/runner/attempt.h"
#include "conformance/runner/evidence.h"
#include "conformance/runner/transfer.h"

namespace provdlab::conformance {
namespace {

using scenario::PhoneStep;
using scenario::Step;
using Action = PhoneStep::Action;

constexpr std::chrono::milliseconds kUsualTransfer{20'000};
constexpr std::chrono::milliseconds kUsualReply{1'000};  // to one datagram
constexpr std::chrono::milliseconds kUsualSynchronize{20'000};
constexpr std::chrono::milliseconds kNotifyLingers{35'000};  // who gets no answer to a NOTIFY gives up after 32 s (RFC 3261, timer F)
constexpr int kMostAtOnce = 200;
constexpr int kRefusal = 480;             // Temporarily Unavailable
constexpr std::size_t kMostLookedAt = 3;  // phones of a crowd whose files are looked at afterwards

// The stages that a phone goes through with a target, and the requirement that it comes so far.
struct StageSlug {
  std::string_view stage, slug;
};
constexpr std::array kStages = {
    StageSlug{"addressed", "identification.commit-answers-204"},
    StageSlug{"identified", "phone.identified"},
    StageSlug{"fetched", "phone.own-file-fetched"},
    StageSlug{"parsed", "phone.own-file-understood"},
    StageSlug{"registered", "phone.registers"},
};
constexpr std::size_t kIdentified = 1, kParsed = 3;

// Members of `$` that say what a phone did, not what it understood.
constexpr std::array<std::string_view, 12> kOfItsConduct = {"stage",    "ip",     "firmware", "display", "restarts",   "files",
                                                            "notified", "phones", "fetched",  "parsed",  "registered", "failed"};

std::optional<std::size_t> RankOf(std::string_view stage) {
  for (std::size_t i = 0; i < kStages.size(); ++i) {
    if (kStages[i].stage == stage) return i;
  }
  return std::nullopt;
}

// Of the ranks but `identified`.
bool HasReached(const PhoneCast::Identity& who, std::size_t rank) {
  constexpr std::array kOfPhone = {phone::Stage::kAddressed, phone::Stage::kOff, phone::Stage::kFetched, phone::Stage::kParsed,
                                   phone::Stage::kRegistered};
  return who.stage >= kOfPhone[rank];
}

std::string FolderOf(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

// The whole file that an answer brings; empty: it brings none.
std::string FileIn(const http::Exchange& exchange) {
  const bool whole = exchange.request.method == "GET" && exchange.response && exchange.response->status == 200;
  return whole ? exchange.response->body : "";
}

bool IsServerError(int status) { return status >= 500 && status != 501; }

// Of a device what tells whose it is, for a line.
Json Brief(const Json& device, const Json& expected) {
  Json brief = Json::object();
  for (const auto& [name, value] : device.items()) {
    constexpr std::array<std::string_view, 7> kTelling = {"id", "mac", "vendor", "model", "version", "ip", "added"};
    if (std::find(kTelling.begin(), kTelling.end(), name) != kTelling.end() || expected.contains(name)) brief[name] = value;
  }
  return brief;
}

// What each of so many threads makes, which begin in one moment.
template <typename Made, typename Make>
std::vector<Made> AllAtOnce(int times, const Make& make) {
  times = std::clamp(times, 1, kMostAtOnce);
  std::vector<std::optional<Made>> made(static_cast<std::size_t>(times));
  std::latch together(times);
  const auto run = [&](std::size_t i) {
    together.arrive_and_wait();
    made[i].emplace(make(i));
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < made.size(); ++i) threads.emplace_back(run, i);
  run(0);
  for (std::thread& thread : threads) thread.join();
  std::vector<Made> all;
  for (std::optional<Made>& one : made) all.push_back(std::move(*one));
  return all;
}

http::Response AsAnswer(const Json& json) {
  http::Response response;
  response.status = 200;
  response.headers.Set("Content-Type", "application/json");
  response.body = DumpJson(json);
  return response;
}

}  // namespace

void Attempt::CastPhones() {
  if (!NeedsPhones(scenario_)) return;
  auto cast = session_.CastPhones(scenario_);
  if (!cast) {
    blocked_ = {true, true, false, cast.error().message, {}};
    return;
  }
  phones_ = std::move(*cast);
  phones_->AddVariables(variables_);
  for (std::string& mac : phones_->Macs()) result_.traces.documents.macs.push_back(std::move(mac));
  if (session_.phone_site()->options().addressing != network::Addressing::kShared)
    session_.WillUse(result_.traces.documents.ips = phones_->Ips());
}

Attempt::Came Attempt::PerformPhone(const Step& step, const PhoneStep& does) {
  if (!phones_) return Block(step, "there is no phone " + does.phone, {}, true);
  DocumentTraces& documents = result_.traces.documents;
  documents.leased = true;
  if (!std::exchange(phones_told_, true)) {
    for (const std::string& mac : phones_->Macs()) documents.leased_macs.insert(mac);
    if (session_.phone_site()->has_own_addresses()) {
      for (const std::string& ip : phones_->IpsOfOnePhone()) documents.leased_ips.insert(ip);
    }
  }
  const auto failed = [&](const Error& error) {
    if (error.kind == ErrorKind::kCancelled) return Block(step, error.message, {});
    return Block(step, error.message, {}, true);
  };
  const std::chrono::milliseconds within = does.within.value_or(std::chrono::milliseconds(0));
  // Whether the phones settled is for the checks to say: by what they have come to, not by how long it took.
  const auto show = [&](const Result<bool>& settled) {
    if (!settled) return failed(settled.error());
    auto json = phones_->Show(does.phone);
    if (!json) return failed(json.error());
    NoteWhatPhonesDid();
    if (!*settled && !control_) step_record_.trace.push_back(does.phone + " has not settled");
    ShowJson(*json);
    phone_in_sight_ = does.phone;
    return CaptureAll(step);
  };
  const auto done = [&](const Result<>& result) { return result ? Came::kAbout : failed(result.error()); };
  switch (does.action) {
    case Action::kBoots:
      return show(phones_->BootUp(does.phone, {within, !does.without_push}, session_.stop()));
    case Action::kSettles:
      return show(phones_->Settle(does.phone, within, session_.stop()));
    case Action::kRenews:
      return show(phones_->Renew(does.phone, {within, !does.without_push}, session_.stop()));
    case Action::kMoves: {
      const Result<> moved = phones_->Move(does.phone, does.to, session_.stop());
      if (!moved) return failed(moved.error());
      phones_->AddVariables(variables_);
      if (session_.phone_site()->options().addressing != network::Addressing::kShared) session_.WillUse(documents.ips = phones_->Ips());
      return Came::kAbout;
    }
    case Action::kIsSwitchedOff:
      return done(phones_->SwitchOff(does.phone));
    case Action::kIsSynchronized:
      return PerformSynchronize(step, does);
    case Action::kIgnoresNotify:
      session_.NoteHold(result_.traces, kNotifyLingers);
      return done(phones_->SetManners(does.phone, {.ignores = !does.ignored, .lost = does.ignored.value_or(0)}));
    case Action::kAnswersNotify: {
      if (does.after) session_.NoteHold(result_.traces, kNotifyLingers);
      network::Station::Manners manners{.after = does.after.value_or(std::chrono::milliseconds(0))};
      for (const scenario::NotifyAnswer& answer : does.notify) manners.says.push_back({answer.code, answer.text});
      return done(phones_->SetManners(does.phone, std::move(manners)));
    }
    case Action::kRequests:
      return PerformPhoneRequest(step, does);
    case Action::kReads:
    case Action::kWrites:
    case Action::kSends:
      return PerformTransfer(step, does);
  }
  return Came::kAbout;
}

void Attempt::ShowJson(const Json& json) {
  sight_ = {};
  sight_.response = AsAnswer(json);
}

// ---- Requests in a phone's name

http::Exchange Attempt::AskAsPhone(const PhoneCast::Identity& who, http::Request request, std::chrono::milliseconds deadline,
                                   http::Framing framing) {
  const PhoneSiteOptions& site = session_.phone_site()->options();
  http::ClientOptions options{.host = site.files.host, .port = site.files.port};
  options.tls = site.files.base_url.starts_with("https:");
  if (site.addressing == network::Addressing::kOwn) options.local_address = who.ip;
  if (site.addressing == network::Addressing::kForwardedFor && !request.headers.Has("X-Forwarded-For"))
    request.headers.Set("X-Forwarded-For", who.ip);
  http::Exchange exchange = http::Client(std::move(options)).Send(request, deadline, framing);
  session_.LookAfter(exchange);
  return exchange;
}

Attempt::Came Attempt::PerformPhoneRequest(const Step& step, const PhoneStep& does) {
  const auto members = phones_->Who(does.phone);
  if (!members) return Block(step, members.error().message, {}, true);
  const PhoneCast::Identity& who = members->front();
  const scenario::RequestStep& wanted = does.request;
  const auto url = http::ParseUrl(session_.phone_site()->options().files.base_url);
  const auto path = scenario::Expand(wanted.path, variables_);
  http::Request request;
  request.method = wanted.method;
  if (!who.user_agent.empty()) request.headers.Set("User-Agent", who.user_agent);
  if (wanted.body.kind != scenario::Body::Kind::kNone) request.headers.Set("Content-Type", "application/octet-stream");
  Result<> filled = path ? FillBody(wanted, request) : Fail(path.error());
  const auto query = scenario::QueryText(wanted.query, variables_);
  if (filled && !query) filled = Fail(query.error());
  if (!filled) {
    if (control_ && filled.error().kind == ErrorKind::kNotFound) return Came::kAbout;
    return Block(step, filled.error().message, {});
  }
  std::string prefix = url && !wanted.raw_path ? url->path : "";
  while (prefix.ends_with('/')) prefix.pop_back();
  request.target = prefix + *path;
  if (!query->empty()) request.target += (request.target.find('?') == std::string::npos ? "?" : "&") + *query;
  const http::Framing framing = wanted.body.chunked ? http::Framing::kChunked : http::Framing::kLength;
  const auto deadline = does.within.value_or(wanted.within.value_or(session_.limits().answer));

  const auto seen = AllAtOnce<http::Exchange>(
      does.times, [&](std::size_t i) { return AskAsPhone((*members)[i % members->size()], request, deadline, framing); });
  phones_->NoteRequest(does.phone, std::string(request.raw_path()), FileIn(seen.front()));

  const auto files = Target::Make({session_.phone_site()->options().files.base_url, {}, ""});
  for (const http::Exchange& exchange : seen) {
    if (exchange.response && IsServerError(exchange.response->status))
      result_.invariants.push_back(
          {"invariant.no-5xx", false, "no answer of 500 and above", Describe(exchange) + " to the phone " + does.phone});
    if (control_ || step_record_.exchanges.size() >= kMostExchanges) continue;
    step_record_.exchanges.push_back(Evidence(exchange, files ? *files : session_.target()));
    std::string& curl = step_record_.exchanges.back().curl;
    constexpr std::string_view kCurl = "curl ";
    if (session_.phone_site()->has_own_addresses() && curl.starts_with(kCurl)) curl.insert(kCurl.size(), "--interface " + who.ip + " ");
  }
  See(seen.front());
  for (std::size_t i = 1; i < seen.size(); ++i) {
    Sight other;
    other.response = seen[i].response;
    other.excess = seen[i].excess;
    other.problem = seen[i].problem;
    other.base = seen[i].request.target;
    others_.push_back(std::move(other));
  }
  for (const http::Exchange& exchange : seen) {
    if (!exchange.answered()) {
      NoteLost("a phone's request");
      Block(step, Describe(exchange), {});
      blocked_.unanswered = !Needs(step) && !step.checks.empty();
      return Came::kNot;
    }
    const int status = exchange.response ? exchange.response->status : 0;
    if (Answers(step, status) && (exchange.response || !Needs(step))) continue;
    std::string needed;
    for (const int code : step.answers) needed += (needed.empty() ? "" : " or ") + std::to_string(code);
    std::vector<std::string> slugs;
    const bool meant_success =
        step.answers.empty() || std::any_of(step.answers.begin(), step.answers.end(), [](int code) { return code / 100 == 2; });
    if (meant_success && request.method == "GET") slugs = {"provisioning.own-file-served"};
    if (IsServerError(status)) slugs.emplace_back("invariant.no-5xx");
    return Block(step, Describe(exchange) + "; " + (needed.empty() ? "2xx" : needed) + " was needed", slugs);
  }
  return CaptureAll(step);
}

// ---- TFTP

Attempt::Came Attempt::PerformTransfer(const Step& step, const PhoneStep& does) {
  const auto members = phones_->Who(does.phone);
  if (!members) return Block(step, members.error().message, {}, true);
  const PhoneSiteOptions& site = session_.phone_site()->options();
  TransferPlace place{.host = site.files.tftp_host, .port = site.files.tftp_port};
  place.within = does.within.value_or(does.action == Action::kReads ? kUsualTransfer : kUsualReply);
  TransferOrder order{.mode = does.transfer.mode, .options = does.transfer.options};
  if (does.action != Action::kSends) {
    auto file = scenario::Expand(does.transfer.file, variables_);
    if (!file) {
      if (control_ && file.error().kind == ErrorKind::kNotFound) return Came::kAbout;
      return Block(step, file.error().message, {});
    }
    order.file = std::move(*file);
  }
  order.loses_block = does.transfer.loses_block;
  order.loses_ack = does.transfer.loses_ack;
  order.repeats_ack = does.transfer.repeats_ack;
  order.stops_after = does.transfer.stops_after;
  order.disturbed = does.transfer.disturbed;
  order.noise = does.transfer.noise;
  if (does.transfer.interjects) {
    order.interjects = does.transfer.interjects->bytes;
    order.interjects_after = does.transfer.interjects->after;
  }
  const auto seen = AllAtOnce<Result<Json>>(does.times, [&](std::size_t i) {
    TransferPlace there = place;
    if (session_.phone_site()->has_own_addresses()) there.from = (*members)[i % members->size()].ip;
    there.seed = site.seed + i;
    return does.action == Action::kReads    ? ReadOverTftp(there, order)
           : does.action == Action::kWrites ? WriteOverTftp(there, order)
                                            : SendDatagram(there, does.bytes);
  });
  for (const Result<Json>& one : seen) {
    if (!one) return Block(step, one.error().message, {}, true);
  }
  if (!control_) {
    Json shown = *seen.front();
    if (shown.contains("text")) shown.erase("sha1");
    std::string asked = does.action == Action::kSends
                            ? "→ " + std::to_string(does.bytes.size()) + " bytes"
                            : std::string(does.action == Action::kReads ? "→ RRQ \"" : "→ WRQ \"") + order.file + "\" " + order.mode;
    for (const auto& [name, value] : order.options) asked += " " + name + "=" + value;
    step_record_.trace.push_back(std::move(asked));
    step_record_.trace.push_back("← " + DumpJson(shown));
    if (seen.size() > 1) step_record_.trace.push_back("… and " + std::to_string(seen.size() - 1) + " more at once");
  }
  ShowJson(*seen.front());
  for (std::size_t i = 1; i < seen.size(); ++i) {
    Sight other;
    other.response = AsAnswer(*seen[i]);
    others_.push_back(std::move(other));
  }
  for (const Result<Json>& one : seen) {
    // One that is to stop never is.
    if (step.role == Step::Role::kGiven && does.action == Action::kReads && !order.stops_after && (*one)["end"] != Json("whole"))
      return Block(step, "TFTP: " + one->value("problem", one->value("end", "")), {"tftp.file-served"});
  }
  return CaptureAll(step);
}

// ---- NOTIFY

// Every device of theirs at once. What each operation came to is for the checks to say.
Attempt::Came Attempt::PerformSynchronize(const Step& step, const PhoneStep& does) {
  const auto members = phones_->Who(does.phone);
  if (!members) return Block(step, members.error().message, {}, true);
  const auto end = std::chrono::steady_clock::now() + does.within.value_or(kUsualSynchronize);
  std::vector<std::string> monitors;
  // What has begun is seen to its end nevertheless, while the phones are there to answer.
  std::optional<std::string> refusal;
  std::vector<std::string> because;
  for (const PhoneCast::Identity& who : *members) {
    const std::vector<Json> devices = DevicesWith("mac", who.mac);
    const std::string id = devices.size() == 1 ? devices.front().value("id", std::string()) : std::string();
    if (id.empty()) {
      refusal = MisidentificationOf(who, {});
      because = {"phone.identified"};
      break;
    }
    http::Request request{.method = "POST", .target = session_.target().Path("/dev_mgr/synchronize"), .body = DumpJson(Json{{"id", id}})};
    request.headers.Set("Content-Type", std::string(kMediaType));
    const http::Exchange exchange = Exchange(request, session_.limits().answer, http::Framing::kLength, monitors.empty());
    auto monitor = session_.MonitorOf(exchange);
    if (!exchange.response || exchange.response->status != 201 || !monitor) {
      refusal = Describe(exchange);
      because = {"synchronize.answers-201", "synchronize.names-monitor"};
      break;
    }
    monitors.push_back(std::move(*monitor));
  }
  Json came = {{"devices", monitors.size()}, {"succeeded", 0}, {"failed", 0}, {"unended", 0}};
  for (const std::string& path : monitors) {
    http::Request request{.method = "GET", .target = path};
    request.headers.Set("Accept", std::string(kMediaType));
    std::chrono::milliseconds pause = session_.limits().first_pause;
    const char* how = "unended";
    do {
      const auto json = JsonOf(Poll(request, session_.limits().answer, http::Framing::kLength));
      const Json status = json && json->is_object() ? json->value("status", Json()) : Json();
      if (status == "success") how = "succeeded";
      if (status == "fail") how = "failed";
      if (*how != 'u') break;
      if (session_.stop().WaitFor(pause)) return Block(step, "the run was ended", {});
      pause = std::min(pause * 2, session_.limits().longest_pause);
    } while (std::chrono::steady_clock::now() < end);
    for (Traces::Monitor& monitor : result_.traces.monitors)
      if (monitor.path == path) monitor.ended = *how != 'u';
    came[how] = came[how].get<int>() + 1;
  }
  if (refusal) return Block(step, *refusal, because);
  if (!control_) step_record_.trace.push_back("synchronized: " + DumpJson(came));
  ShowJson(came);
  return CaptureAll(step);
}

Attempt::Came Attempt::PerformNotifications(const Step& step, const scenario::NotificationsStep& are) {
  using Are = scenario::NotificationsStep::Are;
  if (!phones_) return Block(step, "there are no phones", {}, true);
  PhoneSite& site = *session_.phone_site();
  if (are.are != Are::kPassedOn) session_.NoteHold(result_.traces, kNotifyLingers);
  if (ami::Switchboard* const exchange = site.exchange()) {
    LetNotificationsPass();
    if (are.are == Are::kPassedOn) return Came::kAbout;
    for (const std::string& target : phones_->NotificationTargets()) {
      if (are.are == Are::kNeverAnswered) {
        if (auto held = exchange->Hold(target); !held) return Block(step, held.error().message, {}, true);
        held_notifications_.push_back(target);
        continue;
      }
      const Json action = are.are == Are::kDelayed ? Json{{"delay", are.delay.count()}} : Json{{"fail", "No such peer"}};
      const auto fault = exchange->faults().Add({.target = target, .action = action});
      if (!fault) return Block(step, fault.error().message, {}, true);
      notification_faults_.push_back(*fault);
    }
    return Came::kAbout;
  }
  network::Station::Manners manners{.ignores = are.are == Are::kNeverAnswered, .after = are.delay};
  if (are.are == Are::kRefused) manners.says.push_back({.code = kRefusal});
  for (const std::string& name : phones_->NamesOfSomebody()) {
    if (auto set = phones_->SetManners(name, manners); !set) return Block(step, set.error().message, {}, true);
  }
  return Came::kAbout;
}

void Attempt::LetNotificationsPass() {
  ami::Switchboard* const exchange = session_.phone_site() != nullptr ? session_.phone_site()->exchange() : nullptr;
  if (exchange == nullptr) return;
  for (const int fault : std::exchange(notification_faults_, {})) (void)exchange->faults().Off(fault);
  for (const std::string& target : std::exchange(held_notifications_, {})) (void)exchange->Release(target);
}

// ---- Stages

std::vector<Json> Attempt::DevicesWith(const char* member, const std::string& value) {
  http::Request request;
  request.method = "GET";
  request.target = session_.target().Path(session_.target().AllDevices("q=" + http::PercentEncode(DumpJson(Json{{member, value}}))));
  request.headers.Set("Accept", std::string(kMediaType));
  const http::Exchange exchange = Poll(request, session_.limits().answer, http::Framing::kLength);
  std::vector<Json> devices;
  const auto json = JsonOf(exchange);
  if (!json || !json->is_object() || !json->contains("devices") || !(*json)["devices"].is_array()) return devices;
  for (const Json& device : (*json)["devices"]) {
    if (device.is_object() && device.value(member, Json()) == Json(value)) devices.push_back(device);
  }
  return devices;
}

std::string Attempt::MisidentificationOf(const PhoneCast::Identity& who, const std::vector<Json>& values) {
  Json expected = {{"mac", who.mac}, {"vendor", who.vendor}, {"model", who.model}};
  for (const Json& value : values) {
    if (value.is_object())
      expected.update(value);
    else
      expected["id"] = value;
  }
  const std::vector<Json> devices = DevicesWith("mac", who.mac);
  const auto fits = [&](const Json& device) {
    return std::all_of(expected.items().begin(), expected.items().end(),
                       [&](const auto& member) { return device.value(member.key(), Json()) == member.value(); });
  };
  if (devices.size() == 1 && fits(devices.front())) return "";
  // Side by side: what it should be, what there is, and who else has its address.
  std::string sentence = "the phone is " + DumpJson(expected) + "; the target has ";
  if (devices.empty()) sentence += "no device with its mac";
  if (devices.size() > 1) sentence += std::to_string(devices.size()) + " devices with its mac: ";
  for (std::size_t i = 0; i < devices.size(); ++i) sentence += (i == 0 ? "" : " and ") + DumpJson(Brief(devices[i], expected));
  for (const Json& device : DevicesWith("ip", who.ip)) {
    if (device.value("mac", Json()) != Json(who.mac)) sentence += "; at its address " + DumpJson(Brief(device, expected));
  }
  return sentence;
}

std::optional<bool> Attempt::Reaches(const scenario::Predicate& predicate, const std::vector<Json>& values, std::string& got) {
  const auto rank = RankOf(predicate.word);
  const auto members = phones_ ? phones_->Who(predicate.phone) : Fail(ErrorKind::kInvalid, "there are no phones");
  if (!members || !rank) {
    got = members ? "there is no stage " + predicate.word : members.error().message;
    return std::nullopt;
  }
  for (const PhoneCast::Identity& who : *members) {
    if (!who.somebody) {
      got = predicate.phone + " is nobody, who comes through no stages";
      return std::nullopt;
    }
    if (*rank == kIdentified) {
      got = MisidentificationOf(who, values);
      if (!got.empty()) return false;
      continue;
    }
    got = predicate.phone + (members->size() > 1 ? " (" + who.mac + ")" : "") + " is " + std::string(phone::StageName(who.stage));
    if (!who.display.empty()) got += " and shows \"" + who.display + "\"";
    if (!HasReached(who, *rank)) return false;
    for (const Json& value : values) {
      if (predicate.word != "registered" || !value.is_string()) {
        got = "only `registered` is said with a value, which is a username";
        return std::nullopt;
      }
      const std::string user = value.get<std::string>();
      got += "; registered are: " + Join(who.registered, ", ");
      const bool says_so = std::find(who.registered.begin(), who.registered.end(), user) != who.registered.end();
      const auto there = session_.phone_site()->registrar().registrations(user);
      const bool is_there = std::any_of(there.begin(), there.end(), [&](const registrar::Registration& registration) {
        return !session_.phone_site()->has_own_addresses() || registration.source.ip == who.ip;
      });
      if (!says_so || !is_there) {
        got += "; the registrar: " + session_.phone_site()->registrar().LastWord(user);
        return false;
      }
    }
  }
  return true;
}

std::string Attempt::MissingStage(const scenario::Condition& condition) {
  if (!phones_) return "";
  const auto first_missing = [&](const std::string& name, std::size_t wanted) -> std::string {
    const auto members = phones_->Who(name);
    if (!members) return "";
    for (const PhoneCast::Identity& who : *members) {
      if (!who.somebody) continue;
      for (std::size_t rank = 0; rank < wanted; ++rank) {
        const bool there = rank == kIdentified ? HasReached(who, wanted) || MisidentificationOf(who, {}).empty() : HasReached(who, rank);
        if (!there) return std::string(kStages[rank].slug);
      }
    }
    return "";
  };
  for (const scenario::Predicate& predicate : condition) {
    std::string missing;
    if (predicate.subject == scenario::Subject::kPhone) {
      // The missing stage itself is the check's own.
      if (const auto rank = RankOf(predicate.word)) missing = first_missing(predicate.phone, *rank);
    } else if (predicate.subject == scenario::Subject::kJson && !phone_in_sight_.empty() && !predicate.path.steps.empty()) {
      const std::string& member = predicate.path.steps.front().key;
      const bool of_its_conduct = std::find(kOfItsConduct.begin(), kOfItsConduct.end(), member) != kOfItsConduct.end();
      if (!of_its_conduct) missing = first_missing(phone_in_sight_, kParsed + 1);
    }
    if (!missing.empty()) return missing;
  }
  return "";
}

// ---- What is looked at beside that

void Attempt::NoteWhatPhonesDid() {
  if (!phones_) return;
  for (std::string& line : phones_->TakeTrace()) {
    if (!control_) step_record_.trace.push_back(std::move(line));
  }
  if (std::string error = phones_->TakeServerError(); !error.empty())
    result_.invariants.push_back({"invariant.no-5xx", false, "no answer of 500 and above", std::move(error)});
}

void Attempt::DismissPhones() {
  if (!phones_) return;
  LetNotificationsPass();
  if (!session_.stop().asked() && !session_.gone() && !blocked_.ours) {
    LookAtWhatIsServed();
    LookAtWhatFilesSay();
  }
  phones_.reset();
}

// Each phone's own file is there exactly if its device is configured.
void Attempt::LookAtWhatIsServed() {
  // What the scenario did to keys decides what is served then.
  if (std::count(scenario_.exclusive.begin(), scenario_.exclusive.end(), "provisioning_key") > 0) return;
  const auto configured_of = [this](const std::string& mac) -> std::optional<bool> {
    std::optional<bool> configured;
    for (const Json& device : DevicesWith("mac", mac)) {
      if (!device.value("configured", Json()).is_boolean()) continue;
      if (configured) return std::nullopt;  // which of them it is that is served, nobody knows
      configured = device["configured"].get<bool>();
    }
    return configured;
  };
  InvariantSeen seen{"invariant.configured-means-served", true, "a phone's own file is served exactly if its device is configured", ""};
  bool looked = false;
  for (const std::string& name : phones_->Names()) {
    const auto members = phones_->Who(name);
    if (!members) continue;
    for (std::size_t i = 0; i < std::min(members->size(), kMostLookedAt); ++i) {
      const PhoneCast::Identity& who = (*members)[i];
      if (who.own_path.empty()) continue;
      const auto before = configured_of(who.mac);
      if (!before) continue;
      bool served = false, answered = true;
      std::string what;
      for (const std::string& file : who.own_files) {
        http::Request request;
        request.method = "GET";
        request.target = FolderOf(who.own_path) + file;
        request.headers.Set("User-Agent", who.user_agent);
        const http::Exchange exchange = AskAsPhone(who, request, session_.limits().answer, http::Framing::kLength);
        phones_->NoteRequest(name, FolderOf(who.own_path) + file, FileIn(exchange));
        answered = answered && exchange.response.has_value();
        served = served || (exchange.response && exchange.response->status == 200);
        what += (what.empty() ? "" : ", ") + Describe(exchange);
      }
      if (!answered || configured_of(who.mac) != before) continue;
      looked = true;
      if (served == *before || !seen.holds) continue;
      seen.holds = false;
      seen.got = "the device of " + name + " is " + (*before ? "" : "not ") + "configured; " + what;
    }
  }
  if (looked) result_.invariants.push_back(std::move(seen));
}

void Attempt::LookAtWhatFilesSay() {
  const PhoneCast::OddFiles odd = phones_->odd_files();
  if (!odd.any) return;
  const auto add = [this](const char* slug, const char* expected, const std::string& found) {
    result_.invariants.push_back({slug, found.empty(), expected, found});
  };
  add("invariant.files-are-well-formed", "phones can read the files of settings that they get", odd.unreadable);
  add("invariant.files-say-no-none", "no value in a phone's file is None, null or undefined", odd.none);
  add("invariant.files-name-hosts", "where a phone's file has an address or a URL, it has a host", odd.no_host);
}

}  // namespace provdlab::conformance
