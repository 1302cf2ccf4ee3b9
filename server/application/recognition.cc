#include "server/application/recognition.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <tuple>

#include "base/text.h"

namespace provdlab::server {
namespace {

std::ptrdiff_t KnownMembers(const Identity& identity) {
  return std::count_if(Identity::kMembers.begin(), Identity::kMembers.end(),
                       [&](const auto& member) { return (identity.*member.second).has_value(); });
}

}  // namespace

std::vector<Offer> OffersOf(const PhoneRequest& request, const std::vector<PhonePlugin>& plugins) {
  std::vector<Offer> offers;
  for (const PhonePlugin& plugin : plugins)
    if (auto identity = plugin.phones->Identify(request); identity && !identity->empty())
      offers.push_back({plugin.id, std::move(*identity)});
  std::sort(offers.begin(), offers.end(), [](const Offer& a, const Offer& b) { return NaturalLess(a.plugin, b.plugin); });
  return offers;
}

Identity Vote(const std::vector<Offer>& offers) {
  Identity elected;
  for (const auto& [name, member] : Identity::kMembers) {
    struct Candidate {
      std::size_t votes = 0;
      std::ptrdiff_t knowledge = 0;  // of the best offer that has the value
      const Offer* offer = nullptr;
    };
    std::map<std::string, Candidate> candidates;
    for (const Offer& offer : offers) {
      const auto& value = offer.identity.*member;
      if (!value) continue;
      Candidate& candidate = candidates[*value];
      ++candidate.votes;
      const std::ptrdiff_t knowledge = KnownMembers(offer.identity);
      if (candidate.offer != nullptr &&
          (knowledge < candidate.knowledge || (knowledge == candidate.knowledge && NaturalLess(offer.plugin, candidate.offer->plugin))))
        continue;
      candidate.knowledge = knowledge;
      candidate.offer = &offer;
    }
    const Candidate* best = nullptr;
    for (const auto& [value, candidate] : candidates) {
      if (best != nullptr) {
        const auto mine = std::tie(candidate.votes, candidate.knowledge), theirs = std::tie(best->votes, best->knowledge);
        if (mine < theirs || (mine == theirs && NaturalLess(candidate.offer->plugin, best->offer->plugin))) continue;
      }
      best = &candidate;
      elected.*member = value;
    }
  }
  return elected;
}

std::vector<Suitability> SuitabilitiesOf(const Identity& identity, const std::vector<PhonePlugin>& plugins) {
  std::vector<Suitability> suitabilities;
  for (const PhonePlugin& plugin : plugins) suitabilities.push_back({plugin.id, plugin.phones->Score(identity)});
  std::sort(suitabilities.begin(), suitabilities.end(), [](const Suitability& a, const Suitability& b) {
    return a.score != b.score ? a.score > b.score : NaturalLess(b.plugin, a.plugin);
  });
  return suitabilities;
}

}  // namespace provdlab::server
