#pragma once
// The loaded plugins as those who configure devices. A plugin without rules for phones accepts every device. Files are made when phones
// fetch them; configuring makes them once to see that they can be.
//
//   PluginConfigurer configurer([&plugins](std::string_view id) { return plugins.Find(id); });
//
// Any thread.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "server/application/device_configurer.h"

namespace provdlab::server {

struct LoadedPlugin;

class PluginConfigurer : public DeviceConfigurer {
 public:
  using Find = std::function<std::shared_ptr<const LoadedPlugin>(std::string_view id)>;  // null if it is not loaded

  explicit PluginConfigurer(Find find) : find_(std::move(find)) {}

  std::string StateOf(const std::string& plugin) const override;
  Result<> Configure(const std::string& plugin, const Json& device, const Json& raw_config) override;
  bool MakesTheSame(const std::string& plugin, const Json& before, const Json& after, const Json& raw_config) const override;
  void Deconfigure(const std::string&, const Json&) override {}

 private:
  const Find find_;
};

}  // namespace provdlab::server
