#include "autograd/checkpoint.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "autograd/node.h"
#include "tensor/draws.h"

namespace gradus {
namespace {

std::string kind(const Variable& x) {
  return std::string(name(x.dtype())) + " " + to_string(x.shape());
}

// Calls found(edge) for each edge from the tape above `y` to a node that is not newer than `start`.
template <class Found>
void visit_border(Node* y, std::uint64_t start, Found&& found) {
  std::unordered_set<Node*> seen{y};
  std::vector<Node*> open{y};
  while (!open.empty()) {
    Node* node = open.back();
    open.pop_back();
    for (const Edge& edge : node->inputs()) {
      if (edge.node()->number() <= start) {
        found(edge);
      } else if (seen.insert(edge.node()).second) {
        open.push_back(edge.node());
      }
    }
  }
}

// In backward the result is recorded once more, from the same inputs, and the walk goes on there:
// the new nodes are the newest of all, so they come next, and what they lead to is older than this
// node, so it has waited.
class CheckpointNode final : public Node {
 public:
  CheckpointNode(CheckpointFunction f, std::span<const Variable> inputs, Draws draws,
                 const Variable& y, std::uint64_t start, std::source_location where)
      : Node(y.value(), where, false),
        f_(std::move(f)),
        given_(inputs.size()),
        draws_(std::move(draws)) {
    for (const Variable& x : inputs) inputs_.emplace_back(x.node(), true);
    // What f holds becomes an input too: the tape shows it, and changes of it are noticed.
    visit_border(y.node(), start, [&](const Edge& edge) {
      const auto same = [&](const Edge& other) { return other.node() == edge.node(); };
      const auto known = std::find_if(inputs_.begin(), inputs_.end(), same);
      if (known == inputs_.end()) {
        inputs_.emplace_back(edge.node(), edge.reads());
      } else if (edge.reads() && !known->reads()) {
        *known = Edge(edge.node(), true);
      }
    });
  }

  const char* op() const override { return "checkpoint"; }
  std::span<Edge> inputs() override { return inputs_; }
  void free_saved() override {
    f_ = nullptr;
    draws_ = Draws();
  }

  void backward(Gradients& d) override {
    std::vector<Variable> x;
    for (int i = 0; i < d.inputs(); ++i) {
      if (!inputs_[i].reads()) continue;
      Variable checked = d.x(i);
      if (static_cast<std::size_t>(i) < given_) x.push_back(std::move(checked));
    }
    const EnableGradGuard enable;
    const CallersLines lines;
    ReplayDraws replay(draws_);
    Variable again = f_(x);
    if (again.shape() != value().shape() || again.dtype() != value().dtype()) {
      throw AutogradError("computed again, f gave " + kind(again) + "; expected " +
                          std::string(name(value().dtype())) + " " + to_string(value().shape()) +
                          " as before; f must not depend on what changes");
    }
    if (!replay.finished()) {
      throw AutogradError(
          "computed again, f drew fewer random numbers; expected as many as before; f must not "
          "depend on what changes");
    }
    d.resume_at(std::move(again));
  }

 private:
  CheckpointFunction f_;
  std::size_t given_;
  Draws draws_;
  std::vector<Edge> inputs_;
};

}  // namespace

Variable checkpoint_list(CheckpointFunction f, std::span<const Variable> inputs,
                         std::source_location where) {
  for (const Variable& x : inputs) check_defined("checkpoint", "input", x.value());
  if (!grad_enabled()) return f(inputs);
  Draws draws;
  // Recorded, and dropped at the end: so it is known what f depends on.
  const std::uint64_t start = Variable(Tensor(0.f)).node()->number();
  Variable y;
  {
    const RecordDraws record(draws);
    y = f(inputs);
  }
  check_defined("checkpoint", "result of f", y.value());
  if (!y.requires_grad() || y.node()->number() <= start) return y;  // nothing to compute again
  return Variable::from_node(
      new CheckpointNode(std::move(f), inputs, std::move(draws), y, start, tape_line(where)));
}

}  // namespace gradus
