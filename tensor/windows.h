#pragma once
// Windows that slide along axes: what convolutions and pooling have in common. Their arguments, and
// the one formula for how many windows there are.
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "tensor/shape.h"

namespace gradus {

/// A number for each axis along which windows slide: `2` means the same for all of them, `{2, 1}`
/// for height and width. None at all: not given.
struct PerAxis : Dims {
  PerAxis() = default;
  template <std::integral T>
  PerAxis(T value) {  // NOLINT: implicit by design
    push_back(static_cast<std::int64_t>(value));
  }
  PerAxis(std::initializer_list<std::int64_t> values) : Dims(values) {}
};

/// How windows lie along one axis: `kernel` elements, `dilation` apart, in each; the next window
/// begins `stride` elements later, the first one `padding` elements before the axis.
struct WindowAxis {
  std::int64_t kernel = 1, stride = 1, padding = 0, dilation = 1;

  /// Elements from the first to the last of a window, both included.
  std::int64_t span() const { return dilation * (kernel - 1) + 1; }

  /// How many windows there are along an axis of `size` elements and its padding at both ends:
  ///   floor((size + 2 padding - span) / stride) + 1
  /// With ceil_mode rounded up instead, so that a window may stick out at the end, but none begins
  /// behind the elements and the padding before them. Below 1 when there is no window.
  std::int64_t count(std::int64_t size, bool ceil_mode = false) const;

  /// The smallest axis with `windows` windows: (windows - 1) stride - 2 padding + span.
  std::int64_t size(std::int64_t windows) const {
    return (windows - 1) * stride - 2 * padding + span();
  }
};

/// `value` for each of `axes` axes; `otherwise` when it is not given. Throws ConfigError unless
/// there is one number or one per axis, and each in least .. 2^31 - 1:
///   "[conv2d] stride: [0, 1]; expected numbers from 1 on"
///   "[conv2d] stride: [1, 1, 1]; expected one number, or one for each of 2 axes"
Dims per_axis(std::string_view op, std::string_view argument, const PerAxis& value, int axes,
              std::int64_t least, const PerAxis& otherwise = {});

}  // namespace gradus
