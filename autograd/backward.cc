// The walk: from the outputs down the tape by descending number, with an explicit heap.
#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>

#include "autograd/node.h"
#include "autograd/ops/cast.h"
#include "autograd/ops/sum_to.h"
#include "tensor/elementwise/add.h"

namespace gradus {
namespace {

constinit thread_local const Node* differentiated = nullptr;

// Marks the node whose backward runs, see tape_line.
class Differentiating {
 public:
  explicit Differentiating(const Node& node) : outer_(std::exchange(differentiated, &node)) {}
  ~Differentiating() { differentiated = outer_; }
  Differentiating(const Differentiating&) = delete;

 private:
  const Node* outer_;
};

std::string line_of(const Node& node) {
  return std::string(node.where().file_name()) + ":" + std::to_string(node.where().line());
}

class Walk {
 public:
  explicit Walk(bool keep_graph) : keep_graph_(keep_graph) {}
  ~Walk() {  // after an error nothing half-summed may stay behind
    for (Edge& edge : heap_) edge.node()->pending = Variable();
  }

  void arrive(Node* node, Variable gradient) {
    if (node->pending.defined()) {
      node->pending = node->pending + gradient;
      return;
    }
    heap_.push_back(Edge(node, false));
    std::push_heap(heap_.begin(), heap_.end(), later);
    node->pending = std::move(gradient);
  }

  /// Calls finished(node, gradient) for every node reached, when its gradient is complete.
  template <class Finished>
  void run(Finished&& finished) {
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end(), later);
      const Edge edge = std::move(heap_.back());
      heap_.pop_back();
      Node& node = *edge.node();
      Variable dy = std::exchange(node.pending, Variable());
      finished(node, dy);
      if (node.op() != nullptr) step(node, std::move(dy));
    }
  }

 private:
  static bool later(const Edge& a, const Edge& b) {
    return a.node()->number() < b.node()->number();
  }

  void step(Node& node, Variable dy) {
    if (node.freed()) {
      throw AutogradError("[backward] " + std::string(node.op()) + " recorded at " + line_of(node) +
                          ": its tape was freed by an earlier backward; expected one backward per "
                          "tape; pass retain_graph for more");
    }
    const std::span<Edge> inputs = node.inputs();
    Variable few[4];
    std::vector<Variable> many(inputs.size() > 4 ? inputs.size() : 0);
    const std::span<Variable> dx = many.empty() ? std::span(few, inputs.size()) : std::span(many);

    try {
      const Differentiating now(node);
      Gradients gradients(node, std::move(dy), dx);
      node.backward(gradients);
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        Node* input = inputs[i].node();
        if (!input->requires_grad() || !dx[i].defined()) continue;
        arrive(input, fit(node, *input, std::move(dx[i])));
      }
    } catch (const Error& error) {
      throw AutogradError("[backward] " + std::string(node.op()) + " recorded at " + line_of(node) +
                          ": " + error.what());
    }
    if (!keep_graph_) node.free_inputs();
  }

  // The one place that undoes broadcasting and promotion.
  static Variable fit(const Node& node, const Node& input, Variable dx) {
    const Tensor& x = input.value();
    if (dx.shape() != x.shape()) {
      if (!node.broadcasts()) {
        throw AutogradError("gradient: shape " + to_string(dx.shape()) + "; expected " +
                            to_string(x.shape()) + ", that of the input");
      }
      dx = sum_to(dx, x.shape());
    }
    return dx.dtype() == x.dtype() ? dx : cast(dx, x.dtype());
  }

  std::vector<Edge> heap_;
  bool keep_graph_;
};

void check_output(const Variable& output) {
  check_defined("backward", "output", output.value());
  if (!output.requires_grad()) {
    throw AutogradError(
        "[backward] output: nothing it was computed from requires a gradient; expected a "
        "parameter among its inputs; was it made under NoGradGuard or detached?");
  }
}

Variable checked_seed(const Variable& output, const Variable& seed) {
  if (!seed.defined()) {
    if (output.numel() != 1) {
      throw AutogradError("[backward] output: shape " + to_string(output.shape()) +
                          "; expected one element, or a seed of that shape");
    }
    return ones_like(output.value());
  }
  if (seed.shape() != output.shape()) {
    throw AutogradError("[backward] seed: shape " + to_string(seed.shape()) + "; expected " +
                        to_string(output.shape()) + ", that of the output");
  }
  return seed.dtype() == output.dtype() ? seed : cast(seed, output.dtype());
}

