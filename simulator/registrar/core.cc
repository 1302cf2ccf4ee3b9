#include "simulator/registrar/core.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/digest.h"
#include "base/object_reader.h"
#include "base/text.h"

namespace provdlab::registrar {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kRegister = "REGISTER";
constexpr std::string_view kMethods = "REGISTER, OPTIONS";
constexpr std::size_t kLongestName = 255;  // of users, passwords, Call-IDs, and of what the journal keeps of a header; in bytes
constexpr std::size_t kLongestContact = 1'000;
constexpr std::int64_t kLongestDelay = 3'600'000;
constexpr std::int64_t kLongestRetry = 86'400;
constexpr std::size_t kTagLength = 16;

Json AvailableActions() {
  return Json::parse(R"([
    {"name": "status", "breaks": "the answer", "sentence": "{\"status\": 503}: that status, whoever asks; with \"retry_after\": 5 a Retry-After of so many seconds"},
    {"name": "silent", "breaks": "the answer", "sentence": "{\"silent\": true}: no answer"},
    {"name": "delay", "breaks": "the time", "sentence": "{\"delay\": 2000}: the answer comes so many milliseconds later"}
  ])");
}

struct Action {
  std::optional<int> status;
  std::optional<std::int64_t> retry_after;
  bool silent = false;
  milliseconds delay{0};
};

Result<Action> ReadAction(const Json& json) {
  Mistakes mistakes;
  const ObjectReader reader(json, "an action", mistakes);
  Action action;
  if (reader.Find("status") != nullptr) action.status = static_cast<int>(reader.Integer("status", 300, 699, 500));
  if (reader.Find("retry_after") != nullptr) action.retry_after = reader.Integer("retry_after", 0, kLongestRetry, 0);
  action.silent = reader.Boolean("silent", false);
  action.delay = milliseconds(reader.Integer("delay", 0, kLongestDelay, 0));
  reader.NothingElse({"status", "retry_after", "silent", "delay"});
  if (json.is_object() && json.empty()) reader.Mistake("one of status, silent and delay must be there");
  if (!mistakes.none()) return Fail(ErrorKind::kInvalid, mistakes.Sentence());
  return action;
}

Result<> CheckAction(const Json& json) {
  const Result<Action> action = ReadAction(json);
  if (!action) return Fail(action.error());
  return {};
}

// A user or password that can be compared with what comes in a message.
bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName &&
         std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string Cut(const std::optional<std::string>& text) { return text.value_or("").substr(0, kLongestName); }

}  // namespace

std::string_view OutcomeName(Outcome outcome) {
  static constexpr std::array<std::string_view, 16> kNames = {
      "registered",      "removed",   "listed",       "challenged", "stale nonce", "wrong password", "unknown user", "not its own",
      "no such address", "too brief", "out of order", "full",       "malformed",   "not supported",  "alive",        "fault"};
  return kNames.at(static_cast<std::size_t>(outcome));
}

// What one Contact of a request asks for.
struct RegistrarCore::Wanted {
  std::string contact;
  seconds expires{0};
};

RegistrarCore::RegistrarCore(CoreOptions options)
    : options_(std::move(options)), journal_(options_.journal_capacity), faults_(AvailableActions(), CheckAction) {}

Result<> RegistrarCore::Allow(const Account& account) {
  Account whole = account;
  if (whole.auth_user.empty()) whole.auth_user = whole.user;
  for (const std::string& text : {whole.user, whole.auth_user, whole.password})
    if (!IsName(text))
      return Fail(ErrorKind::kInvalid,
                  "an account needs a user and a password of 1 to " + std::to_string(kLongestName) + " bytes without control characters");
  const auto known = states_.find(whole.user);
  if (known == states_.end() && states_.size() >= kMostAccounts)
    return Fail(ErrorKind::kConflict, "there are " + std::to_string(kMostAccounts) + " accounts already");
  State& state = known == states_.end() ? states_[whole.user] : known->second;
  if (const auto old = by_auth_user_.find(state.account.auth_user); old != by_auth_user_.end()) {
    old->second.erase(whole.user);
    if (old->second.empty()) by_auth_user_.erase(old);
  }
  by_auth_user_[whole.auth_user].insert(whole.user);
  state.account = std::move(whole);
  return {};
}

