#pragma once
#include <optional>

#include "tensor/tensor.h"
#include "tensor/values_and_indices.h"
#include "tensor/windows.h"

namespace gradus {

// One number for each window of a channel: its largest element or its mean. Shapes: x [N, C, L] or
// [C, L] along one axis, [N, C, H, W] or [C, H, W] along two; the other axes stay. How many windows
// there are: WindowAxis::count in tensor/windows.h. All throw
//   ShapeError  "[max_pool1d] x: shape [4]; expected [N, C, L] or [C, L]"
//               "[max_pool1d] kernel: its window spans [6]; expected at most the padded size [4] of
//                x [1, 2, 4]"
//               "[max_pool2d] x: shape [2, 0, 4]; expected sizes of at least 1 but for N and C"
//   ConfigError "[max_pool1d] stride: 0; expected numbers from 1 on"
//               "[max_pool1d] padding: 2; expected at most half of the window, which spans 3"
//   DTypeError  "[max_pool1d] x: bool; expected numbers; ..."
// Differs: N and C may be 0, where PyTorch takes only N; padding is compared with the whole window,
// by PyTorch mostly with the kernel without its dilation.

/// How the windows of max_pool lie.
struct MaxPoolOptions {
  PerAxis stride = {};     ///< from one window to the next; not given: the kernel
  PerAxis padding = 0;     ///< before and after each axis, with nothing in it
  PerAxis dilation = 1;    ///< from one element of a window to the next
  bool ceil_mode = false;  ///< round the number of windows up: the last may stick out
};

/// How the windows of avg_pool lie, and what their sums are divided by.
struct AvgPoolOptions {
  PerAxis stride = {};
  PerAxis padding = 0;
  bool ceil_mode = false;
  bool count_include_pad = true;  ///< divide by all elements of a window, those of the padding too
  std::optional<std::int64_t> divisor_override = std::nullopt;  ///< divide by this instead
};

/// The largest element of each window: the first of equal ones, and the last NaN once there is one.
/// A window without an element (padding with dilation) gives the lowest number, index -1. Indices
/// count the elements of the channel in rows: h W + w.
Tensor max_pool1d(const Tensor& x, const PerAxis& kernel, const MaxPoolOptions& options = {});
Tensor max_pool2d(const Tensor& x, const PerAxis& kernel, const MaxPoolOptions& options = {});
ValuesAndIndices max_pool1d_with_indices(const Tensor& x, const PerAxis& kernel,
                                         const MaxPoolOptions& options = {});
ValuesAndIndices max_pool2d_with_indices(const Tensor& x, const PerAxis& kernel,
                                         const MaxPoolOptions& options = {});

/// The sum of each window divided by how many elements it has. x is floating; half types are summed
/// in float32. Differs: no int64; divisor_override along one axis too. Throws also ConfigError:
///   "[avg_pool2d] divisor_override: 0; expected another number".
Tensor avg_pool1d(const Tensor& x, const PerAxis& kernel, const AvgPoolOptions& options = {});
Tensor avg_pool2d(const Tensor& x, const PerAxis& kernel, const AvgPoolOptions& options = {});

/// Means of `size` windows per axis that cover it: window i has the elements from floor(i n / size)
/// up to ceil((i + 1) n / size), where n is the size of the axis. Windows may overlap.
Tensor adaptive_avg_pool1d(const Tensor& x, const PerAxis& size);
Tensor adaptive_avg_pool2d(const Tensor& x, const PerAxis& size);

/// The largest elements of the same windows; otherwise as max_pool2d.
Tensor adaptive_max_pool1d(const Tensor& x, const PerAxis& size);
Tensor adaptive_max_pool2d(const Tensor& x, const PerAxis& size);
ValuesAndIndices adaptive_max_pool1d_with_indices(const Tensor& x, const PerAxis& size);
ValuesAndIndices adaptive_max_pool2d_with_indices(const Tensor& x, const PerAxis& size);

}  // namespace gradus
