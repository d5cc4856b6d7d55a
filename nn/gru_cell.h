#pragma once
#include "nn/recurrent_cell.h"

namespace gradus::nn {

/// One step of GRU, see there. Shapes: x [N, in], h [N, H], or both without N  ->  h' like h.
/// Init: U(-k, k), k = 1 / sqrt(H).
/// Throws ConfigError: "[GRUCell] hidden_size: 0; expected >= 1".
struct GRUCell : OneStep {
  GRUCell(std::int64_t input_size, std::int64_t hidden_size, Generator& rng, bool bias = true,
          DType dtype = kFloat32)
      : OneStep("GRUCell", RecurrentCell::kGru, input_size, hidden_size, rng, bias, dtype) {}

  using Module::operator();
  /// From h = 0, or from h. Throws ShapeError, DTypeError as RNNCell.
  Variable forward(Operand x) const override { return run(x, {}, {}).h_n; }
  Variable forward(Operand x, const Variable& h) const { return run(x, h, {}).h_n; }
  Variable operator()(Operand x, const Variable& h) const {
    return call("", [&] { return forward(std::move(x), h); });
  }
};

}  // namespace gradus::nn
