#pragma once
// The phones' side of the reference server on its sockets: files over HTTP and over TFTP.
//
//   PhoneServer server({.http_port = 0, .tftp_port = 0});
//   if (auto bound = server.Bind(); !bound) return Complain(bound.error().message);
//   auto provd = Provd::Open({.base_raw_config = {{"ip", "127.0.0.1"}, {"http_port", server.http_port()}, {"tftp_port",
//   server.tftp_port()}}}); server.Start((*provd)->phones());
//
// The ports are taken before there is anything to answer with, because what phones are told has them in it. Threads of its own answer: a
// storm of phones, or a disk that is slow to give a file, leaves those of REST alone. The destructor stops it. One thread calls its
// methods.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/http/message.h"
#include "base/result.h"
#include "server/application/faults.h"
#include "server/application/phone_requests.h"

namespace provdlab::server::provisioning {

struct PhoneServerOptions {
  std::string bind = "127.0.0.1";                               // an IPv4 address
  std::optional<std::uint16_t> http_port = {}, tftp_port = {};  // 0: a free one; none: nothing listens there
  int trusted_proxies = 0;                                      // see forwarded_for.h
  std::function<void(const std::string&)> log = {};             // one line for each answer; empty: none
  // Stands between phones and their answers over HTTP: answers, most often by calling the second argument. Empty: nobody does.
  std::function<http::Response(const http::Request&, const std::function<http::Response(const http::Request&)>&)> through = {};
  Faults* faults = nullptr;  // those of TFTP; outlives the server. Null: nothing goes wrong on purpose
};

class PhoneServer {
 public:
  explicit PhoneServer(PhoneServerOptions options);
  ~PhoneServer();
  PhoneServer(const PhoneServer&) = delete;
  PhoneServer& operator=(const PhoneServer&) = delete;

  // kUnavailable names the address that can't be had.
  Result<> Bind();
  // Binds, and answers from now on. `phones` must live until Stop.
  Result<> Start(PhoneRequests& phones);
  // Answers under way may finish for half a second. Idempotent.
  void Stop();

  std::uint16_t http_port() const;  // 0 without one
  std::uint16_t tftp_port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace provdlab::server::provisioning
