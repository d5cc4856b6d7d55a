#pragma once
#include "autograd/record.h"

namespace gradus::ops {

struct SliceAxis {
  static constexpr const char* kName = "slice";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  int axis;
  Slice range;

  Tensor forward(const Tensor& x) const { return x.slice(axis, range); }
  void backward(Gradients& d) const;
};

struct PutSlice {
  static constexpr const char* kName = "put_slice";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Shape shape;
  int axis;
  Slice range;

  Tensor forward(const Tensor& x) const {
    Tensor y = zeros(shape, x.dtype(), x.device());
    y.slice(axis, range).copy_from(x);
    return y;
  }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Positions start, start + step, ... of one axis, see Tensor::slice; a view.
/// Throws IndexError, ConfigError.
inline Variable slice(Operand x, int axis, Slice range) {
  return record(ops::SliceAxis{axis, range}, x);
}

/// Zeros of `shape` with x at the positions of a slice: the transpose of slice.
inline Variable put_slice(Operand x, const Shape& shape, int axis, Slice range) {
  return record(ops::PutSlice{shape, axis, range}, x);
}

inline void ops::SliceAxis::backward(Gradients& d) const {
  d.set(0, put_slice(d.dy(), d.shape(0), axis, range));
}
inline void ops::PutSlice::backward(Gradients& d) const { d.set(0, slice(d.dy(), axis, range)); }

}  // namespace gradus
