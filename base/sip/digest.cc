#include "base/sip/digest.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "base/digest.h"
#include "base/sip/scan.h"
#include "base/text.h"

namespace provdlab::sip {
namespace {

constexpr std::string_view kScheme = "Digest";
constexpr std::string_view kAuth = "auth";

// The parameters behind "Digest", by name in lower case. Nullopt for another scheme, and if one comes twice.
std::optional<std::map<std::string, std::string>> ReadParameters(std::string_view value) {
  value = Trim(value);
  const std::size_t blank = value.find_first_of(" \t");
  if (blank == std::string_view::npos || !EqualIgnoringCase(value.substr(0, blank), kScheme)) return std::nullopt;
  std::map<std::string, std::string> parameters;
  for (const std::string_view part : SplitOutside(value.substr(blank), ',')) {
    NameAndValue parameter = ReadNameAndValue(part);
    if (!parameters.emplace(Lower(parameter.name), std::move(parameter.value)).second) return std::nullopt;
  }
  return parameters;
}

std::string Take(std::map<std::string, std::string>& parameters, const std::string& name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? "" : std::move(found->second);
}

bool IsMd5(std::map<std::string, std::string>& parameters) {
  return !parameters.contains("algorithm") || EqualIgnoringCase(parameters.at("algorithm"), "MD5");
}

// RFC 2617, 3.2.2.1.
std::string Response(const Credentials& credentials, std::string_view password, std::string_view method) {
  const std::string secret = Md5Hex(credentials.user + ":" + credentials.realm + ":" + std::string(password));
  const std::string request = Md5Hex(std::string(method) + ":" + credentials.uri);
  if (credentials.qop.empty()) return Md5Hex(secret + ":" + credentials.nonce + ":" + request);
  return Md5Hex(secret + ":" + credentials.nonce + ":" + credentials.count + ":" + credentials.client_nonce + ":" + credentials.qop + ":" +
                request);
}

}  // namespace

std::string Challenge::Text() const {
  std::string text = std::string(kScheme) + " realm=" + Quote(realm) + ", nonce=" + Quote(nonce);
  if (!opaque.empty()) text += ", opaque=" + Quote(opaque);
  if (stale) text += ", stale=TRUE";
  text += ", algorithm=MD5";
  if (auth) text += ", qop=" + Quote(kAuth);
  return text;
}

std::optional<Challenge> ReadChallenge(std::string_view value) {
  auto parameters = ReadParameters(value);
  if (!parameters || !IsMd5(*parameters) || !parameters->contains("realm") || !parameters->contains("nonce")) return std::nullopt;
  Challenge challenge{.realm = Take(*parameters, "realm"), .nonce = Take(*parameters, "nonce"), .opaque = Take(*parameters, "opaque")};
  challenge.stale = EqualIgnoringCase(Take(*parameters, "stale"), "true");
  if (parameters->contains("qop")) {
    const std::string qop = Take(*parameters, "qop");
    const auto offered = Split(qop, ',');
    challenge.auth = std::any_of(offered.begin(), offered.end(), [](std::string_view one) { return EqualIgnoringCase(Trim(one), kAuth); });
    if (!challenge.auth) return std::nullopt;
  }
  return challenge;
}

std::string Authorization(const Challenge& challenge, const Login& login, std::string_view method, std::string_view uri,
                          std::string_view client_nonce, unsigned count) {
  Credentials credentials{.user = login.user, .realm = challenge.realm, .nonce = challenge.nonce, .uri = std::string(uri), .response = ""};
  if (challenge.auth) {
    std::array<char, 9> digits;
    std::snprintf(digits.data(), digits.size(), "%08x", count);
    credentials.qop = kAuth;
    credentials.count = digits.data();
    credentials.client_nonce = client_nonce;
  }
  std::string text = std::string(kScheme) + " username=" + Quote(credentials.user) + ", realm=" + Quote(credentials.realm) +
                     ", nonce=" + Quote(credentials.nonce) + ", uri=" + Quote(credentials.uri) +
                     ", response=" + Quote(Response(credentials, login.password, method)) + ", algorithm=MD5";
  if (!challenge.opaque.empty()) text += ", opaque=" + Quote(challenge.opaque);
  if (challenge.auth) text += ", qop=auth, nc=" + credentials.count + ", cnonce=" + Quote(credentials.client_nonce);
  return text;
}

std::optional<Credentials> ReadCredentials(std::string_view value) {
  auto parameters = ReadParameters(value);
  if (!parameters || !IsMd5(*parameters)) return std::nullopt;
  for (const char* name : {"username", "realm", "nonce", "uri", "response"})
    if (!parameters->contains(name)) return std::nullopt;
  return Credentials{.user = Take(*parameters, "username"),
                     .realm = Take(*parameters, "realm"),
                     .nonce = Take(*parameters, "nonce"),
                     .uri = Take(*parameters, "uri"),
                     .response = Take(*parameters, "response"),
                     .client_nonce = Take(*parameters, "cnonce"),
                     .count = Take(*parameters, "nc"),
                     .qop = Take(*parameters, "qop")};
}

bool IsRight(const Credentials& credentials, std::string_view password, std::string_view method) {
  if (!credentials.qop.empty() && !EqualIgnoringCase(credentials.qop, kAuth)) return false;
  const std::string right = Response(credentials, password, method);
  return !right.empty() && EqualIgnoringCase(credentials.response, right);
}

}  // namespace provdlab::sip
