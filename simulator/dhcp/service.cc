#include "simulator/dhcp/service.h"

#include <utility>

namespace provdlab::dhcp {
namespace {

constexpr char kMediaType[] = "application/vnd.proformatique.provd+json";
constexpr std::size_t kLongestProblem = 200;

}  // namespace

Service::Service(network::Network& network, Server server, std::optional<Target> target)
    : network_(network), server_(std::move(server)), target_(std::move(target)) {}

void Service::Ask(const std::string& mac, const Options& sent, std::function<void(std::optional<Lease>)> answered) {
  network_.After(network::Instant(0), [this, weak = std::weak_ptr(alive_), mac, sent, answered = std::move(answered)] {
    if (weak.expired()) return;
    ++counts_.asked;
    const auto lease = server_.Ask(mac, sent, Now());
    const PushTime when = !target_ || silent_.contains(mac) ? PushTime::kNever : target_->when.value_or(server_.rules().push_time());
    if (!lease) ++counts_.not_given;
    if (!lease || when == PushTime::kNever) return answered(lease);
    if (when == PushTime::kBefore) return Commit(mac, sent, *lease, [answered, lease] { answered(lease); });
    Commit(mac, sent, *lease, [] {});
    answered(lease);
  });
}

void Service::SetPushed(const std::string& mac, bool pushed) {
  if (pushed)
    silent_.erase(mac);
  else
    silent_.insert(mac);
}

void Service::Release(const std::string& mac) { server_.Release(mac, Now()); }

void Service::Commit(const std::string& mac, const Options& sent, const Lease& lease, std::function<void()> done) {
  ++counts_.pushed;
  network::Question question{.origin = target_->origin};
  question.request = {.method = "POST",
                      .target = target_->path,
                      .headers = target_->headers,
                      .body = CommitBody(lease.ip, mac, sent, server_.rules().pushed_options())};
  question.request.headers.Set("Content-Type", kMediaType);
  network_.Ask(question, [this, weak = std::weak_ptr(alive_), mac, ip = lease.ip, begun = network_.Now(),
                          done = std::move(done)](const Result<http::Response>& response) {
    if (weak.expired()) return;
    Push push{.mac = mac, .ip = ip, .took = network_.Now() - begun};
    if (!response) {
      ++counts_.failed;
      push.problem = response.error().message;
    } else {
      push.status = response->status;
      if (!push.accepted()) {
        ++counts_.refused;
        push.problem = response->body.substr(0, kLongestProblem);
      }
    }
    if (told_) told_(push);
    done();
  });
}

}  // namespace provdlab::dhcp
