#pragma once
// The manager's own configuration: plugin_server, the proxies, the locale, NAT.
//
//   auto parameters = Parameters::Load(store, faults);
//   (*parameters)->Set("NAT", 1);
//   (*parameters)->locale();       // "" or "fr_FR"
//
// A value that was set is in the store before Set returns. Readers never wait for the store. Any thread.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/application/faults.h"
#include "server/application/services.h"
#include "server/store/store.h"

namespace provdlab::server {

class Parameters : public ConfigurationService {
 public:
  // What is in the store, or the defaults. `store` and `faults` outlive it.
  static Result<std::unique_ptr<Parameters>> Load(Store& store, Faults& faults);

  std::vector<Parameter> List(std::string_view locale) const override;
  Result<Json> Get(std::string_view id) const override;
  Result<> Set(std::string_view id, const Json& value) override;

  // For those who use the values. Empty: not set.
  std::string plugin_server() const;
  std::string http_proxy() const;
  std::string https_proxy() const;
  std::string locale() const;
  bool nat() const;

  // Everything as in a new installation.
  Result<> Reset();

 private:
  Parameters(Store& store, Faults& faults) : store_(store), faults_(faults) {}
  std::string Text(std::string_view id) const;

  Store& store_;
  Faults& faults_;
  std::mutex writing_;        // one Set at a time; held while the store writes
  mutable std::mutex mutex_;  // guards values_, never held while the store writes
  std::map<std::string, Json, std::less<>> values_;
};

}  // namespace provdlab::server
