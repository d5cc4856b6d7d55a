#include "nn/transformer_decoder_layer.h"

#include "tensor/elementwise/add.h"

namespace gradus::nn {

TransformerDecoderLayer::TransformerDecoderLayer(std::int64_t d_model, std::int64_t nhead,
                                                 Generator& rng, const TransformerOptions& options)
    : norm_first_(options.norm_first),
      gelu_(transformer::is_gelu("TransformerDecoderLayer", options.activation)) {
  const auto& [hidden, p, activation, eps, batch_first, norm_first, bias, dtype] = options;
  const MultiheadAttentionOptions attention = transformer::attention_options(options);
  self_attn = child("self_attn", MultiheadAttention(d_model, nhead, rng, attention));
  multihead_attn = child("multihead_attn", MultiheadAttention(d_model, nhead, rng, attention));
  linear1 = child("linear1", Linear(d_model, hidden, rng, bias, dtype));
  dropout = child("dropout", Dropout(rng, p));
  linear2 = child("linear2", Linear(hidden, d_model, rng, bias, dtype));
  const LayerNormOptions norm{.eps = eps, .bias = bias, .dtype = dtype};
  norm1 = child("norm1", LayerNorm({d_model}, norm));
  norm2 = child("norm2", LayerNorm({d_model}, norm));
  norm3 = child("norm3", LayerNorm({d_model}, norm));
  dropout1 = child("dropout1", Dropout(rng, p));
  dropout2 = child("dropout2", Dropout(rng, p));
  dropout3 = child("dropout3", Dropout(rng, p));
}

Variable TransformerDecoderLayer::forward(Operand tgt, Operand memory,
                                          const TransformerDecoderCall& how) const {
  const std::source_location line = tgt.where;
  const auto at = [&](Variable y) { return Operand(std::move(y), line); };
  const auto attend = [&](const Variable& x) {
    const AttentionCall masks{.key_padding_mask = how.tgt_key_padding_mask,
                              .attn_mask = how.tgt_mask,
                              .is_causal = how.tgt_is_causal,
                              .need_weights = false};
    return at(dropout1(at(self_attn(at(x), at(x), at(x), masks).output)));
  };
  const auto look_up = [&](const Variable& x) {
    const AttentionCall masks{.key_padding_mask = how.memory_key_padding_mask,
                              .attn_mask = how.memory_mask,
                              .is_causal = how.memory_is_causal,
                              .need_weights = false};
    return at(dropout2(at(multihead_attn(at(x), memory, memory, masks).output)));
  };
  const auto feed = [&](const Variable& x) {
    const Operand hidden = at(linear1(at(x)));
    const Variable active = gelu_ ? gelu(hidden) : relu(hidden);
    return at(dropout3(at(linear2(at(dropout(at(active)))))));
  };
  Variable x = std::move(tgt.variable);
  if (norm_first_) {
    x = add(at(x), attend(norm1(at(x))));
    x = add(at(x), look_up(norm2(at(x))));
    return add(at(x), feed(norm3(at(x))));
  }
  x = norm1(at(add(at(x), attend(x))));
  x = norm2(at(add(at(x), look_up(x))));
  return norm3(at(add(at(x), feed(x))));
}

}  // namespace gradus::nn
