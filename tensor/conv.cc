#include "tensor/conv.h"

#include <string>

#include "tensor/cpu/conv.h"
#include "tensor/cuda/ops/conv.h"
#include "tensor/work.h"

namespace gradus {
namespace {

std::string text(std::int64_t n) { return std::to_string(n); }

/// The arguments of one call, for errors and for the kernels. One axis counts as two, of which the
/// first has size 1.
struct Call {
  std::string op;
  int axes;  // along which windows slide
  Dims stride, padding, dilation;
  std::int64_t groups;

  Call(std::string_view name, int axes, const PerAxis& strides, const PerAxis& paddings,
       const PerAxis& dilations, std::int64_t groups)
      : op(name),
        axes(axes),
        stride(per_axis(name, "stride", strides, axes, 1, 1)),
        padding(per_axis(name, "padding", paddings, axes, 0, 0)),
        dilation(per_axis(name, "dilation", dilations, axes, 1, 1)),
        groups(groups) {
    if (groups < 1) {
      throw ConfigError("[" + op + "] groups: " + text(groups) + "; expected 1 or more");
    }
  }

  [[noreturn]] void wrong_shape(const std::string& what) const {
    throw ShapeError("[" + op + "] " + what);
  }
  [[noreturn]] void wrong_option(const std::string& what) const {
    throw ConfigError("[" + op + "] " + what);
  }

  void check_images(std::string_view argument, const Tensor& x) const {
    check_defined(op, argument, x);
    const std::string got = std::string(argument) + ": shape " + to_string(x.shape());
    if (x.rank() != axes + 1 && x.rank() != axes + 2) {
      wrong_shape(got + "; expected " +
                  (axes == 1 ? "[N, C, L] or [C, L]" : "[N, C, H, W] or [C, H, W]"));
    }
    for (int i = x.rank() - axes; i < x.rank(); ++i) {
      if (x.shape()[i] < 1) wrong_shape(got + "; expected sizes of at least 1 but for N and C");
    }
  }

  void check_dtypes(std::string_view x_name, const Tensor& x, std::string_view y_name,
                    const Tensor& y) const {
    if (x.dtype() == y.dtype() && is_floating(x.dtype())) return;
    throw DTypeError("[" + op + "] " + std::string(x_name) + " is " + std::string(name(x.dtype())) +
                     " and " + std::string(y_name) + " is " + std::string(name(y.dtype())) +
                     "; expected one floating dtype; convert with to()");
  }

  void check_weight(const Tensor& x, const Tensor& w) const {
    check_defined(op, "w", w);
    check_same_device(op, "x", x, "w", w);
    check_dtypes("x", x, "w", w);
    if (w.rank() != axes + 2) {
      wrong_shape("w: shape " + to_string(w.shape()) + "; expected " + text(axes + 2) +
                  " axes: two of channels, then the kernel");
    }
    for (int i = 2; i < w.rank(); ++i) {
      if (w.shape()[i] < 1) {
        wrong_shape("w: shape " + to_string(w.shape()) + "; expected a kernel of at least 1");
      }
    }
  }

  void check_bias(const Tensor& b, const Tensor& x, std::int64_t channels) const {
    if (!b.defined()) return;
    check_same_device(op, "x", x, "b", b);
    check_dtypes("x", x, "b", b);
    if (b.rank() == 1 && b.shape()[0] == channels) return;
    wrong_shape("b: shape " + to_string(b.shape()) + "; expected [" + text(channels) +
                "], one number per channel of the result");
  }

  void check_groups(std::int64_t channels, std::string_view whose) const {
    if (channels % groups == 0) return;
    wrong_option("groups: " + text(groups) + "; expected a divisor of the " + text(channels) +
                 " channels of " + std::string(whose));
  }

  WindowAxis axis(const Dims& kernel, int i) const {
    const int own = i + axes - 2;  // of two axes, where the first may not be there
    if (own < 0) return {};
    return {kernel[own], stride[own], padding[own], dilation[own]};
  }
  cpu::Convolution kernel(const Dims& kernel) const {
    return {axis(kernel, 0), axis(kernel, 1), groups};
  }

