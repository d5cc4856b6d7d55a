#pragma once
#include "autograd/record.h"
#include "tensor/conv.h"

// Three bilinear functions are the gradients of each other: convolution, its transpose, and the
// gradient in the kernel. So every order of derivative is made of them.

namespace gradus::ops {

/// What they have in common. axes: along which windows slide.
struct ConvSettings {
  int axes = 1;
  ConvOptions options;
};

struct Conv : ConvSettings {
  static constexpr bool kReadsInputs = true, kReadsResult = false;

  Tensor forward(const Tensor& x, const Tensor& w, const Tensor& b = {}) const;
  void backward(Gradients& d) const;
};
struct Conv1d : Conv {
  static constexpr const char* kName = "conv1d";
};
struct Conv2d : Conv {
  static constexpr const char* kName = "conv2d";
};

struct ConvTranspose : ConvSettings {
  static constexpr bool kReadsInputs = true, kReadsResult = false;
  PerAxis output_padding;

  Tensor forward(const Tensor& x, const Tensor& w, const Tensor& b = {}) const;
  void backward(Gradients& d) const;
};
struct ConvTranspose1d : ConvTranspose {
  static constexpr const char* kName = "conv_transpose1d";
};
struct ConvTranspose2d : ConvTranspose {
  static constexpr const char* kName = "conv_transpose2d";
};

struct ConvWeight : ConvSettings {
  static constexpr bool kReadsInputs = true, kReadsResult = false;
  PerAxis kernel;

  Tensor forward(const Tensor& x, const Tensor& dy) const;
  void backward(Gradients& d) const;
};
struct Conv1dWeight : ConvWeight {
  static constexpr const char* kName = "conv1d_weight";
};
struct Conv2dWeight : ConvWeight {
  static constexpr const char* kName = "conv2d_weight";
};

}  // namespace gradus::ops

namespace gradus {

/// Convolution, y[n, o, t] = b[o] + sum over c, i of w[o, c, i] x[n, c, t stride - padding +
/// i dilation]; b may be left out. With dy as the new input dx is conv_transpose1d, dw is
/// conv1d_weight(x, dy), db the sum of dy over n and t. Shapes and errors: tensor/conv.h.
Variable conv1d(Operand x, Operand w, Operand b = Variable(), const ConvOptions& options = {});
Variable conv2d(Operand x, Operand w, Operand b = Variable(), const ConvOptions& options = {});

/// The transpose of conv1d in x; dx is conv1d of dy, dw is conv1d_weight(dy, x).
Variable conv_transpose1d(Operand x, Operand w, Operand b = Variable(),
                          const ConvTransposeOptions& options = {});
Variable conv_transpose2d(Operand x, Operand w, Operand b = Variable(),
                          const ConvTransposeOptions& options = {});

/// The gradient of conv1d in w; with g for the gradient of the result, dx is conv_transpose1d of
/// (dy, g), and that of dy is conv1d(x, g).
Variable conv1d_weight(Operand x, Operand dy, const PerAxis& kernel,
                       const ConvOptions& options = {});
Variable conv2d_weight(Operand x, Operand dy, const PerAxis& kernel,
                       const ConvOptions& options = {});

}  // namespace gradus
