// The walk: from the outputs down the tape by descending number, with an explicit heap.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "autograd/early_turns.h"
#include "autograd/hooks.h"
#include "autograd/line_scope.h"
#include "autograd/node.h"
#include "autograd/ops/cast.h"
#include "autograd/ops/sum_to.h"
#include "autograd/ops/to_device.h"
#include "autograd/watch.h"
#include "tensor/elementwise/add.h"

namespace gradus {
namespace {

constinit thread_local const Node* differentiated = nullptr;
constinit thread_local const std::source_location* scope_line = nullptr;

// Marks the node whose backward runs, see tape_line.
class Differentiating {
 public:
  explicit Differentiating(const Node& node) : outer_(std::exchange(differentiated, &node)) {}
  ~Differentiating() { differentiated = outer_; }
  Differentiating(const Differentiating&) = delete;

 private:
  const Node* outer_;
};

// What a walk needs to remember, kept for the next one so that training does not call malloc.
struct Memory {
  using Arrived = std::pair<Edge, Variable>;
  std::vector<Edge> heap;           // nodes whose gradient has begun to arrive
  std::vector<Arrived> leaves;      // complete gradients, to be stored at the end
  std::vector<Variable> gradients;  // of the inputs of one node, where there are many
  std::vector<Variable> set_aside;  // pending gradients, while another walk runs inside this one
  EarlyTurns turns;                 // of leaves with a hook

  void clear() {
    const auto reset = [](auto& v) {
      constexpr std::size_t kKept = 1 << 16;
      v.clear();
      if (v.capacity() > kKept) v.shrink_to_fit();
    };
    reset(heap), reset(leaves), reset(gradients), reset(set_aside);
    turns.clear();
  }
};

// One per walk that runs on this thread, since hooks may start another one.
class Borrowed {
 public:
  Borrowed() {
    if (spare().empty()) spare().push_back(std::make_unique<Memory>());
    memory_ = std::move(spare().back());
    spare().pop_back();
  }
  ~Borrowed() {
    memory_->clear();
    spare().push_back(std::move(memory_));
  }
  Borrowed(const Borrowed&) = delete;
  Memory* operator->() const { return memory_.get(); }

 private:
  static std::vector<std::unique_ptr<Memory>>& spare() {
    thread_local std::vector<std::unique_ptr<Memory>> list;
    return list;
  }
  std::unique_ptr<Memory> memory_;
};

Variable handle(Node& node) {
  node.retain(Node::kHandle);
  return Variable::from_node(&node);
}

// Runs a part of the backward of a node. Errors get its name and line in front.
template <class F>
void differentiate(const Node& node, F&& f) {
  try {
    const Differentiating now(node);
    f();
  } catch (const Error& error) {
    throw AutogradError("[backward] " + std::string(node.op()) + " recorded at " +
                        to_string(node.where()) + ": " + error.what());
  }
}

Variable after_hooks(Node& node, Variable gradient) {
  node.hooks()->on_gradient.each([&](const auto& hook) {
    Variable other = hook(gradient);
    if (!other.defined()) return;
    if (other.shape() != gradient.shape() || other.dtype() != gradient.dtype()) {
      throw AutogradError(
          "[register_hook] gradient returned by the hook: " + std::string(name(other.dtype())) +
          " " + to_string(other.shape()) + "; expected " + std::string(name(gradient.dtype())) +
          " " + to_string(gradient.shape()) + ", like the variable");
    }
    gradient = std::move(other);
  });
  return gradient;
}

class Walk {
 public:
  explicit Walk(bool keep_graph)
      : outer_(running),
        depth_(outer_ == nullptr ? 1 : outer_->depth_ + 1),
        keep_graph_(keep_graph) {
    if (depth_ > kDeepest) {
      throw AutogradError("[backward] called inside itself " + std::to_string(kDeepest) +
                          " times; expected an end; does a hook differentiate the graph that it "
                          "belongs to?");
    }
    running = this;
    if (outer_ == nullptr) return;
    for (Edge& edge : outer_->memory_->heap) {
      outer_->memory_->set_aside.push_back(std::exchange(edge.node()->pending, Variable()));
    }
  }
  ~Walk() {  // after an error nothing half-summed may stay behind
    for (Edge& edge : memory_->heap) edge.node()->pending = Variable();
    running = outer_;
    if (outer_ == nullptr) return;
    std::vector<Variable>& kept = outer_->memory_->set_aside;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      outer_->memory_->heap[i].node()->pending = std::move(kept[i]);
    }
    kept.clear();
  }
  Walk(const Walk&) = delete;

