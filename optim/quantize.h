#pragma once
// Numbers in a byte: blocks of 256, each scaled by its largest, as one of 256 values that stand the
// closer the smaller they are.
#include <cstdint>
#include <span>

#include "optim/byte_levels.h"

namespace gradus::optim {

/// Elements that share a scale.
inline constexpr std::int64_t kQuantizedBlock = 256;

/// Which numbers are kept: all, or only those >= 0, with one digit more.
enum class ByteMap { kSigned, kUnsigned };

/// The values of the codes 0..255, rising, for numbers scaled to a largest of 1: in each of seven
/// decades from 1e-7 on 2^i numbers in equal distances (unsigned 2^(i+1)), the middles of as many
/// equal parts of the decade; further 0 and 1. Signed codes are the same with both signs, but for
/// -1.
/// Source: Dettmers 2016, arXiv:1511.04561 (dynamic tree); Dettmers et al. 2022, ICLR,
/// arXiv:2110.02861, Section 2.1.
std::span<const float, 256> byte_map(ByteMap map);

/// The same with what finds the code of a number.
const ByteLevels& levels_of(ByteMap map);

/// The code of 0.
constexpr std::uint8_t zero_code(ByteMap map) { return map == ByteMap::kSigned ? 127 : 0; }

/// scales[b] = the number with the largest |x| of block b, codes[i] = the nearest of its values to
/// x[i] / scale; of two equally near ones the one nearer to 0. Below 0, the code next to 0 is taken
/// where 0 would be, so that the sign stays, as in the published program. A block with an infinity
/// or a NaN may become NaN. x begins at a multiple of 256.
/// Differs: in the published program a scale has no sign; where the largest number of a block is
/// negative, it shrinks by 0.7 % with each rounding there, since -1 has no code.
void quantize(ByteMap map, const float* x, std::int64_t n, std::uint8_t* codes, float* scales);
void quantize(ByteMap map, const double* x, std::int64_t n, std::uint8_t* codes, float* scales);

/// x[i] = value of codes[i] times the scale of its block.
void dequantize(ByteMap map, const std::uint8_t* codes, const float* scales, std::int64_t n,
                float* x);
void dequantize(ByteMap map, const std::uint8_t* codes, const float* scales, std::int64_t n,
                double* x);

}  // namespace gradus::optim
