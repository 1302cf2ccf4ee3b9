#include "server/application/synchronizing.h"

#include "server/documents/device_rules.h"

namespace provdlab::server {

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
  if (!device) return Fail(ErrorKind::kNotFound, "there is no such device");
  if (device->json.value("configured", Json()) != true) return Fail(ErrorKind::kInvalid, "it is not configured");
  const auto raw_config = inventory_.RawConfigOf(TextOf(device->json, "config"));
  if (!raw_config) return Fail(ErrorKind::kNotFound, "its config is not there any more");
  return caller_.Call(device->json, *raw_config, stop);
}

}  // namespace provdlab::server
