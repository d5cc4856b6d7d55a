#pragma once
#include "nn/recurrent_layer.h"

namespace gradus::nn {

/// As the arguments of torch.nn.RNN.
struct RNNOptions {
  std::int64_t num_layers = 1;                      ///< each on the outputs of the one before
  Nonlinearity nonlinearity = Nonlinearity::kTanh;  ///< or kRelu
  bool bias = true;
  bool batch_first = false;    ///< x and output are [N, T, ...] instead of [T, N, ...]
  double dropout = 0;          ///< of the outputs between layers while training, in 0..1
  bool bidirectional = false;  ///< a second direction, from the last step to the first
  DType dtype = kFloat32;
};

/// Of one call of RNN or GRU.
struct RNNCall {
  Variable h_0 = {};    ///< [num_layers D, N, H]; zeros if not given
  Tensor lengths = {};  ///< int64 [N], in any order, each 1..T: the steps of each sequence
};

/// What RNN and GRU give.
struct RNNResult {
  Variable output;  ///< the last layer's h of each step, [T, N, D H]
  Variable h_n;     ///< each layer's h behind its last step, [num_layers D, N, H]

  /// To go on from here in the next call without a gradient into this one: truncated
  /// backpropagation through time.
  RNNCall state() const { return {.h_0 = h_n.detach()}; }
};

/// Elman's recurrent network: h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), or relu.
/// Shapes: x [T, N, in], or [N, T, in] with batch_first, or [T, in] for one sequence (then no N
/// anywhere); D is 2 if bidirectional, else 1  ->  output [T, N, D H] laid out like x, forward
/// before reverse; h_n [num_layers D, N, H], layer by layer.
/// With lengths the steps behind a sequence's end do not exist: output is 0 there, h_n is that of
/// its own end, the reverse direction starts at its own end: what pack_padded_sequence(x, lengths,
/// enforce_sorted=False) and pad_packed_sequence(output, total_length=T) do.
/// Parameters: weight_ih_l0 [H, in] (in later layers [H, D H]), weight_hh_l0 [H, H], bias_ih_l0,
/// bias_hh_l0 [H], then those of weight_ih_l0_reverse, then of l1 ...
/// Init: U(-k, k) with k = 1 / sqrt(H).
/// Throws ConfigError: "[RNN] hidden_size: 0; expected >= 1", num_layers, input_size likewise,
///   "[RNN] dropout: 1.5; expected a probability in 0..1"
/// Source: Elman 1990, "Finding structure in time", doi:10.1207/s15516709cog1402_1.
/// Differs: dropout has a random stream of its own; with one layer it does nothing, silently.
struct RNN : RecurrentLayer {
  RNN(std::int64_t input_size, std::int64_t hidden_size, Generator& rng,
      const RNNOptions& options = {})
      : RecurrentLayer({.layer = "RNN",
                        .cell = options.nonlinearity == Nonlinearity::kTanh ? RecurrentCell::kTanh
                                                                            : RecurrentCell::kRelu,
                        .input_size = input_size,
                        .hidden_size = hidden_size,
                        .num_layers = options.num_layers,
                        .bias = options.bias,
                        .batch_first = options.batch_first,
                        .dropout = options.dropout,
                        .bidirectional = options.bidirectional,
                        .dtype = options.dtype},
                       rng) {}
  using Call = RNNCall;
  using Result = RNNResult;

  /// Throws ShapeError, DTypeError:
  ///   "[RNN] x is [5, 2, 4]; expected [T, N, 3] or [T, 3]"
  ///   "[RNN] x is [0, 2, 3]; expected at least one step on axis 0"
  ///   "[RNN] h_0 is [1, 3, 4]; expected [1, 2, 4], [num_layers * directions, N, size] for x
  ///   [5, 2, 3]"
  ///   "[RNN] lengths: 6 at [1]; expected 1..5, the steps of x [5, 2, 3]"
  Result forward(Operand x, const Call& how = {}) const {
    RecurrentResult all = run(x, how.h_0, {}, how.lengths);
    return {std::move(all.output), std::move(all.h_n)};
  }
  Result operator()(Operand x, const Call& how = {}) const {
    return call("", [&] { return forward(std::move(x), how); });
  }
};

}  // namespace gradus::nn
