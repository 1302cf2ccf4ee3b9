#include "simulator/phone/knowledge.h"

#include <string_view>

namespace provdlab::phone {
namespace {

void Put(OrderedJson& json, const char* name, const std::string& text) {
  if (!text.empty()) json[name] = text;
}

void Put(OrderedJson& json, const char* name, const Server& server) {
  if (server.host.empty()) return;
  json[name] = OrderedJson::object();
  json[name]["host"] = server.host;
  if (server.port != 0) json[name]["port"] = server.port;
}

}  // namespace

OrderedJson ToJson(const Knowledge& knowledge) {
  OrderedJson json = OrderedJson::object();
  json["lines"] = OrderedJson::array();
  for (const Line& line : knowledge.lines) {
    OrderedJson each = OrderedJson::object();
    each["line"] = line.number;
    Put(each, "username", line.username);
    Put(each, "auth_username", line.auth_username);
    Put(each, "password", line.password);
    Put(each, "display_name", line.display_name);
    Put(each, "label", line.label);
    Put(each, "voicemail", line.voicemail);
    Put(each, "registrar", line.registrar);
    Put(each, "proxy", line.proxy);
    Put(each, "backup_registrar", line.backup_registrar);
    Put(each, "backup_proxy", line.backup_proxy);
    Put(each, "transport", line.transport);
    each["registered"] = line.registered;
    json["lines"].push_back(std::move(each));
  }
  json["keys"] = OrderedJson::array();
  for (const Key& key : knowledge.keys) {
    OrderedJson each = OrderedJson::object();
    each["key"] = key.name;
    Put(each, "type", key.type);
    Put(each, "value", key.value);
    Put(each, "label", key.label);
    if (key.line != 0) each["line"] = key.line;
    json["keys"].push_back(std::move(each));
  }
  Put(json, "language", knowledge.language);
  Put(json, "time_zone", knowledge.time_zone);
  Put(json, "ntp_server", knowledge.ntp_server);
  Put(json, "admin_password", knowledge.admin_password);
  Put(json, "provisioning_url", knowledge.provisioning_url);
  for (const auto& [name, value] : knowledge.other) Put(json, name.c_str(), value);
  return json;
}

}  // namespace provdlab::phone
