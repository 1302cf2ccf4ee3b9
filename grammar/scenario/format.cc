#include "grammar/scenario/format.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "grammar/scenario/evaluate.h"
#include "grammar/scenario/quote.h"

namespace provdlab::scenario {
namespace {

constexpr std::size_t kWidth = 120;          // lines that can be broken are broken there
constexpr std::size_t kHeaderColumn = 11;    // `exclusive` and two blanks
constexpr std::size_t kLongestAligned = 48;  // a longer slug does not push the others' predicates to the right
constexpr std::string_view kGap = "   ";     // between what is done and what is said about it

// The number of characters, as an editor counts them.
std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::size_t LastLineWidth(std::string_view text) {
  const std::size_t end = text.rfind('\n');
  return Width(end == std::string_view::npos ? text : text.substr(end + 1));
}

std::string Seconds(std::chrono::milliseconds time) {
  std::string text = std::to_string(time.count() / 1000);
  if (const auto rest = time.count() % 1000; rest != 0) {
    std::string digits = std::to_string(1000 + rest).substr(1);
    while (digits.back() == '0') digits.pop_back();
    text += "." + digits;
  }
  return text + " s";
}

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (!text.empty()) text += ' ';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// As a bare word, if it is one.
std::string PlainOrQuoted(std::string_view word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return plain ? std::string(word) : Quote(word);
}

// Appends the value, broken over lines if it does not fit into the last line of `out`. A member to a line; an indented closing
// bracket, so that no line of a value looks like a statement.
void AppendValue(std::string& out, const Value& value, std::size_t indent) {
  const std::string flat = Spell(value);
  const auto* list = std::get_if<Value::List>(&value.is);
  const auto* object = std::get_if<Value::Object>(&value.is);
  const bool breakable = (list != nullptr && !list->empty()) || (object != nullptr && !object->empty());
  if (!breakable || LastLineWidth(out) + Width(flat) <= kWidth) {
    out += flat;
    return;
  }
  const std::string inner = "\n" + std::string(indent + 2, ' ');
  const char* comma = "";
  out += list != nullptr ? '[' : '{';
  if (list != nullptr) {
    for (const Value& element : *list) {
      out += comma + inner;
      AppendValue(out, element, indent + 2);
      comma = ",";
    }
  } else {
    for (const Value::Member& member : *object) {
      out += comma + inner + Quote(member.key) + ": ";
      AppendValue(out, member.value, indent + 2);
      comma = ",";
    }
  }
  out += "\n" + std::string(indent, ' ') + (list != nullptr ? ']' : '}');
}

class Writer {
 public:
  Writer(const Scenario& scenario, const Comments& comments) : scenario_(scenario), comments_(comments) {
    for (const Step& step : scenario.steps) {
      for (const Check& check : step.checks) {
        const std::size_t width = CheckWords(check).size();
        if (width <= kLongestAligned) column_ = std::max(column_, width);
      }
    }
  }

  std::string Write() {
    WriteHeader();
    for (std::size_t i = 0; i < scenario_.steps.size(); ++i) {
      statement_ = static_cast<int>(i);
      WriteStep(scenario_.steps[i]);
    }
    if (const auto found = comments_.find({-1, Place::Line::kEnd, 0}); found != comments_.end()) {
      std::vector<std::string> above = found->second.above;
      while (!above.empty() && above.back().empty()) above.pop_back();
      for (const std::string& line : above) out_ += line + "\n";
    }
    return std::move(out_);
  }

 private:
  static std::string CheckWords(const Check& check) { return "check " + check.slug + (check.independent ? " independent" : ""); }

  // Writes a line with the comments of its places.
  void Line(std::string text, std::string_view indent, const std::vector<Place>& places) {
    std::vector<std::string> above;
    std::string beside;
    for (const Place& place : places) {
      const auto found = comments_.find(place);
      if (found == comments_.end()) continue;
      above.insert(above.end(), found->second.above.begin(), found->second.above.end());
      if (found->second.beside.empty()) continue;
      if (beside.empty()) {
        beside = found->second.beside;
      } else {
        above.push_back(found->second.beside);
      }
    }
    for (const std::string& line : above) {
      // The header ends with an empty line of its own.
      if (line.empty() && out_.ends_with("\n\n")) continue;
      out_ += line.empty() ? "\n" : std::string(indent) + line + "\n";
    }
    while (text.ends_with(' ')) text.pop_back();
    out_ += std::string(indent) + text + (beside.empty() ? "" : "  " + beside) + "\n";
  }

