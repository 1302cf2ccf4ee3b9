#pragma once
// Who sent a request? Finds or makes the device of the phone that a request came from, or that a DHCP server speaks of, and brings it up to
// date.
//
//   auto understanding = identification.Identify({.request = {.protocol = kHttp, .user_agent = "Acme X1 …"}, .ip = "192.0.2.7"});
//   if (understanding->device) Serve(*understanding->device, …);
//   identification.Fetched(*understanding->device, "/Acme/00aa55000001.cfg");   // once the file was sent
//   identification.Suppose(sighting);                                           // what Identify would do; nothing is done
//
// In this order: the plugins' rules say what they recognise and vote; the device is looked for by mac, serial number, UUID and address; it
// is completed, gets the address, and the plugin and the config that it lacks. All of it is decided and done in one turn, so that two
// requests of a new phone make one device, and what an admin changes meanwhile stays. A request that tells nothing new takes no turn and
// writes nothing.
//
// Any thread.

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "server/application/caller.h"
#include "server/application/configs.h"
#include "server/application/inventory.h"
#include "server/application/recognition.h"
#include "server/application/turns.h"
#include "server/documents/dhcp_info.h"
#include "server/plugins/identification.h"
#include "server/store/documents.h"

namespace provdlab::server {

// A request of a phone, or one that tells of it.
struct Sighting {
  PhoneRequest request{};
  std::string ip{};      // where it came from, or what the phone was given: a dotted quad
  std::string tenant{};  // whose provisioning key it came with; empty: it came without one
  std::string mac{};     // as the DHCP server saw it, in normal form; empty: nobody did
};

// That a DHCP server has given an address to a phone.
Sighting SightingOf(const DhcpInfo& lease);

// How a request was understood.
struct Understanding {
  enum class By {
    kNothing,  // it fits several devices and names none: none was taken, none made
    kMac,
    kSerialNumber,
    kUuid,
    kIp,
    kMade,  // no device fitted
  };
  std::vector<Offer> offers{};          // what each plugin recognised
  Identity identity{};                  // what follows of the phone
  By by = By::kNothing;                 // how the device was found
  std::optional<std::string> device{};  // its id
  std::vector<std::string> outdated{};  // other devices, which had the address until now
  std::vector<Suitability> suited{};    // if a plugin was looked for: all of them, the best one first
  bool changed = false;                 // whether anything was written

  // What it was decided by and what became of it.
  std::vector<PhonePlugin> plugins{};    // all that were asked
  std::size_t fitting = 0;               // devices that the request might come from, if it was nobody's
  DocumentPointer before{};              // the device until now; null: there was none
  DocumentPointer after{};               // the device from now on; null: none was taken
  std::shared_ptr<const Json> config{};  // only supposed: the config that would be made for it; null: none would
};

// What a device's document says of its phone.
Identity IdentityOf(const Json& device);

class Identification {
 public:
  struct Surroundings {
    Inventory& inventory;
    Configs& configs;
    std::function<std::vector<PhonePlugin>()> plugins;            // the loaded ones that know phones
    std::function<bool(const std::string& plugin)> is_installed;  // loaded or not
    std::function<bool()> nat;                                    // whether several phones may share an address
    const tokens::TokenTable* tenants = nullptr;                  // null: devices have none
  };
  explicit Identification(Surroundings surroundings) : surroundings_(std::move(surroundings)) {}

  // Returns once the devices say what was learnt. kInternal: it could not be kept.
  Result<Understanding> Identify(const Sighting& sighting);
  // How it would be understood now. Nothing is changed; what would be written is in `after` and `config` with ids that nobody will see
  // again. kInternal.
  Result<Understanding> Suppose(const Sighting& sighting);
  // The device's phone has fetched a file. If that is the one that brings the phone its configuration, the device's
  // remote_state_sip_username says from now on with which line 1 the phone has been configured. `own_file`: it is one that was made for
  // this device. kInternal.
  Result<> Fetched(const std::string& device, std::string_view path, bool own_file = true);

 private:
  struct Plan;
  struct Learnt;
  Learnt Learn(const Sighting& sighting) const;
  static Understanding Understand(Learnt learnt, Plan plan);
  Plan MakePlan(const Learnt& learnt, const Turns::Turn* turn) const;
  // Whether there was anything to write.
  Result<bool> CarryOut(const Turns::Turn& turn, Plan& plan) const;
  bool IsOpenTo(const std::string& tenant, const Json& device) const;
  void Retrieve(const Learnt& learnt, Plan& plan, const Turns::Turn* turn) const;
  bool IsAnother(const Json& device, const Learnt& learnt, const Turns::Turn* turn) const;
  // Whether a fault of what leases do happens now: when something is about to be written.
  static bool LeaseStrikes(FaultSwitch& fault, const Learnt& learnt, const Turns::Turn* turn);
  // Whether one of what phones' requests over HTTP do happens: to all of a request or not at all, also to one that tells nothing new.
  static bool RequestStrikes(FaultSwitch& fault, const Learnt& learnt);
  void Associate(const Learnt& learnt, Plan& plan, const Turns::Turn* turn) const;
  bool TellsUser(const Json& device, std::string_view path, bool own_file) const;
  std::string UserOf(const Json& device) const;
  Inventory& inventory() const { return surroundings_.inventory; }

  const Surroundings surroundings_;

  // With a fault that makes several devices of a new phone: a request that has found none waits for another one that has found none
  // either, for a while.
  void AwaitAnother(const std::string& ip);
  struct Meeting {
    int there = 0;
    bool met = false;
  };
  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::map<std::string, Meeting> meetings_;  // by address
};

}  // namespace provdlab::server
