#include "grammar/scenario/parse.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "grammar/scenario/evaluate.h"
#include "grammar/scenario/explain.h"
#include "grammar/scenario/limits.h"

namespace provdlab::scenario {
namespace {

constexpr char kHeader[] = "scenario x\nformat 1\npackage PKG\n\n";

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Scenario Parsed(const std::string& text) {
  Result<Scenario> scenario = ParseScenario(text);
  if (!scenario) {
    ADD_FAILURE() << RenderError(scenario.error(), text, "x");
    return {};
  }
  return std::move(*scenario);
}

std::string Formatted(const std::string& text) {
  const Result<std::string> formatted = FormatText(text);
  if (!formatted) ADD_FAILURE() << RenderError(formatted.error(), text, "x");
  return formatted.value_or("");
}

TEST(FormatText, GivesEverythingThatTheLanguageHasItsCanonicalForm) {
  EXPECT_EQ(Formatted(ReadAll("grammar/scenario/testdata/loose.scenario")), ReadAll("grammar/scenario/testdata/everything.scenario"));
}

TEST(FormatText, LeavesTheCanonicalFormAsItIs) {
  const std::string text = ReadAll("grammar/scenario/testdata/everything.scenario");
  EXPECT_EQ(Formatted(text), text);
}

TEST(FormatText, ReadsLinesThatEndAsInMailsFromWindows) {
  EXPECT_EQ(Formatted("scenario x\r\nformat 1\r\n\r\nGET /  # why\r\n  check a.b status is 200\r\n"),
            "scenario   x\nformat     1\n\nGET /  # why\n  check a.b   status is 200\n");
}

TEST(FormatText, ReadsALastLineWithoutALineBreak) {
  EXPECT_EQ(Formatted("scenario x\nformat 1\nGET /\n  check a.b status is 200"),
            "scenario   x\nformat     1\n\nGET /\n  check a.b   status is 200\n");
}

TEST(ParseScenario, TakesACommentOnlyAfterTwoBlanks) {
  const std::string text = std::string(kHeader) + "GET /a#b\n  header X: a #b  # comment\n  check a.b status is 200\n";
  const Scenario scenario = Parsed(text);
  const auto& request = std::get<RequestStep>(scenario.steps.at(0).does);
  EXPECT_EQ(Spell(request.path), "/a#b");
  EXPECT_EQ(Spell(request.headers.at(0).value), "a #b");
}

TEST(ParseScenario, KnowsWhereStatementsAndChecksStand) {
  const Scenario scenario = Parsed(std::string(kHeader) + "# comment\nGET /a {\n  \"x\": 1}  # note\n\n  check a.b status is 200\n");
  ASSERT_EQ(scenario.steps.size(), 1u);
  EXPECT_EQ(scenario.steps[0].position, (Position{43, 6, 1}));
  EXPECT_EQ(scenario.steps[0].source, "GET /a {");
  EXPECT_EQ(scenario.steps[0].checks.at(0).position.line, 9u);
  EXPECT_EQ(scenario.steps[0].checks.at(0).position.column, 3u);
}

TEST(ParseScenario, DecodesStringsAsJsonDoes) {
  const Scenario scenario = Parsed(std::string(kHeader) + R"(PUT / "\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00ä"
  check a.b status is 200
)");
  const auto& request = std::get<RequestStep>(scenario.steps.at(0).does);
  EXPECT_EQ(std::get<Json>(request.body.json.is), "\"\\/\b\f\n\r\tä😀ä");
}

TEST(ParseScenario, KeepsIntegersOf64Bits) {
  const Scenario scenario =
      Parsed(std::string(kHeader) + "PUT / [9223372036854775807, 18446744073709551615, -9223372036854775808]\n  check a.b status is 200\n");
  EXPECT_EQ(Spell(std::get<RequestStep>(scenario.steps.at(0).does).body.json),
            "[9223372036854775807, 18446744073709551615, -9223372036854775808]");
}

TEST(ParseScenario, TellsVariablesFromBracesInTexts) {
  const Scenario scenario = Parsed(std::string(kHeader) + R"(PUT /
  text "{\"id\": {PKG}} {} {x-y} \u007bPKG}"
  check a.b status is 200
)");
  const Template& text = std::get<RequestStep>(scenario.steps.at(0).does).body.text;
  ASSERT_EQ(text.parts.size(), 3u);
  EXPECT_EQ(text.parts[0].text, "{\"id\": ");
  EXPECT_TRUE(text.parts[1].variable);
  EXPECT_EQ(text.parts[2].text, "} {} {x-y} {PKG}");
}

TEST(ParseScenario, LetsAPackagesEntryUseWhatTheHeaderDeclaresLater) {
  const Scenario scenario =
      Parsed("scenario x\nformat 1\npackage PKG entry {\"a\": WHAT, \"b\": REPO}\nfor WHAT in 1\n\nGET /\n  check a.b status is 200\n");
  EXPECT_EQ(Spell(*scenario.packages.at(0).details.entry), R"({"a": WHAT, "b": REPO})");
}

TEST(ParseScenario, LetsAStepsChecksUseWhatItCaptures) {
  Parsed(std::string(kHeader) + "GET /\n  v = $.a\n  check a.b $.b is v\nPUT /{v} v\n  check a.c $[v] is absent\n");
}

TEST(ParseScenario, KnowsWhatAPhoneIsAndDoes) {
  const Scenario scenario = Parsed(R"(scenario x
format 1
offers http-provisioning, tftp
phone hall is nobody
phone desk is a Aastra 6731i , firmware "3.3" , at hall
phones crowd are 20 Polycom SoundPoint IP 550
account alice

desk boots within 1.5 s
  check a.b desk is registered as alice.username and crowd is parsed
desk POST /{desk.hex} [desk.mac] 3 times at once
desk reads "{desk.HEX}.cfg"
  option blksize 16
)");
  ASSERT_EQ(scenario.phones.size(), 3u);
  EXPECT_EQ(scenario.phones[0].vendor, "");
  EXPECT_EQ(scenario.phones[1].vendor, "Aastra");
  EXPECT_EQ(scenario.phones[1].model, "6731i");
  EXPECT_EQ(scenario.phones[1].firmware, "3.3");
  EXPECT_EQ(scenario.phones[1].at, "hall");
  EXPECT_EQ(scenario.phones[2].count, 20u);
  EXPECT_EQ(scenario.phones[2].model, "SoundPoint IP 550");
  EXPECT_EQ(scenario.accounts, std::vector<std::string>{"alice"});
  const auto& boots = std::get<PhoneStep>(scenario.steps.at(0).does);
  EXPECT_EQ(boots.phone, "desk");
  EXPECT_EQ(boots.within, std::chrono::milliseconds(1500));
  const Predicate& registered = scenario.steps.at(0).checks.at(0).condition.at(0);
  EXPECT_EQ(registered.subject, Subject::kPhone);
  EXPECT_EQ(registered.relation, Relation::kReaches);
  EXPECT_EQ(Spell(registered), "desk is registered as alice.username");
  const auto& asks = std::get<PhoneStep>(scenario.steps.at(1).does);
  EXPECT_EQ(asks.action, PhoneStep::Action::kRequests);
  EXPECT_EQ(asks.times, 3);
  EXPECT_EQ(asks.request.path.parts.at(1), (Template::Part{true, "desk.hex"}));
  EXPECT_EQ(Spell(asks.request.body.json), "[desk.mac]");
  const Transfer& transfer = std::get<PhoneStep>(scenario.steps.at(2).does).transfer;
  EXPECT_EQ(Spell(transfer.file), "{desk.HEX}.cfg");
  EXPECT_EQ(transfer.options, (std::vector<std::pair<std::string, std::string>>{{"blksize", "16"}}));
}

// Hostile texts, long enough to show a stack that grows or a time that grows with the square of the length.
TEST(ParseScenario, ReadsLongTextsOfAnyShape) {
  constexpr std::size_t kLong = kLongestScenario / 8;
  const std::vector<std::string> pieces = {
      "[",
      "{\"a\":",
      "\"",
      "#\n",
      "# x\n\n",
      "GET /\n",
      "GET /\n  check a.b status is 200\n",
      "  ",
      "\n",
      "PUT / [1, 2]\n",
      "{",
      "$.a",
      "  # x\n",
      "x",
      "1",
      ",",
      "\\u0041",
      "given ",
  };
  for (const std::string& piece : pieces) {
    std::string text = kHeader;
    while (text.size() + piece.size() <= kLong) text += piece;
    static_cast<void>(FormatText(text));
    text = std::string(kHeader) + "PUT / [";
    while (text.size() + piece.size() <= kLong) text += piece;
    static_cast<void>(FormatText(text));
    text = std::string(kHeader) + "PUT / \"";
    while (text.size() + piece.size() <= kLong) text += piece;
    static_cast<void>(FormatText(text));
  }
}

TEST(ParseScenario, ReadsATextOfTheLargestSize) {
  std::string text = std::string(kHeader) + "GET /\n  check a.b status is 200\n#";
  text.resize(kLongestScenario, 'x');
  EXPECT_EQ(Parsed(text).steps.size(), 1u);
}

TEST(ParseScenario, RefusesTextsThatAreTooLarge) {
  const Result<Scenario> scenario = ParseScenario(std::string(kLongestScenario + 1, '\n'));
  ASSERT_FALSE(scenario);
  EXPECT_EQ(scenario.error().message, "a scenario has at most 1048576 bytes, this one has 1048577");
}

TEST(ParseScenario, RefusesCharactersThatNobodySees) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"\xEF\xBB\xBFscenario x\n", "a byte-order mark: save the file as UTF-8 without one"},
      {"scenario \xE4\n", "not UTF-8: bytes of other encodings are written with `hex`"},
      {std::string("scenario x\0\n", 12), "a control character: write it as \\uXXXX in a string"},
      {"scenario x\rformat 1\r", "a control character: write it as \\uXXXX in a string"},
  };
  for (const auto& [text, message] : cases) {
    const Result<Scenario> scenario = ParseScenario(text);
    ASSERT_FALSE(scenario);
    EXPECT_EQ(scenario.error().message, message);
  }
}

