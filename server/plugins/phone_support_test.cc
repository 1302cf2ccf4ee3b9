#include "server/plugins/phone_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "base/files.h"

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
    auto support = PhoneSupport::Load(folder, plugin, ReadTable(folder / "manifest.json").at("phones"), ReadTable(folder / "plugin-info"));
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
    const auto files = support->Configure(row.at("device"), row.at("raw_config"));
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

TEST(PhoneSupportTest, RefusesWhatIsWrongInAPackageWithWhatAndWhere) {
  TemporaryDirectory folder;
  std::ofstream(folder.path() / "good") << "{{device.mac}}";
  std::ofstream(folder.path() / "slip") << "a\n{{#lines}}{{usernam}}{{/lines}}";
  std::ofstream(folder.path() / "open") << "a\n{{#device}}";
  const auto rule = [](Json json) { return Json{{"identification", {std::move(json)}}}; };
  const auto file = [](Json json) { return Json{{"files", {{"device", {std::move(json)}}}}}; };
  const struct {
    Json phones;
    const char* message;
  } cases[] = {
      {{{"format", 2}}, "format"},
      {{{"formt", 1}}, "'formt'"},
      {{{"serves", {"ftp"}}}, "ftp"},
      {rule({{"protocol", "http"}, {"user_agent", "(a)"}, {"gives", {{"vendor", "A"}}}}),
       "identification 1: user_agent, column 1: a group"},
      {rule({{"protocol", "sip"}, {"user_agent", "a"}, {"gives", {{"vendor", "A"}}}}), "'sip'"},
      {rule({{"protocol", "http"}, {"gives", {{"vendor", "A"}}}}), "no pattern"},
      {rule({{"protocol", "http"}, {"user_agent", "a"}}), "gives nothing"},
      {rule({{"protocol", "http"}, {"user_agent", "a"}, {"gives", {{"vendor", "{b}"}}}}), "no pattern has a group 'b'"},
      {rule({{"protocol", "http"}, {"user_agent", "a"}, {"gives", {{"colour", "b"}}}}), "colour"},
      {rule({{"protocol", "http"}, {"user_agnt", "a"}}), "'user_agnt'"},
      {{{"association", Json::object()}}, "vendor"},
      {{{"association", {{"vendor", "A"}, {"known_model", "great"}}}}, "known_model is none of"},
      {{{"association", {{"vendor", "A"}, {"known_model", 1001}}}}, "0 to 1000"},
      {{{"device", {{"needs", {"colour"}}}}}, "colour"},
      {{{"raw_config", {{"needs", {"ip"}}}}}, "not among those accepted"},
      {{{"raw_config", {{"accepts", {"a b"}}}}}, "a b"},
      {{{"models", {{"X", {{"keys", {{{"name", "key"}, {"count", 1}}}}}}}}}, "'#'"},
      {{{"models", {{"X", {{"keys", {{{"name", "key#"}, {"count", 1000}}}}}}}}}, "count"},
      {{{"models", {{"X", {{"known_as", {"x"}}}}, {"Y", {{"known_as", {"x"}}}}}}}, "two models"},
      {{{"maps", {{"a", Json::object()}}}}, "of"},
      {file({{"path", "x"}, {"template", "missing"}}), "missing"},
      {file({{"path", "x"}, {"template", "../good"}}), "not a path"},
      {file({{"path", "{{ip}}"}, {"template", "good"}}), "'ip'"},
      {file({{"path", "x"}, {"template", "good"}, {"escaping", "html"}}), "html"},
      {file({{"path", "x"}, {"template", "good"}, {"encoding", "utf-16"}}), "encoding"},
      {file({{"path", "x"}, {"template", "slip"}}), "slip uses the name 'lines'"},
      {file({{"path", "x"}, {"template", "open"}}), "open:2:1: the section 'device' is not closed"},
      {{{"sensitive", {"["}}}, "sensitive"},
      {{{"synchronize", {{"method", "post"}}}}, "method"},
      {{{"synchronize", {{"method", "sip-notify"}, {"event", "a\r\nb"}}}}, "event"},
  };
  for (const auto& [phones, message] : cases) {
    Json whole = phones;
    if (!whole.contains("format") && !whole.contains("formt")) whole["format"] = 1;
    const auto support = PhoneSupport::Load(folder.path(), "acme", whole, Json::object());
    ASSERT_FALSE(support) << whole;
    EXPECT_EQ(support.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(support.error().message, HasSubstr("the phones of 'acme': ")) << whole;
    EXPECT_THAT(support.error().message, HasSubstr(message)) << whole;
  }
  EXPECT_TRUE(PhoneSupport::Load(folder.path(), "acme", {{"format", 1}}, Json::object())) << "it then knows no phones";
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

TEST(NormalMacTest, TakesTheSpellingsOfTheField) {
  for (const char* text : {"00:08:5d:23:74:29", "00-08-5D-23-74-29", "00085D237429", "00085d237429"})
    EXPECT_EQ(NormalMac(text), "00:08:5d:23:74:29") << text;
  for (const char* text :
       {"", "00:08:5d:23:74", "00:08-5d:23:74:29", "00:08:5d:23:74:2g", "0:8:5d:23:74:29", "00085d2374291", "00.08.5d.23.74.29"})
    EXPECT_FALSE(NormalMac(text)) << text;
}

}  // namespace
}  // namespace provdlab::server
