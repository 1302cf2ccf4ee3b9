#include "server/plugins/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/files.h"

namespace provdlab::server {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

Json File(const std::string& name = "x.bin") {
  return {{"name", name}, {"url", "files/" + name}, {"size", 5}, {"sha1sum", std::string(40, 'A')}};
}

// A sound plugin with a bit of everything.
struct Sources {
  Json manifest = Json::parse(R"json({
    "format": 1,
    "parameters": [{"id": "volume", "description": "Volume", "kind": "integer", "least": 0, "most": 10, "default": 5}],
    "packages": [
      {"id": "fw", "version": "1.0", "description": "Firmware"},
      {"id": "lang-1.2", "version": "1.2", "description": "Languages"}
    ],
    "phones": {
      "format": 1,
      "serves": ["http", "tftp"],
      "identification": [
        {"protocol": "http", "user_agent": "Acme (?P<model>X\\d) (?P<mac>[\\da-f]{12})", "gives": {"vendor": "Acme"}},
        {"protocol": "http", "user_agent": null, "path": "/(?P<mac>[\\da-f]{12})\\.cfg", "gives": {"vendor": "Acme"}},
        {"protocol": "dhcp", "mac": "00:aa:55:.*", "option_60": "Acme", "gives": {"vendor": "Acme"}}
      ],
      "association": {"vendor": "Acme"},
      "device": {"needs": ["mac"]},
      "raw_config": {
        "needs": ["ip"],
        "accepts": ["ip", "locale", "ntp_enabled", "sip_transport", "sip_lines", "funckeys", "timezone", "X_own",
                    "sip_servers_root_and_intermediate_certificates"],
        "defaults": {"sip_transport": "udp", "sip_proxy_port": 5060}
      },
      "models": {
        "X1": {"known_as": ["x1"], "keys": [{"name": "key#", "count": 4}], "view": {"display": true}},
        "X0": {"known_as": ["x0"], "supported": false}
      },
      "key_types": {"blf": {"value": "watch;{value}"}},
      "maps": {
        "language": {"of": "locale", "values": {"fr_FR": "fr"}, "otherwise": "en"},
        "tls": {"of": "lines.transport", "values": {"tls": true}}
      },
      "escapings": {"own": {"replace": {"%": "%25"}, "quote_when": "#", "quote": "\""}},
      "files": {
        "common": [{"path": "common.cfg", "template": "templates/common.cfg"}],
        "device": [{"path": "{{device.mac_hex}}.cfg", "template": "templates/phone.cfg", "escaping": "own", "when": "ip"}]
      },
      "trigger": "{{device.mac_hex}}.cfg",
      "sensitive": ["[\\da-f]{12}\\.cfg"],
      "synchronize": {"method": "sip-notify", "event": "check-sync"},
      "refuse": [{"of": "lines.password", "unless": "\\w*", "because": "only letters"}],
      "exact": ["lines.password"]
    }
  })json");
  Json info = {{"version", "1.0"}, {"description", "x"}, {"capabilities", {{"Acme, X1, 1.0", {{"sip.lines", 2}}}}}};
  std::map<std::string, std::string> templates = {
      {"templates/common.cfg", "{{ip}}{{http_base_url}}\n"},
      {"templates/phone.cfg",
       "{{device.mac}}\n"
       "{{#lines}}{{username}} {{#tls}}tls{{/tls}} {{line}} {{ip}}{{/lines}}{{#display}}{{language}}{{/display}}\n"
       "{{#function_keys}}{{value}}{{/function_keys}}{{#time_zone}}{{#summer}}{{start.month}}{{/summer}}{{/time_zone}}\n"
       "{{#X_own}}{{whatever.it.is}}{{/X_own}}{{#installed.lang-1_2}}{{installed.fw}}{{/installed.lang-1_2}}\n"
       "{{#sip_servers_root_and_intermediate_certificates}}{{value}}{{/sip_servers_root_and_intermediate_certificates}}\n"}};

  Sources() {
    manifest["packages"][0]["files"] = {File(), File("y.bin"), File("z.zip")};
    manifest["packages"][0]["install"] = {{{"copy", "?.bin"}, {"to", "Acme/"}}, {{"unpack", "z.zip"}, {"include", {"*/x"}}, {"to", "x"}}};
  }
};

