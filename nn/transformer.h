#pragma once
#include "nn/transformer_decoder.h"
#include "nn/transformer_encoder.h"

namespace gradus::nn {

/// Masks of one call; causal where asked for.
struct TransformerCall {
  TransformerEncoderCall encoder = {};
  TransformerDecoderCall decoder = {};
};

/// The whole transformer of the paper: an encoder, and a decoder that looks at its result, each
/// with a normalization at the end.
/// Shapes: src [S, N, d_model], tgt [T, N, d_model], or without N, or with batch_first [N, S,
/// d_model] and [N, T, d_model]  ->  y like tgt. num_encoder_layers, num_decoder_layers: >= 1.
/// Init: matrices from U(-k, k), k = sqrt(6 / (rows + columns)) (Xavier), the rest as the layers.
/// Throws as these. Source: Vaswani et al. 2017, arXiv:1706.03762.
struct Transformer : Module {
  Transformer(std::int64_t d_model, std::int64_t nhead, std::int64_t num_encoder_layers,
              std::int64_t num_decoder_layers, Generator& rng,
              const TransformerOptions& options = {});

  using Module::forward;
  using Module::operator();
  Variable forward(Operand src, Operand tgt, const TransformerCall& call = {}) const;
  Variable operator()(Operand src, Operand tgt, const TransformerCall& how = {}) const {
    return call("", [&] { return forward(std::move(src), std::move(tgt), how); });
  }

  Child<TransformerEncoder> encoder;
  Child<TransformerDecoder> decoder;
};

}  // namespace gradus::nn
