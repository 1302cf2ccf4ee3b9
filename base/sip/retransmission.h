#pragma once
// When a request that is no INVITE is sent again over UDP, and when nobody will answer it any more (RFC 3261, 17.1.2.2).
//
//   sip::Retransmission again({});          // it has just been sent for the first time
//   again.next()                            // 500 ms: until then, wait for an answer
//   if (again.Due(500ms)) Send(request);    // sent again; next() is 1500 ms, then 3500, 7500, 11500 …
//   again.Heard(2s);                        // a provisional answer came: from now on every 4 s
//   again.Over(32s)                         // true
//
// Instants count from the first sending, so that it works in real and in virtual time. A value; one thread at a time.

#include <algorithm>
#include <chrono>

namespace provdlab::sip {

// RFC 3261's T1, T2 and timer F.
struct Timers {
  std::chrono::milliseconds first{500};      // until it is sent for the second time; each wait is twice the one before
  std::chrono::milliseconds longest{4'000};  // but not longer
  std::chrono::milliseconds overall{32'000};
};

class Retransmission {
 public:
  using Milliseconds = std::chrono::milliseconds;

  explicit Retransmission(const Timers& timers) : timers_(timers), wait_(timers.first), next_(timers.first) {}

  // When there is something to do: to send it again, or to give up.
  Milliseconds next() const { return std::min(next_, timers_.overall); }
  bool Over(Milliseconds now) const { return now >= timers_.overall; }

  // Whether it is to be sent again now. If so, that counts as done.
  bool Due(Milliseconds now) {
    if (Over(now) || now < next_) return false;
    wait_ = std::min(2 * wait_, timers_.longest);
    next_ = now + wait_;
    return true;
  }
  // A provisional answer: the peer has it, but may lose the final answer.
  void Heard(Milliseconds now) {
    wait_ = timers_.longest;
    next_ = now + wait_;
  }

 private:
  Timers timers_;
  Milliseconds wait_, next_;
};

}  // namespace provdlab::sip
