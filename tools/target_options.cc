#include "tools/target_options.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "tools/command.h"
#include "tools/from_here.h"

namespace provdlab::tools {
namespace {

Result<std::vector<http::Header>> ReadHeaders(const std::vector<std::string>& lines) {
  std::vector<http::Header> headers;
  for (const std::string& line : lines) {
    const std::size_t colon = line.find(':');
    const std::string name(Trim(std::string_view(line).substr(0, colon)));
    if (colon == std::string::npos || name.empty() || name.find_first_of(" \t\r\n") != std::string::npos) {
      return Fail(ErrorKind::kInvalid, "--header \"" + line + "\" is not NAME:VALUE");
    }
    const bool control = std::any_of(line.begin(), line.end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
    if (control) return Fail(ErrorKind::kInvalid, "--header " + name + " has a line break or a control character in it");
    headers.push_back({name, std::string(Trim(std::string_view(line).substr(colon + 1)))});
  }
  return headers;
}

}  // namespace

void AddTargetOptions(CLI::App& command, TargetOptions& options) {
  command.add_option("--target", options.url, "URL of a running provd, with its prefix: http://HOST:PORT/provd")
      ->type_name("URL")
      ->check(RefuseEmpty, "");
  command.add_option("--header", options.headers, "NAME:VALUE, sent with every request; may be repeated")
      ->type_name("N:V")
      ->expected(1)
      ->take_all();
  command.add_option("--ca", options.ca_file, "certificates (PEM) to trust an https target by")->type_name("FILE")->check(RefuseEmpty, "");
}

Result<conformance::TargetOptions> ReadTargetOptions(const TargetOptions& options) {
  auto headers = ReadHeaders(options.headers);
  if (!headers) return Fail(headers.error());
  conformance::TargetOptions read{options.url, std::move(*headers), options.ca_file.empty() ? "" : FromHere(options.ca_file).string()};
  if (!read.ca_file.empty() && !std::filesystem::exists(read.ca_file))
    return Fail(ErrorKind::kInvalid, "--ca " + read.ca_file + " is not there");
  return read;
}

}  // namespace provdlab::tools
