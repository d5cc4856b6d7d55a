#include "tensor/pooling.h"

#include <algorithm>
#include <string>

#include "tensor/pool_windows.h"

namespace gradus {
namespace {

std::string start(std::string_view op) { return "[" + std::string(op) + "] "; }

void check_input(std::string_view op, int axes, const Tensor& x, bool floating) {
  check_defined(op, "x", x);
  if (x.rank() != axes + 1 && x.rank() != axes + 2) {
    throw ShapeError(start(op) + "x: shape " + to_string(x.shape()) + "; expected " +
                     (axes == 1 ? "[N, C, L] or [C, L]" : "[N, C, H, W] or [C, H, W]"));
  }
  if (floating ? !is_floating(x.dtype()) : x.dtype() == kBool) {
    throw DTypeError(start(op) + "x: " + std::string(name(x.dtype())) + "; expected " +
                     (floating ? "a floating dtype" : "numbers") + "; convert with to()");
  }
  for (int axis = x.rank() - axes; axis < x.rank(); ++axis) {
    if (x.shape()[axis] > 0) continue;
    throw ShapeError(start(op) + "x: shape " + to_string(x.shape()) +
                     "; expected sizes of at least 1 but for N and C");
  }
}

/// Windows that slide. Means count the padding, but not what lies behind it.
PoolWindows sliding(std::string_view op, int axes, const Tensor& x, const Dims& kernel,
                    const Dims& stride, const Dims& padding, const Dims& dilation, bool ceil_mode,
                    bool count_padding) {
  PoolWindows made;
  made.axes = axes;
  made.down.begin = {0};
  made.down.end = made.down.counted = {1};
  Dims spans, sizes;
  bool fits = true;
  for (int i = 0; i < axes; ++i) {
    const WindowAxis axis{kernel[i], stride[i], padding[i], dilation[i]};
    const std::int64_t size = x.shape()[x.rank() - axes + i];
    if (padding[i] > axis.span() / 2) {
      throw ConfigError(start(op) + "padding: " + std::to_string(padding[i]) +
                        "; expected at most half of the window, which spans " +
                        std::to_string(axis.span()));
    }
    const std::int64_t windows = axis.count(size, ceil_mode);
    fits = fits && windows > 0;
    spans.push_back(axis.span());
    sizes.push_back(size + 2 * padding[i]);
    PoolAxis& along = i == axes - 1 ? made.across : made.down;
    along = {size, dilation[i], {}, {}, {}};
    for (std::int64_t w = 0; w < windows; ++w) {
      const std::int64_t first = w * stride[i] - padding[i];
      const std::int64_t last = std::min(first + axis.span(), size + padding[i]);
      const std::int64_t skipped = first < 0 ? (-first + dilation[i] - 1) / dilation[i] : 0;
      along.begin.push_back(first + skipped * dilation[i]);
      along.end.push_back(std::min(last, size));
      along.counted.push_back(count_padding ? last - first : along.end.back() - along.begin.back());
    }
  }
  if (!fits) {
    throw ShapeError(start(op) + "kernel: its window spans " + to_string(spans) +
                     "; expected at most the padded size " + to_string(sizes) + " of x " +
                     to_string(x.shape()));
  }
  return made;
}

template <class Options>
Dims strides_of(std::string_view op, int axes, const Dims& kernel, const Options& options) {
  return options.stride.rank() == 0 ? kernel : per_axis(op, "stride", options.stride, axes, 1);
}

ValuesAndIndices max_pool(std::string_view op, int axes, const Tensor& x, const PerAxis& kernel,
                          const MaxPoolOptions& options) {
  return largest_in_windows(x, max_windows(op, axes, x, kernel, options));
}

ValuesAndIndices adaptive_max(std::string_view op, int axes, const Tensor& x, const PerAxis& size) {
  return largest_in_windows(x, adaptive_windows(op, axes, x, size, false));
}

}  // namespace

PoolWindows max_windows(std::string_view op, int axes, const Tensor& x, const PerAxis& kernel,
                        const MaxPoolOptions& options) {
  const Dims sizes = per_axis(op, "kernel", kernel, axes, 1);
  const Dims stride = strides_of(op, axes, sizes, options);
  const Dims padding = per_axis(op, "padding", options.padding, axes, 0, 0);
  const Dims dilation = per_axis(op, "dilation", options.dilation, axes, 1, 1);
  check_input(op, axes, x, false);
  return sliding(op, axes, x, sizes, stride, padding, dilation, options.ceil_mode, false);
}

PoolWindows avg_windows(std::string_view op, int axes, const Tensor& x, const PerAxis& kernel,
                        const AvgPoolOptions& options) {
  const Dims sizes = per_axis(op, "kernel", kernel, axes, 1);
  const Dims stride = strides_of(op, axes, sizes, options);
  const Dims padding = per_axis(op, "padding", options.padding, axes, 0, 0);
  check_input(op, axes, x, true);
  PoolWindows made = sliding(op, axes, x, sizes, stride, padding, Dims::filled(axes, 1),
                             options.ceil_mode, options.count_include_pad);
  if (options.divisor_override == 0) {
    throw ConfigError(start(op) + "divisor_override: 0; expected another number");
  }
  made.divisor = options.divisor_override.value_or(0);
  return made;
}

PoolWindows adaptive_windows(std::string_view op, int axes, const Tensor& x, const PerAxis& size,
                             bool floating) {
  const Dims windows = per_axis(op, "size", size, axes, 0);
  check_input(op, axes, x, floating);
  PoolWindows made;
  made.axes = axes;
  made.down.begin = {0};
  made.down.end = made.down.counted = {1};
  for (int i = 0; i < axes; ++i) {
    const std::int64_t n = x.shape()[x.rank() - axes + i];
    PoolAxis& along = i == axes - 1 ? made.across : made.down;
    along = {n, 1, {}, {}, {}};
    for (std::int64_t w = 0; w < windows[i]; ++w) {
      along.begin.push_back(w * n / windows[i]);
      along.end.push_back(((w + 1) * n + windows[i] - 1) / windows[i]);
      along.counted.push_back(along.end.back() - along.begin.back());
    }
  }
  return made;
}

Tensor max_pool1d(const Tensor& x, const PerAxis& kernel, const MaxPoolOptions& options) {
  return max_pool("max_pool1d", 1, x, kernel, options).values;
}
Tensor max_pool2d(const Tensor& x, const PerAxis& kernel, const MaxPoolOptions& options) {
  return max_pool("max_pool2d", 2, x, kernel, options).values;
}
ValuesAndIndices max_pool1d_with_indices(const Tensor& x, const PerAxis& kernel,
                                         const MaxPoolOptions& options) {
  return max_pool("max_pool1d_with_indices", 1, x, kernel, options);
}
ValuesAndIndices max_pool2d_with_indices(const Tensor& x, const PerAxis& kernel,
                                         const MaxPoolOptions& options) {
  return max_pool("max_pool2d_with_indices", 2, x, kernel, options);
}

Tensor avg_pool1d(const Tensor& x, const PerAxis& kernel, const AvgPoolOptions& options) {
  return average_windows(x, avg_windows("avg_pool1d", 1, x, kernel, options));
}
Tensor avg_pool2d(const Tensor& x, const PerAxis& kernel, const AvgPoolOptions& options) {
  return average_windows(x, avg_windows("avg_pool2d", 2, x, kernel, options));
}

Tensor adaptive_avg_pool1d(const Tensor& x, const PerAxis& size) {
  return average_windows(x, adaptive_windows("adaptive_avg_pool1d", 1, x, size, true));
}
Tensor adaptive_avg_pool2d(const Tensor& x, const PerAxis& size) {
  return average_windows(x, adaptive_windows("adaptive_avg_pool2d", 2, x, size, true));
}

Tensor adaptive_max_pool1d(const Tensor& x, const PerAxis& size) {
  return adaptive_max("adaptive_max_pool1d", 1, x, size).values;
}
Tensor adaptive_max_pool2d(const Tensor& x, const PerAxis& size) {
  return adaptive_max("adaptive_max_pool2d", 2, x, size).values;
}
ValuesAndIndices adaptive_max_pool1d_with_indices(const Tensor& x, const PerAxis& size) {
  return adaptive_max("adaptive_max_pool1d_with_indices", 1, x, size);
}
ValuesAndIndices adaptive_max_pool2d_with_indices(const Tensor& x, const PerAxis& size) {
  return adaptive_max("adaptive_max_pool2d_with_indices", 2, x, size);
}

}  // namespace gradus
