#include "tensor/cuda/ops/pooling.h"

#include <algorithm>

#include "tensor/cuda/dispatch.h"
#include "tensor/cuda/pooling.h"

namespace gradus::gpu {
namespace {

PoolPlane plane_of(const PoolWindows& windows) {
  const PoolAxis &down = windows.down, &across = windows.across;
  return {down.size, across.size, down.windows(), across.windows(),
          down.step, across.step, windows.divisor};
}

Tensor table_of(const PoolWindows& windows, Device device) {
  const Tensor table =
      Tensor::empty({3 * (windows.down.windows() + windows.across.windows())}, kInt64);
  auto* to = table.data<std::int64_t>();
  for (const PoolAxis* axis : {&windows.down, &windows.across}) {
    to = std::copy(axis->begin.begin(), axis->begin.end(), to);
    to = std::copy(axis->end.begin(), axis->end.end(), to);
    if (axis->counted.empty()) {
      to = std::fill_n(to, axis->windows(), 0);
    } else {
      to = std::copy(axis->counted.begin(), axis->counted.end(), to);
    }
  }
  return table.to(device);
}

/// x with other sizes of the axes that are a channel.
Shape with_sizes(const Tensor& x, int axes, std::int64_t height, std::int64_t width) {
  Shape shape = x.shape();
  if (axes == 2) shape[x.rank() - 2] = height;
  shape[x.rank() - 1] = width;
  return shape;
}

std::int64_t channels_of(const Shape& shape, int axes) {
  std::int64_t n = 1;
  for (int i = 0; i < shape.rank() - axes; ++i) n *= shape[i];
  return n;
}

}  // namespace

Tensor average_windows(const Tensor& x, const PoolWindows& windows) {
  const PoolPlane plane = plane_of(windows);
  const Tensor from = x.to(compute_dtype(x.dtype())).contiguous();
  const Tensor y = Tensor::empty(with_sizes(x, windows.axes, plane.down, plane.across),
                                 from.dtype(), x.device());
  const Tensor table = table_of(windows, x.device());
  dispatch_floating(y.dtype(), [&]<class T>(std::type_identity<T>) {
    on_device(x.device(), [&]<class D>(std::type_identity<D>) {
      average_windows<D, T>(channels_of(x.shape(), windows.axes), plane,
                            table.device_data<std::int64_t>(), from.device_data<T>(),
                            y.device_data<T>(), nullptr);
    });
  });
  return y.to(x.dtype());
}

Tensor spread_windows(const Tensor& dy, const PoolWindows& windows) {
  const PoolPlane plane = plane_of(windows);
  const Tensor from = dy.to(compute_dtype(dy.dtype())).contiguous();
  const Tensor x = Tensor::empty(with_sizes(dy, windows.axes, plane.height, plane.width),
                                 from.dtype(), dy.device());
  const Tensor table = table_of(windows, dy.device());
  dispatch_floating(x.dtype(), [&]<class T>(std::type_identity<T>) {
    on_device(x.device(), [&]<class D>(std::type_identity<D>) {
      spread_windows<D, T>(channels_of(x.shape(), windows.axes), plane,
                           table.device_data<std::int64_t>(), from.device_data<T>(),
                           x.device_data<T>(), nullptr);
    });
  });
  return x.to(dy.dtype());
}

ValuesAndIndices largest_in_windows(const Tensor& x, const PoolWindows& windows) {
  const PoolPlane plane = plane_of(windows);
  const Tensor from = x.to(compute_dtype(x.dtype())).contiguous();
  const Shape shape = with_sizes(x, windows.axes, plane.down, plane.across);
  const ValuesAndIndices y{Tensor::empty(shape, from.dtype(), x.device()),
                           Tensor::empty(shape, kInt64, x.device())};
  const Tensor table = table_of(windows, x.device());
  dispatch_compute(from.dtype(), [&]<class T>(std::type_identity<T>) {
    on_device(x.device(), [&]<class D>(std::type_identity<D>) {
      largest_in_windows<D, T>(channels_of(x.shape(), windows.axes), plane,
                               table.device_data<std::int64_t>(), from.device_data<T>(),
                               y.values.device_data<T>(), y.indices.device_data<std::int64_t>(),
                               nullptr);
    });
  });
  return {y.values.to(x.dtype(), Cast::kWrap), y.indices};
}

Tensor pick_from_channels(const Tensor& x, const Tensor& indices, int axes) {
  const Tensor from = x.contiguous(), at = indices.contiguous();
  const Tensor y = Tensor::empty(indices.shape(), x.dtype(), x.device());
  if (y.numel() == 0) return y;
  const std::int64_t channels = channels_of(x.shape(), axes);
  on_device(x.device(), [&]<class D>(std::type_identity<D>) {
    pick_from_channels<D>(static_cast<std::int64_t>(size_of(x.dtype())), channels,
                          x.numel() / channels, y.numel() / channels, from.raw_device_data(),
                          at.device_data<std::int64_t>(), y.raw_device_data(), nullptr);
  });
  return y;
}

Tensor place_in_channels(const Tensor& dy, const Tensor& indices, int axes, const Shape& shape,
                         const PoolWindows* windows) {
  const Tensor from = dy.to(compute_dtype(dy.dtype())).contiguous(), at = indices.contiguous();
  const Tensor x = Tensor::empty(shape, from.dtype(), dy.device());
  if (x.numel() == 0) return x.to(dy.dtype());
  if (dy.numel() == 0) return zeros(shape, dy.dtype(), dy.device());
  const std::int64_t channels = channels_of(shape, axes);
  const Tensor table = windows == nullptr ? Tensor() : table_of(*windows, dy.device());
  dispatch_compute(x.dtype(), [&]<class T>(std::type_identity<T>) {
    on_device(x.device(), [&]<class D>(std::type_identity<D>) {
      const T* y = from.device_data<T>();
      const auto* index = at.device_data<std::int64_t>();
      if (windows != nullptr) {
        place_in_windows<D, T>(channels, plane_of(*windows), table.device_data<std::int64_t>(), y,
                               index, x.device_data<T>(), nullptr);
      } else {
        place_in_channels<D, T>(channels, x.numel() / channels, dy.numel() / channels, y, index,
                                x.device_data<T>(), nullptr);
      }
    });
  });
  return x.to(dy.dtype(), Cast::kWrap);
}

}  // namespace gradus::gpu
