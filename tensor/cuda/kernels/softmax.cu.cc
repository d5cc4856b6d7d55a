// Softmax of rows and its gradient: a warp takes a short row, a block a long one. Both read it
// three times.
#include "tensor/cuda/softmax.h"

#include "tensor/cuda/rows.h"

namespace gradus::GRADUS_GPU {

template <bool kLog, class Row, class T>
__device__ void softmax_of_row(Row row, std::int64_t n, const T* x, T* y) {
  T most = -static_cast<T>(INFINITY);
  for (std::int64_t i = row.thread; i < n; i += row.threads) most = larger(most, x[i]);
  most = row.template reduce<Larger>(most);
  double sum = 0;
  for (std::int64_t i = row.thread; i < n; i += row.threads) {
    sum += static_cast<double>(exp(x[i] - most));
  }
  sum = row.template reduce<Plus>(sum);
  const T total = static_cast<T>(kLog ? log(sum) : sum);
  for (std::int64_t i = row.thread; i < n; i += row.threads) {
    y[i] = kLog ? x[i] - most - total : exp(x[i] - most) / total;
  }
}

template <class Row, class T>
__device__ void gradient_of_row(Row row, std::int64_t n, const T* y, const T* dy, T* dx) {
  double sum = 0;
  for (std::int64_t i = row.thread; i < n; i += row.threads) {
    sum += static_cast<double>(y[i]) * static_cast<double>(dy[i]);
  }
  const T total = static_cast<T>(row.template reduce<Plus>(sum));
  for (std::int64_t i = row.thread; i < n; i += row.threads) dx[i] = y[i] * (dy[i] - total);
}

template <bool kLog, class T>
__global__ void softmax_short_row(std::int64_t rows, std::int64_t n, const T* x, T* y) {
  const std::int64_t row = short_row();
  if (row >= rows) return;  // the whole warp
  softmax_of_row<kLog>(this_warp(), n, x + row * n, y + row * n);
}
template <bool kLog, class T>
__global__ void softmax_row(std::int64_t n, const T* x, T* y) {
  GRADUS_SHARED(double, part, [2 * kRowWarps]);
  const BlockOfRow row{static_cast<int>(threadIdx.x), kRowThreads, part};
  softmax_of_row<kLog>(row, n, x + blockIdx.x * n, y + blockIdx.x * n);
}

template <class T>
__global__ void gradient_short_row(std::int64_t rows, std::int64_t n, const T* y, const T* dy,
                                   T* dx) {
  const std::int64_t row = short_row();
  if (row >= rows) return;  // the whole warp
  gradient_of_row(this_warp(), n, y + row * n, dy + row * n, dx + row * n);
}
template <class T>
__global__ void gradient_row(std::int64_t n, const T* y, const T* dy, T* dx) {
  GRADUS_SHARED(double, part, [2 * kRowWarps]);
  const BlockOfRow row{static_cast<int>(threadIdx.x), kRowThreads, part};
  gradient_of_row(row, n, y + blockIdx.x * n, dy + blockIdx.x * n, dx + blockIdx.x * n);
}

template <bool kLog, class T>
void launch_softmax(std::int64_t rows, std::int64_t n, const T* x, T* y, void* stream) {
  const simt::Launch launch = launch_rows(rows, n, stream);
  if (n <= kShortRow) {
    GRADUS_LAUNCH((softmax_short_row<kLog, T>), launch, rows, n, x, y);
  } else {
    GRADUS_LAUNCH((softmax_row<kLog, T>), launch, n, x, y);
  }
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void softmax_rows(bool log, std::int64_t rows, std::int64_t n, const T* x, T* y, void* stream) {
  if (rows == 0 || n == 0) return;
  if (log) {
    launch_softmax<true>(rows, n, x, y, stream);
  } else {
    launch_softmax<false>(rows, n, x, y, stream);
  }
}

template <class Device, class T>
void softmax_backward_rows(std::int64_t rows, std::int64_t n, const T* y, const T* dy, T* dx,
                           void* stream) {
  if (rows == 0 || n == 0) return;
  const simt::Launch launch = launch_rows(rows, n, stream);
  if (n <= kShortRow) {
    GRADUS_LAUNCH(gradient_short_row<T>, launch, rows, n, y, dy, dx);
  } else {
    GRADUS_LAUNCH(gradient_row<T>, launch, n, y, dy, dx);
  }
}

#define GRADUS_INSTANTIATE(T)                                                               \
  template void softmax_rows<ThisDevice, T>(bool, std::int64_t, std::int64_t, const T*, T*, \
                                            void*);                                         \
  template void softmax_backward_rows<ThisDevice, T>(std::int64_t, std::int64_t, const T*,  \
                                                     const T*, T*, void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);

}  // namespace gradus::gpu
