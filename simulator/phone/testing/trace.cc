#include "simulator/phone/testing/trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <variant>
#include <vector>

#include "base/text.h"

namespace provdlab::phone {
namespace {

std::string Readable(std::string_view bytes) {
  std::string text;
  for (const unsigned char c : bytes) {
    if (c >= ' ' && c < 0x7f)
      text += static_cast<char>(c);
    else
      text += "\\" + std::to_string(c) + ".";
  }
  return text;
}

const char* Name(Fetched::How how) {
  switch (how) {
    case Fetched::How::kWhole:
      return "whole";
    case Fetched::How::kMissing:
      return "missing";
    case Fetched::How::kRefused:
      return "refused";
    case Fetched::How::kServerError:
      return "server error";
    case Fetched::How::kTimedOut:
      return "timed out";
    case Fetched::How::kUnreachable:
      return "unreachable";
    case Fetched::How::kCut:
      return "cut";
    case Fetched::How::kStopped:
      return "stopped";
  }
  return "";
}

const char* Name(Tell::What what) {
  switch (what) {
    case Tell::What::kStage:
      return "stage";
    case Tell::What::kAsked:
      return "asked";
    case Tell::What::kGot:
      return "got";
    case Tell::What::kRead:
      return "read";
    case Tell::What::kBroken:
      return "broken";
    case Tell::What::kNone:
      return "none";
    case Tell::What::kNoHost:
      return "no-host";
    case Tell::What::kDisplay:
      return "display";
    case Tell::What::kFirmware:
      return "firmware";
    case Tell::What::kRestart:
      return "restart";
    case Tell::What::kNotified:
      return "notified";
    case Tell::What::kRegister:
      return "register";
    case Tell::What::kPause:
      return "pause";
  }
  return "";
}

std::string Address(const sip::Message& message, const char* header) {
  const auto address = sip::ReadAddress(message.Get(header).value_or(""));
  return address ? address->user + "@" + address->host : "?";
}

std::string Summary(const sip::Message& message) {
  std::string text = message.is_request() ? message.method + " " + message.uri : std::to_string(message.status) + " " + message.reason;
  const auto sequence = sip::SequenceOf(message);
  if (!message.is_request() && sequence) text += " to " + sequence->method;
  if (message.is_request()) text += " by " + Address(message, "From");
  if (const auto event = message.Get("Event")) text += ", event " + *event;
  if (const auto expires = message.Get("Expires")) text += ", expires " + *expires;
  if (message.Get("Authorization") || message.Get("Proxy-Authorization")) text += ", with its password";
  return text;
}

struct EventLine {
  std::string operator()(const PowerOn&) const { return "power on"; }
  std::string operator()(const PowerOff&) const { return "power off"; }
  std::string operator()(const Leased& leased) const {
    std::string text = "leased " + leased.ip;
    for (const auto& [code, bytes] : leased.options) text += ", " + std::to_string(code) + "=" + Readable(bytes);
    return text;
  }
  std::string operator()(const NotLeased&) const { return "not leased"; }
  std::string operator()(const Began& began) const { return "began " + Readable(began.head.substr(0, 40)); }
  std::string operator()(const Fetched& fetched) const {
    std::string text = Name(fetched.how);
    if (fetched.status != 0) text += " " + std::to_string(fetched.status);
    if (fetched.size != 0) text += ", " + std::to_string(fetched.size) + " bytes";
    return text;
  }
  std::string operator()(const TimerRang&) const { return "timer"; }
  std::string operator()(const SipReceived& received) const { return "sip from " + received.from_ip + ": " + Summary(received.message); }
  std::string operator()(const AskAgain&) const { return "asks for its address again"; }
  std::string operator()(const CallBegan&) const { return "call begins"; }
  std::string operator()(const CallEnded&) const { return "call ends"; }
};

std::string Url(const Fetch& fetch) {
  const char* scheme = fetch.protocol == Fetch::Protocol::kHttp ? "http" : fetch.protocol == Fetch::Protocol::kHttps ? "https" : "tftp";
  return std::string(scheme) + "://" + fetch.host + ":" + std::to_string(fetch.port) +
         (fetch.protocol == Fetch::Protocol::kTftp ? "/" : "") + fetch.path;
}

struct ActionLine {
  std::string operator()(const AskForAddress& ask) const {
    std::string text = ask.renew ? "renews its address" : "asks for an address";
    for (const auto& [code, bytes] : ask.options) text += ", " + std::to_string(code) + "=" + Readable(bytes);
    return text;
  }
  std::string operator()(const Fetch& fetch) const {
    std::string text = fetch.method + " " + Url(fetch);
    if (fetch.head != 0) text += ", its head first";
    return text;
  }
  std::string operator()(const GoOn& go_on) const { return go_on.on ? "reads on" : "closes the connection"; }
  std::string operator()(const SendSip& sip) const {
    const auto message = sip::Parse(sip.text);
    return "sip to " + sip.ip + ":" + std::to_string(sip.port) + "/" + sip.transport + ": " +
           (message ? Summary(*message) : "MALFORMED, " + message.error().message);
  }
  std::string operator()(const SetTimer& timer) const { return "timer in " + std::to_string(timer.after.count()) + " ms"; }
  std::string operator()(const StopTimer&) const { return ""; }
  std::string operator()(const Restart& restart) const { return restart.off ? "is off" : "restarts"; }
  std::string operator()(const Tell& tell) const {
    if (tell.what == Tell::What::kAsked || tell.what == Tell::What::kGot) return "";
    return std::string(Name(tell.what)) + ": " + tell.text;
  }
};

struct WholeAction {
  std::string operator()(const Fetch& fetch) const {
    std::string text = ActionLine()(fetch) + " " + fetch.user_agent + " " + std::to_string(fetch.id) + " " + std::to_string(fetch.head) +
                       " " + std::to_string(fetch.keep) + " " + std::to_string(fetch.patience.count()) + " " + fetch.body;
    for (const auto& [name, value] : fetch.headers) text += " " + name + "=" + value;
    for (const auto& [name, value] : fetch.tftp_options) text += " " + name + "=" + value;
    return text;
  }
  std::string operator()(const GoOn& go_on) const { return ActionLine()(go_on) + " " + std::to_string(go_on.fetch); }
  std::string operator()(const SendSip& sip) const { return ActionLine()(sip) + "\n" + sip.text; }
  std::string operator()(const SetTimer& timer) const { return ActionLine()(timer) + " " + std::to_string(timer.timer); }
  std::string operator()(const StopTimer& timer) const { return "stops timer " + std::to_string(timer.timer); }
  std::string operator()(const Tell& tell) const { return std::string(Name(tell.what)) + ": " + tell.text; }
  template <typename Other>
  std::string operator()(const Other& other) const {
    return ActionLine()(other);
  }
};

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  for (const std::string_view line : Split(text, '\n')) lines.emplace_back(line);
  return lines;
}

}  // namespace

