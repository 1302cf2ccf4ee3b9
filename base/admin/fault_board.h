#pragma once
// The faults of a server that can be switched while it runs, as its admin port sees them.
//
// Implementations are thread-safe: calls come from the admin port's threads while the server serves.

#include "base/json.h"
#include "base/result.h"

namespace provdlab::admin {

class FaultBoard {
 public:
  virtual ~FaultBoard() = default;
  // What can be switched on: a list of {"name", "breaks", "sentence"}.
  virtual Json Available() const = 0;
  // What is on: a list of {"id", …what was asked for…, "hits": n, "remaining": n or null}.
  virtual Json Active() const = 0;
  // Switches one on; its id. kInvalid or kNotFound with a sentence that says what would have been right.
  virtual Result<int> Switch(const Json& request) = 0;
  virtual Result<> Off(int id) = 0;  // kNotFound
  virtual void OffAll() = 0;
};

}  // namespace provdlab::admin
