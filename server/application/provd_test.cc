// The inside of the server as the wire side uses it, against a web server in the same process.
#include "server/application/provd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>

#include "base/digest.h"
#include "base/files.h"
#include "grammar/status/sequence.h"
#include "server/plugins/testing/origin.h"
#include "server/plugins/testing/package_builder.h"

namespace provdlab::server {
namespace {

using ::testing::ElementsAre;
using testing::EntryFor;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Package;
using testing::PackageBuilder;
using testing::PluginInfo;
namespace fs = std::filesystem;

constexpr std::chrono::seconds kDeadline{20};
const Json kPlainManifest = {{"format", 1}};

std::string Noise(std::size_t bytes, unsigned seed) {
  std::string noise;
  for (std::uint64_t state = seed * 2654435761u + 1; noise.size() < bytes;) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    noise.push_back(static_cast<char>(state >> 56));
  }
  return noise;
}

std::string FileBytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ProvdTest : public ::testing::Test {
 protected:
  ProvdTest() : folder_("provd-test-") { Open(); }

  std::string state() const { return (folder_.path() / "state").string(); }

  void Open() {
    provd_.reset();
    auto provd =
        Provd::Open({.state_directory = state(), .faults = &faults_, .timeouts = timeouts_, .log = [this](const std::string& sentence) {
                       std::lock_guard lock(mutex_);
                       log_ += sentence + "\n";
                     }});
    ASSERT_TRUE(provd) << provd.error().message;
    provd_ = std::move(*provd);
    ASSERT_TRUE(provd_->configuration().Set("plugin_server", origin_.url()));
  }

  std::string Log() {
    std::lock_guard lock(mutex_);
    return log_;
  }

  // Offers the bytes under the id, in plugins.db too.
  void Publish(const std::string& id, const std::string& bytes, const std::string& version = "1.0") {
    const std::string file = id + "-" + version + ".tar.bz2";
    origin_.Serve("/" + file, bytes);
    catalogue_[id] = EntryFor(file, bytes, version, Sha1Hex(bytes));
    origin_.Serve("/plugins.db", DumpJson(catalogue_));
  }
  void PublishPlugin(const std::string& id, const std::string& version = "1.0", const Json& manifest = kPlainManifest) {
    Publish(id, Package(id, PluginInfo(version), manifest), version);
  }
  // A plugin that recognises the phones of the vendor Acme and needs the members `needs` of their devices.
  static Json PhonesManifest(const std::vector<std::string>& needs) {
    return {{"format", 1},
            {"phones",
             {{"format", 1},
              {"serves", {"http"}},
              {"identification", {{{"protocol", "dhcp"}, {"option_60", "Acme (?P<model>X\\d)"}, {"gives", {{"vendor", "Acme"}}}}}},
              {"association", {{"vendor", "Acme"}, {"other_model", "probable"}}},
              {"device", {{"needs", needs}}},
              {"files", {{"device", {{{"path", "{{device.mac_hex}}.cfg"}, {"template", "phone.cfg"}}}}}}}}};
  }
  void PublishPhones(const std::string& id, const std::string& version, const std::vector<std::string>& needs) {
    Publish(id,
            PackageBuilder()
                .Folder(id)
                .File(id + "/plugin-info", DumpJson(PluginInfo(version)))
                .File(id + "/manifest.json", DumpJson(PhonesManifest(needs)))
                .File(id + "/phone.cfg", "mac: {{device.mac}}\n")
                .Bytes(),
            version);
  }
  // A plugin whose package is large enough to be held halfway.
  void PublishLarge(const std::string& id) {
    Publish(id, PackageBuilder()
                    .Folder(id)
                    .File(id + "/plugin-info", DumpJson(PluginInfo("1.0")))
                    .File(id + "/manifest.json", DumpJson(kPlainManifest))
                    .File(id + "/noise", Noise(200'000, 1))
                    .Bytes());
  }

  // The last status of an operation that was started, or the refusal's kind.
  static std::string End(const Result<std::shared_ptr<Operation>>& operation) {
    if (!operation) return "refused: " + std::string(ErrorKindName(operation.error().kind));
    if (!(*operation)->AwaitEnd(kDeadline)) return "still running: " + status::Format((*operation)->Snapshot());
    return status::Format((*operation)->Snapshot());
  }
  std::string Update() { return End(provd_->plugins().Update()); }
  std::string Install(const std::string& id) { return End(provd_->plugins().Install(id)); }
  std::string Upgrade(const std::string& id) { return End(provd_->plugins().Upgrade(id)); }
  std::string Downloaded(const std::string& id, const std::string& state) const {
    const std::string size = std::to_string(catalogue_.at(id).at("dsize").get<std::uint64_t>());
    return "install|" + state + "(download|" + state + ";" + size + "/" + size + ")";
  }
  static std::vector<std::string> IdsOf(const Json& packages) {
    std::vector<std::string> ids;
    for (const auto& [id, info] : packages.items()) ids.push_back(id);
    return ids;
  }
  std::vector<std::string> Installed() const { return IdsOf(provd_->plugins().Installed("")); }
  std::vector<std::string> Installable() const { return IdsOf(provd_->plugins().Installable("")); }

  TemporaryDirectory folder_;
  testing::Origin origin_;
  Faults faults_;
  DownloadTimeouts timeouts_{.connect = std::chrono::seconds(5), .stall = std::chrono::seconds(20), .overall = std::chrono::seconds(60)};
  Json catalogue_ = Json::object();
  std::mutex mutex_;
  std::string log_;
  std::unique_ptr<Provd> provd_;
};

// ---- The list ----

TEST_F(ProvdTest, KnowsNoPackageBeforeTheFirstUpdate) {
  EXPECT_EQ(provd_->plugins().Installable(""), Json::object());
  EXPECT_EQ(provd_->plugins().Installed(""), Json::object());
  EXPECT_THAT(provd_->plugins().plugins(), IsEmpty());
}

TEST_F(ProvdTest, UpdatesTheListAndShowsItWithoutFileNames) {
  PublishPlugin("acme");
  const std::string bytes = std::to_string(DumpJson(catalogue_).size());
  EXPECT_EQ(Update(), "update|success;" + bytes);
  Json expected = catalogue_["acme"];
  expected.erase("filename");
  expected.erase("description_fr");
  EXPECT_EQ(provd_->plugins().Installable("")["acme"], expected);
  EXPECT_EQ(provd_->plugins().Installable("fr_CA")["acme"]["description"], "Greffon de test");
  EXPECT_THAT(origin_.Requests("/plugins.db")[0].headers.Get("User-Agent").value_or(""), ::testing::StartsWith("provdlab/"));
}

TEST_F(ProvdTest, KeepsTheLastGoodListThroughBadOnesAndARestart) {
  PublishPlugin("acme");
  Update();
  const struct {
    const char* what;
    http::Response response;
  } cases[] = {
      {"404", {.status = 404}},
      {"500", {.status = 500}},
      {"503", {.status = 503, .headers = {{"Retry-After", "1"}}}},
      {"empty", {.body = ""}},
      {"page", {.body = "<html><body>welcome to the hotel's network</body></html>"}},
      {"list", {.body = "[]"}},
      {"half", {.body = "{\"acme\": {\"filename\":"}},
      {"null", {.body = "null"}},
      {"byte-order mark", {.body = "\xef\xbb\xbf{}"}},
      {"loop", {.status = 302, .headers = {{"Location", "/plugins.db"}}}},
      {"nowhere", {.status = 302}},
      {"other scheme", {.status = 301, .headers = {{"Location", "file:///etc/passwd"}}}},
      {"closes", {.manner = http::Response::Manner::kClose}},
      {"resets", {.manner = http::Response::Manner::kReset}},
      {"no HTTP", {.body = "hello\r\n\r\n", .manner = http::Response::Manner::kRaw}},
  };
  for (const auto& [what, response] : cases) {
    origin_.Answer("/plugins.db", response);
    EXPECT_THAT(Update(), ::testing::StartsWith("update|fail;")) << what;
    EXPECT_THAT(Installable(), ElementsAre("acme")) << what;
  }
  Open();
  EXPECT_THAT(Installable(), ElementsAre("acme"));
  EXPECT_EQ(Install("acme"), Downloaded("acme", "success"));
  PublishPlugin("other");
  EXPECT_THAT(Update(), ::testing::StartsWith("update|success;"));
  EXPECT_THAT(Installable(), ElementsAre("acme", "other"));
}

TEST_F(ProvdTest, UpdatesOneAtATime) {
  PublishPlugin("acme");
  origin_.Hold("/plugins.db", 10);
  auto first = provd_->plugins().Update();
  ASSERT_TRUE(origin_.AwaitHeld("/plugins.db"));
  EXPECT_EQ(Update(), "refused: conflict");
  origin_.Release("/plugins.db");
  EXPECT_THAT(End(first), ::testing::StartsWith("update|success"));
  EXPECT_THAT(Update(), ::testing::StartsWith("update|success"));
}

TEST_F(ProvdTest, RefusesWithoutARepository) {
  PublishPlugin("acme");
  Update();
  ASSERT_TRUE(provd_->configuration().Set("plugin_server", nullptr));
  EXPECT_EQ(Update(), "refused: invalid");
  EXPECT_EQ(Install("acme"), "refused: invalid");
}

TEST_F(ProvdTest, TakesASlashAtTheEndOfTheServersAddress) {
  PublishPlugin("acme");
  ASSERT_TRUE(provd_->configuration().Set("plugin_server", origin_.url() + "/"));
  EXPECT_THAT(Update(), ::testing::StartsWith("update|success"));
  EXPECT_EQ(Install("acme"), Downloaded("acme", "success"));
}

// ---- Installing ----

TEST_F(ProvdTest, InstallsLoadsAndDescribesAPlugin) {
  PublishPlugin("acme");
  Update();
  EXPECT_EQ(Install("acme"), Downloaded("acme", "success"));
  Json expected = PluginInfo("1.0");
  expected.erase("description_fr");
  EXPECT_EQ(provd_->plugins().Installed(""), Json({{"acme", expected}}));
  EXPECT_THAT(provd_->plugins().plugins(), ElementsAre("acme"));
  EXPECT_EQ(*provd_->plugins().Info("acme", ""), expected);
  EXPECT_EQ(provd_->plugins().Info("acme", "fr_FR")->at("description"), "Greffon de test");
  ASSERT_TRUE(provd_->plugins().Find("acme"));
  EXPECT_FALSE(provd_->plugins().Find("acme")->configuration);
  EXPECT_FALSE(provd_->plugins().Find("acme")->installation);
  EXPECT_FALSE(provd_->plugins().Find("acm"));
}

TEST_F(ProvdTest, RefusesWhatCannotBeInstalled) {
  PublishPlugin("acme");
  Update();
  EXPECT_EQ(Install("unknown"), "refused: not-found");
  EXPECT_EQ(Upgrade("acme"), "refused: not-found");
  EXPECT_EQ(provd_->plugins().Uninstall("acme").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(provd_->plugins().Reload("acme").error().kind, ErrorKind::kNotFound);
  Install("acme");
  EXPECT_EQ(Install("acme"), "refused: conflict");
}

TEST_F(ProvdTest, ShowsBytesAsTheyArriveAndInstallsOthersMeanwhile) {
  PublishLarge("slow");
  PublishPlugin("quick");
  Update();
  const std::string path = "/slow-1.0.tar.bz2";
  origin_.Hold(path, 100'000);
  auto slow = provd_->plugins().Install("slow");
  ASSERT_TRUE(slow);
  status::SequenceChecker checker;
  EXPECT_TRUE(checker.Next((*slow)->Snapshot()));
  ASSERT_TRUE(origin_.AwaitHeld(path));
  EXPECT_EQ(Install("slow"), "refused: conflict");
  EXPECT_EQ(Install("quick"), Downloaded("quick", "success"));
  // All bytes before the hold are on their way: within the deadline the status has them.
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  status::Status seen;
  do {
    seen = (*slow)->Snapshot();
    EXPECT_TRUE(checker.Next(seen));
    std::this_thread::yield();
  } while ((seen.parts.empty() || seen.parts[0].current < 100'000) && std::chrono::steady_clock::now() < deadline);
  ASSERT_EQ(seen.parts.size(), 1u);
  EXPECT_EQ(seen.parts[0].current, 100'000u);
  EXPECT_EQ(seen.parts[0].state, status::State::kProgress);
  EXPECT_THAT(Installed(), ElementsAre("quick"));
  origin_.Release(path);
  EXPECT_EQ(End(slow), Downloaded("slow", "success"));
  EXPECT_TRUE(checker.Next((*slow)->Snapshot()));
}

TEST_F(ProvdTest, FailsOnWhatIsNotTheAnnouncedPackage) {
  const std::string bytes = Package("acme", PluginInfo("1.0"), kPlainManifest);
  const std::string size = std::to_string(bytes.size());
  const std::string text = "this is no archive";
  struct {
    const char* what;
    std::function<void()> prepare;
    std::string status;
  } cases[] = {
      {"404", [&] { origin_.Forget("/acme-1.0.tar.bz2"); }, "install|fail(download|fail;0/" + size + ")"},
      {"cut", [&] { origin_.Cut("/acme-1.0.tar.bz2", 50); }, "install|fail(download|fail;50/" + size + ")"},
      {"short", [&] { origin_.Serve("/acme-1.0.tar.bz2", bytes.substr(0, 60)); }, "install|fail(download|fail;60/" + size + ")"},
      {"wrong bytes", [&] { origin_.Serve("/acme-1.0.tar.bz2", std::string(bytes.size(), 'x')); },
       "install|fail(download|fail;" + size + "/" + size + ")"},
      {"empty", [&] { origin_.Serve("/acme-1.0.tar.bz2", ""); }, "install|fail(download|fail;0/" + size + ")"},
      {"no archive",
       [&] {
         Publish("acme", text);
         Update();
       },
       "install|fail(download|success;18/18)"},
  };
  for (const auto& [what, prepare, status] : cases) {
    Publish("acme", bytes);
    Update();
    prepare();
    EXPECT_EQ(Install("acme"), status) << what;
    EXPECT_THAT(Installed(), IsEmpty()) << what;
    EXPECT_TRUE(fs::is_empty(state() + "/plugins")) << what;
    EXPECT_TRUE(fs::is_empty(state() + "/staging")) << what;
  }
  Publish("acme", bytes);
  origin_.Serve("/acme-1.0.tar.bz2", bytes + "more");
  Update();
  EXPECT_THAT(Install("acme"), ::testing::StartsWith("install|fail(download|fail;"));
  Publish("acme", bytes);
  EXPECT_EQ(Install("acme"), Downloaded("acme", "success"));
}

TEST_F(ProvdTest, RefusesHostileArchivesAndLeavesNothing) {
  const std::string info = DumpJson(PluginInfo("1.0"));
  const struct {
    const char* id;
    std::string bytes;
  } cases[] = {
      {"climber", PackageBuilder().Folder("climber").File("climber/plugin-info", info).File("climber/../../../pwned", "x").Bytes()},
      {"linker", PackageBuilder().Folder("linker").File("linker/plugin-info", info).Symlink("linker/out", "/etc").Bytes()},
      {"alias", PackageBuilder().Folder("realname").File("realname/plugin-info", info).Bytes()},
      {"noinfo", PackageBuilder().Folder("noinfo").File("noinfo/manifest.json", "{\"format\": 1}").Bytes()},
      {"badinfo", PackageBuilder().Folder("badinfo").File("badinfo/plugin-info", "{\"version\": 1}").Bytes()},
      {"bomb", PackageBuilder().Folder("bomb").File("bomb/plugin-info", info).File("bomb/zeros", std::string(40'000'000, '\0')).Bytes()},
  };
  for (const auto& [id, bytes] : cases) Publish(id, bytes);
  PublishPlugin("acme");
  Update();
  for (const auto& [id, bytes] : cases) {
    EXPECT_EQ(Install(id), "install|fail(download|success;" + std::to_string(bytes.size()) + "/" + std::to_string(bytes.size()) + ")")
        << id;
    EXPECT_THAT(Installed(), IsEmpty()) << id;
  }
  EXPECT_EQ(Install("acme"), Downloaded("acme", "success"));
  Open();
  EXPECT_THAT(provd_->plugins().plugins(), ElementsAre("acme"));
  EXPECT_FALSE(fs::exists(folder_.path() / "pwned"));
  EXPECT_FALSE(fs::exists(state() + "/pwned"));
}

// ---- The cache ----

TEST_F(ProvdTest, InstallsFromTheCacheWithoutTheRepository) {
  PublishPlugin("acme");
  Update();
  Install("acme");
  ASSERT_TRUE(provd_->plugins().Uninstall("acme"));
  origin_.Forget("/acme-1.0.tar.bz2");
  EXPECT_EQ(Install("acme"), "install|success");
  EXPECT_EQ(origin_.Requests("/acme-1.0.tar.bz2").size(), 1u);
}

TEST_F(ProvdTest, DownloadsAgainWhatIsStaleOrDamagedInTheCache) {
  PublishPlugin("acme");
  Update();
  Install("acme");
  ASSERT_TRUE(provd_->plugins().Uninstall("acme"));
  // Other bytes under the same name and version.
  Json info = PluginInfo("1.0");
  info["description"] = "the second one";
  Publish("acme", Package("acme", info, kPlainManifest));
  Update();
  EXPECT_EQ(Install("acme"), Downloaded("acme", "success"));
  EXPECT_EQ(provd_->plugins().Info("acme", "")->at("description"), "the second one");
  ASSERT_TRUE(provd_->plugins().Uninstall("acme"));
  std::ofstream(state() + "/cache/acme-1.0.tar.bz2", std::ios::binary) << "garbage";
  EXPECT_EQ(Install("acme"), Downloaded("acme", "success"));
  ASSERT_TRUE(provd_->plugins().Uninstall("acme"));
  EXPECT_EQ(Install("acme"), "install|success");
}

TEST_F(ProvdTest, RunsOneOfTwoInstallsOfACachedPackage) {
  PublishLarge("acme");
  Update();
  Install("acme");
  ASSERT_TRUE(provd_->plugins().Uninstall("acme"));
  std::vector<std::string> ends(4);
  std::vector<std::thread> threads;
  for (std::string& end : ends) threads.emplace_back([&] { end = Install("acme"); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(ends.begin(), ends.end(), "install|success"), 1) << ::testing::PrintToString(ends);
  EXPECT_EQ(std::count(ends.begin(), ends.end(), "refused: conflict"), 3);
}

// ---- Plugins that can't be loaded ----

TEST_F(ProvdTest, IsolatesAPluginThatCannotBeLoaded) {
  PublishPlugin("python", "1.0", nullptr);
  Json newer = PluginInfo("1.0");
  newer["plugin_iface_version_min"] = "0.10";
  Publish("newer", Package("newer", newer, kPlainManifest));
  PublishPlugin("broken", "1.0", {{"format", 2}});
  PublishPlugin("acme");
  Update();
  for (const char* id : {"python", "newer", "broken"}) {
    const std::string size = std::to_string(catalogue_[id]["dsize"].get<int>());
    EXPECT_EQ(Install(id), "install|fail(download|success;" + size + "/" + size + ")");
    EXPECT_FALSE(provd_->plugins().Find(id));
  }
  EXPECT_THAT(Log(), HasSubstr("manifest.json"));
  EXPECT_THAT(provd_->plugins().Installed("")["newer"]["problem"].get<std::string>(), HasSubstr("0.10"));
  EXPECT_EQ(Install("acme"), Downloaded("acme", "success"));
  EXPECT_FALSE(provd_->plugins().Reload("broken"));
  Open();
  EXPECT_THAT(Installed(), ElementsAre("acme", "broken", "newer", "python"));
  EXPECT_THAT(provd_->plugins().plugins(), ElementsAre("acme"));
  for (const char* id : {"python", "newer", "broken"}) EXPECT_TRUE(provd_->plugins().Uninstall(id)) << id;
  EXPECT_THAT(Installed(), ElementsAre("acme"));
}

TEST_F(ProvdTest, IsNotDisturbedByStrayFolders) {
  PublishPlugin("acme");
  Update();
  Install("acme");
  provd_.reset();
  fs::create_directories(state() + "/plugins/lost+found");
  fs::create_directories(state() + "/plugins/bad name");
  std::ofstream(state() + "/plugins/a-file") << "x";
  fs::create_directories(state() + "/staging/17/unpacked/half");
  fs::create_directories(state() + "/data/gone/cache");
  Open();
  EXPECT_THAT(Installed(), ElementsAre("acme", "lost+found"));
  EXPECT_THAT(provd_->plugins().plugins(), ElementsAre("acme"));
  EXPECT_TRUE(provd_->plugins().Uninstall("lost+found"));
  EXPECT_TRUE(provd_->plugins().Reload("acme"));
  EXPECT_FALSE(fs::exists(state() + "/staging/17"));
  EXPECT_FALSE(fs::exists(state() + "/data/gone"));
}

// ---- Upgrade ----

TEST_F(ProvdTest, UpgradesToWhatIsListed) {
  PublishPlugin("acme", "1.34");
  Update();
  Install("acme");
  for (const char* version : {"1.35", "1.4", "1.4"}) {
    PublishPlugin("acme", version);
    Update();
    EXPECT_THAT(Upgrade("acme"), ::testing::StartsWith("install|success")) << version;
    EXPECT_EQ(provd_->plugins().Installed("")["acme"]["version"], version);
    EXPECT_EQ(provd_->plugins().Find("acme")->version, version);
  }
}

TEST_F(ProvdTest, LeavesNoFileOfTheVersionBefore) {
  Publish("acme", PackageBuilder()
                      .Folder("acme")
                      .File("acme/plugin-info", DumpJson(PluginInfo("1.0")))
                      .File("acme/manifest.json", DumpJson(kPlainManifest))
                      .File("acme/old", "x")
                      .Bytes());
  Update();
  Install("acme");
  EXPECT_TRUE(fs::exists(state() + "/plugins/acme/old"));
  PublishPlugin("acme", "2.0");
  Update();
  Upgrade("acme");
  EXPECT_FALSE(fs::exists(state() + "/plugins/acme/old"));
}

TEST_F(ProvdTest, KeepsTheOldPluginWhenAnUpgradeFails) {
  PublishPlugin("acme", "1.0");
  Update();
  Install("acme");
  PublishPlugin("acme", "2.0", nullptr);
  Update();
  EXPECT_THAT(Upgrade("acme"), ::testing::StartsWith("install|fail(download|success;"));
  EXPECT_EQ(provd_->plugins().Installed("")["acme"]["version"], "1.0");
  EXPECT_EQ(provd_->plugins().Find("acme")->version, "1.0");
  Open();
  EXPECT_EQ(provd_->plugins().Find("acme")->version, "1.0");
  PublishPlugin("acme", "3.0");
  Update();
  EXPECT_EQ(Upgrade("acme"), Downloaded("acme", "success"));
  EXPECT_EQ(provd_->plugins().Find("acme")->version, "3.0");
}

TEST_F(ProvdTest, UpgradesAPluginThatIsNotLoaded) {
  PublishPlugin("acme", "1.0", nullptr);
  Update();
  Install("acme");
  PublishPlugin("acme", "2.0");
  Update();
  EXPECT_EQ(Upgrade("acme"), Downloaded("acme", "success"));
  EXPECT_THAT(provd_->plugins().plugins(), ElementsAre("acme"));
  EXPECT_FALSE(provd_->plugins().Installed("")["acme"].contains("problem"));
}

TEST_F(ProvdTest, RefusesChangesOfAPluginThatIsBeingUpgraded) {
  PublishLarge("acme");
  Update();
  Install("acme");
  fs::remove(state() + "/cache/acme-1.0.tar.bz2");
  origin_.Hold("/acme-1.0.tar.bz2", 10);
  auto upgrade = provd_->plugins().Upgrade("acme");
  ASSERT_TRUE(origin_.AwaitHeld("/acme-1.0.tar.bz2"));
  EXPECT_EQ(Upgrade("acme"), "refused: conflict");
  EXPECT_EQ(provd_->plugins().Uninstall("acme").error().kind, ErrorKind::kConflict);
  EXPECT_EQ(provd_->plugins().Reload("acme").error().kind, ErrorKind::kConflict);
  EXPECT_THAT(provd_->plugins().plugins(), ElementsAre("acme"));
  origin_.Release("/acme-1.0.tar.bz2");
  EXPECT_EQ(End(upgrade), Downloaded("acme", "success"));
}

// ---- A plugin's own services ----

class PluginServicesTest : public ProvdTest {
 protected:
  static Json Manifest() {
    const auto file = [](const std::string& name, unsigned seed) {
      const std::string bytes = Noise(5'000, seed);
      return Json{{"name", name}, {"url", "files/" + name}, {"size", bytes.size()}, {"sha1sum", Sha1Hex(bytes)}};
    };
    const auto package = [](const char* id, Json files) {
      return Json{
          {"id", id}, {"version", "1.0"}, {"description", id}, {"description_fr", std::string("le ") + id}, {"files", std::move(files)}};
    };
    Json fw = package("fw", {file("x1.bin", 1)});
    Json fw2 = package("fw2", {file("x1.bin", 1), file("x2.bin", 2)});
    fw2["install"] = Json::array({{{"copy", "x1.bin"}, {"to", "x1.bin"}}, {{"copy", "x?.bin"}, {"to", "Acme/"}}});
    Json lang = package("lang", {file("lang.bin", 3)});
    lang["depends"] = {"ring"};
    Json ring = package("ring", Json::array());
    ring["depends"] = {"lang"};
    Json bad = package("bad", {file("x1.bin", 1)});
    bad["files"][0]["name"] = "x1.zip";
    bad["install"] = Json::array({{{"copy", "x1.zip"}, {"to", "Bad/"}}, {{"unpack", "x1.zip"}, {"to", "Bad/"}}});
    Json missing = package("missing", {file("missing.bin", 9)});
    Json no_url = package("no-url", {file("no-url.bin", 8)});
    no_url["files"][0]["url"] = "";
    return {{"format", 1},
            {"parameters",
             {{{"id", "user"}, {"description", "User"}, {"description_fr", "Utilisateur"}},
              {{"id", "language"}, {"description", "Language"}, {"kind", "choice"}, {"choices", {"en", "fr"}}, {"default", "en"}},
              {{"id", "volume"}, {"description", "Volume"}, {"kind", "integer"}, {"least", 0}, {"most", 10}, {"default", 5}},
              {{"id", "light"}, {"description", "Light"}, {"kind", "boolean"}, {"default", false}}}},
            {"packages", {fw, fw2, lang, ring, bad, missing, no_url}}};
  }

  PluginServicesTest() {
    origin_.Serve("/files/x1.bin", Noise(5'000, 1));
    origin_.Serve("/files/x2.bin", Noise(5'000, 2));
    origin_.Serve("/files/lang.bin", Noise(5'000, 3));
    PublishPlugin("acme", "1.0", Manifest());
    Update();
    Install("acme");
  }

  ConfigurationService& configuration() { return *provd_->plugins().Find("acme")->configuration; }
  InstallationService& installation() { return *provd_->plugins().Find("acme")->installation; }
  std::string InstallPackage(const std::string& id) { return End(installation().Install(id)); }
  fs::path Served(const std::string& path) const { return state() + "/data/acme/var/tftpboot/" + path; }
};

TEST_F(PluginServicesTest, HaveTheManifestsParameters) {
  const auto list = configuration().List("fr");
  ASSERT_EQ(list.size(), 4u);
  EXPECT_EQ(list[0].description, "Utilisateur");
  EXPECT_EQ(list[1].description, "Language");
  EXPECT_EQ(*configuration().Get("user"), nullptr);
  EXPECT_EQ(*configuration().Get("language"), "en");
  EXPECT_EQ(*configuration().Get("volume"), 5);
  EXPECT_EQ(configuration().Get("other").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(configuration().Set("other", 1).error().kind, ErrorKind::kNotFound);
}

TEST_F(PluginServicesTest, CheckParametersByTheirKind) {
  const struct {
    const char* id;
    Json value;
    bool fits;
  } cases[] = {{"user", "é\"\\ü", true},
               {"user", 5, false},
               {"language", "fr", true},
               {"language", "de", false},
               {"volume", 0, true},
               {"volume", 10, true},
               {"volume", 11, false},
               {"volume", -1, false},
               {"volume", 1.5, false},
               {"volume", "5", false},
               {"volume", 18446744073709551615ull, false},
               {"light", true, true},
               {"light", 1, false}};
  for (const auto& [id, value, fits] : cases) {
    const auto set = configuration().Set(id, value);
    EXPECT_EQ(set.has_value(), fits) << id << " " << value;
    if (fits) {
      EXPECT_EQ(*configuration().Get(id), value);
    } else {
      EXPECT_EQ(set.error().kind, ErrorKind::kInvalid);
    }
  }
  ASSERT_TRUE(configuration().Set("volume", nullptr));
  EXPECT_EQ(*configuration().Get("volume"), 5);
}

TEST_F(PluginServicesTest, KeepParametersThroughRestartAndUpgrade) {
  ASSERT_TRUE(configuration().Set("user", "me"));
  ASSERT_TRUE(configuration().Set("volume", 7));
  Open();
  EXPECT_EQ(*configuration().Get("user"), "me");
  Json manifest = Manifest();
  manifest["parameters"][2]["most"] = 6;
  PublishPlugin("acme", "2.0", manifest);
  Update();
  const auto before = provd_->plugins().Find("acme");
  Upgrade("acme");
  EXPECT_EQ(*configuration().Get("user"), "me");
  EXPECT_EQ(*configuration().Get("volume"), 5) << "7 no longer fits";
  EXPECT_EQ(*before->configuration->Get("user"), "me");
}

TEST_F(PluginServicesTest, ForgetParametersWithThePlugin) {
  ASSERT_TRUE(configuration().Set("user", "me"));
  const auto plugin = provd_->plugins().Find("acme");
  ASSERT_TRUE(provd_->plugins().Uninstall("acme"));
  EXPECT_EQ(plugin->configuration->Get("user").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(End(plugin->installation->Install("fw")), "refused: not-found");
  Install("acme");
  EXPECT_EQ(*configuration().Get("user"), nullptr);
}

TEST_F(PluginServicesTest, OfferPackagesWithTheSumOfTheirFiles) {
  EXPECT_FALSE(installation().has_update());
  EXPECT_FALSE(installation().Update());
  const Json offered = installation().Installable("fr_FR");
  EXPECT_EQ(offered["fw2"], Json({{"version", "1.0"}, {"description", "le fw2"}, {"dsize", 10'000}}));
  EXPECT_EQ(offered["ring"]["dsize"], 0);
  EXPECT_EQ(installation().Installed(""), Json::object());
}

TEST_F(PluginServicesTest, InstallAsDocumented) {
  EXPECT_EQ(InstallPackage("fw2"), "install_pkg|success(download|success(success;5000/5000)(success;5000/5000))(install|success)");
  EXPECT_EQ(installation().Installed("")["fw2"], Json({{"version", "1.0"}, {"description", "fw2"}}));
  EXPECT_EQ(FileBytes(Served("x1.bin")), Noise(5'000, 1));
  EXPECT_EQ(FileBytes(Served("Acme/x2.bin")), Noise(5'000, 2));
  EXPECT_EQ(InstallPackage("fw2"), "install_pkg|success(download|success)(install|success)") << "again, from the cache";
  EXPECT_EQ(End(installation().Upgrade("fw2")), "install_pkg|success(download|success)(install|success)");
  Open();
  EXPECT_TRUE(installation().Installed("").contains("fw2"));
}

TEST_F(PluginServicesTest, RefuseWhatCannotBeDone) {
  EXPECT_EQ(InstallPackage("unknown"), "refused: not-found");
  EXPECT_EQ(End(installation().Upgrade("fw")), "refused: not-found");
  EXPECT_EQ(installation().Uninstall("fw").error().kind, ErrorKind::kNotFound);
}

TEST_F(PluginServicesTest, ShareFilesUntilTheLastPackageGoes) {
  InstallPackage("fw");
  InstallPackage("fw2");
  ASSERT_TRUE(installation().Uninstall("fw"));
  EXPECT_TRUE(fs::exists(Served("x1.bin")));
  EXPECT_TRUE(installation().Installed("").contains("fw2"));
  ASSERT_TRUE(installation().Uninstall("fw2"));
  EXPECT_FALSE(fs::exists(Served("x1.bin")));
  EXPECT_FALSE(fs::exists(Served("Acme")));
}

TEST_F(PluginServicesTest, BringDependenciesAlongAlsoInARing) {
  EXPECT_EQ(InstallPackage("lang"), "install_pkg|success(download|success(success;5000/5000))(install|success)");
  EXPECT_TRUE(installation().Installed("").contains("ring"));
}

TEST_F(PluginServicesTest, LeaveNothingOfAPackageThatFails) {
  EXPECT_EQ(InstallPackage("bad"), "install_pkg|fail(download|success(success;5000/5000))(install|fail)");
  EXPECT_FALSE(fs::exists(Served("Bad")));
  EXPECT_EQ(InstallPackage("missing"), "install_pkg|fail(download|fail(fail;0/5000))(install|fail)");
  EXPECT_EQ(InstallPackage("no-url"), "install_pkg|fail(download|fail(fail;0/5000))(install|fail)");
  origin_.Serve("/files/x1.bin", Noise(5'000, 7));
  EXPECT_EQ(InstallPackage("fw"), "install_pkg|fail(download|fail(fail;5000/5000))(install|fail)");
  EXPECT_EQ(installation().Installed(""), Json::object());
}

TEST_F(PluginServicesTest, TakeFilesThatSomebodyPutIntoTheCache) {
  std::ofstream(state() + "/data/acme/cache/no-url.bin", std::ios::binary) << Noise(5'000, 8);
  EXPECT_EQ(InstallPackage("no-url"), "install_pkg|success(download|success)(install|success)");
}

TEST_F(PluginServicesTest, DownloadAgainWhatIsDamagedInTheCache) {
  InstallPackage("fw");
  std::ofstream(state() + "/data/acme/cache/x1.bin", std::ios::binary) << "garbage";
  EXPECT_EQ(InstallPackage("fw"), "install_pkg|success(download|success(success;5000/5000))(install|success)");
  EXPECT_EQ(FileBytes(Served("x1.bin")), Noise(5'000, 1));
}

TEST_F(PluginServicesTest, EndInFailureWhenThePluginGoes) {
  origin_.Hold("/files/x1.bin", 1'000);
  auto install = installation().Install("fw");
  ASSERT_TRUE(origin_.AwaitHeld("/files/x1.bin"));
  EXPECT_EQ(InstallPackage("fw"), "refused: conflict");
  ASSERT_TRUE(provd_->plugins().Uninstall("acme"));
  EXPECT_THAT(End(install), ::testing::StartsWith("install_pkg|fail(download|fail(fail;"));
  EXPECT_THAT(Installed(), IsEmpty());
  EXPECT_FALSE(fs::exists(state() + "/data/acme"));
  origin_.Release("/files/x1.bin");
  EXPECT_EQ(Install("acme"), "install|success");
  EXPECT_EQ(installation().Installed(""), Json::object());
}

TEST_F(PluginServicesTest, SurviveReloadAndUpgrade) {
  InstallPackage("fw");
  const auto before = provd_->plugins().Find("acme");
  ASSERT_TRUE(provd_->plugins().Reload("acme"));
  EXPECT_TRUE(installation().Installed("").contains("fw"));
  PublishPlugin("acme", "2.0", kPlainManifest);
  Update();
  Upgrade("acme");
  EXPECT_FALSE(provd_->plugins().Find("acme")->installation);
  EXPECT_FALSE(provd_->plugins().Find("acme")->configuration);
  EXPECT_EQ(before->installation->Installable(""), Json::object());
}

// ---- Beginning and end ----

TEST_F(ProvdTest, RefusesASecondServerOnItsDirectory) {
  auto second = Provd::Open({.state_directory = state()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kConflict);
}

TEST_F(ProvdTest, RefusesADamagedDatabase) {
  provd_.reset();
  std::ofstream(state() + "/state.db", std::ios::binary | std::ios::trunc) << std::string(5'000, 'x');
  auto provd = Provd::Open({.state_directory = state()});
  ASSERT_FALSE(provd);
  EXPECT_THAT(provd.error().message, HasSubstr("state.db"));
}

TEST_F(ProvdTest, NoticesThatItsDatabaseIsLost) {
  ASSERT_TRUE(provd_->devices().Create(Json{{"id", "a"}}));
  provd_.reset();
  for (const bool emptied : {false, true}) {
    fs::remove(state() + "/state.db");
    if (emptied) std::ofstream(state() + "/state.db");
    auto provd = Provd::Open({.state_directory = state()});
    ASSERT_FALSE(provd);
    EXPECT_EQ(provd.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(provd.error().message, HasSubstr("lost"));
  }
}

TEST_F(ProvdTest, EndsAtOnceWhileDownloadsStandStill) {
  PublishLarge("acme");
  Update();
  origin_.Hold("/acme-1.0.tar.bz2", 10);
  auto install = provd_->plugins().Install("acme");
  ASSERT_TRUE(origin_.AwaitHeld("/acme-1.0.tar.bz2"));
  const auto start = std::chrono::steady_clock::now();
  provd_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10)) << "as if the download had been waited for";
  EXPECT_THAT(End(install), ::testing::StartsWith("install|fail(download|fail;"));
  Open();
  EXPECT_THAT(Installed(), IsEmpty());
  EXPECT_TRUE(fs::is_empty(state() + "/staging"));
}

TEST_F(ProvdTest, IsAsNewAfterAReset) {
  PublishLarge("held");
  PublishPlugin("acme");
  Update();
  Install("acme");
  ASSERT_TRUE(provd_->configuration().Set("NAT", 1));
  EXPECT_EQ(provd_->operations().Create("x", Operation::Make("x")), "1");
  origin_.Hold("/held-1.0.tar.bz2", 10);
  auto held = provd_->plugins().Install("held");
  ASSERT_TRUE(origin_.AwaitHeld("/held-1.0.tar.bz2"));
  ASSERT_TRUE(provd_->Reset());
  EXPECT_TRUE((*held)->ended());
  EXPECT_THAT(Installed(), IsEmpty());
  EXPECT_THAT(Installable(), IsEmpty());
  EXPECT_TRUE(fs::is_empty(state() + "/cache"));
  EXPECT_FALSE(provd_->configuration().nat());
  EXPECT_EQ(provd_->operations().size(), 0u);
  EXPECT_EQ(provd_->operations().Create("x", Operation::Make("x")), "2");
  origin_.Release("/held-1.0.tar.bz2");
  ASSERT_TRUE(provd_->configuration().Set("plugin_server", origin_.url()));
  Update();
  EXPECT_EQ(Install("acme"), Downloaded("acme", "success"));
}

TEST(TemporaryProvdTest, LeavesNothingBehind) {
  auto provd = Provd::Open({});
  ASSERT_TRUE(provd);
  EXPECT_TRUE((*provd)->configuration().Set("NAT", 1));
  EXPECT_EQ((*provd)->locale(), "");
}

// ---- Faults ----

TEST_F(ProvdTest, CanInstallWhatItShouldNot) {
  const std::string bytes = Package("acme", PluginInfo("1.0"), kPlainManifest);
  Publish("acme", bytes);
  catalogue_["acme"]["sha1sum"] = std::string(40, '0');
  origin_.Serve("/plugins.db", DumpJson(catalogue_));
  Update();
  faults_.wrong_digest_is_not_installed.On(1);
  EXPECT_EQ(Install("acme"), Downloaded("acme", "fail"));
  EXPECT_THAT(Installed(), ElementsAre("acme"));
  ASSERT_TRUE(provd_->plugins().Uninstall("acme"));
  faults_.wrong_digest_fails.On(1);
  EXPECT_EQ(Install("acme"), Downloaded("acme", "success"));
  faults_.already_installed_refused.On(1);
  faults_.wrong_digest_fails.On(1);
  EXPECT_EQ(Install("acme"), Downloaded("acme", "success"));
  faults_.gone_after_uninstall.On(1);
  ASSERT_TRUE(provd_->plugins().Uninstall("acme"));
  EXPECT_THAT(Installed(), ElementsAre("acme"));
  EXPECT_THAT(provd_->plugins().plugins(), IsEmpty());
}

TEST_F(ProvdTest, CanPretendThatFailuresAreSuccesses) {
  PublishPlugin("acme");
  Update();
  origin_.Forget("/acme-1.0.tar.bz2");
  faults_.unserved_package_fails.On(1);
  EXPECT_THAT(Install("acme"), ::testing::StartsWith("install|success(download|fail;"));
  EXPECT_THAT(Installed(), IsEmpty());
  origin_.Forget("/plugins.db");
  faults_.unserved_list_fails_update.On(1);
  EXPECT_THAT(Update(), ::testing::StartsWith("update|success"));
  faults_.installable_keeps_last_good_list.On(1);
  EXPECT_THAT(Update(), ::testing::StartsWith("update|fail"));
  EXPECT_THAT(Installable(), IsEmpty());
}

TEST_F(ProvdTest, CanTakeTheListWrongly) {
  PublishPlugin("a");
  PublishPlugin("b");
  Update();
  PublishPlugin("c");
  faults_.update_shows_new_packages.On(1);
  Update();
  EXPECT_THAT(Installable(), ElementsAre("a", "b"));
  Update();
  catalogue_.erase("a");
  PublishPlugin("b", "2.0");
  faults_.update_forgets_dropped_packages.On(1);
  Update();
  EXPECT_THAT(Installable(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(provd_->plugins().Installable("")["b"]["version"], "2.0");
  PublishPlugin("b", "3.0");
  faults_.update_shows_new_versions.On(1);
  Update();
  EXPECT_EQ(provd_->plugins().Installable("")["b"]["version"], "2.0");
  catalogue_["c"]["sha1sum"] = "zz";
  PublishPlugin("b", "3.0");
  Update();
  EXPECT_THAT(Installable(), ElementsAre("b"));
  faults_.malformed_sum_hides_only_itself.On(1);
  Update();
  EXPECT_THAT(Installable(), IsEmpty());
}

// ---- Devices ----

TEST_F(ProvdTest, KeepsConfiguredRightThroughTheLifeOfAPlugin) {
  const auto configured = [&] { return provd_->devices().Find("d")->json.at("configured").get<bool>(); };
  ASSERT_TRUE(provd_->configs().Create({{"id", "c"}, {"parent_ids", Json::array()}, {"raw_config", Json::object()}}));
  ASSERT_TRUE(provd_->devices().Create({{"id", "d"}, {"plugin", "acme"}, {"config", "c"}, {"configured", true}}));
  EXPECT_FALSE(configured());
  PublishPlugin("acme");
  Update();
  ASSERT_EQ(Install("acme"), Downloaded("acme", "success"));
  EXPECT_TRUE(configured());
  ASSERT_TRUE(provd_->plugins().Reload("acme"));
  EXPECT_TRUE(configured());
  PublishPlugin("acme", "2.0", {{"format", "nonsense"}});
  Update();
  EXPECT_THAT(Upgrade("acme"), ::testing::StartsWith("install|fail"));
  EXPECT_EQ(configured(), provd_->plugins().Find("acme") != nullptr);
  PublishPlugin("acme", "3.0");
  Update();
  ASSERT_EQ(Upgrade("acme"), Downloaded("acme", "success"));
  EXPECT_TRUE(configured());
  // The folder is spoilt while nobody looks.
  const fs::path manifest = fs::path(state()) / "plugins/acme/manifest.json";
  const std::string good = FileBytes(manifest);
  std::ofstream(manifest) << "nonsense";
  EXPECT_FALSE(provd_->plugins().Reload("acme"));
  EXPECT_FALSE(configured());
  std::ofstream(manifest) << good;
  ASSERT_TRUE(provd_->plugins().Reload("acme"));
  EXPECT_TRUE(configured());
  std::ofstream(manifest) << "nonsense";
  Open();
  EXPECT_FALSE(configured());
  std::ofstream(manifest) << good;
  Open();
  EXPECT_TRUE(configured());
  ASSERT_TRUE(provd_->plugins().Uninstall("acme"));
  EXPECT_FALSE(configured());
  EXPECT_EQ(provd_->devices().Find("d")->json.at("plugin"), "acme");
  EXPECT_THAT(Install("acme"), ::testing::StartsWith("install|success"));
  EXPECT_TRUE(configured());
}

TEST_F(ProvdTest, AsksThePluginWhetherItCanConfigureADevice) {
  const auto configured = [&] { return provd_->devices().Find("d")->json.at("configured").get<bool>(); };
  PublishPhones("acme", "1.0", {"mac"});
  Update();
  ASSERT_EQ(Install("acme"), Downloaded("acme", "success"));
  ASSERT_TRUE(provd_->plugins().Find("acme")->phones);
  ASSERT_TRUE(provd_->configs().Create({{"id", "c"}, {"parent_ids", Json::array()}, {"raw_config", Json::object()}}));
  Json device = {{"id", "d"}, {"plugin", "acme"}, {"config", "c"}};
  ASSERT_TRUE(provd_->devices().Create(device));
  EXPECT_FALSE(configured());
  device["mac"] = "02:00:5e:00:53:01";
  ASSERT_TRUE(provd_->devices().Replace("d", device));
  EXPECT_TRUE(configured());
  // The same version with other rules, while nobody looks: seen at the start.
  const fs::path manifest = fs::path(state()) / "plugins/acme/manifest.json";
  const std::string good = FileBytes(manifest);
  std::ofstream(manifest) << DumpJson(PhonesManifest({"mac", "model"}));
  Open();
  EXPECT_FALSE(configured());
  std::ofstream(manifest) << good;
  ASSERT_TRUE(provd_->plugins().Reload("acme"));
  EXPECT_TRUE(configured());
  PublishPhones("acme", "2.0", {"mac", "sn"});
  Update();
  ASSERT_EQ(Upgrade("acme"), Downloaded("acme", "success"));
  EXPECT_FALSE(configured());
  device["sn"] = "5";
  ASSERT_TRUE(provd_->devices().Replace("d", device));
  EXPECT_TRUE(configured());
  device.erase("sn");
  ASSERT_TRUE(provd_->devices().Replace("d", device));
  EXPECT_FALSE(configured());
}

TEST_F(ProvdTest, RecognisesThePhonesOfItsPlugins) {
  const DhcpInfo lease{.ip = "192.0.2.7", .mac = "02:00:5e:00:53:01", .options = {{60, "Acme X1"}}};
  const auto device = [&] { return provd_->devices().collection().FindBy("mac", lease.mac).at(0)->json; };
  ASSERT_TRUE(provd_->phones().Leased(lease));
  EXPECT_FALSE(device().contains("vendor"));
  PublishPhones("acme-9", "1.0", {"mac"});
  PublishPhones("acme-10", "1.0", {"mac"});
  Update();
  Install("acme-9");
  Install("acme-10");
  ASSERT_TRUE(provd_->phones().Leased(lease));
  EXPECT_EQ(device().at("model"), "X1");
  EXPECT_EQ(device().at("plugin"), "acme-10");
  ASSERT_TRUE(provd_->plugins().Uninstall("acme-10"));
  ASSERT_TRUE(provd_->phones().Leased(lease));
  EXPECT_EQ(device().at("plugin"), "acme-9");
  // NAT.
  DhcpInfo neighbour = lease;
  neighbour.mac = "02:00:5e:00:53:02";
  ASSERT_TRUE(provd_->configuration().Set("NAT", 1));
  ASSERT_TRUE(provd_->phones().Leased(neighbour));
  EXPECT_EQ(device().at("ip"), lease.ip);
  ASSERT_TRUE(provd_->configuration().Set("NAT", nullptr));
  ASSERT_TRUE(provd_->phones().Leased(neighbour));
  EXPECT_FALSE(device().contains("ip"));
}

TEST_F(ProvdTest, FindsDevicesAndConfigsAgainAndForgetsThemWithAReset) {
  ASSERT_TRUE(provd_->configs().Create({{"id", "c"}, {"parent_ids", Json::array()}, {"raw_config", {{"x", 1}}}}));
  ASSERT_TRUE(provd_->devices().Create({{"id", "d"}, {"config", "c"}}));
  Open();
  EXPECT_EQ(provd_->devices().Find("d")->json, (Json{{"id", "d"}, {"config", "c"}, {"configured", false}}));
  EXPECT_EQ(*provd_->configs().RawConfig("c"), (Json{{"ip", "127.0.0.1"}, {"http_port", 8667}, {"tftp_port", 69}, {"x", 1}}));
  ASSERT_TRUE(provd_->Reset());
  EXPECT_EQ(provd_->devices().Find("d"), nullptr);
  Open();
  EXPECT_EQ(provd_->configs().Find("c"), nullptr);
}

TEST_F(ProvdTest, TellsNoPhoneUnlessItIsShownHow) {
  const auto operation = provd_->Synchronize("none");
  ASSERT_TRUE(operation->AwaitEnd(kDeadline));
  EXPECT_EQ(status::Format(operation->Snapshot()), "fail");
}

}  // namespace
}  // namespace provdlab::server
