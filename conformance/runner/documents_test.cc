#include "conformance/runner/documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace provdlab::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// A target's documents by path, without a network; below a prefix of its own.
class DocumentsTest : public testing::Test {
 protected:
  http::Exchange Answer(std::string method, std::string path, const Json* body) {
    asked_.push_back(method + " " + path);
    http::Exchange exchange;
    exchange.request.method = method;
    exchange.request.target = path;
    exchange.outcome = http::Outcome::kAnswered;
    http::Response& response = exchange.response.emplace();
    const std::string plain = path.substr(0, path.find('?'));
    if (method == "DELETE" && stubborn_.count(plain) != 0) {
      response.status = 204;
      return exchange;
    }
    if (const auto status = answers_.find(method + " " + plain); status != answers_.end()) {
      response.status = status->second;
    } else if (method == "GET") {
      response.status = 200;
      const bool devices = plain.ends_with("/devices");
      if (const auto config = documents_.find(plain); config != documents_.end()) {
        response.body = DumpJson(Json{{"config", config->second}});
        return exchange;
      }
      Json list = Json::array();
      for (const auto& [where, document] : documents_) {
        if (where.starts_with(plain + "/")) list.push_back(document);
      }
      response.body = DumpJson(Json{{devices ? "devices" : "configs", list}});  // as if it did not understand selectors
    } else if (documents_.count(plain) == 0) {
      response.status = 404;
    } else if (method == "PUT") {
      Json document = (*body)["config"];
      document["id"] = documents_[plain]["id"];
      documents_[plain] = document;
      response.status = 204;
    } else if (documents_[plain].value("deletable", true)) {
      documents_.erase(plain);
      response.status = 204;
    } else {
      response.status = 403;
    }
    return exchange;
  }

  void Add(const std::string& collection, Json document) {
    documents_[target_->Path(collection + "/" + document["id"].get<std::string>())] = document;
  }

  // An exchange of a scenario: what it was answered, and what it had sent.
  void Note(const std::string& method, const std::string& path, int status, const std::string& body = "", const std::string& sent = "") {
    http::Exchange exchange;
    exchange.request.method = method;
    exchange.request.target = target_->Path(path);
    exchange.request.body = sent;
    http::Response& response = exchange.response.emplace();
    response.status = status;
    response.body = body;
    Documents::Note(exchange, path, *target_, traces_);
  }

  Result<Target> target_ = Target::Make({"http://127.0.0.1:1/api/provd", {}, ""});
  Documents documents() {
    return Documents(*target_, [this](std::string method, std::string path, const Json* body) { return Answer(method, path, body); });
  }
  void MakeConfig(const std::string& id, bool transient) {
    const Json config = {{"id", id}, {"transient", transient}};
    Add("/cfg_mgr/configs", config);
    Note("POST", "/cfg_mgr/configs", 201, DumpJson(Json{{"id", id}}), DumpJson(Json{{"config", config}}));
  }
  void MakeDevice(const std::string& id, const Json& members) {
    Json device = members;
    device["id"] = id;
    Add("/dev_mgr/devices", device);
    Note("POST", "/dev_mgr/devices", 201, DumpJson(Json{{"id", id}}), DumpJson(Json{{"device", device}}));
  }
  void Lease(const std::string& mac, const std::string& ip) {
    Note("POST", "/dev_mgr/dhcpinfo", 204, "", DumpJson(Json{{"dhcp_info", {{"op", "commit"}, {"mac", mac}, {"ip", ip}}}}));
  }

  static std::string Found(const DocumentFindings& found) { return found.refused + found.remaining + found.abandoned + found.shared; }

  std::map<std::string, Json> documents_;
  std::map<std::string, int> answers_;
  std::set<std::string> stubborn_;  // paths whose deletion is taken and not done
  std::vector<std::string> asked_;
  DocumentTraces traces_;
};

TEST_F(DocumentsTest, RemovesWhatWasMadeDevicesFirstAndNewestFirst) {
  Note("POST", "/cfg_mgr/configs", 201, R"({"id": "c1"})");
  Note("POST", "/dev_mgr/devices", 201, R"({"id": "d1"})");
  Note("POST", "/cfg_mgr/autocreate", 201, R"({"id": "c2"})");
  Note("PUT", "/dev_mgr/devices/d2", 204);
  Note("PUT", "/dev_mgr/devices/d1", 204);
  EXPECT_EQ(Found(documents().Remove(traces_, true, nullptr)), "");
  asked_.resize(std::min<std::size_t>(asked_.size(), 4));  // then it looks whether they are gone
  EXPECT_THAT(asked_, ElementsAre("DELETE /api/provd/dev_mgr/devices/d2", "DELETE /api/provd/dev_mgr/devices/d1",
                                  "DELETE /api/provd/cfg_mgr/configs/c2", "DELETE /api/provd/cfg_mgr/configs/c1"));
}

