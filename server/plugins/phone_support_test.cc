#include "server/plugins/phone_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "base/files.h"
#include "base/text.h"
#include "server/plugins/raw_config_parameters.h"
#include "server/plugins/view_shape.h"

namespace provdlab::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Protocol = PhoneRequest::Protocol;

Json ReadTable(const std::filesystem::path& path) { return *ParseJson(*ReadFile(path)); }

std::shared_ptr<const PhoneSupport> Support(const std::string& plugin) {
  static std::map<std::string, std::shared_ptr<const PhoneSupport>> loaded;
  const std::filesystem::path folder = "fixtures/plugins/" + plugin;
  if (!loaded.contains(plugin)) {
    const Json manifest = ReadTable(folder / "manifest.json");
    std::vector<std::string> packages;
    for (const Json& package : manifest.value("packages", Json::array())) packages.push_back(package.at("id"));
    auto support = PhoneSupport::Load(folder, plugin, manifest.at("phones"), ReadTable(folder / "plugin-info"), std::move(packages));
    if (!support) throw std::runtime_error(support.error().message);
    loaded[plugin] = *support;
  }
  return loaded[plugin];
}

PhoneRequest RequestOf(const Json& row) {
  PhoneRequest request;
  const std::string protocol = row.at("protocol");
  request.protocol = protocol == "http" ? Protocol::kHttp : protocol == "tftp" ? Protocol::kTftp : Protocol::kDhcp;
  request.user_agent = row.value("user_agent", "");
  request.path = row.value("path", "");
  request.file_name = row.value("file_name", "");
  request.mac = row.value("mac", "");
  const Json options = row.value("options", Json::object());
  for (const auto& [code, value] : options.items()) request.options[std::stoi(code)] = value.get<std::string>();
  return request;
}

Json AsJson(const std::optional<Identity>& identity) {
  if (!identity) return nullptr;
  Json json = Json::object();
  for (const auto& [name, member] : Identity::kMembers)
    if ((*identity).*member) json[std::string(name)] = *((*identity).*member);
  return json;
}

TEST(PhoneSupportTest, IdentifiesAndScoresAsInTheTable) {
  for (const Json& row : ReadTable("fixtures/phones/identification.json")) {
    const auto support = Support(row.at("plugin").get<std::string>());
    const auto identity = support->Identify(RequestOf(row));
    EXPECT_EQ(AsJson(identity), row.at("identity")) << row;
    if (identity) {
      EXPECT_EQ(support->Score(*identity), row.at("score").get<int>()) << row;
    }
  }
}

TEST(PhoneSupportTest, ConfiguresAsInTheTable) {
  for (const Json& row : ReadTable("fixtures/phones/configurations.json")) {
    const auto support = Support(row.at("plugin").get<std::string>());
    const auto files = support->Configure(row.at("device"), row.at("raw_config"), row.value("installed", InstalledPackages()));
    if (row.contains("because")) {
      ASSERT_FALSE(files) << row;
      EXPECT_EQ(files.error().kind, ErrorKind::kInvalid);
      EXPECT_THAT(files.error().message, HasSubstr(row.at("because").get<std::string>())) << row;
      continue;
    }
    ASSERT_TRUE(files) << row << files.error().message;
    const std::filesystem::path folder = "fixtures/phones/files/" + row.at("name").get<std::string>();
    std::size_t expected = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) expected += entry.is_directory() ? 0u : 1u;
    EXPECT_EQ(files->size(), expected) << row.at("name");
    const auto names = support->FilesOf(row.at("device"));
    for (const RenderedFile& file : *files) {
      EXPECT_EQ(file.bytes, ReadFile(folder / file.path).value_or("there is no such file")) << row.at("name") << ": " << file.path;
      EXPECT_THAT(names, ::testing::Contains(file.path)) << row.at("name");
    }
  }
}

