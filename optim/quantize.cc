#include "optim/quantize.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <type_traits>

namespace gradus::optim {
namespace {

// The numbers >= 0 of a map are its levels: 0, then in decade e = 0..6 the middles of `parts` equal
// parts of 10^(e-7)..10^(e-6), then 1. The nearest of a decade is the one in whose part a number
// lies; between decades, half the way.
constexpr int kDecades = 7;

struct Levels {
  std::array<float, 256> values = {};  // of the codes, rising
  struct Decades {
    std::array<float, kDecades + 1> above = {};  // where they begin, and at last the level of 1
    std::array<float, kDecades> factor = {};     // part = x factor - parts / 9
    std::array<std::int32_t, kDecades> parts = {};
    std::int32_t top = 0;  // level of 1
  } decades;
};

Levels make_levels(ByteMap map) {
  Levels made;
  const bool with_sign = map == ByteMap::kSigned;
  std::array<double, 256> levels = {};
  std::int32_t n = 1;
  for (int e = 0; e < kDecades; ++e) {
    const int parts = (with_sign ? 1 : 2) << e;
    const double size = std::pow(10.0, e - 6), lowest = size * (0.1 + 0.45 / parts);
    made.decades.above[e] = static_cast<float>((levels[n - 1] + lowest) / 2);
    made.decades.factor[e] = static_cast<float>(parts / (0.9 * size));
    made.decades.parts[e] = parts;
    for (int i = 0; i < parts; ++i) levels[n++] = size * (0.1 + 0.9 * (i + 0.5) / parts);
  }
  made.decades.above[kDecades] = static_cast<float>((levels[n - 1] + 1) / 2);
  levels[n] = 1;
  made.decades.top = n;
  for (int j = 0; j <= n; ++j) {
    const auto value = static_cast<float>(levels[j]);
    if (with_sign && j < n) made.values[127 - j] = -value;
    made.values[(with_sign ? 127 : 0) + j] = value;
  }
  return made;
}

const Levels& levels_of(ByteMap map) {
  static const Levels with_sign = make_levels(ByteMap::kSigned);
  static const Levels without = make_levels(ByteMap::kUnsigned);
  return map == ByteMap::kSigned ? with_sign : without;
}

// Selects instead of look-ups, which are vectorised.
template <bool kSigned, class T>
void quantize_block(const Levels& levels, const T* __restrict x, float inverse, std::int64_t n,
                    std::uint8_t* __restrict codes) {
  const Levels::Decades d = levels.decades;  // a copy of its own, which codes cannot change
  for (std::int64_t i = 0; i < n; ++i) {
    const float scaled = static_cast<float>(x[i]) * inverse;
    const float size = std::fabs(scaled);
    float factor = 0;
    std::int32_t parts = 0;
#pragma GCC unroll 8
    for (int e = 0; e < kDecades; ++e) {
      factor = size > d.above[e] ? d.factor[e] : factor;
      parts = size > d.above[e] ? d.parts[e] : parts;
    }
    auto part = static_cast<std::int32_t>(size * factor - static_cast<float>(parts) * (1 / 9.0f));
    part = part > 0 ? part : 0;
    part = part < parts ? part : parts - 1;
    // A decade begins at the level of its number of parts, without signs one earlier.
    std::int32_t level = parts + part - (kSigned ? 0 : 1);
    level = level > 0 ? level : 0;
    level = size > d.above[kDecades] ? d.top : level;
    if constexpr (kSigned) {
      std::int32_t below = level < 127 ? level : 127;
      below = below > 1 ? below : 1;
      level = 127 + (scaled < 0 ? -below : level);
    }
    codes[i] = static_cast<std::uint8_t>(level);
  }
}

// The number with the largest |x|. By bits, whose order is that of numbers >= 0 as signed integers
// and that of -x for numbers < 0 as unsigned ones: such a maximum is vectorised.
template <class T>
T farthest_from_zero(const T* x, std::int64_t n) {
  using Signed = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  using Unsigned = std::make_unsigned_t<Signed>;
  Signed high = 0;
  Unsigned low = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const auto bits = std::bit_cast<Signed>(x[i]);
    high = bits > high ? bits : high;
    low = static_cast<Unsigned>(bits) > low ? static_cast<Unsigned>(bits) : low;
  }
  const T above = std::bit_cast<T>(high), below = std::bit_cast<T>(low);
  return -below > above ? below : above;
}

template <class T>
void quantize_all(ByteMap map, const T* x, std::int64_t n, std::uint8_t* codes, float* scales) {
  const Levels& levels = levels_of(map);
  for (std::int64_t begin = 0; begin < n; begin += kQuantizedBlock) {
    const std::int64_t count = std::min(n - begin, kQuantizedBlock);
    const auto scale = static_cast<float>(farthest_from_zero(x + begin, count));
    scales[begin / kQuantizedBlock] = scale;
    const float inverse = std::isfinite(1 / scale) ? 1 / scale : 0.0f;
    if (map == ByteMap::kSigned) {
      quantize_block<true>(levels, x + begin, inverse, count, codes + begin);
    } else {
      quantize_block<false>(levels, x + begin, inverse, count, codes + begin);
    }
  }
}

template <class T>
void dequantize_all(ByteMap map, const std::uint8_t* __restrict codes,
                    const float* __restrict scales, std::int64_t n, T* __restrict x) {
  const float* __restrict const values = levels_of(map).values.data();
  for (std::int64_t begin = 0; begin < n; begin += kQuantizedBlock) {
    const std::int64_t end = std::min(n, begin + kQuantizedBlock);
    const T scale = static_cast<T>(scales[begin / kQuantizedBlock]);
    for (std::int64_t i = begin; i < end; ++i) x[i] = static_cast<T>(values[codes[i]]) * scale;
  }
}

}  // namespace

const std::array<float, 256>& byte_map(ByteMap map) { return levels_of(map).values; }

void quantize(ByteMap map, const float* x, std::int64_t n, std::uint8_t* codes, float* scales) {
  quantize_all(map, x, n, codes, scales);
}
void quantize(ByteMap map, const double* x, std::int64_t n, std::uint8_t* codes, float* scales) {
  quantize_all(map, x, n, codes, scales);
}
void dequantize(ByteMap map, const std::uint8_t* codes, const float* scales, std::int64_t n,
                float* x) {
  dequantize_all(map, codes, scales, n, x);
}
void dequantize(ByteMap map, const std::uint8_t* codes, const float* scales, std::int64_t n,
                double* x) {
  dequantize_all(map, codes, scales, n, x);
}

}  // namespace gradus::optim