Result<> RegistrarCore::Forbid(const std::string& user) {
  const auto known = states_.find(user);
  if (known == states_.end()) return Fail(ErrorKind::kNotFound, "there is no account '" + user + "'");
  while (!known->second.bindings.empty()) Erase(known->second, known->second.bindings.begin()->first);
  const auto named = by_auth_user_.find(known->second.account.auth_user);
  named->second.erase(user);
  if (named->second.empty()) by_auth_user_.erase(named);
  states_.erase(known);
  return {};
}

RegistrarCore::Reply RegistrarCore::Handle(const sip::Message& request, const Source& source) {
  if (!request.is_request() || request.method == "ACK") return {};  // what is never answered
  const Instant now = options_.clock->Steady();
  EndOld(now);

  const std::optional<sip::Address> to = sip::ReadAddress(request.Get("To").value_or(""));
  const std::string user = to ? to->user : "";
  const bool registers = request.method == kRegister;
  // The entry is written once all of it is known; its number is known now, because nobody else writes.
  const std::uint64_t sequence = journal_.last() + 1;
  Json entry = NewEntry(source);
  entry["method"] = Cut(request.method);
  entry["user"] = Cut(user);
  entry["user_agent"] = Cut(request.Get("User-Agent"));
  entry["contact"] = Cut(request.Get("Contact"));
  for (const std::string& value : request.All("Authorization"))
    if (const auto credentials = sip::ReadCredentials(value)) entry["auth_user"] = Cut(credentials->user);

  // Actions were checked when they were added, so that reading one can't fail.
  const Json applied = registers ? faults_.Apply({user, source.ip}) : Json();
  const Action action = applied.is_null() ? Action() : ReadAction(applied).value_or(Action());
  if (!applied.is_null()) entry["fault"] = DumpJson(applied);

  Verdict verdict;
  if (action.silent || action.status) {
    verdict = {.outcome = Outcome::kFault, .status = action.silent ? 0 : *action.status};
    if (action.retry_after) verdict.headers.push_back({"Retry-After", std::to_string(*action.retry_after)});
  } else {
    verdict = Judge(request, user, source, sequence, now);
  }
  const std::string_view outcome = OutcomeName(verdict.outcome);
  entry["status"] = verdict.status;
  entry["outcome"] = outcome;
  entry["why"] = verdict.why;
  journal_.Add(std::move(entry));
  if (const auto known = states_.find(user); registers && known != states_.end()) known->second.last_word = outcome;
  if (verdict.status == 0) return {};

  sip::Message from = request;
  sip::MarkSource(from, source.ip, source.port);
  sip::Message response = sip::ResponseTo(from, verdict.status, sip::ReasonPhrase(verdict.status),
                                          Sign("tag " + std::to_string(++drawn_)).substr(0, kTagLength));
  response.Add("Server", "provdlab");
  for (sip::Header& header : verdict.headers) response.headers.push_back(std::move(header));
  return {.message = std::move(response), .after = action.delay};
}

RegistrarCore::Verdict RegistrarCore::Judge(const sip::Message& request, const std::string& user, const Source& source,
                                            std::uint64_t sequence, Instant now) {
  if (request.method == "OPTIONS") return {.outcome = Outcome::kAlive, .status = 200, .headers = {{"Allow", std::string(kMethods)}}};
  if (request.method != kRegister)
    return {.outcome = Outcome::kNotSupported,
            .status = 405,
            .why = "a registrar takes " + std::string(kMethods),
            .headers = {{"Allow", std::string(kMethods)}}};
  if (const auto required = request.Elements("Require"); !required.empty()) {
    Verdict verdict{.outcome = Outcome::kNotSupported, .status = 420, .why = "it requires " + Cut(Join(required, ", "))};
    for (const std::string& extension : required) verdict.headers.push_back({"Unsupported", extension});
    return verdict;
  }
  if (user.empty()) return {.outcome = Outcome::kMalformed, .status = 400, .why = "its To has no user"};
  if (std::optional<Verdict> refusal = Authenticate(request, user, now)) return std::move(*refusal);
  return Register(request, states_.at(user), source, sequence, now);
}

