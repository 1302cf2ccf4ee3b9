// `provdlab plugin` as a process of its own: what its commands print about plugins, good and bad, and how they end.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "tools/command.h"
#include "tools/command_process.h"

namespace provdlab::tools {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

// A plugin's folder as its author has it: a test's own files are links, which no package takes.
std::string Folder(const std::string& folder) {
  static const TemporaryDirectory copies;
  const fs::path copy = copies.path() / fs::path(folder).filename();
  if (!fs::exists(copy)) fs::copy(folder, copy, fs::copy_options::recursive);
  return copy.string();
}

std::string Acme() { return Folder("fixtures/plugins/acme"); }
std::string Aastra() { return Folder("fixtures/plugins/xivo-aastra-3.3.1-SP2"); }
std::string Polycom() { return Folder("fixtures/plugins/xivo-polycom-4.0.4"); }

// `provdlab plugin` with these arguments, at its end.
class Plugin : public CommandProcess {
 public:
  explicit Plugin(std::vector<std::string> arguments) : CommandProcess(AddPluginCommand, With(std::move(arguments))), code(ExitCode()) {}
  const int code;

 private:
  static std::vector<std::string> With(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "plugin");
    return arguments;
  }
};

// A copy of borealis that a test may spoil.
class AFolder : public ::testing::Test {
 protected:
  void SetUp() override { fs::copy("fixtures/phones/borealis", folder_.path() / "borealis", fs::copy_options::recursive); }
  std::string Path(const std::string& name = "") const { return (folder_.path() / "borealis" / name).string(); }
  void Replace(const std::string& file, const std::string& what, const std::string& with) {
    std::string text = *ReadFile(Path(file));
    ASSERT_NE(text.find(what), std::string::npos) << text;
    text.replace(text.find(what), what.size(), with);
    fs::remove(Path(file));
    std::ofstream(Path(file)) << text;
  }

  TemporaryDirectory folder_;
};

TEST_F(AFolder, IsCheckedAndFoundGood) {
  const Plugin check({"check", Path()});
  EXPECT_EQ(check.code, 0) << check.errors();
  EXPECT_THAT(check.output(), AllOf(StartsWith("borealis 1.0: no mistakes; 0 parameters, 0 packages, phones, "), HasSubstr(" bytes\n")));
}

TEST_F(AFolder, HasAllItsMistakesToldWithTheirPlaces) {
  Replace("manifest.json", "\"trigger\"", "\"triger\"");
  Replace("templates/phone.xml", "{{username}}", "{{usernam}}");
  Replace("plugin-info", "\"Borealis, T40, 4.2\"", "\"Borealis T40\"");
  const Plugin check({"check", Path()});
  EXPECT_EQ(check.code, 1);
  EXPECT_THAT(check.output(), IsEmpty());
  for (const char* sentence :
       {"the plugin 'borealis' can't be loaded:\n  1. ", "'triger' is not a member that is known here; is it 'trigger'?",
        "templates/phone.xml:4:33: there is no 'usernam' here; is it 'username'?", "Borealis T40: it is not written"})
    EXPECT_THAT(check.errors(), HasSubstr(sentence));
  EXPECT_THAT(check.errors(), Not(HasSubstr("unpacked"))) << "no path of ours";
}

TEST_F(AFolder, IsToldWhatKeepsItFromBeingAPackage) {
  fs::create_symlink("/etc/passwd", Path("link"));
  const Plugin check({"check", Path()});
  EXPECT_EQ(check.code, 1);
  EXPECT_THAT(check.errors(), HasSubstr("link is no file"));
  fs::remove(Path("link"));
  fs::remove(Path("plugin-info"));
  EXPECT_THAT(Plugin({"check", Path()}).errors(), HasSubstr("it has no plugin-info"));
  EXPECT_EQ(Plugin({"check", Path("nowhere")}).code, 2);
  fs::rename(Path(), folder_.path() / "a b");
  EXPECT_THAT(Plugin({"check", (folder_.path() / "a b").string()}).errors(), HasSubstr("--id"));
  EXPECT_THAT(Plugin({"check", (folder_.path() / "a b").string(), "--id", "ab"}).errors(), HasSubstr("it has no plugin-info"));
}

TEST(PluginCommand, RendersWhatAPhoneWouldGet) {
  const Plugin render(
      {"render", Acme(), "--device", R"({"mac": "00:aa:55:00:00:01", "model": "X1"})", "--config", R"({"locale": "fr_FR"})"});
  EXPECT_EQ(render.code, 0) << render.errors();
  EXPECT_THAT(render.output(), AllOf(StartsWith("model = X1\nlanguage = fr\n"), HasSubstr("firmware =\n")));
  const Plugin installed({"render", Acme(), "--device", R"({"mac": "00:aa:55:00:00:01", "model": "X1"})", "--installed", "fw2=1.1"});
  EXPECT_THAT(installed.output(), HasSubstr("firmware = x1-1.1.bin\n"));
  const Plugin common({"render", Acme(), "--common"});
  EXPECT_THAT(common.output(), HasSubstr("server = 192.0.2.10\n"));
}

