#pragma once
// The admin port of a repository: docs/repository.md's calls on one.
//
//   RepositoryAdmin admin(repository, {.port = 0});
//   auto port = admin.Start();
//
// The repository belongs to the caller and outlives this.

#include <cstdint>

#include "base/admin/server.h"
#include "simulator/repository/repository.h"

namespace provdlab::repository {

// The fault of {"target": "plugins.db", "do": {"status": 404}, "times": 1, "request": 2}; kInvalid names the member that is wrong.
Result<Fault> FaultFromJson(const Json& json);
// The publication of {"id", "fixture", "version", "bytes", "entry", "without_entry", "listed", "keep_entry"}.
Result<Publication> PublicationFromJson(const Json& json);
Json ToJson(const Published& published);

class RepositoryAdmin {
 public:
  RepositoryAdmin(Repository& repository, admin::Options options);

  Result<std::uint16_t> Start() { return server_.Start(); }
  void Stop() { server_.Stop(); }

 private:
  class Board : public admin::FaultBoard {
   public:
    explicit Board(Repository& repository) : repository_(repository) {}
    Json Available() const override;
    Json Active() const override { return repository_.faults(); }
    Result<int> Switch(const Json& request) override;
    Result<> Off(int id) override { return repository_.RemoveFault(id); }
    void OffAll() override { repository_.RemoveFaults(); }

   private:
    Repository& repository_;
  };

  void AddRoutes();

  Repository& repository_;
  Board board_;
  admin::Server server_;
};

}  // namespace provdlab::repository