TEST_F(DocumentsTest, NotesNothingOfRefusalsAndOfAnswersWithoutId) {
  Note("POST", "/dev_mgr/devices", 400, "no");
  Note("POST", "/dev_mgr/devices", 201, "{}");
  Note("POST", "/dev_mgr/devices", 201, R"({"id": null})");
  Note("POST", "/cfg_mgr/autocreate", 201, R"({"id": ""})");
  Note("POST", "/dev_mgr/synchronize", 201);
  Note("GET", "/dev_mgr/devices/d", 200, R"({"device": {"id": "d"}})");
  EXPECT_THAT(traces_.paths, IsEmpty());
  EXPECT_FALSE(traces_.leased);
}

TEST_F(DocumentsTest, TakesTheLocationWhereTheAnswerHasNoId) {
  http::Exchange exchange;
  exchange.request.method = "POST";
  exchange.request.target = target_->Path("/dev_mgr/devices");
  for (const char* location :
       {"/provd/dev_mgr/devices/d1", "/provd/cfg_mgr/configs/c1", "http://elsewhere.example/provd/dev_mgr/devices/d2"}) {
    http::Response& response = exchange.response.emplace();
    response.status = 201;
    response.headers.Set("Location", location);
    Documents::Note(exchange, "/dev_mgr/devices", *target_, traces_);
  }
  EXPECT_THAT(traces_.paths, ElementsAre("/api/provd/dev_mgr/devices/d1"));
}

TEST_F(DocumentsTest, AddressesOddIds) {
  Note("POST", "/dev_mgr/devices", 201, R"({"id": "é/~:@+ x"})");
  EXPECT_THAT(traces_.paths, ElementsAre("/api/provd/dev_mgr/devices/%C3%A9%2F~:@+%20x"));
}

TEST_F(DocumentsTest, RemovesTheDevicesThatALeaseMadeAndNoOthers) {
  Add("/dev_mgr/devices", {{"id", "made"}, {"mac", "02:00:00:00:00:01"}});
  Add("/dev_mgr/devices", {{"id", "other"}, {"mac", "02:00:00:00:00:02"}});
  traces_.macs = {"02:00:00:00:00:01"};
  EXPECT_EQ(Found(documents().Remove(traces_, true, nullptr)), "");
  EXPECT_THAT(documents_, SizeIs(2)) << "no lease was reported";
  Note("POST", "/dev_mgr/dhcpinfo", 204);
  EXPECT_EQ(Found(documents().Remove(traces_, true, nullptr)), "");
  EXPECT_THAT(documents_, SizeIs(1));
  EXPECT_EQ(documents_.begin()->second["id"], "other");
}

TEST_F(DocumentsTest, MakesAConfigDeletableThatIsNot) {
  Add("/cfg_mgr/configs", {{"id", "c"}, {"deletable", false}});
  Note("POST", "/cfg_mgr/configs", 201, R"({"id": "c"})");
  EXPECT_EQ(Found(documents().Remove(traces_, true, nullptr)), "");
  EXPECT_THAT(documents_, IsEmpty());
}

TEST_F(DocumentsTest, SaysWhatDoesNotGoAndShowsTheRefusal) {
  Note("POST", "/dev_mgr/devices", 201, R"({"id": "d"})");
  answers_["DELETE /api/provd/dev_mgr/devices/d"] = 500;
  std::vector<http::Exchange> evidence;
  EXPECT_EQ(documents().Remove(traces_, true, &evidence).refused, "/api/provd/dev_mgr/devices/d");
  EXPECT_THAT(evidence, SizeIs(1));
}

TEST_F(DocumentsTest, SaysWhatIsThereAfterItsDeletionWasTaken) {
  MakeDevice("stays", Json::object());
  MakeDevice("goes", Json::object());
  stubborn_ = {"/api/provd/dev_mgr/devices/stays"};
  const DocumentFindings found = documents().Remove(traces_, true, nullptr);
  EXPECT_EQ(found.remaining, "/api/provd/dev_mgr/devices/stays");
  EXPECT_EQ(found.refused, "");
}

