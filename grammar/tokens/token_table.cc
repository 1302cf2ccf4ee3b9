#include "grammar/tokens/token_table.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/random_id.h"

namespace provdlab::tokens {
namespace {

constexpr std::size_t kLongestText = 256;

tl::unexpected<Error> Wrong(const std::string& what) { return Fail(ErrorKind::kInvalid, what); }

// What may stand in a header's value and in a path as it is.
bool IsToken(const std::string& text) {
  return !text.empty() && text.size() <= kLongestText && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

Result<std::string> TextIn(const Json& object, const char* member, const std::string& where, bool optional) {
  const auto found = object.find(member);
  if (found == object.end() || found->is_null()) {
    if (optional) return std::string();
    return Wrong(where + " has no \"" + member + "\"");
  }
  if (!found->is_string()) return Wrong(where + "." + member + " must be a string");
  return found->get<std::string>();
}

// As RFC 4122 writes them, of random bits.
std::string RandomUuid() {
  const std::string digits = RandomId();
  return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-4" + digits.substr(13, 3) + "-8" + digits.substr(17, 3) + "-" +
         digits.substr(20, 12);
}

}  // namespace

Result<TokenTable> TokenTable::Read(std::string_view text) {
  auto json = ParseJson(text);
  if (!json) return Fail(json.error());
  if (!json->is_object()) return Wrong("a table of tokens is an object with \"format\", \"tenants\" and \"tokens\"");
  if (json->value("format", Json()) != 1) return Wrong("\"format\" must be 1");
  const auto tenants = json->find("tenants");
  if (tenants == json->end() || !tenants->is_array() || tenants->empty()) return Wrong("\"tenants\" must be a list with the master first");
  if (tenants->size() > kMostTenants) return Wrong("there are more than " + std::to_string(kMostTenants) + " tenants");

  TokenTable table;
  for (const Json& each : *tenants) {
    const std::string where = "tenants[" + std::to_string(table.tenants_.size()) + "]";
    if (!each.is_object()) return Wrong(where + " must be an object");
    auto uuid = TextIn(each, "uuid", where, false);
    auto name = TextIn(each, "name", where, true);
    auto parent = TextIn(each, "parent", where, true);
    for (const auto* part : {&uuid, &name, &parent})
      if (!*part) return Fail(part->error());
    if (!IsToken(*uuid)) return Wrong(where + ".uuid must have 1 to 256 printable characters of ASCII without blanks");
    if (table.Find(*uuid) != nullptr) return Wrong(where + ".uuid is that of another tenant");
    // A parent stands above its children, which also keeps them from going in a circle.
    if (!parent->empty() && table.Find(*parent) == nullptr) return Wrong(where + ".parent is no tenant above it in the list");
    table.tenants_.push_back({std::move(*uuid), std::move(*name), std::move(*parent)});
  }

  const auto tokens = json->find("tokens");
  if (tokens == json->end() || !tokens->is_object()) return Wrong("\"tokens\" must be an object: the uuid of a tenant for each token");
  if (tokens->size() > kMostTokens) return Wrong("there are more than " + std::to_string(kMostTokens) + " tokens");
  for (const auto& [token, tenant] : tokens->items()) {
    // Tokens are secrets, so that none is quoted.
    if (!IsToken(token)) return Wrong("a token must have 1 to 256 printable characters of ASCII without blanks");
    if (!tenant.is_string() || table.Find(tenant.get<std::string>()) == nullptr)
      return Wrong("a token is for a tenant that is not in the list");
    table.tokens_.emplace(token, tenant.get<std::string>());
  }
  return table;
}

TokenTable TokenTable::Sample() {
  TokenTable table;
  const std::string master = RandomUuid();
  table.tenants_ = {
      {master, "master", ""}, {RandomUuid(), "owner", master}, {RandomUuid(), "sibling", master}, {RandomUuid(), "stranger", ""}};
  for (const Tenant& tenant : table.tenants_) table.tokens_.emplace(RandomUuid(), tenant.uuid);
  return table;
}

std::string TokenTable::Write() const {
  Json tenants = Json::array(), tokens = Json::object();
  for (const Tenant& tenant : tenants_) {
    Json entry = {{"uuid", tenant.uuid}, {"name", tenant.name}};
    if (!tenant.parent.empty()) entry["parent"] = tenant.parent;
    tenants.push_back(std::move(entry));
  }
  for (const auto& [token, tenant] : tokens_) tokens[token] = tenant;
  const Json table = {{"format", 1}, {"tenants", std::move(tenants)}, {"tokens", std::move(tokens)}};
  return DumpJson(table) + "\n";
}

const Tenant* TokenTable::Find(std::string_view uuid) const {
  const auto found = std::find_if(tenants_.begin(), tenants_.end(), [&](const Tenant& tenant) { return tenant.uuid == uuid; });
  return found == tenants_.end() ? nullptr : &*found;
}

const std::string* TokenTable::TenantOf(std::string_view token) const {
  const auto found = tokens_.find(token);
  return found == tokens_.end() ? nullptr : &found->second;
}

const std::string* TokenTable::TokenOf(std::string_view tenant) const {
  const auto found = std::find_if(tokens_.begin(), tokens_.end(), [&](const auto& each) { return each.second == tenant; });
  return found == tokens_.end() ? nullptr : &found->first;
}

bool TokenTable::Covers(std::string_view above, std::string_view below) const {
  for (const Tenant* tenant = Find(below); tenant != nullptr; tenant = Find(tenant->parent))
    if (tenant->uuid == above) return true;
  return false;
}

}  // namespace provdlab::tokens
