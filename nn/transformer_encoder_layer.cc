#include "nn/transformer_encoder_layer.h"

#include "tensor/elementwise/add.h"

namespace gradus::nn {

TransformerEncoderLayer::TransformerEncoderLayer(std::int64_t d_model, std::int64_t nhead,
                                                 Generator& rng, const TransformerOptions& options)
    : norm_first_(options.norm_first),
      gelu_(transformer::is_gelu("TransformerEncoderLayer", options.activation)) {
  const auto& [hidden, p, activation, eps, batch_first, norm_first, bias, dtype] = options;
  self_attn = child("self_attn", MultiheadAttention(d_model, nhead, rng,
                                                    transformer::attention_options(options)));
  linear1 = child("linear1", Linear(d_model, hidden, rng, bias, dtype));
  dropout = child("dropout", Dropout(rng, p));
  linear2 = child("linear2", Linear(hidden, d_model, rng, bias, dtype));
  const LayerNormOptions norm{.eps = eps, .bias = bias, .dtype = dtype};
  norm1 = child("norm1", LayerNorm({d_model}, norm));
  norm2 = child("norm2", LayerNorm({d_model}, norm));
  dropout1 = child("dropout1", Dropout(rng, p));
  dropout2 = child("dropout2", Dropout(rng, p));
}

Variable TransformerEncoderLayer::forward(Operand input, const TransformerEncoderCall& how) const {
  const std::source_location line = input.where;
  const auto at = [&](Variable y) { return Operand(std::move(y), line); };
  const auto attend = [&](const Variable& x) {
    const AttentionCall masks{.key_padding_mask = how.src_key_padding_mask,
                              .attn_mask = how.src_mask,
                              .is_causal = how.is_causal,
                              .need_weights = false};
    return at(dropout1(at(self_attn(at(x), at(x), at(x), masks).output)));
  };
  const auto feed = [&](const Variable& x) {
    const Operand hidden = at(linear1(at(x)));
    const Variable active = gelu_ ? gelu(hidden) : relu(hidden);
    return at(dropout2(at(linear2(at(dropout(at(active)))))));
  };
  Variable x = std::move(input.variable);
  if (norm_first_) {
    x = add(at(x), attend(norm1(at(x))));
    return add(at(x), feed(norm2(at(x))));
  }
  x = norm1(at(add(at(x), attend(x))));
  return norm2(at(add(at(x), feed(x))));
}

}  // namespace gradus::nn