TEST_F(DocumentsTest, FindsWhatWasMadeThoughItWasRefused) {
  traces_.ids = {"refused"};
  Add("/cfg_mgr/configs", {{"id", "refused"}});
  Add("/cfg_mgr/configs", {{"id", "other"}});
  EXPECT_FALSE(traces_.any());
  Note("POST", "/cfg_mgr/configs", 400, "no");
  ASSERT_TRUE(traces_.any());
  EXPECT_EQ(documents().Remove(traces_, true, nullptr).remaining, "/api/provd/cfg_mgr/configs/refused");
  EXPECT_THAT(documents_, SizeIs(1)) << "it was deleted";
}

TEST_F(DocumentsTest, RemovesWhatWasMadeThoughTheAnswerDidNotComeAndBlamesNobody) {
  for (const bool made : {true, false}) {
    documents_.clear();
    traces_.ids = {"mine"};
    if (made) Add("/dev_mgr/devices", {{"id", "mine"}, {"vendor", "Acme"}});
    Add("/dev_mgr/devices", {{"id", "other"}, {"vendor", "Acme"}});
    Note("POST", "/dev_mgr/devices", 0, "", R"({"device": {"id": "mine", "vendor": "Acme"}})");
    EXPECT_EQ(Found(documents().Remove(traces_, true, nullptr)), "") << "made: " << made;
    EXPECT_THAT(documents_, ElementsAre(testing::Key("/api/provd/dev_mgr/devices/other"))) << "made: " << made;
  }
}

TEST_F(DocumentsTest, FindsUnderAnIdOfItsOwnWhatWasRefused) {
  const Json odd = {{"id", "a b"}, {"X_mark", "run"}};
  const auto refuse = [&] {
    Note("POST", "/dev_mgr/devices", 400, "no", DumpJson(Json{{"device", odd}}));
    Note("POST", "/dev_mgr/devices", 400, "no", R"({"device": {"id": "c d"}})");  // nothing tells it from somebody else's
  };
  refuse();
  EXPECT_EQ(Found(documents().Remove(traces_, true, nullptr)), "");
  Add("/dev_mgr/devices", {{"id", "a b"}});
  Add("/dev_mgr/devices", {{"id", "c d"}});
  refuse();
  EXPECT_EQ(Found(documents().Remove(traces_, true, nullptr)), "") << "somebody else's";
  Add("/dev_mgr/devices", odd);
  refuse();
  EXPECT_EQ(documents().Remove(traces_, true, nullptr).remaining, "/api/provd/dev_mgr/devices/a%20b");
}

TEST_F(DocumentsTest, RemovesWhatALeaseMadeForAMacOfTheDocumentation) {
  Add("/dev_mgr/devices", {{"id", "made"}, {"mac", "02:00:5e:00:53:01"}});
  Add("/dev_mgr/devices", {{"id", "other"}, {"mac", "02:11:5e:00:53:01"}});
  Lease("02:00:5e:00:53:01", "198.51.100.1");
  Lease("02:11:5e:00:53:01", "198.51.100.2");
  EXPECT_EQ(Found(documents().Remove(traces_, true, nullptr)), "");
  EXPECT_THAT(documents_, SizeIs(1));
  EXPECT_EQ(documents_.begin()->second["id"], "other");
}

TEST_F(DocumentsTest, FindsWhatNobodyNotedByWhatWasThereBefore) {
  Add("/dev_mgr/devices", {{"id", "old"}});
  auto before = documents().Census();
  ASSERT_TRUE(before);
  EXPECT_EQ(documents().RemoveLeftovers(&*before, ""), "");
  Add("/cfg_mgr/configs", {{"id", "new"}});
  EXPECT_EQ(documents().RemoveLeftovers(&*before, ""), "/api/provd/cfg_mgr/configs/new");
  EXPECT_THAT(documents_, SizeIs(1));
  Add("/cfg_mgr/configs", {{"id", "stays"}});
  answers_["DELETE /api/provd/cfg_mgr/configs/stays"] = 500;
  EXPECT_EQ(documents().RemoveLeftovers(&*before, ""), "/api/provd/cfg_mgr/configs/stays");
  EXPECT_EQ(documents().RemoveLeftovers(&*before, ""), "") << "it is told once";
}

