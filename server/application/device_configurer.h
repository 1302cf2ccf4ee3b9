#pragma once
// What plugins do with devices, as the devices see it.
//
//   auto accepted = configurer.Configure("acme-1.0", device, raw_config);   // an error: this device can't be configured, and why
//
// Methods may be called from any thread and answer at once: no network. Calls about one device never overlap.

#include <string>

#include "base/json.h"
#include "base/result.h"

namespace provdlab::server {

class DeviceConfigurer {
 public:
  virtual ~DeviceConfigurer() = default;

  // What the plugin would make of its devices depends on this text and on nothing else but them; "" if it is not loaded.
  virtual std::string StateOf(const std::string& plugin) const = 0;
  // Makes ready what the phone will fetch. kNotFound: the plugin is not loaded. kInvalid: it does not accept the device or its raw
  // config; the sentence says why.
  virtual Result<> Configure(const std::string& plugin, const Json& device, const Json& raw_config) = 0;
  // Whether the plugin makes the same of the device as it was and as it is, which differ only in what not every plugin looks at: both are
  // accepted, with the same files, or neither is. Nothing is made ready. Unless a configurer says otherwise, no such member counts.
  virtual bool MakesTheSame(const std::string& plugin, const Json& before, const Json& after, const Json& raw_config) const {
    static_cast<void>(plugin), static_cast<void>(before), static_cast<void>(after), static_cast<void>(raw_config);
    return true;
  }
  // The phone has nothing to fetch any more.
  virtual void Deconfigure(const std::string& plugin, const Json& device) = 0;
};

}  // namespace provdlab::server
