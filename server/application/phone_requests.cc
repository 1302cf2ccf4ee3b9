#include "server/application/phone_requests.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "server/documents/device_rules.h"

namespace provdlab::server {
namespace {

constexpr std::size_t kNearestNames = 5;

// What is remembered of one text that a phone sent. No pattern looks at longer ones.
constexpr std::size_t kLongestRemembered = 1'024;

void Clip(std::string& text) {
  if (text.size() <= kLongestRemembered) return;
  text.resize(kLongestRemembered);
  text.shrink_to_fit();
}

FileRequest Clipped(FileRequest request) {
  PhoneRequest& seen = request.sighting.request;
  for (std::string* text : {&seen.user_agent, &seen.path, &seen.file_name, &request.method}) Clip(*text);
  for (auto& [code, value] : seen.options) Clip(value);
  request.path.clear();  // the answer has it
  return request;
}

bool Fits(const Explanation& explanation, const ExplanationQuery& query) {
  if (explanation.number <= query.after) return false;
  const Understanding& understood = explanation.understanding;
  if (!query.ip.empty() && explanation.request.sighting.ip != query.ip) return false;
  if (!query.device.empty() && understood.device != query.device) return false;
  if (query.mac.empty()) return true;
  return understood.identity.mac == query.mac || (understood.after && TextOf(understood.after->json, "mac") == query.mac);
}

}  // namespace

FileAnswer PhoneRequests::Find(const FileRequest& request, const Understanding& understanding) const {
  FileAnswer answer{.path = Join(request.path, "/")};
  if (understanding.after) answer.plugin = TextOf(understanding.after->json, "plugin");
  if (!request.reads) {
    answer.route = FileRoute::kNotRead;
    return answer;
  }
  if (!understanding.after) {
    answer.route = FileRoute::kNobody;
    return answer;
  }
  return surroundings_.files.Find(understanding.after->json, request.path, request.sighting.request.protocol, understanding.config.get());
}

bool PhoneRequests::IsSensitive(const FileAnswer& answer, const Understanding& understanding) const {
  if (answer.path.empty()) return false;
  const auto says = [&](const PhonePlugin& plugin) { return plugin.phones->IsSensitive(answer.path); };
  const auto& plugins = understanding.plugins;
  const auto own = std::find_if(plugins.begin(), plugins.end(), [&](const PhonePlugin& plugin) { return plugin.id == answer.plugin; });
  return own != plugins.end() ? says(*own) : std::any_of(plugins.begin(), plugins.end(), says);
}

bool PhoneRequests::TakeKey(FileRequest& request) const {
  if (surroundings_.keys == nullptr || !surroundings_.keys->any()) return true;
  PhoneRequest& seen = request.sighting.request;
  if (seen.protocol != PhoneRequest::Protocol::kHttp) return true;
  const auto tenant = request.path.empty() ? std::nullopt : surroundings_.keys->TenantOf(request.path.front());
  if (!tenant) return surroundings_.keys->Excuses();
  request.sighting.tenant = *tenant;
  request.path.erase(request.path.begin());
  if (request.path.empty() && surroundings_.keys->Confuses()) request.reads = false;
  seen.path = "/" + Join(request.path, "/");
  return true;
}

Answered PhoneRequests::Ask(FileRequest request) {
  if (!TakeKey(request)) {
    FileAnswer refused{.route = FileRoute::kNoKey, .path = Join(request.path, "/")};
    Remember(request, {}, refused, false);
    return {std::move(refused), std::nullopt};
  }
  auto understanding = surroundings_.identification.Identify(request.sighting);
  if (!understanding) {
    FileAnswer failed{.route = FileRoute::kFailed, .path = Join(request.path, "/"), .problem = understanding.error().message};
    surroundings_.log("a request of " + request.sighting.ip + " could not be answered: " + failed.problem);
    Remember(request, {}, failed, false);
    return {std::move(failed), std::nullopt};
  }
  FileAnswer answer = Find(request, *understanding);
  if (answer.route == FileRoute::kFailed)
    surroundings_.log("the file " + answer.path + " could not be given to " + request.sighting.ip + ": " + answer.problem);
  const bool sensitive = IsSensitive(answer, *understanding);
  if (sensitive)
    surroundings_.sensitive("sensitive file " + answer.path + " asked for by " + request.sighting.ip + ", " +
                            (understanding->device ? "device " + *understanding->device : "no device") + ": " +
                            (answer.route == FileRoute::kFile ? "served" : "refused (" + std::string(RouteName(answer.route)) + ")"));
  auto device = understanding->device;
  Remember(request, std::move(*understanding), answer, sensitive);
  return {std::move(answer), std::move(device)};
}

void PhoneRequests::Refuse(const FileRequest& request, std::string problem) {
  Remember(request, {}, {.route = FileRoute::kNotUnderstood, .path = Join(request.path, "/"), .problem = std::move(problem)}, false);
}

void PhoneRequests::Sent(const Answered& answered) {
  if (!answered.device || !answered.file.file) return;
  const bool own = answered.file.file->of() == PhoneFile::Of::kDevice;
  if (auto told = surroundings_.identification.Fetched(*answered.device, answered.file.path, own); !told)
    surroundings_.log("that the device '" + *answered.device + "' has its file could not be kept: " + told.error().message);
}

Result<> PhoneRequests::Leased(const DhcpInfo& lease) {
  const FileRequest request{.sighting = SightingOf(lease), .method = "commit", .reads = false};
  auto understanding = surroundings_.identification.Identify(request.sighting);
  if (!understanding) return Fail(understanding.error());
  const FileAnswer answer = Find(request, *understanding);
  Remember(request, std::move(*understanding), answer, false);
  return {};
}

Explanation PhoneRequests::Explain(const FileRequest& request, Understanding understanding, const FileAnswer& answer,
                                   bool sensitive) const {
  Explanation explanation;
  explanation.at = (surroundings_.clock != nullptr ? *surroundings_.clock : SystemClock::Get()).Wall();
  explanation.request = Clipped(request);
  if (understanding.after) explanation.scores = SuitabilitiesOf(IdentityOf(understanding.after->json), understanding.plugins);
  understanding.plugins.clear();
  understanding.plugins.shrink_to_fit();
  explanation.understanding = std::move(understanding);
  explanation.answer = {answer.route, answer.plugin, answer.path, std::nullopt, answer.problem};
  Clip(explanation.answer.path);
  if (answer.file) {
    explanation.of = answer.file->of();
    explanation.size = answer.file->size();
  }
  explanation.sensitive = sensitive;
  return explanation;
}

Result<Explanation> PhoneRequests::Suppose(FileRequest request) const {
  if (!TakeKey(request)) return Explain(request, {}, {.route = FileRoute::kNoKey, .path = Join(request.path, "/")}, false);
  auto understanding = surroundings_.identification.Suppose(request.sighting);
  if (!understanding) return Fail(understanding.error());
  const FileAnswer answer = Find(request, *understanding);
  const bool sensitive = IsSensitive(answer, *understanding);
  return Explain(request, std::move(*understanding), answer, sensitive);
}

void PhoneRequests::Remember(const FileRequest& request, Understanding understanding, const FileAnswer& answer, bool sensitive) {
  if (surroundings_.remembered == 0) return;
  auto explanation = std::make_shared<Explanation>(Explain(request, std::move(understanding), answer, sensitive));
  const std::lock_guard lock(mutex_);
  explanation->number = ++last_;
  remembered_.push_back(std::move(explanation));
  if (remembered_.size() > surroundings_.remembered) remembered_.pop_front();
}

std::vector<ExplanationPointer> PhoneRequests::Remembered(const ExplanationQuery& query) const {
  std::vector<ExplanationPointer> found;
  const std::lock_guard lock(mutex_);
  for (const ExplanationPointer& each : remembered_)
    if (Fits(*each, query)) found.push_back(each);
  return found;
}

std::uint64_t PhoneRequests::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

void PhoneRequests::Forget() {
  const std::lock_guard lock(mutex_);
  remembered_.clear();
}

std::vector<std::string> PhoneRequests::NearestFiles(const Explanation& explanation) const {
  const DocumentPointer& device = explanation.understanding.after;
  if (!device || explanation.answer.path.empty() || explanation.answer.route == FileRoute::kFile) return {};
  return NearestTexts(explanation.answer.path, surroundings_.files.NamesFor(device->json), kNearestNames);
}

}  // namespace provdlab::server
