#pragma once
#include "autograd/record.h"
#include "tensor/assemble.h"

namespace gradus::ops {

struct Roll {
  static constexpr const char* kName = "roll";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Dims shifts;
  Axes axes;

  Tensor forward(const Tensor& x) const { return roll(x, shifts, axes); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Moves elements by `shifts` positions along `axes`; those that leave at one end come back at the
/// other. No axes: one shift of the flattened x. Throws IndexError, ConfigError (counts).
inline Variable roll(Operand x, const Dims& shifts, const Axes& axes = {}) {
  return record(ops::Roll{shifts, axes}, x);
}

inline void ops::Roll::backward(Gradients& d) const {
  Dims back = shifts;
  for (std::int64_t& shift : back) shift = -shift;
  d.set(0, roll(d.dy(), back, axes));
}

}  // namespace gradus
