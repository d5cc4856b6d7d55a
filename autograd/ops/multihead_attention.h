#pragma once
#include "autograd/ops/attention.h"

namespace gradus::ops {

// Inputs: x [N, L, 3 H D], or q, k and v.
struct MultiheadAttention {
  static constexpr const char* kName = "multihead_attention";
  static constexpr bool kReadsInputs = true, kReadsResult = true;
  Attention one;        // of all heads, [N, H, ...]
  SavedTensor added;    // to the scores; a constant
  SavedTensor log_sum;  // of each query
  std::int64_t heads;

  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// scaled_dot_product_attention of H heads, each with its part of the last axis, in one recorded
/// step without a copy of the heads; head h has the elements h D .. (h + 1) D - 1. Where nothing is
/// recorded in backward, a kernel runs that keeps no weights in memory.
/// Shapes: q [N, L, H D], k [N, S, H D], v [N, S, H D]  ->  y [N, L, H D]; the mask broadcasts to
/// [N, H, L, S]. Throws ShapeError, DTypeError, ConfigError:
///   "[multihead_attention] q is [2, 5, 6], k is [2, 4, 6], v is [2, 4, 6] and heads is 4; expected
///   q [N, L, E], k [N, S, E], v [N, S, E] and heads that divide E"
Variable multihead_attention(Operand q, Operand k, Operand v, std::int64_t heads,
                             const AttentionOptions& options = {});

/// The same with queries, keys and values side by side, as one matrix product makes them, and one
/// gradient for the three. Shapes: x [N, L, 3 H D]  ->  y [N, L, H D]. Throws ShapeError:
///   "[multihead_attention] x is [2, 5, 8] and heads is 4; expected x [N, L, 3 E] and heads that
///   divide E"
Variable multihead_attention(Operand x, std::int64_t heads, const AttentionOptions& options = {});

}  // namespace gradus
