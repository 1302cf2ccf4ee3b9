#include "conformance/runner/transfer.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <random>
#include <string_view>
#include <system_error>
#include <variant>

#include "base/descriptor.h"
#include "base/digest.h"
#include "base/text.h"
#include "base/tftp/packet.h"
#include "base/tftp/receiver.h"

namespace provdlab::conformance {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kLargestDatagram = 65'536;
constexpr std::size_t kLongestText = 64 * 1024;  // of a file that is shown as text
constexpr milliseconds kStrangersAnswer{2'000};  // a stranger is not in a hurry
constexpr milliseconds kUntilSentAgain{10'000};  // for the last block, of which the server never heard

tl::unexpected<Error> Problem(const std::string& what) {
  return Fail(ErrorKind::kInternal, what + ": " + std::generic_category().message(errno));
}

// A UDP socket of the phone's, and the server that it speaks to.
class Line {
 public:
  static Result<Line> Open(const TransferPlace& place) {
    addrinfo wanted{};
    wanted.ai_family = AF_INET;
    wanted.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(place.host.c_str(), std::to_string(place.port).c_str(), &wanted, &found) != 0 || found == nullptr)
      return Fail(ErrorKind::kInternal, "nobody knows the address of " + place.host);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    sockaddr_in server{};
    std::copy_n(reinterpret_cast<const char*>(found->ai_addr), sizeof server, reinterpret_cast<char*>(&server));
    Line line(server);
    line.socket_ = std::make_unique<Descriptor>(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!*line.socket_) return Problem("no socket for TFTP");
    sockaddr_in here{};
    here.sin_family = AF_INET;
    if (!place.from.empty() && ::inet_pton(AF_INET, place.from.c_str(), &here.sin_addr) != 1)
      return Fail(ErrorKind::kInternal, place.from + " is no IPv4 address");
    if (::bind(line.socket_->get(), reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0)
      return Problem("TFTP cannot be asked from " + place.from);
    return line;
  }

  // Port 0: the server's well-known one. What can't be sent is lost, as datagrams are.
  void Send(const std::string& bytes, std::uint16_t port = 0) const {
    sockaddr_in to = server_;
    if (port != 0) to.sin_port = htons(port);
    (void)::sendto(socket_->get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }

  // The next datagram; nullopt if none comes in time.
  std::optional<std::pair<std::string, std::uint16_t>> Receive(Clock::time_point until) const {
    for (;;) {
      sockaddr_in from{};
      socklen_t length = sizeof from;
      const ssize_t size = ::recvfrom(socket_->get(), buffer_.data(), buffer_.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
      if (size >= 0 && from.sin_addr.s_addr == server_.sin_addr.s_addr)
        return std::pair(buffer_.substr(0, static_cast<std::size_t>(size)), ntohs(from.sin_port));
      if (size >= 0) continue;
      const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
      if (left.count() <= 0) return std::nullopt;
      pollfd wait{.fd = socket_->get(), .events = POLLIN, .revents = 0};
      (void)::poll(&wait, 1, static_cast<int>(left.count()));
    }
  }

 private:
  explicit Line(const sockaddr_in& server) : server_(server) {}

  sockaddr_in server_;
  std::unique_ptr<Descriptor> socket_;
  mutable std::string buffer_ = std::string(kLargestDatagram, '\0');
};

const char* EndName(tftp::ReceiverEnd end) {
  switch (end) {
    case tftp::ReceiverEnd::kWhole:
      return "whole";
    case tftp::ReceiverEnd::kError:
      return "error";
    case tftp::ReceiverEnd::kGaveUp:
      return "gave-up";
    case tftp::ReceiverEnd::kTooLarge:
      return "too-large";
    case tftp::ReceiverEnd::kStopped:
      return "stopped";
    case tftp::ReceiverEnd::kMalformed:
      return "malformed";
  }
  return "";
}

Json ErrorJson(const tftp::ErrorPacket& error) {
  return {{"code", static_cast<int>(error.code)}, {"message", IsUtf8(error.message) ? error.message : std::string("not UTF-8")}};
}

Json OptionsJson(const std::vector<tftp::Option>& options) {
  Json json = Json::object();
  for (const tftp::Option& option : options) json[Lower(option.name)] = option.value;
  return json;
}

tftp::Request RequestOf(const TransferOrder& order, bool write) {
  tftp::Request request{.write = write, .file = order.file, .mode = order.mode};
  for (const auto& [name, value] : order.options) request.options.push_back({name, value});
  return request;
}

// Somebody else at the phone's address, who says that he has a block of a transfer that is not his.
class Stranger {
 public:
  static Result<Stranger> Open(const TransferPlace& place) {
    auto line = Line::Open(place);
    if (!line) return Fail(line.error());
    return Stranger(std::move(*line));
  }
  void Disturb(std::uint16_t transfer_port, std::uint16_t block) const { line_.Send(tftp::Encode(tftp::Ack{block}), transfer_port); }
  // What he was told.
  Json Answer(Clock::time_point until) const {
    const auto came = line_.Receive(until);
    if (!came) return nullptr;
    const auto packet = tftp::Parse(came->first);
    const auto* const error = packet ? std::get_if<tftp::ErrorPacket>(&*packet) : nullptr;
    return error != nullptr ? ErrorJson(*error) : Json{{"message", "no error, but another datagram"}};
  }

 private:
  explicit Stranger(Line line) : line_(std::move(line)) {}
  Line line_;
};

}  // namespace

Result<Json> ReadOverTftp(const TransferPlace& place, const TransferOrder& order) {
  const auto line = Line::Open(place);
  if (!line) return Fail(line.error());
  std::optional<Stranger> stranger;
  if (order.disturbed) {
    auto opened = Stranger::Open(place);
    if (!opened) return Fail(opened.error());
    stranger.emplace(std::move(*opened));
  }
  const Clock::time_point end = Clock::now() + place.within;
  // Where something is lost it is the server that has to send again, not we.
  const bool patient = order.loses_block || order.loses_ack || order.stops_after;
  std::mt19937_64 chance(place.seed);
  const auto gets_lost = [&] { return order.noise && std::uniform_int_distribution<std::uint64_t>(1, 100)(chance) <= *order.noise; };
  tftp::ReceiverOptions receiving;
  if (patient) receiving.patience = place.within;
  tftp::Receiver receiver(RequestOf(order, false), receiving);
  std::uint64_t accepted = 0;  // blocks; their numbers on the wire roll over
  std::uint64_t datagrams = 0;
  bool lost_block = false, lost_ack = false, repeated_ack = false, disturbed = false, stopped = false, timed_out = false;
  bool lost_last_ack = false, interjected = false;
  std::uint64_t afterwards = 0;  // datagrams that came although nobody was there any more

  const auto send = [&](const tftp::Receiver::Step& step) {
    if (step.datagram.empty()) return;
    const auto packet = tftp::Parse(step.datagram);
    const auto* const ack = packet ? std::get_if<tftp::Ack>(&*packet) : nullptr;
    const bool of_last = ack != nullptr && ack->block == static_cast<std::uint16_t>(accepted);
    const std::uint16_t port = step.other_port != 0 ? step.other_port : step.to_request_port ? std::uint16_t{0} : receiver.transfer_port();
    if (of_last && order.loses_ack == accepted && !std::exchange(lost_ack, true)) {
      lost_last_ack = step.ended;
      return;
    }
    if (!gets_lost()) line->Send(step.datagram, port);
    if (of_last && order.repeats_ack == accepted && !std::exchange(repeated_ack, true)) line->Send(step.datagram, port);
  };

  tftp::Receiver::Step step = receiver.Start();
  Clock::time_point silent = Clock::now() + step.wait;
  for (;;) {
    send(step);
    if (step.ended) break;
    if (step.wait.count() > 0) silent = Clock::now() + step.wait;
    const auto came = line->Receive(std::min(silent, end));
    if (!came) {
      timed_out = Clock::now() >= end;
      if (timed_out) break;
      step = receiver.TimedOut();
      continue;
    }
    if (gets_lost()) {
      step = {};
      continue;
    }
    ++datagrams;
    const auto packet = tftp::Parse(came->first);
    const bool is_agreement = packet && std::holds_alternative<tftp::OptionAck>(*packet);
    const auto* const data = packet ? std::get_if<tftp::Data>(&*packet) : nullptr;
    const bool is_new = data != nullptr && data->block == static_cast<std::uint16_t>(accepted + 1);
    const bool is_lost = (is_new && order.loses_block == accepted + 1) || (is_agreement && order.loses_block == 0u);
    if (is_lost && !std::exchange(lost_block, true)) {
      step = {};
      continue;
    }
    if (is_new && stranger && !std::exchange(disturbed, true)) stranger->Disturb(came->second, data->block);
    step = receiver.Receive(came->first, came->second);
    if (is_new) ++accepted;
    if (is_new && order.interjects_after == accepted && !std::exchange(interjected, true)) line->Send(order.interjects, came->second);
    if (order.stops_after && accepted >= *order.stops_after) {
      stopped = true;
      break;
    }
  }
  if (stopped && interjected) {
    while (line->Receive(Clock::now() + place.afterwards)) ++afterwards;
  }
  // What still comes: the last block again, which is acknowledged again.
  if (step.ended && step.linger && (lost_last_ack || order.repeats_ack)) {
    const auto until = Clock::now() + (lost_last_ack ? kUntilSentAgain : place.afterwards);
    while (const auto came = line->Receive(until)) {
      ++datagrams;
      send(receiver.Receive(came->first, came->second));
      if (lost_last_ack) break;
    }
  }

  const tftp::ReceiverResult& result = receiver.result();
  Json json = {{"end", stopped     ? "stopped"
                       : timed_out ? "gave-up"
                                   : EndName(result.end)},
               {"size", result.size},
               {"sha1", Sha1Hex(result.bytes)},
               {"blocks", result.blocks},
               {"datagrams", datagrams},
               {"duplicates", result.duplicates},
               {"repeated", result.repeated}};
  if (result.bytes.size() <= kLongestText && IsUtf8(result.bytes)) json["text"] = result.bytes;
  if (result.agreed) json["options"] = OptionsJson(*result.agreed);
  if (result.error) json["error"] = ErrorJson(*result.error);
  if (stopped && interjected) json["afterwards"] = afterwards;
  if (stranger && disturbed) {
    Json answer = stranger->Answer(Clock::now() + kStrangersAnswer);
    if (!answer.is_null()) json["stranger"] = std::move(answer);
  }
  if (!result.problem.empty() && !stopped) json["problem"] = IsUtf8(result.problem) ? result.problem : "not UTF-8";
  return json;
}

Result<Json> WriteOverTftp(const TransferPlace& place, const TransferOrder& order) {
  return SendDatagram(place, tftp::Encode(RequestOf(order, true)));
}

Result<Json> SendDatagram(const TransferPlace& place, const std::string& bytes) {
  const auto line = Line::Open(place);
  if (!line) return Fail(line.error());
  line->Send(bytes);
  const auto came = line->Receive(Clock::now() + place.within);
  if (!came) return Json{{"end", "silent"}, {"datagrams", 0}};
  Json json = {{"datagrams", 1}};
  const auto packet = tftp::Parse(came->first);
  if (!packet) {
    json["end"] = "malformed";
    json["problem"] = packet.error().message;
  } else if (const auto* error = std::get_if<tftp::ErrorPacket>(&*packet)) {
    json["end"] = "error";
    json["error"] = ErrorJson(*error);
  } else {
    if (const auto* data = std::get_if<tftp::Data>(&*packet)) {
      json["end"] = "data";
      json["size"] = data->bytes.size();
    } else if (const auto* agreed = std::get_if<tftp::OptionAck>(&*packet)) {
      json["end"] = "options";
      json["options"] = OptionsJson(agreed->options);
    } else {
      json["end"] = std::holds_alternative<tftp::Ack>(*packet) ? "accepted" : "malformed";
    }
    // Nobody goes on with it, and the server need not wait for that.
    line->Send(tftp::Encode(tftp::ErrorPacket{tftp::ErrorCode::kUndefined, "that is all"}), came->second);
  }
  return json;
}

}  // namespace provdlab::conformance
