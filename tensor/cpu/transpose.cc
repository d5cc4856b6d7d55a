#include "tensor/cpu/transpose.h"

#include <algorithm>
#include <cstring>

#include "tensor/thread_pool.h"

namespace gradus::cpu {
namespace {

constexpr std::int64_t kTall = 32;  // elements that are neighbours in the source
constexpr std::int64_t kWide = 64;  // and those in the target

/// to[i * to_step + j] = from[j * from_step + i] for i < tall <= kTall, j < wide <= kWide. By way
/// of a buffer, since lines a power of two apart would push each other out of the cache.
template <class T>
void transpose_block(const T* from, std::int64_t from_step, T* to, std::int64_t to_step,
                     std::int64_t tall, std::int64_t wide) {
  alignas(64) T buffer[kTall][kWide];
  std::int64_t squares = 0;
  if constexpr (sizeof(T) >= 4) {
    squares = tall / 4 * 4;
    for (std::int64_t j = 0; j + 4 <= wide; j += 4) {
      for (std::int64_t i = 0; i < squares; i += 4) {
        transpose_4x4(from + j * from_step + i, from_step, &buffer[i][j], kWide);
      }
    }
  }
  for (std::int64_t j = 0; j < wide; ++j) {
    const std::int64_t done = j < wide / 4 * 4 ? squares : 0;
    for (std::int64_t i = done; i < tall; ++i) buffer[i][j] = from[j * from_step + i];
  }
  for (std::int64_t i = 0; i < tall; ++i)
    std::memcpy(to + i * to_step, buffer[i], wide * sizeof(T));
}

template <class T>
void copy(const LoopPlan<2>& plan, const T* from, T* to) {
  const int last = plan.shape.rank() - 1;
  int along = 0;  // the axis of neighbours in the source
  while (plan.strides[0][along] != 1 || plan.shape[along] < 4) ++along;
  const std::int64_t tall = plan.shape[along], wide = plan.shape[last];
  const std::int64_t across = (wide + kWide - 1) / kWide;
  const std::int64_t blocks = (tall + kTall - 1) / kTall * across;
  std::int64_t outer = 1;
  for (int axis = 0; axis < last; ++axis) outer *= axis == along ? 1 : plan.shape[axis];
  const std::int64_t step_from = plan.strides[0][last], step_to = plan.strides[1][along];
  const std::int64_t group =
      std::max<std::int64_t>(1, kPieceSize / (std::min(tall, kTall) * std::min(wide, kWide)));
  const std::int64_t tasks = outer * blocks;
  parallel_for((tasks + group - 1) / group, [&](std::int64_t piece) {
    for (std::int64_t t = piece * group; t < std::min(tasks, (piece + 1) * group); ++t) {
      // Blocks below each other follow each other, so that whole lines are read one after another.
      const std::int64_t block = t % blocks, rows = blocks / across;
      const std::int64_t i = block % rows * kTall, j = block / rows * kWide;
      std::int64_t rest = t / blocks, offset_from = i + j * step_from, offset_to = i * step_to + j;
      for (int axis = last - 1; axis >= 0; --axis) {
        if (axis == along) continue;
        offset_from += rest % plan.shape[axis] * plan.strides[0][axis];
        offset_to += rest % plan.shape[axis] * plan.strides[1][axis];
        rest /= plan.shape[axis];
      }
      transpose_block(from + offset_from, step_from, to + offset_to, step_to,
                      std::min(kTall, tall - i), std::min(kWide, wide - j));
    }
  });
}

}  // namespace

void copy_transposed(const LoopPlan<2>& plan, const std::byte* from, std::byte* to,
                     std::int64_t bytes) {
  const auto run = [&]<class T>(std::type_identity<T>) {
    copy(plan, reinterpret_cast<const T*>(from), reinterpret_cast<T*>(to));
  };
  if (bytes == 1) return run(std::type_identity<std::uint8_t>{});
  if (bytes == 2) return run(std::type_identity<std::uint16_t>{});
  if (bytes == 4) return run(std::type_identity<std::uint32_t>{});
  run(std::type_identity<std::uint64_t>{});
}

}  // namespace gradus::cpu
