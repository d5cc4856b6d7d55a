#pragma once
#include "autograd/record.h"

namespace gradus {

/// What apply() makes of a user's operation: with defaults for what it leaves out, and with a look
/// at what its backward has done.
template <class Op>
struct CustomOp {
  static constexpr const char* name() {
    if constexpr (requires { Op::kName; }) {
      return Op::kName;
    } else {
      return "custom";
    }
  }
  static constexpr bool reads_inputs() {
    if constexpr (requires { Op::kReadsInputs; }) {
      return Op::kReadsInputs;
    } else {
      return true;
    }
  }
  static constexpr bool reads_result() {
    if constexpr (requires { Op::kReadsResult; }) {
      return Op::kReadsResult;
    } else {
      return true;
    }
  }
  static constexpr const char* kName = name();
  static constexpr bool kReadsInputs = reads_inputs(), kReadsResult = reads_result();
  Op op;

  template <class... X>
  Tensor forward(const X&... x) {
    const NoGradGuard numbers_only;
    return op.forward(x...);
  }
  void backward(Gradients& d) {
    op.backward(d);
    for (int i = 0; i < d.inputs(); ++i) {
      if (!d.needs(i) || d.is_set(i)) continue;
      throw AutogradError("gradient of input " + std::to_string(i) +
                          " not set; expected one for each input that needs it; set zeros if it "
                          "does not matter");
    }
  }
};

/// An operation of your own on the tape. It is a struct with its arguments as members and
///
///   struct Cube {
///     Tensor forward(const Tensor& x) { return x * x * x; }
///     void backward(Gradients& d) const { d.set(0, d.dy() * 3 * square(d.x(0))); }
///   };
///   const Variable y = apply(Cube{}, x);
///
/// forward computes the result from the values of the inputs; nothing in it is recorded. backward
/// computes from d.dy(), the gradient of the result, d.x(i), the inputs, and d.y(), the result,
/// the gradient of each input i with d.needs(i), in its shape, and hands it to d.set(i, dx). It
/// uses operations on Variables, so that create_graph can differentiate it again. What forward has
/// computed and backward needs goes into a member of type SavedTensor; it is freed with the tape,
/// if Op can be default constructed and assigned.
///
/// Op may say kName (for errors and drawings; else "custom"), and kReadsInputs = false or
/// kReadsResult = false when backward does not ask for d.x or d.y: then these elements need not be
/// kept. (A saved tensor has no tape: what must be differentiated twice is computed from d.x.)
///
/// Throws what forward throws. In backward AutogradError, after "[backward] NAME recorded at
/// FILE:LINE: ", when what it reads was changed in place since, and:
///   "gradient of input 0 not set; expected one for each input that needs it; ..."
///   "gradient of input 2 set; expected 0..1, one per input"
///   "input 2 read; expected 0..1, one per input"
///   "gradient of input 1: shape [7]; expected [2], that of the input"
/// Differs: PyTorch's functions may have several results.
template <class Op>
Variable apply(Op op, Operand a) {
  return record(CustomOp<Op>{std::move(op)}, a);
}
template <class Op>
Variable apply(Op op, Operand a, Operand b) {
  return record(CustomOp<Op>{std::move(op)}, a, b);
}
template <class Op>
Variable apply(Op op, Operand a, Operand b, Operand c) {
  return record(CustomOp<Op>{std::move(op)}, a, b, c);
}
template <class Op>
Variable apply(Op op, Operand a, Operand b, Operand c, Operand d) {
  return record(CustomOp<Op>{std::move(op)}, a, b, c, d);
}
/// The same for any number of inputs: Tensor forward(std::span<const Tensor> x).
template <class Op>
Variable apply_list(Op op, const std::vector<Variable>& inputs,
                    std::source_location where = std::source_location::current()) {
  for (const Variable& x : inputs) check_defined(CustomOp<Op>::kName, "input", x.value());
  return record_list(CustomOp<Op>{std::move(op)}, inputs, where);
}

}  // namespace gradus
