// What is printed is read back as it was, for scenarios that nobody would think of writing.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "grammar/scenario/dump.h"
#include "grammar/scenario/parse.h"

namespace provdlab::scenario {
namespace {

// Draws the parts of a scenario within what the language can say: known names only, nothing empty that must not be.
class Draw {
 public:
  Scenario Whole() {
    Scenario scenario;
    scenario.title = Line();
    scenario.about = Some<std::string>(3, [&] { return Line(); });
    if (Flip()) scenario.ids = {{"ONE"}, {"TWO", 255}};
    if (Flip()) scenario.macs = {"MAC"};
    if (Flip()) scenario.exclusive = {"NAT", "plugin_server"};
    scenario.timed = Flip();
    scenario.offers = {"http-provisioning", "tftp", "notify", "addresses", "tenants"};
    if (Flip()) scenario.offers.push_back("install");
    if (Flip()) scenario.proxies = Number(0, 16);
    scenario.packages = {{"PKG", Details(true)}, {"B_2", Details(true)}};
    scenario.table = Table{{"ROW", "OTHER"}, {List({Plain(2), Plain(2)}), List({Plain(1), Plain(0)})}};
    scenario.phones = {{"desk", 0, "Aastra", "6731i", std::nullopt, ""},
                       {"hall", 0, "polycom", "IP 5", Text(), Flip() ? "desk" : ""},
                       {"stranger", 0, "", "", std::nullopt, ""},
                       {"crowd", 20, "Mitel", "6867i", std::nullopt, ""}};
    scenario.accounts = {"alice"};
    const int steps = Number(1, 6);
    for (int i = 0; i < steps; ++i) scenario.steps.push_back(AnyStep(i));
    Step last;
    last.does = Request();
    last.checks.push_back({"last.check-of-all", false, {AnswerPredicate()}, std::nullopt, {}});
    scenario.steps.push_back(std::move(last));
    return scenario;
  }

 private:
  int Number(int least, int most) { return *rc::gen::inRange(least, most + 1); }
  bool Flip() { return Number(0, 1) == 1; }
  template <typename T>
  T Pick(std::vector<T> values) {
    return values[static_cast<std::size_t>(Number(0, static_cast<int>(values.size()) - 1))];
  }
  template <typename T, typename Make>
  std::vector<T> Some(int most, Make make) {
    std::vector<T> values;
    for (int n = Number(0, most); n > 0; --n) values.push_back(make());
    return values;
  }

  std::string Text() {
    std::string text;
    for (int n = Number(0, 5); n > 0; --n) {
      text += Pick<std::string>(
          {"a", "{", "}", "{oip}", "{desk.mac}", "\"", "\\", "\n", "\t", "ä", "😀", " ", "  # ", std::string(1, '\0'), "\x7f", "/"});
    }
    return text;
  }
  // Text to the end of a line.
  std::string Line() {
    std::string text = Pick<std::string>({"x", "ä#b", "\"q\"", "{oip}"});
    if (Flip()) text += Pick<std::string>({" y", "  y", " # no comment", "  and  so on"});
    return text;
  }
  std::string Slug() {
    return Pick<std::string>({"a.b", "oip.get-answers-200", "plugin.x.y-1", "very.long-slug-that-does-not-push-all-the-others-aside"});
  }
  Template Words(bool in_string) {
    Template text;
    for (int n = Number(1, 3); n > 0; --n) {
      if (Flip()) {
        text.parts.push_back({true, Pick<std::string>({"PKG", "RUN", "v0", "desk.HEX", "REGISTRAR"})});
      } else if (text.parts.empty() || text.parts.back().variable) {
        std::string literal = in_string ? Text() : Pick<std::string>({"/x", "/pg_mgr/install", "/%7B", "/?a=b&c=[1]"});
        if (!literal.empty()) text.parts.push_back({false, std::move(literal)});
      }
    }
    return text;
  }
  Template Path() {
    Template path = Words(false);
    if (path.parts.empty()) path.parts.push_back({false, "/"});
    return path;
  }

