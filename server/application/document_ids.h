#pragma once
// The ids that the server gives to documents.
//
//   std::string id = NewDocumentId();   // "9f86d081884c7d659a2feaa0c55ad015"
//
// 128 random bits in hexadecimal: none comes twice, not even after a restart. Any thread.

#include <string>

namespace provdlab::server {

std::string NewDocumentId();

}  // namespace provdlab::server
