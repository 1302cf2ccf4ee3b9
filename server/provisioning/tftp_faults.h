#pragma once
// Faults of TFTP that are about datagrams: what a server that does wrong would have sent, or not have heard.
//
//   TftpFaults wrong(faults);
//   tftp::ServerOptions options{.through = [&](tftp::Way way, const std::string& client, std::string_view datagram) {
//     return wrong.Through(way, client, datagram);
//   }};
//
// Without a fault everything goes on as it came. One thread at a time; `faults` outlives it.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/tftp/server.h"
#include "server/application/faults.h"

namespace provdlab::server::provisioning {

class TftpFaults {
 public:
  explicit TftpFaults(Faults& faults) : faults_(faults) {}

  tftp::Passed Through(tftp::Way way, const std::string& client, std::string_view datagram);

 private:
  // What was seen of a client's last transfer.
  struct Seen {
    std::string data{};                    // the last block that it was sent
    std::optional<std::uint16_t> sent{};   // its number
    std::optional<std::uint16_t> heard{};  // the last acknowledgement
    bool asked_for_unknown = false;        // an option that nobody knows
    bool ended = false;                    // by a stranger
    std::size_t block_size = 512;
    bool in_the_middle = false;           // a block of that size was sent and none that is shorter
    std::uint64_t blocks = 0;             // that were sent for the first time
    std::optional<std::string> agreed{};  // the OACK
  };
  tftp::Passed ThroughRequest(const std::string& client, std::string_view datagram);
  tftp::Passed ThroughAck(const std::string& client, std::string_view datagram);
  tftp::Passed ThroughAnswer(const std::string& client, std::string_view datagram);
  Seen& Of(const std::string& client);
  // What a client sent to the port of its transfer, if it is none of what clients send there and a fault makes the worst of it.
  bool EndsWithoutAWord(std::string_view datagram, const Seen& seen);
  // Transfers of other addresses than that.
  std::vector<Seen*> InTheMiddleElsewhere(const std::string& address);

  Faults& faults_;
  std::map<std::string, Seen> seen_;  // by client, up to kMostClients; then they are forgotten
  std::set<std::string> unreadable_;  // addresses; likewise
};

}  // namespace provdlab::server::provisioning