class APlugin : public ::testing::Test {
 protected:
  std::vector<std::string> MistakesOf(const Sources& sources) {
    const TemporaryDirectory folder;
    std::ofstream(folder.path() / "manifest.json") << sources.manifest.dump();
    std::ofstream(folder.path() / "plugin-info") << sources.info.dump();
    std::filesystem::create_directory(folder.path() / "templates");
    for (const auto& [name, text] : sources.templates) std::ofstream(folder.path() / name) << text;
    const auto mistakes = MistakesIn(folder.path());
    const auto info = ReadPluginInfo(folder.path());
    const auto manifest = info ? ReadManifest(folder.path(), *info) : Result<Manifest>(Fail(info.error()));
    EXPECT_EQ(manifest.has_value(), mistakes.empty());
    if (!manifest && mistakes.size() == 1) {
      EXPECT_EQ(manifest.error().message, mistakes[0]);
    }
    for (const std::string& mistake : mistakes) EXPECT_THAT(mistake, Not(HasSubstr(folder.path().string())));
    return mistakes;
  }
};

TEST_F(APlugin, IsReadAsItIsDescribed) {
  const TemporaryDirectory folder;
  Sources sources;
  sources.manifest["x-mine"] = sources.manifest["about"] = 5;
  std::filesystem::create_directory(folder.path() / "templates");
  for (const auto& [name, text] : sources.templates) std::ofstream(folder.path() / name) << text;
  std::ofstream(folder.path() / "manifest.json") << sources.manifest.dump();
  const auto manifest = ReadManifest(folder.path(), sources.info);
  ASSERT_TRUE(manifest) << manifest.error().message;
  ASSERT_TRUE(manifest->parameters && manifest->packages && manifest->phones);
  EXPECT_EQ(manifest->parameters->at(0).default_value, 5);
  const PackageDefinition& package = manifest->packages->at(0);
  EXPECT_EQ(package.size(), 15u);
  EXPECT_EQ(package.files[0].sha1sum, std::string(40, 'a'));
  EXPECT_EQ(package.install->at(0).to, "Acme/");
  EXPECT_EQ(package.install->at(1).kind, InstallStep::Kind::kUnpack);
  EXPECT_THAT(package.install->at(1).include, ElementsAre("*/x"));
}

TEST_F(APlugin, TellsAbsentServicesFromEmptyOnes) {
  const TemporaryDirectory folder;
  const Json info = Sources().info;
  std::ofstream(folder.path() / "manifest.json") << R"({"format": 1})";
  const auto absent = ReadManifest(folder.path(), info);
  EXPECT_FALSE(absent->parameters || absent->packages || absent->phones);
  std::ofstream(folder.path() / "manifest.json") << R"({"format": 1, "parameters": [], "packages": []})";
  const auto empty = ReadManifest(folder.path(), info);
  EXPECT_TRUE(empty->parameters && empty->packages);
}

