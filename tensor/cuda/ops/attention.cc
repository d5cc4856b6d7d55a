#include "tensor/cuda/ops/attention.h"

#include <limits>

#include "tensor/assemble.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/equal.h"
#include "tensor/elementwise/exp.h"
#include "tensor/elementwise/greater.h"
#include "tensor/elementwise/log.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sub.h"
#include "tensor/matmul.h"
#include "tensor/reduce.h"

namespace gradus::gpu {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// scale q k^T + added [N, H, L, S], -inf where nobody looks.
Tensor scores_of(const Tensor& q, const Tensor& k, const AttentionScores& of) {
  Tensor s = matmul(mul(q, of.scale), k.transpose());
  if (of.added.defined()) s = add(s, of.added);
  if (of.is_causal) {
    const auto counted = [&](std::int64_t n) { return arange(n).to(q.device()); };
    const Tensor later = greater(counted(k.dim(2)), counted(q.dim(2)).unsqueeze(-1));
    s = masked_fill(s, later, -kInfinity);
  }
  return of.blocked.defined() ? masked_fill(s, of.blocked, -kInfinity) : s;
}

Tensor drop(const Tensor& weights, const AttentionScores& of) {
  return of.dropped.defined() ? mul(masked_fill(weights, of.dropped, 0), of.kept) : weights;
}

}  // namespace

void attention_into(const Tensor& y, const Tensor& log_sum, const Tensor& q, const Tensor& k,
                    const Tensor& v, const AttentionScores& scores) {
  if (q.dim(2) == 0 || log_sum.numel() == 0) return;
  if (k.dim(2) == 0) {
    y.fill(0);
    return log_sum.fill(kInfinity);
  }
  const Tensor s = scores_of(q, k, scores);
  // Rows without a key have the sum 0, and what a weight is multiplied with is 0 then.
  Tensor largest = max(s, -1, true);
  largest = masked_fill(largest, equal(largest, -kInfinity), 0);
  const Tensor e = exp(sub(s, largest)), total = sum(e, -1, true), none = equal(total, 0);
  const Tensor factor = masked_fill(div(1, total), none, 0);
  y.copy_from(mul(matmul(drop(e, scores), v), factor));
  log_sum.copy_from(masked_fill(add(log(total), largest), none, kInfinity).squeeze(-1));
}

void attention_backward_into(const Tensor& dq, const Tensor& dk, const Tensor& dv, const Tensor& dy,
                             const Tensor& y, const Tensor& log_sum, const Tensor& q,
                             const Tensor& k, const Tensor& v, const AttentionScores& scores) {
  if (q.numel() == 0 || k.numel() == 0) {
    for (const Tensor* d : {&dq, &dk, &dv}) d->fill(0);
    return;
  }
  const Tensor p = exp(sub(scores_of(q, k, scores), log_sum.unsqueeze(-1)));
  const Tensor dp = drop(matmul(dy, v.transpose()), scores);
  const Tensor ds = mul(p, sub(dp, sum(mul(dy, y), -1, true)));
  dv.copy_from(matmul(drop(p, scores).transpose(), dy));
  dk.copy_from(mul(matmul(ds.transpose(), q), scores.scale));
  dq.copy_from(mul(matmul(ds, k), scores.scale));
}

}  // namespace gradus::gpu
