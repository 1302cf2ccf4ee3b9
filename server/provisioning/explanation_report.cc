#include "server/provisioning/explanation_report.h"

#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "server/application/inventory.h"
#include "server/documents/device_rules.h"
#include "server/plugins/phone_support.h"
#include "server/provisioning/outcome.h"

namespace provdlab::server::provisioning {
namespace {

using By = Understanding::By;
using Protocol = PhoneRequest::Protocol;

std::string_view NameOf(Protocol protocol) { return protocol == Protocol::kHttp ? "http" : protocol == Protocol::kTftp ? "tftp" : "dhcp"; }

std::string_view NameOf(By by) {
  switch (by) {
    case By::kMac:
      return "mac";
    case By::kSerialNumber:
      return "sn";
    case By::kUuid:
      return "uuid";
    case By::kIp:
      return "ip";
    case By::kMade:
      return "made";
    case By::kNothing:
      break;
  }
  return "nothing";
}

std::string_view NameOf(PhoneFile::Of of) {
  return of == PhoneFile::Of::kDevice ? "device" : of == PhoneFile::Of::kCommon ? "common" : "disk";
}

Json JsonOf(const Identity& identity) {
  Json members = Json::object();
  for (const auto& [name, member] : Identity::kMembers)
    if (const auto& value = identity.*member) members[std::string(name)] = *value;
  return members;
}

// By member, by value, who said so.
Json VotesOf(const std::vector<Offer>& offers) {
  Json votes = Json::object();
  for (const Offer& offer : offers)
    for (const auto& [name, member] : Identity::kMembers)
      if (const auto& value = offer.identity.*member) votes[std::string(name)][*value].push_back(offer.plugin);
  return votes;
}

// What became of the device's members.
Json ChangesOf(const Understanding& understanding) {
  Json changes = Json::object();
  if (!understanding.after || understanding.after == understanding.before) return changes;
  const Json none = Json::object();
  const Json& before = understanding.before ? understanding.before->json : none;
  const Json& after = understanding.after->json;
  for (const auto& [name, value] : after.items())
    if (const auto old = before.find(name); name != "id" && (old == before.end() || *old != value))
      changes[name] = {{"before", old == before.end() ? Json() : *old}, {"after", value}};
  for (const auto& [name, value] : before.items())
    if (!after.contains(name)) changes[name] = {{"before", value}, {"after", nullptr}};
  return changes;
}

Json RequestOf(const Explanation& explanation) {
  const FileRequest& asked = explanation.request;
  const PhoneRequest& seen = asked.sighting.request;
  Json request = {{"protocol", NameOf(seen.protocol)}, {"method", asked.method}, {"ip", asked.sighting.ip}};
  if (!asked.peer.empty()) request["peer"] = asked.peer;
  if (!asked.sighting.mac.empty()) request["mac"] = asked.sighting.mac;
  if (seen.protocol == Protocol::kHttp) {
    request["path"] = seen.path;
    request["user_agent"] = seen.user_agent;
  } else if (seen.protocol == Protocol::kTftp) {
    request["file"] = seen.file_name;
  } else {
    request["options"] = Json::object();
    for (const auto& [code, value] : seen.options) request["options"][std::to_string(code)] = value;
  }
  return request;
}

class Verdict {
 public:
  explicit Verdict(const Explanation& explanation)
      : explanation_(explanation), answer_(explanation.answer), understood_(explanation.understanding) {}

  std::string Sentence() const {
    const std::string& path = answer_.path;
    switch (answer_.route) {
      case FileRoute::kFile:
        return (supposed() ? "would serve " : "served ") + path + " of " + Device();
      case FileRoute::kFolder:
        return Status() + (path.empty() ? "the folder of all files" : path + " is a folder") + ", and folders are not listed, of " +
               Device();
      case FileRoute::kEmptyName:
        return Status() + "a part of the path " + path + " has no name: is there a slash too many? Asked by " + Device();
      case FileRoute::kNoFile:
        return Status() + answer_.plugin + " has no file " + path + " for " + Device();
      case FileRoute::kNotConfigured:
        return Status() + path + " is the own file of " + Device() + ", which is not configured: " + answer_.problem;
      case FileRoute::kNotMade:
        return Status() + path + " is a file that " + answer_.plugin + " makes of some configs, but not of that of " + Device();
      case FileRoute::kNotServed:
        return Status() + answer_.plugin + ", the plugin of " + Device() + ", serves no files over " +
               (protocol() == Protocol::kHttp ? "HTTP" : "TFTP");
      case FileRoute::kNotLoaded:
        return Status() + answer_.plugin + ", the plugin of " + Device() + ", is not loaded";
      case FileRoute::kNoPlugin:
        return Status() + NoPlugin();
      case FileRoute::kNoKey:
        return Status() + "the URL begins with no tenant's provisioning key";
      case FileRoute::kNobody:
        return Status() + std::to_string(understood_.fitting) + " devices might be at " + explanation_.request.sighting.ip +
               ", and the request says of none that it is the one";
      case FileRoute::kNotRead:
        if (protocol() == Protocol::kDhcp) return "a lease of " + Device();
        return Status() + explanation_.request.method + " is not how files are read here; asked by " + Device();
      case FileRoute::kNotUnderstood:
        return Status() + answer_.problem;
      case FileRoute::kFailed:
        return Status() + answer_.problem;
    }
    return "";
  }

