// Batch normalization: a channel is one piece of work, read three times from the cache.
#include "tensor/batch_norm.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "tensor/cuda/ops/batch_norm.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

constexpr int kLanes = 16;  // element i of a run adds to partial sum i % kLanes
constexpr std::int64_t kShort = 8;

// x as [N, C, L], contiguous: the elements of a channel are N runs of length L. Short runs are
// brought together first.
struct Channels {
  explicit Channels(const Shape& x) : shape(x), channels(x[1]) {
    for (int i = 2; i < x.rank(); ++i) length *= x[i];
    runs = x[0];
    moved = length < kShort && runs > 1 && channels > 0;
    if (!moved) return;
    length *= runs;
    runs = 1;
  }
  std::int64_t each() const { return runs * length; }  // elements of a channel

  Tensor in_order(const Tensor& x, DType dtype) const {
    const Tensor y = x.to(dtype);
    return moved ? turned(y).contiguous() : y.contiguous();
  }
  // The inverse. y: what in_order gives, with other elements.
  Tensor as_given(const Tensor& y, DType dtype) const {
    if (!moved) return y.to(dtype);
    Shape back = shape;
    std::swap(back[0], back[1]);
    return turned(y.reshape(back)).contiguous().to(dtype);
  }

  Shape shape;
  std::int64_t channels, runs, length = 1;
  bool moved = false;

 private:
  static Tensor turned(const Tensor& x) {
    Dims order;
    for (int i = 0; i < x.rank(); ++i) order.push_back(i < 2 ? 1 - i : i);
    return x.permute(order);
  }
};

// sums = sum over the runs of a channel of f(i, a, b), which adds element i to a and b.
template <class F>
std::pair<double, double> two_sums(std::int64_t first, std::int64_t step, const Channels& at, F f) {
  alignas(64) double a[kLanes] = {}, b[kLanes] = {};
  for (std::int64_t run = 0; run < at.runs; ++run) {
    std::int64_t i = first + run * step;
    const std::int64_t end = i + at.length;
    for (; i + kLanes <= end; i += kLanes) {
#pragma omp simd
      for (int lane = 0; lane < kLanes; ++lane) f(i + lane, a[lane], b[lane]);
    }
    for (int lane = 0; i + lane < end; ++lane) f(i + lane, a[lane], b[lane]);
  }
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int lane = 0; lane < half; ++lane) {
      a[lane] += a[lane + half];
      b[lane] += b[lane + half];
    }
  }
  return {a[0], b[0]};
}

struct Moments {
  double mean, var;
};

// In two passes. What the first mean has lost by rounding shows as the mean of the differences.
template <class T>
Moments moments(const T* x, std::int64_t first, std::int64_t step, const Channels& at) {
  const auto count = static_cast<double>(at.each());
  const double mean =
      two_sums(first, step, at,
               [x](std::int64_t i, double& a, double&) { a += static_cast<double>(x[i]); })
          .first /
      count;
  const auto [rest, squares] =
      two_sums(first, step, at, [x, mean](std::int64_t i, double& a, double& b) {
        const double off = static_cast<double>(x[i]) - mean;
        a += off;
        b += off * off;
      });
  const double shift = rest / count, var = squares / count - shift * shift;
  // Of infinite elements the differences are NaN, and the mean is not; a variance of NaN stays.
  return {std::isnan(shift) ? mean : mean + shift, var < 0 ? 0 : var};
}

// Calls f(c, first, step): run r of channel c begins at first + r step.
template <class F>
void for_each_channel(const Channels& at, F f) {
  const std::int64_t together =
      std::max<std::int64_t>(1, kPieceSize / std::max<std::int64_t>(1, at.each()));
  const auto some = [&](std::int64_t piece) {
    const std::int64_t end = std::min(at.channels, (piece + 1) * together);
    for (std::int64_t c = piece * together; c < end; ++c) {
      f(c, c * at.length, at.channels * at.length);
    }
  };
  const std::int64_t pieces = (at.channels + together - 1) / together;
  if (pieces == 1) return some(0);
  parallel_for(pieces, some);
}

// weight or bias as double, `otherwise` where there is none.
Tensor operand(const Tensor& given, double otherwise, std::int64_t channels) {
  return given.defined() ? given.to(kFloat64).contiguous() : full({channels}, otherwise, kFloat64);
}

void check_operand(std::string_view argument, const Tensor& given, const Tensor& x) {
  if (!given.defined()) return;
  check_same_device("batch_norm", "x", x, argument, given);
  if (given.dtype() != x.dtype()) {
    throw DTypeError("[batch_norm] " + std::string(argument) + ": " +
                     std::string(name(given.dtype())) + "; expected " +
                     std::string(name(x.dtype())) + ", the dtype of x");
  }
  if (given.shape() == Shape{x.dim(1)}) return;
  throw ShapeError("[batch_norm] " + std::string(argument) + ": shape " + to_string(given.shape()) +
                   "; expected [" + std::to_string(x.dim(1)) +
                   "], one number per channel of x of shape " + to_string(x.shape()));
}

