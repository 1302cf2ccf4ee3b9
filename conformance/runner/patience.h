#pragma once
// How a run copes with a network that loses exchanges: a scenario that lost one is begun anew, with fresh ids, until an attempt comes
// through, or it is clear that not the network loses them.
//
//   Tries tries(kBadNetwork);
//   do {
//     tries.Note(LostBy(attempt));       // where the attempt lost an exchange, if it did
//   } while (!tries.stand());
//   if (tries.hopeless()) …              // nothing can be said, not even that the target is at fault
//
// Values; of whoever has them.

#include <optional>
#include <string>
#include <utility>

namespace provdlab::conformance {

struct Patience {
  int attempts = 2;    // at a scenario, with the first
  int same_place = 2;  // so many attempts in a row that lose the same exchange: the target loses it, and is held to that
  int sends = 1;       // of a GET, PUT or DELETE of the session's own, and of each question of a poll. A POST is never sent twice
  bool sound = true;   // whoever loses an exchange is the target, be it another one each time
};

// A machine's own, or a good one.
inline constexpr Patience kSoundNetwork{};
// One that loses a connection in fifty: it loses one exchange six times in a row less often than once in 1e10. A scenario of a hundred
// requests comes through one time in eight.
inline constexpr Patience kBadNetwork{.attempts = 100, .same_place = 6, .sends = 6, .sound = false};

class Tries {
 public:
  explicit Tries(const Patience& patience) : patience_(patience) {}

  // What the newest attempt lost first, as a place in its scenario that is the same in each attempt.
  void Note(std::optional<std::string> lost) {
    ++made_;
    row_ = !lost ? 0 : lost == lost_ ? row_ + 1 : 1;
    lost_ = std::move(lost);
  }
  // How the target ended an exchange of an attempt instead of answering it; empty: no attempt so far had one.
  void NoteClosed(const std::string& how) {
    if (closed_.empty()) closed_ = how;
  }
  const std::string& closed() const { return closed_; }
  // Whether a request of the newest attempt was not answered, be it worth another try or not.
  void NoteUnanswered(bool unanswered) { unanswered_ = unanswered; }
  bool unanswered() const { return unanswered_; }
  // Whether the verdicts of the newest attempt are the scenario's.
  bool stand() const { return !lost_ || row_ >= patience_.same_place || made_ >= patience_.attempts; }
  // They stand because nobody tries on, and say nothing.
  bool hopeless() const { return lost_ && !patience_.sound && row_ < patience_.same_place && made_ >= patience_.attempts; }
  int made() const { return made_; }
  const std::optional<std::string>& lost() const { return lost_; }

 private:
  Patience patience_;
  std::optional<std::string> lost_;
  std::string closed_;
  int made_ = 0, row_ = 0;
  bool unanswered_ = false;
};

}  // namespace provdlab::conformance