// Recording while walking is what create_graph means.
class GraphMode {
 public:
  explicit GraphMode(bool create_graph) {
    if (create_graph) {
      on_.emplace();
    } else {
      off_.emplace();
    }
  }

 private:
  std::optional<EnableGradGuard> on_;
  std::optional<NoGradGuard> off_;
};

// A gradient that is stored must not share memory with anything, since it may be changed in place.
Variable own_copy(const Variable& gradient, bool create_graph) {
  if (create_graph) return gradient;
  const Tensor& g = gradient.value();
  const bool alone = gradient.node()->held_once() && g.owns_storage_alone();
  return alone && g.is_contiguous() ? gradient : Variable(g.clone());
}

}  // namespace

Variable Gradients::x(int i) const {
  const Edge& edge = node_.inputs()[i];
  if (!edge.reads()) {
    throw AutogradError("[" + std::string(node_.op()) + "] backward reads input " +
                        std::to_string(i) + ", which the operation did not declare (kReadsInputs)");
  }
  edge.node()->retain(Node::kHandle);
  return Variable::from_node(edge.node());
}

Variable Gradients::y() const {
  if (!node_.reads_itself()) {
    throw AutogradError("[" + std::string(node_.op()) +
                        "] backward reads the result, which the operation did not declare "
                        "(kReadsResult)");
  }
  node_.retain(Node::kHandle);
  return Variable::from_node(&node_);
}

std::source_location tape_line(const std::source_location& caller) {
  return differentiated == nullptr ? caller : differentiated->where();
}

void Variable::backward(const BackwardOptions& options) const { backward(Variable(), options); }

void Variable::backward(const Variable& seed, const BackwardOptions& options) const {
  check_output(*this);
  const GraphMode mode(options.create_graph);
  Walk walk(options.retain_graph || options.create_graph);
  walk.arrive(node(), checked_seed(*this, seed));
  // Stored when all is done, so that a walk that fails changes no gradient.
  std::vector<std::pair<Edge, Variable>> leaves;
  walk.run([&](Node& node, Variable& gradient) {
    if (node.op() != nullptr) return;
    leaves.emplace_back(Edge(&node, false), std::exchange(gradient, Variable()));
  });
  for (auto& [leaf, gradient] : leaves) {
    Variable& stored = leaf.node()->grad;
    stored = stored.defined() ? stored + std::move(gradient)
                              : own_copy(std::move(gradient), options.create_graph);
  }
}

std::vector<Variable> grad(std::span<const Variable> outputs, std::span<const Variable> inputs,
                           std::span<const Variable> seeds, const BackwardOptions& options,
                           bool allow_unused) {
  if (!seeds.empty() && seeds.size() != outputs.size()) {
    throw AutogradError("[grad] seeds: " + std::to_string(seeds.size()) + "; expected " +
                        std::to_string(outputs.size()) + ", one per output, or none");
  }
  std::unordered_map<const Node*, Variable> wanted;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Variable& input = inputs[i];
    check_defined("grad", "input", input.value());
    if (!input.requires_grad()) {
      throw AutogradError("[grad] input " + std::to_string(i) +
                          ": requires no gradient; expected a parameter or a result of one");
    }
    wanted.emplace(input.node(), Variable());
  }
  const GraphMode mode(options.create_graph);
  Walk walk(options.retain_graph || options.create_graph);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    check_output(outputs[i]);
    const Variable seed = checked_seed(outputs[i], seeds.empty() ? Variable() : seeds[i]);
    walk.arrive(outputs[i].node(), seed);
  }
  walk.run([&](Node& node, Variable& gradient) {
    const auto found = wanted.find(&node);
    if (found != wanted.end()) found->second = gradient;
  });
  std::vector<Variable> result;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Variable& gradient = wanted[inputs[i].node()];
    if (!gradient.defined()) {
      if (!allow_unused) {
        throw AutogradError("[grad] input " + std::to_string(i) +
                            ": no output depends on it; expected one that does; pass allow_unused "
                            "to get zeros");
      }
      gradient = zeros_like(inputs[i].value());
    }
    result.push_back(gradient);
  }
  return result;
}

Variable grad(const Variable& output, const Variable& input, const BackwardOptions& options) {
  return grad(std::span(&output, 1), std::span(&input, 1), {}, options)[0];
}

}  // namespace gradus
