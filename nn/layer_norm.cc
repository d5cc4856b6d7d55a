#include "nn/layer_norm.h"

#include <cmath>
#include <limits>

#include "autograd/ops/layer_norm.h"
#include "autograd/ops/sum.h"
#include "nn/repr_axes.h"
#include "nn/rms_norm.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/rsqrt.h"
#include "tensor/elementwise/square.h"

namespace gradus::nn {
namespace {

using std::string;

Shape checked(const string& layer, const PerAxis& normalized_shape, double eps) {
  bool good = normalized_shape.rank() > 0;
  for (const std::int64_t n : normalized_shape) good = good && n >= 1;
  if (!good) {
    throw ConfigError("[" + layer + "] normalized_shape: " + to_string(normalized_shape) +
                      "; expected sizes >= 1");
  }
  if (eps >= 0 && !std::isinf(eps)) return normalized_shape;
  throw ConfigError("[" + layer + "] eps: " + to_text(eps) + "; expected a number >= 0");
}

Axes last_axes(const Shape& shape) {
  Axes axes;
  for (int i = -shape.rank(); i < 0; ++i) axes.push_back(i);
  return axes;
}

void check_input(const char* layer, const Tensor& x, const Shape& expected) {
  check_defined(layer, "x", x);
  const int before = x.rank() - expected.rank();
  bool same = before >= 0;
  for (int i = 0; same && i < expected.rank(); ++i) same = x.shape()[before + i] == expected[i];
  if (same) return;
  throw ShapeError("[" + string(layer) + "] x is " + to_string(x.shape()) + "; expected [..., " +
                   to_string(expected).substr(1));
}

// The distance from 1 to the next number.
double epsilon(DType dtype) {
  switch (dtype) {
    case kFloat64:
      return std::numeric_limits<double>::epsilon();
    case kFloat16:
      return 0x1p-10;
    case kBFloat16:
      return 0x1p-7;
    default:
      return std::numeric_limits<float>::epsilon();
  }
}

}  // namespace

LayerNorm::LayerNorm(const PerAxis& normalized_shape, const LayerNormOptions& options)
    : shape_(checked("LayerNorm", normalized_shape, options.eps)),
      axes_(last_axes(shape_)),
      options_(options) {
  if (!options.elementwise_affine) return;
  weight = parameter("weight", ones(shape_, options.dtype));
  if (options.bias) bias = parameter("bias", zeros(shape_, options.dtype));
}

Variable LayerNorm::forward(Operand x) const {
  check_input("LayerNorm", x.variable.value(), shape_);
  const std::source_location line = x.where;
  return layer_norm(std::move(x), axes_, {weight, line}, {bias, line}, options_.eps);
}

string LayerNorm::extra_repr() const {
  return repr_tuple(shape_) + ", eps=" + repr(options_.eps) +
         ", elementwise_affine=" + repr(options_.elementwise_affine) +
         ", bias=" + repr(bias.defined());
}

RMSNorm::RMSNorm(const PerAxis& normalized_shape, const RMSNormOptions& options)
    : shape_(checked("RMSNorm", normalized_shape, options.eps.value_or(0))),
      axes_(last_axes(shape_)),
      options_(options) {
  if (options.elementwise_affine) weight = parameter("weight", ones(shape_, options.dtype));
}

Variable RMSNorm::forward(Operand x) const {
  check_input("RMSNorm", x.variable.value(), shape_);
  const std::source_location line = x.where;
  const double eps = options_.eps ? *options_.eps : epsilon(x.variable.dtype());
  const Variable squares = mean({square(x), line}, axes_, true);
  const Variable scale = rsqrt({add({squares, line}, eps), line});
  Variable y = mul(std::move(x), {scale, line});
  return weight.defined() ? mul({std::move(y), line}, {weight, line}) : y;
}

string RMSNorm::extra_repr() const {
  return repr_tuple(shape_) + ", eps=" + (options_.eps ? repr(*options_.eps) : "None") +
         ", elementwise_affine=" + repr(options_.elementwise_affine);
}

}  // namespace gradus::nn
