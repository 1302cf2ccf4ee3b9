#include "base/ami/packet.h"

#include <algorithm>

#include "base/text.h"

namespace provdlab::ami {
namespace {

// Behind the empty line that ends a packet; npos if it has not come.
std::size_t EndOfPacket(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find('\n', from); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    const std::string_view rest = text.substr(at + 1);
    if (rest.starts_with('\n')) return at + 2;
    if (rest.starts_with("\r\n")) return at + 3;
  }
  return std::string_view::npos;
}

}  // namespace

std::string Packet::Get(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return EqualIgnoringCase(field.name, name); });
  return found == fields.end() ? "" : found->value;
}

std::vector<std::string> Packet::All(std::string_view name) const {
  std::vector<std::string> values;
  for (const Field& field : fields)
    if (EqualIgnoringCase(field.name, name)) values.push_back(field.value);
  return values;
}

std::string Packet::Text() const {
  std::string text;
  const auto append = [&text](std::string_view part) {
    for (const char c : part) text += c == '\r' || c == '\n' ? ' ' : c;
  };
  for (const Field& field : fields) {
    append(field.name);
    text += ": ";
    append(field.value);
    text += "\r\n";
  }
  return text + "\r\n";
}

Result<std::optional<Packet>> PacketReader::Next() {
  if (searched_ == 0) pending_.erase(0, std::min(pending_.find_first_not_of("\r\n"), pending_.size()));
  // The end may begin two bytes before what is new.
  const std::size_t end = EndOfPacket(pending_, searched_ < 2 ? 0 : searched_ - 2);
  if (std::min(end, pending_.size()) > kLargestPacket)
    return Fail(ErrorKind::kInvalid, "a packet has at most " + std::to_string(kLargestPacket) + " bytes");
  if (end == std::string::npos) {
    searched_ = pending_.size();
    return std::nullopt;
  }
  Packet packet;
  for (const std::string_view line : Split(std::string_view(pending_).substr(0, end), '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    packet.fields.push_back({std::string(Trim(line.substr(0, colon))), std::string(Trim(line.substr(colon + 1)))});
  }
  pending_.erase(0, end);
  searched_ = 0;
  return packet;
}

}  // namespace provdlab::ami
