#pragma once
#include "tensor/tensor.h"
#include "tensor/windows.h"

namespace gradus {

// Convolutions as networks have them, without turning the kernel around (correlations), and their
// transposes. Shape letters: N images, C channels in, O out, g groups, L or H, W sizes. Operands
// have one floating dtype; half types are summed in float32 and rounded once. The results depend
// neither on threads nor on strides. Differs: whole numbers, which PyTorch takes in part, are
// refused.

/// How the windows of a convolution lie.
struct ConvOptions {
  PerAxis stride = 1;       ///< from one window to the next
  PerAxis padding = 0;      ///< zeros before and after each axis
  PerAxis dilation = 1;     ///< from one element of a window to the next
  std::int64_t groups = 1;  ///< channels are cut in so many groups, each of which sees only itself
};

/// The same for its transpose.
struct ConvTransposeOptions {
  PerAxis stride = 1;
  PerAxis padding = 0;
  PerAxis output_padding = 0;  ///< elements added to one end of each axis of the result
  std::int64_t groups = 1;
  PerAxis dilation = 1;
};

/// y[n, o, t] = b[o] + sum over c, i of w[o, c, i] x[n, c, t stride - padding + i dilation], where
/// c runs over the channels of the group of o, and x is 0 outside. b may be left out. Shapes: x [N,
/// C, L] or [C, L], w [O, C / g, K], b [O]  ->  y [N, O, T] or [O, T] with
///   T = floor((L + 2 padding - dilation (K - 1) - 1) / stride) + 1.
/// Throws ShapeError:
///   "[conv1d] x: shape [4]; expected [N, C, L] or [C, L]"
///   "[conv1d] x: shape [2, 3, 0]; expected sizes of at least 1 but for N and C"
///   "[conv1d] x is [1, 3, 8] and w is [4, 2, 3]: x has 3 channels, w takes 2 in each of 1 groups"
///   "[conv1d] w is [4, 3, 9]: its window spans [9]; expected at most the padded size [8] of x"
///   "[conv1d] b: shape [3]; expected [4], one number per channel of the result"
/// ConfigError:
///   "[conv1d] groups: 2; expected a divisor of the 3 channels of the result"
///   "[conv1d] stride: 0; expected numbers from 1 on"
/// DTypeError: "[conv1d] x is float32 and w is float64; expected one floating dtype; ..."
Tensor conv1d(const Tensor& x, const Tensor& w, const Tensor& b = {},
              const ConvOptions& options = {});

/// The same along two axes.
/// Shapes: x [N, C, H, W] or [C, H, W], w [O, C / g, KH, KW], b [O]  ->  y [N, O, TH, TW].
Tensor conv2d(const Tensor& x, const Tensor& w, const Tensor& b = {},
              const ConvOptions& options = {});

/// The transpose of conv1d in x: y[n, o, t stride - padding + i dilation] is the sum over c, t, i
/// of w[c, o, i] x[n, c, t], plus b[o]. Shapes: x [N, C, L] or [C, L], w [C, O / g, K], b [O]  ->
/// y [N, O, T] or [O, T] with
///   T = (L - 1) stride - 2 padding + dilation (K - 1) + 1 + output_padding.
/// Throws as conv1d, and ConfigError:
///   "[conv_transpose1d] output_padding: 2; expected less than stride 2 or dilation 1"
///   "[conv_transpose1d] padding: [3] leaves sizes of [-2]; expected none below 0"
Tensor conv_transpose1d(const Tensor& x, const Tensor& w, const Tensor& b = {},
                        const ConvTransposeOptions& options = {});

/// The same along two axes.
/// Shapes: x [N, C, H, W] or [C, H, W], w [C, O / g, KH, KW], b [O]  ->  y [N, O, TH, TW].
Tensor conv_transpose2d(const Tensor& x, const Tensor& w, const Tensor& b = {},
                        const ConvTransposeOptions& options = {});

/// The gradient of conv1d in w, where dy is that in the result: dw[o, c, i] = sum over n, t of
/// dy[n, o, t] x[n, c, t stride - padding + i dilation]. With x and dy in each other's place it is
/// that of conv_transpose1d.
/// Shapes: x [N, C, L], dy [N, O, T]  ->  dw [O, C / g, K] for `kernel` = K.
/// Throws as conv1d, and ShapeError:
///   "[conv1d_weight] dy is [1, 4, 9]: windows [9]; expected [8] along x [1, 3, 8]"
Tensor conv1d_weight(const Tensor& x, const Tensor& dy, const PerAxis& kernel,
                     const ConvOptions& options = {});

/// The same along two axes.
Tensor conv2d_weight(const Tensor& x, const Tensor& dy, const PerAxis& kernel,
                     const ConvOptions& options = {});

}  // namespace gradus
