#include "server/exchange/gateway_notifier.h"

#include "base/http/client.h"
#include "server/exchange/recipient.h"

namespace provdlab::server::exchange {
namespace {

constexpr std::size_t kLargestAnswer = 64 * 1024;

// What the gateway's answer says; empty: it has told the phone.
std::string RefusalIn(const std::string& body) {
  const auto answer = ParseJson(body);
  if (!answer || !answer->is_array() || answer->empty()) return "what it answers is no list of what the exchange said";
  for (const Json& said : *answer) {
    if (said.is_object() && said.value("Response", Json()) == "Success") continue;
    const Json message = said.is_object() ? said.value("Message", Json()) : Json();
    return message.is_string() ? message.get<std::string>() : "the exchange did not say Success";
  }
  return "";
}

}  // namespace

Result<> GatewayNotifier::Call(const Synchronization& how, const Json& device, const std::stop_token& stop) {
  if (how.method != Synchronization::Method::kSipNotify)
    return Fail(ErrorKind::kInvalid, "its plugin does not want it to be told over SIP");
  const auto recipient = RecipientOf(device);
  if (!recipient) return Fail(recipient.error());

  std::string path = options_.url.path;
  while (path.ends_with('/')) path.pop_back();
  http::Request request{.method = "POST", .target = path + "/1.0/action/PJSIPNotify"};
  request.headers.Set("Content-Type", "application/x-www-form-urlencoded");
  if (!options_.token.empty()) request.headers.Set("X-Auth-Token", options_.token);
  request.body = "Variable=" + http::PercentEncode("Event=" + how.event) + "&" +
                 (recipient->user.empty() ? "URI=" + http::PercentEncode("sip:anonymous@" + recipient->ip)
                                          : "Endpoint=" + http::PercentEncode(recipient->user));
  const http::Client client({.host = options_.url.host,
                             .port = options_.url.port,
                             .tls = options_.url.scheme == "https",
                             .max_answer_bytes = kLargestAnswer,
                             .stop = stop});
  const http::Exchange exchange = client.Send(request, options_.patience);
  const std::string where = "the gateway " + options_.url.Origin();
  if (stop.stop_requested()) return Fail(ErrorKind::kCancelled, "it was cancelled");
  if (!exchange.response) {
    const bool late = exchange.outcome == http::Outcome::kTimeout;
    return Fail(late ? ErrorKind::kTimeout : ErrorKind::kUnavailable, where + " does not answer: " + exchange.problem);
  }
  if (exchange.response->status / 100 != 2)
    return Fail(ErrorKind::kUnavailable, where + " answered " + std::to_string(exchange.response->status));
  if (const std::string refusal = RefusalIn(exchange.response->body); !refusal.empty())
    return Fail(ErrorKind::kUnavailable, where + " refuses it: " + refusal);
  return {};
}

}  // namespace provdlab::server::exchange
