#include "server/provisioning/phone_routes.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http/message.h"
#include "base/text.h"
#include "server/plugins/identification.h"
#include "server/provisioning/explanation_report.h"
#include "server/provisioning/typed_request.h"

namespace provdlab::server::provisioning {
namespace {

// Nearest names are looked for if no more explanations than these are asked for: each takes a look at the disk.
constexpr std::size_t kMostWithNearest = 100;

using Parameters = std::map<std::string, std::string, std::less<>>;

Result<Parameters> ReadParameters(std::string_view query, const std::vector<std::string>& known) {
  Parameters parameters;
  if (query.empty()) return parameters;
  for (const std::string_view part : Split(query, '&')) {
    const std::size_t equals = part.find('=');
    const auto name = http::PercentDecode(part.substr(0, equals));
    const auto value = http::PercentDecode(equals == std::string_view::npos ? "" : part.substr(equals + 1));
    if (!name || !value || std::find(known.begin(), known.end(), *name) == known.end())
      return Fail(ErrorKind::kInvalid, "The parameter '" + name.value_or(std::string(part)) + "' is none of " + Join(known, ", "));
    parameters[*name] = *value;
  }
  return parameters;
}

std::string ValueOf(const Parameters& parameters, std::string_view name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? "" : found->second;
}

admin::Reply ReplyWith(const Json& document, const std::string& text, bool as_text) {
  return as_text ? admin::Reply{.text = text} : admin::Reply{.body = document};
}

Result<admin::Reply> ShowRemembered(const admin::Call& call, const PhoneRequests& phones) {
  const auto parameters = ReadParameters(call.query, {"mac", "ip", "device", "after", "last", "as"});
  if (!parameters) return Fail(parameters.error());
  ExplanationQuery query{.ip = ValueOf(*parameters, "ip"), .device = ValueOf(*parameters, "device")};
  if (const std::string mac = ValueOf(*parameters, "mac"); !mac.empty()) {
    const auto normal = NormalMac(mac);
    if (!normal) return Fail(ErrorKind::kInvalid, "'" + mac + "' is no MAC address");
    query.mac = *normal;
  }
  if (const std::string after = ValueOf(*parameters, "after"); !after.empty()) {
    const auto number = ParseDecimal(after);
    if (!number) return Fail(ErrorKind::kInvalid, "The parameter 'after' must be the number of a request, or 0");
    query.after = *number;
  }
  std::vector<ExplanationPointer> found = phones.Remembered(query);
  if (ValueOf(*parameters, "last") == "1" && found.size() > 1) found.erase(found.begin(), found.end() - 1);
  Json answer = {{"requests", Json::array()}, {"last", phones.last()}};
  std::string text;
  for (const ExplanationPointer& each : found) {
    Json report = ReportOf(*each, found.size() <= kMostWithNearest ? phones.NearestFiles(*each) : std::vector<std::string>());
    text += (text.empty() ? "" : "\n") + TextOf(report);
    answer["requests"].push_back(std::move(report));
  }
  if (text.empty()) text = "no such request is remembered\n";
  return ReplyWith(answer, text, ValueOf(*parameters, "as") == "text");
}

Result<admin::Reply> ShowSupposed(const admin::Call& call, const PhoneRequests& phones, const HttpFiles& http) {
  const auto parameters = ReadParameters(call.query, {"as"});
  if (!parameters) return Fail(parameters.error());
  const auto request = ReadTypedRequest(call.body, http);
  if (!request) return Fail(request.error());
  const auto explanation = phones.Suppose(*request);
  if (!explanation) return Fail(explanation.error());
  const Json report = ReportOf(*explanation, phones.NearestFiles(*explanation));
  return ReplyWith(report, TextOf(report), ValueOf(*parameters, "as") == "text");
}

}  // namespace

void AddPhoneRoutes(admin::Server& admin, PhoneRequests& phones, HttpOptions options) {
  const auto http = std::make_shared<HttpFiles>(phones, options);
  admin.Route("GET", "/v1/phones", [&phones](const admin::Call& call) { return ShowRemembered(call, phones); });
  admin.Route("POST", "/v1/explain", [&phones, http](const admin::Call& call) { return ShowSupposed(call, phones, *http); });
}

}  // namespace provdlab::server::provisioning
