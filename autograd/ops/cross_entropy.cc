#include "autograd/ops/cross_entropy.h"

#include <string>

#include "autograd/ops/pick.h"
#include "autograd/ops/softmax.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/neg.h"
#include "tensor/elementwise/sub.h"
#include "tensor/reduce.h"

namespace gradus {
namespace {

int class_axis(const Shape& logits) { return logits.rank() == 1 ? 0 : 1; }

// The targets as positions along the axis of the classes.
Tensor positions(const Tensor& target, const Shape& logits) {
  return target.to(kInt64).unsqueeze(class_axis(logits));
}

void check(const Tensor& logits, const Tensor& target) {
  check_defined("cross_entropy", "logits", logits);
  check_defined("cross_entropy", "target", target);
  Shape expected = logits.shape();
  if (expected.rank() > 0) expected.erase(class_axis(expected));
  if (logits.rank() == 0 || target.shape() != expected) {
    throw ShapeError("[cross_entropy] logits is " + to_string(logits.shape()) + " and target is " +
                     to_string(target.shape()) +
                     "; expected logits [N, C, ...] with target [N, ...], or [C] with []");
  }
  if (!is_floating(logits.dtype())) {
    throw DTypeError("[cross_entropy] logits: " + std::string(name(logits.dtype())) +
                     "; expected a floating dtype");
  }
  if (!is_integral(target.dtype())) {
    throw DTypeError("[cross_entropy] target: " + std::string(name(target.dtype())) +
                     "; expected whole numbers, one class each");
  }
  if (target.numel() == 0) return;
  const std::int64_t classes = logits.shape()[class_axis(logits.shape())];
  const auto low = min(target).item<std::int64_t>(), high = max(target).item<std::int64_t>();
  if (low < 0 || high >= classes) {
    throw IndexError("[cross_entropy] target: " + std::to_string(low < 0 ? low : high) +
                     "; expected a class in 0.." + std::to_string(classes - 1));
  }
}

}  // namespace

Tensor ops::CrossEntropy::forward(const Tensor& logits) const {
  check(logits, target);
  const int axis = class_axis(logits.shape());
  const ops::Pick of_target{positions(target, logits.shape()), axis};
  return -mean(of_target.forward(log_softmax(logits, axis)));
}

void ops::CrossEntropy::backward(Gradients& d) const {
  const Shape& shape = d.shape(0);
  const int axis = class_axis(shape);
  if (target.numel() == 0) return d.set(0, zeros(shape, d.dtype(0)));
  const Tensor index = positions(target, shape);
  const ops::Place at_target{index, axis, shape};
  const Tensor one_hot = at_target.forward(ones(index.shape(), d.dtype(0)));
  d.set(0, (softmax(d.x(0), axis) - one_hot) * (d.dy() / target.numel()));
}

}  // namespace gradus
