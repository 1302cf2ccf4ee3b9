// What each rule takes for a mistake, and what it must not.

#include "server/client_lint/client_lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/files.h"
#include "server/api/media_type.h"
#include "server/client_lint/limits.h"
#include "server/client_lint/report.h"

namespace provdlab::server::lint {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kMonitor[] = "/provd/pg_mgr/install/update/{monitor}";
constexpr char kDevices[] = "/provd/dev_mgr/devices";
constexpr char kDevice[] = "/provd/dev_mgr/devices/{device}";
constexpr char kConfig[] = "/provd/cfg_mgr/configs/{config}";

// A conversation, told in the order of the answers. A step may be changed until the next one is told.
class Talk {
 public:
  Exchange& Step(const std::string& method, const std::string& target, std::string_view pattern, int status) {
    Show();
    next_ = Exchange();
    next_.number = ++number_;
    next_.at = now_ += milliseconds(10);
    next_.agent = agent_;
    next_.peer = "127.0.0.1";
    next_.connection = 1;
    next_.method = method;
    next_.target = target;
    next_.path = target.substr(0, target.find('?'));
    next_.query = target.find('?') == std::string::npos ? "" : target.substr(target.find('?') + 1);
    next_.pattern = *patterns_.emplace(pattern).first;
    next_.status = status;
    if (next_.Sends()) next_.content_types = {std::string(kProvdMediaType)};
    waiting_ = true;
    return next_;
  }
  Exchange& Post(const std::string& target, const std::string& body, int status, const std::string& location = "") {
    return Body(Step("POST", target, target, status), body, location);
  }
  Exchange& PutDevice(const std::string& id, const std::string& before, const std::string& body) {
    Exchange& step = Body(Step("PUT", std::string(kDevices) + "/" + id, kDevice, 204), body, "");
    if (!before.empty()) step.before = Json::parse(before);
    return step;
  }
  Exchange& GetDevice(const std::string& id, const std::string& device) {
    return Answer(Step("GET", std::string(kDevices) + "/" + id, kDevice, 200), R"({"device": )" + device + "}");
  }
  Exchange& GetDevices(const std::string& query = "", const std::string& list = R"([{"id": "a"}, {"id": "b"}])") {
    return Answer(Step("GET", kDevices + query, kDevices, 200), R"({"devices": )" + list + "}");
  }
  void Update(const std::string& id) { Post("/provd/pg_mgr/install/update", "{}", 201, "/provd/pg_mgr/install/update/" + id); }
  void Install(const std::string& plugin, const std::string& id) {
    Post("/provd/pg_mgr/install/install", R"({"id": ")" + plugin + R"("})", 201, "/provd/pg_mgr/install/install/" + id);
  }
  void Look(const std::string& path, const std::string& status) {
    const std::string pattern = path.substr(0, path.rfind('/')) + "/{monitor}";
    Answer(Step("GET", path, pattern, 200), R"({"status": ")" + status + R"("})");
  }
  void Delete(const std::string& path, int status = 204) {
    const std::string pattern = path.substr(0, path.rfind('/')) + "/{monitor}";
    Step("DELETE", path, pattern, status);
  }
  Talk& Pause(milliseconds time) {
    Show();
    now_ += time;
    return *this;
  }
  Talk& As(const std::string& agent) {
    Show();
    agent_ = agent;
    return *this;
  }
  ClientLint& lint() {
    Show();
    return lint_;
  }

 private:
  static Exchange& Answer(Exchange& step, const std::string& text) {
    step.answer_json = Json::parse(text);
    return step;
  }
  static Exchange& Body(Exchange& step, const std::string& body, const std::string& location) {
    const auto json = ParseJson(body);
    if (json) step.json = *json;
    step.location = location;
    return step;
  }
  void Show() {
    if (!waiting_) return;
    waiting_ = false;
    const std::string answer = next_.answer_json ? next_.answer_json->dump() : std::string(next_.answer);
    next_.answer = answer;
    lint_.See(next_);
  }

