#include "server/provisioning/tftp_files.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "server/provisioning/outcome.h"

namespace provdlab::server::provisioning {
namespace {

bool IsOctet(const tftp::Request& request) { return EqualIgnoringCase(request.mode, "octet"); }

}  // namespace

FileRequest TftpFiles::Understand(const tftp::Request& request, std::string ip) {
  FileRequest asked;
  asked.method = request.write ? "WRQ" : "RRQ";
  asked.reads = !request.write && IsOctet(request);
  if (!IsOctet(request)) asked.method += " in mode " + request.mode;
  asked.sighting.request.protocol = PhoneRequest::Protocol::kTftp;
  asked.sighting.request.file_name = request.file;
  asked.sighting.ip = std::move(ip);
  std::string_view name = request.file;
  name.remove_prefix(std::min(name.find_first_not_of('/'), name.size()));
  for (const std::string_view part : Split(name, '/')) asked.path.emplace_back(part);
  return asked;
}

tftp::Answer TftpFiles::Answer(const tftp::Asked& asked) const {
  const auto strikes = [this](FaultSwitch Faults::*fault) { return faults_ != nullptr && (faults_->*fault).Strikes(); };
  FileRequest request = Understand(asked.request, asked.peer);
  if (asked.request.write && strikes(&Faults::tftp_write_refused)) request.reads = true;
  if (!asked.request.write && !request.reads && strikes(&Faults::tftp_other_modes_refused)) request.reads = true;
  if (request.reads && asked.request.mode != "octet" && IsOctet(asked.request) && strikes(&Faults::tftp_mode_in_any_case))
    request.reads = false;
  Answered answered = phones_.Ask(request);
  if (answered.file.route == FileRoute::kNoFile && asked.request.file.find("..") != std::string::npos &&
      strikes(&Faults::tftp_outside_never_served))
    return tftp::File{.content = {0, [](std::uint64_t, std::size_t) { return std::string(); }}, .ended = {}};
  if (answered.file.route == FileRoute::kFile &&
      (strikes(&Faults::tftp_file_served) || (asked.request.file.starts_with('/') && strikes(&Faults::tftp_leading_slash))))
    answered.file.route = FileRoute::kNoFile;
  const FileRoute route = answered.file.route;
  if (route == FileRoute::kNotRead && !asked.request.write)
    return tftp::ErrorPacket{TftpErrorOf(route), "Files are sent in the mode octet only."};
  if (route != FileRoute::kFile) return tftp::ErrorPacket{TftpErrorOf(route), std::string(SentenceFor(route))};
  const PhoneFile& file = *answered.file.file;
  if (file.bytes() && strikes(&Faults::tftp_same_file)) {
    const auto longer = std::make_shared<const std::string>(*file.bytes() + "\n");
    return tftp::File{
        .content = {longer->size(), [longer](std::uint64_t offset, std::size_t most) { return longer->substr(offset, most); }},
        .ended = {}};
  }
  return tftp::File{.content = {file.size(), [file](std::uint64_t offset, std::size_t most) { return file.Read(offset, most); }},
                    .ended = [this, answered](tftp::SenderEnd end, const std::string&) {
                      if (end == tftp::SenderEnd::kWhole) phones_.Sent(answered);
                    }};
}

}  // namespace provdlab::server::provisioning
