#include "autograd/ops/pooling.h"

#include <utility>

#include "autograd/record_result.h"

namespace gradus {
namespace {

template <class Op>
VariableAndIndices largest(const PoolWindows& windows, const Operand& x) {
  ValuesAndIndices y = largest_in_windows(x.value(), windows);
  Op op{{y.indices, windows.axes}};
  if (!x.value().on_cpu()) op.windows = std::make_shared<PoolWindows>(windows);
  return {record_result(std::move(op), std::move(y.values), x), std::move(y.indices)};
}

}  // namespace

void ops::PickFromChannels::backward(Gradients& d) const {
  d.set(0, record(PlaceInChannels{indices, axes, d.shape(0), windows}, Operand(d.dy())));
}
void ops::PlaceInChannels::backward(Gradients& d) const {
  d.set(0, record(PickFromChannels{indices, axes, windows}, Operand(d.dy())));
}
void ops::AverageWindows::backward(Gradients& d) const {
  d.set(0, spread_windows(d.dy(), windows));
}
void ops::SpreadWindows::backward(Gradients& d) const {
  d.set(0, average_windows(d.dy(), windows));
}

VariableAndIndices max_pool1d_with_indices(Operand x, const PerAxis& kernel,
                                           const MaxPoolOptions& options) {
  return largest<ops::MaxPool1d>(max_windows("max_pool1d", 1, x.value(), kernel, options), x);
}
VariableAndIndices max_pool2d_with_indices(Operand x, const PerAxis& kernel,
                                           const MaxPoolOptions& options) {
  return largest<ops::MaxPool2d>(max_windows("max_pool2d", 2, x.value(), kernel, options), x);
}
VariableAndIndices adaptive_max_pool1d_with_indices(Operand x, const PerAxis& size) {
  return largest<ops::AdaptiveMaxPool1d>(
      adaptive_windows("adaptive_max_pool1d", 1, x.value(), size, false), x);
}
VariableAndIndices adaptive_max_pool2d_with_indices(Operand x, const PerAxis& size) {
  return largest<ops::AdaptiveMaxPool2d>(
      adaptive_windows("adaptive_max_pool2d", 2, x.value(), size, false), x);
}

Variable avg_pool1d(Operand x, const PerAxis& kernel, const AvgPoolOptions& options) {
  return record(ops::AvgPool1d{{avg_windows("avg_pool1d", 1, x.value(), kernel, options)}}, x);
}
Variable avg_pool2d(Operand x, const PerAxis& kernel, const AvgPoolOptions& options) {
  return record(ops::AvgPool2d{{avg_windows("avg_pool2d", 2, x.value(), kernel, options)}}, x);
}
Variable adaptive_avg_pool1d(Operand x, const PerAxis& size) {
  return record(
      ops::AdaptiveAvgPool1d{{adaptive_windows("adaptive_avg_pool1d", 1, x.value(), size, true)}},
      x);
}
Variable adaptive_avg_pool2d(Operand x, const PerAxis& size) {
  return record(
      ops::AdaptiveAvgPool2d{{adaptive_windows("adaptive_avg_pool2d", 2, x.value(), size, true)}},
      x);
}

}  // namespace gradus
