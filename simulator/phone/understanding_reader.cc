#include "simulator/phone/understanding_reader.h"

#include <algorithm>
#include <utility>

namespace provdlab::phone {
namespace {

constexpr std::int64_t kLargestFactor = 1'000'000;

class Reader {
 public:
  Reader(ValueReader& values, const std::function<std::string(const std::string&)>& normal) : values_(values), normal_(normal) {}

  Fact Read(const ObjectReader& object, const char* name) {
    Fact fact;
    const Json* json = object.Find(name);
    if (json == nullptr) return fact;
    const std::string where = object.where() + ", " + name;
    if (!json->is_array()) {
      fact.alternatives.push_back(ReadAlternative(*json, where));
      return fact;
    }
    for (std::size_t index = 0; index < json->size(); ++index)
      fact.alternatives.push_back(ReadAlternative((*json)[index], where + " " + std::to_string(index + 1)));
    return fact;
  }

  ServerFact ReadServer(const ObjectReader& object, const char* name) {
    ServerFact server;
    const Json* json = object.Find(name);
    if (json == nullptr) return server;
    const ObjectReader reader(*json, object.where() + ", " + name, values_.mistakes());
    reader.NothingElse({"host", "port"});
    if (reader.Find("host") == nullptr) reader.Mistake("there is no host");
    server.host = Read(reader, "host");
    server.port = Read(reader, "port");
    return server;
  }

  SummerFact::Moment ReadMoment(const ObjectReader& object, const char* name) {
    SummerFact::Moment moment;
    const Json* json = object.Find(name);
    if (json == nullptr) return moment;
    const ObjectReader reader(*json, object.where() + ", " + name, values_.mistakes());
    reader.NothingElse({"month", "week", "weekday", "hour"});
    for (const char* member : {"month", "week", "weekday"})
      if (reader.Find(member) == nullptr) reader.Mistake(std::string("there is no ") + member);
    moment.month = Read(reader, "month");
    moment.week = Read(reader, "week");
    moment.weekday = Read(reader, "weekday");
    moment.hour = Read(reader, "hour");
    return moment;
  }

 private:
  std::string Name(const std::string& name, const std::string& where) {
    if (std::count(name.begin(), name.end(), '#') > 1) values_.mistakes().Add(where + ": \"" + name + "\" has more than one '#'");
    return normal_(name);
  }

  Fact::Alternative ReadAlternative(const Json& json, const std::string& where) {
    Fact::Alternative alternative;
    if (json.is_string()) {
      alternative.setting = Name(json.get<std::string>(), where);
      if (alternative.setting.empty()) values_.mistakes().Add(where + " is empty");
      return alternative;
    }
    const ObjectReader object(json, where, values_.mistakes());
    object.NothingElse({"of", "always", "when", "values", "otherwise", "times", "divided_by"});
    if ((object.Find("of") == nullptr) == (object.Find("always") == nullptr)) object.Mistake("it has to have either of or always");
    alternative.setting = Name(object.Text("of", ""), where);
    alternative.always = object.Text("always", "");
    alternative.when = values_.When(object, "when");
    if (object.Find("values") != nullptr) {
      alternative.values.emplace();
      object.EachIn("values", [&](const std::string& value, const Json& meaning, const std::string& at) {
        if (!meaning.is_string())
          values_.mistakes().Add(at + " is not a string");
        else
          alternative.values->emplace(value, meaning.get<std::string>());
      });
    }
    if (object.Find("otherwise") != nullptr) alternative.otherwise = object.Text("otherwise", "");
    alternative.times = object.Integer("times", -kLargestFactor, kLargestFactor, 1);
    alternative.divided_by = object.Integer("divided_by", 1, kLargestFactor, 1);
    alternative.number = object.Find("times") != nullptr || object.Find("divided_by") != nullptr;
    return alternative;
  }

