#include "server/application/identification.h"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <set>
#include <utility>

#include "base/random_id.h"
#include "server/documents/device_rules.h"

namespace provdlab::server {
namespace {

constexpr const char* kAdded = "added";
constexpr const char* kAddedByServer = "auto";

// With a fault that makes several devices of a new phone's requests: how long one that has found none waits for another at most.
constexpr std::chrono::seconds kPatience{1};

bool Differ(const std::optional<std::string>& a, const std::optional<std::string>& b) { return a && b && *a != *b; }

// Whether the device is known to be another phone's. The version says nothing: phones change it.
bool Contradict(const Json& device, const Identity& seen) {
  const Identity known = IdentityOf(device);
  return Differ(known.mac, seen.mac) || Differ(known.vendor, seen.vendor) || Differ(known.model, seen.model) || Differ(known.sn, seen.sn) ||
         Differ(known.uuid, seen.uuid);
}

// A name of its own tells a phone from all others; an address doesn't.
bool NamesItself(const Identity& identity) { return identity.mac || identity.sn || identity.uuid; }

bool IsMissing(const Json& device, std::string_view name) { return TextOf(device, name).empty(); }

bool WasAddedByServer(const Json& device) { return TextOf(device, kAdded) == kAddedByServer; }

}  // namespace

Identity IdentityOf(const Json& device) {
  Identity identity;
  for (const auto& [name, member] : Identity::kMembers)
    if (std::string value = TextOf(device, name); !value.empty()) identity.*member = std::move(value);
  return identity;
}

Sighting SightingOf(const DhcpInfo& lease) {
  return {
      .request = {.protocol = PhoneRequest::Protocol::kDhcp, .options = lease.options, .mac = lease.mac}, .ip = lease.ip, .mac = lease.mac};
}

// What is known of a request before anything is looked up.
struct Identification::Learnt {
  const Sighting& sighting;
  std::vector<PhonePlugin> plugins;
  std::vector<Offer> offers;
  Identity identity;
  bool supposed = false;                          // nothing comes of it, faults neither
  mutable std::set<const FaultSwitch*> struck{};  // faults that happen to this request
};

// What is to be done about it.
struct Identification::Plan {
  DocumentPointer before;  // the device as it is; null: a new one
  Understanding::By by = Understanding::By::kNothing;
  std::optional<Json> device;             // as it shall be; nullopt: no device is taken
  std::vector<DocumentPointer> outdated;  // lose the address
  bool lacks_config = false;              // and one can be made
  bool of_lease = false;
  std::vector<Suitability> suited;
  std::size_t fitting = 0;  // devices at the address, if there are several

