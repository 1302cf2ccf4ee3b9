#pragma once
// A registrar for tests: knows some accounts, challenges, and registers who has the right password.
//
//   Registrar registrar;
//   registrar.accounts["je5qtq"] = "s3cret";
//   std::optional<sip::Message> answer = registrar.Answer(request);      // nothing if it is silent

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/sip/message.h"

namespace provdlab::phone {

struct Registrar {
  std::map<std::string, std::string> accounts{};  // user names of the authentication, and passwords
  int expires = 3600;                             // what it grants at most
  int least = 0;                                  // shorter ones get 423
  int status = 0;                                 // not 0: what everybody is answered
  bool silent = false;
  bool by_proxy = false;  // it challenges with 407
  int requests = 0;

  std::optional<sip::Message> Answer(const sip::Message& request);
};

}  // namespace provdlab::phone
