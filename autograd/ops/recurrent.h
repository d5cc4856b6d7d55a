#pragma once
#include <span>

#include "autograd/record.h"
#include "tensor/recurrent.h"

namespace gradus {

/// What a layer starts from and what it has learned.
struct RecurrentOperands {
  Variable h, c;        ///< [N, H]; c of an LSTM alone
  Variable w_ih, w_hh;  ///< [G H, I], [G H, H], G blocks in the order of gates_of()
  Variable b_ih, b_hh;  ///< [G H], both or none
};

/// What it gives.
struct RecurrentResult {
  Variable output;  ///< [T, N, H], 0 behind the end of a sequence
  Variable h_n;     ///< [N, H], behind the last step of each sequence
  Variable c_n;     ///< the same of c, LSTM alone
};

}  // namespace gradus

namespace gradus::ops {

/// Inputs: x, h, w_ih, w_hh, then c, then b_ih and b_hh, where there are any. The result holds the
/// outputs, h_n and c_n, see RecurrentForward.
struct Recurrent {
  static constexpr const char* kName = "recurrent";
  static constexpr bool kReadsInputs = true, kReadsResult = true;
  RecurrentSteps steps;
  bool has_c = false, has_bias = false;
  SavedTensor gates, kept;

  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// One layer of recurrent cells over all steps in one direction, in one recorded step: the cell's
/// equations (tensor/recurrent_cells.h) for t = 0..T-1, or T-1..0, with a_t = W_ih x_t + b_ih +
/// W_hh h + b_hh. Backward goes through the steps once for the gradients da_t of all a_t, then
///   dx = da W_ih,  dW_ih = da^T x,  dW_hh = da^T h_before,  db = sum over steps and N of da
/// are matrix products over all steps. With create_graph the same is recorded step by step.
/// Shapes: x [T, N, I]. Throws ShapeError, DTypeError (one floating dtype):
///   "[recurrent] x is [5, 2, 3], h is [2, 4], w_ih is [4, 2], w_hh is [4, 4]; expected x [T, N,
///   I], h [N, H], w_ih [1 H, I], w_hh [1 H, H], no c, b_ih and b_hh [1 H] or none"
///   "[recurrent] lengths: int64 [3]; expected int64 [2], one per sequence, each in 1..5"
///   "[recurrent] x is float32 beside float64; expected one floating dtype"
RecurrentResult recurrent(Operand x, const RecurrentOperands& operands,
                          const RecurrentSteps& steps);

/// The same out of small operations, for higher derivatives, and with an output h P^T of fewer
/// numbers, which also takes the place of h in the next step, if w_hr [P, H] is defined.
RecurrentResult recurrent_by_steps(Operand x, const RecurrentOperands& operands,
                                   const RecurrentSteps& steps, const Variable& w_hr = {});

}  // namespace gradus
