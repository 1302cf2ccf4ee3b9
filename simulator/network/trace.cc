#include "simulator/network/trace.h"

#include <array>
#include <cstdio>

namespace provdlab::network {
namespace {

using Kind = Entry::Kind;
using What = phone::Tell::What;
using Tone = TraceLine::Tone;
using Way = TraceLine::Way;

std::string Took(Instant time) {
  std::array<char, 32> text;
  const double milliseconds = static_cast<double>(time.count()) / 1e3;
  const char* const format = milliseconds < 10 ? "%.1f ms" : "%.0f ms";
  return std::string(text.data(), static_cast<std::size_t>(std::snprintf(text.data(), text.size(), format, milliseconds)));
}

// "1 byte", "2391 bytes"
std::string Bytes(std::uint64_t size) { return std::to_string(size) + (size == 1 ? " byte" : " bytes"); }

std::string Answer(const Entry& entry) {
  using How = phone::Fetched::How;
  const std::string status = entry.status == 0 ? "" : std::to_string(entry.status) + ", ";
  const std::string took = " (" + Took(entry.took) + ")";
  switch (entry.how) {
    case How::kWhole:
      return status + Bytes(entry.size) + took;
    case How::kMissing:
      return status + "not there" + took;
    case How::kRefused:
    case How::kServerError:
      return status + (entry.how == How::kRefused ? "refused" : "the server is at fault") + took;
    case How::kTimedOut:
      return status + "nothing came for too long" + took;
    case How::kUnreachable:
      return "nobody is there" + took;
    case How::kCut:
      return status + "it broke off after " + Bytes(entry.size) + took;
    case How::kStopped:
      return status + "closed after " + Bytes(entry.size) + ", which was enough" + took;
  }
  return status;
}

Tone ToneOf(const Entry& entry) {
  using How = phone::Fetched::How;
  switch (entry.how) {
    case How::kWhole:
    case How::kStopped:
      return Tone::kGood;
    case How::kMissing:
      return Tone::kQuiet;
    default:
      return Tone::kBad;
  }
}

std::optional<TraceLine> LineForTold(const Entry& entry) {
  TraceLine line{.at = entry.at, .text = entry.text};
  switch (entry.what) {
    case What::kAsked:
    case What::kGot:
      return std::nullopt;
    case What::kStage:
      line.text = "is now " + entry.text;
      line.tone = Tone::kGood;
      return line;
    case What::kRead:
      line.text = "read " + entry.text;
      return line;
    case What::kBroken:
      line.text = "can't read " + entry.text;
      line.tone = Tone::kBad;
      return line;
    case What::kNone:
    case What::kNoHost:
      line.text = "odd: " + entry.text;
      line.tone = Tone::kBad;
      return line;
    case What::kDisplay:
      line.text = "shows \"" + entry.text + "\"";
      line.tone = Tone::kBad;
      return line;
    case What::kFirmware:
      line.text = "firmware: " + entry.text;
      return line;
    case What::kRestart:
      line.text = "restarts: " + entry.text;
      return line;
    case What::kNotified:
      line.text = "notified: " + entry.text;
      return line;
    case What::kRegister:
      line.text = entry.text;
      return line;
    case What::kPause:
      line.text = "waits: " + entry.text;
      line.tone = Tone::kQuiet;
      return line;
  }
  return line;
}

}  // namespace

std::optional<TraceLine> LineFor(const Entry& entry) {
  TraceLine line{.at = entry.at};
  switch (entry.kind) {
    case Kind::kPower:
      line.text = "power " + entry.text;
      return line;
    case Kind::kAsksLease:
      line.way = Way::kOut;
      line.text = std::string("DHCP: ") + (entry.renew ? "renews its address" : "asks for an address") +
                  (entry.text.empty() ? "" : " as \"" + entry.text + "\"");
      return line;
    case Kind::kLease:
      line.way = Way::kIn;
      line.text = "DHCP: " + entry.ip + " (" + Took(entry.took) + ")";
      return line;
    case Kind::kNoLease:
      line.way = Way::kIn;
      line.tone = Tone::kBad;
      line.text = "DHCP: nobody answers";
      return line;
    case Kind::kFetches:
      line.way = Way::kOut;
      line.text = entry.method + " " + entry.url;
      return line;
    case Kind::kFetched:
      line.way = Way::kIn;
      line.tone = ToneOf(entry);
      line.text = Answer(entry);
      return line;
    case Kind::kSends:
      line.way = Way::kOut;
      line.text = "SIP: " + entry.text + " to " + entry.peer;
      return line;
    case Kind::kHears:
      line.way = Way::kIn;
      line.text = "SIP: " + entry.text;
      return line;
    case Kind::kCall:
      line.text = "a call " + entry.text;
      return line;
    case Kind::kBegan:
    case Kind::kGoesOn:
    case Kind::kRestarts:
      return std::nullopt;
    case Kind::kTells:
      return LineForTold(entry);
  }
  return std::nullopt;
}

std::string SecondsText(Instant at) {
  std::array<char, 32> text;
  return std::string(text.data(),
                     static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%8.3f", static_cast<double>(at.count()) / 1e6)));
}

std::string Arrow(Way way) { return way == Way::kOut ? "→" : way == Way::kIn ? "←" : " "; }

std::string Plain(const TraceLine& line) {
  std::string text = line.text;
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '.';
  }
  return SecondsText(line.at) + "  " + Arrow(line.way) + "  " + text;
}

}  // namespace provdlab::network
