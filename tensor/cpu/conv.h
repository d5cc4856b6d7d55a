#pragma once
// The three products of a convolution. All are sums of w[o, c, i, j] x[n, c, .., ..] y[n, o, ..]
// over the windows: y from x and w, x from y and w (the transpose), w from x and y.
#include <vector>

#include "tensor/tensor.h"
#include "tensor/windows.h"

namespace gradus::cpu {

/// What the three share. x [N, C, H, W] is what windows slide over, y [N, O, TH, TW] has one
/// element per window, w is [O, C / groups, KH, KW].
struct Convolution {
  WindowAxis rows, columns;
  std::int64_t groups;
};

/// One floating dtype of float32 and float64 throughout; bias [O] may be undefined. Results are
/// row-major without gaps. Each element of y (and x) is one chain of fused multiply-adds, in order
/// of the channels and of the elements in a window.
void convolve(const Convolution& conv, const Tensor& x, const Tensor& w, const Tensor& bias,
              const Tensor& y);
void convolve_transposed(const Convolution& conv, const Tensor& y, const Tensor& w,
                         const Tensor& bias, const Tensor& x);
/// Sums over windows go in 64 bytes of lanes, and over pieces of the images that depend on the
/// shapes alone.
void convolve_weight(const Convolution& conv, const Tensor& x, const Tensor& y, const Tensor& w);

/// An element of the kernel as a convolution with stride 1 sees it: in which copy of the source,
/// and how far from the beginning of the window.
struct Tap {
  std::int64_t index;  ///< along the kernel
  std::int64_t copy, shift;
};

/// One axis of a convolution or its transpose, as convolutions with stride 1. A source that is
/// walked in steps is copied once per remainder, so that neighbours lie next to each other; results
/// at steps are as many separate convolutions ("phases"), each with the taps that fall on elements.
struct ConvAxis {
  std::int64_t results, result_step;  ///< position t of phase f is t * result_step + f
  std::int64_t source, source_step;
  std::vector<std::int64_t> copies;  ///< t of copy s comes from t * source_step + copies[s]
  std::vector<std::vector<Tap>> phases;
  std::int64_t reach;  ///< the largest shift

  static ConvAxis forward(const WindowAxis& axis, std::int64_t size, std::int64_t windows);
  static ConvAxis transposed(const WindowAxis& axis, std::int64_t size, std::int64_t windows);

  /// Positions of a phase.
  std::int64_t count(std::int64_t phase) const {
    return phase < results ? (results - phase + result_step - 1) / result_step : 0;
  }
};

/// A part of the positions of all phases.
struct ConvBand {
  std::int64_t row, column, rows, columns;

  std::int64_t row_length(const ConvAxis& across) const { return columns + across.reach; }
  std::int64_t plane(const ConvAxis& down, const ConvAxis& across) const {
    return (rows + down.reach) * row_length(across);
  }
};

/// Copies what a band reads of one channel, whose rows and columns are `steps` apart: a plane for
/// each pair of copies, zeros outside.
template <class T>
void copy_band(const ConvAxis& down, const ConvAxis& across, const ConvBand& band, const T* from,
               std::int64_t row_step, std::int64_t column_step, T* to);

}  // namespace gradus::cpu
