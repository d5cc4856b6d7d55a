#pragma once
// Copies of elements that lie otherwise than they are read.
#include <cstdint>
#include <type_traits>

#include "tensor/broadcast.h"
#include "tensor/cpu/vectors.h"

namespace gradus::cpu {

/// to[j * to_step + i] = from[i * from_step + j] for i, j < 4, of elements with 4 or 8 bytes.
template <class T>
inline void transpose_4x4(const T* from, std::int64_t from_step, T* to, std::int64_t to_step) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8);
  using Bits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  using Row [[gnu::vector_size(4 * sizeof(T))]] = Bits;
  Row row[4];
  for (int i = 0; i < 4; ++i) row[i] = load<Row>(from + i * from_step);
  const Row low = {0, 4, 1, 5}, high = {2, 6, 3, 7};
  const Row a = __builtin_shuffle(row[0], row[2], low), b = __builtin_shuffle(row[1], row[3], low);
  const Row c = __builtin_shuffle(row[0], row[2], high),
            d = __builtin_shuffle(row[1], row[3], high);
  row[0] = __builtin_shuffle(a, b, low);
  row[1] = __builtin_shuffle(a, b, high);
  row[2] = __builtin_shuffle(c, d, low);
  row[3] = __builtin_shuffle(c, d, high);
  for (int j = 0; j < 4; ++j) store(row[j], to + j * to_step);
}

/// Whether elements that are walked in this order lie along another axis than the last.
template <int N>
bool is_transposed(const LoopPlan<N>& plan, int k) {
  const int last = plan.shape.rank() - 1;
  if (plan.strides[k][last] == 0 || plan.strides[k][last] == 1) return false;
  for (int axis = 0; axis < last; ++axis) {
    if (plan.strides[k][axis] == 1 && plan.shape[axis] >= 4) return true;
  }
  return false;
}

/// Copies operand 0 of the plan to operand 1, both of `bytes` per element, where is_transposed(0)
/// and operand 1 has neighbours along the last axis: in squares, so that neither the lines that
/// are read nor those that are written leave the cache before they are done with.
void copy_transposed(const LoopPlan<2>& plan, const std::byte* from, std::byte* to,
                     std::int64_t bytes);

}  // namespace gradus::cpu
