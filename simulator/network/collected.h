#pragma once
// What of a file's bytes a phone gets: the first ones, and of all of them how many they are and their digest. A large file takes no memory.
//
//   Collected collected(fetch);
//   collected.Put(bytes);
//   deliver(collected.Into(Fetched{.fetch = fetch.id, .how = How::kWhole, .status = 200}));
//
// Belongs to one thread.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/digest.h"
#include "simulator/phone/phone.h"

namespace provdlab::network {

class Collected {
 public:
  explicit Collected(const phone::Fetch& fetch) : keep_(fetch.keep), head_(fetch.head) {}

  void Put(std::string_view bytes) {
    kept_.append(bytes.substr(0, std::max(keep_, head_) - kept_.size()));
    digest_.Update(bytes);
    size_ += bytes.size();
  }
  std::uint64_t size() const { return size_; }
  // Whether a fetch that wants to see the head first has it.
  bool has_head() const { return head_ > 0 && size_ >= head_; }
  std::string Head() const { return kept_.substr(0, head_); }

  phone::Fetched Into(phone::Fetched fetched) {
    kept_.resize(std::min(kept_.size(), keep_));
    fetched.body = std::move(kept_);
    fetched.size = size_;
    fetched.digest = digest_.Hex();
    return fetched;
  }

 private:
  const std::size_t keep_, head_;
  std::string kept_;
  std::uint64_t size_ = 0;
  Digest digest_{Digest::Algorithm::kSha1};
};

// What an answer's status says of a fetch whose answer came whole.
inline phone::Fetched::How HowOfStatus(int status) {
  using How = phone::Fetched::How;
  if (status >= 200 && status < 300) return How::kWhole;
  if (status == 404) return How::kMissing;
  return status >= 500 ? How::kServerError : How::kRefused;
}

}  // namespace provdlab::network
