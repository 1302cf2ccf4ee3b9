#include "conformance/audit/rules.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/text.h"

namespace provdlab::conformance::audit {

// Documents by what the rules ask for. Points into the snapshot.
class Index {
 public:
  explicit Index(const Snapshot& snapshot) : snapshot_(snapshot) {
    configs_.reserve(snapshot.configs.size());
    for (std::size_t i = 0; i < snapshot.configs.size(); ++i) configs_.try_emplace(snapshot.configs[i].id, i);
    for (const Device& device : snapshot.devices) {
      if (!device.config.empty()) users_[device.config].push_back(&device);
    }
  }

  const Snapshot& snapshot() const { return snapshot_; }
  std::optional<std::size_t> PlaceOf(std::string_view config) const {
    const auto found = configs_.find(config);
    return found == configs_.end() ? std::nullopt : std::optional(found->second);
  }
  std::vector<const Device*> UsersOf(const Config& config) const {
    const auto found = users_.find(config.id);
    return found == users_.end() ? std::vector<const Device*>() : found->second;
  }

  // The first switch that the config, with all that it inherits, turns on without what that needs.
  const Switch* SwitchWithoutCompanion(std::size_t config) const;

 private:
  const Snapshot& snapshot_;
  std::unordered_map<std::string_view, std::size_t> configs_;
  std::unordered_map<std::string_view, std::vector<const Device*>> users_;
};

const Switch* Index::SwitchWithoutCompanion(std::size_t config) const {
  // Ancestors come before the config itself, parents in their order, depth first, each once; each overlays those before it.
  std::array<Word, kSwitches.size()> on{}, companion{};
  std::set<std::size_t> visited = {config};
  std::vector<std::pair<std::size_t, std::size_t>> path = {{config, 0}};  // a config, and which of its parents is next
  while (!path.empty()) {
    const Config& current = snapshot_.configs[path.back().first];
    if (path.back().second < current.parents.size()) {
      const auto parent = PlaceOf(current.parents[path.back().second++]);
      if (parent && visited.insert(*parent).second) path.emplace_back(*parent, 0);
      continue;
    }
    for (std::size_t i = 0; i < kSwitches.size(); ++i) {
      if (current.on[i] != Word::kNothing) on[i] = current.on[i];
      if (current.companion[i] != Word::kNothing) companion[i] = current.companion[i];
    }
    path.pop_back();
  }
  for (std::size_t i = 0; i < kSwitches.size(); ++i) {
    if (on[i] == Word::kYes && companion[i] != Word::kYes) return &kSwitches[i];
  }
  return nullptr;
}

namespace {

constexpr std::size_t kMostNamed = 5;

std::string Quoted(std::string_view id) { return "\"" + std::string(id) + "\""; }

// "a", "b" and 3 more
std::string Named(const std::vector<std::string>& ids) {
  std::string text;
  const std::size_t named = ids.size() <= kMostNamed ? ids.size() : kMostNamed - 1;
  for (std::size_t i = 0; i < named; ++i) {
    const bool last = i + 1 == ids.size();
    text += (i == 0 ? "" : last ? " and " : ", ") + Quoted(ids[i]);
  }
  if (named < ids.size()) text += " and " + std::to_string(ids.size() - named) + " more";
  return text;
}

std::vector<std::string> IdsOf(const std::vector<const Device*>& devices) {
  std::vector<std::string> ids;
  ids.reserve(devices.size());
  for (const Device* device : devices) ids.push_back(device->id);
  return ids;
}

// Devices

// One finding for each plugin or config that is missed, however many devices name it, in the order of the names. `name` gives what a device
// misses, or nothing; `kind` says what that is, `lack` what it is not.
template <typename Name>
void Missed(const Index& index, const std::string& kind, const std::string& lack, Name name, std::vector<std::string> Finding::*ids,
            std::vector<Finding>& findings) {
  std::map<std::string, std::vector<const Device*>> missed;
  for (const Device& device : index.snapshot().devices) {
    if (const std::string missing = name(device); !missing.empty()) missed[missing].push_back(&device);
  }
  for (const auto& [missing, devices] : missed) {
    std::vector<std::string> names = IdsOf(devices);
    const std::string who = devices.size() == 1 ? "device " + Named(names) + " names" : "devices " + Named(names) + " name";
    Finding finding{.rule = nullptr, .sentence = who + " " + kind + " " + Quoted(missing) + ", which is not " + lack};
    finding.devices = std::move(names);
    (finding.*ids).push_back(missing);
    findings.push_back(std::move(finding));
  }
}

void DanglingConfigs(const Index& index, std::vector<Finding>& findings) {
  const auto name = [&](const Device& device) { return index.PlaceOf(device.config) ? "" : device.config; };
  Missed(index, "config", "there", name, &Finding::configs, findings);
}

void DanglingPlugins(const Index& index, std::vector<Finding>& findings) {
  const auto name = [&](const Device& device) { return index.snapshot().installed.contains(device.plugin) ? "" : device.plugin; };
  Missed(index, "plugin", "installed", name, &Finding::plugins, findings);
}

// What is installed nowhere is told by the rule above, if that could be asked.
void PluginsNotLoaded(const Index& index, std::vector<Finding>& findings) {
  const Snapshot& snapshot = index.snapshot();
  const bool knows_installed = snapshot.Has(Resource::kInstalledPlugins);
  const auto name = [&](const Device& device) {
    const bool told = knows_installed && !snapshot.installed.contains(device.plugin);
    return snapshot.loaded.contains(device.plugin) || told ? "" : device.plugin;
  };
  Missed(index, "plugin", "loaded", name, &Finding::plugins, findings);
}

void FalselyConfigured(const Index& index, std::vector<Finding>& findings) {
  for (const Device& device : index.snapshot().devices) {
    if (!device.configured) continue;
    const bool has_plugin = !device.plugin.empty() && index.snapshot().loaded.contains(device.plugin);
    const bool has_config = !device.config.empty() && index.PlaceOf(device.config).has_value();
    if (has_plugin && has_config) continue;
    const std::string lacks = !has_plugin && !has_config ? "neither its plugin is loaded nor its config there"
                              : !has_plugin              ? "its plugin is not loaded"
                                                         : "its config is not there";
    findings.push_back(
        {.rule = nullptr, .sentence = "device " + Quoted(device.id) + " says that it is configured, but " + lacks, .devices = {device.id}});
  }
}

void NotConfigured(const Index& index, std::vector<Finding>& findings) {
  for (const Device& device : index.snapshot().devices) {
    if (device.configured || device.plugin.empty() || device.config.empty()) continue;
    const auto config = index.PlaceOf(device.config);
    if (!config || !index.snapshot().loaded.contains(device.plugin)) continue;
    std::string reason;
    if (const Switch* lacking = index.SwitchWithoutCompanion(*config))
      reason = "its config has " + std::string(lacking->name) + " without " + std::string(lacking->companion);
    else if (device.mac.empty())
      reason = "it has no mac, by which most plugins name a phone's file";
    else if (device.model.empty())
      reason = "its model is not known, which some plugins need";
    else
      reason = "the plugin may refuse what the config says, or was not asked again after a change";
    findings.push_back({.rule = nullptr,
                        .sentence = "device " + Quoted(device.id) + " is not configured, though plugin " + Quoted(device.plugin) +
                                    " is loaded and config " + Quoted(device.config) + " is there; a possible reason: " + reason,
                        .devices = {device.id},
                        .configs = {device.config},
                        .plugins = {device.plugin}});
  }
}

// Devices that share what `member` says, in the order of that.
template <typename Member>
void Shared(const Index& index, const std::string& what, Member member, std::vector<Finding>& findings) {
  std::map<std::string, std::vector<const Device*>> holders;
  for (const Device& device : index.snapshot().devices) {
    if (const std::string value = member(device); !value.empty()) holders[value].push_back(&device);
  }
  for (const auto& [value, devices] : holders) {
    if (devices.size() < 2) continue;
    std::vector<std::string> ids = IdsOf(devices);
    std::string sentence = "devices " + Named(ids) + " have the same " + what + ", " + value;
    findings.push_back({.rule = nullptr, .sentence = std::move(sentence), .devices = std::move(ids)});
  }
}

void DuplicateMacs(const Index& index, std::vector<Finding>& findings) {
  Shared(
      index, "mac", [](const Device& device) { return Lower(device.mac); }, findings);
}

void DuplicateIps(const Index& index, std::vector<Finding>& findings) {
  if (index.snapshot().nat) return;  // then many phones come from one address
  Shared(
      index, "ip", [](const Device& device) { return device.ip; }, findings);
}

void Nameless(const Index& index, std::vector<Finding>& findings) {
  for (const Device& device : index.snapshot().devices) {
    if (!device.mac.empty() || !device.ip.empty() || !device.sn.empty()) continue;
    findings.push_back(
        {.rule = nullptr, .sentence = "device " + Quoted(device.id) + " has neither mac nor ip nor sn", .devices = {device.id}});
  }
}

void WithoutPlugin(const Index& index, std::vector<Finding>& findings) {
  for (const Device& device : index.snapshot().devices) {
    if (device.plugin.empty())
      findings.push_back({.rule = nullptr, .sentence = "device " + Quoted(device.id) + " has no plugin", .devices = {device.id}});
  }
}

void WithoutConfig(const Index& index, std::vector<Finding>& findings) {
  for (const Device& device : index.snapshot().devices) {
    if (device.config.empty())
      findings.push_back({.rule = nullptr, .sentence = "device " + Quoted(device.id) + " has no config", .devices = {device.id}});
  }
}

// Configs

void UnknownParents(const Index& index, std::vector<Finding>& findings) {
  for (const Config& config : index.snapshot().configs) {
    std::vector<std::string> unknown;
    for (const std::string& parent : config.parents) {
      if (!index.PlaceOf(parent)) unknown.push_back(parent);
    }
    if (unknown.empty()) continue;
    std::string sentence = "config " + Quoted(config.id) + " inherits from " + Named(unknown) + ", which " +
                           (unknown.size() == 1 ? "is" : "are") + " not there";
    std::vector<std::string> ids = {config.id};
    ids.insert(ids.end(), unknown.begin(), unknown.end());
    findings.push_back({.rule = nullptr, .sentence = std::move(sentence), .devices = {}, .configs = std::move(ids)});
  }
}

// Groups of configs that are each other's ancestors, each in the order of the documents: Tarjan's strongly connected components,
// without recursion, for chains may be as long as there are configs.
std::vector<std::vector<std::size_t>> Knots(const std::vector<std::vector<std::size_t>>& parents) {
  constexpr std::size_t kUnseen = static_cast<std::size_t>(-1);
  std::vector<std::size_t> number(parents.size(), kUnseen), lowest(parents.size(), 0);
  std::vector<bool> waiting(parents.size(), false);
  std::vector<std::size_t> stack;
  std::vector<std::pair<std::size_t, std::size_t>> path;
  std::vector<std::vector<std::size_t>> knots;
  std::size_t next = 0;
  const auto enter = [&](std::size_t config) {
    number[config] = lowest[config] = next++;
    stack.push_back(config);
    waiting[config] = true;
    path.emplace_back(config, 0);
  };
  for (std::size_t start = 0; start < parents.size(); ++start) {
    if (number[start] != kUnseen) continue;
    enter(start);
    while (!path.empty()) {
      const std::size_t config = path.back().first;
      if (path.back().second < parents[config].size()) {
        const std::size_t parent = parents[config][path.back().second++];
        if (number[parent] == kUnseen)
          enter(parent);
        else if (waiting[parent])
          lowest[config] = std::min(lowest[config], number[parent]);
        continue;
      }
      path.pop_back();
      if (!path.empty()) lowest[path.back().first] = std::min(lowest[path.back().first], lowest[config]);
      if (lowest[config] != number[config]) continue;
      std::vector<std::size_t> knot;
      do {
        knot.push_back(stack.back());
        waiting[stack.back()] = false;
        stack.pop_back();
      } while (knot.back() != config);
      const bool is_own_parent = std::find(parents[config].begin(), parents[config].end(), config) != parents[config].end();
      if (knot.size() == 1 && !is_own_parent) continue;
      std::sort(knot.begin(), knot.end());
      knots.push_back(std::move(knot));
    }
  }
  std::sort(knots.begin(), knots.end());
  return knots;
}

// A shortest way from the first config of a knot through parents back to itself.
std::vector<std::size_t> CircleIn(const std::vector<std::size_t>& knot, const std::vector<std::vector<std::size_t>>& parents) {
  const std::size_t start = knot.front();
  std::unordered_map<std::size_t, std::size_t> child;  // on the way from the start
  std::deque<std::size_t> queue = {start};
  while (!queue.empty()) {
    const std::size_t config = queue.front();
    queue.pop_front();
    for (const std::size_t parent : parents[config]) {
      if (parent == start) {
        std::vector<std::size_t> circle;
        for (std::size_t at = config; at != start; at = child.at(at)) circle.push_back(at);
        circle.push_back(start);
        std::reverse(circle.begin(), circle.end());
        return circle;
      }
      if (std::binary_search(knot.begin(), knot.end(), parent) && child.try_emplace(parent, config).second) queue.push_back(parent);
    }
  }
  return knot;
}

void ParentCycles(const Index& index, std::vector<Finding>& findings) {
  constexpr std::size_t kMostOfACircle = 8;
  const std::vector<Config>& configs = index.snapshot().configs;
  std::vector<std::vector<std::size_t>> parents(configs.size());
  for (std::size_t i = 0; i < configs.size(); ++i) {
    for (const std::string& parent : configs[i].parents) {
      if (const auto place = index.PlaceOf(parent)) parents[i].push_back(*place);
    }
  }
  for (const std::vector<std::size_t>& knot : Knots(parents)) {
    std::vector<std::string> ids;
    for (const std::size_t config : knot) ids.push_back(configs[config].id);
    std::string sentence;
    if (knot.size() == 1) {
      sentence = "config " + Quoted(ids.front()) + " is its own parent";
    } else {
      const std::vector<std::size_t> circle = CircleIn(knot, parents);
      sentence = "configs inherit in a circle: ";
      for (std::size_t i = 0; i < circle.size() && i < kMostOfACircle; ++i) sentence += Quoted(configs[circle[i]].id) + " → ";
      if (circle.size() > kMostOfACircle) sentence += std::to_string(circle.size() - kMostOfACircle) + " more → ";
      sentence += Quoted(ids.front());
      if (knot.size() > circle.size()) sentence += "; with others, " + std::to_string(knot.size()) + " configs are each other's ancestors";
    }
    findings.push_back({.rule = nullptr, .sentence = std::move(sentence), .devices = {}, .configs = std::move(ids)});
  }
}

void OrphanTransients(const Index& index, std::vector<Finding>& findings) {
  for (const Config& config : index.snapshot().configs) {
    if (!config.transient || !index.UsersOf(config).empty()) continue;
    findings.push_back({.rule = nullptr,
                        .sentence = "config " + Quoted(config.id) + " is transient, and no device uses it",
                        .devices = {},
                        .configs = {config.id}});
  }
}

void SharedTransients(const Index& index, std::vector<Finding>& findings) {
  for (const Config& config : index.snapshot().configs) {
    if (!config.transient) continue;
    std::vector<std::string> ids = IdsOf(index.UsersOf(config));
    if (ids.size() < 2) continue;
    std::string sentence = "config " + Quoted(config.id) + " is transient, and devices " + Named(ids) + " share it";
    findings.push_back({.rule = nullptr, .sentence = std::move(sentence), .devices = std::move(ids), .configs = {config.id}});
  }
}

std::vector<std::string> Autocreating(const Index& index) {
  std::vector<std::string> ids;
  for (const Config& config : index.snapshot().configs) {
    if (config.role == "autocreate") ids.push_back(config.id);
  }
  return ids;
}

void NoAutocreate(const Index& index, std::vector<Finding>& findings) {
  if (Autocreating(index).empty()) findings.push_back({.rule = nullptr, .sentence = "no config has the role \"autocreate\""});
}

void SeveralAutocreate(const Index& index, std::vector<Finding>& findings) {
  std::vector<std::string> ids = Autocreating(index);
  if (ids.size() < 2) return;
  std::string sentence = "configs " + Named(ids) + " all have the role \"autocreate\"";
  findings.push_back({.rule = nullptr, .sentence = std::move(sentence), .devices = {}, .configs = std::move(ids)});
}

}  // namespace

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
  }
  return "note";
}

