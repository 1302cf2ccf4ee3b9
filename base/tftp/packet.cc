#include "base/tftp/packet.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace provdlab::tftp {
namespace {

enum Opcode : std::uint16_t { kRead = 1, kWrite = 2, kData = 3, kAck = 4, kError = 5, kOptionAck = 6 };

constexpr std::size_t kHeaderBytes = 4;  // of DATA, ACK and ERROR

std::uint16_t NumberAt(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 | static_cast<unsigned char>(bytes[at + 1]));
}

void AppendNumber(std::string& bytes, std::uint16_t number) {
  bytes += static_cast<char>(number >> 8);
  bytes += static_cast<char>(number & 0xff);
}

void AppendText(std::string& bytes, std::string_view text) {
  bytes += text.substr(0, text.find('\0'));  // what stands behind would be another field
  bytes += '\0';
}

// Takes the text up to the next NUL; nothing at the end of the bytes. The last one needs no NUL.
std::optional<std::string> TakeText(std::string_view& bytes) {
  if (bytes.empty()) return std::nullopt;
  const std::size_t end = std::min(bytes.find('\0'), bytes.size());
  std::string text(bytes.substr(0, end));
  bytes.remove_prefix(std::min(end + 1, bytes.size()));
  return text;
}

// A name without a value, and a value without a name, are no options: some clients fill their requests up with NULs.
std::vector<Option> TakeOptions(std::string_view bytes) {
  std::vector<Option> options;
  for (;;) {
    auto name = TakeText(bytes);
    auto value = TakeText(bytes);
    if (!name || !value) return options;
    if (!name->empty()) options.push_back({std::move(*name), std::move(*value)});
  }
}

tl::unexpected<Error> Invalid(std::string sentence) { return Fail(ErrorKind::kInvalid, std::move(sentence)); }

Result<Packet> ParseRequest(std::string_view fields, bool write) {
  if (fields.size() + 2 > kLongestRequest) return Invalid("a request has more than " + std::to_string(kLongestRequest) + " bytes");
  if (fields.find('\0') == std::string_view::npos) return Invalid("a request has no NUL behind the file's name");
  Request request{.write = write, .file = *TakeText(fields), .mode = ""};
  auto mode = TakeText(fields);
  if (!mode) return Invalid("a request has no mode");
  request.mode = std::move(*mode);
  request.options = TakeOptions(fields);
  return request;
}

}  // namespace

Result<Packet> Parse(std::string_view datagram) {
  if (datagram.size() < 2) return Invalid("a datagram has no opcode");
  const std::uint16_t opcode = NumberAt(datagram, 0);
  const std::string_view fields = datagram.substr(2);
  switch (opcode) {
    case kRead:
    case kWrite:
      return ParseRequest(fields, opcode == kWrite);
    case kOptionAck:
      return OptionAck{TakeOptions(fields)};
    case kData:
    case kAck:
    case kError:
      break;
    default:
      return Invalid("a datagram has the opcode " + std::to_string(opcode) + ", which means nothing");
  }
  if (datagram.size() < kHeaderBytes) return Invalid("a datagram ends before its block's number or its error's");
  const std::uint16_t number = NumberAt(datagram, 2);
  std::string_view rest = datagram.substr(kHeaderBytes);
  if (opcode == kData) return Data{number, std::string(rest)};
  if (opcode == kAck) return Ack{number};
  return ErrorPacket{static_cast<ErrorCode>(number), TakeText(rest).value_or("")};
}

std::string Encode(const Packet& packet) {
  std::string bytes;
  const auto options = [&bytes](const std::vector<Option>& all) {
    for (const Option& option : all) {
      AppendText(bytes, option.name);
      AppendText(bytes, option.value);
    }
  };
  if (const auto* request = std::get_if<Request>(&packet)) {
    AppendNumber(bytes, request->write ? kWrite : kRead);
    AppendText(bytes, request->file);
    AppendText(bytes, request->mode);
    options(request->options);
  } else if (const auto* data = std::get_if<Data>(&packet)) {
    AppendNumber(bytes, kData);
    AppendNumber(bytes, data->block);
    bytes += data->bytes;
  } else if (const auto* ack = std::get_if<Ack>(&packet)) {
    AppendNumber(bytes, kAck);
    AppendNumber(bytes, ack->block);
  } else if (const auto* error = std::get_if<ErrorPacket>(&packet)) {
    AppendNumber(bytes, kError);
    AppendNumber(bytes, static_cast<std::uint16_t>(error->code));
    AppendText(bytes, error->message);
  } else {
    AppendNumber(bytes, kOptionAck);
    options(std::get<OptionAck>(packet).options);
  }
  return bytes;
}

}  // namespace provdlab::tftp
