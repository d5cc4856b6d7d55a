#pragma once
#include "nn/recurrent_cell.h"

namespace gradus::nn {

/// As the arguments of torch.nn.RNNCell.
struct RNNCellOptions {
  bool bias = true;
  Nonlinearity nonlinearity = Nonlinearity::kTanh;
  DType dtype = kFloat32;
};

/// One step of RNN: h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu.
/// Shapes: x [N, in], h [N, H], or both without N  ->  h' like h. Init: U(-k, k), k = 1 / sqrt(H).
/// Throws ConfigError: "[RNNCell] hidden_size: 0; expected >= 1".
struct RNNCell : OneStep {
  RNNCell(std::int64_t input_size, std::int64_t hidden_size, Generator& rng,
          const RNNCellOptions& options = {})
      : OneStep("RNNCell",
                options.nonlinearity == Nonlinearity::kTanh ? RecurrentCell::kTanh
                                                            : RecurrentCell::kRelu,
                input_size, hidden_size, rng, options.bias, options.dtype) {}

  using Module::operator();
  /// From h = 0, or from h. Throws ShapeError, DTypeError:
  ///   "[RNNCell] x is [2, 4]; expected [N, 3] or [3]"
  ///   "[RNNCell] h is [3, 5]; expected [2, 5] for x [2, 3]"
  Variable forward(Operand x) const override { return run(x, {}, {}).h_n; }
  Variable forward(Operand x, const Variable& h) const { return run(x, h, {}).h_n; }
  Variable operator()(Operand x, const Variable& h) const {
    return call("", [&] { return forward(std::move(x), h); });
  }
};

}  // namespace gradus::nn
