#pragma once
// From which addresses phones ask: those on one machine share its address unless something is done about it, and a provd tells phones apart
// by address too.

namespace provdlab::network {

enum class Addressing {
  kOwn,           // each phone's sockets are bound to the address of its lease, which must be one of this machine's: 127.0.0.0/8
  kForwardedFor,  // all are the machine's, and HTTP requests say in X-Forwarded-For who asks, as a proxy's do
  kShared,        // all are the machine's: phones behind one NAT
};

}  // namespace provdlab::network
