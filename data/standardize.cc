#include "data/standardize.h"

#include <cmath>
#include <string>

#include "tensor/elementwise/div.h"
#include "tensor/elementwise/sqrt.h"
#include "tensor/elementwise/square.h"
#include "tensor/elementwise/sub.h"
#include "tensor/reduce.h"

namespace gradus::data {
namespace {

void check_floating(const Tensor& x) {
  check_defined("standardize", "x", x);
  if (is_floating(x.dtype())) return;
  throw DTypeError("[standardize] x: " + std::string(name(x.dtype())) +
                   "; expected float32 or float64; convert with to(kFloat32)");
}

[[noreturn]] void throw_column(std::size_t column, const std::string& problem) {
  throw ConfigError("[standardize] column " + std::to_string(column) + ": " + problem);
}

}  // namespace

Standardizer Standardizer::fit(const Tensor& x) {
  check_floating(x);
  if (x.rank() == 0 || x.dim(0) == 0) {
    throw ShapeError("[standardize] x: shape " + to_string(x.shape()) +
                     "; expected rows along axis 0, at least one");
  }
  const Tensor wide = x.to(kFloat64);
  Standardizer result;
  result.mean = gradus::mean(wide, 0);
  result.std = sqrt(gradus::mean(square(wide - result.mean), 0));
  // A constant column may have a deviation that is not 0 but a rounding error: compare values.
  const auto lows = min(wide, 0).to_vector(), highs = max(wide, 0).to_vector();
  const auto means = result.mean.to_vector(), stds = result.std.to_vector();
  for (std::size_t i = 0; i < means.size(); ++i) {
    if (!std::isfinite(means[i]) || !std::isfinite(stds[i])) {
      const bool bad_mean = !std::isfinite(means[i]);
      throw_column(i, std::string(bad_mean ? "mean" : "standard deviation") + " is " +
                          to_text(bad_mean ? means[i] : stds[i]) + "; expected finite numbers");
    }
    if (lows[i] == highs[i] || stds[i] == 0) {
      throw_column(i, "constant (every row is " + to_text(lows[i]) +
                          "); expected at least two values; drop it");
    }
  }
  return result;
}

Tensor Standardizer::apply(const Tensor& x) const {
  check_floating(x);
  check_defined("standardize", "mean", mean);
  Shape row = x.shape();
  if (row.rank() > 0) row.erase(0);
  if (x.rank() == 0 || row != mean.shape()) {
    throw ShapeError("[standardize] x: shape " + to_string(x.shape()) +
                     "; expected rows of shape " + to_string(mean.shape()) + ", as in fit");
  }
  return ((x.to(kFloat64) - mean) / std).to(x.dtype());
}

Tensor standardize(const Tensor& x) { return Standardizer::fit(x).apply(x); }

}  // namespace gradus::data
