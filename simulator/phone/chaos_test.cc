// Whatever happens to a phone, in whatever order: it never gets stuck, never does too much, and does the same again with the same seed.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/digest.h"
#include "base/sip/message.h"
#include "simulator/phone/built_in_profiles.h"
#include "simulator/phone/phone.h"
#include "simulator/phone/profile_data.h"
#include "simulator/phone/testing/registrar.h"
#include "simulator/phone/testing/trace.h"

namespace provdlab::phone {
namespace {

constexpr std::size_t kMostActions = 300;  // of one event: with 24 lines some things happen 24 times
constexpr int kEvents = 400;               // of one life, before everything is well again
constexpr int kEventsToRest = 3'000;       // after that

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 2 + 1) {}
  unsigned Below(unsigned limit) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<unsigned>(state_ >> 33) % limit;
  }
  bool Chance(unsigned percent) { return Below(100) < percent; }
  template <typename T>
  const T& Of(const std::vector<T>& list) {
    return list[Below(static_cast<unsigned>(list.size()))];
  }

 private:
  std::uint64_t state_;
};

const std::vector<std::string>& Bodies() {
  static const std::vector<std::string> bodies = {
      "",
      "<html>nothing</html>",
      std::string("\x00\x01\x02", 3),
      "provdlab-firmware all 9.9.9\n",
      "provdlab-firmware all 9.9.8\n" + std::string(1000, 'x'),
      "provdlab-firmware all bad version \n",
      "opaque" + std::string(2000, '\xff'),
      "sip line1 registrar ip: 192.0.2.20\nsip line1 user name: k3v9p2\nsip line1 password: Zr81mm\nlanguage 1: "
      "i18n/lang_fr.txt\nlanguage: 1\n",
      "sip line1 registrar ip: 192.0.2.20\nsip line1 user name: k3v9p2\nsip line2 registrar ip: a b\nsip line2 user name: x\nupgrade uri: "
      "ftp://h/\n",
      "download protocol: HTTP\nhttp server: 192.0.2.1\nhttp path: x y\nsip whitelist: 1\nsip line1 proxy ip: 192.0.2.20\n",
      "language 1: http://elsewhere/\nlanguage 2: file:///etc/passwd\nlanguage 3: a\\b\nsips trusted certificates: ../../x\n",
      R"(<APPLICATION APP_FILE_PATH="sip.ld" CONFIG_FILES="[PHONE_MAC_ADDRESS]-user.cfg, common.cfg,,a&#13;&#10;b" MISC_FILES="x"/>)",
      R"(<APPLICATION APP_FILE_PATH="[PHONE_PART_NUMBER].sip.ld" CONFIG_FILES="[PHONE_MAC_ADDRESS]-user.cfg" LOG_FILE_DIRECTORY="http://h"/>)",
      R"(<c reg.1.server.1.address="192.0.2.20" reg.1.address="k3v9p2" reg.1.auth.password="Zr81mm" reg.1.server.1.expires="1"/>)",
      R"(<c device.set="1" device.prov.serverName.set="1" device.prov.serverName="ftp://x" prov.polling.enabled="1" prov.polling.mode="rel"/>)",
      R"(<c reg.1.label="x"y"/>)",
      "line1 = k3v9p2@192.0.2.20:5060\nline1.password = Zr81mm\nkey1 = watch 1\nlanguage = de\nfiles = tftp://192.0.2.10/Acme\n",
      "line1 = off\n",
      "no setting",
  };
  return bodies;
}

