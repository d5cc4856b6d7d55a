#pragma once
#include <functional>
#include <vector>

#include "autograd/variable.h"

namespace gradus {

using CheckpointFunction = std::function<Variable(std::span<const Variable>)>;

/// f(inputs), of which the tape keeps the inputs alone: backward computes f once more, with the
/// same bits, for what it needs in between. Memory for time: a second forward.
///
///   const Variable y = checkpoint([&](const Variable& x) { return block.forward(x); }, x);
///
/// Gradients flow to the inputs and to all that f holds (parameters of a module), with
/// retain_graph, create_graph and grad() too, and checkpoints may nest. (Second derivatives are
/// sums of the same terms in another order.) Generators hand out the same random numbers again, on
/// this thread, and are left at the position they have then. f runs again at any time until
/// backward: it must not depend on anything else that changes, and what it refers to must live as
/// long. Throws in backward AutogradError, after "[backward] checkpoint recorded at FILE:LINE: ":
///   "input 0 was changed in place at ..." (what f holds counts as inputs behind the others)
///   "computed again, f gave float32 [3]; expected float32 [2] as before; ..."
///   "computed again, f drew fewer random numbers; expected as many as before; ..."
/// Source: Chen, Xu, Zhang, Guestrin 2016, "Training deep nets with sublinear memory cost",
/// arXiv:1604.06174. Differs: PyTorch restores its global random state; Gradus replays draws.
Variable checkpoint_list(CheckpointFunction f, std::span<const Variable> inputs,
                         std::source_location where = std::source_location::current());

template <class F>
Variable checkpoint(F f, Operand a) {
  return checkpoint_list([f = std::move(f)](std::span<const Variable> x) { return f(x[0]); },
                         std::span(&a.variable, 1), a.where);
}
template <class F>
Variable checkpoint(F f, Operand a, Operand b) {
  const Variable inputs[] = {a.variable, b.variable};
  return checkpoint_list([f = std::move(f)](std::span<const Variable> x) { return f(x[0], x[1]); },
                         inputs, a.where);
}
template <class F>
Variable checkpoint(F f, Operand a, Operand b, Operand c) {
  const Variable inputs[] = {a.variable, b.variable, c.variable};
  return checkpoint_list(
      [f = std::move(f)](std::span<const Variable> x) { return f(x[0], x[1], x[2]); }, inputs,
      a.where);
}

}  // namespace gradus
