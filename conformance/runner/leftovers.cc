#include "conformance/runner/leftovers.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/digest.h"
#include "base/http/message.h"
#include "conformance/runner/stop.h"

namespace provdlab::conformance {
namespace {

constexpr std::string_view kMark = "plab-";
constexpr std::size_t kRunLength = 7;
constexpr std::chrono::milliseconds kAnswer{10'000};
constexpr std::chrono::milliseconds kSettle{10'000};  // until an operation has ended
constexpr std::chrono::milliseconds kPause{20};
constexpr char kDevices[] = "/dev_mgr/devices";
constexpr char kConfigs[] = "/cfg_mgr/configs";
constexpr char kInstalled[] = "/pg_mgr/install/installed";
constexpr char kInstallable[] = "/pg_mgr/install/installable";

std::string TextOf(const Json& document, const char* member) {
  const auto found = document.find(member);
  return found == document.end() || !found->is_string() ? std::string() : found->get<std::string>();
}

// The runs whose mark is in a text.
void AddRuns(std::string_view text, std::set<std::string>& runs) {
  for (std::size_t at = text.find(kMark); at != std::string_view::npos; at = text.find(kMark, at + 1)) {
    const std::string_view run = text.substr(at + kMark.size(), kRunLength);
    const bool closed = text.size() > at + kMark.size() + kRunLength && text[at + kMark.size() + kRunLength] == '-';
    const bool plain = std::all_of(run.begin(), run.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); });
    if (closed && plain) runs.emplace(run);
  }
}

// Whether two values of a parameter are one: some targets show numbers as text.
bool Same(const Json& a, const Json& b) {
  const auto text = [](const Json& value) { return value.is_string() ? value.get<std::string>() : DumpJson(value); };
  return a == b || text(a) == text(b);
}

bool Shows(const Json& listed, const Json& posted) {
  return posted.is_object() && std::all_of(posted.items().begin(), posted.items().end(), [&](const auto& member) {
           const auto found = listed.find(member.key());
           return found != listed.end() && *found == member.value();
         });
}

// What the file says, gathered.
struct Owed {
  Json parameters = Json::object();
  std::map<std::string, std::vector<Json>> set;  // by parameter, the values that the run gave it
  bool knows_documents = false;
  std::set<std::string> before;  // paths of documents
  std::set<std::string> macs, ips, made;
  std::map<std::uint64_t, std::pair<std::string, Json>> unanswered;  // what was posted, with its collection
  std::vector<Json> bases;
};

Owed Gather(const LeftRun* record) {
  Owed owed;
  if (record == nullptr) return owed;
  for (const Json& line : record->lines) {
    if (line.contains("parameters")) {
      owed.parameters = line["parameters"];
      const Json documents = line.value("documents", Json());
      owed.knows_documents = documents.is_array();
      if (owed.knows_documents) {
        for (const Json& path : documents) owed.before.insert(path.get<std::string>());
      }
    } else if (line.contains("sets")) {
      owed.set[TextOf(line, "sets")].push_back(line.value("to", Json()));
    } else if (line.contains("posting")) {
      owed.unanswered[line.value("posting", std::uint64_t{0})] = {TextOf(line, "to"), line.value("document", Json())};
    } else if (line.contains("posted")) {
      owed.unanswered.erase(line.value("posted", std::uint64_t{0}));
      if (const std::string id = TextOf(line, "id"); !id.empty()) owed.made.insert(id);
    } else if (line.contains("bases")) {
      owed.bases = line.value("bases", std::vector<Json>());
    }
    if (const std::string mac = TextOf(line, "mac"); !mac.empty()) owed.macs.insert(mac);
    if (const std::string ip = TextOf(line, "ip"); !ip.empty()) owed.ips.insert(ip);
  }
  return owed;
}

std::string Plain(std::string mac) {
  for (char& c : mac) c = c == '-' ? ':' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return mac;
}

}  // namespace

std::string_view KindName(Leftover::Kind kind) {
  switch (kind) {
    case Leftover::Kind::kDevice:
      return "device";
    case Leftover::Kind::kConfig:
      return "config";
    case Leftover::Kind::kPackage:
      return "package";
    case Leftover::Kind::kParameter:
      return "parameter";
    case Leftover::Kind::kRole:
      return "role";
    case Leftover::Kind::kCatalogue:
      return "list";
  }
  return "";
}

http::Exchange Leftovers::Ask(std::string method, const std::string& path, const Json* body) const {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - Clock::now());
  http::Request request;
  request.method = std::move(method);
  request.target = path;
  if (left.count() <= 0) return {.request = request, .outcome = http::Outcome::kTimeout, .problem = "the time is over"};
  if (request.method == "GET") request.headers.Set("Accept", std::string(kMediaType));
  if (body != nullptr) {
    request.headers.Set("Content-Type", std::string(kMediaType));
    request.body = DumpJson(*body);
  }
  return target_.Send(request, std::min(left, kAnswer));
}

