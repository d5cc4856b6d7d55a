#pragma once
#include "nn/recurrent_cell.h"

namespace gradus::nn {

/// The state of an LSTMCell.
struct LSTMState {
  Variable h = {}, c = {};
};

/// One step of LSTM, see there. Shapes: x [N, in], h and c [N, H], or all without N  ->  h', c'
/// like h. Init: U(-k, k), k = 1 / sqrt(H).
/// Throws ConfigError: "[LSTMCell] hidden_size: 0; expected >= 1".
struct LSTMCell : OneStep {
  LSTMCell(std::int64_t input_size, std::int64_t hidden_size, Generator& rng, bool bias = true,
           DType dtype = kFloat32)
      : OneStep("LSTMCell", RecurrentCell::kLstm, input_size, hidden_size, rng, bias, dtype) {}

  /// What is not given is 0. Throws ShapeError, DTypeError as RNNCell.
  LSTMState forward(Operand x, const LSTMState& state = {}) const {
    RecurrentResult next = run(x, state.h, state.c);
    return {std::move(next.h_n), std::move(next.c_n)};
  }
  LSTMState operator()(Operand x, const LSTMState& state = {}) const {
    return call("", [&] { return forward(std::move(x), state); });
  }
};

}  // namespace gradus::nn
