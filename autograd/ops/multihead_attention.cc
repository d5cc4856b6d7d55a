#include "autograd/ops/multihead_attention.h"

#include <string>
#include <vector>

#include "autograd/ops/permute.h"
#include "autograd/ops/reshape.h"
#include "autograd/ops/slice.h"
#include "autograd/record_result.h"
#include "tensor/attention.h"

namespace gradus {
namespace {

// [N, L, H D] as [N, H, L, D]; for Tensors a view, whatever the strides of x.
Tensor in_heads(const Tensor& x, std::int64_t heads) {
  return x.reshape({x.dim(0), x.dim(1), heads, x.dim(2) / heads}).permute({0, 2, 1, 3});
}
Variable in_heads(const Variable& x, std::int64_t heads) {
  return permute(reshape(x, {x.dim(0), x.dim(1), heads, x.dim(2) / heads}), {0, 2, 1, 3});
}

// The three parts of one input, or the three inputs.
template <class T, class Slice>
std::vector<T> parts(std::vector<T> x, const Slice& slice_of) {
  if (x.size() == 3) return x;
  const std::int64_t n = x[0].dim(2) / 3;
  return {slice_of(x[0], 0, n), slice_of(x[0], n, 2 * n), slice_of(x[0], 2 * n, 3 * n)};
}
std::vector<Tensor> parts(std::vector<Tensor> x) {
  return parts(std::move(x), [](const Tensor& all, std::int64_t from, std::int64_t to) {
    return all.slice(2, {from, to});
  });
}
std::vector<Variable> parts(std::vector<Variable> x) {
  return parts(std::move(x), [](const Variable& all, std::int64_t from, std::int64_t to) {
    return slice(all, 2, {from, to});
  });
}

// By recorded steps.
Variable composed(const ops::Attention& one, const Variable& q, const Variable& k,
                  const Variable& v, const Variable& added, std::int64_t heads) {
  const Variable a = in_heads(q, heads), b = in_heads(k, heads), c = in_heads(v, heads);
  const Variable y = added.defined()
                         ? record(one, Operand(a), Operand(b), Operand(c), Operand(added))
                         : record(one, Operand(a), Operand(b), Operand(c));
  return reshape(permute(y, {0, 2, 1, 3}), {q.dim(0), q.dim(1), v.dim(2)});
}

AttentionScores scores_of(const ops::Attention& one, const Tensor& added) {
  const Tensor &blocked = one.blocked, &dropped = one.dropped;
  const auto whole = [&](const Tensor& x) { return x.defined() ? x.expand(one.scores) : x; };
  return {whole(blocked), whole(added), dropped, one.is_causal, one.scale, one.kept_scale};
}

Variable attend(const std::vector<Operand>& x, std::int64_t heads,
                const AttentionOptions& options) {
  std::vector<Tensor> values;
  for (const Operand& one : x) values.push_back(one.value());
  const std::vector<Tensor> all = parts(values);
  const auto one = ops::Attention::of(in_heads(all[0], heads), in_heads(all[1], heads),
                                      in_heads(all[2], heads), options);
  const Variable& mask = options.mask;
  const Variable added = mask.defined() && mask.dtype() != kBool ? mask : Variable();
  const DType dtype = all[0].dtype();
  if (compute_dtype(dtype) != dtype || added.requires_grad()) {
    const auto v =
        parts(x.size() == 3 ? std::vector<Variable>{x[0].variable, x[1].variable, x[2].variable}
                            : std::vector<Variable>{x[0].variable});
    return composed(one, v[0], v[1], v[2], added, heads);
  }
  const Tensor y =
      Tensor::empty({all[0].dim(0), all[0].dim(1), all[2].dim(2)}, dtype, all[0].device());
  const Tensor log_sum = Tensor::empty({y.dim(0), heads, y.dim(1)}, dtype, y.device());
  attention_into(in_heads(y, heads), log_sum, in_heads(all[0], heads), in_heads(all[1], heads),
                 in_heads(all[2], heads), scores_of(one, added.value()));
  const ops::MultiheadAttention op{one, added.value(), log_sum, heads};
  if (x.size() == 1) return record_result(op, y, x[0]);
  return record_result(op, y, x[0], x[1], x[2]);
}

}  // namespace

Variable multihead_attention(Operand q, Operand k, Operand v, std::int64_t heads,
                             const AttentionOptions& options) {
  const Tensor &a = q.value(), &b = k.value(), &c = v.value();
  check_defined("multihead_attention", "q", a);
  check_defined("multihead_attention", "k", b);
  check_defined("multihead_attention", "v", c);
  const bool fits = a.rank() == 3 && b.rank() == 3 && c.shape() == b.shape() &&
                    a.dim(0) == b.dim(0) && a.dim(2) == b.dim(2) && heads >= 1 &&
                    a.dim(2) % heads == 0;
  if (!fits) {
    throw ShapeError("[multihead_attention] q is " + to_string(a.shape()) + ", k is " +
                     to_string(b.shape()) + ", v is " + to_string(c.shape()) + " and heads is " +
                     std::to_string(heads) +
                     "; expected q [N, L, E], k [N, S, E], v [N, S, E] and heads that divide E");
  }
  return attend({q, k, v}, heads, options);
}

Variable multihead_attention(Operand x, std::int64_t heads, const AttentionOptions& options) {
  const Tensor& all = x.value();
  check_defined("multihead_attention", "x", all);
  const bool fits =
      all.rank() == 3 && all.dim(2) % 3 == 0 && heads >= 1 && all.dim(2) / 3 % heads == 0;
  if (!fits) {
    throw ShapeError("[multihead_attention] x is " + to_string(all.shape()) + " and heads is " +
                     std::to_string(heads) + "; expected x [N, L, 3 E] and heads that divide E");
  }
  return attend({x}, heads, options);
}

void ops::MultiheadAttention::backward(Gradients& d) const {
  std::vector<Variable> x;
  for (int i = 0; i < d.inputs(); ++i) x.push_back(d.x(i));
  const Tensor& extra = added;
  if (grad_enabled()) {
    const auto v = parts(x);
    d.resume_at(
        composed(one, v[0], v[1], v[2], extra.defined() ? Variable(extra) : Variable(), heads));
    return;
  }
  std::vector<Tensor> values, gradients;
  for (int i = 0; i < d.inputs(); ++i) {
    values.push_back(x[i].value());
    gradients.push_back(Tensor::empty(x[i].shape(), x[i].dtype(), x[i].value().device()));
  }
  const std::vector<Tensor> in = parts(values), out = parts(gradients);
  const auto part = [&](const Tensor& t) { return in_heads(t, heads); };
  attention_backward_into(part(out[0]), part(out[1]), part(out[2]), part(d.dy().value()),
                          part(d.y().value()), log_sum, part(in[0]), part(in[1]), part(in[2]),
                          scores_of(one, extra));
  for (int i = 0; i < d.inputs(); ++i) {
    if (d.needs(i)) d.set(i, gradients[i]);
  }
}

}  // namespace gradus
