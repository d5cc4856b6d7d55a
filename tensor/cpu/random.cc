// Tensors of random numbers. Sixteen elements are made at a time, each from its own counter, by one
// machine loop, so that a number does not depend on where pieces of work begin.
#include "tensor/random.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <string>

#include "tensor/cpu/philox_lanes.h"
#include "tensor/cuda/ops/random.h"
#include "tensor/elementwise/greater_equal.h"
#include "tensor/elementwise/less.h"
#include "tensor/elementwise/less_equal.h"
#include "tensor/elementwise/logical_and.h"
#include "tensor/math.h"
#include "tensor/philox.h"
#include "tensor/reduce.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

using cpu::kLanes;
using cpu::philox_lanes;
using cpu::Words;

// n elements, of which the last block may be cut. Not inlined: one loop for each formula and T.
template <class T, class F>
[[gnu::noinline]] void generate_run(std::uint64_t counter, std::uint64_t seed, T* values,
                                    std::int64_t n, F f) {
  Words words;
  alignas(64) T block[kLanes];
  for (std::int64_t i = 0; i < n; i += kLanes) {
    philox_lanes(counter + i, seed, words);
#pragma omp simd
    for (int k = 0; k < kLanes; ++k) {
      block[k] = f(words.w[0][k], words.w[1][k], words.w[2][k], words.w[3][k]);
    }
    std::copy_n(block, std::min<std::int64_t>(kLanes, n - i), values + i);
  }
}

// x[i] = f(words of element i)
template <class T, class F>
void generate(const Tensor& x, Generator& generator, F f) {
  const std::int64_t n = x.numel();
  const std::uint64_t first = generator.advance(n);
  T* values = x.data<T>();
  parallel_pieces(n, [&](std::int64_t begin, std::int64_t end) {
    generate_run(first + begin, generator.seed(), values + begin, end - begin, f);
  });
}

// Calls f with the C++ type of a dtype that generate() may fill with floating numbers.
template <class F>
void for_floating(DType dtype, F&& f) {
  dispatch(dtype, [&]<class T>(std::type_identity<T> type) {
    if constexpr (is_floating(dtype_of<T>())) f(type);
  });
}

Tensor empty_floating(std::string_view op, const Shape& shape, DType dtype, Device device = kCpu) {
  if (!is_floating(dtype)) {
    throw DTypeError("[" + std::string(op) + "] dtype: " + std::string(name(dtype)) +
                     "; expected a floating dtype");
  }
  check_sizes(op, shape);
  return Tensor::empty(shape, dtype, device);
}

// Phi(x), the probability of a standard normal number below x.
double normal_probability(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

// Phi^-1(p), with a relative error of some 1e-15 in p or, above 0.5, in 1 - p. Two steps of Newton
// for log Phi(x) = log p from the formula 26.2.23 of Abramowitz and Stegun 1964, "Handbook of
// mathematical functions", which is right to 4.5e-4.
[[gnu::noinline]] double normal_quantile(double p) {
  const double tail = p > 0.5 ? 1 - p : p;
  if (tail <= 0) return p > 0.5 ? HUGE_VAL : -HUGE_VAL;
  const double t = std::sqrt(-2 * std::log(tail));
  double x = (2.515517 + t * (0.802853 + t * 0.010328)) /
                 (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) -
             t;
  for (int step = 0; step < 2; ++step) {
    const double reached = normal_probability(x);
    const double density = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
    x -= reached / density * std::log(reached / tail);
  }
  return p > 0.5 ? -x : x;
}

// The largest number of T below x.
template <class T>
T next_below(T x) {
  using Bits = std::conditional_t<sizeof(T) == 2, std::uint16_t,
                                  std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>;
  const Bits bits = std::bit_cast<Bits>(x), sign = Bits(Bits{1} << (8 * sizeof(T) - 1));
  const double value = static_cast<double>(x);
  if (value == 0) return std::bit_cast<T>(Bits(sign | 1));
  return std::bit_cast<T>(Bits(value > 0 ? bits - 1 : bits + 1));
}

}  // namespace