  void HeaderWithComments(std::string_view word, const std::string& text, Place::Line line, int index = 0) {
    std::string padded(word);
    padded.resize(kHeaderColumn, ' ');
    Line(padded + text, "", {{-1, line, index}});
  }

  static std::string DetailWords(const PackageDetails& details, std::size_t before) {
    std::string text;
    if (!details.fixture.empty()) text += " from " + details.fixture;
    if (details.version) text += " version " + Quote(*details.version);
    if (details.bytes) text += " of " + std::to_string(*details.bytes) + " bytes";
    for (const std::string& key : details.without_entry) {
      text += " without entry " + PlainOrQuoted(key);
    }
    if (details.unlisted) text += " unlisted";
    if (!details.named.empty()) text += " named " + Quote(details.named);
    if (details.entry) {
      // Last, because it may be long.
      text = std::string(before, ' ') + text + " entry ";
      AppendValue(text, *details.entry, 2);
      text.erase(0, before);
    }
    return text;
  }

  void WriteHeader() {
    HeaderWithComments("scenario", scenario_.title, Place::Line::kTitle);
    HeaderWithComments("format", std::to_string(scenario_.format), Place::Line::kFormat);
    for (std::size_t i = 0; i < scenario_.about.size(); ++i) {
      HeaderWithComments("about", scenario_.about[i], Place::Line::kAbout, static_cast<int>(i));
    }
    if (!scenario_.exclusive.empty()) HeaderWithComments("exclusive", Join(scenario_.exclusive), Place::Line::kExclusive);
    // `tier fast` is what is meant without it, but a comment on it is not lost.
    if (scenario_.timed || comments_.contains({-1, Place::Line::kTier, 0})) {
      HeaderWithComments("tier", scenario_.timed ? "timed" : "fast", Place::Line::kTier);
    }
    if (!scenario_.offers.empty()) HeaderWithComments("offers", Join(scenario_.offers), Place::Line::kOffers);
    if (scenario_.proxies) HeaderWithComments("proxies", std::to_string(*scenario_.proxies), Place::Line::kProxies);
    std::vector<std::string> ids;
    for (const Id& id : scenario_.ids) ids.push_back(id.name + (id.length == 0 ? "" : " of " + std::to_string(id.length) + " characters"));
    if (!ids.empty()) HeaderWithComments("ids", Join(ids), Place::Line::kIds);
    if (!scenario_.macs.empty()) HeaderWithComments("macs", Join(scenario_.macs), Place::Line::kMacs);
    for (std::size_t i = 0; i < scenario_.packages.size(); ++i) {
      const Package& package = scenario_.packages[i];
      const std::string details = DetailWords(package.details, kHeaderColumn + package.name.size());
      HeaderWithComments("package", package.name + details, Place::Line::kPackage, static_cast<int>(i));
    }
    for (std::size_t i = 0; i < scenario_.phones.size(); ++i) {
      const PhoneLine& phone = scenario_.phones[i];
      HeaderWithComments(phone.count > 0 ? "phones" : "phone", PhoneWords(phone), Place::Line::kPhone, static_cast<int>(i));
    }
    for (std::size_t i = 0; i < scenario_.accounts.size(); ++i) {
      HeaderWithComments("account", scenario_.accounts[i], Place::Line::kAccount, static_cast<int>(i));
    }
    if (scenario_.table) WriteTable(*scenario_.table);
    out_ += "\n";
  }

  static std::string PhoneWords(const PhoneLine& phone) {
    if (phone.count > 0) return phone.name + " are " + std::to_string(phone.count) + " " + phone.vendor + " " + phone.model;
    if (phone.vendor.empty()) return phone.name + " is nobody";
    const bool vowel = std::string_view("AEIOUaeiou").find(phone.vendor.front()) != std::string_view::npos;
    std::string text = phone.name + (vowel ? " is an " : " is a ") + phone.vendor + " " + phone.model;
    if (phone.firmware) text += ", firmware " + Quote(*phone.firmware);
    if (!phone.at.empty()) text += ", at " + phone.at;
    return text;
  }

  // As many values to a line as fit.
  void WriteTable(const Table& table) {
    const std::string indent(kHeaderColumn, ' ');
    std::string text = Join(table.names) + " in";
    std::size_t width = kHeaderColumn + Width(text);
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      const std::string row = Spell(table.rows[i]) + (i + 1 < table.rows.size() ? "," : "");
      if (i > 0 && width + 1 + Width(row) > kWidth) {
        text += "\n" + indent + row;
        width = kHeaderColumn + Width(row);
      } else {
        text += " " + row;
        width += 1 + Width(row);
      }
    }
    HeaderWithComments("for", text, Place::Line::kTable);
  }

