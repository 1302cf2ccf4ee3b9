#include "server/provisioning/tftp_faults.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

#include "base/text.h"
#include "base/tftp/packet.h"
#include "server/provisioning/outcome.h"

namespace provdlab::server::provisioning {
namespace {

constexpr std::size_t kMostClients = 1'000;
constexpr const char* kUnknownOption = "windowsize";  // RFC 7440, which nobody here speaks
constexpr std::uint64_t kMostNumbers = 65'535;        // of blocks, until they begin anew
constexpr std::uint16_t kHalfTheNumbers = 0x8000;     // what is further ahead than this is behind
constexpr std::uint64_t kGreatestTimeout = 255;       // seconds, RFC 2349
constexpr std::size_t kSeveral = 3, kMany = 20;       // transfers at once

tftp::Passed On(std::string_view datagram) { return {.on = {std::string(datagram)}, .back = {}}; }

// With other bytes, and as many.
tftp::Passed Damaged(tftp::Data data) {
  data.bytes.front() = static_cast<char>(data.bytes.front() ^ 1);
  return On(tftp::Encode(data));
}

// Of what clients may ask for, RFC 2348 and 2349.
bool CanNotBe(const tftp::Option& option) {
  const auto number = ParseDecimal(option.value);
  if (EqualIgnoringCase(option.name, "blksize")) return !number || *number < tftp::kLeastBlockSize || *number > tftp::kGreatestBlockSize;
  if (EqualIgnoringCase(option.name, "timeout")) return !number || *number < 1 || *number > kGreatestTimeout;
  return EqualIgnoringCase(option.name, "tsize") && !number;
}

std::string AddressOf(const std::string& client) { return client.substr(0, client.rfind(':')); }

}  // namespace

TftpFaults::Seen& TftpFaults::Of(const std::string& client) {
  if (seen_.size() >= kMostClients && !seen_.contains(client)) seen_.clear();
  return seen_[client];
}

std::vector<TftpFaults::Seen*> TftpFaults::InTheMiddleElsewhere(const std::string& address) {
  std::vector<Seen*> found;
  for (auto& [client, seen] : seen_)
    if (seen.in_the_middle && AddressOf(client) != address) found.push_back(&seen);
  return found;
}

tftp::Passed TftpFaults::Through(tftp::Way way, const std::string& client, std::string_view datagram) {
  switch (way) {
    case tftp::Way::kRequest:
      return ThroughRequest(client, datagram);
    case tftp::Way::kToTransfer:
      return ThroughAck(client, datagram);
    case tftp::Way::kFromTransfer:
      return ThroughAnswer(client, datagram);
    case tftp::Way::kRefusal: {
      auto packet = tftp::Parse(datagram);
      auto* const error = packet ? std::get_if<tftp::ErrorPacket>(&*packet) : nullptr;
      if (error != nullptr && error->message == SentenceFor(FileRoute::kNobody) && faults_.tftp_unknown_phone.Strikes()) return {};
      if (error == nullptr || error->code != tftp::ErrorCode::kNotFound || !faults_.tftp_missing_file.Strikes()) return On(datagram);
      error->code = tftp::ErrorCode::kUndefined;
      return On(tftp::Encode(*error));
    }
    case tftp::Way::kToStranger:
      if (faults_.tftp_stranger_ends_nothing.Strikes()) {
        for (auto& [other, seen] : seen_)
          if (AddressOf(other) == AddressOf(client)) seen.ended = true;
      }
      return faults_.tftp_stranger_gets_error_5.Strikes() ? tftp::Passed{} : On(datagram);
  }
  return On(datagram);
}

tftp::Passed TftpFaults::ThroughRequest(const std::string& client, std::string_view datagram) {
  auto packet = tftp::Parse(datagram);
  const std::string address = AddressOf(client);
  if (!packet && faults_.tftp_unparsable_harms_nobody.is_on()) {
    if (unreadable_.size() >= kMostClients) unreadable_.clear();
    unreadable_.insert(address);
  }
  auto* const request = packet ? std::get_if<tftp::Request>(&*packet) : nullptr;
  if (request == nullptr) return On(datagram);
  if (unreadable_.contains(address) && faults_.tftp_unparsable_harms_nobody.Strikes()) return {};
  const bool left_another = faults_.tftp_interrupted_harms_nobody.is_on() && std::any_of(seen_.begin(), seen_.end(), [&](const auto& one) {
                              return one.second.in_the_middle && AddressOf(one.first) == address;
                            });
  if (left_another && faults_.tftp_interrupted_harms_nobody.Strikes()) return {};
  const bool unacceptable = std::any_of(request->options.begin(), request->options.end(), CanNotBe);
  if (unacceptable && faults_.tftp_unacceptable_option.Strikes()) return {};
  if (const auto waiting = InTheMiddleElsewhere(address); waiting.size() >= kMany && faults_.tftp_abandoned.Strikes()) {
    // Once for all of them: what they are still sent again is of no use to anybody.
    for (Seen* const other : waiting) other->ended = std::exchange(other->in_the_middle, false);
    return {.on = {}, .back = {tftp::Encode(tftp::ErrorPacket{tftp::ErrorCode::kUndefined, "There are too many transfers."})}};
  }
  Seen& seen = Of(client);
  seen = {};
  seen.asked_for_unknown = std::any_of(request->options.begin(), request->options.end(),
                                       [](const auto& option) { return EqualIgnoringCase(option.name, kUnknownOption); });
  const auto unread = [&](const tftp::Option& option) {
    const bool in_capitals = option.name != Lower(option.name);
    if (in_capitals) return faults_.tftp_option_names_in_any_case.Strikes();
    return (option.name == "blksize" && faults_.tftp_blksize_agreed.Strikes()) ||
           (option.name == "tsize" && faults_.tftp_tsize_told.Strikes()) ||
           (option.name == "timeout" && faults_.tftp_timeout_agreed.Strikes());
  };
  const auto gone = std::erase_if(request->options, unread);
  return On(gone == 0 ? std::string(datagram) : tftp::Encode(*request));
}

bool TftpFaults::EndsWithoutAWord(std::string_view datagram, const Seen& seen) {
  const auto packet = tftp::Parse(datagram);
  if (packet && std::holds_alternative<tftp::ErrorPacket>(*packet)) return false;
  const auto* const ack = packet ? std::get_if<tftp::Ack>(&*packet) : nullptr;
  if (ack == nullptr) return faults_.tftp_unlawful_datagram.Strikes();
  if (!seen.sent || ack->block == *seen.sent) return false;
  const auto ahead = static_cast<std::uint16_t>(ack->block - *seen.sent);
  if (ahead < kHalfTheNumbers) return faults_.tftp_early_ack.Strikes();
  // That of the block before comes twice on any line.
  return ahead != static_cast<std::uint16_t>(-1) && faults_.tftp_late_ack.Strikes();
}

tftp::Passed TftpFaults::ThroughAck(const std::string& client, std::string_view datagram) {
  Seen& seen = Of(client);
  if (seen.ended) return {};
  if (EndsWithoutAWord(datagram, seen)) {
    seen.ended = true;
    return {};
  }
  const auto packet = tftp::Parse(datagram);
  if (packet && std::holds_alternative<tftp::ErrorPacket>(*packet)) {
    tftp::Passed passed = On(datagram);
    if (seen.in_the_middle && faults_.tftp_error_ends.Strikes()) passed.back.push_back(seen.data);
    seen.in_the_middle = false;
    return passed;
  }
  const auto* const ack = packet ? std::get_if<tftp::Ack>(&*packet) : nullptr;
  if (ack == nullptr) return On(datagram);
  const bool again = seen.heard == ack->block && seen.sent && *seen.sent == static_cast<std::uint16_t>(ack->block + 1);
  seen.heard = ack->block;
  tftp::Passed passed = On(datagram);
  if (again && faults_.tftp_no_apprentice.Strikes()) passed.back.push_back(seen.data);
  return passed;
}

tftp::Passed TftpFaults::ThroughAnswer(const std::string& client, std::string_view datagram) {
  auto packet = tftp::Parse(datagram);
  if (!packet) return On(datagram);
  Seen& seen = Of(client);
  if (seen.ended) return {};
  if (auto* const agreed = std::get_if<tftp::OptionAck>(&*packet)) {
    for (const auto& option : agreed->options)
      if (EqualIgnoringCase(option.name, "blksize")) seen.block_size = ParseDecimal(option.value).value_or(seen.block_size);
    if (seen.agreed == std::string(datagram) && faults_.tftp_lost_agreement.Strikes()) return {};
    seen.agreed = std::string(datagram);
    if (!seen.asked_for_unknown || !faults_.tftp_unknown_option_left_out.Strikes()) return On(datagram);
    agreed->options.push_back({kUnknownOption, "4"});
    return On(tftp::Encode(*agreed));
  }
  const auto* const data = std::get_if<tftp::Data>(&*packet);
  if (data == nullptr) {
    seen.in_the_middle = false;  // an error, which ends it
    return On(datagram);
  }
  const bool again = seen.sent == data->block;
  const bool is_last = data->bytes.size() < seen.block_size;
  if (again && !is_last && faults_.tftp_lost_data_sent_again.Strikes()) return {};
  if (again && is_last && faults_.tftp_lost_last_ack.Strikes()) return {};
  if (again && !data->bytes.empty() && faults_.tftp_resent_as_it_was.Strikes()) return Damaged(*data);
  if (!again) ++seen.blocks;
  const auto give_up = [&](tftp::ErrorCode code) {
    seen.ended = true;
    return On(tftp::Encode(tftp::ErrorPacket{code, "That is all."}));
  };
  if (seen.blocks > kMostNumbers && faults_.tftp_roll_over.Strikes()) return give_up(tftp::ErrorCode::kUndefined);
  if (data->block == 1 && data->bytes.empty() && faults_.tftp_empty_file.Strikes()) return give_up(tftp::ErrorCode::kNotFound);
  if (data->block > 1 && data->bytes.empty() && faults_.tftp_multiple_ends_empty.Strikes()) return {};
  seen.sent = data->block;
  seen.in_the_middle = !is_last;
  seen.data = std::string(datagram);
  const auto beside = std::count_if(seen_.begin(), seen_.end(),
                                    [&](const auto& one) { return one.second.in_the_middle && AddressOf(one.first) == AddressOf(client); });
  if (static_cast<std::size_t>(beside) >= kSeveral && !data->bytes.empty() && faults_.tftp_side_by_side.Strikes()) return Damaged(*data);
  return On(datagram);
}

}  // namespace provdlab::server::provisioning