std::string Described(const Event& event) { return std::visit(EventLine(), event); }
std::string Described(const Action& action) { return std::visit(ActionLine(), action); }
std::string Whole(const Action& action) { return std::visit(WholeAction(), action); }

std::string Difference(const std::string& expected, const std::string& actual) {
  const std::vector<std::string> a = Lines(expected), b = Lines(actual);
  // The longest common subsequence, from the end.
  std::vector<std::vector<int>> common(a.size() + 1, std::vector<int>(b.size() + 1, 0));
  for (std::size_t i = a.size(); i-- > 0;)
    for (std::size_t j = b.size(); j-- > 0;)
      common[i][j] = a[i] == b[j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
  std::vector<std::pair<char, std::string>> lines;
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    if (i < a.size() && j < b.size() && a[i] == b[j])
      lines.emplace_back(' ', a[i]), ++i, ++j;
    else if (j == b.size() || (i < a.size() && common[i + 1][j] >= common[i][j + 1]))
      lines.emplace_back('-', a[i++]);
    else
      lines.emplace_back('+', b[j++]);
  }
  constexpr std::size_t kAround = 3;
  std::string text;
  std::size_t shown_up_to = 0;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    if (lines[at].first == ' ') continue;
    const std::size_t from = std::max(shown_up_to, at > kAround ? at - kAround : 0);
    if (from > shown_up_to) text += "  …\n";
    const std::size_t to = std::min(lines.size(), at + kAround + 1);
    for (std::size_t shown = from; shown < to; ++shown) {
      if (shown > at && lines[shown].first != ' ') break;
      text += std::string(1, lines[shown].first) + " " + lines[shown].second + "\n";
      shown_up_to = shown + 1;
    }
  }
  return text;
}

void ExpectFile(const std::string& file, const std::string& text) {
  if (const char* folder = std::getenv("PROVDLAB_WRITE_TRACES")) {
    std::ofstream(std::string(folder) + "/" + file, std::ios::binary) << text;
    return;
  }
  const std::string path = "simulator/phone/testdata/" + file;
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream expected;
  expected << stream.rdbuf();
  EXPECT_TRUE(stream) << path << " can't be read";
  if (expected.str() == text) return;
  ADD_FAILURE() << path << " is different:\n" << Difference(expected.str(), text);
}

void ExpectTrace(const std::string& name, const std::string& trace) { ExpectFile(name + ".trace", trace); }

}  // namespace provdlab::phone
