#include "server/store/store.h"

#include <sqlite3.h>

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace provdlab::server {
namespace {

constexpr int kSchemaVersion = 2;
constexpr int kApplicationId = 0x70726f76;  // "prov": tells our files from other people's databases
constexpr int kBusyMilliseconds = 5'000;

tl::unexpected<Error> Missing(std::string_view collection, std::string_view id) {
  return Fail(ErrorKind::kNotFound, "there is no document '" + std::string(id) + "' in '" + std::string(collection) + "'");
}

// What a document says that was kept in `where`.
Result<Json> Understand(const std::string& where, std::string_view collection, std::string_view id, std::string_view text) {
  auto document = ParseJson(text);
  if (!document)
    return Fail(ErrorKind::kInternal, where + ": the document '" + std::string(id) + "' in '" + std::string(collection) +
                                          "' is damaged: " + document.error().message);
  return document;
}

class MemoryStore : public Store {
 public:
  Result<Json> Get(std::string_view collection, std::string_view id) const override {
    std::lock_guard lock(mutex_);
    const auto documents = collections_.find(collection);
    if (documents == collections_.end()) return Missing(collection, id);
    const auto document = documents->second.find(id);
    if (document == documents->second.end()) return Missing(collection, id);
    return Understand(kHere, collection, id, document->second.text);
  }

  Result<> Read(std::string_view collection, const Visitor& visit) const override {
    std::lock_guard lock(mutex_);
    const auto documents = collections_.find(collection);
    if (documents == collections_.end()) return {};
    for (const auto& [id, kept] : documents->second) {
      auto json = Understand(kHere, collection, id, kept.text);
      if (!json) return Fail(json.error());
      if (auto visited = visit({id, kept.text, std::move(*json), kept.number}); !visited) return visited;
    }
    return {};
  }

  Result<> Put(std::string_view collection, std::string_view id, const Json& document) override {
    return Apply({{std::string(collection), std::string(id), DumpJson(document)}}, Lasting::kNow);
  }

  Result<> Remove(std::string_view collection, std::string_view id) override {
    return Apply({{std::string(collection), std::string(id), std::nullopt}}, Lasting::kNow);
  }

  Result<> RemoveAll(std::string_view collection) override {
    std::lock_guard lock(mutex_);
    if (auto documents = collections_.find(collection); documents != collections_.end()) collections_.erase(documents);
    return {};
  }

  Result<> Apply(const std::vector<Change>& changes, Lasting) override {
    std::lock_guard lock(mutex_);
    for (const Change& change : changes) {
      auto& collection = collections_[change.collection];
      if (change.document) {
        const auto [document, is_new] = collection.try_emplace(change.id);
        document->second.text = *change.document;
        if (is_new) document->second.number = ++last_number_;
      } else {
        collection.erase(change.id);
      }
    }
    return {};
  }

 private:
  static constexpr const char* kHere = "memory";
  struct Text {
    std::string text;
    std::uint64_t number = 0;
  };
  using Texts = std::map<std::string, Text, std::less<>>;  // by id

  mutable std::mutex mutex_;
  std::map<std::string, Texts, std::less<>> collections_;
  std::uint64_t last_number_ = 0;
};

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

// One prepared statement, for one use.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql) {
    sqlite3_stmt* statement = nullptr;
    failed_ = sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) != SQLITE_OK;
    statement_.reset(statement);
  }
  Statement& Bind(std::string_view text) {
    if (!failed_)
      failed_ = sqlite3_bind_text(statement_.get(), ++bound_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT) != SQLITE_OK;
    return *this;
  }
  // SQLITE_ROW, SQLITE_DONE or an error code.
  int Step() { return failed_ ? SQLITE_ERROR : sqlite3_step(statement_.get()); }
  std::string Text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    return text == nullptr ? std::string() : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
  }
  int Integer(int column) const { return sqlite3_column_int(statement_.get(), column); }
  std::uint64_t Number(int column) const { return static_cast<std::uint64_t>(sqlite3_column_int64(statement_.get(), column)); }

 private:
  std::unique_ptr<sqlite3_stmt, FinalizeStatement> statement_;
  int bound_ = 0;
  bool failed_ = false;
};

