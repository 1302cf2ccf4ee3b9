#pragma once
// The devices and configs that scenarios make on a target, and how they go again.
//
//   const Documents documents(target, [&](std::string method, std::string path, const Json* body) { return …; });
//   documents.Note(exchange, traces);                       // after every request of a scenario
//   const DocumentFindings found = documents.Remove(traces, true, nullptr);   // after the scenario
//
// Only what a scenario made is removed: documents whose creation was answered, devices with a MAC address of the run and the
// configs that were made for them; also documents whose creation was refused, if they are there nevertheless. On the way it is seen
// what no scenario may leave: the invariants about documents. What nobody noted is found by holding the lists against what was there
// before; at the end of a run Sweep looks for ids of the run, so that what was not answered, or was made by mistake, goes as well.
// Holds no state of its own; any thread may call, as far as the function that asks allows it. The target outlives it.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http/client.h"
#include "base/json.h"
#include "conformance/runner/target.h"

namespace provdlab::conformance {

// What one attempt made, and what of it the target owes something about.
struct DocumentTraces {
  std::vector<std::string> ids;    // the attempt's own, whether documents of them were made or not
  std::vector<std::string> paths;  // with the target's prefix, in the order in which they were made
  std::vector<std::string> macs;   // the attempt's own
  std::vector<std::string> ips;    // its phones', which are nobody else's: devices that have one of them are its own
  bool leased = false;             // a lease was reported, or a phone asked for something: devices may have been made
  bool wrote_devices = false;      // it asked for devices to be made or changed, with whatever answer
  bool wrote_configs = false;
  std::vector<std::pair<std::string, Json>> refused;  // documents that were not created, with their collections
  std::vector<Json> bases;                            // configs whose role autocreate was taken away, as they were

  std::map<std::string, std::string> config_of;  // by a device's path: the id of the config that it was given last
  std::set<std::string> transient;               // ids of the transient configs
  std::set<std::string> abandoned;               // those of them whose last device has gone or was given another
  // Addresses of leases. An address that a client gave to a device afterwards is none: that it is shared is the client's wish.
  std::set<std::string> leased_macs, leased_ips;

  // Whether there may be something to remove.
  bool any() const { return !paths.empty() || leased || !refused.empty() || ((wrote_devices || wrote_configs) && !ids.empty()); }
  // What the device was given; an empty id: no config any more.
  void Uses(const std::string& device_path, const std::string& config_id);
};

// What was found while documents were removed, in words; empty: nothing.
struct DocumentFindings {
  std::string refused;    // what could not be deleted
  std::string remaining;  // what is listed although its deletion was taken, or its creation refused
  std::string abandoned;  // transient configs that were there without a device
  std::string shared;     // what a device that a lease made has in common with another
};

class Documents {
 public:
  using Ask = std::function<http::Exchange(std::string method, std::string path, const Json* body)>;

  Documents(const Target& target, Ask ask) : target_(target), ask_(std::move(ask)) {}

  // `path` is the request's, below the prefix.
  static void Note(const http::Exchange& exchange, std::string_view path, const Target& target, DocumentTraces& traces);

  // Deletes what was noted: devices before configs, newest first; a config that may not be deleted is made deletable first.
  // `ips_are_unique`: the target held no NAT between itself and the phones. Exchanges that show what was found are added to
  // `evidence`, if that is not null.
  DocumentFindings Remove(DocumentTraces& traces, bool ips_are_unique, std::vector<http::Exchange>* evidence) const;

  // Takes the role autocreate from the configs that have it, so that a scenario's own is the only one, and gives it back. Returns
  // what could not be done, in words.
  std::string SetBasesAside(DocumentTraces& traces) const;
  std::string PutBasesBack(DocumentTraces& traces) const;

  // The paths of all documents. nullopt if they can't be listed.
  std::optional<std::set<std::string>> Census() const;
  // What is there and was not `before`; without that, what has the text `mark` somewhere. It is deleted; what stays nevertheless
  // counts as there from now on. In words, empty: nothing; nullopt if the documents can't be listed.
  std::optional<std::string> RemoveLeftovers(std::set<std::string>* before, std::string_view mark) const;

  // Deletes the documents whose ids begin so. Returns what is left, in words.
  std::string Sweep(std::string_view prefix) const;

 private:
  using Chosen = std::function<bool(const Json& document)>;
  // Documents of a target in use, which may not understand selectors: `chosen` decides.
  std::vector<Json> List(std::string_view collection, const Json& selector, const Chosen& chosen) const;
  std::optional<std::vector<Json>> ListAll(std::string_view collection, const Json& selector) const;
  std::vector<Json> ListEqual(std::string_view collection, const std::string& member, const std::string& value) const;
  http::Exchange Delete(const std::string& path) const;
  std::string Shared(const DocumentTraces& traces, bool ips_are_unique) const;
  void NoteLeased(DocumentTraces& traces) const;
  std::string RemoveRemaining(const DocumentTraces& traces) const;

  const Target& target_;
  Ask ask_;
};

}  // namespace provdlab::conformance
