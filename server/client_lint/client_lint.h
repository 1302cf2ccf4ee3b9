#pragma once
// What clients do wrong or waste, found while they are served: the rules of rule.h over the exchanges of each client.
//
//   ClientLint lint;
//   lint.See(exchange);                                        // before the client can have its answer
//   Report report = lint.Conclude(ClientLint::Since::kReset);  // one entry for each client, in the order of their first requests
//   TextOf(report, "http://127.0.0.1:8666");                   // report.h
//
// A client is a User-Agent at an address: two programs on one machine are told apart by what they call themselves, one program with several
// threads or connections is one. Memory is bounded (limits.h) however many exchanges are seen; counts stay exact. Any thread.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "server/client_lint/client_memory.h"
#include "server/client_lint/exchange.h"
#include "server/client_lint/rule.h"

namespace provdlab::server::lint {

struct ClientReport {
  std::string agent{};  // as it may be printed; empty: it does not say what it is
  std::string peer{};
  std::uint64_t requests = 0;
  std::vector<Finding> findings{};  // what is wrong before what is wasteful
};

struct Report {
  std::vector<ClientReport> clients{};
  std::uint64_t requests_not_looked_at = 0;  // of clients beyond limits::kClients
};

class ClientLint {
 public:
  enum class Since { kStart, kReset };

  ClientLint() = default;
  ClientLint(const ClientLint&) = delete;
  ClientLint& operator=(const ClientLint&) = delete;

  void See(const Exchange& exchange);
  // What was found; what goes on may still be added to it.
  Report Conclude(Since since) const;
  // The server forgets everything, so what clients remember of it means nothing from here on. What was found stays for Since::kStart.
  void Reset();

 private:
  struct Client {
    Client(const GivenPaths& anyone, const Exchange& first);
    ClientReport Conclude() const;

    std::string agent, peer;
    std::uint64_t requests = 0;
    ClientMemory memory;
    Rules rules;
  };
  Report ConcludeSinceReset() const;
  static void Merge(Report& into, Report later);

  mutable std::mutex mutex_;
  GivenPaths anyone_;  // not forgotten by a reset: ids are never given twice
  std::vector<std::unique_ptr<Client>> clients_;
  std::map<std::pair<std::string, std::string>, Client*> by_name_;
  std::uint64_t not_looked_at_ = 0;
  Report before_;
};

}  // namespace provdlab::server::lint