class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed), profile_(random_.Of(BuiltInProfiles())), phone_(profile_, UnitOf(seed)) {
    registrar_.accounts["k3v9p2"] = "Zr81mm";
  }

  // Every byte of what the phone did.
  std::string Live() {
    Happens(PowerOn{});
    for (int event = 0; event < kEvents && !::testing::Test::HasFailure(); ++event) Chaos();
    Rest();
    Happens(PowerOff{});
    EXPECT_TRUE(fetch_ == std::nullopt && timers_.empty() && !asks_address_) << "something is under way after power off";
    EXPECT_EQ(phone_.stage(), Stage::kOff);
    return story_;
  }

  std::string about() const { return profile_.name() + " " + phone_.unit().model; }

 private:
  Unit UnitOf(std::uint64_t seed) {
    Unit unit{.model = random_.Of(profile_.models()), .mac = MintMac(profile_, seed), .seed = seed, .pauses = random_.Chance(30)};
    if (random_.Chance(20)) unit.server = random_.Of<std::string>({"http://h:8667/", "tftp://h/x", "ftp://h", "h", "not a host"});
    return unit;
  }

  void Happens(const Event& event) {
    if (::testing::Test::HasFailure()) return;
    const std::vector<Action> actions = phone_.Handle(event, now_);
    ASSERT_LE(actions.size(), kMostActions) << Described(event);
    for (const Action& action : actions) {
      story_ += Whole(action) + "\n";
      Check(action);
      if (::testing::Test::HasFailure()) {
        ADD_FAILURE() << "after: " << Described(event) << "\n" << Latest();
        return;
      }
    }
    const int most = profile_.data().restarts.most;
    in_a_row_ = phone_.settled() ? 0 : in_a_row_;
    ASSERT_LE(in_a_row_, most + 1) << "it restarts for ever";
    if (!phone_.settled()) {
      ASSERT_TRUE(fetch_ || !timers_.empty() || asks_address_ || in_call_) << "it waits for nothing, after " << Described(event) << "\n"
                                                                           << story_;
    }
    ASSERT_LE(phone_.display().size(), 400u);
    ASSERT_FALSE(phone_.settled() && fetch_) << "settled, but a file is under way\n" << Latest();
  }

  std::string Latest() const {
    constexpr std::size_t kShown = 3'000;
    return story_.substr(story_.size() > kShown ? story_.size() - kShown : 0);
  }

  void Check(const Action& action) {
    if (std::holds_alternative<AskForAddress>(action)) {
      asks_address_ = true;
    } else if (const auto* fetch = std::get_if<Fetch>(&action)) {
      ASSERT_FALSE(fetch_) << "it asks for two files at once";
      ASSERT_FALSE(fetch->host.empty());
      ASSERT_GT(fetch->id, last_id_);
      last_id_ = fetch->id;
      const bool tftp = fetch->protocol == Fetch::Protocol::kTftp;
      ASSERT_TRUE(tftp || fetch->protocol == Fetch::Protocol::kHttp || fetch->protocol == Fetch::Protocol::kHttps);
      ASSERT_TRUE(tftp ? !fetch->path.starts_with('/') && !fetch->path.empty() : fetch->path.starts_with('/')) << fetch->path;
      for (const unsigned char c : fetch->path + fetch->user_agent) ASSERT_TRUE(tftp || (c >= ' ' && c < 0x7f)) << fetch->path;
      ASSERT_TRUE(tftp || fetch->path.find(' ') == std::string::npos) << fetch->path;
      ASSERT_NE(fetch->port, 0);
      fetch_ = *fetch;
      begun_ = false;
    } else if (const auto* go_on = std::get_if<GoOn>(&action)) {
      ASSERT_TRUE(fetch_ && fetch_->id == go_on->fetch && begun_);
    } else if (const auto* sip = std::get_if<SendSip>(&action)) {
      const auto message = sip::Parse(sip->text);
      ASSERT_TRUE(message) << message.error().message << "\n" << sip->text;
      if (message->is_request()) sent_.push_back(*message);
    } else if (const auto* timer = std::get_if<SetTimer>(&action)) {
      ASSERT_TRUE(timers_.emplace(timer->timer, now_ + timer->after).second);
      ASSERT_GT(timer->after.count(), 0);
    } else if (const auto* stop = std::get_if<StopTimer>(&action)) {
      timers_.erase(stop->timer);
    } else if (const auto* restart = std::get_if<Restart>(&action)) {
      fetch_.reset();
      timers_.clear();
      sent_.clear();
      asks_address_ = in_call_ = false;
      if (!restart->off) ++in_a_row_;
    }
  }

  // One thing or another.
  void Chaos() {
    now_ += Milliseconds(random_.Below(50));
    switch (random_.Below(12)) {
      case 0:
        in_call_ = random_.Chance(50);
        return Happens(in_call_ ? Event(CallBegan{}) : Event(CallEnded{}));
      case 1:
        if (!random_.Chance(20)) return;
        Happens(PowerOff{});
        ASSERT_FALSE(fetch_ || !timers_.empty() || asks_address_);
        in_a_row_ = 0;
        return Happens(PowerOn{});
      case 2:
        return Spurious();
      case 3:
      case 4:
        return Sip();
      case 5:
        return RingOne();
      default:
        return Answer(false);
    }
  }

  void Spurious() {
    const int id = static_cast<int>(random_.Below(300)) - 5;
    // By chance it may be one that is waited for.
    if (timers_.contains(id) || (fetch_ && fetch_->id == id)) return;
    switch (random_.Below(6)) {
      case 0:
        return Happens(TimerRang{id});
      case 1:
        return Happens(Fetched{.fetch = id, .how = Fetched::How::kWhole, .body = random_.Of(Bodies()), .size = 5});
      case 2:
        return Happens(Began{id, random_.Of(Bodies())});
      case 3:
        return Happens(Leased{.ip = "127.1.0.200"});
      case 4:
        return Happens(NotLeased{});
      default:
        return Happens(PowerOn{});
    }
  }

  void Sip() {
    if (!sent_.empty() && random_.Chance(60)) {
      const sip::Message request = random_.Of(sent_);
      registrar_.status = random_.Of<int>({0, 0, 0, 100, 180, 302, 403, 404, 423, 500, 503, 603});
      if (const auto answer = registrar_.Answer(request)) Happens(SipReceived{*answer, "192.0.2.20", 5060});
      return;
    }
    sip::Message request{.method = random_.Of<std::string>({"NOTIFY", "NOTIFY", "NOTIFY", "OPTIONS", "INVITE", "BYE", "ACK"}),
                         .uri = "sip:a@127.1.0.1"};
    request.Add("Via",
                random_.Of<std::string>({"SIP/2.0/UDP 192.0.2.20;branch=z9hG4bK1;rport", "SIP/2.0/TCP h:1;branch=x", "SIP/2.0/UDP h"}));
    request.Add("From", "<sip:p@192.0.2.20>;tag=1");
    request.Add("To", random_.Chance(80) ? "<sip:a@127.1.0.1>" : "<sip:a@127.1.0.1>;tag=2");
    request.Add("Call-ID", "c" + std::to_string(random_.Below(3)));
    request.Add("CSeq", std::to_string(random_.Below(9)) + " " + request.method);
    if (random_.Chance(90)) request.Add("Event", random_.Of<std::string>({"check-sync", "check-sync", "reboot", "aastra-xml", "x"}));
    Happens(SipReceived{request, random_.Chance(70) ? "192.0.2.20" : "192.0.2.99", 5060});
  }

  // The timer that is due first.
  void RingOne() {
    if (timers_.empty()) return;
    const auto due = std::min_element(timers_.begin(), timers_.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    now_ = std::max(now_, due->second);
    const int timer = due->first;
    timers_.erase(due);
    Happens(TimerRang{timer});
  }

  // What was asked for comes, well or badly.
  void Answer(bool well) {
    if (asks_address_) {
      asks_address_ = false;
      std::map<int, std::string> options;
      if (well || random_.Chance(80)) options[66] = "http://provd:8667/x";
      if (!well && random_.Chance(20))
        options[43] = random_.Of<std::string>({"\x02\x05http:", "\x02\xffx", "\x02", std::string("\x00\x00\xff\x02", 4)});
      if (well || random_.Chance(80))
        return Happens(Leased{.ip = "127.1.0.1", .options = options, .lease = std::chrono::seconds(random_.Below(5'000))});
      return Happens(NotLeased{});
    }
    if (!fetch_) return RingOne();
    if (well) {
      const int id = std::exchange(fetch_, std::nullopt)->id;
      return Happens(Fetched{.fetch = id, .how = Fetched::How::kMissing, .status = 404});
    }
    const std::string& body = random_.Of(Bodies());
    if (fetch_->head != 0 && body.size() > fetch_->head && !begun_ && random_.Chance(80)) {
      begun_ = true;
      return Happens(Began{fetch_->id, body.substr(0, fetch_->head)});
    }
    Fetched fetched{.fetch = fetch_->id};
    fetched.how = static_cast<Fetched::How>(random_.Chance(60) ? 0 : random_.Below(8));
    if (fetched.how == Fetched::How::kWhole) {
      fetched.status = 200;
      fetched.body = body.substr(0, fetch_->keep);
      fetched.size = body.size();
      fetched.digest = Sha1Hex(body);
    }
    fetch_.reset();
    Happens(fetched);
  }

  // From now on everything goes well: it has to come to rest.
  void Rest() {
    in_call_ = false;
    Happens(CallEnded{});
    registrar_.status = 0;
    for (int event = 0; event < kEventsToRest && !phone_.settled() && !::testing::Test::HasFailure(); ++event) {
      now_ += Milliseconds(1);
      if (!fetch_ && !asks_address_ && !sent_.empty() && random_.Chance(50)) {
        const sip::Message request = sent_.back();
        sent_.pop_back();
        if (const auto answer = registrar_.Answer(request)) Happens(SipReceived{*answer, "192.0.2.20", 5060});
        continue;
      }
      Answer(true);
    }
    EXPECT_TRUE(phone_.settled()) << "it doesn't come to rest";
  }

  Random random_;
  const Profile profile_;
  Phone phone_;
  Registrar registrar_;
  Milliseconds now_{0};
  std::optional<Fetch> fetch_;
  bool begun_ = false, asks_address_ = false, in_call_ = false;
  std::map<int, Milliseconds> timers_;
  std::vector<sip::Message> sent_;
  int last_id_ = 0, in_a_row_ = 0;
  std::string story_;
};

TEST(APhoneInChaos, NeverGetsStuck) {
  constexpr std::uint64_t kLives = 400;
  std::set<std::string> lived;
  for (std::uint64_t seed = 1; seed <= kLives; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Life life(seed);
    lived.insert(life.about().substr(0, life.about().find(' ')));
    life.Live();
    if (HasFailure()) return;
  }
  EXPECT_EQ(lived.size(), BuiltInProfiles().size()) << "not all profiles were tried";
}

TEST(APhoneInChaos, LivesTheSameLifeAgain) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const std::string first = Life(seed).Live();
    EXPECT_EQ(first, Life(seed).Live()) << "seed " << seed;
    EXPECT_GT(first.size(), 1000u);
  }
}

}  // namespace
}  // namespace provdlab::phone
