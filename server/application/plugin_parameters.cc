#include "server/application/plugin_parameters.h"

#include <algorithm>
#include <utility>

#include "server/plugins/localise.h"

namespace provdlab::server {
namespace {

std::string CollectionOf(const std::string& plugin) { return "plugin-parameters/" + plugin; }

}  // namespace

Result<std::shared_ptr<PluginParameters>> PluginParameters::Load(const std::string& plugin, std::vector<ParameterDefinition> definitions,
                                                                 Store& store, Faults& faults) {
  auto kept = store.List(CollectionOf(plugin));
  if (!kept) return Fail(kept.error());
  std::shared_ptr<PluginParameters> parameters(new PluginParameters(CollectionOf(plugin), store, faults));
  parameters->definitions_ = std::move(definitions);
  parameters->values_.insert(kept->begin(), kept->end());
  return parameters;
}

Result<> PluginParameters::Forget(const std::string& plugin, Store& store) { return store.RemoveAll(CollectionOf(plugin)); }

void PluginParameters::Adopt(std::vector<ParameterDefinition> definitions) {
  std::lock_guard lock(mutex_);
  definitions_ = std::move(definitions);
}

void PluginParameters::Close() {
  std::lock_guard writing(writing_);
  std::lock_guard lock(mutex_);
  definitions_.clear();
}

std::vector<Parameter> PluginParameters::List(std::string_view locale) const {
  std::vector<Parameter> parameters;
  std::lock_guard lock(mutex_);
  for (const ParameterDefinition& definition : definitions_)
    parameters.push_back({definition.id, DescriptionOf(definition.descriptions, locale), ValueOf(definition)});
  return parameters;
}

Result<Json> PluginParameters::Get(std::string_view id) const {
  if (faults_.plugin_parameters_fail.Strikes()) return Fail(FailureOfThatServer());
  std::lock_guard lock(mutex_);
  const ParameterDefinition* definition = Find(id);
  if (definition == nullptr) return Fail(ErrorKind::kNotFound, "there is no parameter '" + std::string(id) + "'");
  return ValueOf(*definition);
}

Result<> PluginParameters::Set(std::string_view id, const Json& value) {
  if (faults_.plugin_parameters_fail.Strikes()) return Fail(FailureOfThatServer());
  std::lock_guard writing(writing_);
  {
    std::lock_guard lock(mutex_);
    const ParameterDefinition* definition = Find(id);
    if (definition == nullptr) return Fail(ErrorKind::kNotFound, "there is no parameter '" + std::string(id) + "'");
    if (auto fits = CheckValue(*definition, value); !fits) return fits;
  }
  if (faults_.parameter_is_read_back.Strikes()) return {};
  if (value.is_null() && faults_.null_unsets_parameter.Strikes()) return {};
  if (!faults_.parameters_survive_restart.Strikes())
    if (auto kept = value.is_null() ? store_.Remove(collection_, id) : store_.Put(collection_, id, value); !kept) return kept;
  std::lock_guard lock(mutex_);
  if (value.is_null())
    values_.erase(std::string(id));
  else
    values_[std::string(id)] = value;
  return {};
}

const ParameterDefinition* PluginParameters::Find(std::string_view id) const {
  const auto found = std::find_if(definitions_.begin(), definitions_.end(), [&](const auto& each) { return each.id == id; });
  return found == definitions_.end() ? nullptr : &*found;
}

Json PluginParameters::ValueOf(const ParameterDefinition& definition) const {
  const auto value = values_.find(definition.id);
  return value != values_.end() && CheckValue(definition, value->second) ? value->second : definition.default_value;
}

}  // namespace provdlab::server