TEST_F(DocumentsTest, FindsWhatNobodyNotedByAMark) {
  Add("/dev_mgr/devices", {{"id", "old"}});
  Add("/dev_mgr/devices", {{"id", "new"}, {"plugin", "plab-t-1"}});
  EXPECT_EQ(documents().RemoveLeftovers(nullptr, "plab-t-"), "/api/provd/dev_mgr/devices/new");
  EXPECT_THAT(documents_, SizeIs(1));
}

TEST_F(DocumentsTest, ListsThatCanNotBeReadSayNothing) {
  answers_["GET /api/provd/cfg_mgr/configs"] = 500;
  EXPECT_FALSE(documents().Census());
  EXPECT_FALSE(documents().RemoveLeftovers(nullptr, "x"));
}

// The documents of this target know nothing of each other: a transient config stays when its last device goes.
TEST_F(DocumentsTest, SaysWhichTransientConfigStayedWithoutADevice) {
  MakeConfig("c", true);
  MakeDevice("d", {{"config", "c"}});
  std::vector<http::Exchange> evidence;
  EXPECT_EQ(documents().Remove(traces_, true, &evidence).abandoned, "/api/provd/cfg_mgr/configs/c");
  EXPECT_THAT(evidence, SizeIs(1));
  EXPECT_THAT(documents_, IsEmpty());
}

TEST_F(DocumentsTest, SaysThatATransientConfigStayedWhenItsDeviceWasGivenAnother) {
  MakeConfig("c", true);
  MakeConfig("e", false);
  MakeDevice("d", {{"config", "c"}});
  Note("PUT", "/dev_mgr/devices/d", 204, "", R"({"device": {"config": "e"}})");
  EXPECT_EQ(documents().Remove(traces_, true, nullptr).abandoned, "/api/provd/cfg_mgr/configs/c");
}

TEST_F(DocumentsTest, HoldsNoConfigAgainstATargetThatMayStay) {
  MakeConfig("unused", true);
  MakeConfig("permanent", false);
  MakeConfig("gone", true);
  MakeConfig("made-permanent", true);
  MakeConfig("made-again", true);
  MakeDevice("d1", {{"config", "permanent"}});
  MakeDevice("d2", {{"config", "gone"}});
  MakeDevice("d3", {{"config", "made-permanent"}});
  MakeDevice("d4", {{"config", "made-again"}});
  Note("PUT", "/cfg_mgr/configs/made-permanent", 204, "", R"({"config": {"transient": false}})");
  Note("DELETE", "/dev_mgr/devices/d4", 204);
  MakeConfig("made-again", true);
  documents_.erase("/api/provd/cfg_mgr/configs/gone");
  EXPECT_EQ(Found(documents().Remove(traces_, true, nullptr)), "");
}

TEST_F(DocumentsTest, RemovesTheConfigThatALeaseMadeAndSaysThatItStayed) {
  traces_.macs = {"02:00:00:00:00:01"};
  Add("/cfg_mgr/configs", {{"id", "auto"}, {"transient", true}});
  Add("/dev_mgr/devices", {{"id", "d"}, {"mac", "02:00:00:00:00:01"}, {"config", "auto"}, {"added", "auto"}});
  Lease("02:00:00:00:00:01", "192.0.2.1");
  EXPECT_EQ(documents().Remove(traces_, true, nullptr).abandoned, "/api/provd/cfg_mgr/configs/auto");
  EXPECT_THAT(documents_, IsEmpty());
}

TEST_F(DocumentsTest, SaysWhatDevicesOfLeasesShare) {
  struct Case {
    const char* name;
    Json other;
    bool ips_are_unique;
    std::string shared;
  };
  const Json made = {{"id", "made"}, {"added", "auto"}, {"mac", "02:00:00:00:00:01"}, {"ip", "192.0.2.1"}};
  const std::vector<Case> cases = {
      {"nothing", {{"mac", "02:00:00:00:00:02"}, {"ip", "192.0.2.2"}}, true, ""},
      {"a mac", {{"mac", "02:00:00:00:00:01"}}, true, "2 devices have the mac 02:00:00:00:00:01"},
      {"an ip", {{"ip", "192.0.2.1"}}, true, "2 devices have the ip 192.0.2.1"},
      {"an ip behind nat", {{"ip", "192.0.2.1"}}, false, ""},
      {"a mac behind nat", {{"mac", "02:00:00:00:00:01"}}, false, "2 devices have the mac 02:00:00:00:00:01"},
  };
  for (const Case& c : cases) {
    documents_.clear();
    traces_ = {};
    Add("/dev_mgr/devices", made);
    Json other = c.other;
    other["id"] = "other";
    Add("/dev_mgr/devices", other);
    Lease("02-00-00-00-00-01", "192.0.2.1");
    EXPECT_EQ(documents().Remove(traces_, c.ips_are_unique, nullptr).shared, c.shared) << c.name;
  }
}

