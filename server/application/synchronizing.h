#pragma once
// Synchronizes devices: has their phones told that there is something new for them.
//
//   auto operation = synchronizing.Start("9f86…");    // at once; ends when the phone was told
//   operations.Create("dev_mgr/synchronize", operation);
//
// The operation has no label. It ends in fail if the device is not there or not configured, or if its phone can't be told. Nobody waits for
// it: it runs on threads of its own, and no document is held meanwhile. Any thread.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/workers.h"
#include "server/application/inventory.h"
#include "server/application/operation.h"
#include "server/application/phone_caller.h"

namespace provdlab::server {

class Synchronizing {
 public:
  // All of it outlives the object, and `workers` ends before what is listed in front of it.
  // `how` says how the phones of a plugin are told.
  using How = std::function<Synchronization(const std::string& plugin)>;
  Synchronizing(Inventory& inventory, How how, PhoneCaller& caller, Workers& workers, std::function<void(const std::string&)> log)
      : inventory_(inventory), how_(std::move(how)), caller_(caller), workers_(workers), log_(std::move(log)) {}

  std::shared_ptr<Operation> Start(const std::string& device);

 private:
  Result<> Run(const std::string& device, const std::stop_token& stop);

  Inventory& inventory_;
  const How how_;
  PhoneCaller& caller_;
  Workers& workers_;
  const std::function<void(const std::string&)> log_;
  // The call, with what faults make of it.
  Result<> Tell(const Synchronization& how, Json device, const std::stop_token& stop);

  // What only faults look at.
  std::timed_mutex alone_;  // while a phone is told
  std::mutex mutex_;
  std::map<std::string, std::string> first_ips_;  // by device
};

}  // namespace provdlab::server