std::optional<RegistrarCore::Verdict> RegistrarCore::Authenticate(const sip::Message& request, const std::string& user, Instant now) {
  std::optional<sip::Credentials> credentials;
  for (const std::string& value : request.All("Authorization")) {
    const auto read = sip::ReadCredentials(value);
    if (!read) return Verdict{.outcome = Outcome::kMalformed, .status = 400, .why = "its Authorization can't be read"};
    if (read->realm == options_.realm) credentials = read;
  }
  if (!credentials) return Challenge(Outcome::kChallenged, now);

  const auto right_for = [&](const std::string& owner) {
    return sip::IsRight(*credentials, states_.at(owner).account.password, request.method);
  };
  const auto named = by_auth_user_.find(credentials->user);
  if (named == by_auth_user_.end())
    return Verdict{.outcome = Outcome::kUnknownUser, .status = 403, .why = "nobody here authenticates as '" + Cut(credentials->user) + "'"};
  const bool its_own = named->second.contains(user);
  if (its_own ? !right_for(user) : std::none_of(named->second.begin(), named->second.end(), right_for))
    return Verdict{.outcome = Outcome::kWrongPassword, .status = 403, .why = "the password is not that of '" + credentials->user + "'"};
  if (!IsOwnNonce(credentials->nonce, now)) return Challenge(Outcome::kStale, now);
  if (its_own) return std::nullopt;
  if (states_.contains(user))
    return Verdict{.outcome = Outcome::kNotItsOwn, .status = 403, .why = "'" + credentials->user + "' may not register '" + user + "'"};
  return Verdict{.outcome = Outcome::kNoSuchAddress, .status = 404, .why = "nobody here has the address '" + Cut(user) + "'"};
}

RegistrarCore::Verdict RegistrarCore::Register(const sip::Message& request, State& state, const Source& source, std::uint64_t sequence,
                                               Instant now) {
  const auto malformed = [](std::string why) { return Verdict{.outcome = Outcome::kMalformed, .status = 400, .why = std::move(why)}; };
  const std::vector<std::string> contacts = request.Elements("Contact");
  if (contacts.empty()) return Accepted(request, state, Outcome::kListed, now);
  if (contacts.size() > kMostContacts) return malformed("it has more than " + std::to_string(kMostContacts) + " contacts");
  const std::string call_id = request.Get("Call-ID").value_or("");
  if (call_id.size() > kLongestName) return malformed("its Call-ID has more than " + std::to_string(kLongestName) + " bytes");

  // All is looked at before anything is changed.
  const std::optional<std::string> general = request.Get("Expires");
  std::vector<Wanted> wanted;
  bool removes = true;
  if (std::find(contacts.begin(), contacts.end(), "*") != contacts.end()) {
    if (contacts.size() > 1 || general != "0") return malformed("'Contact: *' stands alone, with 'Expires: 0'");
    for (const auto& [contact, binding] : state.bindings) wanted.push_back({.contact = contact});
  } else {
    for (const std::string& value : contacts) {
      const std::string contact(sip::UriIn(value));
      if (!sip::ReadAddress(contact)) return malformed("its Contact is no SIP address: '" + Cut(contact) + "'");
      if (contact.size() > kLongestContact) return malformed("its Contact has more than " + std::to_string(kLongestContact) + " bytes");
      const std::optional<std::string> own = sip::Parameter(value, "expires");
      // What is no number counts as if it were not there (RFC 3261, 10.2.1.1 and 20.19).
      const auto number = own ? ParseDecimal(*own) : general ? ParseDecimal(*general) : std::nullopt;
      const seconds expires =
          number ? seconds(std::min<std::uint64_t>(*number, static_cast<std::uint64_t>(options_.longest.count()))) : options_.usual;
      if (expires > seconds(0) && expires < options_.shortest)
        return {.outcome = Outcome::kTooBrief,
                .status = 423,
                .why = "it asks for " + std::to_string(expires.count()) + " s",
                .headers = {{"Min-Expires", std::to_string(options_.shortest.count())}}};
      removes = removes && expires == seconds(0);
      wanted.push_back({.contact = contact, .expires = expires});
    }
  }
  const unsigned long number = sip::SequenceOf(request).value_or(sip::Sequence{}).number;
  std::size_t more = 0;
  for (const Wanted& one : wanted) {
    const auto known = state.bindings.find(one.contact);
    if (known == state.bindings.end())
      more += one.expires > seconds(0);
    else if (known->second.call_id == call_id && known->second.number > number)
      return {.outcome = Outcome::kOutOfOrder,
              .status = 500,
              .why = "CSeq " + std::to_string(number) + " comes after " + std::to_string(known->second.number)};
  }
  if (ends_.size() + more > kMostBindings)
    return {.outcome = Outcome::kFull, .status = 503, .why = "there are " + std::to_string(ends_.size()) + " bindings already"};

  for (Wanted& one : wanted) {
    if (one.expires == seconds(0)) {
      Erase(state, one.contact);
      continue;
    }
    Put(state, {.registration = {.user = state.account.user,
                                 .contact = std::move(one.contact),
                                 .source = source,
                                 .user_agent = Cut(request.Get("User-Agent")),
                                 .when = options_.clock->Wall(),
                                 .expires = one.expires,
                                 .sequence = sequence},
                .call_id = call_id,
                .number = number,
                .end = now + one.expires});
  }
  return Accepted(request, state, removes ? Outcome::kRemoved : Outcome::kRegistered, now);
}

