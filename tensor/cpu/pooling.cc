// Sums and largest elements of windows, and their transposes. Each channel is one piece of work:
// its results depend on nothing else.
#include "tensor/cuda/ops/pooling.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "tensor/pool_windows.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

/// The channels of [N, C, ..] or [C, ..], whose last `axes` axes are a channel.
struct Channels {
  const Tensor& x;
  int axes;

  std::int64_t count() const {
    std::int64_t n = 1;
    for (int i = 0; i < x.rank() - axes; ++i) n *= x.shape()[i];
    return n;
  }
  std::int64_t size() const { return count() == 0 ? 0 : x.numel() / count(); }
  template <class T>
  T* first(std::int64_t i) const {
    T* at = x.data<T>();
    for (int axis = x.rank() - axes - 1; axis >= 0; --axis) {
      at += i % x.shape()[axis] * x.strides()[axis];
      i /= x.shape()[axis];
    }
    return at;
  }
  std::int64_t row_step() const { return axes == 1 ? 0 : x.strides()[x.rank() - 2]; }
  std::int64_t column_step() const { return x.strides()[x.rank() - 1]; }
};

/// Calls f(i) for each channel, several small ones on a thread.
template <class F>
void for_each_channel(std::int64_t count, std::int64_t work, F f) {
  const std::int64_t together =
      std::max<std::int64_t>(1, kPieceSize / std::max<std::int64_t>(1, work));
  if (count <= together) {
    for (std::int64_t i = 0; i < count; ++i) f(i);
    return;
  }
  parallel_for((count + together - 1) / together, [&](std::int64_t piece) {
    for (std::int64_t i = piece * together; i < std::min(count, (piece + 1) * together); ++i) f(i);
  });
}

Shape pooled_shape(const Tensor& x, const PoolWindows& windows) {
  Shape shape = x.shape();
  if (windows.axes == 2) shape[x.rank() - 2] = windows.down.windows();
  shape[x.rank() - 1] = windows.across.windows();
  return shape;
}

/// The windows along one axis that have equally many elements and lie at equal distances: from
/// `begin` up to `end`. Loops over them can be vectorised; the others are walked one by one.
struct Regular {
  std::int64_t begin = 0, end = 0, first = 0, stride = 1, elements = 0;

  explicit Regular(const PoolAxis& axis) {
    const std::int64_t n = axis.windows();
    const auto length = [&](std::int64_t i) { return axis.end[i] - axis.begin[i]; };
    if (n < 4) return;
    begin = n / 3;  // padding shortens windows at the ends
    stride = axis.begin[begin + 1] - axis.begin[begin];
    end = begin + 1;
    const auto alike = [&](std::int64_t i) {
      return length(i) == length(begin) && axis.begin[i] - axis.begin[i - 1] == stride;
    };
    while (end < n && alike(end)) ++end;
    while (begin > 0 && length(begin - 1) == length(begin) && alike(begin)) --begin;
    first = axis.begin[begin];
    elements = (length(begin) + axis.step - 1) / axis.step;
  }
};

/// What the sum of window [i, j] is divided by.
std::int64_t divisor(const PoolWindows& windows, std::int64_t i, std::int64_t j) {
  return windows.divisor != 0 ? windows.divisor
                              : windows.down.counted[i] * windows.across.counted[j];
}

}  // namespace

Tensor average_windows(const Tensor& x, const PoolWindows& windows) {
  if (!x.on_cpu()) [[unlikely]]
    return gpu::average_windows(x, windows);
  const Tensor from = x.to(compute_dtype(x.dtype()));
  const Tensor y = Tensor::empty(pooled_shape(x, windows), from.dtype());
  const Channels channels{from, windows.axes};
  const PoolAxis &down = windows.down, &across = windows.across;
  const std::int64_t size = down.windows() * across.windows();
  if (y.numel() == 0) return y.to(x.dtype());
  const std::int64_t row_step = channels.row_step(), step = channels.column_step();
  const Regular regular(across);
  const std::int64_t regular_count = regular.end - regular.begin;
  const std::int64_t regular_step = regular.stride * step;
  dispatch_floating(y.dtype(), [&]<class T>(std::type_identity<T>) {
    for_each_channel(channels.count(), channels.size(), [&](std::int64_t channel) {
      const T* plane = channels.first<T>(channel);
      T* out = y.data<T>() + channel * size;
      for (std::int64_t i = 0; i < down.windows(); ++i, out += across.windows()) {
        std::fill_n(out, across.windows(), T(0));
        for (std::int64_t h = down.begin[i]; h < down.end[i]; ++h) {
          const T* row = plane + h * row_step;
          for (std::int64_t k = 0; k < regular.elements; ++k) {
            const T* from = row + (regular.first + k) * step;
            T* to = out + regular.begin;
            for (std::int64_t j = 0; j < regular_count; ++j) to[j] += from[j * regular_step];
          }
          for (std::int64_t j = 0; j < across.windows(); ++j) {
            if (j == regular.begin) j = regular.end;
            if (j >= across.windows()) break;
            for (std::int64_t w = across.begin[j]; w < across.end[j]; ++w) out[j] += row[w * step];
          }
        }
        for (std::int64_t j = 0; j < across.windows(); ++j) {
          out[j] /= static_cast<T>(divisor(windows, i, j));
        }
      }
    });
  });
  return y.to(x.dtype());
}

