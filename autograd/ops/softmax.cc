#include "autograd/ops/softmax.h"

#include "autograd/ops/sum.h"
#include "tensor/elementwise/exp.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sub.h"

namespace gradus {

void ops::Softmax::backward(Gradients& d) const {
  const Variable y = d.y();
  d.set(0, y * (d.dy() - sum(d.dy() * y, axis, true)));
}

void ops::LogSoftmax::backward(Gradients& d) const {
  d.set(0, d.dy() - exp(d.y()) * sum(d.dy(), axis, true));
}

}  // namespace gradus
