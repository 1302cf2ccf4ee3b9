#include "conformance/report/mask.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"

namespace provdlab::conformance {
namespace {

constexpr std::array<std::string_view, 5> kSecretFields = {"authorization", "proxy-authorization", "x-auth-token", "cookie", "set-cookie"};
constexpr std::array<std::string_view, 9> kSecretWords = {"password", "passwd",      "secret",           "token",           "api_key",
                                                          "api-key",  "private_key", "provisioning_key", "provisioning-key"};
// Shorter credentials are not looked for elsewhere: they would be found in ordinary words.
constexpr std::size_t kShortestSought = 8;

bool IsSecretField(std::string_view name) {
  return std::any_of(kSecretFields.begin(), kSecretFields.end(), [name](std::string_view known) { return EqualIgnoringCase(name, known); });
}
bool IsSecretName(std::string_view name) {
  const std::string lower = Lower(name);
  return std::any_of(kSecretWords.begin(), kSecretWords.end(),
                     [&lower](std::string_view word) { return lower.find(word) != std::string::npos; });
}

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// user:password@host becomes user:***@host, in a URL or not.
std::string MaskUserInformation(std::string_view text) {
  constexpr std::string_view kEnds = " \t\r\n\"'<>(){}[],;|`";
  std::string out;
  std::size_t done = 0;
  while (true) {
    const std::size_t at = text.find('@', done);
    if (at == std::string_view::npos) break;
    // What may hold the password: back to a blank, a quote, or the slashes behind a scheme.
    std::size_t begin = at;
    while (begin > done && kEnds.find(text[begin - 1]) == std::string_view::npos &&
           !(text[begin - 1] == '/' && begin >= 2 && text[begin - 2] == '/') &&
           !(text[begin - 1] == '/' && begin >= 3 && text[begin - 2] == '\\' && text[begin - 3] == '/')) {
      --begin;
    }
    const std::size_t colon = text.substr(begin, at - begin).find(':');
    // http://host:8080/a@b has a port there, no password. (One with a slash in it is masked, though it should have been escaped.)
    const std::size_t slash = text.substr(begin, at - begin).find('/');
    const bool is_port = colon != std::string_view::npos && slash != std::string_view::npos && colon < slash &&
                         ParseDecimal(text.substr(begin + colon + 1, slash - colon - 1)).has_value();
    const bool before_host = at + 1 < text.size() && (IsNameCharacter(text[at + 1]) || text[at + 1] == '[');
    if (colon == std::string_view::npos || begin + colon + 1 == at || is_port || !before_host) {
      out += text.substr(done, at + 1 - done);
    } else {
      out += text.substr(done, begin + colon + 1 - done);
      out.append(kMask).append("@");
    }
    done = at + 1;
  }
  return out.append(text.substr(done));
}

// The offset behind a value that begins at `at`: a string in quotes with so many backslashes before each, or a bare word.
std::size_t EndOfQuoted(std::string_view text, std::size_t at, std::size_t backslashes) {
  for (std::size_t i = at; i < text.size(); ++i) {
    if (text[i] != '"') continue;
    std::size_t before = 0;
    while (before < i - at && text[i - 1 - before] == '\\') ++before;
    if (before == backslashes || (backslashes == 0 && before % 2 == 0)) return i - before;
  }
  return text.size();
}

// "password": "x" becomes "password": "***", also inside a string of JSON, where every quote has backslashes before it.
std::string MaskMembers(std::string_view text) {
  std::string out;
  std::size_t done = 0;
  std::size_t i = 0;
  while ((i = text.find('"', i)) != std::string_view::npos) {
    const std::size_t name_begin = ++i;
    std::size_t name_end = name_begin;
    while (name_end < text.size() && IsNameCharacter(text[name_end])) ++name_end;
    std::size_t at = name_end;
    while (at < text.size() && text[at] == '\\') ++at;
    if (name_end == name_begin || at >= text.size() || text[at] != '"' || !IsSecretName(text.substr(name_begin, name_end - name_begin)))
      continue;
    ++at;
    while (at < text.size() && IsBlank(text[at])) ++at;
    if (at >= text.size() || text[at] != ':') continue;
    ++at;
    while (at < text.size() && IsBlank(text[at])) ++at;
    std::size_t backslashes = 0;
    while (at + backslashes < text.size() && text[at + backslashes] == '\\') ++backslashes;
    std::size_t begin = at + backslashes;
    std::size_t end = begin;
    if (begin < text.size() && text[begin] == '"') {
      end = EndOfQuoted(text, ++begin, backslashes);
      if (end == begin) continue;  // an empty one is no secret
      out.append(text.substr(done, begin - done)).append(kMask);
    } else {
      while (end < text.size() && std::string_view(",}] \t\r\n").find(text[end]) == std::string_view::npos && text[end] != '{' &&
             text[end] != '[')
        ++end;
      const std::string_view bare = text.substr(begin, end - begin);
      if (bare.empty() || bare == "null" || bare == "true" || bare == "false") continue;
      out.append(text.substr(done, begin - done)).append("\"").append(kMask).append("\"");
    }
    done = end;
    i = end < text.size() && text[end] == '"' ? end + 1 : end;
  }
  return out.append(text.substr(done));
}

// Where a bare value ends that stands for a secret: also before a line break that is written as \n, as in a JSON string.
std::size_t EndOfBare(std::string_view text, std::size_t begin) {
  std::size_t end = std::min(text.find_first_of("& \t\r\n'\"<>#;,", begin), text.size());
  for (const std::string_view line_break : {"\\n", "\\r"})
    end = begin + std::min(text.substr(begin, end - begin).find(line_break), end - begin);
  return end;
}

// password=x in a query, a form or a log; Authorization: x in a log or a command line; password: x, password = x and password="x" in files
// of phones.
std::string MaskAssignments(std::string_view text) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] != '=' && text[i] != ':') || i < done) continue;
    const bool equals = text[i] == '=';
    std::size_t name_end = i;
    while (equals && name_end > done && text[name_end - 1] == ' ') --name_end;
    std::size_t name = name_end;
    while (name > done && IsNameCharacter(text[name - 1])) --name;
    const std::string_view word = text.substr(name, name_end - name);
    if (word.empty()) continue;
    std::size_t begin = i + 1;
    std::size_t end = begin;
    if (!equals && IsSecretField(word)) {
      while (begin < text.size() && text[begin] == ' ') ++begin;
      end = std::min(text.find_first_of("\r\n'\"", begin), text.size());
    } else if (equals && IsSecretName(word)) {
      while (name_end < i && begin < text.size() && text[begin] == ' ') ++begin;
      while (begin < text.size() && text[begin] == '\\') ++begin;
      if (begin < text.size() && text[begin] == '"') {
        ++begin;
        end = std::min(text.find_first_of("\\\"\r\n", begin), text.size());
      } else {
        end = EndOfBare(text, begin);
      }
    } else if (!equals && IsSecretName(word) && begin < text.size() && text[begin] == ' ') {
      // Only a whole line's: elsewhere it is a sentence.
      ++begin;
      end = EndOfBare(text, begin);
      if (end < text.size() && text[end] != '\r' && text[end] != '\n' && text[end] != '\\') continue;
    }
    if (end <= begin || begin >= text.size()) continue;
    out.append(text.substr(done, begin - done)).append(kMask);
    done = end;
  }
  return out.append(text.substr(done));
}

