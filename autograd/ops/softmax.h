#pragma once
#include "autograd/record.h"
#include "tensor/softmax.h"

namespace gradus::ops {

struct Softmax {
  static constexpr const char* kName = "softmax";
  static constexpr bool kReadsInputs = false, kReadsResult = true;
  int axis;

  Tensor forward(const Tensor& x) const { return softmax(x, axis); }
  void backward(Gradients& d) const;
};

struct LogSoftmax {
  static constexpr const char* kName = "log_softmax";
  static constexpr bool kReadsInputs = false, kReadsResult = true;
  int axis;

  Tensor forward(const Tensor& x) const { return log_softmax(x, axis); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// y[i] = exp(x[i]) / sum_j exp(x[j]) along an axis;  dx = y (dy - sum_j dy[j] y[j]).
/// Throws IndexError.
inline Variable softmax(Operand x, int axis) { return record(ops::Softmax{axis}, x); }

/// The logarithm of softmax;  dx = dy - exp(y) sum_j dy[j]. Throws IndexError.
inline Variable log_softmax(Operand x, int axis) { return record(ops::LogSoftmax{axis}, x); }

/// dx of y = softmax(x), which other backwards end with.
Variable softmax_gradient(const Variable& y, const Variable& dy, int axis);

}  // namespace gradus
