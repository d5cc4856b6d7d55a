#pragma once
#include "autograd/record.h"
#include "tensor/reduce.h"

namespace gradus::ops {

struct SumTo {
  static constexpr const char* kName = "sum_to";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Shape shape;

  Tensor forward(const Tensor& x) const { return sum_to(x, shape); }
  void backward(Gradients& d) const;
};

struct Expand {
  static constexpr const char* kName = "expand";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Shape shape;

  Tensor forward(const Tensor& x) const { return x.expand(shape); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Sums over the axes that were broadcast. Shapes: x [...]  ->  y of `shape`, which broadcasts to
/// that of x. Throws ShapeError.
inline Variable sum_to(Operand x, const Shape& shape) { return record(ops::SumTo{shape}, x); }

/// Repeats axes of size 1 without copying. Shapes: x [...]  ->  y of `shape`. Throws ShapeError.
inline Variable expand(Operand x, const Shape& shape) { return record(ops::Expand{shape}, x); }

// The two are transposes of each other.
inline void ops::SumTo::backward(Gradients& d) const { d.set(0, expand(d.dy(), d.shape(0))); }
inline void ops::Expand::backward(Gradients& d) const { d.set(0, sum_to(d.dy(), d.shape(0))); }

}  // namespace gradus
