#pragma once
#include "nn/dropout.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "nn/transformer_options.h"

namespace gradus::nn {

/// A layer of a transformer's decoder: attention of the sequence to itself, attention to what the
/// encoder gave (the memory), and a network for each place, as in TransformerEncoderLayer:
///   x = norm1(x + dropout1(self_attn(x))),  x = norm2(x + dropout2(multihead_attn(x, memory))),
///   y = norm3(x + dropout3(linear2(dropout(relu(linear1(x))))));
/// with norm_first the three normalize what goes into each part instead.
/// Shapes: tgt [T, N, d_model] and memory [S, N, d_model], or without N, or with batch_first
/// [N, T, d_model] and [N, S, d_model]  ->  y like tgt. Nothing is causal unless asked for.
/// Init: that of the layers in it. Throws ConfigError for sizes, dropout and activation, ShapeError
/// with the part: "[MultiheadAttention] query is ... (in multihead_attn)".
/// Source: Vaswani et al. 2017, arXiv:1706.03762; norm_first: Xiong et al. 2020, arXiv:2002.04745.
struct TransformerDecoderLayer : Module {
  TransformerDecoderLayer(std::int64_t d_model, std::int64_t nhead, Generator& rng,
                          const TransformerOptions& options = {});

  using Module::forward;
  using Module::operator();
  Variable forward(Operand tgt, Operand memory, const TransformerDecoderCall& call = {}) const;
  Variable operator()(Operand tgt, Operand memory, const TransformerDecoderCall& how = {}) const {
    return call("", [&] { return forward(std::move(tgt), std::move(memory), how); });
  }

  Child<MultiheadAttention> self_attn, multihead_attn;
  Child<Linear> linear1;
  Child<Dropout> dropout;
  Child<Linear> linear2;
  Child<LayerNorm> norm1, norm2, norm3;
  Child<Dropout> dropout1, dropout2, dropout3;

 private:
  bool norm_first_, gelu_;
};

}  // namespace gradus::nn