// Each slip alone, with the whole sentence: what, where, and what may have been meant.
TEST_F(APlugin, IsRefusedForEverySlip) {
  const struct {
    const char* pointer;
    Json value;
    const char* mistake;
  } cases[] = {
      {"/format", 2, "manifest.json has the format 2; format 1 is read here"},
      {"/format", "1", "manifest.json has the format \"1\"; format 1 is read here"},
      {"/phone", Json::object(), "manifest.json: 'phone' is not a member that is known here; is it 'phones'?"},
      {"/parameters", Json::object(), "manifest.json: parameters is not a list"},
      {"/parameters/0", 5, "manifest.json, parameters 1 is not an object"},
      {"/parameters/0/id", "a b", "manifest.json, parameters 1: the id 'a b' is not made of letters, digits, '_', '-' and '.'"},
      {"/parameters/0/id", "", "manifest.json, parameters 1: id is empty"},
      {"/parameters/0/description", 5, "manifest.json, parameters 1: description is not a string"},
      {"/parameters/0/description_fr", "a\nb",
       "manifest.json, parameters 1: description_fr is more than one line, or has blanks at its ends"},
      {"/parameters/0/kind", "integr",
       "manifest.json, parameters 1: the kind 'integr' is none of text, integer, boolean and choice; is it 'integer'?"},
      {"/parameters/0/choices", {"a"}, "manifest.json, parameters 1: choices are for the kind choice only"},
      {"/parameters/0/least", "0", "manifest.json, parameters 1: least is not an integer from -9223372036854775808 to 9223372036854775807"},
      {"/parameters/0/default", 11, "manifest.json, parameters 1: the default does not fit: volume must be at most 10"},
      {"/parameters/0/secret", 1, "manifest.json, parameters 1: secret is not true or false"},
      {"/parameters/0/seret", true, "manifest.json, parameters 1: 'seret' is not a member that is known here; is it 'secret'?"},
      {"/packages/0/version", nullptr, "manifest.json, packages 1: version is not a string"},
      {"/packages/0/version", "1.0\n", "manifest.json, packages 1: version is more than one line, or has blanks at its ends"},
      {"/packages/0/dependz", {"x"}, "manifest.json, packages 1: 'dependz' is not a member that is known here; is it 'depends'?"},
      {"/packages/0/depends", "fw", "manifest.json, packages 1: depends is not a list"},
      {"/packages/0/depends", {"fx"}, "manifest.json: the package 'fw' depends on 'fx', which is not there; is it 'fw'?"},
      {"/packages/1/id", "fw", "manifest.json, packages 2: the id 'fw' is there twice"},
      {"/packages/0/files/1/name", "../x", "manifest.json, packages 1, files 2: '../x' is not a file's name of letters, digits and ._+~@-"},
      {"/packages/0/files/1/name", "a b", "manifest.json, packages 1, files 2: 'a b' is not a file's name of letters, digits and ._+~@-"},
      {"/packages/0/files/0/url", "ftp://x/y",
       "manifest.json, packages 1, files 1: url is neither an http or https URL, nor a path below plugin_server, nor empty"},
      {"/packages/0/files/0/url", "../x",
       "manifest.json, packages 1, files 1: url is neither an http or https URL, nor a path below plugin_server, nor empty"},
      {"/packages/0/files/0/size", -1, "manifest.json, packages 1, files 1: size is not an integer from 0 to 4294967296"},
      {"/packages/0/files/0/sha1sum", "zz", "manifest.json, packages 1, files 1: sha1sum is not 40 hex digits"},
      {"/packages/1/files",
       {{{"name", "x.bin"}, {"url", ""}, {"size", 6}, {"sha1sum", std::string(40, 'a')}}},
       "manifest.json: the file 'x.bin' is named twice with different contents"},
      {"/packages/0/install/0/to", "../../outside/",
       "manifest.json, packages 1, install 1: to: '../../outside/' is not a path below the folder that files are copied to"},
      {"/packages/0/install/0/to", "/etc/",
       "manifest.json, packages 1, install 1: to: '/etc/' is not a path below the folder that files are copied to"},
      {"/packages/0/install/0/to", "a b/",
       "manifest.json, packages 1, install 1: to: 'a b/' is not a path below the folder that files are copied to"},
      {"/packages/0/install/0/to", "Acme",
       "manifest.json, packages 1, install 1: several files are called '?.bin', and to names one; a folder ends in '/'"},
      {"/packages/0/install/0/copy", "x.bim",
       "manifest.json, packages 1, install 1: copy: no file of the package is called 'x.bim'; is it 'x.bin'?"},
      {"/packages/0/install/0/include", {"x"}, "manifest.json, packages 1, install 1: 'include' is not a member that is known here"},
      {"/packages/0/install/1/unpack", "x.bin",
       "manifest.json, packages 1, install 2: unpack: 'x.bin' is none of .zip, .tar, .tar.gz, .tgz and .tar.bz2"},
      {"/packages/0/install/1/include",
       {"../x"},
       "manifest.json, packages 1, install 2: include: '../x' is not a pattern of paths in the archive"},
      {"/packages/0/install/1/copy", "x.bin", "manifest.json, packages 1, install 2: it needs copy or unpack, and not both"},
      {"/packages/0/install", Json::array(), "manifest.json, packages 1: install has no steps; without install, all files are copied"},
      {"/phones", Json::array(), "phones is not an object"},
      {"/phones/format", 2, "phones has the format 2; format 1 is read here"},
      {"/phones/serves/0", "ftp", "phones: serves: 'ftp' is neither http nor tftp; is it 'tftp'?"},
      {"/phones/identification/0/protocol", "sip", "phones, identification 1: 'sip' is none of http, tftp and dhcp; is it 'dhcp'?"},
      {"/phones/identification/0/user_agent", "(a)",
       "phones, identification 1: user_agent, column 1: a group is written (?:…) or (?P<name>…); write \\( for the character"},
      {"/phones/identification/0/user_agent", "Acme (?P<modell>X)",
       "phones, identification 1: the group 'modell' is used by nothing; is it 'model'?"},
      {"/phones/identification/0/user_agnt", "x",
       "phones, identification 1: 'user_agnt' is not a member that is known here; is it 'user_agent'?"},
      {"/phones/identification/0/option_60", "x",
       "phones, identification 1: option_60 is what dhcp requests have, and this rule is for http"},
      {"/phones/identification/1/path", nullptr, "phones, identification 2: path can't be null: every http request has one"},
      {"/phones/identification/0/gives/colour", "b",
       "phones, identification 1, gives.colour is none of vendor, model, version, mac, sn and uuid"},
      {"/phones/identification/0/gives/sn", "{b}", "phones, identification 1, gives.sn: no pattern has a group 'b'; is it 'mac'?"},
      {"/phones/identification/0/gives/vendor", "Acne",
       "phones, identification 1, gives.vendor: no capability of plugin-info has the vendor 'Acne'; is it 'Acme'?"},
      {"/phones/association/vendor", "Acne", "phones.association: no capability of plugin-info has the vendor 'Acne'; is it 'Acme'?"},
      {"/phones/association/known_model", "compleet",
       "phones.association: known_model is none of exact, complete, incomplete, probable, unknown, improbable and none; is it 'complete'?"},
      {"/phones/association/known_model", 1001, "phones.association: known_model is not an integer from 0 to 1000"},
      {"/phones/device/needs/0", "mac_hx", "phones.device: 'mac_hx' is no member of devices that can be needed; is it 'mac_hex'?"},
      {"/phones/raw_config/accepts/1", "local", "phones.raw_config: accepts: raw configs have no 'local'; is it 'locale'?"},
      {"/phones/raw_config/needs/0", "tftp_port", "phones.raw_config: 'tftp_port' is needed, but not among those accepted"},
      {"/phones/raw_config/defaults/sip_transport", "sctp", "phones.raw_config, defaults.sip_transport can't be that"},
      {"/phones/raw_config/defaults/vlan_id", 5, "phones.raw_config, defaults.vlan_id is not among those accepted"},
      {"/phones/models/X2", Json::object(), "phones, models.X2: no capability of plugin-info has this model; is it 'X1'?"},
      {"/phones/models/X0/lines", 5, "phones, models.X0: 'lines' is not a member that is known here"},
      {"/phones/models/X0/known_as/0", "x1", "phones, models.X1: 'x1' is another name of two models"},
      {"/phones/models/X1/keys/0/name", "key", "phones, models.X1, keys 1: the name has not one '#' for the number"},
      {"/phones/models/X1/keys/0/count", 1000, "phones, models.X1, keys 1: count is not an integer from 1 to 999"},
      {"/phones/models/X1/keys/1", {{"name", "key#"}, {"count", 1}}, "phones, models.X1, keys 2: the model has two keys 'key1'"},
      {"/phones/models/X1/view/lines", true, "phones, models.X1, view.lines would hide what views have under that name"},
      {"/phones/models/X1/view/dsplay", true, "phones, models.X1, view.dsplay: no template asks for 'dsplay'"},
      {"/phones/key_types/blf/value", "{nope}", "phones, key_types.blf.value: a key has no 'nope'; is it 'name'?"},
      {"/phones/key_types/blf/typ", "x", "phones, key_types.blf.typ: no template asks for 'typ'"},
      {"/phones/maps/lines", {{"of", "locale"}, {"values", {{"x", "y"}}}}, "phones, maps.lines would hide what views have under that name"},
      {"/phones/maps/language/of", "local", "phones, maps.language: of: there is no 'local' in the view; is it 'locale'?"},
      {"/phones/maps/language/of", "lines.dtmf", "phones, maps.language: of: 'lines' has no 'dtmf'; is it 'dtmf_mode'?"},
      {"/phones/maps/language/of", "time_zone.offset_hours",
       "phones, maps.language: of: 'time_zone' has no 'offset_hours'; is it 'offset_minutes'?"},
      {"/phones/maps/language/of", "tls", "phones, maps.language: of: 'tls' is a map, and a map can't be made of another"},
      {"/phones/maps/language/of", "time_zone", "phones, maps.language: of: 'time_zone' is no text that could be looked up"},
      {"/phones/maps/tls/values/TLS", true, "phones, maps.tls, values.TLS: 'lines.transport' is never that; is it 'tcp'?"},
      {"/phones/maps/language/values/fr_FR", nullptr,
       "phones, maps.language, values.fr_FR is none of a text, an integer, true, false, an object and a list"},
      {"/phones/escapings/own/quot", "x", "phones, escapings.own: 'quot' is not a member that is known here; is it 'quote'?"},
      {"/phones/escapings/own/quote", "", "phones, escapings.own: it says when to quote, but there is no quote"},
      {"/phones/escapings/own/replace/%%", "",
       "phones, escapings.own, replace.%% does not replace a printable ASCII character by a string"},
      {"/phones/escapings/xml", Json::object(), "phones, escapings.xml: 'xml' is there already"},
      {"/phones/files/device/0/when", "ipp", "phones.files, device 1: when: there is no 'ipp' in the view; is it 'ip'?"},
      {"/phones/files/common/0/when", "device", "phones.files, common 1: when: there is no 'device' in the view"},
      {"/phones/files/device/0/template", "templates/none", "phones.files, device 1: the package has no templates/none"},
      {"/phones/files/device/0/template", "../x", "phones.files, device 1: template: '../x' is not a path in the package"},
      {"/phones/files/device/0/template", "templates",
       "phones.files, device 1: templates can't be read: it is no file, or has more than 262144 bytes"},
      {"/phones/files/device/0/escaping", "ownn", "phones.files, device 1: there is no escaping 'ownn'; is it 'own'?"},
      {"/phones/files/device/0/encoding", "utf8", "phones.files, device 1: the encoding is neither utf-8 nor iso-8859-1; is it 'utf-8'?"},
      {"/phones/files/common/0/path", "{{device.mac_hex}}.cf", "phones.files, common 1, path:1:1: there is no 'device' here"},
      {"/phones/files/common/0/path", "a//b", "phones.files, common 1: path: 'a//b' can't be the name of a file"},
      {"/phones/files/device/1",
       {{"path", "common.cfg"}, {"template", "templates/phone.cfg"}},
       "phones.files, device 2: path: another file has it already"},
      {"/phones/trigger", "Acme/{{device.mac_hex}}.cfg", "phones: trigger is the plain name of a file, without its folders"},
      {"/phones/trigger", "{{device.mac}}.cfg", "phones: trigger: none of files.device is called so"},
      {"/phones/trigger", "{{device.mac_hx}}.cfg", "phones, trigger:1:1: 'device' has no 'mac_hx'; is it 'mac_hex'?"},
      {"/phones/sensitive/0", "[", "phones: sensitive '[', column 2: a '[' is not closed"},
      {"/phones/synchronize/method", "notify", "phones.synchronize: the method is neither sip-notify nor none; is it 'sip-notify'?"},
      {"/phones/synchronize/event", "a\r\nb", "phones.synchronize: an event is printable and has no blanks"},
      {"/phones/refuse/0/of", "lines.passwd", "phones, refuse 1: of: 'lines' has no 'passwd'; is it 'password'?"},
      {"/phones/refuse/0/if", "x", "phones, refuse 1: it needs a pattern under if or under unless, and not under both"},
      {"/phones/exact/0", "lines", "phones, exact: 'lines' is no text"},
  };
  for (const auto& [pointer, value, mistake] : cases) {
    Sources sources;
    sources.manifest[Json::json_pointer(pointer)] = value;
    EXPECT_THAT(MistakesOf(sources), ::testing::Contains(mistake)) << pointer << " " << value;
  }
}