  void arrive(Node* node, Variable gradient) {
    if (node->pending.defined()) {
      node->pending = node->pending + gradient;
      return;
    }
    std::vector<Edge>& heap = memory_->heap;
    heap.push_back(Edge(node, false));
    std::push_heap(heap.begin(), heap.end(), later);
    node->pending = std::move(gradient);
    if (node->hooks() != nullptr) memory_->turns.notice(*node);
  }

  /// Calls finished(node, gradient) for every node reached, when its gradient is complete.
  template <class Finished>
  void run(Finished&& finished) {
    std::vector<Edge>& heap = memory_->heap;
    while (!heap.empty()) {
      while (Node* const leaf = memory_->turns.next(heap)) {
        if (leaf->pending.defined()) complete(*leaf, finished);
      }
      std::pop_heap(heap.begin(), heap.end(), later);
      const Edge edge = std::move(heap.back());
      heap.pop_back();
      Node& node = *edge.node();
      if (!node.pending.defined()) continue;  // its turn came earlier
      Variable dy = complete(node, finished);
      if (node.op() != nullptr) step(node, std::move(dy));
    }
  }

  std::vector<Memory::Arrived>& leaves() { return memory_->leaves; }

 private:
  static bool later(const Edge& a, const Edge& b) {
    return a.node()->number() < b.node()->number();
  }

  // Takes the gradient that is complete.
  template <class Finished>
  Variable complete(Node& node, Finished&& finished) {
    Variable dy = std::exchange(node.pending, Variable());
    if (node.hooks() != nullptr) dy = after_hooks(node, std::move(dy));
    finished(node, dy);
    return dy;
  }

  // Whether a walk outside this one has called what runs now from the node: it still needs its
  // edges.
  bool in_use(const Node& node) const {
    for (const Walk* walk = outer_; walk != nullptr; walk = walk->outer_) {
      if (walk->at_ == &node) return true;
    }
    return false;
  }

  void step(Node& node, Variable dy) {
    if (node.freed()) {
      throw AutogradError("[backward] " + std::string(node.op()) + " recorded at " +
                          to_string(node.where()) +
                          ": its tape was freed by an earlier backward; expected one backward per "
                          "tape; pass retain_graph for more");
    }
    at_ = &node;
    if (node.hooks() != nullptr) {
      node.hooks()->before_backward.each([&](const auto& hook) { hook(dy); });
    }
    const std::span<Edge> inputs = node.inputs();
    Variable few[4];
    std::vector<Variable>& many = memory_->gradients;
    if (inputs.size() > 4) many.resize(inputs.size());
    const std::span<Variable> dx = inputs.size() > 4 ? many : std::span(few, inputs.size());

    Gradients gradients(node, inputs, std::move(dy), dx);
    differentiate(node, [&] {
      node.backward(gradients);
      if (TapeWatch::current() != nullptr) TapeWatch::tell_differentiated(node, gradients.dy(), dx);
    });
    if (node.hooks() != nullptr) {
      node.hooks()->after_backward.each([&](const auto& hook) { hook(dx, gradients.dy()); });
    }
    differentiate(node, [&] {
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        Node* input = inputs[i].node();
        if (!input->requires_grad() || !dx[i].defined()) continue;
        arrive(input, fit(node, i, *input, std::move(dx[i])));
      }
      if (gradients.resumed().requires_grad()) arrive(gradients.resumed().node(), gradients.dy());
    });
    many.clear();
    if (!keep_graph_ && !in_use(node)) node.free_inputs();
    at_ = nullptr;
  }

  // The one place that undoes broadcasting and promotion, and the move of a number to a device.
  static Variable fit(const Node& node, std::size_t i, const Node& input, Variable dx) {
    const Tensor& x = input.value();
    if (dx.shape() != x.shape()) {
      if (!node.broadcasts()) {
        throw AutogradError("gradient of input " + std::to_string(i) + ": shape " +
                            to_string(dx.shape()) + "; expected " + to_string(x.shape()) +
                            ", that of the input");
      }
      dx = sum_to(dx, x.shape());
    }
    if (dx.device() != x.device()) dx = to_device(dx, x.device());
    return dx.dtype() == x.dtype() ? dx : cast(dx, x.dtype());
  }

  static constexpr int kDeepest = 60;
  static constinit thread_local Walk* running;

  Borrowed memory_;
  Walk* outer_;
  const Node* at_ = nullptr;  // whose step runs
  int depth_;                 // of walks inside walks
  bool keep_graph_;
};

constinit thread_local Walk* Walk::running = nullptr;

// "[backward] output", or of output i of grad() "[grad] output 1".
std::string place_text(const char* what, int i) {
  return i < 0 ? std::string("[backward] ") + what
               : std::string("[grad] ") + what + " " + std::to_string(i);
}