  Place Here(Place::Line line, std::size_t index = 0) const { return {statement_, line, static_cast<int>(index)}; }
  void Detail(const std::string& text, Place::Line line, std::size_t index = 0) { Line(text, "  ", {Here(line, index)}); }

  static std::string RequestWords(const RequestStep& request, std::string before) {
    before += request.method + " " + Spell(request.path);
    if (request.body.kind == Body::Kind::kJson) {
      before += " ";
      AppendValue(before, request.body.json, 2);
    }
    return before;
  }

  static std::string RepositoryWords(const RepositoryStep& step, std::string before) {
    const std::string target = !step.package.empty() ? step.package : step.file == "plugins.db" ? step.file : Quote(step.file);
    before += "repository ";
    switch (step.action) {
      case RepositoryStep::Action::kHolds:
        return before + "holds " + target + " after " + std::to_string(step.bytes) + " bytes";
      case RepositoryStep::Action::kReleases:
        return before + "releases " + target;
      case RepositoryStep::Action::kAwaits:
        return before + "awaits " + target;
      case RepositoryStep::Action::kDoes:
        before += "does ";
        if (step.fault) AppendValue(before, *step.fault, 2);
        before += " to " + target;
        if (step.times) return before + TimesWords(*step.times);
        if (step.request) return before + " for request " + std::to_string(*step.request);
        return before;
      case RepositoryStep::Action::kBehaves:
        return before + "behaves";
      case RepositoryStep::Action::kLists:
      case RepositoryStep::Action::kReplaces:
        before += (step.action == RepositoryStep::Action::kLists ? "lists " : "replaces ") + step.package;
        return before + DetailWords(step.details, before.size());
      case RepositoryStep::Action::kDrops:
        return before + "drops " + target;
      case RepositoryStep::Action::kAsked:
        return before + "is asked for " + target;
    }
    return before;
  }

  static std::string TimesWords(int times) { return times == 1 ? " once" : times == 2 ? " twice" : " " + std::to_string(times) + " times"; }

  static std::string AtOnce(int times) { return times == 1 ? "" : " " + std::to_string(times) + " times at once"; }

  static std::string NotificationsWords(const NotificationsStep& step) {
    switch (step.are) {
      case NotificationsStep::Are::kPassedOn:
        return "notifications are passed on";
      case NotificationsStep::Are::kDelayed:
        return "notifications are delayed " + Seconds(step.delay);
      case NotificationsStep::Are::kRefused:
        return "notifications are refused";
      case NotificationsStep::Are::kNeverAnswered:
        return "notifications are never answered";
    }
    return "";
  }

  static std::string PhoneWords(const PhoneStep& step, std::string before) {
    const std::string within = step.within ? " within " + Seconds(*step.within) : "";
    before += step.phone + " ";
    switch (step.action) {
      case PhoneStep::Action::kBoots:
        return before + "boots" + within;
      case PhoneStep::Action::kSettles:
        return before + "settles" + within;
      case PhoneStep::Action::kRenews:
        return before + "renews" + within;
      case PhoneStep::Action::kMoves:
        return before + "moves" + (step.to.empty() ? "" : " to " + step.to);
      case PhoneStep::Action::kIsSwitchedOff:
        return before + "is switched off";
      case PhoneStep::Action::kIsSynchronized:
        return before + "is synchronized" + within;
      case PhoneStep::Action::kIgnoresNotify:
        return before + "ignores NOTIFY" + (step.ignored ? TimesWords(*step.ignored) : "");
      case PhoneStep::Action::kAnswersNotify: {
        before += "answers NOTIFY";
        for (std::size_t i = 0; i < step.notify.size(); ++i) {
          const NotifyAnswer& answer = step.notify[i];
          before += (i == 0 ? " with " : " and ") + (answer.text ? Quote(*answer.text) : std::to_string(answer.code));
        }
        return before + (step.after ? " after " + Seconds(*step.after) : "");
      }
      case PhoneStep::Action::kRequests:
        return RequestWords(step.request, before) + AtOnce(step.times);
      case PhoneStep::Action::kReads:
        return before + "reads " + Quote(step.transfer.file) + AtOnce(step.times);
      case PhoneStep::Action::kWrites:
        return before + "writes " + Quote(step.transfer.file);
      case PhoneStep::Action::kSends:
        return before + "sends hex " + Hex(step.bytes);
    }
    return before;
  }

