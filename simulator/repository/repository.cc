#include "simulator/repository/repository.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "base/files.h"
#include "base/http/server.h"
#include "base/text.h"
#include "simulator/repository/action.h"
#include "simulator/repository/archive.h"
#include "simulator/repository/directory.h"
#include "simulator/repository/embedded_fixtures.h"
#include "simulator/repository/package.h"
#include "simulator/repository/transfer.h"

namespace provdlab::repository {
namespace {

// Answers that hang on purpose would use up any patience.
constexpr std::chrono::milliseconds kGrace{200};
constexpr std::string_view kDatabase = "plugins.db";
constexpr std::string_view kEverything = "*";
constexpr std::string_view kPage =
    "<!DOCTYPE html>\n<html><head><title>Welcome</title></head>\n<body><h1>Welcome to our network</h1><p>Please sign in to go "
    "on.</p></body></html>\n";

// A package on offer.
struct Item {
  Package package;
  std::string fixture = {};  // empty: from the directory
  Json entry = {};           // as it is shown in plugins.db
  int revision = 0;
  std::uint64_t padded = 0;
  bool listed = true;
};

struct SwitchedOn {
  Fault fault;
  int seen = 0;  // matching requests since it was added
  int hits = 0;  // of those, how many it was applied to

  bool AppliesToNext() const { return !fault.request || seen + 1 >= *fault.request; }
  std::optional<int> Remaining() const {
    if (fault.times) return *fault.times - hits;
    if (fault.request) return 1 - hits;
    return std::nullopt;
  }
};

// What a path stands for: what faults call it, and its bytes if there are any.
struct Resource {
  std::string target;
  Bytes bytes = {};
  std::string type = "application/octet-stream";
  const Item* item = nullptr;  // of an archive; valid while the state is locked
};

// The path of a request without its first slash; kInvalid for one that could lead out of what is served.
Result<std::string> CleanPath(std::string_view raw) {
  std::optional<std::string> path = http::PercentDecode(raw);
  if (!path) return Fail(ErrorKind::kInvalid, "the path has a '%' without two hexadecimal digits");
  if (!path->starts_with('/')) return Fail(ErrorKind::kInvalid, "the path must begin with '/'");
  for (const char c : *path) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == 0x7f)
      return Fail(ErrorKind::kInvalid, "the path has a character that no file here has");
  }
  path->erase(0, 1);
  for (const std::string_view part : Split(*path, '/')) {
    if (part == "." || part == "..") return Fail(ErrorKind::kInvalid, "the path has a '" + std::string(part) + "' in it");
  }
  return std::move(*path);
}

// An answer before it is framed.
struct Answer {
  int status = 200;
  std::string type = "application/octet-stream";
  Bytes body = {};
  http::Headers headers = {};
};

Answer Sentence(int status, const std::string& text) {
  return {.status = status, .type = "text/plain; charset=utf-8", .body = std::make_shared<const std::string>(text + "\n")};
}

std::string Flipped(std::string bytes, std::uint64_t from, std::uint64_t count) {
  if (bytes.empty()) return bytes;
  // An offset beyond the end means the last byte: a fault that does nothing would be no fault.
  from = std::min<std::uint64_t>(from, bytes.size() - 1);
  count = std::min<std::uint64_t>(std::max<std::uint64_t>(count, 1), bytes.size() - from);
  for (std::uint64_t i = from; i < from + count; ++i) bytes[i] = static_cast<char>(~bytes[i]);
  return bytes;
}

}  // namespace

struct Repository::Impl {
  explicit Impl(Options given) : options(std::move(given)) {}

  Options options;
  const Fixtures& fixtures = EmbeddedFixtures();
  Holds holds;
  admin::Journal journal;

  std::mutex look_mutex;     // held by the thread that looks at the directory, before `mutex`
  mutable std::mutex mutex;  // never held while bytes are made or sent
  std::map<std::string, Item> items;
  std::vector<Package> unlisted;  // older versions in the directory: reachable, not in plugins.db
  Directory directory;            // as it was read last
  std::map<int, SwitchedOn> faults;
  int last_fault = 0;

