#include "tensor/random.h"

#include <utility>

#include "tensor/philox.h"

namespace gradus {
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> c,
                                    std::array<std::uint32_t, 2> key) {
  const PhiloxWords w = philox_words({{c[0], c[1], c[2], c[3]}}, key[0], key[1]);
  return {w.word[0], w.word[1], w.word[2], w.word[3]};
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

Tensor permutation(std::int64_t n, Generator& generator) {
  check_sizes("permutation", {n});
  Tensor order = arange(n);
  auto* values = order.data<std::int64_t>();
  for (std::int64_t i = n - 1; i > 0; --i) {
    std::swap(values[i], values[generator.below(static_cast<std::uint64_t>(i) + 1)]);
  }
  return order;
}

Tensor uniform_like(const Tensor& x, double low, double high, Generator& generator) {
  check_defined("uniform_like", "x", x);
  return uniform(x.shape(), low, high, generator, x.dtype(), x.device());
}
Tensor normal_like(const Tensor& x, double mean, double std, Generator& generator) {
  check_defined("normal_like", "x", x);
  return normal(x.shape(), mean, std, generator, x.dtype(), x.device());
}
Tensor bernoulli_like(const Tensor& x, double p, Generator& generator) {
  check_defined("bernoulli_like", "x", x);
  return bernoulli(x.shape(), p, generator, x.dtype(), x.device());
}
Tensor randint_like(const Tensor& x, std::int64_t low, std::int64_t high, Generator& generator) {
  check_defined("randint_like", "x", x);
  return randint(low, high, x.shape(), generator, x.dtype(), x.device());
}

}  // namespace gradus
