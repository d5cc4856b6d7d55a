#pragma once
// Transposed copies of small squares, in registers.
#include <cstdint>
#include <cstring>

namespace gradus::cpu {

/// to[j * to_step + i] = from[i * from_step + j] for i, j < 4, of elements with 4 or 8 bytes.
template <class T>
inline void transpose_4x4(const T* from, std::int64_t from_step, T* to, std::int64_t to_step) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8);
  using Bits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  using Row [[gnu::vector_size(4 * sizeof(T))]] = Bits;
  Row row[4];
  for (int i = 0; i < 4; ++i) std::memcpy(&row[i], from + i * from_step, sizeof(Row));
  const Row low = {0, 4, 1, 5}, high = {2, 6, 3, 7};
  const Row a = __builtin_shuffle(row[0], row[2], low), b = __builtin_shuffle(row[1], row[3], low);
  const Row c = __builtin_shuffle(row[0], row[2], high), d = __builtin_shuffle(row[1], row[3], high);
  row[0] = __builtin_shuffle(a, b, low);
  row[1] = __builtin_shuffle(a, b, high);
  row[2] = __builtin_shuffle(c, d, low);
  row[3] = __builtin_shuffle(c, d, high);
  for (int j = 0; j < 4; ++j) std::memcpy(to + j * to_step, &row[j], sizeof(Row));
}

}  // namespace gradus::cpu
