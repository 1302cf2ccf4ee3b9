// provdlab registrar: a SIP registrar that says which phone has the right password, and the exchange that tells phones for a provd, until
// it is told to end.

#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/admin/server.h"
#include "base/http/message.h"
#include "base/json.h"
#include "simulator/ami/ami.h"
#include "simulator/ami/delivery.h"
#include "simulator/ami/http_gateway.h"
#include "simulator/ami/switchboard.h"
#include "simulator/registrar/registrar.h"
#include "tools/command.h"
#include "tools/ending_signals.h"

namespace provdlab::tools {
namespace {

constexpr int kUsage = 2;
constexpr int kCouldNot = 3;

struct RegistrarOptions {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 0;
  std::uint16_t admin_port = 0;
  std::vector<std::string> accounts;
  std::optional<std::uint16_t> ami_port, gateway_port;
  std::uint16_t notify_admin_port = 0;
  std::string manager = "provd:secret";
  bool json = false;
};

constexpr char kExamples[] = R"(Examples:
  provdlab registrar --bind 0.0.0.0 --port 5060 --account je5qtq:s3cret
                                       which phone registers as je5qtq, and with which password?
  curl http://127.0.0.1:41755/v1/journal
                                       who asked for what, and why it was refused: the admin port that was printed
  curl -d '{"target": "je5qtq", "do": {"status": 503}, "times": 2}' http://127.0.0.1:41755/v1/faults
                                       its next two requests are answered with 503; GET tells what else there is
  provdlab registrar --port 5060 --account je5qtq:s3cret --ami 5038
                                       a provd may notify the phone of je5qtq over the manager interface, as provd with the secret "secret"
Standard output says where it listens, one line each, before the first request can be answered:
  registrar 127.0.0.1:38211
  admin http://127.0.0.1:41755/v1
  ami 127.0.0.1:5038                   with --ami; gateway http://… with --gateway
  notify-admin http://127.0.0.1:41757/v1
                                       with either: its journal of notifications, and faults such as {"target": "je5qtq", "do": {"hang": true}}
It takes UDP and TCP, and nobody but the accounts that it was given. At its end it says of each what its last request ended in, or with --json
the whole journal. SIGTERM and SIGINT end it. Exit codes: 0 ended as asked, 2 usage, 3 could not listen.)";

// What tells phones for a provd: its doors, and the port that controls it.
class Exchange {
 public:
  explicit Exchange(const registrar::Registrar& registrar) : switchboard_(ami::DeliverOverSip({.registrar = &registrar})) {}

  // Prints where it listens.
  Result<> Start(const RegistrarOptions& options, const Login& manager) {
    if (options.ami_port) {
      ami_.emplace(
          ami::Options{
              .bind = options.bind, .port = *options.ami_port, .credentials = {.username = manager.user, .secret = manager.secret}},
          switchboard_);
      const Result<std::uint16_t> port = ami_->Start();
      if (!port) return Fail(port.error());
      std::cout << "ami " << options.bind << ":" << *port << "\n";
    }
    if (options.gateway_port) {
      gateway_.emplace(ami::HttpGatewayOptions{.bind = options.bind, .port = *options.gateway_port}, switchboard_);
      const Result<std::uint16_t> port = gateway_->Start();
      if (!port) return Fail(port.error());
      std::cout << "gateway " << http::HttpOrigin(options.bind, *port) << "\n";
    }
    admin_.emplace(
        admin::Options{.port = options.notify_admin_port},
        admin::Parts{.faults = &switchboard_.faults(), .journal = &switchboard_.journal(), .reset = [this] { switchboard_.Reset(); }});
    const Result<std::uint16_t> port = admin_->Start();
    if (!port) return Fail(port.error());
    std::cout << "notify-admin " << http::HttpOrigin("127.0.0.1", *port) << "/v1\n";
    return {};
  }

