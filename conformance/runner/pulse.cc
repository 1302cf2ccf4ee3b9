#include "conformance/runner/pulse.h"

#include "base/http/message.h"
#include "base/json.h"

namespace provdlab::conformance {
namespace {

// "dev_mgr" of "/dev_mgr/devices/a".
std::string_view PartOf(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  return path.substr(0, path.find_first_of("/?"));
}

}  // namespace

Pulse::Pulse(const Target& target, const std::string& absent) {
  const auto add = [&](const char* method, const std::string& path) {
    if (target.Takes(method)) questions_.push_back({std::string(PartOf(path)), method, path});
  };
  const std::string none = "q=" + http::PercentEncode(DumpJson(Json{{"id", absent}}));
  add("GET", target.AllDevices(none));
  add("DELETE", "/dev_mgr/devices/" + absent);
  add("GET", "/cfg_mgr/configs?" + none);
  add("DELETE", "/cfg_mgr/configs/" + absent);
  add("GET", "/pg_mgr/install/installed");
  add("GET", "/pg_mgr/plugins/" + absent);
  add("GET", "/configure/" + absent);
}

void Pulse::Begin(const Ask& ask) {
  std::erase_if(questions_, [&](const Question& question) { return !ask(question.method, question.path).answered(); });
}

std::optional<http::Exchange> Pulse::Miss(std::string_view path, const Ask& ask) const {
  for (const Question& question : questions_) {
    if (question.part != PartOf(path)) continue;
    http::Exchange exchange = ask(question.method, question.path);
    if (exchange.outcome == http::Outcome::kTimeout) return exchange;
  }
  return std::nullopt;
}

}  // namespace provdlab::conformance
