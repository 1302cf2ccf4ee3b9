#include "simulator/network/tftp_exchange.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace provdlab::network {
namespace {

using How = phone::Fetched::How;

// Sendings of one datagram until a phone gives up. No source has a vendor's figure; phones.md, 8.2, has 3 to 5.
constexpr int kAttempts = 5;

tftp::Request RequestOf(const phone::Fetch& fetch) {
  tftp::Request request{.write = fetch.method == "PUT", .file = fetch.path, .mode = "octet"};
  for (const auto& [name, value] : fetch.tftp_options) request.options.push_back({name, value});
  return request;
}

// What a phone makes of an error of the server's.
How HowOfError(const std::optional<tftp::ErrorPacket>& error) {
  if (error && error->code == tftp::ErrorCode::kNotFound) return How::kMissing;
  return How::kRefused;
}

How HowOfEnd(const tftp::ReceiverResult& result) {
  switch (result.end) {
    case tftp::ReceiverEnd::kWhole:
      return How::kWhole;
    case tftp::ReceiverEnd::kError:
      return HowOfError(result.error);
    case tftp::ReceiverEnd::kGaveUp:
      return How::kTimedOut;
    case tftp::ReceiverEnd::kStopped:
      return How::kStopped;
    case tftp::ReceiverEnd::kTooLarge:
    case tftp::ReceiverEnd::kMalformed:
      return How::kCut;
  }
  return How::kCut;
}

}  // namespace

TftpExchange::TftpExchange(Network& network, std::shared_ptr<Lines> lines, const phone::Fetch& fetch, Calls calls)
    : network_(network),
      lines_(std::move(lines)),
      id_(fetch.id),
      collected_(fetch),
      receiver_(RequestOf(fetch), {.patience = std::max(Milliseconds(1), fetch.patience / kAttempts),
                                   .attempts = kAttempts,
                                   .most_bytes = std::numeric_limits<std::size_t>::max(),
                                   .sink =
                                       [this](std::string_view bytes) {
                                         collected_.Put(bytes);
                                         return true;
                                       }}),
      calls_(std::move(calls)) {}

TftpExchange::~TftpExchange() { network_.Forget(patience_); }

void TftpExchange::Start() { Take(receiver_.Start()); }

void TftpExchange::Came(std::string bytes, std::uint16_t port) {
  if (phase_ == Phase::kOver) return;
  for (const Instant after : lines_->in.Carry()) {
    network_.After(after, [weak = weak_from_this(), bytes, port] {
      if (const auto self = weak.lock()) self->Arrived(bytes, port);
    });
  }
}

void TftpExchange::Arrived(const std::string& bytes, std::uint16_t port) {
  // What comes while the phone thinks is lost, as if its buffer were full: the server sends it again.
  if (phase_ == Phase::kOver || phase_ == Phase::kPaused) return;
  Take(receiver_.Receive(bytes, port));
}

void TftpExchange::Take(const Step& step) {
  if (!step.ended && phase_ == Phase::kReading && !began_ && collected_.has_head()) {
    began_ = true;
    phase_ = Phase::kPaused;
    held_ = step;
    network_.Forget(patience_);
    return calls_.began(collected_.Head());
  }
  if (!step.datagram.empty())
    Send(step.datagram, step.other_port != 0 ? step.other_port : step.to_request_port ? std::uint16_t(0) : receiver_.transfer_port());
  if (phase_ == Phase::kLingering) return;
  if (!step.ended) return Wait(step.wait);
  if (step.linger) {
    phase_ = Phase::kLingering;
    Wait(step.wait);
    return Deliver(HowOfEnd(receiver_.result()));
  }
  End();
}

void TftpExchange::Wait(Instant time) {
  network_.Forget(patience_);
  patience_ = network_.After(time, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->patience_ = {};
    if (self->phase_ == Phase::kLingering)
      self->End();
    else
      self->Take(self->receiver_.TimedOut());
  });
}

void TftpExchange::Send(const std::string& bytes, std::uint16_t port) {
  if (lines_->out.quiet()) return calls_.send(bytes, port);
  for (const Instant after : lines_->out.Carry()) {
    network_.After(after, [weak = weak_from_this(), bytes, port] {
      const auto self = weak.lock();
      if (self && self->phase_ != Phase::kOver) self->calls_.send(bytes, port);
    });
  }
}

void TftpExchange::GoOn(bool on) {
  if (phase_ != Phase::kPaused) return;
  if (on) {
    phase_ = Phase::kReading;
    return Take(std::exchange(held_, {}));
  }
  Send(tftp::Encode(tftp::ErrorPacket{tftp::ErrorCode::kUndefined, "stopped"}), receiver_.transfer_port());
  network_.After(Instant(0), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->phase_ == Phase::kOver) return;
    self->Deliver(How::kStopped);
    self->End();
  });
}

void TftpExchange::Abandon() {
  phase_ = Phase::kOver;
  network_.Forget(patience_);
  const Calls let_go = std::exchange(calls_, {});
}

void TftpExchanges::Add(const std::shared_ptr<TftpExchange>& exchange) {
  if (all_.size() >= next_sweep_) {
    std::erase_if(all_, [](const std::weak_ptr<TftpExchange>& each) { return each.expired(); });
    next_sweep_ = std::max<std::size_t>(64, 2 * all_.size());
  }
  all_.push_back(exchange);
}

void TftpExchanges::Abandon() {
  for (const std::weak_ptr<TftpExchange>& each : std::exchange(all_, {})) {
    if (const auto exchange = each.lock()) exchange->Abandon();
  }
}

// Once, whatever comes afterwards.
void TftpExchange::Deliver(How how) {
  if (const auto fetched = std::exchange(calls_.fetched, nullptr)) fetched(collected_.Into({.fetch = id_, .how = how}));
}

void TftpExchange::End() {
  if (phase_ == Phase::kOver) return;
  const auto self = shared_from_this();
  phase_ = Phase::kOver;
  network_.Forget(patience_);
  Deliver(HowOfEnd(receiver_.result()));
  if (const auto over = std::exchange(calls_.over, nullptr)) over();
}

void TftpExchange::Drop() {
  if (phase_ == Phase::kOver) return;
  phase_ = Phase::kOver;
  network_.Forget(patience_);
  const auto self = shared_from_this();
  calls_.fetched = nullptr;
  network_.After(Instant(0), [self] {
    if (const auto over = std::exchange(self->calls_.over, nullptr)) over();
  });
}

}  // namespace provdlab::network
