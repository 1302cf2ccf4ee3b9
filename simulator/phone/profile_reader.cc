// Reads a profile and checks all of it, so that nothing has to be checked while phones run.

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/object_reader.h"
#include "base/text.h"
#include "simulator/phone/profile.h"
#include "simulator/phone/profile_data.h"
#include "simulator/phone/settings.h"
#include "simulator/phone/step_reader.h"
#include "simulator/phone/understanding_reader.h"
#include "simulator/phone/value_reader.h"

namespace provdlab::phone {
namespace {

using std::chrono::seconds;

constexpr int kFormat = 1;
constexpr int kMostLines = 100;
constexpr int kMostKeysOfABlock = 500;
constexpr std::int64_t kMostAttempts = 20;
constexpr std::int64_t kLongestExpiry = 7 * 86'400;
constexpr std::size_t kLargestProfile = 1u << 20;
constexpr int kDeepestName = 4;
constexpr int kDeepestBase = 3;

// What phrases may always use; docs/phone-profiles.md explains them.
const ValueReader::Words& BuiltInWords() {
  static const ValueReader::Words words = {
      "model",        "mac", "MAC",     "mac-dashed",  "MAC-DASHED", "mac-colons", "MAC-COLONS", "version", "application_version",
      "boot_version", "ip",  "program", "server_file", "setting"};
  return words;
}

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= 40 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

// Whether a JSON pointer like /fetching/attempts leads to something.
bool IsThere(const Json& json, const std::string& pointer) {
  try {
    return pointer.starts_with('/') && json.contains(Json::json_pointer(pointer));
  } catch (const Json::exception&) {
    return false;  // it is no pointer
  }
}

class ProfileReader {
 public:
  ProfileReader(const Json& json, std::string name)
      : top_(json, name, mistakes_), values_(WordsOf(json), mistakes_), data_(std::make_shared<ProfileData>()) {
    data_->name = std::move(name);
  }

  Result<std::shared_ptr<const ProfileData>> Read() {
    if (top_.Integer("format", 1, 1'000'000, 0) != kFormat)
      return Fail(ErrorKind::kInvalid, top_.where() + ": format is not " + std::to_string(kFormat) + ", which is the only one known here");
    top_.NothingElse({"format", "vendor", "ouis", "names", "models", "boot_program", "application", "groups", "address", "fetching",
                      "firmware", "settings", "knowledge", "uploads", "restarts", "sip", "notify", "periodic", "assumed"});
    data_->vendor = top_.Text("vendor");
    ReadOuis();
    ReadSettings();
    ReadModels();
    ReadPrograms();
    ReadAddressing();
    ReadFetching();
    ReadFirmware();
    ReadUnderstandingOf();
    ReadUploadsAndRestarts();
    ReadSip();
    ReadNotify();
    ReadPeriodic();
    ReadAssumed();
    if (!mistakes_.first()) CollectUsedSettings();
    if (mistakes_.first()) return Fail(ErrorKind::kInvalid, *mistakes_.first());
    return std::shared_ptr<const ProfileData>(data_);
  }

 private:
  static ValueReader::Words WordsOf(const Json& json) {
    ValueReader::Words words = BuiltInWords();
    if (const auto names = json.find("names"); names != json.end() && names->is_object())
      for (const auto& [name, text] : names->items())
        if (!name.starts_with("about")) words.insert(name);
    return words;
  }

  ObjectReader Section(const char* name) {
    const Json* json = top_.Find(name);
    return ObjectReader(json == nullptr ? kEmpty : *json, top_.where() + ", " + name, mistakes_);
  }

  void ReadOuis() {
    for (const std::string& oui : top_.Texts("ouis")) {
      if (oui.size() != 8 || oui[2] != ':' || oui[5] != ':' || oui.find_first_not_of("0123456789abcdef:") != std::string::npos)
        top_.Mistake("ouis: \"" + oui + "\" is not written like \"00:08:5d\"");
      data_->ouis.push_back(oui);
    }
    if (data_->ouis.empty()) top_.Mistake("there are no ouis");
  }

  std::string Normal(const std::string& name) const { return NormalSetting(data_->settings, name); }

