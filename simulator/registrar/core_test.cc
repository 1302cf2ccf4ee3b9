#include "simulator/registrar/core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace provdlab::registrar {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

// What a test's phone says of itself.
struct Asked {
  std::string user = "alice";
  std::vector<std::string> contacts = {"<sip:alice@127.1.0.1:5060>"};
  std::string expires = "3600";  // empty: no header
  std::string call_id = "c1";
  unsigned number = 1;
  std::vector<sip::Header> more = {};
};

sip::Message Request(const Asked& asked, const std::string& method = "REGISTER") {
  sip::Message request{.method = method, .uri = "sip:registrar.example"};
  request.Add("Via", "SIP/2.0/UDP 127.1.0.1:5060;branch=z9hG4bK1;rport");
  request.Add("From", "<sip:" + asked.user + "@registrar.example>;tag=1");
  request.Add("To", "<sip:" + asked.user + "@registrar.example>");
  request.Add("Call-ID", asked.call_id);
  request.Add("CSeq", std::to_string(asked.number) + " " + method);
  request.Add("User-Agent", "Acme phone/1");
  for (const std::string& contact : asked.contacts) request.Add("Contact", contact);
  if (!asked.expires.empty()) request.Add("Expires", asked.expires);
  for (const sip::Header& header : asked.more) request.headers.push_back(header);
  return request;
}

class RegistrarCoreTest : public ::testing::Test {
 protected:
  RegistrarCoreTest() {
    EXPECT_TRUE(core_.Allow({.user = "alice", .password = "right"}));
    EXPECT_TRUE(core_.Allow({.user = "bob", .password = "b0b", .auth_user = "bob-auth"}));
  }

  // Its answer; one that is not there has status 0.
  sip::Message Tell(const sip::Message& request) {
    const auto reply = core_.Handle(request, source_);
    return reply.message.value_or(sip::Message{});
  }

  // The second request, with credentials for the challenge of the first.
  sip::Message Authorized(const Asked& asked, const std::string& password, const std::string& auth_user = "") {
    const sip::Message refused = Tell(Request(asked));
    EXPECT_EQ(refused.status, 401);
    const auto challenge = sip::ReadChallenge(refused.Get("WWW-Authenticate").value_or(""));
    EXPECT_TRUE(challenge);
    return With(*challenge, asked, password, auth_user);
  }
  static sip::Message With(const sip::Challenge& challenge, Asked asked, const std::string& password, const std::string& auth_user = "") {
    ++asked.number;
    sip::Message request = Request(asked);
    request.Add("Authorization", sip::Authorization(challenge, {.user = auth_user.empty() ? asked.user : auth_user, .password = password},
                                                    "REGISTER", request.uri, "c0ffee", 1));
    return request;
  }
  sip::Message Register(const Asked& asked, const std::string& password = "right", const std::string& auth_user = "") {
    return Tell(Authorized(asked, password, auth_user));
  }

  std::vector<std::string> Contacts(const std::string& user = "") {
    std::vector<std::string> contacts;
    for (const Registration& one : core_.registrations(user)) contacts.push_back(one.contact);
    return contacts;
  }
  Entry Last() { return core_.Journal().back(); }

  FakeClock clock_;
  RegistrarCore core_{{.clock = &clock_, .seed = 7}};
  Source source_{.ip = "127.1.0.1", .port = 5060};
};

