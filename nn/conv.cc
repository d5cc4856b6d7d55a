#include "nn/conv.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/pad.h"
#include "autograd/ops/pad_mode.h"
#include "nn/image_shape.h"
#include "nn/python_text.h"

namespace gradus::nn {
namespace {

using std::string;

string conv_name(int axes) { return "Conv" + std::to_string(axes) + "d"; }
string transpose_name(int axes) { return "ConvTranspose" + std::to_string(axes) + "d"; }

std::int64_t at_least_one(const string& layer, const char* argument, std::int64_t n) {
  if (n >= 1) return n;
  throw ConfigError("[" + layer + "] " + argument + ": " + std::to_string(n) + "; expected >= 1");
}

// The shape of the weight, [first, second / groups, kernel...]; checks all sizes.
Shape weight_shape(const string& layer, int axes, std::int64_t in, std::int64_t out,
                   std::int64_t groups, const PerAxis& kernel, bool transposed) {
  at_least_one(layer, "in_channels", in);
  at_least_one(layer, "out_channels", out);
  if (groups < 1 || in % groups != 0 || out % groups != 0) {
    throw ConfigError("[" + layer + "] groups: " + std::to_string(groups) +
                      "; expected a divisor of in_channels " + std::to_string(in) +
                      " and of out_channels " + std::to_string(out));
  }
  Shape shape{transposed ? in : out, (transposed ? out : in) / groups};
  for (const std::int64_t n : per_axis(layer, "kernel_size", kernel, axes, 1)) shape.push_back(n);
  return shape;
}

// U(-k, k) with k = 1 / sqrt(fan_in), where PyTorch takes for fan_in the size of weight[0].
Tensor initial(const Shape& shape, const Shape& weight, Generator& rng, DType dtype) {
  const double k = 1 / std::sqrt(static_cast<double>(numel(weight) / weight[0]));
  return uniform(shape, -k, k, rng, dtype);
}

bool all(const Dims& values, std::int64_t n) {
  return std::all_of(values.begin(), values.end(), [n](std::int64_t v) { return v == n; });
}

PerAxis full_of(const Dims& values) {
  PerAxis made;
  for (const std::int64_t n : values) made.push_back(n);
  return made;
}

// "6, 16, kernel_size=(5, 5), stride=(1, 1)" and what is not the default of stride, padding, ...
struct Printed {
  std::int64_t in, out;
  Dims kernel, stride, dilation, output_padding;
  string padding;  // "" for the default
  std::int64_t groups;
  bool bias;
};
string print(const Printed& p) {
  string text = std::to_string(p.in) + ", " + std::to_string(p.out) +
                ", kernel_size=" + python_tuple(p.kernel) + ", stride=" + python_tuple(p.stride);
  if (!p.padding.empty()) text += ", padding=" + p.padding;
  if (!all(p.dilation, 1)) text += ", dilation=" + python_tuple(p.dilation);
  if (!all(p.output_padding, 0)) text += ", output_padding=" + python_tuple(p.output_padding);
  if (p.groups != 1) text += ", groups=" + std::to_string(p.groups);
  if (!p.bias) text += ", bias=False";
  return text;
}

Dims kernel_of(const Variable& weight) {
  Dims kernel;
  for (int i = 2; i < weight.rank(); ++i) kernel.push_back(weight.dim(i));
  return kernel;
}

const char* const kModes[] = {"zeros", "reflect", "replicate", "circular"};

PadMode mode_of(PaddingMode mode) {
  if (mode == PaddingMode::kReflect) return PadMode::kReflect;
  return mode == PaddingMode::kReplicate ? PadMode::kReplicate : PadMode::kCircular;
}

}  // namespace

Conv::Conv(int axes, std::int64_t in, std::int64_t out, const PerAxis& kernel_size, Generator& rng,
           const ConvLayerOptions& options)
    : axes_(axes), in_(in), options_(options) {
  const string layer = conv_name(axes);
  const Shape shape = weight_shape(layer, axes, in, out, options.groups, kernel_size, false);
  options_.stride = full_of(per_axis(layer, "stride", options.stride, axes, 1, 1));
  options_.dilation = full_of(per_axis(layer, "dilation", options.dilation, axes, 1, 1));
  const PerAxis padding = full_of(per_axis(layer, "padding", options.padding, axes, 0, 0));
  static_cast<PerAxis&>(options_.padding) = padding;
  if (options.padding.word == ConvPadding::kSame && !all(options_.stride, 1)) {
    throw ConfigError("[" + layer + "] padding: same with stride " + python_tuple(options_.stride) +
                      "; expected stride 1");
  }
  // From the last axis to the first, as pad() takes them; before and after.
  bool even = true;
  for (int i = axes - 1; i >= 0; --i) {
    std::int64_t before = padding[i], after = padding[i];
    if (options.padding.word == ConvPadding::kSame) {
      const std::int64_t total = options_.dilation[i] * (shape[2 + i] - 1);
      before = total / 2;
      after = total - before;
    }
    even = even && before == after;
    pads_.push_back(before);
    pads_.push_back(after);
  }
  to_op_ = {options_.stride, 0, options_.dilation, options.groups};
  if (even && options.padding_mode == PaddingMode::kZeros) {
    to_op_.padding = PerAxis();
    for (int i = 0; i < axes; ++i) to_op_.padding.push_back(pads_[2 * (axes - 1 - i)]);
    pads_.clear();
  } else if (std::all_of(pads_.begin(), pads_.end(), [](std::int64_t n) { return n == 0; })) {
    pads_.clear();
  }
  weight = parameter("weight", initial(shape, shape, rng, options.dtype));
  if (options.bias) bias = parameter("bias", initial({out}, shape, rng, options.dtype));
}

Variable Conv::forward(Operand x) const {
  check_image(conv_name(axes_), x.variable.value(), axes_, in_);
  const std::source_location line = x.where;
  if (!pads_.empty()) {
    const bool zeros = options_.padding_mode == PaddingMode::kZeros;
    Variable padded =
        zeros ? pad(std::move(x), pads_) : pad(std::move(x), pads_, mode_of(options_.padding_mode));
    x = {std::move(padded), line};
  }
  return axes_ == 1 ? conv1d(std::move(x), {weight, line}, {bias, line}, to_op_)
                    : conv2d(std::move(x), {weight, line}, {bias, line}, to_op_);
}

string Conv::extra_repr() const {
  const ConvPadding& p = options_.padding;
  const string padding = p.word == ConvPadding::kSame    ? "same"
                         : p.word == ConvPadding::kValid ? "valid"
                         : all(p, 0)                     ? ""
                                                         : python_tuple(p);
  string text = print({in_, weight.dim(0), kernel_of(weight), options_.stride, options_.dilation,
                       Dims::filled(axes_, 0), padding, options_.groups, bias.defined()});
  if (options_.padding_mode == PaddingMode::kZeros) return text;
  return text + ", padding_mode=" + kModes[static_cast<int>(options_.padding_mode)];
}

ConvTranspose::ConvTranspose(int axes, std::int64_t in, std::int64_t out,
                             const PerAxis& kernel_size, Generator& rng,
                             const ConvTransposeLayerOptions& options)
    : axes_(axes), in_(in) {
  const string layer = transpose_name(axes);
  const Shape shape = weight_shape(layer, axes, in, out, options.groups, kernel_size, true);
  const auto each = [&](const char* argument, const PerAxis& value, std::int64_t least) {
    return full_of(per_axis(layer, argument, value, axes, least, least));
  };
  options_ = {each("stride", options.stride, 1), each("padding", options.padding, 0),
              each("output_padding", options.output_padding, 0), options.groups,
              each("dilation", options.dilation, 1)};
  weight = parameter("weight", initial(shape, shape, rng, options.dtype));
  if (options.bias) bias = parameter("bias", initial({out}, shape, rng, options.dtype));
}

Variable ConvTranspose::forward(Operand x) const {
  check_image(transpose_name(axes_), x.variable.value(), axes_, in_);
  const std::source_location line = x.where;
  return axes_ == 1 ? conv_transpose1d(std::move(x), {weight, line}, {bias, line}, options_)
                    : conv_transpose2d(std::move(x), {weight, line}, {bias, line}, options_);
}

string ConvTranspose::extra_repr() const {
  return print({in_, weight.dim(1) * options_.groups, kernel_of(weight), options_.stride,
                options_.dilation, options_.output_padding,
                all(options_.padding, 0) ? "" : python_tuple(options_.padding), options_.groups,
                bias.defined()});
}

}  // namespace gradus::nn
