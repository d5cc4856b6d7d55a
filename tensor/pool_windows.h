#pragma once
// What the functions of tensor/pooling.h are made of, and their gradients: which elements each
// window has, and sums, largest elements and their transposes for any such windows.
#include <optional>
#include <string_view>
#include <vector>

#include "tensor/pooling.h"

namespace gradus {

/// The windows along one axis: elements begin[i], begin[i] + step, ... before end[i].
struct PoolAxis {
  std::int64_t size = 1, step = 1;  // of the axis; from one element to the next
  std::vector<std::int64_t> begin, end;
  std::vector<std::int64_t> counted;  // elements in a mean
  std::int64_t windows() const { return static_cast<std::int64_t>(begin.size()); }
};

/// The windows of one call. One axis counts as the second of two.
struct PoolWindows {
  int axes = 2;
  PoolAxis down, across;
  std::int64_t divisor = 0;  // of means; 0: the elements counted
};

/// The windows for x; these check the arguments.
PoolWindows max_windows(std::string_view op, int axes, const Tensor& x, const PerAxis& kernel,
                        const MaxPoolOptions& options);
PoolWindows avg_windows(std::string_view op, int axes, const Tensor& x, const PerAxis& kernel,
                        const AvgPoolOptions& options);
PoolWindows adaptive_windows(std::string_view op, int axes, const Tensor& x, const PerAxis& size,
                             bool floating);

/// Means over windows, and the transpose: each dy divided as the mean is, added to the elements of
/// its window.
Tensor average_windows(const Tensor& x, const PoolWindows& windows);
Tensor spread_windows(const Tensor& dy, const PoolWindows& windows);

/// Largest elements.
ValuesAndIndices largest_in_windows(const Tensor& x, const PoolWindows& windows);

/// The elements of each channel of x at the indices, 0 for an index of -1; and the transpose, which
/// adds dy to zeros of the shape at the indices. `axes` at the end are one channel. `windows`, if
/// given, are those in which the indices were found: a device then looks for them in parallel.
Tensor pick_from_channels(const Tensor& x, const Tensor& indices, int axes);
Tensor place_in_channels(const Tensor& dy, const Tensor& indices, int axes, const Shape& shape,
                         const PoolWindows* windows = nullptr);

}  // namespace gradus
