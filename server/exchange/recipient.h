#pragma once
// Whom a notification is for, by a device's document.
//
//   auto recipient = RecipientOf(device);      // kInvalid: nobody knows where its phone is
//   recipient->user;                           // "je5qtq", as which the phone has registered; or empty, and then
//   recipient->ip;                             // "192.0.2.7"
//
// The user is the device's remote_state_sip_username, what the phone was last seen to fetch. Many phones come with one and the same user
// of automatic provisioning before they have one of their own: those, and phones whose user is not known, are found by their address
// (FB-027). Pure; any thread.

#include <string>

#include "base/json.h"
#include "base/result.h"

namespace provdlab::server::exchange {

struct Recipient {
  std::string user{};  // empty: not known, or not the phone's own
  std::string ip{};    // empty: not known
};

Result<Recipient> RecipientOf(const Json& device);

}  // namespace provdlab::server::exchange