Tensor uniform(const Shape& shape, double low, double high, Generator& generator, DType dtype,
               Device device) {
  if (!(low <= high) || !std::isfinite(high - low)) {
    throw ConfigError("[uniform] low, high: " + to_text(low) + ", " + to_text(high) +
                      "; expected finite numbers, low <= high");
  }
  const Tensor x = empty_floating("uniform", shape, dtype, device);
  for_floating(dtype, [&]<class T>(std::type_identity<T>) {
    // Rounding to T may reach `high`, which the interval does not contain.
    T top = static_cast<T>(high);
    if (static_cast<double>(top) >= high && low < high) top = next_below(top);
    if (!x.on_cpu()) [[unlikely]] {
      const std::uint64_t first = generator.advance(x.numel());
      return gpu::uniform(x, generator.seed(), first, low, high, static_cast<double>(top));
    }
    generate<T>(x, generator, [=](std::uint32_t a, std::uint32_t b, std::uint32_t, std::uint32_t) {
      const T y = static_cast<T>(low + (high - low) * unit_double(a, b));
      return y > top ? top : y;
    });
  });
  return x;
}

Tensor normal(const Shape& shape, double mean, double std, Generator& generator, DType dtype,
              Device device) {
  if (!(std >= 0) || !std::isfinite(std) || !std::isfinite(mean)) {
    throw ConfigError("[normal] mean, std: " + to_text(mean) + ", " + to_text(std) +
                      "; expected finite numbers, std >= 0");
  }
  const Tensor x = empty_floating("normal", shape, dtype, device);
  if (!x.on_cpu()) [[unlikely]] {
    gpu::normal(x, generator.seed(), generator.advance(x.numel()), mean, std);
    return x;
  }
  for_floating(dtype, [&]<class T>(std::type_identity<T>) {
    generate<T>(x, generator,
                [=](std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
                  const double radius = sqrt(-2 * log(1 - unit_double(a, b)));
                  const double angle = 2 * std::numbers::pi * unit_double(c, d);
                  return static_cast<T>(mean + std * radius * cos(angle));
                });
  });
  return x;
}

Tensor truncated_normal(const Shape& shape, double mean, double std, double low, double high,
                        Generator& generator, DType dtype, Device device) {
  if (!(std > 0) || !std::isfinite(std) || !std::isfinite(mean)) {
    throw ConfigError("[truncated_normal] mean, std: " + to_text(mean) + ", " + to_text(std) +
                      "; expected finite numbers, std > 0");
  }
  const std::string ends = "[truncated_normal] low, high: " + to_text(low) + ", " + to_text(high);
  if (!(low < high) || !std::isfinite(low) || !std::isfinite(high)) {
    throw ConfigError(ends + "; expected finite numbers, low < high");
  }
  // An interval above the mean is mirrored to below it, where probabilities lose no digits.
  const double first = (low - mean) / std, last = (high - mean) / std;
  const bool mirrored = first > 0;
  if (!((mirrored ? first : -last) <= 37)) {  // beyond, probabilities are below 1e-300
    throw ConfigError(ends + "; expected one within 37 std of the mean");
  }
  const double below = normal_probability(mirrored ? -last : first);
  const double above = normal_probability(mirrored ? -first : last);
  const double scale = mirrored ? -std : std;
  const Tensor x = empty_floating("truncated_normal", shape, dtype);
  for_floating(dtype, [&]<class T>(std::type_identity<T>) {
    generate<T>(x, generator, [=](std::uint32_t a, std::uint32_t b, std::uint32_t, std::uint32_t) {
      const double p = below + (above - below) * unit_double(a, b);
      return static_cast<T>(std::clamp(mean + scale * normal_quantile(p), low, high));
    });
  });
  return x.to(device);
}