  std::unique_ptr<http::Server> server;  // last, so that nothing is answered from what has gone

  // --- what is on offer

  // As after the start. Mints outside the lock.
  Result<> Load() {
    if (!options.directory.empty()) {
      Result<Directory> read = ReadDirectory(options.directory);
      if (!read) return Fail(read.error());
      const std::scoped_lock lock(mutex);
      items.clear();
      TakeLocked(std::move(*read));
      return {};
    }
    std::map<std::string, Item> fresh;
    {
      const Json documented = options.documented_list ? ParseJson(fixtures.documented_list()).value_or(Json::object()) : Json();
      for (const auto& [name, fixture] : fixtures.all()) {
        if (!fixture.settings.value("offered", false)) continue;
        Result<Package> package = Build(fixtures, {.id = name, .fixture = name, .seed = options.seed});
        if (!package) return Fail(package.error());
        Item item{.package = std::move(*package), .fixture = name};
        item.entry = item.package.entry;
        if (options.documented_list) {
          item.listed = documented.contains(name);
          if (item.listed) item.entry = documented.at(name);
        }
        fresh.emplace(name, std::move(item));
      }
    }
    const std::scoped_lock lock(mutex);
    items = std::move(fresh);
    return {};
  }

  // Offers what was read; what was minted meanwhile, and taken out of the list, stays so. The lock is held.
  void TakeLocked(Directory read) {
    std::map<std::string, Item> fresh;
    unlisted.clear();
    for (const Package& package : read.packages) {
      Item item{.package = package};
      item.entry = package.entry;
      if (const auto before = items.find(package.id); before != items.end()) item.listed = before->second.listed;
      const auto known = fresh.find(package.id);
      if (known != fresh.end()) unlisted.push_back(std::move(known->second.package));
      fresh.insert_or_assign(package.id, std::move(item));
    }
    for (auto& [id, item] : items)
      if (!item.fixture.empty()) fresh.insert_or_assign(id, std::move(item));
    items = std::move(fresh);
    directory = std::move(read);
  }

  // Reads archives that have come, changed or gone since the last look. One thread at a time.
  void LookAgain() {
    if (options.directory.empty()) return;
    const std::scoped_lock looking(look_mutex);
    Directory before;
    {
      const std::scoped_lock lock(mutex);
      before = directory;
    }
    if (StampsOf(options.directory) == before.stamps) return;
    Result<Directory> read = ReadDirectory(options.directory, before);
    if (!read) return;  // the folder has gone: what was served before stays
    std::vector<std::string> fresh = read->problems;
    std::erase_if(fresh, [&](const std::string& problem) {
      return std::find(before.problems.begin(), before.problems.end(), problem) != before.problems.end();
    });
    {
      const std::scoped_lock lock(mutex);
      TakeLocked(std::move(*read));
    }
    for (const std::string& problem : fresh)
      if (options.on_problem) options.on_problem(problem);
  }

  // A file that somebody has put below "files" in the directory; null if there is none.
  Bytes FileBeside(const std::string& path) const {
    constexpr std::uint64_t kLargestFile = 1ull << 30;
    if (options.directory.empty() || !path.starts_with("files/")) return nullptr;
    Result<std::string> bytes = ReadFile(std::filesystem::path(options.directory) / path, kLargestFile);
    return bytes ? std::make_shared<const std::string>(std::move(*bytes)) : nullptr;
  }

  // plugins.db; the lock is held.
  Json DatabaseLocked() const {
    Json database = Json::object();
    for (const auto& [id, item] : items) {
      if (item.listed) database[id] = item.entry;
    }
    return database;
  }

  // The manual's list stays as it is written for as long as nothing else is listed.
  std::string DatabaseText(const Json& database) const {
    if (options.documented_list && database == ParseJson(fixtures.documented_list()).value_or(Json())) return fixtures.documented_list();
    return DumpJson(database);
  }

