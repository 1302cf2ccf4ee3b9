#include "grammar/scenario/explain.h"

#include <string_view>
#include <variant>
#include <vector>

#include "grammar/scenario/evaluate.h"
#include "grammar/scenario/quote.h"

namespace provdlab::scenario {
namespace {

std::string Join(const std::vector<std::string>& words, std::string_view last = " and ") {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? std::string(last) : ", ";
    text += words[i];
  }
  return text;
}

std::string Seconds(std::chrono::milliseconds time) {
  const auto milliseconds = time.count() % 1000;
  return std::to_string(time.count() / 1000) + (milliseconds == 0 ? "" : "." + std::to_string(1000 + milliseconds).substr(1)) + " s";
}

std::string Times(int times) { return times == 1 ? "once" : times == 2 ? "twice" : std::to_string(times) + " times"; }

std::string Codes(const std::vector<int>& codes) {
  std::vector<std::string> words;
  for (const int code : codes) words.push_back(std::to_string(code));
  return Join(words, " or ");
}

std::string BodyWords(const Body& body) {
  std::string words;
  switch (body.kind) {
    case Body::Kind::kNone:
      return "";
    case Body::Kind::kJson:
      words = "the body " + Spell(body.json);
      break;
    case Body::Kind::kText:
      words = "the text " + Quote(body.text);
      break;
    case Body::Kind::kHex:
      words = "a body of " + std::to_string(body.bytes.size()) + (body.bytes.size() == 1 ? " byte" : " bytes");
      break;
  }
  if (body.pad_to > 0) words += " blown up to " + std::to_string(body.pad_to) + " bytes";
  if (body.chunked) words += " in chunks";
  return " with " + words;
}

std::string RequestWords(const RequestStep& request) {
  std::string words =
      request.method + " " + Spell(request.path) + (request.raw_path ? ", the path as it stands," : "") + BodyWords(request.body);
  const char* comma = "; asked with ";
  for (const QueryParameter& parameter : request.query) {
    words += comma + parameter.name + " " + Spell(parameter.value) + (parameter.base64 ? " in base64" : "");
    comma = ", ";
  }
  for (const HeaderLine& header : request.headers) words += "; " + header.name + " is " + Quote(header.value);
  if (!request.removed_headers.empty()) words += "; without " + Join(request.removed_headers);
  if (!request.as.empty()) words += "; as the " + request.as + " among the tenants";
  if (request.within) words += "; the answer is due within " + Seconds(*request.within);
  return words;
}

std::string DetailWords(const PackageDetails& details) {
  std::vector<std::string> words;
  if (!details.fixture.empty()) words.push_back("made from " + details.fixture);
  if (details.version) words.push_back("of version " + Quote(*details.version));
  if (details.bytes) words.push_back("of " + std::to_string(*details.bytes) + " bytes at least");
  if (details.entry) words.push_back("listed with " + Spell(*details.entry));
  for (const std::string& key : details.without_entry) words.push_back("listed without " + key);
  if (details.unlisted) words.push_back("not listed");
  if (!details.named.empty()) words.push_back("its id ending in " + details.named);
  return words.empty() ? "" : ", " + Join(words, ", ");
}

std::string RepositoryWords(const RepositoryStep& step) {
  const std::string target = step.package.empty() ? step.file : step.package;
  switch (step.action) {
    case RepositoryStep::Action::kHolds:
      return "the repository stops each transfer of " + target + " after " + std::to_string(step.bytes) + " bytes until it is released";
    case RepositoryStep::Action::kReleases:
      return "the repository lets the transfers of " + target + " go on";
    case RepositoryStep::Action::kAwaits:
      return "wait until a transfer of " + target + " stands at its hold";
    case RepositoryStep::Action::kDoes:
      return "the repository misbehaves with " + target + ": " + (step.fault ? Spell(*step.fault) : "{}") +
             (step.times     ? ", " + Times(*step.times)
              : step.request ? ", at request " + std::to_string(*step.request)
                             : ", until the scenario ends");
    case RepositoryStep::Action::kBehaves:
      return "the repository behaves again";
    case RepositoryStep::Action::kLists:
      return "the repository publishes " + target + DetailWords(step.details);
    case RepositoryStep::Action::kDrops:
      return "the repository takes " + target + " out of plugins.db";
    case RepositoryStep::Action::kReplaces:
      return "the repository replaces " + target + " under the same name and version" + DetailWords(step.details);
    case RepositoryStep::Action::kAsked:
      return "look how often the repository was asked for " + target;
  }
  return "";
}

std::string PhoneLineWords(const PhoneLine& phone) {
  if (phone.count > 0) return "Phones " + phone.name + ": " + std::to_string(phone.count) + " of " + phone.vendor + " " + phone.model;
  if (phone.vendor.empty()) return "Phone " + phone.name + ": an address without an identity";
  return "Phone " + phone.name + ": " + phone.vendor + " " + phone.model + (phone.firmware ? " with firmware " + *phone.firmware : "") +
         (phone.at.empty() ? "" : ", at the address of " + phone.at);
}

std::string TransferWords(const Transfer& transfer) {
  std::string words;
  if (transfer.mode != Transfer{}.mode) words += ", in mode " + Quote(transfer.mode);
  for (const auto& [name, value] : transfer.options) words += ", option " + Quote(name) + " " + Quote(value);
  if (transfer.loses_block)
    words += (*transfer.loses_block == 0 ? "; the OACK" : "; block " + std::to_string(*transfer.loses_block)) + " is lost once";
  if (transfer.loses_ack) words += "; the ACK of block " + std::to_string(*transfer.loses_ack) + " is lost once";
  if (transfer.repeats_ack) words += "; the ACK of block " + std::to_string(*transfer.repeats_ack) + " is sent twice";
  if (transfer.stops_after)
    words +=
        "; nothing is heard of it after " + std::to_string(*transfer.stops_after) + (*transfer.stops_after == 1 ? " block" : " blocks");
  if (transfer.noise) words += "; of a hundred datagrams " + std::to_string(*transfer.noise) + " are lost, both ways";
  if (transfer.interjects)
    words += "; before it acknowledges block " + std::to_string(transfer.interjects->after) + " it sends " +
             std::to_string(transfer.interjects->bytes.size()) + " bytes of its own";
  if (transfer.disturbed) words += "; an ACK comes from another port in between";
  return words;
}

std::string PhoneWords(const PhoneStep& step) {
  const std::string limit = step.within ? ", for " + Seconds(*step.within) + " at most" : "";
  switch (step.action) {
    case PhoneStep::Action::kBoots:
      return step.phone + " boots" + (step.without_push ? ", and nobody tells the target of its lease" : "") + limit;
    case PhoneStep::Action::kSettles:
      return "wait until nothing of " + step.phone + " is under way any more" + limit;
    case PhoneStep::Action::kRenews:
      return step.phone + " renews its lease" + (step.without_push ? ", and nobody tells the target" : "") + limit;
    case PhoneStep::Action::kMoves:
      return step.phone + " moves to " + (step.to.empty() ? "another address" : "the address that " + step.to + " had");
    case PhoneStep::Action::kIsSwitchedOff:
      return step.phone + " is switched off";
    case PhoneStep::Action::kIsSynchronized:
      return "synchronize the device of " + step.phone + " until that has ended" + limit;
    case PhoneStep::Action::kIgnoresNotify:
      return step.phone + (step.ignored ? " does not hear NOTIFY, " + Times(*step.ignored) : " answers no NOTIFY from now on");
    case PhoneStep::Action::kAnswersNotify: {
      std::string words;
      for (const NotifyAnswer& answer : step.notify)
        words += (words.empty() ? "" : ", then ") + (answer.text ? "the text " + Quote(*answer.text) : std::to_string(answer.code));
      return step.phone + " answers NOTIFY with " + (words.empty() ? "200" : words) + " from now on" +
             (step.after ? ", " + Seconds(*step.after) + " late" : "");
    }
    case PhoneStep::Action::kRequests:
      return step.phone + " asks the provisioning server: " + RequestWords(step.request) +
             (step.times == 1 ? "" : "; " + Times(step.times) + " at once");
    case PhoneStep::Action::kReads:
    case PhoneStep::Action::kWrites:
      return step.phone + (step.action == PhoneStep::Action::kReads ? " reads " : " writes ") + Quote(step.transfer.file) + " over TFTP" +
             TransferWords(step.transfer) + (step.times == 1 ? "" : "; " + Times(step.times) + " at once") + limit;
    case PhoneStep::Action::kSends:
      return step.phone + " sends " + std::to_string(step.bytes.size()) + (step.bytes.size() == 1 ? " byte" : " bytes") +
             " to the TFTP port" + limit;
  }
  return "";
}

std::string NotificationsWords(const NotificationsStep& step) {
  switch (step.are) {
    case NotificationsStep::Are::kPassedOn:
      return "what the target tells phones reaches them from now on";
    case NotificationsStep::Are::kDelayed:
      return "what the target tells phones is answered " + Seconds(step.delay) + " late from now on";
    case NotificationsStep::Are::kRefused:
      return "what the target tells phones is refused from now on";
    case NotificationsStep::Are::kNeverAnswered:
      return "what the target tells phones is answered by nobody from now on";
  }
  return "";
}

std::string StepWords(const Step& step) {
  if (const auto* request = std::get_if<RequestStep>(&step.does)) return RequestWords(*request);
  if (const auto* raw = std::get_if<RawStep>(&step.does)) {
    std::string words;
    for (const RawStep::Part& part : raw->parts) {
      words += words.empty() ? "on a bare connection, " : ", then ";
      words += part.kind == RawStep::Part::Kind::kHalfClose ? "close our side"
               : part.text.parts.empty()                    ? "send " + std::to_string(part.bytes.size()) + " bytes"
                                                            : "send " + Quote(part.text);
    }
    return words + ", and read " + std::to_string(raw->answers) + (raw->answers == 1 ? " answer" : " answers");
  }
  if (const auto* follow = std::get_if<FollowStep>(&step.does)) {
    const char* until = follow->until == FollowStep::Until::kEnded     ? "has ended"
                        : follow->until == FollowStep::Until::kSuccess ? "has succeeded"
                                                                       : "has failed";
    return "watch the operation at " + Spell(follow->location) + " until it " + until + ", for " + Seconds(follow->within) + " at most";
  }
  if (const auto* eventually = std::get_if<EventuallyStep>(&step.does)) {
    return "for " + Seconds(eventually->within) + " at most, ask again and again: " + RequestWords(eventually->request);
  }
  if (std::holds_alternative<BarrierStep>(step.does)) return "let the target answer one more request and finish one more update";
  if (const auto* restart = std::get_if<RestartStep>(&step.does))
    return std::string("end the target and start ") + (restart->upgrade ? "its next version" : "it again") + " with what it keeps";
  if (const auto* phone = std::get_if<PhoneStep>(&step.does)) return PhoneWords(*phone);
  if (const auto* notifications = std::get_if<NotificationsStep>(&step.does)) return NotificationsWords(*notifications);
  return RepositoryWords(std::get<RepositoryStep>(step.does));
}

}  // namespace

