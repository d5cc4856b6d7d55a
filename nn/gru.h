#pragma once
#include "nn/rnn.h"

namespace gradus::nn {

/// As the arguments of torch.nn.GRU; see RNNOptions.
struct GRUOptions {
  std::int64_t num_layers = 1;
  bool bias = true;
  bool batch_first = false;
  double dropout = 0;
  bool bidirectional = false;
  DType dtype = kFloat32;
};

/// Gated recurrent units:
///   r = sigmoid(W_ir x_t + b_ir + W_hr h + b_hr),  z = sigmoid(W_iz x_t + b_iz + W_hz h + b_hz)
///   n = tanh(W_in x_t + b_in + r (W_hn h + b_hn)),  h_t = (1 - z) n + z h,  h = h_{t-1}
/// Shapes, lengths and initial values are those of RNN; the rows of weight_ih_l0 [3H, in],
/// weight_hh_l0 [3H, H], bias_ih_l0 and bias_hh_l0 [3H] are those of r, z, n.
/// Throws ConfigError as RNN.
/// Source: Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder",
/// arXiv:1406.1078. Differs: r stands behind the product with W_hn, as in PyTorch.
struct GRU : RecurrentLayer {
  GRU(std::int64_t input_size, std::int64_t hidden_size, Generator& rng,
      const GRUOptions& options = {})
      : RecurrentLayer({.layer = "GRU",
                        .cell = RecurrentCell::kGru,
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

  /// Throws ShapeError, DTypeError as RNN.
  Result forward(Operand x, const Call& how = {}) const {
    RecurrentResult all = run(x, how.h_0, {}, how.lengths);
    return {std::move(all.output), std::move(all.h_n)};
  }
  Result operator()(Operand x, const Call& how = {}) const {
    return call("", [&] { return forward(std::move(x), how); });
  }
};

}  // namespace gradus::nn