  static Value List(Value::List list) { return {std::move(list)}; }
  Value Scalar() {
    switch (Number(0, 6)) {
      case 0:
        return {Json()};
      case 1:
        return {Json(Flip())};
      case 2:
        return {Json(*rc::gen::arbitrary<std::int64_t>())};
      case 3:
        return {Json(*rc::gen::arbitrary<double>())};
      case 4:
        return {Json(~std::uint64_t{0})};
      default:
        return {Json(Text())};
    }
  }
  // A value, with variables if `variables`.
  Value AnyValue(int depth, bool variables) {
    const int kind = Number(0, 3);
    if (kind == 0 && variables)
      return {Value::Variable{Pick<std::string>({"PKG", "ROW", "v0", "HOST", "desk.mac", "alice.password", "stranger.ip"})}};
    if (kind == 1 && depth > 0) {
      return List(Some<Value>(4, [&] { return AnyValue(depth - 1, variables); }));
    }
    if (kind == 2 && depth > 0) {
      Value::Object object;
      for (int n = Number(0, 3); n > 0; --n) object.push_back({Text() + std::to_string(n), AnyValue(depth - 1, variables)});
      return {std::move(object)};
    }
    return Scalar();
  }
  Value Plain(int depth) { return AnyValue(depth, false); }
  Value Filled(int depth) { return AnyValue(depth, true); }

  PackageDetails Details(bool header) {
    PackageDetails details;
    if (Flip()) details.fixture = Pick<std::string>({"acme", "xivo-aastra-3.3.1-SP2"});
    if (Flip()) details.version = Text();
    if (Flip()) details.bytes = static_cast<std::uint64_t>(Number(1, 1'000'000));
    if (Flip()) {
      Value::Object entry;
      entry.push_back({Text(), Plain(2)});
      details.entry = Value{std::move(entry)};
    }
    if (Flip()) details.without_entry = {"sha1sum", "a b"};
    details.unlisted = header && Flip();
    if (header && Flip()) details.named = "10.0";
    return details;
  }

  JsonPath AnyPath() {
    JsonPath path;
    for (int n = Number(0, 3); n > 0; --n) {
      switch (Number(0, 3)) {
        case 0:
          path.steps.push_back({PathStep::Kind::kKey, Pick<std::string>({"pkgs", "a-b", "0", "a b", "", "ä", "]"}), 0, nullptr});
          break;
        case 1:
          path.steps.push_back({PathStep::Kind::kVariable, Pick<std::string>({"PKG", "hall.ip"}), 0, nullptr});
          break;
        case 2:
          path.steps.push_back({PathStep::Kind::kIndex, "", static_cast<std::size_t>(Number(0, 99)), nullptr});
          break;
        default:
          path.steps.push_back({PathStep::Kind::kWhere, Pick<std::string>({"id", "0", "a b"}), 0, std::make_shared<Value>(Filled(1))});
      }
    }
    return path;
  }

  Value Word() { return Flip() ? Value{Json(Text())} : Value{Value::Variable{"PKG"}}; }

  Predicate AnswerPredicate() {
    Predicate predicate;
    switch (Number(0, 4)) {
      case 4:
        return PhonePredicate();
      case 0:
        predicate.subject = Subject::kStatus;
        predicate.relation = Pick<Relation>({Relation::kIs, Relation::kIsNot});
        predicate.status_codes = Pick<std::vector<int>>({{200}, {4}, {400, 409, 5}});
        break;
      case 1:
        predicate.subject = Subject::kHeader;
        predicate.header = Pick<std::string>({"Location", "X-a_b"});
        predicate.relation = Pick<Relation>({Relation::kIs, Relation::kIsNot, Relation::kPresent, Relation::kAbsent, Relation::kFresh,
                                             Relation::kProvd, Relation::kBelow, Relation::kContains});
        if (predicate.relation == Relation::kBelow) predicate.target = Path();
        if (predicate.relation == Relation::kContains) predicate.values = {Word()};
        if (predicate.relation == Relation::kIs || predicate.relation == Relation::kIsNot) predicate.values = {Word(), Word()};
        break;
      case 2:
        predicate.subject = Subject::kBody;
        predicate.relation = Pick<Relation>({Relation::kEmpty, Relation::kSentence, Relation::kJsonText, Relation::kContains});
        if (predicate.relation == Relation::kContains) predicate.values = {Word()};
        break;
      default:
        predicate.subject = Subject::kJson;
        predicate.path = AnyPath();
        predicate.relation =
            Pick<Relation>({Relation::kIs, Relation::kIsNot, Relation::kHas, Relation::kLacks, Relation::kPresent, Relation::kAbsent,
                            Relation::kIsA, Relation::kMatches, Relation::kContains, Relation::kMembers, Relation::kExample});
        switch (predicate.relation) {
          case Relation::kIs:
          case Relation::kIsNot:
            predicate.values = Flip() ? std::vector<Value>{Filled(2)} : std::vector<Value>{Filled(2), Filled(0), Filled(1)};
            break;
          case Relation::kHas:
          case Relation::kLacks:
            predicate.values = {Filled(1)};
            break;
          case Relation::kMatches:
          case Relation::kContains:
            predicate.values = {Word()};
            break;
          case Relation::kIsA:
            predicate.word = Pick<std::string>({"list", "object", "string", "number", "boolean", "status"});
            break;
          case Relation::kMembers:
            predicate.number = static_cast<std::uint64_t>(Number(0, 3));
            break;
          case Relation::kExample:
            predicate.word = Text();
            break;
          default:
            break;
        }
    }
    return predicate;
  }

