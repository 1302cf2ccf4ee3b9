#include "server/application/provisioning_keys.h"

#include <algorithm>

namespace provdlab::server {
namespace {

constexpr std::string_view kCollection = "provisioning_keys";

bool IsKey(std::string_view text) {
  return text.size() >= ProvisioningKeys::kShortest && text.size() <= ProvisioningKeys::kLongest &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '$' || c == '~' ||
                  c == '.';
         });
}

}  // namespace

Result<std::unique_ptr<ProvisioningKeys>> ProvisioningKeys::Load(Store& store, const tokens::TokenTable& tenants, Faults& faults) {
  auto kept = store.List(kCollection);
  if (!kept) return Fail(kept.error());
  std::unique_ptr<ProvisioningKeys> keys(new ProvisioningKeys(store, tenants, faults));
  for (const auto& [tenant, value] : *kept)
    if (tenants.Find(tenant) != nullptr && value.is_string()) keys->keys_[tenant] = value.get<std::string>();
  return keys;
}

std::optional<std::string> ProvisioningKeys::Of(const std::string& tenant) const {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(tenant);
  if (found == keys_.end() && !keys_.empty() && faults_.key_is_read_by_its_tenant.Strikes()) return keys_.begin()->second;
  return found == keys_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> ProvisioningKeys::TenantOf(std::string_view key) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const auto& each) { return each.second == key; });
  return found == keys_.end() ? std::nullopt : std::optional(found->first);
}

bool ProvisioningKeys::any() const {
  const std::lock_guard lock(mutex_);
  return !keys_.empty();
}

Result<> ProvisioningKeys::Set(const std::string& tenant, const Json& value) {
  if (!value.is_null() && !value.is_string()) return Fail(ErrorKind::kInvalid, std::string(kParameter) + " must be a string or null");
  if (value.is_string() && !IsKey(value.get_ref<const std::string&>()) && !faults_.key_malformed_refused.Strikes())
    return Fail(ErrorKind::kInvalid,
                std::string(kParameter) + " must have 8 to 256 characters: letters and digits of ASCII, '-', '$', '~' and '.'");
  const std::lock_guard writing(writing_);
  if (value.is_string()) {
    const auto owner = TenantOf(value.get_ref<const std::string&>());
    if (owner && *owner != tenant && !faults_.key_of_another_refused.Strikes())
      return Fail(ErrorKind::kInvalid, "that " + std::string(kParameter) + " is taken");
    if (owner == tenant && faults_.key_may_be_set_again.Strikes()) return Fail(ErrorKind::kInvalid, "that is the key already");
  }
  if (auto kept = store_.Put(kCollection, tenant, value); !kept) return kept;
  const std::lock_guard lock(mutex_);
  if (value.is_null())
    keys_.erase(tenant);
  else
    keys_[tenant] = value.get<std::string>();
  return {};
}

Result<> ProvisioningKeys::Reset() {
  const std::lock_guard writing(writing_);
  if (auto removed = store_.RemoveAll(kCollection); !removed) return removed;
  const std::lock_guard lock(mutex_);
  keys_.clear();
  return {};
}

std::vector<Parameter> TenantConfiguration::List(std::string_view locale) const {
  std::vector<Parameter> parameters = common_.List(locale);
  const bool french = locale.substr(0, locale.find('_')) == "fr";
  parameters.push_back({std::string(ProvisioningKeys::kParameter),
                        french ? "La clé par laquelle commencent les URL des appareils" : "The key that the devices' URLs begin with",
                        *Get(ProvisioningKeys::kParameter)});
  return parameters;
}

Result<Json> TenantConfiguration::Get(std::string_view id) const {
  if (id != ProvisioningKeys::kParameter) return common_.Get(id);
  const auto key = keys_.Of(tenant_);
  return key ? Json(*key) : Json(nullptr);
}

Result<> TenantConfiguration::Set(std::string_view id, const Json& value) {
  if (id != ProvisioningKeys::kParameter) return common_.Set(id, value);
  const auto before = keys_.Of(tenant_);
  if (auto set = keys_.Set(tenant_, value); !set) return set;
  return keys_.Of(tenant_) == before ? Result<>() : changed_(tenant_);
}

}  // namespace provdlab::server