  void ReadSettings() {
    const ObjectReader section = Section("settings");
    SettingRules& rules = data_->settings;
    section.NothingElse({"syntax", "counts", "lasting", "gates", "hosts", "may_say_none", "variables", "on_failure", "own_files"});
    const Json* syntax = section.Find("syntax");
    if (syntax == nullptr) {
      section.Mistake("there is no syntax");
    } else if (syntax->is_string()) {
      if (*syntax != "attributes") section.Mistake("syntax is neither \"attributes\" nor an object for files of lines");
      rules.syntax = std::monostate();
    } else {
      ReadLinesSyntax(ObjectReader(*syntax, section.where() + ", syntax", mistakes_));
    }
    const std::string counts = section.Text("counts", "last");
    if (counts != "first" && counts != "last") section.Mistake("counts is neither first nor last");
    rules.first_counts = counts == "first";
    for (const std::string& pattern : section.TextOrTexts("lasting")) rules.lasting.push_back(Normal(pattern));
    section.EachOf("gates", [&](const Json& json, const std::string& where) {
      const ObjectReader gate(json, where, mistakes_);
      gate.NothingElse({"settings", "opened_by"});
      rules.gates.push_back({.settings = gate.Text("settings"), .opened_by = gate.TextOrTexts("opened_by")});
      if (rules.gates.back().opened_by.empty()) gate.Mistake("there is no opened_by");
    });
    section.EachOf("hosts", [&](const Json& json, const std::string& where) {
      if (json.is_string()) return rules.hosts.push_back({.setting = Normal(json.get<std::string>())});
      const ObjectReader host(json, where, mistakes_);
      host.NothingElse({"setting", "when"});
      rules.hosts.push_back({.setting = Normal(host.Text("setting")), .when = values_.When(host, "when")});
    });
    for (const std::string& pattern : section.TextOrTexts("may_say_none")) rules.may_say_none.push_back(Normal(pattern));
    section.EachIn("variables", [&](const std::string& variable, const Json& text, const std::string& where) {
      if (!text.is_string() || variable.empty()) return mistakes_.Add(where + " is not a string");
      rules.variables.emplace_back(variable, values_.PhraseOf(text.get<std::string>(), where));
    });
    const std::string failure = section.Text("on_failure", "keep");
    if (failure != "keep" && failure != "merge") section.Mistake("on_failure is neither keep nor merge");
    rules.merge_on_failure = failure == "merge";
    rules.own_files = values_.Phrases(section, "own_files");
    if (rules.own_files.empty()) section.Mistake("there are no own_files");
  }

  void ReadLinesSyntax(const ObjectReader& object) {
    object.NothingElse({"separator", "comment", "comment_behind_values", "quote", "prefixes", "pieces", "trim_values", "ignore_case",
                        "percent", "strict"});
    LinesSyntax syntax;
    syntax.separator = object.Text("separator");
    syntax.comment = object.Text("comment", "");
    syntax.comment_behind_values = object.Boolean("comment_behind_values", false);
    syntax.quote = object.Text("quote", "");
    syntax.prefixes = object.Text("prefixes", "");
    syntax.pieces = object.Text("pieces", "");
    syntax.trim_values = object.Boolean("trim_values", true);
    syntax.ignore_case = object.Boolean("ignore_case", false);
    syntax.percent = object.Boolean("percent", false);
    syntax.strict = object.Boolean("strict", false);
    data_->settings.syntax = syntax;
  }

  void ReadModels() {
    std::map<std::string, Cases, std::less<>> names;
    top_.EachIn("names", [&](const std::string& name, const Json& json, const std::string& where) {
      if (!IsName(name)) mistakes_.Add(where + ": a name has letters, digits, '_' and '-'");
      if (BuiltInWords().contains(name)) mistakes_.Add(where + ": this word has its meaning already");
      names.emplace(name, values_.CasesOf(json, where));
    });
    top_.EachIn("models", [&](const std::string& name, const Json& json, const std::string& where) {
      const ObjectReader object(json, where, mistakes_);
      object.NothingElse({"lines", "keys", "names", "version", "boot_version"});
      Model model{.name = name, .names = names};
      model.lines = static_cast<int>(object.Integer("lines", 1, kMostLines, 1));
      model.version = object.Text("version", "");
      model.boot_version = object.Text("boot_version", "");
      object.EachOf("keys", [&](const Json& key, const std::string& at) {
        const ObjectReader block(key, at, mistakes_);
        block.NothingElse({"name", "count", "first"});
        KeyBlock keys{.name = Normal(block.Text("name"))};
        if (std::count(keys.name.begin(), keys.name.end(), '#') != 1) block.Mistake("name has not exactly one '#'");
        keys.first = static_cast<int>(block.Integer("first", 0, kMostKeysOfABlock, 1));
        keys.count = static_cast<int>(block.Integer("count", 1, kMostKeysOfABlock, 0));
        if (keys.count == 0) block.Mistake("there is no count");
        model.keys.push_back(std::move(keys));
      });
      object.EachIn("names", [&](const std::string& word, const Json& text, const std::string& at) {
        if (!names.contains(word)) return mistakes_.Add(at + ": the profile's names don't have it");
        model.names[word] = values_.CasesOf(text, at);
      });
      data_->models.emplace(name, std::move(model));
    });
    if (data_->models.empty()) top_.Mistake("there are no models");
    for (const auto& [name, model] : data_->models)
      for (const auto& [word, cases] : model.names) CheckName(model, word, 0);
  }

