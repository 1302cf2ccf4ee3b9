#pragma once
// Puts a scenario together while the grammar recognises it, and holds what the grammar can't: names that must be known, details
// that belong to other statements, variables used before they have a value. parse.cc's actions are its only user.
//
// The parser calls in the order of the text. Scratch values (text, template, path, values) are filled by the rules of small
// things and taken by the rule of the thing around them. A mistake is thrown as a Refusal, because it has to leave the parser
// through PEGTL's functions; ParseScenario catches it. One builder per parse; not for several threads.

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "grammar/scenario/comments.h"
#include "grammar/scenario/model.h"

namespace provdlab::scenario {

struct Refusal {
  Error error;
};

class Builder {
 public:
  // The text must outlive the builder.
  explicit Builder(std::string_view text) : text_(text) {}

  [[noreturn]] static void Refuse(const std::string& message, Position position);

  // What was built; Finish first checks the scenario as a whole.
  void Finish();
  Scenario& scenario() { return scenario_; }
  Comments& comments() { return comments_; }

  // Comments and empty lines wait for the line that they belong to.
  void AddComment(std::string_view comment, Position position);
  void AddEmptyLine();
  void EndLine(Position position);

  // Strings and templates. `scratch` collects characters.
  void BeginText() { scratch_.clear(); }
  void AddText(std::string_view text) { scratch_ += text; }
  void AddEscape(char escape);
  void AddCodeUnits(std::string_view escapes, Position position);  // uD83D\uDE00
  void AddHole(std::string_view name, Position position);
  std::string TakeText();
  Template TakeTemplate();
  static std::string Bytes(std::string_view hex);

  // JSON.
  void AddScalar(std::string_view json, Position position);
  void AddString();
  void AddVariable(std::string_view name, Position position);
  void Open(char bracket, Position position);
  void AddKey() { keys_.push_back(TakeText()); }
  void CloseList();
  void CloseObject();
  Value TakeValue();
  // "; the `{` of line 3, column 7 is not closed" while a bracket of an earlier line is open.
  std::string OpenBracketRemark(Position position) const;

  // Paths into JSON.
  void BeginPath();
  void AddPathKey(std::string_view name);
  void AddPathIndex(std::string_view digits, Position position);
  void AddPathVariable(std::string_view name, Position position);
  void SetWhereKey(std::string_view word);
  void AddPathWhere();

  // Predicates: `predicate` is filled member by member; AddPredicate takes it.
  Predicate predicate;
  void AddOperand() { predicate.values.push_back(TakeValue()); }
  void AddStatus(std::string_view code, Position position);
  void SetNumber(std::string_view digits, Position position);
  void SetKind(std::string_view word, Position position);
  void SetState(std::string_view word, Position position);
  void SetExample();
  void SetSubjectPhone(std::string_view name, Position position);
  void SetStage(std::string_view word, Position position);
  void SetReachedAs(Position position);
  void SetJsonPath() { predicate.path = std::move(path_); }
  void AddPredicate(Position position);

  // The header.
  void SetTitle(std::string_view text);
  void SetFormat(std::string_view number, Position position);
  void AddAbout(std::string_view text);
  void AddExclusive(std::string_view name, Position position);
  void AddOffer(std::string_view name, Position position);
  void AddId(std::string_view name, Position position);
  void SetIdLength(std::string_view digits, Position position);
  void AddMac(std::string_view name, Position position);
  void SetTier(bool timed) { scenario_.timed = timed; }
  void SetProxies(std::string_view digits, Position position);
  void BeginPackage(std::string_view name, Position position);
  void EndPackageDetails();                                   // also called after `repository lists`, which takes the details itself
  void BeginPhone(std::string_view name, Position position);  // also a crowd
  void SetVendor(std::string_view text) { phone_.vendor = text; }
  void SetModel(std::string_view text) { phone_.model = text; }
  void SetFirmware(Position position);
  void SetSharedPlace(std::string_view name, Position position);
  void SetCrowdSize(std::string_view digits, Position position);
  void EndPhone();
  void AddAccount(std::string_view name, Position position);
  void AddColumn(std::string_view name, Position position);
  void BeginRows() { in_rows_ = true; }
  void AddRow(Position position);
  void HeaderLine(Place::Line line, Position position);  // after one of these lines; refuses what may stand only once
  [[noreturn]] void RefuseRepeatedHeader(std::string_view word, Position position);

