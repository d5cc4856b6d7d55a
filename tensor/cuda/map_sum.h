#pragma once
// Launcher; defined for both devices of tensor/cuda/device_kinds.h by kernels/map_sum.cu.cc.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

/// What is added up, of an element x and a number c of its row.
enum class Mapped : std::uint8_t {
  kAsItIs,           ///< x
  kSquaredDistance,  ///< (x - c)^2
  kMagnitude,        ///< |x|
  kSquare,           ///< x^2
  kPower,            ///< |x|^p
  kShiftedExp,       ///< exp(x - c), in T
};

/// Elements of scratch memory that map_sum_rows needs: sums of parts, and those of 1024 parts.
inline std::int64_t map_sum_scratch(std::int64_t rows, std::int64_t n) {
  const std::int64_t parts = (n + 255) / 256;
  return rows * (parts + (parts + 1023) / 1024);
}

/// y[r] = sum over x[r] of the map, in double and in the order of the CPU
/// (tensor/cpu/mapped_sum.h): parts of 256 elements by 32 lanes, the parts in pairs. So what
/// consists of IEEE operations has its bits. Shapes: x [rows, n] without gaps, n > 0; c [rows] or
/// null; y [rows]. T: float, double.
template <class Device, class T>
void map_sum_rows(Mapped how, double p, std::int64_t rows, std::int64_t n, const T* x,
                  const double* c, double* y, double* scratch, void* stream);

}  // namespace gradus::gpu
