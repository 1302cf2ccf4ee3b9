// How long a site's phones take to boot, all at once, and what each of them costs: against `provdlab serve` on the same machine.
//
//   ./bazelw run --config=opt //tools:phones_bench -- 1000 10000
//
// Each number is a run of its own with a new server. A phone is lost if it is not configured at the end.

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "base/text.h"
#include "simulator/dhcp/embedded_rules.h"
#include "simulator/fleet/fleet.h"
#include "simulator/fleet/html.h"
#include "simulator/network/socket_network.h"
#include "simulator/phone/built_in_profiles.h"
#include "tools/phones_site.h"

namespace {

std::atomic<std::uint64_t> allocations{0};

}  // namespace

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace provdlab::tools {
namespace {

using namespace std::chrono_literals;

struct Cost {
  std::uint64_t resident = 0;   // bytes of this process in memory
  std::uint64_t allocated = 0;  // bytes that are allocated now
  std::uint64_t allocations = 0;
  double cpu = 0;  // seconds of this process
};

Cost Now() {
  Cost cost;
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> cost.resident;
  cost.resident *= static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const struct mallinfo2 heap = mallinfo2();
  cost.allocated = heap.uordblks + heap.hblkhd;
  cost.allocations = allocations;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  cost.cpu = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
             static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  return cost;
}

fleet::ModelShare Model(const char* model, std::uint64_t share) { return {*phone::BuiltInProfileFor(model), model, share}; }

int Boot(const std::string& program, std::size_t count) {
  conformance::Stop stop;
  const auto site = PhonesSite::Open({.program = program, .vendors = {"Acme", "Aastra", "Polycom"}}, stop);
  if (!site) {
    std::cerr << site.error().message << "\n";
    return 3;
  }
  network::SocketNetwork network({});
  if (const Result<> opened = network.Open(); !opened) {
    std::cerr << opened.error().message << "\n";
    return 3;
  }
  dhcp::Service service(network, dhcp::Server(dhcp::XivoRules(), {.pool = *dhcp::PoolFrom("127.1.0.0/16"), .site = (*site)->files()}),
                        dhcp::Service::Target{(*site)->origin(), (*site)->prefix() + "/dev_mgr/dhcpinfo"});
  malloc_trim(0);
  const Cost before = Now();
  fleet::Fleet fleet(network, service, {.models = {Model("6731i", 50), Model("SPIP335", 30), Model("X1", 20)}, .count = count});
  const Cost made = Now();
  if (const Result<> booted = fleet.Boot(20min); !booted) {
    std::cerr << booted.error().message << "\n";
    return 3;
  }
  const Cost after = Now();
  const fleet::FleetRecord record = fleet.record();
  const auto each = [count](std::uint64_t bigger, std::uint64_t smaller) { return bigger > smaller ? (bigger - smaller) / count : 0; };
  std::printf(
      "%7zu phones: %6.2f s, %6.0f requests/s, %5.0f phones/s, boot p50 %s p99 %s, lost %llu\n"
      "        a phone: %llu B resident and %llu B allocated when switched on, %llu B and %llu B at the end (with the figures of its "
      "boot), "
      "%llu allocations; %.2f ms of this process's CPU\n",
      count, static_cast<double>(record.took) / 1e6, static_cast<double>(record.requests) * 1e6 / static_cast<double>(record.took),
      static_cast<double>(count) * 1e6 / static_cast<double>(record.took), fleet::InWords(record.boot.p50).c_str(),
      fleet::InWords(record.boot.p99).c_str(), static_cast<unsigned long long>(record.phones - record.configured),
      static_cast<unsigned long long>(each(made.resident, before.resident)),
      static_cast<unsigned long long>(each(made.allocated, before.allocated)),
      static_cast<unsigned long long>(each(after.resident, before.resident)),
      static_cast<unsigned long long>(each(after.allocated, before.allocated)),
      static_cast<unsigned long long>(each(after.allocations, before.allocations)),
      (after.cpu - before.cpu) * 1e3 / static_cast<double>(count));
  for (const fleet::FailureRecord& failure : record.failures) {
    std::printf("        %llu %s: %s, %s %s\n", static_cast<unsigned long long>(failure.phones), failure.model.c_str(),
                failure.stage.c_str(), failure.why.c_str(), failure.trace.empty() ? "" : failure.trace.back().c_str());
  }
  return record.all_configured() ? 0 : 1;
}

}  // namespace
}  // namespace provdlab::tools

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: phones_bench PROVDLAB COUNT…\n";
    return 2;
  }
  int exit_code = 0;
  for (int i = 2; i < argc; ++i) {
    const auto count = provdlab::ParseDecimal(argv[i]);
    if (!count || *count == 0) {
      std::cerr << argv[i] << " is no number of phones\n";
      return 2;
    }
    exit_code = std::max(exit_code, provdlab::tools::Boot(argv[1], *count));
  }
  return exit_code;
}
