#include "nn/multihead_attention.h"

#include <limits>
#include <vector>

#include "autograd/ops/broadcast.h"
#include "autograd/ops/cat.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/multihead_attention.h"
#include "autograd/ops/permute.h"
#include "autograd/ops/reshape.h"
#include "autograd/ops/slice.h"
#include "autograd/ops/sum.h"
#include "autograd/ops/transpose.h"
#include "nn/init.h"
#include "tensor/assemble.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/greater.h"
#include "tensor/elementwise/logical_not.h"
#include "tensor/elementwise/logical_or.h"

namespace gradus::nn {
namespace {

using gradus::to_string;
using std::to_string;

std::string plain(std::int64_t n) { return std::to_string(n); }

// What is added to the scores where a bool mask says no.
Variable as_added(const Variable& mask, DType dtype) {
  if (!mask.defined() || mask.dtype() != kBool) return mask;
  return masked_fill(zeros(mask.shape(), dtype, mask.value().device()), mask.value(),
                     -std::numeric_limits<double>::infinity());
}

// Two masks of the same kind at once; either may be missing.
Variable both(const Variable& a, const Variable& b) {
  if (!a.defined() || !b.defined()) return a.defined() ? a : b;
  if (a.dtype() == kBool) return logical_or(a.value(), b.value());
  return a + b;
}

}  // namespace

MultiheadAttention::MultiheadAttention(std::int64_t embed_dim, std::int64_t num_heads,
                                       Generator& rng, const MultiheadAttentionOptions& options)
    : embed_dim_(embed_dim),
      num_heads_(num_heads),
      kdim_(options.kdim.value_or(embed_dim)),
      vdim_(options.vdim.value_or(embed_dim)),
      dropout_(options.dropout),
      batch_first_(options.batch_first),
      add_zero_attn_(options.add_zero_attn) {
  if (embed_dim < 1 || num_heads < 1 || embed_dim % num_heads != 0) {
    throw ConfigError("[MultiheadAttention] embed_dim, num_heads: " + plain(embed_dim) + ", " +
                      plain(num_heads) + "; expected num_heads >= 1 that divides embed_dim >= 1");
  }
  if (kdim_ < 1 || vdim_ < 1) {
    throw ConfigError("[MultiheadAttention] kdim, vdim: " + plain(kdim_) + ", " + plain(vdim_) +
                      "; expected >= 1");
  }
  if (!(dropout_ >= 0 && dropout_ <= 1)) {
    throw ConfigError("[MultiheadAttention] dropout: " + to_text(dropout_) +
                      "; expected a probability in 0..1");
  }
  const DType dtype = options.dtype;
  const std::int64_t e = embed_dim;
  if (kdim_ == e && vdim_ == e) {
    in_proj_weight = parameter("in_proj_weight", zeros({3 * e, e}, dtype));
  } else {
    q_proj_weight = parameter("q_proj_weight", zeros({e, e}, dtype));
    k_proj_weight = parameter("k_proj_weight", zeros({e, kdim_}, dtype));
    v_proj_weight = parameter("v_proj_weight", zeros({e, vdim_}, dtype));
  }
  if (options.bias) in_proj_bias = parameter("in_proj_bias", zeros({3 * e}, dtype));
  for (const Parameter& p : {in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight}) {
    if (p.defined()) init::xavier_uniform_(p, rng);
  }
  if (options.add_bias_kv) {
    bias_k = parameter("bias_k", zeros({1, 1, e}, dtype));
    bias_v = parameter("bias_v", zeros({1, 1, e}, dtype));
    init::xavier_normal_(bias_k, rng);
    init::xavier_normal_(bias_v, rng);
  }
  out_proj = child("out_proj", Linear(e, e, rng, options.bias, dtype));
  if (options.bias) out_proj->bias.value().fill(0);
  if (dropout_ > 0) drawn_ = random_stream("dropout", rng);
}

MultiheadAttention::Sizes MultiheadAttention::check(const Tensor& query, const Tensor& key,
                                                    const Tensor& value) const {
  check_defined("MultiheadAttention", "query", query);
  check_defined("MultiheadAttention", "key", key);
  check_defined("MultiheadAttention", "value", value);
  const int rank = query.rank();
  const int batch = rank == 2 ? -1 : batch_first_ ? 0 : 1, length = rank == 2 ? 0 : 1 - batch;
  const bool fits =
      (rank == 2 || rank == 3) && key.rank() == rank && value.rank() == rank &&
      query.dim(-1) == embed_dim_ && key.dim(-1) == kdim_ && value.dim(-1) == vdim_ &&
      key.dim(length) == value.dim(length) &&
      (rank == 2 || (key.dim(batch) == query.dim(batch) && value.dim(batch) == query.dim(batch)));
  if (!fits) {
    const auto expected = [&](const char* sizes, std::int64_t last) {
      return std::string(batch_first_ ? "[N, " : "[") + sizes + (batch_first_ ? ", " : ", N, ") +
             plain(last) + "]";
    };
    throw ShapeError("[MultiheadAttention] query is " + to_string(query.shape()) + ", key is " +
                     to_string(key.shape()) + " and value is " + to_string(value.shape()) +
                     "; expected query " + expected("L", embed_dim_) + ", key " +
                     expected("S", kdim_) + ", value " + expected("S", vdim_) +
                     ", or the same without N");
  }
  return {rank == 2 ? 1 : query.dim(batch), query.dim(length), key.dim(length), rank == 3};
}

// What scaled_dot_product_attention takes, with the axes of [N, H, L, S]. `added` keys at the end
// are seen by all.
Variable MultiheadAttention::mask_for(const AttentionCall& call, const Sizes& sizes,
                                      const Tensor& x, int added, bool causal) const {
  const auto [n, l, s, batched] = sizes;
  const DType dtype = x.dtype();
  const auto check_dtype = [&](const char* argument, const Variable& mask) {
    if (mask.dtype() == kBool || mask.dtype() == dtype) return;
    throw DTypeError("[MultiheadAttention] " + std::string(argument) + ": " +
                     std::string(name(mask.dtype())) +
                     "; expected bool, true where a query may "
                     "not look, or " +
                     std::string(name(dtype)) + " as query");
  };
  Variable attn = call.attn_mask, padding = call.key_padding_mask;
  if (attn.defined()) {
    check_dtype("attn_mask", attn);
    if (attn.shape() == Shape{n * num_heads_, l, s}) {
      attn = reshape(attn, {n, num_heads_, l, s});
    } else if (attn.shape() != Shape{l, s}) {
      throw ShapeError("[MultiheadAttention] attn_mask: shape " + to_string(attn.shape()) +
                       "; expected " + to_string(Shape{l, s}) + ", [L, S], or " +
                       to_string(Shape{n * num_heads_, l, s}) + ", [N * num_heads, L, S]");
    }
  }
  if (padding.defined()) {
    check_dtype("key_padding_mask", padding);
    const Shape expected = batched ? Shape{n, s} : Shape{s};
    if (padding.shape() != expected) {
      throw ShapeError("[MultiheadAttention] key_padding_mask: shape " +
                       to_string(padding.shape()) + "; expected " + to_string(expected) +
                       (batched ? ", [N, S]" : ", [S]"));
    }
    padding = reshape(padding, {n, 1, 1, s});
  }
  Variable later;
  if (causal) later = greater(arange(s), arange(l).unsqueeze(-1)).to(x.device());
  const auto floating = [](const Variable& x) { return x.defined() && x.dtype() != kBool; };
  if (floating(attn) || floating(padding)) {
    attn = as_added(attn, dtype);
    padding = as_added(padding, dtype);
    later = as_added(later, dtype);
  }
  Variable mask = both(both(attn, padding), later);
  if (!mask.defined()) return mask;
  if (added > 0) {
    Shape extra = mask.shape();
    extra[extra.rank() - 1] = added;
    const Variable seen = zeros(extra, mask.dtype(), x.device());
    mask = cat({mask, seen}, -1);
  }
  return mask.dtype() == kBool ? Variable(logical_not(mask.value())) : mask;
}

MultiheadAttention::Result MultiheadAttention::forward(Operand query, Operand key, Operand value,
                                                       const AttentionCall& call) const {
  const Sizes sizes = check(query.value(), key.value(), value.value());
  const std::source_location line = query.where;
  const std::int64_t e = embed_dim_;
  const auto at = [&](const Variable& x) { return Operand(x, line); };
  // [N, L, E], whatever came.
  const auto in_order = [&](const Variable& x) {
    if (!sizes.batched) return reshape(at(x), {1, x.dim(0), x.dim(1)});
    return batch_first_ ? x : transpose(at(x), 0, 1);
  };
  const auto project = [&](const Variable& x, int i, const Parameter& own) {
    const Slice rows{i * e, (i + 1) * e};
    const Variable w = own.defined() ? Variable(own) : slice(at(in_proj_weight), 0, rows);
    const Variable y = in_proj_bias.defined()
                           ? linear(at(x), at(w), at(slice(at(in_proj_bias), 0, rows)))
                           : linear(at(x), at(w));
    return in_order(y);
  };

  const int added = (bias_k.defined() ? 1 : 0) + (add_zero_attn_ ? 1 : 0);
  AttentionOptions options;
  const bool causal_mask = call.is_causal && added > 0;
  options.mask = mask_for(call, sizes, query.value(), added, causal_mask);
  options.is_causal = call.is_causal && !causal_mask;
  if (training() && dropout_ > 0) {
    options.dropout_p = dropout_;
    options.generator = drawn_.get();
  }

  const bool same =
      query.variable.node() == key.variable.node() && key.variable.node() == value.variable.node();
  Result result;
  Variable y;
  if (same && in_proj_weight.defined() && added == 0 && !call.need_weights) {
    const Variable all = in_proj_bias.defined()
                             ? linear(query, at(in_proj_weight), at(in_proj_bias))
                             : linear(query, at(in_proj_weight));
    y = multihead_attention(at(in_order(all)), num_heads_, options);
  } else {
    const Variable q = project(query.variable, 0, q_proj_weight);
    Variable k = project(key.variable, 1, k_proj_weight);
    Variable v = project(value.variable, 2, v_proj_weight);
    const Shape one{sizes.n, 1, e};
    if (bias_k.defined()) {
      k = cat({k, expand(at(bias_k), one)}, 1, line);
      v = cat({v, expand(at(bias_v), one)}, 1, line);
    }
    if (add_zero_attn_) {
      const Variable nothing = zeros(one, k.dtype(), k.value().device());
      k = cat({k, nothing}, 1, line);
      v = cat({v, nothing}, 1, line);
    }
    if (!call.need_weights) {
      y = multihead_attention(at(q), at(k), at(v), num_heads_, options);
    } else {
      const auto heads = [&](const Variable& x) {
        const Shape split{x.dim(0), x.dim(1), num_heads_, e / num_heads_};
        return permute(at(reshape(at(x), split)), {0, 2, 1, 3});
      };
      Variable p = attention_weights(at(heads(q)), at(heads(k)), options);
      y = permute(at(matmul(at(p), at(heads(v)))), {0, 2, 1, 3});
      y = reshape(at(y), {sizes.n, sizes.l, e});
      if (call.average_attn_weights) p = mean(at(p), 1);
      if (!sizes.batched) {
        Shape shape = p.shape();
        shape.erase(0);
        p = reshape(at(p), shape);
      }
      result.weights = p;
    }
  }
  if (!sizes.batched) {
    y = reshape(at(y), {sizes.l, e});
  } else if (!batch_first_) {
    y = transpose(at(y), 0, 1);
  }
  result.output = out_proj(at(y));
  return result;
}

}  // namespace gradus::nn
