#include "simulator/phone/answering.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/sip/message.h"
#include "base/text.h"

namespace provdlab::phone {
namespace {

constexpr const char* kAllowed = "NOTIFY, OPTIONS";

std::string TransportOf(const sip::Message& request) {
  const std::string via = request.Get("Via").value_or("");
  const std::string_view protocol = std::string_view(via).substr(0, via.find(' '));
  const std::string transport = Lower(protocol.substr(std::min(protocol.rfind('/') + 1, protocol.size())));
  return transport == "tcp" || transport == "tls" ? transport : "udp";
}

bool Fits(const NotifyRule& rule, const std::string& event) {
  if (Lower(Trim(std::string_view(event).substr(0, event.find(';')))) != rule.event) return false;
  return std::all_of(rule.parameters.begin(), rule.parameters.end(),
                     [&](const auto& parameter) { return sip::Parameter(event, parameter.first) == std::optional(parameter.second); });
}

}  // namespace

void Answering::Forget() {
  call_id_.clear();
  sequence_ = 0;
}

Answering::Verdict Answering::JudgeNotify(const sip::Message& request, const std::string& from_ip) {
  std::vector<std::string> trusted;
  for (const Phrase& phrase : body_.profile.sip.only_from)
    if (std::optional<std::string> host = body_.Say(phrase); host && !host->empty()) trusted.push_back(std::move(*host));
  if (!trusted.empty() && std::find(trusted.begin(), trusted.end(), from_ip) == trusted.end()) return {403, "Forbidden"};
  // It has subscribed to nothing, so nobody can notify it within a dialogue.
  if (sip::Parameter(request.Get("To").value_or(""), "tag")) return {481, "Subscription Does Not Exist"};
  const std::optional<std::string> event = request.Get("Event");
  if (!event) return {489, "Bad Event"};
  const std::vector<NotifyRule>& rules = body_.profile.notify;
  const auto rule =
      std::find_if(rules.begin(), rules.end(), [&](const NotifyRule& one) { return Fits(one, *event) && Holds(one.when, body_); });
  if (rule == rules.end()) return {489, "Bad Event"};

  const std::string call_id = Sha1Hex(request.Get("Call-ID").value_or(""));
  const unsigned long sequence = sip::SequenceOf(request).value_or(sip::Sequence()).number;
  if (call_id == call_id_ && sequence == sequence_) return {200, "OK"};  // the same one again
  if (call_id == call_id_ && sequence < sequence_ && body_.profile.sip.lower_sequence != 0)
    return {body_.profile.sip.lower_sequence, "CSeq is lower than before"};
  call_id_ = call_id;
  sequence_ = sequence;
  return {200, "OK", &*rule};
}

Answering::Verdict Answering::Judge(const sip::Message& request, const std::string& from_ip) {
  if (request.method == "NOTIFY") return JudgeNotify(request, from_ip);
  if (request.method == "OPTIONS") return {200, "OK"};
  const bool within_dialogue =
      request.method == "BYE" || request.method == "CANCEL" || request.method == "PRACK" || request.method == "UPDATE";
  if (within_dialogue) return {481, "Call/Transaction Does Not Exist"};
  return {405, "Method Not Allowed"};
}

const NotifyRule* Answering::Answer(const SipReceived& received) {
  if (received.message.method == "ACK") return nullptr;  // nothing is answered to it
  sip::Message request = received.message;
  const Verdict verdict = Judge(request, received.from_ip);
  sip::MarkSource(request, received.from_ip, received.from_port);
  sip::Message response = sip::ResponseTo(request, verdict.status, verdict.reason, body_.RandomToken());
  if (verdict.status == 405 || request.method == "OPTIONS") response.Add("Allow", kAllowed);
  response.Add("User-Agent", body_.Say(body_.profile.sip.user_agent).value_or(""));
  const std::string transport = TransportOf(request);
  const bool udp = transport == "udp";
  body_.Do(SendSip{.ip = received.from_ip,
                   .port = udp ? sip::ReplyPort(request, received.from_port) : received.from_port,
                   .transport = transport,
                   .text = response.Text()});
  if (request.method == "NOTIFY")
    body_.Tell(Tell::What::kNotified, Shown(request.Get("Event").value_or("no event")) + " from " + received.from_ip + ": " +
                                          std::to_string(verdict.status) + " " + verdict.reason);
  return verdict.rule;
}

}  // namespace provdlab::phone