constexpr const char* kPut =
    "INSERT INTO documents (collection, id, document) VALUES (?1, ?2, ?3) "
    "ON CONFLICT (collection, id) DO UPDATE SET document = excluded.document";

class SqliteStore : public Store {
 public:
  SqliteStore(std::string path, Database database) : path_(std::move(path)), database_(std::move(database)) {}

  Result<Json> Get(std::string_view collection, std::string_view id) const override {
    std::lock_guard lock(mutex_);
    Statement select(database_.get(), "SELECT document FROM documents WHERE collection = ?1 AND id = ?2");
    switch (select.Bind(collection).Bind(id).Step()) {
      case SQLITE_ROW:
        return Understand(path_, collection, id, select.Text(0));
      case SQLITE_DONE:
        return Missing(collection, id);
      default:
        return Problem("read");
    }
  }

  Result<> Read(std::string_view collection, const Visitor& visit) const override {
    std::lock_guard lock(mutex_);
    Statement select(database_.get(), "SELECT id, document, number FROM documents WHERE collection = ?1 ORDER BY id");
    select.Bind(collection);
    int step;
    while ((step = select.Step()) == SQLITE_ROW) {
      Kept kept{select.Text(0), select.Text(1), {}, select.Number(2)};
      auto json = Understand(path_, collection, kept.id, kept.text);
      if (!json) return Fail(json.error());
      kept.json = std::move(*json);
      if (auto visited = visit(std::move(kept)); !visited) return visited;
    }
    if (step != SQLITE_DONE) return Problem("read");
    return {};
  }

  Result<> Put(std::string_view collection, std::string_view id, const Json& document) override {
    const std::string text = DumpJson(document);
    std::lock_guard lock(mutex_);
    Statement insert(database_.get(), kPut);
    if (insert.Bind(collection).Bind(id).Bind(text).Step() != SQLITE_DONE) return Problem("write");
    return {};
  }

  Result<> Remove(std::string_view collection, std::string_view id) override {
    std::lock_guard lock(mutex_);
    Statement remove(database_.get(), "DELETE FROM documents WHERE collection = ?1 AND id = ?2");
    if (remove.Bind(collection).Bind(id).Step() != SQLITE_DONE) return Problem("write");
    return {};
  }

  Result<> RemoveAll(std::string_view collection) override {
    std::lock_guard lock(mutex_);
    Statement remove(database_.get(), "DELETE FROM documents WHERE collection = ?1");
    if (remove.Bind(collection).Step() != SQLITE_DONE) return Problem("write");
    return {};
  }

  Result<> Apply(const std::vector<Change>& changes, Lasting lasting) override {
    std::lock_guard lock(mutex_);
    if (lasting == Lasting::kWithLater) Run("PRAGMA synchronous = NORMAL");
    auto applied = ApplyTogether(changes);
    if (lasting == Lasting::kWithLater) Run("PRAGMA synchronous = FULL");
    return applied;
  }

 private:
  bool Run(const char* sql) { return sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK; }

  Result<> ApplyTogether(const std::vector<Change>& changes) {
    if (!Run("BEGIN IMMEDIATE")) return Problem("write");
    for (const Change& change : changes) {
      if (Write(change)) continue;
      auto problem = Problem("write");
      Run("ROLLBACK");
      return problem;
    }
    if (Run("COMMIT")) return {};
    auto problem = Problem("write");
    Run("ROLLBACK");
    return problem;
  }

  bool Write(const Change& change) {
    if (!change.document) {
      Statement remove(database_.get(), "DELETE FROM documents WHERE collection = ?1 AND id = ?2");
      return remove.Bind(change.collection).Bind(change.id).Step() == SQLITE_DONE;
    }
    Statement insert(database_.get(), kPut);
    return insert.Bind(change.collection).Bind(change.id).Bind(*change.document).Step() == SQLITE_DONE;
  }

  tl::unexpected<Error> Problem(const char* act) const {
    return Fail(ErrorKind::kInternal, std::string("cannot ") + act + " " + path_ + ": " + sqlite3_errmsg(database_.get()));
  }

  const std::string path_;
  mutable std::mutex mutex_;
  Database database_;
};

// The first column of the first row, as a number.
std::optional<int> Number(sqlite3* database, const char* sql) {
  Statement statement(database, sql);
  if (statement.Step() != SQLITE_ROW) return std::nullopt;
  return statement.Integer(0);
}

