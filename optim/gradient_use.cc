#include "optim/gradient_use.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "optim/cuda/gradients.h"
#include "tensor/cuda/dispatch.h"
#include "tensor/cuda/runtime.h"
#include "tensor/thread_pool.h"

namespace gradus::optim {
namespace {

template <class T>
void prepare(DType dtype, const void* g, std::int64_t n, const GradientUse& use, T* out) {
  dispatch(dtype, [&]<class Stored>(std::type_identity<Stored>) {
    const auto* const from = static_cast<const Stored*>(g);
    for (std::int64_t i = 0; i < n; ++i) out[i] = static_cast<T>(from[i]);
  });
  if (use.zero) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = zero_if_not_finite(out[i]);
  }
  if (use.clip < std::numeric_limits<double>::infinity()) {
    const T limit = static_cast<T>(use.clip);
    for (std::int64_t i = 0; i < n; ++i) out[i] = cut(out[i], limit);
  }
  if (use.scale != 1) {
    const T scale = static_cast<T>(use.scale);
    for (std::int64_t i = 0; i < n; ++i) out[i] *= scale;
  }
}

// In eight lanes, which the compiler keeps in registers side by side.
template <class T>
double squares(const T* x, std::int64_t n, bool zero) {
  constexpr int kLanes = gpu::kSquareLanes;
  double lanes[kLanes] = {};
  for (std::int64_t i = 0; i < n; i += kLanes) {
    const int m = static_cast<int>(std::min<std::int64_t>(kLanes, n - i));
    for (int k = 0; k < m; ++k) {
      double value = static_cast<double>(x[i + k]);
      if (zero && !(value - value == 0)) value = 0;
      lanes[k] += value * value;
    }
  }
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

}  // namespace

void prepare_gradient(DType dtype, const void* g, std::int64_t n, const GradientUse& use,
                      float* out) {
  prepare(dtype, g, n, use, out);
}
void prepare_gradient(DType dtype, const void* g, std::int64_t n, const GradientUse& use,
                      double* out) {
  prepare(dtype, g, n, use, out);
}

Tensor prepared_gradient(const Tensor& like, const void* g, const GradientUse& use) {
  const DType computed = like.dtype() == kFloat64 ? kFloat64 : kFloat32;
  const Tensor x = Tensor::empty(like.shape(), computed, like.device());
  if (!x.on_cpu()) {
    gpu::on_device(x.device(), [&]<class D>(std::type_identity<D>) {
      gpu::prepare_gradient<D>(like.dtype(), x.numel(), g, use, x.raw_device_data(), nullptr);
    });
    return x;
  }
  parallel_pieces(x.numel(), [&](std::int64_t begin, std::int64_t end) {
    const void* const from =
        static_cast<const std::byte*>(g) + begin * static_cast<std::int64_t>(size_of(like.dtype()));
    dispatch_floating(computed, [&]<class T>(std::type_identity<T>) {
      prepare(like.dtype(), from, end - begin, use, x.data<T>() + begin);
    });
  });
  return x;
}

double sum_of_squares(const Tensor& g, bool zero) {
  const std::int64_t n = g.numel();
  std::vector<double> pieces(static_cast<std::size_t>((n + kPieceSize - 1) / kPieceSize));
  if (!g.on_cpu()) {
    const Tensor there =
        Tensor::empty({static_cast<std::int64_t>(pieces.size())}, kFloat64, g.device());
    if (n > 0) {
      gpu::on_device(g.device(), [&]<class D>(std::type_identity<D>) {
        gpu::sum_squares<D>(g.dtype(), n, g.raw_device_data(), zero, there.device_data<double>(),
                            nullptr);
      });
      gpu::copy_to_host(g.device(), pieces.data(), there.raw_device_data(),
                        pieces.size() * sizeof(double));
    }
    return std::accumulate(pieces.begin(), pieces.end(), 0.0);
  }
  dispatch(g.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* const x = static_cast<const T*>(g.raw_data());
    parallel_pieces(n, [&](std::int64_t begin, std::int64_t end) {
      if (end > begin) pieces[begin / kPieceSize] = squares(x + begin, end - begin, zero);
    });
  });
  return std::accumulate(pieces.begin(), pieces.end(), 0.0);
}

std::string first_non_finite(const Tensor& g) {
  const Tensor here = g.to(kCpu), x = here.is_contiguous() ? here : here.clone();
  std::string found;
  dispatch(x.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* const p = static_cast<const T*>(x.raw_data());
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      const auto value = static_cast<double>(p[i]);
      if (std::isfinite(value)) continue;
      found = to_text(value) + " at [";
      std::int64_t left = i;
      std::string index;
      for (int axis = x.rank() - 1; axis >= 0; --axis) {
        index = std::to_string(left % x.dim(axis)) + (index.empty() ? "" : ", ") + index;
        left /= x.dim(axis);
      }
      found += index + "]";
      return;
    }
  });
  return found;
}

}  // namespace gradus::optim
