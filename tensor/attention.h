#pragma once
#include "tensor/tensor.h"

namespace gradus {

/// How scores become weights in the kernels of attention. Undefined: there is none of it.
struct AttentionScores {
  Tensor blocked;  ///< bool [N, H, L, S], true where a query may not look
  Tensor added;    ///< [N, H, L, S], added to the scores
  Tensor dropped;  ///< bool [N, H, L, S], true where a weight becomes 0
  bool is_causal;  ///< query i sees the keys 0..i only
  double scale;    ///< of the scores
  double kept;     ///< factor of the weights that are not dropped
};

/// y = dropout(P) v, P = softmax(scale q k^T + added) along the keys, block by block of queries, so
/// that P is never in memory as a whole. Into y, which exists, and log_sum [N, H, L], contiguous:
/// the logarithm of the sums in P, inf for a query that sees no key, whose y is 0. All of one
/// dtype, float32 or float64.
/// Shapes: q [N, H, L, D], k [N, H, S, D], v [N, H, S, D], y as q, with any strides, but y with
/// neighbours in its last axis. Blocks are fixed, results depend neither on threads nor on strides.
/// Source: Dao et al., "FlashAttention" (2022), arXiv:2205.14135, for the backward.
/// Differs: a block of queries sees all keys at once; blocks behind the diagonal are left out.
void attention_into(const Tensor& y, const Tensor& log_sum, const Tensor& q, const Tensor& k,
                    const Tensor& v, const AttentionScores& scores);

/// Its gradients, into dq, dk, dv, which exist, have neighbours in their last axes, and share no
/// elements: dS = P (dP - sum dy y), dq = scale dS k, dk = scale dS^T q, dv = dropout(P)^T dy.
void attention_backward_into(const Tensor& dq, const Tensor& dk, const Tensor& dv, const Tensor& dy,
                             const Tensor& y, const Tensor& log_sum, const Tensor& q,
                             const Tensor& k, const Tensor& v, const AttentionScores& scores);

}  // namespace gradus
