#pragma once
// Launchers; defined for both devices of tensor/cuda/device_kinds.h by kernels/scan.cu.cc and
// scan_extremes.cu.cc.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

enum class Running : std::uint8_t { kSum, kProduct, kLogSum };

/// Bytes of scratch memory that the scans need: a state for each 1024 elements of a row.
inline std::int64_t scan_scratch(std::int64_t rows, std::int64_t n) {
  return rows * ((n + 1023) / 1024) * 16;
}

/// y[r][i] = x[r][0..i] combined: whole numbers in 64 bits, which wrap, floating ones in double.
/// Rows of up to 64 elements are combined one after another, as on the CPU; in longer ones each
/// thread takes 8 neighbours, the threads of a block theirs in a tree, and the blocks follow each
/// other: the same bits in every run, but not those of the CPU. Shapes: x, y [rows, n] without
/// gaps. T: float, double, std::int64_t; kLogSum (log of the sum of exp) is for floating ones.
template <class Device, class T>
void scan_rows(Running how, std::int64_t rows, std::int64_t n, const T* x, T* y, void* scratch,
               void* stream);

/// value[r][i] = the largest (or smallest) of x[r][0..i], NaN above all, and where it stands: the
/// last of equal ones. Shapes as above.
template <class Device, class T>
void scan_extremes(bool largest, std::int64_t rows, std::int64_t n, const T* x, T* value,
                   std::int64_t* index, void* scratch, void* stream);

/// y[r][i] = a[r][i] y[r][i - 1] + b[r][i] in double, where y[r][-1] is 0: one thread for each row,
/// since products of many a may overflow where no y does. Shapes as above. T: float, double.
template <class Device, class T>
void recurrence_rows(std::int64_t rows, std::int64_t n, const T* a, const T* b, T* y, void* stream);

}  // namespace gradus::gpu
