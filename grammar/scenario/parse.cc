#include "grammar/scenario/parse.h"

#include <optional>
#include <utility>

#include "base/text.h"
#include "grammar/scenario/builder.h"
#include "grammar/scenario/format.h"
#include "grammar/scenario/grammar.h"
#include "grammar/scenario/limits.h"
#include "grammar/scenario/messages.h"

namespace provdlab::scenario {
namespace {

namespace g = grammar;

template <typename Rule>
struct Action : g::nothing<Rule> {};

template <typename Input>
Position At(const Input& in) {
  const auto position = in.position();
  return {position.byte, position.line, position.column};
}

// An action is one call of the builder. These are the shapes of such calls; each rule below derives from one of them.
template <auto Method>
struct Calls {  // (builder.*Method)()
  static void apply0(Builder& builder) { (builder.*Method)(); }
};
template <auto Method>
struct CallsWithText {
  template <typename Input>
  static void apply(const Input& in, Builder& builder) {
    (builder.*Method)(in.string_view());
  }
};
template <auto Method>
struct CallsWithPosition {
  template <typename Input>
  static void apply(const Input& in, Builder& builder) {
    (builder.*Method)(At(in));
  }
};
template <auto Method>
struct CallsWithBoth {
  template <typename Input>
  static void apply(const Input& in, Builder& builder) {
    (builder.*Method)(in.string_view(), At(in));
  }
};
template <Relation R>
struct Relates {
  static void apply0(Builder& builder) { builder.predicate.relation = R; }
};
template <Subject S>
struct Looks {
  static void apply0(Builder& builder) { builder.predicate.subject = S; }
};
template <RepositoryStep::Action A>
struct Acts {
  template <typename Input>
  static void apply(const Input& in, Builder& builder) {
    builder.SetAction(A, At(in));
  }
};
template <PhoneStep::Action A>
struct PhoneDoes {
  template <typename Input>
  static void apply(const Input& in, Builder& builder) {
    builder.SetPhoneAction(A, At(in));
  }
};
template <NotificationsStep::Are A>
struct NotificationsAre {
  static void apply0(Builder& builder) { builder.SetNotifications(A); }
};
template <Capture::From F>
struct Captures {
  static void apply0(Builder& builder) { builder.AddCapture(F); }
};
template <Step::Role R>
struct Plays {
  static void apply0(Builder& builder) { builder.SetRole(R); }
};
template <Place::Line L>
struct EndsHeaderLine {
  template <typename Input>
  static void apply(const Input& in, Builder& builder) {
    builder.HeaderLine(L, At(in));
  }
};

// clang-format off
using B = Builder;
template <> struct Action<g::t::comment> : CallsWithBoth<&B::AddComment> {};
template <> struct Action<g::t::empty_line> : Calls<&B::AddEmptyLine> {};

// JSON and texts.
template <> struct Action<g::j::string_open> : Calls<&B::BeginText> {};
template <> struct Action<g::j::run> : CallsWithText<&B::AddText> {};
template <> struct Action<g::j::simple_escape> {
  template <typename Input> static void apply(const Input& in, Builder& b) { b.AddEscape(in.peek_char()); }
};
template <> struct Action<g::j::unicode_escape> : CallsWithBoth<&B::AddCodeUnits> {};
template <> struct Action<g::j::string_value> : Calls<&B::AddString> {};
template <> struct Action<g::j::number> : CallsWithBoth<&B::AddScalar> {};
template <> struct Action<g::j::literal> : CallsWithBoth<&B::AddScalar> {};
template <> struct Action<g::j::variable> : CallsWithBoth<&B::AddVariable> {};
template <> struct Action<g::j::key> : Calls<&B::AddKey> {};
template <> struct Action<g::j::object_open> {
  template <typename Input> static void apply(const Input& in, Builder& b) { b.Open('{', At(in)); }
};
template <> struct Action<g::j::object> : Calls<&B::CloseObject> {};
template <> struct Action<g::j::list_open> {
  template <typename Input> static void apply(const Input& in, Builder& b) { b.Open('[', At(in)); }
};
template <> struct Action<g::j::list> : Calls<&B::CloseList> {};
template <> struct Action<g::x::string_open> : Calls<&B::BeginText> {};
template <> struct Action<g::x::string_run> : CallsWithText<&B::AddText> {};
template <> struct Action<g::x::stray_brace> : CallsWithText<&B::AddText> {};
template <> struct Action<g::x::path_run> : CallsWithText<&B::AddText> {};
template <> struct Action<g::x::line_run> : CallsWithText<&B::AddText> {};
template <> struct Action<g::x::line_gap> : CallsWithText<&B::AddText> {};
template <> struct Action<g::x::path_name> : CallsWithBoth<&B::AddHole> {};
template <> struct Action<g::x::hole> {
  template <typename Input> static void apply(const Input& in, Builder& b) {
    const Position at = At(in);
    const auto text = in.string_view();
    b.AddHole(text.substr(1, text.size() - 2), {at.offset + 1, at.line, at.column + 1});
  }
};

// Paths into JSON.
template <> struct Action<g::p::path_open> : Calls<&B::BeginPath> {};
template <> struct Action<g::p::member_name> : CallsWithText<&B::AddPathKey> {};
template <> struct Action<g::p::index> : CallsWithBoth<&B::AddPathIndex> {};
template <> struct Action<g::p::key_step> {
  static void apply0(Builder& b) { b.AddPathKey(b.TakeText()); }
};
template <> struct Action<g::p::variable_step> : CallsWithBoth<&B::AddPathVariable> {};
template <> struct Action<g::p::where_key> : CallsWithText<&B::SetWhereKey> {};
template <> struct Action<g::p::where_value> : Calls<&B::AddPathWhere> {};

// Predicates.
template <> struct Action<g::q::operand> : Calls<&B::AddOperand> {};
template <> struct Action<g::q::negation> : Relates<Relation::kIsNot> {};
template <> struct Action<g::q::equality> : Relates<Relation::kIs> {};
template <> struct Action<g::q::number_of> : CallsWithBoth<&B::SetNumber> {};
template <> struct Action<g::q::at_least> : Relates<Relation::kAtLeast> {};
template <> struct Action<g::q::status_class> : CallsWithBoth<&B::AddStatus> {};
template <> struct Action<g::q::status_code> : CallsWithBoth<&B::AddStatus> {};
template <> struct Action<g::q::status_not> : Relates<Relation::kIsNot> {};
template <> struct Action<g::q::status> : Looks<Subject::kStatus> {};
template <> struct Action<g::q::present> : Relates<Relation::kPresent> {};
template <> struct Action<g::q::absent> : Relates<Relation::kAbsent> {};
template <> struct Action<g::q::fresh> : Relates<Relation::kFresh> {};
template <> struct Action<g::q::provd> : Relates<Relation::kProvd> {};
template <> struct Action<g::q::below> {
  static void apply0(Builder& b) {
    b.predicate.relation = Relation::kBelow;
    b.predicate.target = b.TakeTemplate();
  }
};
template <> struct Action<g::q::contains> : Relates<Relation::kContains> {};
template <> struct Action<g::q::matches> : Relates<Relation::kMatches> {};
template <> struct Action<g::q::header_name> {
  template <typename Input> static void apply(const Input& in, Builder& b) {
    const auto text = in.string_view();
    b.predicate.header = text.substr(text.find_first_not_of(' '));
  }
};
template <> struct Action<g::q::header> : Looks<Subject::kHeader> {};
template <> struct Action<g::q::empty> : Relates<Relation::kEmpty> {};
template <> struct Action<g::q::sentence> : Relates<Relation::kSentence> {};
template <> struct Action<g::q::json_text> : Relates<Relation::kJsonText> {};
template <> struct Action<g::q::body> : Looks<Subject::kBody> {};
template <> struct Action<g::q::kind> : CallsWithBoth<&B::SetKind> {};
template <> struct Action<g::q::is_a> : Relates<Relation::kIsA> {};
template <> struct Action<g::q::example_text> : Calls<&B::SetExample> {};
template <> struct Action<g::q::example> : Relates<Relation::kExample> {};
template <> struct Action<g::q::members> : Relates<Relation::kMembers> {};
template <> struct Action<g::q::element> : Relates<Relation::kHas> {};
template <> struct Action<g::q::lacks> : Relates<Relation::kLacks> {};
template <> struct Action<g::q::json_path> : Calls<&B::SetJsonPath> {};
template <> struct Action<g::q::json> : Looks<Subject::kJson> {};
template <> struct Action<g::q::state_name> : CallsWithBoth<&B::SetState> {};
template <> struct Action<g::q::state_not> : Relates<Relation::kIsNot> {};
template <> struct Action<g::q::last_state> : Looks<Subject::kLastState> {};
template <> struct Action<g::q::pattern> : Relates<Relation::kMatches> {};
template <> struct Action<g::q::last_pattern> : Looks<Subject::kLast> {};
template <> struct Action<g::q::some> : Looks<Subject::kSome> {};
template <> struct Action<g::q::statuses> : Looks<Subject::kStatusesCount> {};
template <> struct Action<g::q::grows_word> : Relates<Relation::kGrows> {};
template <> struct Action<g::q::progress> : Looks<Subject::kProgress> {};
template <> struct Action<g::q::count> : Looks<Subject::kCount> {};
template <> struct Action<g::q::phone_name> : CallsWithBoth<&B::SetSubjectPhone> {};
template <> struct Action<g::q::stage> : CallsWithBoth<&B::SetStage> {};
template <> struct Action<g::q::reached_value> : CallsWithPosition<&B::SetReachedAs> {};
template <> struct Action<g::q::phone> {
  static void apply0(Builder& b) {
    b.predicate.subject = Subject::kPhone;
    b.predicate.relation = Relation::kReaches;
  }
};
template <> struct Action<g::q::predicate> : CallsWithPosition<&B::AddPredicate> {};

// The header.
template <> struct Action<g::h::title_text> : CallsWithText<&B::SetTitle> {};
template <> struct Action<g::h::format_number> : CallsWithBoth<&B::SetFormat> {};
template <> struct Action<g::h::about_line> : CallsWithText<&B::AddAbout> {};
template <> struct Action<g::h::exclusive_name> : CallsWithBoth<&B::AddExclusive> {};
template <> struct Action<g::h::exclusive> : EndsHeaderLine<Place::Line::kExclusive> {};
template <> struct Action<g::h::timed> { static void apply0(Builder& b) { b.SetTier(true); } };
template <> struct Action<g::h::tier> : EndsHeaderLine<Place::Line::kTier> {};
template <> struct Action<g::h::offer> : CallsWithBoth<&B::AddOffer> {};
template <> struct Action<g::h::offers> : EndsHeaderLine<Place::Line::kOffers> {};
template <> struct Action<g::h::proxies_count> : CallsWithBoth<&B::SetProxies> {};
template <> struct Action<g::h::proxies> : EndsHeaderLine<Place::Line::kProxies> {};
template <> struct Action<g::h::id_name> : CallsWithBoth<&B::AddId> {};
template <> struct Action<g::h::id_length> : CallsWithBoth<&B::SetIdLength> {};
template <> struct Action<g::h::ids> : EndsHeaderLine<Place::Line::kIds> {};
template <> struct Action<g::h::mac_name> : CallsWithBoth<&B::AddMac> {};
template <> struct Action<g::h::macs> : EndsHeaderLine<Place::Line::kMacs> {};
template <> struct Action<g::h::fixture> : CallsWithBoth<&B::SetFixture> {};
template <> struct Action<g::h::version> : CallsWithPosition<&B::SetVersion> {};
template <> struct Action<g::h::size> : CallsWithBoth<&B::SetSize> {};
template <> struct Action<g::h::entry_value> : CallsWithPosition<&B::SetEntry> {};
template <> struct Action<g::h::entry_key> : CallsWithBoth<&B::AddWithoutEntry> {};
template <> struct Action<g::h::unlisted> : CallsWithPosition<&B::SetUnlisted> {};
template <> struct Action<g::h::named_text> : CallsWithPosition<&B::SetNamed> {};
template <> struct Action<g::h::package_name> : CallsWithBoth<&B::BeginPackage> {};
template <> struct Action<g::h::package_details> : Calls<&B::EndPackageDetails> {};
template <> struct Action<g::h::phone_name> : CallsWithBoth<&B::BeginPhone> {};
template <> struct Action<g::h::vendor> : CallsWithText<&B::SetVendor> {};
template <> struct Action<g::h::model> : CallsWithText<&B::SetModel> {};
template <> struct Action<g::h::firmware> : CallsWithPosition<&B::SetFirmware> {};
template <> struct Action<g::h::shared_place> : CallsWithBoth<&B::SetSharedPlace> {};
template <> struct Action<g::h::phone> : Calls<&B::EndPhone> {};
template <> struct Action<g::h::crowd_name> : CallsWithBoth<&B::BeginPhone> {};
template <> struct Action<g::h::crowd_size> : CallsWithBoth<&B::SetCrowdSize> {};
template <> struct Action<g::h::phones> : Calls<&B::EndPhone> {};
template <> struct Action<g::h::account_name> : CallsWithBoth<&B::AddAccount> {};
template <> struct Action<g::h::column> : CallsWithBoth<&B::AddColumn> {};
template <> struct Action<g::h::in> : Calls<&B::BeginRows> {};
template <> struct Action<g::h::row> : CallsWithPosition<&B::AddRow> {};
template <> struct Action<g::h::table> : EndsHeaderLine<Place::Line::kTable> {};
template <> struct Action<g::h::again> : CallsWithBoth<&B::RefuseRepeatedHeader> {};
template <> struct Action<g::h::end> : CallsWithPosition<&B::EndLine> {};
template <> struct Action<g::h::package_end> : CallsWithPosition<&B::EndLine> {};

// Statements.
template <> struct Action<g::s::begin> : CallsWithPosition<&B::BeginStatement> {};
template <> struct Action<g::s::given> : Plays<Step::Role::kGiven> {};
template <> struct Action<g::s::act> : Plays<Step::Role::kAct> {};
template <> struct Action<g::s::method> : CallsWithBoth<&B::BeginRequest> {};
template <> struct Action<g::s::request_path_text> : CallsWithPosition<&B::SetRequestPath> {};
template <> struct Action<g::s::body> : CallsWithPosition<&B::SetRequestBody> {};
template <> struct Action<g::s::raw_word> : Calls<&B::BeginRaw> {};
template <> struct Action<g::s::blamed_slug> : CallsWithText<&B::SetBlamed> {};
template <> struct Action<g::s::follow_word> : Calls<&B::BeginFollow> {};
template <> struct Action<g::s::location_text> : CallsWithPosition<&B::SetLocation> {};
template <> struct Action<g::s::until_state> : CallsWithBoth<&B::SetUntil> {};
template <> struct Action<g::s::follow_limit> : Calls<&B::SetFollowLimit> {};
template <> struct Action<g::s::eventually_word> : Calls<&B::BeginEventually> {};
template <> struct Action<g::s::time_limit> : Calls<&B::SetTimeLimit> {};
template <> struct Action<g::s::barrier_word> : Calls<&B::SetBarrier> {};
template <> struct Action<g::s::restart_word> : CallsWithPosition<&B::SetRestart> {};
template <> struct Action<g::s::upgrade_word> : CallsWithPosition<&B::SetUpgrade> {};
template <> struct Action<g::s::repository_word> : Calls<&B::BeginRepository> {};
template <> struct Action<g::s::catalogue> : CallsWithPosition<&B::SetTargetFile> {};
template <> struct Action<g::s::file> : CallsWithPosition<&B::SetTargetFile> {};
template <> struct Action<g::s::target_package> : CallsWithBoth<&B::SetTargetPackage> {};
template <> struct Action<g::s::held_bytes> : CallsWithBoth<&B::SetHeldBytes> {};
template <> struct Action<g::s::fault> : Calls<&B::SetFault> {};
template <> struct Action<g::s::once> { static void apply0(Builder& b) { b.repository().times = 1; } };
template <> struct Action<g::s::twice> { static void apply0(Builder& b) { b.repository().times = 2; } };
template <> struct Action<g::s::repeat_count> : CallsWithBoth<&B::SetTimes> {};
template <> struct Action<g::s::request_number> : CallsWithBoth<&B::SetRequestNumber> {};
template <> struct Action<g::s::holds> : Acts<RepositoryStep::Action::kHolds> {};
template <> struct Action<g::s::releases> : Acts<RepositoryStep::Action::kReleases> {};
template <> struct Action<g::s::awaits> : Acts<RepositoryStep::Action::kAwaits> {};
template <> struct Action<g::s::does> : Acts<RepositoryStep::Action::kDoes> {};
template <> struct Action<g::s::behaves> : Acts<RepositoryStep::Action::kBehaves> {};
template <> struct Action<g::s::lists> : Acts<RepositoryStep::Action::kLists> {};
template <> struct Action<g::s::drops> : Acts<RepositoryStep::Action::kDrops> {};
template <> struct Action<g::s::replaces> : Acts<RepositoryStep::Action::kReplaces> {};
template <> struct Action<g::s::asked> : Acts<RepositoryStep::Action::kAsked> {};
template <> struct Action<g::s::unknown_action> : CallsWithBoth<&B::RefuseAction> {};
template <> struct Action<g::s::phone_name> : CallsWithBoth<&B::BeginPhoneStep> {};
template <> struct Action<g::s::phone_limit> : Calls<&B::SetPhoneLimit> {};
template <> struct Action<g::s::boots> : PhoneDoes<PhoneStep::Action::kBoots> {};
template <> struct Action<g::s::settles> : PhoneDoes<PhoneStep::Action::kSettles> {};
template <> struct Action<g::s::renews> : PhoneDoes<PhoneStep::Action::kRenews> {};
template <> struct Action<g::s::other_phone> : CallsWithBoth<&B::SetOtherPhone> {};
template <> struct Action<g::s::moves> : PhoneDoes<PhoneStep::Action::kMoves> {};
template <> struct Action<g::s::is_switched_off> : PhoneDoes<PhoneStep::Action::kIsSwitchedOff> {};
template <> struct Action<g::s::is_synchronized> : PhoneDoes<PhoneStep::Action::kIsSynchronized> {};
template <> struct Action<g::s::ignored_once> { static void apply0(Builder& b) { b.SetIgnored(1); } };
template <> struct Action<g::s::ignored_twice> { static void apply0(Builder& b) { b.SetIgnored(2); } };
template <> struct Action<g::s::ignored_count> : CallsWithBoth<&B::SetIgnoredTimes> {};
template <> struct Action<g::s::ignores_notify> : PhoneDoes<PhoneStep::Action::kIgnoresNotify> {};
template <> struct Action<g::s::notify_code> : CallsWithBoth<&B::AddNotifyCode> {};
template <> struct Action<g::s::notify_text> : CallsWithPosition<&B::AddNotifyText> {};
template <> struct Action<g::s::notifications_word> : CallsWithPosition<&B::BeginNotifications> {};
template <> struct Action<g::s::delayed_by> : Calls<&B::SetNotificationDelay> {};
template <> struct Action<g::s::delayed> : NotificationsAre<NotificationsStep::Are::kDelayed> {};
template <> struct Action<g::s::refused> : NotificationsAre<NotificationsStep::Are::kRefused> {};
template <> struct Action<g::s::never_answered> : NotificationsAre<NotificationsStep::Are::kNeverAnswered> {};
template <> struct Action<g::s::delay> : Calls<&B::SetDelay> {};
template <> struct Action<g::s::answers_notify> : PhoneDoes<PhoneStep::Action::kAnswersNotify> {};
template <> struct Action<g::s::at_once_count> : CallsWithBoth<&B::SetAtOnce> {};
template <> struct Action<g::s::phone_request> : PhoneDoes<PhoneStep::Action::kRequests> {};
template <> struct Action<g::s::transferred_file> : CallsWithPosition<&B::SetFile> {};
template <> struct Action<g::s::reads> : PhoneDoes<PhoneStep::Action::kReads> {};
template <> struct Action<g::s::writes> : PhoneDoes<PhoneStep::Action::kWrites> {};
template <> struct Action<g::s::datagram> : CallsWithText<&B::SetDatagram> {};
template <> struct Action<g::s::sends> : PhoneDoes<PhoneStep::Action::kSends> {};
template <> struct Action<g::s::unknown_phone_action> : CallsWithBoth<&B::RefusePhoneAction> {};
template <> struct Action<g::s::unknown> : CallsWithBoth<&B::RefuseStatement> {};
template <> struct Action<g::s::line_end> : CallsWithPosition<&B::EndLine> {};
template <> struct Action<g::s::details_end> : Calls<&B::EndStatement> {};
template <> struct Action<g::stray_detail> : CallsWithPosition<&B::RefuseStrayDetail> {};

// Details.
template <> struct Action<g::d::begin> : CallsWithPosition<&B::BeginDetail> {};
template <> struct Action<g::d::capture_name> : CallsWithBoth<&B::SetCaptureName> {};
template <> struct Action<g::d::capture_header_name> : CallsWithText<&B::SetCaptureHeader> {};
template <> struct Action<g::d::capture_header> : Captures<Capture::From::kHeader> {};
template <> struct Action<g::d::capture_json> : Captures<Capture::From::kJson> {};
template <> struct Action<g::d::capture_body> : Captures<Capture::From::kBody> {};
template <> struct Action<g::d::capture_status> : Captures<Capture::From::kStatus> {};
template <> struct Action<g::d::capture_last> : Captures<Capture::From::kLast> {};
template <> struct Action<g::d::capture_value> : Calls<&B::SetOtherwise> {};
template <> struct Action<g::d::capture> : CallsWithPosition<&B::EndCapture> {};
template <> struct Action<g::d::expected_status> : CallsWithBoth<&B::AddAnswer> {};
template <> struct Action<g::d::answers> : CallsWithPosition<&B::EndAnswers> {};
template <> struct Action<g::d::need> : CallsWithBoth<&B::AddNeed> {};
template <> struct Action<g::d::needs> : CallsWithPosition<&B::EndNeeds> {};
template <> struct Action<g::d::duration> : CallsWithBoth<&B::SetDuration> {};
template <> struct Action<g::d::time_limit> : CallsWithPosition<&B::EndWithin> {};
template <> struct Action<g::d::check_word> : CallsWithPosition<&B::BeginCheck> {};
template <> struct Action<g::d::check_slug> : CallsWithText<&B::SetSlug> {};
template <> struct Action<g::d::independent> : Calls<&B::SetIndependent> {};
template <> struct Action<g::d::check> : CallsWithPosition<&B::EndCheck> {};
template <> struct Action<g::d::control> : CallsWithPosition<&B::EndControl> {};
template <> struct Action<g::d::expects> : CallsWithPosition<&B::EndExpects> {};
template <> struct Action<g::d::only_name> : CallsWithBoth<&B::SetOnlyIf> {};
template <> struct Action<g::d::only> : CallsWithPosition<&B::EndOnlyIf> {};
template <> struct Action<g::d::parameter_name> : CallsWithText<&B::SetParameterName> {};
template <> struct Action<g::d::base64> : Calls<&B::SetBase64> {};
template <> struct Action<g::d::query> : CallsWithPosition<&B::EndQuery> {};
template <> struct Action<g::d::removed_header_name> : CallsWithBoth<&B::AddRemovedHeader> {};
template <> struct Action<g::d::sent_header_name> : CallsWithText<&B::SetSentHeader> {};
template <> struct Action<g::d::header> : CallsWithPosition<&B::EndHeader> {};
template <> struct Action<g::k::text> : Calls<&B::BeginRequestPart> {};
template <> struct Action<g::k::send> : Calls<&B::BeginRequestPart> {};
template <> struct Action<g::d::text_body> : CallsWithPosition<&B::EndText> {};
template <> struct Action<g::d::hex_body> : CallsWithBoth<&B::EndHex> {};
template <> struct Action<g::d::pad_size> : CallsWithBoth<&B::SetPad> {};
template <> struct Action<g::d::chunked> : CallsWithPosition<&B::SetChunked> {};
template <> struct Action<g::d::raw_path> : CallsWithPosition<&B::SetRawPath> {};
template <> struct Action<g::d::asker_name> : CallsWithBoth<&B::SetAsker> {};
template <> struct Action<g::d::send_text> : CallsWithPosition<&B::AddSend> {};
template <> struct Action<g::d::send_hex> : CallsWithBoth<&B::AddSendHex> {};
template <> struct Action<g::d::half_close> : CallsWithPosition<&B::AddHalfClose> {};
template <> struct Action<g::d::answers_to_read> : CallsWithBoth<&B::SetReads> {};
template <> struct Action<g::d::without_push> : CallsWithPosition<&B::SetWithoutPush> {};
template <> struct Action<g::d::option_name> : CallsWithBoth<&B::SetOptionName> {};
template <> struct Action<g::d::option_text> : CallsWithBoth<&B::EndOption> {};
template <> struct Action<g::d::mode_name> : CallsWithPosition<&B::SetMode> {};
template <> struct Action<g::d::lost_block> : CallsWithBoth<&B::SetLostBlock> {};
template <> struct Action<g::d::lost_ack> : CallsWithBoth<&B::SetLostAck> {};
template <> struct Action<g::d::repeated_ack> : CallsWithBoth<&B::SetRepeatedAck> {};
template <> struct Action<g::d::last_block> : CallsWithBoth<&B::SetStopPoint> {};
template <> struct Action<g::d::lost_share> : CallsWithBoth<&B::SetNoise> {};
template <> struct Action<g::d::interjected> : CallsWithText<&B::SetInterjected> {};
template <> struct Action<g::d::interjected_block> : CallsWithBoth<&B::SetInterjection> {};
template <> struct Action<g::d::disturbed> : CallsWithPosition<&B::SetDisturbed> {};
template <> struct Action<g::d::unknown> : CallsWithBoth<&B::RefuseDetail> {};
template <> struct Action<g::d::end> : CallsWithPosition<&B::EndLine> {};
// clang-format on

template <typename Rule>
using Control = typename g::must_if<g::Messages>::template control<Rule>;

// The grammar reads bytes; here is the rule about which characters a scenario may have.
std::optional<Error> LookAtCharacters(std::string_view text) {
  const auto refuse = [&](std::string message, std::size_t offset) {
    return Error{ErrorKind::kInvalid, std::move(message), PositionAt(text, offset)};
  };
  if (text.size() > kLongestScenario) {
    return refuse("a scenario has at most " + std::to_string(kLongestScenario) + " bytes, this one has " + std::to_string(text.size()), 0);
  }
  if (text.starts_with("\xEF\xBB\xBF")) return refuse("a byte-order mark: save the file as UTF-8 without one", 0);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\t') return refuse("a tab: indent and separate with blanks, and write \\t in strings", i);
    if (c == '\n' || (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n')) continue;
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return refuse("a control character: write it as \\uXXXX in a string", i);
  }
  if (const auto offset = FirstNonUtf8(text)) {
    return refuse("not UTF-8: bytes of other encodings are written with `hex`", *offset);
  }
  return std::nullopt;
}

// Runs the grammar; what was recognised is in the builder.
std::optional<Error> Recognise(std::string_view text, Builder& builder) {
  if (auto error = LookAtCharacters(text)) return error;
  g::memory_input<> in(text.data(), text.data() + text.size(), "");
  try {
    if (!g::parse<g::scenario, Action, Control>(in, builder)) {
      return Error{ErrorKind::kInternal, "the text is no scenario", Position{}};
    }
    builder.Finish();
  } catch (const g::parse_error& error) {
    const auto& at = error.positions().front();
    Position position{at.byte, at.line, at.column};
    // Rules begin with the blanks before what they want; people look at what stands there instead.
    const std::size_t next = text.find_first_not_of(' ', position.offset);
    if (next != std::string_view::npos && text[next] != '\n' && text[next] != '\r') {
      position.column += next - position.offset;
      position.offset = next;
    }
    return Error{ErrorKind::kInvalid, std::string(error.message()) + builder.OpenBracketRemark(position), position};
  } catch (Refusal& refusal) {
    return std::move(refusal.error);
  }
  return std::nullopt;
}

}  // namespace

Result<Scenario> ParseScenario(std::string_view text) {
  Builder builder(text);
  if (auto error = Recognise(text, builder)) return Fail(std::move(*error));
  return std::move(builder.scenario());
}

Result<std::string> FormatText(std::string_view text) {
  Builder builder(text);
  if (auto error = Recognise(text, builder)) return Fail(std::move(*error));
  return Format(builder.scenario(), builder.comments());
}

std::string FormatScenario(const Scenario& scenario) { return Format(scenario, {}); }

}  // namespace provdlab::scenario