TEST_F(RegistrarCoreTest, RegistersWhoHasTheRightPassword) {
  const sip::Message answer = Register({});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.reason, "OK");
  EXPECT_EQ(answer.Get("Contact"), "<sip:alice@127.1.0.1:5060>;expires=3600");
  EXPECT_EQ(answer.Get("CSeq"), "2 REGISTER");
  EXPECT_THAT(*answer.Get("To"), HasSubstr(";tag="));
  EXPECT_EQ(answer.Get("Via"), "SIP/2.0/UDP 127.1.0.1:5060;received=127.1.0.1;branch=z9hG4bK1;rport=5060");
  EXPECT_TRUE(sip::Parse(answer.Text()));

  const auto registrations = core_.registrations("alice");
  ASSERT_THAT(registrations, SizeIs(1));
  EXPECT_EQ(registrations[0].user, "alice");
  EXPECT_EQ(registrations[0].contact, "sip:alice@127.1.0.1:5060");
  EXPECT_EQ(registrations[0].source.ip, "127.1.0.1");
  EXPECT_EQ(registrations[0].user_agent, "Acme phone/1");
  EXPECT_EQ(registrations[0].when, clock_.Wall());
  EXPECT_EQ(registrations[0].expires, seconds(3600));
  EXPECT_EQ(registrations[0].sequence, 2u);

  const auto journal = core_.Journal();
  ASSERT_THAT(journal, SizeIs(2));
  EXPECT_EQ(journal[0].outcome, "challenged");
  EXPECT_EQ(journal[0].auth_user, "");
  EXPECT_EQ(journal[1].outcome, "registered");
  EXPECT_EQ(journal[1].status, 200);
  EXPECT_EQ(journal[1].user, "alice");
  EXPECT_EQ(journal[1].auth_user, "alice");
  EXPECT_EQ(journal[1].from, "127.1.0.1:5060");
  EXPECT_EQ(journal[1].user_agent, "Acme phone/1");
  EXPECT_EQ(journal[1].when, "2026-01-01T00:00:00.000Z");
}

