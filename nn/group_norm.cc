#include "nn/group_norm.h"

#include <cmath>

#include "autograd/ops/layer_norm.h"
#include "autograd/ops/reshape.h"
#include "nn/repr_axes.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"

namespace gradus::nn {

using std::string;

GroupNorm::GroupNorm(std::int64_t num_groups, std::int64_t num_channels,
                     const GroupNormOptions& options)
    : groups_(num_groups), channels_(num_channels), options_(options) {
  const auto check = [](bool good, const string& text) {
    if (!good) throw ConfigError("[GroupNorm] " + text);
  };
  check(num_channels >= 1, "num_channels: " + std::to_string(num_channels) + "; expected >= 1");
  check(num_groups >= 1 && num_channels % num_groups == 0,
        "num_groups: " + std::to_string(num_groups) + "; expected a divisor of num_channels " +
            std::to_string(num_channels));
  check(options.eps >= 0 && !std::isinf(options.eps),
        "eps: " + to_text(options.eps) + "; expected a number >= 0");
  if (!options.affine) return;
  weight = parameter("weight", ones({num_channels}, options.dtype));
  if (options.bias) bias = parameter("bias", zeros({num_channels}, options.dtype));
}

Variable GroupNorm::forward(Operand x) const {
  check_defined("GroupNorm", "x", x.variable.value());
  const Shape shape = x.variable.shape();
  const std::int64_t groups = shape.rank() < 2 ? 0 : shape[0] * groups_;
  const std::int64_t n = groups == 0 ? 0 : x.variable.numel() / groups;
  if (shape.rank() < 2 || shape[1] != channels_ || (n == 1 && shape[0] == 1)) {
    const bool fits = shape.rank() >= 2 && shape[1] == channels_;
    throw ShapeError("[GroupNorm] x is " + to_string(shape) +
                     (fits ? ": 1 value per group; expected more than 1"
                           : "; expected [N, " + std::to_string(channels_) + ", ...]"));
  }
  const std::source_location line = x.where;
  const Variable lines = reshape(std::move(x), {groups, n});
  Variable y = layer_norm({lines, line}, -1, Variable(), Variable(), options_.eps);
  y = reshape({std::move(y), line}, shape);
  Shape along = Shape::filled(shape.rank(), 1);
  along[1] = channels_;
  const auto each = [&](const Variable& v) { return Operand{reshape({v, line}, along), line}; };
  if (weight.defined()) y = mul({std::move(y), line}, each(weight));
  if (bias.defined()) y = add({std::move(y), line}, each(bias));
  return y;
}

string GroupNorm::extra_repr() const {
  return std::to_string(groups_) + ", " + std::to_string(channels_) +
         ", eps=" + repr(options_.eps) + ", affine=" + repr(options_.affine) +
         ", bias=" + repr(bias.defined());
}

}  // namespace gradus::nn