Result<Json> Leftovers::Read(const std::string& path) const {
  const http::Exchange get = Ask("GET", target_.Path(path));
  if (!get.response) return Fail(ErrorKind::kUnavailable, "GET " + path + ": " + get.problem);
  if (get.response->status / 100 != 2)
    return Fail(ErrorKind::kUnavailable, "GET " + path + " answers " + std::to_string(get.response->status));
  auto json = ParseJson(get.response->body);
  if (!json || !json->is_object()) return Fail(ErrorKind::kUnavailable, "GET " + path + " does not answer with an object");
  return std::move(*json);
}

Result<std::vector<Json>> Leftovers::List(const std::string& path, const char* member) const {
  const auto list = Read(path);
  if (!list) return Fail(list.error());
  std::vector<Json> documents;
  if (!list->contains(member) || !(*list)[member].is_array())
    return Fail(ErrorKind::kUnavailable, "GET " + path + " answers without " + member);
  for (const Json& document : (*list)[member]) {
    if (document.is_object() && !TextOf(document, "id").empty()) documents.push_back(document);
  }
  return documents;
}

Result<std::set<std::string>> Leftovers::Runs() const {
  std::set<std::string> runs;
  const auto devices = List(target_.AllDevices(), "devices");
  if (!devices) return Fail(devices.error());
  const auto configs = List(kConfigs, "configs");
  if (!configs) return Fail(configs.error());
  for (const auto* documents : {&*devices, &*configs}) {
    for (const Json& document : *documents) AddRuns(TextOf(document, "id"), runs);
  }
  const auto installed = Read(kInstalled);
  if (!installed) return Fail(installed.error());
  const Json packages = installed->value("pkgs", Json::object());
  if (packages.is_object()) {
    for (const auto& package : packages.items()) AddRuns(package.key(), runs);
  }
  return runs;
}

