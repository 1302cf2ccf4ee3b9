#pragma once
// Digest authentication (RFC 2617, MD5 with and without qop=auth), for both sides.
//
//   std::string header = sip::Authorization(challenge, {.user = "je5qtq", .password = "s3cret"}, "REGISTER", "sip:192.0.2.20", cnonce, 1);
//   bool right = sip::IsRight(*credentials, "s3cret", "REGISTER");
//
// Pure; any thread.

#include <optional>
#include <string>
#include <string_view>

namespace provdlab::sip {

struct Challenge {
  std::string realm, nonce, opaque{};
  bool auth = false;         // qop=auth is offered
  bool stale = false;        // the password was right, only the nonce had ended
  std::string Text() const;  // the value of WWW-Authenticate
  friend bool operator==(const Challenge&, const Challenge&) = default;
};
// Nullopt if it is no Digest challenge, has no realm or nonce, or asks for what is not offered here (another algorithm, auth-int alone).
std::optional<Challenge> ReadChallenge(std::string_view value);

struct Login {
  std::string user, password;
};

// The value of Authorization. `count` of the uses of this nonce, from 1.
std::string Authorization(const Challenge& challenge, const Login& login, std::string_view method, std::string_view uri,
                          std::string_view client_nonce, unsigned count);

struct Credentials {
  std::string user, realm, nonce, uri, response;
  std::string client_nonce{}, count{}, qop{};  // empty without qop
  friend bool operator==(const Credentials&, const Credentials&) = default;
};
// Nullopt if they are no Digest credentials, lack one of the first five, say something twice, or are of another algorithm.
std::optional<Credentials> ReadCredentials(std::string_view value);
bool IsRight(const Credentials& credentials, std::string_view password, std::string_view method);

}  // namespace provdlab::sip
