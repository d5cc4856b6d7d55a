#include "autograd/ops/attention.h"

#include <cmath>
#include <string>

#include "autograd/ops/cast.h"
#include "autograd/ops/masked_fill.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/softmax.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/equal.h"
#include "tensor/elementwise/greater.h"
#include "tensor/elementwise/logical_not.h"
#include "tensor/elementwise/logical_or.h"
#include "tensor/elementwise/mul.h"
#include "tensor/reduce.h"

namespace gradus {
namespace {

constexpr const char* kOp = "scaled_dot_product_attention";

[[noreturn]] void throw_shapes(const Tensor& q, const Tensor& k, const Tensor& v) {
  throw ShapeError("[scaled_dot_product_attention] q is " + to_string(q.shape()) + ", k is " +
                   to_string(k.shape()) + " and v is " + to_string(v.shape()) +
                   "; expected q [..., L, E], k [..., S, E], v [..., S, D]");
}

Shape batch_of(Shape shape) {
  shape.erase(shape.rank() - 1);
  shape.erase(shape.rank() - 1);
  return shape;
}

void check(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) {
  check_defined(kOp, "q", q);
  check_defined(kOp, "k", k);
  check_defined(kOp, "v", v);
  const bool fits = q.rank() >= 2 && k.rank() >= 2 && v.rank() >= 2 && q.dim(-1) == k.dim(-1) &&
                    k.dim(-2) == v.dim(-2);
  if (!fits) throw_shapes(q, k, v);
  if (!is_floating(q.dtype()) || k.dtype() != q.dtype() || v.dtype() != q.dtype()) {
    throw DTypeError("[scaled_dot_product_attention] q is " + std::string(name(q.dtype())) +
                     ", k is " + std::string(name(k.dtype())) + " and v is " +
                     std::string(name(v.dtype())) + "; expected one floating dtype");
  }
  const Variable& mask = options.mask;
  if (mask.defined() && mask.dtype() != kBool && mask.dtype() != q.dtype()) {
    throw DTypeError("[scaled_dot_product_attention] mask: " + std::string(name(mask.dtype())) +
                     "; expected bool, or " + std::string(name(q.dtype())) + " as q");
  }
  const double p = options.dropout_p;
  if (!(p >= 0 && p <= 1)) {
    throw ConfigError("[scaled_dot_product_attention] dropout_p: " + to_text(p) +
                      "; expected a probability in 0..1");
  }
  if (p > 0 && options.generator == nullptr) {
    throw ConfigError(
        "[scaled_dot_product_attention] generator: none; expected one to draw from "
        "with dropout_p " +
        to_text(p));
  }
}

// [..., L, S], and what a mask adds to it.
Shape scores_shape(const Tensor& q, const Tensor& k, const Tensor& v, const Variable& mask) {
  Shape shape =
      broadcast_shapes(kOp, batch_of(q.shape()), batch_of(k.shape()), "batch of q", "batch of k");
  broadcast_shapes(kOp, shape, batch_of(v.shape()), "batch of q and k", "batch of v");
  shape.push_back(q.dim(-2));
  shape.push_back(k.dim(-2));
  if (!mask.defined()) return shape;
  const Shape all = broadcast_shapes(kOp, shape, mask.shape(), "scores", "mask");
  const int rank = all.rank();
  if (all[rank - 2] == q.dim(-2) && all[rank - 1] == k.dim(-2)) return all;
  throw ShapeError("[scaled_dot_product_attention] mask: shape " + to_string(mask.shape()) +
                   "; expected one that broadcasts to " + to_string(shape) + ", [..., L, S]");
}

}  // namespace

ops::Attention ops::Attention::of(const Tensor& q, const Tensor& k, const Tensor& v,
                                  const AttentionOptions& options) {
  check(q, k, v, options);
  const Variable& mask = options.mask;
  const Shape scores = scores_shape(q, k, v, mask);
  Tensor blocked, dropped;
  if (mask.defined() && mask.dtype() == kBool) blocked = logical_not(mask.value());
  const double p = options.dropout_p;
  if (p > 0) dropped = bernoulli(scores, p, *options.generator, kBool, q.device());
  const double scale =
      options.scale ? *options.scale : 1 / std::sqrt(static_cast<double>(q.dim(-1)));
  return {scores,        blocked, dropped, options.is_causal, scale, p == 1 ? 0 : 1 / (1 - p),
          mask.defined()};
}

Variable scaled_dot_product_attention(Operand q, Operand k, Operand v,
                                      const AttentionOptions& options) {
  const auto op = ops::Attention::of(q.value(), k.value(), v.value(), options);
  const Variable& mask = options.mask;
  if (!mask.defined() || mask.dtype() == kBool) return record(op, q, k, v);
  const std::source_location where = q.where;
  return record(op, q, k, v, Operand(mask, where));
}

Variable attention_weights(Operand q, Operand k, const AttentionOptions& options) {
  const auto op = ops::Attention::of(q.value(), k.value(), k.value(), options);
  const DType dtype = q.variable.dtype(), computed = compute_dtype(dtype);
  const Variable& mask = options.mask;
  const bool additive = mask.defined() && mask.dtype() != kBool;
  const Variable p =
      op.probabilities(in_dtype(q.variable, computed), in_dtype(k.variable, computed),
                       additive ? in_dtype(mask, computed) : Variable());
  return in_dtype(op.after_dropout(p), dtype);
}

Variable ops::Attention::probabilities(const Variable& q, const Variable& k,
                                       const Variable& mask) const {
  Tensor hidden = blocked;
  if (is_causal) {
    const std::int64_t queries = q.dim(-2), keys = k.dim(-2);
    const Tensor later =
        greater(arange(keys), arange(queries).unsqueeze(-1)).to(q.value().device());
    hidden = hidden.defined() ? logical_or(hidden, later) : later;
  }
  Variable s = matmul(q * scale, transpose(k));
  if (mask.defined()) s = s + mask;
  if (s.shape() != scores) s = expand(s, scores);
  if (hidden.defined()) s = masked_fill(s, hidden, -INFINITY);
  if (!masked || s.numel() == 0) return softmax(s, -1);
  // Rows of -inf alone: any numbers in, 0 out, so that no NaN is made anywhere.
  const Tensor empty = equal(max(s.value(), -1, true), -INFINITY);
  if (any(empty).item() == 0) return softmax(s, -1);
  return masked_fill(softmax(masked_fill(s, empty, 0), -1), empty, 0);
}

Variable ops::Attention::after_dropout(const Variable& p) const {
  const Tensor& gone = dropped;
  return gone.defined() ? masked_fill(p, gone, 0) * kept_scale : p;
}

Tensor ops::Attention::forward(const Tensor& q, const Tensor& k, const Tensor& v) const {
  return forward(q, k, v, Tensor());
}

Tensor ops::Attention::forward(const Tensor& q, const Tensor& k, const Tensor& v,
                               const Tensor& mask) const {
  const DType dtype = compute_dtype(q.dtype());
  const Variable added = mask.defined() ? Variable(mask.to(dtype)) : Variable();
  const Variable p = probabilities(q.to(dtype), k.to(dtype), added);
  return matmul(after_dropout(p).value(), v.to(dtype)).to(q.dtype());
}

void ops::Attention::backward(Gradients& d) const {
  const DType dtype = compute_dtype(d.dtype(0));
  const bool additive = d.inputs() == 4;
  const Variable q = in_dtype(d.x(0), dtype), k = in_dtype(d.x(1), dtype);
  const Variable dy = in_dtype(d.dy(), dtype);
  const auto set = [&](int i, const Variable& all) {
    d.set(i, in_dtype(all.shape() == d.shape(i) ? all : sum_to(all, d.shape(i)), d.dtype(i)));
  };
  const Variable p = probabilities(q, k, additive ? in_dtype(d.x(3), dtype) : Variable());
  if (d.needs(2)) set(2, matmul(transpose(after_dropout(p)), dy));
  if (!d.needs(0) && !d.needs(1) && !(additive && d.needs(3))) return;
  Variable dp = matmul(dy, transpose(in_dtype(d.x(2), dtype)));
  if (dp.shape() != scores) dp = sum_to(dp, scores);
  const Variable ds = softmax_gradient(p, after_dropout(dp), -1);
  if (d.needs(0)) set(0, matmul(ds, k) * scale);
  if (d.needs(1)) set(1, matmul(transpose(ds), q) * scale);
  if (additive && d.needs(3)) set(3, ds);
}

}  // namespace gradus
