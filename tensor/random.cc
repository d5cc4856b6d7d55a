#include "tensor/random.h"

#include <cmath>
#include <numbers>
#include <string>

#include "tensor/thread_pool.h"

namespace gradus {
namespace {

// 53 random bits as a double in [0, 1).
double unit(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (std::uint64_t{high} << 32 | low) >> 11;
  return static_cast<double>(bits) * 0x1p-53;
}

void check_floating(std::string_view op, DType dtype) {
  if (dtype == kFloat32 || dtype == kFloat64) return;
  throw DTypeError("[" + std::string(op) + "] dtype: " + std::string(name(dtype)) +
                   "; expected float32 or float64");
}

// x[i] = f(words of element i)
template <class F>
Tensor generate(std::string_view op, const Shape& shape, Generator& generator, DType dtype, F f) {
  check_floating(op, dtype);
  check_sizes(op, shape);
  Tensor x = Tensor::empty(shape, dtype);
  const std::int64_t n = x.numel();
  const std::uint64_t first = generator.advance(n);
  dispatch_floating(dtype, [&]<class T>(std::type_identity<T>) {
    T* values = x.data<T>();
    parallel_pieces(n, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        values[i] = f(std::type_identity<T>{}, generator.words(first + i));
      }
    });
  });
  return x;
}

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> c,
                                    std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ key[0], static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key[0] += 0x9E3779B9;  // the golden ratio and sqrt(3) - 1, as fractions of 2^32
    key[1] += 0xBB67AE85;
  }
  return c;
}

std::uint64_t Generator::advance(std::uint64_t n) {
  const std::uint64_t first = position_;
  position_ += n;
  return first;
}

std::array<std::uint32_t, 4> Generator::words(std::uint64_t counter) const {
  return philox(
      {static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), 0, 0},
      {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)});
}

std::uint64_t Generator::below(std::uint64_t n) {
  const std::uint64_t tail = (0 - n) % n;  // 2^64 mod n: the lowest values are rejected
  while (true) {
    const auto w = words(advance(1));
    const std::uint64_t bits = std::uint64_t{w[0]} << 32 | w[1];
    if (bits >= tail) return bits % n;
  }
}

Tensor uniform(const Shape& shape, double low, double high, Generator& generator, DType dtype) {
  if (!(low <= high) || !std::isfinite(high - low)) {
    throw ConfigError("[uniform] low, high: " + to_text(low) + ", " + to_text(high) +
                      "; expected finite numbers, low <= high");
  }
  return generate("uniform", shape, generator, dtype,
                  [=]<class T>(std::type_identity<T>, const auto& w) {
                    const double x = low + (high - low) * unit(w[0], w[1]);
                    // Rounding to T may reach `high`, which the interval does not contain.
                    const T y = static_cast<T>(x);
                    return y < high || low == high ? y : std::nextafter(y, static_cast<T>(low));
                  });
}

Tensor normal(const Shape& shape, double mean, double std, Generator& generator, DType dtype) {
  if (!(std >= 0) || !std::isfinite(std) || !std::isfinite(mean)) {
    throw ConfigError("[normal] mean, std: " + to_text(mean) + ", " + to_text(std) +
                      "; expected finite numbers, std >= 0");
  }
  return generate("normal", shape, generator, dtype,
                  [=]<class T>(std::type_identity<T>, const auto& w) {
                    const double radius = std::sqrt(-2 * std::log(1 - unit(w[0], w[1])));
                    const double angle = 2 * std::numbers::pi * unit(w[2], w[3]);
                    return static_cast<T>(mean + std * radius * std::cos(angle));
                  });
}

Tensor permutation(std::int64_t n, Generator& generator) {
  check_sizes("permutation", {n});
  Tensor order = arange(n);
  auto* values = order.data<std::int64_t>();
  for (std::int64_t i = n - 1; i > 0; --i) {
    std::swap(values[i], values[generator.below(static_cast<std::uint64_t>(i) + 1)]);
  }
  return order;
}

}  // namespace gradus
