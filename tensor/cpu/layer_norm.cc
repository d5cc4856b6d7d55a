#include "tensor/layer_norm.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "tensor/cuda/ops/rows.h"
#include "tensor/reduce.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

constexpr int kLanes = 16;                  // element i of a line adds to partial sum i % kLanes
constexpr std::int64_t kMostPartials = 64;  // sums over lines, each of the size of weight

// sums = sum over i of f(i), for two sums at once: f(i, a, b) adds to a and b.
template <class F>
std::pair<double, double> two_sums(std::int64_t n, F f) {
  alignas(64) double a[kLanes] = {}, b[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
#pragma omp simd
    for (int lane = 0; lane < kLanes; ++lane) f(i + lane, a[lane], b[lane]);
  }
  for (int lane = 0; i + lane < n; ++lane) f(i + lane, a[lane], b[lane]);
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int lane = 0; lane < half; ++lane) {
      a[lane] += a[lane + half];
      b[lane] += b[lane + half];
    }
  }
  return {a[0], b[0]};
}

struct Moments {
  double mean, scale;  // scale = 1 / sqrt(var + eps)
};

// Of doubles in two passes. What the first mean has lost by rounding shows as the mean of the
// differences. Of floats in one, with the differences to the first element: were it n deviations
// off, that would cost n / 2^53 of the variance.
template <class T>
Moments moments(const T* x, std::int64_t n, double eps) {
  const auto count = static_cast<double>(n);
  double mean = x[0];
  if (sizeof(T) == 8) {
    mean = two_sums(n, [&](std::int64_t i, double& a, double&) { a += x[i]; }).first / count;
  }
  const auto [rest, squares] = two_sums(n, [&](std::int64_t i, double& a, double& b) {
    const double off = x[i] - mean;
    a += off;
    b += off * off;
  });
  const double shift = rest / count;
  const double var = std::max(0.0, squares / count - shift * shift);
  // max() would make 0 of NaN; squares of floats are finite unless an element is not.
  const bool broken = std::isnan(squares) || (sizeof(T) == 4 && std::isinf(squares));
  return {mean + shift, broken ? NAN : 1 / std::sqrt(var + eps)};
}

// How the lines that are normalized lie in x: the named axes moved behind the others.
struct Lines {
  Lines(const Shape& x, const Axes& axes) {
    const unsigned mask = axes_mask("layer_norm", axes, x);
    for (int i = 0; i < x.rank(); ++i) {
      if (mask >> i & 1) sizes.push_back(x[i]);
      if (!(mask >> i & 1)) order.push_back(i);
    }
    for (int i = 0; i < x.rank(); ++i) {
      if (mask >> i & 1) order.push_back(i);
    }
    back = Dims::filled(x.rank(), 0);
    for (int i = 0; i < x.rank(); ++i) {
      back[order[i]] = i;
      moved = moved || order[i] != i;
    }
    n = numel(sizes);
    lines = n == 0 ? 0 : numel(x) / n;
  }
  Tensor in_order(const Tensor& x, DType dtype) const {
    return (moved ? x.permute(order) : x).to(dtype).contiguous();
  }
  Tensor as_given(const Tensor& y, DType dtype) const {
    return (moved ? y.permute(back).contiguous() : y).to(dtype);
  }

  Shape sizes;  // of the named axes
  Dims order, back;
  bool moved = false;
  std::int64_t n, lines;
};

// On a device an undefined one stays so.
Tensor as_double(const Tensor& given) {
  return given.defined() ? given.to(kFloat64).contiguous() : given;
}

// weight or bias as double, `otherwise` where there is none.
Tensor operand(const Tensor& given, double otherwise, const Shape& sizes) {
  return given.defined() ? as_double(given) : full(sizes, otherwise, kFloat64);
}

void check_operand(std::string_view argument, const Tensor& given, const Tensor& x,
                   const Axes& axes, const Shape& sizes) {
  if (!given.defined()) return;
  check_same_device("layer_norm", "x", x, argument, given);
  if (given.dtype() != x.dtype()) {
    throw DTypeError("[layer_norm] " + std::string(argument) + ": " +
                     std::string(name(given.dtype())) + "; expected " +
                     std::string(name(x.dtype())) + ", the dtype of x");
  }
  if (given.shape() == sizes) return;
  throw ShapeError("[layer_norm] " + std::string(argument) + ": shape " + to_string(given.shape()) +
                   "; expected " + to_string(sizes) + ", " +
                   (axes.rank() == 0 ? "all axes" : "axes " + to_string(axes)) + " of x of shape " +
                   to_string(x.shape()));
}

template <class T>
void normalize(const Tensor& x, const Lines& at, const Tensor& weight, const Tensor& bias,
               double eps, const Tensor& y) {
  const T* from = x.data<T>();
  T* to = y.data<T>();
  const double *w = weight.data<double>(), *b = bias.data<double>();
  const std::int64_t each = std::max<std::int64_t>(1, kPieceSize / at.n);
  parallel_for((at.lines + each - 1) / each, [&](std::int64_t piece) {
    for (std::int64_t k = piece * each; k < std::min(at.lines, (piece + 1) * each); ++k) {
      const T* line = from + k * at.n;
      T* out = to + k * at.n;
      const auto [mean, scale] = moments(line, at.n, eps);
      for (std::int64_t i = 0; i < at.n; ++i) {
        out[i] = static_cast<T>((line[i] - mean) * scale * w[i] + b[i]);
      }
    }
  });
}

