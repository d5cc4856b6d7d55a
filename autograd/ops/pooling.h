#pragma once
#include <memory>

#include "autograd/ops/pick.h"
#include "autograd/record.h"
#include "tensor/pool_windows.h"

namespace gradus::ops {

/// The elements of x at `indices`, which count those of a channel. Also what the poolings by the
/// largest element have in common.
struct PickFromChannels {
  static constexpr const char* kName = "pick_from_channels";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  SavedTensor indices;
  int axes = 1;
  std::shared_ptr<const PoolWindows> windows = {};  // on a device, those of the indices

  Tensor forward(const Tensor& x) const { return pick_from_channels(x, indices, axes); }
  void backward(Gradients& d) const;
};
struct MaxPool1d : PickFromChannels {
  static constexpr const char* kName = "max_pool1d";
};
struct MaxPool2d : PickFromChannels {
  static constexpr const char* kName = "max_pool2d";
};
struct AdaptiveMaxPool1d : PickFromChannels {
  static constexpr const char* kName = "adaptive_max_pool1d";
};
struct AdaptiveMaxPool2d : PickFromChannels {
  static constexpr const char* kName = "adaptive_max_pool2d";
};

struct PlaceInChannels {
  static constexpr const char* kName = "place_in_channels";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  SavedTensor indices;
  int axes = 1;
  Shape shape;
  std::shared_ptr<const PoolWindows> windows = {};

  Tensor forward(const Tensor& dy) const {
    return place_in_channels(dy, indices, axes, shape, windows.get());
  }
  void backward(Gradients& d) const;
};

struct AverageWindows {
  static constexpr const char* kName = "average_windows";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  PoolWindows windows;

  Tensor forward(const Tensor& x) const { return average_windows(x, windows); }
  void backward(Gradients& d) const;
};
struct AvgPool1d : AverageWindows {
  static constexpr const char* kName = "avg_pool1d";
};
struct AvgPool2d : AverageWindows {
  static constexpr const char* kName = "avg_pool2d";
};
struct AdaptiveAvgPool1d : AverageWindows {
  static constexpr const char* kName = "adaptive_avg_pool1d";
};
struct AdaptiveAvgPool2d : AverageWindows {
  static constexpr const char* kName = "adaptive_avg_pool2d";
};

struct SpreadWindows {
  static constexpr const char* kName = "spread_windows";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  PoolWindows windows;

  Tensor forward(const Tensor& dy) const { return spread_windows(dy, windows); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

// Pooling, see tensor/pooling.h for windows, shapes and errors.

/// The largest element of each window, to which the gradient goes: the first of equal ones.
VariableAndIndices max_pool1d_with_indices(Operand x, const PerAxis& kernel,
                                           const MaxPoolOptions& options = {});
VariableAndIndices max_pool2d_with_indices(Operand x, const PerAxis& kernel,
                                           const MaxPoolOptions& options = {});
VariableAndIndices adaptive_max_pool1d_with_indices(Operand x, const PerAxis& size);
VariableAndIndices adaptive_max_pool2d_with_indices(Operand x, const PerAxis& size);
inline Variable max_pool1d(Operand x, const PerAxis& kernel, const MaxPoolOptions& options = {}) {
  return max_pool1d_with_indices(std::move(x), kernel, options).values;
}
inline Variable max_pool2d(Operand x, const PerAxis& kernel, const MaxPoolOptions& options = {}) {
  return max_pool2d_with_indices(std::move(x), kernel, options).values;
}
inline Variable adaptive_max_pool1d(Operand x, const PerAxis& size) {
  return adaptive_max_pool1d_with_indices(std::move(x), size).values;
}
inline Variable adaptive_max_pool2d(Operand x, const PerAxis& size) {
  return adaptive_max_pool2d_with_indices(std::move(x), size).values;
}

/// The mean of each window; dx is the sum of dy / count over the windows that an element is in.
Variable avg_pool1d(Operand x, const PerAxis& kernel, const AvgPoolOptions& options = {});
Variable avg_pool2d(Operand x, const PerAxis& kernel, const AvgPoolOptions& options = {});
Variable adaptive_avg_pool1d(Operand x, const PerAxis& size);
Variable adaptive_avg_pool2d(Operand x, const PerAxis& size);

/// What their gradients are made of, see tensor/pool_windows.h.
inline Variable pick_from_channels(Operand x, const Tensor& indices, int axes) {
  return record(ops::PickFromChannels{indices, axes}, x);
}
inline Variable place_in_channels(Operand dy, const Tensor& indices, int axes, const Shape& shape) {
  return record(ops::PlaceInChannels{indices, axes, shape}, dy);
}
inline Variable average_windows(Operand x, const PoolWindows& windows) {
  return record(ops::AverageWindows{windows}, x);
}
inline Variable spread_windows(Operand dy, const PoolWindows& windows) {
  return record(ops::SpreadWindows{windows}, dy);
}

}  // namespace gradus
