#pragma once
// A server's side of one transfer: sends a file to a client that asked for it, as a state machine without sockets and without a clock.
//
//   tftp::Sender sender(request, {.size = size, .read = read}, {});
//   for (auto step = sender.Start(); !step.ended; step = …) {
//     if (!step.datagram.empty()) Send(step.datagram);       // from the transfer's own port
//     if (step.wait > 0ms) timer.Restart(step.wait);         // otherwise it goes on as it is
//     step = came ? sender.Receive(datagram) : sender.TimedOut();
//   }
//
// RFC 1350 with blksize (2348), timeout and tsize (2349). What a client asks for and does not get is left out of the OACK, as RFC 2347 has
// it: options that are unknown, have a value that can't be, or are there twice. A datagram is sent again only when its time is over, never
// because of what comes: an acknowledgement that comes twice or late starts no second stream of blocks (RFC 1123, 4.2.3.1). Numbers of
// blocks go on from 65535 with 0. Belongs to one thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/tftp/packet.h"

namespace provdlab::tftp {

// What is sent. `read` gives `most` bytes from `offset`, fewer only at the end; what it fails with ends the transfer.
struct Content {
  std::uint64_t size = 0;
  std::function<Result<std::string>(std::uint64_t offset, std::size_t most)> read{};
};

// Bytes that are in memory.
Content ContentOf(std::string bytes);

struct SenderOptions {
  std::chrono::milliseconds patience{4'000};  // without progress, until a datagram is sent again; a client may ask for another
  int attempts = 4;                           // sendings of one datagram; after the last one's patience the transfer ends quietly
  std::size_t most_block_size = kGreatestBlockSize;
};

enum class SenderEnd {
  kWhole,     // the client has acknowledged the last block
  kGaveUp,    // it has stopped answering
  kRefused,   // it sent an error
  kUnlawful,  // it sent what it must not
  kUnread,    // the file could not be read to its end
};

class Sender {
 public:
  struct Step {
    std::string datagram{};             // to be sent to the client; empty: nothing
    bool ended = false;                 // with end() and problem()
    std::chrono::milliseconds wait{0};  // until TimedOut, from now on; 0: the wait that runs goes on
  };

  Sender(const Request& request, Content content, SenderOptions options);
  Step Start();
  // What came from the client's port; what comes from elsewhere is not this transfer's.
  Step Receive(std::string_view datagram);
  Step TimedOut();

  SenderEnd end() const { return end_; }                   // once it has ended
  const std::string& problem() const { return problem_; }  // a sentence, unless the file was sent whole
  bool in_beginning() const { return !acknowledged_; }     // the client has not been heard since its request
  bool at_the_end() const { return last_; }                // only the acknowledgement of the last block is waited for
  const std::vector<Option>& agreed() const { return agreed_; }

 private:
  void Negotiate(const std::vector<Option>& asked);
  Step SendBlock();
  Step Send(std::string datagram);
  Step End(SenderEnd end, std::string problem, std::string last_words = "");

  const Content content_;
  SenderOptions options_;
  std::vector<Option> agreed_;
  std::size_t block_size_ = kBlockSize;
  std::uint16_t block_ = 0;   // the one that is waited for: of the OACK 0
  std::uint64_t offset_ = 0;  // of the bytes behind that block
  bool last_ = false;         // it is the last one
  bool acknowledged_ = false;
  std::string sent_;
  int sendings_ = 0;
  SenderEnd end_ = SenderEnd::kGaveUp;
  std::string problem_;
  bool ended_ = false;
};

}  // namespace provdlab::tftp
