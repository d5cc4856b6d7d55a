// Layer normalization of rows and its gradient, in double, a block for each row.
#include "tensor/cuda/layer_norm.h"

#include "tensor/cuda/rows.h"

namespace gradus::GRADUS_GPU {

// part [6 kRowWarps], a piece for each sum of a kernel.
template <class F>
__device__ double sum_over_row(std::int64_t n, double* part, F f) {
  double sum = 0;
  for (std::int64_t i = threadIdx.x; i < n; i += kRowThreads) sum += f(i);
  return block_reduce<Plus>(sum, part);
}

struct RowMoments {
  double mean, scale;  // scale = 1 / sqrt(var + eps)
};

// In two passes. What the first mean has lost by rounding shows as the mean of the differences.
template <class T>
__device__ RowMoments moments_of_row(const T* x, std::int64_t n, double eps, double* part) {
  const double count = static_cast<double>(n);
  const double mean =
      sum_over_row(n, part, [&](std::int64_t i) { return static_cast<double>(x[i]); }) / count;
  const double shift =
      sum_over_row(n, part + kRowWarps, [&](std::int64_t i) { return x[i] - mean; }) / count;
  const double squares = sum_over_row(
      n, part + 2 * kRowWarps, [&](std::int64_t i) { return (x[i] - mean) * (x[i] - mean); });
  const double var = squares / count - shift * shift;
  return {mean + shift, 1 / sqrt((var < 0 ? 0 : var) + eps)};  // NaN stays NaN
}

template <class T>
__global__ void layer_norm_row(std::int64_t n, const T* x, const double* weight, const double* bias,
                               double eps, T* y) {
  GRADUS_SHARED(double, part, [3 * kRowWarps]);
  x += blockIdx.x * n;
  y += blockIdx.x * n;
  const RowMoments row = moments_of_row(x, n, eps, part);
  for (std::int64_t i = threadIdx.x; i < n; i += kRowThreads) {
    const double z = (x[i] - row.mean) * row.scale;
    y[i] = static_cast<T>(z * (weight != nullptr ? weight[i] : 1.0) +
                          (bias != nullptr ? bias[i] : 0.0));
  }
}

template <class T>
__global__ void layer_norm_gradient_row(std::int64_t n, const T* dy, const T* x,
                                        const double* weight, double eps, T* dx, double* dy_z) {
  GRADUS_SHARED(double, part, [5 * kRowWarps]);
  const std::int64_t first = blockIdx.x * n;
  x += first;
  dy += first;
  const RowMoments row = moments_of_row(x, n, eps, part);
  const auto z = [&](std::int64_t i) { return (x[i] - row.mean) * row.scale; };
  const auto dz = [&](std::int64_t i) { return (weight != nullptr ? weight[i] : 1.0) * dy[i]; };
  if (dy_z != nullptr) {
    for (std::int64_t i = threadIdx.x; i < n; i += kRowThreads) dy_z[first + i] = dy[i] * z(i);
  }
  if (dx == nullptr) return;  // the whole block
  const double count = static_cast<double>(n);
  const double mean_dz = sum_over_row(n, part + 3 * kRowWarps, dz) / count;
  const double mean_dz_z =
      sum_over_row(n, part + 4 * kRowWarps, [&](std::int64_t i) { return dz(i) * z(i); }) / count;
  for (std::int64_t i = threadIdx.x; i < n; i += kRowThreads) {
    dx[first + i] = static_cast<T>(row.scale * (dz(i) - mean_dz - z(i) * mean_dz_z));
  }
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void layer_norm_rows(std::int64_t rows, std::int64_t n, const T* x, const double* weight,
                     const double* bias, double eps, T* y, void* stream) {
  if (rows == 0 || n == 0) return;
  const simt::Launch launch{
      .grid = {static_cast<unsigned>(rows)}, .block = {kRowThreads}, .stream = stream};
  GRADUS_LAUNCH(layer_norm_row<T>, launch, n, x, weight, bias, eps, y);
}

template <class Device, class T>
void layer_norm_backward_rows(std::int64_t rows, std::int64_t n, const T* dy, const T* x,
                              const double* weight, double eps, T* dx, double* dy_z, void* stream) {
  if (rows == 0 || n == 0) return;
  const simt::Launch launch{
      .grid = {static_cast<unsigned>(rows)}, .block = {kRowThreads}, .stream = stream};
  GRADUS_LAUNCH(layer_norm_gradient_row<T>, launch, n, dy, x, weight, eps, dx, dy_z);
}

#define GRADUS_INSTANTIATE(T)                                                                    \
  template void layer_norm_rows<ThisDevice, T>(std::int64_t, std::int64_t, const T*,             \
                                               const double*, const double*, double, T*, void*); \
  template void layer_norm_backward_rows<ThisDevice, T>(                                         \
      std::int64_t, std::int64_t, const T*, const T*, const double*, double, T*, double*, void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);

}  // namespace gradus::gpu