std::span<const Rule> Rules() {
  using enum Resource;
  using enum Severity;
  static const std::vector<Rule> rules = {
      {"device.dangling-config",
       kError,
       "A device names a config that is not there, so it can't be configured.",
       "make that config, or give the device another one",
       {kDevices, kConfigs},
       DanglingConfigs},
      {"device.dangling-plugin",
       kError,
       "A device names a plugin that is not installed, so its phone gets no files.",
       "install the plugin, or give the device another one; an upgrade often changes the plugin's name",
       {kDevices, kInstalledPlugins},
       DanglingPlugins},
      {"device.plugin-not-loaded",
       kError,
       "A device names a plugin that is not loaded, so its phone gets no files.",
       "reload the plugin (POST /pg_mgr/reload) and read provd's log if that is refused",
       {kDevices, kLoadedPlugins},
       PluginsNotLoaded},
      {"device.falsely-configured",
       kError,
       "A device says that it is configured, though what that needs is not there.",
       "reconfigure the device (POST /dev_mgr/reconfigure); provd missed a change",
       {kDevices, kConfigs, kLoadedPlugins},
       FalselyConfigured},
      {"device.not-configured",
       kError,
       "A device is not configured, though its plugin is loaded and its config there.",
       "mend what the reason names, then reconfigure the device (POST /dev_mgr/reconfigure) and read provd's log",
       {kDevices, kConfigs, kLoadedPlugins},
       NotConfigured},
      {"device.duplicate-mac",
       kError,
       "Devices share a mac; the phone gets the files of one of them, and the others do nothing.",
       "delete all but the one that is meant",
       {kDevices},
       DuplicateMacs},
      {"device.duplicate-ip",
       kWarning,
       "Devices share an ip while NAT is 0; a phone that says nothing else of itself may get another's files.",
       "take the ip from those that no longer have it; if the phones are behind NAT, set the parameter NAT to 1",
       {kDevices, kNat},
       DuplicateIps},
      {"device.nameless",
       kWarning,
       "A device has nothing by which a phone could be recognised as it.",
       "delete it, or give it its phone's mac",
       {kDevices},
       Nameless},
      {"config.unknown-parent",
       kWarning,
       "A config inherits from one that is not there, so what that would say is missing.",
       "make the parent, or take it out of parent_ids",
       {kConfigs},
       UnknownParents},
      {"config.parent-cycle",
       kWarning,
       "Configs inherit from one another in a circle, so what wins is an accident.",
       "take one of the links out of parent_ids",
       {kConfigs},
       ParentCycles},
      {"config.orphan-transient",
       kWarning,
       "A transient config is used by no device; it should have gone with the last one.",
       "delete it",
       {kDevices, kConfigs},
       OrphanTransients},
      {"config.shared-transient",
       kWarning,
       "A transient config is made for one device, and several use it.",
       "give each of the devices a config of its own",
       {kDevices, kConfigs},
       SharedTransients},
      {"config.no-autocreate",
       kWarning,
       "Without a config for autocreate a new phone gets no config and stays as it is.",
       "give one config the role \"autocreate\"",
       {kConfigs},
       NoAutocreate},
      {"config.several-autocreate",
       kWarning,
       "Several configs are for autocreate; which of them new phones get is not defined.",
       "leave the role to one of them",
       {kConfigs},
       SeveralAutocreate},
      {"device.without-plugin",
       kNote,
       "A device has no plugin: its phone was not identified, or no installed plugin knows it.",
       "install a plugin for the phone's model, then let the phone start again",
       {kDevices},
       WithoutPlugin},
      {"device.without-config", kNote, "A device has no config, so it can't be configured.", "give it one", {kDevices}, WithoutConfig},
  };
  return rules;
}

Judgement Audit(const Snapshot& snapshot) {
  const Index index(snapshot);
  Judgement judgement;
  for (const Rule& rule : Rules()) {
    Unchecked unchecked{&rule, {}};
    for (const Resource resource : rule.needs) {
      if (!snapshot.Has(resource)) unchecked.unread.push_back(resource);
    }
    if (!unchecked.unread.empty()) {
      judgement.unchecked.push_back(std::move(unchecked));
      continue;
    }
    const std::size_t before = judgement.findings.size();
    rule.find(index, judgement.findings);
    for (std::size_t i = before; i < judgement.findings.size(); ++i) judgement.findings[i].rule = &rule;
    const std::size_t found = judgement.findings.size() - before;
    (rule.severity == Severity::kError     ? judgement.errors
     : rule.severity == Severity::kWarning ? judgement.warnings
                                           : judgement.notes) += found;
  }
  return judgement;
}

}  // namespace provdlab::conformance::audit
