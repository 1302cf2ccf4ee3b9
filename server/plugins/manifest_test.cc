#include "server/plugins/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"

namespace provdlab::server {
namespace {

using ::testing::HasSubstr;

Json File() { return {{"name", "x.bin"}, {"url", "files/x.bin"}, {"size", 5}, {"sha1sum", std::string(40, 'A')}}; }
Json PackageJson() { return {{"id", "fw"}, {"version", "1.0"}, {"description", "Firmware"}, {"files", {File()}}}; }
Json Whole() {
  return {{"format", 1},
          {"parameters", {{{"id", "volume"}, {"description", "Volume"}, {"kind", "integer"}, {"least", 0}, {"most", 10}, {"default", 5}}}},
          {"packages", {PackageJson()}}};
}

TEST(ManifestTest, ReadsWhatIsDescribed) {
  Json json = Whole();
  json["unknown"] = true;
  json["packages"][0]["install"] = Json::array({{{"copy", "*.bin"}, {"to", "Acme/"}}});
  const auto manifest = ParseManifest(json.dump());
  ASSERT_TRUE(manifest) << manifest.error().message;
  ASSERT_TRUE(manifest->parameters && manifest->packages);
  EXPECT_EQ(manifest->parameters->at(0).default_value, 5);
  EXPECT_EQ(manifest->packages->at(0).size(), 5u);
  EXPECT_EQ(manifest->packages->at(0).files[0].sha1sum, std::string(40, 'a'));
  EXPECT_EQ(manifest->packages->at(0).install->at(0).to, "Acme/");
}

TEST(ManifestTest, TellsAbsentServicesFromEmptyOnes) {
  const auto absent = ParseManifest("{\"format\": 1}");
  EXPECT_FALSE(absent->parameters || absent->packages);
  const auto empty = ParseManifest("{\"format\": 1, \"parameters\": [], \"packages\": []}");
  EXPECT_TRUE(empty->parameters && empty->packages);
}

TEST(ManifestTest, RefusesWhatBreaksARule) {
  struct {
    const char* pointer;
    Json value;
    const char* message;
  } cases[] = {
      {"/format", 2, "format 2"},
      {"/format", "1", "format"},
      {"/parameters", Json::object(), "not a list"},
      {"/parameters/0", 5, "not an object"},
      {"/parameters/0/id", "a b", "letters"},
      {"/parameters/0/id", "", "letters"},
      {"/parameters/0/description", 5, "not a string"},
      {"/parameters/0/kind", "float", "float"},
      {"/parameters/0/kind", "choice", "choices"},
      {"/parameters/0/kind", "text", "integers only"},
      {"/parameters/0/least", "0", "not an integer"},
      {"/parameters/0/default", 11, "at most 10"},
      {"/parameters/0/default", "5", "integer"},
      {"/parameters/0/secret", 1, "secret"},
      {"/parameters/1", Whole()["parameters"][0], "twice"},
      {"/packages/0/version", nullptr, "version"},
      {"/packages/0/depends", "fw", "not a list"},
      {"/packages/0/depends", {"nowhere"}, "nowhere"},
      {"/packages/0/files", 5, "not a list"},
      {"/packages/0/files/0/name", "../x", "plain name"},
      {"/packages/0/files/0/name", "a/b", "plain name"},
      {"/packages/0/files/0/url", "ftp://x/y", "url"},
      {"/packages/0/files/0/url", "../x", "url"},
      {"/packages/0/files/0/url", "/x", "url"},
      {"/packages/0/files/0/size", -1, "size"},
      {"/packages/0/files/0/size", "5", "size"},
      {"/packages/0/files/0/sha1sum", "zz", "sha1sum"},
      {"/packages/0/files/1", {{"name", "x.bin"}, {"url", ""}, {"size", 6}, {"sha1sum", std::string(40, 'a')}}, "different contents"},
      {"/packages/0/install", {{{"copy", "*"}, {"to", "../../outside/"}}}, "outside"},
      {"/packages/0/install", {{{"copy", "*"}, {"to", "/etc/x"}}}, "/etc/x"},
      {"/packages/0/install", {{{"copy", "*"}, {"to", "a//b"}}}, "a//b"},
      {"/packages/0/install", {{{"copy", "*"}, {"to", ""}}}, "path"},
      {"/packages/0/install", {{{"to", "a"}}}, "copy"},
      {"/packages/1", PackageJson(), "twice"},
      {"/phones", Json::array(), "phones"},
  };
  for (auto& [pointer, value, message] : cases) {
    Json json = Whole();
    if (std::string_view(pointer) == "/packages/0/install" && !value.is_array()) value = Json::array({value});
    json[Json::json_pointer(pointer)] = value;
    const auto manifest = ParseManifest(json.dump());
    ASSERT_FALSE(manifest) << pointer << " " << value;
    EXPECT_EQ(manifest.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(manifest.error().message, HasSubstr(message)) << pointer << " " << value;
  }
  for (const char* text : {"", "[]", "{}", "{\"format\":"}) EXPECT_FALSE(ParseManifest(text)) << text;
}

TEST(ManifestTest, RefusesAChainThatIsTooLong) {
  Json json = {{"format", 1}, {"packages", Json::array()}};
  for (int count = 0; count < 1'001; ++count)
    json["packages"].push_back({{"id", std::to_string(count)}, {"version", "1"}, {"description", "x"}});
  EXPECT_FALSE(ParseManifest(json.dump()));
}

TEST(PluginInfoTest, NeedsVersionDescriptionAndCapabilities) {
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

TEST(PluginFolderTest, ChecksTheInterfaceThatAPluginNeeds) {
  TemporaryDirectory folder;
  EXPECT_THAT(ReadPluginInfo(folder.path()).error().message, HasSubstr("no plugin-info"));
  EXPECT_THAT(ReadManifest(folder.path(), Json::object()).error().message, HasSubstr("Python"));
  std::ofstream(folder.path() / "manifest.json") << "{\"format\": 1}";
  const struct {
    const char *member, *version;
    bool loads;
  } cases[] = {{"plugin_iface_version_min", "0.1", true},   {"plugin_iface_version_min", "0.2", true},
               {"plugin_iface_version_min", "0.10", false}, {"plugin_iface_version_max", "0.10", true},
               {"plugin_iface_version_max", "0.2", true},   {"plugin_iface_version_max", "0.1", false}};
  for (const auto& [member, version, loads] : cases)
    EXPECT_EQ(ReadManifest(folder.path(), {{member, version}}).has_value(), loads) << member << " " << version;
  EXPECT_FALSE(ReadManifest(folder.path(), {{"plugin_iface_version_min", 0.2}}));
}

}  // namespace
}  // namespace provdlab::server
