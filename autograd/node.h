#pragma once
// The tape: one Node per recorded result, leaf or constant. The tape is no list; it is the nodes
// that are alive, and `number` is the order in which they were recorded.
#include <atomic>
#include <cstdint>
#include <source_location>
#include <span>
#include <utility>

#include "autograd/variable.h"

namespace gradus {

class Gradients;

/// A recorded result: value, gradient and edges to the results it was computed from.
///
/// Two counts live in one word. The low half counts everything that points here; the node dies at
/// zero. The high half counts who may still read the value: handles of the user, edges whose
/// backward reads it, and the node itself while its own backward does. At zero the elements are
/// released although the node stays on the tape.
class Node {
 public:
  static constexpr std::uint64_t kPoints = 1, kReads = std::uint64_t{1} << 32;
  static constexpr std::uint64_t kHandle = kPoints | kReads;

  explicit Node(Tensor value);
  Node(Tensor value, std::source_location where, bool reads_itself);
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  static void* operator new(std::size_t bytes);
  static void operator delete(void* block, std::size_t bytes);

  void retain(std::uint64_t how) { counts_.fetch_add(how, std::memory_order_relaxed); }
  void release(std::uint64_t how) {
    const std::uint64_t left = counts_.fetch_sub(how, std::memory_order_acq_rel) - how;
    if (static_cast<std::uint32_t>(left) == 0) {
      destroy(this);
    } else if (left >> 32 == 0 && how >= kReads) {
      value_.release_storage();
    }
  }

  /// Whether a single handle or edge points here.
  bool held_once() const {
    return static_cast<std::uint32_t>(counts_.load(std::memory_order_acquire)) == 1;
  }

  const Tensor& value() const { return value_; }
  std::uint64_t number() const { return number_; }
  const std::source_location& where() const { return where_; }
  bool requires_grad() const { return requires_grad_; }
  void set_requires_grad(bool on) { requires_grad_ = on; }
  /// Whether its own backward reads the value; until it has run.
  bool reads_itself() const { return reads_itself_; }

  /// The name of the operation; null for leaves and constants.
  virtual const char* op() const { return nullptr; }
  /// Computes the gradients of the inputs from that of the result.
  virtual void backward(Gradients&) {}
  virtual std::span<class Edge> inputs();
  /// Whether gradients come with the shape of the result and are to be summed to the inputs'.
  virtual bool broadcasts() const { return false; }

  /// Cuts the edges after backward has used them.
  void free_inputs();
  bool freed() const { return freed_; }

  Variable grad;     ///< what backward() accumulated
  Variable pending;  ///< sum of what has arrived so far during a walk

 private:
  static void destroy(Node* node);

  std::atomic<std::uint64_t> counts_{kHandle};
  std::uint64_t number_;  // constants have one too: they may become leaves later
  Node* next_doomed_ = nullptr;
  Tensor value_;
  std::source_location where_;
  bool requires_grad_ = false, reads_itself_ = false, freed_ = false;
};

/// A counted pointer from a result to one of its inputs, or from the walk to a node.
class Edge {
 public:
  Edge() = default;
  Edge(Node* node, bool reads) : node_(node), how_(reads ? Node::kHandle : Node::kPoints) {
    if (node_ != nullptr) node_->retain(how_);
  }
  Edge(Edge&& other) noexcept : node_(std::exchange(other.node_, nullptr)), how_(other.how_) {}
  Edge& operator=(Edge&& other) noexcept {
    std::swap(node_, other.node_);
    std::swap(how_, other.how_);
    return *this;
  }
  ~Edge() {
    if (node_ != nullptr) node_->release(how_);
  }
  Node* node() const { return node_; }
  bool reads() const { return how_ == Node::kHandle; }

 private:
  Node* node_ = nullptr;
  std::uint64_t how_ = Node::kPoints;
};

/// What the backward of an operation reads and writes.
class Gradients {
 public:
  Gradients(Node& node, Variable dy, std::span<Variable> out)
      : node_(node), dy_(std::move(dy)), out_(out) {}

  /// Gradient of the result.
  const Variable& dy() const { return dy_; }
  /// Input i. Throws AutogradError if the operation did not say that it reads its inputs.
  Variable x(int i) const;
  /// The result itself; likewise.
  Variable y() const;
  /// Shape of input i, which is known also when its elements are gone.
  const Shape& shape(int i) const { return node_.inputs()[i].node()->value().shape(); }
  DType dtype(int i) const { return node_.inputs()[i].node()->value().dtype(); }
  /// Whether anyone wants the gradient of input i.
  bool needs(int i) const { return node_.inputs()[i].node()->requires_grad(); }
  void set(int i, Variable dx) { out_[i] = std::move(dx); }

 private:
  Node& node_;
  Variable dy_;
  std::span<Variable> out_;
};

/// The line to record: that of the caller, or inside a recorded backward the line of the forward
/// operation being differentiated, so that errors always name a line of the user's program.
std::source_location tape_line(const std::source_location& caller);

}  // namespace gradus
