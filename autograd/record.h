#pragma once
// How a structured operation gets onto the tape. An operation is a struct with its arguments as
// members and
//   static constexpr const char* kName
//   static constexpr bool kReadsInputs, kReadsResult   what backward reads
//   Tensor forward(const Tensor& x...) const
//   void backward(Gradients& d) const                  sets d.set(i, ...) where d.needs(i)
// backward is written with operations on Variables, so that it can be differentiated again.
#include <array>
#include <utility>

#include "autograd/node.h"

namespace gradus {

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

}  // namespace gradus
