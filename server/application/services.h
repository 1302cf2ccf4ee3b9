#pragma once
// The two generic services of the General Resources as interfaces: configuration and installation. The manager has one of
// each, and so may every plugin; server/api serves them all with the same handlers.
//
// All methods may be called from any thread and answer at once: what takes time is an Operation on a thread of its own.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "server/application/operation.h"

namespace provdlab::server {

struct Parameter {
  std::string id;
  std::string description;  // in the locale asked for
  Json value;
};

class ConfigurationService {
 public:
  virtual ~ConfigurationService() = default;
  // In the service's own order. `locale` is "" or "fr_FR".
  virtual std::vector<Parameter> List(std::string_view locale) const = 0;
  virtual Result<Json> Get(std::string_view id) const = 0;           // kNotFound
  virtual Result<> Set(std::string_view id, const Json& value) = 0;  // kNotFound, kInvalid (one sentence)
};

class InstallationService {
 public:
  virtual ~InstallationService() = default;
  virtual bool has_update() const = 0;
  // Each starts an operation or says at once why not: kInvalid or kConflict or kNotFound, all of which REST answers with 400.
  virtual Result<std::shared_ptr<Operation>> Install(const std::string& id) = 0;
  virtual Result<std::shared_ptr<Operation>> Upgrade(const std::string& id) = 0;
  virtual Result<std::shared_ptr<Operation>> Update() = 0;
  virtual Result<> Uninstall(const std::string& id) = 0;
  // {ID: {version, description, …}} as in rest-api.md §5, localised.
  virtual Json Installable(std::string_view locale) const = 0;
  virtual Json Installed(std::string_view locale) const = 0;
};

}  // namespace provdlab::server