Result<std::vector<Leftover>> Leftovers::Of(const std::string& run, const LeftRun* record) const {
  using Kind = Leftover::Kind;
  const Owed owed = Gather(record);
  const std::string mark = std::string(kMark) + run + "-";
  const std::string hash = Sha1Hex(run);
  const std::string macs = "02:" + hash.substr(0, 2) + ":" + hash.substr(2, 2) + ":" + hash.substr(4, 2) + ":";
  std::vector<Leftover> found;

  const auto devices = List(target_.AllDevices(), "devices");
  if (!devices) return Fail(devices.error());
  const auto configs = List(kConfigs, "configs");
  if (!configs) return Fail(configs.error());
  const auto was_there = [&](const char* collection, const std::string& id) {
    return owed.before.contains(target_.Path(std::string(collection) + "/" + http::PercentEncode(id, ":@+")));
  };
  const auto posted = [&](const char* collection, const Json& document) {
    return std::any_of(owed.unanswered.begin(), owed.unanswered.end(), [&](const auto& posting) {
      const auto& [to, what] = posting.second;
      const bool autocreates = to == "/cfg_mgr/autocreate" && collection == kConfigs;
      return (to == collection && Shows(document, what)) || (autocreates && document.value("transient", Json()) == Json(true));
    });
  };
  std::set<std::string> used;  // configs of devices that are the run's
  for (const Json& device : *devices) {
    const std::string id = TextOf(device, "id");
    if (was_there(kDevices, id)) continue;
    Leftover leftover{Kind::kDevice, id, "", true, {}};
    const std::string mac = Plain(TextOf(device, "mac"));
    const bool same_mac = std::any_of(owed.macs.begin(), owed.macs.end(), [&](const std::string& own) { return Plain(own) == mac; });
    if (id.starts_with(mark))
      leftover.why = "its id is the run's";
    else if (mac.starts_with(macs))
      leftover.why = "its MAC address is one of the run's";
    else if (owed.made.contains(id))
      leftover.why = "the run made it";
    else if (owed.knows_documents && (same_mac || owed.ips.contains(TextOf(device, "ip"))))
      leftover.why = "it has an address of the run's phones";
    else if (TextOf(device, "config").starts_with(mark))
      leftover.why = "its config is the run's";
    else if (owed.knows_documents && posted(kDevices, device))
      leftover.why = "it looks like one that the run was making when it ended", leftover.certain = false;
    else if (owed.knows_documents && DumpJson(device).find(mark) != std::string::npos)
      leftover.why = "it came after the run had begun and names something of the run's", leftover.certain = false;
    else
      continue;
    if (leftover.certain) used.insert(TextOf(device, "config"));
    found.push_back(std::move(leftover));
  }
  for (const Json& config : *configs) {
    const std::string id = TextOf(config, "id");
    if (was_there(kConfigs, id)) continue;
    Leftover leftover{Kind::kConfig, id, "", true, {}};
    const Json parents = config.value("parent_ids", Json::array());
    const bool below = std::any_of(parents.begin(), parents.end(),
                                   [&](const Json& parent) { return parent.is_string() && parent.get<std::string>().starts_with(mark); });
    if (id.starts_with(mark))
      leftover.why = "its id is the run's";
    else if (owed.made.contains(id))
      leftover.why = "the run made it";
    else if (below)
      leftover.why = "a parent of it is the run's";
    else if (owed.knows_documents && used.contains(id) && config.value("transient", Json()) == Json(true))
      leftover.why = "it was made for a device of the run's";
    else if (owed.knows_documents && posted(kConfigs, config))
      leftover.why = "it looks like one that the run was making when it ended", leftover.certain = false;
    else if (owed.knows_documents && DumpJson(config).find(mark) != std::string::npos)
      leftover.why = "it came after the run had begun and names something of the run's", leftover.certain = false;
    else
      continue;
    found.push_back(std::move(leftover));
  }

  const auto installed = Read(kInstalled);
  if (!installed) return Fail(installed.error());
  if (const Json packages = installed->value("pkgs", Json::object()); packages.is_object()) {
    for (const auto& package : packages.items()) {
      if (package.key().starts_with(mark)) found.push_back({Kind::kPackage, package.key(), "its id is the run's", true, {}});
    }
  }
  for (const auto& [name, values] : owed.set) {
    if (!owed.parameters.contains(name)) continue;  // none of the manager's
    const auto shown = Read("/configure/" + name);
    if (!shown) return Fail(shown.error());
    const Json now = shown->value("param", Json::object()).value("value", Json());
    const Json& before = owed.parameters[name];
    if (Same(now, before)) continue;
    const bool ours = std::any_of(values.begin(), values.end(), [&](const Json& value) { return Same(now, value); });
    found.push_back({Kind::kParameter, name,
                     ours ? "it has a value that the run gave it"
                          : "it has neither the value from before the run nor one of the run's: somebody may have set it since",
                     ours, before});
  }
  // One that was fetched from the run's repository, where there is another one that it can be fetched from.
  if (owed.set.contains("plugin_server") && owed.parameters.value("plugin_server", Json()).is_string()) {
    const auto list = Read(kInstallable);
    const Json packages = list ? list->value("pkgs", Json::object()) : Json::object();
    std::size_t ours = 0;
    for (const auto& package : packages.items()) ours += package.key().starts_with(mark) ? 1 : 0;
    // Where somebody has named another repository since, it is for them to fetch its list.
    const bool certain = std::none_of(found.begin(), found.end(), [](const Leftover& leftover) {
      return leftover.kind == Kind::kParameter && leftover.name == "plugin_server" && !leftover.certain;
    });
    const std::string why = list ? std::to_string(ours) + " packages in it are of the run's repository" : list.error().message;
    if (ours > 0 || !list)
      found.push_back(
          {Kind::kCatalogue, kInstallable, why + "; plugin_server was " + DumpJson(owed.parameters["plugin_server"]), certain, {}});
  }
  for (const Json& base : owed.bases) {
    const std::string id = TextOf(base, "id");
    const auto now = std::find_if(configs->begin(), configs->end(), [&](const Json& config) { return TextOf(config, "id") == id; });
    if (now == configs->end() || now->contains("role")) continue;
    Json back = *now;
    back["role"] = base.value("role", Json());
    found.push_back({Kind::kRole, id, "the run took its role " + TextOf(base, "role"), true, std::move(back)});
  }
  return found;
}

