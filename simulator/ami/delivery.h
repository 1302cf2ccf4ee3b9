#pragma once
// How an exchange tells a phone: a SIP NOTIFY over UDP, sent until it is answered.
//
//   Switchboard switchboard(DeliverOverSip({.registrar = &registrar}));
//
// By address the phone is told there; a peer is told at every contact that it has registered, as res_pjsip does. So a provd that notifies
// the account which many phones share is seen to reach all of them (FB-027).

#include <cstdint>
#include <string>

#include "base/sip/client_transaction.h"
#include "simulator/ami/switchboard.h"
#include "simulator/registrar/registrar.h"

namespace provdlab::ami {

struct DeliveryOptions {
  const registrar::Registrar* registrar = nullptr;  // outlives the switchboard; without one no peer is known
  std::uint16_t port = sip::kDefaultPort;           // of phones, where none is said
  std::string from{};                               // the address that the exchange sends from; empty: whichever the machine takes
  sip::Timers timers{};
};

// The deliveries fail with kNotFound for a peer that is not registered, else as sip::Ask does, or with what the phone answered. Of several
// contacts each is told; the first that could not be is what went wrong.
Switchboard::Deliver DeliverOverSip(DeliveryOptions options);

}  // namespace provdlab::ami