  static std::string StatementWords(const Step& step) {
    std::string text = step.role == Step::Role::kGiven ? "given " : step.role == Step::Role::kAct ? "act " : "";
    if (const auto* request = std::get_if<RequestStep>(&step.does)) return RequestWords(*request, text);
    if (std::holds_alternative<RawStep>(step.does)) return text + "raw";
    if (const auto* follow = std::get_if<FollowStep>(&step.does)) {
      if (!follow->blamed.empty()) text += "check " + follow->blamed + " ";
      text += "follow " + Spell(follow->location) + " until ";
      text += follow->until == FollowStep::Until::kEnded ? "ended" : follow->until == FollowStep::Until::kSuccess ? "success" : "fail";
      return text + (follow->within == FollowStep{}.within ? "" : " within " + Seconds(follow->within));
    }
    if (const auto* eventually = std::get_if<EventuallyStep>(&step.does)) {
      return RequestWords(eventually->request, text + "eventually within " + Seconds(eventually->within) + ", ");
    }
    if (std::holds_alternative<BarrierStep>(step.does)) return text + "barrier";
    if (const auto* restart = std::get_if<RestartStep>(&step.does)) return text + (restart->upgrade ? "upgrade" : "restart");
    if (const auto* phone = std::get_if<PhoneStep>(&step.does)) return PhoneWords(*phone, text);
    if (const auto* notifications = std::get_if<NotificationsStep>(&step.does)) return text + NotificationsWords(*notifications);
    return RepositoryWords(std::get<RepositoryStep>(step.does), text);
  }

  void WriteStep(const Step& step) {
    std::string line = StatementWords(step);
    // What is said about the answer follows on the same line if it fits there; what does not becomes details.
    const bool broken = line.find('\n') != std::string::npos;
    const auto fits = [&](const std::string& more) { return !broken && Width(line) + Width(more) <= kWidth; };

    std::string answers;
    for (const int code : step.answers) answers += (answers.empty() ? "answers " : " or ") + std::to_string(code);
    std::string captures;
    for (const Capture& capture : step.captures) captures += ", " + Spell(capture);
    const bool answers_beside = !answers.empty() && fits(" " + answers);
    const bool captures_beside = answers_beside && !step.captures.empty() && fits(" " + answers + captures);
    if (answers_beside) line += " " + answers;
    if (captures_beside) line += captures;
    const std::string needs = step.needs.empty() ? "" : "needs " + Join(step.needs);
    const bool needs_beside = !needs.empty() && fits(std::string(kGap) + needs);
    if (needs_beside) line += std::string(kGap) + needs;

    std::vector<Place> places = {Here(Place::Line::kStatement)};
    if (captures_beside) {
      for (std::size_t i = 0; i < step.captures.size(); ++i) places.push_back(Here(Place::Line::kCapture, i));
    }
    Line(line, "", places);
    if (step.only_if) Detail(Spell(*step.only_if), Place::Line::kOnlyIf);
    if (const auto* request = std::get_if<RequestStep>(&step.does)) WriteRequestDetails(*request);
    if (const auto* eventually = std::get_if<EventuallyStep>(&step.does)) WriteRequestDetails(eventually->request);
    if (const auto* raw = std::get_if<RawStep>(&step.does)) WriteRawDetails(*raw);
    if (const auto* phone = std::get_if<PhoneStep>(&step.does)) WritePhoneDetails(*phone);
    if (!answers.empty() && !answers_beside) Line(answers, "  ", {});
    if (!captures_beside) {
      for (std::size_t i = 0; i < step.captures.size(); ++i) Detail(Spell(step.captures[i]), Place::Line::kCapture, i);
    }
    if (!needs.empty() && !needs_beside) Line(needs, "  ", {});
    if (!step.expects.empty()) Detail("expects " + Spell(step.expects), Place::Line::kExpects);
    for (std::size_t i = 0; i < step.checks.size(); ++i) {
      const Check& check = step.checks[i];
      std::string words = CheckWords(check);
      words.resize(std::max(column_, words.size()), ' ');
      Detail(words + std::string(kGap) + Spell(check.condition), Place::Line::kCheck, i);
      if (check.control) Detail("control without act, " + Spell(*check.control), Place::Line::kControl, i);
    }
  }