std::string Explain(const Scenario& scenario) {
  std::string out = scenario.title + "\n";
  for (const std::string& line : scenario.about) out += "  " + line + "\n";
  if (!scenario.exclusive.empty()) out += "Runs alone, and puts back afterwards: " + Join(scenario.exclusive) + ".\n";
  if (scenario.timed) out += "Waits by design: it belongs to the timed tier.\n";
  if (!scenario.offers.empty()) out += "Only for a target that offers " + Join(scenario.offers) + ".\n";
  if (scenario.proxies)
    out += "Runs alone, and only for a target that was told of " + std::to_string(*scenario.proxies) + " trusted proxies.\n";
  std::vector<std::string> ids;
  for (const Id& id : scenario.ids) ids.push_back(id.name + (id.length == 0 ? "" : " of " + std::to_string(id.length) + " characters"));
  if (!ids.empty()) out += "Ids that nothing on the target has: " + Join(ids) + ".\n";
  if (!scenario.macs.empty()) out += "MAC addresses that no device has: " + Join(scenario.macs) + ".\n";
  for (const Package& package : scenario.packages) out += "Package " + package.name + DetailWords(package.details) + ".\n";
  for (const PhoneLine& phone : scenario.phones) out += PhoneLineWords(phone) + ".\n";
  if (!scenario.accounts.empty()) out += "Accounts that the registrar of this run accepts: " + Join(scenario.accounts) + ".\n";
  if (scenario.table) {
    out += "Runs " + Times(static_cast<int>(scenario.table->rows.size())) + ", with " + Join(scenario.table->names) + " as\n";
    for (const Value& row : scenario.table->rows) out += "  " + Spell(row) + "\n";
  }
  out += "\n";
  const std::size_t width = std::to_string(scenario.steps.size()).size();
  const std::string indent(width + 4, ' ');
  for (std::size_t i = 0; i < scenario.steps.size(); ++i) {
    const Step& step = scenario.steps[i];
    const std::string number = std::to_string(i + 1);
    out += std::string(width - number.size(), ' ') + number + ". ";
    out += step.role == Step::Role::kGiven ? "Set up: " : step.role == Step::Role::kAct ? "Act: " : "";
    out += StepWords(step) + ".\n";
    if (step.only_if) out += indent + "Only" + Spell(*step.only_if).substr(std::string_view("only").size()) + "; else left out.\n";
    if (!step.needs.empty()) out += indent + "Stands on " + Join(step.needs) + ".\n";
    if (!step.answers.empty()) out += indent + "Must be answered with " + Codes(step.answers) + ".\n";
    if (!step.expects.empty()) out += indent + "Blocked unless " + Spell(step.expects) + ".\n";
    for (const Capture& capture : step.captures) {
      const std::size_t equals = capture.name.size() + 3;
      out += indent + "Keeps " + Spell(capture).substr(equals) + " as " + capture.name + ".\n";
    }
    if (const auto* follow = std::get_if<FollowStep>(&step.does); follow != nullptr && !follow->blamed.empty()) {
      out += indent + "Tries " + follow->blamed + ": it ends so, and every status and every step before is legal.\n";
    }
    for (const Check& check : step.checks) {
      out += indent + "Tries " + check.slug + ": " + Spell(check.condition) + ".";
      if (check.independent) out += " An earlier failure does not block it.";
      out += "\n";
      if (check.control) out += indent + "  Believed only if, without the act, " + Spell(*check.control) + ".\n";
    }
  }
  return out;
}

}  // namespace provdlab::scenario
