#pragma once
#include "nn/dropout.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "nn/transformer_options.h"

namespace gradus::nn {

/// A layer of a transformer's encoder: attention of the sequence to itself and a network for each
/// place, each with dropout, around which x is added, and normalization behind the sum:
///   x = norm1(x + dropout1(self_attn(x))),
///   y = norm2(x + dropout2(linear2(dropout(relu(linear1(x))))));
/// with norm_first x = x + dropout1(self_attn(norm1(x))), y = x + ... linear1(norm2(x)).
/// Shapes: x [S, N, d_model] or [S, d_model], with batch_first [N, S, d_model]  ->  y like x.
/// Init: that of the layers in it. Throws ConfigError for sizes, dropout and activation, ShapeError
/// with the part: "[MultiheadAttention] query is ... (in self_attn)".
/// Source: Vaswani et al. 2017, arXiv:1706.03762; norm_first: Xiong et al. 2020, arXiv:2002.04745.
/// Differs: PyTorch's eval drops to a fused path with other rounding where no gradient is wanted.
struct TransformerEncoderLayer : Module {
  TransformerEncoderLayer(std::int64_t d_model, std::int64_t nhead, Generator& rng,
                          const TransformerOptions& options = {});

  Variable forward(Operand x) const override { return forward(std::move(x), {}); }
  Variable forward(Operand x, const TransformerEncoderCall& call) const;
  using Module::operator();
  Variable operator()(Operand x, const TransformerEncoderCall& how) const {
    return call("", [&] { return forward(std::move(x), how); });
  }

  Child<MultiheadAttention> self_attn;
  Child<Linear> linear1;
  Child<Dropout> dropout;
  Child<Linear> linear2;
  Child<LayerNorm> norm1, norm2;
  Child<Dropout> dropout1, dropout2;

 private:
  bool norm_first_, gelu_;
};

}  // namespace gradus::nn
