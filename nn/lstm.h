#pragma once
#include "nn/recurrent_layer.h"

namespace gradus::nn {

/// As the arguments of torch.nn.LSTM.
struct LSTMOptions {
  std::int64_t num_layers = 1;  ///< each on the outputs of the one before
  bool bias = true;
  bool batch_first = false;    ///< x and output are [N, T, ...] instead of [T, N, ...]
  double dropout = 0;          ///< of the outputs between layers while training, in 0..1
  bool bidirectional = false;  ///< a second direction, from the last step to the first
  std::int64_t proj_size = 0;  ///< if > 0, h is W_hr (o tanh(c)) with so many numbers; < H
  DType dtype = kFloat32;
};

/// Of one call.
struct LSTMCall {
  Variable h_0 = {};    ///< [num_layers D, N, H] (proj_size if that is given); zeros if not given
  Variable c_0 = {};    ///< [num_layers D, N, H]; zeros if not given
  Tensor lengths = {};  ///< int64 [N], in any order, each 1..T: the steps of each sequence
};

struct LSTMResult {
  Variable output;    ///< the last layer's h of each step, [T, N, D H]
  Variable h_n, c_n;  ///< each layer's state behind its last step, [num_layers D, N, H]

  /// To go on from here in the next call without a gradient into this one: truncated
  /// backpropagation through time.
  LSTMCall state() const { return {.h_0 = h_n.detach(), .c_0 = c_n.detach()}; }
};

/// Long short-term memory:
///   i, f, o = sigmoid(W_i. x_t + b_i. + W_h. h + b_h.),  g = tanh(W_ig x_t + b_ig + W_hg h + b_hg)
///   c_t = f c + i g,  h_t = o tanh(c_t),  h = h_{t-1}, c = c_{t-1}
/// Shapes, lengths and initial values are those of RNN; the rows of weight_ih_l0 [4H, in],
/// weight_hh_l0 [4H, H], bias_ih_l0 and bias_hh_l0 [4H] are those of i, f, g, o. With proj_size P
/// there is weight_hr_l0 [P, H], and h, output and columns of weights have P instead of H numbers.
/// Throws ConfigError as RNN, and
///   "[LSTM] proj_size: 4; expected 0, for none, or less than hidden_size 4"
/// Source: Hochreiter and Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735, with the forget gate of
/// Gers, Schmidhuber, Cummins 2000; proj_size: Sak et al. 2014, arXiv:1402.1128.
/// Differs: h_0 may be given without c_0 and the reverse. With proj_size small operations are
/// recorded instead of one per layer: that is slower.
struct LSTM : RecurrentLayer {
  LSTM(std::int64_t input_size, std::int64_t hidden_size, Generator& rng,
       const LSTMOptions& options = {})
      : RecurrentLayer({.layer = "LSTM",
                        .cell = RecurrentCell::kLstm,
                        .input_size = input_size,
                        .hidden_size = hidden_size,
                        .num_layers = options.num_layers,
                        .bias = options.bias,
                        .batch_first = options.batch_first,
                        .dropout = options.dropout,
                        .bidirectional = options.bidirectional,
                        .proj_size = options.proj_size,
                        .dtype = options.dtype},
                       rng) {}
  using Call = LSTMCall;
  using Result = LSTMResult;

  /// Throws ShapeError, DTypeError as RNN, and:
  ///   "[LSTM] c_0 is [1, 3, 4]; expected [1, 2, 4], [num_layers * directions, N, size] for x
  ///   [5, 2, 3]"
  Result forward(Operand x, const Call& how = {}) const {
    RecurrentResult all = run(x, how.h_0, how.c_0, how.lengths);
    return {std::move(all.output), std::move(all.h_n), std::move(all.c_n)};
  }
  Result operator()(Operand x, const Call& how = {}) const {
    return call("", [&] { return forward(std::move(x), how); });
  }
};

}  // namespace gradus::nn
