#include "server/application/synchronizing.h"

#include <chrono>
#include <mutex>

#include "server/documents/device_rules.h"
#include "server/documents/raw_config.h"

namespace provdlab::server {
namespace {

// How long a fault has a phone wait for another at most: so long that it is seen, and not so long that it outlasts what comes after.
constexpr std::chrono::seconds kPatience{15};

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
  auto told = caller_.Call(how, device->json, stop);
  if (told && faults.synchronize_succeeds.Strikes()) return Fail(ErrorKind::kUnavailable, "the phone has taken it");
  if (!told && told.error().kind == ErrorKind::kUnavailable && faults.synchronize_refusal_fails.Strikes()) return {};
  return told;
}

}  // namespace provdlab::server