 private:
  bool supposed() const { return explanation_.number == 0; }
  Protocol protocol() const { return explanation_.request.sighting.request.protocol; }

  std::string Status() const {
    return protocol() == Protocol::kHttp ? std::to_string(HttpStatusOf(answer_.route)) + ": "
                                         : "error " + std::to_string(static_cast<int>(TftpErrorOf(answer_.route))) + ": ";
  }

  std::string Device() const {
    if (!understood_.after) return understood_.device ? "device " + *understood_.device + ", which is gone" : "nobody";
    if (understood_.by == By::kMade)
      return supposed() ? "a device that would be made" : "device " + understood_.after->id + " (made for it)";
    return "device " + understood_.after->id + " (found by " + std::string(NameOf(understood_.by)) + ")";
  }

  std::string NoPlugin() const {
    const std::string needs = ", and " + std::to_string(kScoreProbable) + " are needed";
    if (explanation_.scores.empty()) return "no plugin is loaded that could be that of " + Device();
    const Suitability& best = explanation_.scores.front();
    const Identity known = IdentityOf(understood_.after->json);
    if (!known.vendor && understood_.offers.empty()) return "no plugin recognises " + Device();
    return "no plugin suits " + Device() + ": " + best.plugin + " does best with " + std::to_string(best.score) + needs;
  }

  const Explanation& explanation_;
  const FileAnswer& answer_;
  const Understanding& understood_;
};

// ---- For people

constexpr std::size_t kLabelWidth = 11;

class Page {
 public:
  explicit Page(const std::string& first) { text_ = Plain(first) + "\n"; }

  void Line(std::string_view label, const std::string& content) {
    std::string line = "  " + std::string(label == last_ ? "" : label);
    last_ = label;
    line.resize(2 + kLabelWidth, ' ');
    text_ += line + Plain(content) + "\n";
  }
  std::string Take() { return std::move(text_); }

  // What phones send goes to a terminal: without control characters.
  static std::string Plain(const std::string& text) {
    std::string plain = text;
    for (char& c : plain)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '.';
    return plain;
  }