Tensor spread_windows(const Tensor& dy, const PoolWindows& windows) {
  if (!dy.on_cpu()) [[unlikely]]
    return gpu::spread_windows(dy, windows);
  const PoolAxis &down = windows.down, &across = windows.across;
  const Tensor from = dy.to(compute_dtype(dy.dtype()));
  Shape shape = dy.shape();
  if (windows.axes == 2) shape[dy.rank() - 2] = down.size;
  shape[dy.rank() - 1] = across.size;
  if (numel(shape) == 0 || dy.numel() == 0) return zeros(shape, dy.dtype());
  const Tensor x = Tensor::empty(shape, from.dtype());
  const Channels channels{from, windows.axes};
  const std::int64_t size = down.size * across.size;
  const std::int64_t row_step = channels.row_step(), step = channels.column_step();
  const Regular regular(across);
  const std::int64_t regular_count = regular.end - regular.begin;
  dispatch_floating(x.dtype(), [&]<class T>(std::type_identity<T>) {
    for_each_channel(channels.count(), size, [&](std::int64_t channel) {
      const T* plane = channels.first<T>(channel);
      T* out = x.data<T>() + channel * size;
      std::fill_n(out, size, T(0));  // here, where it stays in the cache
      std::vector<T> parts(across.windows());
      for (std::int64_t i = 0; i < down.windows(); ++i) {
        for (std::int64_t j = 0; j < across.windows(); ++j) {
          parts[j] = plane[i * row_step + j * step] / static_cast<T>(divisor(windows, i, j));
        }
        for (std::int64_t h = down.begin[i]; h < down.end[i]; ++h) {
          T* row = out + h * across.size;
          for (std::int64_t k = 0; k < regular.elements; ++k) {
            T* to = row + regular.first + k;
            const T* part = parts.data() + regular.begin;
            for (std::int64_t j = 0; j < regular_count; ++j) to[j * regular.stride] += part[j];
          }
          for (std::int64_t j = 0; j < across.windows(); ++j) {
            if (j == regular.begin) j = regular.end;
            if (j >= across.windows()) break;
            for (std::int64_t w = across.begin[j]; w < across.end[j]; ++w) row[w] += parts[j];
          }
        }
      }
    });
  });
  return x.to(dy.dtype());
}

