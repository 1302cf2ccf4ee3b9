#include "server/application/parameters.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "base/http/message.h"
#include "base/text.h"
#include "server/application/limits.h"

namespace provdlab::server {
namespace {

constexpr std::string_view kCollection = "parameters";

tl::unexpected<Error> Invalid(std::string message) { return Fail(ErrorKind::kInvalid, std::move(message)); }

// Printable ASCII and whole UTF-8 characters, no blanks: what may be in a URL that somebody typed.
bool IsUrlText(std::string_view text) {
  return IsUtf8(text) && std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

// Each check gets a string or null and gives back the value to keep.
using Check = Result<Json> (*)(const std::string& id, const Json& value);

Result<Json> CheckPluginServer(const std::string& id, const Json& value) {
  const std::string& text = value.get_ref<const std::string&>();
  if (!IsUrlText(text) || !http::ParseUrl(text))
    return Invalid(id + " must be an http or https URL with a host, such as http://provd.example.org/plugins");
  if (text.find('#') != std::string::npos || text.find('?') != std::string::npos)
    return Invalid(id + " must not have a query or a fragment");
  return value;
}

Result<Json> CheckHttpProxy(const std::string& id, const Json& value) {
  const std::string& text = value.get_ref<const std::string&>();
  const auto url = IsUrlText(text) ? http::ParseUrl(text) : std::nullopt;
  if (!url || url->scheme != "http") return Invalid(id + " must have the form http://[user:password@]host:port");
  if (!url->path.empty() || text.find_first_of("#?") != std::string::npos)
    return Invalid(id + " must not have a path, not even a slash at its end");
  return value;
}

Result<Json> CheckHttpsProxy(const std::string& id, const Json& value) {
  const std::string& text = value.get_ref<const std::string&>();
  const auto url = IsUrlText(text) && text.find_first_of("/?#") == std::string::npos ? http::ParseUrl("http://" + text) : std::nullopt;
  // A port must be written: without one there is no ':' after the host.
  const std::string_view authority = std::string_view(text).substr(text.rfind('@') == std::string::npos ? 0 : text.rfind('@') + 1);
  const bool has_port = authority.rfind(':') != std::string_view::npos && !authority.ends_with(':') && !authority.ends_with(']');
  if (!url || !has_port) return Invalid(id + " must have the form host:port, without a scheme or a path");
  return value;
}

Result<Json> CheckLocale(const std::string& id, const Json& value) {
  const std::string& text = value.get_ref<const std::string&>();
  if (text.empty()) return Json(nullptr);
  auto all = [](std::string_view letters, char first, char last) {
    return std::all_of(letters.begin(), letters.end(), [&](char c) { return c >= first && c <= last; });
  };
  const std::string_view locale = text;
  const bool language = locale.size() == 2 && all(locale, 'a', 'z');
  const bool country = locale.size() == 5 && all(locale.substr(0, 2), 'a', 'z') && locale[2] == '_' && all(locale.substr(3), 'A', 'Z');
  if (!language && !country) return Invalid(id + " must be a language or a language and a country, such as fr or fr_FR");
  return value;
}

struct Definition {
  std::string_view id;
  std::string_view description;  // the documentation's words: the manual's example shows them
  std::string_view french_description;
  Check check;  // null: NAT, which is no text
};

// In the documented order.
constexpr std::array kDefinitions = {
    Definition{"plugin_server", "The plugins repository URL", "L'URL du dépôt de greffons", CheckPluginServer},
    Definition{"http_proxy", "The proxy for HTTP requests. Format is \"http://[user:password@]host:port\"",
               "Le proxy des requêtes HTTP. Le format est « http://[utilisateur:mot_de_passe@]hôte:port »", CheckHttpProxy},
    Definition{"ftp_proxy", "The proxy for FTP requests. Format is \"http://[user:password@]host:port\"",
               "Le proxy des requêtes FTP. Le format est « http://[utilisateur:mot_de_passe@]hôte:port »", CheckHttpProxy},
    Definition{"https_proxy", "The proxy for HTTPS requests. Format is \"host:port\"",
               "Le proxy des requêtes HTTPS. Le format est « hôte:port »", CheckHttpsProxy},
    Definition{"locale", "The current locale. Example: fr_FR", "La langue utilisée. Exemple : fr_FR", CheckLocale},
    Definition{"NAT", "Set to 1 if all the devices are behind a NAT.", "Mettre à 1 si tous les appareils sont derrière un NAT.", nullptr},
};

constexpr std::string_view kDefaultPluginServer = "http://provd.xivo.solutions/plugins/1/stable";

const Definition* DefinitionOf(std::string_view id) {
  const auto found = std::find_if(kDefinitions.begin(), kDefinitions.end(), [&](const Definition& each) { return each.id == id; });
  return found == kDefinitions.end() ? nullptr : &*found;
}

std::map<std::string, Json, std::less<>> Defaults() {
  std::map<std::string, Json, std::less<>> values;
  for (const Definition& definition : kDefinitions) values.emplace(definition.id, nullptr);
  values["plugin_server"] = kDefaultPluginServer;
  values["NAT"] = 0;
  return values;
}

// The value to keep for what a client put.
Result<Json> Accept(const Definition& definition, const Json& value) {
  const std::string id(definition.id);
  if (definition.check == nullptr) {
    if (value.is_null()) return Json(0);
    for (const int number : {0, 1})
      if ((value.is_number_integer() && value == number) || value == std::to_string(number)) return Json(number);
    return Invalid(id + " must be 0 or 1");
  }
  if (value.is_null()) return value;
  if (!value.is_string()) return Invalid(id + " must be a string or null");
  if (value.get_ref<const std::string&>().size() > kLongestParameter)
    return Invalid(id + " must not be longer than " + std::to_string(kLongestParameter) + " bytes");
  return definition.check(id, value);
}

}  // namespace

Result<std::unique_ptr<Parameters>> Parameters::Load(Store& store, Faults& faults) {
  auto kept = store.List(kCollection);
  if (!kept) return Fail(kept.error());
  std::unique_ptr<Parameters> parameters(new Parameters(store, faults));
  parameters->values_ = Defaults();
  for (auto& [id, value] : *kept) {
    const Definition* definition = DefinitionOf(id);
    if (definition == nullptr) continue;  // of another version
    auto accepted = Accept(*definition, value);
    if (!accepted) return Fail(ErrorKind::kInvalid, "the kept value of " + id + " can't be used: " + accepted.error().message);
    parameters->values_[id] = std::move(*accepted);
  }
  return parameters;
}

std::vector<Parameter> Parameters::List(std::string_view locale) const {
  const bool french = locale.substr(0, locale.find('_')) == "fr";
  std::vector<Parameter> parameters;
  std::lock_guard lock(mutex_);
  for (const Definition& definition : kDefinitions)
    parameters.push_back({std::string(definition.id), std::string(french ? definition.french_description : definition.description),
                          values_.find(definition.id)->second});
  return parameters;
}

Result<Json> Parameters::Get(std::string_view id) const {
  std::lock_guard lock(mutex_);
  const auto value = values_.find(id);
  if (value == values_.end()) return Fail(ErrorKind::kNotFound, "there is no parameter '" + std::string(id) + "'");
  return value->second;
}

Result<> Parameters::Set(std::string_view id, const Json& value) {
  const Definition* definition = DefinitionOf(id);
  if (definition == nullptr) return Fail(ErrorKind::kNotFound, "there is no parameter '" + std::string(id) + "'");
  auto accepted = Accept(*definition, value);
  if (!accepted) {
    if (value.is_string() && definition->check != nullptr && faults_.refused_put_changes_nothing.Strikes()) {
      std::lock_guard lock(mutex_);
      values_.find(id)->second = value;
    }
    return Fail(accepted.error());
  }
  if (faults_.put_is_read_back.Strikes()) return {};
  if (value.is_null() && (definition->check == nullptr ? faults_.null_resets_nat : faults_.null_unsets).Strikes()) return {};
  std::lock_guard writing(writing_);
  if (!faults_.values_survive_restart.Strikes() && (id == "locale" || !faults_.other_values_survive_restart.Strikes()))
    if (auto kept = store_.Put(kCollection, id, *accepted); !kept) return kept;
  std::lock_guard lock(mutex_);
  values_.find(id)->second = std::move(*accepted);
  return {};
}

std::string Parameters::Text(std::string_view id) const {
  std::lock_guard lock(mutex_);
  const Json& value = values_.find(id)->second;
  return value.is_string() ? value.get<std::string>() : "";
}

std::string Parameters::plugin_server() const { return Text("plugin_server"); }
std::string Parameters::http_proxy() const { return Text("http_proxy"); }
std::string Parameters::https_proxy() const { return Text("https_proxy"); }
std::string Parameters::locale() const { return Text("locale"); }

bool Parameters::nat() const {
  std::lock_guard lock(mutex_);
  return values_.find("NAT")->second == 1;
}

Result<> Parameters::Reset() {
  std::lock_guard writing(writing_);
  if (auto removed = store_.RemoveAll(kCollection); !removed) return removed;
  std::lock_guard lock(mutex_);
  values_ = Defaults();
  return {};
}

}  // namespace provdlab::server