  // What `path` stands for; the lock is held.
  Resource FindLocked(const std::string& path) const {
    if (path == kDatabase) return {.target = path, .type = "application/json"};
    for (const auto& [id, item] : items) {
      if (path == item.package.file || path == item.entry.value("filename", Json())) {
        return {.target = id, .bytes = item.package.archive, .type = "application/x-bzip2", .item = &item};
      }
      const std::string below = "files/" + id + "/";
      if (!path.starts_with(below)) continue;
      const auto file = item.package.files.find(path.substr(below.size()));
      if (file != item.package.files.end()) return {.target = path, .bytes = file->second};
    }
    for (const Package& package : unlisted) {
      if (path == package.file) return {.target = path, .bytes = package.archive, .type = "application/x-bzip2"};
    }
    return {.target = path};
  }

  // --- faults

  // The actions that apply to the next request of a target, in one object; null if none does. The lock is held.
  Json ApplyFaultsLocked(const std::string& target, const std::string& path) {
    Json action;
    for (auto at = faults.begin(); at != faults.end();) {
      SwitchedOn& one = at->second;
      bool ended = false;
      if (one.fault.target == kEverything || one.fault.target == target || one.fault.target == path) {
        if (one.AppliesToNext()) {
          action = action.is_null() ? one.fault.action : Combine(action, one.fault.action);
          ++one.hits;
        }
        ++one.seen;
        ended = one.Remaining().value_or(1) <= 0;
      }
      at = ended ? faults.erase(at) : std::next(at);
    }
    return action;
  }

  // --- answering

  http::Response Respond(const http::Request& request) {
    const Result<std::string> path = CleanPath(request.raw_path());
    if (path && *path == kDatabase) LookAgain();
    Resource resource;
    Json applied;
    Json database;
    std::optional<Recipe> other;  // what to make instead of the right archive
    {
      const std::scoped_lock lock(mutex);
      resource = path ? FindLocked(*path) : Resource{.target = std::string(request.raw_path())};
      applied = ApplyFaultsLocked(resource.target, path.value_or(""));
      if (resource.target == kDatabase) database = DatabaseLocked();
      if (resource.item != nullptr && !resource.item->fixture.empty()) {
        const Item& item = *resource.item;
        other = Recipe{.id = item.package.id,
                       .fixture = item.fixture,
                       .version = item.package.version,
                       .bytes = item.padded,
                       .seed = options.seed,
                       .revision = item.revision + 1};
      }
      resource.item = nullptr;
    }
    if (path && !resource.bytes) resource.bytes = FileBeside(*path);
    // Actions were checked when they were added, so that reading one can't fail.
    const Action action = applied.is_null() ? Action() : ReadAction(applied).value_or(Action());

    Json entry = {{"when", FormatInstant(SystemClock::Get().Wall())},
                  {"method", request.method},
                  {"path", std::string(request.target)},
                  {"target", resource.target},
                  {"peer", request.peer},
                  {"user_agent", request.headers.Get("User-Agent").value_or("")},
                  {"status", 0},
                  {"bytes", 0},
                  {"fault", applied.is_null() ? "" : DumpJson(applied)},
                  {"whole", false}};

    if (action.connection != Action::Connection::kServe) {
      Ended(journal.Add(std::move(entry)), 0, false);
      http::Response silent;
      silent.delay = action.delay;
      silent.manner = action.connection == Action::Connection::kHang    ? http::Response::Manner::kHang
                      : action.connection == Action::Connection::kClose ? http::Response::Manner::kClose
                                                                        : http::Response::Manner::kReset;
      return silent;
    }

    Answer answer = RightAnswer(request, path, resource, database, action);
    Misbehave(answer, request, resource, other, action);
    entry["status"] = answer.status;
    return Framed(request, std::move(answer), action, resource.target, journal.Add(std::move(entry)));
  }

  Answer RightAnswer(const http::Request& request, const Result<std::string>& path, const Resource& resource, Json& database,
                     const Action& action) const {
    if (!path) return Sentence(400, path.error().message);
    if (request.method != "GET" && request.method != "HEAD") {
      Answer answer = Sentence(405, "A plugin repository answers GET and HEAD.");
      answer.headers.Set("Allow", "GET, HEAD");
      return answer;
    }
    if (resource.target == kDatabase) {
      const bool patched = !action.entries.empty();
      Patch(database, action.entries);
      return {.status = 200,
              .type = resource.type,
              .body = std::make_shared<const std::string>(patched ? DumpJson(database) : DatabaseText(database))};
    }
    if (!resource.bytes) return Sentence(404, "There is no such file here; plugins.db names the packages.");
    return {.status = 200, .type = resource.type, .body = resource.bytes};
  }

