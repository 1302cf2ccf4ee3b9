#include "server/application/operation.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

namespace provdlab::server {

using status::HasEnded;
using status::State;

// All nodes of one operation under one mutex, so that a snapshot never mixes two moments. Node 0 is the root; a node's parent
// has a lower index.
struct Operation::Tree {
  struct Node {
    std::string label;
    State state = State::kWaiting;
    std::uint64_t current = 0;
    std::uint64_t end = 0;
    bool counts = false;
    std::size_t parent = 0;
    std::vector<std::size_t> parts;
  };

  // What is below moves before what is above shows it, and what is above has started when what is below has.
  void Start(std::size_t index) {
    for (Node* node = &nodes[index]; node->state == State::kWaiting; node = &nodes[node->parent]) node->state = State::kProgress;
  }

  void End(std::size_t index, State state) {
    Node& node = nodes[index];
    if (HasEnded(node.state)) return;
    for (std::size_t part : node.parts) {
      if (HasEnded(nodes[part].state)) continue;
      End(part, State::kFail);
      state = State::kFail;
    }
    node.state = state;
    changed.notify_all();
  }

  status::Status Snapshot(std::size_t index) const {
    const Node& node = nodes[index];
    status::Status snapshot;
    snapshot.label = node.label;
    snapshot.state = node.state;
    if (node.counts) snapshot.current = node.current;
    if (node.counts && node.end > 0) snapshot.end = node.end;
    snapshot.parts.reserve(node.parts.size());
    for (std::size_t part : node.parts) snapshot.parts.push_back(Snapshot(part));
    return snapshot;
  }

  mutable std::mutex mutex;
  std::condition_variable changed;  // a node has ended
  std::vector<Node> nodes;
  std::stop_source cancellation;
};

Operation::Operation(Key, std::shared_ptr<Tree> tree, std::size_t node) : tree_(std::move(tree)), node_(node) {}

std::shared_ptr<Operation> Operation::Make(std::string label, std::uint64_t end, bool counts) {
  auto tree = std::make_shared<Tree>();
  tree->nodes.push_back({.label = std::move(label), .state = State::kProgress, .end = end, .counts = counts || end > 0, .parts = {}});
  return std::make_shared<Operation>(Key(), std::move(tree), 0);
}

std::shared_ptr<Operation> Operation::AddPart(std::string label, std::uint64_t end, bool counts) {
  std::lock_guard lock(tree_->mutex);
  if (HasEnded(tree_->nodes[node_].state)) {
    auto unseen = Make(std::move(label), end, counts);
    unseen->tree_->nodes[0].state = State::kFail;
    return unseen;
  }
  const std::size_t index = tree_->nodes.size();
  tree_->nodes.push_back({.label = std::move(label), .end = end, .counts = counts || end > 0, .parent = node_, .parts = {}});
  tree_->nodes[node_].parts.push_back(index);
  return std::make_shared<Operation>(Key(), tree_, index);
}

void Operation::Start() {
  std::lock_guard lock(tree_->mutex);
  tree_->Start(node_);
}

void Operation::Progress(std::uint64_t current) {
  std::lock_guard lock(tree_->mutex);
  Tree::Node& node = tree_->nodes[node_];
  if (HasEnded(node.state)) return;
  tree_->Start(node_);
  if (node.end > 0) current = std::min(current, node.end);
  node.current = std::max(node.current, current);
}

void Operation::Succeed() {
  std::lock_guard lock(tree_->mutex);
  tree_->Start(node_);
  tree_->End(node_, State::kSuccess);
}

void Operation::Fail() {
  std::lock_guard lock(tree_->mutex);
  tree_->End(node_, State::kFail);
}

bool Operation::ended() const {
  std::lock_guard lock(tree_->mutex);
  return HasEnded(tree_->nodes[node_].state);
}

bool Operation::AwaitEnd(std::chrono::milliseconds deadline) const {
  std::unique_lock lock(tree_->mutex);
  return tree_->changed.wait_for(lock, deadline, [&] { return HasEnded(tree_->nodes[node_].state); });
}

void Operation::Cancel() { tree_->cancellation.request_stop(); }

std::stop_source Operation::cancellation() const { return tree_->cancellation; }

status::Status Operation::Snapshot() const {
  std::lock_guard lock(tree_->mutex);
  return tree_->Snapshot(node_);
}

}  // namespace provdlab::server
