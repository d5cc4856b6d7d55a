// Running sums and products of rows.
#include "tensor/cuda/scan.h"

#include "tensor/cuda/scan_rows.h"

namespace gradus::GRADUS_GPU {

template <class T>
struct RunningSum {
  using Element = T;
  using State = std::conditional_t<std::is_integral_v<T>, std::uint64_t, double>;
  T* y;
  template <class F>
  void visit_pointers(F f) const {
    f(y);
  }
  __device__ static State start(T x, std::int64_t) { return static_cast<State>(x); }
  __device__ static State combine(State a, State b) { return a + b; }
  __device__ void write(std::int64_t at, State s) const { y[at] = static_cast<T>(s); }
};

template <class T>
struct RunningProduct : RunningSum<T> {
  using State = typename RunningSum<T>::State;
  __device__ static State combine(State a, State b) { return a * b; }
};

template <class T>
struct RunningLogSum : RunningSum<T> {
  __device__ static double combine(double a, double b) {
    const double high = larger(a, b), low = a < b ? a : b;
    if (high != high || high - high != 0) return high;  // NaN or infinite
    return high + log1p(exp(low - high));
  }
};

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void scan_rows(Running how, std::int64_t rows, std::int64_t n, const T* x, T* y, void* scratch,
               void* stream) {
  if (how == Running::kSum) return launch_scan(rows, n, x, RunningSum<T>{y}, scratch, stream);
  if (how == Running::kProduct) {
    return launch_scan(rows, n, x, RunningProduct<T>{{y}}, scratch, stream);
  }
  if constexpr (!std::is_integral_v<T>) {
    launch_scan(rows, n, x, RunningLogSum<T>{{y}}, scratch, stream);
  }
}

#define GRADUS_INSTANTIATE(T)                                                                      \
  template void scan_rows<ThisDevice, T>(Running, std::int64_t, std::int64_t, const T*, T*, void*, \
                                         void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);
GRADUS_INSTANTIATE(std::int64_t);

}  // namespace gradus::gpu
