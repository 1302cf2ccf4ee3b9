#pragma once
// What the plugins make of a phone's request: what each says of the phone, and what they say together.
//
//   const std::vector<Offer> offers = OffersOf(request, plugins);      // {{"acme-1.0", {.vendor = "Acme", .model = "X1"}}}
//   const Identity identity = Vote(offers);
//   const std::vector<Suitability> suited = SuitabilitiesOf(identity, plugins);   // {{"acme-1.0", 500}}: the best one first
//
// A plugin whose rules are wrong is one voice among the others: it can neither keep them from being heard nor make them fail.
// Pure functions; any thread.

#include <memory>
#include <string>
#include <vector>

#include "server/plugins/identification.h"
#include "server/plugins/phone_support.h"

namespace provdlab::server {

// A loaded plugin that knows phones.
struct PhonePlugin {
  std::string id;
  std::shared_ptr<const PhoneSupport> phones;
};

struct Offer {
  std::string plugin;
  Identity identity;  // not empty
  friend bool operator==(const Offer&, const Offer&) = default;
};

// Of every plugin that recognises the request, in the natural order of their ids.
std::vector<Offer> OffersOf(const PhoneRequest& request, const std::vector<PhonePlugin>& plugins);

// Member by member what most of them say. Of values with as many votes, the one from the offer that knows most members counts, then that of
// the plugin whose id comes last in natural order.
Identity Vote(const std::vector<Offer>& offers);

struct Suitability {
  std::string plugin;
  int score = 0;
  friend bool operator==(const Suitability&, const Suitability&) = default;
};

// Of all plugins; of those with the same score, the one whose id comes last in natural order is the better one: version 10 before 9.
std::vector<Suitability> SuitabilitiesOf(const Identity& identity, const std::vector<PhonePlugin>& plugins);

}  // namespace provdlab::server
