#include "optim/gradient_use.h"

#include <algorithm>
#include <cmath>
#include <vector>

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
    // x - x is 0 for all numbers but NaN and infinities.
    for (std::int64_t i = 0; i < n; ++i) out[i] = out[i] - out[i] == T(0) ? out[i] : T(0);
  }
  if (use.clip < std::numeric_limits<double>::infinity()) {
    const T limit = static_cast<T>(use.clip);
    for (std::int64_t i = 0; i < n; ++i) {  // NaN stays NaN
      const T x = out[i] > limit ? limit : out[i];
      out[i] = x < -limit ? -limit : x;
    }
  }
  if (use.scale != 1) {
    const T scale = static_cast<T>(use.scale);
    for (std::int64_t i = 0; i < n; ++i) out[i] *= scale;
  }
}

// In eight lanes, which the compiler keeps in registers side by side.
template <class T>
double squares(const T* x, std::int64_t n, bool zero) {
  constexpr int kLanes = 8;
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

double sum_of_squares(const Tensor& g, bool zero) {
  const std::int64_t n = g.numel();
  std::vector<double> pieces(static_cast<std::size_t>((n + kPieceSize - 1) / kPieceSize));
  dispatch(g.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* const x = static_cast<const T*>(g.raw_data());
    parallel_pieces(n, [&](std::int64_t begin, std::int64_t end) {
      if (end > begin) pieces[begin / kPieceSize] = squares(x + begin, end - begin, zero);
    });
  });
  double sum = 0;
  for (const double piece : pieces) sum += piece;
  return sum;
}

std::string first_non_finite(const Tensor& g) {
  const Tensor x = g.is_contiguous() ? g : g.clone();
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
