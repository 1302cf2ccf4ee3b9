#include "server/provisioning/forwarded_faults.h"

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "server/provisioning/forwarded_for.h"

namespace provdlab::server::provisioning {

Result<std::string> FaultyPhoneAddress(const http::Request& request, int trusted_proxies, Faults& faults) {
  Result<std::string> right = PhoneAddress(request, trusted_proxies);
  const std::string all = Join(request.headers.All("X-Forwarded-For"), ",");
  const std::vector<std::string_view> entries = Split(all, ',');
  const auto entry = [&](std::size_t i) { return std::string(Trim(entries[i])); };
  const auto proxies = static_cast<std::size_t>(trusted_proxies);
  const auto refused = [] { return Fail(ErrorKind::kInvalid, "X-Forwarded-For does not say which phone asks."); };

  if (!request.headers.Has("X-Forwarded-For")) return proxies > 0 && faults.absent_forwarded_for_is_peer.Strikes() ? refused() : right;
  if (proxies == 0) return faults.forwarded_for_ignored_without_proxies.Strikes() ? entry(entries.size() - 1) : right;
  if (entries.size() < proxies) return faults.forwarded_for_of_too_few_is_peer.Strikes() ? entry(0) : right;
  const std::string named = entry(entries.size() - proxies);
  if (named.empty()) return faults.empty_forwarded_for_is_peer.Strikes() ? refused() : right;
  if (!right) return faults.forwarded_garbage_is_no_address.Strikes() ? named : right;
  if (*right != named) return faults.forwarded_for_in_other_spellings.Strikes() ? refused() : right;
  if (entries.size() > proxies && faults.forwarded_claims_ignored.Strikes()) return entry(0);
  if (proxies == 2 && faults.second_of_two_proxies.Strikes()) return entry(entries.size() - 1);
  if (proxies == 1 && faults.forwarded_for_names_phone.Strikes()) return request.peer;
  return right;
}

}  // namespace provdlab::server::provisioning
