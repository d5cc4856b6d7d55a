// Variance, log-sum-exp and norms: sums of a function that differs from line to line.
#include <algorithm>
#include <cmath>
#include <limits>

#include "tensor/cpu/mapped_sum.h"
#include "tensor/cpu/reduce_door.h"
#include "tensor/elementwise/abs.h"
#include "tensor/elementwise/div.h"
#include "tensor/reduce.h"

namespace gradus {
namespace {

using cpu::mapped_sum;
using cpu::reduced_count;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// A reduction to results of its own dtype: what its door has in common.
struct Door {
  Door(std::string_view op, const Tensor& x, const Axes& axes, bool keepdim) : result_dtype(kBool) {
    check_defined(op, "x", x);
    mask = axes_mask(op, axes, x.shape());
    shape = reduced_shape(x.shape(), mask, keepdim);
    result_dtype = cpu::floating_result_dtype(x);
    input = x.to(compute_dtype(result_dtype));
  }
  Tensor new_result(DType dtype) const { return Tensor::empty(shape, dtype); }

  unsigned mask;
  Shape shape;
  DType result_dtype;
  Tensor input;  // in the dtype to compute in
};

/// Means of lines, in double.
Tensor line_means(const Door& door) {
  const Tensor mean = door.new_result(kFloat64);
  const double n = static_cast<double>(reduced_count(door.input.shape(), door.mask));
  dispatch_floating(door.input.dtype(), [&]<class T>(std::type_identity<T>) {
    double* m = mean.data<double>();
    mapped_sum<double, T>(
        door.input, door.mask, [](std::int64_t) { return [](auto x) { return x; }; }, m);
    for (std::int64_t i = 0; i < mean.numel(); ++i) m[i] /= n;
  });
  return mean;
}

/// {variance or its root, mean}.
std::pair<Tensor, Tensor> moments(std::string_view op, const Tensor& x, const Axes& axes,
                                  Correction correction, bool keepdim, bool root) {
  const Door door(op, x, axes, keepdim);
  const Tensor var = door.new_result(kFloat64);
  if (door.input.numel() == 0) {
    var.fill(kNaN);
    return {var.to(door.result_dtype), var.to(door.result_dtype)};
  }
  const Tensor mean = line_means(door);
  const std::int64_t n = reduced_count(x.shape(), door.mask);
  const double divisor = std::fmax(0, static_cast<double>(n) - correction.value);
  dispatch_floating(door.input.dtype(), [&]<class T>(std::type_identity<T>) {
    double* v = var.data<double>();
    const double* m = mean.data<double>();
    const auto squared_distance = [m](std::int64_t k) {
      return [mean = m[k]](auto value) { return (value - mean) * (value - mean); };
    };
    mapped_sum<double, T>(door.input, door.mask, squared_distance, v);
    for (std::int64_t i = 0; i < var.numel(); ++i) v[i] /= divisor;
    if (!root) return;
    for (std::int64_t i = 0; i < var.numel(); ++i) v[i] = std::sqrt(v[i]);
  });
  return {var.to(door.result_dtype), mean.to(door.result_dtype)};
}

// Not inlined: in a loop the compiler would take the vector forms of log and pow for most elements
// and the scalar ones, which round differently, for the rest.
template <class T>
[[gnu::noinline]] T scalar_log(T x) {
  return std::log(x);
}
[[gnu::noinline]] double root_of(double sum, double p) {
  return p == 2 ? std::sqrt(sum) : std::pow(sum, 1 / p);
}

/// sums[k] = sum over line k of |x_i|^p.
void power_sums(const Tensor& x, unsigned mask, double p, double* sums) {
  dispatch_floating(x.dtype(), [&]<class T>(std::type_identity<T>) {
    const auto over = [&](auto power) {
      const auto map = [power](std::int64_t) { return power; };
      mapped_sum<double, T>(x, mask, map, sums);
    };
    if (p == 1) {
      over([](auto a) { return a > 0 ? a : 0 - a; });
    } else if (p == 2) {
      over([](auto a) { return a * a; });
    } else {
      over([p](double a) { return gradus::pow(std::fabs(a), p); });
    }
  });
}

/// Norms for finite p that is not 0, of lines with elements.
Tensor power_norm(const Door& door, double p) {
  const Tensor result = door.new_result(kFloat64);
  double* y = result.data<double>();
  const std::int64_t n = result.numel();
  // Outside of these the sum has overflowed, or small terms may have lost digits.
  const auto in_range = [](double sum) { return std::isnan(sum) || (sum > 1e-280 && sum < 1e300); };
  power_sums(door.input, door.mask, p, y);
  const bool all_in_range = std::all_of(y, y + n, in_range);
  const Tensor plain = all_in_range ? Tensor() : result.clone();
  Tensor scale;
  if (!all_in_range) {
    Axes axes;
    for (int i = 0; i < door.input.rank(); ++i) {
      if (door.mask >> i & 1) axes.push_back(i);
    }
    const Tensor magnitude = abs(door.input.to(kFloat64));
    scale = p > 0 ? max(magnitude, axes, true) : min(magnitude, axes, true);
    power_sums(div(magnitude, scale), door.mask, p, y);
  }
  for (std::int64_t k = 0; k < n; ++k) {
    const double sum = all_in_range ? y[k] : plain.data<double>()[k];
    if (in_range(sum)) {
      y[k] = root_of(sum, p);
    } else {
      const double s = scale.data<double>()[k];
      y[k] = s == 0 || !std::isfinite(s) ? s : s * root_of(y[k], p);
    }
  }
  return result.to(door.result_dtype);
}

}  // namespace

Tensor var(const Tensor& x, const Axes& axes, Correction correction, bool keepdim) {
  return moments("var", x, axes, correction, keepdim, false).first;
}

Tensor std(const Tensor& x, const Axes& axes, Correction correction, bool keepdim) {
  return moments("std", x, axes, correction, keepdim, true).first;
}

std::pair<Tensor, Tensor> var_mean(const Tensor& x, const Axes& axes, Correction correction,
                                   bool keepdim) {
  return moments("var_mean", x, axes, correction, keepdim, false);
}

std::pair<Tensor, Tensor> std_mean(const Tensor& x, const Axes& axes, Correction correction,
                                   bool keepdim) {
  return moments("std_mean", x, axes, correction, keepdim, true);
}

Tensor logsumexp(const Tensor& x, const Axes& axes, bool keepdim) {
  const Door door("logsumexp", x, axes, keepdim);
  if (door.input.numel() == 0) {
    const Tensor none = door.new_result(door.result_dtype);
    none.fill(-kInf);
    return none;
  }
  const Tensor largest = max(door.input, axes, keepdim).contiguous();
  const Tensor y = door.new_result(door.input.dtype());
  dispatch_floating(y.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* m = largest.data<T>();
    T* sums = y.data<T>();
    const auto shifted_exp = [m](std::int64_t k) {
      return [m = m[k]](T value) { return gradus::exp(value - m); };
    };
    mapped_sum<T, T>(door.input, door.mask, shifted_exp, sums);
    // Where all are -inf, or one is inf, the sum is NaN and m itself the result.
    for (std::int64_t i = 0; i < y.numel(); ++i) {
      sums[i] = std::isinf(m[i]) ? m[i] : m[i] + scalar_log(sums[i]);
    }
  });
  return y.to(door.result_dtype);
}

Tensor norm(const Tensor& x, double p, const Axes& axes, bool keepdim) {
  if (std::isnan(p)) throw ConfigError("[norm] p: nan; expected a number");
  const Door door("norm", x, axes, keepdim);
  if (p == 0) return count_nonzero(door.input, axes, keepdim).to(door.result_dtype);
  if (x.numel() == 0 && numel(door.shape) > 0 && (p < 0 || p == kInf)) {
    cpu::throw_no_elements("norm", x);
  }
  if (p == kInf) return max(abs(door.input), axes, keepdim).to(door.result_dtype);
  if (p == -kInf) return min(abs(door.input), axes, keepdim).to(door.result_dtype);
  return x.numel() == 0 ? zeros(door.shape, door.result_dtype) : power_norm(door, p);
}

}  // namespace gradus