TEST(ParseScenario, ReadsNestingUpToItsLimit) {
  const std::string deep = std::string(kDeepestValue, '[') + std::string(kDeepestValue, ']');
  Parsed(std::string(kHeader) + "PUT / " + deep + "\n  check a.b status is 200\n");
}

TEST(Explain, TellsTheScenarioInNumberedSentences) {
  const Scenario scenario = Parsed(R"(scenario   deleting a monitor does not cancel the operation
format     1
about      DELETE frees the monitor.
package    PKG

given repository holds PKG after 200 bytes
given POST /pg_mgr/install/install {"id": PKG} answers 201, oip = header Location   needs install.post-answers-201
act DELETE {oip}
  check oip.delete-answers-204       status is 204
eventually within 20 s, GET /pg_mgr/install/installed
  check oip.delete-does-not-cancel   $.pkgs has PKG
  control without act, $.pkgs has PKG
)");
  EXPECT_EQ(Explain(scenario), R"(deleting a monitor does not cancel the operation
  DELETE frees the monitor.
Package PKG.

1. Set up: the repository stops each transfer of PKG after 200 bytes until it is released.
2. Set up: POST /pg_mgr/install/install with the body {"id": PKG}.
     Stands on install.post-answers-201.
     Must be answered with 201.
     Keeps header Location as oip.
3. Act: DELETE {oip}.
     Tries oip.delete-answers-204: status is 204.
4. for 20 s at most, ask again and again: GET /pg_mgr/install/installed.
     Tries oip.delete-does-not-cancel: $.pkgs has PKG.
       Believed only if, without the act, $.pkgs has PKG.
)");
}