template <class T>
void normalize(const T* x, const Channels& at, const double* w, const double* b, double eps, T* y,
               double* means, double* vars) {
  for_each_channel(at, [&](std::int64_t c, std::int64_t first, std::int64_t step) {
    const auto [mean, var] = moments(x, first, step, at);
    means[c] = mean;
    vars[c] = var;
    const double middle = mean, scale = 1 / std::sqrt(var + eps) * w[c], offset = b[c];
    for (std::int64_t run = 0; run < at.runs; ++run) {
      const T* from = x + first + run * step;
      T* to = y + first + run * step;
      for (std::int64_t i = 0; i < at.length; ++i) {
        to[i] = static_cast<T>((static_cast<double>(from[i]) - middle) * scale + offset);
      }
    }
  });
}

// dx may be null; the sums per channel go to dweight and dbias.
template <class T>
void differentiate(const T* dy, const T* x, const Channels& at, const double* means,
                   const double* vars, const double* w, double eps, T* dx, double* dweight,
                   double* dbias) {
  const auto count = static_cast<double>(at.each());
  for_each_channel(at, [&](std::int64_t c, std::int64_t first, std::int64_t step) {
    const double mean = means[c], scale = 1 / std::sqrt(vars[c] + eps);
    const auto [sum, product] =
        two_sums(first, step, at, [=](std::int64_t i, double& a, double& b) {
          const double g = static_cast<double>(dy[i]);
          a += g;
          b += g * (static_cast<double>(x[i]) - mean);
        });
    dbias[c] = sum;
    dweight[c] = product * scale;
    if (dx == nullptr) return;
    const double mean_dy = sum / count, slope = product / count * scale * scale;
    const double factor = scale * w[c];
    for (std::int64_t run = 0; run < at.runs; ++run) {
      const T *g = dy + first + run * step, *from = x + first + run * step;
      T* to = dx + first + run * step;
      for (std::int64_t i = 0; i < at.length; ++i) {
        const double off = static_cast<double>(from[i]) - mean;
        to[i] = static_cast<T>((static_cast<double>(g[i]) - mean_dy - off * slope) * factor);
      }
    }
  });
}

}  // namespace

BatchNormResult batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  check_defined("batch_norm", "x", x);
  if (!is_floating(x.dtype())) {
    throw DTypeError("[batch_norm] x: " + std::string(name(x.dtype())) +
                     "; expected a floating dtype");
  }
  if (x.rank() < 2) {
    throw ShapeError("[batch_norm] x: shape " + to_string(x.shape()) + "; expected [N, C, ...]");
  }
  check_operand("weight", weight, x);
  check_operand("bias", bias, x);
  if (!(eps >= 0) || std::isinf(eps)) {
    throw ConfigError("[batch_norm] eps: " + to_text(eps) + "; expected a number >= 0");
  }
  if (!x.on_cpu()) [[unlikely]]
    return gpu::batch_norm(x, weight, bias, eps);
  const Channels at(x.shape());
  const DType dtype = compute_dtype(x.dtype());
  const Tensor from = at.in_order(x, dtype), y = Tensor::empty(from.shape(), dtype);
  const Tensor mean = Tensor::empty({at.channels}, kFloat64);
  const Tensor var = Tensor::empty({at.channels}, kFloat64);
  dispatch_floating(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const Tensor w = operand(weight, 1, at.channels), b = operand(bias, 0, at.channels);
    normalize<T>(from.data<T>(), at, w.data<double>(), b.data<double>(), eps, y.data<T>(),
                 mean.data<double>(), var.data<double>());
  });
  return {at.as_given(y, x.dtype()), mean, var};
}

BatchNormGradients batch_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& mean,
                                       const Tensor& var, const Tensor& weight, double eps,
                                       bool wants_x, bool wants_weight, bool wants_bias) {
  if (!x.on_cpu()) [[unlikely]] {
    return gpu::batch_norm_backward(dy, x, mean, var, weight, eps, wants_x, wants_weight,
                                    wants_bias);
  }
  const Channels at(x.shape());
  const DType dtype = compute_dtype(x.dtype());
  const Tensor from = at.in_order(x, dtype), g = at.in_order(dy, dtype);
  const Tensor w = operand(weight, 1, at.channels);
  const Tensor of_weight = Tensor::empty({at.channels}, kFloat64);
  const Tensor of_bias = Tensor::empty({at.channels}, kFloat64);
  BatchNormGradients d;
  if (wants_x) d.x = Tensor::empty(from.shape(), dtype);
  dispatch_floating(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    differentiate<T>(g.data<T>(), from.data<T>(), at, mean.data<double>(), var.data<double>(),
                     w.data<double>(), eps, wants_x ? d.x.data<T>() : nullptr,
                     of_weight.data<double>(), of_bias.data<double>());
  });
  if (wants_x) d.x = at.as_given(d.x, x.dtype());
  if (wants_weight) d.weight = of_weight.to(x.dtype());
  if (wants_bias) d.bias = of_bias.to(x.dtype());
  return d;
}

}  // namespace gradus