  // What the action makes of status and content.
  void Misbehave(Answer& answer, const http::Request& request, const Resource& resource, const std::optional<Recipe>& other,
                 const Action& action) const {
    if (action.redirect || action.redirect_loop) {
      answer = Sentence(action.status.value_or(302), "It is elsewhere.");
      answer.headers.Set("Location", action.redirect_loop ? request.target : *action.redirect);
    } else if (action.status) {
      answer = *action.status < 300 && answer.status == 200 ? answer : Sentence(*action.status, "This status was asked for.");
      answer.status = *action.status;
      if (answer.status == 401) answer.headers.Set("WWW-Authenticate", "Basic realm=\"plugins\"");
    }
    if (action.retry_after) answer.headers.Set("Retry-After", std::to_string(*action.retry_after));
    if (action.body) answer.body = std::make_shared<const std::string>(*action.body);
    switch (action.content) {
      case Action::Content::kRight:
        break;
      case Action::Content::kHtml:
        answer.type = "text/html; charset=utf-8";
        answer.body = std::make_shared<const std::string>(kPage);
        break;
      case Action::Content::kEmpty:
        answer.body = std::make_shared<const std::string>();
        break;
      case Action::Content::kNotJson:
        answer.body = std::make_shared<const std::string>("plugins: [not JSON\n");
        break;
      case Action::Content::kHalf:
        answer.body = std::make_shared<const std::string>(answer.body->substr(0, answer.body->size() / 2));
        break;
      case Action::Content::kOther:
        answer.body = OtherBytes(answer.body, resource.target, other);
        break;
      case Action::Content::kDocumented:
        answer.body = std::make_shared<const std::string>(fixtures.documented_list());
        break;
    }
    if (action.corrupt_from) {
      answer.body = std::make_shared<const std::string>(Flipped(*answer.body, *action.corrupt_from, action.corrupt_bytes.value_or(1)));
    }
  }

  // Another archive of the same package where one can be made, else noise of the same size.
  Bytes OtherBytes(const Bytes& right, const std::string& target, const std::optional<Recipe>& other) const {
    if (other) {
      if (Result<Package> package = Build(fixtures, *other)) return package->archive;
    }
    return std::make_shared<const std::string>(Noise(options.seed + 1, target, right->size()));
  }

  http::Response Framed(const http::Request& request, Answer answer, const Action& action, const std::string& target,
                        std::uint64_t sequence) {
    http::Response response;
    response.status = answer.status;
    response.headers = std::move(answer.headers);
    response.headers.Set("Content-Type", answer.type);
    for (const auto& [name, value] : action.headers) response.headers.Set(name, value);
    response.delay = action.delay;

    const std::uint64_t size = answer.body->size();
    std::uint64_t declared = action.length.value_or(size);
    if (action.length_change)
      declared = static_cast<std::uint64_t>(std::max<std::int64_t>(0, static_cast<std::int64_t>(size) + *action.length_change));
    if (!action.chunked) response.declared_length = declared;
    if (request.method == "HEAD" || answer.status == 204 || answer.status == 304) {
      Ended(sequence, 0, true);
      return response;
    }
    Pace pace{.bandwidth = action.bandwidth, .cut = action.cut, .hang_after = action.hang_after};
    // A body that is shorter than it claims can only be followed by the connection's end.
    if (!action.chunked && declared > size && !pace.cut) pace.cut = size;
    response.source =
        holds.Send(target, answer.body, pace, [this, sequence](std::uint64_t bytes, bool whole) { Ended(sequence, bytes, whole); });
    return response;
  }

  void Ended(std::uint64_t sequence, std::uint64_t bytes, bool whole) {
    journal.Amend(sequence, {{"bytes", bytes}, {"whole", whole}});
    if (!options.on_request) return;
    if (const std::optional<Json> entry = journal.Find(sequence)) options.on_request(*entry);
  }
};