  bool Changes() const { return device && (!before || !outdated.empty() || lacks_config || *device != before->json); }
};

bool Identification::LeaseStrikes(FaultSwitch& fault, const Learnt& learnt, const Turns::Turn* turn) {
  return turn != nullptr && learnt.sighting.request.protocol == PhoneRequest::Protocol::kDhcp && fault.Strikes();
}

bool Identification::RequestStrikes(FaultSwitch& fault, const Learnt& learnt) {
  if (learnt.supposed || learnt.sighting.request.protocol != PhoneRequest::Protocol::kHttp) return false;
  if (learnt.struck.contains(&fault)) return true;
  if (!fault.Strikes()) return false;
  learnt.struck.insert(&fault);
  return true;
}

// Faults take a device that is another phone's.
bool Identification::IsAnother(const Json& device, const Learnt& learnt, const Turns::Turn* turn) const {
  const Identity& seen = learnt.identity;
  if (!Contradict(device, seen)) return false;
  const auto takes = [&](FaultSwitch& fault, std::initializer_list<const char*> unread) {
    if (!fault.is_on()) return false;
    Json read = device;
    for (const char* member : unread) read.erase(member);
    return !Contradict(read, seen) && LeaseStrikes(fault, learnt, turn);
  };
  Faults& faults = inventory().faults();
  return !takes(faults.contradicting_mac_is_another_device, {"mac"}) &&
         !takes(faults.contradicting_model_is_another_device, {"vendor", "model"});
}

// A key opens the devices of its own tenant, and those that nobody has claimed.
bool Identification::IsOpenTo(const std::string& tenant, const Json& device) const {
  if (surroundings_.tenants == nullptr || tenant.empty() || TenantOf(device, *surroundings_.tenants) == tenant) return true;
  if (inventory().faults().key_opens_no_other_tenants_files.Strikes()) return true;
  return TenantOf(device, *surroundings_.tenants) == surroundings_.tenants->master().uuid && device.value(kIsNew, Json()) == true;
}

void Identification::Retrieve(const Learnt& learnt, Plan& plan, const Turns::Turn* turn) const {
  const Identity& identity = learnt.identity;
  const auto strikes = [&](FaultSwitch& fault) { return LeaseStrikes(fault, learnt, turn); };
  const auto request_strikes = [&](FaultSwitch& fault) { return RequestStrikes(fault, learnt); };
  Faults& faults = inventory().faults();
  const DocumentCollection& devices = inventory().devices();
  const auto take = [&](std::string_view key, const std::optional<std::string>& value, Understanding::By by) {
    if (!value || plan.before) return;
    const auto found = devices.FindBy(key, *value);
    const bool youngest = found.size() > 1 && (strikes(faults.older_of_two_is_taken) || request_strikes(faults.request_takes_older_of_two));
    for (const DocumentPointer& device : found) {
      if (by != Understanding::By::kMac && Contradict(device->json, identity)) continue;
      if (by == Understanding::By::kMac && IsMissing(device->json, "ip") && request_strikes(faults.mac_retrieves)) continue;
      if (plan.before && (plan.before->number < device->number) != youngest) continue;
      plan.before = device;
      plan.by = by;
    }
  };
  take("mac", identity.mac, Understanding::By::kMac);
  take("sn", identity.sn, Understanding::By::kSerialNumber);
  take("uuid", identity.uuid, Understanding::By::kUuid);
  if (plan.before && !IsOpenTo(learnt.sighting.tenant, plan.before->json)) {
    plan.before = nullptr;
    plan.by = Understanding::By::kNothing;
    plan.fitting = 1;
    return;
  }
  if (plan.before) return;

  auto at_address = devices.FindBy("ip", learnt.sighting.ip);
  std::erase_if(at_address, [&](const DocumentPointer& device) {
    return IsAnother(device->json, learnt, turn) || !IsOpenTo(learnt.sighting.tenant, device->json);
  });
  const bool says_nothing = learnt.sighting.request.user_agent.empty() && !NamesItself(identity);
  if (says_nothing && at_address.size() == 1 && request_strikes(faults.ip_retrieves_nameless)) at_address.clear();
  const bool lacks_mac = identity.mac && at_address.size() == 1 && IsMissing(at_address.front()->json, "mac");
  if (lacks_mac && request_strikes(faults.mac_completes_nameless_device)) at_address.clear();
  if (at_address.size() == 1 || (!at_address.empty() && NamesItself(identity) && strikes(faults.ambiguous_ip_takes_none))) {
    plan.before = at_address.front();
    plan.by = Understanding::By::kIp;
  } else if (at_address.empty() || NamesItself(identity) || request_strikes(faults.nameless_behind_nat_is_nobody)) {
    plan.by = Understanding::By::kMade;
  } else {
    plan.fitting = at_address.size();
  }
}

void Identification::Associate(const Learnt& learnt, Plan& plan, const Turns::Turn* turn) const {
  Json& device = *plan.device;
  const auto strikes = [&](FaultSwitch& fault) { return LeaseStrikes(fault, learnt, turn); };
  const auto request_strikes = [&](FaultSwitch& fault) { return RequestStrikes(fault, learnt); };
  Faults& faults = inventory().faults();
  const std::string own = TextOf(device, "plugin");
  if (!own.empty()) {
    if (!learnt.offers.empty() && strikes(faults.own_plugin_kept)) {
      device["plugin"] = learnt.offers.back().plugin;
      return;
    }
    // What the server chose it may choose anew, once it has turned out wrong.
    if (learnt.offers.empty() || !plan.before || !WasAddedByServer(device)) return;
    const auto loaded = std::find_if(learnt.plugins.begin(), learnt.plugins.end(), [&](const auto& plugin) { return plugin.id == own; });
    const bool corrected = Contradict(plan.before->json, IdentityOf(device));
    const bool unsuited = loaded != learnt.plugins.end() && corrected && loaded->phones->Score(IdentityOf(device)) < kScoreProbable;
    if (!unsuited && surroundings_.is_installed(own)) return;
  }
  plan.suited = SuitabilitiesOf(IdentityOf(device), learnt.plugins);
  if (plan.suited.empty()) return;
  if (plan.suited.front().score < kScoreProbable) {
    if (!plan.before && learnt.offers.empty() && strikes(faults.unidentified_gets_no_plugin)) device["plugin"] = plan.suited.front().plugin;
    return;
  }
  if (strikes(plan.before ? faults.later_plugin_associated : faults.plugin_associated)) return;
  if (plan.before && request_strikes(faults.request_brings_later_plugin)) return;
  std::string best = plan.suited.front().plugin;
  if (plan.suited.size() > 1 && plan.suited[1].score == plan.suited.front().score && strikes(faults.newest_of_equal_plugins)) {
    for (const Suitability& other : plan.suited)
      if (other.score == plan.suited.front().score) best = std::max(best, other.plugin);
  }
  device["plugin"] = best;
}

Identification::Plan Identification::MakePlan(const Learnt& learnt, const Turns::Turn* turn) const {
  Plan plan;
  plan.of_lease = learnt.sighting.request.protocol == PhoneRequest::Protocol::kDhcp;
  Retrieve(learnt, plan, turn);
  if (plan.by == Understanding::By::kNothing) return plan;
  const auto strikes = [&](FaultSwitch& fault) { return LeaseStrikes(fault, learnt, turn); };
  const auto request_strikes = [&](FaultSwitch& fault) { return RequestStrikes(fault, learnt); };
  Faults& faults = inventory().faults();
  const Identity& identity = learnt.identity;
  const std::string& ip = learnt.sighting.ip;

  Json& device = plan.device.emplace(plan.before ? plan.before->json : Json{{"id", RandomId()}, {kAdded, kAddedByServer}});
  if (const auto* tenants = surroundings_.tenants) {
    const std::string& tenant = learnt.sighting.tenant;
    if (!plan.before) device[kIsNew] = !RequestStrikes(faults.phones_device_is_new, learnt);
    const bool unclaimed = device.value(kIsNew, Json()) == true;
    if (!plan.before || (!tenant.empty() && unclaimed)) device[kTenant] = tenant.empty() ? tenants->master().uuid : tenant;
  }
  // Only a request that says all of this is believed against what is known already.
  const bool corrects = plan.by == Understanding::By::kMac && identity.vendor && identity.model;
  const bool completes = !plan.before || !strikes(faults.missing_members_added);
  for (const auto& [name, member] : Identity::kMembers) {
    const auto& value = identity.*member;
    if (!value || TextOf(device, name) == *value) continue;
    const bool known = !IsMissing(device, name);
    if (!known && !completes) continue;
    const bool may_be_corrected = member == &Identity::vendor || member == &Identity::model;
    if (!known && may_be_corrected && plan.before && request_strikes(faults.phone_identified)) continue;
    if (known && may_be_corrected && corrects && strikes(faults.wrong_model_corrected)) continue;
    if (known && member == &Identity::version &&
        (strikes(faults.version_overwritten) || request_strikes(faults.request_overwrites_version)))
      continue;
    if (!known || member == &Identity::version || (may_be_corrected && corrects)) device[std::string(name)] = *value;
  }
  if (!plan.before && learnt.offers.empty() && !learnt.sighting.request.options.empty() &&
      strikes(faults.foreign_option_identifies_nothing))
    device["vendor"] = "Unknown";
  if (IsMissing(device, "ip") || TextOf(device, "ip") == ip || !request_strikes(faults.request_moves_ip)) device["ip"] = ip;
  if (plan.before && device != plan.before->json && request_strikes(faults.admins_change_stays)) device.erase("description");
  Associate(learnt, plan, turn);
  if (!plan.before && !learnt.offers.empty() && strikes(faults.option_identifies)) {
    device.erase("vendor");
    device.erase("model");
  }
  const bool has_config =
      !IsMissing(device, "config") && !(WasAddedByServer(device) && request_strikes(faults.repeated_requests_leave_nothing));
  plan.lacks_config = !has_config && inventory().configs().CountBy("role", "autocreate") > 0;
  if (plan.lacks_config && plan.before && strikes(faults.config_made_for_known_device)) plan.lacks_config = false;
  if (!surroundings_.nat() || request_strikes(faults.phones_behind_one_address)) {
    plan.outdated = inventory().devices().FindBy("ip", ip);
    std::erase_if(plan.outdated, [&](const DocumentPointer& other) {
      return (plan.before && other->id == plan.before->id) || !IsOpenTo(learnt.sighting.tenant, other->json);
    });
  }
  return plan;
}

Result<bool> Identification::CarryOut(const Turns::Turn& turn, Plan& plan) const {
  Json device = std::move(*plan.device);
  Commit commit(inventory().store());
  std::optional<Json> config;
  if (plan.lacks_config) {
    auto made = surroundings_.configs.Autocreate(turn, commit);
    if (made) {
      config = std::move(*made);
      device["config"] = config->at("id");
    } else if (made.error().kind != ErrorKind::kInvalid) {
      return Fail(made.error());
    }
  }
  const Json* before = plan.before ? &plan.before->json : nullptr;
  if (before == nullptr || inventory().MustConfigure(*before, device)) {
    device["configured"] = inventory().Configure(turn, commit, before, device, config ? &*config : nullptr);
    if (device["configured"] == true && plan.of_lease && inventory().faults().identified_is_configured.Strikes())
      device["configured"] = false;
  }
  if (before != nullptr && device == *before && plan.outdated.empty()) return false;
  // In this order, so that whoever looks in between sees the address at nobody, and never at two.
  for (const DocumentPointer& other : plan.outdated) {
    Json moved = other->json;
    moved.erase("ip");
    if (inventory().MustConfigure(other->json, moved)) moved["configured"] = inventory().Configure(turn, commit, &other->json, moved);
    commit.Put(inventory().devices(), std::move(moved));
  }
  if (before == nullptr || device != *before) commit.Put(inventory().devices(), std::move(device));
  if (auto made = inventory().Make(turn, commit, std::nullopt); !made) return Fail(made.error());
  return true;
}

Identification::Learnt Identification::Learn(const Sighting& sighting) const {
  Learnt learnt{.sighting = sighting, .plugins = surroundings_.plugins(), .offers = {}, .identity = {}};
  learnt.offers = OffersOf(sighting.request, learnt.plugins);
  learnt.identity = Vote(learnt.offers);
  if (!sighting.mac.empty()) learnt.identity.mac = sighting.mac;
  return learnt;
}

Understanding Identification::Understand(Learnt learnt, Plan plan) {
  Understanding understanding{std::move(learnt.offers), std::move(learnt.identity), plan.by};
  for (const DocumentPointer& other : plan.outdated) understanding.outdated.push_back(other->id);
  understanding.suited = std::move(plan.suited);
  understanding.plugins = std::move(learnt.plugins);
  understanding.fitting = plan.fitting;
  understanding.before = std::move(plan.before);
  return understanding;
}

Result<Understanding> Identification::Identify(const Sighting& sighting) {
  Learnt learnt = Learn(sighting);
  Faults& faults = inventory().faults();
  const bool named = !sighting.request.user_agent.empty();
  if (RequestStrikes(named ? faults.user_agent_identifies : faults.path_identifies, learnt)) {
    learnt.identity.vendor.reset();
    learnt.identity.model.reset();
    if (!named) learnt.identity.mac.reset();
  }
  Plan plan = MakePlan(learnt, nullptr);
  bool changed = false;
  std::optional<std::string> id;
  if (plan.Changes()) {
    const bool hasty = !plan.before && (RequestStrikes(faults.one_device_of_requests_at_once, learnt) ||
                                        (faults.phones_being_told > 0 && RequestStrikes(faults.synchronize_new_phone, learnt)));
    if (hasty) AwaitAnother(sighting.ip);
    const auto turn = inventory().TakeTurn();
    if (!hasty) plan = MakePlan(learnt, &turn);  // others may have been quicker
    if (plan.device) id = plan.device->at("id").get<std::string>();
    if (plan.Changes()) {
      const auto written = CarryOut(turn, plan);
      if (!written) return Fail(written.error());
      changed = *written;
    }
  } else if (plan.before) {
    id = plan.before->id;
  }
  Understanding understanding = Understand(std::move(learnt), std::move(plan));
  understanding.changed = changed;
  if (id) understanding.after = changed ? inventory().devices().Find(*id) : understanding.before;
  understanding.device = std::move(id);
  return understanding;
}

void Identification::AwaitAnother(const std::string& ip) {
  std::unique_lock lock(mutex_);
  Meeting& meeting = meetings_[ip];
  if (++meeting.there > 1) meeting.met = true;
  changed_.notify_all();
  changed_.wait_for(lock, kPatience, [&] { return meeting.met; });
  if (--meeting.there == 0) meetings_.erase(ip);
}

Result<Understanding> Identification::Suppose(const Sighting& sighting) {
  Learnt learnt = Learn(sighting);
  learnt.supposed = true;
  Plan plan = MakePlan(learnt, nullptr);
  DocumentPointer after;
  std::shared_ptr<const Json> config;
  bool changes = false;
  if (plan.device) {
    Json device = *plan.device;
    if (plan.lacks_config) {
      Commit never_made(inventory().store());
      const auto turn = inventory().TakeTurn();
      auto made = surroundings_.configs.Autocreate(turn, never_made);
      if (!made && made.error().kind != ErrorKind::kInvalid) return Fail(made.error());
      if (made) {
        device["config"] = made->at("id");
        config = std::make_shared<const Json>(std::move(*made));
      }
    }
    if (!plan.before || inventory().MustConfigure(plan.before->json, device))
      device["configured"] = inventory().Accept(device, config.get()).has_value();
    changes = !plan.before || device != plan.before->json || !plan.outdated.empty();
    const std::string id = device.at("id").get<std::string>();
    after = changes ? std::make_shared<const Document>(Document{id, std::move(device), "", 0}) : plan.before;
  }
  Understanding understanding = Understand(std::move(learnt), std::move(plan));
  understanding.changed = changes;
  if (after) understanding.device = after->id;
  understanding.after = std::move(after);
  understanding.config = std::move(config);
  return understanding;
}

// Whether it is the file from which the device's phone learns its user.
bool Identification::TellsUser(const Json& device, std::string_view path, bool own_file) const {
  Faults& faults = inventory().faults();
  if (!own_file) return faults.remote_state_only_after_own_file.Strikes();
  const std::string own = TextOf(device, "plugin");
  const std::vector<PhonePlugin> plugins = surroundings_.plugins();
  const auto plugin = std::find_if(plugins.begin(), plugins.end(), [&](const PhonePlugin& each) { return each.id == own; });
  if (plugin == plugins.end()) return false;
  const std::string trigger = plugin->phones->TriggerFile(device);
  if (trigger.empty() || path.substr(path.rfind('/') + 1) != trigger) return false;
  return !faults.remote_state_after_own_file.Strikes();
}

// Empty if there is none.
std::string Identification::UserOf(const Json& device) const {
  const auto raw_config = inventory().RawConfigOf(TextOf(device, "config"));
  const Json::json_pointer username("/sip_lines/1/username");
  if (!raw_config || !raw_config->contains(username) || !raw_config->at(username).is_string()) return "";
  return raw_config->at(username).get<std::string>();
}

Result<> Identification::Fetched(const std::string& id, std::string_view path, bool own_file) {
  constexpr const char* kRemoteState = "remote_state_sip_username";
  const auto news = [&](const DocumentPointer& device) {
    std::string username = device ? UserOf(device->json) : "";
    return username.empty() || TextOf(device->json, kRemoteState) == username ? std::string() : username;
  };
  const auto seen = inventory().devices().Find(id);
  if (!seen || !TellsUser(seen->json, path, own_file) || news(seen).empty()) return {};
  const auto turn = inventory().TakeTurn();
  const auto device = inventory().devices().Find(id);
  const std::string username = news(device);
  if (username.empty()) return {};
  Json told = device->json;
  told[kRemoteState] = username;
  return Commit(inventory().store()).Put(inventory().devices(), std::move(told)).Make();
}

}  // namespace provdlab::server
