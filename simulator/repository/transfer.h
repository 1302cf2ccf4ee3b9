#pragma once
// Bodies on their way: throttled, cut, or held at a byte until somebody releases them.
//
//   Holds holds;
//   holds.Hold("acme", 200);
//   response.source = holds.Send("acme", body, {.bandwidth = 1000}, [](std::uint64_t bytes, bool whole) { … });
//   holds.Await("acme", std::chrono::seconds(5));     // a transfer stands at byte 200
//   holds.Release("acme");
//
// Holds outlives the sources that it made. All methods may be called from any thread.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/http/message.h"
#include "base/json.h"
#include "base/result.h"

namespace provdlab::repository {

struct Pace {
  std::optional<std::uint64_t> bandwidth = {};   // bytes a second
  std::optional<std::uint64_t> cut = {};         // the connection is closed after so many bytes
  std::optional<std::uint64_t> hang_after = {};  // nothing comes after so many bytes
};

class Holds {
 public:
  // Called once, when the body has ended or its client has gone: how many bytes had left, and whether that was all of it.
  using Ended = std::function<void(std::uint64_t bytes, bool whole)>;

  std::shared_ptr<http::BodySource> Send(std::string target, std::shared_ptr<const std::string> body, Pace pace, Ended ended);

  // Transfers of `target` that have not passed `bytes` stop there; shorter bodies stop before their last byte. A second call moves the
  // hold.
  void Hold(const std::string& target, std::uint64_t bytes);
  Result<> Release(const std::string& target);  // kNotFound if nothing was held
  void ReleaseAll();
  // Until a transfer stands at the hold. kNotFound without a hold, kTimeout, kCancelled if it is released meanwhile.
  Result<> Await(const std::string& target, std::chrono::milliseconds deadline);
  // [{"target", "bytes", "standing": transfers that stand there}]
  Json List() const;

 private:
  class Transfer;
  class Source;
  struct Held {
    std::uint64_t bytes = 0;
    std::vector<std::shared_ptr<Transfer>> standing;
  };

  // Where a transfer of that target must stop, if anywhere.
  std::optional<std::uint64_t> StopOf(const std::string& target, std::uint64_t size) const;
  // False if the hold has gone, so that the transfer goes on.
  bool Park(const std::string& target, std::uint64_t size, std::uint64_t offset, const std::shared_ptr<Transfer>& transfer);
  void Forget(const Transfer* transfer);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Held> held_;
};

}  // namespace provdlab::repository