  // That a name's text doesn't come to need itself.
  void CheckName(const Model& model, std::string_view word, int depth) {
    if (mistakes_.first()) return;
    if (depth > kDeepestName) return top_.Mistake("names." + std::string(word) + " needs itself, or too many others");
    const auto cases = model.names.find(word);
    if (cases == model.names.end()) return;
    for (const Case& each : cases->second) each.text.EachWord([&](std::string_view other) { CheckName(model, other, depth + 1); });
  }

  void ReadPrograms() {
    top_.EachIn("groups", [&](const std::string& name, const Json& json, const std::string& where) {
      const Json object = {{"steps", json}};
      data_->groups.emplace(name, ReadSteps(ObjectReader(object, where, mistakes_), "steps", values_));
    });
    if (top_.Find("boot_program") != nullptr) data_->boot_program = ReadProgram("boot_program", &Model::boot_version);
    if (top_.Find("application") == nullptr) top_.Mistake("there is no application");
    data_->application = ReadProgram("application", &Model::version);
  }

  Program ReadProgram(const char* name, std::string Model::*version_of_model) {
    const ObjectReader section = Section(name);
    section.NothingElse({"name", "version", "user_agent", "starts_after", "steps"});
    Program program;
    program.name = section.Text("name", name);
    program.user_agent = values_.NeededPhrase(section, "user_agent");
    program.starts_after = values_.Duration(section, "starts_after", Milliseconds(0));
    const std::string version = section.Text("version");
    for (auto& [model_name, model] : data_->models)
      if ((model.*version_of_model).empty()) model.*version_of_model = version;
    program.steps = ReadSteps(section, "steps", values_);
    CheckSteps(program.steps, data_->groups, section.where() + ", steps", mistakes_);
    return program;
  }

  void ReadAddressing() {
    const ObjectReader section = Section("address");
    Addressing& addressing = data_->addressing;
    section.NothingElse({"vendor_class", "wait", "sources", "from_settings", "bare", "first_file"});
    if (const Json* json = section.Find("vendor_class")) {
      const std::string where = section.where() + ", vendor_class";
      if (json->is_array())
        for (std::size_t index = 0; index < json->size(); ++index) ReadVendorClass((*json)[index], where + " " + std::to_string(index + 1));
      else
        ReadVendorClass(*json, where);
    }
    addressing.wait = values_.Duration(section, "wait", seconds(10));
    section.EachOf("sources", [&](const Json& json, const std::string& where) {
      if (json == "settings") return addressing.sources.push_back({.kind = ServerSource::Kind::kSettings});
      const ObjectReader source(json, where, mistakes_);
      source.NothingElse({"option", "sub_option"});
      const auto option = static_cast<int>(source.Integer("option", 1, 254, 0));
      if (option == 0) source.Mistake("there is no option");
      addressing.sources.push_back({.option = option, .sub_option = static_cast<int>(source.Integer("sub_option", 1, 254, 0))});
    });
    if (section.Find("sources") == nullptr) addressing.sources = {{.option = 66}};
    addressing.from_settings = values_.Phrases(section, "from_settings");
    const ValueReader::AlsoKnown host(values_, "host");
    addressing.bare = values_.OptionalPhrase(section, "bare", "http://{host}");
    addressing.file_suffix = section.Text("first_file", "");
  }

