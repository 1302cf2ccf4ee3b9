#include "server/provisioning/typed_request.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "server/documents/device_rules.h"
#include "server/documents/dhcp_info.h"
#include "server/provisioning/tftp_files.h"

namespace provdlab::server::provisioning {
namespace {

tl::unexpected<Error> Invalid(std::string sentence) { return Fail(ErrorKind::kInvalid, std::move(sentence)); }

// Reads the members, and keeps the first mistake.
class Typed {
 public:
  explicit Typed(const Json& typed) : typed_(typed) {
    if (!typed.is_object()) Mistake("A request is an object, such as {\"path\": \"/Aastra/aastra.cfg\", \"ip\": \"192.0.2.7\"}");
  }

  std::string Text(const char* name, const char* otherwise = nullptr) {
    if (!problem_.empty()) return "";
    const auto member = typed_.find(name);
    if (member == typed_.end() && otherwise == nullptr) Mistake("The member '" + std::string(name) + "' is missing");
    if (member == typed_.end()) return otherwise == nullptr ? "" : otherwise;
    if (!member->is_string()) {
      Mistake("The member '" + std::string(name) + "' must be a string");
      return "";
    }
    return member->get<std::string>();
  }
  const Json* Find(const char* name) const {
    const auto member = problem_.empty() ? typed_.find(name) : typed_.end();
    return problem_.empty() && member != typed_.end() ? &*member : nullptr;
  }
  void NothingElse(std::initializer_list<std::string_view> names) {
    if (!problem_.empty()) return;
    for (const auto& [name, value] : typed_.items())
      if (std::find(names.begin(), names.end(), name) == names.end())
        Mistake("A request of this protocol has no member '" + name + "'; it may have " +
                Join(std::vector<std::string>(names.begin(), names.end()), ", "));
  }
  void Mistake(std::string sentence) {
    if (problem_.empty()) problem_ = std::move(sentence);
  }
  const std::string& problem() const { return problem_; }

 private:
  const Json& typed_;
  std::string problem_;
};

Result<FileRequest> ReadHttp(Typed& typed, std::string ip, const HttpFiles& http) {
  typed.NothingElse({"protocol", "method", "path", "user_agent", "headers", "ip"});
  http::Request request{.method = typed.Text("method", "GET"), .target = typed.Text("path"), .peer = std::move(ip)};
  if (!request.target.starts_with('/')) typed.Mistake("The member 'path' must begin with '/'");
  if (const Json* headers = typed.Find("headers")) {
    if (!headers->is_object()) typed.Mistake("The member 'headers' must be an object");
    if (headers->is_object()) {
      for (const auto& [name, value] : headers->items()) {
        const Json values = value.is_array() ? value : Json::array({value});
        for (const Json& each : values) {
          if (!each.is_string()) typed.Mistake("The header field '" + name + "' must be a string or a list of strings");
          if (each.is_string()) request.headers.Add(name, each.get<std::string>());
        }
      }
    }
  }
  if (const std::string agent = typed.Text("user_agent", ""); !agent.empty()) request.headers.Set("User-Agent", agent);
  if (!typed.problem().empty()) return Invalid(typed.problem());
  return http.Understand(request);
}

Result<FileRequest> ReadTftp(Typed& typed, std::string ip) {
  typed.NothingElse({"protocol", "method", "file", "mode", "ip"});
  const std::string method = typed.Text("method", "RRQ");
  if (method != "RRQ" && method != "WRQ") typed.Mistake("The member 'method' must be RRQ or WRQ");
  const tftp::Request request{.write = method == "WRQ", .file = typed.Text("file"), .mode = typed.Text("mode", "octet")};
  if (!typed.problem().empty()) return Invalid(typed.problem());
  return TftpFiles::Understand(request, std::move(ip));
}

Result<FileRequest> ReadDhcp(Typed& typed, const std::string& ip) {
  typed.NothingElse({"protocol", "mac", "options", "ip"});
  Json lease = {{"op", "commit"}, {"ip", ip}, {"mac", typed.Text("mac")}, {"options", Json::array()}};
  if (const Json* options = typed.Find("options")) lease["options"] = *options;
  if (!typed.problem().empty()) return Invalid(typed.problem());
  const auto info = ParseDhcpInfo(lease);
  if (!info) return Fail(info.error());
  return FileRequest{.sighting = SightingOf(*info), .method = "commit", .reads = false};
}

}  // namespace

Result<FileRequest> ReadTypedRequest(const Json& json, const HttpFiles& http) {
  Typed typed(json);
  const std::string protocol = typed.Text("protocol", "http");
  std::string ip = typed.Text("ip");
  if (!typed.problem().empty()) return Invalid(typed.problem());
  if (!IsDottedQuad(ip)) return Invalid("The member 'ip' must be an IPv4 address in dotted decimals, such as 192.0.2.7");
  if (protocol == "http") return ReadHttp(typed, std::move(ip), http);
  if (protocol == "tftp") return ReadTftp(typed, std::move(ip));
  if (protocol == "dhcp") return ReadDhcp(typed, ip);
  return Invalid("The member 'protocol' must be http, tftp or dhcp");
}

}  // namespace provdlab::server::provisioning
