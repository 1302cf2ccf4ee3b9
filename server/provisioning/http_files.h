#pragma once
// Phones' files over HTTP, as a function from request to answer, without sockets.
//
//   HttpFiles files(provd.phones(), {.trusted_proxies = 1});
//   http::Response answer = files.Answer({.method = "GET", .target = "/Aastra/00085D100001.cfg", .peer = "192.0.2.7"});
//
// GET of a file is 200, 206, 304 or 416; of a folder, or with an empty name in its path, 403; of anything else, also from a phone that
// nothing is known of, 404; another method 405, which tells of the phone all the same. Never 500. Any thread.

#include "base/clock.h"
#include "base/http/message.h"
#include "base/result.h"
#include "server/application/faults.h"
#include "server/application/phone_requests.h"

namespace provdlab::server::provisioning {

struct HttpOptions {
  int trusted_proxies = 0;       // see forwarded_for.h
  const Clock* clock = nullptr;  // null: the machine's
  Faults* faults = nullptr;      // null: it has none
};

class HttpFiles {
 public:
  // `phones` outlives it.
  HttpFiles(PhoneRequests& phones, HttpOptions options) : phones_(phones), options_(options) {}

  http::Response Answer(const http::Request& request) const;

  // What the request asks for. kInvalid: who asks can't be told.
  Result<FileRequest> Understand(const http::Request& request) const;
  // The same without a look at X-Forwarded-For.
  static FileRequest AsItCame(const http::Request& request);

 private:
  http::Response Send(const http::Request& request, const Answered& answered) const;

  PhoneRequests& phones_;
  const HttpOptions options_;
};

}  // namespace provdlab::server::provisioning
