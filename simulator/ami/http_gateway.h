#pragma once
// The same exchange behind HTTP, as wazo has it: POST …/1.0/action/PJSIPNotify with the fields of the manager interface, as a form or as
// JSON.
//
//   HttpGateway gateway({.port = 0}, switchboard);
//   auto port = gateway.Start();
//   // curl -d 'Variable=Event%3Dcheck-sync' -d 'Endpoint=alice' http://127.0.0.1:PORT/1.0/action/PJSIPNotify
//
// A field that is there several times is a list in JSON. The answer is 200 with [{"Response": "Success" or "Error", "Message": …}] once it
// is known how it went; 400 for a body that can't be read, 401 without the token that was asked for, 404 for other paths, 405 for other
// methods. All methods may be called from any thread.

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "simulator/ami/switchboard.h"

namespace provdlab::ami {

struct HttpGatewayOptions {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 0;  // 0: a free one
  std::string token = {};  // that X-Auth-Token must have; empty: nobody asks for one
  int most_at_once = 16;   // notifications under way; further requests wait
};

class HttpGateway {
 public:
  // The switchboard belongs to the caller and outlives this.
  HttpGateway(HttpGatewayOptions options, Switchboard& switchboard);
  ~HttpGateway();  // stops
  HttpGateway(const HttpGateway&) = delete;
  HttpGateway& operator=(const HttpGateway&) = delete;

  Result<std::uint16_t> Start();
  void Stop();  // what is under way is cancelled
  std::uint16_t port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace provdlab::ami
