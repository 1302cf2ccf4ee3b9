#include "server/application/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::server {
namespace {

using ::testing::ElementsAre;

class ParametersTest : public ::testing::Test {
 protected:
  ParametersTest() : store_(MakeMemoryStore()), parameters_(std::move(*Parameters::Load(*store_, faults_))) {}

  Faults faults_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Parameters> parameters_;
};

TEST_F(ParametersTest, AreTheDocumentedOnesInOrder) {
  std::vector<std::string> ids;
  for (const Parameter& parameter : parameters_->List("")) {
    ids.push_back(parameter.id);
    EXPECT_FALSE(parameter.description.empty());
  }
  EXPECT_THAT(ids, ElementsAre("plugin_server", "http_proxy", "ftp_proxy", "https_proxy", "locale", "NAT"));
  EXPECT_EQ(*parameters_->Get("plugin_server"), "http://provd.xivo.solutions/plugins/1/stable");
  for (const char* unset : {"http_proxy", "ftp_proxy", "https_proxy", "locale"}) EXPECT_TRUE(parameters_->Get(unset)->is_null()) << unset;
  EXPECT_EQ(*parameters_->Get("NAT"), 0);
}

TEST_F(ParametersTest, AreDescribedInTheReadersLanguage) {
  for (const char* french : {"fr", "fr_FR", "fr_CA"}) EXPECT_EQ(parameters_->List(french)[0].description, "L'URL du dépôt de greffons");
  for (const char* other : {"", "de", "frx"}) EXPECT_EQ(parameters_->List(other)[0].description, "The plugins repository URL") << other;
}

TEST_F(ParametersTest, AreCheckedAsDocumented) {
  const struct {
    const char* id;
    Json value;
    Json kept;  // discarded: refused
  } cases[] = {
      {"NAT", 0, 0},
      {"NAT", 1, 1},
      {"NAT", "0", 0},
      {"NAT", "1", 1},
      {"NAT", nullptr, 0},
      {"NAT", 2, Json::value_t::discarded},
      {"NAT", -1, Json::value_t::discarded},
      {"NAT", 1.0, Json::value_t::discarded},
      {"NAT", true, Json::value_t::discarded},
      {"NAT", "2", Json::value_t::discarded},
      {"NAT", "", Json::value_t::discarded},
      {"NAT", "01", Json::value_t::discarded},
      {"NAT", Json::array({1}), Json::value_t::discarded},
      {"NAT", Json::object(), Json::value_t::discarded},
      {"http_proxy", "http://proxy:3128", "http://proxy:3128"},
      {"http_proxy", "http://proxy", "http://proxy"},
      {"http_proxy", "http://user:pass%40word@10.0.0.1:3128", "http://user:pass%40word@10.0.0.1:3128"},
      {"http_proxy", nullptr, nullptr},
      {"http_proxy", "", Json::value_t::discarded},
      {"http_proxy", "proxy:3128", Json::value_t::discarded},
      {"http_proxy", "http://", Json::value_t::discarded},
      {"http_proxy", "http://proxy:3128/", Json::value_t::discarded},
      {"http_proxy", "http://proxy:3128/path", Json::value_t::discarded},
      {"http_proxy", "http://proxy:3128?x", Json::value_t::discarded},
      {"http_proxy", "http://proxy:99999", Json::value_t::discarded},
      {"http_proxy", "http://pro xy:3128", Json::value_t::discarded},
      {"http_proxy", 5, Json::value_t::discarded},
      {"http_proxy", Json::array(), Json::value_t::discarded},
      {"http_proxy", false, Json::value_t::discarded},
      {"ftp_proxy", "http://proxy:3128", "http://proxy:3128"},
      {"ftp_proxy", "http://proxy:3128/", Json::value_t::discarded},
      {"https_proxy", "proxy:3128", "proxy:3128"},
      {"https_proxy", "user:password@proxy:3128", "user:password@proxy:3128"},
      {"https_proxy", nullptr, nullptr},
      {"https_proxy", "", Json::value_t::discarded},
      {"https_proxy", "http://proxy:3128", Json::value_t::discarded},
      {"https_proxy", "https://proxy:3128", Json::value_t::discarded},
      {"https_proxy", "proxy", Json::value_t::discarded},
      {"https_proxy", "proxy:", Json::value_t::discarded},
      {"https_proxy", "proxy:x", Json::value_t::discarded},
      {"https_proxy", ":3128", Json::value_t::discarded},
      {"https_proxy", "proxy:3128/", Json::value_t::discarded},
      {"https_proxy", Json::object(), Json::value_t::discarded},
      {"plugin_server", "http://127.0.0.1:8000", "http://127.0.0.1:8000"},
      {"plugin_server", "https://host/plugins/1/stable/", "https://host/plugins/1/stable/"},
      {"plugin_server", nullptr, nullptr},
      {"plugin_server", "", Json::value_t::discarded},
      {"plugin_server", "host/plugins", Json::value_t::discarded},
      {"plugin_server", "http:///plugins", Json::value_t::discarded},
      {"plugin_server", "ftp://host/plugins", Json::value_t::discarded},
      {"plugin_server", "http://host/\r\nX: y", Json::value_t::discarded},
      {"plugin_server", 7, Json::value_t::discarded},
      {"locale", "fr", "fr"},
      {"locale", "fr_FR", "fr_FR"},
      {"locale", "", nullptr},
      {"locale", nullptr, nullptr},
      {"locale", "f", Json::value_t::discarded},
      {"locale", "FR", Json::value_t::discarded},
      {"locale", "fr_fr", Json::value_t::discarded},
      {"locale", "fr-FR", Json::value_t::discarded},
      {"locale", "fr_FR.UTF-8", Json::value_t::discarded},
      {"locale", "é", Json::value_t::discarded},
      {"locale", "french", Json::value_t::discarded},
      {"locale", 33, Json::value_t::discarded},
      {"locale", Json::array({"fr"}), Json::value_t::discarded},
  };
  for (const auto& [id, value, kept] : cases) {
    const Json before = *parameters_->Get(id);
    const auto set = parameters_->Set(id, value);
    if (kept.is_discarded()) {
      ASSERT_FALSE(set) << id << " " << value;
      EXPECT_EQ(set.error().kind, ErrorKind::kInvalid);
      EXPECT_THAT(set.error().message, ::testing::StartsWith(id));
      EXPECT_EQ(*parameters_->Get(id), before) << id << " " << value;
    } else {
      ASSERT_TRUE(set) << id << " " << value << ": " << set.error().message;
      EXPECT_EQ(*parameters_->Get(id), kept) << id << " " << value;
      EXPECT_EQ(parameters_->Get(id)->type(), kept.type()) << id << " " << value;
    }
  }
}

TEST_F(ParametersTest, RoundTripNat) {
  for (int value : {1, 0}) {
    ASSERT_TRUE(parameters_->Set("NAT", value));
    ASSERT_TRUE(parameters_->Set("NAT", *parameters_->Get("NAT")));
    EXPECT_EQ(*parameters_->Get("NAT"), value);
    EXPECT_EQ(parameters_->nat(), value == 1);
  }
}

TEST_F(ParametersTest, UnknownOnesAreNotFound) {
  EXPECT_EQ(parameters_->Get("nat").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(parameters_->Set("provisioning_key", "x").error().kind, ErrorKind::kNotFound);
}

TEST_F(ParametersTest, SurviveARestartAndAreResetTogether) {
  ASSERT_TRUE(parameters_->Set("NAT", "1"));
  ASSERT_TRUE(parameters_->Set("plugin_server", nullptr));
  ASSERT_TRUE(parameters_->Set("locale", "fr_FR"));
  parameters_ = std::move(*Parameters::Load(*store_, faults_));
  EXPECT_TRUE(parameters_->nat());
  EXPECT_EQ(parameters_->plugin_server(), "");
  EXPECT_EQ(parameters_->locale(), "fr_FR");
  ASSERT_TRUE(parameters_->Reset());
  parameters_ = std::move(*Parameters::Load(*store_, faults_));
  EXPECT_FALSE(parameters_->nat());
  EXPECT_EQ(parameters_->plugin_server(), "http://provd.xivo.solutions/plugins/1/stable");
}

TEST_F(ParametersTest, SayWhichKeptValueIsDamaged) {
  ASSERT_TRUE(store_->Put("parameters", "NAT", "broken"));
  const auto loaded = Parameters::Load(*store_, faults_);
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, ::testing::HasSubstr("NAT"));
}

TEST_F(ParametersTest, BreakEachRuleOnDemand) {
  faults_.put_is_read_back.On(1);
  ASSERT_TRUE(parameters_->Set("NAT", 1));
  EXPECT_EQ(*parameters_->Get("NAT"), 0);
  ASSERT_TRUE(parameters_->Set("NAT", 1));
  faults_.null_resets_nat.On();
  ASSERT_TRUE(parameters_->Set("NAT", nullptr));
  EXPECT_EQ(*parameters_->Get("NAT"), 1);
  faults_.null_unsets.On();
  ASSERT_TRUE(parameters_->Set("plugin_server", nullptr));
  EXPECT_NE(parameters_->plugin_server(), "");
  faults_.refused_put_changes_nothing.On();
  EXPECT_FALSE(parameters_->Set("http_proxy", "nonsense"));
  EXPECT_EQ(*parameters_->Get("http_proxy"), "nonsense");
}

}  // namespace
}  // namespace provdlab::server
