#pragma once
// All faults of the server behind one board: those of behaviour (server/application/faults.h) and those that are data
// (faults/*.json), which are applied here, at the edge of REST and at that of the phones' HTTP.
//
//   RestFaults faults(behaviour);
//   faults.SwitchOn("configure.get-answers-200", 2);                         // the next two times
//   auto response = faults.Through(request, handle, &applied);               // handle(request), changed by what is on
//
// Any thread. While nothing is on, Through costs one atomic load.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/admin/fault_board.h"
#include "base/http/message.h"
#include "server/api/answer_fault.h"
#include "server/api/presets.h"
#include "server/application/faults.h"

namespace provdlab::server {

class RestFaults : public admin::FaultBoard {
 public:
  using Handle = std::function<http::Response(const http::Request&)>;

  // Both outlive it.
  explicit RestFaults(Faults& behaviour, const std::vector<AnswerFault>& answers = AnswerFaultsWithPresets());

  // kNotFound with the nearest names if there is no such fault.
  Result<int> SwitchOn(std::string_view name, std::optional<std::uint64_t> times = std::nullopt);

  // Answers a request as the server would with what is on. `applied` gets the names of the faults in the answer, or nothing.
  http::Response Through(const http::Request& request, const Handle& handle, std::string* applied,
                         AnswerFault::Side side = AnswerFault::Side::kRest);

  // Which faults are on is seen by Through alone; behaviour is asked where it happens.
  // The ledger's; those of presets belong together, and have names of their own.
  Json Available() const override;
  Json Active() const override;
  Result<int> Switch(const Json& request) override;  // {"name": NAME, "times": 2}
  Result<> Off(int id) override;
  void OffAll() override;

 private:
  struct Switched {
    int id = 0;
    const AnswerFault* answer = nullptr;  // one of the two
    FaultSwitch* behaviour = nullptr;
    std::shared_ptr<FaultMemory> memory{};  // if the answer's fault remembers; used under the mutex
    std::optional<std::uint64_t> times;
    std::uint64_t matched = 0;  // exchanges that fitted
    std::uint64_t hits = 0;     // of those, changed ones

    bool Spent() const { return times && hits >= *times; }
    bool Due() const;  // would the exchange that fits next be changed?
  };

  std::vector<std::string> NearestNames(std::string_view name) const;
  std::uint64_t Count(int id);  // one more exchange fitted; how often it has hit if this is to be changed, else 0

  Faults& behaviour_;
  const std::vector<AnswerFault>& answers_;
  std::atomic<int> answers_on_{0};
  mutable std::mutex mutex_;
  std::vector<Switched> switched_;
  int last_id_ = 0;
};

}  // namespace provdlab::server
