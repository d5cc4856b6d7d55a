#include "autograd/ops/conv.h"

#include <utility>

#include "autograd/ops/slice.h"
#include "autograd/ops/sum.h"

namespace gradus {
namespace {

using ops::ConvSettings;

template <class Op>
Variable with_bias(Op op, Operand x, Operand w, Operand b) {
  if (!b.variable.defined()) return record(std::move(op), x, w);
  return record(std::move(op), x, w, b);
}

Variable conv(const ConvSettings& s, const Variable& x, const Variable& w) {
  return s.axes == 1 ? conv1d(x, w, Variable(), s.options) : conv2d(x, w, Variable(), s.options);
}

Variable weight(const ConvSettings& s, const Variable& x, const Variable& dy,
                const PerAxis& kernel) {
  return s.axes == 1 ? conv1d_weight(x, dy, kernel, s.options)
                     : conv2d_weight(x, dy, kernel, s.options);
}

std::int64_t of(const PerAxis& value, int i) { return value[value.rank() == 1 ? 0 : i]; }

/// The last sizes of a shape, without the channels.
PerAxis sizes(const Shape& shape, int axes) {
  PerAxis found;
  for (int i = shape.rank() - axes; i < shape.rank(); ++i) found.push_back(shape[i]);
  return found;
}

/// The transposed convolution that gives the shape of x.
Variable transposed(const ConvSettings& s, const Variable& dy, const Variable& w, const Shape& x) {
  const ConvOptions& o = s.options;
  const PerAxis size = sizes(x, s.axes), windows = sizes(dy.shape(), s.axes);
  const PerAxis kernel = sizes(w.shape(), s.axes);
  ConvTransposeOptions options{o.stride, o.padding, {}, o.groups, o.dilation};
  options.output_padding = PerAxis();
  for (int i = 0; i < s.axes; ++i) {
    const WindowAxis axis{kernel[i], of(o.stride, i), of(o.padding, i), of(o.dilation, i)};
    options.output_padding.push_back(size[i] - axis.size(windows[i]));
  }
  return s.axes == 1 ? conv_transpose1d(dy, w, Variable(), options)
                     : conv_transpose2d(dy, w, Variable(), options);
}

/// The convolution that gives the shape of y: output padding may make room for a window more.
Variable convolved(const ConvSettings& s, const Variable& x, const Variable& w, const Shape& y) {
  Variable result = conv(s, x, w);
  for (int axis = y.rank() - s.axes; axis < y.rank(); ++axis) {
    if (result.dim(axis) > y[axis]) result = slice(result, axis, {0, y[axis]});
  }
  return result;
}

void set_bias(const ConvSettings& s, Gradients& d) {
  if (d.inputs() < 3 || !d.needs(2)) return;
  const int channels = d.dy().rank() - s.axes - 1;
  Axes others;
  for (int axis = 0; axis < d.dy().rank(); ++axis) {
    if (axis != channels) others.push_back(axis);
  }
  d.set(2, sum(d.dy(), others));
}

}  // namespace

Tensor ops::Conv::forward(const Tensor& x, const Tensor& w, const Tensor& b) const {
  return axes == 1 ? conv1d(x, w, b, options) : conv2d(x, w, b, options);
}

void ops::Conv::backward(Gradients& d) const {
  if (d.needs(0)) d.set(0, transposed(*this, d.dy(), d.x(1), d.shape(0)));
  if (d.needs(1)) d.set(1, weight(*this, d.x(0), d.dy(), sizes(d.shape(1), axes)));
  set_bias(*this, d);
}

Tensor ops::ConvTranspose::forward(const Tensor& x, const Tensor& w, const Tensor& b) const {
  const ConvTransposeOptions all{options.stride, options.padding, output_padding, options.groups,
                                 options.dilation};
  return axes == 1 ? conv_transpose1d(x, w, b, all) : conv_transpose2d(x, w, b, all);
}

void ops::ConvTranspose::backward(Gradients& d) const {
  if (d.dy().numel() == 0) {  // padding has left nothing, so there is no window to slide
    for (int i = 0; i < d.inputs(); ++i) {
      if (d.needs(i)) d.set(i, zeros(d.shape(i), d.dtype(i), d.device(i)));
    }
    return;
  }
  if (d.needs(0)) d.set(0, convolved(*this, d.dy(), d.x(1), d.shape(0)));
  if (d.needs(1)) d.set(1, weight(*this, d.dy(), d.x(0), sizes(d.shape(1), axes)));
  set_bias(*this, d);
}

Tensor ops::ConvWeight::forward(const Tensor& x, const Tensor& dy) const {
  return axes == 1 ? conv1d_weight(x, dy, kernel, options) : conv2d_weight(x, dy, kernel, options);
}

void ops::ConvWeight::backward(Gradients& d) const {
  if (d.needs(0)) d.set(0, transposed(*this, d.x(1), d.dy(), d.shape(0)));
  if (d.needs(1)) d.set(1, convolved(*this, d.x(0), d.dy(), d.shape(1)));
}

Variable conv1d(Operand x, Operand w, Operand b, const ConvOptions& options) {
  return with_bias(ops::Conv1d{{{1, options}}}, x, w, b);
}
Variable conv2d(Operand x, Operand w, Operand b, const ConvOptions& options) {
  return with_bias(ops::Conv2d{{{2, options}}}, x, w, b);
}

Variable conv_transpose1d(Operand x, Operand w, Operand b, const ConvTransposeOptions& o) {
  const ConvOptions options{o.stride, o.padding, o.dilation, o.groups};
  return with_bias(ops::ConvTranspose1d{{{1, options}, o.output_padding}}, x, w, b);
}
Variable conv_transpose2d(Operand x, Operand w, Operand b, const ConvTransposeOptions& o) {
  const ConvOptions options{o.stride, o.padding, o.dilation, o.groups};
  return with_bias(ops::ConvTranspose2d{{{2, options}, o.output_padding}}, x, w, b);
}

Variable conv1d_weight(Operand x, Operand dy, const PerAxis& kernel, const ConvOptions& options) {
  return record(ops::Conv1dWeight{{{1, options}, kernel}}, x, dy);
}
Variable conv2d_weight(Operand x, Operand dy, const PerAxis& kernel, const ConvOptions& options) {
  return record(ops::Conv2dWeight{{{2, options}, kernel}}, x, dy);
}

}  // namespace gradus
