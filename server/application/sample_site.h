#pragma once
// A site of so many phones, for benchmarks: a device with a config each, below one of ten groups of configs, below one root.
//
//   Check(store->Apply(SampleSite(100'000)));    // device0 … device99999, config0 …, group0 … group9, root
//
// Pure functions; any thread.

#include <string>
#include <vector>

#include "server/store/store.h"

namespace provdlab::server {

std::vector<Store::Change> SampleSite(int devices);

// What the device and the config of a number are called, and the addresses of the device.
std::string SampleDevice(int number);
std::string SampleConfig(int number);
std::string SampleMac(int number);
std::string SampleIp(int number);

}  // namespace provdlab::server
