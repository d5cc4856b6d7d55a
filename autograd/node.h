#pragma once
// The tape: one Node per recorded result, leaf or constant. The tape is no list; it is the nodes
// that are alive, and `number` is the order in which they were recorded.
#include <atomic>
#include <cstdint>
#include <source_location>
#include <span>
#include <string>
#include <utility>

#include "autograd/variable.h"

namespace gradus {

class Gradients;
struct Hooks;

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
  virtual ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  static void* operator new(std::size_t bytes);
  static void operator delete(void* block, std::size_t bytes);

  void retain(std::uint64_t how) { counts_.fetch_add(how, std::memory_order_relaxed); }
  /// `how` is kPoints or kHandle. Who holds the last point need not count: nobody else is left who
  /// could at the same time. The last reader keeps its point until the elements are released, so
  /// that no other thread ends the node meanwhile.
  void release(std::uint64_t how) {
    const std::uint64_t now = counts_.load(std::memory_order_acquire);
    if (static_cast<std::uint32_t>(now) == 1) return destroy(this);
    if (how >= kReads && now >> 32 == 1) {
      stop_reading();
      how = kPoints;
    }
    const std::uint64_t left = counts_.fetch_sub(how, std::memory_order_acq_rel) - how;
    if (static_cast<std::uint32_t>(left) == 0) destroy(this);
  }

  /// Whether a single handle or edge points here.
  bool held_once() const {
    return static_cast<std::uint32_t>(counts_.load(std::memory_order_acquire)) == 1;
  }

  /// How many handles and edges point here.
  std::uint32_t points() const {
    return static_cast<std::uint32_t>(counts_.load(std::memory_order_acquire));
  }

  const Tensor& value() const { return value_; }
  void set_value(Tensor value) { value_ = std::move(value); }
  std::uint64_t number() const { return number_; }
  const std::source_location& where() const { return where_; }
  bool requires_grad() const { return requires_grad_; }
  void set_requires_grad(bool on) { requires_grad_ = on; }
  /// Whether its own backward reads the value; until it has run.
  bool reads_itself() const { return reads_itself_; }
  /// Whether the value was changed in place since it was recorded.
  bool changed() const { return value_.version() != version_; }
  /// Whether backward() stores the gradient of this result.
  bool retains_grad() const { return retains_grad_; }
  void set_retains_grad(bool on) { retains_grad_ = on; }
  /// Null if there never were any.
  Hooks* hooks() const { return hooks_; }
  /// Makes the list when there is none.
  Hooks& make_hooks();

  /// The name of the operation; null for leaves and constants.
  virtual const char* op() const { return nullptr; }
  /// Computes the gradients of the inputs from that of the result.
  virtual void backward(Gradients&) {}
  virtual std::span<class Edge> inputs();
  /// Whether gradients come with the shape of the result and are to be summed to the inputs'.
  virtual bool broadcasts() const { return false; }

  /// Cuts the edges after backward has used them, and drops what else the operation has saved.
  void free_inputs();
  virtual void free_saved() {}
  bool freed() const { return freed_; }

  Variable grad;     ///< what backward() accumulated
  Variable pending;  ///< sum of what has arrived so far during a walk

 private:
  static void destroy(Node* node);
  // For a reader that keeps its point.
  void stop_reading() {
    if (counts_.fetch_sub(kReads, std::memory_order_acq_rel) >> 32 == 1) value_.release_storage();
  }

  std::atomic<std::uint64_t> counts_{kHandle};
  // Constants have a number too: they may become leaves later. While a node waits to be deleted,
  // this is the address of the next one.
  std::uint64_t number_;
  Hooks* hooks_ = nullptr;
  Tensor value_;
  std::source_location where_;
  bool requires_grad_ = false, reads_itself_ = false, freed_ = false, retains_grad_ = false;
  std::uint32_t version_;  // of the value when it was recorded
};

/// A counted pointer from a result to one of its inputs, or from the walk to a node. Where backward
/// reads the input, it knows which version of the elements forward has read.
class Edge {
 public:
  Edge() = default;
  Edge(Node* node, bool reads) : node_(node), reads_(reads) {
    if (node_ == nullptr) return;
    node_->retain(how());
    if (reads) version_ = node_->value().version();
  }
  Edge(Edge&& other) noexcept
      : node_(std::exchange(other.node_, nullptr)),
        reads_(other.reads_),
        version_(other.version_) {}
  Edge& operator=(Edge&& other) noexcept {
    std::swap(node_, other.node_);
    std::swap(reads_, other.reads_);
    std::swap(version_, other.version_);
    return *this;
  }
  ~Edge() {
    if (node_ != nullptr) node_->release(how());
  }
  Node* node() const { return node_; }
  bool reads() const { return reads_; }
  /// Whether what backward reads was changed in place.
  bool changed() const { return reads_ && node_->value().version() != version_; }

