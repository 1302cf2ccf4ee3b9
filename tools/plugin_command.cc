// provdlab plugin: what somebody who writes a plugin wants to know, without a server.

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "server/plugins/catalogue.h"
#include "server/plugins/extraction.h"
#include "server/plugins/manifest.h"
#include "server/plugins/phone_support.h"
#include "simulator/repository/embedded_fixtures.h"
#include "simulator/repository/package.h"
#include "tools/command.h"
#include "tools/from_here.h"

namespace provdlab::tools {
namespace {

namespace fs = std::filesystem;
using server::PhoneRequest;

constexpr int kNo = 1, kUsage = 2, kCouldNot = 3;

struct PluginOptions {
  std::string folder, id;
  std::string out;                     // render, pack
  std::string device, config;          // render: JSON or files
  std::vector<std::string> installed;  // render
  bool common = false;                 // render
  bool has_user_agent = false;         // identify
  std::string user_agent, path, tftp, option_60, mac;
};

constexpr char kFooter[] =
    R"(FOLDER has plugin-info, manifest.json and templates as docs/packages.md describes them, and in files/ what its packages download.
Examples:
  provdlab plugin check my-plugin
  provdlab plugin identify my-plugin --user-agent 'Acme X1 00-aa-55-00-00-01 1.0' --path /Acme/00aa55000001.cfg
  provdlab plugin render my-plugin --device '{"mac": "00:aa:55:00:00:01", "model": "X1"}' --config config.json
  provdlab plugin pack my-plugin --out repository && provdlab repo --dir repository
Exit codes: 0 yes, 1 no (mistakes, not recognised, can't be configured), 2 usage, 3 could not be done.)";

// The plugin as a server would unpack it: built into a package and taken apart again, so that what is said of it holds for the package.
struct Unpacked {
  repository::Package package;
  TemporaryDirectory directory;
  fs::path folder() const { return directory.path() / "unpacked" / package.id; }
};

std::string IdOf(const PluginOptions& options) {
  if (!options.id.empty()) return options.id;
  const fs::path folder = fs::weakly_canonical(FromHere(options.folder));
  return folder.filename().string();
}

Result<Unpacked> Make(const PluginOptions& options) {
  const std::string id = IdOf(options);
  if (!server::IsAllowedId(id))
    return Fail(ErrorKind::kInvalid, "'" + id + "' can't be a plugin's id, which is its folder's name unless --id says another one: " +
                                         "letters, digits and -._~:@+ can stand in it");
  auto package = repository::BuildFolder(FromHere(options.folder), id, repository::EmbeddedFixtures().entry_point());
  if (!package) return Fail(package.error());
  auto directory = TemporaryDirectory::Make();
  if (!directory) return Fail(directory.error());
  Unpacked unpacked{std::move(*package), std::move(*directory)};
  const fs::path archive = unpacked.directory.path() / "archive", into = unpacked.directory.path() / "unpacked";
  std::ofstream(archive, std::ios::binary) << *unpacked.package.archive;
  if (auto made = MakeFolders(into); !made) return Fail(made.error());
  if (auto taken = server::Unpack(archive, into, id, {}); !taken)
    return Fail(ErrorKind::kInvalid, "a server would not take its package: " + taken.error().error.message);
  return unpacked;
}

int Refuse(const Error& error) {
  Complain(error.message);
  return error.kind == ErrorKind::kInternal ? kCouldNot : error.kind == ErrorKind::kNotFound ? kUsage : kNo;
}

// Whether there are none; they are printed.
bool HasNoMistakes(const Unpacked& unpacked) {
  const std::vector<std::string> mistakes = server::MistakesIn(unpacked.folder());
  if (mistakes.empty()) return true;
  std::cerr << "the plugin '" << unpacked.package.id << "' can't be loaded:\n";
  for (std::size_t index = 0; index < mistakes.size(); ++index) std::cerr << "  " << index + 1 << ". " << mistakes[index] << "\n";
  return false;
}

Result<server::Manifest> Load(const Unpacked& unpacked) {
  auto info = server::ReadPluginInfo(unpacked.folder());
  if (!info) return Fail(info.error());
  return server::ReadManifest(unpacked.folder(), *info);
}

std::string Counted(std::size_t number, const char* thing) { return std::to_string(number) + " " + thing + (number == 1 ? "" : "s"); }

int Check(const PluginOptions& options) {
  const auto unpacked = Make(options);
  if (!unpacked) return Refuse(unpacked.error());
  if (!HasNoMistakes(*unpacked)) return kNo;
  const auto manifest = Load(*unpacked);
  if (!manifest) return Refuse(manifest.error());
  std::cout << unpacked->package.id << " " << unpacked->package.version << ": no mistakes; "
            << Counted(manifest->parameters ? manifest->parameters->size() : 0, "parameter") << ", "
            << Counted(manifest->packages ? manifest->packages->size() : 0, "package") << ", "
            << (manifest->phones ? "phones" : "no phones") << ", " << unpacked->package.archive->size() << " bytes\n";
  return 0;
}

// JSON, or a file with JSON.
Result<Json> JsonOrFile(const std::string& name, const std::string& text) {
  const bool is_json = Trim(text).starts_with('{');
  auto content = is_json ? Result<std::string>(text) : ReadFile(FromHere(text));
  if (!content) return Fail(ErrorKind::kNotFound, name + ": " + content.error().message);
  auto json = ParseJson(*content);
  if (!json) return Fail(ErrorKind::kNotFound, name + " is not JSON: " + json.error().message);
  if (!json->is_object()) return Fail(ErrorKind::kNotFound, name + " is not a JSON object");
  return json;
}

// What a server adds to every raw config, unless the given one says otherwise.
Json WithBase(Json raw_config) {
  if (raw_config.contains("raw_config") && raw_config.at("raw_config").is_object()) raw_config = raw_config.at("raw_config");
  Json all = {{"ip", "192.0.2.10"}, {"http_port", 8667}, {"tftp_port", 69}};
  all.update(raw_config);
  return all;
}

Result<> WriteAll(const std::vector<server::RenderedFile>& files, const fs::path& out) {
  for (const server::RenderedFile& file : files) {
    if (auto made = MakeFolders((out / file.path).parent_path()); !made) return made;
    if (auto written = WriteFileAtomically(out / file.path, file.bytes); !written) return written;
    std::cout << file.path << "\n";
  }
  return {};
}

int Render(const PluginOptions& options) {
  if (options.common == !options.device.empty()) {
    Complain("render needs either --device or --common");
    return kUsage;
  }
  const auto device = options.common ? Result<Json>(Json::object()) : JsonOrFile("--device", options.device);
  const auto config = options.config.empty() ? Result<Json>(Json::object()) : JsonOrFile("--config", options.config);
  for (const auto* given : {&device, &config})
    if (!*given) return Refuse(given->error());
  server::InstalledPackages installed;
  for (const std::string& each : options.installed)
    installed[each.substr(0, each.find('='))] = each.find('=') == std::string::npos ? "1.0" : each.substr(each.find('=') + 1);
  const auto unpacked = Make(options);
  if (!unpacked) return Refuse(unpacked.error());
  if (!HasNoMistakes(*unpacked)) return kNo;
  const auto manifest = Load(*unpacked);
  if (!manifest) return Refuse(manifest.error());
  if (!manifest->phones) return Refuse({ErrorKind::kInvalid, "the plugin knows no phones: its manifest has no phones", {}});
  const auto files = options.common ? manifest->phones->ConfigureCommon(WithBase(*config), installed)
                                    : manifest->phones->Configure(*device, WithBase(*config), installed);
  if (!files)
    return Refuse({ErrorKind::kInvalid,
                   std::string(options.common ? "the files can't be made: " : "the device can't be configured: ") + files.error().message,
                   {}});
  if (!options.out.empty()) {
    const auto written = WriteAll(*files, FromHere(options.out));
    return written ? 0 : Refuse(written.error());
  }
  for (const server::RenderedFile& file : *files) {
    if (files->size() > 1) std::cout << "==> " << file.path << " <==\n";
    std::cout << file.bytes;
    if (files->size() > 1 && !file.bytes.ends_with('\n')) std::cout << "\n";
  }
  return 0;
}

// \xHH stands for a byte that can't be typed.
std::string Unescaped(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto is_digit = [&](std::size_t offset) {
      return at + offset < text.size() && std::isxdigit(static_cast<unsigned char>(text[at + offset])) != 0;
    };
    if (text.substr(at).starts_with("\\x") && is_digit(2) && is_digit(3)) {
      bytes += static_cast<char>(std::stoi(std::string(text.substr(at + 2, 2)), nullptr, 16));
      at += 3;
    } else {
      bytes += text[at];
    }
  }
  return bytes;
}

Result<PhoneRequest> RequestOf(const PluginOptions& options) {
  const bool http = options.has_user_agent || !options.path.empty(), tftp = !options.tftp.empty();
  const bool dhcp = !options.option_60.empty() || !options.mac.empty();
  if (http + tftp + dhcp != 1)
    return Fail(ErrorKind::kNotFound, "identify needs one request: --user-agent and --path, or --tftp, or --option-60 and --mac");
  PhoneRequest request;
  if (http) {
    request.user_agent = Unescaped(options.user_agent);
    request.path = options.path.empty() ? "/" : options.path;
  } else if (tftp) {
    request.protocol = PhoneRequest::Protocol::kTftp;
    request.file_name = options.tftp;
  } else {
    request.protocol = PhoneRequest::Protocol::kDhcp;
    if (!options.option_60.empty()) request.options[60] = Unescaped(options.option_60);
    const auto mac = server::NormalMac(options.mac);
    if (!options.mac.empty() && !mac)
      return Fail(ErrorKind::kNotFound, "--mac: '" + options.mac + "' is not a MAC such as 00:08:5d:23:74:29");
    request.mac = mac.value_or("");
  }
  return request;
}

std::string ScoreName(int score) {
  const std::pair<int, const char*> names[] = {
      {server::kScoreExact, "exact"},       {server::kScoreComplete, "complete"}, {server::kScoreIncomplete, "incomplete"},
      {server::kScoreProbable, "probable"}, {server::kScoreUnknown, "unknown"},   {server::kScoreImprobable, "improbable"},
      {server::kScoreNone, "none"}};
  const auto* named = std::find_if(std::begin(names), std::end(names), [&](const auto& each) { return each.first == score; });
  const std::string text = std::to_string(score) + (named != std::end(names) ? std::string(" (") + named->second + ")" : "");
  return text + (score < server::kScoreProbable ? ", too little for a plugin to be chosen" : "");
}

int Identify(const PluginOptions& options) {
  const auto request = RequestOf(options);
  if (!request) return Refuse(request.error());
  const auto unpacked = Make(options);
  if (!unpacked) return Refuse(unpacked.error());
  if (!HasNoMistakes(*unpacked)) return kNo;
  const auto manifest = Load(*unpacked);
  if (!manifest) return Refuse(manifest.error());
  const auto identity = manifest->phones ? manifest->phones->Identify(*request) : std::nullopt;
  if (!identity) {
    std::cout << "nothing is recognised\n";
    return kNo;
  }
  for (const auto& [name, member] : server::Identity::kMembers)
    if ((*identity).*member) std::cout << name << std::string(10 - name.size(), ' ') << *((*identity).*member) << "\n";
  std::cout << "score     " << ScoreName(manifest->phones->Score(*identity)) << "\n";
  return 0;
}

int Pack(const PluginOptions& options) {
  const auto unpacked = Make(options);
  if (!unpacked) return Refuse(unpacked.error());
  if (!HasNoMistakes(*unpacked)) return kNo;
  const repository::Package& package = unpacked->package;
  const fs::path out = options.out.empty() ? FromHere(".") : FromHere(options.out), files = out / "files" / package.id;
  if (auto made = MakeFolders(out); !made) return Refuse(made.error());
  if (auto written = WriteFileAtomically(out / package.file, *package.archive); !written) return Refuse(written.error());
  for (const auto& [name, bytes] : package.files) {
    if (auto made = MakeFolders((files / name).parent_path()); !made) return Refuse(made.error());
    if (auto written = WriteFileAtomically(files / name, *bytes); !written) return Refuse(written.error());
  }
  std::error_code problem;
  if (const fs::path own = FromHere(options.folder) / "files"; fs::is_directory(own, problem) && !fs::equivalent(own, files, problem)) {
    if (auto made = MakeFolders(files); !made) return Refuse(made.error());
    problem.clear();
    fs::copy(own, files, fs::copy_options::recursive | fs::copy_options::overwrite_existing, problem);
    if (problem) return Refuse({ErrorKind::kInternal, "the files can't be copied to " + files.string() + ": " + problem.message(), {}});
  }
  std::cout << package.file << " " << package.archive->size() << " bytes, sha1sum " << package.entry.value("sha1sum", "") << "\n";
  return 0;
}

}  // namespace

void AddPluginCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<PluginOptions>();
  CLI::App* command = app.add_subcommand("plugin", "check, try and pack a plugin that you write");
  command->require_subcommand(1);
  command->footer(kFooter);
  const auto add = [&](const char* name, const char* about, int (*run)(const PluginOptions&)) {
    CLI::App* sub = command->add_subcommand(name, about);
    sub->add_option("FOLDER", options->folder, "the plugin's folder")->required()->check(RefuseEmpty, "");
    sub->add_option("--id", options->id, "the plugin's id, if it is not the folder's name")->type_name("ID")->check(RefuseEmpty, "");
    sub->callback([options, run, &exit_code] { exit_code = run(*options); });
    sub->footer(kFooter);
    return sub;
  };
  add("check", "say all that is wrong with it", Check);

