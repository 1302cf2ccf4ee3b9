#pragma once
// One NOTIFY to one phone, over UDP, as a SIP transaction of its own.
//
//   auto told = SendNotify({.ip = "192.0.2.7", .user = "je5qtq", .event = "check-sync"}, {}, stop);
//
// Sent again until the phone answers, as RFC 3261 (17.1.2) has it for requests that are no INVITE. Each call has a socket of its own, and
// blocks: any thread.

#include <cstdint>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "base/sip/client_transaction.h"
#include "base/sip/message.h"
#include "base/sip/retransmission.h"

namespace provdlab::server::sip {

using provdlab::sip::kDefaultPort;
using provdlab::sip::Timers;

struct Notification {
  std::string ip;                     // a dotted quad
  std::uint16_t port = kDefaultPort;  // UDP
  std::string user;                   // of the phone's address; empty: the phone is called by its address alone
  std::string event;                  // "check-sync"; with parameters: "check-sync;reboot=false"
};

// Returns once the phone has accepted it. kUnavailable: it refused, or nothing takes messages there; kTimeout; kCancelled after `stop`;
// kInvalid: ip or event can't stand in a message.
Result<> SendNotify(const Notification& notification, const Timers& timers, const std::stop_token& stop,
                    const provdlab::sip::Through& through = {});

}  // namespace provdlab::server::sip
