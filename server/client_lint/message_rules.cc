// What is wrong with single requests: media types, queries, bodies.

#include <algorithm>
#include <array>
#include <utility>

#include "base/http/message.h"
#include "base/text.h"
#include "server/api/media_type.h"
#include "server/client_lint/limits.h"
#include "server/client_lint/rule.h"

namespace provdlab::server::lint {
namespace {

constexpr char kPostExample[] =
    "curl -X POST -H 'Content-Type: application/vnd.proformatique.provd+json' -d '{\"id\": \"acme\"}' "
    "{origin}/provd/pg_mgr/install/install";

// Bodies whose Content-Type is another one, or is not there.
class ContentTypeWrong : public Rule {
 public:
  void See(const Exchange& exchange) override {
    if (!exchange.Sends() || exchange.misled) return;
    ++bodies_;
    if (exchange.status != 415) return;
    const std::string kind = exchange.content_types.empty() ? "without Content-Type" : "as " + Quoted(exchange.content_types.front());
    kinds_.Add(kind);
    tally_.Add({LineOf(exchange, kind)});
  }
  std::optional<Finding> Conclude() const override {
    auto finding = tally_.Found("content-type-wrong", Severity::kWrong);
    if (!finding) return finding;
    finding->sentence = std::to_string(finding->count) + " of " + Counted(bodies_, "body was", "bodies were") +
                        " refused with 415 for the media type: " + kinds_.Text() + ".";
    finding->instead = "Every POST and PUT names provd's own type, also where the body is {}; application/json is another one.";
    finding->command = kPostExample;
    return finding;
  }

 private:
  std::uint64_t bodies_ = 0;
  Kinds kinds_;
  Tally tally_;
};

// What this server takes though others are stricter.
class ContentTypeWithParameters : public Rule {
 public:
  void See(const Exchange& exchange) override {
    if (!exchange.Sends() || exchange.misled || exchange.status == 415 || exchange.pattern.empty()) return;
    const auto other = std::find_if(exchange.content_types.begin(), exchange.content_types.end(),
                                    [](const std::string& type) { return type != kProvdMediaType && IsProvdMediaType(type); });
    if (other == exchange.content_types.end()) return;
    kinds_.Add("as " + Quoted(*other));
    tally_.Add({LineOf(exchange, Quoted(*other))});
  }
  std::optional<Finding> Conclude() const override {
    auto finding = tally_.Found("content-type-not-exact", Severity::kWrong);
    if (!finding) return finding;
    finding->sentence = Counted(finding->count, "body", "bodies") +
                        " had provd's media type with parameters or in another letter case: " + kinds_.Text() +
                        ". It is taken here; xivo-provd and wazo-provd answer 415.";
    finding->instead = "Send the type exactly as it is, without charset.";
    finding->command = kPostExample;
    return finding;
  }

 private:
  Kinds kinds_;
  Tally tally_;
};

// Whether a media range that admits provd's type is there, and all such ones have the weight 0: "not this one".
bool RefusesByWeight(const std::vector<std::string>& accepts) {
  bool admits = false;
  for (const std::string& field : accepts) {
    for (const std::string_view range : Split(field, ',')) {
      const auto parts = Split(range, ';');
      const std::string type(Trim(parts.front()));
      if (type.empty() || !AcceptsProvd({type})) continue;
      admits = true;
      const bool refused = std::any_of(parts.begin() + 1, parts.end(), [](std::string_view part) {
        const std::string weight = Lower(Trim(part));
        return weight.starts_with("q=0") && weight.find_first_not_of("0.", 2) == std::string::npos;
      });
      if (!refused) return false;
    }
  }
  return admits;
}

class AcceptWrong : public Rule {
 public:
  void See(const Exchange& exchange) override {
    if (!exchange.Asks() || exchange.misled || exchange.pattern.empty()) return;
    const bool refused = exchange.status == 406;
    if (!refused && !RefusesByWeight(exchange.accepts)) return;
    if (!refused) ++by_weight_;
    const std::string kind = Quoted(Join(exchange.accepts, ", "));
    kinds_.Add("with " + kind);
    tally_.Add({LineOf(exchange, "Accept " + kind)});
  }
  std::optional<Finding> Conclude() const override {
    auto finding = tally_.Found("accept-wrong", Severity::kWrong);
    if (!finding) return finding;
    finding->sentence =
        Counted(finding->count, "GET has", "GETs have") + " an Accept that excludes provd's media type: " + kinds_.Text() + ".";
    if (by_weight_ > 0) {
      finding->sentence +=
          " " + std::to_string(by_weight_) + " of them by q=0, which a provd does not look at: the answer comes as if it was wanted.";
    }
    finding->instead = "Ask for provd's type, for */*, or leave Accept out.";
    finding->command = "curl -H 'Accept: application/vnd.proformatique.provd+json' {origin}/provd";
    return finding;
  }