void check_output(const Variable& output, int i = -1) {
  check_defined(i < 0 ? "backward" : "grad", "output", output.value());
  if (!output.requires_grad()) {
    throw AutogradError(place_text("output", i) +
                        ": nothing it was computed from requires a gradient; expected a "
                        "parameter among its inputs; was it made under NoGradGuard or detached?");
  }
}

[[noreturn]] void throw_changed_in_place(const std::string& what, const Tensor& x) {
  throw AutogradError(what + " was changed in place at " + to_string(x.changed_at()) +
                      "; expected the elements that forward left for backward; change a clone(), "
                      "or call backward() before");
}

Variable checked_seed(const Variable& output, const Variable& seed, int i = -1) {
  if (!seed.defined()) {
    if (output.numel() != 1) {
      throw AutogradError(place_text("output", i) + ": shape " + to_string(output.shape()) +
                          "; expected one element, or a seed of that shape");
    }
    return ones_like(output.value());
  }
  if (seed.shape() != output.shape()) {
    throw AutogradError(place_text("seed", i) + ": shape " + to_string(seed.shape()) +
                        "; expected " + to_string(output.shape()) + ", that of the output");
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
  const bool as_it_is = alone && g.is_contiguous() && !gradient.requires_grad();
  return as_it_is ? gradient : Variable(g.clone());
}

void store(Node& node, Variable gradient, bool create_graph) {
  Variable& stored = node.grad;
  stored =
      stored.defined() ? stored + std::move(gradient) : own_copy(std::move(gradient), create_graph);
}

}  // namespace

Variable Gradients::x(int i) const {
  const Edge& edge = input(i);
  if (!edge.reads()) {
    throw AutogradError("[" + std::string(node_.op()) + "] backward reads input " +
                        std::to_string(i) + ", which the operation did not declare (kReadsInputs)");
  }
  if (edge.changed()) throw_changed(i);
  return handle(*edge.node());
}

Variable Gradients::y() const {
  if (!node_.reads_itself()) {
    throw AutogradError("[" + std::string(node_.op()) +
                        "] backward reads the result, which the operation did not declare "
                        "(kReadsResult)");
  }
  if (node_.changed()) throw_changed(-1);
  return handle(node_);
}

void Gradients::throw_changed(int i) const {
  if (i < 0) throw_changed_in_place("the result", node_.value());
  throw_changed_in_place("input " + std::to_string(i), inputs_[i].node()->value());
}

void Gradients::throw_no_input(const char* what, int i, const char* done) const {
  throw AutogradError(std::string(what) + " " + std::to_string(i) + " " + done + "; expected 0.." +
                      std::to_string(inputs() - 1) + ", one per input");
}

const Tensor& SavedTensor::get() const {
  if (tensor_.version() != version_) throw_changed_in_place("a saved tensor", tensor_);
  return tensor_;
}

std::string to_string(const std::source_location& where) {
  return std::string(where.file_name()) + ":" + std::to_string(where.line());
}

std::source_location tape_line(const std::source_location& caller) {
  if (differentiated != nullptr) return differentiated->where();
  return scope_line == nullptr ? caller : *scope_line;
}

LineScope::LineScope(const std::source_location& line) : outer_(scope_line) {
  if (outer_ == nullptr) scope_line = &line;
}
LineScope::~LineScope() { scope_line = outer_; }

CallersLines::CallersLines() : outer_(std::exchange(differentiated, nullptr)) {}
CallersLines::~CallersLines() { differentiated = outer_; }

void Variable::backward(const BackwardOptions& options) const { backward(Variable(), options); }

void Variable::backward(const Variable& seed, const BackwardOptions& options) const {
  check_output(*this);
  const GraphMode mode(options.create_graph);
  Walk walk(options.retain_graph || options.create_graph);
  walk.arrive(node(), checked_seed(*this, seed));
  // Stored when all is done, so that a walk that fails changes no gradient.
  walk.run([&](Node& node, Variable& gradient) {
    if (node.op() != nullptr) {
      if (node.retains_grad()) walk.leaves().emplace_back(Edge(&node, false), gradient);
    } else if (node.hooks() == nullptr || node.hooks()->after_accumulation.empty()) {
      walk.leaves().emplace_back(Edge(&node, false), std::exchange(gradient, Variable()));
    } else {
      store(node, std::exchange(gradient, Variable()), options.create_graph);
      const Variable leaf = handle(node);
      node.hooks()->after_accumulation.each([&](const auto& hook) { hook(leaf); });
    }
  });
  for (auto& [node, gradient] : walk.leaves()) {
    store(*node.node(), std::move(gradient), options.create_graph);
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
    check_output(outputs[i], static_cast<int>(i));
    const Variable seed =
        checked_seed(outputs[i], seeds.empty() ? Variable() : seeds[i], static_cast<int>(i));
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
