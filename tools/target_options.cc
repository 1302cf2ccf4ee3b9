#include "tools/target_options.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/files.h"
#include "base/text.h"
#include "conformance/runner/probe.h"
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
  command.add_option("--dialect", options.dialect, "xivo, or wazo with tokens and tenants; found out unless given")
      ->check(CLI::IsMember({"xivo", "wazo"}));
  command.add_option("--tokens", options.tokens, "tenants and their tokens, for the dialect wazo (docs/dialects.md)")
      ->type_name("FILE")
      ->check(RefuseEmpty, "");
  command.add_option("--ca", options.ca_file, "certificates (PEM) to trust an https target by")->type_name("FILE")->check(RefuseEmpty, "");
}

Result<conformance::TargetOptions> ReadTargetOptions(const TargetOptions& options) {
  auto headers = ReadHeaders(options.headers);
  if (!headers) return Fail(headers.error());
  conformance::TargetOptions read{options.url, std::move(*headers), options.ca_file.empty() ? "" : FromHere(options.ca_file).string()};
  if (!read.ca_file.empty() && !std::filesystem::exists(read.ca_file))
    return Fail(ErrorKind::kInvalid, "--ca " + read.ca_file + " is not there");
  if (!options.dialect.empty()) read.dialect = options.dialect;
  if (options.tokens.empty()) return read;
  const auto text = ReadFile(FromHere(options.tokens));
  if (!text) return Fail(ErrorKind::kInvalid, "--tokens: " + text.error().message);
  const auto table = tokens::TokenTable::Read(*text);
  if (!table) return Fail(ErrorKind::kInvalid, "--tokens " + options.tokens + ": " + table.error().message);
  UseTokens(*table, read);
  return read;
}

Result<conformance::Target> MakeTarget(const TargetOptions& written, conformance::TargetOptions& read) {
  auto target = conformance::Target::Make(read);
  if (!target || !written.dialect.empty()) return target;
  read.dialect = conformance::ProbeDialect(*target);
  return conformance::Target::Make(read);
}

Result<conformance::Target> OpenTarget(const TargetOptions& options, bool read_only) {
  auto read = ReadTargetOptions(options);
  if (!read) return Fail(read.error());
  read->read_only = read_only;
  return MakeTarget(options, *read);
}

// The first two tenants below the master are owner and sibling; the first that has no parent besides it is the stranger.
void UseTokens(const tokens::TokenTable& table, conformance::TargetOptions& options) {
  const tokens::Tenant& master = table.master();
  const std::string* const main = table.TokenOf(master.uuid);
  if (main != nullptr) {
    options.headers.push_back({"X-Auth-Token", *main});
    options.askers["parent"] = {*main, master.uuid};
  }
  for (const tokens::Tenant& tenant : table.tenants()) {
    const std::string* const own = table.TokenOf(tenant.uuid);
    const std::string* const token = own != nullptr ? own : table.Covers(master.uuid, tenant.uuid) ? main : nullptr;
    if (token == nullptr) continue;
    if (tenant.parent == master.uuid)
      options.askers.try_emplace(options.askers.contains("owner") ? "sibling" : "owner", conformance::Asker{*token, tenant.uuid});
    else if (tenant.parent.empty() && tenant.uuid != master.uuid)
      options.askers.try_emplace("stranger", conformance::Asker{*token, tenant.uuid});
  }
}

}  // namespace provdlab::tools
