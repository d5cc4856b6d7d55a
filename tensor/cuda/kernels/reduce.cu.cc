// Reductions of rows, and where their extremes are.
#include "tensor/cuda/reduce.h"

#include "tensor/cuda/tree.h"

namespace gradus::GRADUS_GPU {

constexpr int kFinders = 128;

// Whether element a at position i goes before element b at position j.
template <bool kLargest, class T>
__device__ bool goes_before(T a, std::int64_t i, T b, std::int64_t j) {
  const bool a_is_nan = a != a, b_is_nan = b != b;
  if (a_is_nan || b_is_nan) return a_is_nan && (!b_is_nan || i < j);
  if (a == b) return i < j;
  return kLargest ? a > b : a < b;
}

// A block for each row.
template <bool kLargest, class T>
__global__ void find_extreme(std::int64_t n, const T* x, T* value, std::int64_t* index) {
  GRADUS_SHARED(T, best, [kFinders]);
  GRADUS_SHARED(std::int64_t, at, [kFinders]);
  x += blockIdx.x * n;
  const int t = threadIdx.x;
  const std::int64_t first = t < n ? t : 0;
  best[t] = x[first];
  at[t] = first;
  for (std::int64_t i = first + kFinders; i < n; i += kFinders) {
    if (goes_before<kLargest>(x[i], i, best[t], at[t])) {
      best[t] = x[i];
      at[t] = i;
    }
  }
  __syncthreads();
  for (int half = kFinders / 2; half > 0; half /= 2) {
    if (t < half && goes_before<kLargest>(best[t + half], at[t + half], best[t], at[t])) {
      best[t] = best[t + half];
      at[t] = at[t + half];
    }
    __syncthreads();
  }
  if (t == 0) {
    value[blockIdx.x] = best[0];
    index[blockIdx.x] = at[0];
  }
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void reduce_rows(Reduction how, std::int64_t rows, std::int64_t n, const T* x, T* y, T* scratch,
                 void* stream) {
  if (rows == 0 || n == 0) return;
  switch (how) {
    case Reduction::kPlus:
      return launch_tree<Plus>(rows, n, x, y, scratch, stream);
    case Reduction::kTimes:
      return launch_tree<Times>(rows, n, x, y, scratch, stream);
    case Reduction::kLarger:
      return launch_tree<Larger>(rows, n, x, y, scratch, stream);
    default:
      return launch_tree<Smaller>(rows, n, x, y, scratch, stream);
  }
}

template <class Device, class T>
void find_extremes(bool largest, std::int64_t rows, std::int64_t n, const T* x, T* value,
                   std::int64_t* index, void* stream) {
  if (rows == 0 || n == 0) return;
  const simt::Launch launch{
      .grid = {static_cast<unsigned>(rows)}, .block = {kFinders}, .stream = stream};
  if (largest) {
    GRADUS_LAUNCH((find_extreme<true, T>), launch, n, x, value, index);
  } else {
    GRADUS_LAUNCH((find_extreme<false, T>), launch, n, x, value, index);
  }
}

#define GRADUS_INSTANTIATE(T)                                                                   \
  template void reduce_rows<ThisDevice, T>(Reduction, std::int64_t, std::int64_t, const T*, T*, \
                                           T*, void*);                                          \
  template void find_extremes<ThisDevice, T>(bool, std::int64_t, std::int64_t, const T*, T*,    \
                                             std::int64_t*, void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);
GRADUS_INSTANTIATE(std::int64_t);

}  // namespace gradus::gpu
