#include "simulator/repository/action.h"

#include <array>
#include <functional>
#include <utility>

namespace provdlab::repository {
namespace {

constexpr std::int64_t kLongestDelay = 3'600'000;

Error Wrong(std::string_view member, std::string_view wanted) {
  return {ErrorKind::kInvalid, "\"" + std::string(member) + "\" must be " + std::string(wanted), std::nullopt};
}

bool IsCount(const Json& value) { return value.is_number_unsigned() || (value.is_number_integer() && value.get<std::int64_t>() >= 0); }

Result<> ReadCount(const Json& value, std::string_view name, std::optional<std::uint64_t>& into) {
  if (!IsCount(value)) return Fail(Wrong(name, "a number of bytes, 0 or more"));
  into = value.get<std::uint64_t>();
  return {};
}

Result<> ReadFlag(const Json& value, std::string_view name, bool& into) {
  if (!value.is_boolean()) return Fail(Wrong(name, "true"));
  into = value.get<bool>();
  return {};
}

Result<> ReadConnection(const Json& value, std::string_view name, Action& action, Action::Connection connection) {
  bool asked = false;
  Result<> read = ReadFlag(value, name, asked);
  if (asked) action.connection = connection;
  return read;
}

Result<EntryPatch> ReadEntry(const Json& value) {
  if (!value.is_object()) return Fail(Wrong("entry", "an object with id, set, drop"));
  EntryPatch patch{.id = "*"};
  for (const auto& [name, member] : value.items()) {
    if (name == "id" && member.is_string()) {
      patch.id = member;
    } else if (name == "set" && member.is_object()) {
      patch.set = member;
    } else if (name == "drop" && member.is_array()) {
      for (const Json& key : member) {
        if (!key.is_string()) return Fail(Wrong("entry.drop", "a list of members' names"));
        patch.drop.push_back(key);
      }
    } else {
      return Fail(Wrong("entry", "an object with id (text), set (object) and drop (list), nothing else"));
    }
  }
  return patch;
}

struct Kind {
  std::string_view name, breaks, sentence;
  std::function<Result<>(const Json&, Action&)> read;
};

const std::vector<Kind>& Kinds() {
  using Connection = Action::Connection;
  static const std::vector<Kind> kinds = {
      {"status", "the answer", "{\"status\": 404}: that status and a sentence instead of the file",
       [](const Json& value, Action& action) -> Result<> {
         if (!IsCount(value) || value.get<std::int64_t>() < 200 || value.get<std::int64_t>() > 599)
           return Fail(Wrong("status", "a number from 200 to 599"));
         action.status = value.get<int>();
         return {};
       }},
      {"retry_after", "the answer", "{\"status\": 503, \"retry_after\": 1}: a Retry-After of so many seconds",
       [](const Json& value, Action& action) -> Result<> {
         if (!IsCount(value)) return Fail(Wrong("retry_after", "a number of seconds, 0 or more"));
         action.retry_after = value.get<std::int64_t>();
         return {};
       }},
      {"redirect", "the answer", "{\"redirect\": \"/else/where\"}: 302 (or the given status) to a path or URL",
       [](const Json& value, Action& action) -> Result<> {
         if (!value.is_string() || value.get<std::string>().find_first_of("\r\n") != std::string::npos)
           return Fail(Wrong("redirect", "a path or URL"));
         action.redirect = value.get<std::string>();
         return {};
       }},
      {"redirect_loop", "the answer", "{\"redirect_loop\": true}: 302 to the very same address",
       [](const Json& value, Action& action) { return ReadFlag(value, "redirect_loop", action.redirect_loop); }},
      {"as", "the content",
       "{\"as\": \"html\"}: a page, as behind a hotel's network; also \"empty\", \"not-json\", \"half\" (the first half, neatly ended), "
       "\"documented\" (the manual's plugins.db to the letter)",
       [](const Json& value, Action& action) -> Result<> {
         static const std::map<std::string, Action::Content> names = {{"html", Action::Content::kHtml},
                                                                      {"empty", Action::Content::kEmpty},
                                                                      {"not-json", Action::Content::kNotJson},
                                                                      {"half", Action::Content::kHalf},
                                                                      {"documented", Action::Content::kDocumented}};
         const auto found = value.is_string() ? names.find(value.get<std::string>()) : names.end();
         if (found == names.end()) return Fail(Wrong("as", "one of \"html\", \"empty\", \"not-json\", \"half\", \"documented\""));
         action.content = found->second;
         return {};
       }},
      {"body", "the content", "{\"body\": \"[]\"}: this text instead of the file",
       [](const Json& value, Action& action) -> Result<> {
         if (!value.is_string()) return Fail(Wrong("body", "a text"));
         action.body = value.get<std::string>();
         return {};
       }},
      {"other_bytes", "the content",
       "{\"other_bytes\": true}: another archive under the same name and version, as good as the right one but for its sum",
       [](const Json& value, Action& action) -> Result<> {
         bool asked = false;
         Result<> read = ReadFlag(value, "other_bytes", asked);
         if (asked) action.content = Action::Content::kOther;
         return read;
       }},
      {"entry", "plugins.db",
       "{\"entry\": {\"id\": \"acme\", \"set\": {\"dsize\": 1}, \"drop\": [\"version\"]}}: members of an entry changed or left out; "
       "without id, of all",
       [](const Json& value, Action& action) -> Result<> {
         for (const Json& one : value.is_array() ? value : Json::array({value})) {
           Result<EntryPatch> patch = ReadEntry(one);
           if (!patch) return Fail(patch.error());
           action.entries.push_back(std::move(*patch));
         }
         return {};
       }},
      {"corrupt", "the content", "{\"corrupt\": 100}: the byte at 100 flipped; {\"corrupt\": {\"from\": 100, \"bytes\": 20}}: 20 of them",
       [](const Json& value, Action& action) -> Result<> {
         const bool object = value.is_object();
         const Json from = object ? value.value("from", Json(0)) : value;
         const Json bytes = object ? value.value("bytes", Json(1)) : Json(1);
         if (!IsCount(from) || !IsCount(bytes)) return Fail(Wrong("corrupt", "an offset, or an object with from and bytes"));
         action.corrupt_from = from.get<std::uint64_t>();
         action.corrupt_bytes = bytes.get<std::uint64_t>();
         return {};
       }},
      {"length", "the framing", "{\"length\": 10}: a Content-Length of 10 whatever the body's is; \"+5\" and \"-5\" change the right one",
       [](const Json& value, Action& action) -> Result<> {
         if (value.is_string()) {
           const std::string text = value;
           if (text.size() > 1 && text.size() < 16 && (text[0] == '+' || text[0] == '-') &&
               text.find_first_not_of("0123456789", 1) == std::string::npos) {
             action.length_change = (text[0] == '-' ? -1 : 1) * std::stoll(text.substr(1));
             return {};
           }
         } else if (IsCount(value)) {
           action.length = value.get<std::uint64_t>();
           return {};
         }
         return Fail(Wrong("length", "a number of bytes, or a text such as \"+5\" or \"-5\""));
       }},
      {"chunked", "the framing", "{\"chunked\": true}: no Content-Length, the body in chunks",
       [](const Json& value, Action& action) { return ReadFlag(value, "chunked", action.chunked); }},
      {"headers", "the answer", "{\"headers\": {\"Content-Type\": \"text/html\"}}: header fields set",
       [](const Json& value, Action& action) -> Result<> {
         if (!value.is_object()) return Fail(Wrong("headers", "an object of texts"));
         for (const auto& [name, text] : value.items()) {
           if (name.empty() || name.find_first_of("\r\n: ") != std::string::npos || !text.is_string() ||
               text.get<std::string>().find_first_of("\r\n") != std::string::npos) {
             return Fail(Wrong("headers", "an object of texts, without line breaks"));
           }
           action.headers[name] = text;
         }
         return {};
       }},
      {"delay", "the time", "{\"delay\": 2000}: so many milliseconds before the first byte",
       [](const Json& value, Action& action) -> Result<> {
         if (!IsCount(value) || value.get<std::uint64_t>() > kLongestDelay) return Fail(Wrong("delay", "milliseconds, at most an hour"));
         action.delay = std::chrono::milliseconds(value.get<std::int64_t>());
         return {};
       }},
      {"bandwidth", "the time", "{\"bandwidth\": 1000}: so many bytes a second",
       [](const Json& value, Action& action) -> Result<> {
         if (!IsCount(value) || value.get<std::uint64_t>() == 0) return Fail(Wrong("bandwidth", "bytes a second, at least 1"));
         action.bandwidth = value.get<std::uint64_t>();
         return {};
       }},
      {"cut", "the connection", "{\"cut\": 100}: closed after so many bytes of the body",
       [](const Json& value, Action& action) { return ReadCount(value, "cut", action.cut); }},
      {"hang", "the connection",
       "{\"hang\": true}: says nothing, and keeps the connection; {\"hang\": 100}: after so many bytes of the body",
       [](const Json& value, Action& action) -> Result<> {
         if (value.is_boolean()) return ReadConnection(value, "hang", action, Connection::kHang);
         if (IsCount(value)) return ReadCount(value, "hang", action.hang_after);
         return Fail(Wrong("hang", "true, or a number of bytes"));
       }},
      {"close", "the connection", "{\"close\": true}: closed without a byte",
       [](const Json& value, Action& action) { return ReadConnection(value, "close", action, Connection::kClose); }},
      {"reset", "the connection", "{\"reset\": true}: ended by a TCP reset",
       [](const Json& value, Action& action) { return ReadConnection(value, "reset", action, Connection::kReset); }},
  };
  return kinds;
}

}  // namespace

Result<Action> ReadAction(const Json& action) {
  if (!action.is_object() || action.empty())
    return Fail(ErrorKind::kInvalid, "an action is an object with at least one member, such as {\"status\": 404}");
  Action read;
  for (const auto& [name, value] : action.items()) {
    const Kind* kind = nullptr;
    for (const Kind& candidate : Kinds()) kind = candidate.name == name ? &candidate : kind;
    if (kind == nullptr) {
      std::string known;
      for (const Kind& candidate : Kinds()) known += (known.empty() ? "" : ", ") + std::string(candidate.name);
      return Fail(ErrorKind::kInvalid, "there is no action \"" + name + "\"; there are " + known);
    }
    if (Result<> fine = kind->read(value, read); !fine) return Fail(fine.error());
  }
  return read;
}

Json Combine(const Json& first, const Json& second) {
  Json both = first;
  for (const auto& [name, value] : second.items()) {
    if (name == "entry" && both.contains(name)) {
      Json all = both[name].is_array() ? both[name] : Json::array({both[name]});
      for (const Json& one : value.is_array() ? value : Json::array({value})) all.push_back(one);
      both[name] = std::move(all);
    } else if (name == "headers" && both.contains(name)) {
      both[name].update(value);
    } else {
      both[name] = value;
    }
  }
  return both;
}

Json AvailableActions() {
  Json list = Json::array();
  for (const Kind& kind : Kinds()) list.push_back({{"name", kind.name}, {"breaks", kind.breaks}, {"sentence", kind.sentence}});
  return list;
}

void Patch(Json& database, const std::vector<EntryPatch>& patches) {
  if (!database.is_object()) return;
  for (const EntryPatch& patch : patches) {
    for (const auto& [id, entry] : database.items()) {
      if ((patch.id != "*" && patch.id != id) || !entry.is_object()) continue;
      entry.update(patch.set);
      for (const std::string& key : patch.drop) entry.erase(key);
    }
  }
}

}  // namespace provdlab::repository
