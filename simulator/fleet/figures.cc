#include "simulator/fleet/figures.h"

#include <algorithm>
#include <limits>

namespace provdlab::fleet {
namespace {

using network::Entry;
using How = phone::Fetched::How;

constexpr std::size_t kMostMoments = 240;
constexpr std::size_t kMostClasses = 24;

std::uint32_t Cut(Instant time) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(time.count(), 0, std::numeric_limits<std::uint32_t>::max()));
}

void ReplaceAll(std::string& text, const std::string& what, std::string_view instead) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + instead.size()))
    text.replace(at, what.size(), instead);
}

// The least of 1, 2 and 5 times a power of ten that is not below.
std::uint64_t RoundUp(std::uint64_t value) {
  for (std::uint64_t power = 1;; power *= 10) {
    for (const std::uint64_t factor : {1, 2, 5}) {
      if (factor * power >= value) return factor * power;
    }
  }
}

}  // namespace

std::string FileName(std::string_view url, std::string_view mac) {
  const std::size_t host = url.find("://");
  std::string path(host == std::string_view::npos ? url : url.substr(std::min(url.find('/', host + 3), url.size())));
  std::string digits;
  std::copy_if(mac.begin(), mac.end(), std::back_inserter(digits), [](char c) { return c != ':'; });
  if (digits.empty()) return path;
  ReplaceAll(path, digits, "{mac}");
  std::transform(digits.begin(), digits.end(), digits.begin(),
                 [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c; });
  ReplaceAll(path, digits, "{MAC}");
  return path;
}

Figures::Step& Figures::StepNamed(const std::string& name) {
  const auto known = steps_.find(name);
  if (known != steps_.end()) return known->second;
  Step& step = steps_[steps_.size() < kMostSteps ? name : "further files"];
  if (step.place == 0) step.place = steps_.size();
  return step;
}

Moment& Figures::MomentAt(Instant at) {
  while (static_cast<std::size_t>(at / width_) >= kMostMoments) {
    // Twice as wide: two of the old ones make one.
    for (std::size_t i = 0; i < timeline_.size(); ++i) {
      const Moment moment = timeline_[i];
      Moment& joined = timeline_[i / 2];
      if (i % 2 == 0) joined = {};
      joined.requests += moment.requests;
      joined.configured += moment.configured;
      joined.restarts += moment.restarts;
    }
    timeline_.resize((timeline_.size() + 1) / 2);
    width_ *= 2;
  }
  const auto place = static_cast<std::size_t>(at / width_);
  if (timeline_.size() <= place) timeline_.resize(place + 1);
  return timeline_[place];
}

void Figures::Note(const std::string& mac, const Entry& entry) {
  if (entry.kind == Entry::Kind::kFetches) {
    ++requests_;
    ++MomentAt(entry.at).requests;
  }
  if (entry.kind != Entry::Kind::kFetched) return;
  Step& step = StepNamed(entry.method + " " + FileName(entry.url, mac));
  step.took.push_back(Cut(entry.took));
  step.bytes += entry.size;
  bytes_ += entry.size;
  if (entry.how == How::kMissing) ++step.missing;
  if (entry.how != How::kMissing && entry.how != How::kWhole && entry.how != How::kStopped) ++step.failed;
  if (entry.how == How::kTimedOut || entry.how == How::kUnreachable || entry.how == How::kCut) ++not_answered_;
  if (entry.how == How::kServerError) ++server_errors_;
}

void Figures::NotePush(const dhcp::Push& push) {
  Step& step = StepNamed("DHCP push");
  step.took.push_back(Cut(push.took));
  if (!push.accepted()) ++step.failed;
}

void Figures::NoteRegistered(Instant took) { StepNamed("registration").took.push_back(Cut(took)); }

void Figures::NoteConfigured(Instant took, Instant at) {
  boots_.push_back(Cut(took));
  ++MomentAt(at).configured;
}

void Figures::NoteRestart(Instant at) {
  ++restarts_;
  ++MomentAt(at).restarts;
}

void Figures::Into(FleetRecord& record) const {
  record.requests = requests_;
  record.bytes = bytes_;
  record.retries = retries_;
  record.restarts = restarts_;
  record.not_answered = not_answered_;
  record.server_errors = server_errors_;
  record.moment_width = static_cast<std::uint64_t>(width_.count());
  record.timeline = timeline_;

  record.steps.assign(steps_.size(), {});
  for (const auto& [name, step] : steps_) {
    std::vector<std::uint32_t> took = step.took;
    record.steps[step.place - 1] = {name, step.failed, step.missing, step.bytes, DistributionOf(took)};
  }

  std::vector<std::uint32_t> boots = boots_;
  record.boot = DistributionOf(boots);
  record.histogram.clear();
  if (boots.empty()) return;
  const std::uint64_t width = RoundUp(boots.back() / kMostClasses + 1);
  const std::uint64_t first = boots.front() / width;
  for (std::uint64_t end = (first + 1) * width; end <= boots.back() / width * width + width; end += width) {
    const auto count = std::count_if(boots.begin(), boots.end(), [&](std::uint32_t boot) { return boot < end && boot >= end - width; });
    record.histogram.emplace_back(end, static_cast<std::uint64_t>(count));
  }
}

}  // namespace provdlab::fleet