  std::set<std::string> patterns_;  // which exchanges only view
  ClientLint lint_;
  Exchange next_;
  bool waiting_ = false;
  std::uint64_t number_ = 0;
  std::chrono::steady_clock::time_point now_{};
  std::string agent_ = "tester/1";
};

std::string Found(const Report& report) {
  std::string found;
  for (const ClientReport& client : report.clients) {
    for (const Finding& finding : client.findings) {
      if (!found.empty()) found += ", ";
      found += std::string(finding.rule) + " x" + std::to_string(finding.count);
    }
  }
  return found;
}

struct Case {
  const char* what;
  std::function<void(Talk&)> talk;
  const char* found;  // "" for what must not be blamed
};

std::vector<Case> Cases() {
  return {
      // ---- Media types
      {"provd's type", [](Talk& t) { t.Post("/provd/pg_mgr/reload", R"({"id": "acme"})", 204); }, ""},
      {"another type", [](Talk& t) { t.Post("/provd/pg_mgr/reload", "{}", 415).content_types = {"application/json"}; },
       "content-type-wrong x1"},
      {"no type", [](Talk& t) { t.Post("/provd/pg_mgr/reload", "{}", 415).content_types = {}; }, "content-type-wrong x1"},
      {"a 415 of a fault", [](Talk& t) { t.Post("/provd/pg_mgr/reload", "{}", 415).misled = true; }, ""},
      {"a charset",
       [](Talk& t) {
         t.Post("/provd/pg_mgr/reload", R"({"id": "acme"})", 204).content_types = {
             "application/vnd.proformatique.provd+json; charset=utf-8"};
       },
       "content-type-not-exact x1"},
      {"Accept without provd's type",
       [](Talk& t) {
         Exchange& step = t.Step("GET", "/provd", "/provd", 406);
         step.accepts = {"application/json"};
       },
       "accept-wrong x1"},
      {"provd's type with weight 0", [](Talk& t) { t.Step("GET", "/provd", "/provd", 200).accepts = {"text/html, */*;q=0.0"}; },
       "accept-wrong x1"},
      {"what browsers, curl, requests and Java accept",
       [](Talk& t) {
         for (const char* accept : {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "*/*", "",
                                    "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "text/html;q=0, */*", "*/*;q=0.001"}) {
           t.Step("GET", "/provd", "/provd", 200).accepts = {accept};
         }
       },
       ""},

      // ---- Queries
      {"a q that can't be read", [](Talk& t) { t.Step("GET", std::string(kDevices) + "?q=%7B", kDevices, 400).answer = "q is not JSON"; },
       "query-malformed x1"},
      {"a member's name as a parameter", [](Talk& t) { t.GetDevices("?mac=00:11:22:33:44:55"); }, "query-parameter-unknown x1"},
      {"known parameters, and what is there for caches",
       [](Talk& t) { t.GetDevices("?q=%7B%7D&fields=mac&skip=1&limit=2&sort=mac&sort_ord=DESC&recurse=true&_=1234&&"); }, ""},
      {"a query where it means nothing", [](Talk& t) { t.Step("GET", "/provd?mac=1", "/provd", 200); }, ""},

      // ---- Bodies
      {"a form", [](Talk& t) { t.Post("/provd/pg_mgr/reload", "id=acme", 400).body = "id=acme"; }, "body-not-json x1"},
      {"an empty body", [](Talk& t) { t.Post("/provd/pg_mgr/install/update", "", 400); }, "body-not-json x1"},
      {"JSON that is refused", [](Talk& t) { t.Post("/provd/pg_mgr/reload", R"({"id": "none"})", 400); }, ""},
      {"PHP's empty map",
       [](Talk& t) {
         t.Post("/provd/cfg_mgr/configs", R"({"config": {"id": "a", "raw_config": {"sip_lines": []}}})", 201, "/provd/cfg_mgr/configs/a");
       },
       "empty-list-for-object x1"},
      {"an empty object, and lists that are lists",
       [](Talk& t) {
         t.Post("/provd/cfg_mgr/configs", R"({"config": {"id": "a", "parent_ids": [], "raw_config": {"sip_lines": {}, "X_list": []}}})",
                201, "/provd/cfg_mgr/configs/a");
       },
       ""},

      // ---- Paths and methods
      {"a path that names nothing", [](Talk& t) { t.Step("GET", "/provd/devices", "", 404); }, "path-unknown x1"},
      {"a slash at the end", [](Talk& t) { t.Step("GET", "/provd/dev_mgr/devices/", "", 404); }, "path-unknown x1"},
      {"what browsers ask for on their own", [](Talk& t) { t.Step("GET", "/favicon.ico", "", 404); }, ""},
      {"a document that is not there", [](Talk& t) { t.Step("GET", "/provd/dev_mgr/devices/a", kDevice, 404); }, ""},
      {"a path that a fault gave",
       [](Talk& t) {
         Exchange& step = t.Step("GET", "/provd", "/provd", 200);
         step.misled = true;
         step.hrefs = {"/provd/device_manager"};
         t.Step("GET", "/provd/device_manager", "", 404);
       },
       ""},
      {"a method that is not there", [](Talk& t) { t.Step("PATCH", std::string(kDevices) + "/a", kDevice, 405).allow = "GET"; },
       "method-not-allowed x1"},

      // ---- Locations
      {"a monitor that was given",
       [](Talk& t) { t.Update("1"), t.Look("/provd/pg_mgr/install/update/1", "success"), t.Delete("/provd/pg_mgr/install/update/1"); }, ""},
      {"a monitor asked for after its DELETE",
       [](Talk& t) {
         t.Update("1"), t.Delete("/provd/pg_mgr/install/update/1");
         t.Step("GET", "/provd/pg_mgr/install/update/1", kMonitor, 404);
         t.Delete("/provd/pg_mgr/install/update/1", 404);
       },
       ""},
      {"the next monitor, guessed",
       [](Talk& t) {
         t.Update("1"), t.Look("/provd/pg_mgr/install/update/1", "success"), t.Delete("/provd/pg_mgr/install/update/1");
         t.Step("GET", "/provd/pg_mgr/install/update/2", kMonitor, 404);
       },
       "location-built-by-hand x1"},
      {"a monitor of another collection",
       [](Talk& t) {
         t.Update("7"), t.Delete("/provd/pg_mgr/install/update/7");
         t.Step("GET", "/provd/pg_mgr/install/install/7", "/provd/pg_mgr/install/install/{monitor}", 404);
       },
       "location-built-by-hand x1"},
      {"a monitor of the server before", [](Talk& t) { t.Step("GET", "/provd/pg_mgr/install/update/9", kMonitor, 404); }, ""},
      {"a monitor of the server before, asked for again after a new one was given",
       [](Talk& t) {
         t.Step("GET", "/provd/pg_mgr/install/update/9", kMonitor, 404);
         t.Update("1"), t.Delete("/provd/pg_mgr/install/update/1");
         t.Step("GET", "/provd/pg_mgr/install/update/9", kMonitor, 404);
       },
       ""},
      {"a monitor that another client was given",
       [](Talk& t) {
         t.As("other/1").Update("1"), t.Delete("/provd/pg_mgr/install/update/1");
         t.As("tester/1").Update("2"), t.Delete("/provd/pg_mgr/install/update/2");
         t.Step("GET", "/provd/pg_mgr/install/update/1", kMonitor, 404);
       },
       ""},
      {"a Location behind a base URL",
       [](Talk& t) {
         t.Update("1"), t.Delete("/provd/pg_mgr/install/update/1");
         t.Step("GET", "/provd/provd/pg_mgr/install/update/1", "", 404);
       },
       "location-built-by-hand x1"},
      {"segments of a Location left out",
       [](Talk& t) {
         t.Update("1"), t.Delete("/provd/pg_mgr/install/update/1");
         t.Step("GET", "/provd/pg_mgr/install/1", "", 404);
       },
       "location-built-by-hand x1"},
      {"a config below autocreate",
       [](Talk& t) {
         t.Post("/provd/cfg_mgr/autocreate", "{}", 201, "/provd/cfg_mgr/configs/autoprov1");
         t.Step("GET", "/provd/cfg_mgr/autocreate/autoprov1", "", 404);
       },
       "location-built-by-hand x1"},

      // ---- Monitors
      {"an end read and the monitor kept", [](Talk& t) { t.Update("1"), t.Look("/provd/pg_mgr/install/update/1", "success"); },
       "monitor-never-deleted x1"},
      {"started and forgotten", [](Talk& t) { t.Update("1"), t.Update("2"); }, "monitor-never-deleted x2"},
      {"still waiting for the end", [](Talk& t) { t.Update("1"), t.Look("/provd/pg_mgr/install/update/1", "progress"); }, ""},
      {"deleted at once", [](Talk& t) { t.Update("1"), t.Delete("/provd/pg_mgr/install/update/1"); }, ""},
      {"deleted by somebody else",
       [](Talk& t) { t.Update("1"), t.As("other/1").Delete("/provd/pg_mgr/install/update/1"), t.As("tester/1"); }, ""},
      {"a Location of a document", [](Talk& t) { t.Post(kDevices, R"({"device": {}})", 201, "/provd/dev_mgr/devices/a"); }, ""},
      {"twenty looks at once that tell nothing new",
       [](Talk& t) {
         t.Update("1");
         for (int i = 0; i < 30; ++i) t.Look("/provd/pg_mgr/install/update/1", "progress");
       },
       "monitor-asked-too-often x29"},
      {"looks that tell something new",
       [](Talk& t) {
         t.Update("1");
         for (int i = 0; i < 60; ++i) t.Look("/provd/pg_mgr/install/update/1", "progress;" + std::to_string(i / 10));
       },
       ""},
      {"looks that are far apart",
       [](Talk& t) {
         t.Update("1");
         for (int i = 0; i < 60; ++i) t.Pause(milliseconds(300)).Look("/provd/pg_mgr/install/update/1", "progress");
       },
       ""},
      {"looks after the end",
       [](Talk& t) {
         t.Update("1");
         for (int i = 0; i < 6; ++i) t.Look("/provd/pg_mgr/install/update/1", "success");
         t.Delete("/provd/pg_mgr/install/update/1");
       },
       "monitor-asked-after-its-end x2"},
      {"a second look at the end",
       [](Talk& t) {
         t.Update("1"), t.Look("/provd/pg_mgr/install/update/1", "fail"), t.Look("/provd/pg_mgr/install/update/1", "fail");
         t.Delete("/provd/pg_mgr/install/update/1");
       },
       ""},
      {"an install while the list is fetched",
       [](Talk& t) {
         t.Update("1");
         t.Post("/provd/pg_mgr/install/install", R"({"id": "acme"})", 400);
         t.Look("/provd/pg_mgr/install/update/1", "success"), t.Delete("/provd/pg_mgr/install/update/1");
       },
       "went-on-before-the-end x1"},
      {"an install that is refused after the list has come",
       [](Talk& t) {
         t.Update("1"), t.Look("/provd/pg_mgr/install/update/1", "success"), t.Delete("/provd/pg_mgr/install/update/1");
         t.Post("/provd/pg_mgr/install/install", R"({"id": "acme"})", 400);
       },
       ""},
      {"a plugin used while it is installed",
       [](Talk& t) {
         t.Install("acme", "1");
         t.Step("GET", "/provd/pg_mgr/plugins/acme/info", "/provd/pg_mgr/plugins/{plugin}/info", 404);
         t.Delete("/provd/pg_mgr/install/install/1");
       },
       "went-on-before-the-end x1"},
      {"another plugin that is not there",
       [](Talk& t) {
         t.Install("acme", "1");
         t.Step("GET", "/provd/pg_mgr/plugins/other/info", "/provd/pg_mgr/plugins/{plugin}/info", 404);
         t.Delete("/provd/pg_mgr/install/install/1");
       },
       ""},
      {"a refusal long after something was started",
       [](Talk& t) {
         t.Update("1"), t.Delete("/provd/pg_mgr/install/update/1");
         t.Pause(seconds(60)).Post("/provd/pg_mgr/install/install", R"({"id": "acme"})", 400);
       },
       ""},
      {"a phone with a plugin whose install failed",
       [](Talk& t) {
         t.Install("acme", "1"), t.Look("/provd/pg_mgr/install/install/1", "install|fail"), t.Delete("/provd/pg_mgr/install/install/1");
         t.Post(kDevices, R"({"device": {"plugin": "acme"}})", 201, "/provd/dev_mgr/devices/a");
       },
       "went-on-after-failure x1"},
      {"a phone with a plugin whose second install succeeded",
       [](Talk& t) {
         t.Install("acme", "1"), t.Look("/provd/pg_mgr/install/install/1", "install|fail"), t.Delete("/provd/pg_mgr/install/install/1");
         t.Install("acme", "2"), t.Look("/provd/pg_mgr/install/install/2", "install|success"), t.Delete("/provd/pg_mgr/install/install/2");
         t.Post(kDevices, R"({"device": {"plugin": "acme"}})", 201, "/provd/dev_mgr/devices/a");
       },
       ""},
      {"a phone with a plugin that somebody else installed since",
       [](Talk& t) {
         t.Install("acme", "1"), t.Look("/provd/pg_mgr/install/install/1", "install|fail"), t.Delete("/provd/pg_mgr/install/install/1");
         t.As("other/1").Install("acme", "2"), t.Delete("/provd/pg_mgr/install/install/2");
         t.As("tester/1").Post(kDevices, R"({"device": {"plugin": "acme"}})", 201, "/provd/dev_mgr/devices/a");
       },
       ""},

      {"a phone with a plugin that was mended by a reload",
       [](Talk& t) {
         t.Install("acme", "1"), t.Look("/provd/pg_mgr/install/install/1", "install|fail"), t.Delete("/provd/pg_mgr/install/install/1");
         t.Post("/provd/pg_mgr/reload", R"({"id": "acme"})", 204);
         t.Post(kDevices, R"({"device": {"plugin": "acme"}})", 201, "/provd/dev_mgr/devices/a");
       },
       ""},
      {"a monitor whose Location a fault wrote, or whose DELETE a fault answered",
       [](Talk& t) {
         t.Post("/provd/pg_mgr/install/update", "{}", 201, "/elsewhere/1").misled = true;
         t.Step("GET", "/elsewhere/1", "", 404);
         t.Update("2");
         t.Step("DELETE", "/provd/pg_mgr/install/update/2", kMonitor, 500).misled = true;
       },
       ""},

      // ---- Documents
      {"a PUT without GET",
       [](Talk& t) {
         t.PutDevice("a", R"({"id": "a", "mac": "m", "ip": "i", "configured": true, "added": "auto"})", R"({"device": {"mac": "m"}})");
       },
       "members-lost-by-put x1"},
      {"a PUT without GET that loses nothing",
       [](Talk& t) { t.PutDevice("a", R"({"id": "a", "mac": "m", "configured": true})", R"({"device": {"mac": "n"}})"); }, ""},
      {"a PUT that drops what was shown",
       [](Talk& t) {
         t.GetDevice("a", R"({"id": "a", "mac": "m", "ip": "i"})");
         t.PutDevice("a", R"({"id": "a", "mac": "m", "ip": "i"})", R"({"device": {"mac": "m"}})");
       },
       ""},
      {"a PUT that drops what a list showed",
       [](Talk& t) {
         t.GetDevices("", R"([{"id": "a", "mac": "m", "ip": "i"}])");
         t.PutDevice("a", R"({"id": "a", "mac": "m", "ip": "i"})", R"({"device": {"mac": "m"}})");
       },
       ""},
      {"a PUT of what a list with fields showed",
       [](Talk& t) {
         t.GetDevices("?fields=mac", R"([{"id": "a", "mac": "m"}])");
         t.PutDevice("a", R"({"id": "a", "mac": "m", "ip": "i"})", R"({"device": {"id": "a", "mac": "m", "plugin": "acme"}})");
       },
       "members-lost-by-put x1"},
      {"a PUT after a list that was sent in pieces",
       [](Talk& t) {
         Exchange& list = t.GetDevices();
         list.answer_json.reset();
         list.answer_is_whole = false;
         t.PutDevice("a", R"({"id": "a", "mac": "m", "ip": "i"})", R"({"device": {"mac": "m"}})");
       },
       ""},
      {"a PUT that drops what the client had written itself",
       [](Talk& t) {
         t.Post(kDevices, R"({"device": {"id": "a", "mac": "m", "description": "d"}})", 201, "/provd/dev_mgr/devices/a");
         t.PutDevice("a", R"({"id": "a", "mac": "m", "description": "d", "configured": false})", R"({"device": {"mac": "m"}})");
       },
       ""},
      {"a PUT that drops what a phone said since",
       [](Talk& t) {
         t.Post(kDevices, R"({"device": {"id": "a", "mac": "m"}})", 201, "/provd/dev_mgr/devices/a");
         t.PutDevice("a", R"({"id": "a", "mac": "m", "ip": "i", "configured": false})", R"({"device": {"mac": "m"}})");
       },
       "members-lost-by-put x1"},
      {"a PUT that drops part of an object",
       [](Talk& t) {
         Exchange& put = t.Step("PUT", "/provd/cfg_mgr/configs/c", kConfig, 204);
         put.json = Json::parse(R"({"config": {"raw_config": {"ntp_ip": "1"}}})");
         put.before = Json::parse(R"({"id": "c", "raw_config": {"ntp_ip": "1", "locale": "fr"}})");
       },
       "members-lost-by-put x1"},
      {"a PUT that is refused",
       [](Talk& t) { t.PutDevice("a", R"({"id": "a", "mac": "m", "ip": "i"})", R"({"device": {"mac": "M"}})").status = 400; }, ""},
      {"PUTs that change nothing",
       [](Talk& t) {
         for (int i = 0; i < 5; ++i) t.PutDevice("a", R"({"id": "a", "mac": "m", "configured": true})", R"({"device": {"mac": "m"}})");
       },
       "put-changes-nothing x5"},
      {"four of them",
       [](Talk& t) {
         for (int i = 0; i < 4; ++i) t.PutDevice("a", R"({"id": "a", "mac": "m", "configured": true})", R"({"device": {"mac": "m"}})");
       },
       ""},
      {"lists to find one device",
       [](Talk& t) {
         for (int i = 0; i < 4; ++i) t.GetDevices(), t.GetDevice("a", R"({"id": "a"})");
       },
       "list-fetched-to-find-one x3"},
      {"lists to synchronize one device",
       [](Talk& t) {
         for (int i = 0; i < 4; ++i) {
           t.GetDevices();
           const std::string monitor = "/provd/dev_mgr/synchronize/" + std::to_string(i + 1);
           t.Post("/provd/dev_mgr/synchronize", R"({"id": "a"})", 201, monitor), t.Delete(monitor);
         }
       },
       "list-fetched-to-find-one x3"},
      {"lists to go through all devices",
       [](Talk& t) {
         for (int i = 0; i < 5; ++i) t.GetDevices(), t.GetDevice("a", R"({"id": "a"})"), t.GetDevice("b", R"({"id": "b"})");
       },
       ""},
      {"lists that somebody looks at before they choose",
       [](Talk& t) {
         for (int i = 0; i < 5; ++i) t.GetDevices(), t.Pause(seconds(2)).GetDevice("a", R"({"id": "a"})");
       },
       ""},
      {"lists beside the one device that the client has made",
       [](Talk& t) {
         t.Post(kDevices, R"({"device": {"id": "a"}})", 201, "/provd/dev_mgr/devices/a");
         for (int i = 0; i < 5; ++i) t.GetDevices(), t.GetDevice("a", R"({"id": "a"})");
       },
       ""},
      {"selections",
       [](Talk& t) {
         for (int i = 0; i < 5; ++i) t.GetDevices("?q=%7B%22mac%22:%22m%22%7D"), t.GetDevice("a", R"({"id": "a"})");
       },
       ""},
      {"lists of one device",
       [](Talk& t) {
         for (int i = 0; i < 5; ++i) t.GetDevices("", R"([{"id": "a"}])"), t.GetDevice("a", R"({"id": "a"})");
       },
       ""},

      // ---- Habits
      {"one list again and again",
       [](Talk& t) {
         for (int i = 0; i < 25; ++i) t.GetDevices();
       },
       "list-asked-too-often x24"},
      {"one list, now and then",
       [](Talk& t) {
         for (int i = 0; i < 25; ++i) t.Pause(seconds(2)).GetDevices();
       },
       ""},
      {"a refused request again as it was",
       [](Talk& t) {
         for (int i = 0; i < 4; ++i) t.Post("/provd/pg_mgr/reload", R"({"id": "none"})", 400);
       },
       "retried-unchanged x2"},
      {"a refused request again after something changed",
       [](Talk& t) {
         for (int i = 0; i < 6; ++i) {
           t.As("tester/1").Post("/provd/pg_mgr/reload", R"({"id": "none"})", 400);
           if (i % 2 == 0) t.As("other/1").Post(kDevices, R"({"device": {}})", 201, "/provd/dev_mgr/devices/" + std::to_string(i));
         }
         t.As("tester/1");
       },
       ""},
      {"a refused request again while something runs",
       [](Talk& t) {
         t.Update("1"), t.Look("/provd/pg_mgr/install/update/1", "progress");
         for (int i = 0; i < 4; ++i) t.Post("/provd/pg_mgr/reload", R"({"id": "none"})", 400);
         t.Delete("/provd/pg_mgr/install/update/1");
       },
       ""},
      {"a refused request again while something of another client runs",
       [](Talk& t) {
         t.As("tester/1").Step("GET", "/provd", "/provd", 200);
         t.As("other/1").Update("1"), t.Delete("/provd/pg_mgr/install/update/1");
         t.As("tester/1");
         for (int i = 0; i < 4; ++i) t.Post("/provd/pg_mgr/reload", R"({"id": "none"})", 400);
       },
       ""},
      {"refused requests that differ",
       [](Talk& t) {
         static const char* const kBodies[] = {R"({"id": "a"})", R"({"id": "b"})"};
         for (int i = 0; i < 6; ++i) t.Post("/provd/pg_mgr/reload", kBodies[i % 2], 400).body = kBodies[i % 2];
       },
       ""},
      {"what is not there yet, asked for again",
       [](Talk& t) {
         for (int i = 0; i < 10; ++i) t.Step("GET", std::string(kDevices) + "/a", kDevice, 404);
       },
       ""},
      {"a connection for each request",
       [](Talk& t) {
         for (std::uint64_t i = 1; i <= 61; ++i) t.Step("GET", "/provd", "/provd", 200).connection = i;
       },
       "connection-per-request x60"},
      {"a DHCP server's hook",
       [](Talk& t) {
         for (std::uint64_t i = 1; i <= 61; ++i) t.Post("/provd/dev_mgr/dhcpinfo", R"({"dhcp_info": {}})", 204).connection = i;
       },
       ""},
      {"a pool of connections",
       [](Talk& t) {
         for (std::uint64_t i = 0; i < 200; ++i) t.Step("GET", "/provd", "/provd", 200).connection = i % 40 + 1;
       },
       ""},
      {"a connection for each request, seconds apart",
       [](Talk& t) {
         for (std::uint64_t i = 1; i <= 100; ++i) t.Pause(seconds(2)).Step("GET", "/provd", "/provd", 200).connection = i;
       },
       ""},
  };
}

TEST(ClientLint, FindsMistakesAndOnlyThese) {
  for (const Case& one : Cases()) {
    Talk talk;
    one.talk(talk);
    EXPECT_EQ(Found(talk.lint().Conclude(ClientLint::Since::kReset)), one.found) << one.what;
  }
}

TEST(ClientLint, EveryRuleIsTriedAndDescribed) {
  std::set<std::string> tried;
  for (const Case& one : Cases()) {
    const std::string found = one.found;
    if (!found.empty()) tried.insert(found.substr(0, found.find(' ')));
  }
  const auto page = ReadFile("docs/clients.md");
  ASSERT_TRUE(page) << page.error().message;
  for (const std::string& rule : tried) EXPECT_THAT(*page, HasSubstr("`" + rule + "`"));
  const GivenPaths anyone;
  const ClientMemory memory(anyone);
  EXPECT_EQ(tried.size(), AllRules(memory).size());
}

TEST(ClientLint, AFindingSaysWhatHappenedInOrderAndWhatToDo) {
  Talk talk;
  talk.Update("1"), talk.Look("/provd/pg_mgr/install/update/1", "update|success;10");
  EXPECT_EQ(TextOf(talk.lint().Conclude(ClientLint::Since::kReset), "http://127.0.0.1:8666"),
            R"(1 finding for tester/1 (127.0.0.1), 2 requests

tester/1 (127.0.0.1)
  wrong     monitor-never-deleted x1
            1 of 1 monitor was left behind: 1 after the end was read. A provd keeps them for as long as it
            runs.
            #1     POST /provd/pg_mgr/install/update -> 201  Location /provd/pg_mgr/install/update/1
            #2     GET /provd/pg_mgr/install/update/1 -> 200  success
  instead   DELETE a monitor once its end was read, or at once if nobody will ask: the operation goes on.
            curl -X DELETE http://127.0.0.1:8666/provd/pg_mgr/install/update/1
)");
  const Json json = JsonOf(talk.lint().Conclude(ClientLint::Since::kReset), "http://h");
  EXPECT_EQ(json["findings"], 1);
  EXPECT_EQ(json["clients"][0]["verdict"], "1 finding for tester/1 (127.0.0.1)");
  EXPECT_EQ(json["clients"][0]["findings"][0]["example"][1]["sequence"], 2);
  EXPECT_EQ(json["clients"][0]["findings"][0]["command"], "curl -X DELETE http://h/provd/pg_mgr/install/update/1");
}

TEST(ClientLint, TellsTheKindsOfAMistakeApartTheMostFrequentFirst) {
  Talk talk;
  for (const char* query : {"?limit=x", "?q=%7B", "?q=%7B&_=7", "?q=7&fields=mac"}) {
    talk.Step("GET", kDevices + std::string(query), kDevices, 400).answer = "No.";
  }
  const Report report = talk.lint().Conclude(ClientLint::Since::kReset);
  EXPECT_EQ(
      report.clients.at(0).findings.at(0).sentence,
      "4 lists were asked for with a query that can't be read: 2 with q, 1 with limit, 1 with q and fields. Other servers ignore it and "
      "answer all documents. The first answer: No.");
}

TEST(ClientLint, SaysSoIfThereIsNothingToSay) {
  Talk talk;
  EXPECT_EQ(TextOf(talk.lint().Conclude(ClientLint::Since::kStart), "o"), "no client has asked anything\n");
  talk.As("").Step("GET", "/provd", "/provd", 200);
  EXPECT_EQ(TextOf(talk.lint().Conclude(ClientLint::Since::kStart), "o"),
            "no findings for a client without User-Agent (127.0.0.1), 1 request\n");
}

TEST(ClientLint, WrongComesBeforeWasteful) {
  Talk talk;
  for (int i = 0; i < 25; ++i) talk.GetDevices();
  talk.Step("PATCH", kDevices, kDevices, 405);
  EXPECT_EQ(Found(talk.lint().Conclude(ClientLint::Since::kReset)), "method-not-allowed x1, list-asked-too-often x24");
}

TEST(ClientLint, TellsClientsApartByNameAndAddress) {
  Talk talk;
  talk.As("one/1").Step("GET", "/provd/x", "", 404);
  talk.As("two/1").Step("GET", "/provd", "/provd", 200);
  talk.Step("GET", "/provd", "/provd", 200).peer = "127.0.0.2";
  const Report report = talk.lint().Conclude(ClientLint::Since::kReset);
  ASSERT_EQ(report.clients.size(), 3u);
  EXPECT_EQ(report.clients[0].findings.size(), 1u);
  EXPECT_THAT(report.clients[1].findings, IsEmpty());
  EXPECT_EQ(report.clients[2].peer, "127.0.0.2");
}

TEST(ClientLint, AResetBeginsAnewButForgetsNothingFound) {
  Talk talk;
  for (const char* id : {"1", "2"}) {
    talk.Update(id), talk.Look("/provd/pg_mgr/install/update/" + std::string(id), "success");
    EXPECT_EQ(Found(talk.lint().Conclude(ClientLint::Since::kReset)), "monitor-never-deleted x1");
    talk.lint().Reset();
    EXPECT_EQ(Found(talk.lint().Conclude(ClientLint::Since::kReset)), "");
  }
  const Report all = talk.lint().Conclude(ClientLint::Since::kStart);
  EXPECT_EQ(Found(all), "monitor-never-deleted x2");
  EXPECT_EQ(all.clients[0].requests, 4u);
  EXPECT_THAT(TextOf(all, "o"), HasSubstr("After resets 1 more."));
  EXPECT_THAT(TextOf(all, "o"), HasSubstr("also #4"));
}

TEST(ClientLint, AMonitorFromBeforeAResetIsNoGuess) {
  Talk talk;
  talk.Update("1");
  talk.lint().Reset();
  talk.Update("2"), talk.Delete("/provd/pg_mgr/install/update/2");
  talk.Step("GET", "/provd/pg_mgr/install/update/1", kMonitor, 404);
  EXPECT_EQ(Found(talk.lint().Conclude(ClientLint::Since::kReset)), "");
}

TEST(ClientLint, CountsExactlyBeyondWhatItRemembers) {
  Talk talk;
  const int many = static_cast<int>(limits::kMonitors) + 500;
  for (int i = 1; i <= many; ++i) {
    const std::string id = std::to_string(i);
    talk.Update(id), talk.Look("/provd/pg_mgr/install/update/" + id, "success");
  }
  const Report report = talk.lint().Conclude(ClientLint::Since::kReset);
  ASSERT_EQ(report.clients.at(0).findings.size(), 1u);
  const Finding& finding = report.clients[0].findings[0];
  EXPECT_EQ(finding.count, static_cast<std::uint64_t>(many));
  EXPECT_EQ(finding.further.size(), limits::kFurtherNumbers);
  EXPECT_THAT(finding.sentence, StartsWith("1500 of 1500 monitors were left behind: 1000 after the end was read, 500 long ago."));
}

TEST(ClientLint, BlamesNobodyForWhatItForgot) {
  Talk talk;
  for (std::size_t i = 0; i <= limits::kDocuments; ++i) talk.GetDevice(std::to_string(i), R"({"id": "i", "mac": "m", "ip": "i"})");
  const std::string last = std::to_string(limits::kDocuments);
  talk.PutDevice(last, R"({"mac": "m", "ip": "i"})", R"({"device": {"mac": "m"}})");
  EXPECT_EQ(Found(talk.lint().Conclude(ClientLint::Since::kReset)), "");
}

TEST(ClientLint, BlamesNobodyForWhatADocumentHadTooMuchOf) {
  Talk talk;
  Json device = {{"id", "a"}};
  for (std::size_t i = 0; i < limits::kMembers + 10; ++i) device["m" + std::to_string(i)] = 1;
  talk.GetDevice("a", device.dump());
  talk.PutDevice("a", device.dump(), R"({"device": {}})");
  EXPECT_EQ(Found(talk.lint().Conclude(ClientLint::Since::kReset)), "");
}

TEST(ClientLint, LooksAtSoManyClientsAndSaysSo) {
  Talk talk;
  for (std::size_t i = 0; i < limits::kClients + 3; ++i) talk.As("c/" + std::to_string(i)).Step("GET", "/provd/x", "", 404);
  const Report report = talk.lint().Conclude(ClientLint::Since::kReset);
  EXPECT_EQ(report.clients.size(), limits::kClients);
  EXPECT_EQ(report.requests_not_looked_at, 3u);
  EXPECT_THAT(TextOf(report, "o"), HasSubstr("3 requests of further clients not looked at: at most 100 are\n"));
}

// What the C library has given out and not got back; 0 where a sanitizer has replaced it.
std::size_t BytesInUse() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(ClientLint, KeepsQuotationsOfWhatIsLong) {
  const std::string large(100'000, 'x');
  const auto before = static_cast<std::int64_t>(BytesInUse());
  ClientLint lint;
  const auto see = [&](int client, std::uint64_t number, const std::string& method, const std::string& target, std::string_view pattern,
                       int status, const Json& json = {}) {
    Exchange exchange;
    exchange.number = number;
    exchange.at = std::chrono::steady_clock::time_point(milliseconds(number));
    exchange.agent = std::to_string(client) + large;
    exchange.method = method;
    exchange.target = target;
    exchange.path = target.substr(0, target.find('?'));
    exchange.query = target.substr(std::min(target.size(), exchange.path.size() + 1));
    exchange.pattern = pattern;
    exchange.status = status;
    exchange.content_types = exchange.accepts = {large + std::to_string(number)};
    if (!json.is_null()) exchange.json = json;
    if (method == "PUT") exchange.before = Json{{"device", {{"lost" + large + std::to_string(number), 1}}}}.at("device");
    if (status == 201) exchange.location = target + "/" + std::to_string(number);
    lint.See(exchange);
  };
  std::uint64_t number = 0;
  for (int client = 0; client < 10; ++client) {
    for (int i = 0; i < 100; ++i) {
      const std::string own = large + std::to_string(++number);
      see(client, number, "GET", "/provd/" + own, "", 404);
      see(client, number, "GET", "/provd/pg_mgr/plugins/" + own + "/install/install/1",
          "/provd/pg_mgr/plugins/{plugin}/install/install/{monitor}", 404);
      see(client, number, "GET", "/provd/dev_mgr/devices?" + own, "/provd/dev_mgr/devices", 200);
      see(client, number, "POST", "/provd/dev_mgr/synchronize", "/provd/dev_mgr/synchronize", 201, {{"id", own + "/" + own}});
      see(client, number, "PUT", "/provd/dev_mgr/devices/a", kDevice, 204, {{"device", {{own, 1}}}});
      see(client, number, "PUT", "/provd/dev_mgr/devices/a", kDevice, 415, {{"device", {{own, 1}}}});
    }
  }
  EXPECT_LT(static_cast<std::int64_t>(BytesInUse()) - before, 10 * 2 * 1024 * 1024);
  const Report report = lint.Conclude(ClientLint::Since::kReset);
  EXPECT_EQ(report.clients.size(), 10u);
  EXPECT_LT(TextOf(report, "o").size(), 200'000u);
}

TEST(ClientLint, PrintsNothingThatATerminalWouldActOn) {
  Talk talk;
  talk.As("evil\033[2J\xC2\x9B").Step("GET", "/provd/\033]0;x\007" + std::string(1000, 'y'), "", 404);
  const std::string text = TextOf(talk.lint().Conclude(ClientLint::Since::kReset), "o");
  for (const char c : text) EXPECT_TRUE(c == '\n' || (c >= ' ' && c < 0x7f)) << static_cast<int>(c);
  EXPECT_THAT(text, HasSubstr("yyy..."));
}

TEST(ClientLint, MayBeAskedWhileItSees) {
  ClientLint lint;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&lint, thread] {
      for (std::uint64_t i = 0; i < 500; ++i) {
        Exchange exchange;
        exchange.number = i + 1;
        exchange.agent = "t/" + std::to_string(thread % 2);
        exchange.method = "GET";
        exchange.target = exchange.path = "/provd/x";
        exchange.status = 404;
        lint.See(exchange);
        if (i % 100 == 0) static_cast<void>(lint.Conclude(ClientLint::Since::kStart));
        if (i == 250 && thread == 0) lint.Reset();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::uint64_t requests = 0;
  for (const ClientReport& client : lint.Conclude(ClientLint::Since::kStart).clients) requests += client.requests;
  EXPECT_EQ(requests, 2000u);
}

}  // namespace
}  // namespace provdlab::server::lint
