#include "autograd/ops/cross_entropy.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "autograd/ops/cast.h"
#include "autograd/ops/class_targets.h"
#include "autograd/ops/shapes.h"
#include "autograd/ops/softmax.h"
#include "autograd/ops/sum.h"
#include "tensor/assemble.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/neg.h"
#include "tensor/elementwise/sub.h"

namespace gradus {
namespace {

int class_axis(const Shape& logits) { return logits.rank() == 1 ? 0 : 1; }

// Of the losses [N, 1, d...].
Tensor reduced(const Tensor& losses, int axis, Reduction reduction, double divisor) {
  if (reduction == Reduction::kNone) return losses.squeeze(axis);
  const Tensor total = sum(losses);
  return reduction == Reduction::kSum ? total : total / divisor;
}

// dy of reduced(), to be multiplied with [N, C, d...].
Variable spread_back(const Variable& dy, int axis, Reduction reduction, double divisor) {
  if (reduction == Reduction::kNone) return unsqueeze(dy, axis);
  return reduction == Reduction::kSum ? dy : dy / divisor;
}

void check(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options) {
  check_defined("cross_entropy", "logits", logits);
  check_defined("cross_entropy", "target", target);
  check_same_device("cross_entropy", "logits", logits, "target", target);
  if (!is_floating(logits.dtype())) {
    throw DTypeError("[cross_entropy] logits: " + std::string(name(logits.dtype())) +
                     "; expected a floating dtype");
  }
  if (target.dtype() == kBool) {
    throw DTypeError(
        "[cross_entropy] target: bool; expected whole numbers, one class each, or "
        "floating probabilities");
  }
  const bool soft = is_floating(target.dtype());
  Shape expected = logits.shape();
  if (!soft && expected.rank() > 0) expected.erase(class_axis(expected));
  if (logits.rank() == 0 || target.shape() != expected) {
    throw ShapeError("[cross_entropy] logits is " + to_string(logits.shape()) + " and target is " +
                     std::string(name(target.dtype())) + " " + to_string(target.shape()) +
                     "; expected logits [N, C, ...] with classes [N, ...], [C] with [], or "
                     "probabilities like logits");
  }
  const std::int64_t classes = logits.shape()[class_axis(logits.shape())];
  const Tensor& weight = options.weight;
  if (weight.defined()) check_same_device("cross_entropy", "logits", logits, "weight", weight);
  if (weight.defined() && !is_floating(weight.dtype())) {
    throw DTypeError("[cross_entropy] weight: " + std::string(name(weight.dtype())) +
                     "; expected a floating dtype");
  }
  if (weight.defined() && weight.shape() != Shape{classes}) {
    throw ShapeError("[cross_entropy] weight: shape " + to_string(weight.shape()) + "; expected " +
                     to_string(Shape{classes}) + ", one for each class");
  }
  if (!(options.label_smoothing >= 0 && options.label_smoothing <= 1)) {
    throw ConfigError("[cross_entropy] label_smoothing: " + to_text(options.label_smoothing) +
                      "; expected a number in 0..1");
  }
  if (soft && options.ignore_index != CrossEntropyOptions().ignore_index) {
    throw ConfigError("[cross_entropy] ignore_index: " + std::to_string(options.ignore_index) +
                      "; expected none, the target is probabilities");
  }
}

}  // namespace

Variable cross_entropy(Operand logits, Operand target, const CrossEntropyOptions& options) {
  const Tensor &x = logits.value(), &t = target.value();
  check(x, t, options);
  const int axis = class_axis(x.shape());
  const std::int64_t classes = x.shape()[axis];
  Shape along = Shape::filled(x.rank() - axis, 1);
  along[0] = classes;
  const Tensor weight =
      (options.weight.defined() ? options.weight.to(compute_dtype(x.dtype()))
                                : ones({classes}, compute_dtype(x.dtype()), x.device()))
          .reshape(along);
  if (is_floating(t.dtype())) {
    double vectors = 1;
    for (int i = 0; i < x.rank(); ++i) vectors *= i == axis ? 1 : static_cast<double>(x.shape()[i]);
    return record(
        ops::SoftCrossEntropy{weight, options.label_smoothing, options.reduction, vectors}, logits,
        target);
  }
  const auto [index, ignored, taken] =
      class_targets("cross_entropy", t, classes, options.ignore_index);
  double divisor = 1;
  if (options.reduction == Reduction::kMean) {
    // Counted on the host, since a device would have to be waited for.
    divisor = static_cast<double>(taken);
    if (options.weight.defined() && classes > 0) {
      const Tensor each =
          index_select(weight.reshape({classes}), 0, index.reshape({index.numel()}));
      divisor = sum(masked_fill(each, ignored.reshape({index.numel()}), 0).to(kFloat64)).item();
    }
    // A backward without targets divides by nothing; with them it is PyTorch's 0 / 0.
    if (taken == 0) divisor = std::numeric_limits<double>::quiet_NaN();
  }
  return record(ops::CrossEntropy{index.unsqueeze(axis), ignored.unsqueeze(axis), weight,
                                  options.weight.defined(), options.label_smoothing,
                                  options.reduction, divisor},
                logits);
}

Tensor ops::CrossEntropy::weight_of_targets() const {
  const Tensor &index = classes, &of_class = weight;
  const std::int64_t n = of_class.numel();
  if (n == 0 || !weighted) {
    return masked_fill(ones(index.shape(), of_class.dtype(), of_class.device()), ignored, 0);
  }
  return masked_fill(
      index_select(of_class.reshape({n}), 0, index.reshape({index.numel()})).reshape(index.shape()),
      ignored, 0);
}

Tensor ops::CrossEntropy::forward(const Tensor& logits) const {
  const int axis = class_axis(logits.shape());
  const auto n = static_cast<double>(logits.shape()[axis]);
  const Tensor& of_class = weight;
  const Tensor log_p = log_softmax(logits.to(of_class.dtype()), axis);
  Tensor losses = -(gather(log_p, axis, classes) * weight_of_targets());
  if (smoothing != 0) {
    losses = losses * (1 - smoothing) - sum(log_p * of_class, axis, true) * (smoothing / n);
  }
  losses = masked_fill(losses, ignored, 0);
  return reduced(losses, axis, reduction, divisor).to(logits.dtype());
}

void ops::CrossEntropy::backward(Gradients& d) const {
  const Shape& shape = d.shape(0);
  const int axis = class_axis(shape);
  const Tensor &of_class = weight, &index = classes;
  const DType dtype = of_class.dtype();
  if (index.numel() == 0 || std::isnan(divisor))
    return d.set(0, zeros(shape, d.dtype(0), d.device(0)));
  Tensor total = weight_of_targets() * (1 - smoothing);
  Tensor q = scatter_add(zeros(shape, dtype, d.device(0)), axis, index, total);
  if (smoothing != 0) {
    const Tensor part =
        masked_fill(full(index.shape(), smoothing / shape[axis], dtype, d.device(0)), ignored, 0);
    q = q + part * of_class;
    total = total + part * sum(of_class);
  }
  const Variable p = softmax(in_dtype(d.x(0), dtype), axis);
  const Variable dy = spread_back(in_dtype(d.dy(), dtype), axis, reduction, divisor);
  d.set(0, in_dtype((p * total - q) * dy, d.dtype(0)));
}

Tensor ops::SoftCrossEntropy::forward(const Tensor& logits, const Tensor& target) const {
  const int axis = class_axis(logits.shape());
  const Tensor& of_class = weight;
  const auto n = static_cast<double>(logits.shape()[axis]);
  const Tensor q = (target.to(of_class.dtype()) * (1 - smoothing) + smoothing / n) * of_class;
  const Tensor losses = -sum(log_softmax(logits.to(of_class.dtype()), axis) * q, axis, true);
  return reduced(losses, axis, reduction, divisor).to(logits.dtype());
}

void ops::SoftCrossEntropy::backward(Gradients& d) const {
  const int axis = class_axis(d.shape(0));
  const Tensor& of_class = weight;
  const DType dtype = of_class.dtype();
  const Variable x = in_dtype(d.x(0), dtype);
  const Variable dy = spread_back(in_dtype(d.dy(), dtype), axis, reduction, divisor);
  if (d.needs(0)) {
    const double each = smoothing / static_cast<double>(d.shape(0)[axis]);
    const Variable q = (in_dtype(d.x(1), dtype) * (1 - smoothing) + each) * of_class;
    const Variable dx = (softmax(x, axis) * sum(q, axis, true) - q) * dy;
    d.set(0, in_dtype(dx, d.dtype(0)));
  }
  if (d.needs(1)) {
    const Variable dtarget = log_softmax(x, axis) * (of_class * (smoothing - 1)) * dy;
    d.set(1, in_dtype(dtarget, d.dtype(1)));
  }
}

}  // namespace gradus