Repository::Repository(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {
  // Fixtures can be minted before the start; a directory is read by Start, which can say what is wrong with it.
  if (impl_->options.directory.empty()) static_cast<void>(impl_->Load());
}

Repository::~Repository() { Stop(); }

Result<std::uint16_t> Repository::Start() {
  if (impl_->server) return Fail(ErrorKind::kConflict, "the repository has been started already");
  if (!impl_->options.directory.empty()) {
    if (impl_->options.documented_list)
      return Fail(ErrorKind::kInvalid, "the manual's list and a directory of packages can't both be served");
    if (const Result<> loaded = impl_->Load(); !loaded) return Fail(loaded.error());
  }
  auto server = std::make_unique<http::Server>(
      http::ServerOptions{.bind = impl_->options.bind, .port = impl_->options.port, .server_header = "provdlab-repository"},
      [impl = impl_.get()](const http::Request& request) { return impl->Respond(request); });
  Result<std::uint16_t> port = server->Start();
  if (port) impl_->server = std::move(server);
  return port;
}

void Repository::Stop() {
  impl_->holds.ReleaseAll();
  if (impl_->server) impl_->server->Stop(kGrace);
}

std::uint16_t Repository::port() const { return impl_->server ? impl_->server->port() : std::uint16_t{0}; }

std::vector<std::string> Repository::problems() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->directory.problems;
}

namespace {

Published Describe(const Item& item) {
  return {.id = item.package.id,
          .version = item.package.version,
          .file = item.package.file,
          .size = item.package.archive->size(),
          .sha1sum = item.package.entry.value("sha1sum", "")};
}

}  // namespace

Result<Published> Repository::Publish(const Publication& publication) {
  Recipe recipe{.id = publication.id,
                .fixture = publication.fixture,
                .version = publication.version,
                .bytes = publication.bytes,
                .seed = impl_->options.seed};
  Json kept;
  {
    const std::scoped_lock lock(impl_->mutex);
    const auto known = impl_->items.find(publication.id);
    if (known != impl_->items.end()) {
      const Item& item = known->second;
      if (recipe.fixture.empty()) recipe.fixture = item.fixture;
      if (publication.keep_entry) {
        recipe.version = item.package.version;
        recipe.revision = item.revision + 1;
        if (recipe.bytes == 0) recipe.bytes = item.padded;
        kept = item.entry;
      }
    } else if (publication.keep_entry) {
      return Fail(ErrorKind::kNotFound, "there is no package \"" + publication.id + "\" to replace");
    }
  }
  if (recipe.fixture.empty()) recipe.fixture = "minimal";

  Result<Package> package = Build(impl_->fixtures, recipe);  // without the lock: it may take a while
  if (!package) return Fail(package.error());
  Item item{.package = std::move(*package),
            .fixture = recipe.fixture,
            .revision = recipe.revision,
            .padded = recipe.bytes,
            .listed = publication.listed};
  item.entry = kept.is_object() ? kept : item.package.entry;
  if (kept.is_object()) SetDigest(item.entry, *item.package.archive);
  if (!publication.entry.is_null()) {
    if (!publication.entry.is_object()) return Fail(ErrorKind::kInvalid, "a package's entry is overlaid by an object");
    item.entry.update(publication.entry);
  }
  for (const std::string& member : publication.without_entry) item.entry.erase(member);
  Published published = Describe(item);
  const std::scoped_lock lock(impl_->mutex);
  impl_->items.insert_or_assign(publication.id, std::move(item));
  return published;
}

Result<> Repository::List(const std::string& id) {
  const std::scoped_lock lock(impl_->mutex);
  const auto known = impl_->items.find(id);
  if (known == impl_->items.end()) return Fail(ErrorKind::kNotFound, "there is no package \"" + id + "\"");
  known->second.listed = true;
  return {};
}

Result<> Repository::Unlist(const std::string& id) {
  const std::scoped_lock lock(impl_->mutex);
  const auto known = impl_->items.find(id);
  if (known == impl_->items.end()) return Fail(ErrorKind::kNotFound, "there is no package \"" + id + "\"");
  known->second.listed = false;
  return {};
}

