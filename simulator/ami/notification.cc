#include "simulator/ami/notification.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/sip/message.h"
#include "base/text.h"

namespace provdlab::ami {
namespace {

constexpr std::array<std::string_view, 3> kActions = {"SIPnotify", "SIPnotifyprovd", "PJSIPNotify"};
constexpr std::size_t kLongestText = 255;  // of a peer, an event, a variable; in bytes
constexpr std::size_t kMostVariables = 16;
constexpr std::string_view kChannelPrefix = "SIP/";

bool IsPrintable(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool IsIp(const std::string& text) {
  in_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1;
}

tl::unexpected<Error> Wrong(std::string sentence) { return Fail(ErrorKind::kInvalid, std::move(sentence)); }

Result<> ReadTarget(const Packet& packet, Notification& into) {
  if (into.action == kActions[1]) {
    into.ip = packet.Get("PeerIP");
    if (!IsIp(into.ip)) return Wrong(into.action + " requires a PeerIP, an IPv4 address");
    return {};
  }
  const bool pjsip = into.action == kActions[2];
  into.peer = packet.Get(pjsip ? "Endpoint" : "Channel");
  if (!pjsip && into.peer.starts_with(kChannelPrefix)) into.peer.erase(0, kChannelPrefix.size());
  const std::string uri = pjsip ? packet.Get("URI") : "";
  if (into.peer.empty() == uri.empty())
    return Wrong(pjsip ? "PJSIPNotify requires either an Endpoint or a URI" : "SIPnotify requires a Channel, the name of a peer");
  if (into.peer.size() > kLongestText) return Wrong("the name of a peer has at most " + std::to_string(kLongestText) + " bytes");
  if (uri.empty()) return {};
  const auto address = sip::ReadAddress(uri);
  if (!address || !IsIp(address->host)) return Wrong("the URI must be sip:USER@IP, with an IPv4 address");
  into.ip = address->host;
  into.port = address->port;
  into.user = address->user;
  return {};
}

}  // namespace

bool IsNotification(std::string_view action) {
  return std::any_of(kActions.begin(), kActions.end(), [&](std::string_view known) { return EqualIgnoringCase(known, action); });
}

Result<Notification> ReadNotification(const Packet& packet) {
  Notification notification;
  for (const std::string_view known : kActions)
    if (EqualIgnoringCase(known, packet.Get("Action"))) notification.action = known;
  if (notification.action.empty()) return Wrong("'" + packet.Get("Action") + "' notifies nobody");
  if (const Result<> read = ReadTarget(packet, notification); !read) return Fail(read.error());
  const std::vector<std::string> variables = packet.All("Variable");
  if (variables.size() > kMostVariables) return Wrong("there are more than " + std::to_string(kMostVariables) + " variables");
  for (const std::string& variable : variables) {
    if (variable.size() > kLongestText) return Wrong("a Variable has at most " + std::to_string(kLongestText) + " bytes");
    const std::size_t equals = variable.find('=');
    if (equals == std::string::npos) return Wrong("a Variable must be NAME=VALUE, not '" + variable + "'");
    std::string name(Trim(std::string_view(variable).substr(0, equals)));
    std::string value(Trim(std::string_view(variable).substr(equals + 1)));
    if (!IsPrintable(name) || name.find(':') != std::string::npos) return Wrong("'" + name + "' is no name of a header");
    if (EqualIgnoringCase(name, "Event"))
      notification.event = std::move(value);
    else
      notification.variables.push_back({std::move(name), std::move(value)});
  }
  if (!IsPrintable(notification.event)) return Wrong(notification.action + " requires a Variable such as Event=check-sync");
  return notification;
}

}  // namespace provdlab::ami
