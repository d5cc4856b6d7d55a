#pragma once
#include "tensor/tensor.h"

namespace gradus {

/// Which cell a recurrent layer repeats, see tensor/recurrent_cells.h.
enum class RecurrentCell { kTanh, kRelu, kLstm, kGru };

/// Blocks of `hidden` rows in the matrices of a cell: 1, 1, 4 (i, f, g, o), 3 (r, z, n).
constexpr int gates_of(RecurrentCell cell) {
  return cell == RecurrentCell::kLstm ? 4 : cell == RecurrentCell::kGru ? 3 : 1;
}

/// How one layer runs over the steps in one direction.
struct RecurrentSteps {
  RecurrentCell cell;
  bool reverse = false;  ///< from the last step to the first
  /// int64 [N], contiguous, each in 1..T: sequence n has the steps 0..lengths[n] - 1 alone.
  /// Undefined: all have T.
  Tensor lengths = {};
};

// What the layer of autograd/ops/recurrent.h runs on; operands are checked there. They are
// contiguous and of one dtype, float32 or float64. T steps, N sequences, H hidden units, G =
// gates_of(cell). Threads share the sequences, each of which goes through all steps by itself.

/// What a forward pass gives.
struct RecurrentForward {
  Tensor y;      ///< [T + 1, N, H], LSTM [T + 2, N, H]: the outputs, 0 behind the end; h_n; c_n
  Tensor gates;  ///< [T, N, G H]: i, f, g, o or r, z, n, if kept
  Tensor kept;   ///< [T, N, H]: c (LSTM), W_hn h + b_hn (GRU), if kept
};
/// projected: x W_ih^T [T, N, G H], whose memory the gates take; h, c [N, H] at the start (c of an
/// LSTM alone); w_hh [G H, H]; b_ih, b_hh [G H] or undefined. keep: backward will follow.
RecurrentForward recurrent_forward(const Tensor& projected, const Tensor& h, const Tensor& c,
                                   const Tensor& w_hh, const Tensor& b_ih, const Tensor& b_hh,
                                   const RecurrentSteps& steps, bool keep);

/// What a backward pass gives; all sums over steps and sequences are left to matrix products.
struct RecurrentBackward {
  Tensor projected;  ///< [T, N, G H], of `projected`
  Tensor recurrent;  ///< the same of h W_hh^T; `projected` itself unless GRU
  Tensor previous;   ///< [T, N, H]: h before each step
  Tensor h, c;       ///< [N, H], of the state at the start
};
/// dy is like forward.y; h, c and w_hh are what forward had.
RecurrentBackward recurrent_backward(const Tensor& dy, const RecurrentForward& forward,
                                     const Tensor& h, const Tensor& c, const Tensor& w_hh,
                                     const RecurrentSteps& steps);

}  // namespace gradus
