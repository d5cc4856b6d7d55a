#include "optim/quantize.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gradus::optim {
namespace {

// From the bits of a number in [0, 1] to the largest code whose value may be the nearest: there is
// at most one border between codes in a bucket of 1/128 of a binade.
constexpr int kDropped = 16;  // bits of a float's 23
constexpr std::uint32_t kFirst = std::bit_cast<std::uint32_t>(0x1p-25f) >> kDropped;
constexpr std::uint32_t kLast = std::bit_cast<std::uint32_t>(1.0f) >> kDropped;

struct Table {
  std::array<float, 256> values;  // of the codes, rising
  std::array<float, 257> above;   // above[j]: border between levels j and j + 1
  std::array<std::uint8_t, kLast - kFirst + 1> level;  // of the smallest number in a bucket
  int levels;                                          // of numbers >= 0, 0 among them
};

Table make_table(ByteMap map) {
  Table table = {};
  const bool with_sign = map == ByteMap::kSigned;
  std::array<double, 256> levels = {};
  int n = 1;  // 0 is the first
  for (int decade = 0; decade < 7; ++decade) {
    const int parts = 1 << (with_sign ? decade : decade + 1);
    const double size = std::pow(10.0, decade - 6);
    for (int i = 0; i < parts; ++i) levels[n++] = size * (0.1 + 0.9 * (i + 0.5) / parts);
  }
  levels[n++] = 1;
  table.levels = n;
  for (int j = 0; j < n; ++j) {
    const auto value = static_cast<float>(levels[j]);
    if (with_sign) {
      table.values[127 + j] = value;
      if (j < n - 1) table.values[127 - j] = -value;
    } else {
      table.values[j] = value;
    }
  }
  for (int j = 0; j < 257; ++j) {
    table.above[j] = j + 1 < n ? static_cast<float>((levels[j] + levels[j + 1]) / 2) : 2.0f;
  }
  int j = 0;
  for (std::uint32_t bucket = kFirst; bucket <= kLast; ++bucket) {
    const auto smallest = std::bit_cast<float>(bucket << kDropped);
    while (smallest > table.above[j]) ++j;
    table.level[bucket - kFirst] = static_cast<std::uint8_t>(j);
  }
  return table;
}

const Table& table_of(ByteMap map) {
  static const Table with_sign = make_table(ByteMap::kSigned),
                     without = make_table(ByteMap::kUnsigned);
  return map == ByteMap::kSigned ? with_sign : without;
}

template <class T>
void quantize_all(ByteMap map, const T* x, std::int64_t n, std::uint8_t* codes, float* scales) {
  const Table& table = table_of(map);
  for (std::int64_t begin = 0; begin < n; begin += kQuantizedBlock) {
    const std::int64_t end = std::min(n, begin + kQuantizedBlock);
    T low = 0, high = 0;
    for (std::int64_t i = begin; i < end; ++i) {
      low = x[i] < low ? x[i] : low;
      high = x[i] > high ? x[i] : high;
    }
    const float scale = static_cast<float>(-low > high ? low : high);
    scales[begin / kQuantizedBlock] = scale;
    const float inverse = std::isfinite(1 / scale) ? 1 / scale : 0.0f;
    for (std::int64_t i = begin; i < end; ++i) {
      const float scaled = static_cast<float>(x[i]) * inverse;
      // Not below the first bucket, which is level 0, nor above 1; NaN becomes 0.
      float size = scaled < 0 ? -scaled : scaled;
      size = size > 0x1p-25f ? size : 0x1p-25f;
      size = size < 1.0f ? size : 1.0f;
      const std::uint32_t bucket = (std::bit_cast<std::uint32_t>(size) >> kDropped) - kFirst;
      int level = table.level[bucket];
      level += size > table.above[level] ? 1 : 0;
      if (map == ByteMap::kSigned) {
        const int down = level < 1 ? 1 : level < 127 ? level : 127;
        level = 127 + (scaled < 0 ? -down : level);
      }
      codes[i] = static_cast<std::uint8_t>(level);
    }
  }
}

template <class T>
void dequantize_all(ByteMap map, const std::uint8_t* codes, const float* scales, std::int64_t n,
                    T* x) {
  const auto& values = table_of(map).values;
  for (std::int64_t begin = 0; begin < n; begin += kQuantizedBlock) {
    const std::int64_t end = std::min(n, begin + kQuantizedBlock);
    const T scale = static_cast<T>(scales[begin / kQuantizedBlock]);
    for (std::int64_t i = begin; i < end; ++i) x[i] = static_cast<T>(values[codes[i]]) * scale;
  }
}

}  // namespace

const std::array<float, 256>& byte_map(ByteMap map) { return table_of(map).values; }

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