 private:
  std::uint64_t by_weight_ = 0;
  Kinds kinds_;
  Tally tally_;
};

constexpr char kQueryExample[] = "curl -G {origin}/provd/dev_mgr/devices --data-urlencode 'q={\"mac\": \"00:11:22:33:44:55\"}'";

// The names of a query's parameters, decoded, as they come.
std::vector<std::string> ParametersOf(std::string_view query) {
  std::vector<std::string> names;
  for (const std::string_view part : Split(query, '&')) {
    std::string name = http::PercentDecode(part.substr(0, part.find('='))).value_or("");
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

// Does a list look at it? recurse is wazo's.
bool MeansSomething(const std::string& parameter) {
  static constexpr std::array<std::string_view, 8> kKnown = {"q", "q64", "fields", "skip", "limit", "sort", "sort_ord", "recurse"};
  return std::find(kKnown.begin(), kKnown.end(), parameter) != kKnown.end();
}

// Lists asked for with a q, a limit, … that can't be read.
class QueryMalformed : public Rule {
 public:
  void See(const Exchange& exchange) override {
    if (!exchange.Asks() || !exchange.OfDocuments() || exchange.status != 400 || exchange.misled) return;
    auto names = ParametersOf(exchange.query);
    std::erase_if(names, [](const std::string& name) { return !MeansSomething(name); });
    kinds_.Add("with " + Quoted(Join(names, " and ")));
    if (first_.empty()) first_ = Quoted(Trim(exchange.answer));
    tally_.Add({LineOf(exchange)});
  }
  std::optional<Finding> Conclude() const override {
    auto finding = tally_.Found("query-malformed", Severity::kWrong);
    if (!finding) return finding;
    finding->sentence = Counted(finding->count, "list was", "lists were") + " asked for with a query that can't be read: " + kinds_.Text() +
                        ". Other servers ignore it and answer all documents. The first answer: " + first_;
    finding->instead = "q is a JSON object, percent-encoded, or in base64 as q64; skip and limit are integers of 0 or more.";
    finding->command = kQueryExample;
    return finding;
  }

 private:
  std::string first_;
  Kinds kinds_;
  Tally tally_;
};

// ?mac=… is no selector: the answer is the whole list.
class QueryParameterUnknown : public Rule {
 public:
  void See(const Exchange& exchange) override {
    if (!exchange.Asks() || !exchange.OfDocuments() || exchange.status != 200 || exchange.query.empty()) return;
    auto names = ParametersOf(exchange.query);
    // What begins with '_' is there to get past caches.
    std::erase_if(names, [](const std::string& name) { return name.front() == '_' || MeansSomething(name); });
    if (names.empty()) return;
    for (const std::string& name : names) kinds_.Add("with " + Quoted(name));
    tally_.Add({LineOf(exchange)});
  }
  std::optional<Finding> Conclude() const override {
    auto finding = tally_.Found("query-parameter-unknown", Severity::kWrong);
    if (!finding) return finding;
    finding->sentence = Counted(finding->count, "list was", "lists were") +
                        " asked for with parameters that mean nothing: " + kinds_.Text() +
                        ". They are ignored, the answer is as without them.";
    finding->instead = "What is looked for goes into q, as JSON. There are q, q64, fields, skip, limit, sort and sort_ord.";
    finding->command = kQueryExample;
    return finding;
  }

 private:
  Kinds kinds_;
  Tally tally_;
};

class BodyNotJson : public Rule {
 public:
  void See(const Exchange& exchange) override {
    if (!exchange.Sends() || exchange.status != 400 || exchange.json || exchange.misled) return;
    const bool form = exchange.body.find('=') != std::string_view::npos && exchange.body.find('{') == std::string_view::npos;
    kinds_.Add(exchange.body.empty() ? "empty" : form ? "as a form" : "malformed");
    tally_.Add({LineOf(exchange)});
  }
  std::optional<Finding> Conclude() const override {
    auto finding = tally_.Found("body-not-json", Severity::kWrong);
    if (!finding) return finding;
    finding->sentence =
        Counted(finding->count, "body was", "bodies were") + " refused with 400 because it is not JSON: " + kinds_.Text() + ".";
    finding->instead = "Send one JSON object in UTF-8, without byte-order mark. Calls that need nothing, as an update, get {}.";
    finding->command =
        "curl -X POST -H 'Content-Type: application/vnd.proformatique.provd+json' -d '{}' {origin}/provd/pg_mgr/install/update";
    return finding;
  }

 private:
  Kinds kinds_;
  Tally tally_;
};

// PHP writes an empty map as []. It is understood here; others lose the config, or half of it.
class EmptyListForObject : public Rule {
 public:
  void See(const Exchange& exchange) override {
    if (!exchange.Sends() || !exchange.Succeeded() || !exchange.json || !exchange.json->is_object()) return;
    if (!exchange.pattern.starts_with("/provd/cfg_mgr/configs")) return;
    const auto config = exchange.json->find("config");
    if (config == exchange.json->end() || !config->is_object()) return;
    const auto raw = config->find("raw_config");
    if (raw == config->end() || !raw->is_object()) return;
    bool found = false;
    for (const char* member : {"sip_lines", "funckeys", "sccp_call_managers"}) {
      const auto value = raw->find(member);
      if (value == raw->end() || !value->is_array() || !value->empty()) continue;
      kinds_.Add(member);
      found = true;
    }
    if (found) tally_.Add({LineOf(exchange)});
  }
  std::optional<Finding> Conclude() const override {
    auto finding = tally_.Found("empty-list-for-object", Severity::kWrong);
    if (!finding) return finding;
    finding->sentence = Counted(finding->count, "config has", "configs have") +
                        " an empty list [] where an empty object {} is meant: " + kinds_.Text() +
                        ". It is understood here; xivo-provd and wazo-provd answer 500 and leave phones half configured.";
    finding->instead = "Write {} (in PHP: new stdClass, or JSON_FORCE_OBJECT), or leave the member out.";
    finding->command =
        "curl -X PUT -H 'Content-Type: application/vnd.proformatique.provd+json' "
        "-d '{\"config\": {\"parent_ids\": [\"base\"], \"raw_config\": {\"sip_lines\": {}}}}' {origin}/provd/cfg_mgr/configs/ID";
    return finding;
  }

 private:
  Kinds kinds_;
  Tally tally_;
};

}  // namespace

void AddMessageRules(Rules& rules) {
  rules.push_back(std::make_unique<ContentTypeWrong>());
  rules.push_back(std::make_unique<ContentTypeWithParameters>());
  rules.push_back(std::make_unique<AcceptWrong>());
  rules.push_back(std::make_unique<QueryMalformed>());
  rules.push_back(std::make_unique<QueryParameterUnknown>());
  rules.push_back(std::make_unique<BodyNotJson>());
  rules.push_back(std::make_unique<EmptyListForObject>());
}

}  // namespace provdlab::server::lint
