#pragma once
#include "autograd/record.h"

namespace gradus::ops {

struct Unfold {
  static constexpr const char* kName = "unfold";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  int axis;
  std::int64_t size, step;

  Tensor forward(const Tensor& x) const { return x.unfold(axis, size, step); }
  void backward(Gradients& d) const;
};

struct AddWindows {
  static constexpr const char* kName = "add_windows";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Shape shape;
  int axis;
  std::int64_t size, step;

  Tensor forward(const Tensor& x) const;
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Windows of `size` neighbours, `step` apart: the windows take the place of the axis, what is in
/// them becomes a new last axis. A view. Throws IndexError, ShapeError (size), ConfigError (step).
inline Variable unfold(Operand x, int axis, std::int64_t size, std::int64_t step) {
  return record(ops::Unfold{axis, size, step}, x);
}

/// The transpose of unfold: adds each window of x to its place in zeros of `shape`.
inline Variable add_windows(Operand x, const Shape& shape, int axis, std::int64_t size,
                            std::int64_t step) {
  return record(ops::AddWindows{shape, axis, size, step}, x);
}

inline void ops::Unfold::backward(Gradients& d) const {
  d.set(0, add_windows(d.dy(), d.shape(0), axis, size, step));
}
inline void ops::AddWindows::backward(Gradients& d) const {
  d.set(0, unfold(d.dy(), axis, size, step));
}

}  // namespace gradus
