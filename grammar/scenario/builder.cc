#include "grammar/scenario/builder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/nearest.h"
#include "grammar/scenario/limits.h"

namespace provdlab::scenario {
namespace {

constexpr auto kHeaderWords = std::to_array<std::string_view>({"scenario", "format", "about", "exclusive", "tier", "offers", "proxies",
                                                               "ids", "macs", "package", "phone", "phones", "account", "for"});
constexpr auto kStatementWords =
    std::to_array<std::string_view>({"given", "act", "raw", "follow", "check", "eventually", "repository", "barrier", "restart", "upgrade",
                                     "notifications", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"});
constexpr auto kMethods = std::to_array<std::string_view>({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"});
constexpr auto kDetailWords = std::to_array<std::string_view>(
    {"only", "as",     "answers", "needs", "check", "control", "expects", "query", "header", "no",      "text",  "hex",   "pad", "chunked",
     "raw",  "within", "send",    "half",  "reads", "without", "option",  "mode",  "loses",  "repeats", "stops", "sends", "from"});
constexpr auto kPredicateWords =
    std::to_array<std::string_view>({"status", "header", "body", "last", "some", "statuses", "progress", "count", "$"});
constexpr auto kActionWords =
    std::to_array<std::string_view>({"holds", "releases", "awaits", "does", "behaves", "lists", "drops", "replaces", "is"});
constexpr auto kPhoneActionWords = std::to_array<std::string_view>(
    {"boots", "settles", "renews", "moves", "is", "ignores", "answers", "reads", "writes", "sends", "GET", "HEAD", "POST", "PUT"});
constexpr auto kStages = std::to_array<std::string_view>({"addressed", "identified", "fetched", "parsed", "registered"});
constexpr auto kExclusiveNames = std::to_array<std::string_view>(
    {"plugin_server", "http_proxy", "https_proxy", "ftp_proxy", "locale", "NAT", "provisioning_key", "update", "autocreate"});
constexpr auto kCapabilities = std::to_array<std::string_view>(
    {"configure", "install", "plugins", "reload", "plugin.configure", "plugin.install", "plugin.upgrade", "restart", "upgrade",
     "http-provisioning", "tftp", "notify", "sip-notify", "addresses", "tokens", "tenants", "provisioning-keys"});
constexpr auto kKinds = std::to_array<std::string_view>({"list", "object", "string", "number", "boolean", "status"});
constexpr auto kStates = std::to_array<std::string_view>({"waiting", "progress", "success", "fail"});
constexpr auto kEnds = std::to_array<std::string_view>({"ended", "success", "fail"});
// Variables that every scenario has.
constexpr auto kGivenVariables = std::to_array<std::string_view>({"RUN", "HOST", "REPO", "PREFIX", "AUTH"});
// Who asks, and the variables that have their tenants' uuids, of scenarios that offer tenants.
constexpr auto kAskers = std::to_array<std::string_view>({"owner", "parent", "sibling", "stranger"});
constexpr auto kTenantVariables = std::to_array<std::string_view>({"OWNER_TENANT", "PARENT_TENANT", "SIBLING_TENANT", "STRANGER_TENANT"});
// Variables of scenarios with a phone or an account.
constexpr auto kRegistrarVariables = std::to_array<std::string_view>({"REGISTRAR", "REGISTRAR_PORT"});
// What follows a phone's name and a dot, and an account's.
constexpr auto kPhoneMembers = std::to_array<std::string_view>({"mac", "hex", "HEX", "ip"});
constexpr auto kNobodysMembers = std::to_array<std::string_view>({"ip"});
constexpr auto kAccountMembers = std::to_array<std::string_view>({"username", "password"});
// Words that have a meaning where a value may stand; a variable of that name could not be written there.
constexpr auto kReservedNames = std::to_array<std::string_view>(
    {"true", "false", "null", "present", "absent", "a", "an", "not", "one", "example", "fresh", "provd", "below", "answers", "needs"});

bool Has(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string Quoted(std::string_view word) {
  constexpr std::size_t kShown = 60;
  std::string shown(word.substr(0, kShown));
  // Never end inside a UTF-8 sequence.
  if (word.size() > kShown) {
    while (!shown.empty() && (static_cast<unsigned char>(shown.back()) & 0xC0) == 0x80) shown.pop_back();
    if (!shown.empty() && static_cast<unsigned char>(shown.back()) >= 0xC0) shown.pop_back();
    shown += "…";
  }
  return "`" + shown + "`";
}

std::string DidYouMean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view nearest = Nearest(word, candidates);
  return nearest.empty() ? "" : ": did you mean " + Quoted(nearest) + "?";
}

std::string ListOf(std::span<const std::string_view> words) {
  std::string list;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) list += i + 1 == words.size() ? " or " : ", ";
    list += words[i];
  }
  return list;
}

// The sentence for a name outside a closed set.
std::string UnknownName(std::string_view what, std::string_view word, std::span<const std::string_view> known) {
  const std::string hint = DidYouMean(word, known);
  return "unknown " + std::string(what) + " " + Quoted(word) + (hint.empty() ? ": expected " + ListOf(known) : hint);
}

bool SaysAbsence(const Condition& condition) {
  return std::any_of(condition.begin(), condition.end(), [](const Predicate& p) {
    switch (p.relation) {
      case Relation::kLacks:
      case Relation::kAbsent:
      case Relation::kIsNot:
      case Relation::kEmpty:
        return true;
      case Relation::kMembers:
        return p.number == 0;
      case Relation::kIs:
        if (p.subject == Subject::kCount) return p.number == 0;
        return p.subject == Subject::kStatus &&
               std::all_of(p.status_codes.begin(), p.status_codes.end(), [](int code) { return code == 404 || code == 410; });
      default:
        return false;
    }
  });
}

// TFTP ends its texts with a NUL.
void RefuseNul(std::string_view text, Position position) {
  if (text.find('\0') != std::string_view::npos) {
    Builder::Refuse("TFTP ends a text with a NUL byte, so this can't have one: such a datagram is written with `sends hex …`", position);
  }
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return (c >= 'a' ? c - 'a' : c - 'A') + 10;
}

void AppendUtf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

}  // namespace

void Builder::Refuse(const std::string& message, Position position) { throw Refusal{{ErrorKind::kInvalid, message, position}}; }

std::uint64_t Builder::Number(std::string_view digits, std::uint64_t least, std::uint64_t most, std::string_view what,
                              Position position) const {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem != std::errc() || end != digits.data() + digits.size() || number < least || number > most) {
    Refuse(std::string(what) + " is a number from " + std::to_string(least) + " to " + std::to_string(most), position);
  }
  return number;
}

// Comments.

std::string_view Builder::LineAt(Position position) const {
  const std::size_t begin = position.offset - (position.column - 1);
  std::string_view line = text_.substr(begin, text_.find('\n', begin) - begin);
  while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

void Builder::AddComment(std::string_view comment, Position position) {
  if (position.offset < comments_until_) return;
  comments_until_ = position.offset + 1;
  while (comment.back() == ' ') comment.remove_suffix(1);
  const bool alone = LineAt(position).find_first_not_of(' ') == position.column - 1;
  if (alone || !brackets_.empty()) {
    waiting_.above.emplace_back(comment);
    return;
  }
  if (!waiting_.beside.empty()) waiting_.above.push_back(std::move(waiting_.beside));
  waiting_.beside = comment;
}

void Builder::AddEmptyLine() {
  if (waiting_.above.empty() || !waiting_.above.back().empty()) waiting_.above.emplace_back();
}

void Builder::SetPlace(Place::Line line, int index) {
  place_ = {in_statement_ ? static_cast<int>(scenario_.steps.size()) : -1, line, index};
}

void Builder::EndLine(Position position) {
  end_of_line_ = position;
  // Empty lines part statements; anywhere else they are noise.
  if (place_.line != Place::Line::kStatement && place_.line != Place::Line::kEnd) std::erase(waiting_.above, "");
  if (waiting_.above.empty() && waiting_.beside.empty()) return;
  Comment& comment = comments_[place_];
  comment.above.insert(comment.above.end(), waiting_.above.begin(), waiting_.above.end());
  if (comment.beside.empty()) {
    comment.beside = waiting_.beside;
  } else if (!waiting_.beside.empty()) {
    comment.above.push_back(waiting_.beside);
  }
  waiting_ = {};
}

// Strings and templates.

void Builder::AddEscape(char escape) {
  switch (escape) {
    case 'b':
      scratch_ += '\b';
      break;
    case 'f':
      scratch_ += '\f';
      break;
    case 'n':
      scratch_ += '\n';
      break;
    case 'r':
      scratch_ += '\r';
      break;
    case 't':
      scratch_ += '\t';
      break;
    default:
      scratch_ += escape;
  }
}

void Builder::AddCodeUnits(std::string_view escapes, Position position) {
  // uXXXX\uXXXX\uXXXX: six characters each but for the first backslash, which the grammar has taken.
  constexpr std::size_t kStep = 6;
  const auto unit = [&](std::size_t i) {
    unsigned value = 0;
    for (const char c : escapes.substr(i + 1, 4)) value = value * 16 + static_cast<unsigned>(HexValue(c));
    return value;
  };
  for (std::size_t i = 0; i < escapes.size(); i += kStep) {
    const unsigned first = unit(i);
    if (first < 0xD800 || first > 0xDFFF) {
      AppendUtf8(scratch_, first);
      continue;
    }
    const unsigned second = i + kStep < escapes.size() ? unit(i + kStep) : 0;
    if (first > 0xDBFF || second < 0xDC00 || second > 0xDFFF) {
      Refuse("half of a surrogate pair is no character: write \\uD83D\\uDE00, both halves, or the character itself",
             {position.offset + i, position.line, position.column + i});
    }
    AppendUtf8(scratch_, 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
    i += kStep;
  }
}

void Builder::AddHole(std::string_view name, Position position) {
  UseVariable(name, position);
  if (!scratch_.empty()) template_.parts.push_back({false, std::exchange(scratch_, {})});
  template_.parts.push_back({true, std::string(name)});
}

std::string Builder::TakeText() { return std::exchange(scratch_, {}); }

Template Builder::TakeTemplate() {
  if (!scratch_.empty()) template_.parts.push_back({false, std::exchange(scratch_, {})});
  return std::exchange(template_, {});
}

std::string Builder::Bytes(std::string_view hex) {
  std::string bytes;
  bytes.reserve(hex.size() / 3 + 1);
  for (std::size_t i = 0; i + 1 < hex.size(); ++i) {
    if (hex[i] == ' ') continue;
    bytes += static_cast<char>(HexValue(hex[i]) * 16 + HexValue(hex[i + 1]));
    ++i;
  }
  return bytes;
}

// JSON.

void Builder::AddScalar(std::string_view json, Position position) {
  Json value = Json::parse(json, nullptr, false);
  if (value.is_discarded()) Refuse("this number is too large for a double", position);
  values_.push_back({std::move(value)});
}

void Builder::AddString() { values_.push_back({Json(TakeText())}); }

void Builder::AddVariable(std::string_view name, Position position) {
  UseVariable(name, position);
  values_.push_back({Value::Variable{std::string(name)}});
}

void Builder::Open(char bracket, Position position) {
  if (brackets_.size() >= kDeepestValue) {
    Refuse("nested deeper than " + std::to_string(kDeepestValue) + " levels: deeper bodies are written with `text` or `hex`", position);
  }
  brackets_.push_back({bracket, position, values_.size(), keys_.size()});
}

void Builder::CloseList() {
  const auto first = values_.begin() + static_cast<std::ptrdiff_t>(brackets_.back().values);
  Value::List list(std::make_move_iterator(first), std::make_move_iterator(values_.end()));
  values_.erase(first, values_.end());
  values_.push_back({std::move(list)});
  brackets_.pop_back();
}

void Builder::CloseObject() {
  const Bracket open = brackets_.back();
  brackets_.pop_back();
  Value::Object object;
  std::set<std::string_view> seen;
  for (std::size_t i = open.keys; i < keys_.size(); ++i) {
    if (!seen.insert(keys_[i]).second) {
      Refuse("two members of this object are called " + Quoted(keys_[i]) + ": a body that repeats one is written with `text`",
             open.position);
    }
  }
  for (std::size_t i = open.keys; i < keys_.size(); ++i) {
    object.push_back({std::move(keys_[i]), std::move(values_[open.values + i - open.keys])});
  }
  keys_.resize(open.keys);
  values_.resize(open.values);
  values_.push_back({std::move(object)});
}

Value Builder::TakeValue() {
  Value value = std::move(values_.back());
  values_.pop_back();
  return value;
}

std::string Builder::OpenBracketRemark(Position position) const {
  if (brackets_.empty() || brackets_.back().position.line == position.line) return "";
  const Bracket& open = brackets_.back();
  return "; the `" + std::string(1, open.bracket) + "` of line " + std::to_string(open.position.line) + ", column " +
         std::to_string(open.position.column) + " is not closed";
}

// Paths into JSON.

void Builder::BeginPath() { path_ = {}; }

void Builder::AddPathKey(std::string_view name) { path_.steps.push_back({PathStep::Kind::kKey, std::string(name), 0, nullptr}); }

void Builder::AddPathIndex(std::string_view digits, Position position) {
  path_.steps.push_back({PathStep::Kind::kIndex, "", Number(digits, 0, kMostTimes, "an index", position), nullptr});
}

void Builder::AddPathVariable(std::string_view name, Position position) {
  UseVariable(name, position);
  path_.steps.push_back({PathStep::Kind::kVariable, std::string(name), 0, nullptr});
}

void Builder::SetWhereKey(std::string_view word) { where_key_ = word.starts_with('"') ? TakeText() : std::string(word); }

void Builder::AddPathWhere() { path_.steps.push_back({PathStep::Kind::kWhere, where_key_, 0, std::make_shared<Value>(TakeValue())}); }

// Predicates.

void Builder::AddStatus(std::string_view code, Position position) {
  if (code.ends_with('x')) {
    predicate.status_codes.push_back(code.front() - '0');
    return;
  }
  predicate.status_codes.push_back(static_cast<int>(Number(code, 100, 599, "a status code", position)));
}

void Builder::SetNumber(std::string_view digits, Position position) {
  predicate.number = Number(digits, 0, kMostTimes, "a count", position);
}

void Builder::SetKind(std::string_view word, Position position) {
  if (!Has(kKinds, word)) Refuse(UnknownName("kind of value", word, kKinds), position);
  predicate.word = word;
}

void Builder::SetState(std::string_view word, Position position) {
  if (!Has(kStates, word)) Refuse(UnknownName("state", word, kStates), position);
  predicate.word = word;
}

void Builder::SetSubjectPhone(std::string_view name, Position position) {
  if (!phone_lines_.contains(name)) {
    std::vector<std::string_view> candidates(kPredicateWords.begin(), kPredicateWords.end());
    for (const auto& [known, line] : phone_lines_) candidates.push_back(known);
    const std::string hint = DidYouMean(name, candidates);
    Refuse(
        "unknown predicate " + Quoted(name) +
            (hint.empty() ? ": expected status, header, body, `$…`, last, some, statuses, progress, count or the name of a phone" : hint),
        position);
  }
  const PhoneLine& phone = *FindPhone(name);
  if (phone.count == 0 && phone.vendor.empty()) Refuse(Quoted(name) + " is nobody, who comes through no stages", position);
  predicate.phone = name;
}

void Builder::SetStage(std::string_view word, Position position) {
  if (!Has(kStages, word)) Refuse(UnknownName("stage", word, kStages), position);
  predicate.word = word;
}

void Builder::SetReachedAs(Position position) {
  if (predicate.word != "identified" && predicate.word != "registered") {
    Refuse("only `is identified` and `is registered` are said with `as`: as which device, with which username", position);
  }
  OnePhone(predicate.phone, "`as`", position);
}

void Builder::SetExample() { predicate.word = TakeText(); }

void Builder::AddPredicate(Position position) {
  const Kind kind = StatementKind();
  switch (predicate.subject) {
    case Subject::kStatus:
    case Subject::kHeader:
    case Subject::kBody:
    case Subject::kJson:
      if (predicate.subject == Subject::kJson && (kind == Kind::kBoots || kind == Kind::kTransfer)) break;
      if (kind != Kind::kRequest && kind != Kind::kRaw && kind != Kind::kEventually && kind != Kind::kPhoneRequest) {
        Refuse(kind == Kind::kBoots || kind == Kind::kTransfer
                   ? "what came of this statement is looked at by `$…`: it has no status, header or body"
                   : "only a request, `raw` or `eventually` has an answer to look at",
               position);
      }
      break;
    case Subject::kLast:
    case Subject::kLastState:
    case Subject::kSome:
    case Subject::kStatusesCount:
    case Subject::kProgress:
      if (kind != Kind::kFollow) Refuse("only `follow` sees the statuses of an operation", position);
      break;
    case Subject::kCount:
      if (kind != Kind::kAsked) Refuse("only `repository is asked for …` counts requests", position);
      break;
    case Subject::kPhone:
      break;  // wherever one may look
  }
  if (predicate.subject == Subject::kHeader) {
    for (const Value& value : predicate.values) {
      const Json* scalar = std::get_if<Json>(&value.is);
      if (!std::holds_alternative<Value::Variable>(value.is) && (scalar == nullptr || !scalar->is_string())) {
        Refuse("a header is compared with strings in double quotes or variables", position);
      }
    }
  }
  condition_.push_back(std::exchange(predicate, {}));
}

// The header.

void Builder::SetTitle(std::string_view text) {
  scenario_.title = text;
  SetPlace(Place::Line::kTitle);
}

void Builder::SetFormat(std::string_view number, Position position) {
  if (number != "1") Refuse("format " + Quoted(number) + " is not known: this provdlab reads format 1", position);
  SetPlace(Place::Line::kFormat);
}

void Builder::AddAbout(std::string_view text) {
  SetPlace(Place::Line::kAbout, static_cast<int>(scenario_.about.size()));
  scenario_.about.emplace_back(text);
}

void Builder::AddExclusive(std::string_view name, Position position) {
  if (!Has(kExclusiveNames, name)) Refuse(UnknownName("name after `exclusive`:", name, kExclusiveNames), position);
  const auto& names = scenario_.exclusive;
  if (std::find(names.begin(), names.end(), name) != names.end()) Refuse(Quoted(name) + " is named twice", position);
  scenario_.exclusive.emplace_back(name);
}

void Builder::AddOffer(std::string_view name, Position position) {
  if (!Has(kCapabilities, name)) Refuse(UnknownName("capability", name, kCapabilities), position);
  const auto& names = scenario_.offers;
  if (std::find(names.begin(), names.end(), name) != names.end()) Refuse(Quoted(name) + " is named twice", position);
  scenario_.offers.emplace_back(name);
}

void Builder::SetProxies(std::string_view digits, Position position) {
  scenario_.proxies = static_cast<int>(Number(digits, 0, kMostProxies, "the number of proxies", position));
}

void Builder::HeaderLine(Place::Line line, Position position) {
  if (!header_lines_.insert(line).second) {
    constexpr auto kWords = std::to_array<std::pair<Place::Line, std::string_view>>({{Place::Line::kExclusive, "exclusive"},
                                                                                     {Place::Line::kTier, "tier"},
                                                                                     {Place::Line::kOffers, "offers"},
                                                                                     {Place::Line::kProxies, "proxies"},
                                                                                     {Place::Line::kIds, "ids"},
                                                                                     {Place::Line::kMacs, "macs"},
                                                                                     {Place::Line::kTable, "for"}});
    for (const auto& [known, word] : kWords) {
      if (known == line) RefuseRepeatedHeader(word, position);
    }
  }
  in_rows_ = false;
  SetPlace(line);
}

void Builder::RefuseRepeatedHeader(std::string_view word, Position position) {
  Refuse(
      "a second line " + Quoted(word) + ": a scenario has one" +
          (word == "scenario" || word == "format" || word == "tier" || word == "proxies" || word == "for" ? ""
                                                                                                          : ", its names parted by commas"),
      position);
}

void Builder::Declare(std::string_view name, Position position) {
  if (Has(kGivenVariables, name)) Refuse(Quoted(name) + " is a variable that every scenario has: take another name", position);
  if (Has(kTenantVariables, name)) Refuse(Quoted(name) + " is a variable of scenarios with tenants: take another name", position);
  if (Has(kRegistrarVariables, name)) Refuse(Quoted(name) + " is a variable of scenarios with phones: take another name", position);
  if (!variables_.emplace(name, -1).second) Refuse(Quoted(name) + " is declared twice", position);
}

void Builder::AddId(std::string_view name, Position position) {
  Declare(name, position);
  scenario_.ids.push_back({std::string(name)});
}

void Builder::SetIdLength(std::string_view digits, Position position) {
  scenario_.ids.back().length = Number(digits, kShortestId, kLongestId, "the length of an id", position);
}

void Builder::AddMac(std::string_view name, Position position) {
  Declare(name, position);
  scenario_.macs.emplace_back(name);
}

void Builder::BeginPackage(std::string_view name, Position position) {
  Declare(name, position);
  packages_.emplace(name);
  package_name_ = name;
  details = {};
}

void Builder::EndPackageDetails() {
  if (in_statement_) return;
  SetPlace(Place::Line::kPackage, static_cast<int>(scenario_.packages.size()));
  scenario_.packages.push_back({package_name_, std::exchange(details, {})});
}

void Builder::DeclareSmall(std::string_view name, Position position) {
  for (const auto words : {std::span<const std::string_view>(kHeaderWords), std::span<const std::string_view>(kStatementWords),
                           std::span<const std::string_view>(kDetailWords), std::span<const std::string_view>(kPredicateWords),
                           std::span<const std::string_view>(kReservedNames)}) {
    if (Has(words, name)) Refuse(Quoted(name) + " is a word of the language: take another name", position);
  }
  if (phone_lines_.contains(name) || accounts_.contains(name)) Refuse(Quoted(name) + " is declared twice", position);
  for (const std::string_view variable : kRegistrarVariables) variables_.emplace(variable, -1);
}

const PhoneLine* Builder::FindPhone(std::string_view name) const {
  const auto found = phone_lines_.find(name);
  return found == phone_lines_.end() ? nullptr : &scenario_.phones[found->second];
}

const PhoneLine& Builder::OnePhone(std::string_view name, std::string_view use, Position position) const {
  const PhoneLine* phone = FindPhone(name);
  if (phone == nullptr) {
    if (accounts_.contains(name)) Refuse(Quoted(name) + " is an account, not a phone", position);
    std::vector<std::string_view> candidates;
    for (const auto& [known, line] : phone_lines_) candidates.push_back(known);
    const std::string hint = DidYouMean(name, candidates);
    Refuse("no phone " + Quoted(name) + " is declared above" +
               (hint.empty() ? ": add the line `phone " + std::string(name) + " is …` to the header" : hint),
           position);
  }
  if (phone->count > 0) {
    Refuse(Quoted(name) + " is a crowd, and " + std::string(use) + " is for a single phone: declare it by `phone NAME is …`", position);
  }
  return *phone;
}

void Builder::BeginPhone(std::string_view name, Position position) {
  DeclareSmall(name, position);
  if (++phones_ > kMostPhones) Refuse("a scenario has at most " + std::to_string(kMostPhones) + " phones", position);
  phone_ = {};
  phone_.name = name;
}

void Builder::SetFirmware(Position position) {
  if (phone_.firmware) Refuse("`firmware` is said twice", position);
  phone_.firmware = TakeText();
}

void Builder::SetSharedPlace(std::string_view name, Position position) {
  if (!phone_.at.empty()) Refuse("`at` is said twice", position);
  if (name == phone_.name) Refuse("`at` names another phone", position);
  const PhoneLine& other = OnePhone(name, "`at`", position);
  if (!other.at.empty()) {
    Refuse(Quoted(name) + " is at the address of " + Quoted(other.at) + " itself: write `at " + other.at + "`", position);
  }
  phone_.at = name;
}

void Builder::SetCrowdSize(std::string_view digits, Position position) {
  phone_.count = Number(digits, 1, kMostPhones, "the size of a crowd", position);
  phones_ += phone_.count - 1;
  if (phones_ > kMostPhones) Refuse("a scenario has at most " + std::to_string(kMostPhones) + " phones", position);
}

void Builder::EndPhone() {
  const bool nobody = phone_.vendor.empty();
  if (phone_.count == 0) {
    for (const std::string_view member : nobody ? std::span<const std::string_view>(kNobodysMembers) : kPhoneMembers) {
      variables_.emplace(phone_.name + "." + std::string(member), -1);
    }
  }
  SetPlace(Place::Line::kPhone, static_cast<int>(scenario_.phones.size()));
  phone_lines_.emplace(phone_.name, scenario_.phones.size());
  scenario_.phones.push_back(std::exchange(phone_, {}));
}

void Builder::AddAccount(std::string_view name, Position position) {
  DeclareSmall(name, position);
  if (scenario_.accounts.size() == kMostPhones) Refuse("a scenario has at most " + std::to_string(kMostPhones) + " accounts", position);
  for (const std::string_view member : kAccountMembers) variables_.emplace(std::string(name) + "." + std::string(member), -1);
  accounts_.emplace(name);
  SetPlace(Place::Line::kAccount, static_cast<int>(scenario_.accounts.size()));
  scenario_.accounts.emplace_back(name);
}

void Builder::AddColumn(std::string_view name, Position position) {
  if (!scenario_.table) scenario_.table.emplace();
  if (header_lines_.contains(Place::Line::kTable)) RefuseRepeatedHeader("for", position);
  Declare(name, position);
  scenario_.table->names.emplace_back(name);
}

void Builder::AddRow(Position position) {
  Value row = TakeValue();
  const std::size_t columns = scenario_.table->names.size();
  if (columns > 1) {
    const auto* list = std::get_if<Value::List>(&row.is);
    if (list == nullptr || list->size() != columns) {
      Refuse("each value is a list of " + std::to_string(columns) + " here, one for each name before `in`", position);
    }
  }
  if (scenario_.table->rows.size() == kMostRows)
    Refuse("a table has at most " + std::to_string(kMostRows) + " rows; make several scenarios of it", position);
  scenario_.table->rows.push_back(std::move(row));
}

// A package's details.

void Builder::SetFixture(std::string_view name, Position position) {
  if (!details.fixture.empty()) Refuse("`from` is said twice", position);
  details.fixture = name;
}

void Builder::SetVersion(Position position) {
  if (details.version) Refuse("`version` is said twice", position);
  details.version = TakeText();
}

void Builder::SetSize(std::string_view digits, Position position) {
  if (details.bytes) Refuse("`of … bytes` is said twice", position);
  details.bytes = Number(digits, 1, kMostBytes, "a size", position);
}

void Builder::SetEntry(Position position) {
  if (details.entry) Refuse("`entry` is said twice: one object may have several members", position);
  details.entry = TakeValue();
}

void Builder::AddWithoutEntry(std::string_view word, Position position) {
  std::string key = word.starts_with('"') ? TakeText() : std::string(word);
  auto& keys = details.without_entry;
  if (std::find(keys.begin(), keys.end(), key) != keys.end()) Refuse(Quoted(key) + " is left out twice", position);
  keys.push_back(std::move(key));
}

void Builder::SetUnlisted(Position position) {
  if (in_statement_) Refuse("`unlisted` belongs to a `package` of the header: `repository lists` lists it", position);
  if (details.unlisted) Refuse("`unlisted` is said twice", position);
  details.unlisted = true;
}

void Builder::SetNamed(Position position) {
  if (in_statement_) Refuse("`named` belongs to a `package` of the header: an id is given once", position);
  if (!details.named.empty()) Refuse("`named` is said twice", position);
  details.named = TakeText();
  const bool plain = std::all_of(details.named.begin(), details.named.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
  if (details.named.empty() || !plain) Refuse("an id ends in letters, digits and `.-_`, e.g. `named \"10.0\"`", position);
}

// Variables.

void Builder::UseVariable(std::string_view name, Position position) {
  if (Has(kGivenVariables, name)) return;
  if (Has(kTenantVariables, name) && std::count(scenario_.offers.begin(), scenario_.offers.end(), "tenants") > 0) return;
  if (in_rows_)
    Refuse("the values after `for … in` can't use " + Quoted(name) + ": only RUN, HOST, REPO, PREFIX and AUTH are known there", position);
  if (!in_statement_ && !variables_.contains(name)) {
    // A package's entry may use what a later line of the header declares.
    early_uses_.emplace_back(name, position);
    return;
  }
  const auto found = variables_.find(name);
  if (found == variables_.end()) {
    RefuseWhatPhonesLack(name, position);
    std::vector<std::string_view> candidates(kGivenVariables.begin(), kGivenVariables.end());
    for (const auto& [known, statement] : variables_) candidates.push_back(known);
    const bool small = name.front() >= 'a' && name.front() <= 'z';
    if (small) candidates.insert(candidates.end(), {"true", "false", "null", "answers", "needs"});
    const std::string hint = DidYouMean(name, candidates);
    if (!hint.empty()) Refuse("unknown variable " + Quoted(name) + hint, position);
    if (const std::size_t dot = name.find('.'); dot != std::string_view::npos) {
      const std::string owner(name.substr(0, dot));
      Refuse("unknown variable " + Quoted(name) + ": the header declares no phone and no account " + Quoted(owner), position);
    }
    if (Has(kRegistrarVariables, name)) {
      Refuse("unknown variable " + Quoted(name) + ": only a scenario with a `phone` or an `account` has a registrar", position);
    }
    Refuse("unknown variable " + Quoted(name) +
               (small ? ": no statement before this one captures it, e.g. `" + std::string(name) + " = header Location`"
                      : ": the header declares none of that name with `package` or `for`"),
           position);
  }
  if (phase_ == Phase::kRequest && in_statement_ && found->second == static_cast<int>(scenario_.steps.size())) {
    Refuse(Quoted(name) + " is captured from the answer to this very request", position);
  }
}

void Builder::RefuseWhatPhonesLack(std::string_view name, Position position) const {
  const std::string owner(name.substr(0, name.find('.')));
  const auto members = [&](std::span<const std::string_view> words) {
    std::string list;
    for (const std::string_view word : words)
      list += (list.empty() ? "" : word == words.back() ? " and " : ", ") + owner + "." + std::string(word);
    return list;
  };
  const bool dotted = owner.size() < name.size();
  const std::string unknown = "unknown variable " + Quoted(name) + ": ";
  if (accounts_.contains(owner)) {
    std::string_view hint;
    if (dotted) hint = Nearest(name.substr(owner.size() + 1), kAccountMembers);
    if (!hint.empty()) Refuse(unknown + "did you mean " + Quoted(owner + "." + std::string(hint)) + "?", position);
    Refuse(unknown + "the account " + Quoted(owner) + " has " + members(kAccountMembers), position);
  }
  const PhoneLine* phone = FindPhone(owner);
  if (phone == nullptr) return;
  if (phone->count > 0) {
    Refuse(unknown + Quoted(owner) + " is a crowd, which has no variables: declare single phones by `phone NAME is …`", position);
  }
  if (phone->vendor.empty()) Refuse(unknown + Quoted(owner) + " is nobody, and has only " + members(kNobodysMembers), position);
  std::string_view hint;
  if (dotted) hint = Nearest(name.substr(owner.size() + 1), kPhoneMembers);
  if (!hint.empty()) Refuse(unknown + "did you mean " + Quoted(owner + "." + std::string(hint)) + "?", position);
  Refuse(unknown + "the phone " + Quoted(owner) + " has " + members(kPhoneMembers), position);
}

// Statements.

void Builder::EndOfHeader() {
  in_statement_ = true;
  const auto uses = std::exchange(early_uses_, {});
  for (const auto& [name, position] : uses) UseVariable(name, position);
}

void Builder::BeginStatement(Position position) {
  EndOfHeader();
  step_ = {};
  step_.position = position;
  step_.source = LineAt(position);
  phase_ = Phase::kRequest;
  once_.clear();
  condition_.clear();
  predicate = {};
  blamed_.clear();
  eventually_ = false;
  SetPlace(Place::Line::kStatement);
}

void Builder::SetRole(Step::Role role) { step_.role = role; }

RequestStep& Builder::Request() {
  if (auto* eventually = std::get_if<EventuallyStep>(&step_.does)) return eventually->request;
  if (auto* phone = std::get_if<PhoneStep>(&step_.does)) return phone->request;
  return std::get<RequestStep>(step_.does);
}

void Builder::BeginRequest(std::string_view method, Position position) {
  if (!Has(kMethods, method)) {
    // Methods that nobody knows are tried on purpose, but GTE is a slip.
    const std::string_view nearest = Nearest(method, kMethods);
    if (!nearest.empty()) {
      Refuse("unknown method " + Quoted(method) + ": did you mean " + Quoted(nearest) + "? If not, write the request with `raw`", position);
    }
  }
  if (!eventually_ && !std::holds_alternative<PhoneStep>(step_.does)) step_.does = RequestStep{};
  Request().method = method;
}

void Builder::SetRequestPath(Position position) {
  Request().path = TakeTemplate();
  path_position_ = position;
}

void Builder::SetRequestBody(Position position) {
  Once("a body", position);
  Request().body.kind = Body::Kind::kJson;
  Request().body.json = TakeValue();
}

void Builder::BeginRaw() { step_.does = RawStep{}; }

void Builder::BeginFollow() {
  FollowStep follow;
  follow.blamed = blamed_;
  step_.does = std::move(follow);
}

void Builder::SetLocation(Position position) {
  auto& follow = std::get<FollowStep>(step_.does);
  follow.location = TakeTemplate();
  const Template::Part& first = follow.location.parts.front();
  if (!first.variable && !first.text.starts_with('/')) Refuse("a path begins with `/` or a captured variable like `{oip}`", position);
}

void Builder::SetUntil(std::string_view word, Position position) {
  if (!Has(kEnds, word)) Refuse(UnknownName("end", word, kEnds), position);
  auto& follow = std::get<FollowStep>(step_.does);
  follow.until = word == "ended" ? FollowStep::Until::kEnded : word == "success" ? FollowStep::Until::kSuccess : FollowStep::Until::kFail;
}

void Builder::SetFollowLimit() {
  once_.insert("`within`");
  std::get<FollowStep>(step_.does).within = duration_;
}

void Builder::SetBlamed(std::string_view slug) { blamed_ = slug; }

void Builder::BeginEventually() {
  step_.does = EventuallyStep{};
  eventually_ = true;
}

void Builder::SetTimeLimit() { std::get<EventuallyStep>(step_.does).within = duration_; }

void Builder::SetBarrier() { step_.does = BarrierStep{}; }

void Builder::SetRestart(Position position) {
  if (std::find(scenario_.offers.begin(), scenario_.offers.end(), "restart") == scenario_.offers.end())
    Refuse("`restart` needs `offers restart` in the header: not every target can be started again", position);
  step_.does = RestartStep{};
}

void Builder::SetUpgrade(Position position) {
  if (std::find(scenario_.offers.begin(), scenario_.offers.end(), "upgrade") == scenario_.offers.end())
    Refuse("`upgrade` needs `offers upgrade` in the header: not every target has a next version", position);
  step_.does = RestartStep{.upgrade = true};
}

void Builder::BeginRepository() {
  step_.does = RepositoryStep{};
  details = {};
}

void Builder::SetTargetFile(Position position) {
  std::string file = TakeText();
  if (file.empty()) file = "plugins.db";
  if (file != "plugins.db" && !file.starts_with("files/")) {
    Refuse("the repository has packages, `plugins.db` and \"files/…\", not \"" + file + "\"", position);
  }
  // {PKG} stands for a package's id; no file has braces otherwise.
  for (std::size_t open = file.find('{'); open != std::string::npos; open = file.find('{', open + 1)) {
    const std::size_t close = file.find('}', open);
    const std::string name = close == std::string::npos ? file.substr(open + 1) : file.substr(open + 1, close - open - 1);
    if (close == std::string::npos || !packages_.contains(name)) {
      Refuse("a `{` in a file's name begins the name of a package, like {PKG}: the header declares no package " + Quoted(name), position);
    }
  }
  repository().file = std::move(file);
}

void Builder::SetTargetPackage(std::string_view name, Position position) {
  if (!packages_.contains(name)) {
    if (variables_.contains(name)) Refuse(Quoted(name) + " is a value of `for`, not a package", position);
    const std::vector<std::string_view> known(packages_.begin(), packages_.end());
    const std::string hint = DidYouMean(name, known);
    Refuse("the header declares no package " + Quoted(name) + (hint.empty() ? ": add the line `package " + std::string(name) + "`" : hint),
           position);
  }
  repository().package = name;
}

void Builder::SetHeldBytes(std::string_view digits, Position position) {
  repository().bytes = Number(digits, 0, kMostBytes, "a number of bytes", position);
}

void Builder::SetTimes(std::string_view digits, Position position) {
  repository().times = static_cast<int>(Number(digits, 1, kMostTimes, "how often", position));
}

void Builder::SetRequestNumber(std::string_view digits, Position position) {
  repository().request = static_cast<int>(Number(digits, 1, kMostTimes, "the number of a request", position));
}

void Builder::SetAction(RepositoryStep::Action action, Position) {
  repository().action = action;
  repository().details = std::exchange(details, {});
}

void Builder::BeginPhoneStep(std::string_view name, Position position) {
  if (accounts_.contains(name)) Refuse(Quoted(name) + " is an account: phones register with it, but it does nothing itself", position);
  if (!phone_lines_.contains(name)) RefuseStatement(name, position);
  PhoneStep step;
  step.phone = name;
  step_.does = std::move(step);
}

void Builder::SetPhoneLimit() {
  once_.insert("`within`");
  std::get<PhoneStep>(step_.does).within = duration_;
}

void Builder::SetOtherPhone(std::string_view name, Position position) {
  auto& step = std::get<PhoneStep>(step_.does);
  if (name == step.phone) Refuse("a phone moves to the address of another one, or without `to` to a new one", position);
  OnePhone(name, "`moves to`", position);
  step.to = name;
}

void Builder::SetIgnoredTimes(std::string_view digits, Position position) {
  SetIgnored(static_cast<int>(Number(digits, 1, kMostTimes, "how often it is ignored", position)));
}

void Builder::AddNotifyCode(std::string_view digits, Position position) {
  std::get<PhoneStep>(step_.does)
      .notify.push_back({static_cast<int>(Number(digits, 100, 699, "a phone's answer to NOTIFY", position)), std::nullopt});
}

void Builder::AddNotifyText(Position) { std::get<PhoneStep>(step_.does).notify.push_back({0, TakeText()}); }

void Builder::BeginNotifications(Position position) {
  NeedOffer("`notifications are …`", "notify", "can reach our phones", position);
  step_.does = NotificationsStep{};
}

void Builder::SetDelay() { std::get<PhoneStep>(step_.does).after = duration_; }

void Builder::SetAtOnce(std::string_view digits, Position position) {
  std::get<PhoneStep>(step_.does).times = static_cast<int>(Number(digits, 2, kMostAtOnce, "how often at once", position));
}

void Builder::SetFile(Position position) {
  Transfer& transfer = std::get<PhoneStep>(step_.does).transfer;
  transfer.file = TakeTemplate();
  for (const Template::Part& part : transfer.file.parts) RefuseNul(part.text, position);
}

void Builder::SetDatagram(std::string_view hex) { std::get<PhoneStep>(step_.does).bytes = Bytes(hex); }

void Builder::SetPhoneAction(PhoneStep::Action action, Position position) {
  using Action = PhoneStep::Action;
  auto& step = std::get<PhoneStep>(step_.does);
  step.action = action;
  const PhoneLine& phone = *FindPhone(step.phone);
  const bool transfers = action == Action::kReads || action == Action::kWrites || action == Action::kSends;
  const bool asks = transfers || action == Action::kRequests;
  if (action == Action::kWrites || action == Action::kSends)
    OnePhone(step.phone, action == Action::kWrites ? "`writes`" : "`sends`", position);
  if (action == Action::kMoves) OnePhone(step.phone, "`moves`", position);
  if (phone.count == 0 && phone.vendor.empty() && !asks && action != Action::kMoves) {
    Refuse(Quoted(step.phone) + " is nobody: it only asks over HTTP and TFTP, and moves", position);
  }
  switch (action) {
    case Action::kBoots:
    case Action::kSettles:
    case Action::kRequests:
      NeedOffer(action == Action::kBoots     ? "`boots`"
                : action == Action::kSettles ? "`settles`"
                                             : "a phone's request",
                "http-provisioning", "serves phones over HTTP", position);
      break;
    case Action::kReads:
    case Action::kWrites:
    case Action::kSends:
      NeedOffer(action == Action::kReads    ? "`reads`"
                : action == Action::kWrites ? "`writes`"
                                            : "`sends`",
                "tftp", "serves phones over TFTP", position);
      break;
    case Action::kIsSynchronized:
      NeedOffer("`is synchronized`", "notify", "can reach our phones", position);
      break;
    case Action::kAnswersNotify:
      if (!step.notify.empty() && !step.notify.back().text && step.notify.back().code < 200)
        Refuse("a code below 200 is no end: `answers NOTIFY with 100 and 200`", position);
      // 200 alone is what is meant without it.
      if (step.notify.size() == 1 && step.notify.front().code == 200) step.notify.clear();
      [[fallthrough]];
    case Action::kIgnoresNotify:
      NeedOffer(action == Action::kIgnoresNotify ? "`ignores NOTIFY`" : "`answers NOTIFY`", "notify", "can reach our phones", position);
      break;
    case Action::kMoves:
      NeedOffer("`moves`", "addresses", "sees an address of its own for each phone", position);
      break;
    case Action::kRenews:
    case Action::kIsSwitchedOff:
      break;
  }
}

void Builder::NeedOffer(std::string_view what, std::string_view capability, std::string_view why, Position position) const {
  const auto& offers = scenario_.offers;
  if (std::find(offers.begin(), offers.end(), capability) != offers.end()) return;
  Refuse(std::string(what) + " needs `offers " + std::string(capability) + "` in the header: not every target " + std::string(why),
         position);
}

void Builder::RefusePhoneAction(std::string_view word, Position position) {
  const std::string hint = DidYouMean(word, kPhoneActionWords);
  Refuse("a phone does not know " + Quoted(word) +
             (hint.empty() ? ": expected boots, settles, renews, moves, `is switched off`, `is synchronized`, `ignores NOTIFY`, "
                             "`answers NOTIFY`, a method and a path, reads, writes or sends"
                           : hint),
         position);
}

void Builder::EndStatement() {
  const Kind kind = StatementKind();
  const auto* phone = std::get_if<PhoneStep>(&step_.does);
  if (phone != nullptr && phone->times > 1 && !step_.captures.empty()) {
    Refuse("what is asked for several times at once has several answers: capture from one of its own", step_.position);
  }
  if (kind == Kind::kRequest || kind == Kind::kEventually || kind == Kind::kPhoneRequest) {
    const RequestStep& request = Request();
    const Template::Part& first = request.path.parts.front();
    if (!request.raw_path && !first.variable && !first.text.starts_with('/')) {
      Refuse("a path begins with `/` or a captured variable like `{oip}`", path_position_);
    }
    if (request.body.pad_to > 0) {
      if (request.body.kind != Body::Kind::kJson ||
          (!std::holds_alternative<Value::List>(request.body.json.is) && !std::holds_alternative<Value::Object>(request.body.json.is))) {
        Refuse("`pad` puts blanks before a body's last bracket: the body must be a JSON object or list", pad_position_);
      }
    }
    if (request.body.chunked && request.body.kind == Body::Kind::kNone) Refuse("`chunked` needs a body", chunked_position_);
  }
  if (kind == Kind::kRaw) {
    const auto& parts = std::get<RawStep>(step_.does).parts;
    if (std::none_of(parts.begin(), parts.end(), [](const RawStep::Part& part) { return part.kind == RawStep::Part::Kind::kSend; })) {
      Refuse("`raw` sends nothing: it needs a detail `send \"…\"` or `send hex …`", step_.position);
    }
  }
  if (kind == Kind::kEventually && step_.checks.empty() && step_.expects.empty() && step_.answers.empty()) {
    Refuse("`eventually` has nothing to wait for: it needs a `check`, `expects` or `answers`", step_.position);
  }
  if (kind == Kind::kAsked && step_.checks.empty() && step_.expects.empty()) {
    Refuse("`repository is asked for` looks at nothing: it needs a `check` or `expects` with `count`", step_.position);
  }
  if (!blamed_.empty()) {
    if (step_.role == Step::Role::kGiven) {
      Refuse("a `given` never blames: use `follow` without `check`, or take `given` away", step_.position);
    }
    checked_ = true;
  }
  if (!step_.checks.empty()) checked_ = true;
  if (step_.role == Step::Role::kAct) act_seen_ = true;
  scenario_.steps.push_back(std::move(step_));
  step_ = {};
}

void Builder::RefuseStatement(std::string_view word, Position position) {
  if (word == "given" || word == "act") Refuse("a statement is either `given` or `act`, said once", position);
  if (Has(kHeaderWords, word)) Refuse(Quoted(word) + " belongs to the header, above the first statement", position);
  if (Has(kDetailWords, word)) Refuse(Quoted(word) + " is a detail: indent it below the statement that it belongs to", position);
  if (Has(kPhoneActionWords, word)) Refuse(Quoted(word) + " is what a phone does: write its name before it, e.g. `desk boots`", position);
  std::vector<std::string_view> candidates(kStatementWords.begin(), kStatementWords.end());
  for (const auto& [known, line] : phone_lines_) candidates.push_back(known);
  if (scenario_.steps.empty()) candidates.insert(candidates.end(), kHeaderWords.begin(), kHeaderWords.end());
  const std::string hint = DidYouMean(word, candidates);
  Refuse("unknown statement " + Quoted(word) +
             (hint.empty()
                  ? ": expected a method and a path, raw, follow, eventually, repository, barrier, restart, upgrade, notifications or a "
                    "phone, with or without given or act"
                  : hint),
         position);
}

void Builder::RefuseAction(std::string_view word, Position position) {
  const std::string hint = DidYouMean(word, kActionWords);
  Refuse("the repository does not know " + Quoted(word) +
             (hint.empty() ? ": expected holds, releases, awaits, does, behaves, lists, drops, replaces or `is asked for`" : hint),
         position);
}

void Builder::RefuseStrayDetail(Position position) {
  Refuse("an indented line belongs to the statement above it, and there is none", position);
}

// Details.

Builder::Kind Builder::StatementKind() const {
  switch (step_.does.index()) {
    case 0:
      return Kind::kRequest;
    case 1:
      return Kind::kRaw;
    case 2:
      return Kind::kFollow;
    case 3:
      return Kind::kEventually;
    case 4:
      return Kind::kBarrier;
    case 5:
      return Kind::kRestart;
    case 6:
      return std::get<RepositoryStep>(step_.does).action == RepositoryStep::Action::kAsked ? Kind::kAsked : Kind::kRepository;
    case 8:
      return Kind::kNotifications;
    default:
      break;
  }
  switch (std::get<PhoneStep>(step_.does).action) {
    case PhoneStep::Action::kRequests:
      return Kind::kPhoneRequest;
    case PhoneStep::Action::kBoots:
    case PhoneStep::Action::kSettles:
    case PhoneStep::Action::kRenews:
    case PhoneStep::Action::kIsSynchronized:
      return Kind::kBoots;
    case PhoneStep::Action::kReads:
    case PhoneStep::Action::kWrites:
    case PhoneStep::Action::kSends:
      return Kind::kTransfer;
    default:
      return Kind::kPhone;
  }
}

void Builder::Allow(std::string_view detail, std::initializer_list<Kind> kinds, std::string_view belongs, Position position) const {
  const Kind kind = StatementKind();
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
    Refuse(std::string(detail) + " belongs to " + std::string(belongs) + ", not to this statement", position);
  }
}

void Builder::Once(std::string_view detail, Position position) {
  if (!once_.emplace(detail).second) Refuse(std::string(detail) + " is given twice", position);
}

void Builder::BeginDetail(Position) {
  phase_ = Phase::kAnswer;
  condition_.clear();
  predicate = {};
}

void Builder::AddAnswer(std::string_view code, Position position) {
  phase_ = Phase::kAnswer;
  if (code.ends_with("xx"))
    Refuse("`answers` takes full status codes, e.g. `answers 200 or 204`; a class is for `status is 2xx`", position);
  if (code.size() != 3 && StatementKind() == Kind::kRaw) {
    Refuse("`answers` takes a status code; how many answers are read is said by `reads " + std::string(code) + " answers`", position);
  }
  step_.answers.push_back(static_cast<int>(Number(code, 100, 599, "a status code", position)));
}

void Builder::EndAnswers(Position position) {
  Allow("`answers`", {Kind::kRequest, Kind::kRaw, Kind::kEventually, Kind::kPhoneRequest}, "a request, `raw` or `eventually`", position);
  Once("`answers`", position);
  SetPlace(Place::Line::kStatement);
}

void Builder::AddNeed(std::string_view slug, Position position) {
  if (std::find(step_.needs.begin(), step_.needs.end(), slug) != step_.needs.end()) Refuse(Quoted(slug) + " is needed twice", position);
  step_.needs.emplace_back(slug);
}

void Builder::EndNeeds(Position) { SetPlace(Place::Line::kStatement); }

void Builder::SetDuration(std::string_view seconds, Position position) {
  const std::size_t dot = seconds.find('.');
  std::string_view fraction = dot == std::string_view::npos ? std::string_view() : seconds.substr(dot + 1);
  if (fraction.size() > 3) Refuse("a time is exact to the millisecond: three digits after the point at most", position);
  constexpr std::uint64_t kMost = kLongestWait / std::chrono::seconds(1);
  std::uint64_t milliseconds = 1000 * Number(seconds.substr(0, dot), 0, kMost, "a time in seconds", position);
  std::uint64_t unit = 100;
  for (const char digit : fraction) {
    milliseconds += static_cast<std::uint64_t>(digit - '0') * unit;
    unit /= 10;
  }
  if (milliseconds == 0 || milliseconds > 1000 * kMost) {
    Refuse("a time is more than 0 s and at most " + std::to_string(kMost) + " s", position);
  }
  duration_ = std::chrono::milliseconds(milliseconds);
}

void Builder::EndWithin(Position position) {
  Allow("`within`", {Kind::kRequest, Kind::kRaw, Kind::kEventually, Kind::kFollow, Kind::kPhoneRequest, Kind::kBoots, Kind::kTransfer},
        "a request, `raw`, `eventually`, `follow` or what a phone does", position);
  Once("`within`", position);
  if (auto* raw = std::get_if<RawStep>(&step_.does)) {
    raw->within = duration_;
  } else if (auto* follow = std::get_if<FollowStep>(&step_.does)) {
    // Canonically on the statement's own line.
    follow->within = duration_;
    SetPlace(Place::Line::kStatement);
    return;
  } else if (StatementKind() == Kind::kBoots || StatementKind() == Kind::kTransfer) {
    std::get<PhoneStep>(step_.does).within = duration_;
    if (StatementKind() == Kind::kBoots) {
      SetPlace(Place::Line::kStatement);
      return;
    }
  } else {
    Request().within = duration_;
  }
  SetPlace(Place::Line::kWithin);
}

void Builder::SetCaptureName(std::string_view name, Position position) {
  if (Has(kReservedNames, name)) Refuse(Quoted(name) + " is a word of the language: capture under another name", position);
  if (phone_lines_.contains(name) || accounts_.contains(name)) {
    Refuse("the header declares " + Quoted(name) + ": capture under another name", position);
  }
  capture_ = {};
  capture_.name = name;
}

void Builder::AddCapture(Capture::From from) {
  capture_.from = from;
  if (from == Capture::From::kJson) capture_.path = std::move(path_);
}

void Builder::EndCapture(Position position) {
  if (capture_.from == Capture::From::kLast) {
    Allow("a capture of the last status", {Kind::kFollow}, "`follow`", position);
  } else {
    Allow("a capture", {Kind::kRequest, Kind::kRaw, Kind::kEventually, Kind::kPhoneRequest, Kind::kBoots, Kind::kTransfer},
          "a request, `raw`, `eventually` or what a phone shows", position);
    if ((StatementKind() == Kind::kBoots || StatementKind() == Kind::kTransfer) && capture_.from != Capture::From::kJson) {
      Refuse("what came of this statement is captured by `NAME = $…`: it has no status, header or body", position);
    }
  }
  for (const Capture& other : step_.captures) {
    if (other.name == capture_.name) Refuse(Quoted(capture_.name) + " is captured twice", position);
  }
  variables_.emplace(capture_.name, static_cast<int>(scenario_.steps.size()));
  SetPlace(Place::Line::kCapture, static_cast<int>(step_.captures.size()));
  step_.captures.push_back(std::move(capture_));
}

void Builder::SetOnlyIf(std::string_view variable, Position position) {
  BeginRequestPart();  // what is captured from this step's answer is not there yet
  UseVariable(variable, position);
  Once("`only if`", position);
  step_.only_if = OnlyIf{std::string(variable), false, {}};
}

void Builder::EndOnlyIf(Position) {
  step_.only_if->negated = predicate.relation == Relation::kIsNot;
  step_.only_if->values = std::move(predicate.values);
  predicate = {};
  SetPlace(Place::Line::kOnlyIf);
}

void Builder::BeginCheck(Position position) {
  check_ = {};
  check_.position = position;
}

void Builder::EndCheck(Position position) {
  Allow("`check`",
        {Kind::kRequest, Kind::kRaw, Kind::kEventually, Kind::kFollow, Kind::kAsked, Kind::kPhoneRequest, Kind::kBoots, Kind::kTransfer,
         Kind::kPhone},
        "a request, `raw`, `eventually`, `follow`, `repository is asked for` or a phone", position);
  if (step_.role == Step::Role::kGiven) {
    Refuse("a `given` never blames: write `expects` instead of `check SLUG`, or take `given` away", position);
  }
  check_.condition = std::exchange(condition_, {});
  SetPlace(Place::Line::kCheck, static_cast<int>(step_.checks.size()));
  step_.checks.push_back(std::move(check_));
}

void Builder::EndControl(Position position) {
  if (step_.checks.empty()) Refuse("`control` belongs to the `check` above it, and there is none in this statement", position);
  Check& check = step_.checks.back();
  if (check.control) Refuse("this `check` has a `control` already", position);
  if (step_.role == Step::Role::kAct) Refuse("`control` would leave out this very statement: it is an `act` itself", position);
  if (!act_seen_) Refuse("`control` leaves out the `act` above it, and there is none", position);
  if (StatementKind() != Kind::kEventually && !SaysAbsence(check.condition)) {
    Refuse("`control` stands under `eventually` or below a check of absence (lacks, absent, not, 404, empty, 0)", position);
  }
  check.control = std::exchange(condition_, {});
  SetPlace(Place::Line::kControl, static_cast<int>(step_.checks.size()) - 1);
}

void Builder::EndExpects(Position position) {
  Allow("`expects`",
        {Kind::kRequest, Kind::kRaw, Kind::kEventually, Kind::kFollow, Kind::kAsked, Kind::kPhoneRequest, Kind::kBoots, Kind::kTransfer,
         Kind::kPhone},
        "a request, `raw`, `eventually`, `follow`, `repository is asked for` or a phone", position);
  for (Predicate& expected : condition_) step_.expects.push_back(std::move(expected));
  condition_.clear();
  SetPlace(Place::Line::kExpects);
}

void Builder::SetParameterName(std::string_view name) {
  BeginRequestPart();
  parameter_ = {};
  parameter_.name = name;
}

void Builder::EndQuery(Position position) {
  Allow("`query`", {Kind::kRequest, Kind::kEventually, Kind::kPhoneRequest}, "a request", position);
  auto& parameters = Request().query;
  SetPlace(Place::Line::kQuery, static_cast<int>(parameters.size()));
  parameter_.value = TakeValue();
  parameters.push_back(std::exchange(parameter_, {}));
}

void Builder::AddRemovedHeader(std::string_view name, Position position) {
  Allow("`no header`", {Kind::kRequest, Kind::kEventually, Kind::kPhoneRequest}, "a request", position);
  auto& names = Request().removed_headers;
  if (std::find(names.begin(), names.end(), name) != names.end()) Refuse(Quoted(name) + " is left out twice", position);
  SetPlace(Place::Line::kRemovedHeader, static_cast<int>(names.size()));
  names.emplace_back(name);
}

void Builder::SetSentHeader(std::string_view name) {
  BeginRequestPart();
  sent_header_ = name;
}

void Builder::EndHeader(Position position) {
  Allow("`header NAME: VALUE`", {Kind::kRequest, Kind::kEventually, Kind::kPhoneRequest}, "a request", position);
  auto& headers = Request().headers;
  SetPlace(Place::Line::kHeader, static_cast<int>(headers.size()));
  headers.push_back({sent_header_, TakeTemplate()});
}

void Builder::EndText(Position position) {
  Allow("`text`", {Kind::kRequest, Kind::kEventually, Kind::kPhoneRequest}, "a request", position);
  Once("a body", position);
  Request().body.kind = Body::Kind::kText;
  Request().body.text = TakeTemplate();
  SetPlace(Place::Line::kBody);
}

void Builder::EndHex(std::string_view hex, Position position) {
  Allow("`hex`", {Kind::kRequest, Kind::kEventually, Kind::kPhoneRequest}, "a request", position);
  Once("a body", position);
  Request().body.kind = Body::Kind::kHex;
  Request().body.bytes = Bytes(hex);
  SetPlace(Place::Line::kBody);
}

void Builder::SetPad(std::string_view digits, Position position) {
  Allow("`pad`", {Kind::kRequest, Kind::kEventually, Kind::kPhoneRequest}, "a request", position);
  Once("`pad`", position);
  Request().body.pad_to = Number(digits, 1, kMostBytes, "a size", position);
  pad_position_ = position;
  SetPlace(Place::Line::kPad);
}

void Builder::SetChunked(Position position) {
  Allow("`chunked`", {Kind::kRequest, Kind::kEventually, Kind::kPhoneRequest}, "a request", position);
  Once("`chunked`", position);
  Request().body.chunked = true;
  chunked_position_ = position;
  SetPlace(Place::Line::kChunked);
}

void Builder::SetAsker(std::string_view name, Position position) {
  Allow("`as`", {Kind::kRequest, Kind::kEventually}, "a request", position);
  Once("`as`", position);
  if (!Has(kAskers, name)) Refuse(UnknownName("tenant after `as`:", name, kAskers), position);
  NeedOffer("`as`", "tenants", "has some", position);
  Request().as = name;
  SetPlace(Place::Line::kAsker);
}

void Builder::SetRawPath(Position position) {
  Allow("`raw path`", {Kind::kRequest, Kind::kEventually, Kind::kPhoneRequest}, "a request", position);
  Once("`raw path`", position);
  Request().raw_path = true;
  SetPlace(Place::Line::kRawPath);
}

void Builder::AddSend(Position position) {
  Allow("`send`", {Kind::kRaw}, "`raw`", position);
  auto& parts = std::get<RawStep>(step_.does).parts;
  SetPlace(Place::Line::kSend, static_cast<int>(parts.size()));
  parts.push_back({RawStep::Part::Kind::kSend, TakeTemplate(), ""});
  if (parts.back().text.parts.empty()) Refuse("`send` sends nothing", position);
}

void Builder::AddSendHex(std::string_view hex, Position position) {
  Allow("`send`", {Kind::kRaw}, "`raw`", position);
  auto& parts = std::get<RawStep>(step_.does).parts;
  SetPlace(Place::Line::kSend, static_cast<int>(parts.size()));
  parts.push_back({RawStep::Part::Kind::kSend, {}, Bytes(hex)});
}

void Builder::AddHalfClose(Position position) {
  Allow("`half close`", {Kind::kRaw}, "`raw`", position);
  Once("`half close`", position);
  auto& parts = std::get<RawStep>(step_.does).parts;
  SetPlace(Place::Line::kSend, static_cast<int>(parts.size()));
  parts.push_back({RawStep::Part::Kind::kHalfClose, {}, ""});
}

void Builder::SetReads(std::string_view digits, Position position) {
  Allow("`reads`", {Kind::kRaw}, "`raw`", position);
  Once("`reads`", position);
  std::get<RawStep>(step_.does).answers = static_cast<int>(Number(digits, 0, kMostTimes, "how many answers are read", position));
  SetPlace(Place::Line::kReads);
}

Transfer& Builder::TransferFor(std::string_view detail, bool reading, Position position) {
  auto* step = std::get_if<PhoneStep>(&step_.does);
  const bool reads = step != nullptr && step->action == PhoneStep::Action::kReads;
  const bool writes = step != nullptr && step->action == PhoneStep::Action::kWrites;
  if (!reads && (reading || !writes)) {
    Refuse(std::string(detail) + " belongs to a phone's " + (reading ? "`reads`" : "`reads` or `writes`") + ", not to this statement",
           position);
  }
  return step->transfer;
}

void Builder::SetWithoutPush(Position position) {
  auto* step = std::get_if<PhoneStep>(&step_.does);
  if (step == nullptr || (step->action != PhoneStep::Action::kBoots && step->action != PhoneStep::Action::kRenews)) {
    Refuse("`without lease push` belongs to a phone's `boots` or `renews`, not to this statement", position);
  }
  Once("`without lease push`", position);
  step->without_push = true;
  SetPlace(Place::Line::kWithoutPush);
}

void Builder::SetOptionName(std::string_view word, Position position) {
  TransferFor("`option`", false, position);
  option_ = word.starts_with('"') ? TakeText() : std::string(word);
  RefuseNul(option_, position);
}

void Builder::EndOption(std::string_view word, Position position) {
  auto& options = TransferFor("`option`", false, position).options;
  std::string value = word.starts_with('"') ? TakeText() : std::string(word);
  RefuseNul(value, position);
  SetPlace(Place::Line::kOption, static_cast<int>(options.size()));
  options.emplace_back(std::exchange(option_, {}), std::move(value));
}

void Builder::SetMode(Position position) {
  Transfer& transfer = TransferFor("`mode`", false, position);
  Once("`mode`", position);
  transfer.mode = TakeText();
  RefuseNul(transfer.mode, position);
  SetPlace(Place::Line::kMode);
}

void Builder::SetLostBlock(std::string_view digits, Position position) {
  Transfer& transfer = TransferFor("`loses block`", true, position);
  Once("`loses block`", position);
  transfer.loses_block = Number(digits, 0, kMostBlocks, "a block", position);
  SetPlace(Place::Line::kLosesBlock);
}

void Builder::SetLostAck(std::string_view digits, Position position) {
  Transfer& transfer = TransferFor("`loses ack`", true, position);
  Once("`loses ack`", position);
  transfer.loses_ack = Number(digits, 0, kMostBlocks, "the block that is acknowledged", position);
  SetPlace(Place::Line::kLosesAck);
}

void Builder::SetRepeatedAck(std::string_view digits, Position position) {
  Transfer& transfer = TransferFor("`repeats ack`", true, position);
  Once("`repeats ack`", position);
  transfer.repeats_ack = Number(digits, 0, kMostBlocks, "the block that is acknowledged", position);
  SetPlace(Place::Line::kRepeatsAck);
}

void Builder::SetStopPoint(std::string_view digits, Position position) {
  Transfer& transfer = TransferFor("`stops after`", true, position);
  Once("`stops after`", position);
  transfer.stops_after = Number(digits, 0, kMostBlocks, "a number of blocks", position);
  SetPlace(Place::Line::kStopsAfter);
}

void Builder::SetNoise(std::string_view digits, Position position) {
  Transfer& transfer = TransferFor("`loses N in 100`", true, position);
  Once("`loses N in 100`", position);
  transfer.noise = Number(digits, 1, 99, "how many of a hundred are lost", position);
  SetPlace(Place::Line::kNoise);
}

void Builder::SetInterjection(std::string_view digits, Position position) {
  Transfer& transfer = TransferFor("`sends hex … after N blocks`", true, position);
  Once("`sends hex … after N blocks`", position);
  transfer.interjects = {Bytes(interjected_), Number(digits, 1, kMostBlocks, "a number of blocks", position)};
  SetPlace(Place::Line::kInterjects);
}

void Builder::SetDisturbed(Position position) {
  Transfer& transfer = TransferFor("`from another port`", true, position);
  Once("`from another port`", position);
  transfer.disturbed = true;
  SetPlace(Place::Line::kDisturbed);
}

void Builder::RefuseDetail(std::string_view word, Position position) {
  if (word.starts_with('$') || Has(kPredicateWords, word) || phone_lines_.contains(word)) {
    Refuse("a predicate needs `check SLUG` or `expects` before it", position);
  }
  if (Has(kStatementWords, word)) Refuse(Quoted(word) + " begins a statement: statements stand at the start of a line", position);
  const std::string hint = DidYouMean(word, kDetailWords);
  Refuse("unknown detail " + Quoted(word) +
             (hint.empty() ? ": expected check, control, expects, answers, needs, a capture `NAME = …`, or a part of the request" : hint),
         position);
}

void Builder::Finish() {
  EndOfHeader();
  SetPlace(Place::Line::kEnd);
  place_.statement = -1;
  EndLine(end_of_line_);
  if (!checked_) {
    Refuse(scenario_.steps.empty() ? "the scenario does nothing: it needs statements, and a `check` in one of them"
                                   : "the scenario holds nobody to anything: it needs a `check SLUG PREDICATE`",
           {0, 1, 1});
  }
}

}  // namespace provdlab::scenario
