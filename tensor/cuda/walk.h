#pragma once
// How kernels find the elements of operands that have gaps, are repeated or turned around.
#include <array>
#include <cstdint>

namespace gradus::gpu {

inline constexpr int kMaxOperands = 5;

/// How the elements of operands lie over n common positions in row-major order: for each axis its
/// size and the steps of all operands, in elements; 0 where one is repeated. Rank 0: element i of
/// each belongs to position i.
struct ElementWalk {
  int rank = 0;
  std::int64_t size[8] = {};
  std::int64_t step[kMaxOperands][8] = {};
};

}  // namespace gradus::gpu
