#pragma once
// A scenario as plain values: what the parser makes, the formatter prints and the runner runs. docs/scenario-language.md
// is the description; the names here are its words. No value here owns anything but its members.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace provdlab::scenario {

// JSON in which a value may be a variable, which is written as a bare word: {"id": PKG}. Substitute (evaluate.h) fills it in.
struct Value {
  struct Variable {
    std::string name;
    friend bool operator==(const Variable&, const Variable&) = default;
  };
  struct Member;
  using List = std::vector<Value>;
  using Object = std::vector<Member>;             // in the order written
  std::variant<Json, Variable, List, Object> is;  // Json: a scalar, never a list or an object
};
struct Value::Member {
  std::string key;
  Value value;
};

// A text with {variables} in it.
struct Template {
  struct Part {
    bool variable = false;
    std::string text;  // literal text, or the variable's name
    friend bool operator==(const Part&, const Part&) = default;
  };
  std::vector<Part> parts;
  friend bool operator==(const Template&, const Template&) = default;
};

// $.pkgs[PKG].version, $.params[id = "NAT"].value, $[0]
struct PathStep {
  enum class Kind { kKey, kVariable, kIndex, kWhere };
  Kind kind = Kind::kKey;
  std::string key;                // kKey: the member; kVariable: the variable's name; kWhere: the member compared
  std::size_t index = 0;          // kIndex
  std::shared_ptr<Value> equals;  // kWhere
};
struct JsonPath {
  std::vector<PathStep> steps;
};

// One condition. `subject` and `relation` are closed sets, so that the runner's table and the parser's agree.
enum class Subject { kStatus, kHeader, kBody, kJson, kLast, kLastState, kSome, kStatusesCount, kProgress, kCount, kPhone };
enum class Relation {
  kIs,     // equals one of `values`; for status also classes
  kIsNot,  // equals none of them
  kHas,    // an element of the list or a key of the object
  kLacks,
  kPresent,
  kAbsent,
  kIsA,      // `word`: list, object, string, number, boolean, status
  kMatches,  // `values[0]` is a pattern in which * stands for anything but brackets; `last is` and `some is` mean this as well
  kContains,
  kMembers,   // has `number` members
  kAtLeast,   // `number`
  kExample,   // `word` names the example
  kBelow,     // header: `target` is the path of the collection
  kFresh,     // header: a value never seen before in this run
  kProvd,     // header: provd's media type
  kEmpty,     // body
  kSentence,  // body: text/plain, one sentence, no markup, at most 500 bytes
  kJsonText,  // body: parses as JSON
  kGrows,     // progress
  kReaches,   // phone: the stage `word`: addressed, identified, fetched, parsed, registered; as `values[0]` if there is one
};
struct Predicate {
  Subject subject = Subject::kStatus;
  Relation relation = Relation::kIs;
  std::string header;             // kHeader
  std::string phone;              // kPhone: its name
  JsonPath path;                  // kJson
  std::vector<Value> values;      // what it is compared with; never empty where the relation compares with values
  std::vector<int> status_codes;  // kStatus: codes, or classes as 4 for 4xx
  std::string word;               // kIsA, kExample; kLastState with kIs and kIsNot: the state
  Template target;                // kBelow
  std::uint64_t number = 0;       // kMembers, kAtLeast; kStatusesCount and kCount with kIs
};
using Condition = std::vector<Predicate>;  // all must hold

struct Capture {
  enum class From { kHeader, kJson, kBody, kStatus, kLast };  // kLast: the last status that `follow` saw
  std::string name;
  From from = From::kHeader;
  std::string header;
  JsonPath path;
  std::optional<Value> otherwise;  // `or VALUE`: what is captured where there is nothing
};

struct Check {
  std::string slug;
  bool independent = false;
  Condition condition;
  std::optional<Condition> control;  // `control without act, …` below it
  Position position;
};

struct HeaderLine {
  std::string name;
  Template value;
};

