#pragma once
// How the kernels walk tensors.
#include "tensor/broadcast.h"
#include "tensor/cuda/walk.h"

namespace gradus::gpu {

/// The walk of a plan's operands.
template <int N>
ElementWalk walk_of(const LoopPlan<N>& plan) {
  static_assert(N <= kMaxOperands);
  ElementWalk walk;
  bool plain = plan.shape.rank() == 1;
  for (int k = 0; k < N; ++k) plain &= plan.inner(k) == 1;
  if (plain) return walk;
  walk.rank = plan.shape.rank();
  for (int axis = 0; axis < walk.rank; ++axis) {
    walk.size[axis] = plan.shape[axis];
    for (int k = 0; k < N; ++k) walk.step[k][axis] = plan.strides[k][axis];
  }
  return walk;
}

}  // namespace gradus::gpu