  Predicate PhonePredicate() {
    Predicate predicate;
    predicate.subject = Subject::kPhone;
    predicate.relation = Relation::kReaches;
    predicate.phone = Pick<std::string>({"desk", "hall", "crowd"});
    predicate.word = Pick<std::string>({"addressed", "identified", "fetched", "parsed", "registered"});
    const bool takes_value = predicate.word == "identified" || predicate.word == "registered";
    if (takes_value && predicate.phone != "crowd" && Flip()) predicate.values = {Filled(2)};
    return predicate;
  }

  Predicate FollowPredicate() {
    Predicate predicate;
    predicate.subject = Pick<Subject>({Subject::kLast, Subject::kLastState, Subject::kSome, Subject::kStatusesCount, Subject::kProgress});
    switch (predicate.subject) {
      case Subject::kLastState:
        predicate.relation = Pick<Relation>({Relation::kIs, Relation::kIsNot});
        predicate.word = Pick<std::string>({"waiting", "progress", "success", "fail"});
        break;
      case Subject::kStatusesCount:
        predicate.relation = Pick<Relation>({Relation::kIs, Relation::kAtLeast});
        predicate.number = static_cast<std::uint64_t>(Number(0, 9));
        break;
      case Subject::kProgress:
        predicate.relation = Relation::kGrows;
        break;
      default:
        predicate.relation = Relation::kMatches;
        predicate.values = {Word()};
    }
    return predicate;
  }

  template <typename Make>
  Condition Joined(Make make) {
    Condition condition = {make()};
    while (condition.size() < 3 && Flip()) condition.push_back(make());
    return condition;
  }

  RequestStep Request() {
    RequestStep request;
    request.method = Pick<std::string>({"GET", "POST", "M-SEARCH"});
    request.path = Path();
    request.raw_path = Flip();
    switch (Number(0, 4)) {
      case 0:
        request.body.kind = Body::Kind::kText;
        request.body.text = Words(true);
        request.body.chunked = Flip();
        break;
      case 1:
        request.body.kind = Body::Kind::kHex;
        request.body.bytes = std::string("\x00\xff\x41", static_cast<std::size_t>(Number(1, 3)));
        break;
      case 2:
        request.body.kind = Body::Kind::kJson;
        request.body.json = Filled(3);
        break;
      case 3:
        request.body.kind = Body::Kind::kJson;
        request.body.json = List({Filled(4), Filled(4), Filled(2)});
        request.body.pad_to = 150'000;
        break;
      default:
        break;
    }
    request.query = Some<QueryParameter>(2, [&] { return QueryParameter{Pick<std::string>({"q", "sort_ord"}), Filled(2), Flip()}; });
    request.headers = Some<HeaderLine>(2, [&] { return HeaderLine{"X-Test", Words(false)}; });
    if (Flip()) request.removed_headers = {"Accept"};
    if (Flip()) request.within = std::chrono::milliseconds(Number(1, 5000));
    return request;
  }