  void WriteRequestDetails(const RequestStep& request) {
    for (std::size_t i = 0; i < request.query.size(); ++i) {
      Detail("query " + request.query[i].name + (request.query[i].base64 ? " base64 " : " ") + Spell(request.query[i].value),
             Place::Line::kQuery, i);
    }
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
      const HeaderLine& header = request.headers[i];
      Detail("header " + header.name + ": " + Spell(header.value), Place::Line::kHeader, i);
    }
    for (std::size_t i = 0; i < request.removed_headers.size(); ++i) {
      Detail("no header " + request.removed_headers[i], Place::Line::kRemovedHeader, i);
    }
    if (request.body.kind == Body::Kind::kText) Detail("text " + Quote(request.body.text), Place::Line::kBody);
    if (request.body.kind == Body::Kind::kHex) Detail("hex " + Hex(request.body.bytes), Place::Line::kBody);
    if (request.body.pad_to > 0) Detail("pad " + std::to_string(request.body.pad_to) + " bytes", Place::Line::kPad);
    if (request.body.chunked) Detail("chunked", Place::Line::kChunked);
    if (request.raw_path) Detail("raw path", Place::Line::kRawPath);
    if (!request.as.empty()) Detail("as " + request.as, Place::Line::kAsker);
    if (request.within) Detail("within " + Seconds(*request.within), Place::Line::kWithin);
  }

  void WritePhoneDetails(const PhoneStep& step) {
    if (step.action == PhoneStep::Action::kRequests) WriteRequestDetails(step.request);
    if (step.without_push) Detail("without lease push", Place::Line::kWithoutPush);
    const Transfer& transfer = step.transfer;
    for (std::size_t i = 0; i < transfer.options.size(); ++i) {
      const auto& [name, value] = transfer.options[i];
      Detail("option " + PlainOrQuoted(name) + " " + PlainOrQuoted(value), Place::Line::kOption, i);
    }
    // `mode "octet"` is what is meant without it, but a comment on it is not lost.
    if (transfer.mode != Transfer{}.mode || comments_.contains(Here(Place::Line::kMode))) {
      Detail("mode " + Quote(transfer.mode), Place::Line::kMode);
    }
    if (transfer.loses_block) Detail("loses block " + std::to_string(*transfer.loses_block), Place::Line::kLosesBlock);
    if (transfer.loses_ack) Detail("loses ack " + std::to_string(*transfer.loses_ack), Place::Line::kLosesAck);
    if (transfer.repeats_ack) Detail("repeats ack " + std::to_string(*transfer.repeats_ack), Place::Line::kRepeatsAck);
    if (transfer.stops_after) {
      const std::uint64_t blocks = *transfer.stops_after;
      Detail("stops after " + std::to_string(blocks) + (blocks == 1 ? " block" : " blocks"), Place::Line::kStopsAfter);
    }
    if (transfer.noise) Detail("loses " + std::to_string(*transfer.noise) + " in 100", Place::Line::kNoise);
    if (transfer.interjects) {
      const auto& [bytes, blocks] = *transfer.interjects;
      Detail("sends hex " + Hex(bytes) + " after " + std::to_string(blocks) + (blocks == 1 ? " block" : " blocks"),
             Place::Line::kInterjects);
    }
    if (transfer.disturbed) Detail("from another port", Place::Line::kDisturbed);
    const bool beside = step.action == PhoneStep::Action::kBoots || step.action == PhoneStep::Action::kSettles ||
                        step.action == PhoneStep::Action::kRenews || step.action == PhoneStep::Action::kIsSynchronized;
    if (step.within && !beside) Detail("within " + Seconds(*step.within), Place::Line::kWithin);
  }

  void WriteRawDetails(const RawStep& raw) {
    for (std::size_t i = 0; i < raw.parts.size(); ++i) {
      const RawStep::Part& part = raw.parts[i];
      const std::string text = part.kind == RawStep::Part::Kind::kHalfClose ? "half close"
                               : part.text.parts.empty()                    ? "send hex " + Hex(part.bytes)
                                                                            : "send " + Quote(part.text);
      Detail(text, Place::Line::kSend, i);
    }
    if (raw.answers != 1) Detail("reads " + std::to_string(raw.answers) + " answers", Place::Line::kReads);
    if (raw.within) Detail("within " + Seconds(*raw.within), Place::Line::kWithin);
  }

  const Scenario& scenario_;
  const Comments& comments_;
  std::size_t column_ = 0;
  int statement_ = -1;
  std::string out_;
};

}  // namespace

std::string Format(const Scenario& scenario, const Comments& comments) { return Writer(scenario, comments).Write(); }

}  // namespace provdlab::scenario