// A configuration parameter, alone at `…/configure/NAME` or in a list with its id, keeps its secret in a member `value`.
void CollectParameters(const Json& json, bool is_secret, std::set<std::string>& secrets) {
  if (json.is_array()) {
    for (const Json& element : json) CollectParameters(element, is_secret, secrets);
  } else if (json.is_object()) {
    const auto id = json.find("id");
    const bool named = id != json.end() && id->is_string() && IsSecretName(id->get_ref<const std::string&>());
    const auto value = json.find("value");
    if ((named || is_secret) && value != json.end() && !value->is_null() && !value->is_structured() && *value != "")
      secrets.insert(DumpJson(*value));
    for (const auto& [key, member] : json.items()) CollectParameters(member, is_secret && key == "param", secrets);
  }
}

// Passwords of accounts: they stand in phones' files as well, where nothing says what they are.
void CollectPasswords(const Json& json, std::set<std::string>& credentials) {
  if (!json.is_structured()) return;
  for (const auto& [key, member] : json.items()) {
    const bool is_secret = json.is_object() && IsSecretName(key) && member.is_string();
    if (is_secret && member.get_ref<const std::string&>().size() >= kShortestSought) credentials.insert(member.get<std::string>());
    CollectPasswords(member, credentials);
  }
}

void ReplaceAll(std::string& text, const std::string& what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

void MaskParameters(ExchangeRecord& exchange) {
  const std::string_view path = std::string_view(exchange.target).substr(0, exchange.target.find('?'));
  const bool is_secret = IsSecretName(path.substr(path.rfind('/') + 1)) && path.find("configure/") != std::string_view::npos;
  std::set<std::string> secrets;
  for (const std::string* body : {&exchange.request_body, &exchange.response_body}) {
    if (const auto json = ParseJson(*body)) CollectParameters(*json, is_secret, secrets);
  }
  for (const std::string& secret : secrets) {
    for (std::string* text : {&exchange.request_body, &exchange.response_body, &exchange.curl}) {
      for (const char* between : {":", ": "})
        ReplaceAll(*text, std::string("\"value\"") + between + secret, std::string("\"value\"") + between + "\"***\"");
    }
  }
}

// Calls `change` with every text that comes from the target or from the user's options.
template <typename Change>
void ForEachText(RunRecord& record, Change change) {
  change(record.target);
  change(record.target_log_tail);
  for (std::string& note : record.notes) change(note);
  for (std::string& word : record.selection) change(word);
  for (std::string& word : record.reach) change(word);
  for (ScenarioRecord& scenario : record.scenarios) {
    for (StepRecord& step : scenario.steps) {
      for (std::string& seen : step.statuses) change(seen);
      for (std::string& line : step.trace) change(line);
      for (CheckRecord& check : step.checks) {
        for (std::string* text : {&check.expected, &check.got, &check.note}) change(*text);
      }
      for (ExchangeRecord& exchange : step.exchanges) {
        for (std::string* text : {&exchange.target, &exchange.request_body, &exchange.problem, &exchange.response_body, &exchange.curl})
          change(*text);
        for (auto* headers : {&exchange.request_headers, &exchange.response_headers}) {
          for (auto& [name, value] : *headers) change(value);
        }
      }
    }
  }
}

}  // namespace

