// Variance, log-sum-exp and norms: sums of a function that differs from line to line.
#include "tensor/cuda/ops/moments.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tensor/cpu/mapped_sum.h"
#include "tensor/cpu/reduce_door.h"
#include "tensor/cpu/slabs.h"
#include "tensor/elementwise/abs.h"
#include "tensor/elementwise/add.h"
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
  Tensor new_result(DType dtype) const { return Tensor::empty(shape, dtype, input.device()); }
  gpu::Moment on_device() const { return {input, mask, shape}; }

  unsigned mask;
  Shape shape;
  DType result_dtype;
  Tensor input;  // in the dtype to compute in
};

/// Means of the lines of x, and the sums of squared distances from them.
void spread(const Tensor& x, unsigned mask, double* mean, double* squares) {
  const double n = static_cast<double>(reduced_count(x.shape(), mask));
  dispatch_floating(x.dtype(), [&]<class T>(std::type_identity<T>) {
    cpu::for_slabs(x, mask, [&](const Tensor& part, std::int64_t first) {
      double* m = mean + first;
      const auto as_is = [](std::int64_t) { return [](auto value) { return value; }; };
      mapped_sum<double, T>(part, mask, as_is, m);
      const std::int64_t lines = part.numel() / static_cast<std::int64_t>(n);
      for (std::int64_t i = 0; i < lines; ++i) m[i] /= n;
      const auto squared_distance = [m](std::int64_t k) {
        return [mean = m[k]](auto value) { return (value - mean) * (value - mean); };
      };
      mapped_sum<double, T>(part, mask, squared_distance, squares + first);
    });
  });
}

/// The same for one line of many elements, whose pieces are read once: the squares are those within
/// the pieces and those of the distances of their means from the mean of all, times their size.
void spread_of_all(const Tensor& x, double* mean, double* squares) {
  const cpu::Rows pieces(x);
  const std::int64_t rows = pieces.rows.dim(0), rest = pieces.rest.numel();
  const Tensor means = Tensor::empty({rows + 1}, kFloat64), within = zeros({rows + 1}, kFloat64);
  double* m = means.data<double>();
  spread(pieces.rows, 2, m, within.data<double>());
  m[rows] = 0;
  if (rest > 0) spread(pieces.rest, 2, m + rows, within.data<double>() + rows);
  const auto size = [=](std::int64_t i) {
    return static_cast<double>(i < rows ? cpu::kSlab : rest);
  };
  const Tensor between = Tensor::empty({rows + 1}, kFloat64);
  double* b = between.data<double>();
  for (std::int64_t i = 0; i <= rows; ++i) b[i] = size(i) * m[i];
  *mean = sum(between).item<double>() / static_cast<double>(x.numel());
  for (std::int64_t i = 0; i <= rows; ++i) b[i] = size(i) * (m[i] - *mean) * (m[i] - *mean);
  *squares = (sum(within) + sum(between)).item<double>();
}

/// {variance or its root, mean}.
std::pair<Tensor, Tensor> moments(std::string_view op, const Tensor& x, const Axes& axes,
                                  Correction correction, bool keepdim, bool root) {
  const Door door(op, x, axes, keepdim);
  const Tensor var = door.new_result(kFloat64), mean = door.new_result(kFloat64);
  if (door.input.numel() == 0) {
    var.fill(kNaN);
    return {var.to(door.result_dtype), var.to(door.result_dtype)};
  }
  if (!x.on_cpu()) [[unlikely]] {
    const auto [v, m] = gpu::variance_and_mean(door.on_device(), correction.value, root);
    return {v.to(door.result_dtype), m.to(door.result_dtype)};
  }
  double* v = var.data<double>();
  // The means of pieces are rounded, which double has to spare for elements of float32 only.
  if (var.numel() == 1 && x.numel() > 2 * cpu::kSlab && door.input.dtype() == kFloat32) {
    spread_of_all(door.input, mean.data<double>(), v);
  } else {
    spread(door.input, door.mask, mean.data<double>(), v);
  }
  const std::int64_t n = reduced_count(x.shape(), door.mask);
  const double divisor = std::fmax(0, static_cast<double>(n) - correction.value);
  for (std::int64_t i = 0; i < var.numel(); ++i) v[i] /= divisor;
  if (root) {
    for (std::int64_t i = 0; i < var.numel(); ++i) v[i] = std::sqrt(v[i]);
  }
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
  if (!x.on_cpu()) [[unlikely]] {
    return gpu::logsumexp(door.on_device()).to(door.result_dtype);
  }
  const Tensor y = door.new_result(door.input.dtype());
  dispatch_floating(y.dtype(), [&]<class T>(std::type_identity<T>) {
    cpu::for_slabs(door.input, door.mask, [&](const Tensor& part, std::int64_t first) {
      const Tensor largest = max(part, axes, keepdim).contiguous();
      const T* m = largest.data<T>();
      T* sums = y.data<T>() + first;
      const auto shifted_exp = [m](std::int64_t k) {
        return [m = m[k]](T value) { return gradus::exp(value - m); };
      };
      mapped_sum<T, T>(part, door.mask, shifted_exp, sums);
      // Where all are -inf, or one is inf, the sum is NaN and m itself the result.
      for (std::int64_t i = 0; i < largest.numel(); ++i) {
        sums[i] = std::isinf(m[i]) ? m[i] : m[i] + scalar_log(sums[i]);
      }
    });
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
  if (x.numel() == 0) return zeros(door.shape, door.result_dtype, x.device());
  if (!x.on_cpu()) [[unlikely]] {
    return gpu::power_norm(door.on_device(), p).to(door.result_dtype);
  }
  return power_norm(door, p);
}

}  // namespace gradus
