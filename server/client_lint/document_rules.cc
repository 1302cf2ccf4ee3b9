// How a client goes about devices and configs.

#include <algorithm>
#include <array>
#include <functional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/json_order.h"
#include "base/text.h"
#include "server/client_lint/client_memory.h"
#include "server/client_lint/limits.h"
#include "server/client_lint/rule.h"

namespace provdlab::server::lint {
namespace {

// The document in {"device": {…}}, or null.
const Json* DocumentIn(const std::optional<Json>& json, const char* wrapper) {
  if (!json || !json->is_object()) return nullptr;
  const auto document = json->find(wrapper);
  return document != json->end() && document->is_object() ? &*document : nullptr;
}

// The documents of a list that was read, or null.
const Json* DocumentsIn(const Exchange& exchange) {
  if (!exchange.answer_json || !exchange.answer_json->is_object()) return nullptr;
  const auto documents = exchange.answer_json->find(std::string(exchange.Wrapper()) + "s");
  return documents != exchange.answer_json->end() && documents->is_array() ? &*documents : nullptr;
}

// A list of all documents, then one of them, again and again.
// A document that the client made itself is known to it without a list.
class ListFetchedToFindOne : public Rule {
 public:
  explicit ListFetchedToFindOne(const ClientMemory& memory) : memory_(memory) {}

  void See(const Exchange& exchange) override {
    if (exchange.OfDocuments() && exchange.method == "GET" && exchange.status == 200) {
      Round& round = rounds_[exchange.path];
      if (round.sought && !round.several) tally_.Add({round.list, *round.sought});
      round = Round();
      const Json* const documents = DocumentsIn(exchange);
      round.open =
          !exchange.misled && exchange.query.empty() && (!exchange.answer_is_whole || (documents != nullptr && documents->size() > 1));
      round.list = LineOf(exchange);
      round.at = exchange.at;
      return;
    }
    const std::string sought = SoughtBy(exchange);
    if (sought.empty() || !exchange.Succeeded() || memory_.MayHaveMade(sought)) return;
    Round& round = rounds_[sought.substr(0, sought.rfind('/'))];
    if (!round.open || sought == round.path) return;
    round.several = round.several || round.sought || exchange.at - round.at > limits::kSoonAfterTheList;
    if (!round.sought) round.sought = LineOf(exchange);
    round.path = sought;
  }
  std::optional<Finding> Conclude() const override {
    auto finding = tally_.Found("list-fetched-to-find-one", Severity::kWasteful, limits::kListsForOne);
    if (!finding) return finding;
    finding->sentence =
        std::to_string(finding->count) +
        " times a whole list was fetched, and then one of its documents asked for and no other. With ten thousand phones each of these "
        "lists has megabytes.";
    finding->instead = "Let the server find it: q selects by mac, ip, sn, plugin, config or id from an index.";
    finding->command = "curl -G {origin}/provd/dev_mgr/devices --data-urlencode 'q={\"mac\": \"00:11:22:33:44:55\"}'";
    return finding;
  }

 private:
  struct Round {
    bool open = false;
    Line list{};
    std::chrono::steady_clock::time_point at{};
    std::string path{};  // of the document that was sought
    std::optional<Line> sought{};
    bool several = false;  // or too late: it was not fetched to find one
  };

  // The path of the one document that the request is about; empty: none, or several.
  static std::string SoughtBy(const Exchange& exchange) {
    if (exchange.OfDocument()) return exchange.path;
    if (exchange.pattern.ends_with("/raw")) return exchange.path.substr(0, exchange.path.rfind('/'));
    if (exchange.pattern != "/provd/dev_mgr/synchronize" && exchange.pattern != "/provd/dev_mgr/reconfigure") return "";
    const std::string id = SubjectOf(exchange);
    return id.empty() || id.find('/') != std::string::npos ? "" : "/provd/dev_mgr/devices/" + id;
  }

  const ClientMemory& memory_;
  std::unordered_map<std::string, Round> rounds_;  // by the list's path, of which there are two
  Tally tally_;
};

// A member of a document, or one of an object in it. The names are the document's own.
struct Member {
  std::string_view name, inner;  // `inner` is empty for the document's own
  bool is_inner = false;

  std::string Text() const { return is_inner ? std::string(name) + "." + std::string(inner) : std::string(name); }
  std::size_t Hash() const {
    const std::hash<std::string_view> hash;
    return is_inner ? hash(name) * 31 + hash(inner) + 1 : hash(name);
  }
};

std::vector<Member> MembersOf(const Json& document) {
  std::vector<Member> members;
  for (auto member = document.begin(); member != document.end(); ++member) {
    members.push_back({member.key(), {}, false});
    if (!member->is_object()) continue;
    for (auto inner = member->begin(); inner != member->end(); ++inner) members.push_back({member.key(), inner.key(), true});
  }
  return members;
}

// Members that a PUT dropped though the client was never shown that they are there. Who drops what it was shown may mean to.
class MembersLostByPut : public Rule {
 public:
  void See(const Exchange& exchange) override {
    if (exchange.OfDocuments()) {
      if (exchange.Asks() && exchange.status == 200) LearnList(exchange);
      if (exchange.method == "POST" && exchange.Succeeded()) LearnBody(exchange, exchange.location);
    } else if (exchange.OfDocument() && exchange.Succeeded()) {
      if (exchange.method == "DELETE") Forget(exchange.path);
      if (exchange.method == "GET") {
        if (const Json* const document = DocumentIn(exchange.answer_json, exchange.Wrapper())) Learn(exchange.path, *document);
      }
      if (exchange.method == "PUT") {
        if (!exchange.misled) Judge(exchange);
        LearnBody(exchange, exchange.path);
      }
    }
  }
  std::optional<Finding> Conclude() const override {
    auto finding = tally_.Found("members-lost-by-put", Severity::kWrong);
    if (!finding) return finding;
    finding->sentence = Counted(finding->count, "PUT", "PUTs") +
                        " dropped members of which the client had never been told: " + kinds_.Text() + ". PUT replaces the whole document.";
    finding->instead = "GET the document (without fields), change what is to be changed, PUT all of it.";
    finding->command = "curl {origin}" + finding->example.back().target;
    return finding;
  }