TEST_F(APlugin, IsRefusedForSlipsInItsTemplatesWithTheirPlaces) {
  const std::pair<const char*, const char*> cases[] = {
      {"a\n é{{languge}}", "2:4: there is no 'languge' here; is it 'language'?"},
      {"{{username}}", "1:1: there is no 'username' here, only in lines"},
      {"{{#lines}}{{usernam}}{{/lines}}", "1:11: there is no 'usernam' here; is it 'username'?"},
      {"{{^lines}}{{username}}{{/lines}}", "1:11: there is no 'username' here, only in lines"},
      {"{{device.modle}}", "1:1: 'device' has no 'modle'; is it 'model'?"},
      {"{{#time_zone}}{{#summer}}{{start.mnth}}{{/summer}}{{/time_zone}}", "1:26: 'start' has no 'mnth'; is it 'month'?"},
      {"{{#time_zone}}{{start.month}}{{/time_zone}}", "1:15: there is no 'start' here, only in time_zone.summer"},
      {"{{lines.username}}", "1:1: 'lines' is a list, and what its members have is in {{#lines}}"},
      {"{{ip.x}}", "1:1: 'ip' has nothing below it"},
      {"{{ntp_enabled}}", "1:1: 'ntp_enabled' is no text that could be written; {{#ntp_enabled}} asks whether it is there"},
      {"{{installed.lang}}", "1:1: 'installed' has no 'lang'; is it 'lang-1_2'?"},
      {"{{#device}}", "1:1: the section 'device' is not closed"},
      {"{{> x}}", "1:1: there are no partials and no other delimiters in these templates"},
  };
  for (const auto& [text, mistake] : cases) {
    Sources sources;
    sources.templates["templates/phone.cfg"] = sources.templates["templates/phone.cfg"] + "\n" + text;
    const auto lines = std::count(sources.templates["templates/phone.cfg"].begin(), sources.templates["templates/phone.cfg"].end(), '\n');
    const std::string_view said = mistake;
    const int line = static_cast<int>(lines) + 1 - static_cast<int>(std::count(text, text + std::strlen(text), '\n')) + (said[0] - '1');
    EXPECT_THAT(MistakesOf(sources), ElementsAre("templates/phone.cfg:" + std::to_string(line) + std::string(said.substr(1)))) << text;
  }
  Sources sources;
  sources.templates["templates/common.cfg"] = "{{device.mac}}";
  EXPECT_THAT(MistakesOf(sources), ElementsAre(StartsWith("templates/common.cfg:1:1: there is no 'device' here")));
  sources.templates["templates/common.cfg"] = "\xff";
  EXPECT_THAT(MistakesOf(sources), ElementsAre("phones.files, common 1: templates/common.cfg is not UTF-8"));
}