// Whatever a name is, each line of the file is one that the template has.
TEST(PhoneSupportTest, HostileNamesStayInTheirPlace) {
  const auto support = Support("xivo-aastra-3.3.1-SP2");
  const Json device = {{"mac", "00:08:5d:23:74:29"}, {"model", "6731i"}};
  const auto config = [](const std::string& name) {
    return Json{{"ip", "192.0.2.10"},
                {"http_port", 8667},
                {"sip_lines", {{"1", {{"username", "u"}, {"proxy_ip", "192.0.2.20"}, {"display_name", name}}}}}};
  };
  const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  const auto harmless = support->Configure(device, config("Ada"));
  for (const std::string name : {"a\nb", "a\rb", "\"", "#", "\"#\n\"", "x: y", "{{ip}}", "\xff", std::string("\0", 1).c_str(), "\u2028"}) {
    const auto files = support->Configure(device, config(name));
    ASSERT_TRUE(files) << name;
    EXPECT_EQ(lines(files->at(0).bytes), lines(harmless->at(0).bytes)) << name;
  }
}

TEST(PhoneSupportTest, NamesOfFilesStayBelowTheFolder) {
  TemporaryDirectory folder;
  std::ofstream(folder.path() / "t") << "x";
  const Json phones = {{"format", 1}, {"files", {{"device", {{{"path", "a/{{device.model}}.cfg"}, {"template", "t"}}}}}}};
  const auto support = PhoneSupport::Load(folder.path(), "p", phones, Json::object());
  ASSERT_TRUE(support) << support.error().message;
  EXPECT_EQ((*support)->Configure({{"model", "../../x"}}, Json::object())->at(0).path, "a/.._.._x.cfg");
  EXPECT_FALSE((*support)->Configure({{"model", "a\"b"}}, Json::object()));
  EXPECT_FALSE((*support)->Configure({{"model", std::string(300, 'a')}}, Json::object()));
  EXPECT_THAT((*support)->FilesOf({{"model", "a\"b"}}), IsEmpty());
}

TEST(PhoneSupportTest, KnowsTriggerSecretsAndSynchronization) {
  const auto aastra = Support("xivo-aastra-3.3.1-SP2"), polycom = Support("xivo-polycom-4.0.4");
  const Json device = {{"mac", "00:04:f2:a1:b2:c3"}};
  EXPECT_EQ(aastra->TriggerFile(device), "0004F2A1B2C3.cfg");
  EXPECT_EQ(polycom->TriggerFile(device), "0004f2a1b2c3-user.cfg");
  EXPECT_EQ(polycom->TriggerFile(Json::object()), "");
  EXPECT_EQ(polycom->TriggerFile({{"mac", 5}}), "");
  EXPECT_THAT(polycom->FilesOf(device), ElementsAre("0004f2a1b2c3-user.cfg"));
  EXPECT_THAT(polycom->FilesOf(Json::array()), IsEmpty());
  EXPECT_TRUE(aastra->IsSensitive("/Aastra/0004F2A1B2C3.cfg"));
  EXPECT_TRUE(aastra->IsSensitive("0004F2A1B2C3.cfg"));
  EXPECT_FALSE(aastra->IsSensitive("0004f2a1b2c3.cfg"));
  EXPECT_FALSE(aastra->IsSensitive("/Aastra/aastra.cfg"));
  EXPECT_EQ(aastra->synchronization(), (Synchronization{Synchronization::Method::kSipNotify, "check-sync"}));
  EXPECT_TRUE(Support("acme")->serves(Protocol::kHttp) && Support("acme")->serves(Protocol::kTftp));
  EXPECT_FALSE(Support("acme")->serves(Protocol::kDhcp));
}