TEST_F(DocumentsTest, AClientMayShareWhatItLikes) {
  Lease("02:00:00:00:00:01", "192.0.2.1");
  Add("/dev_mgr/devices", {{"id", "made"}, {"added", "auto"}, {"mac", "02:00:00:00:00:01"}, {"ip", "192.0.2.1"}});
  MakeDevice("written", {{"mac", "02:00:00:00:00:01"}, {"ip", "192.0.2.1"}});
  EXPECT_EQ(documents().Remove(traces_, true, nullptr).shared, "");
}

TEST_F(DocumentsTest, WhatALeaseFoundIsShared) {
  MakeDevice("first", {{"mac", "02:00:00:00:00:01"}, {"ip", "192.0.2.1"}});
  MakeDevice("second", {{"ip", "192.0.2.1"}});
  Lease("02:00:00:00:00:01", "192.0.2.1");
  EXPECT_EQ(documents().Remove(traces_, true, nullptr).shared, "") << "none of the two was made by a lease";
  Add("/dev_mgr/devices", {{"id", "made"}, {"added", "auto"}, {"ip", "192.0.2.1"}});
  MakeDevice("third", {{"ip", "192.0.2.1"}});
  Lease("02:00:00:00:00:02", "192.0.2.1");
  EXPECT_EQ(documents().Remove(traces_, true, nullptr).shared, "2 devices have the ip 192.0.2.1") << "the lease came after the client";
}

TEST_F(DocumentsTest, TakesTheRoleAutocreateAndGivesItBack) {
  const Json base = {{"id", "base"}, {"role", "autocreate"}, {"raw_config", {{"n", 1}}}};
  const Json other = {{"id", "other"}, {"role", "default"}};
  Add("/cfg_mgr/configs", base);
  Add("/cfg_mgr/configs", other);
  EXPECT_EQ(documents().SetBasesAside(traces_), "");
  EXPECT_EQ(documents_["/api/provd/cfg_mgr/configs/base"], (Json{{"id", "base"}, {"raw_config", {{"n", 1}}}}));
  EXPECT_EQ(documents_["/api/provd/cfg_mgr/configs/other"], other);
  EXPECT_EQ(documents().PutBasesBack(traces_), "");
  EXPECT_EQ(documents_["/api/provd/cfg_mgr/configs/base"], base);
  EXPECT_THAT(traces_.bases, IsEmpty());
}

TEST_F(DocumentsTest, SaysWhichBasesItCanNotChange) {
  Add("/cfg_mgr/configs", {{"id", "base"}, {"role", "autocreate"}});
  answers_["PUT /api/provd/cfg_mgr/configs/base"] = 500;
  EXPECT_EQ(documents().SetBasesAside(traces_), "base");
  EXPECT_THAT(traces_.bases, IsEmpty());
}

TEST_F(DocumentsTest, SweepsTheIdsOfTheRunAndNoOthers) {
  Add("/dev_mgr/devices", {{"id", "plab-t-d1"}});
  Add("/dev_mgr/devices", {{"id", "plab-u-d1"}});
  Add("/cfg_mgr/configs", {{"id", "plab-t-d2"}});
  answers_["DELETE /api/provd/cfg_mgr/configs/plab-t-d2"] = 500;
  EXPECT_EQ(documents().Sweep("plab-t-d"), "plab-t-d2");
  EXPECT_THAT(documents_, SizeIs(2));
}

TEST_F(DocumentsTest, ListsThatAreNoneHarmNobody) {
  answers_["GET /api/provd/dev_mgr/devices"] = 500;
  answers_["GET /api/provd/cfg_mgr/configs"] = 204;
  EXPECT_EQ(documents().Sweep("x"), "");
  EXPECT_EQ(documents().SetBasesAside(traces_), "");
}

}  // namespace
}  // namespace provdlab::conformance