// A document keeps its number for as long as it is there; the next one gets a greater one than all of them.
std::string Schema() {
  return "CREATE TABLE documents (number INTEGER PRIMARY KEY, collection TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, "
         "UNIQUE (collection, id));"
         "PRAGMA application_id = " +
         std::to_string(kApplicationId) + "; PRAGMA user_version = " + std::to_string(kSchemaVersion) + ";";
}

// Version 1 had no numbers: nobody knows in which order its documents came.
std::string FromVersion1() {
  return "BEGIN IMMEDIATE; ALTER TABLE documents RENAME TO documents_1;" + Schema() +
         "INSERT INTO documents (collection, id, document) SELECT collection, id, document FROM documents_1 ORDER BY collection, id;"
         "DROP TABLE documents_1; COMMIT;";
}

bool Execute(sqlite3* database, const std::string& sql) {
  return sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
}

}  // namespace

Result<std::map<std::string, Json>> Store::List(std::string_view collection) const {
  std::map<std::string, Json> documents;
  auto read = Read(collection, [&](Kept kept) {
    documents.emplace_hint(documents.end(), std::move(kept.id), std::move(kept.json));
    return Result<>();
  });
  if (!read) return Fail(read.error());
  return documents;
}

std::unique_ptr<Store> MakeMemoryStore() { return std::make_unique<MemoryStore>(); }

Result<std::unique_ptr<Store>> OpenStore(const std::string& path, bool used) {
  auto lost = [&](const char* how) {
    return Fail(ErrorKind::kInvalid,
                path + " is " + how +
                    ", though this folder has been used: what was in it has been lost; restore it from a copy, or move the "
                    "whole folder away to begin anew");
  };
  // Before SQLite sees it, which would remove a write-ahead log that is left of it.
  if (used) {
    std::error_code problem;
    const auto bytes = std::filesystem::file_size(path, problem);
    if (problem == std::errc::no_such_file_or_directory) return lost("missing");
    if (!problem && bytes == 0) return lost("empty");
  }
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  Database database(raw);
  if (opened != SQLITE_OK) {
    const std::string why = raw == nullptr ? "out of memory" : sqlite3_errmsg(raw);
    return Fail(ErrorKind::kInternal, "cannot open " + path + ": " + why);
  }
  sqlite3_busy_timeout(raw, kBusyMilliseconds);

  auto damaged = [&](const std::string& why) {
    return Fail(ErrorKind::kInvalid,
                path + " can't be used: " + why + "; it was left as it is, so restore it from a copy, or move it away to begin anew");
  };
  // Looks at the file before anything is changed in it.
  const auto application = Number(raw, "PRAGMA application_id");
  const auto version = Number(raw, "PRAGMA user_version");
  const auto tables = Number(raw, "SELECT count(*) FROM sqlite_schema");
  if (!application || !version || !tables) return damaged(sqlite3_errmsg(raw));
  const bool fresh = *application == 0 && *version == 0 && *tables == 0;
  if (fresh && used) return lost("empty");
  if (!fresh) {
    if (*application != kApplicationId) return damaged("it is a database of another program");
    if (*version > kSchemaVersion)
      return damaged("it was written by a newer version of provdlab (its format is " + std::to_string(*version) + ", this one knows " +
                     std::to_string(kSchemaVersion) + ")");
    // Documents are found by an index, so one that is damaged would lose them: the quick check does not look at it.
    Statement check(raw, "PRAGMA integrity_check(1)");
    if (check.Step() != SQLITE_ROW || check.Text(0) != "ok") return damaged("it is damaged: " + check.Text(0));
  }
  if (!Execute(raw, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")) return damaged(sqlite3_errmsg(raw));
  if (!(fresh ? Execute(raw, "BEGIN IMMEDIATE;" + Schema() + "COMMIT;") : *version == kSchemaVersion || Execute(raw, FromVersion1())))
    return Fail(ErrorKind::kInternal, "cannot make " + path + ": " + sqlite3_errmsg(raw));
  auto store = std::make_unique<SqliteStore>(path, std::move(database));
  if (auto readable = store->List("parameters"); !readable) return damaged(readable.error().message);
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace provdlab::server
