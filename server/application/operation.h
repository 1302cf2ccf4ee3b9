#pragma once
// An operation in progress: a small tree of states that its worker moves forward and monitors read.
//
//   auto operation = Operation::Make("install");
//   auto download = operation->AddPart("download", size);
//   download->Progress(4096); download->Succeed(); operation->Succeed();
//   operation->Snapshot();     // status::Status, formats as install|success(download|success;4096/4096)
//
// States only move forward (waiting, progress, success or fail); a node ends only after all its parts; parts are added, never
// removed; `current` never goes down and `end`, once shown, stays. Calls that would break that are ignored, so that no
// monitor ever shows an illegal step. All methods are thread-safe; a snapshot is consistent over the whole tree.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "grammar/status/status.h"

namespace provdlab::server {

class Operation : public std::enable_shared_from_this<Operation> {
 public:
  // A root in state progress. `label` may be empty. `end` 0 means unknown: not shown; `counts` shows `current` from 0.
  static std::shared_ptr<Operation> Make(std::string label, std::uint64_t end = 0, bool counts = false);

  // A part in state waiting. Of a node that has ended: a part that nobody sees.
  std::shared_ptr<Operation> AddPart(std::string label, std::uint64_t end = 0, bool counts = false);
  void Start();                          // waiting to progress
  void Progress(std::uint64_t current);  // also starts it
  void Succeed();                        // ends it; parts that have not ended make it fail instead
  void Fail();                           // ends it and every part that has not ended
  bool ended() const;
  // Blocks until it has ended; false if it has not after `deadline`.
  bool AwaitEnd(std::chrono::milliseconds deadline) const;
  // Asks the worker to give up; it is the worker who then ends the operation. For the whole tree, whichever node is asked.
  void Cancel();
  std::stop_source cancellation() const;
  status::Status Snapshot() const;

 private:
  struct Tree;
  struct Key {};
  std::shared_ptr<Tree> tree_;  // shared by all nodes of one operation
  std::size_t node_ = 0;

 public:
  Operation(Key, std::shared_ptr<Tree> tree, std::size_t node);
};

}  // namespace provdlab::server
