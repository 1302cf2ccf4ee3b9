#pragma once
// How each protocol says where a request led to.
//
//   HttpStatusOf(FileRoute::kNoFile);                                  // 404
//   TftpErrorOf(FileRoute::kNoFile);                                   // 1
//   SentenceFor(answered.file);                                    // "There is no such file for this phone."
//
// Pure functions; any thread. The sentences go to phones and to whoever pretends to be one: they say nothing of devices or plugins. Who may
// know more asks the admin port (explanation_report.h).

#include <string_view>

#include "base/tftp/packet.h"
#include "server/application/phone_files.h"

namespace provdlab::server::provisioning {

int HttpStatusOf(FileRoute route);
tftp::ErrorCode TftpErrorOf(FileRoute route);  // not of kFile
std::string_view SentenceFor(FileRoute route);

}  // namespace provdlab::server::provisioning
