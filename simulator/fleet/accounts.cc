#include "simulator/fleet/accounts.h"

#include <map>
#include <utility>

#include "base/text.h"

namespace provdlab::fleet {
namespace {

// A member that is a text or a number, as a text.
std::string Text(const Json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end()) return "";
  if (member->is_string()) return member->get<std::string>();
  return member->is_number_integer() ? member->dump() : "";
}

}  // namespace

std::vector<registrar::Account> AccountsIn(const Json& raw_config) {
  std::vector<registrar::Account> accounts;
  const auto lines = raw_config.is_object() ? raw_config.find("sip_lines") : raw_config.end();
  if (lines == raw_config.end() || !lines->is_object()) return accounts;
  std::map<std::string, const Json*, decltype(&NaturalLess)> by_number(&NaturalLess);
  for (const auto& [number, line] : lines->items()) by_number.emplace(number, &line);
  for (const auto& [number, line] : by_number) {
    if (!line->is_object()) continue;
    registrar::Account account{
        .user = Text(*line, "username"), .password = Text(*line, "password"), .auth_user = Text(*line, "auth_username")};
    if (!account.user.empty()) accounts.push_back(std::move(account));
  }
  return accounts;
}

void Accounts::Get(const std::string& path, std::function<void(Result<Json>)> answered) {
  network::Question question{.origin = options_.origin};
  question.request = {.method = "GET", .target = options_.prefix + path, .headers = options_.headers};
  question.request.headers.Set("Accept", "*/*");
  network_.Ask(question, [weak = std::weak_ptr(alive_), path, answered = std::move(answered)](const Result<http::Response>& response) {
    if (weak.expired()) return;
    if (!response) return answered(Fail(response.error()));
    if (response->status != 200)
      return answered(Fail(ErrorKind::kUnavailable, "GET " + path + " was answered " + std::to_string(response->status)));
    answered(ParseJson(response->body));
  });
}

void Accounts::Of(const std::string& mac, Found found) {
  const std::string query = http::PercentEncode(DumpJson(Json{{"mac", mac}}));
  Get("/dev_mgr/devices?q=" + query + "&fields=config", [this, mac, found = std::move(found)](const Result<Json>& list) {
    if (!list) return found(Fail(list.error()));
    std::string config;
    if (const auto devices = list->find("devices"); list->is_object() && devices != list->end() && devices->is_array() && !devices->empty())
      config = Text(devices->front(), "config");
    if (config.empty()) return found(Fail(ErrorKind::kNotFound, "the target has no device with the MAC " + mac + " that has a config"));
    Get("/cfg_mgr/configs/" + http::PercentEncode(config) + "/raw", [config, found](const Result<Json>& raw) {
      if (!raw) return found(Fail(raw.error()));
      const auto raw_config = raw->is_object() ? raw->find("raw_config") : raw->end();
      if (raw_config == raw->end()) return found(Fail(ErrorKind::kUnavailable, "the answer to GET …/" + config + "/raw has no raw_config"));
      found(AccountsIn(*raw_config));
    });
  });
}

}  // namespace provdlab::fleet
