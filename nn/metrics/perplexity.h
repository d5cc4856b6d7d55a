#pragma once
#include <cmath>

#include "autograd/ops/class_targets.h"
#include "autograd/ops/cross_entropy.h"
#include "nn/metrics/running_mean.h"
#include "tensor/reduce.h"

namespace gradus::nn {

/// exp of the mean cross entropy, in nats, of all targets over all batches: between how many
/// classes a model of language is torn. C for equal scores, 1 at best.
class Perplexity {
 public:
  explicit Perplexity(std::int64_t ignore_index = -100) : ignore_index_(ignore_index) {}

  /// Shapes: logits [N, C] or [N, C, d...], target whole numbers [N] or [N, d...]. Throws as
  /// cross_entropy does.
  void update(const Variable& logits, const Variable& target) {
    const NoGradGuard guard;
    const Variable loss = cross_entropy(
        logits, target, {.ignore_index = ignore_index_, .reduction = Reduction::kNone});
    const Tensor each = loss.value().to(kFloat64);
    const Tensor t = target.value().to(kCpu, kInt64).contiguous();
    double counted = 0;
    for (std::int64_t i = 0; i < t.numel(); ++i) {
      counted += t.data<std::int64_t>()[i] != ignore_index_;
    }
    if (counted > 0) update_mean(sum(each).item() / counted, counted);
  }
  /// For a mean cross entropy of n targets that is known.
  void update_mean(double loss, double n) { mean_.update(loss, n); }
  /// NaN when nothing has counted.
  double compute() const { return std::exp(mean_.compute()); }
  void reset() { mean_.reset(); }

 private:
  std::int64_t ignore_index_;
  RunningMean mean_;
};

}  // namespace gradus::nn
