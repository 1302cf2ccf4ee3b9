#include "server/plugins/testing/origin.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/http/server.h"

namespace provdlab::server::testing {

struct Origin::Impl {
  struct Path {
    http::Response response{.status = 404, .body = "there is nothing here"};
    std::optional<std::size_t> hold, cut;
    int held = 0;
    std::vector<std::function<void()>> waiting;
    std::vector<http::Request> requests;
  };
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, Path> paths;
  std::unique_ptr<http::Server> server;
};

namespace {

using Piece = http::BodySource::Piece;

}  // namespace

Origin::Origin() : impl_(std::make_shared<Impl>()) {
  // A body that stops at the hold, if there is one, and ends early at the cut, if there is one.
  class Source : public http::BodySource {
   public:
    Source(std::shared_ptr<Impl> impl, std::string path, std::string body, std::optional<std::size_t> hold, std::optional<std::size_t> cut)
        : impl_(std::move(impl)), path_(std::move(path)), body_(std::move(body)), hold_(hold), cut_(cut) {}

    void Next(std::function<void(Piece)> ready) override {
      ++step_;
      const std::size_t first = std::min(hold_.value_or(cut_.value_or(body_.size())), body_.size());
      if (step_ == 1) {
        const auto then = hold_ ? Piece::Then::kMore : cut_ ? Piece::Then::kCut : Piece::Then::kEnd;
        ready({.bytes = body_.substr(0, first), .then = then});
        return;
      }
      std::unique_lock lock(impl_->mutex);
      auto& path = impl_->paths[path_];
      auto rest = [ready, bytes = body_.substr(first)] { ready({.bytes = bytes, .then = Piece::Then::kEnd}); };
      if (!path.hold) {
        lock.unlock();
        rest();
        return;
      }
      ++path.held;
      path.waiting.push_back(rest);
      impl_->changed.notify_all();
    }

   private:
    const std::shared_ptr<Impl> impl_;
    const std::string path_, body_;
    const std::optional<std::size_t> hold_, cut_;
    int step_ = 0;
  };

  std::weak_ptr<Impl> weak = impl_;
  impl_->server = std::make_unique<http::Server>(http::ServerOptions{}, [weak](const http::Request& request) {
    auto impl = weak.lock();
    if (!impl) return http::Response{.status = 503};
    const std::string name(request.raw_path());
    std::lock_guard lock(impl->mutex);
    auto& path = impl->paths[name];
    path.requests.push_back(request);
    http::Response response = path.response;
    if (path.hold || path.cut) {
      response.declared_length = response.body.size();
      response.source = std::make_shared<Source>(impl, name, std::exchange(response.body, ""), path.hold, path.cut);
    }
    return response;
  });
  if (auto started = impl_->server->Start(); !started) {
    std::fprintf(stderr, "origin: %s\n", started.error().message.c_str());
    std::abort();
  }
}

Origin::~Origin() { impl_->server->Stop(std::chrono::milliseconds(0)); }

std::uint16_t Origin::port() const { return impl_->server->port(); }
std::string Origin::url() const { return "http://127.0.0.1:" + std::to_string(port()); }

void Origin::Serve(const std::string& path, std::string body) { Answer(path, {.body = std::move(body)}); }

void Origin::Answer(const std::string& path, http::Response response) {
  std::lock_guard lock(impl_->mutex);
  auto& there = impl_->paths[path];
  there.response = std::move(response);
  there.cut.reset();
}

void Origin::Forget(const std::string& path) { Answer(path, {.status = 404, .body = "there is nothing here"}); }

void Origin::Hold(const std::string& path, std::size_t bytes) {
  std::lock_guard lock(impl_->mutex);
  impl_->paths[path].hold = bytes;
}

void Origin::Release(const std::string& path) {
  std::vector<std::function<void()>> waiting;
  {
    std::lock_guard lock(impl_->mutex);
    auto& there = impl_->paths[path];
    there.hold.reset();
    there.held = 0;
    waiting = std::exchange(there.waiting, {});
  }
  for (const auto& go_on : waiting) go_on();
}

bool Origin::AwaitHeld(const std::string& path) {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, std::chrono::seconds(10), [&] { return impl_->paths[path].held > 0; });
}

void Origin::Cut(const std::string& path, std::size_t bytes) {
  std::lock_guard lock(impl_->mutex);
  impl_->paths[path].cut = bytes;
}

std::vector<http::Request> Origin::Requests(const std::string& path) const {
  std::lock_guard lock(impl_->mutex);
  return impl_->paths[path].requests;
}

}  // namespace provdlab::server::testing