  // A package's details.
  PackageDetails details;
  void SetFixture(std::string_view name, Position position);
  void SetVersion(Position position);
  void SetSize(std::string_view digits, Position position);
  void SetEntry(Position position);
  void AddWithoutEntry(std::string_view word, Position position);
  void SetUnlisted(Position position);
  void SetNamed(Position position);

  // Statements.
  void BeginStatement(Position position);
  void SetRole(Step::Role role);
  void BeginRequest(std::string_view method, Position position);
  void SetRequestPath(Position position);
  void SetRequestBody(Position position);
  void BeginRaw();
  void BeginFollow();
  void SetLocation(Position position);
  void SetUntil(std::string_view word, Position position);
  void SetFollowLimit();
  void SetBlamed(std::string_view slug);
  void BeginEventually();
  void SetTimeLimit();
  void SetBarrier();
  void SetRestart(Position position);
  void SetUpgrade(Position position);
  void BeginRepository();
  RepositoryStep& repository() { return std::get<RepositoryStep>(step_.does); }
  void SetTargetFile(Position position);
  void SetTargetPackage(std::string_view name, Position position);
  void SetHeldBytes(std::string_view digits, Position position);
  void SetFault() { repository().fault = TakeValue(); }
  void SetTimes(std::string_view digits, Position position);
  void SetRequestNumber(std::string_view digits, Position position);
  void SetAction(RepositoryStep::Action action, Position position);
  void BeginPhoneStep(std::string_view name, Position position);
  void SetPhoneLimit();
  void SetOtherPhone(std::string_view name, Position position);
  void SetIgnored(int times) { std::get<PhoneStep>(step_.does).ignored = times; }
  void SetIgnoredTimes(std::string_view digits, Position position);
  void AddNotifyCode(std::string_view digits, Position position);
  void AddNotifyText(Position position);
  void SetDelay();
  void SetAtOnce(std::string_view digits, Position position);
  void SetFile(Position position);
  void SetDatagram(std::string_view hex);
  void SetPhoneAction(PhoneStep::Action action, Position position);
  void BeginNotifications(Position position);
  void SetNotifications(NotificationsStep::Are are) { std::get<NotificationsStep>(step_.does).are = are; }
  void SetNotificationDelay() { std::get<NotificationsStep>(step_.does).delay = duration_; }
  void EndStatement();
  [[noreturn]] void RefuseStatement(std::string_view word, Position position);
  [[noreturn]] void RefuseAction(std::string_view word, Position position);
  [[noreturn]] void RefusePhoneAction(std::string_view word, Position position);
  [[noreturn]] void RefuseStrayDetail(Position position);

  // Details.
  void BeginDetail(Position position);
  void BeginRequestPart() { phase_ = Phase::kRequest; }
  void AddAnswer(std::string_view code, Position position);
  void EndAnswers(Position position);
  void AddNeed(std::string_view slug, Position position);
  void EndNeeds(Position position);
  void SetDuration(std::string_view seconds, Position position);
  void EndWithin(Position position);
  void SetCaptureName(std::string_view name, Position position);
  void AddCapture(Capture::From from);
  void SetCaptureHeader(std::string_view name) { capture_.header = name; }
  void SetOtherwise() { capture_.otherwise = TakeValue(); }
  void EndCapture(Position position);
  void SetOnlyIf(std::string_view variable, Position position);
  void EndOnlyIf(Position position);
  void BeginCheck(Position position);
  void SetSlug(std::string_view slug) { check_.slug = slug; }
  void SetIndependent() { check_.independent = true; }
  void EndCheck(Position position);
  void EndControl(Position position);
  void EndExpects(Position position);
  void SetParameterName(std::string_view name);
  void SetBase64() { parameter_.base64 = true; }
  void EndQuery(Position position);
  void AddRemovedHeader(std::string_view name, Position position);
  void SetSentHeader(std::string_view name);
  void EndHeader(Position position);
  void EndText(Position position);
  void EndHex(std::string_view hex, Position position);
  void SetPad(std::string_view digits, Position position);
  void SetChunked(Position position);
  void SetRawPath(Position position);
  void SetAsker(std::string_view name, Position position);
  void AddSend(Position position);
  void AddSendHex(std::string_view hex, Position position);
  void AddHalfClose(Position position);
  void SetReads(std::string_view digits, Position position);
  void SetWithoutPush(Position position);
  void SetOptionName(std::string_view word, Position position);
  void EndOption(std::string_view word, Position position);
  void SetMode(Position position);
  void SetLostBlock(std::string_view digits, Position position);
  void SetLostAck(std::string_view digits, Position position);
  void SetRepeatedAck(std::string_view digits, Position position);
  void SetStopPoint(std::string_view digits, Position position);
  void SetNoise(std::string_view digits, Position position);
  void SetInterjected(std::string_view hex) { interjected_ = hex; }
  void SetInterjection(std::string_view digits, Position position);
  void SetDisturbed(Position position);
  [[noreturn]] void RefuseDetail(std::string_view word, Position position);

