#include "base/sip/stream.h"

#include <algorithm>

#include "base/sip/message.h"
#include "base/text.h"

namespace provdlab::sip {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

// The length that a head gives for its body; nullopt without a usable one.
std::optional<std::uint64_t> ReadLength(std::string_view head) {
  std::optional<std::uint64_t> length;
  for (const std::string_view line : Split(head, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = Trim(line.substr(0, colon));
    if (!EqualIgnoringCase(name, "Content-Length") && !EqualIgnoringCase(name, "l")) continue;
    const std::optional<std::uint64_t> read = ParseDecimal(Trim(line.substr(colon + 1)));
    if (!read || (length && *length != *read)) return std::nullopt;
    length = read;
  }
  return length;
}

}  // namespace

Result<std::optional<std::string>> Stream::Next() {
  if (searched_ == 0) pending_.erase(0, std::min(pending_.find_first_not_of("\r\n"), pending_.size()));
  const std::size_t from = searched_ < kHeadEnd.size() ? 0 : searched_ - kHeadEnd.size();
  const std::size_t head = pending_.find(kHeadEnd, from);
  if (head == std::string::npos) {
    searched_ = pending_.size();
    if (pending_.size() > kLargestMessage)
      return Fail(ErrorKind::kInvalid, "the headers of a message do not end within " + std::to_string(kLargestMessage) + " bytes");
    return std::nullopt;
  }
  searched_ = head;
  const std::optional<std::uint64_t> length = ReadLength(std::string_view(pending_).substr(0, head));
  if (!length) return Fail(ErrorKind::kInvalid, "over TCP a message needs a Content-Length, which is one number");
  const std::size_t begin = head + kHeadEnd.size();
  if (begin > kLargestMessage || *length > kLargestMessage - begin)
    return Fail(ErrorKind::kInvalid, "a message has at most " + std::to_string(kLargestMessage) + " bytes");
  if (pending_.size() - begin < *length) return std::nullopt;
  std::string message = pending_.substr(0, begin + static_cast<std::size_t>(*length));
  pending_.erase(0, message.size());
  searched_ = 0;
  return message;
}

}  // namespace provdlab::sip
