#pragma once
#include "autograd/record.h"

namespace gradus::ops {

struct RepeatInterleave {
  static constexpr const char* kName = "repeat_interleave";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  SavedTensor repeats;  ///< of each position
  int axis;

  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Each element `repeats` times in a row along an axis. The gradient of an element is the sum over
/// its copies. Shapes: x [..., n, ...]  ->  y [..., n * repeats, ...]. Throws IndexError,
/// ConfigError.
Variable repeat_interleave(Operand x, std::int64_t repeats, int axis);
/// Position i of the axis repeats[i] times. repeats: whole numbers [n]. Throws also DTypeError,
/// ShapeError.
Variable repeat_interleave(Operand x, const Tensor& repeats, int axis);

}  // namespace gradus
