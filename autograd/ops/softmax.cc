#include "autograd/ops/softmax.h"

#include "autograd/ops/sum.h"
#include "tensor/elementwise/exp.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sub.h"

namespace gradus {

Variable softmax_gradient(const Variable& y, const Variable& dy, int axis) {
  if (!grad_enabled()) return softmax_backward(y.value(), dy.value(), axis);
  return y * (dy - sum(dy * y, axis, true));
}

void ops::Softmax::backward(Gradients& d) const { d.set(0, softmax_gradient(d.y(), d.dy(), axis)); }

void ops::LogSoftmax::backward(Gradients& d) const {
  d.set(0, d.dy() - exp(d.y()) * sum(d.dy(), axis, true));
}

}  // namespace gradus
