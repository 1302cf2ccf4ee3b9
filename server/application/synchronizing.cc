#include "server/application/synchronizing.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <utility>

#include "server/documents/device_rules.h"
#include "server/documents/raw_config.h"

namespace provdlab::server {
namespace {

// How long a fault has a phone wait for another at most: so long that it is seen, and not so long that it outlasts what comes after.
constexpr std::chrono::seconds kPatience{15};

constexpr const char* kUser = "remote_state_sip_username";
constexpr const char* kAutomatic = "ap";  // how users of automatic provisioning begin
constexpr std::size_t kMany = 10'000;     // devices that a fault looks through
constexpr int kFew = 20;                  // phones at once, for a fault

// A phone is being told as long as it lives.
class CountedCall {
 public:
  explicit CountedCall(std::atomic<int>& count) : count_(count), others_(count++) {}
  ~CountedCall() { --count_; }
  CountedCall(const CountedCall&) = delete;
  CountedCall& operator=(const CountedCall&) = delete;
  int others() const { return others_; }

 private:
  std::atomic<int>& count_;
  const int others_;
};

}  // namespace

std::shared_ptr<Operation> Synchronizing::Start(const std::string& device) {
  auto operation = Operation::Make("");
  workers_.Start(
      [this, device, operation](const std::stop_token& stop) {
        const auto told = Run(device, stop);
        if (told) {
          operation->Succeed();
        } else {
          log_("the device '" + device + "' was not synchronized: " + told.error().message);
          operation->Fail();
        }
      },
      [operation] { operation->Fail(); }, operation->cancellation());
  return operation;
}

Result<> Synchronizing::Run(const std::string& id, const std::stop_token& stop) {
  const auto device = inventory_.devices().Find(id);
  Faults& faults = inventory_.faults();
  if (!device && faults.synchronize_of_unknown_fails.Strikes()) return {};
  if (!device) return Fail(ErrorKind::kNotFound, "there is no such device");
  const auto raw_config = inventory_.RawConfigOf(TextOf(device->json, "config"));
  if (device->json.value("configured", Json()) != true) {
    const bool without_plugin = TextOf(device->json, "plugin").empty();
    const bool usable = raw_config && CheckRawConfig(*raw_config);
    FaultSwitch& fault = without_plugin ? faults.synchronize_unconfigured_fails
                         : usable       ? faults.synchronize_uninstalled_plugin_fails
                                        : faults.synchronize_after_deleted_parent_fails;
    if (fault.Strikes()) return {};
    return Fail(ErrorKind::kInvalid, "it is not configured; reconfigure has the log say why");
  }
  if (TextOf(device->json, "ip").empty() && faults.synchronize_untold_phone_fails.Strikes()) return {};
  const Synchronization how = how_(TextOf(device->json, "plugin"));
  if (how.method == Synchronization::Method::kNone) return Fail(ErrorKind::kInvalid, "its plugin knows no way to tell phones anything");
  if (!TextOf(device->json, "ip").empty() && faults.synchronize_reaches_phone.Strikes()) return {};
  std::unique_lock alone(alone_, std::defer_lock);
  if (faults.synchronize_silent_phone.Strikes()) (void)alone.try_lock_for(kPatience);
  Json phone = device->json;
  if (const Json::json_pointer username("/sip_lines/1/username"); raw_config && raw_config->contains(username) && phone.contains(kUser) &&
                                                                  raw_config->at(username) != phone[kUser] &&
                                                                  faults.synchronize_to_whom.Strikes())
    phone[kUser] = raw_config->at(username);
  const CountedCall counted(faults.phones_being_told);
  if (counted.others() >= kFew && faults.synchronize_side_by_side.Strikes())
    return Fail(ErrorKind::kUnavailable, "too many phones are told at once");
  auto told = Tell(how, std::move(phone), stop);
  if (!told && told.error().kind == ErrorKind::kTimeout && faults.synchronize_silence_fails.Strikes()) return {};
  if (told && faults.synchronize_succeeds.Strikes()) return Fail(ErrorKind::kUnavailable, "the phone has taken it");
  if (!told && told.error().kind == ErrorKind::kUnavailable && faults.synchronize_refusal_fails.Strikes()) return {};
  return told;
}

Result<> Synchronizing::Tell(const Synchronization& how, Json device, const std::stop_token& stop) {
  Faults& faults = inventory_.faults();
  const std::string id = TextOf(device, "id"), config = TextOf(device, "config");
  if (faults.synchronize_new_address.is_on()) {
    const std::lock_guard lock(mutex_);
    const std::string ip = TextOf(device, "ip");
    const std::string first = first_ips_.emplace(id, ip).first->second;
    if (first != ip && faults.synchronize_new_address.Strikes()) device["ip"] = first;
  }
  const std::string user = TextOf(device, kUser);
  const bool shared = user.starts_with(kAutomatic) && faults.synchronize_shared_user.Strikes();
  auto told = caller_.Call(how, device, stop);
  if (shared) {
    for (const DocumentPointer& other : inventory_.devices().Behind("", kMany)) {
      if (other->id != id && TextOf(other->json, kUser) == user) (void)caller_.Call(how, other->json, stop);
    }
  }
  if (!faults.synchronize_change_stays.is_on()) return told;
  const auto turn = inventory_.TakeTurn();
  const auto now = inventory_.devices().Find(id);
  if (!now || TextOf(now->json, "config") == config || !faults.synchronize_change_stays.Strikes()) return told;
  Json stale = now->json;
  stale["config"] = config;
  if (auto kept = Commit(inventory_.store()).Put(inventory_.devices(), std::move(stale)).Make(); !kept) return Fail(kept.error());
  return told;
}

}  // namespace provdlab::server
