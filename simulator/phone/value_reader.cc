#include "simulator/phone/value_reader.h"

#include <optional>
#include <utility>

#include "base/duration.h"
#include "base/text.h"

namespace provdlab::phone {
namespace {

constexpr Milliseconds kLongestWait{366LL * 24 * 3600 * 1000};

std::optional<Milliseconds> Time(const ObjectReader& object, const char* name, const Json& json) {
  Result<Milliseconds> time = json.is_string() ? ParseDuration(json.get<std::string>()) : Fail(ErrorKind::kInvalid, "");
  if (time && *time <= kLongestWait) return *time;
  object.Mistake(std::string(name) + " is not a time of at most a year like \"500ms\", \"5s\" or \"2m\"");
  return std::nullopt;
}

}  // namespace

ValueReader::AlsoKnown::AlsoKnown(ValueReader& reader, std::string word)
    : reader_(reader), word_(std::move(word)), new_(reader.words_.insert(word_).second) {}

ValueReader::AlsoKnown::~AlsoKnown() {
  if (new_) reader_.words_.erase(word_);
}

Phrase ValueReader::PhraseOf(const std::string& text, const std::string& where) {
  Result<Phrase> phrase = Phrase::Read(text);
  if (!phrase) {
    mistakes_.Add(where + ": " + phrase.error().message);
    return {};
  }
  phrase->EachWord([&](std::string_view word) {
    if (!words_.contains(word)) mistakes_.Add(where + ": {" + std::string(word) + "} is not known here");
  });
  phrase->EachSetting([&](const Phrase& name) { settings_.push_back(name); });
  return *phrase;
}

Phrase ValueReader::NeededPhrase(const ObjectReader& object, const char* name) {
  return PhraseOf(object.Text(name), object.where() + ", " + name);
}

Phrase ValueReader::OptionalPhrase(const ObjectReader& object, const char* name, std::string_view otherwise) {
  return PhraseOf(object.Text(name, otherwise), object.where() + ", " + name);
}

std::vector<Phrase> ValueReader::Phrases(const ObjectReader& object, const char* name) {
  std::vector<Phrase> phrases;
  for (const std::string& text : object.TextOrTexts(name)) phrases.push_back(PhraseOf(text, object.where() + ", " + name));
  return phrases;
}

Condition ValueReader::ConditionOf(const Json& json, const std::string& where) {
  const ObjectReader object(json, where, mistakes_);
  object.NothingElse({"version_from", "version_below", "boot_version_from", "boot_version_below", "setting", "word", "is", "factory", "all",
                      "any", "not"});
  Condition condition;
  const auto version = [&](const char* name, Requirement::Kind kind) {
    if (object.Find(name) != nullptr) condition.requirements.push_back({.kind = kind, .text = object.Text(name)});
  };
  version("version_from", Requirement::Kind::kVersionFrom);
  version("version_below", Requirement::Kind::kVersionBelow);
  version("boot_version_from", Requirement::Kind::kBootVersionFrom);
  version("boot_version_below", Requirement::Kind::kBootVersionBelow);
  const std::vector<std::string> is = object.TextOrTexts("is");
  if (object.Find("setting") != nullptr && object.Find("word") != nullptr) object.Mistake("it has a setting and a word");
  if (object.Find("is") != nullptr && object.Find("setting") == nullptr && object.Find("word") == nullptr)
    object.Mistake("there is an 'is' without a setting or a word");
  if (object.Find("setting") != nullptr) {
    const Phrase setting = NeededPhrase(object, "setting");
    settings_.push_back(setting);
    condition.requirements.push_back({.kind = Requirement::Kind::kSetting, .setting = setting, .is = is});
  }
  if (object.Find("word") != nullptr) {
    const std::string word = object.Text("word");
    if (!words_.contains(word)) object.Mistake("{" + word + "} is not known here");
    condition.requirements.push_back({.kind = Requirement::Kind::kWord, .text = word, .is = is});
  }
  if (object.Find("factory") != nullptr) {
    const Condition factory{{{.kind = Requirement::Kind::kFactory}}};
    if (object.Boolean("factory", true))
      condition.requirements.push_back(factory.requirements[0]);
    else
      condition.requirements.push_back({.kind = Requirement::Kind::kNot, .conditions = {factory}});
  }
  object.EachOf("all", [&](const Json& each, const std::string& at) {
    Condition one = ConditionOf(each, at);
    for (Requirement& requirement : one.requirements) condition.requirements.push_back(std::move(requirement));
  });
  if (object.Find("any") != nullptr) {
    Requirement any{.kind = Requirement::Kind::kAny};
    object.EachOf("any", [&](const Json& each, const std::string& at) { any.conditions.push_back(ConditionOf(each, at)); });
    condition.requirements.push_back(std::move(any));
  }
  if (const Json* other = object.Find("not"))
    condition.requirements.push_back({.kind = Requirement::Kind::kNot, .conditions = {ConditionOf(*other, where + ", not")}});
  if (condition.requirements.empty()) object.Mistake("there is no condition in it");
  return condition;
}

Condition ValueReader::When(const ObjectReader& object, const char* name) {
  const Json* json = object.Find(name);
  return json == nullptr ? Condition() : ConditionOf(*json, object.where() + ", " + name);
}

Cases ValueReader::CasesOf(const Json& json, const std::string& where) {
  Cases cases;
  const auto read = [&](const Json& each, const std::string& at) {
    if (each.is_string()) return cases.push_back({.text = PhraseOf(each.get<std::string>(), at)});
    const ObjectReader object(each, at, mistakes_);
    object.NothingElse({"when", "text"});
    // An empty text is a text here.
    if (object.Find("text") == nullptr) object.Mistake("there is no text");
    cases.push_back({.when = When(object, "when"), .text = OptionalPhrase(object, "text", "")});
  };
  if (json.is_array()) {
    for (std::size_t index = 0; index < json.size(); ++index) read(json[index], where + " " + std::to_string(index + 1));
  } else {
    read(json, where);
  }
  return cases;
}

Milliseconds ValueReader::Duration(const ObjectReader& object, const char* name, Milliseconds otherwise) {
  const Json* json = object.Find(name);
  return json == nullptr ? otherwise : Time(object, name, *json).value_or(otherwise);
}

Quantity ValueReader::Number(const ObjectReader& object, const char* name, Quantity otherwise) {
  const Json* json = object.Find(name);
  if (json == nullptr) return otherwise;
  Quantity quantity = otherwise;
  if (!json->is_object()) {
    quantity.otherwise = object.Integer(name, otherwise.least, otherwise.most, otherwise.otherwise);
    return quantity;
  }
  const ObjectReader reader(*json, object.where() + ", " + name, mistakes_);
  reader.NothingElse({"of", "least", "most", "otherwise"});
  quantity.of = NeededPhrase(reader, "of");
  quantity.least = reader.Integer("least", otherwise.least, otherwise.most, otherwise.least);
  quantity.most = reader.Integer("most", quantity.least, otherwise.most, otherwise.most);
  quantity.otherwise = reader.Integer("otherwise", quantity.least, quantity.most, otherwise.otherwise);
  return quantity;
}

Quantity ValueReader::DurationQuantity(const ObjectReader& object, const char* name, Quantity otherwise) {
  const Json* json = object.Find(name);
  if (json == nullptr) return otherwise;
  Quantity quantity = otherwise;
  if (!json->is_object()) {
    quantity.otherwise = Time(object, name, *json).value_or(Milliseconds(otherwise.otherwise)).count();
    return quantity;
  }
  const ObjectReader reader(*json, object.where() + ", " + name, mistakes_);
  reader.NothingElse({"seconds", "least", "most", "otherwise"});
  quantity.of = NeededPhrase(reader, "seconds");
  const std::int64_t longest = kLongestWait.count() / 1000;
  quantity.unit = 1000;
  quantity.least = reader.Integer("least", 0, longest, 0) * quantity.unit;
  quantity.most = reader.Integer("most", 0, longest, longest) * quantity.unit;
  if (quantity.most < quantity.least) reader.Mistake("most is less than least");
  quantity.otherwise = Duration(reader, "otherwise", Milliseconds(otherwise.otherwise)).count();
  return quantity;
}

}  // namespace provdlab::phone
