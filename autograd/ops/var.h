#pragma once
#include <utility>

#include "autograd/record.h"
#include "tensor/reduce.h"

namespace gradus::ops {

struct Var {
  static constexpr const char* kName = "var";
  static constexpr bool kReadsInputs = true, kReadsResult = false;
  Axes axes;
  double correction;
  bool keepdim;

  Tensor forward(const Tensor& x) const { return var(x, axes, correction, keepdim); }
  void backward(Gradients& d) const;
};

struct Std {
  static constexpr const char* kName = "std";
  static constexpr bool kReadsInputs = true, kReadsResult = true;
  Axes axes;
  double correction;
  bool keepdim;

  Tensor forward(const Tensor& x) const { return std(x, axes, correction, keepdim); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// y = sum_i (x_i - mean)^2 / max(0, n - correction);  dx_i = 2 (x_i - mean) dy / (n - correction).
/// Throws IndexError, ConfigError.
inline Variable var(Operand x, const Axes& axes = {}, Correction correction = 1,
                    bool keepdim = false) {
  return record(ops::Var{axes, correction.value, keepdim}, x);
}

/// Square root of var;  dx_i = (x_i - mean) dy / (y (n - correction)), and 0 where y is 0.
inline Variable std(Operand x, const Axes& axes = {}, Correction correction = 1,
                    bool keepdim = false) {
  return record(ops::Std{axes, correction.value, keepdim}, x);
}

/// {var, mean}, computed together.
std::pair<Variable, Variable> var_mean(Operand x, const Axes& axes = {}, Correction correction = 1,
                                       bool keepdim = false);

/// {std, mean}, computed together.
std::pair<Variable, Variable> std_mean(Operand x, const Axes& axes = {}, Correction correction = 1,
                                       bool keepdim = false);

}  // namespace gradus
