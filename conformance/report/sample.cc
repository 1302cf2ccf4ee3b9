#include "conformance/report/sample.h"

namespace provdlab::conformance::testing {
namespace {

const std::string kType = "application/vnd.proformatique.provd+json";

ExchangeRecord Exchange(const std::string& method, const std::string& target, int status, const std::string& response_body,
                        const std::string& request_body = "") {
  ExchangeRecord exchange;
  exchange.method = method;
  exchange.target = target;
  exchange.request_headers = {{"Host", "127.0.0.1:8666"}, {method == "GET" ? "Accept" : "Content-Type", kType}};
  exchange.request_body = request_body;
  exchange.outcome = "answered";
  exchange.status = status;
  exchange.response_headers = {{"Content-Type", kType}, {"Content-Length", std::to_string(response_body.size())}};
  exchange.response_body = response_body;
  exchange.microseconds = 1834;
  exchange.curl = "curl -sS -i -X '" + method + "' " + (request_body.empty() ? "" : "--data-binary '" + request_body + "' ") +
                  "'http://127.0.0.1:8666" + target + "'";
  return exchange;
}

RequirementRecord Requirement(const std::string& slug, const std::string& sentence, Verdict verdict, Level level = Level::kMust) {
  RequirementRecord requirement;
  requirement.slug = slug;
  requirement.area = slug.substr(0, slug.find('.'));
  requirement.sentence = sentence;
  requirement.source = "rest-api §3";
  requirement.level = level;
  requirement.verdict = verdict;
  return requirement;
}

CheckRecord Check(const std::string& slug, Verdict verdict, int line, const std::string& expected = "", const std::string& got = "") {
  CheckRecord check;
  check.slug = slug;
  check.verdict = verdict;
  check.line = line;
  check.predicate = expected.empty() ? "status is 200" : expected;
  check.expected = expected;
  check.got = got;
  return check;
}

StepRecord Step(int line, const std::string& source, std::vector<ExchangeRecord> exchanges, std::vector<CheckRecord> checks = {}) {
  StepRecord step;
  step.line = line;
  step.source = source;
  step.exchanges = std::move(exchanges);
  step.checks = std::move(checks);
  return step;
}

ScenarioRecord Scenario(const std::string& title, const std::string& file, Verdict verdict, const std::string& text,
                        std::vector<StepRecord> steps) {
  ScenarioRecord scenario;
  scenario.title = title;
  scenario.file = file;
  scenario.area = file.substr(0, file.find('/'));
  scenario.text = text;
  scenario.verdict = verdict;
  scenario.steps = std::move(steps);
  scenario.microseconds = 41'250;
  return scenario;
}

RunRecord Run() {
  RunRecord run;
  run.suite_version = "0.1.0";
  run.ledger_hash = "9f2c51d07be4a6632c18f0f1a3d5e7b9";
  run.run_id = "k7m2";
  run.target = "http://127.0.0.1:8666/provd";
  run.reach = {"--target", run.target};
  run.dialect = "xivo";
  run.started = "2026-11-23T20:14:05Z";
  run.seed = 4242;
  run.microseconds = 6'431'000;
  return run;
}

}  // namespace

RunRecord GreenRun() {
  RunRecord run = Run();
  struct Rule {
    const char* slug;
    const char* sentence;
    const char* method;
    const char* path;
  };
  const std::vector<Rule> rules = {
      {"configure.get-answers-200", "GET of the configuration service answers 200.", "GET", "/configure"},
      {"configure.param-get-answers-200", "GET of a parameter answers 200.", "GET", "/configure/NAT"},
      {"configure.param-put-answers-204", "PUT of a parameter's value answers 204.", "PUT", "/configure/NAT"},
      {"configure.unknown-answers-404", "GET of a parameter that is not there answers 404.", "GET", "/configure/nothing"},
      {"install.install-answers-201", "POST of an install answers 201.", "POST", "/pg_mgr/install/install"},
      {"install.update-answers-201", "POST of an update answers 201.", "POST", "/pg_mgr/install/update"},
      {"install.installed-lists-package", "An installed package is listed as installed.", "GET", "/pg_mgr/install/installed"},
      {"install.installable-lists-package", "A package of the repository is listed as installable.", "GET", "/pg_mgr/install/installable"},
      {"links.entry-point", "The entry point links to the managers.", "GET", ""},
      {"links.plugin-manager", "The plugin manager links to its services.", "GET", "/pg_mgr"},
      {"oip.get-answers-200", "GET of a monitor answers 200 while its operation runs.", "GET", "/pg_mgr/install/install/3"},
      {"oip.delete-answers-204", "DELETE of a monitor answers 204.", "DELETE", "/pg_mgr/install/install/3"},
      {"plugins.info-answers-200", "GET of a plugin's information answers 200.", "GET", "/pg_mgr/plugins/acme-1.0/info"},
      {"transport.head-is-get-without-body", "HEAD answers as GET does, without a body.", "HEAD", "/configure"},
  };
  for (const Rule& rule : rules) {
    RequirementRecord requirement = Requirement(rule.slug, rule.sentence, Verdict::kPass);
    const std::string title = "about " + std::string(rule.slug);
    requirement.scenarios = {title};
    run.scenarios.push_back(
        Scenario(title, requirement.area + "/" + rule.slug + ".scenario", Verdict::kPass, "scenario   " + title + "\nformat     1\n",
                 {Step(4, std::string(rule.method) + " " + rule.path, {Exchange(rule.method, std::string("/provd") + rule.path, 200, "{}")},
                       {Check(rule.slug, Verdict::kPass, 5)})}));
    run.requirements.push_back(std::move(requirement));
  }
  run.requirements.push_back(
      Requirement("plugins.configure-service", "A plugin that offers it has a configuration service.", Verdict::kNotApplicable));
  RequirementRecord warned =
      Requirement("transport.method-answers-405", "A method that a resource lacks is answered with 405.", Verdict::kWarn, Level::kShould);
  run.scenarios.push_back(Scenario(
      "methods that are not there", "transport/methods.scenario", Verdict::kWarn,
      "scenario   methods that are not there\nformat     1\n\nPATCH /configure\n  check transport.method-answers-405   status is 405\n",
      {Step(4, "PATCH /configure", {Exchange("PATCH", "/provd/configure", 501, "not implemented")},
            {Check(warned.slug, Verdict::kWarn, 5, "status is 405", "status 501")})}));
  run.requirements.push_back(std::move(warned));
  return run;
}

RunRecord KnownRun() {
  RunRecord run = GreenRun();
  run.exit_code = 1;
  run.known = "a provd of ours";
  RequirementRecord known = Requirement("transport.byte-order-mark-refused", "A body with a byte-order mark is refused.", Verdict::kKnown);
  run.scenarios.push_back(Scenario("a byte-order mark", "transport/byte-order-mark.scenario", Verdict::kKnown,
                                   "scenario   a byte-order mark\nformat     1\n\nPUT /configure/NAT\n",
                                   {Step(4, "PUT /configure/NAT", {Exchange("PUT", "/provd/configure/NAT", 204, "")},
                                         {Check(known.slug, Verdict::kKnown, 5, "status is 400", "204")})}));
  run.requirements.push_back(std::move(known));
  RequirementRecord other =
      Requirement("finding.sort-before-projection", "Sorting looks at members that are left out.", Verdict::kNotAsKnown, Level::kShould);
  other.note = "not as line 12 of the known divergences has it: it holds in finding/sorting.scenario, where it is listed with: 500";
  run.scenarios.push_back(Scenario(
      "sorting", "finding/sorting.scenario", Verdict::kPass, "scenario   sorting\nformat     1\n",
      {Step(4, "GET /dev_mgr/devices", {Exchange("GET", "/provd/dev_mgr/devices", 200, "{}")}, {Check(other.slug, Verdict::kPass, 5)})}));
  run.requirements.push_back(std::move(other));
  return run;
}

RunRecord RedRun() {
  RunRecord run = GreenRun();
  run.exit_code = 1;
  run.ended = "budget";
  run.selection = {"--filter", "*", "--level", "may"};
  run.target = std::string("http://admin:") + kSecret + "@127.0.0.1:8666/provd";
  run.reach = {"--target", run.target};
  run.notes = {"3 requests were repeated because the first was not answered in 10 s",
               "plugin_server could not be put back: http://proxy-user:" + std::string(kSecret) + "@old.example/plugins did not answer"};
  run.target_log_tail = "INFO listening on 8666\nDEBUG X-Auth-Token: " + std::string(kSecret) +
                        "\nTraceback (most recent call last):\n\033[31mValueError: <b>boom</b>\033[0m\n";

  const std::string hostile =
      "</pre></script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">{{word}} ]]> & \"quotes\" "
      "'single'";

  // A failure with a full exchange, followed by what it blocks.
  const std::string text =
      "scenario   deleting a monitor does not cancel the operation\n"
      "format     1\n"
      "package    PKG\n"
      "\n"
      "given POST /pg_mgr/install/install {\"id\": PKG} answers 201, oip = header Location\n"
      "act DELETE {oip}\n"
      "  check oip.delete-answers-204    status is 204\n"
      "GET {oip}\n"
      "  check oip.gone-after-delete     status is 404\n";
  ExchangeRecord install = Exchange("POST", "/provd/pg_mgr/install/install", 201, "", "{\"id\": \"t-k7m2-1\"}");
  install.response_headers.emplace_back("Location", "/provd/pg_mgr/install/install/3");
  install.request_headers.emplace_back("X-Auth-Token", kSecret);
  ExchangeRecord broken = Exchange("DELETE", "/provd/pg_mgr/install/install/3", 500,
                                   "<html><body><h1>Internal Server Error</h1>\n" + hostile + "</body></html>\n");
  broken.response_headers[0].second = "text/html";
  broken.response_headers.emplace_back("X-Hostile", "\x01\x1b[2Jcleared \xff\xfe \u202Egnirts desrever\u202C");
  broken.request_headers.emplace_back("Authorization", std::string("Basic ") + kSecret);
  broken.curl = "curl -sS -i -X 'DELETE' -H 'Authorization: Basic " + std::string(kSecret) +
                "' 'http://127.0.0.1:8666/provd/pg_mgr/install/install/3'";
  run.scenarios.push_back(
      Scenario("deleting a monitor does not cancel the operation", "operations/deleting-a-monitor.scenario", Verdict::kFail, text,
               {Step(5, "given POST /pg_mgr/install/install {\"id\": PKG} answers 201, oip = header Location", {install}),
                Step(6, "act DELETE {oip}", {broken}, {Check("oip.delete-answers-204", Verdict::kFail, 7, "status is 204", "status 500")}),
                Step(8, "GET {oip}", {}, {Check("oip.gone-after-delete", Verdict::kBlocked, 9)})}));

  // A row of a table whose values are hostile; the answer carries secrets.
  ScenarioRecord values =
      Scenario("values " + hostile, "../../../etc/<b>passwd</b>", Verdict::kFail, "scenario   values\n# " + hostile + "\n", {});
  values.row = "\"" + hostile + "\"";
  ExchangeRecord put = Exchange("PUT", "/provd/configure/sip_password?token=" + std::string(kSecret), 400,
                                "{\"params\": [{\"id\": \"admin_password\", \"value\": \"" + std::string(kSecret) +
                                    "\"}], \"proxy\": \"http://u:" + kSecret + "@p:3128\"}",
                                "{\"param\": {\"value\": \"" + std::string(kSecret) + "\"}, \"password\": \"" + kSecret + "\"}");
  values.steps = {Step(2, "PUT /configure/sip_password " + hostile, {put},
                       {Check("configure.param-put-answers-204", Verdict::kFail, 2, "status is 204",
                              hostile + " password=" + kSecret + " \x1b[31m" + std::string(900, 'x'))})};
  values.steps[0].trace = {"→  GET http://127.0.0.1:8667/Acme/00aa55000001.cfg", "read " + hostile + ": password: " + kSecret};
  run.scenarios.push_back(std::move(values));

  // Followed, never answered, and asked often.
  ExchangeRecord silent = Exchange("GET", "/provd/pg_mgr/install/update/1", 0, "");
  silent.outcome = "timeout";
  silent.problem = "no answer within 10 s; 17 bytes came";
  silent.response_headers.clear();
  silent.microseconds = 10'000'000;
  std::vector<ExchangeRecord> polled;
  for (int i = 0; i < 9; ++i)
    polled.push_back(
        Exchange("GET", "/provd/pg_mgr/install/update/1", 200, "{\"status\": \"update|progress;" + std::to_string(i) + "00\"}"));
  polled.push_back(silent);
  StepRecord follow =
      Step(6, "follow {oip} until ended", polled, {Check("oip.ends", Verdict::kUnanswered, 6, "an answer within 20 s", "none")});
  follow.statuses = {"update|progress;0", "update|progress;100"};
  run.scenarios.push_back(Scenario("an update is followed", "operations/following.scenario", Verdict::kUnanswered,
                                   "scenario   an update is followed\nformat     1\n", {follow}));

  // Raw bytes and a body too long for the page.
  ExchangeRecord raw;
  raw.request_body = std::string("GET /provd HTTP/1.1\r\nHost: a\r\n\0\x01\x80garbage\r\n\r\n", 44);
  raw.outcome = "closed";
  raw.problem = "the target closed the connection before an answer was whole";
  raw.microseconds = 812;
  ExchangeRecord large = Exchange("GET", "/provd/pg_mgr/install/installable", 200, std::string(20'000, '{'));
  run.scenarios.push_back(Scenario(
      "requests that are none", "transport/raw.scenario", Verdict::kHarnessError, "scenario   requests that are none\nformat     1\n",
      {Step(4, "GET /pg_mgr/install/installable", {large},
            {Check("install.installable-lists-package", Verdict::kFail, 5, "$.pkgs has PKG", "a body that is no JSON")}),
       Step(8, "raw", {raw}, {Check("transport.raw-is-judged", Verdict::kHarnessError, 9, "an answer", "the client broke down")})}));

  for (RequirementRecord& requirement : run.requirements) {
    if (requirement.slug == "oip.delete-answers-204" || requirement.slug == "configure.param-put-answers-204" ||
        requirement.slug == "install.installable-lists-package") {
      requirement.verdict = Verdict::kFail;
    }
  }
  RequirementRecord blocked =
      Requirement("oip.gone-after-delete", "A deleted monitor is gone: GET answers 404. " + hostile, Verdict::kBlocked);
  blocked.blocked_by = {"oip.delete-answers-204", "oip.\"><script>document.title='owned'</script>"};
  blocked.unexplained = true;
  run.requirements.push_back(blocked);
  run.requirements.push_back(Requirement("oip.ends", "Every operation ends.", Verdict::kUnanswered));
  run.requirements.push_back(Requirement("repository.survives-a-cut", "A download that is cut makes the install fail.", Verdict::kNotRun));
  run.requirements.push_back(Requirement("transport.raw-is-judged", "What is no HTTP is refused.", Verdict::kHarnessError));
  return run;
}

}  // namespace provdlab::conformance::testing