  void ReadVendorClass(const Json& json, const std::string& where) {
    VendorClass vendor_class;
    if (json.is_string()) {
      vendor_class.text = {values_.PhraseOf(json.get<std::string>(), where)};
    } else {
      const ObjectReader object(json, where, mistakes_);
      object.NothingElse({"when", "text", "enterprise", "parts"});
      vendor_class.when = values_.When(object, "when");
      vendor_class.text = values_.Phrases(object, "text");
      vendor_class.enterprise = static_cast<std::uint32_t>(object.Integer("enterprise", 1, 0xffffffff, 0));
      object.EachIn("parts", [&](const std::string& code, const Json& text, const std::string& at) {
        const auto number = ParseDecimal(code);
        if (!number || *number == 0 || *number > 254 || !text.is_string())
          return mistakes_.Add(at + " is not a sub-option from 1 to 254 with a text");
        vendor_class.parts.emplace_back(static_cast<int>(*number), values_.PhraseOf(text.get<std::string>(), at));
      });
      std::sort(vendor_class.parts.begin(), vendor_class.parts.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      if (vendor_class.text.empty() == (vendor_class.enterprise == 0)) object.Mistake("it has to have either text or enterprise");
    }
    data_->addressing.vendor_classes.push_back(std::move(vendor_class));
  }

  void ReadFetching() {
    const ObjectReader section = Section("fetching");
    Fetching& fetching = data_->fetching;
    section.NothingElse({"attempts", "wait", "patience", "headers", "tftp_options", "keeps_double_slashes"});
    fetching.attempts = values_.Number(section, "attempts", {.of = {}, .least = 1, .most = kMostAttempts, .otherwise = 3});
    fetching.wait_ms = values_.DurationQuantity(section, "wait", {.of = {}, .otherwise = 5'000});
    fetching.patience = values_.Duration(section, "patience", seconds(10));
    const auto texts = [&](const char* name, std::map<std::string, std::string>& into) {
      section.EachIn(name, [&](const std::string& key, const Json& text, const std::string& where) {
        if (!text.is_string()) return mistakes_.Add(where + " is not a string");
        into.emplace(key, text.get<std::string>());
      });
    };
    texts("headers", fetching.headers);
    texts("tftp_options", fetching.tftp_options);
    fetching.keeps_double_slashes = section.Boolean("keeps_double_slashes", false);
  }

  void ReadFirmware() {
    const ObjectReader section = Section("firmware");
    FirmwareRules& rules = data_->firmware;
    section.NothingElse({"first_line", "for", "loading_takes"});
    if (section.Find("first_line") != nullptr) {
      Result<Pattern> pattern = Pattern::Read(section.Text("first_line"));
      if (!pattern) {
        section.Mistake("first_line: " + pattern.error().message);
      } else {
        const std::vector<std::string> names = pattern->names();
        if (std::find(names.begin(), names.end(), "version") == names.end()) section.Mistake("first_line has no {version}");
        rules.first_line = std::move(*pattern);
      }
    }
    rules.fitting = values_.Phrases(section, "for");
    rules.loading_takes = values_.Duration(section, "loading_takes", Milliseconds(0));
  }

  void ReadUnderstandingOf() {
    data_->understanding = ReadUnderstanding(Section("knowledge"), values_, [this](const std::string& name) { return Normal(name); });
  }

  void ReadUploadsAndRestarts() {
    const ObjectReader uploads = Section("uploads");
    uploads.NothingElse({"most_failures", "rest"});
    data_->uploads.most_failures = static_cast<int>(uploads.Integer("most_failures", 1, 1000, 0));
    data_->uploads.rest = values_.Duration(uploads, "rest", Milliseconds(0));
    const ObjectReader restarts = Section("restarts");
    restarts.NothingElse({"most", "takes"});
    data_->restarts.most = static_cast<int>(restarts.Integer("most", 0, 1000, 20));
    data_->restarts.takes = values_.Duration(restarts, "takes", Milliseconds(0));
  }

  void ReadSip() {
    const ObjectReader section = Section("sip");
    SipRules& sip = data_->sip;
    section.NothingElse({"user_agent", "expires", "renew", "after_rejection", "after_timeout", "failed_server_rests", "only_from",
                         "lower_sequence", "through_proxy"});
    sip.user_agent = values_.OptionalPhrase(section, "user_agent", data_->vendor + " {model}/{version}");
    sip.expires = values_.Number(section, "expires", {.of = {}, .least = 60, .most = kLongestExpiry, .otherwise = 3600});
    const Json* renew = section.Find("renew");
    if (renew == nullptr || *renew == "half") {
      sip.renews_at_half = true;
    } else {
      const ObjectReader object(*renew, section.where() + ", renew", mistakes_);
      object.NothingElse({"before"});
      if (object.Find("before") == nullptr) object.Mistake("there is no before");
      sip.renews_before = values_.Duration(object, "before", seconds(15));
    }
    sip.after_rejection = values_.Duration(section, "after_rejection", seconds(1800));
    sip.after_timeout = values_.Duration(section, "after_timeout", seconds(120));
    sip.failed_server_rests = values_.Duration(section, "failed_server_rests", Milliseconds(0));
    sip.through_proxy = section.Boolean("through_proxy", false);
    sip.only_from = values_.Phrases(section, "only_from");
    sip.lower_sequence = static_cast<int>(section.Integer("lower_sequence", 400, 699, 0));
  }

  AfterCheck After(const ObjectReader& object) {
    const std::string then = object.Text("then", "nothing");
    if (then == "nothing") return AfterCheck::kNothing;
    if (then == "apply") return AfterCheck::kApply;
    if (then == "restart if changed") return AfterCheck::kRestartIfChanged;
    if (then == "restart") return AfterCheck::kRestart;
    object.Mistake("then is none of nothing, apply, restart if changed, restart");
    return AfterCheck::kNothing;
  }

  void ReadNotify() {
    top_.EachOf("notify", [&](const Json& json, const std::string& where) {
      const ObjectReader object(json, where, mistakes_);
      object.NothingElse({"event", "when", "steps", "then", "always_restarts_when"});
      NotifyRule rule;
      const std::string event_text = object.Text("event");
      const std::vector<std::string_view> parts = Split(event_text, ';');
      rule.event = Lower(Trim(parts[0]));
      for (std::size_t index = 1; index < parts.size(); ++index) {
        const std::size_t equals = parts[index].find('=');
        if (equals == std::string_view::npos)
          object.Mistake("event has a parameter without '='");
        else
          rule.parameters.emplace(Lower(Trim(parts[index].substr(0, equals))), Trim(parts[index].substr(equals + 1)));
      }
      rule.when = values_.When(object, "when");
      rule.steps = ReadSteps(object, "steps", values_);
      CheckSteps(rule.steps, data_->groups, where + ", steps", mistakes_);
      rule.after = After(object);
      if (object.Find("always_restarts_when") != nullptr) rule.always_restarts = values_.When(object, "always_restarts_when");
      data_->notify.push_back(std::move(rule));
    });
  }

  void ReadPeriodic() {
    top_.EachOf("periodic", [&](const Json& json, const std::string& where) {
      const ObjectReader object(json, where, mistakes_);
      object.NothingElse({"name", "when", "every", "steps", "then"});
      Periodic periodic;
      periodic.name = object.Text("name");
      periodic.when = values_.When(object, "when");
      if (object.Find("every") == nullptr) object.Mistake("there is no every");
      periodic.every_ms = values_.DurationQuantity(object, "every", {.of = {}, .otherwise = 86'400'000});
      periodic.steps = ReadSteps(object, "steps", values_);
      CheckSteps(periodic.steps, data_->groups, where + ", steps", mistakes_);
      periodic.after = After(object);
      data_->periodic.push_back(std::move(periodic));
    });
  }

  void ReadAssumed() {
    top_.EachIn("assumed", [&](const std::string& what, const Json& why, const std::string& where) {
      if (!why.is_string()) return mistakes_.Add(where + " is not a string");
      if (!IsThere(top_.json(), what)) mistakes_.Add(where + ": there is nothing there; it is written like /fetching/attempts");
      data_->assumptions.push_back({what, why.get<std::string>()});
    });
  }

  // What is kept of the files: settings that the knowledge, a phrase or a condition speaks of. Parts of a name that stand in braces have to
  // be known for each model.
  void CollectUsedSettings() {
    auto& used = data_->used_settings;
    std::vector<std::string> names = SettingsOf(data_->understanding);
    for (const auto& [name, model] : data_->models) {
      for (const Phrase& setting : values_.settings()) {
        setting.EachWord([&](std::string_view word) {
          if (word != "model" && word != "key")
            top_.Mistake("the name of a setting can't have {" + std::string(word) + "} in it, only {model}");
        });
        const std::optional<std::string> said =
            setting.Say([&](std::string_view word, std::string_view) { return std::optional(word == "key" ? "{key}" : model.name); });
        if (said) names.push_back(Normal(*said));
      }
    }
    const auto lists = [&](const auto& self, const std::vector<Step>& steps) -> void {
      for (const Step& step : steps) {
        if (step.wins && !data_->settings.first_counts)
          top_.Mistake("wins is for profiles in which the first file counts; here the last one does");
        if (step.kind == Step::Kind::kEach) names.push_back(Normal(step.list));
        self(self, step.steps);
        for (const auto* branch : {&step.found, &step.broken, &step.missing, &step.refused, &step.failed, &step.otherwise})
          if (*branch) self(self, **branch);
      }
    };
    lists(lists, data_->application.steps);
    if (data_->boot_program) lists(lists, data_->boot_program->steps);
    for (const auto& [name, steps] : data_->groups) lists(lists, steps);
    for (const NotifyRule& rule : data_->notify) lists(lists, rule.steps);
    for (const Periodic& periodic : data_->periodic) lists(lists, periodic.steps);

    for (const std::string& name : names) {
      if (name.find("{key}") == std::string::npos) {
        used.insert(name);
        continue;
      }
      for (const auto& [model_name, model] : data_->models)
        for (const KeyBlock& block : model.keys) used.insert(std::string(name).replace(name.find("{key}"), 5, block.name));
    }
    for (const SettingRules::Gate& gate : data_->settings.gates) {
      const std::vector<std::string> gated(used.begin(), used.end());
      for (const std::string& name : gated) {
        if (!GlobMatch(gate.settings, name)) continue;
        for (const std::string& opener : gate.opened_by) {
          const std::size_t at = opener.find("{name}");
          used.insert(at == std::string::npos ? opener : std::string(opener).replace(at, 6, name));
        }
      }
    }
  }

  static inline const Json kEmpty = Json::object();

  Mistakes mistakes_;
  ObjectReader top_;
  ValueReader values_;
  std::shared_ptr<ProfileData> data_;
};

// The profile with what it takes from others: members of objects one by one, but its models are its own alone.
Result<Json> Whole(std::string_view text, const std::string& name, const Profile::Others& others, int depth) {
  const auto wrong = [&](const std::string& what) { return Fail(ErrorKind::kInvalid, name + ": " + what); };
  if (text.size() > kLargestProfile) return wrong("it is larger than " + std::to_string(kLargestProfile) + " bytes");
  Result<Json> json = ParseJson(text);
  if (!json) {
    Error error = json.error();
    error.message = name + ": " + error.message;
    return Fail(std::move(error));
  }
  if (!json->is_object() || !json->contains("based_on")) return json;
  const Json& based_on = json->at("based_on");
  if (!based_on.is_string()) return wrong("based_on is not a string");
  if (depth >= kDeepestBase) return wrong("it is based on too many others, one upon the other");
  const std::string base_name = based_on.get<std::string>();
  const std::optional<std::string_view> base_text = others ? others(base_name) : std::nullopt;
  if (!base_text) return wrong("there is no profile " + base_name + " to be based on");
  Result<Json> base = Whole(*base_text, base_name, others, depth + 1);
  if (!base) return base;
  json->erase("based_on");
  if (json->contains("models")) base->erase("models");
  base->merge_patch(*json);
  // What the base assumed of members that this one has not is no assumption of its own.
  const auto assumed = base->find("assumed");
  if (assumed == base->end() || !assumed->is_object()) return base;
  std::vector<std::string> gone;
  for (const auto& [what, why] : assumed->items())
    if (!(json->contains("assumed") && json->at("assumed").contains(what)) && !IsThere(*base, what)) gone.push_back(what);
  for (const std::string& what : gone) assumed->erase(what);
  return base;
}

}  // namespace

Result<Profile> Profile::Read(std::string_view text, std::string name, const Others& others) {
  const Result<Json> json = Whole(text, name, others, 0);
  if (!json) return Fail(json.error());
  Result<std::shared_ptr<const ProfileData>> data = ProfileReader(*json, std::move(name)).Read();
  if (!data) return Fail(data.error());
  return Profile(std::move(*data));
}

}  // namespace provdlab::phone