Tensor exponential(const Shape& shape, double rate, Generator& generator, DType dtype,
                   Device device) {
  if (!(rate > 0) || !std::isfinite(rate)) {
    throw ConfigError("[exponential] rate: " + to_text(rate) + "; expected a finite number > 0");
  }
  const Tensor x = empty_floating("exponential", shape, dtype);
  for_floating(dtype, [&]<class T>(std::type_identity<T>) {
    generate<T>(x, generator, [=](std::uint32_t a, std::uint32_t b, std::uint32_t, std::uint32_t) {
      return static_cast<T>(-log(1 - unit_double(a, b)) / rate);
    });
  });
  return x.to(device);
}

Tensor bernoulli(const Shape& shape, double p, Generator& generator, DType dtype, Device device) {
  if (!(p >= 0 && p <= 1)) {
    throw ConfigError("[bernoulli] p: " + to_text(p) + "; expected a probability, 0..1");
  }
  check_sizes("bernoulli", shape);
  if (!device.is_cpu()) [[unlikely]] {
    const Tensor chosen = Tensor::empty(shape, kBool, device);
    gpu::bernoulli(chosen, generator.seed(), generator.advance(chosen.numel()), p);
    return chosen.to(dtype);
  }
  const Tensor x = Tensor::empty(shape, dtype);
  dispatch(dtype, [&]<class T>(std::type_identity<T>) {
    generate<T>(x, generator, [=](std::uint32_t a, std::uint32_t b, std::uint32_t, std::uint32_t) {
      return static_cast<T>(unit_double(a, b) < p ? 1.0f : 0.0f);
    });
  });
  return x;
}

Tensor bernoulli(const Tensor& p, Generator& generator) {
  check_defined("bernoulli", "p", p);
  if (!is_floating(p.dtype())) {
    throw DTypeError("[bernoulli] p: " + std::string(name(p.dtype())) +
                     "; expected a floating dtype");
  }
  const Tensor wide = p.to(kFloat64).contiguous();
  if (!p.on_cpu()) [[unlikely]] {
    const Tensor allowed = logical_and(greater_equal(wide, 0), less_equal(wide, 1));
    if (!all(allowed).item<bool>()) return bernoulli(p.to(kCpu), generator);  // throws
    const Tensor uniforms = uniform(p.shape(), 0, 1, generator, kFloat64, p.device());
    return less(uniforms, wide).to(p.dtype());
  }
  const double* chance = wide.data<double>();
  for (std::int64_t i = 0; i < wide.numel(); ++i) {
    if (chance[i] >= 0 && chance[i] <= 1) continue;
    throw ConfigError("[bernoulli] p: " + to_text(chance[i]) + "; expected probabilities, 0..1");
  }
  Tensor u = uniform(p.shape(), 0, 1, generator, kFloat64);
  double* x = u.data<double>();
  parallel_pieces(u.numel(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) x[i] = x[i] < chance[i] ? 1 : 0;
  });
  return u.to(p.dtype());
}

Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, Generator& generator,
               DType dtype, Device device) {
  if (low >= high) {
    throw ConfigError("[randint] low, high: " + std::to_string(low) + ", " + std::to_string(high) +
                      "; expected low < high");
  }
  check_sizes("randint", shape);
  // Both ends must be numbers of the dtype, which the conversion checks before a counter is used.
  Tensor ends = Tensor::empty({2}, kInt64);
  ends.data<std::int64_t>()[0] = low;
  ends.data<std::int64_t>()[1] = high - 1;
  (void)ends.to(dtype);
  const Tensor x = Tensor::empty(shape, kInt64);
  const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  generate<std::int64_t>(
      x, generator, [=](std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
        // floor(range * u) for the 128 random bits u in [0, 1): no number is more likely than
        // another by more than one part in 2^64.
        __extension__ using Wide = unsigned __int128;
        const std::uint64_t upper = std::uint64_t{a} << 32 | b, lower = std::uint64_t{c} << 32 | d;
        const std::uint64_t carry = static_cast<std::uint64_t>(Wide{lower} * range >> 64);
        const std::uint64_t k = static_cast<std::uint64_t>((Wide{upper} * range + carry) >> 64);
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + k);
      });
  return x.to(dtype).to(device);
}

}  // namespace gradus