  ValueReader& values_;
  const std::function<std::string(const std::string&)>& normal_;
};

std::vector<const Fact*> LineFacts(const Understanding& of) {
  return {&of.username,
          &of.auth_username,
          &of.password,
          &of.display_name,
          &of.label,
          &of.voicemail,
          &of.transport,
          &of.expires,
          &of.registrar.host,
          &of.registrar.port,
          &of.proxy.host,
          &of.proxy.port,
          &of.backup_registrar.host,
          &of.backup_registrar.port,
          &of.backup_proxy.host,
          &of.backup_proxy.port};
}

std::vector<const Fact*> KeyFacts(const Understanding& of) { return {&of.key_type, &of.key_value, &of.key_label, &of.key_line}; }

// The settings of facts; with `part`, only those whose names have it.
std::vector<std::string> Names(const std::vector<const Fact*>& facts, std::string_view part = "") {
  std::vector<std::string> names;
  for (const Fact* fact : facts)
    for (const Fact::Alternative& alternative : fact->alternatives)
      if (!alternative.setting.empty() && alternative.setting.find(part) != std::string::npos) names.push_back(alternative.setting);
  return names;
}

}  // namespace

Understanding ReadUnderstanding(const ObjectReader& object, ValueReader& values,
                                const std::function<std::string(const std::string&)>& normal) {
  Understanding understanding;
  Mistakes& mistakes = values.mistakes();
  object.NothingElse({"nothing", "split", "lines", "keys", "language", "ntp_server", "admin_password", "zone_minutes", "summer", "other"});
  Reader reader(values, normal);
  understanding.nothing = object.Texts("nothing");
  object.EachIn("split", [&](const std::string& setting, const Json& patterns, const std::string& where) {
    Understanding::Split split{.setting = normal(setting), .patterns = {}};
    if (std::count(setting.begin(), setting.end(), '#') > 1) mistakes.Add(where + ": the name has more than one '#'");
    const Json object_of_patterns = {{"patterns", patterns}};
    for (const std::string& text : ObjectReader(object_of_patterns, where, mistakes).TextOrTexts("patterns")) {
      Result<Pattern> pattern = Pattern::Read(text);
      if (!pattern)
        mistakes.Add(where + ": " + pattern.error().message);
      else
        split.patterns.push_back(std::move(*pattern));
    }
    understanding.splits.push_back(std::move(split));
  });
  if (const Json* json = object.Find("lines")) {
    const ObjectReader lines(*json, object.where() + ", lines", mistakes);
    lines.NothingElse({"username", "auth_username", "password", "display_name", "label", "voicemail", "transport", "expires", "registrar",
                       "proxy", "backup_registrar", "backup_proxy", "off_when"});
    for (const char* member : {"username", "registrar"})
      if (lines.Find(member) == nullptr) lines.Mistake(std::string("there is no ") + member);
    understanding.username = reader.Read(lines, "username");
    understanding.auth_username = reader.Read(lines, "auth_username");
    understanding.password = reader.Read(lines, "password");
    understanding.display_name = reader.Read(lines, "display_name");
    understanding.label = reader.Read(lines, "label");
    understanding.voicemail = reader.Read(lines, "voicemail");
    understanding.transport = reader.Read(lines, "transport");
    understanding.expires = reader.Read(lines, "expires");
    understanding.registrar = reader.ReadServer(lines, "registrar");
    understanding.proxy = reader.ReadServer(lines, "proxy");
    understanding.backup_registrar = reader.ReadServer(lines, "backup_registrar");
    understanding.backup_proxy = reader.ReadServer(lines, "backup_proxy");
    if (lines.Find("off_when") != nullptr) understanding.line_off = values.When(lines, "off_when");
  }
  if (const Json* json = object.Find("keys")) {
    const ObjectReader keys(*json, object.where() + ", keys", mistakes);
    keys.NothingElse({"type", "value", "label", "line", "off"});
    if (keys.Find("type") == nullptr) keys.Mistake("there is no type");
    const ValueReader::AlsoKnown key(values, "key");
    understanding.key_type = reader.Read(keys, "type");
    understanding.key_value = reader.Read(keys, "value");
    understanding.key_label = reader.Read(keys, "label");
    understanding.key_line = reader.Read(keys, "line");
    understanding.keys_off = keys.Texts("off");
  }
  understanding.language = reader.Read(object, "language");
  understanding.ntp_server = reader.Read(object, "ntp_server");
  understanding.admin_password = reader.Read(object, "admin_password");
  understanding.zone_minutes = reader.Read(object, "zone_minutes");
  if (const Json* json = object.Find("summer")) {
    const ObjectReader summer(*json, object.where() + ", summer", mistakes);
    summer.NothingElse({"when", "save_minutes", "start", "end"});
    for (const char* member : {"start", "end"})
      if (summer.Find(member) == nullptr) summer.Mistake(std::string("there is no ") + member);
    understanding.summer = SummerFact{.when = values.When(summer, "when"),
                                      .save_minutes = reader.Read(summer, "save_minutes"),
                                      .start = reader.ReadMoment(summer, "start"),
                                      .end = reader.ReadMoment(summer, "end")};
  }
  if (const Json* json = object.Find("other")) {
    const ObjectReader other(*json, object.where() + ", other", mistakes);
    for (const auto& [name, fact] : other.json().items())
      if (!name.starts_with("about")) understanding.other.emplace(name, reader.Read(other, name.c_str()));
  }
  understanding.line_settings = Names(LineFacts(understanding), "#");
  understanding.key_settings = Names(KeyFacts(understanding), "{key}");
  return understanding;
}

std::vector<std::string> SettingsOf(const Understanding& understanding) {
  std::vector<std::string> names;
  for (const Understanding::Split& split : understanding.splits) names.push_back(split.setting);
  const auto add = [&](const std::vector<std::string>& more) { names.insert(names.end(), more.begin(), more.end()); };
  add(Names(LineFacts(understanding)));
  add(Names(KeyFacts(understanding)));
  std::vector<const Fact*> facts = {&understanding.language, &understanding.ntp_server, &understanding.admin_password,
                                    &understanding.zone_minutes};
  if (understanding.summer) {
    facts.push_back(&understanding.summer->save_minutes);
    for (const SummerFact::Moment* moment : {&understanding.summer->start, &understanding.summer->end})
      facts.insert(facts.end(), {&moment->month, &moment->week, &moment->weekday, &moment->hour});
  }
  for (const auto& [name, fact] : understanding.other) facts.push_back(&fact);
  add(Names(facts));
  return names;
}

}  // namespace provdlab::phone
