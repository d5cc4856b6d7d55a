#pragma once
#include <bit>
#include <cstdint>

#if defined(__CUDACC__)
#define GRADUS_HALF_HOST_DEVICE __host__ __device__
#else
#define GRADUS_HALF_HOST_DEVICE
#endif

namespace gradus {

namespace half {

/// float to the nearest float16, ties to even, without a branch so that loops vectorise.
/// Source: IEEE 754-2019, binary16: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits.
GRADUS_HALF_HOST_DEVICE constexpr std::uint16_t float16_bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
  // Normal: exponent from bias 127 to 15, then round at bit 13; a carry may reach infinity.
  const std::uint32_t odd = magnitude >> 13 & 1u;
  const std::uint32_t normal = (magnitude - (112u << 23) + 0xfffu + odd) >> 13;
  // Below 2^-14: adding 0.5 puts the unit 2^-24 of float16 at the last bit of the float.
  const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
  const std::uint32_t subnormal = std::bit_cast<std::uint32_t>(shifted) - (126u << 23);
  const std::uint32_t special = magnitude > 0x7f800000u ? 0x7e00u : 0x7c00u;
  std::uint32_t result = magnitude < (113u << 23) ? subnormal : normal;
  result = magnitude >= (143u << 23) ? special : result;  // 2^16 and more, infinity, NaN
  return static_cast<std::uint16_t>(sign | result);
}

GRADUS_HALF_HOST_DEVICE constexpr float from_float16_bits(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t magnitude = bits & 0x7fffu;
  const std::uint32_t normal = (magnitude << 13) + (112u << 23);
  const std::uint32_t special = (magnitude << 13) + (224u << 23);  // exponent 31 becomes 255
  const auto subnormal = std::bit_cast<std::uint32_t>(static_cast<float>(magnitude) * 0x1p-24f);
  std::uint32_t result = magnitude < 0x400u ? subnormal : normal;
  result = magnitude >= 0x7c00u ? special : result;
  return std::bit_cast<float>(sign | result);
}

/// float to the nearest bfloat16, ties to even: the upper half of the float.
GRADUS_HALF_HOST_DEVICE constexpr std::uint16_t bfloat16_bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
  const std::uint32_t quiet = bits >> 16 | 0x40u;
  return static_cast<std::uint16_t>((bits & 0x7fffffffu) > 0x7f800000u ? quiet : rounded);
}

GRADUS_HALF_HOST_DEVICE constexpr float from_bfloat16_bits(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

}  // namespace half

/// IEEE binary16: 11 significant bits, largest 65504. A storage type: arithmetic is done in float.
struct Float16 {
  std::uint16_t bits = 0;

  Float16() = default;
  GRADUS_HALF_HOST_DEVICE constexpr explicit Float16(float value)
      : bits(half::float16_bits(value)) {}
  GRADUS_HALF_HOST_DEVICE constexpr operator float() const {  // NOLINT: exact, so implicit
    return half::from_float16_bits(bits);
  }
};

/// The upper half of a float: 8 significant bits, the range of float. A storage type as well.
struct BFloat16 {
  std::uint16_t bits = 0;

  BFloat16() = default;
  GRADUS_HALF_HOST_DEVICE constexpr explicit BFloat16(float value)
      : bits(half::bfloat16_bits(value)) {}
  GRADUS_HALF_HOST_DEVICE constexpr operator float() const {  // NOLINT: exact, so implicit
    return half::from_bfloat16_bits(bits);
  }
};

}  // namespace gradus
