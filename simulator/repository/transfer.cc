#include "simulator/repository/transfer.h"

#include <algorithm>
#include <utility>

namespace provdlab::repository {
namespace {

constexpr std::uint64_t kPiece = 64 * 1024;
// A throttled transfer sends this many pieces a second, so that a reader sees it grow.
constexpr std::uint64_t kPiecesPerSecond = 20;

}  // namespace

// What a source and a hold share: the source may be destroyed while its transfer stands at a hold.
class Holds::Transfer : public std::enable_shared_from_this<Holds::Transfer> {
 public:
  Transfer(Holds& holds, std::string target, std::shared_ptr<const std::string> body, Pace pace, Ended ended)
      : holds_(holds), target_(std::move(target)), body_(std::move(body)), pace_(pace), ended_(std::move(ended)) {}

  // The source's Next: what was given before has left.
  void Next(std::function<void(http::BodySource::Piece)> ready) {
    {
      const std::scoped_lock lock(mutex_);
      left_ = offset_;
      ready_ = std::move(ready);
    }
    GoOn();
  }

  // Gives the next piece, or parks. Called by Next, and by the hold that was released.
  void GoOn() {
    const std::uint64_t size = body_->size();
    for (;;) {
      const std::optional<std::uint64_t> stop = holds_.StopOf(target_, size);
      std::unique_lock lock(mutex_);
      if (!ready_) return;
      if (stop && *stop == offset_) {
        lock.unlock();
        if (!holds_.Park(target_, size, *stop, shared_from_this())) continue;  // released in between
        lock.lock();
        if (!ready_) lock.unlock(), holds_.Forget(this);  // its client left in between
        return;
      }
      // A transfer that hangs keeps its `ready` and never calls it.
      if (pace_.hang_after && offset_ >= *pace_.hang_after) return;
      http::BodySource::Piece piece = MakePiece(stop);
      const auto ready = std::exchange(ready_, nullptr);
      lock.unlock();
      ready(std::move(piece));
      return;
    }
  }

  void End() {
    std::uint64_t left = 0;
    bool whole = false;
    {
      const std::scoped_lock lock(mutex_);
      ready_ = nullptr;
      left = left_;
      whole = finished_;
    }
    holds_.Forget(this);
    ended_(left, whole);
  }

 private:
  http::BodySource::Piece MakePiece(std::optional<std::uint64_t> stop) {
    using Piece = http::BodySource::Piece;
    const std::uint64_t size = body_->size();
    // kCut ends the connection without another call, so that the bytes before it are a piece of their own.
    if (pace_.cut && offset_ >= *pace_.cut) return {.bytes = {}, .then = Piece::Then::kCut};
    if (offset_ == size) {
      finished_ = true;
      return {.bytes = {}, .then = Piece::Then::kEnd};
    }
    std::uint64_t bytes = std::min(kPiece, size - offset_);
    Piece piece;
    if (pace_.bandwidth) {
      bytes = std::min(bytes, std::max<std::uint64_t>(1, *pace_.bandwidth / kPiecesPerSecond));
      piece.wait = std::chrono::milliseconds(std::max<std::uint64_t>(1, bytes * 1000 / *pace_.bandwidth));
    }
    for (const auto& limit : {stop, pace_.cut, pace_.hang_after}) {
      if (limit && *limit > offset_) bytes = std::min(bytes, *limit - offset_);
    }
    piece.bytes = body_->substr(offset_, bytes);
    offset_ += bytes;
    return piece;
  }

  Holds& holds_;
  const std::string target_;
  const std::shared_ptr<const std::string> body_;
  const Pace pace_;
  const Ended ended_;

  mutable std::mutex mutex_;
  std::function<void(http::BodySource::Piece)> ready_;
  std::uint64_t offset_ = 0;  // given to the server
  std::uint64_t left_ = 0;    // known to have left
  bool finished_ = false;
};

class Holds::Source : public http::BodySource {
 public:
  explicit Source(std::shared_ptr<Transfer> transfer) : transfer_(std::move(transfer)) {}
  ~Source() override { transfer_->End(); }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  void Next(std::function<void(Piece)> ready) override { transfer_->Next(std::move(ready)); }

