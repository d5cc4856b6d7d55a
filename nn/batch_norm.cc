#include "nn/batch_norm.h"

#include <cmath>

#include "autograd/ops/batch_norm.h"
#include "autograd/ops/reshape.h"
#include "nn/image_shape.h"
#include "nn/repr_axes.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/neg.h"
#include "tensor/elementwise/rsqrt.h"
#include "tensor/elementwise/sub.h"
#include "tensor/reduce.h"

namespace gradus::nn {
namespace {

using std::string;

// [C] with the axes of x.
Variable along(const Variable& values, const Variable& x, int axis) {
  Shape shape = Shape::filled(x.rank(), 1);
  shape[axis] = x.dim(axis);
  return reshape(values, shape);
}

[[noreturn]] void complain(const char* layer, const Shape& x, const string& text) {
  throw ShapeError("[" + string(layer) + "] x is " + to_string(x) + text);
}

}  // namespace

RunningNorm::RunningNorm(const char* layer, std::int64_t num_features,
                         const BatchNormOptions& options)
    : layer_(layer), features_(num_features), options_(options) {
  const auto check = [&](bool good, const char* argument, const string& got, const char* expected) {
    if (good) return;
    throw ConfigError("[" + string(layer) + "] " + argument + ": " + got + "; expected " +
                      expected);
  };
  check(num_features >= 1, "num_features", std::to_string(num_features), ">= 1");
  check(options.eps >= 0 && !std::isinf(options.eps), "eps", to_text(options.eps), "a number >= 0");
  const double m = options.momentum.value_or(0);
  check(m >= 0 && m <= 1, "momentum", to_text(m), "a number in 0..1, or none");
  if (options.affine) weight = parameter("weight", ones({num_features}, options.dtype));
  if (options.affine && options.bias)
    bias = parameter("bias", zeros({num_features}, options.dtype));
  if (!options.track_running_stats) return;
  running_mean = buffer("running_mean", zeros({num_features}, options.dtype));
  running_var = buffer("running_var", ones({num_features}, options.dtype));
  num_batches_tracked = buffer("num_batches_tracked", zeros({}, kInt64));
}

string RunningNorm::extra_repr() const {
  return std::to_string(features_) + ", eps=" + repr(options_.eps) +
         ", momentum=" + (options_.momentum ? repr(*options_.momentum) : "None") +
         ", affine=" + repr(options_.affine) + ", bias=" + repr(bias.defined()) +
         ", track_running_stats=" + repr(options_.track_running_stats);
}

void RunningNorm::update(const Tensor& mean, const Tensor& var, std::int64_t n, double m) const {
  const auto unbiased = static_cast<double>(n) / static_cast<double>(n - 1);
  const auto mix = [m](const Buffer& running, const Tensor& batch) {
    const Tensor next = running.value().to(kFloat64) * (1 - m) + batch * m;
    running.value().copy_from(next.to(running.dtype()));  // counts as a change, for the tape
  };
  mix(running_mean, mean);
  mix(running_var, var * unbiased);
}

Variable RunningNorm::normalized(const Operand& x, int axis) const {
  const std::source_location line = x.where;
  // x scale + shift, of which scale and shift have one number per channel.
  Variable scale = rsqrt({add({running_var, line}, options_.eps), line});
  if (weight.defined()) scale = mul({scale, line}, {weight, line});
  Variable shift = mul({running_mean, line}, {scale, line});
  shift = bias.defined() ? sub({bias, line}, {shift, line}) : neg({shift, line});
  const Variable scaled = mul(x, {along(scale, x.variable, axis), line});
  return add({scaled, line}, {along(shift, x.variable, axis), line});
}

Variable RunningNorm::affine(const Operand& x, int axis) const {
  Variable y = x.variable;
  if (weight.defined()) y = mul({y, x.where}, {along(weight, y, axis), x.where});
  if (bias.defined()) y = add({y, x.where}, {along(bias, y, axis), x.where});
  return y;
}

Variable BatchNorm::forward(Operand x) const {
  check_defined(layer_, "x", x.variable.value());
  const Shape& shape = x.variable.shape();
  const bool fits = shape.rank() == axes_ + 2 || (axes_ == 1 && shape.rank() == 2);
  if (!fits || shape[1] != features_) {
    const string n = "[N, " + std::to_string(features_);
    complain(layer_, shape,
             "; expected " + (axes_ == 1 ? n + "] or " + n + ", L]" : n + ", H, W]"));
  }
  if (!uses_batch()) return normalized(x, 1);
  const std::int64_t n = x.variable.numel() / features_;
  if (n == 1) {
    complain(layer_, shape, ": 1 value per channel in training; expected more than 1");
  }
  const std::source_location line = x.where;
  BatchNormed r = batch_norm(std::move(x), {weight, line}, {bias, line}, options_.eps);
  if (training() && running_mean.defined() && n > 0) {
    const Tensor count = num_batches_tracked.value() + 1;
    num_batches_tracked.value().copy_from(count);
    update(r.mean, r.var, n, options_.momentum ? *options_.momentum : 1 / count.item());
  }
  return std::move(r.y);
}

Variable InstanceNorm::forward(Operand x) const {
  check_image(layer_, x.variable.value(), axes_, features_);
  const Shape shape = x.variable.shape();
  const int axis = shape.rank() - axes_ - 1;
  if (!uses_batch()) return normalized(x, axis);
  const std::int64_t images = axis == 0 ? 1 : shape[0], channels = images * features_;
  const std::int64_t n = channels == 0 ? 0 : x.variable.numel() / channels;
  if (n == 1) {
    complain(layer_, shape, ": 1 value per channel in training; expected more than 1");
  }
  const std::source_location line = x.where;
  // A channel of an image counts as a channel of one image.
  const Variable all = reshape(std::move(x), {1, channels, n});
  const BatchNormed r = batch_norm({all, line}, Variable(), Variable(), options_.eps);
  if (training() && running_mean.defined() && n > 0 && images > 0) {
    const Shape each{images, features_};
    update(mean(r.mean.reshape(each), 0), mean(r.var.reshape(each), 0), n,
           options_.momentum.value_or(0));
  }
  return affine({reshape({r.y, line}, shape), line}, axis);
}

}  // namespace gradus::nn
