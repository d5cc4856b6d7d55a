#pragma once
// Recording where record() does not fit: the result is there already, or the inputs are a list.
#include <span>
#include <utility>
#include <vector>

#include "autograd/record.h"

namespace gradus {

/// record() for a result that was computed together with something else, or as a view; the
/// operation needs no forward.
template <class Op, class... Inputs>
Variable record_result(Op op, Tensor y, const Inputs&... inputs) {
  const bool wanted = grad_enabled() && (inputs.variable.requires_grad() || ...);
  if (!wanted || !is_floating(y.dtype())) return Variable(std::move(y));
  const std::array<std::source_location, sizeof...(Inputs)> lines{inputs.where...};
  return Variable::from_node(new OpNode<Op, sizeof...(Inputs)>(std::move(op), std::move(y),
                                                               tape_line(lines[0]), inputs...));
}

/// The same for a list of inputs, all of them defined.
template <class Op>
Variable record_many(Op op, Tensor y, std::span<const Variable> inputs,
                     const std::source_location& where) {
  bool wanted = false;
  for (const Variable& x : inputs) wanted = wanted || x.requires_grad();
  if (!wanted || !grad_enabled() || !is_floating(y.dtype())) return Variable(std::move(y));
  return Variable::from_node(
      new ListNode<Op>(std::move(op), std::move(y), tape_line(where), inputs));
}

/// The values of a list.
inline std::vector<Tensor> values_of(std::span<const Variable> list) {
  std::vector<Tensor> values;
  values.reserve(list.size());
  for (const Variable& x : list) values.push_back(x.value());
  return values;
}

}  // namespace gradus