ValuesAndIndices largest_in_windows(const Tensor& x, const PoolWindows& windows) {
  if (!x.on_cpu()) [[unlikely]]
    return gpu::largest_in_windows(x, windows);
  const Tensor from = x.to(compute_dtype(x.dtype()));
  const Shape shape = pooled_shape(x, windows);
  const ValuesAndIndices y{Tensor::empty(shape, from.dtype()), Tensor::empty(shape, kInt64)};
  const Channels channels{from, windows.axes};
  const PoolAxis &down = windows.down, &across = windows.across;
  const std::int64_t size = down.windows() * across.windows();
  if (y.values.numel() == 0) return {y.values.to(x.dtype()), y.indices};
  const std::int64_t row_step = channels.row_step(), step = channels.column_step();
  const Regular regular(across);
  const std::int64_t regular_count = regular.end - regular.begin;
  const std::int64_t regular_step = regular.stride * step;
  dispatch_compute(from.dtype(), [&]<class T>(std::type_identity<T>) {
    using Limits = std::numeric_limits<T>;
    using Place = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;  // vectorises
    constexpr T kLowest = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
    for_each_channel(channels.count(), channels.size(), [&](std::int64_t channel) {
      const T* plane = channels.first<T>(channel);
      T* out = y.values.data<T>() + channel * size;
      std::int64_t* indices = y.indices.data<std::int64_t>() + channel * size;
      std::vector<Place> places(across.windows());
      for (std::int64_t i = 0; i < down.windows(); ++i) {
        std::fill_n(out, across.windows(), kLowest);
        for (std::int64_t j = 0; j < across.windows(); ++j) {
          const bool any = down.begin[i] < down.end[i] && across.begin[j] < across.end[j];
          places[j] = static_cast<Place>(any ? down.begin[i] * across.size + across.begin[j] : -1);
        }
        for (std::int64_t h = down.begin[i]; h < down.end[i]; h += down.step) {
          const T* row = plane + h * row_step;
          const std::int64_t start = h * across.size;
          for (std::int64_t k = 0; k < regular.elements; ++k) {
            const std::int64_t w = regular.first + k * across.step;
            const T* from = row + w * step;
            T* best = out + regular.begin;
            Place* place = places.data() + regular.begin;
            const Place at = static_cast<Place>(start + w);
            const Place stride = static_cast<Place>(regular.stride);
            for (std::int64_t j = 0; j < regular_count; ++j) {
              const T element = from[j * regular_step], before = best[j];
              const Place old = place[j];
              const bool better = (element > before) | (element != element);
              best[j] = better ? element : before;
              place[j] = better ? at + static_cast<Place>(j) * stride : old;
            }
          }
          for (std::int64_t j = 0; j < across.windows(); ++j) {
            if (j == regular.begin) j = regular.end;
            if (j >= across.windows()) break;
            for (std::int64_t w = across.begin[j]; w < across.end[j]; w += across.step) {
              const T element = row[w * step];
              const bool better = (element > out[j]) | (element != element);
              out[j] = better ? element : out[j];
              places[j] = better ? static_cast<Place>(start + w) : places[j];
            }
          }
        }
        std::copy(places.begin(), places.end(), indices);
        out += across.windows();
        indices += across.windows();
      }
    });
  });
  return {y.values.to(x.dtype(), Cast::kWrap), y.indices};
}

Tensor pick_from_channels(const Tensor& x, const Tensor& indices, int axes) {
  if (!x.on_cpu()) [[unlikely]]
    return gpu::pick_from_channels(x, indices, axes);
  const Tensor from = x.contiguous(), at = indices.contiguous();
  const Tensor y = Tensor::empty(indices.shape(), x.dtype());
  if (y.numel() == 0) return y;
  const std::int64_t count = Channels{from, axes}.count();
  const std::int64_t source = from.numel() / count, size = y.numel() / count;
  dispatch(x.dtype(), [&]<class T>(std::type_identity<T>) {
    for_each_channel(count, size, [&](std::int64_t channel) {
      const T* plane = from.data<T>() + channel * source;
      for (std::int64_t i = channel * size; i < (channel + 1) * size; ++i) {
        const std::int64_t place = at.data<std::int64_t>()[i];
        y.data<T>()[i] = place < 0 ? T(0) : plane[place];
      }
    });
  });
  return y;
}

Tensor place_in_channels(const Tensor& dy, const Tensor& indices, int axes, const Shape& shape,
                         const PoolWindows* windows) {
  if (!dy.on_cpu()) [[unlikely]]
    return gpu::place_in_channels(dy, indices, axes, shape, windows);
  const Tensor from = dy.to(compute_dtype(dy.dtype())).contiguous(), at = indices.contiguous();
  if (numel(shape) == 0 || dy.numel() == 0) return zeros(shape, dy.dtype());
  const Tensor x = Tensor::empty(shape, from.dtype());
  const std::int64_t count = Channels{x, axes}.count();
  const std::int64_t size = x.numel() / count, source = from.numel() / count;
  dispatch_compute(x.dtype(), [&]<class T>(std::type_identity<T>) {
    for_each_channel(count, size, [&](std::int64_t channel) {
      T* plane = x.data<T>() + channel * size;
      std::fill_n(plane, size, T(0));  // here, where it stays in the cache
      const T* of = from.data<T>() + channel * source;
      const std::int64_t* places = at.data<std::int64_t>() + channel * source;
      for (std::int64_t i = 0; i < source; ++i) {
        if (places[i] >= 0) plane[places[i]] += of[i];
      }
    });
  });
  return x.to(dy.dtype(), Cast::kWrap);
}

}  // namespace gradus
