#include "simulator/ami/http_gateway.h"

#include <algorithm>
#include <stop_token>
#include <utility>
#include <vector>

#include "base/http/server.h"
#include "base/json.h"
#include "base/text.h"

namespace provdlab::ami {
namespace {

constexpr std::string_view kActions = "/1.0/action/";
constexpr std::string_view kThrough = "http";
constexpr std::size_t kMostFields = 100;
constexpr std::uint64_t kLargestBody = 64 * 1024;

http::Response Sentence(int status, std::string text) {
  http::Response response;
  response.status = status;
  response.headers.Set("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(text) + "\n";
  return response;
}

Result<std::string> ReadFormText(std::string_view text) {
  std::string blanks(text);
  std::replace(blanks.begin(), blanks.end(), '+', ' ');
  std::optional<std::string> read = http::PercentDecode(blanks);
  if (!read) return Fail(ErrorKind::kInvalid, "the form has a '%' without two hexadecimal digits");
  return std::move(*read);
}

Result<std::vector<Field>> ReadForm(std::string_view body) {
  std::vector<Field> fields;
  for (const std::string_view part : Split(Trim(body), '&')) {
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    Result<std::string> name = ReadFormText(part.substr(0, equals));
    Result<std::string> value = ReadFormText(equals == std::string_view::npos ? "" : part.substr(equals + 1));
    if (!name || !value) return Fail(name ? value.error() : name.error());
    fields.push_back({std::move(*name), std::move(*value)});
  }
  return fields;
}

Result<std::vector<Field>> ReadJsonFields(std::string_view body) {
  const auto wrong = [] { return Fail(ErrorKind::kInvalid, "the body must be an object of texts, or of lists of texts"); };
  const Result<Json> json = ParseJson(body);
  if (!json) return Fail(ErrorKind::kInvalid, "the body is not JSON: " + json.error().message);
  if (!json->is_object()) return wrong();
  std::vector<Field> fields;
  for (const auto& [name, value] : json->items()) {
    for (const Json& one : value.is_array() ? value : Json::array({value})) {
      if (!one.is_string()) return wrong();
      fields.push_back({name, one.get<std::string>()});
    }
  }
  return fields;
}

}  // namespace

struct HttpGateway::Impl {
  Impl(HttpGatewayOptions given, Switchboard& board) : options(std::move(given)), switchboard(board) {}

  const HttpGatewayOptions options;
  Switchboard& switchboard;
  std::stop_source stop;
  std::unique_ptr<http::Server> server;

  http::Response Answer(const http::Request& request) {
    const std::string_view path = request.raw_path();
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos || !path.substr(0, slash + 1).ends_with(kActions) || slash + 1 == path.size())
      return Sentence(404, "There is nothing at this path; notifications go to /1.0/action/PJSIPNotify.");
    if (request.method != "POST") {
      http::Response response = Sentence(405, "An action is asked for with POST.");
      response.headers.Set("Allow", "POST");
      return response;
    }
    if (!options.token.empty() && request.headers.Get("X-Auth-Token") != options.token)
      return Sentence(401, "The X-Auth-Token is not the one that was asked for.");
    // What says nothing of itself is taken for what it looks like.
    const std::string type = Lower(request.headers.Get("Content-Type").value_or(""));
    const bool is_form = type.empty() ? !Trim(request.body).starts_with('{') : type.starts_with("application/x-www-form-urlencoded");
    Result<std::vector<Field>> fields = is_form ? ReadForm(request.body) : ReadJsonFields(request.body);
    if (!fields) return Sentence(400, fields.error().message);
    if (fields->size() > kMostFields) return Sentence(400, "There are more than " + std::to_string(kMostFields) + " fields.");

    const std::string action = http::PercentDecode(path.substr(slash + 1)).value_or("");
    // The path decides, whatever a field says.
    std::erase_if(*fields, [](const Field& field) { return EqualIgnoringCase(field.name, "Action"); });
    fields->insert(fields->begin(), {"Action", action});
    return Carry(Packet{std::move(*fields)});
  }

  http::Response Carry(const Packet& packet) {
    const Result<Notification> notification = ReadNotification(packet);
    const Result<> told = notification ? switchboard.Notify(*notification, kThrough, stop.get_token()) : Fail(notification.error());
    http::Response response;
    response.headers.Set("Content-Type", "application/json");
    response.body = DumpJson(
        Json::array({{{"Response", told ? "Success" : "Error"}, {"Message", told ? std::string("Notify Sent") : told.error().message}}}));
    return response;
  }
};

HttpGateway::HttpGateway(HttpGatewayOptions options, Switchboard& switchboard)
    : impl_(std::make_unique<Impl>(std::move(options), switchboard)) {}
HttpGateway::~HttpGateway() { Stop(); }

Result<std::uint16_t> HttpGateway::Start() {
  if (impl_->server) return Fail(ErrorKind::kConflict, "the gateway has been started already");
  auto server = std::make_unique<http::Server>(http::ServerOptions{.bind = impl_->options.bind,
                                                                   .port = impl_->options.port,
                                                                   .threads = impl_->options.most_at_once,
                                                                   .max_body_bytes = kLargestBody,
                                                                   .server_header = "provdlab-gateway"},
                                               [impl = impl_.get()](const http::Request& request) { return impl->Answer(request); });
  Result<std::uint16_t> port = server->Start();
  if (port) impl_->server = std::move(server);
  return port;
}

void HttpGateway::Stop() {
  impl_->stop.request_stop();
  if (impl_->server) impl_->server->Stop();
}

std::uint16_t HttpGateway::port() const { return impl_->server ? impl_->server->port() : std::uint16_t{0}; }

}  // namespace provdlab::ami
