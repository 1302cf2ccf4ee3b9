#pragma once
// The tenants' provisioning keys: what the URLs of their phones begin with.
//
//   auto keys = ProvisioningKeys::Load(store, table);
//   (*keys)->Set("77ab…", "0123456789");   // kInvalid: malformed, or another tenant's
//   (*keys)->TenantOf("0123456789");       // "77ab…"
//   (*keys)->any();                        // from now on phones need one
//
// A key that was set is in the store before Set returns. Any thread.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "grammar/tokens/token_table.h"
#include "server/application/faults.h"
#include "server/application/services.h"
#include "server/store/store.h"

namespace provdlab::server {

class ProvisioningKeys {
 public:
  static constexpr std::string_view kParameter = "provisioning_key";
  static constexpr std::size_t kShortest = 8, kLongest = 256;  // characters of A-Z a-z 0-9 - $ ~ .

  // What is in the store, of tenants that are in the table. All three outlive it.
  static Result<std::unique_ptr<ProvisioningKeys>> Load(Store& store, const tokens::TokenTable& tenants, Faults& faults);

  std::optional<std::string> Of(const std::string& tenant) const;
  std::optional<std::string> TenantOf(std::string_view key) const;
  bool any() const;
  // For faults: whether a URL with nothing behind its key is answered otherwise.
  bool Confuses() const { return faults_.key_alone_is_no_file.Strikes(); }
  // For faults: whether a request without a key is served all the same.
  bool Excuses() const { return faults_.key_is_needed.Strikes(); }
  // A string, or null: none from now on. kInvalid.
  Result<> Set(const std::string& tenant, const Json& value);
  Result<> Reset();

  const tokens::TokenTable& tenants() const { return tenants_; }

 private:
  ProvisioningKeys(Store& store, const tokens::TokenTable& tenants, Faults& faults) : store_(store), tenants_(tenants), faults_(faults) {}

  Store& store_;
  const tokens::TokenTable& tenants_;
  Faults& faults_;
  std::mutex writing_;                       // one Set at a time; held while the store writes
  mutable std::mutex mutex_;                 // guards keys_, never held while the store writes
  std::map<std::string, std::string> keys_;  // by tenant
};

// The manager's configuration as one tenant sees it: that of all, and the tenant's own key behind it.
class TenantConfiguration : public ConfigurationService {
 public:
  // `changed` is told the tenant whose key is another one now. All of it outlives the service.
  TenantConfiguration(ConfigurationService& common, ProvisioningKeys& keys, std::string tenant,
                      std::function<Result<>(const std::string& tenant)> changed)
      : common_(common), keys_(keys), tenant_(std::move(tenant)), changed_(std::move(changed)) {}

  std::vector<Parameter> List(std::string_view locale) const override;
  Result<Json> Get(std::string_view id) const override;
  Result<> Set(std::string_view id, const Json& value) override;

 private:
  ConfigurationService& common_;
  ProvisioningKeys& keys_;
  const std::string tenant_;
  const std::function<Result<>(const std::string&)> changed_;
};

}  // namespace provdlab::server
