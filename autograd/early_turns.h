#pragma once
// Leaves for whose gradient a function waits (register_post_accumulate_grad_hook), which may make
// room for the next ones: in the walk they have their turn as soon as all that reads them is done,
// not after all that was recorded later.
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "autograd/hooks.h"
#include "autograd/node.h"

namespace gradus {

class EarlyTurns {
 public:
  static bool is_awaited(const Node& node) {
    return node.op() == nullptr && node.hooks() != nullptr &&
           !node.hooks()->after_accumulation.empty();
  }

  /// To be called for each leaf with hooks to which a first gradient comes.
  void notice(const Node& leaf) {
    if (plan_ == Plan::kNone && is_awaited(leaf)) plan_ = Plan::kWanted;
  }

  /// The next leaf whose turn comes before that of `heap.front()`, null if there is none.
  Node* next(const std::vector<Edge>& heap) {
    if (plan_ == Plan::kNone) return nullptr;
    if (plan_ == Plan::kWanted) make_plan(heap);
    if (next_ == due_.size() || due_[next_].first <= heap.front().node()->number()) return nullptr;
    return due_[next_++].second.node();
  }

  void clear() {
    due_.clear(), ahead_.clear();
    plan_ = Plan::kNone;
    next_ = 0;
  }

 private:
  enum class Plan : std::uint8_t { kNone, kWanted, kMade };
  using Due = std::pair<std::uint64_t, Edge>;  // the number of the last node that reads a leaf

  // Walks ahead. Nodes that backward records later (Gradients::resume_at) are newer than all that
  // there is, so they are done before.
  void make_plan(const std::vector<Edge>& heap) {
    plan_ = Plan::kMade;
    const auto older = [](const Node* a, const Node* b) { return a->number() < b->number(); };
    for (const Edge& edge : heap) {
      ahead_.push_back(edge.node());
      if (is_awaited(*edge.node())) due_.emplace_back(~std::uint64_t{0}, Edge(edge.node(), false));
    }
    std::make_heap(ahead_.begin(), ahead_.end(), older);
    const Node* last = nullptr;
    while (!ahead_.empty()) {
      std::pop_heap(ahead_.begin(), ahead_.end(), older);
      Node* const node = ahead_.back();
      ahead_.pop_back();
      if (node == last || node->op() == nullptr) continue;  // those of one node follow each other
      last = node;
      for (const Edge& edge : node->inputs()) {
        Node* const input = edge.node();
        if (input == nullptr || !input->requires_grad()) continue;
        if (is_awaited(*input)) {
          due_.emplace_back(node->number(), Edge(input, false));
        } else {
          ahead_.push_back(input);
          std::push_heap(ahead_.begin(), ahead_.end(), older);
        }
      }
    }
    // The lowest number of each leaf, then in the order of their turns.
    std::sort(due_.begin(), due_.end(), [](const Due& a, const Due& b) {
      const std::uint64_t i = a.second.node()->number(), j = b.second.node()->number();
      return i != j ? i < j : a.first < b.first;
    });
    const auto same = [](const Due& a, const Due& b) { return a.second.node() == b.second.node(); };
    due_.erase(std::unique(due_.begin(), due_.end(), same), due_.end());
    std::sort(due_.begin(), due_.end(),
              [](const Due& a, const Due& b) { return a.first > b.first; });
  }

  std::vector<Due> due_;
  std::vector<Node*> ahead_;
  Plan plan_ = Plan::kNone;
  std::size_t next_ = 0;
};

}  // namespace gradus