TEST_F(RegistrarCoreTest, SaysWhyItRefuses) {
  const struct {
    const char *user, *password, *auth_user;
    int status;
    const char* outcome;
    const char* why;
  } rows[] = {
      {"alice", "right", "", 200, "registered", ""},
      {"bob", "b0b", "bob-auth", 200, "registered", ""},
      {"alice", "wrong", "", 403, "wrong password", "password is not that of 'alice'"},
      {"bob", "right", "bob-auth", 403, "wrong password", "'bob-auth'"},
      {"bob", "b0b", "bob", 403, "unknown user", "authenticates as 'bob'"},
      {"carol", "right", "", 403, "unknown user", "'carol'"},
      {"alice", "b0b", "bob-auth", 403, "not its own", "may not register 'alice'"},
      {"alice", "right", "bob-auth", 403, "wrong password", "'bob-auth'"},
      {"carol", "right", "alice", 404, "no such address", "address 'carol'"},
      {"carol", "wrong", "alice", 403, "wrong password", "'alice'"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(std::string(row.user) + " " + row.password + " " + row.auth_user);
    EXPECT_EQ(Register({.user = row.user, .call_id = row.user}, row.password, row.auth_user).status, row.status);
    EXPECT_EQ(Last().outcome, row.outcome);
    EXPECT_EQ(Last().status, row.status);
    EXPECT_THAT(Last().why, HasSubstr(row.why));
  }
}

TEST_F(RegistrarCoreTest, TakesCredentialsWithoutQop) {
  auto challenge = sip::ReadChallenge(*Tell(Request({})).Get("WWW-Authenticate"));
  EXPECT_TRUE(challenge->auth);
  challenge->auth = false;
  EXPECT_EQ(Tell(With(*challenge, {}, "right")).status, 200);
}

TEST_F(RegistrarCoreTest, ChallengesAnewWhenANonceHasEndedOrIsNotItsOwn) {
  const auto challenge = *sip::ReadChallenge(*Tell(Request({})).Get("WWW-Authenticate"));
  clock_.Advance(seconds(300));
  EXPECT_EQ(Tell(With(challenge, {}, "right")).status, 200) << "a nonce is good for five minutes";
  clock_.Advance(milliseconds(1));
  const sip::Message stale = Tell(With(challenge, {}, "right"));
  EXPECT_EQ(stale.status, 401);
  EXPECT_EQ(Last().outcome, "stale nonce");
  const auto next = sip::ReadChallenge(*stale.Get("WWW-Authenticate"));
  EXPECT_TRUE(next->stale);
  EXPECT_NE(next->nonce, challenge.nonce);
  EXPECT_EQ(Tell(With(*next, {.number = 9}, "right")).status, 200);
  EXPECT_EQ(Tell(With(challenge, {}, "wrong")).status, 403) << "a wrong password is not tried again with a new nonce";

  for (const std::string& nonce : {std::string(), std::string("1.2.3"), std::string("x"), next->nonce + "0", "9" + next->nonce}) {
    auto foreign = *next;
    foreign.nonce = nonce;
    EXPECT_EQ(Tell(With(foreign, {.number = 20}, "right")).status, 401) << nonce;
  }
}

TEST_F(RegistrarCoreTest, PassesOverCredentialsForOthers) {
  sip::Message request = Request({});
  request.Add("Authorization", sip::Authorization({.realm = "other", .nonce = "n"}, {"alice", "right"}, "REGISTER", "sip:x", "", 1));
  EXPECT_EQ(Tell(request).status, 401);
  EXPECT_EQ(Last().outcome, "challenged");
}

TEST_F(RegistrarCoreTest, GivesTheTimeThatItMay) {
  const struct {
    const char *contact, *expires;
    int status;
    const char* granted;  // the Contact of the answer
  } rows[] = {
      {"<sip:a@h>", "", 200, "<sip:a@h>;expires=3600"},
      {"<sip:a@h>", "nonsense", 200, "<sip:a@h>;expires=3600"},
      {"<sip:a@h>", "99999999999999999999", 200, "<sip:a@h>;expires=3600"},
      {"<sip:a@h>", "4294967295", 200, "<sip:a@h>;expires=7200"},
      {"<sip:a@h>;expires=90", "3600", 200, "<sip:a@h>;expires=90"},
      {"<sip:a@h;expires=90>", "100", 200, "<sip:a@h;expires=90>;expires=100"},
      {"sip:a@h;expires=\"61\";q=0.5", "", 200, "<sip:a@h>;expires=61"},
      {"<sip:a@h>", "60", 200, "<sip:a@h>;expires=60"},
      {"<sip:a@h>", "59", 423, nullptr},
      {"<sip:a@h>;expires=1", "3600", 423, nullptr},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(std::string(row.contact) + " Expires: " + row.expires);
    core_.Reset();
    const sip::Message answer = Register({.contacts = {row.contact}, .expires = row.expires});
    EXPECT_EQ(answer.status, row.status);
    EXPECT_EQ(answer.Get("Contact"), row.granted == nullptr ? std::nullopt : std::optional<std::string>(row.granted));
    EXPECT_EQ(answer.Get("Min-Expires"), row.status == 423 ? std::optional<std::string>("60") : std::nullopt);
    EXPECT_THAT(core_.registrations(), SizeIs(row.status == 200 ? 1 : 0));
  }
}

TEST_F(RegistrarCoreTest, EndsBindingsInTime) {
  Register({.contacts = {"<sip:a@h>"}, .expires = "100", .call_id = "1"});
  Register({.contacts = {"<sip:b@h>"}, .expires = "200", .call_id = "2"});
  clock_.Advance(milliseconds(99'500));
  EXPECT_THAT(Contacts(), ElementsAre("sip:a@h", "sip:b@h"));
  EXPECT_EQ(Register({.contacts = {}, .expires = "", .call_id = "3"}).All("Contact"),
            (std::vector<std::string>{"<sip:a@h>;expires=1", "<sip:b@h>;expires=101"}));
  EXPECT_EQ(Last().outcome, "listed");
  clock_.Advance(milliseconds(500));
  EXPECT_THAT(Contacts(), ElementsAre("sip:b@h"));
  Register({.contacts = {"<sip:b@h>"}, .expires = "200", .call_id = "4"});
  clock_.Advance(seconds(150));
  EXPECT_THAT(Contacts(), ElementsAre("sip:b@h")) << "renewed";
  clock_.Advance(seconds(50));
  EXPECT_THAT(Contacts(), IsEmpty());
  EXPECT_EQ(core_.FindRegistration("alice", 0), std::nullopt);
  EXPECT_THAT(Register({.contacts = {}, .expires = "", .call_id = "5"}).All("Contact"), IsEmpty());
}

TEST_F(RegistrarCoreTest, RemovesWhatItIsAskedTo) {
  Register({.contacts = {"<sip:a@h>, <sip:b@h>", "\"C\" <sip:c@h>"}, .call_id = "1"});
  EXPECT_THAT(Contacts("alice"), ElementsAre("sip:a@h", "sip:b@h", "sip:c@h"));
  EXPECT_THAT(Register({.contacts = {"<sip:b@h>"}, .expires = "0", .call_id = "2"}).All("Contact"), SizeIs(2));
  EXPECT_EQ(Last().outcome, "removed");
  EXPECT_THAT(Contacts("alice"), ElementsAre("sip:a@h", "sip:c@h"));
  Register({.contacts = {"<sip:a@h>;expires=0", "<sip:d@h>"}, .call_id = "3"});
  EXPECT_EQ(Last().outcome, "registered");
  EXPECT_THAT(Contacts("alice"), ElementsAre("sip:c@h", "sip:d@h"));
  EXPECT_THAT(Register({.contacts = {"*"}, .expires = "0", .call_id = "4"}).All("Contact"), IsEmpty());
  EXPECT_EQ(Last().outcome, "removed");
  EXPECT_THAT(Contacts(), IsEmpty());
  EXPECT_EQ(Register({.contacts = {"<sip:gone@h>"}, .expires = "0", .call_id = "5"}).status, 200);
}

TEST_F(RegistrarCoreTest, RefusesContactsThatAreNone) {
  Register({.contacts = {"<sip:a@h>"}, .call_id = "1"});
  const struct {
    std::vector<std::string> contacts;
    const char *expires, *why;
  } rows[] = {
      {{"*"}, "", "stands alone"},
      {{"*"}, "60", "stands alone"},
      {{"*", "<sip:b@h>"}, "0", "stands alone"},
      {{"<sip:b@h>", "<tel:+15551234>"}, "60", "no SIP address: 'tel:+15551234'"},
      {{"<sip:b@" + std::string(1000, 'h') + ">"}, "60", "more than 1000 bytes"},
      {std::vector<std::string>(17, "<sip:b@h>"), "60", "more than 16"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.contacts.front() + " Expires: " + row.expires);
    EXPECT_EQ(Register({.contacts = row.contacts, .expires = row.expires, .call_id = "2"}).status, 400);
    EXPECT_EQ(Last().outcome, "malformed");
    EXPECT_THAT(Last().why, HasSubstr(row.why));
    EXPECT_THAT(Contacts(), ElementsAre("sip:a@h")) << "nothing of it is done";
  }
  EXPECT_EQ(Register({.call_id = std::string(256, 'c')}).status, 400);
}

TEST_F(RegistrarCoreTest, TakesARepetitionForOneAndWhatIsOlderForNothing) {
  const sip::Message request = Authorized({.number = 4}, "right");
  EXPECT_EQ(Tell(request).status, 200);
  EXPECT_EQ(Tell(request).status, 200) << "its answer was lost";
  EXPECT_EQ(Register({.contacts = {"<sip:alice@127.1.0.1:5060>"}, .expires = "0", .number = 1}).status, 500);
  EXPECT_EQ(Last().outcome, "out of order");
  EXPECT_THAT(Contacts(), SizeIs(1));
  EXPECT_EQ(Register({.expires = "0", .call_id = "restarted", .number = 1}).status, 200) << "another Call-ID counts anew";
  EXPECT_THAT(Contacts(), IsEmpty());
}

TEST_F(RegistrarCoreTest, AnswersWhatIsNoRegistration) {
  const sip::Message alive = Tell(Request({}, "OPTIONS"));
  EXPECT_EQ(alive.status, 200);
  EXPECT_EQ(alive.Get("Allow"), "REGISTER, OPTIONS");
  EXPECT_EQ(Last().outcome, "alive");
  for (const char* method : {"INVITE", "SUBSCRIBE", "register", "BYE"}) {
    EXPECT_EQ(Tell(Request({}, method)).status, 405) << method;
    EXPECT_EQ(Last().outcome, "not supported");
  }
  const sip::Message extended = Tell(Request({.more = {{"Require", "path, gruu"}}}));
  EXPECT_EQ(extended.status, 420);
  EXPECT_EQ(extended.All("Unsupported"), (std::vector<std::string>{"path", "gruu"}));
  EXPECT_EQ(Tell(Request({.user = ""})).status, 400);
  EXPECT_EQ(Tell(Request({.more = {{"Authorization", "Digest what"}}})).status, 400);

  const auto before = core_.journal().last();
  EXPECT_FALSE(core_.Handle(Request({}, "ACK"), source_).message);
  EXPECT_FALSE(core_.Handle(sip::ResponseTo(Request({}), 200, "OK", "t"), source_).message);
  EXPECT_EQ(core_.journal().last(), before);
}

TEST_F(RegistrarCoreTest, KeepsThePhonesOfASharedAccountApart) {
  ASSERT_TRUE(core_.Allow({.user = "apshared01", .password = "shared"}));
  for (int phone = 1; phone <= 20; ++phone) {
    const std::string contact = "sip:apshared01@127.1.0." + std::to_string(phone);
    const sip::Message answer =
        Register({.user = "apshared01", .contacts = {"<" + contact + ">"}, .call_id = std::to_string(phone)}, "shared");
    EXPECT_EQ(answer.All("Contact").front(), "<" + contact + ">;expires=3600") << "its own comes first";
    EXPECT_LE(answer.All("Contact").size(), RegistrarCore::kMostContacts);
  }
  EXPECT_THAT(core_.registrations("apshared01"), SizeIs(20));
}

TEST_F(RegistrarCoreTest, TakesANewPasswordAndForgetsAnAccount) {
  Register({});
  ASSERT_TRUE(core_.Allow({.user = "alice", .password = "changed", .auth_user = "alice2"}));
  EXPECT_THAT(Contacts("alice"), SizeIs(1)) << "what is registered stays until it ends";
  EXPECT_EQ(Register({.call_id = "2"}, "right").status, 403);
  EXPECT_EQ(Register({.call_id = "3"}, "changed", "alice2").status, 200);
  EXPECT_TRUE(core_.Forbid("alice"));
  EXPECT_THAT(Contacts(), IsEmpty());
  EXPECT_EQ(Register({.call_id = "4"}, "changed", "alice2").status, 403);
  EXPECT_EQ(core_.Forbid("alice").error().kind, ErrorKind::kNotFound);
  clock_.Advance(seconds(10'000));
  EXPECT_EQ(Register({.user = "bob", .call_id = "5"}, "b0b", "bob-auth").status, 200) << "an end of what has gone does no harm";
}

TEST_F(RegistrarCoreTest, RefusesAccountsThatNobodyCouldUse) {
  EXPECT_EQ(core_.Allow({.user = "", .password = "p"}).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(core_.Allow({.user = "u", .password = ""}).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(core_.Allow({.user = "u\r\n", .password = "p"}).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(core_.Allow({.user = std::string(256, 'u'), .password = "p"}).error().kind, ErrorKind::kInvalid);
}

TEST_F(RegistrarCoreTest, MisbehavesOnCommand) {
  const auto add = [&](const char* target, const char* action, std::optional<int> times) {
    ASSERT_TRUE(core_.faults().Add({.target = target, .action = Json::parse(action), .times = times})) << action;
  };
  add("alice", R"({"status": 503, "retry_after": 5})", 1);
  const sip::Message busy = Tell(Request({}));
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(busy.reason, "Service Unavailable");
  EXPECT_EQ(busy.Get("Retry-After"), "5");
  EXPECT_EQ(Last().outcome, "fault");
  EXPECT_EQ(Last().fault, R"({"retry_after":5,"status":503})");
  EXPECT_EQ(Tell(Request({})).status, 401) << "once";

  add("127.1.0.1", R"({"silent": true})", 1);
  EXPECT_FALSE(core_.Handle(Request({}), source_).message);
  EXPECT_EQ(Last().status, 0);

  add("*", R"({"delay": 2000})", 1);
  const auto late = core_.Handle(Request({}), source_);
  EXPECT_EQ(late.after, milliseconds(2000));
  EXPECT_EQ(late.message->status, 401) << "late, and otherwise right";

  add("bob", R"({"status": 403})", std::nullopt);
  EXPECT_EQ(Tell(Request({.user = "bob"})).status, 403);
  EXPECT_EQ(Tell(Request({.user = "bob"}, "OPTIONS")).status, 200);
  EXPECT_EQ(Register({}).status, 200);
}

TEST_F(RegistrarCoreTest, RefusesFaultsThatAreNone) {
  for (const char* action : {"{}", "[]", R"({"status": 200})", R"({"status": "503"})", R"({"silence": true})", R"({"delay": -1})"})
    EXPECT_EQ(core_.faults().Add({.action = Json::parse(action)}).error().kind, ErrorKind::kInvalid) << action;
  EXPECT_EQ(core_.faults().Available().size(), 3u);
}

TEST_F(RegistrarCoreTest, SaysWhyOneWaitsInVain) {
  EXPECT_EQ(core_.LastWord("carol"), "'carol' has no account here");
  EXPECT_EQ(core_.LastWord("alice"), "'alice' has not asked for it");
  Register({}, "wrong");
  EXPECT_EQ(core_.LastWord("alice"), "the last request of 'alice' ended in: wrong password");
}

TEST_F(RegistrarCoreTest, FindsWhoRegisteredSince) {
  Register({.contacts = {"<sip:a@h>"}, .call_id = "1"});
  const std::uint64_t since = core_.journal().last();
  EXPECT_EQ(core_.FindRegistration("alice", 0)->contact, "sip:a@h");
  EXPECT_FALSE(core_.FindRegistration("alice", since));
  Register({.contacts = {"<sip:b@h>"}, .call_id = "2"});
  EXPECT_EQ(core_.FindRegistration("alice", since)->contact, "sip:b@h");
  EXPECT_EQ(core_.FindRegistration("alice", 0)->contact, "sip:a@h") << "the first";
}

TEST_F(RegistrarCoreTest, SaysTheSameForTheSameSeed) {
  FakeClock clock;
  RegistrarCore same({.clock = &clock, .seed = 7}), other({.clock = &clock, .seed = 8});
  const std::string answer = Tell(Request({})).Text();
  EXPECT_EQ(same.Handle(Request({}), source_).message->Text(), answer);
  EXPECT_NE(other.Handle(Request({}), source_).message->Text(), answer);
}

TEST_F(RegistrarCoreTest, KeepsLittleOfWhatIsLong) {
  const std::string longest(20'000, 'x');
  Tell(Request({.user = longest, .more = {{"User-Agent", longest}, {"Require", longest}}}));
  core_.NoteUnreadable({ErrorKind::kInvalid, "it is empty"}, source_);
  EXPECT_EQ(Last().outcome, "malformed");
  EXPECT_EQ(Last().why, "it is empty");
  EXPECT_LT(DumpJson(core_.journal().After(0)).size(), 4'000u);
}

TEST_F(RegistrarCoreTest, ResetLeavesTheAccounts) {
  Register({});
  ASSERT_TRUE(core_.faults().Add({.action = {{"silent", true}}}));
  core_.Reset();
  EXPECT_THAT(core_.registrations(), IsEmpty());
  EXPECT_THAT(core_.Journal(), IsEmpty());
  EXPECT_EQ(Register({.call_id = "2"}).status, 200);
}

TEST(RegistrarOutcome, HasANameEach) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Outcome::kFault); ++i) names.insert(OutcomeName(static_cast<Outcome>(i)));
  EXPECT_THAT(names, SizeIs(static_cast<int>(Outcome::kFault) + 1));
}

}  // namespace
}  // namespace provdlab::registrar
