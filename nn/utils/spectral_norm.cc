#include "nn/utils/spectral_norm.h"

#include <algorithm>
#include <string>

#include "autograd/line_scope.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/permute.h"
#include "autograd/ops/reshape.h"
#include "tensor/elementwise/div.h"
#include "tensor/random.h"
#include "tensor/reduce.h"

namespace gradus::nn {
namespace {

// The given axis first; then all others are one.
Dims order(const Shape& shape, int axis) {
  Dims axes;
  axes.push_back(normalize_axis("SpectralNorm", axis, shape));
  for (int i = 0; i < shape.rank(); ++i) {
    if (i != axes[0]) axes.push_back(i);
  }
  return axes;
}

Variable as_matrix(const Variable& weight, int axis) {
  const Dims axes = order(weight.shape(), axis);
  return reshape(permute(weight, axes), {weight.dim(static_cast<int>(axes[0])), -1});
}

Tensor unit(const Tensor& x, double eps) { return x / std::max(norm(x).item(), eps); }

void check(const Tensor& weight, const SpectralNormOptions& options) {
  if (weight.rank() < 2) {
    throw ShapeError("[SpectralNorm] weight: shape " + to_string(weight.shape()) +
                     "; expected two axes at least");
  }
  if (options.n_power_iterations < 1) {
    throw ConfigError("[SpectralNorm] n_power_iterations: " +
                      std::to_string(options.n_power_iterations) + "; expected >= 1");
  }
  if (!(options.eps > 0)) {
    throw ConfigError("[SpectralNorm] eps: " + to_text(options.eps) + "; expected a number > 0");
  }
}

}  // namespace

SpectralNormWeight::SpectralNormWeight(Tensor weight, Generator& rng,
                                       const SpectralNormOptions& options) {
  check(weight, options);
  const Tensor matrix = as_matrix(weight, options.axis).value();
  const auto draw = [&](int axis) {
    return unit(normal({matrix.dim(axis)}, 0, 1, rng, weight.dtype(), weight.device()),
                options.eps);
  };
  vectors = child("0", SingularVectors(draw(0), draw(1)));
  original = parameter("original", std::move(weight));
  iterate(15, options);
}

void SpectralNormWeight::iterate(std::int64_t n, const SpectralNormOptions& options) const {
  const Tensor matrix = as_matrix(original.detach(), options.axis).value();
  const Tensor &u = vectors->u.value(), &v = vectors->v.value();
  for (std::int64_t i = 0; i < n; ++i) {
    u.copy_from(unit(matmul(matrix, v), options.eps));
    v.copy_from(unit(matmul(matrix.transpose(), u), options.eps));
  }
}

Variable SpectralNormWeight::normalized(bool iterate_first, const SpectralNormOptions& options,
                                        const std::source_location& where) const {
  const LineScope scope(where);
  if (iterate_first) iterate(options.n_power_iterations, options);
  // Copies, which the next call does not change.
  const Tensor u = vectors->u.value().clone(), v = vectors->v.value().clone();
  return original / matmul(u, matmul(as_matrix(original, options.axis), v));
}

}  // namespace gradus::nn