 private:
  std::uint64_t how() const { return reads_ ? Node::kHandle : Node::kPoints; }

  Node* node_ = nullptr;
  bool reads_ = false;
  std::uint32_t version_ = 0;
};

/// A tensor that an operation keeps for its backward besides inputs and result: an index, a mask,
/// something that forward computed. Reading it checks that it is still the same.
class SavedTensor {
 public:
  SavedTensor() = default;
  SavedTensor(Tensor x) : tensor_(std::move(x)), version_(tensor_.version()) {}  // NOLINT: implicit
  /// Throws AutogradError when the elements were changed in place since.
  const Tensor& get() const;
  operator const Tensor&() const { return get(); }  // NOLINT: implicit by design

 private:
  Tensor tensor_;
  std::uint32_t version_ = 0;
};

/// What the backward of an operation reads and writes. What takes the number of an input throws
/// AutogradError unless there is one: "input 2 read; expected 0..1, one per input".
class Gradients {
 public:
  Gradients(Node& node, std::span<Edge> inputs, Variable dy, std::span<Variable> out)
      : node_(node), inputs_(inputs), dy_(std::move(dy)), out_(out) {}

  /// Gradient of the result.
  const Variable& dy() const { return dy_; }
  /// Input i. Throws AutogradError if the operation did not say that it reads its inputs, and when
  /// its elements were changed in place since forward read them.
  Variable x(int i) const;
  /// The result itself; likewise.
  Variable y() const;
  /// Shape of input i, which is known also when its elements are gone.
  const Shape& shape(int i) const { return input(i).node()->value().shape(); }
  DType dtype(int i) const { return input(i).node()->value().dtype(); }
  Device device(int i) const { return input(i).node()->value().device(); }
  int inputs() const { return static_cast<int>(out_.size()); }
  bool is_set(int i) const { return input(i), out_[i].defined(); }
  /// Instead of set(): the walk goes on at `again`, the same result recorded once more.
  void resume_at(Variable again) { again_ = std::move(again); }
  const Variable& resumed() const { return again_; }
  /// Whether anyone wants the gradient of input i.
  bool needs(int i) const { return input(i).node()->requires_grad(); }
  void set(int i, Variable dx) {
    if (!has(i)) throw_no_input("gradient of input", i, "set");
    out_[i] = std::move(dx);
  }
  /// Throws AutogradError when one of the inputs whose bit is set in `reads` was changed in place,
  /// or the result, whose bit is the next. For who reads them without asking x() and y().
  void check_unchanged(std::span<const Edge> inputs, unsigned reads) const {
    const unsigned n = static_cast<unsigned>(inputs.size());
    for (unsigned i = 0; i < n; ++i) {
      if ((reads >> i & 1) != 0 && inputs[i].changed()) throw_changed(static_cast<int>(i));
    }
    if ((reads >> n & 1) != 0 && node_.changed()) throw_changed(-1);
  }

 private:
  bool has(int i) const { return i >= 0 && static_cast<std::size_t>(i) < inputs_.size(); }
  const Edge& input(int i) const {
    if (!has(i)) throw_no_input("input", i, "read");
    return inputs_[i];
  }
  [[noreturn]] void throw_no_input(const char* what, int i, const char* done) const;
  [[noreturn]] void throw_changed(int i) const;

  Node& node_;
  std::span<Edge> inputs_;
  Variable dy_;
  std::span<Variable> out_;
  Variable again_;
};

/// The line to record: that of the caller, or inside a recorded backward the line of the forward
/// operation being differentiated, so that errors always name a line of the user's program.
std::source_location tape_line(const std::source_location& caller);

/// While it lives, operations record the lines of their callers, inside a backward too: for code of
/// the user that runs there.
class CallersLines {
 public:
  CallersLines();
  ~CallersLines();
  CallersLines(const CallersLines&) = delete;
  CallersLines& operator=(const CallersLines&) = delete;

 private:
  const Node* outer_;
};

/// "file:line", for errors.
std::string to_string(const std::source_location& where);

}  // namespace gradus
