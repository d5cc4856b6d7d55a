#pragma once
#include <vector>

#include "autograd/record.h"
#include "tensor/assemble.h"

namespace gradus::ops {

struct PadByMode {
  static constexpr const char* kName = "pad_by_mode";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  std::vector<std::int64_t> pads;
  PadMode mode;

  Tensor forward(const Tensor& x) const { return pad(x, pads, mode); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// pad() with elements of x, see PadMode. The gradient of an element is the sum over the places
/// where it stands. Throws ShapeError.
Variable pad(Operand x, const std::vector<std::int64_t>& pads, PadMode mode);

}  // namespace gradus