  /// How many windows there are along the axes of x; at least one each.
  Dims windows(const Tensor& x, const Dims& kernel, std::string_view w_text) const {
    Dims counts, spans, sizes;
    bool fits = true;
    for (int i = 0; i < axes; ++i) {
      const WindowAxis along{kernel[i], stride[i], padding[i], dilation[i]};
      const std::int64_t size = x.shape()[x.rank() - axes + i];
      counts.push_back(along.count(size));
      spans.push_back(along.span());
      sizes.push_back(size + 2 * padding[i]);
      fits = fits && counts[i] > 0;
    }
    if (fits) return counts;
    wrong_shape(std::string(w_text) + ": its window spans " + to_string(spans) +
                "; expected at most the padded size " + to_string(sizes) + " of x");
  }

  /// [N, C, H, W].
  Tensor images(const Tensor& x) const {
    const Tensor batch = x.rank() == axes + 1 ? x.unsqueeze(0) : x;
    return axes == 1 ? batch.unsqueeze(2) : batch;
  }
  Tensor lifted(const Tensor& w) const { return axes == 1 ? w.unsqueeze(2) : w; }

  /// Shape of a result for x.
  Shape result(const Tensor& x, std::int64_t channels, const Dims& sizes) const {
    Shape shape;
    if (x.rank() == axes + 2) shape.push_back(x.shape()[0]);
    shape.push_back(channels);
    for (const std::int64_t n : sizes) shape.push_back(n);
    return shape;
  }
};

std::int64_t channels_of(const Tensor& x, int axes) { return x.shape()[x.rank() - axes - 1]; }

Dims kernel_of(const Tensor& w) {
  Dims kernel;
  for (int i = 2; i < w.rank(); ++i) kernel.push_back(w.shape()[i]);
  return kernel;
}

// Each number of `windows` is made from, or goes to, one of w for each channel of its group.
void count_work(const Tensor& windows, const Tensor& w) {
  if (w.shape()[0] > 0) multiply_adds += windows.numel() * (w.numel() / w.shape()[0]);
}

Tensor computable(const Tensor& x) { return x.defined() ? x.to(compute_dtype(x.dtype())) : x; }

Tensor convolution(std::string_view name, int axes, const Tensor& x, const Tensor& w,
                   const Tensor& b, const ConvOptions& options) {
  const Call call(name, axes, options.stride, options.padding, options.dilation, options.groups);
  call.check_images("x", x);
  call.check_weight(x, w);
  const std::int64_t channels = channels_of(x, axes), outputs = w.shape()[0];
  call.check_groups(outputs, "the result");
  if (channels != w.shape()[1] * call.groups) {
    call.wrong_shape("x is " + to_string(x.shape()) + " and w is " + to_string(w.shape()) +
                     ": x has " + text(channels) + " channels, w takes " + text(w.shape()[1]) +
                     " in each of " + text(call.groups) + " groups");
  }
  call.check_bias(b, x, outputs);
  const Dims kernel = kernel_of(w);
  const Dims windows = call.windows(x, kernel, "w is " + to_string(w.shape()));
  const Tensor from = computable(x);
  const Tensor y = Tensor::empty(call.result(x, outputs, windows), from.dtype(), x.device());
  count_work(y, w);
  const auto run = x.on_cpu() ? cpu::convolve : gpu::convolve;
  run(call.kernel(kernel), call.images(from), call.lifted(computable(w)), computable(b),
      call.images(y));
  return y.to(x.dtype());
}

Tensor transposed(std::string_view name, int axes, const Tensor& x, const Tensor& w,
                  const Tensor& b, const ConvTransposeOptions& options) {
  const Call call(name, axes, options.stride, options.padding, options.dilation, options.groups);
  const Dims more = per_axis(name, "output_padding", options.output_padding, axes, 0, 0);
  call.check_images("x", x);
  call.check_weight(x, w);
  const std::int64_t channels = channels_of(x, axes), outputs = w.shape()[1] * call.groups;
  call.check_groups(channels, "x");
  if (channels != w.shape()[0]) {
    call.wrong_shape("x is " + to_string(x.shape()) + " and w is " + to_string(w.shape()) +
                     ": x has " + text(channels) + " channels, w takes " + text(w.shape()[0]));
  }
  call.check_bias(b, x, outputs);
  const Dims kernel = kernel_of(w);
  Dims sizes;
  bool fits = true;
  for (int i = 0; i < axes; ++i) {
    if (more[i] >= call.stride[i] && more[i] >= call.dilation[i]) {
      call.wrong_option("output_padding: " + text(more[i]) + "; expected less than stride " +
                        text(call.stride[i]) + " or dilation " + text(call.dilation[i]));
    }
    const WindowAxis along{kernel[i], call.stride[i], call.padding[i], call.dilation[i]};
    const std::int64_t windows = x.shape()[x.rank() - axes + i];
    sizes.push_back(along.size(windows) + more[i]);
    fits = fits && sizes[i] >= 0;
  }
  if (!fits) {
    call.wrong_option("padding: " + to_string(call.padding) + " leaves sizes of " +
                      to_string(sizes) + "; expected none below 0");
  }
  const Tensor from = computable(x);
  const Tensor y = Tensor::empty(call.result(x, outputs, sizes), from.dtype(), x.device());
  count_work(from, w);
  const auto run = x.on_cpu() ? cpu::convolve_transposed : gpu::convolve_transposed;
  run(call.kernel(kernel), call.images(from), call.lifted(computable(w)), computable(b),
      call.images(y));
  return y.to(x.dtype());
}

Tensor weight_gradient(std::string_view name, int axes, const Tensor& x, const Tensor& dy,
                       const PerAxis& kernels, const ConvOptions& options) {
  const Call call(name, axes, options.stride, options.padding, options.dilation, options.groups);
  const Dims kernel = per_axis(name, "kernel", kernels, axes, 1);
  call.check_images("x", x);
  call.check_images("dy", dy);
  check_same_device(name, "x", x, "dy", dy);
  call.check_dtypes("x", x, "dy", dy);
  const std::int64_t channels = channels_of(x, axes), outputs = channels_of(dy, axes);
  call.check_groups(channels, "x");
  call.check_groups(outputs, "dy");
  const Dims windows = call.windows(x, kernel, "kernel: " + to_string(kernel));
  Dims given;
  bool fits = true;
  for (int i = 0; i < axes; ++i) {
    // Output padding of the transpose may be one more window, which has no gradient.
    const WindowAxis along{kernel[i], call.stride[i], call.padding[i], call.dilation[i]};
    given.push_back(dy.shape()[dy.rank() - axes + i]);
    const std::int64_t more = x.shape()[x.rank() - axes + i] - along.size(given[i]);
    fits = fits && given[i] <= windows[i] && (more < call.stride[i] || more < call.dilation[i]);
  }
  const bool alike = x.rank() == dy.rank() && (x.rank() == axes + 1 || x.dim(0) == dy.dim(0));
  if (!alike) {
    call.wrong_shape("x is " + to_string(x.shape()) + " and dy is " + to_string(dy.shape()) +
                     "; expected as many images");
  }
  if (!fits) {
    call.wrong_shape("dy is " + to_string(dy.shape()) + ": windows " + to_string(given) +
                     "; expected " + to_string(windows) + " along x " + to_string(x.shape()));
  }
  const Tensor from = computable(x);
  Shape shape{outputs, channels / call.groups};
  for (const std::int64_t k : kernel) shape.push_back(k);
  const Tensor dw = Tensor::empty(shape, from.dtype(), x.device());
  count_work(dy, dw);
  const auto run = x.on_cpu() ? cpu::convolve_weight : gpu::convolve_weight;
  run(call.kernel(kernel), call.images(from), call.images(computable(dy)), call.lifted(dw));
  return dw.to(x.dtype());
}

}  // namespace

Tensor conv1d(const Tensor& x, const Tensor& w, const Tensor& b, const ConvOptions& options) {
  return convolution("conv1d", 1, x, w, b, options);
}

Tensor conv2d(const Tensor& x, const Tensor& w, const Tensor& b, const ConvOptions& options) {
  return convolution("conv2d", 2, x, w, b, options);
}

Tensor conv_transpose1d(const Tensor& x, const Tensor& w, const Tensor& b,
                        const ConvTransposeOptions& options) {
  return transposed("conv_transpose1d", 1, x, w, b, options);
}

Tensor conv_transpose2d(const Tensor& x, const Tensor& w, const Tensor& b,
                        const ConvTransposeOptions& options) {
  return transposed("conv_transpose2d", 2, x, w, b, options);
}

Tensor conv1d_weight(const Tensor& x, const Tensor& dy, const PerAxis& kernel,
                     const ConvOptions& options) {
  return weight_gradient("conv1d_weight", 1, x, dy, kernel, options);
}

Tensor conv2d_weight(const Tensor& x, const Tensor& dy, const PerAxis& kernel,
                     const ConvOptions& options) {
  return weight_gradient("conv2d_weight", 2, x, dy, kernel, options);
}

}  // namespace gradus
