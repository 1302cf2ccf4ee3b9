#include "simulator/phone/testing/registrar.h"

#include <algorithm>
#include <cstdlib>

#include "base/sip/digest.h"

namespace provdlab::phone {

std::optional<sip::Message> Registrar::Answer(const sip::Message& request) {
  ++requests;
  if (silent || request.method != "REGISTER") return std::nullopt;
  if (status != 0) return sip::ResponseTo(request, status, "As Asked", "r");
  const int asked = std::atoi(request.Get("Expires").value_or("0").c_str());
  if (asked < least) {
    sip::Message answer = sip::ResponseTo(request, 423, "Interval Too Brief", "r");
    answer.Add("Min-Expires", std::to_string(least));
    return answer;
  }
  const auto credentials = sip::ReadCredentials(request.Get(by_proxy ? "Proxy-Authorization" : "Authorization").value_or(""));
  const auto account = credentials ? accounts.find(credentials->user) : accounts.end();
  if (account == accounts.end() || !sip::IsRight(*credentials, account->second, "REGISTER")) {
    sip::Message answer = sip::ResponseTo(request, by_proxy ? 407 : 401, "Unauthorized", "r");
    answer.Add(by_proxy ? "Proxy-Authenticate" : "WWW-Authenticate",
               sip::Challenge{.realm = "test", .nonce = "n" + std::to_string(requests), .auth = true}.Text());
    return answer;
  }
  sip::Message answer = sip::ResponseTo(request, 200, "OK", "r");
  answer.Add("Contact", "<sip:another@203.0.113.9:5062>;expires=7");
  answer.Add("Contact", request.Get("Contact").value_or("") + ";expires=" + std::to_string(std::min(asked, expires)));
  return answer;
}

}  // namespace provdlab::phone
