// Running extremes of rows, and linear recurrences.
#include "tensor/cuda/scan.h"
#include "tensor/cuda/scan_rows.h"

namespace gradus::GRADUS_GPU {

template <class T>
struct ElementAt {
  T value;
  std::int64_t index;
};
template <class T>
struct RunningExtreme {
  using Element = T;
  using State = ElementAt<T>;
  bool largest;
  T* y;
  std::int64_t* indices;
  template <class F>
  void visit_pointers(F f) const {
    f(y);
    f(indices);
  }
  __device__ static State start(T x, std::int64_t i) { return {x, i}; }
  __device__ State combine(State a, State b) const {
    const bool not_worse = largest ? b.value >= a.value : b.value <= a.value;  // than no NaN
    return b.value != b.value || not_worse ? b : a;
  }
  __device__ void write(std::int64_t at, State s) const {
    y[at] = s.value;
    indices[at] = s.index;
  }
};

template <class T>
__global__ void recurrence_of_row(std::int64_t rows, std::int64_t n, const T* a, const T* b, T* y) {
  for (std::int64_t row = first_position(); row < rows; row += all_threads()) {
    double now = static_cast<double>(b[row * n]);
    y[row * n] = static_cast<T>(now);
    for (std::int64_t i = row * n + 1; i < (row + 1) * n; ++i) {
      now = static_cast<double>(a[i]) * now + static_cast<double>(b[i]);
      y[i] = static_cast<T>(now);
    }
  }
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void scan_extremes(bool largest, std::int64_t rows, std::int64_t n, const T* x, T* value,
                   std::int64_t* index, void* scratch, void* stream) {
  launch_scan(rows, n, x, RunningExtreme<T>{largest, value, index}, scratch, stream);
}

template <class Device, class T>
void recurrence_rows(std::int64_t rows, std::int64_t n, const T* a, const T* b, T* y,
                     void* stream) {
  if (rows == 0 || n == 0) return;
  GRADUS_LAUNCH(recurrence_of_row<T>, launch_for(rows, stream), rows, n, a, b, y);
}

#define GRADUS_INSTANTIATE(T)                                                                \
  template void scan_extremes<ThisDevice, T>(bool, std::int64_t, std::int64_t, const T*, T*, \
                                             std::int64_t*, void*, void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);
GRADUS_INSTANTIATE(std::int64_t);
template void recurrence_rows<ThisDevice, float>(std::int64_t, std::int64_t, const float*,
                                                 const float*, float*, void*);
template void recurrence_rows<ThisDevice, double>(std::int64_t, std::int64_t, const double*,
                                                  const double*, double*, void*);

}  // namespace gradus::gpu
