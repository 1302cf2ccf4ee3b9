#include "base/tftp/receiver.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace provdlab::tftp {
namespace {

constexpr std::size_t kRememberedBlocks = 64;
// Datagrams in a row that bring nothing new, until it is taken that nothing will come of it.
constexpr int kMostIgnored = 1'000;

const Option* FindOption(const std::vector<Option>& options, std::string_view name) {
  const auto found = std::find_if(options.begin(), options.end(), [&](const Option& each) { return EqualIgnoringCase(each.name, name); });
  return found == options.end() ? nullptr : &*found;
}

}  // namespace

Receiver::Receiver(Request request, ReceiverOptions options) : request_(std::move(request)), options_(std::move(options)) {}

Receiver::Step Receiver::Send(std::string datagram) {
  last_sent_ = std::move(datagram);
  sendings_ = 1;
  ignored_ = 0;
  return Again();
}

Receiver::Step Receiver::Again() const {
  return {.datagram = last_sent_, .to_request_port = transfer_port_ == 0, .wait = options_.patience};
}

Receiver::Step Receiver::Ignore() {
  if (++ignored_ >= kMostIgnored) return End(ReceiverEnd::kGaveUp, "nothing came but datagrams that belong to nothing");
  return {.wait = options_.patience};
}

Receiver::Step Receiver::End(ReceiverEnd end, std::string problem, std::string last_words) {
  ended_ = true;
  result_.end = end;
  result_.problem = std::move(problem);
  last_sent_ = std::move(last_words);
  return {.datagram = last_sent_, .ended = true, .linger = end == ReceiverEnd::kWhole, .wait = options_.patience};
}

Receiver::Step Receiver::Refuse(ReceiverEnd end, ErrorCode code, std::string problem) {
  result_.error = ErrorPacket{code, problem};
  return End(end, std::move(problem), Encode(*result_.error));
}

Receiver::Step Receiver::Start() { return Send(Encode(request_)); }

Receiver::Step Receiver::TimedOut() {
  if (ended_) return {.ended = true};
  if (sendings_ >= options_.attempts)
    return End(ReceiverEnd::kGaveUp, "there was no answer to " + std::to_string(sendings_) + " datagrams");
  ++sendings_;
  ++result_.repeated;
  return Again();
}

Receiver::Step Receiver::Receive(std::string_view datagram, std::uint16_t from_port) {
  const auto packet = Parse(datagram);
  const bool is_error = packet && std::holds_alternative<ErrorPacket>(*packet);
  if (transfer_port_ != 0 && from_port != transfer_port_) {
    if (ended_) return {.ended = true};
    Step step = Ignore();
    // An error must not be answered by one.
    if (!is_error && !step.ended) {
      step.datagram = Encode(ErrorPacket{ErrorCode::kUnknownTransfer, "this transfer is another port's"});
      step.other_port = from_port;
    }
    return step;
  }
  if (ended_) {
    const auto* const data = packet ? std::get_if<Data>(&*packet) : nullptr;
    const bool again = result_.end == ReceiverEnd::kWhole && data != nullptr && data->block == last_block_;
    if (again) ++result_.duplicates;
    return {.datagram = again ? last_sent_ : "", .ended = true, .linger = again, .wait = options_.patience};
  }
  transfer_port_ = from_port;
  if (!packet) return Refuse(ReceiverEnd::kMalformed, ErrorCode::kIllegalOperation, packet.error().message);
  if (is_error) {
    result_.error = std::get<ErrorPacket>(*packet);
    return End(ReceiverEnd::kError, "the server says: " + result_.error->message);
  }
  if (const auto* const agreed = std::get_if<OptionAck>(&*packet)) return Agree(*agreed);
  if (const auto* const data = std::get_if<Data>(&*packet)) return Take(*data);
  return Refuse(ReceiverEnd::kMalformed, ErrorCode::kIllegalOperation, "the server sends what only clients send");
}

Receiver::Step Receiver::Agree(const OptionAck& agreed) {
  if (last_block_ != 0 || result_.size > 0) return Ignore();
  if (result_.agreed) {
    ++result_.duplicates;
    return Again();
  }
  const auto refuse = [&](const std::string& problem) { return Refuse(ReceiverEnd::kMalformed, ErrorCode::kOptionRefused, problem); };
  for (const Option& option : agreed.options) {
    const Option* const asked = FindOption(request_.options, option.name);
    if (asked == nullptr) return refuse("the server agrees to " + option.name + ", which was not asked for");
    const auto number = ParseDecimal(option.value);
    if (EqualIgnoringCase(option.name, "blksize")) {
      const auto most = ParseDecimal(asked->value);
      if (!number || *number < kLeastBlockSize || !most || *number > *most)
        return refuse("the server agrees to blocks of " + option.value + " bytes, of " + asked->value + " that were asked for");
      block_size_ = static_cast<std::size_t>(*number);
    } else if (EqualIgnoringCase(option.name, "timeout") && number != ParseDecimal(asked->value)) {
      return refuse("the server agrees to a timeout of " + option.value + " instead of " + asked->value);
    } else if (EqualIgnoringCase(option.name, "tsize")) {
      if (!number) return refuse("the server says that the file has " + option.value + " bytes");
      if (*number > options_.most_bytes)
        return Refuse(ReceiverEnd::kTooLarge, ErrorCode::kDiskFull, "the file has " + option.value + " bytes, which are too many");
    }
  }
  result_.agreed = agreed.options;
  return Send(Encode(Ack{0}));
}

Receiver::Step Receiver::Take(const Data& data) {
  if (data.block == last_block_ && (result_.size > 0 || last_block_ != 0)) {
    ++result_.duplicates;
    Step step = Ignore();
    return step.ended ? step : Again();
  }
  if (data.block != static_cast<std::uint16_t>(last_block_ + 1)) return Ignore();
  if (data.bytes.size() > block_size_)
    return Refuse(ReceiverEnd::kMalformed, ErrorCode::kIllegalOperation,
                  "block " + std::to_string(data.block) + " has " + std::to_string(data.bytes.size()) + " bytes instead of " +
                      std::to_string(block_size_));
  if (result_.size + data.bytes.size() > options_.most_bytes)
    return Refuse(ReceiverEnd::kTooLarge, ErrorCode::kDiskFull,
                  "the file has more than " + std::to_string(options_.most_bytes) + " bytes, which are too many");
  last_block_ = data.block;
  result_.size += data.bytes.size();
  if (result_.blocks.size() < kRememberedBlocks) result_.blocks.push_back(data.bytes.size());
  if (!options_.sink)
    result_.bytes += data.bytes;
  else if (!options_.sink(data.bytes))
    return Refuse(ReceiverEnd::kStopped, ErrorCode::kUndefined, "enough");
  std::string ack = Encode(Ack{data.block});
  return data.bytes.size() < block_size_ ? End(ReceiverEnd::kWhole, "", std::move(ack)) : Send(std::move(ack));
}

}  // namespace provdlab::tftp
