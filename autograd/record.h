#pragma once
// How a structured operation gets onto the tape. An operation is a struct with its arguments as
// members and
//   static constexpr const char* kName
//   static constexpr bool kReadsInputs, kReadsResult   what backward reads
//   Tensor forward(const Tensor& x...) const
//   void backward(Gradients& d) const                  sets d.set(i, ...) where d.needs(i)
// backward is written with operations on Variables, so that it can be differentiated again. Tensors
// among the members that it reads are of type SavedTensor.
#include <array>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/node.h"

namespace gradus {

/// Ends what an operation keeps besides its inputs and its result.
template <class Op>
void free_saved_of(Op& op) {
  if constexpr (std::is_default_constructible_v<Op> && std::is_move_assignable_v<Op> &&
                !std::is_trivially_destructible_v<Op>) {
    op = Op();
  }
}

template <class Op, int kInputs>
class OpNode final : public Node {
 public:
  template <class... Inputs>
  OpNode(Op op, Tensor value, std::source_location where, const Inputs&... inputs)
      : Node(std::move(value), where, Op::kReadsResult),
        op_(std::move(op)),
        inputs_{Edge(inputs.variable.node(), Op::kReadsInputs)...} {}
  const char* op() const override { return Op::kName; }
  void backward(Gradients& d) override { op_.backward(d); }
  std::span<Edge> inputs() override { return inputs_; }
  void free_saved() override { free_saved_of(op_); }

 private:
  Op op_;
  std::array<Edge, kInputs> inputs_;
};

/// Computes the operation and, where an input requires a gradient, records it.
template <class Op, class... Inputs>
Variable record(Op op, const Inputs&... inputs) {
  Tensor y = op.forward(inputs.value()...);
  const bool wanted = grad_enabled() && (inputs.variable.requires_grad() || ...);
  if (!wanted || !is_floating(y.dtype())) return Variable(std::move(y));
  const std::array<std::source_location, sizeof...(Inputs)> lines{inputs.where...};
  return Variable::from_node(new OpNode<Op, sizeof...(Inputs)>(std::move(op), std::move(y),
                                                               tape_line(lines[0]), inputs...));
}

/// A node of an operation that takes a list.
template <class Op>
class ListNode final : public Node {
 public:
  ListNode(Op op, Tensor value, std::source_location where, std::span<const Variable> inputs)
      : Node(std::move(value), where, Op::kReadsResult), op_(std::move(op)) {
    inputs_.reserve(inputs.size());
    for (const Variable& x : inputs) inputs_.emplace_back(x.node(), Op::kReadsInputs);
  }
  const char* op() const override { return Op::kName; }
  void backward(Gradients& d) override { op_.backward(d); }
  std::span<Edge> inputs() override { return inputs_; }
  void free_saved() override { free_saved_of(op_); }

 private:
  Op op_;
  std::vector<Edge> inputs_;
};

/// record() for an operation that takes a list: Tensor forward(std::span<const Tensor> x). Every
/// input must be defined.
template <class Op>
Variable record_list(Op op, std::span<const Variable> inputs, const std::source_location& where) {
  std::vector<Tensor> x;
  x.reserve(inputs.size());
  bool wanted = false;
  for (const Variable& input : inputs) {
    x.push_back(input.value());
    wanted = wanted || input.requires_grad();
  }
  Tensor y = op.forward(std::span<const Tensor>(x));
  if (!wanted || !grad_enabled() || !is_floating(y.dtype())) return Variable(std::move(y));
  return Variable::from_node(
      new ListNode<Op>(std::move(op), std::move(y), tape_line(where), inputs));
}

}  // namespace gradus
