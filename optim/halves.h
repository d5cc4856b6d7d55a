#pragma once
// A number of float32 in 16 bits, element by element, for the CPU and for kernels. What the ways
// are: optim/low_precision.h.
#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "optim/low_precision.h"
#include "tensor/half.h"
#include "tensor/philox.h"

namespace gradus::optim::halves {

GRADUS_HOST_DEVICE inline std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }
GRADUS_HOST_DEVICE inline float from_bits(std::uint32_t bits) { return std::bit_cast<float>(bits); }
GRADUS_HOST_DEVICE inline bool is_finite(float x) { return x - x == 0; }
GRADUS_HOST_DEVICE inline float magnitude(float x) { return from_bits(bits_of(x) & 0x7fffffffu); }
GRADUS_HOST_DEVICE inline std::uint16_t sign_bits(float x) {
  return static_cast<std::uint16_t>((bits_of(x) & 0x80000000u) >> 16);
}

// The master copy of a bfloat16: its 16 bits are the upper half of the float, rounded with ties
// away from 0, so that the lower half, read as a signed number, is what is missing.
GRADUS_HOST_DEVICE inline void split(float x, BFloat16& theta, std::int16_t& low) {
  std::uint32_t bits = bits_of(x);
  if (x != x) bits = 0x7fc00000u;  // a NaN with low digits only would look infinite
  theta.bits = static_cast<std::uint16_t>((bits + 0x8000u) >> 16);
  low = static_cast<std::int16_t>(bits & 0xffffu);
}
GRADUS_HOST_DEVICE inline float join(BFloat16 theta, std::int16_t low) {
  return from_bits((static_cast<std::uint32_t>(theta.bits) << 16) +
                   static_cast<std::uint32_t>(static_cast<std::int32_t>(low)));
}

// The master copy of a float16. Where the float16 is normal, what is missing is a difference of
// the bits of two floats (at most 2^13 of them); where it is not, a multiple of 2^-40.
constexpr float kUnit = 0x1p-40f, kSmallestNormal = 0x1p-14f;

GRADUS_HOST_DEVICE inline void split(float x, Float16& theta, std::int16_t& low) {
  low = 0;
  const float size = magnitude(x);
  if (!(size < 65520.0f)) {  // rounds to infinity, or NaN
    theta = Float16(x);
    return;
  }
  theta = Float16(size);
  // A tie that went down is one unit too far for 16 bits: up instead.
  if (theta < kSmallestNormal && (size - theta) / kUnit >= 32767.5f) ++theta.bits;
  const float rounded = theta;
  if (rounded >= kSmallestNormal) {
    low = static_cast<std::int16_t>(static_cast<std::int32_t>(bits_of(size) - bits_of(rounded)));
  } else {
    low = static_cast<std::int16_t>(nearbyintf((size - rounded) / kUnit));
  }
  theta.bits = static_cast<std::uint16_t>(theta.bits | sign_bits(x));
}
GRADUS_HOST_DEVICE inline float join(Float16 theta, std::int16_t low) {
  const float whole = theta, size = magnitude(whole);
  if (!(size <= 65504.0f)) return whole;
  const float master =
      size >= kSmallestNormal
          ? from_bits(bits_of(size) + static_cast<std::uint32_t>(static_cast<std::int32_t>(low)))
          : size + static_cast<float>(low) * kUnit;
  return from_bits(bits_of(master) | (bits_of(whole) & 0x80000000u));
}

// The neighbour towards 0, and with the probability of the distance the one beyond it.
template <class Half>
GRADUS_HOST_DEVICE inline Half round_by_chance(float x, std::uint32_t random) {
  const float size = magnitude(x);
  Half down(size);
  if (!is_finite(static_cast<float>(down))) return Half(x);
  if (static_cast<float>(down) > size) --down.bits;
  Half up = down;
  ++up.bits;
  if (!is_finite(static_cast<float>(up))) return Half(x);
  const float low = down, gap = static_cast<float>(up) - low;
  // Both are exact: the gap is a power of two, and size - low has few digits.
  const float part = (size - low) / gap;
  Half result = static_cast<float>(random >> 8) * 0x1p-24f < part ? up : down;
  result.bits = static_cast<std::uint16_t>(result.bits | sign_bits(x));
  return result;
}

/// The random words of elements 4 c .. 4 c + 3, wherever the pieces of an array are cut.
GRADUS_HOST_DEVICE inline PhiloxWords words_of(std::uint64_t key, std::int64_t step,
                                               std::uint64_t c) {
  const auto t = static_cast<std::uint64_t>(step);
  return philox_words({{static_cast<std::uint32_t>(c), static_cast<std::uint32_t>(c >> 32),
                        static_cast<std::uint32_t>(t), static_cast<std::uint32_t>(t >> 32)}},
                      static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32));
}

/// Element i of an array as a float, and back. `low` holds the elements' 2 further bytes, or is
/// null. The way is a constant where loops are to be vectorised.
template <class Half>
GRADUS_HOST_DEVICE inline float load(LowPrecision way, const Half* theta, const void* low,
                                     std::int64_t i) {
  if (way == LowPrecision::kSplitMaster) {
    return join(theta[i], static_cast<const std::int16_t*>(low)[i]);
  }
  const float x = theta[i];
  return way == LowPrecision::kKahan ? x + static_cast<float>(static_cast<const Half*>(low)[i]) : x;
}
/// `element` is the one that the random bits of kStochastic belong to.
template <class Half>
GRADUS_HOST_DEVICE inline void store(LowPrecision way, float x, std::uint64_t key,
                                     std::int64_t step, std::int64_t element, Half* theta,
                                     void* low, std::int64_t i) {
  if (way == LowPrecision::kSplitMaster) {
    split(x, theta[i], static_cast<std::int16_t*>(low)[i]);
  } else if (way == LowPrecision::kStochastic) {
    const auto at = static_cast<std::uint64_t>(element);
    theta[i] = round_by_chance<Half>(x, words_of(key, step, at / 4).word[at % 4]);
  } else {
    theta[i] = Half(x);
    if (way != LowPrecision::kKahan) return;
    const float whole = theta[i];
    static_cast<Half*>(low)[i] = Half(is_finite(whole) ? x - whole : 0.0f);
  }
}

}  // namespace gradus::optim::halves
