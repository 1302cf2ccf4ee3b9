#pragma once
// A file, or a part of it, as the body of an answer: read piece by piece while it is sent, so that a slow phone costs one piece of memory
// whatever the size of the file.
//
//   response.declared_length = length;
//   response.source = std::make_shared<FileBody>(file, offset, length);
//
// One thread at a time. The file is open as long as the body lives.

#include <cstdint>
#include <functional>

#include "base/http/message.h"
#include "server/application/phone_files.h"

namespace provdlab::server::provisioning {

class FileBody : public http::BodySource {
 public:
  FileBody(PhoneFile file, std::uint64_t offset, std::uint64_t length) : file_(std::move(file)), offset_(offset), left_(length) {}
  // A file that can't be read any more cuts the body off, so that the phone notices.
  void Next(std::function<void(Piece)> ready) override;

 private:
  const PhoneFile file_;
  std::uint64_t offset_;
  std::uint64_t left_;
};

}  // namespace provdlab::server::provisioning