// Lines begin..end; dx, dweight and dbias may be null.
template <class T>
void differentiate(const T* dy, const T* x, const double* w, std::int64_t n, double eps,
                   std::int64_t begin, std::int64_t end, T* dx, double* dweight, double* dbias) {
  const auto count = static_cast<double>(n);
  for (std::int64_t k = begin; k < end; ++k) {
    const T *line = x + k * n, *g = dy + k * n;
    const auto [mean, scale] = moments(line, n, eps);
    if (dweight != nullptr) {
      for (std::int64_t i = 0; i < n; ++i) dweight[i] += g[i] * ((line[i] - mean) * scale);
    }
    if (dbias != nullptr) {
      for (std::int64_t i = 0; i < n; ++i) dbias[i] += g[i];
    }
    if (dx == nullptr) continue;
    const auto sums = two_sums(n, [&](std::int64_t i, double& a, double& b) {
      const double dz = w[i] * g[i];
      a += dz;
      b += dz * ((line[i] - mean) * scale);
    });
    const double mean_dz = sums.first / count, mean_dz_z = sums.second / count;
    T* out = dx + k * n;
    for (std::int64_t i = 0; i < n; ++i) {
      const double z = (line[i] - mean) * scale;
      out[i] = static_cast<T>(scale * (w[i] * g[i] - mean_dz - z * mean_dz_z));
    }
  }
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Axes& axes, const Tensor& weight, const Tensor& bias,
                  double eps) {
  check_defined("layer_norm", "x", x);
  if (!is_floating(x.dtype())) {
    throw DTypeError("[layer_norm] x: " + std::string(name(x.dtype())) +
                     "; expected a floating dtype");
  }
  const Lines at(x.shape(), axes);
  check_operand("weight", weight, x, axes, at.sizes);
  check_operand("bias", bias, x, axes, at.sizes);
  if (!(eps >= 0) || std::isinf(eps)) {
    throw ConfigError("[layer_norm] eps: " + to_text(eps) + "; expected a number >= 0");
  }
  const DType dtype = compute_dtype(x.dtype());
  const Tensor from = at.in_order(x, dtype);
  const Tensor y = Tensor::empty(from.shape(), dtype, x.device());
  if (!x.on_cpu()) [[unlikely]] {
    if (y.numel() > 0) gpu::layer_norm(from, as_double(weight), as_double(bias), eps, y, at.n);
  } else if (y.numel() > 0) {
    dispatch_floating(dtype, [&](auto type) {
      using T = typename decltype(type)::type;
      normalize<T>(from, at, operand(weight, 1, at.sizes), operand(bias, 0, at.sizes), eps, y);
    });
  }
  return at.as_given(y, x.dtype());
}

LayerNormGradients layer_norm_backward(const Tensor& dy, const Tensor& x, const Axes& axes,
                                       const Tensor& weight, double eps, bool wants_x,
                                       bool wants_weight, bool wants_bias) {
  const Lines at(x.shape(), axes);
  const DType dtype = compute_dtype(x.dtype());
  const Tensor from = at.in_order(x, dtype), g = at.in_order(dy, dtype);
  if (!x.on_cpu()) [[unlikely]] {
    LayerNormGradients d;
    const auto total = [&](const Tensor& parts) {
      return sum(parts.reshape({at.lines, at.n}), 0).to(x.dtype()).reshape(at.sizes);
    };
    Tensor dy_z;
    if (wants_x) d.x = Tensor::empty(from.shape(), dtype, x.device());
    if (wants_weight) dy_z = Tensor::empty({at.lines, at.n}, kFloat64, x.device());
    if (from.numel() > 0) {
      gpu::layer_norm_backward(g, from, as_double(weight), eps, d.x, dy_z, at.n);
    }
    if (wants_x) d.x = at.as_given(d.x, x.dtype());
    if (wants_weight) d.weight = total(dy_z);
    if (wants_bias) d.bias = total(g.to(kFloat64));
    return d;
  }
  const Tensor w = operand(weight, 1, at.sizes);
  // Lines that one partial sum takes.
  const std::int64_t each =
      std::max<std::int64_t>({1, 4 * kPieceSize / std::max<std::int64_t>(1, at.n),
                              (at.lines + kMostPartials - 1) / kMostPartials});
  const std::int64_t pieces = (at.lines + each - 1) / each, n = at.n;
  LayerNormGradients d;
  Tensor of_weight, of_bias;
  if (wants_x) d.x = Tensor::empty(from.shape(), dtype);
  if (wants_weight) of_weight = zeros({pieces, n}, kFloat64);
  if (wants_bias) of_bias = zeros({pieces, n}, kFloat64);
  dispatch_floating(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T *x_of = from.data<T>(), *g_of = g.data<T>();
    const double* w_of = w.data<double>();
    T* dx = wants_x ? d.x.data<T>() : nullptr;
    double* dweight = wants_weight ? of_weight.data<double>() : nullptr;
    double* dbias = wants_bias ? of_bias.data<double>() : nullptr;
    parallel_for(pieces, [&](std::int64_t piece) {
      differentiate<T>(
          g_of, x_of, w_of, n, eps, piece * each, std::min(at.lines, (piece + 1) * each), dx,
          wants_weight ? dweight + piece * n : nullptr, wants_bias ? dbias + piece * n : nullptr);
    });
  });
  const auto total = [&](const Tensor& parts) {
    return sum(parts, 0).to(x.dtype()).reshape(at.sizes);
  };
  if (wants_x) d.x = at.as_given(d.x, x.dtype());
  if (wants_weight) d.weight = total(of_weight);
  if (wants_bias) d.bias = total(of_bias);
  return d;
}

}  // namespace gradus
