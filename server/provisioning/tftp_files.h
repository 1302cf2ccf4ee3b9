#pragma once
// Phones' files over TFTP, as a function from request to answer, without sockets.
//
//   TftpFiles files(provd.phones());
//   tftp::Server server({.port = 69}, [&](const tftp::Asked& asked) { return files.Answer(asked); });
//
// A slash at the beginning of a name is the phone's way of writing: for the file it means nothing, for the plugins' rules it is there.
// Writing, and modes other than octet, are refused with error 0, and tell of the phone all the same. Any thread.

#include <string>

#include "base/tftp/packet.h"
#include "base/tftp/server.h"
#include "server/application/faults.h"
#include "server/application/phone_requests.h"

namespace provdlab::server::provisioning {

class TftpFiles {
 public:
  // `phones` and `faults` outlive it, and what it has answered. Without `faults` nothing goes wrong on purpose.
  explicit TftpFiles(PhoneRequests& phones, Faults* faults = nullptr) : phones_(phones), faults_(faults) {}

  tftp::Answer Answer(const tftp::Asked& asked) const;
  static FileRequest Understand(const tftp::Request& request, std::string ip);

 private:
  PhoneRequests& phones_;
  Faults* faults_;
};

}  // namespace provdlab::server::provisioning
