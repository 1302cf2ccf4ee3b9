#pragma once
// A client that reads one file over TFTP, as a state machine without sockets and without a clock: whoever drives it sends its datagrams,
// hands it what comes, and tells it when it has waited long enough.
//
//   tftp::Receiver receiver({.file = "Acme/00aa55000001.cfg", .options = {{"blksize", "1024"}}}, {});
//   for (auto step = receiver.Start(); !step.ended; step = …) {
//     Send(step.datagram, step.to_new_port ? server's port 69 : transfer's port);
//     step = came ? receiver.Receive(datagram, from_port) : receiver.TimedOut();
//   }
//   receiver.result().bytes;
//
// It does what RFC 1350, 2347 and 2348 ask of a client: takes DATA 1 instead of an OACK, acknowledges the last block again if it comes
// again, refuses other senders with error 5, ends at the first short block. Belongs to one thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/tftp/packet.h"

namespace provdlab::tftp {

struct ReceiverOptions {
  std::chrono::milliseconds patience{1'000};  // without a datagram, until the last one is sent again
  int attempts = 5;                           // sendings of one datagram until it gives up
  std::size_t most_bytes = 256u << 20;        // a larger file ends in kTooLarge
  // Called with the bytes of each block as they come, instead of keeping them; false ends the transfer (kStopped).
  std::function<bool(std::string_view)> sink{};
};

enum class ReceiverEnd { kWhole, kError, kGaveUp, kTooLarge, kStopped, kMalformed };

struct ReceiverResult {
  ReceiverEnd end = ReceiverEnd::kGaveUp;
  std::string bytes{};                          // empty with a sink
  std::uint64_t size = 0;                       // bytes received
  std::optional<ErrorPacket> error{};           // what the server, or we, sent
  std::optional<std::vector<Option>> agreed{};  // the server's OACK, if there was one
  std::vector<std::size_t> blocks{};            // sizes of the first 64 blocks
  std::uint64_t repeated = 0;                   // datagrams that we sent again
  std::uint64_t duplicates = 0;                 // blocks that came again
  std::string problem{};                        // a sentence, unless whole
};

class Receiver {
 public:
  struct Step {
    std::string datagram{};             // to be sent; empty: nothing
    bool to_request_port = false;       // to the server's well-known port; otherwise to the transfer's
    std::uint16_t other_port = 0;       // not 0: to this port instead (error 5 to a stranger)
    bool ended = false;                 // result() is complete
    bool linger = false;                // ended, but a repeated last block should still be acknowledged for one `patience`
    std::chrono::milliseconds wait{0};  // from now on without a datagram, until TimedOut
  };

  Receiver(Request request, ReceiverOptions options);
  Step Start();
  Step Receive(std::string_view datagram, std::uint16_t from_port);
  Step TimedOut();
  const ReceiverResult& result() const { return result_; }
  std::uint16_t transfer_port() const { return transfer_port_; }  // 0: none yet

 private:
  Step Send(std::string datagram);
  Step Again() const;  // the last datagram once more
  Step Ignore();
  Step Agree(const OptionAck& agreed);
  Step Take(const Data& data);
  Step End(ReceiverEnd end, std::string problem, std::string last_words = "");
  Step Refuse(ReceiverEnd end, ErrorCode code, std::string problem);

  const Request request_;
  const ReceiverOptions options_;
  ReceiverResult result_;
  std::uint16_t transfer_port_ = 0;
  std::uint16_t last_block_ = 0;
  std::size_t block_size_ = kBlockSize;
  std::string last_sent_;
  int sendings_ = 0;
  int ignored_ = 0;
  bool ended_ = false;
};

}  // namespace provdlab::tftp
