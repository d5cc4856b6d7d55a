#pragma once
// Launchers; defined for both devices of tensor/cuda/device_kinds.h by kernels/convert.cu.cc
// and kernels/fill.cu.cc.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"
#include "tensor/cuda/walk.h"
#include "tensor/dtype.h"

namespace gradus::gpu {

/// y = x converted as convert_to() does, over n positions of a walk of x and y.
template <class Device>
void convert(DType from, DType to, std::int64_t n, const ElementWalk& walk, const void* x, void* y,
             void* stream);

/// y = the number whose bits are the lowest of `bits`, over n positions of a walk of y.
template <class Device>
void fill(std::int64_t bytes, std::uint64_t bits, std::int64_t n, const ElementWalk& walk, void* y,
          void* stream);

/// *found = 1 if x has an element that `to`, a whole dtype, cannot hold: over a walk of x.
template <class Device>
void find_misfit(DType from, DType to, std::int64_t n, const ElementWalk& walk, const void* x,
                 int* found, void* stream);

/// y[i] = c ? a : b, over a walk of c, a and b; elements of `bytes`.
template <class Device>
void choose(std::int64_t bytes, std::int64_t n, const ElementWalk& walk, const bool* c,
            const void* a, const void* b, void* y, void* stream);

}  // namespace gradus::gpu