 private:
  ami::Switchboard switchboard_;
  std::optional<ami::Ami> ami_;
  std::optional<ami::HttpGateway> gateway_;
  std::optional<admin::Server> admin_;
};

int Serve(const RegistrarOptions& options) {
  const EndingSignals signals;
  registrar::Registrar registrar({.bind = options.bind, .port = options.port});
  std::vector<std::string> users;
  for (const std::string& account : options.accounts) {
    const std::size_t colon = account.find(':');
    users.push_back(account.substr(0, colon));
    const Result<> allowed =
        registrar.Allow({.user = users.back(), .password = colon == std::string::npos ? "" : account.substr(colon + 1)});
    if (!allowed) {
      Complain("--account of '" + users.back() + "': " + allowed.error().message, "such as --account je5qtq:s3cret");
      return kUsage;
    }
  }
  const std::optional<Login> manager = ReadLogin(options.manager);
  if (!manager) {
    Complain("--manager '" + options.manager + "' has no secret", "such as --manager provd:secret");
    return kUsage;
  }
  const Result<std::uint16_t> port = registrar.Start();
  if (!port) {
    Complain(port.error().message, port.error().kind == ErrorKind::kUnavailable ? "a free port: --port 0" : "");
    return kCouldNot;
  }
  // Whoever reaches the admin port controls the registrar: it stays on this machine.
  admin::Server admin({.port = options.admin_port},
                      {.faults = &registrar.faults(), .journal = &registrar.journal(), .reset = [&] { registrar.Reset(); }});
  const Result<std::uint16_t> admin_port = admin.Start();
  if (!admin_port) {
    Complain(admin_port.error().message, "a free port: --admin-port 0");
    return kCouldNot;
  }
  std::cout << "registrar " << options.bind << ":" << *port << "\nadmin " << http::HttpOrigin("127.0.0.1", *admin_port) << "/v1\n";
  std::optional<Exchange> exchange;
  if (options.ami_port || options.gateway_port) {
    exchange.emplace(registrar);
    if (const Result<> started = exchange->Start(options, *manager); !started) {
      Complain(started.error().message, "a free port: --ami 0, --gateway 0, --notify-admin-port 0");
      return kCouldNot;
    }
  }
  std::cout << std::flush;

  signals.Wait();
  exchange.reset();
  admin.Stop();
  registrar.Stop();
  if (options.json) {
    std::cout << DumpJson(registrar.journal().After(0)) << "\n";
    return 0;
  }
  for (const std::string& user : users) {
    const auto registrations = registrar.registrations(user);
    if (registrations.empty()) std::cout << registrar.LastWord(user) << "\n";
    for (const registrar::Registration& one : registrations)
      std::cout << "'" << user << "' is registered at " << one.contact << ", by " << one.user_agent << "\n";
  }
  return 0;
}

}  // namespace

void AddRegistrarCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RegistrarOptions>();
  CLI::App* command = app.add_subcommand("registrar", "a SIP registrar, which says whose password is wrong");
  command->add_option("--bind", options->bind, "address to listen on")->type_name("ADDR")->capture_default_str();
  command->add_option("--port", options->port, "port for UDP and TCP, 0 for a free one")->type_name("N")->capture_default_str();
  command->add_option("--admin-port", options->admin_port, "port of its control, on 127.0.0.1, 0 for a free one")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--account", options->accounts, "who may register; may be repeated")
      ->type_name("USER:PASSWORD")
      ->required()
      ->allow_extra_args(false);
  command->add_option("--ami", options->ami_port, "port of a manager interface that notifies the phones registered here, 0 for a free one")
      ->type_name("N");
  command->add_option("--manager", options->manager, "who may log in there")->type_name("USER:SECRET")->capture_default_str();
  command->add_option("--gateway", options->gateway_port, "port of the same over HTTP, 0 for a free one")->type_name("N");
  command->add_option("--notify-admin-port", options->notify_admin_port, "port of the control of both, on 127.0.0.1, 0 for a free one")
      ->type_name("N")
      ->capture_default_str();
  command->add_flag("--json", options->json, "print the journal at the end");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = Serve(*options); });
}

}  // namespace provdlab::tools