TEST_F(APlugin, IsRefusedForSlipsInItsPluginInfo) {
  const struct {
    const char* pointer;
    Json value;
    const char* mistake;
  } cases[] = {
      {"/version", "1\n2", "plugin-info: version is more than one line, or has blanks at its ends"},
      {"/capabilities/Acme X2", Json::object(), "plugin-info, capabilities.Acme X2: it is not written 'Vendor, Model, Version'"},
      {"/capabilities/Acme, X2, ", Json::object(), "plugin-info, capabilities.Acme, X2, : it is not written 'Vendor, Model, Version'"},
      {"/capabilities/Acme, X2, 1.0", nullptr, "plugin-info, capabilities.Acme, X2, 1.0 is not an object"},
      {"/capabilities/Acme, X1, 1.0",
       {{"sip.lines", "2"}},
       "plugin-info, capabilities.Acme, X1, 1.0: sip.lines is not an integer from 0 to 999"},
      {"/capabilities/Acme, X1, 1.0", {{"lines", 2.5}}, "plugin-info, capabilities.Acme, X1, 1.0: lines is not an integer from 0 to 999"},
  };
  for (const auto& [pointer, value, mistake] : cases) {
    Sources sources;
    sources.info[Json::json_pointer(pointer)] = value;
    EXPECT_THAT(MistakesOf(sources), ElementsAre(mistake)) << pointer << value;
  }
  Sources sources;
  sources.info["capabilities"]["Acme, X1, 1.0"] = {{"lines", 2}, {"function_keys", 4}, {"of another server", {1}}};
  EXPECT_THAT(MistakesOf(sources), IsEmpty()) << "what the field's plugins have is tolerated";
}