Result<> Leftovers::Take(const Leftover& leftover) const {
  using Kind = Leftover::Kind;
  const auto settled = [](const http::Exchange& exchange) -> Result<> {
    if (!exchange.response)
      return Fail(ErrorKind::kUnavailable, exchange.request.method + " " + exchange.request.target + ": " + exchange.problem);
    return {};  // what was refused is seen when it is looked for again
  };
  switch (leftover.kind) {
    case Kind::kDevice:
      return settled(Ask("DELETE", target_.Path(std::string(kDevices) + "/" + http::PercentEncode(leftover.name, ":@+"))));
    case Kind::kConfig: {
      const std::string path = target_.Path(std::string(kConfigs) + "/" + http::PercentEncode(leftover.name, ":@+"));
      http::Exchange removal = Ask("DELETE", path);
      if (removal.response && removal.response->status == 403) {  // it says that it is not deletable
        const Json deletable = {{"config", {{"parent_ids", Json::array()}, {"raw_config", Json::object()}}}};
        (void)Ask("PUT", path, &deletable);
        removal = Ask("DELETE", path);
      }
      return settled(removal);
    }
    case Kind::kPackage: {
      const Json body = {{"id", leftover.name}};
      return settled(Ask("POST", target_.Path("/pg_mgr/install/uninstall"), &body));
    }
    case Kind::kParameter: {
      const std::string path = target_.Path("/configure/" + leftover.name);
      const Json body = {{"param", {{"value", leftover.back}}}};
      http::Exchange put = Ask("PUT", path, &body);
      if (put.response && put.response->status / 100 != 2 && leftover.back.is_number()) {  // shown as a number, taken as text
        const Json text = {{"param", {{"value", DumpJson(leftover.back)}}}};
        put = Ask("PUT", path, &text);
      }
      return settled(put);
    }
    case Kind::kRole: {
      const Json body = {{"config", leftover.back}};
      return settled(Ask("PUT", target_.Path(std::string(kConfigs) + "/" + http::PercentEncode(leftover.name, ":@+")), &body));
    }
    case Kind::kCatalogue:
      RefreshCatalogue();
      return {};
  }
  return {};
}

// What the run had under way may yet come about: an install that ends after everything was looked at would stay.
void Leftovers::AwaitOperations(const LeftRun& record) const {
  Stop nobody;
  const Clock::time_point end = std::min(end_, Clock::now() + kSettle);
  for (const Json& line : record.lines) {
    const std::string monitor = TextOf(line, "monitor");
    while (!monitor.empty() && Clock::now() < end) {
      const http::Exchange get = Ask("GET", monitor);
      const auto json = get.response && get.response->status / 100 == 2 ? ParseJson(get.response->body) : Fail(ErrorKind::kNotFound, "");
      if (!json || !json->is_object()) break;
      const std::string status = TextOf(*json, "status");
      if (status.find("progress") == std::string::npos && status.find("waiting") == std::string::npos) break;
      nobody.WaitFor(kPause);
    }
  }
}

// Whether it came about is seen in what the list has.
void Leftovers::RefreshCatalogue() const {
  const Json nothing = Json::object();
  const http::Exchange post = Ask("POST", target_.Path("/pg_mgr/install/update"), &nothing);
  const auto location = post.response ? post.response->headers.Get("Location") : std::nullopt;
  const auto monitor = location ? target_.Resolve(*location, post.request.target) : Fail(ErrorKind::kNotFound, "");
  if (!monitor) return;
  LeftRun own;
  own.lines = {{{"monitor", *monitor}}};
  AwaitOperations(own);
  (void)Ask("DELETE", *monitor);
}

Result<std::vector<Leftover>> Leftovers::Remove(const std::string& run, const LeftRun* record, bool likely) const {
  using Kind = Leftover::Kind;
  if (record != nullptr) AwaitOperations(*record);
  auto found = Of(run, record);
  if (!found) return found;
  const bool takes_catalogue = std::any_of(found->begin(), found->end(), [&](const Leftover& leftover) {
    return leftover.kind == Kind::kCatalogue && (leftover.certain || likely);
  });
  // Parameters first, so that nothing is fetched for the run any more; configs after their devices; roles when no other config has them.
  for (const Kind kind : {Kind::kParameter, Kind::kCatalogue, Kind::kDevice, Kind::kConfig, Kind::kPackage, Kind::kRole}) {
    for (const Leftover& leftover : *found) {
      if (leftover.kind != kind || !(leftover.certain || likely)) continue;
      if (auto taken = Take(leftover); !taken) return Fail(taken.error());
      // The run may have left another list than its own: an empty one, or one that is broken on purpose.
      const bool names_repository = kind == Kind::kParameter && leftover.name == "plugin_server" && !leftover.back.is_null();
      if (names_repository && !takes_catalogue) RefreshCatalogue();
    }
  }
  return Of(run, record);
}

}  // namespace provdlab::conformance