RegistrarCore::Verdict RegistrarCore::Accepted(const sip::Message& request, const State& state, Outcome outcome, Instant now) const {
  Verdict verdict{.outcome = outcome, .status = 200};
  const auto tell = [&](const Binding& binding) {
    const auto left = std::chrono::ceil<seconds>(binding.end - now).count();
    verdict.headers.push_back({"Contact", "<" + binding.registration.contact + ">;expires=" + std::to_string(left)});
  };
  // Its own first: they are what it looks for.
  std::set<std::string> told;
  for (const std::string& value : request.Elements("Contact")) {
    const auto binding = state.bindings.find(std::string(sip::UriIn(value)));
    if (binding != state.bindings.end() && told.insert(binding->first).second) tell(binding->second);
  }
  for (auto at = state.bindings.begin(); at != state.bindings.end() && verdict.headers.size() < kMostContacts; ++at)
    if (!told.contains(at->first)) tell(at->second);
  return verdict;
}

RegistrarCore::Verdict RegistrarCore::Challenge(Outcome outcome, Instant now) {
  const sip::Challenge challenge{.realm = options_.realm, .nonce = NewNonce(now), .auth = true, .stale = outcome == Outcome::kStale};
  return {.outcome = outcome, .status = 401, .headers = {{"WWW-Authenticate", challenge.Text()}}};
}

// "INSTANT.NUMBER.SIGNATURE": it says itself when it was made, so that there is no table of nonces that could grow.
std::string RegistrarCore::NewNonce(Instant now) {
  const std::string made =
      std::to_string(std::chrono::floor<milliseconds>(now.time_since_epoch()).count()) + "." + std::to_string(++drawn_);
  return made + "." + Sign(made);
}

bool RegistrarCore::IsOwnNonce(std::string_view nonce, Instant now) const {
  const std::size_t last = nonce.rfind('.');
  if (last == std::string_view::npos || nonce.substr(last + 1) != Sign(nonce.substr(0, last))) return false;
  const std::optional<std::uint64_t> made = ParseDecimal(nonce.substr(0, nonce.find('.')));
  return made && now.time_since_epoch() <= milliseconds(*made) + options_.nonce_life;
}

std::string RegistrarCore::Sign(std::string_view text) const {
  return Md5Hex(std::to_string(options_.seed) + " " + options_.realm + " " + std::string(text));
}

