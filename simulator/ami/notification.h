#pragma once
// What a provd asks a telephone exchange for: that a phone be told something, mostly that its configuration has changed. However it was
// asked, over the manager interface or through the HTTP gateway, it becomes this.
//
//   auto notification = ReadNotification(packet);     // kInvalid with the sentence of the answer
//   notification->peer;                               // "alice"; or empty, and then
//   notification->ip;                                 // "192.0.2.7"
//
// Values; any thread.

#include <cstdint>
#include <string>
#include <vector>

#include "base/ami/packet.h"
#include "base/result.h"

namespace provdlab::ami {

struct Notification {
  std::string action;              // "SIPnotify", "SIPnotifyprovd" or "PJSIPNotify"
  std::string peer{};              // the user of a registration; or
  std::string ip{};                // where the phone is,
  std::uint16_t port = 0;          // 0: the usual one,
  std::string user{};              // and as whom it is addressed there; may be empty
  std::string event{};             // "check-sync;reboot=false"
  std::vector<Field> variables{};  // the others, which become headers of the NOTIFY

  // Whom faults and holds know it by.
  const std::string& target() const { return peer.empty() ? ip : peer; }
};

// Whether it is one of the three actions at all; in any letter case, as Asterisk takes it.
bool IsNotification(std::string_view action);

//   SIPnotify       Channel: alice (or SIP/alice)                    chan_sip of Asterisk
//   SIPnotifyprovd  PeerIP: 192.0.2.7                                the same, as xivo patched it
//   PJSIPNotify     Endpoint: alice, or URI: sip:anonymous@192.0.2.7 res_pjsip
// each with Variable: Event=check-sync, and any number of further variables.
Result<Notification> ReadNotification(const Packet& packet);

}  // namespace provdlab::ami
