#pragma once
#include "autograd/record.h"

namespace gradus::ops {

struct Diagonal {
  static constexpr const char* kName = "diagonal";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  std::int64_t offset;
  int axis0, axis1;

  Tensor forward(const Tensor& x) const { return x.diagonal(offset, axis0, axis1); }
  void backward(Gradients& d) const;
};

struct PutDiagonal {
  static constexpr const char* kName = "put_diagonal";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Shape shape;
  std::int64_t offset;
  int axis0, axis1;

  Tensor forward(const Tensor& x) const {
    Tensor y = zeros(shape, x.dtype(), x.device());
    y.diagonal(offset, axis0, axis1).copy_from(x);
    return y;
  }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// The elements [i, i + offset] of two axes, as a new last axis; a view. Throws IndexError,
/// ConfigError.
inline Variable diagonal(Operand x, std::int64_t offset = 0, int axis0 = 0, int axis1 = 1) {
  return record(ops::Diagonal{offset, axis0, axis1}, x);
}

/// Zeros of `shape` with x on a diagonal: the transpose of diagonal.
inline Variable put_diagonal(Operand x, const Shape& shape, std::int64_t offset = 0, int axis0 = 0,
                             int axis1 = 1) {
  return record(ops::PutDiagonal{shape, offset, axis0, axis1}, x);
}

inline void ops::Diagonal::backward(Gradients& d) const {
  d.set(0, put_diagonal(d.dy(), d.shape(0), offset, axis0, axis1));
}
inline void ops::PutDiagonal::backward(Gradients& d) const {
  d.set(0, diagonal(d.dy(), offset, axis0, axis1));
}

}  // namespace gradus
