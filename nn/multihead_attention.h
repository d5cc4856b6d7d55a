#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "nn/linear.h"
#include "nn/module.h"
#include "tensor/random.h"

namespace gradus::nn {

/// Of MultiheadAttention, as the arguments of torch.nn.MultiheadAttention.
struct MultiheadAttentionOptions {
  double dropout = 0;                                ///< of the weights while training, in 0..1
  bool bias = true;                                  ///< of the projections
  bool add_bias_kv = false;                          ///< one learned key and value more
  bool add_zero_attn = false;                        ///< one key and value of zeros more
  std::optional<std::int64_t> kdim = {}, vdim = {};  ///< sizes of key and value; embed_dim
  bool batch_first = false;                          ///< [N, L, E] instead of [L, N, E]
  DType dtype = kFloat32;
};

/// Of one call. MASKS ARE THOSE OF torch.nn.MultiheadAttention: A BOOL MASK IS TRUE WHERE A QUERY
/// MAY **NOT** LOOK, THE OPPOSITE OF scaled_dot_product_attention. A floating one is added to the
/// scores, -inf hides a key; it may require a gradient.
struct AttentionCall {
  Variable key_padding_mask = {};    ///< [N, S], or [S] without a batch: keys that nobody sees
  Variable attn_mask = {};           ///< [L, S], or for each sample and head [N num_heads, L, S]
  bool is_causal = false;            ///< query i sees the keys 0..i only; besides the masks
  bool need_weights = true;          ///< false: faster, without making them
  bool average_attn_weights = true;  ///< the mean over the heads instead of each
};

/// Attention of several heads, each with its own learned projections to D = E / num_heads numbers:
///   head_h = softmax(q_h k_h^T / sqrt(D)) v_h,  y = concat(head_1 ... head_H) W_O^T + b_O
/// with q_h, k_h, v_h from the rows of in_proj_weight.
/// Shapes: query [L, N, E], key [S, N, kdim], value [S, N, vdim], or the same without N, or with
/// batch_first [N, L, E] ...  ->  output like query; weights [N, L, S], or each head's
/// [N, H, L, S]; S counts what add_bias_kv and add_zero_attn add at the end.
/// A query that may look at no key has weights 0 and the output b_O, never NaN. Weights are those
/// after dropout. Dropout has a random stream of its own.
/// Init: projections from U(-k, k), k = sqrt(6 / (rows + columns)) (Xavier) of the matrix
/// in_proj_weight [3E, E], or of q_, k_, v_proj_weight if kdim or vdim differ from E; out_proj as
/// Linear; biases 0; bias_k and bias_v from N(0, 1/E).
/// Throws ConfigError:
///   "[MultiheadAttention] embed_dim, num_heads: 10, 3; expected num_heads >= 1 that divides
///   embed_dim >= 1"
/// Source: Vaswani et al., "Attention is all you need" (2017), arXiv:1706.03762, section 3.2.2.
/// Differs: PyTorch gives NaN for a query without keys, asks for an attn_mask with is_causal, and
/// names the class of out_proj otherwise when it is printed.
struct MultiheadAttention : Module {
  MultiheadAttention(std::int64_t embed_dim, std::int64_t num_heads, Generator& rng,
                     const MultiheadAttentionOptions& options = {});

  struct Result {
    Variable output, weights;  ///< weights are undefined without need_weights
  };
  using Module::forward;
  using Module::operator();
  /// Throws ShapeError, DTypeError:
  ///   "[MultiheadAttention] query is [5, 2, 3], key is [4, 2, 8] and value is [4, 2, 8]; expected
  ///   query [L, N, 8], key [S, N, 8], value [S, N, 8], or the same without N"
  ///   "[MultiheadAttention] attn_mask: shape [3, 3]; expected [5, 4], [L, S], or [4, 5, 4],
  ///   [N * num_heads, L, S]"
  ///   "[MultiheadAttention] key_padding_mask: shape [3]; expected [2, 4], [N, S]"
  Result forward(Operand query, Operand key, Operand value, const AttentionCall& call = {}) const;
  Result operator()(Operand query, Operand key, Operand value,
                    const AttentionCall& how = {}) const {
    return call("", [&] { return forward(query, key, value, how); });
  }

  Parameter in_proj_weight;                               ///< [3E, E], unless sizes differ:
  Parameter q_proj_weight, k_proj_weight, v_proj_weight;  ///< [E, E], [E, kdim], [E, vdim]
  Parameter in_proj_bias;                                 ///< [3E]
  Parameter bias_k, bias_v;                               ///< [1, 1, E]
  Child<Linear> out_proj;

 private:
  struct Sizes {
    std::int64_t n, l, s;
    bool batched;
  };
  Sizes check(const Tensor& query, const Tensor& key, const Tensor& value) const;
  Variable mask_for(const AttentionCall& call, const Sizes& sizes, const Tensor& x, int added,
                    bool causal) const;

  std::int64_t embed_dim_, num_heads_, kdim_, vdim_;
  double dropout_;
  bool batch_first_, add_zero_attn_;
  RandomStream drawn_;
};

}  // namespace gradus::nn