 private:
  enum class Kind {
    kRequest,
    kRaw,
    kFollow,
    kEventually,
    kBarrier,
    kRestart,
    kRepository,
    kAsked,
    kPhoneRequest,
    kBoots,     // and settles, renews and is synchronized: `$` is the phone, or what came of it
    kTransfer,  // `$` is what came of it
    kPhone,     // whatever else a phone does
    kNotifications,
  };
  // Whether what is being read is sent, or looks at what came back.
  enum class Phase { kRequest, kAnswer };
  struct Bracket {
    char bracket;
    Position position;
    std::size_t values, keys;  // how many there were before it
  };

  Kind StatementKind() const;
  // Refuses a detail that does not belong to the statement that is being read.
  void Allow(std::string_view detail, std::initializer_list<Kind> kinds, std::string_view belongs, Position position) const;
  void Once(std::string_view detail, Position position);
  RequestStep& Request();  // also that of an `eventually` and of a phone
  void UseVariable(std::string_view name, Position position);
  void EndOfHeader();
  void Declare(std::string_view name, Position position);
  void DeclareSmall(std::string_view name, Position position);
  const PhoneLine* FindPhone(std::string_view name) const;
  // The phone that is meant; refuses crowds where one is needed.
  const PhoneLine& OnePhone(std::string_view name, std::string_view use, Position position) const;
  void NeedOffer(std::string_view what, std::string_view capability, std::string_view why, Position position) const;
  // Says why a name in small letters is no variable, if it has to do with a phone or an account.
  void RefuseWhatPhonesLack(std::string_view name, Position position) const;
  Transfer& TransferFor(std::string_view detail, bool reading, Position position);
  std::uint64_t Number(std::string_view digits, std::uint64_t least, std::uint64_t most, std::string_view what, Position position) const;
  void SetPlace(Place::Line line, int index = 0);
  std::string_view LineAt(Position position) const;

  std::string_view text_;
  Scenario scenario_;
  Comments comments_;
  Comment waiting_;
  std::size_t comments_until_ = 0;  // offsets before it have been looked at: a rule may look at a comment twice
  Place place_;
  Position end_of_line_;

  std::string scratch_;
  Template template_;
  std::vector<Value> values_;
  std::vector<std::string> keys_;
  std::vector<Bracket> brackets_;
  JsonPath path_;
  std::string where_key_;
  Condition condition_;

  std::set<Place::Line> header_lines_;
  std::string package_name_;
  PhoneLine phone_;
  std::uint64_t phones_ = 0;                                     // how many there are
  std::map<std::string, std::size_t, std::less<>> phone_lines_;  // where the scenario has them
  std::set<std::string, std::less<>> accounts_;
  bool in_rows_ = false;

  std::map<std::string, int, std::less<>> variables_;  // and the statement that captured it, -1 of the header
  std::vector<std::pair<std::string, Position>> early_uses_;
  std::set<std::string, std::less<>> packages_;
  Step step_;
  bool in_statement_ = false;
  Phase phase_ = Phase::kRequest;
  std::set<std::string, std::less<>> once_;
  Position pad_position_, chunked_position_, path_position_;
  std::string blamed_;
  bool eventually_ = false;
  std::chrono::milliseconds duration_{};
  Capture capture_;
  QueryParameter parameter_;
  std::string option_;
  std::string interjected_;
  std::string sent_header_;
  Check check_;
  bool act_seen_ = false;
  bool checked_ = false;
};

}  // namespace provdlab::scenario
