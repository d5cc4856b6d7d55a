// Dropout makes its random bits where it uses them: nothing is kept for backward, which makes the
// same ones again.
#include "tensor/dropout.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "tensor/cpu/philox_lanes.h"
#include "tensor/cuda/ops/dropout.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

// Elements that the words of sixteen counters decide over.
constexpr std::int64_t kBlock = 4 * cpu::kLanes;
static_assert(kPieceSize % kBlock == 0);

// The smallest word that keeps its element; 2^32 if none does.
std::uint64_t smallest_kept(double p) {
  return static_cast<std::uint64_t>(std::nearbyint(p * 0x1p32));
}

// n elements, of which the last block may be cut.
template <class T>
[[gnu::noinline]] void run(const T* x, T* y, std::int64_t n, std::uint64_t counter,
                           std::uint64_t seed, std::uint32_t smallest, double factor) {
  using C = std::conditional_t<std::is_same_v<T, double>, double, float>;
  const C scale = static_cast<C>(factor);
  cpu::Words words;
  for (std::int64_t i = 0; i < n; i += kBlock) {
    cpu::philox_lanes(counter + i / 4, seed, words);
    for (std::int64_t w = 0; w < 4; ++w) {
      const std::uint32_t* word = words.w[w];
      const T* from = x + i + w * cpu::kLanes;
      T* to = y + i + w * cpu::kLanes;
      const auto one = [&](std::int64_t k) {
        const C kept = static_cast<C>(from[k]) * scale;
        to[k] = static_cast<T>(word[k] >= smallest ? kept : C(0));
      };
      const std::int64_t left = n - i - w * cpu::kLanes;
      if (left >= cpu::kLanes) {
#pragma omp simd
        for (std::int64_t k = 0; k < cpu::kLanes; ++k) one(k);
      } else {
        for (std::int64_t k = 0; k < left; ++k) one(k);
      }
    }
  }
}

void check_floating(const Tensor& x) {
  check_defined("dropout", "x", x);
  if (is_floating(x.dtype())) return;
  throw DTypeError("[dropout] x: " + std::string(name(x.dtype())) + "; expected a floating dtype");
}

}  // namespace

DropoutMask DropoutMask::draw(double p, const Tensor& x, Generator& generator) {
  check_floating(x);
  if (!(p >= 0 && p <= 1)) {
    throw ConfigError("[dropout] p: " + to_text(p) + "; expected a probability, 0..1");
  }
  const std::int64_t blocks = (x.numel() + kBlock - 1) / kBlock;
  return {p, generator.seed(), generator.advance(blocks * cpu::kLanes)};
}

Tensor dropout(const Tensor& x, const DropoutMask& mask) {
  check_floating(x);
  const std::uint64_t smallest = smallest_kept(mask.p);
  if (smallest >> 32 != 0) return zeros(x.shape(), x.dtype(), x.device());
  const Tensor in = x.contiguous(), out = Tensor::empty(x.shape(), x.dtype(), x.device());
  const auto least = static_cast<std::uint32_t>(smallest);
  if (!x.on_cpu()) [[unlikely]] {
    gpu::dropout(mask, least, in, out);
    return out;
  }
  dispatch(x.dtype(), [&]<class T>(std::type_identity<T>) {
    if constexpr (is_floating(dtype_of<T>())) {
      const T* from = in.data<T>();
      T* to = out.data<T>();
      parallel_pieces(in.numel(), [&](std::int64_t begin, std::int64_t end) {
        run(from + begin, to + begin, end - begin, mask.first + begin / 4, mask.seed, least,
            1 / (1 - mask.p));
      });
    }
  });
  return out;
}

}  // namespace gradus
