#pragma once
// A request over UDP, sent again until it is answered: a SIP client transaction of its own (RFC 3261, 17.1.2), for what is no INVITE.
//
//   auto answer = sip::Ask({.ip = "192.0.2.7"}, [](const std::string& here) {
//     return sip::NewRequest("OPTIONS", "sip:192.0.2.7", "sip:provd@" + here);
//   }, {}, stop);
//   if (answer && answer->status == 200) …
//
// Each call has a socket of its own, and blocks: any thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "base/sip/message.h"
#include "base/sip/retransmission.h"

namespace provdlab::sip {

struct Peer {
  std::string ip;  // a dotted quad
  std::uint16_t port = kDefaultPort;
  std::string from{};  // the address to send from, a dotted quad; empty: whichever the machine takes
  std::string Text() const { return ip + ":" + std::to_string(port); }
};

// The request, without a Via, which Ask puts on top. `here` is the "address:port" that it leaves from.
using Compose = std::function<Message(const std::string& here)>;

// What stands between a request and its answers, as a network or somebody who does wrong would. Either may be empty.
struct Through {
  std::function<void(Message& request)> sent{};                // once, before it leaves
  std::function<void(std::optional<Message>& answer)> came{};  // each datagram as it was understood; nullopt: as no answer to the request
};

// The final answer, whatever it says. kUnavailable: nothing takes messages there; kTimeout; kCancelled after `stop`; kInvalid: an address
// is none. Datagrams of others, and what is no answer to this request, are passed over.
Result<Message> Ask(const Peer& peer, const Compose& compose, const Timers& timers, const std::stop_token& stop,
                    const Through& through = {});

// A request outside of any dialogue, with all that a request needs but Via: tag and Call-ID are random.
Message NewRequest(std::string method, const std::string& uri, const std::string& from);

}  // namespace provdlab::sip
