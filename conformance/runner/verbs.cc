#include "conformance/runner/verbs.h"

#include <algorithm>
#include <array>

namespace provdlab::conformance {
namespace {

struct Verb {
  std::string_view method;
  std::string_view path;  // '*' is one segment
  std::string_view slug;
};

constexpr std::array kVerbs = {
    Verb{"GET", "", "links.entry-point"},
    Verb{"GET", "/dev_mgr", "links.device-manager"},
    Verb{"GET", "/cfg_mgr", "links.config-manager"},
    Verb{"GET", "/pg_mgr", "links.plugin-manager"},
    Verb{"GET", "/pg_mgr/install", "links.install-service"},
    Verb{"GET", "/configure", "configure.get-answers-200"},
    Verb{"GET", "/configure/*", "configure.get-parameter-answers-200"},
    Verb{"PUT", "/configure/*", "configure.put-answers-204"},
    Verb{"POST", "/pg_mgr/install/install", "install.install-answers-201"},
    Verb{"POST", "/pg_mgr/install/uninstall", "install.uninstall-answers-204"},
    Verb{"POST", "/pg_mgr/install/upgrade", "install.upgrade-answers-201"},
    Verb{"POST", "/pg_mgr/install/update", "install.update-answers-201"},
    Verb{"GET", "/pg_mgr/install/installable", "install.installable-answers-200"},
    Verb{"GET", "/pg_mgr/install/installed", "install.installed-answers-200"},
    Verb{"GET", "/pg_mgr/install/*/*", "oip.get-answers-200"},
    Verb{"DELETE", "/pg_mgr/install/*/*", "oip.delete-answers-204"},
    Verb{"GET", "/pg_mgr/plugins", "plugins.list-answers-200"},
    Verb{"GET", "/pg_mgr/plugins/*", "plugins.get-answers-200"},
    Verb{"GET", "/pg_mgr/plugins/*/info", "plugins.info-answers-200"},
    Verb{"POST", "/pg_mgr/reload", "plugins.reload-answers-204"},
    Verb{"GET", "/pg_mgr/plugins/*/configure", "package.configure-answers-200"},
    Verb{"GET", "/pg_mgr/plugins/*/configure/*", "package.get-parameter-answers-200"},
    Verb{"PUT", "/pg_mgr/plugins/*/configure/*", "package.put-parameter-answers-204"},
    Verb{"GET", "/pg_mgr/plugins/*/install", "package.links"},
    Verb{"POST", "/pg_mgr/plugins/*/install/install", "package.install-answers-201"},
    Verb{"POST", "/pg_mgr/plugins/*/install/uninstall", "package.uninstall-answers-204"},
    Verb{"POST", "/pg_mgr/plugins/*/install/upgrade", "package.upgrade-answers-201"},
    Verb{"GET", "/pg_mgr/plugins/*/install/installable", "package.installable-answers-200"},
    Verb{"GET", "/pg_mgr/plugins/*/install/installed", "package.installed-answers-200"},
    Verb{"GET", "/dev_mgr/devices", "device.list-answers-200"},
    Verb{"POST", "/dev_mgr/devices", "device.create-answers-201"},
    Verb{"GET", "/dev_mgr/devices/*", "device.get-answers-200"},
    Verb{"PUT", "/dev_mgr/devices/*", "device.put-answers-204"},
    Verb{"DELETE", "/dev_mgr/devices/*", "device.delete-answers-204"},
    Verb{"POST", "/dev_mgr/synchronize", "synchronize.answers-201"},
    Verb{"GET", "/dev_mgr/synchronize/*", "oip.get-answers-200"},
    Verb{"DELETE", "/dev_mgr/synchronize/*", "oip.delete-answers-204"},
    Verb{"POST", "/dev_mgr/reconfigure", "device.reconfigure-answers-204"},
    Verb{"POST", "/dev_mgr/dhcpinfo", "identification.commit-answers-204"},
    Verb{"GET", "/cfg_mgr/configs", "config.list-answers-200"},
    Verb{"POST", "/cfg_mgr/configs", "config.create-answers-201"},
    Verb{"GET", "/cfg_mgr/configs/*", "config.get-answers-200"},
    Verb{"PUT", "/cfg_mgr/configs/*", "config.put-answers-204"},
    Verb{"DELETE", "/cfg_mgr/configs/*", "config.delete-answers-204"},
    Verb{"GET", "/cfg_mgr/configs/*/raw", "config.raw-answers-200"},
    Verb{"POST", "/cfg_mgr/autocreate", "config.autocreate-answers-201"},
    Verb{"GET", "/pg_mgr/plugins/*/install/*/*", "oip.get-answers-200"},
    Verb{"DELETE", "/pg_mgr/plugins/*/install/*/*", "oip.delete-answers-204"},
};

// A collection of monitors, and what its operations owe.
struct Operation {
  std::string_view path;
  std::string_view location;
  std::string_view success;
};

constexpr std::array kOperations = {
    Operation{"/pg_mgr/install/install", "install.install-names-monitor", "install.install-succeeds"},
    Operation{"/pg_mgr/install/upgrade", "install.upgrade-names-monitor", "install.upgrade-succeeds"},
    Operation{"/pg_mgr/install/update", "install.update-names-monitor", "install.update-succeeds"},
    // What a synchronize owes is no success: the phone may be out of reach.
    Operation{"/dev_mgr/synchronize", "synchronize.names-monitor", "synchronize.answers-201"},
    Operation{"/pg_mgr/plugins/*/install/install", "package.install-names-monitor", "package.install-succeeds"},
    Operation{"/pg_mgr/plugins/*/install/upgrade", "package.upgrade-answers-201", "package.install-succeeds"},
};

// Segment by segment; a '*' of the pattern takes any one that is not empty.
bool Matches(std::string_view pattern, std::string_view path) {
  path = path.substr(0, path.find('?'));
  while (!pattern.empty() && !path.empty()) {
    if (pattern.front() != '/' || path.front() != '/') return false;
    pattern.remove_prefix(1);
    path.remove_prefix(1);
    const std::string_view wanted = pattern.substr(0, pattern.find('/'));
    const std::string_view segment = path.substr(0, path.find('/'));
    if (wanted == "*" ? segment.empty() : wanted != segment) return false;
    pattern.remove_prefix(wanted.size());
    path.remove_prefix(segment.size());
  }
  return pattern.empty() && path.empty();
}

std::string_view Parent(std::string_view path) { return path.substr(0, path.rfind('/')); }

const Operation* OperationOf(std::string_view collection) {
  const auto found =
      std::find_if(kOperations.begin(), kOperations.end(), [&](const Operation& operation) { return Matches(operation.path, collection); });
  return found == kOperations.end() ? nullptr : &*found;
}

}  // namespace

std::vector<std::string> RequirementsOf(std::string_view method, std::string_view path) {
  const auto found =
      std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb& verb) { return verb.method == method && Matches(verb.path, path); });
  if (found == kVerbs.end()) return {};
  return {std::string(found->slug)};
}

std::vector<std::string> RequirementsOfLocation(std::string_view path) {
  const Operation* operation = OperationOf(path);
  if (operation == nullptr) return {};
  return {std::string(operation->location)};
}

std::vector<std::string> RequirementsOfSuccess(std::string_view monitor_path) {
  const Operation* operation = OperationOf(Parent(monitor_path));
  if (operation == nullptr) return {};
  return {std::string(operation->success)};
}

bool StartsOperation(std::string_view path) { return OperationOf(path) != nullptr; }

std::vector<std::string> AllRequirementsOfVerbs() {
  std::vector<std::string> slugs;
  for (const Verb& verb : kVerbs) slugs.emplace_back(verb.slug);
  for (const Operation& operation : kOperations) {
    slugs.emplace_back(operation.location);
    slugs.emplace_back(operation.success);
  }
  return slugs;
}

}  // namespace provdlab::conformance