struct Body {
  enum class Kind { kNone, kJson, kText, kHex };
  Kind kind = Kind::kNone;
  Value json;
  Template text;      // kText
  std::string bytes;  // kHex
  std::uint64_t pad_to = 0;
  bool chunked = false;
};

// A parameter of the query behind a path. QueryText (evaluate.h) says how it is sent.
struct QueryParameter {
  std::string name;
  Value value;
  bool base64 = false;
};

struct RequestStep {
  std::string method;
  Template path;
  bool raw_path = false;
  std::vector<QueryParameter> query;  // in the order written; one name may be there twice
  Body body;
  std::vector<HeaderLine> headers;
  std::vector<std::string> removed_headers;
  std::string as;  // whose token and tenant it is sent with: owner, parent, sibling, stranger; empty: the run's
  std::optional<std::chrono::milliseconds> within;
};

struct RawStep {
  struct Part {
    enum class Kind { kSend, kHalfClose };
    Kind kind = Kind::kSend;
    Template text;      // kSend as text
    std::string bytes;  // kSend as hex, if text has no parts
  };
  std::vector<Part> parts;
  int answers = 1;
  std::optional<std::chrono::milliseconds> within;
};

struct FollowStep {
  enum class Until { kEnded, kSuccess, kFail };
  Template location;
  Until until = Until::kEnded;
  std::chrono::milliseconds within{20'000};
  std::string blamed;  // the slug of `check SLUG follow`, or empty
};

struct EventuallyStep {
  std::chrono::milliseconds within{20'000};
  RequestStep request;
};

struct BarrierStep {};

// `restart`: the target is ended and started again with what it keeps. `upgrade`: what is started is its next version.
struct RestartStep {
  bool upgrade = false;
};

struct PackageDetails {
  std::string fixture;  // empty: unchanged, or minimal
  std::optional<std::string> version;
  std::optional<std::uint64_t> bytes;
  std::optional<Value> entry;
  std::vector<std::string> without_entry;
  bool unlisted = false;
  std::string named;  // how its id ends; packages of one scenario that are named have the rest of their ids in common
};

struct RepositoryStep {
  enum class Action { kHolds, kReleases, kAwaits, kDoes, kBehaves, kLists, kDrops, kReplaces, kAsked };
  Action action = Action::kHolds;
  std::string package;         // the variable, or empty
  std::string file;            // "plugins.db" or "files/…", or empty
  std::uint64_t bytes = 0;     // kHolds
  std::optional<Value> fault;  // kDoes
  std::optional<int> times;    // kDoes: how often; nullopt: until the scenario ends
  std::optional<int> request;  // kDoes: only the n-th request from now, from 1
  PackageDetails details;      // kLists, kReplaces
};

// What a phone reads or writes over TFTP, and how it behaves while it does.
struct Transfer {
  Template file;
  std::string mode = "octet";
  std::vector<std::pair<std::string, std::string>> options;  // in the order written; one name may be there twice
  std::optional<std::uint64_t> loses_block;                  // the first time that it comes; 0: the OACK
  std::optional<std::uint64_t> loses_ack;                    // the first time that it is sent
  std::optional<std::uint64_t> repeats_ack;                  // sent twice
  std::optional<std::uint64_t> stops_after;                  // blocks; then nothing more is heard of the phone
  std::optional<std::uint64_t> noise;                        // `loses N in 100`: of all datagrams, both ways
  struct Interjection {
    std::string bytes;
    std::uint64_t after = 0;  // blocks
  };
  std::optional<Interjection> interjects;  // one datagram to the transfer's port, before that block is acknowledged
  bool disturbed = false;                  // `from another port`: a stranger's ACK in the middle
};

// What a phone sends to answer a NOTIFY: a status code, or a text that need be no SIP at all.
struct NotifyAnswer {
  int code = 200;
  std::optional<std::string> text;  // instead of it
};

// What a phone does, or what is done to it.
struct PhoneStep {
  enum class Action {
    kBoots,
    kSettles,  // nothing is under way any more
    kRenews,   // its lease
    kMoves,    // to another address
    kIsSwitchedOff,
    kIsSynchronized,  // over the REST API, to the end of the operation
    kIgnoresNotify,
    kAnswersNotify,
    kRequests,  // one HTTP request to the provisioning server, `times` times at once
    kReads,
    kWrites,
    kSends,  // one datagram to the TFTP port
  };
  Action action = Action::kBoots;
  std::string phone;
  std::optional<std::chrono::milliseconds> within;
  bool without_push = false;                       // kBoots, kRenews: the target isn't told of the lease
  std::string to;                                  // kMoves: the phone whose address it takes, which is off; empty: a new one
  std::optional<int> ignored;                      // kIgnoresNotify: how many times one comes; nullopt: from now on
  std::vector<NotifyAnswer> notify;                // kAnswersNotify: one after the other; empty: 200
  std::optional<std::chrono::milliseconds> after;  // kAnswersNotify: the last of them
  RequestStep request;                             // kRequests
  int times = 1;                                   // kRequests, kReads: at once
  Transfer transfer;                               // kReads, kWrites
  std::string bytes;                               // kSends
};

// What becomes of what the target sends to tell phones something: between it and them, or by what they answer.
struct NotificationsStep {
  enum class Are { kPassedOn, kDelayed, kRefused, kNeverAnswered };
  Are are = Are::kPassedOn;
  std::chrono::milliseconds delay{0};  // kDelayed
};

// `only if answered is not 404`: otherwise the step is left out, and nobody is held to its checks.
struct OnlyIf {
  std::string variable;
  bool negated = false;
  std::vector<Value> values;
};

struct Step {
  enum class Role { kPlain, kGiven, kAct };
  Role role = Role::kPlain;
  std::variant<RequestStep, RawStep, FollowStep, EventuallyStep, BarrierStep, RestartStep, RepositoryStep, PhoneStep, NotificationsStep>
      does;
  std::optional<OnlyIf> only_if;
  std::vector<int> answers;  // `answers 201 or 400`; empty: not said
  Condition expects;         // `expects PREDICATE`: blocks what comes after where it does not hold, never blames
  std::vector<Capture> captures;
  std::vector<std::string> needs;
  std::vector<Check> checks;
  Position position;
  std::string source;  // the statement's own line as written, for reports
};

// A name that gets an id that nothing on the target has.
struct Id {
  std::string name;
  std::size_t length = 0;  // `of N characters`; 0: any
};

struct Package {
  std::string name;
  PackageDetails details;
};

// `phone desk is an Aastra 6731i, firmware "3.3.1.2235", at OTHER`, `phone NAME is nobody`, `phones crowd are 20 Aastra 6731i`.
struct PhoneLine {
  std::string name;
  std::uint64_t count = 0;              // `phones`: how many; 0: one phone
  std::string vendor, model;            // empty: nobody, an address without an identity
  std::optional<std::string> firmware;  // nullopt: as its profile has it
  std::string at;                       // the phone whose address it shares; empty: an address of its own
};

struct Table {
  std::vector<std::string> names;
  std::vector<Value> rows;  // each a value, or a list of as many values as names
};

struct Scenario {
  std::string title;
  int format = 1;
  std::vector<std::string> about;
  std::vector<std::string> exclusive;
  bool timed = false;
  std::vector<std::string> offers;
  std::optional<int> proxies;  // trusted proxies that the target is told of; nullopt: it is no matter
  std::vector<Id> ids;
  std::vector<std::string> macs;  // names; each gets a MAC address that no device has
  std::vector<Package> packages;
  std::vector<PhoneLine> phones;
  std::vector<std::string> accounts;  // names; each is a SIP account of the run, which its registrar accepts
  std::optional<Table> table;
  std::vector<Step> steps;
};

}  // namespace provdlab::scenario