  Step AnyStep(int i) {
    Step step;
    step.role = Pick<Step::Role>({Step::Role::kPlain, Step::Role::kGiven, Step::Role::kAct});
    step.needs = Pick<std::vector<std::string>>({{}, {"a.b"}, {"install.post-answers-201", "oip.get-answers-200"}});
    if (i > 0 && Flip()) step.only_if = OnlyIf{"v0", Flip(), Some<Value>(2, [&] { return Filled(1); })};
    if (step.only_if && step.only_if->values.empty()) step.only_if->values.push_back(Filled(0));
    const auto looks = [&](auto make) {
      if (Flip()) step.expects = Joined(make);
      if (step.role == Step::Role::kGiven) return;
      step.checks = Some<Check>(3, [&] { return Check{Slug(), Flip(), Joined(make), std::nullopt, {}}; });
    };
    const auto answers = [&] {
      step.answers = Pick<std::vector<int>>({{}, {201}, {400, 409}});
      looks([&] { return AnswerPredicate(); });
    };
    switch (i == 0 ? 0 : Number(0, 6)) {
      case 0:
        step.does = Request();
        answers();
        if (i == 0) step.captures.push_back({"v0", Capture::From::kHeader, "Location", {}, {}});
        if (i == 0) std::get<RequestStep>(step.does) = FirstRequest();
        if (Flip()) step.captures.push_back({"w", Capture::From::kJson, "", AnyPath(), Flip() ? std::optional(Filled(2)) : std::nullopt});
        if (Flip()) step.captures.push_back({"text", Pick<Capture::From>({Capture::From::kBody, Capture::From::kStatus}), "", {}, {}});
        break;
      case 1: {
        RawStep raw;
        Template text = Words(true);
        text.parts.insert(text.parts.begin(), {true, "PREFIX"});
        raw.parts.push_back({RawStep::Part::Kind::kSend, std::move(text), ""});
        if (Flip()) raw.parts.push_back({RawStep::Part::Kind::kSend, {}, "\r\n"});
        if (Flip()) raw.parts.push_back({RawStep::Part::Kind::kHalfClose, {}, ""});
        raw.answers = Number(0, 3);
        step.does = std::move(raw);
        answers();
        break;
      }
      case 2: {
        FollowStep follow;
        follow.location = Path();
        follow.until = Pick<FollowStep::Until>({FollowStep::Until::kEnded, FollowStep::Until::kSuccess, FollowStep::Until::kFail});
        follow.within = std::chrono::milliseconds(Number(1, 3'600'000));
        if (step.role != Step::Role::kGiven && Flip()) follow.blamed = Slug();
        step.does = std::move(follow);
        looks([&] { return FollowPredicate(); });
        if (Flip()) step.captures.push_back({"end", Capture::From::kLast, "", {}, {}});
        break;
      }
      case 3: {
        EventuallyStep eventually{std::chrono::milliseconds(Number(1, 60'000)), Request()};
        step.does = std::move(eventually);
        answers();
        if (step.answers.empty()) step.answers = {200};
        break;
      }
      case 4:
        step.does = BarrierStep{};
        break;
      case 5: {
        PhoneStep phone = Phone();
        if (phone.action == PhoneStep::Action::kRequests) {
          answers();
        } else {
          looks([&] { return PhonePredicate(); });
        }
        step.does = std::move(phone);
        break;
      }
      case 6: {
        using Are = NotificationsStep::Are;
        NotificationsStep notifications{.are = Pick<Are>({Are::kPassedOn, Are::kDelayed, Are::kRefused, Are::kNeverAnswered})};
        if (notifications.are == Are::kDelayed) notifications.delay = std::chrono::milliseconds(Number(1, 60'000));
        step.does = notifications;
        break;
      }
      default:
        step.does = Repository();
    }
    return step;
  }

  PhoneStep Phone() {
    using Action = PhoneStep::Action;
    PhoneStep step;
    step.action =
        Pick<Action>({Action::kBoots, Action::kSettles, Action::kRenews, Action::kMoves, Action::kIsSwitchedOff, Action::kIsSynchronized,
                      Action::kIgnoresNotify, Action::kAnswersNotify, Action::kRequests, Action::kReads, Action::kWrites, Action::kSends});
    step.phone = Pick<std::string>({"desk", "hall"});
    const auto time = [&] { return Flip() ? std::optional(std::chrono::milliseconds(Number(1, 60'000))) : std::nullopt; };
    switch (step.action) {
      case Action::kBoots:
      case Action::kRenews:
        step.without_push = Flip();
        [[fallthrough]];
      case Action::kSettles:
      case Action::kIsSynchronized:
        if (Flip()) step.phone = "crowd";
        step.within = time();
        break;
      case Action::kMoves:
        if (Flip()) step.to = "stranger";
        break;
      case Action::kAnswersNotify:
        for (int n = Number(0, 2); n > 0; --n)
          step.notify.push_back(Flip() ? NotifyAnswer{Pick<int>({100, 481, 699}), std::nullopt} : NotifyAnswer{0, "no \"SIP"});
        if (!step.notify.empty()) step.notify.push_back({Pick<int>({200, 603}), std::nullopt});
        step.after = time();
        break;
      case Action::kRequests:
        if (Flip()) step.phone = "stranger";
        step.request = Request();
        step.times = Pick<int>({1, 2, 200});
        break;
      case Action::kReads:
      case Action::kWrites:
        step.transfer = Exchanged(step.action == Action::kReads);
        if (step.action == Action::kReads) step.times = Pick<int>({1, 2, 200});
        step.within = time();
        break;
      case Action::kIgnoresNotify:
        if (const int times = Number(0, 3); times > 0) step.ignored = times;
        break;
      case Action::kSends:
        step.bytes = std::string("\x00\xff\x41", static_cast<std::size_t>(Number(1, 3)));
        step.within = time();
        break;
      default:
        break;
    }
    return step;
  }

  Transfer Exchanged(bool read) {
    const auto word = [&] { return Pick<std::string>({"blksize", "1428", "0x 1", "", "\"", "a.b", "{desk.mac}", "ä"}); };
    const auto block = [&](int least) { return Flip() ? std::optional(static_cast<std::uint64_t>(Number(least, 70'000))) : std::nullopt; };
    Transfer transfer;
    transfer.file = Words(false);
    transfer.mode = Pick<std::string>({"octet", "mail", ""});
    for (int n = Number(0, 3); n > 0; --n) transfer.options.emplace_back(word(), word());
    if (!read) return transfer;
    transfer.loses_block = block(0);
    transfer.loses_ack = block(0);
    transfer.repeats_ack = block(0);
    transfer.stops_after = block(0);
    if (Flip()) transfer.noise = static_cast<std::uint64_t>(Number(1, 99));
    if (Flip()) transfer.interjects = {std::string("\x00\x05", 2), static_cast<std::uint64_t>(Number(1, 9))};
    transfer.disturbed = Flip();
    return transfer;
  }

  // Before it no statement has captured anything.
  RequestStep FirstRequest() {
    RequestStep request;
    request.method = "GET";
    request.path.parts = {{false, "/"}};
    return request;
  }

  RepositoryStep Repository() {
    RepositoryStep step;
    step.action =
        Pick<RepositoryStep::Action>({RepositoryStep::Action::kHolds, RepositoryStep::Action::kReleases, RepositoryStep::Action::kAwaits,
                                      RepositoryStep::Action::kDoes, RepositoryStep::Action::kBehaves, RepositoryStep::Action::kLists,
                                      RepositoryStep::Action::kDrops, RepositoryStep::Action::kReplaces});
    const bool package_only = step.action == RepositoryStep::Action::kLists || step.action == RepositoryStep::Action::kDrops ||
                              step.action == RepositoryStep::Action::kReplaces;
    if (step.action == RepositoryStep::Action::kBehaves) return step;
    if (package_only || Flip()) {
      step.package = "PKG";
    } else {
      step.file = Pick<std::string>({"plugins.db", "files/a b \"c\""});
    }
    if (step.action == RepositoryStep::Action::kHolds) step.bytes = static_cast<std::uint64_t>(Number(0, 5000));
    if (step.action == RepositoryStep::Action::kDoes) {
      Value::Object fault;
      fault.push_back({"cut", Filled(1)});
      step.fault = Value{std::move(fault)};
      const int times = Number(0, 4);
      if (times > 0) step.times = times;
      if (times == 0 && Flip()) step.request = 2;
    }
    if (package_only && step.action != RepositoryStep::Action::kDrops) step.details = Details(false);
    return step;
  }
};

RC_GTEST_PROP(ScenarioRoundTrip, WhatIsPrintedIsReadBackAsItWas, ()) {
  const Scenario scenario = Draw().Whole();
  const std::string text = FormatScenario(scenario);
  const Result<Scenario> again = ParseScenario(text);
  if (!again) RC_FAIL(RenderError(again.error(), text, "printed") + "\n" + text);
  RC_ASSERT(Dump(*again) == Dump(scenario));
}

RC_GTEST_PROP(ScenarioRoundTrip, TheFormatterHasNothingToChangeInItsOwnWork, ()) {
  const std::string text = FormatScenario(Draw().Whole());
  const Result<std::string> again = FormatText(text);
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == text);
}

}  // namespace
}  // namespace provdlab::scenario
