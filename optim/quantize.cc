#include "optim/quantize.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <type_traits>

namespace gradus::optim {
namespace {

constexpr int kDecades = ByteLevels::kDecades;

ByteLevels make_levels(ByteMap map) {
  ByteLevels made;
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

template <bool kSigned, class T>
void quantize_block(const ByteLevels& levels, const T* __restrict x, float inverse, std::int64_t n,
                    std::uint8_t* __restrict codes) {
  const ByteLevels::Decades d = levels.decades;  // a copy of its own, which codes cannot change
  for (std::int64_t i = 0; i < n; ++i) {
    codes[i] = code_of<kSigned>(d, static_cast<float>(x[i]) * inverse);
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
  const ByteLevels& levels = levels_of(map);
  for (std::int64_t begin = 0; begin < n; begin += kQuantizedBlock) {
    const std::int64_t count = std::min(n - begin, kQuantizedBlock);
    const auto scale = static_cast<float>(farthest_from_zero(x + begin, count));
    scales[begin / kQuantizedBlock] = scale;
    const float inverse = inverse_of(scale);
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
  const float* __restrict const values = levels_of(map).values;
  for (std::int64_t begin = 0; begin < n; begin += kQuantizedBlock) {
    const std::int64_t end = std::min(n, begin + kQuantizedBlock);
    const T scale = static_cast<T>(scales[begin / kQuantizedBlock]);
    for (std::int64_t i = begin; i < end; ++i) x[i] = static_cast<T>(values[codes[i]]) * scale;
  }
}

}  // namespace

const ByteLevels& levels_of(ByteMap map) {
  static const ByteLevels with_sign = make_levels(ByteMap::kSigned);
  static const ByteLevels without = make_levels(ByteMap::kUnsigned);
  return map == ByteMap::kSigned ? with_sign : without;
}

std::span<const float, 256> byte_map(ByteMap map) {
  return std::span<const float, 256>(levels_of(map).values);
}

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
