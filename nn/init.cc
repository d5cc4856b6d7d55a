#include "nn/init.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "tensor/elementwise/less.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/neg.h"
#include "tensor/linalg.h"

namespace gradus::nn::init {
namespace {

using std::string;

// The elements of x, which a function called `op` may overwrite.
const Tensor& target(const char* op, const Variable& x) {
  check_defined(op, "x", x.value());
  if (is_floating(x.dtype())) return x.value();
  throw DTypeError("[" + string(op) + "] x: " + string(name(x.dtype())) +
                   "; expected a floating dtype");
}

void check_matrix(const char* op, const Variable& x) {
  if (x.rank() == 2) return;
  throw ShapeError("[" + string(op) + "] x is " + to_string(x.shape()) + "; expected 2 axes");
}

double fan_of(const Variable& x, Fan mode) {
  const Fans both = fans(x.shape());
  return static_cast<double>(mode == Fan::kIn ? both.in : both.out);
}

double fan_sum(const Variable& x) {
  const Fans both = fans(x.shape());
  return static_cast<double>(both.in + both.out);
}

}  // namespace

Variable uniform_(const Variable& x, Generator& rng, double a, double b) {
  const Tensor& to = target("uniform_", x);
  to.copy_from(uniform(to.shape(), a, b, rng, to.dtype()));
  return x;
}

Variable normal_(const Variable& x, Generator& rng, double mean, double std) {
  const Tensor& to = target("normal_", x);
  to.copy_from(normal(to.shape(), mean, std, rng, to.dtype()));
  return x;
}

Variable trunc_normal_(const Variable& x, Generator& rng, double mean, double std, double a,
                       double b) {
  const Tensor& to = target("trunc_normal_", x);
  to.copy_from(truncated_normal(to.shape(), mean, std, a, b, rng, to.dtype()));
  return x;
}

Variable constant_(const Variable& x, double value) {
  target("constant_", x).fill(value);
  return x;
}
Variable zeros_(const Variable& x) {
  target("zeros_", x).fill(0);
  return x;
}
Variable ones_(const Variable& x) {
  target("ones_", x).fill(1);
  return x;
}

Variable eye_(const Variable& x) {
  const Tensor& to = target("eye_", x);
  check_matrix("eye_", x);
  to.fill(0);
  to.diagonal().fill(1);
  return x;
}

Variable dirac_(const Variable& x, std::int64_t groups) {
  const Tensor& to = target("dirac_", x);
  const string got = "[dirac_] x is " + to_string(to.shape());
  if (to.rank() < 3 || to.rank() > 5) throw ShapeError(got + "; expected 3 to 5 axes");
  if (groups < 1) {
    throw ConfigError("[dirac_] groups: " + std::to_string(groups) + "; expected >= 1");
  }
  if (to.dim(0) % groups != 0) {
    throw ShapeError(got + "; expected a size of axis 0 that " + std::to_string(groups) +
                     " groups divide");
  }
  to.fill(0);
  if (to.numel() == 0) return x;
  Tensor middle = to;
  for (int axis = to.rank() - 1; axis >= 2; --axis) {
    middle = middle.select(axis, to.dim(axis) / 2);
  }
  const std::int64_t size = to.dim(0) / groups;
  for (std::int64_t g = 0; g < groups; ++g) {
    middle.narrow(0, g * size, size).diagonal().fill(1);
  }
  return x;
}

Fans fans(const Shape& shape) {
  if (shape.rank() < 2) {
    throw ShapeError("[fans] shape " + to_string(shape) + "; expected 2 axes at least");
  }
  std::int64_t kernel = 1;
  for (int i = 2; i < shape.rank(); ++i) kernel *= shape[i];
  return {shape[1] * kernel, shape[0] * kernel};
}

double calculate_gain(std::string_view nonlinearity, std::optional<double> a) {
  const auto is = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), nonlinearity) != names.end();
  };
  if (is({"linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
          "conv_transpose3d", "sigmoid"})) {
    return 1;
  }
  if (is({"tanh"})) return 5.0 / 3;
  if (is({"relu"})) return std::sqrt(2.0);
  if (is({"leaky_relu"})) {
    const double slope = a.value_or(0.01);
    return std::sqrt(2 / (1 + slope * slope));
  }
  if (is({"selu"})) return 0.75;  // found by trying, as PyTorch has it
  throw ConfigError("[calculate_gain] nonlinearity: '" + string(nonlinearity) +
                    "'; expected 'linear', 'conv1d' .. 'conv3d', 'conv_transpose1d' .. "
                    "'conv_transpose3d', 'sigmoid', 'tanh', 'relu', 'leaky_relu' or 'selu'");
}

Variable xavier_uniform_(const Variable& x, Generator& rng, double gain) {
  target("xavier_uniform_", x);
  const double both = fan_sum(x);
  if (x.numel() == 0) return x;
  const double k = gain * std::sqrt(6 / both);
  return uniform_(x, rng, -k, k);
}

Variable xavier_normal_(const Variable& x, Generator& rng, double gain) {
  target("xavier_normal_", x);
  const double both = fan_sum(x);
  return x.numel() == 0 ? x : normal_(x, rng, 0, gain * std::sqrt(2 / both));
}

Variable kaiming_uniform_(const Variable& x, Generator& rng, const KaimingOptions& options) {
  target("kaiming_uniform_", x);
  const double gain = calculate_gain(options.nonlinearity, options.a);
  const double fan = fan_of(x, options.mode);
  if (x.numel() == 0) return x;
  const double k = gain * std::sqrt(3 / fan);
  return uniform_(x, rng, -k, k);
}

Variable kaiming_normal_(const Variable& x, Generator& rng, const KaimingOptions& options) {
  target("kaiming_normal_", x);
  const double gain = calculate_gain(options.nonlinearity, options.a);
  const double fan = fan_of(x, options.mode);
  return x.numel() == 0 ? x : normal_(x, rng, 0, gain / std::sqrt(fan));
}

Variable orthogonal_(const Variable& x, Generator& rng, double gain) {
  const Tensor& to = target("orthogonal_", x);
  fans(to.shape());  // two axes at least
  if (to.numel() == 0) return x;
  const std::int64_t rows = to.dim(0), columns = to.numel() / rows;
  const bool wide = rows < columns;
  const Tensor random =
      normal(wide ? Shape{columns, rows} : Shape{rows, columns}, 0, 1, rng, kFloat64);
  const linalg::QrResult qr = linalg::qr(random);
  // With a positive diagonal of R the factor Q is unique, and uniform.
  const Tensor diagonal = qr.R.diagonal();
  const Tensor q = where(diagonal < 0, -qr.Q, qr.Q) * gain;
  to.copy_from((wide ? q.transpose() : q).reshape(to.shape()));
  return x;
}

Variable sparse_(const Variable& x, Generator& rng, double sparsity, double std) {
  const Tensor& to = target("sparse_", x);
  check_matrix("sparse_", x);
  if (!(sparsity >= 0 && sparsity <= 1)) {
    throw ConfigError("[sparse_] sparsity: " + to_text(sparsity) + "; expected a fraction, 0..1");
  }
  const std::int64_t rows = to.dim(0);
  const auto count = static_cast<std::int64_t>(std::ceil(sparsity * static_cast<double>(rows)));
  normal_(x, rng, 0, std);
  for (std::int64_t column = 0; column < to.dim(1); ++column) {
    to.select(1, column).index_put({permutation(rows, rng).narrow(0, 0, count)}, 0);
  }
  return x;
}

}  // namespace gradus::nn::init