 private:
  const std::shared_ptr<Transfer> transfer_;
};

std::shared_ptr<http::BodySource> Holds::Send(std::string target, std::shared_ptr<const std::string> body, Pace pace, Ended ended) {
  return std::make_shared<Source>(std::make_shared<Transfer>(*this, std::move(target), std::move(body), pace, std::move(ended)));
}

void Holds::Hold(const std::string& target, std::uint64_t bytes) {
  std::vector<std::shared_ptr<Transfer>> moved;
  {
    const std::scoped_lock lock(mutex_);
    Held& held = held_[target];
    if (held.bytes != bytes) moved = std::exchange(held.standing, {});
    held.bytes = bytes;
  }
  changed_.notify_all();
  for (const auto& transfer : moved) transfer->GoOn();
}

Result<> Holds::Release(const std::string& target) {
  std::vector<std::shared_ptr<Transfer>> released;
  {
    const std::scoped_lock lock(mutex_);
    const auto held = held_.find(target);
    if (held == held_.end()) return Fail(ErrorKind::kNotFound, "no transfer of \"" + target + "\" was to be held");
    released = std::move(held->second.standing);
    held_.erase(held);
  }
  changed_.notify_all();
  for (const auto& transfer : released) transfer->GoOn();
  return {};
}

void Holds::ReleaseAll() {
  std::vector<std::shared_ptr<Transfer>> released;
  {
    const std::scoped_lock lock(mutex_);
    for (auto& [target, held] : held_) released.insert(released.end(), held.standing.begin(), held.standing.end());
    held_.clear();
  }
  changed_.notify_all();
  for (const auto& transfer : released) transfer->GoOn();
}

Result<> Holds::Await(const std::string& target, std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  std::unique_lock lock(mutex_);
  if (!held_.contains(target)) return Fail(ErrorKind::kNotFound, "no transfer of \"" + target + "\" is to be held");
  const auto stands = [&] {
    const auto held = held_.find(target);
    return held == held_.end() || !held->second.standing.empty();
  };
  if (!changed_.wait_until(lock, until, stands)) {
    return Fail(ErrorKind::kTimeout,
                "no transfer of \"" + target + "\" came to its hold within " + std::to_string(deadline.count()) + " ms");
  }
  if (!held_.contains(target)) return Fail(ErrorKind::kCancelled, "the hold of \"" + target + "\" was released while it was waited for");
  return {};
}

Json Holds::List() const {
  const std::scoped_lock lock(mutex_);
  Json list = Json::array();
  for (const auto& [target, held] : held_) list.push_back({{"target", target}, {"bytes", held.bytes}, {"standing", held.standing.size()}});
  return list;
}

std::optional<std::uint64_t> Holds::StopOf(const std::string& target, std::uint64_t size) const {
  const std::scoped_lock lock(mutex_);
  const auto held = held_.find(target);
  if (held == held_.end()) return std::nullopt;
  return std::min(held->second.bytes, size == 0 ? 0 : size - 1);
}

bool Holds::Park(const std::string& target, std::uint64_t size, std::uint64_t offset, const std::shared_ptr<Transfer>& transfer) {
  {
    const std::scoped_lock lock(mutex_);
    const auto held = held_.find(target);
    if (held == held_.end() || std::min(held->second.bytes, size == 0 ? 0 : size - 1) != offset) return false;
    held->second.standing.push_back(transfer);
  }
  changed_.notify_all();
  return true;
}

void Holds::Forget(const Transfer* transfer) {
  const std::scoped_lock lock(mutex_);
  for (auto& [target, held] : held_) {
    std::erase_if(held.standing, [&](const auto& standing) { return standing.get() == transfer; });
  }
}

}  // namespace provdlab::repository
