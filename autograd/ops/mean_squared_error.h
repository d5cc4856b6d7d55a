#pragma once
#include <string>

#include "autograd/record.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/neg.h"
#include "tensor/elementwise/square.h"
#include "tensor/elementwise/sub.h"
#include "tensor/reduce.h"

namespace gradus::ops {

struct MeanSquaredError {
  static constexpr const char* kName = "mean_squared_error";
  static constexpr bool kReadsInputs = true, kReadsResult = false;
  double factor;

  Tensor forward(const Tensor& a, const Tensor& b) const {
    if (a.shape() != b.shape()) {
      throw ShapeError("[mean_squared_error] a is " + to_string(a.shape()) + " and b is " +
                       to_string(b.shape()) + "; expected equal shapes");
    }
    const Tensor mean_square = mean(square(a - b));
    return factor == 1 ? mean_square : mean_square * factor;
  }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// factor/n sum (a - b)^2 over all n elements in one recorded step;  da = 2 factor/n (a - b) dy =
/// -db. Shapes: a, b [...] alike  ->  []. Throws ShapeError.
inline Variable mean_squared_error(Operand a, Operand b, double factor) {
  return record(ops::MeanSquaredError{factor}, a, b);
}

inline void ops::MeanSquaredError::backward(Gradients& d) const {
  const double scale = 2 * factor / static_cast<double>(numel(d.shape(0)));
  const Variable da = (d.x(0) - d.x(1)) * (d.dy() * scale);
  if (d.needs(0)) d.set(0, da);
  if (d.needs(1)) d.set(1, -da);
}

}  // namespace gradus
