#include "nn/utils/weight_norm.h"

#include "autograd/line_scope.h"
#include "autograd/ops/norm.h"
#include "tensor/elementwise/abs.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/mul.h"

namespace gradus::nn {
namespace {

Variable lengths(const Variable& v, std::optional<int> axis) {
  if (!axis) return norm(v);
  const int kept = normalize_axis("WeightNorm", *axis, v.shape());
  Axes others;
  for (int i = 0; i < v.rank(); ++i) {
    if (i != kept) others.push_back(i);
  }
  return v.rank() == 1 ? abs(v) : norm(v, 2, others, true);
}

}  // namespace

Variable normalized_weight(Operand v, Operand g, std::optional<int> axis) {
  const LineScope scope(v.where);
  return v * (g / lengths(v.variable, axis));
}

Tensor weight_lengths(const Tensor& v, std::optional<int> axis) { return lengths(v, axis).value(); }

}  // namespace gradus::nn
