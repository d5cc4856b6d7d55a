#pragma once
#include "autograd/ops/pick.h"
#include "tensor/indexing.h"

namespace gradus::ops {

struct Gather : Pick {
  static constexpr const char* kName = "gather";
};

struct TakeAlongAxis {
  static constexpr const char* kName = "take_along_axis";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  SavedTensor index;
  int axis;

  Tensor forward(const Tensor& x) const { return take_along_axis(x, index, axis); }
  void backward(Gradients& d) const;
};

struct Scatter {
  static constexpr const char* kName = "scatter";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  int axis;
  SavedTensor index;

  Tensor forward(const Tensor& x, const Tensor& source) const {
    return scatter(x, axis, index, source);
  }
  void backward(Gradients& d) const;
};

struct ScatterAdd {
  static constexpr const char* kName = "scatter_add";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  int axis;
  SavedTensor index;

  Tensor forward(const Tensor& x, const Tensor& source) const {
    return scatter_add(x, axis, index, source);
  }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

// Shapes and errors are those of the functions of tensors, see tensor/indexing.h.

/// y[i, j] = x[index[i, j], j] for axis 0, and so on. The gradient of an element is the sum over
/// the places where it was read.
Variable gather(Operand x, int axis, const Tensor& index);

/// gather() after broadcasting x and index to each other along all axes but one.
Variable take_along_axis(Operand x, const Tensor& index, int axis);

/// x with y[index[i, j], j] = source[i, j] for axis 0, and so on; source may be a number.
/// Of several sources of one element the last in row-major order stays, and it alone gets the
/// gradient (PyTorch: its gradient is undefined there).
Variable scatter(Operand x, int axis, const Tensor& index, Operand source);

/// The same with y[index[i, j], j] += source[i, j]; all sources get the gradient.
Variable scatter_add(Operand x, int axis, const Tensor& index, Operand source);

}  // namespace gradus
