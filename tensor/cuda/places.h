#pragma once
// Launchers; defined for both devices of tensor/cuda/device_kinds.h by kernels/places.cu.cc. What a
// table of places is: tensor/cpu/places.h.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"
#include "tensor/cuda/walk.h"
#include "tensor/dtype.h"

namespace gradus::gpu {

/// y[i] = the element of x at the place of the table, over a walk of x and table; of `bytes`.
template <class Device>
void read_places(std::int64_t bytes, std::int64_t n, const ElementWalk& walk, const void* x,
                 const std::int64_t* table, void* y, void* stream);

/// Lines of values along one axis, which one thread writes in their order.
struct PlacesLine {
  std::int64_t length = 0;
  std::int64_t step[3] = {};  ///< of x, table and values
};
/// x at the places of the table = the values, or += them, over a walk of x, table and values
/// without the axis of `line`.
template <class Device>
void write_places(DType dtype, bool adds, std::int64_t n, const ElementWalk& walk,
                  const PlacesLine& line, void* x, const std::int64_t* table, const void* values,
                  void* stream);

}  // namespace gradus::gpu