TEST_F(APlugin, HearsOfAllItsMistakesAtOnce) {
  Sources sources;
  sources.manifest["phone"] = 1;
  sources.manifest["packages"][0]["version"] = 5;
  sources.manifest["phones"]["maps"]["language"]["of"] = "local";
  sources.templates["templates/phone.cfg"] += "{{nope}}{{nope2}}";
  sources.info.erase("version");
  EXPECT_THAT(MistakesOf(sources), SizeIs(6));
  for (int i = 0; i < 30; ++i) sources.manifest["x" + std::to_string(i)] = 1;
  const auto mistakes = MistakesOf(sources);
  EXPECT_THAT(mistakes, SizeIs(Mistakes::kMostTold + 1));
  EXPECT_EQ(mistakes.back(), "and more");
}

TEST_F(APlugin, SaysAllOfItInOneSentence) {
  const TemporaryDirectory folder;
  std::ofstream(folder.path() / "manifest.json") << R"({"format": 1, "phone": {}, "package": []})";
  EXPECT_EQ(ReadManifest(folder.path(), Sources().info).error().message,
            "1. manifest.json: 'package' is not a member that is known here; is it 'packages'?; "
            "2. manifest.json: 'phone' is not a member that is known here; is it 'phones'?");
}

TEST_F(APlugin, HasLists) {
  Sources sources;
  sources.manifest = {{"format", 1}, {"packages", Json::array()}};
  for (int count = 0; count < 1'001; ++count)
    sources.manifest["packages"].push_back({{"id", std::to_string(count)}, {"version", "1"}, {"description", "x"}});
  EXPECT_THAT(MistakesOf(sources), ElementsAre("manifest.json: packages has more than 1000 members"));
}

TEST(PluginInfo, NeedsVersionDescriptionAndCapabilities) {
  const Json whole = {{"version", "1.0"}, {"description", "x"}, {"capabilities", Json::object()}, {"X_other", 1}};
  EXPECT_EQ(*ParsePluginInfo(whole.dump()), whole);
  for (const char* member : {"version", "description", "capabilities"}) {
    Json less = whole;
    less.erase(member);
    EXPECT_THAT(ParsePluginInfo(less.dump()).error().message, HasSubstr(member));
    less[member] = 5;
    EXPECT_FALSE(ParsePluginInfo(less.dump()));
  }
}

TEST(PluginFolder, IsCheckedForTheInterfaceThatThePluginNeeds) {
  TemporaryDirectory folder;
  EXPECT_THAT(ReadPluginInfo(folder.path()).error().message, HasSubstr("no plugin-info"));
  const Json info = Sources().info;
  EXPECT_THAT(ReadManifest(folder.path(), info).error().message, HasSubstr("Python"));
  std::ofstream(folder.path() / "manifest.json") << "{\"format\": 1}";
  const struct {
    const char* member;
    Json version;
    bool loads;
  } cases[] = {{"plugin_iface_version_min", "0.1", true},   {"plugin_iface_version_min", "0.2", true},
               {"plugin_iface_version_min", "0.10", false}, {"plugin_iface_version_max", "0.10", true},
               {"plugin_iface_version_max", "0.2", true},   {"plugin_iface_version_max", "0.1", false},
               {"plugin_iface_version_min", 0.2, false}};
  for (const auto& [member, version, loads] : cases) {
    Json asking = info;
    asking[member] = version;
    EXPECT_EQ(ReadManifest(folder.path(), asking).has_value(), loads) << member << " " << version;
  }
  for (const char* text : {"", "[]", "{}", "{\"format\":"}) {
    std::ofstream(folder.path() / "manifest.json") << text;
    EXPECT_FALSE(ReadManifest(folder.path(), info)) << text;
  }
}

}  // namespace
}  // namespace provdlab::server
