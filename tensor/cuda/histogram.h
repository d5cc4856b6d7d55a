#pragma once
// Launchers; defined for both devices of tensor/cuda/device_kinds.h by kernels/histogram.cu.cc.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

/// place[i] = how many elements of a sorted line go before value[i], NaN last; with `right` those
/// that equal it too. Shapes: lines [m, n] without gaps, values and places [m, each].
/// T: float, double, std::int64_t.
template <class Device, class T>
void search_sorted(bool right, std::int64_t m, std::int64_t n, std::int64_t each, const T* lines,
                   const T* values, std::int64_t* places, void* stream);

/// bin[i] with edge[bin] <= x[i] < edge[bin + 1], the last edge included; -1 outside of all.
/// Shapes: x, bin [n], edge [bins + 1].
template <class Device, class T>
void find_bins(std::int64_t n, std::int64_t bins, const T* x, const double* edge, std::int64_t* bin,
               void* stream);

/// counts[b] += how many of bin [n] are b; -1 is none. By atomic additions of whole numbers, whose
/// order changes nothing.
template <class Device>
void count_bins(std::int64_t n, const std::int64_t* bin, unsigned long long* counts, void* stream);

/// sums[b] = the weights of bin b, one thread for each: in the order of the elements within each of
/// `parts` equal parts of them, then part by part, as on the CPU. `sorted` [n] are the bins in
/// order, and `position` [n] where each stood.
template <class Device>
void sum_bins(std::int64_t n, std::int64_t bins, std::int64_t parts, const std::int64_t* sorted,
              const std::int64_t* position, const double* weights, double* sums, void* stream);

}  // namespace gradus::gpu