TEST(Explain, HasASentenceForEverythingThatTheLanguageHas) {
  const std::string told = Explain(Parsed(ReadAll("grammar/scenario/testdata/everything.scenario")));
  for (const char* sentence : {"with WHAT and N as",
                               "on a bare connection, send",
                               "close our side",
                               "until it has ended, for 30 s at most",
                               "the repository behaves again",
                               "look how often the repository was asked for plugins.db",
                               "the repository takes BIG out of plugins.db",
                               "blown up to 150000 bytes",
                               "at request 2",
                               "that nothing on the target has: DEVICE, LONG of 255 characters and CONFIG",
                               "that no device has: PHONE and OTHER",
                               "asked with q {",
                               "q64 \"text\" in base64",
                               "for 0.125 s at most",
                               "Phone desk: Aastra 6731i with firmware 3.3.1 \"x\", at the address of den.",
                               "Phone stranger: an address without an identity.",
                               "Phones crowd: 20 of Mitel 6867i.",
                               "that the registrar of this run accepts: alice and bob",
                               "desk boots, and nobody tells the target of its lease, for 30 s",
                               "until nothing of desk is under way any more",
                               "desk renews its lease, and nobody tells the target",
                               "desk moves to another address",
                               "to the address that den had",
                               "desk is switched off",
                               "desk answers no NOTIFY",
                               "desk answers NOTIFY with 603 from now on, 1 s late",
                               "crowd asks the provisioning server: GET /x; 200 times at once",
                               "nothing is heard of it after 1 block;",
                               "an ACK comes from another port in between",
                               "desk writes \"x\" over TFTP",
                               "stranger sends 3 bytes to the TFTP port"}) {
    EXPECT_NE(told.find(sentence), std::string::npos) << sentence << " is not in\n" << told;
  }
}

}  // namespace
}  // namespace provdlab::scenario
