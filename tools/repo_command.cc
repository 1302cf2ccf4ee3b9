// provdlab repo: a plugin repository, until it is told to end.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/http/message.h"
#include "base/json.h"
#include "simulator/repository/admin.h"
#include "simulator/repository/repository.h"
#include "tools/command.h"
#include "tools/ending_signals.h"
#include "tools/from_here.h"

namespace provdlab::tools {
namespace {

constexpr int kUsage = 2;
constexpr int kCouldNot = 3;

struct RepoOptions {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 0;
  std::uint16_t admin_port = 0;
  std::string directory;
  bool documented_list = false;
  std::vector<std::string> faults;
  std::string journal;
  std::uint64_t seed = 1;
};

constexpr char kExamples[] = R"(Examples:
  provdlab repo                                   our packages, on free ports, which are printed
  provdlab repo --port 8080 --dir ./plugins       packages of yours; plugins.db is made from them
  provdlab repo --fault '{"target": "plugins.db", "do": {"status": 404}, "request": 2}'
                                                  the second request for plugins.db is answered with 404
  provdlab repo --fault '{"target": "*", "do": {"bandwidth": 20000}}'
                                                  20 kB a second, whatever is asked for
Standard output says where it listens, one line each, before the first request can be answered:
  repository http://127.0.0.1:38211
  admin http://127.0.0.1:41755/v1
A running one is told to misbehave, mints packages and shows its journal over the admin port: docs/repository.md.
SIGTERM and SIGINT end it. Exit codes: 0 ended as asked, 2 usage, 3 could not listen or read the folder.)";

// Adds what --fault asks for, or says what is wrong with it.
Result<> AddFault(repository::Repository& repository, const std::string& text) {
  const auto add = [&]() -> Result<int> {
    const Result<Json> json = ParseJson(text);
    if (!json) return Fail(json.error());
    const Result<repository::Fault> fault = repository::FaultFromJson(*json);
    if (!fault) return Fail(fault.error());
    return repository.AddFault(*fault);
  };
  if (const Result<int> added = add(); !added) return Fail(ErrorKind::kInvalid, "--fault '" + text + "': " + added.error().message);
  return {};
}

int Serve(const RepoOptions& options) {
  const EndingSignals signals;

  // Outlives the repository, whose threads write to it.
  std::mutex journal_mutex;
  std::ofstream journal;
  repository::Options serving{.bind = options.bind, .port = options.port, .documented_list = options.documented_list, .seed = options.seed};
  if (!options.directory.empty()) serving.directory = FromHere(options.directory);
  if (!options.journal.empty()) {
    journal.open(FromHere(options.journal));
    if (!journal) {
      Complain("the journal " + options.journal + " can't be written", "the folder must exist: mkdir -p");
      return kCouldNot;
    }
    serving.on_request = [&](const Json& entry) {
      const std::scoped_lock lock(journal_mutex);
      journal << DumpJson(entry) << "\n" << std::flush;
    };
  }

  constexpr char kLeftOut[] = "it is left out; all else is served";
  serving.on_problem = [&](const std::string& problem) { Complain(problem, kLeftOut); };
  repository::Repository repository(std::move(serving));
  for (const std::string& fault : options.faults) {
    if (const Result<> added = AddFault(repository, fault); !added) {
      Complain(added.error().message, R"(such as --fault '{"target": "plugins.db", "do": {"status": 404}}'; docs/repository.md has all)");
      return kUsage;
    }
  }
  const Result<std::uint16_t> port = repository.Start();
  if (!port) {
    Complain(port.error().message, port.error().kind == ErrorKind::kUnavailable ? "a free port: --port 0" : "");
    return kCouldNot;
  }
  for (const std::string& problem : repository.problems()) Complain(problem, kLeftOut);

  // Whoever reaches the admin port controls the repository: it stays on this machine.
  repository::RepositoryAdmin admin(repository, {.port = options.admin_port});
  const Result<std::uint16_t> admin_port = admin.Start();
  if (!admin_port) {
    Complain(admin_port.error().message, "a free port: --admin-port 0");
    return kCouldNot;
  }
  std::cout << "repository " << http::HttpOrigin(options.bind, *port) << "\nadmin " << http::HttpOrigin("127.0.0.1", *admin_port) << "/v1\n"
            << std::flush;

  signals.Wait();
  admin.Stop();
  repository.Stop();
  return 0;
}

}  // namespace

void AddRepoCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RepoOptions>();
  CLI::App* command = app.add_subcommand("repo", "a plugin repository, which misbehaves on command");
  command->add_option("--bind", options->bind, "address to listen on")->type_name("ADDR")->capture_default_str();
  command->add_option("--port", options->port, "port of the repository, 0 for a free one")->type_name("N")->capture_default_str();
  command->add_option("--admin-port", options->admin_port, "port of its control, on 127.0.0.1, 0 for a free one")
      ->type_name("N")
      ->capture_default_str();
  CLI::Option* directory =
      command->add_option("--dir", options->directory, "serve the *.tar.bz2 of this folder, and its files/, instead of ours")
          ->type_name("DIR")
          ->check(RefuseEmpty, "");
  command->add_flag("--documented-list", options->documented_list, "serve the manual's plugins.db to the letter")->excludes(directory);
  command->add_option("--fault", options->faults, "misbehave from the start; may be repeated")->type_name("JSON")->allow_extra_args(false);
  command->add_option("--journal", options->journal, "write a line of JSON for each request to this file")->type_name("FILE");
  command->add_option("--seed", options->seed, "of the noise that pads packages")->type_name("N")->capture_default_str();
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = Serve(*options); });
}

}  // namespace provdlab::tools
