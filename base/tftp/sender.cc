#include "base/tftp/sender.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "base/text.h"

namespace provdlab::tftp {
namespace {

constexpr std::uint64_t kGreatestTimeout = 255;    // seconds, RFC 2349
constexpr std::uint16_t kHalfTheNumbers = 0x8000;  // what is further ahead than this is behind

bool IsThereTwice(const std::vector<Option>& options, std::string_view name) {
  return std::count_if(options.begin(), options.end(), [&](const Option& each) { return EqualIgnoringCase(each.name, name); }) > 1;
}

}  // namespace

Content ContentOf(std::string bytes) {
  const std::uint64_t size = bytes.size();
  // Copies of a content share its bytes.
  return {size,
          [kept = std::make_shared<const std::string>(std::move(bytes))](std::uint64_t offset, std::size_t most) -> Result<std::string> {
            return offset < kept->size() ? kept->substr(static_cast<std::size_t>(offset), most) : "";
          }};
}

Sender::Sender(const Request& request, Content content, SenderOptions options) : content_(std::move(content)), options_(options) {
  Negotiate(request.options);
}

void Sender::Negotiate(const std::vector<Option>& asked) {
  for (const Option& option : asked) {
    const auto number = ParseDecimal(option.value);
    if (!number || IsThereTwice(asked, option.name)) continue;
    if (EqualIgnoringCase(option.name, "blksize")) {
      if (*number < kLeastBlockSize || *number > kGreatestBlockSize) continue;
      block_size_ = std::max(kLeastBlockSize, std::min(static_cast<std::size_t>(*number), options_.most_block_size));
      agreed_.push_back({option.name, std::to_string(block_size_)});
    } else if (EqualIgnoringCase(option.name, "timeout")) {
      if (*number < 1 || *number > kGreatestTimeout) continue;
      options_.patience = std::chrono::seconds(*number);
      agreed_.push_back(option);
    } else if (EqualIgnoringCase(option.name, "tsize")) {
      agreed_.push_back({option.name, std::to_string(content_.size)});
    }
  }
}

Sender::Step Sender::Send(std::string datagram) {
  sent_ = std::move(datagram);
  sendings_ = 1;
  return {.datagram = sent_, .wait = options_.patience};
}

Sender::Step Sender::End(SenderEnd end, std::string problem, std::string last_words) {
  ended_ = true;
  end_ = end;
  problem_ = std::move(problem);
  return {.datagram = std::move(last_words), .ended = true};
}

Sender::Step Sender::SendBlock() {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block_size_, content_.size - offset_));
  auto bytes = content_.read(offset_, wanted);
  if (bytes && bytes->size() != wanted) bytes = Fail(ErrorKind::kUnavailable, "the file has become shorter");
  if (!bytes)
    return End(SenderEnd::kUnread, bytes.error().message, Encode(ErrorPacket{ErrorCode::kUndefined, "The file can't be read any more."}));
  ++block_;
  offset_ += wanted;
  last_ = wanted < block_size_;
  return Send(Encode(Data{block_, std::move(*bytes)}));
}

Sender::Step Sender::Start() { return agreed_.empty() ? SendBlock() : Send(Encode(OptionAck{agreed_})); }

Sender::Step Sender::TimedOut() {
  if (ended_) return {.ended = true};
  if (sendings_ >= options_.attempts)
    return End(SenderEnd::kGaveUp, "the client did not answer to " + std::to_string(sendings_) + " datagrams");
  ++sendings_;
  return {.datagram = sent_, .wait = options_.patience};
}

Sender::Step Sender::Receive(std::string_view datagram) {
  if (ended_) return {.ended = true};
  const auto refuse = [this](const std::string& sentence) {
    return End(SenderEnd::kUnlawful, sentence, Encode(ErrorPacket{ErrorCode::kIllegalOperation, sentence}));
  };
  const auto packet = Parse(datagram);
  if (!packet) return refuse(packet.error().message);
  if (const auto* const error = std::get_if<ErrorPacket>(&*packet))
    return End(SenderEnd::kRefused, "the client says: " + error->message + " (" + std::to_string(static_cast<int>(error->code)) + ")");
  const auto* const ack = std::get_if<Ack>(&*packet);
  if (ack == nullptr) return refuse("a client that reads a file sends acknowledgements and errors");
  const auto ahead = static_cast<std::uint16_t>(ack->block - block_);
  if (ahead != 0) {
    // What is behind has been acknowledged before, and is late or has come twice on its way.
    if (ahead >= kHalfTheNumbers) return {};
    return refuse("block " + std::to_string(ack->block) + " is acknowledged, which was not sent");
  }
  acknowledged_ = true;
  if (last_) return End(SenderEnd::kWhole, "");
  return SendBlock();
}

}  // namespace provdlab::tftp
