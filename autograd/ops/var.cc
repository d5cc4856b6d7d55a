#include "autograd/ops/var.h"

#include <algorithm>

#include "autograd/ops/masked_fill.h"
#include "autograd/ops/sum.h"
#include "autograd/record_result.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/equal.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sub.h"

namespace gradus {
namespace {

// dy times the derivative of var.
Variable var_gradient(const Gradients& d, const Variable& dy, const Axes& axes, double correction) {
  const Shape& x = d.shape(0);
  const unsigned mask = axes_mask("var", axes, x);
  double n = 1;
  for (int i = 0; i < x.rank(); ++i) n *= mask >> i & 1 ? static_cast<double>(x[i]) : 1;
  const double factor = 2 / std::max(0.0, n - correction);
  return spread(dy, axes, x) * ((d.x(0) - mean(d.x(0), axes, true)) * factor);
}

}  // namespace

void ops::Var::backward(Gradients& d) const { d.set(0, var_gradient(d, d.dy(), axes, correction)); }

void ops::Std::backward(Gradients& d) const {
  const Variable y = d.y();
  const Tensor flat = equal(y.value(), 0);
  const Variable dvar = masked_fill(d.dy() / (masked_fill(y, flat, 1) * 2), flat, 0);
  d.set(0, var_gradient(d, dvar, axes, correction));
}

std::pair<Variable, Variable> var_mean(Operand x, const Axes& axes, Correction correction,
                                       bool keepdim) {
  auto [y, m] = var_mean(x.value(), axes, correction, keepdim);
  return {record_result(ops::Var{axes, correction.value, keepdim}, std::move(y), x),
          record_result(ops::Mean{axes, keepdim}, std::move(m), x)};
}

std::pair<Variable, Variable> std_mean(Operand x, const Axes& axes, Correction correction,
                                       bool keepdim) {
  auto [y, m] = std_mean(x.value(), axes, correction, keepdim);
  return {record_result(ops::Std{axes, correction.value, keepdim}, std::move(y), x),
          record_result(ops::Mean{axes, keepdim}, std::move(m), x)};
}

}  // namespace gradus
