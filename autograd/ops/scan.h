#pragma once
#include "autograd/ops/pick.h"
#include "tensor/scan.h"

namespace gradus::ops {

struct Cumsum {
  static constexpr const char* kName = "cumsum";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  int axis;

  Tensor forward(const Tensor& x) const { return cumsum(x, axis); }
  void backward(Gradients& d) const;
};

struct Cumprod {
  static constexpr const char* kName = "cumprod";
  static constexpr bool kReadsInputs = true, kReadsResult = true;
  int axis;

  Tensor forward(const Tensor& x) const { return cumprod(x, axis); }
  void backward(Gradients& d) const;
};

struct Logcumsumexp {
  static constexpr const char* kName = "logcumsumexp";
  static constexpr bool kReadsInputs = true, kReadsResult = true;
  int axis;

  Tensor forward(const Tensor& x) const { return logcumsumexp(x, axis); }
  void backward(Gradients& d) const;
};

struct Diff {
  static constexpr const char* kName = "diff";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  std::int64_t n;
  int axis;

  Tensor forward(const Tensor& x) const { return diff(x, n, axis); }
  void backward(Gradients& d) const;
};

struct Cummax : Pick {
  static constexpr const char* kName = "cummax";
};
struct Cummin : Pick {
  static constexpr const char* kName = "cummin";
};

}  // namespace gradus::ops

namespace gradus {

// Running results along one axis, see tensor/scan.h. All throw IndexError.

/// y[i] = x[0] + ... + x[i];  dx[k] = dy[k] + dy[k + 1] + ...
inline Variable cumsum(Operand x, int axis) { return record(ops::Cumsum{axis}, x); }

/// y[i] = x[0] * ... * x[i];  dx[k] = y[k - 1] g[k] with g[k] = dy[k] + x[k + 1] g[k + 1]: no
/// division, so zeros are like other numbers.
inline Variable cumprod(Operand x, int axis) { return record(ops::Cumprod{axis}, x); }

/// y[i] = log(exp(x[0]) + ... + exp(x[i]));  dx[k] = sum of dy[i] exp(x[k] - y[i]) over i >= k, as
/// exp(x[k] - y[k]) g[k] with g[k] = dy[k] + exp(y[k] - y[k + 1]) g[k + 1]: nothing overflows.
inline Variable logcumsumexp(Operand x, int axis) { return record(ops::Logcumsumexp{axis}, x); }

/// Differences of neighbours, n times over; the gradient is that of dy between zeros, with the sign
/// of (-1)^n. Throws ConfigError, ShapeError.
inline Variable diff(Operand x, std::int64_t n = 1, int axis = -1) {
  return record(ops::Diff{n, axis}, x);
}

/// The same of x between `prepend` and `append`, of which one may be undefined. They have the sizes
/// of x but for the axis, and gradients too.
Variable diff(Operand x, std::int64_t n, int axis, Operand prepend, Operand append = Variable());

/// Largest element so far and its position, which gets the gradient: the last of equal ones.
VariableAndIndices cummax(Operand x, int axis);

/// Smallest element so far and its position; otherwise as cummax.
VariableAndIndices cummin(Operand x, int axis);

}  // namespace gradus
