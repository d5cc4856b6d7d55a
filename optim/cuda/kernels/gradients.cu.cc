// Gradients on their way into a rule, and parameters of 16 bits as numbers.
#include "optim/cuda/gradients.h"

#include "optim/halves.h"
#include "tensor/cuda/map.h"
#include "tensor/thread_pool.h"

namespace gradus::GRADUS_GPU {

template <class Stored, class T>
__global__ void prepare_elements(std::int64_t n, const Stored* g, optim::GradientUse use, T* out) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    out[i] = optim::used_element(static_cast<T>(g[i]), use);
  }
}

constexpr int kSquareThreads = 128;

// Eight threads for each piece, whose sums the first of them adds up.
template <class Stored>
__global__ void sum_squares_of_pieces(std::int64_t n, const Stored* x, bool zero, double* pieces) {
  GRADUS_SHARED(double, part, [kSquareThreads]);
  constexpr int kLanes = gpu::kSquareLanes;
  const int t = threadIdx.x, lane = t % kLanes;
  const std::int64_t piece =
      static_cast<std::int64_t>(blockIdx.x) * (kSquareThreads / kLanes) + t / kLanes;
  const std::int64_t begin = piece * kPieceSize;
  const std::int64_t end = begin + kPieceSize < n ? begin + kPieceSize : n;
  double sum = 0;
  for (std::int64_t i = begin + lane; i < end; i += kLanes) {
    double value = static_cast<double>(x[i]);
    if (zero) value = optim::zero_if_not_finite(value);
    sum += value * value;
  }
  part[t] = sum;
  __syncthreads();
  if (lane != 0 || begin >= n) return;
  double total = 0;
  for (int k = 0; k < kLanes; ++k) total += part[t + k];
  pieces[piece] = total;
}

template <class Half>
__global__ void load_half_elements(optim::LowPrecision way, std::int64_t n, const Half* theta,
                                   const void* low, float* x) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    x[i] = optim::halves::load(way, theta, low, i);
  }
}
template <class Half>
__global__ void store_half_elements(optim::LowPrecision way, std::int64_t n, const float* x,
                                    optim::RoundingStream random, Half* theta, void* low) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    optim::halves::store(way, x[i], random.key, random.step, random.first + i, theta, low, i);
  }
}

// f with the type of a parameter.
template <class F>
void for_floating(DType dtype, F f) {
  if (dtype == kFloat64) return f(std::type_identity<double>{});
  if (dtype == kFloat32) return f(std::type_identity<float>{});
  if (dtype == kBFloat16) return f(std::type_identity<BFloat16>{});
  return f(std::type_identity<Float16>{});
}
template <class F>
void for_half(DType dtype, F f) {
  if (dtype == kBFloat16) return f(std::type_identity<BFloat16>{});
  return f(std::type_identity<Float16>{});
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device>
void prepare_gradient(DType dtype, std::int64_t n, const void* g, const optim::GradientUse& use,
                      void* out, void* stream) {
  if (n == 0) return;
  for_floating(dtype, [&]<class Stored>(std::type_identity<Stored>) {
    using T = std::conditional_t<std::is_same_v<Stored, double>, double, float>;
    GRADUS_LAUNCH((prepare_elements<Stored, T>), launch_for(n, stream), n,
                  static_cast<const Stored*>(g), use, static_cast<T*>(out));
  });
}

template <class Device>
void sum_squares(DType dtype, std::int64_t n, const void* g, bool zero, double* pieces,
                 void* stream) {
  if (n == 0) return;
  constexpr std::int64_t kEach = kSquareThreads / kSquareLanes;
  const std::int64_t count = (n + kPieceSize - 1) / kPieceSize;
  const simt::Launch launch{.grid = {static_cast<unsigned>((count + kEach - 1) / kEach)},
                            .block = {kSquareThreads},
                            .stream = stream};
  for_floating(dtype, [&]<class Stored>(std::type_identity<Stored>) {
    GRADUS_LAUNCH((sum_squares_of_pieces<Stored>), launch, n, static_cast<const Stored*>(g), zero,
                  pieces);
  });
}

template <class Device>
void load_halves(DType dtype, optim::LowPrecision way, std::int64_t n, const void* theta,
                 const void* low, float* x, void* stream) {
  if (n == 0) return;
  for_half(dtype, [&]<class Half>(std::type_identity<Half>) {
    GRADUS_LAUNCH((load_half_elements<Half>), launch_for(n, stream), way, n,
                  static_cast<const Half*>(theta), low, x);
  });
}

template <class Device>
void store_halves(DType dtype, optim::LowPrecision way, std::int64_t n, const float* x,
                  const optim::RoundingStream& random, void* theta, void* low, void* stream) {
  if (n == 0) return;
  for_half(dtype, [&]<class Half>(std::type_identity<Half>) {
    GRADUS_LAUNCH((store_half_elements<Half>), launch_for(n, stream), way, n, x, random,
                  static_cast<Half*>(theta), low);
  });
}

template void prepare_gradient<ThisDevice>(DType, std::int64_t, const void*,
                                           const optim::GradientUse&, void*, void*);
template void sum_squares<ThisDevice>(DType, std::int64_t, const void*, bool, double*, void*);
template void load_halves<ThisDevice>(DType, optim::LowPrecision, std::int64_t, const void*,
                                      const void*, float*, void*);
template void store_halves<ThisDevice>(DType, optim::LowPrecision, std::int64_t, const float*,
                                       const optim::RoundingStream&, void*, void*, void*);

}  // namespace gradus::gpu