Result<> Repository::Remove(const std::string& id) {
  const std::scoped_lock lock(impl_->mutex);
  if (impl_->items.erase(id) == 0) return Fail(ErrorKind::kNotFound, "there is no package \"" + id + "\"");
  return {};
}

std::vector<Published> Repository::packages() const {
  const std::scoped_lock lock(impl_->mutex);
  std::vector<Published> list;
  for (const auto& [id, item] : impl_->items) list.push_back(Describe(item));
  return list;
}

std::string Repository::Database() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->DatabaseText(impl_->DatabaseLocked());
}

Result<int> Repository::AddFault(const Fault& fault) {
  if (fault.target.empty()) {
    return Fail(ErrorKind::kInvalid, "a fault needs a target: \"plugins.db\", a package's id, \"files/ID/NAME\", or \"*\" for everything");
  }
  if (const Result<Action> action = ReadAction(fault.action); !action) return Fail(action.error());
  if (fault.times && *fault.times < 1) return Fail(ErrorKind::kInvalid, "a fault's times must be at least 1");
  if (fault.request && *fault.request < 1) return Fail(ErrorKind::kInvalid, "a fault's request counts from 1");
  const std::scoped_lock lock(impl_->mutex);
  const int id = ++impl_->last_fault;
  impl_->faults.emplace(id, SwitchedOn{.fault = fault});
  return id;
}

Result<> Repository::RemoveFault(int id) {
  const std::scoped_lock lock(impl_->mutex);
  if (impl_->faults.erase(id) == 0)
    return Fail(ErrorKind::kNotFound, "there is no fault " + std::to_string(id) + "; perhaps it has ended by itself");
  return {};
}

void Repository::RemoveFaults() {
  const std::scoped_lock lock(impl_->mutex);
  impl_->faults.clear();
}

Json Repository::faults() const {
  const std::scoped_lock lock(impl_->mutex);
  Json list = Json::array();
  for (const auto& [id, one] : impl_->faults) {
    const auto number = [](const std::optional<int>& value) { return value ? Json(*value) : Json(); };
    list.push_back({{"id", id},
                    {"target", one.fault.target},
                    {"do", one.fault.action},
                    {"times", number(one.fault.times)},
                    {"request", number(one.fault.request)},
                    {"hits", one.hits},
                    {"remaining", number(one.Remaining())}});
  }
  return list;
}

Result<> Repository::Hold(const std::string& target, std::uint64_t bytes) {
  if (target.empty()) return Fail(ErrorKind::kInvalid, "a hold needs a target: \"plugins.db\", a package's id or \"files/ID/NAME\"");
  impl_->holds.Hold(target, bytes);
  return {};
}

Result<> Repository::Release(const std::string& target) { return impl_->holds.Release(target); }

Result<> Repository::AwaitHeld(const std::string& target, std::chrono::milliseconds deadline) {
  return impl_->holds.Await(target, deadline);
}

Json Repository::holds() const { return impl_->holds.List(); }

std::vector<JournalEntry> Repository::Journal(std::uint64_t after, const std::string& target) const {
  std::vector<JournalEntry> entries;
  const Json seen = impl_->journal.After(after);
  for (const Json& entry : seen.at("entries")) {
    if (!target.empty() && entry.at("target") != target) continue;
    entries.push_back({.sequence = entry.at("sequence"),
                       .when = entry.at("when"),
                       .method = entry.at("method"),
                       .path = entry.at("path"),
                       .target = entry.at("target"),
                       .peer = entry.at("peer"),
                       .user_agent = entry.at("user_agent"),
                       .status = entry.at("status"),
                       .bytes = entry.at("bytes"),
                       .fault = entry.at("fault"),
                       .whole = entry.at("whole")});
  }
  return entries;
}

std::uint64_t Repository::last_sequence() const { return impl_->journal.last(); }

admin::Journal& Repository::journal() { return impl_->journal; }

void Repository::Reset() {
  RemoveFaults();
  impl_->holds.ReleaseAll();
  // A directory that has gone meanwhile leaves what was served before.
  static_cast<void>(impl_->Load());
  impl_->journal.Clear();
}

}  // namespace provdlab::repository
