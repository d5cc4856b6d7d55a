#pragma once
// The formulas of random numbers, for the CPU and for kernels.
#include <cstdint>

#include "tensor/math.h"

namespace gradus {

/// The 128 bits of one counter.
struct PhiloxWords {
  std::uint32_t word[4];
};

/// Philox 4x32-10 of a 128-bit counter and a 64-bit key.
/// Source: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", SC'11.
GRADUS_HOST_DEVICE constexpr PhiloxWords philox_words(PhiloxWords counter, std::uint32_t key0,
                                                      std::uint32_t key1) {
  std::uint32_t(&c)[4] = counter.word;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57} * c[2];
    c[0] = static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ key0;
    c[1] = static_cast<std::uint32_t>(p1);
    c[2] = static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ key1;
    c[3] = static_cast<std::uint32_t>(p0);
    key0 += 0x9E3779B9;  // the golden ratio and sqrt(3) - 1, as fractions of 2^32
    key1 += 0xBB67AE85;
  }
  return counter;
}

/// The words that a Generator has at one counter.
GRADUS_HOST_DEVICE constexpr PhiloxWords philox_words(std::uint64_t seed, std::uint64_t counter) {
  return philox_words(
      {{static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), 0, 0}},
      static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
}

/// 53 random bits as a double in [0, 1); both terms and their sum are exact.
GRADUS_HOST_DEVICE constexpr double unit_double(std::uint32_t high, std::uint32_t low) {
  return high * 0x1p-32 + static_cast<std::int32_t>(low >> 11) * 0x1p-53;
}

}  // namespace gradus
