#pragma once
// A plugin's own configuration service: the parameters of its manifest, with the values that somebody has set.
//
//   auto parameters = PluginParameters::Load("acme", *manifest.parameters, store, faults);
//   (*parameters)->Set("language", "fr");       // kept: survives restarts and upgrades of the plugin
//   (*parameters)->Adopt(*upgraded.parameters);
//
// A kept value that no longer fits the manifest counts as not set. Any thread; readers never wait for the store.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/application/faults.h"
#include "server/application/services.h"
#include "server/plugins/manifest.h"
#include "server/store/store.h"

namespace provdlab::server {

class PluginParameters : public ConfigurationService {
 public:
  // `store` and `faults` outlive it.
  static Result<std::shared_ptr<PluginParameters>> Load(const std::string& plugin, std::vector<ParameterDefinition> definitions,
                                                        Store& store, Faults& faults);
  // What a plugin of that id kept is forgotten.
  static Result<> Forget(const std::string& plugin, Store& store);

  // Of a newer version of the plugin.
  void Adopt(std::vector<ParameterDefinition> definitions);
  // The plugin is gone: from now on it has no parameters.
  void Close();

  std::vector<Parameter> List(std::string_view locale) const override;
  Result<Json> Get(std::string_view id) const override;
  Result<> Set(std::string_view id, const Json& value) override;

 private:
  PluginParameters(std::string collection, Store& store, Faults& faults)
      : collection_(std::move(collection)), store_(store), faults_(faults) {}
  const ParameterDefinition* Find(std::string_view id) const;
  Json ValueOf(const ParameterDefinition& definition) const;

  const std::string collection_;
  Store& store_;
  Faults& faults_;
  std::mutex writing_;        // one Set at a time; held while the store writes
  mutable std::mutex mutex_;  // guards the rest, never held while the store writes
  std::vector<ParameterDefinition> definitions_;
  std::map<std::string, Json, std::less<>> values_;
};

}  // namespace provdlab::server
