#include "optim/low_precision.h"

#include <array>
#include <bit>
#include <cmath>
#include <type_traits>

#include "tensor/half.h"
#include "tensor/random.h"

namespace gradus::optim {
namespace {

constexpr std::uint32_t kSign = 0x80000000u, kInfinity = 0x7f800000u;

std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }
float from_bits(std::uint32_t bits) { return std::bit_cast<float>(bits); }

// The master copy of a bfloat16: its 16 bits are the upper half of the float, rounded with ties
// away from 0, so that the lower half, read as a signed number, is what is missing.
void split(float x, BFloat16& theta, std::int16_t& low) {
  std::uint32_t bits = bits_of(x);
  if (std::isnan(x))
    bits = kInfinity | 0x400000u;  // a NaN with low digits only would look infinite
  theta.bits = static_cast<std::uint16_t>((bits + 0x8000u) >> 16);
  low = static_cast<std::int16_t>(bits & 0xffffu);
}
float join(BFloat16 theta, std::int16_t low) {
  return from_bits((static_cast<std::uint32_t>(theta.bits) << 16) +
                   static_cast<std::uint32_t>(static_cast<std::int32_t>(low)));
}

// The master copy of a float16. Where the float16 is normal, what is missing is a difference of
// the bits of two floats (at most 2^13 of them); where it is not, a multiple of 2^-40.
constexpr float kUnit = 0x1p-40f, kSmallestNormal = 0x1p-14f;

void split(float x, Float16& theta, std::int16_t& low) {
  low = 0;
  if (!(std::fabs(x) < 65520.0f)) {  // rounds to infinity, or NaN
    theta = Float16(x);
    return;
  }
  const std::uint32_t sign = bits_of(x) & kSign;
  const float size = std::fabs(x);
  theta = Float16(size);
  // A tie that went down is one unit too far for 16 bits: up instead.
  if (theta < kSmallestNormal && (size - theta) / kUnit >= 32767.5f) ++theta.bits;
  const float rounded = theta;
  if (rounded >= kSmallestNormal) {
    low = static_cast<std::int16_t>(static_cast<std::int32_t>(bits_of(size) - bits_of(rounded)));
  } else {
    low = static_cast<std::int16_t>(std::nearbyint((size - rounded) / kUnit));
  }
  theta.bits = static_cast<std::uint16_t>(theta.bits | sign >> 16);
}
float join(Float16 theta, std::int16_t low) {
  const float whole = theta, size = std::fabs(whole);
  if (!(size <= 65504.0f)) return whole;
  const std::uint32_t sign = bits_of(whole) & kSign;
  const float master =
      size >= kSmallestNormal
          ? from_bits(bits_of(size) + static_cast<std::uint32_t>(static_cast<std::int32_t>(low)))
          : size + static_cast<float>(low) * kUnit;
  return from_bits(bits_of(master) | sign);
}

// The neighbour towards 0, and with the probability of the distance the one beyond it.
template <class Half>
Half round_by_chance(float x, std::uint32_t random) {
  const float size = std::fabs(x);
  Half down(size);
  if (!std::isfinite(static_cast<float>(down))) return Half(x);
  if (static_cast<float>(down) > size) --down.bits;
  Half up = down;
  ++up.bits;
  if (!std::isfinite(static_cast<float>(up))) return Half(x);
  const float low = down, gap = static_cast<float>(up) - low;
  // Both are exact: the gap is a power of two, and size - low has few digits.
  const float part = (size - low) / gap;
  Half result = static_cast<float>(random >> 8) * 0x1p-24f < part ? up : down;
  result.bits = static_cast<std::uint16_t>(result.bits | (bits_of(x) & kSign) >> 16);
  return result;
}

template <class Half>
void round_all_by_chance(const float* x, std::int64_t n, const RoundingStream& stream,
                         Half* theta) {
  const std::array<std::uint32_t, 2> key = {static_cast<std::uint32_t>(stream.key),
                                            static_cast<std::uint32_t>(stream.key >> 32)};
  std::array<std::uint32_t, 4> words{};
  for (std::int64_t i = 0; i < n; ++i) {
    // Four elements share a counter, wherever the pieces are cut.
    const auto element = static_cast<std::uint64_t>(stream.first + i);
    if (i == 0 || element % 4 == 0) {
      const std::uint64_t counter = element / 4, step = static_cast<std::uint64_t>(stream.step);
      words =
          philox({static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32),
                  static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32)},
                 key);
    }
    theta[i] = round_by_chance<Half>(x[i], words[element % 4]);
  }
}

template <class F>
void with_half(DType dtype, F&& f) {
  if (dtype == kBFloat16) {
    f(std::type_identity<BFloat16>{});
  } else {
    f(std::type_identity<Float16>{});
  }
}

}  // namespace

void load_half(DType dtype, LowPrecision way, const void* theta, const void* low, std::int64_t n,
               float* x) {
  with_half(dtype, [&]<class Half>(std::type_identity<Half>) {
    const auto* const values = static_cast<const Half*>(theta);
    if (way == LowPrecision::kSplitMaster) {
      const auto* const missing = static_cast<const std::int16_t*>(low);
      for (std::int64_t i = 0; i < n; ++i) x[i] = join(values[i], missing[i]);
    } else if (way == LowPrecision::kKahan) {
      const auto* const missing = static_cast<const Half*>(low);
      for (std::int64_t i = 0; i < n; ++i) {
        x[i] = static_cast<float>(values[i]) + static_cast<float>(missing[i]);
      }
    } else {
      for (std::int64_t i = 0; i < n; ++i) x[i] = values[i];
    }
  });
}

void store_half(DType dtype, LowPrecision way, const float* x, std::int64_t n,
                const RoundingStream& stream, void* theta, void* low) {
  with_half(dtype, [&]<class Half>(std::type_identity<Half>) {
    auto* const values = static_cast<Half*>(theta);
    if (way == LowPrecision::kSplitMaster) {
      auto* const missing = static_cast<std::int16_t*>(low);
      for (std::int64_t i = 0; i < n; ++i) split(x[i], values[i], missing[i]);
    } else if (way == LowPrecision::kKahan) {
      auto* const missing = static_cast<Half*>(low);
      for (std::int64_t i = 0; i < n; ++i) {
        values[i] = Half(x[i]);
        const float whole = values[i];
        missing[i] = Half(std::isfinite(whole) ? x[i] - whole : 0.0f);
      }
    } else if (way == LowPrecision::kStochastic) {
      round_all_by_chance(x, n, stream, values);
    } else {
      for (std::int64_t i = 0; i < n; ++i) values[i] = Half(x[i]);
    }
  });
}

}  // namespace gradus::optim
