#include "nn/pool.h"

#include "nn/python_text.h"

namespace gradus::nn {
namespace {

using std::string;

string layer_name(const char* kind, int axes) { return kind + std::to_string(axes) + "d"; }

// The stride that is printed and used: that of the options, or the kernel.
const PerAxis& stride_of(const PerAxis& stride, const PerAxis& kernel) {
  return stride.rank() == 0 ? kernel : stride;
}

void check(const string& layer, int axes, const PerAxis& kernel, const PerAxis& stride,
           const PerAxis& padding, const PerAxis& dilation) {
  const Dims k = per_axis(layer, "kernel_size", kernel, axes, 1);
  if (stride.rank() != 0) per_axis(layer, "stride", stride, axes, 1);
  const Dims p = per_axis(layer, "padding", padding, axes, 0, 0);
  const Dims d = per_axis(layer, "dilation", dilation, axes, 1, 1);
  for (int i = 0; i < axes; ++i) {
    const std::int64_t span = d[i] * (k[i] - 1) + 1;
    if (p[i] <= span / 2) continue;
    throw ConfigError("[" + layer + "] padding: " + std::to_string(p[i]) +
                      "; expected at most half of the window, which spans " + std::to_string(span));
  }
}

}  // namespace

MaxPool::MaxPool(int axes, const PerAxis& kernel_size, const MaxPoolOptions& options)
    : axes_(axes), kernel_(kernel_size), options_(options) {
  check(layer_name("MaxPool", axes), axes, kernel_size, options.stride, options.padding,
        options.dilation);
}

VariableAndIndices MaxPool::with_indices(Operand x) const {
  return axes_ == 1 ? max_pool1d_with_indices(std::move(x), kernel_, options_)
                    : max_pool2d_with_indices(std::move(x), kernel_, options_);
}

string MaxPool::extra_repr() const {
  return "kernel_size=" + python_number_or_tuple(kernel_) +
         ", stride=" + python_number_or_tuple(stride_of(options_.stride, kernel_)) +
         ", padding=" + python_number_or_tuple(options_.padding) +
         ", dilation=" + python_number_or_tuple(options_.dilation) +
         ", ceil_mode=" + python_bool(options_.ceil_mode);
}

AvgPool::AvgPool(int axes, const PerAxis& kernel_size, const AvgPoolOptions& options)
    : axes_(axes), kernel_(kernel_size), options_(options) {
  const string layer = layer_name("AvgPool", axes);
  check(layer, axes, kernel_size, options.stride, options.padding, 1);
  if (options.divisor_override == 0) {
    throw ConfigError("[" + layer + "] divisor_override: 0; expected another number");
  }
}

Variable AvgPool::forward(Operand x) const {
  return axes_ == 1 ? avg_pool1d(std::move(x), kernel_, options_)
                    : avg_pool2d(std::move(x), kernel_, options_);
}

string AvgPool::extra_repr() const {
  // PyTorch makes tuples of the numbers for one axis, and not for two.
  const auto text = [&](const PerAxis& value) {
    return axes_ == 1 ? python_tuple(value) : python_number_or_tuple(value);
  };
  return "kernel_size=" + text(kernel_) + ", stride=" + text(stride_of(options_.stride, kernel_)) +
         ", padding=" + text(options_.padding);
}

AdaptivePool::AdaptivePool(const char* layer, int axes, const PerAxis& output_size)
    : size_(output_size) {
  per_axis(layer, "output_size", output_size, axes, 0);
}

string AdaptivePool::extra_repr() const { return "output_size=" + python_number_or_tuple(size_); }

}  // namespace gradus::nn
