#pragma once
// The whole inside of a reference provd: everything that server/api needs, in one object.
//
//   Faults faults;
//   auto provd = Provd::Open({.state_directory = "/var/lib/provdlab", .faults = &faults});
//   if (!provd) return Complain(provd.error().message);
//   (*provd)->configuration().Set("NAT", 1);
//
// Without a state directory everything is kept in memory and in a temporary folder that the destructor removes. The destructor
// cancels what runs and joins its threads within a second. Any thread may use it until then.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "server/application/caller.h"
#include "server/application/configs.h"
#include "server/application/devices.h"
#include "server/application/faults.h"
#include "server/application/operations.h"
#include "server/application/parameters.h"
#include "server/application/phone_caller.h"
#include "server/application/phone_requests.h"
#include "server/application/plugin_manager.h"
#include "server/plugins/download.h"

namespace provdlab::server {

struct ProvdOptions {
  std::string state_directory;     // empty: nothing outlives the object
  bool only_if_used = false;       // where no server has kept anything: kNotFound, and nothing is made
  Faults* faults = nullptr;        // outlives the Provd; null: none can be switched on
  DownloadTimeouts timeouts = {};  // of the requests to the plugin repository
  // Gets one sentence for each thing that an operator should know; may be called from any thread. Empty: standard error.
  std::function<void(const std::string&)> log = {};
  // Gets one sentence for each request of a phone for a file that holds secrets; likewise. Empty: nobody is told.
  std::function<void(const std::string&)> sensitive_log = {};
  std::size_t remembered_requests = 0;  // of phones, see PhoneRequests
  const Clock* clock = nullptr;         // null: the machine's
  // What every raw config begins with: where phones find this server.
  Json base_raw_config = {{"ip", "127.0.0.1"}, {"http_port", 8667}, {"tftp_port", 69}};
  const tokens::TokenTable* tenants = nullptr;  // outlives the Provd; null: devices have none
  Configs::RawConfigs raw_configs = Configs::RawConfigs::kFree;
  PhoneCaller* phone_caller = nullptr;  // outlives the Provd; null: no phone can be told anything
};

struct Imported {
  std::size_t devices = 0, configs = 0, set_aside = 0;
};

struct Exported {
  std::size_t devices = 0, configs = 0;
};

class Provd {
 public:
  // Fails with a sentence if the directory can't be used: not writable, in use by another server, its state.db damaged or
  // written by a newer version. A plugin that can't be loaded is no reason.
  static Result<std::unique_ptr<Provd>> Open(ProvdOptions options);
  ~Provd();
  Provd(const Provd&) = delete;
  Provd& operator=(const Provd&) = delete;

  Parameters& configuration();  // GET and PUT …/configure
  // The same as the caller sees it.
  std::shared_ptr<ConfigurationService> ConfigurationFor(const Caller& caller);
  InstallationService& installation();  // …/pg_mgr/install; the same object as plugins()
  PluginManager& plugins();             // …/pg_mgr/plugins and …/pg_mgr/reload
  Operations& operations();             // the monitors of all collections
  Devices& devices();                   // …/dev_mgr/devices and …/dev_mgr/reconfigure
  Configs& configs();                   // …/cfg_mgr
  PhoneRequests& phones();              // …/dev_mgr/dhcpinfo, and whatever phones ask for
  // …/dev_mgr/synchronize: has the device's phone told that there is something new for it.
  std::shared_ptr<Operation> Synchronize(const std::string& device);
  // The locale that descriptions are wanted in: that of the configuration, "" if none is set.
  std::string locale() const;

  // What takes long and would not matter after a restart ends early from now on, so that those who wait for it need not.
  void Stop();

  // Takes over the devices and configs of a folder (document_folders.h), which stays as it is. What is set aside is told to the log, and
  // copied into the state directory if there is one. kConflict if there are devices or configs already.
  Result<Imported> Import(const std::string& folder);
  // Writes all devices and configs to a folder that is empty or not there, as they are at one moment.
  Result<Exported> Export(const std::string& folder) const;

  // As in a new installation: nothing installed, no list, defaults, no devices, no configs, no monitors. Running operations are cancelled
  // first. Only the ids of monitors go on counting, for they are never used twice in a process.
  Result<> Reset();

 private:
  struct Parts;
  explicit Provd(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace provdlab::server
