// Layer normalization of rows and its gradient, in double: a warp takes a short row, a block a long
// one.
#include "tensor/cuda/layer_norm.h"

#include "tensor/cuda/rows.h"

namespace gradus::GRADUS_GPU {

template <class Row, class F>
__device__ double sum_over_row(Row& row, std::int64_t n, F f) {
  double sum = 0;
  for (std::int64_t i = row.thread; i < n; i += row.threads) sum += f(i);
  return row.template reduce<Plus>(sum);
}

struct RowMoments {
  double mean, scale;  // scale = 1 / sqrt(var + eps)
};

// In two passes. What the first mean has lost by rounding shows as the mean of the differences.
template <class Row, class T>
__device__ RowMoments moments_of_row(Row& row, std::int64_t n, const T* x, double eps) {
  const double count = static_cast<double>(n);
  const double mean =
      sum_over_row(row, n, [&](std::int64_t i) { return static_cast<double>(x[i]); }) / count;
  const double shift = sum_over_row(row, n, [&](std::int64_t i) { return x[i] - mean; }) / count;
  const double squares =
      sum_over_row(row, n, [&](std::int64_t i) { return (x[i] - mean) * (x[i] - mean); });
  const double var = squares / count - shift * shift;
  return {mean + shift, 1 / sqrt((var < 0 ? 0 : var) + eps)};  // NaN stays NaN
}

template <class Row, class T>
__device__ void layer_norm_of_row(Row row, std::int64_t n, const T* x, const double* weight,
                                  const double* bias, double eps, T* y) {
  const RowMoments moments = moments_of_row(row, n, x, eps);
  for (std::int64_t i = row.thread; i < n; i += row.threads) {
    const double z = (x[i] - moments.mean) * moments.scale;
    y[i] = static_cast<T>(z * (weight != nullptr ? weight[i] : 1.0) +
                          (bias != nullptr ? bias[i] : 0.0));
  }
}

template <class Row, class T>
__device__ void layer_norm_gradient_of_row(Row row, std::int64_t n, const T* dy, const T* x,
                                           const double* weight, double eps, T* dx, double* dy_z) {
  const RowMoments moments = moments_of_row(row, n, x, eps);
  const auto z = [&](std::int64_t i) { return (x[i] - moments.mean) * moments.scale; };
  const auto dz = [&](std::int64_t i) { return (weight != nullptr ? weight[i] : 1.0) * dy[i]; };
  if (dy_z != nullptr) {
    for (std::int64_t i = row.thread; i < n; i += row.threads) dy_z[i] = dy[i] * z(i);
  }
  if (dx == nullptr) return;  // all threads of the row
  const double count = static_cast<double>(n);
  const double mean_dz = sum_over_row(row, n, dz) / count;
  const double mean_dz_z =
      sum_over_row(row, n, [&](std::int64_t i) { return dz(i) * z(i); }) / count;
  for (std::int64_t i = row.thread; i < n; i += row.threads) {
    dx[i] = static_cast<T>(moments.scale * (dz(i) - mean_dz - z(i) * mean_dz_z));
  }
}

template <class T>
__global__ void layer_norm_short_row(std::int64_t rows, std::int64_t n, const T* x,
                                     const double* weight, const double* bias, double eps, T* y) {
  const std::int64_t row = short_row();
  if (row >= rows) return;  // the whole warp
  layer_norm_of_row(this_warp(), n, x + row * n, weight, bias, eps, y + row * n);
}
template <class T>
__global__ void layer_norm_row(std::int64_t n, const T* x, const double* weight, const double* bias,
                               double eps, T* y) {
  GRADUS_SHARED(double, part, [3 * kRowWarps]);
  const BlockOfRow row{static_cast<int>(threadIdx.x), kRowThreads, part};
  layer_norm_of_row(row, n, x + blockIdx.x * n, weight, bias, eps, y + blockIdx.x * n);
}

template <class T>
__global__ void layer_norm_gradient_short_row(std::int64_t rows, std::int64_t n, const T* dy,
                                              const T* x, const double* weight, double eps, T* dx,
                                              double* dy_z) {
  const std::int64_t row = short_row(), first = row * n;
  if (row >= rows) return;  // the whole warp
  layer_norm_gradient_of_row(this_warp(), n, dy + first, x + first, weight, eps,
                             dx == nullptr ? dx : dx + first,
                             dy_z == nullptr ? dy_z : dy_z + first);
}
template <class T>
__global__ void layer_norm_gradient_row(std::int64_t n, const T* dy, const T* x,
                                        const double* weight, double eps, T* dx, double* dy_z) {
  GRADUS_SHARED(double, part, [5 * kRowWarps]);
  const BlockOfRow row{static_cast<int>(threadIdx.x), kRowThreads, part};
  const std::int64_t first = blockIdx.x * n;
  layer_norm_gradient_of_row(row, n, dy + first, x + first, weight, eps,
                             dx == nullptr ? dx : dx + first,
                             dy_z == nullptr ? dy_z : dy_z + first);
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void layer_norm_rows(std::int64_t rows, std::int64_t n, const T* x, const double* weight,
                     const double* bias, double eps, T* y, void* stream) {
  if (rows == 0 || n == 0) return;
  const simt::Launch launch = launch_rows(rows, n, stream);
  if (n <= kShortRow) {
    GRADUS_LAUNCH(layer_norm_short_row<T>, launch, rows, n, x, weight, bias, eps, y);
  } else {
    GRADUS_LAUNCH(layer_norm_row<T>, launch, n, x, weight, bias, eps, y);
  }
}

template <class Device, class T>
void layer_norm_backward_rows(std::int64_t rows, std::int64_t n, const T* dy, const T* x,
                              const double* weight, double eps, T* dx, double* dy_z, void* stream) {
  if (rows == 0 || n == 0) return;
  const simt::Launch launch = launch_rows(rows, n, stream);
  if (n <= kShortRow) {
    GRADUS_LAUNCH(layer_norm_gradient_short_row<T>, launch, rows, n, dy, x, weight, eps, dx, dy_z);
  } else {
    GRADUS_LAUNCH(layer_norm_gradient_row<T>, launch, n, dy, x, weight, eps, dx, dy_z);
  }
}

#define GRADUS_INSTANTIATE(T)                                                                    \
  template void layer_norm_rows<ThisDevice, T>(std::int64_t, std::int64_t, const T*,             \
                                               const double*, const double*, double, T*, void*); \
  template void layer_norm_backward_rows<ThisDevice, T>(                                         \
      std::int64_t, std::int64_t, const T*, const T*, const double*, double, T*, double*, void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);

}  // namespace gradus::gpu
