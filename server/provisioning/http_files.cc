#include "server/provisioning/http_files.h"

#include <memory>
#include <string>
#include <utility>

#include "base/http/byte_range.h"
#include "base/http/date.h"
#include "base/text.h"
#include "server/provisioning/file_body.h"
#include "server/provisioning/forwarded_faults.h"
#include "server/provisioning/forwarded_for.h"
#include "server/provisioning/outcome.h"

namespace provdlab::server::provisioning {
namespace {

constexpr const char* kGet = "GET";

http::Response Sentence(int status, std::string sentence) {
  return {.status = status, .headers = {{"Content-Type", "text/plain"}}, .body = std::move(sentence)};
}

// Whether what the phone has, by the date that it names, is what it would get. If the file was made twice in that second, it may be the
// older of the two.
bool IsUnmodified(const http::Request& request, Configured made, std::chrono::sys_seconds now) {
  const auto field = request.headers.Get("If-Modified-Since");
  if (!field || request.headers.Has("If-None-Match")) return false;
  const auto since = http::ParseHttpDate(*field, now);
  return since && (*since > made.at || (*since == made.at && !made.again));
}

// Whether a range of the file fits what the phone has of it already.
bool MayContinue(const http::Request& request, Configured made, std::chrono::sys_seconds now) {
  const auto field = request.headers.Get("If-Range");
  return !field || (http::ParseHttpDate(*field, now) == made.at && !made.again);
}

}  // namespace

FileRequest HttpFiles::AsItCame(const http::Request& request) {
  FileRequest asked;
  asked.method = request.method;
  asked.reads = request.method == kGet;
  std::string_view path = request.raw_path();
  if (path.starts_with('/')) path.remove_prefix(1);
  // Part by part, so that an encoded slash is not taken for one that separates parts. What is not encoded rightly stands for itself.
  for (const std::string_view part : Split(path, '/')) asked.path.push_back(http::PercentDecode(part).value_or(std::string(part)));
  PhoneRequest& seen = asked.sighting.request;
  seen.protocol = PhoneRequest::Protocol::kHttp;
  seen.path = "/" + Join(asked.path, "/");
  seen.user_agent = request.headers.Get("User-Agent").value_or("");
  asked.sighting.ip = request.peer;
  return asked;
}

Result<FileRequest> HttpFiles::Understand(const http::Request& request) const {
  auto address = options_.faults != nullptr ? FaultyPhoneAddress(request, options_.trusted_proxies, *options_.faults)
                                            : PhoneAddress(request, options_.trusted_proxies);
  if (!address) return Fail(address.error());
  FileRequest asked = AsItCame(request);
  asked.sighting.ip = std::move(*address);
  if (asked.sighting.ip != request.peer) asked.peer = request.peer;
  return asked;
}

http::Response HttpFiles::Answer(const http::Request& request) const {
  const auto asked = Understand(request);
  if (!asked) {
    phones_.Refuse(AsItCame(request), asked.error().message);
    return Sentence(HttpStatusOf(FileRoute::kNotUnderstood), asked.error().message);
  }
  if (!asked->reads && options_.faults != nullptr && options_.faults->refused_methods_identify.Strikes())
    return Sentence(HttpStatusOf(FileRoute::kNotRead), std::string(SentenceFor(FileRoute::kNotRead)));
  const Answered answered = phones_.Ask(*asked);
  const FileRoute route = answered.file.route;
  if (route == FileRoute::kFile) return Send(request, answered);
  http::Response response = Sentence(HttpStatusOf(route), std::string(SentenceFor(route)));
  if (route == FileRoute::kNotRead) response.headers.Add("Allow", kGet);
  return response;
}

http::Response HttpFiles::Send(const http::Request& request, const Answered& answered) const {
  const PhoneFile& file = *answered.file.file;
  const Clock& clock = options_.clock != nullptr ? *options_.clock : SystemClock::Get();
  const auto now = std::chrono::floor<std::chrono::seconds>(clock.Wall());
  http::Response response;
  response.headers.Add("Content-Type", "application/octet-stream");
  response.headers.Add("Accept-Ranges", "bytes");
  response.headers.Add("Last-Modified", http::HttpDate(file.made().at));
  if (IsUnmodified(request, file.made(), now)) {
    response.status = 304;
    return response;
  }
  http::RangeAnswer range;
  if (const auto field = request.headers.Get("Range"); field && MayContinue(request, file.made(), now))
    range = http::ReadRange(*field, file.size());
  if (range.kind == http::RangeAnswer::Kind::kNowhere) {
    response = Sentence(416, "The file has " + std::to_string(file.size()) + " bytes.");
    response.headers.Add("Content-Range", "bytes */" + std::to_string(file.size()));
    return response;
  }
  const bool whole = range.kind == http::RangeAnswer::Kind::kWhole;
  if (whole) range = {range.kind, 0, file.size()};
  if (!whole) {
    response.status = 206;
    response.headers.Add("Content-Range", "bytes " + std::to_string(range.offset) + "-" + std::to_string(range.offset + range.length - 1) +
                                              "/" + std::to_string(file.size()));
  }
  if (file.bytes()) {
    response.body = file.bytes()->substr(static_cast<std::size_t>(range.offset), static_cast<std::size_t>(range.length));
  } else {
    response.declared_length = range.length;
    response.source = std::make_shared<FileBody>(file, range.offset, range.length);
  }
  // Before the bytes leave, so that whoever sees that the phone has its file sees it in the device as well.
  if (whole) phones_.Sent(answered);
  return response;
}

}  // namespace provdlab::server::provisioning
