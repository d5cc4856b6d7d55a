#include "data/synthetic.h"

#include <cmath>
#include <string>

#include "tensor/elementwise/add.h"
#include "tensor/matmul.h"

namespace gradus::data {

TensorDataset synthetic_regression(const Tensor& w, double b, std::int64_t n, double noise_std,
                                   Generator& generator) {
  check_on_cpu("synthetic_regression", "w", w);
  const bool column = w.rank() == 1 || (w.rank() == 2 && w.dim(1) == 1);
  if (!column || w.numel() == 0) {
    throw ShapeError("[synthetic_regression] w: shape " + to_string(w.shape()) +
                     "; expected [d] or [d, 1] with d >= 1");
  }
  if (!is_floating(w.dtype())) {
    throw DTypeError("[synthetic_regression] w: " + std::string(name(w.dtype())) +
                     "; expected float32 or float64");
  }
  if (n < 1) {
    throw ConfigError("[synthetic_regression] n: " + std::to_string(n) + "; expected >= 1");
  }
  if (!(noise_std >= 0) || !std::isfinite(noise_std)) {
    throw ConfigError("[synthetic_regression] noise_std: " + to_text(noise_std) +
                      "; expected a finite number >= 0");
  }
  const Tensor x = normal({n, w.numel()}, 0, 1, generator, w.dtype());
  const Tensor noise = normal({n, 1}, 0, noise_std, generator, w.dtype());
  return {x, matmul(x, w.reshape({-1, 1})) + b + noise};
}

}  // namespace gradus::data
