#pragma once
// Philox for sixteen counters side by side.
#include <cstdint>

#include "tensor/cpu/vectors.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace gradus::cpu {

inline constexpr int kLanes = 16;

/// w[k][i]: word k of counter i.
struct Words {
  alignas(64) std::uint32_t w[4][kLanes];
};

// Words of several counters side by side, each in the lower half of a lane.
#if defined(__AVX512F__)
inline constexpr int kWords = 8;
#elif defined(__AVX2__)
inline constexpr int kWords = 4;
#else
inline constexpr int kWords = 2;
#endif
using Lanes [[gnu::vector_size(8 * kWords)]] = std::uint64_t;
using HalfLanes [[gnu::vector_size(4 * kWords)]] = std::uint32_t;

// The whole product of the lower halves; upper halves do not matter. gcc does not find the
// instruction for it by itself and multiplies 64 bits, which takes three times as long.
inline Lanes multiply(Lanes a, std::uint32_t b) {
#if defined(__AVX512F__)
  return reinterpret_cast<Lanes>(
      _mm512_mul_epu32(reinterpret_cast<__m512i>(a), _mm512_set1_epi64(b)));
#elif defined(__AVX2__)
  return reinterpret_cast<Lanes>(
      _mm256_mul_epu32(reinterpret_cast<__m256i>(a), _mm256_set1_epi64x(b)));
#else
  return (a & 0xffffffff) * b;
#endif
}

/// philox() of counter, counter + 1, ...; the same ten rounds.
inline void philox_lanes(std::uint64_t counter, std::uint64_t seed, Words& out) {
  for (int first = 0; first < kLanes; first += kWords) {
    Lanes c0, c1, c2{}, c3{};
    for (int i = 0; i < kWords; ++i) c0[i] = counter + first + i;
    c1 = c0 >> 32;
    auto key0 = static_cast<std::uint32_t>(seed), key1 = static_cast<std::uint32_t>(seed >> 32);
    for (int round = 0; round < 10; ++round) {
      const Lanes p0 = multiply(c0, 0xD2511F53), p1 = multiply(c2, 0xCD9E8D57);
      c0 = (p1 >> 32) ^ c1 ^ key0;
      c1 = p1;
      c2 = (p0 >> 32) ^ c3 ^ key1;
      c3 = p0;
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
    const Lanes c[] = {c0, c1, c2, c3};
    for (int k = 0; k < 4; ++k) {
      store(__builtin_convertvector(c[k], HalfLanes), &out.w[k][first]);
    }
  }
}

}  // namespace gradus::cpu
