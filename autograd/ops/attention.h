#pragma once
#include <optional>

#include "autograd/record.h"
#include "tensor/random.h"

namespace gradus {

/// What a query may look at, and how scores become weights.
struct AttentionOptions {
  /// bool: true where a query may look; or floating, added to the scores, and differentiated.
  /// Broadcasts to [..., L, S].
  Variable mask = {};
  bool is_causal = false;            ///< query i sees the keys 0..i only; besides the mask
  std::optional<double> scale = {};  ///< of the scores; 1 / sqrt(E) if not given
  double dropout_p = 0;              ///< probabilities become 0 with this one, in 0..1
  Generator* generator = nullptr;    ///< what dropout draws from
};

}  // namespace gradus

namespace gradus::ops {

struct Attention {
  static constexpr const char* kName = "scaled_dot_product_attention";
  static constexpr bool kReadsInputs = true, kReadsResult = false;
  Shape scores;         // [..., L, S], with the axes of the mask
  SavedTensor blocked;  // bool, true where the mask lets no query look; undefined: none
  SavedTensor dropped;  // bool; undefined without dropout
  bool is_causal;
  double scale, kept_scale;
  bool masked;  // a query may see no key

  /// After all checks; draws what is dropped. An additive mask is a fourth input.
  static Attention of(const Tensor& q, const Tensor& k, const Tensor& v,
                      const AttentionOptions& options);
  Tensor forward(const Tensor& q, const Tensor& k, const Tensor& v) const;
  Tensor forward(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask) const;
  void backward(Gradients& d) const;

  Variable probabilities(const Variable& q, const Variable& k, const Variable& mask) const;
  Variable after_dropout(const Variable& p) const;
};

}  // namespace gradus::ops

namespace gradus {

/// y = dropout(P) v with P = softmax(scale q k^T + mask) along the keys. Backward computes P again
/// instead of keeping it;  dS = P (dP - sum_keys dP P) are the gradients of the scores,
/// dq = scale dS k, dk = scale dS^T q, dv = dropout(P)^T dy, dmask = dS. A query that may look at
/// no key has y = 0 and no gradient. Shapes: q [..., L, E], k [..., S, E], v [..., S, D]  ->  y
/// [..., L, D]; the axes before are broadcast. Throws ShapeError, DTypeError, ConfigError:
///   "[scaled_dot_product_attention] q is [2, 3], k is [4, 5] and v is [4, 3]; expected q
///   [..., L, E], k [..., S, E], v [..., S, D]"
/// Source: Vaswani et al., "Attention is all you need" (2017), arXiv:1706.03762, eq. 1.
/// Differs: PyTorch refuses is_causal together with a mask.
Variable scaled_dot_product_attention(Operand q, Operand k, Operand v,
                                      const AttentionOptions& options = {});

/// dropout(P) [..., L, S] alone, recorded step by step: for who wants to look at the weights;
/// matmul(weights, v) is the result. k stands for v in the checks. Throws as above.
Variable attention_weights(Operand q, Operand k, const AttentionOptions& options = {});

}  // namespace gradus
