#pragma once
#include "autograd/record.h"

namespace gradus::ops {

struct Permute {
  static constexpr const char* kName = "permute";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Dims axes;

  Tensor forward(const Tensor& x) const { return x.permute(axes); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Axis i of the result is axis axes[i] of x, a view. Throws IndexError, ConfigError.
inline Variable permute(Operand x, const Dims& axes) { return record(ops::Permute{axes}, x); }

/// Moves axes to other places; the rest keep their order. A view, recorded as permute.
/// Throws IndexError, ConfigError.
Variable moveaxis(Operand x, const Axes& from, const Axes& to);

inline void ops::Permute::backward(Gradients& d) const {
  Dims back = Dims::filled(axes.rank(), 0);
  for (int i = 0; i < axes.rank(); ++i) back[normalize_axis("permute", axes[i], d.shape(0))] = i;
  d.set(0, permute(d.dy(), back));
}

}  // namespace gradus
