#pragma once
// A plugin repository as the field has it, and as it should never be: serves plugins.db and packages over HTTP, misbehaves on
// command, keeps a journal. In process for the suite and for tests; over the admin port for everybody else (docs/repository.md).
//
//   Repository repository({.port = 0});
//   auto port = repository.Start();
//   auto package = repository.Publish({.id = "run7-a", .fixture = "minimal"});
//   repository.AddFault({.target = "plugins.db", .action = {{"status", 404}}, .times = 1});
//
// All methods may be called from any thread while it serves.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/admin/journal.h"
#include "base/json.h"
#include "base/result.h"

namespace provdlab::repository {

struct Options {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 0;
  std::string directory = {};                              // somebody's own packages, looked at again for each plugins.db, and "files"
                                                           // beside them; empty: the ones in fixtures/plugins
  bool documented_list = false;                            // serve the manual's plugins.db to the letter instead (rulings.md)
  std::uint64_t seed = 1;                                  // of the noise that pads packages
  std::function<void(const Json& entry)> on_request = {};  // called with each journal entry once its answer has ended, from any thread
  std::function<void(const std::string& sentence)> on_problem =
      {};  // about each archive of the directory that is found unfit after the start
};

// What Publish makes: a package minted under an id of the caller's.
struct Publication {
  std::string id;
  std::string fixture = {};     // folder of fixtures/plugins or fixtures/attacks; empty: as before if the id is there, else "minimal"
  std::string version = {};     // empty: the fixture's
  std::uint64_t bytes = 0;      // the archive is padded with noise to at least this size
  Json entry = Json::object();  // overlays the members of its plugins.db entry, dsize and sha1sum included
  std::vector<std::string> without_entry = {};  // members left out of the entry
  bool listed = true;                           // in plugins.db
  bool keep_entry = false;                      // other bytes under the old version: the file name and version stay, sum and size follow
};

struct Published {
  std::string id;
  std::string version;
  std::string file;  // name of the archive, as in plugins.db
  std::uint64_t size = 0;
  std::string sha1sum;
};

// One misbehaviour. `action` is an object of docs/repository.md, e.g. {"cut": 100} or {"status": 503, "retry_after": 1}.
struct Fault {
  std::string target;  // "plugins.db", a package's id, "files/NAME", or "*" for everything
  Json action;
  std::optional<int> times = {};    // applies to so many requests, then ends; nullopt: until removed
  std::optional<int> request = {};  // applies only to the n-th matching request after it was added, from 1
};

// One request as it was answered. `target` is what faults call it.
struct JournalEntry {
  std::uint64_t sequence = 0;  // from 1, never reused
  std::string when;            // RFC 3339
  std::string method, path, target, peer, user_agent;
  int status = 0;           // 0: none was sent
  std::uint64_t bytes = 0;  // of the body, as far as it was sent
  std::string fault;        // the action applied, as JSON, or empty
  bool whole = false;       // the answer was sent to its end; known a moment after the client has read it
};

class Repository {
 public:
  explicit Repository(Options options);
  ~Repository();
  Repository(const Repository&) = delete;
  Repository& operator=(const Repository&) = delete;

  // kInvalid for options that contradict, kNotFound for a folder that is not there, kUnavailable if the port can't be had.
  Result<std::uint16_t> Start();
  void Stop();
  std::uint16_t port() const;
  // Archives of `directory` that are not served, a sentence each.
  std::vector<std::string> problems() const;

  // kNotFound for an unknown fixture, or for keep_entry without a package; kInvalid for what can't be made.
  Result<Published> Publish(const Publication& publication);
  Result<> List(const std::string& id);    // into plugins.db
  Result<> Unlist(const std::string& id);  // out of plugins.db; the file stays reachable
  Result<> Remove(const std::string& id);  // package and file are gone
  std::vector<Published> packages() const;
  // plugins.db as it would be served now.
  std::string Database() const;

  Result<int> AddFault(const Fault& fault);  // its id
  Result<> RemoveFault(int id);
  void RemoveFaults();
  Json faults() const;  // what is switched on: [{"id", "target", "do", "times", "request", "hits", "remaining"}]

  // Transfers of `target` (as in Fault) stop after `bytes` bytes of the body until Release.
  Result<> Hold(const std::string& target, std::uint64_t bytes);
  Result<> Release(const std::string& target);
  // Until a transfer stands at the hold; kTimeout otherwise.
  Result<> AwaitHeld(const std::string& target, std::chrono::milliseconds deadline);

  // All entries with a sequence above `after`. `target` empty: of all targets.
  std::vector<JournalEntry> Journal(std::uint64_t after = 0, const std::string& target = "") const;
  std::uint64_t last_sequence() const;
  admin::Journal& journal();  // the same, for the admin port
  Json holds() const;         // [{"target", "bytes", "standing"}]
  void Reset();               // publications, faults, holds and journal as after Start

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace provdlab::repository