TEST(PluginCommand, RendersSeveralFilesWithTheirNames) {
  const TemporaryDirectory folder;
  std::ofstream(folder.path() / "device") << R"({"mac": "00:08:5d:00:00:01", "model": "6731i"})";
  std::ofstream(folder.path() / "config")
      << R"({"raw_config": {"sip_servers_root_and_intermediate_certificates": "PEM", "ip": "192.0.2.99"}})";
  const std::vector<std::string> asked = {"render", Aastra(), "--device", folder.path() / "device", "--config", folder.path() / "config"};
  const Plugin render(asked);
  EXPECT_THAT(render.output(), AllOf(StartsWith("==> Aastra/00085D000001.cfg <==\ndownload protocol: HTTP\nhttp server: 192.0.2.99\n"),
                                     HasSubstr("==> Aastra/00085D000001-ca_servers.crt <==\nPEM\n")));
  std::vector<std::string> into = asked;
  into.insert(into.end(), {"--out", folder.path() / "out"});
  EXPECT_EQ(Plugin(into).output(), "Aastra/00085D000001.cfg\nAastra/00085D000001-ca_servers.crt\n");
  EXPECT_EQ(*ReadFile(folder.path() / "out/Aastra/00085D000001-ca_servers.crt"), "PEM\n");
}

TEST(PluginCommand, SaysWhyAPhoneGetsNothing) {
  const Plugin render({"render", Acme(), "--device", R"({"model": "X1"})"});
  EXPECT_EQ(render.code, 1);
  EXPECT_THAT(render.errors(), HasSubstr("the device can't be configured: the device has no mac, which this plugin needs"));
  EXPECT_EQ(Plugin({"render", Acme()}).code, 2);
  EXPECT_EQ(Plugin({"render", Acme(), "--device", "{"}).code, 2);
  EXPECT_EQ(Plugin({"render", Acme(), "--device", "/nowhere"}).code, 2);
}

TEST(PluginCommand, SaysWhatIsRecognised) {
  const Plugin http({"identify", Aastra(), "--user-agent", "Aastra57i MAC:00-08-5D-19-E4-01 V:2.6.0.1008-SIP"});
  EXPECT_EQ(http.code, 0) << http.errors();
  EXPECT_EQ(http.output(),
            "vendor    Aastra\nmodel     6757i\nversion   2.6.0.1008\nmac       00:08:5d:19:e4:01\nscore     500 (complete)\n");
  const Plugin path({"identify", Acme(), "--path", "/Acme/00aa55000001.cfg"});
  EXPECT_EQ(path.output(), "vendor    Acme\nmac       00:aa:55:00:00:01\nscore     300 (probable)\n");
  EXPECT_EQ(Plugin({"identify", Acme(), "--tftp", "Acme/x2-0.9.boot"}).output(),
            "vendor    Acme\nmodel     X2\nversion   0.9\nscore     500 (complete)\n");
  EXPECT_EQ(Plugin({"identify", Acme(), "--option-60", "Acme X2", "--mac", "00-AA-55-00-00-01"}).code, 0);
  EXPECT_THAT(
      Plugin({"identify", Polycom(), "--option-60", R"(\x00\x006=\x40\x01\x07Polycom\x02\x18SoundStationIP-SSIP_6000\x03)"}).output(),
      HasSubstr("SSIP6000"));
  const Plugin nothing({"identify", Aastra(), "--user-agent", "curl/7"});
  EXPECT_EQ(nothing.code, 1);
  EXPECT_EQ(nothing.output(), "nothing is recognised\n");
  EXPECT_THAT(Plugin({"identify", Aastra(), "--user-agent", "Aastra57iCT MAC:00-08-5D-19-E4-01 V:2.6.0.1008-SIP"}).output(),
              HasSubstr("200 (unknown), too little for a plugin to be chosen"));
  EXPECT_EQ(Plugin({"identify", Acme()}).code, 2);
  EXPECT_EQ(Plugin({"identify", Acme(), "--tftp", "x", "--path", "/x"}).code, 2);
}

TEST(PluginCommand, PacksTheBytesThatTheRepositoryServes) {
  const TemporaryDirectory folder;
  const Plugin pack({"pack", Acme(), "--out", folder.path() / "repository"});
  EXPECT_EQ(pack.code, 0) << pack.errors();
  EXPECT_THAT(pack.output(), StartsWith("acme-1.0.tar.bz2 "));
  EXPECT_EQ(*ReadFile(folder.path() / "repository/acme-1.0.tar.bz2"), *ReadFile("fixtures/plugins/acme.tar.bz2"));
  EXPECT_EQ(fs::file_size(folder.path() / "repository/files/acme/x1-1.0.bin"), 120'000u);
}

TEST_F(AFolder, IsPackedWithSizesAndSumsOfItsFiles) {
  fs::create_directory(Path("files"));
  std::ofstream(Path("files/fw.zip")) << "firmware";
  Replace(
      "manifest.json", "\"phones\": {",
      R"("packages": [{"id": "fw", "version": "1", "description": "x", "files": [{"name": "fw.zip", "url": "files/@ID@/fw.zip"}]}], "phones": {)");
  const fs::path out = folder_.path() / "out";
  for (int round = 0; round < 2; ++round) {
    const Plugin pack({"pack", Path(), "--out", out});
    EXPECT_EQ(pack.code, 0) << pack.errors();
  }
  EXPECT_EQ(*ReadFile(out / "files/borealis/fw.zip"), "firmware");
  EXPECT_TRUE(fs::exists(out / "borealis-1.0.tar.bz2"));
  fs::remove(Path("files/fw.zip"));
  const Plugin without({"pack", Path(), "--out", out});
  EXPECT_EQ(without.code, 1);
  EXPECT_THAT(without.errors(), HasSubstr("there is no sha1sum"));
}

}  // namespace
}  // namespace provdlab::tools
