#pragma once
// Who may ask a provd of the dialect `wazo`: its tenants, and the tokens that act for them. The reference server reads such a table
// (`serve --tokens FILE`), and the suite the same one (`conform --tokens FILE`), so that both speak of the same people.
//
//   {"format": 1,
//    "tenants": [{"uuid": "1f0c…", "name": "master"}, {"uuid": "77ab…", "name": "a customer", "parent": "1f0c…"}],
//    "tokens": {"9d3f…": "1f0c…"}}
//
//   auto table = TokenTable::Read(text);          // kInvalid names what is wrong where
//   table->TenantOf("9d3f…");                     // "1f0c…", or null: nobody's
//   table->Covers("1f0c…", "77ab…");              // true: the first is the second, or above it
//
// The first tenant is the master, to which phones that nobody has claimed belong; it has no parent. A tenant without a parent that is not
// the first one is a stranger to all others. A table does not change; any thread.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace provdlab::tokens {

struct Tenant {
  std::string uuid;
  std::string name;    // for people; may be empty
  std::string parent;  // empty: none
};

class TokenTable {
 public:
  static constexpr std::size_t kMostTenants = 10'000;
  static constexpr std::size_t kMostTokens = 100'000;

  static Result<TokenTable> Read(std::string_view text);
  // A master with two customers and a stranger, with a token each: all that the suite asks for. Uuids and tokens are random.
  static TokenTable Sample();
  std::string Write() const;  // what Read reads

  const std::vector<Tenant>& tenants() const { return tenants_; }
  const Tenant& master() const { return tenants_.front(); }
  const Tenant* Find(std::string_view uuid) const;            // null: there is none
  const std::string* TenantOf(std::string_view token) const;  // its uuid; null: nobody has that token
  const std::string* TokenOf(std::string_view tenant) const;  // one of its own; null: it has none
  bool Covers(std::string_view above, std::string_view below) const;

 private:
  std::vector<Tenant> tenants_;
  std::map<std::string, std::string, std::less<>> tokens_;
};

}  // namespace provdlab::tokens