TEST(PhoneSupportTest, WritesTheFilesThatAllShare) {
  const Json base = {{"ip", "192.0.2.10"}, {"http_port", 8667}};
  const auto files = Support("xivo-aastra-3.3.1-SP2")->ConfigureCommon(base);
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 1u);
  EXPECT_EQ(files->at(0).path, "Aastra/aastra.cfg");
  EXPECT_THAT(files->at(0).bytes, HasSubstr("upgrade uri: http://192.0.2.10:8667/Aastra\n"));
  EXPECT_TRUE(Support("xivo-aastra-3.3.1-SP2")->ConfigureCommon(Json::object()));
  EXPECT_EQ(Support("xivo-polycom-4.0.4")->ConfigureCommon(base)->size(), 2u);
  EXPECT_FALSE(Support("acme")->ConfigureCommon(Json::array()));
}

TEST(PhoneSupportTest, SaysWhosePhonesAreDescribedWrongly) {
  const TemporaryDirectory folder;
  const auto support = PhoneSupport::Load(folder.path(), "acme", {{"format", 1}, {"formt", 1}, {"serves", {"ftp"}}}, Json::object());
  ASSERT_FALSE(support);
  EXPECT_EQ(support.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(support.error().message,
            "the phones of 'acme': 1. phones: 'formt' is not a member that is known here; is it 'format'?; "
            "2. phones: serves: 'ftp' is neither http nor tftp; is it 'tftp'?");
  EXPECT_TRUE(PhoneSupport::Load(folder.path(), "acme", {{"format", 1}}, Json::object())) << "it then knows no phones";
}

// One that is made for a test: `phones` with what all of them have, and one template.
class AMadeUpPlugin : public ::testing::Test {
 protected:
  std::shared_ptr<const PhoneSupport> Load(Json phones, const std::string& text, const Json& capabilities = {{"A, X1, 1", Json::object()}},
                                           std::vector<std::string> packages = {}) {
    std::ofstream(folder_.path() / "t") << text;
    phones["format"] = 1;
    if (!phones.contains("raw_config")) phones["raw_config"] = {{"accepts", {"admin_password", "sip_lines", "funckeys", "timezone"}}};
    if (!phones.contains("files")) phones["files"] = {{"device", {{{"path", "x"}, {"template", "t"}}}}};
    auto support = PhoneSupport::Load(folder_.path(), "p", phones, {{"capabilities", capabilities}}, std::move(packages));
    EXPECT_TRUE(support) << support.error().message;
    return support.value_or(nullptr);
  }

  TemporaryDirectory folder_;
};

TEST_F(AMadeUpPlugin, MayBeMadeForSeveralVersionsOfAModel) {
  const Json capabilities = {{"A, X1, 1.0", {{"lines", 2}}}, {"A, X1, 1.1", {{"sip.lines", 3}}}, {"A, X2, *", Json::object()}};
  const auto support = Load({{"association", {{"vendor", "A"}}}, {"models", {{"X2", {{"version", {"5", "6"}}}}}}},
                            "{{#free_lines}}{{line}} {{/free_lines}}", capabilities);
  for (const char* version : {"1.0", "1.1"}) EXPECT_EQ(support->Score({.vendor = "A", .model = "X1", .version = version}), kScoreExact);
  EXPECT_EQ(support->Score({.vendor = "A", .model = "X1", .version = "1.2"}), kScoreComplete);
  EXPECT_EQ(support->Score({.vendor = "A", .model = "X1"}), kScoreComplete);
  EXPECT_EQ(support->Score({.vendor = "A", .model = "X2", .version = "6"}), kScoreExact);
  EXPECT_EQ(support->Configure({{"model", "X1"}}, Json::object())->at(0).bytes, "1 2 3 ");
}

TEST_F(AMadeUpPlugin, MayKnowWhatIsMissingFromARequest) {
  const auto support = Load({{"identification",
                              {{{"protocol", "http"}, {"user_agent", nullptr}, {"path", "/x"}, {"gives", {{"vendor", "A"}}}},
                               {{"protocol", "dhcp"}, {"mac", "00:aa:55:.*"}, {"option_60", nullptr}, {"gives", {{"vendor", "A"}}}}}}},
                            "");
  EXPECT_TRUE(support->Identify({.path = "/x"}));
  EXPECT_FALSE(support->Identify({.user_agent = "curl", .path = "/x"}));
  EXPECT_FALSE(support->Identify({.protocol = Protocol::kTftp, .file_name = "/x"}));
  EXPECT_TRUE(support->Identify({.protocol = Protocol::kDhcp, .mac = "00:aa:55:00:00:01"}));
  EXPECT_FALSE(support->Identify({.protocol = Protocol::kDhcp, .mac = "00:aa:56:00:00:01"}));
  EXPECT_FALSE(support->Identify({.protocol = Protocol::kDhcp, .options = {{60, "x"}}, .mac = "00:aa:55:00:00:01"}));
}

TEST_F(AMadeUpPlugin, TakesNoPlaceholderForAMac) {
  const auto support = Load({{"identification", {{{"protocol", "tftp"}, {"file_name", "(?P<mac>\\w{12})"}}}}}, "");
  EXPECT_TRUE(support->Identify({.protocol = Protocol::kTftp, .file_name = "000000000001"}));
  for (const char* name : {"000000000000", "FFFFFFFFFFFF", "00000000000g"})
    EXPECT_FALSE(support->Identify({.protocol = Protocol::kTftp, .file_name = name})) << name;
}

TEST_F(AMadeUpPlugin, SeesWhichPackagesAreInstalled) {
  const auto support = Load(
      Json::object(), "{{#installed.lang-1_2}}has {{installed.lang-1_2}}{{/installed.lang-1_2}}{{^installed.fw}}no fw{{/installed.fw}}",
      {{"A, X1, 1", Json::object()}}, {"fw", "lang-1.2"});
  EXPECT_EQ(support->Configure({{"model", "X1"}}, Json::object())->at(0).bytes, "no fw");
  EXPECT_EQ(support->Configure({{"model", "X1"}}, Json::object(), {{"lang-1.2", "1.2"}, {"fw", "1"}, {"other", "1"}})->at(0).bytes,
            "has 1.2");
}

TEST_F(AMadeUpPlugin, RefusesValues) {
  const auto support = Load({{"refuse",
                              {{{"of", "admin_password"}, {"unless", "\\d*"}, {"because", "only digits"}},
                               {{"of", "lines.password"}, {"if", ".*;.*"}, {"because", "no semicolons"}},
                               {{"of", "function_keys.value"}, {"if", "x"}, {"because", "no x"}}}},
                             {"models", {{"X1", {{"keys", {{{"name", "k#"}, {"count", 9}}}}}}}}},
                            "");
  const auto why = [&](const Json& raw_config) {
    const auto files = support->Configure({{"model", "X1"}}, raw_config);
    return files ? "" : files.error().message;
  };
  const auto line = [](const std::string& password) {
    return Json{{"sip_lines",
                 {{"1", {{"username", "a"}, {"proxy_ip", "b"}}}, {"7", {{"username", "a"}, {"proxy_ip", "b"}, {"password", password}}}}}};
  };
  EXPECT_EQ(why({{"admin_password", "22222"}}), "");
  EXPECT_EQ(why({{"admin_password", 22222}}), "");
  EXPECT_EQ(why(Json::object()), "");
  EXPECT_EQ(why({{"admin_password", "2222a"}}), "admin_password: only digits");
  EXPECT_EQ(why({{"admin_password", std::string(2000, '1')}}), "admin_password: only digits") << "longer than what patterns match";
  EXPECT_EQ(why(line("a:b")), "");
  EXPECT_EQ(why(line("a;b")), "sip_lines.7, password: no semicolons");
  EXPECT_EQ(why({{"funckeys", {{"3", {{"type", "blf"}, {"value", "x"}}}}}}), "funckeys.3, value: no x");
}

TEST_F(AMadeUpPlugin, RefusesWhatAFileCantHold) {
  const Json escapings = {{"own", {{"quote_when", "#"}, {"quote_at_start", "\""}, {"quote", "\""}, {"in_quotes", {{"\"", "'"}}}}}};
  const struct {
    const char *escaping, *encoding, *value;
    bool fits;
  } cases[] = {
      {"line", "utf-8", "\u00e9\u4e2d\"#<&>", true},
      {"line", "utf-8", "a\nb", false},
      {"line", "utf-8", "a\x7f", false},
      {"line", "iso-8859-1", "\u00e9", true},
      {"line", "iso-8859-1", "\u4e2d", false},
      {"xml", "utf-8", "<\"&'>", true},
      {"xml", "utf-8", "a\ufffe", false},
      {"none", "utf-8", "a\nb", true},
      {"own", "utf-8", "a\"b", true},
      {"own", "utf-8", "a#b", true},
      {"own", "utf-8", "a\"#b", false},
      {"own", "utf-8", "\"ab", false},
  };
  for (const auto& [escaping, encoding, value, fits] : cases) {
    const auto support =
        Load({{"exact", {"admin_password"}},
              {"escapings", escapings},
              {"files", {{"device", {{{"path", "x"}, {"template", "t"}, {"escaping", escaping}, {"encoding", encoding}}}}}}},
             "{{admin_password}}");
    const auto files = support->Configure({{"model", "X1"}}, {{"admin_password", value}});
    EXPECT_EQ(files.has_value(), fits) << escaping << " " << encoding << " " << value;
    if (!files) {
      EXPECT_EQ(files.error().message, "admin_password: it has characters that can't be written so that the phone reads them as they are");
    }
  }
}

TEST_F(AMadeUpPlugin, CanWriteEveryTimeZone) {
  const auto support =
      Load(Json::object(), "{{#time_zone}}{{sign}}{{hours}}{{#minutes}}:{{minutes}}{{/minutes}} {{west_minutes}}{{/time_zone}}");
  const std::pair<const char*, const char*> zones[] = {{"Asia/Kathmandu", "+5:45 -345"},
                                                       {"America/St_Johns", "-3:30 210"},
                                                       {"Europe/Paris", "+1 -60"},
                                                       {"UTC", "+0 0"},
                                                       {"Pacific/Chatham", "+12:45 -765"},
                                                       {"Etc/GMT+12", "-12 720"},
                                                       {"no", ""}};
  for (const auto& [zone, written] : zones)
    EXPECT_EQ(support->Configure({{"model", "X1"}}, {{"timezone", zone}})->at(0).bytes, written) << zone;
}

// What the checks of templates rely on: a view never has what its shape doesn't.
void ExpectShape(const Json& value, const Shape& shape, const std::string& where) {
  if (shape.anything || value == false) return;
  if (value.is_string()) {
    EXPECT_TRUE(shape.text) << where;
    if (shape.values) {
      EXPECT_THAT(*shape.values, ::testing::Contains(value.get<std::string>())) << where;
    }
  } else if (value.is_boolean()) {
    EXPECT_TRUE(shape.flag) << where;
  } else if (value.is_array()) {
    ASSERT_EQ(shape.items.size(), 1u) << where;
    for (const Json& item : value) ExpectShape(item, shape.items[0], where + "[]");
  } else {
    for (const auto& [name, member] : value.items()) {
      const auto known = shape.members.find(name);
      if (known == shape.members.end())
        ADD_FAILURE() << where << " has no " << name;
      else
        ExpectShape(member, known->second, where + "." + name);
    }
  }
}

TEST(PhoneViewTest, HasTheShapeThatTemplatesAreCheckedAgainst) {
  for (const Json& row : ReadTable("fixtures/phones/configurations.json")) {
    if (row.contains("because") || row.value("odd", false)) continue;
    const std::filesystem::path folder = "fixtures/plugins/" + row.at("plugin").get<std::string>();
    const Json phones = ReadTable(folder / "manifest.json").at("phones"), info = ReadTable(folder / "plugin-info");
    Mistakes mistakes;
    const PhoneTables tables = PhoneTables::Read(ObjectReader(phones, "phones", mistakes), ReadCapabilities(info, mistakes), {"lang"});
    const auto view = ComputeView(tables, &row.at("device"), row.at("raw_config"), {{"lang", "1"}});
    ASSERT_TRUE(view) << view.error().message;
    ExpectShape(*view, tables.ShapeOf(PhoneTables::Scope::kDevice), row.at("name"));
  }
}

// Every member of a good description, replaced by every kind of wrong value: refused or taken, never a crash.
TEST(PhoneSupportTest, SurvivesADescriptionThatIsWrongAnywhere) {
  const std::filesystem::path folder = "fixtures/plugins/xivo-aastra-3.3.1-SP2";
  const Json good = ReadTable(folder / "manifest.json").at("phones"), info = ReadTable(folder / "plugin-info");
  const Json device = {{"mac", "00:08:5d:23:74:29"}, {"model", "6731i"}};
  int loaded = 0, refused = 0;
  const Json flat = good.flatten();
  for (const auto& [pointer, value] : flat.items()) {
    for (const Json& wrong :
         {Json(), Json(-1), Json(5.5), Json(""), Json("("), Json("{{"), Json::array(), Json::object(), Json{{"a", {1, nullptr}}}}) {
      Json damaged = good;
      damaged[Json::json_pointer(pointer)] = wrong;
      const auto support = PhoneSupport::Load(folder, "p", damaged, info);
      (support ? loaded : refused)++;
      if (!support) continue;
      (void)(*support)->Configure(
          device, {{"ip", "192.0.2.10"}, {"http_port", 80}, {"locale", "fr_FR"}, {"funckeys", {{"1", {{"type", "park"}}}}}});
      (void)(*support)->Identify({.user_agent = "Aastra57i MAC:00-08-5D-19-E4-01 V:2.6.0.1008-SIP"});
    }
  }
  EXPECT_GT(refused, loaded);
  EXPECT_GT(loaded, 0);
}

// The settings of a file: what stands before the separator of its lines, or the attributes of its elements.
std::set<std::string> SettingsIn(const std::string& text) {
  std::set<std::string> names;
  if (text.starts_with("<?xml")) {
    for (std::size_t at = 0; (at = text.find("=\"", at)) != std::string::npos; ++at) {
      const std::size_t begin = text.find_last_of(" \n", at) + 1;
      names.insert(text.substr(begin, at - begin));
    }
    return names;
  }
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (const std::size_t separator = line.find_first_of(":="); separator != std::string::npos)
      names.emplace(Trim(std::string_view(line).substr(0, separator)));
  return names;
}

// Everything that a client can say, of as many lines and keys as any phone has.
Json RichConfig() {
  Json raw = {{"ip", "192.0.2.10"},
              {"http_port", 8667},
              {"timezone", "Europe/Paris"},
              {"locale", "fr_FR"},
              {"X_xivo_phonebook_ip", "192.0.2.7"},
              {"X_xivo_phonebook_profile", "default"},
              {"X_xivo_user_uuid", "6cd695d2"}};
  for (const std::string& name : RawConfigParameterNames()) {
    const RawConfigParameter& parameter = *FindRawConfigParameter(name);
    if (raw.contains(name) || parameter.kind == RawConfigParameter::Kind::kWorkedOut) continue;
    raw[name] = parameter.kind == RawConfigParameter::Kind::kFlag     ? Json(true)
                : parameter.kind == RawConfigParameter::Kind::kObject ? Json({{"1", {{"ip", "192.0.2.1"}}}})
                : parameter.values.empty()                            ? Json("12")
                                                                      : Json(parameter.values.back());
  }
  for (int number = 1; number <= 40; ++number) {
    Json& line = raw["sip_lines"][std::to_string(number)];
    for (const char* member : {"username", "auth_username", "password", "display_name", "number", "proxy_ip", "registrar_ip",
                               "backup_proxy_ip", "backup_registrar_ip", "outbound_proxy_ip", "voicemail"})
      line[member] = "x";
  }
  const char* types[] = {"blf", "speeddial", "park", "directory", "xml", "callers", "services"};
  for (int number = 1; number <= 400; ++number)
    raw["funckeys"][std::to_string(number)] = {{"type", types[number % 7]}, {"value", "1"}, {"label", "x"}, {"line", 2}};
  return raw;
}

// A phone keeps what a new file does not mention (FB-076): whatever a file has ever set, every other file of that phone sets too.
TEST(PluginsTest, TakeBackWhatTheyOnceWrote) {
  const Json bare = {{"ip", "192.0.2.10"}, {"http_port", 8667}};
  Json autoprov = bare;
  autoprov["sip_lines"] = {{"1", {{"username", "apabcdefgh"}, {"proxy_ip", "192.0.2.20"}}}};
  autoprov["funckeys"] = {{"1", {{"type", "laser"}, {"value", "x"}}}};
  InstalledPackages all;
  int plugins = 0;
  for (const auto& entry : std::filesystem::directory_iterator("fixtures/plugins")) {
    if (!std::filesystem::exists(entry.path() / "manifest.json")) continue;
    const auto manifest = ParseJson(*ReadFile(entry.path() / "manifest.json"));
    if (!manifest || !manifest->contains("phones")) continue;
    const Json accepts = manifest->at("phones").value(Json::json_pointer("/raw_config/accepts"), Json::array());
    if (std::find(accepts.begin(), accepts.end(), "funckeys") == accepts.end()) continue;  // no desk phones
    ++plugins;
    for (const Json& package : manifest->value("packages", Json::array())) all[package.at("id")] = "1";
    const auto support = Support(entry.path().filename());
    std::vector<std::string> models = {"unknown"};
    Mistakes mistakes;
    for (const Capability& capability : ReadCapabilities(ReadTable(entry.path() / "plugin-info"), mistakes))
      models.push_back(capability.model);
    EXPECT_GT(models.size(), 2u);
    for (const std::string& model : models) {
      const Json device = {{"mac", "00:08:5d:23:74:29"}, {"model", model}};
      const auto rich = support->Configure(device, RichConfig(), all);
      ASSERT_TRUE(rich) << rich.error().message;
      for (const Json& poorer : {bare, autoprov}) {
        const auto poor = support->Configure(device, poorer);
        ASSERT_TRUE(poor) << poor.error().message;
        ASSERT_EQ(rich->at(0).path, poor->at(0).path);
        const auto before = SettingsIn(rich->at(0).bytes), after = SettingsIn(poor->at(0).bytes);
        EXPECT_GT(before.size(), 5u);
        std::vector<std::string> kept;
        std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(kept));
        // Of a model that the plugin does not know, nobody knows how many lines there are.
        if (model == "unknown")
          std::erase_if(kept, [](const std::string& name) { return name.find_first_of("0123456789") != std::string::npos; });
        EXPECT_THAT(kept, IsEmpty()) << entry.path() << " " << model << " " << poorer;
      }
    }
  }
  EXPECT_GE(plugins, 3);
}

TEST(NormalMacTest, TakesTheSpellingsOfTheField) {
  for (const char* text : {"00:08:5d:23:74:29", "00-08-5D-23-74-29", "00085D237429", "00085d237429"})
    EXPECT_EQ(NormalMac(text), "00:08:5d:23:74:29") << text;
  for (const char* text :
       {"", "00:08:5d:23:74", "00:08-5d:23:74:29", "00:08:5d:23:74:2g", "0:8:5d:23:74:29", "00085d2374291", "00.08.5d.23.74.29"})
    EXPECT_FALSE(NormalMac(text)) << text;
}

}  // namespace
}  // namespace provdlab::server
