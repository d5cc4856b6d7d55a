#pragma once
#include <concepts>
#include <functional>
#include <iosfwd>
#include <memory>
#include <source_location>
#include <span>
#include <utility>
#include <vector>

#include "tensor/tensor.h"

namespace gradus {

class Node;
struct HookEntry;

struct BackwardOptions {
  bool retain_graph = false;  ///< keep the tape, so that backward can run again
  /// Record backward itself, for higher derivatives; keeps the tape. A gradient that backward()
  /// stores in a leaf then points to the tape and the tape to the leaf: a ring that lives until
  /// zero_grad(). grad() returns its results instead and makes no ring.
  bool create_graph = false;
};

/// Takes a hook away again. It may outlive the variable, and dropping it removes nothing.
class HookHandle {
 public:
  HookHandle() = default;
  explicit HookHandle(std::weak_ptr<HookEntry> entry) : entry_(std::move(entry)) {}
  /// From now on the hook is not called. The hook itself may do this while it runs. Harmless when
  /// repeated.
  void remove();

 private:
  std::weak_ptr<HookEntry> entry_;
};

/// A tensor that the tape can differentiate: its value, its gradient and how it was made. A
/// Variable is a handle: copies are the same variable. Tensors and numbers convert to constants.
///
/// Threads: different graphs may be built and differentiated at the same time; one graph, or
/// leaves shared between graphs, by one thread at a time (reading values is always safe).
class Variable {
 public:
  Variable() = default;
  Variable(Tensor value);  // NOLINT: implicit by design
  template <Number T>
  Variable(T value) : Variable(Tensor(value)) {}  // NOLINT: implicit by design