 private:
  void Learn(const std::string& path, const Json& document) {
    if (shown_.size() >= limits::kDocuments && !shown_.contains(path)) {
      forgot_ = true;
      return;
    }
    auto& shown = shown_[path];
    for (const Member& member : MembersOf(document)) {
      if (members_ >= limits::kMembers) {
        forgot_ = true;
        return;
      }
      if (shown.insert(member.Hash()).second) ++members_;
    }
  }
  void Forget(const std::string& path) {
    const auto known = shown_.find(path);
    if (known == shown_.end()) return;
    members_ -= known->second.size();
    shown_.erase(known);
  }
  void LearnBody(const Exchange& exchange, const std::string& path) {
    const Json* const document = DocumentIn(exchange.json, exchange.Wrapper());
    if (document != nullptr && !path.empty()) Learn(path, *document);
  }
  void LearnList(const Exchange& exchange) {
    const Json* const documents = DocumentsIn(exchange);
    if (documents == nullptr) {
      forgot_ = true;  // it was sent in pieces: what was in it is not known
      return;
    }
    for (const Json& document : *documents) {
      if (document.is_object() && document.contains("id") && document.at("id").is_string())
        Learn(exchange.path + "/" + document.at("id").get<std::string>(), document);
    }
  }

  void Judge(const Exchange& exchange) {
    const Json* const after = DocumentIn(exchange.json, exchange.Wrapper());
    if (!exchange.before || !exchange.before->is_object() || after == nullptr) return;
    const auto known = shown_.find(exchange.path);
    if (forgot_) return;
    std::unordered_set<std::size_t> kept;
    for (const Member& member : MembersOf(*after)) kept.insert(member.Hash());
    std::string lost;
    for (const Member& member : MembersOf(*exchange.before)) {
      // What the server sees to by itself, or what says nothing that anybody needs.
      static constexpr std::array<std::string_view, 3> kServers = {"id", "configured", "added"};
      if (!member.is_inner && std::find(kServers.begin(), kServers.end(), member.name) != kServers.end()) continue;
      if (kept.contains(member.Hash())) continue;
      if (known != shown_.end() && known->second.contains(member.Hash())) continue;
      // With an object its members go; it is enough to name the object.
      if (member.is_inner && !after->contains(std::string(member.name))) continue;
      kinds_.Add(Quoted(member.Text()));
      if (lost.size() <= limits::kQuotedBytes) lost += (lost.empty() ? "" : ", ") + member.Text();
    }
    if (!lost.empty()) tally_.Add({LineOf(exchange, "lost " + Quoted(lost))});
  }

  std::unordered_map<std::string, std::unordered_set<std::size_t>> shown_;  // hashes of members, by path
  std::size_t members_ = 0;
  bool forgot_ = false;  // from here on nobody is blamed
  Kinds kinds_;
  Tally tally_;
};

class PutChangesNothing : public Rule {
 public:
  void See(const Exchange& exchange) override {
    if (exchange.method != "PUT" || !exchange.OfDocument() || !exchange.Succeeded() || exchange.misled) return;
    ++puts_;
    const Json* const after = DocumentIn(exchange.json, exchange.Wrapper());
    if (!exchange.before || after == nullptr || !AreEqual(Own(*exchange.before), Own(*after))) return;
    tally_.Add({LineOf(exchange)});
  }
  std::optional<Finding> Conclude() const override {
    auto finding = tally_.Found("put-changes-nothing", Severity::kWasteful, limits::kUnchangingPuts);
    if (!finding) return finding;
    finding->sentence =
        std::to_string(finding->count) + " of " + std::to_string(puts_) +
        " PUTs of devices and configs left the document as it was. Each is a write to the disk, and a change of a config concerns every "
        "device below it.";
    finding->instead = "Compare with what GET answers (but for configured) and PUT only what differs.";
    finding->command = "curl {origin}" + finding->example.back().target;
    return finding;
  }

 private:
  // Without what is the server's.
  static Json Own(Json document) {
    document.erase("id");
    document.erase("configured");
    return document;
  }

  std::uint64_t puts_ = 0;
  Tally tally_;
};

}  // namespace

void AddDocumentRules(Rules& rules, const ClientMemory& memory) {
  rules.push_back(std::make_unique<MembersLostByPut>());
  rules.push_back(std::make_unique<ListFetchedToFindOne>(memory));
  rules.push_back(std::make_unique<PutChangesNothing>());
}

}  // namespace provdlab::server::lint
