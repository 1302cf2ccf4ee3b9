#include "server/client_lint/client_lint.h"

#include <algorithm>

#include "server/client_lint/limits.h"

namespace provdlab::server::lint {

ClientLint::Client::Client(const GivenPaths& anyone, const Exchange& first)
    : agent(Quoted(first.agent)), peer(first.peer), memory(anyone), rules(AllRules(memory)) {}

ClientReport ClientLint::Client::Conclude() const {
  ClientReport report{.agent = agent, .peer = peer, .requests = requests};
  for (const auto& rule : rules) {
    if (auto finding = rule->Conclude()) report.findings.push_back(std::move(*finding));
  }
  std::stable_sort(report.findings.begin(), report.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
  return report;
}

void ClientLint::See(const Exchange& exchange) {
  const std::lock_guard lock(mutex_);
  const auto name = std::make_pair(exchange.agent.substr(0, limits::kQuotedBytes), exchange.peer);
  const auto known = by_name_.find(name);
  Client* client = known == by_name_.end() ? nullptr : known->second;
  if (client == nullptr && clients_.size() < limits::kClients) {
    client = clients_.emplace_back(std::make_unique<Client>(anyone_, exchange)).get();
    by_name_.emplace(name, client);
  }
  anyone_.TakeIn(exchange);
  if (exchange.Changed()) {
    for (const auto& other : clients_) {
      if (other.get() == client) continue;
      other->memory.TakeInOther(exchange);
      for (const auto& rule : other->rules) rule->SeeOther(exchange);
    }
  }
  if (client == nullptr) {
    ++not_looked_at_;
    return;
  }
  ++client->requests;
  client->memory.TakeIn(exchange);
  for (const auto& rule : client->rules) rule->See(exchange);
}

Report ClientLint::ConcludeSinceReset() const {
  Report report{.clients = {}, .requests_not_looked_at = not_looked_at_};
  for (const auto& client : clients_) report.clients.push_back(client->Conclude());
  return report;
}

Report ClientLint::Conclude(Since since) const {
  const std::lock_guard lock(mutex_);
  if (since == Since::kReset) return ConcludeSinceReset();
  Report report = before_;
  Merge(report, ConcludeSinceReset());
  return report;
}

void ClientLint::Merge(Report& into, Report later) {
  into.requests_not_looked_at += later.requests_not_looked_at;
  for (ClientReport& client : later.clients) {
    const auto known = std::find_if(into.clients.begin(), into.clients.end(),
                                    [&](const ClientReport& other) { return other.agent == client.agent && other.peer == client.peer; });
    if (known == into.clients.end()) {
      if (into.clients.size() < limits::kClients) {
        into.clients.push_back(std::move(client));
      } else {
        into.requests_not_looked_at += client.requests;
      }
      continue;
    }
    known->requests += client.requests;
    for (Finding& finding : client.findings) {
      const auto same =
          std::find_if(known->findings.begin(), known->findings.end(), [&](const Finding& other) { return other.rule == finding.rule; });
      if (same == known->findings.end()) {
        known->findings.push_back(std::move(finding));
        continue;
      }
      same->count += finding.count;
      same->after_resets += finding.count;
      if (!finding.example.empty()) finding.further.insert(finding.further.begin(), finding.example.back().number);
      for (const std::uint64_t number : finding.further) {
        if (same->further.size() < limits::kFurtherNumbers) same->further.push_back(number);
      }
    }
    std::stable_sort(known->findings.begin(), known->findings.end(),
                     [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
  }
}

void ClientLint::Reset() {
  const std::lock_guard lock(mutex_);
  Merge(before_, ConcludeSinceReset());
  by_name_.clear();
  clients_.clear();
  not_looked_at_ = 0;
}

}  // namespace provdlab::server::lint