 private:
  std::string text_;
  std::string last_;
};

std::string Shown(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? "nothing" : DumpJson(value);
}

std::string Member(const Json& object, const char* name) {
  const auto member = object.is_object() ? object.find(name) : object.end();
  return !object.is_object() || member == object.end() || !member->is_string() ? "" : member->get<std::string>();
}

// "vendor Aastra, model 6731i"
std::string Listed(const Json& members) {
  std::string text;
  for (const auto& [name, member] : Identity::kMembers)
    if (const std::string value = Member(members, std::string(name).c_str()); !value.empty())
      text += (text.empty() ? "" : ", ") + std::string(name) + " " + value;
  return text;
}

const Json& Part(const Json& report, const char* name) {
  static const Json nothing;
  if (!report.is_object()) return nothing;
  const auto part = report.find(name);
  return part == report.end() ? nothing : *part;
}

void WriteRequest(Page& page, const Json& report) {
  const Json& request = Part(report, "request");
  std::string line = Member(request, "method");
  for (const char* name : {"path", "file"})
    if (const std::string value = Member(request, name); !value.empty()) line += " " + value;
  line += (Member(request, "protocol") == "dhcp" ? " for " : " from ") + Member(request, "ip");
  if (const std::string peer = Member(request, "peer"); !peer.empty()) line += " through " + peer;
  if (const std::string at = Member(report, "at"); !at.empty()) line += " at " + at;
  if (const Json& number = Part(report, "number"); number.is_number_unsigned()) line += " (#" + DumpJson(number) + ")";
  page.Line("asked", line);
  if (const std::string agent = Member(request, "user_agent"); !agent.empty()) page.Line("asked", "User-Agent: " + agent);
  if (const std::string mac = Member(request, "mac"); !mac.empty()) page.Line("asked", "mac " + mac);
  const Json& options = Part(request, "options");
  if (options.is_object())
    for (const auto& [code, value] : options.items()) page.Line("asked", "option " + code + ": " + Shown(value));
}

void WriteDevice(Page& page, const Json& report) {
  const Json& changes = Part(report, "changes");
  if (changes.is_object())
    for (const auto& [name, change] : changes.items())
      page.Line("learnt", name + ": " + Shown(Part(change, "before")) + " -> " + Shown(Part(change, "after")));
  const Json& lost = Part(report, "lost_address");
  if (lost.is_array())
    for (const Json& id : lost) page.Line("took ip of", "device " + Shown(id));
}

}  // namespace

Json ReportOf(const Explanation& explanation, const std::vector<std::string>& nearest) {
  const Understanding& understood = explanation.understanding;
  const FileAnswer& answer = explanation.answer;
  const bool is_lease = explanation.request.sighting.request.protocol == Protocol::kDhcp;
  const bool is_http = explanation.request.sighting.request.protocol == Protocol::kHttp;
  Json report = {{"verdict", Verdict(explanation).Sentence()}, {"request", RequestOf(explanation)}, {"route", RouteName(answer.route)}};
  if (explanation.number > 0) {
    report["number"] = explanation.number;
    report["at"] = FormatInstant(explanation.at);
  }
  report["served"] = is_lease ? Json() : Json(answer.route == FileRoute::kFile);
  if (is_http) report["status"] = HttpStatusOf(answer.route);
  if (!is_http && !is_lease && answer.route != FileRoute::kFile) report["error"] = static_cast<int>(TftpErrorOf(answer.route));
  report["recognised"] = Json::array();
  for (const Offer& offer : understood.offers)
    report["recognised"].push_back({{"plugin", offer.plugin}, {"identity", JsonOf(offer.identity)}});
  report["votes"] = VotesOf(understood.offers);
  report["identity"] = JsonOf(understood.identity);
  report["found_by"] = NameOf(understood.by);
  const bool would_be_made = explanation.number == 0 && understood.by == By::kMade;
  report["device"] = understood.device && !would_be_made ? Json(*understood.device) : Json();
  report["changes"] = ChangesOf(understood);
  report["lost_address"] = understood.outdated;
  report["scores"] = Json::array();
  for (const Suitability& each : explanation.scores) report["scores"].push_back({{"plugin", each.plugin}, {"score", each.score}});
  report["plugin"] = answer.plugin.empty() ? Json() : Json(answer.plugin);
  report["file"] = nullptr;
  if (explanation.of) report["file"] = {{"path", answer.path}, {"of", NameOf(*explanation.of)}, {"bytes", explanation.size}};
  report["instead"] = nearest;
  report["sensitive"] = explanation.sensitive;
  return report;
}

std::string TextOf(const Json& report) {
  Page page(Member(report, "verdict"));
  WriteRequest(page, report);
  const Json& recognised = Part(report, "recognised");
  if (recognised.is_array())
    for (const Json& offer : recognised) page.Line("recognised", Member(offer, "plugin") + ": " + Listed(Part(offer, "identity")));
  if (recognised.is_array() && recognised.empty()) page.Line("recognised", "by no plugin");
  const Json& votes = Part(report, "votes");
  if (votes.is_object())
    for (const auto& [name, values] : votes.items())
      if (values.is_object() && values.size() > 1)
        page.Line("disputed", name + ": " + Shown(Part(Part(report, "identity"), name.c_str())) + " of " + DumpJson(values));
  WriteDevice(page, report);
  const Json& scores = Part(report, "scores");
  if (scores.is_array())
    for (const Json& score : scores) page.Line("scores", Member(score, "plugin") + " " + Shown(Part(score, "score")));
  if (const std::string plugin = Member(report, "plugin"); !plugin.empty()) page.Line("plugin", plugin);
  if (const Json& file = Part(report, "file"); file.is_object()) {
    const std::string of = Member(file, "of");
    page.Line("file", Member(file, "path") + ", " + Shown(Part(file, "bytes")) + " bytes, " +
                          (of == "device"   ? "made for this device"
                           : of == "common" ? "made for all phones of the plugin"
                                            : "from the disk"));
  }
  const Json& instead = Part(report, "instead");
  if (instead.is_array())
    for (const Json& name : instead) page.Line("there is", Shown(name));
  return page.Take();
}

}  // namespace provdlab::server::provisioning
