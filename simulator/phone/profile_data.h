#pragma once
// What a profile says, as the parts of a phone use it. Made by profile_reader.cc alone, which checks everything that is promised here;
// docs/phone-profiles.md says what the members mean to whoever writes one.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "simulator/phone/condition.h"
#include "simulator/phone/pattern.h"
#include "simulator/phone/phrase.h"
#include "simulator/phone/syntax/lines.h"

namespace provdlab::phone {

using Milliseconds = std::chrono::milliseconds;

// A number that settings may change: `of` says it, and what it says counts if it is a number within the limits.
struct Quantity {
  std::optional<Phrase> of{};
  std::int64_t least = 0, most = 0, otherwise = 0;
  std::int64_t unit = 1;  // of what `of` says: 1000 if that is seconds, and the others are milliseconds
};

// A text that depends: the first case that holds.
struct Case {
  Condition when{};
  Phrase text{};
};
using Cases = std::vector<Case>;

struct KeyBlock {
  std::string name{};  // with one '#'
  int first = 1, count = 0;
};

struct Model {
  std::string name{};
  int lines = 1;
  std::vector<KeyBlock> keys{};
  std::map<std::string, Cases, std::less<>> names{};  // its own and the profile's
  std::string version{}, boot_version{};              // with which it leaves the factory
};

// One step of a program, see docs/phone-profiles.md. Which members count depends on the kind.
struct Step {
  enum class Kind { kGet, kHead, kPut, kFirmware, kPause, kDo, kEach, kRestart, kShow, kHalt, kLeave, kApply };
  enum class As { kFile, kSettings };
  Kind kind = Kind::kGet;
  Condition when{};
  Phrase text{};       // the file's path; what is shown; why it restarts; what it pauses for
  std::string name{};  // of a group
  As as = As::kFile;
  bool wins = false;              // its settings count more than those of all other files
  bool from_root = false;         // not below the folder of the files, but of the server
  std::vector<Phrase> servers{};  // the first that can be said has the file, instead of the usual server
  Phrase body{};                  // what is put
  bool of_boot_program = false;   // the firmware is that of the boot program
  bool head_only = false;         // its first bytes decide whether the rest is read
  bool formats = false;           // loading it empties the flash
  Milliseconds takes{0};
  std::string list{};  // settings: with '#', all of that name; otherwise one, taken apart at `separator`
  char separator = ',';
  std::vector<Step> steps{};  // of each item
  // What follows a file, by what came of it; nullopt: nothing is said about it.
  std::optional<std::vector<Step>> found{}, broken{}, missing{}, refused{}, failed{}, otherwise{};
};

struct Program {
  std::string name{};
  Phrase user_agent{};
  Milliseconds starts_after{0};
  std::vector<Step> steps{};
};

// Where a phone can learn where its files are.
struct ServerSource {
  enum class Kind { kSettings, kOption };
  Kind kind = Kind::kOption;
  int option = 0, sub_option = 0;  // sub-option 0: the option as a whole
};

struct VendorClass {
  std::vector<Phrase> text{};    // the first that can be said
  std::uint32_t enterprise = 0;  // not 0: in the layout of RFC 3925, with `parts`
  std::vector<std::pair<int, Phrase>> parts{};
  Condition when{};
};

struct Addressing {
  std::vector<VendorClass> vendor_classes{};  // the first whose condition holds
  Milliseconds wait{};                        // without an address, until it asks again
  std::vector<ServerSource> sources{};
  std::vector<Phrase> from_settings{};  // the first that can be said
  Phrase bare{};                        // what a host without a scheme means: {host}
  std::string file_suffix{};            // a URL that ends so names the first file; "": none does
};

struct Fetching {
  Quantity attempts{};
  Quantity wait_ms{};
  Milliseconds patience{};
  std::map<std::string, std::string> headers{}, tftp_options{};
  bool keeps_double_slashes = false;
};

struct FirmwareRules {
  std::optional<Pattern> first_line{};  // with {version}, perhaps with {for}
  std::vector<Phrase> fitting{};        // what {for} may be
  Milliseconds loading_takes{};
};

struct SettingRules {
  std::variant<LinesSyntax, std::monostate> syntax{};  // monostate: attributes
  bool first_counts = false;                           // of several files; otherwise the last
  std::vector<std::string> lasting{};                  // patterns of settings that stay when no file mentions them
  struct Gate {
    std::string settings;                // a pattern
    std::vector<std::string> opened_by;  // names with {name}; all of them have to be 1
  };
  std::vector<Gate> gates{};
  struct Host {
    std::string setting;  // perhaps with '#'
    Condition when{};     // of settings of the same file
  };
  std::vector<Host> hosts{};                                // that have to name one if a file has them
  std::vector<std::string> may_say_none{};                  // patterns of settings in which None is the vendor's own word
  std::vector<std::pair<std::string, Phrase>> variables{};  // what stands for what in values that name files
  bool merge_on_failure = false;
  std::vector<Phrase> own_files{};
};

// A setting's name as the files' reader makes it.
std::string NormalSetting(const SettingRules& rules, std::string_view name);

// A fact of the phone's knowledge: the first alternative that gives a text.
struct Fact {
  struct Alternative {
    Condition when{};       // names in it may have '#'
    std::string setting{};  // with '#' or {key}; "": `always`
    std::string always{};
    std::optional<std::map<std::string, std::string>> values{};
    std::optional<std::string> otherwise{};
    std::int64_t times = 1, divided_by = 1;
    bool number = false;
  };
  std::vector<Alternative> alternatives{};
};

struct ServerFact {
  Fact host{}, port{};
};

struct SummerFact {
  Condition when{};
  Fact save_minutes{};
  struct Moment {
    Fact month{}, week{}, weekday{}, hour{};
  };
  Moment start{}, end{};
};

struct Understanding {
  std::vector<std::string> nothing{};  // values that mean none
  struct Split {
    std::string setting;  // perhaps with '#'
    std::vector<Pattern> patterns;
  };
  std::vector<Split> splits{};
  // Lines.
  Fact username{}, auth_username{}, password{}, display_name{}, label{}, voicemail{}, transport{}, expires{};
  ServerFact registrar{}, proxy{}, backup_registrar{}, backup_proxy{};
  std::optional<Condition> line_off{};  // besides those without a user name or a registrar
  // Keys.
  Fact key_type{}, key_value{}, key_label{}, key_line{};
  std::vector<std::string> keys_off{};                       // types that switch a key off
  std::vector<std::string> line_settings{}, key_settings{};  // those of one line, with '#', and of one key, with {key}
  // Further facts.
  Fact language{}, ntp_server{}, admin_password{}, zone_minutes{};
  std::optional<SummerFact> summer{};
  std::map<std::string, Fact> other{};
};

struct UploadRules {
  int most_failures = 0;  // 0: no limit
  Milliseconds rest{0};   // after a failure
};

struct RestartRules {
  int most = 0;  // in a row, without coming into service
  Milliseconds takes{0};
};

struct SipRules {
  Phrase user_agent{};
  Quantity expires{};
  bool through_proxy = false;  // requests go to the line's proxy, if it has one
  bool renews_at_half = false;
  Milliseconds renews_before{0};
  Milliseconds after_rejection{}, after_timeout{}, failed_server_rests{};
  std::vector<Phrase> only_from{};  // hosts; those that can't be said don't count; none: from anywhere
  int lower_sequence = 0;           // the answer to a NOTIFY with a lower CSeq than before; 0: as to any other
};

enum class AfterCheck { kNothing, kApply, kRestartIfChanged, kRestart };

struct NotifyRule {
  std::string event{};                              // "check-sync"
  std::map<std::string, std::string> parameters{};  // of the event, all have to be there
  Condition when{};
  std::vector<Step> steps{};
  AfterCheck after = AfterCheck::kNothing;
  std::optional<Condition> always_restarts{};  // then it restarts whatever came of the steps
};

struct Periodic {
  std::string name{};
  Condition when{};
  Quantity every_ms{};
  std::vector<Step> steps{};
  AfterCheck after = AfterCheck::kNothing;
};

// Something that no source says.
struct Assumption {
  std::string what;  // where it stands: "/fetching/attempts"
  std::string why;
};

struct ProfileData {
  std::string name{}, vendor{};
  std::vector<std::string> ouis{};  // "00:08:5d"
  std::map<std::string, Model, std::less<>> models{};
  std::optional<Program> boot_program{};
  Program application{};
  std::map<std::string, std::vector<Step>, std::less<>> groups{};
  Addressing addressing{};
  Fetching fetching{};
  FirmwareRules firmware{};
  SettingRules settings{};
  Understanding understanding{};
  UploadRules uploads{};
  RestartRules restarts{};
  SipRules sip{};
  std::vector<NotifyRule> notify{};
  std::vector<Periodic> periodic{};
  std::vector<Assumption> assumptions{};
  std::set<std::string, std::less<>> used_settings{};  // with '#'; the others are forgotten at once
};

}  // namespace provdlab::phone