  Variable(const Variable& other);
  Variable(Variable&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  Variable& operator=(Variable other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~Variable();

  bool defined() const { return node_ != nullptr; }
  /// The elements; an undefined tensor for an undefined variable. Once a tape has saved them for
  /// backward, changing them in place makes that backward throw AutogradError, with both lines.
  const Tensor& value() const&;
  Tensor value() && { return std::as_const(*this).value(); }
  const Shape& shape() const { return value().shape(); }
  DType dtype() const { return value().dtype(); }
  Device device() const { return value().device(); }
  int rank() const { return value().rank(); }
  std::int64_t dim(int axis) const { return value().dim(axis); }
  std::int64_t numel() const { return value().numel(); }
  /// The only element, as double. Throws ShapeError.
  double item() const { return value().item(); }

  bool requires_grad() const;
  /// Made by the user, not recorded by an operation.
  bool is_leaf() const;
  /// Turns differentiation on or off for a leaf; returns *this. Throws AutogradError for a result
  /// of an operation, DTypeError for integers:
  ///   "[requires_grad] x: int64; expected a floating dtype, only these have gradients"
  Variable& set_requires_grad(bool on);

  /// Gives a leaf other elements, of any shape and floating dtype (any dtype unless it requires a
  /// gradient); all handles see them. Its gradient is forgotten unless it has that shape and dtype.
  /// A tape that has saved the old elements throws AutogradError in backward, as after a change in
  /// place. Throws AutogradError for a result of an operation, DTypeError.
  void set_value(Tensor value, std::source_location where = std::source_location::current()) const;

  /// The sum of all gradients since the last zero_grad; undefined when there was none.
  Variable grad() const;
  /// Throws ShapeError, DTypeError unless like the value.
  void set_grad(Variable grad) const;
  void zero_grad() const;

  /// For a result: backward() stores its gradient too, as if it were a leaf. Returns *this. Throws
  /// AutogradError when this requires no gradient.
  const Variable& retain_grad() const;

  /// Calls f(gradient) in every walk that reaches this, when its gradient is complete and before
  /// anything is done with it. What f returns, unless that is undefined or f returns void, takes
  /// the place of the gradient; it must have its shape and dtype (AutogradError). f must not change
  /// the gradient in place, which others may share.
  /// Hooks run in the order of registration and see what the one before returned. What a hook
  /// throws ends the walk; then backward() has stored no gradient, but for leaves with hooks of the
  /// next kind. A hook may call backward() of another graph. Operations are recorded in a hook only
  /// with create_graph. A hook that holds a Variable made from this one makes a ring: memory lives
  /// until the hook is removed. Throws AutogradError when this requires no gradient.
  template <class F>
  HookHandle register_hook(F f) const {
    if constexpr (std::is_void_v<std::invoke_result_t<F&, const Variable&>>) {
      return add_hook([f = std::move(f)](const Variable& gradient) mutable {
        f(gradient);
        return Variable();
      });
    } else {
      return add_hook(std::move(f));
    }
  }
  /// For a leaf: calls f(leaf) when backward() has added the complete gradient to leaf.grad(), with
  /// which f may do what it likes: an optimizer can step and forget it. Such a gradient is stored
  /// at once, not at the end of the walk. grad() does not call f. Throws AutogradError for a result
  /// of an operation, or when this requires no gradient.
  HookHandle register_post_accumulate_grad_hook(std::function<void(const Variable&)> f) const;
  /// For the result of an operation: calls f(gradient of the result) before, or f(gradients of the
  /// inputs, gradient of the result) after its backward. The former is called behind the hooks of
  /// the variable and sees what they returned; the latter may change the gradients (undefined for
  /// inputs that need none), which are not yet summed over broadcast axes. Throws AutogradError for
  /// leaves and constants.
  HookHandle register_backward_pre_hook(std::function<void(const Variable&)> f) const;
  HookHandle register_backward_hook(
      std::function<void(std::span<Variable> inputs, const Variable& result)> f) const;

  /// Elements chosen as in NumPy: x.index({Slice{1, None}, -1, Ellipsis, mask, positions}), see
  /// tensor/indexing.h; a view unless there are tensors among the items. The gradient of an element
  /// is the sum over the places where it was read. Throws as Tensor::index.
  Variable index(const std::vector<IndexItem>& items,
                 std::source_location where = std::source_location::current()) const;

  /// The same elements as a constant, cut from the tape.
  Variable detach() const { return Variable(value()); }

  /// Adds d(this)/d(leaf) to the gradient of every leaf that this was computed from and that
  /// requires one. Throws AutogradError unless this has one element; when nothing requires a
  /// gradient; when the tape was freed by an earlier backward.
  void backward(const BackwardOptions& options = {}) const;
  /// The same for a vector-Jacobian product with `seed`, which has the shape of this.
  void backward(const Variable& seed, const BackwardOptions& options = {}) const;

  /// Identity of the variable; null when undefined.
  Node* node() const { return node_; }
  static Variable from_node(Node* adopted);

 private:
  HookHandle add_hook(std::function<Variable(const Variable&)> f) const;

  Node* node_ = nullptr;
};

/// A leaf that requires a gradient. Throws DTypeError for integers.
Variable parameter(Tensor value);

/// d(sum of seed_k * output_k) / d(input_i) for each input, without touching any stored gradient.
/// seeds: one per output with its shape; none at all means ones for outputs of one element.
/// An input that the outputs do not depend on gives zeros if allow_unused, else AutogradError.
std::vector<Variable> grad(std::span<const Variable> outputs, std::span<const Variable> inputs,
                           std::span<const Variable> seeds = {},
                           const BackwardOptions& options = {}, bool allow_unused = false);
/// The same for one output and one input.
Variable grad(const Variable& output, const Variable& input, const BackwardOptions& options = {});

/// Whether operations are recorded on this thread.
bool grad_enabled();

/// While it lives, operations of this thread are not recorded.
class NoGradGuard {
 public:
  NoGradGuard() : NoGradGuard(false) {}
  ~NoGradGuard();
  NoGradGuard(const NoGradGuard&) = delete;
  NoGradGuard& operator=(const NoGradGuard&) = delete;

 protected:
  explicit NoGradGuard(bool enabled);

 private:
  bool before_;
};

/// While it lives, operations of this thread are recorded again, inside a NoGradGuard too.
class EnableGradGuard : NoGradGuard {
 public:
  EnableGradGuard() : NoGradGuard(true) {}
};

/// An argument of a recorded operation: what was passed, and the line that passed it. The
/// conversion from Variable, Tensor or number at the call remembers that line.
class Operand {
 public:
  Operand(Variable x, std::source_location where = std::source_location::current())  // NOLINT
      : variable(std::move(x)), where(where) {}
  Operand(Tensor x, std::source_location where = std::source_location::current())  // NOLINT
      : variable(std::move(x)), where(where) {}
  template <Number T>
  Operand(T x, std::source_location where = std::source_location::current())  // NOLINT
      : variable(Tensor(x)), where(where) {}

  const Tensor& value() const { return variable.value(); }

  Variable variable;
  std::source_location where;
};

std::ostream& operator<<(std::ostream& out, const Variable& x);

}  // namespace gradus
