#include "simulator/fleet/testing/site.h"

#include <utility>

#include "base/text.h"
#include "simulator/dhcp/embedded_rules.h"

namespace provdlab::fleet {
namespace {

// The twelve digits in lower case if `target` is PREFIX + twelve digits + SUFFIX.
std::string MacIn(std::string_view target, std::string_view prefix, std::string_view suffix) {
  if (target.size() != prefix.size() + 12 + suffix.size() || !target.starts_with(prefix) || !target.ends_with(suffix)) return "";
  const std::string digits = Lower(target.substr(prefix.size(), 12));
  return digits.find_first_not_of("0123456789abcdef") == std::string::npos && digits != "000000000000" ? digits : "";
}

}  // namespace

http::Response Site::Answer(const http::Request& request) {
  if (before) {
    if (http::Response response = before(request); response.status != 0) return response;
  }
  const std::string& target = request.target;
  if (request.method != "GET") return {.status = 405};
  const std::string port = std::to_string(registrar_port);
  if (target == "/Aastra/aastra.cfg") return {.body = "time server disabled: 1\n"};
  if (const std::string mac = MacIn(target, "/Aastra/", ".cfg"); !mac.empty()) {
    const std::string user = UserOf(mac);
    return {.body = "sip line1 registrar ip: " + registrar_ip + "\nsip line1 registrar port: " + port +
                    "\nsip line1 proxy ip: " + registrar_ip + "\nsip line1 user name: " + user + "\nsip line1 auth name: " + user +
                    "\nsip line1 password: " + PasswordOf(user) + "\n"};
  }
  if (target == "/000000000000.cfg")
    return {.body = "<APPLICATION APP_FILE_PATH=\"sip.ld\" CONFIG_FILES=\"[PHONE_MAC_ADDRESS]-user.cfg, common.cfg\"/>"};
  if (target == "/common.cfg") return {.body = "<polycomConfig device.set=\"1\"/>"};
  if (const std::string mac = MacIn(target, "/", "-user.cfg"); !mac.empty()) {
    const std::string user = UserOf(mac);
    return {.body = "<polycomConfig reg.1.server.1.address=\"" + registrar_ip + "\" reg.1.server.1.port=\"" + port +
                    "\" reg.1.server.1.register=\"1\" reg.1.address=\"" + user + "\" reg.1.auth.userId=\"" + user +
                    "\" reg.1.auth.password=\"" + PasswordOf(user) + "\"/>"};
  }
  if (target == "/Acme/common.cfg") return {.body = "server = " + registrar_ip + "\n"};
  if (const std::string mac = MacIn(target, "/Acme/", ".cfg"); !mac.empty()) {
    const std::string user = UserOf(mac);
    return {.body = "model = X1\nlanguage = en\ntransport = udp\nline1 = " + user + "@" + registrar_ip + ":" + port +
                    "\nline1.password = " + PasswordOf(user) + "\nline1.name = " + user + "\n"};
  }
  return {.status = 404};
}

void Site::JoinTo(network::VirtualNetwork& network) {
  network.Serve(kIp, 8667, [this](const http::Request& request) { return Answer(request); });
  network.Serve(kIp, 8666, [this](const http::Request&) {
    ++pushes_;
    return http::Response{.status = 204};
  });
  registrar_ = *registrar::HostedRegistrar::At(
      network, {.ip = kRegistrar, .before = [](registrar::RegistrarCore& core, const sip::Message& request) {
                  const auto to = sip::ReadAddress(request.Get("To").value_or(""));
                  if (to) static_cast<void>(core.Allow({.user = to->user, .password = PasswordOf(to->user)}));
                }});
  notifier_ = *network.AddHost(kIp, 5060, [](const network::Datagram&) {});
}

void Site::Notify(const std::string& ip) {
  const std::string number = std::to_string(++notifications_);
  const std::string here = std::string(kIp) + ":5060";
  notifier_->Send({ip, 5060,
                   "NOTIFY sip:anonymous@" + ip + " SIP/2.0\r\nVia: SIP/2.0/UDP " + here + ";branch=z9hG4bK" + number +
                       "\r\nMax-Forwards: 70\r\nFrom: <sip:provd@" + here + ">;tag=" + number + "\r\nTo: <sip:anonymous@" + ip +
                       ">\r\nCall-ID: " + number + "\r\nCSeq: 1 NOTIFY\r\nContact: <sip:provd@" + here +
                       ">\r\nEvent: check-sync\r\nSubscription-State: terminated\r\nContent-Length: 0\r\n\r\n"});
}

dhcp::Server Site::DhcpServer(const std::string& pool, const std::string& url) {
  return dhcp::Server(dhcp::XivoRules(), {.pool = *dhcp::PoolFrom(pool), .site = *dhcp::SiteAt(url, "", 69)});
}

}  // namespace provdlab::fleet