void RegistrarCore::Put(State& state, Binding binding) {
  Erase(state, binding.registration.contact);
  ends_.emplace(binding.end, state.account.user, binding.registration.contact);
  std::string contact = binding.registration.contact;
  state.bindings.emplace(std::move(contact), std::move(binding));
}

void RegistrarCore::Erase(State& state, const std::string& contact) {
  const auto known = state.bindings.find(contact);
  if (known == state.bindings.end()) return;
  ends_.erase({known->second.end, state.account.user, known->first});
  state.bindings.erase(known);
}

void RegistrarCore::EndOld(Instant now) {
  while (!ends_.empty() && std::get<0>(*ends_.begin()) <= now) {
    const auto [end, user, contact] = *ends_.begin();
    Erase(states_.at(user), contact);
  }
}

void RegistrarCore::NoteUnreadable(const Error& error, const Source& source) {
  Json entry = NewEntry(source);
  entry["outcome"] = OutcomeName(Outcome::kMalformed);
  entry["why"] = error.message;
  journal_.Add(std::move(entry));
}

Json RegistrarCore::NewEntry(const Source& source) const {
  Json entry = {{"when", FormatInstant(options_.clock->Wall())},
                {"from", source.ip + ":" + std::to_string(source.port)},
                {"transport", source.transport},
                {"status", 0}};
  for (const char* name : {"method", "user", "auth_user", "user_agent", "contact", "outcome", "why", "fault"}) entry[name] = "";
  return entry;
}

std::vector<Registration> RegistrarCore::registrations(std::string_view user) const {
  const Instant now = options_.clock->Steady();
  std::vector<Registration> list;
  const auto add = [&](const State& state) {
    for (const auto& [contact, binding] : state.bindings)
      if (binding.end > now) list.push_back(binding.registration);
  };
  if (!user.empty()) {
    if (const auto known = states_.find(std::string(user)); known != states_.end()) add(known->second);
    return list;
  }
  for (const auto& [name, state] : states_) add(state);
  std::sort(list.begin(), list.end(),
            [](const Registration& a, const Registration& b) { return std::tie(a.user, a.contact) < std::tie(b.user, b.contact); });
  return list;
}

std::optional<Registration> RegistrarCore::FindRegistration(const std::string& user, std::uint64_t after) const {
  const auto known = states_.find(user);
  if (known == states_.end()) return std::nullopt;
  const Instant now = options_.clock->Steady();
  const Registration* first = nullptr;
  for (const auto& [contact, binding] : known->second.bindings) {
    const Registration& one = binding.registration;
    if (binding.end > now && one.sequence > after && (first == nullptr || one.sequence < first->sequence)) first = &one;
  }
  return first == nullptr ? std::nullopt : std::optional(*first);
}

std::string RegistrarCore::LastWord(const std::string& user) const {
  const auto known = states_.find(user);
  if (known == states_.end()) return "'" + user + "' has no account here";
  if (known->second.last_word.empty()) return "'" + user + "' has not asked for it";
  return "the last request of '" + user + "' ended in: " + known->second.last_word;
}

std::vector<Entry> RegistrarCore::Journal(std::uint64_t after, std::string_view user) const {
  std::vector<Entry> entries;
  const Json seen = journal_.After(after);
  for (const Json& entry : seen.at("entries")) {
    if (!user.empty() && entry.at("user") != user) continue;
    entries.push_back({.sequence = entry.at("sequence"),
                       .when = entry.at("when"),
                       .method = entry.at("method"),
                       .user = entry.at("user"),
                       .auth_user = entry.at("auth_user"),
                       .from = entry.at("from"),
                       .transport = entry.at("transport"),
                       .user_agent = entry.at("user_agent"),
                       .contact = entry.at("contact"),
                       .status = entry.at("status"),
                       .outcome = entry.at("outcome"),
                       .why = entry.at("why"),
                       .fault = entry.at("fault")});
  }
  return entries;
}

void RegistrarCore::Reset() {
  for (auto& [user, state] : states_) {
    state.bindings.clear();
    state.last_word.clear();
  }
  ends_.clear();
  faults_.OffAll();
  journal_.Clear();
}

}  // namespace provdlab::registrar
