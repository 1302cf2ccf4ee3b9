#pragma once
// What goes over the Asterisk Manager Interface: packets of "Key: value" lines, each ended by an empty line.
//
//   PacketReader reader;
//   reader.Put(bytes);
//   auto packet = reader.Next();                        // kInvalid: it is too long, and the connection ends
//   if (packet && *packet) (*packet)->Get("Action");    // "SIPnotify"
//   Send(Packet{{{"Response", "Success"}, {"ActionID", "7"}}}.Text());
//
// Values; a reader belongs to one thread at a time.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace provdlab::ami {

struct Field {
  std::string name, value;
  friend bool operator==(const Field&, const Field&) = default;
};

struct Packet {
  std::vector<Field> fields;  // in the order of the wire
  // The first one of that name, in any letter case; empty if there is none.
  std::string Get(std::string_view name) const;
  std::vector<std::string> All(std::string_view name) const;
  // For the wire. Line breaks in what was put in become blanks.
  std::string Text() const;
  friend bool operator==(const Packet&, const Packet&) = default;
};

class PacketReader {
 public:
  static constexpr std::size_t kLargestPacket = 16 * 1024;

  void Put(std::string_view bytes) { pending_ += bytes; }
  // The next whole packet; nullopt: there is none yet. Lines may end with LF alone; a line without a colon says nothing, as in Asterisk;
  // empty lines before a packet are passed over.
  Result<std::optional<Packet>> Next();

 private:
  std::string pending_;
  std::size_t searched_ = 0;  // bytes in which no packet ends
};

}  // namespace provdlab::ami
