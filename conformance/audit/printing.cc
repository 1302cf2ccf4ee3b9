#include "conformance/audit/printing.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "conformance/report/screen.h"

namespace provdlab::conformance::audit {
namespace {

constexpr int kFormat = 1;
constexpr char kIndent[] = "  ";

std::string Count(std::size_t n, const std::string& noun) { return std::to_string(n) + " " + noun + (n == 1 ? "" : "s"); }

const char* StyleOf(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "31";
    case Severity::kWarning:
      return "33";
    case Severity::kNote:
      return "2";
  }
  return "0";
}

struct Headline {
  const char* style;
  std::string word, sentence;
};

Headline HeadlineOf(const Snapshot& snapshot, const Judgement& judgement) {
  std::string found;
  const auto add = [&found](std::size_t n, const std::string& noun) {
    if (n > 0) found += (found.empty() ? "" : ", ") + Count(n, noun);
  };
  add(judgement.errors, "error");
  add(judgement.warnings, "warning");
  add(judgement.notes, "note");
  const std::string among = " in " + Count(snapshot.devices.size(), "device") + " and " + Count(snapshot.configs.size(), "config");
  if (!judgement.Clean()) return {judgement.errors > 0 ? "1;31" : "1;33", "FOUND", found + among + "."};
  const std::string notes = judgement.notes > 0 ? ", but " + Count(judgement.notes, "note") : "";
  if (!snapshot.unread.empty()) return {"1;33", "NOT PROVEN", "Nothing found" + notes + among + ", but not everything could be read."};
  return {"1;32", "SOUND", "Nothing is wrong" + among + notes + "."};
}

std::string WhatWasRead(const Snapshot& snapshot) {
  std::vector<std::string> parts;
  if (snapshot.Has(Resource::kDevices)) parts.push_back(Count(snapshot.devices.size(), "device"));
  if (snapshot.Has(Resource::kConfigs)) parts.push_back(Count(snapshot.configs.size(), "config"));
  if (snapshot.Has(Resource::kInstalledPlugins)) parts.push_back(Count(snapshot.installed.size(), "installed plugin"));
  if (snapshot.Has(Resource::kLoadedPlugins)) parts.push_back(std::to_string(snapshot.loaded.size()) + " of them loaded");
  if (snapshot.Has(Resource::kNat)) parts.push_back(snapshot.nat ? "NAT is 1" : "NAT is 0");
  return Join(parts, ", ");
}

std::vector<std::string> PathsOf(const std::vector<Resource>& resources) {
  std::vector<std::string> paths;
  for (const Resource resource : resources) paths.emplace_back(PathOf(resource));
  return paths;
}

}  // namespace

std::string TerminalAudit(const std::string& target, const Snapshot& snapshot, const Judgement& judgement,
                          const TerminalAuditOptions& options) {
  Screen screen(options.color, options.width);
  const Headline headline = HeadlineOf(snapshot, judgement);
  screen.Headline(headline.style, headline.word, headline.sentence);
  screen.Labelled("", "target", target);
  screen.Labelled("", "read", WhatWasRead(snapshot));
  for (const auto& [resource, why] : snapshot.unread) screen.Labelled("", "not read", std::string(PathOf(resource)) + ": " + why);
  if (!judgement.unchecked.empty()) {
    std::vector<std::string> names;
    for (const Unchecked& unchecked : judgement.unchecked) names.emplace_back(unchecked.rule->name);
    screen.Labelled("", "unchecked", Join(names, ", "), 8);
  }
  for (std::size_t i = 0; i < judgement.findings.size();) {
    const Rule& rule = *judgement.findings[i].rule;
    std::size_t end = i;
    while (end < judgement.findings.size() && judgement.findings[end].rule == &rule) ++end;
    screen.Line();
    screen.Line(screen.Paint(StyleOf(rule.severity), std::string(SeverityName(rule.severity))) + "  " +
                screen.Paint("1", std::string(rule.name)) + "  " + std::to_string(end - i));
    screen.Labelled(kIndent, "", std::string(rule.sentence));
    const std::size_t shown = std::min(end, i + options.most_of_a_rule);
    for (std::size_t at = i; at < shown; ++at) screen.Labelled(kIndent, at == i ? "found" : "", judgement.findings[at].sentence, 4);
    if (shown < end) screen.Labelled(kIndent, "", "… and " + std::to_string(end - shown) + " more; --json has all");
    screen.Labelled(kIndent, "do", std::string(rule.advice));
    i = end;
  }
  return screen.Take();
}

OrderedJson AuditJson(const std::string& target, const Snapshot& snapshot, const Judgement& judgement) {
  OrderedJson json;
  json["format"] = kFormat;
  json["target"] = target;
  json["errors"] = judgement.errors;
  json["warnings"] = judgement.warnings;
  json["notes"] = judgement.notes;
  OrderedJson& read = json["read"] = OrderedJson::object();
  if (snapshot.Has(Resource::kDevices)) read["devices"] = snapshot.devices.size();
  if (snapshot.Has(Resource::kConfigs)) read["configs"] = snapshot.configs.size();
  if (snapshot.Has(Resource::kInstalledPlugins)) read["installed_plugins"] = snapshot.installed;
  if (snapshot.Has(Resource::kLoadedPlugins)) read["loaded_plugins"] = snapshot.loaded;
  if (snapshot.Has(Resource::kNat)) read["nat"] = snapshot.nat ? 1 : 0;
  json["unread"] = OrderedJson::array();
  for (const auto& [resource, why] : snapshot.unread) json["unread"].push_back({{"resource", PathOf(resource)}, {"reason", why}});
  json["unchecked"] = OrderedJson::array();
  for (const Unchecked& unchecked : judgement.unchecked)
    json["unchecked"].push_back({{"rule", unchecked.rule->name}, {"unread", PathsOf(unchecked.unread)}});
  json["findings"] = OrderedJson::array();
  for (const Finding& finding : judgement.findings) {
    OrderedJson entry;
    entry["rule"] = finding.rule->name;
    entry["severity"] = SeverityName(finding.rule->severity);
    entry["sentence"] = finding.sentence;
    entry["devices"] = finding.devices;
    entry["configs"] = finding.configs;
    entry["plugins"] = finding.plugins;
    entry["advice"] = finding.rule->advice;
    json["findings"].push_back(std::move(entry));
  }
  return json;
}

}  // namespace provdlab::conformance::audit