std::string MaskText(std::string_view text) { return MaskUserInformation(MaskAssignments(MaskMembers(text))); }

void MaskSecrets(RunRecord& record, std::string* target_log) {
  std::set<std::string> credentials;
  for (ScenarioRecord& scenario : record.scenarios) {
    for (StepRecord& step : scenario.steps) {
      for (ExchangeRecord& exchange : step.exchanges) {
        for (auto* headers : {&exchange.request_headers, &exchange.response_headers}) {
          for (auto& [name, value] : *headers) {
            if (!IsSecretField(name) || value.empty()) continue;
            if (value.size() >= kShortestSought) credentials.insert(value);
            // "Basic dXNlcjp…": the part behind the scheme stands elsewhere by itself.
            const std::string last(Trim(std::string_view(value).substr(value.rfind(' ') == std::string::npos ? 0 : value.rfind(' '))));
            if (last.size() >= kShortestSought) credentials.insert(last);
            value = kMask;
          }
        }
        for (const std::string* body : {&exchange.request_body, &exchange.response_body}) {
          if (const auto json = ParseJson(*body)) CollectPasswords(*json, credentials);
        }
        MaskParameters(exchange);
      }
    }
  }
  const auto mask = [&credentials](std::string& text) {
    if (text.empty()) return;
    // The longer ones first, so that none leaves a rest.
    for (auto credential = credentials.rbegin(); credential != credentials.rend(); ++credential) ReplaceAll(text, *credential, kMask);
    text = MaskText(text);
  };
  ForEachText(record, mask);
  if (target_log != nullptr) mask(*target_log);
}

}  // namespace provdlab::conformance