  CLI::App* render = add("render", "print the files that a phone would get, or why it gets none", Render);
  render->add_option("--device", options->device, "the device, as JSON or in a file")->type_name("JSON|FILE")->check(RefuseEmpty, "");
  render->add_option("--config", options->config, "its raw config, as JSON or in a file; ip, http_port and tftp_port are there already")
      ->type_name("JSON|FILE")
      ->check(RefuseEmpty, "");
  render->add_flag("--common", options->common, "the files that all phones share, instead of those of a device");
  render->add_option("--installed", options->installed, "one of the plugin's packages that is installed; may be repeated")
      ->type_name("ID[=VERSION]")
      ->allow_extra_args(false)
      ->check(RefuseEmpty, "");
  render->add_option("--out", options->out, "write the files below this folder")->type_name("DIR")->check(RefuseEmpty, "");

  CLI::App* identify = add("identify", "say what it recognises in a request, and how well it suits", Identify);
  CLI::Option* user_agent =
      identify->add_option("--user-agent", options->user_agent, "of an HTTP request; \\xHH is a byte, empty is none")->type_name("TEXT");
  identify->add_option("--path", options->path, "of an HTTP request, decoded and with its first /")
      ->type_name("PATH")
      ->check(RefuseEmpty, "");
  identify->add_option("--tftp", options->tftp, "the name that a TFTP request asks for")->type_name("NAME")->check(RefuseEmpty, "");
  identify->add_option("--option-60", options->option_60, "the vendor class of a DHCP commit; \\xHH is a byte")
      ->type_name("TEXT")
      ->check(RefuseEmpty, "");
  identify->add_option("--mac", options->mac, "of a DHCP commit")->type_name("MAC")->check(RefuseEmpty, "");
  identify->callback([options, user_agent, &exit_code] {
    options->has_user_agent = user_agent->count() > 0;
    exit_code = Identify(*options);
  });

  CLI::App* pack = add("pack", "make its package, the same bytes everywhere, and files/ beside it", Pack);
  pack->add_option("--out", options->out, "write them to this folder instead of here")->type_name("DIR")->check(RefuseEmpty, "");
}

}  // namespace provdlab::tools
