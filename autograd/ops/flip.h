#pragma once
#include "autograd/record.h"

namespace gradus::ops {

struct Flip {
  static constexpr const char* kName = "flip";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Axes axes;

  Tensor forward(const Tensor& x) const { return x.flip(axes); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Reverses axes (none named: all), a view. Throws IndexError, ConfigError.
inline Variable flip(Operand x, const Axes& axes = {}) { return record(ops::Flip{axes}, x); }

inline void ops::Flip::backward(Gradients& d) const { d.set(0, flip(d.dy(), axes)); }

}  // namespace gradus
