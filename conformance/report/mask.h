#pragma once
// Takes secrets out of a record before anything is written from it, unless the user asked to keep them.
//
//   if (!keep_secrets) MaskSecrets(record);
//
// Masked with *** are: the password in a URL or in user:password@host; the fields Authorization, Proxy-Authorization, X-Auth-Token, Cookie
// and Set-Cookie; members of JSON, form fields and query parameters whose name says password, passwd, secret, token, api key, private key
// or provisioning key; the value of a configuration parameter of such a name. Credentials seen in a field are masked wherever else they
// stand. Scenarios' texts are the user's own files and stay as they are, for else they could not be replayed.
//
// The record is changed in place; no other thread may use it meanwhile.

#include <string>

#include "conformance/report/record.h"

namespace provdlab::conformance {

inline constexpr std::string_view kMask = "***";

// The same in what goes with the record, if that is not null.
void MaskSecrets(RunRecord& record, std::string* target_log = nullptr);

// The rules for a text that may hold anything: a body, a log, a command line.
std::string MaskText(std::string_view text);

}  // namespace provdlab::conformance
