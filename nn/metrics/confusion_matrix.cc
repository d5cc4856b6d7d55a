#include "nn/metrics/confusion_matrix.h"

#include <string>

#include "nn/metrics/scores.h"
#include "tensor/assemble.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/equal.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/not_equal.h"
#include "tensor/reduce.h"

namespace gradus::nn {
namespace {

Tensor checked(std::int64_t classes) {
  if (classes >= 1) return zeros({classes, classes}, kInt64);
  throw ConfigError("[ConfusionMatrix] classes: " + std::to_string(classes) + "; expected >= 1");
}

Tensor right(const Tensor& counts) { return counts.diagonal().to(kFloat64); }
Tensor predicted(const Tensor& counts) { return sum(counts, {0}).to(kFloat64); }
Tensor targets(const Tensor& counts) { return sum(counts, {1}).to(kFloat64); }

// 0 where it is 0 / 0.
Tensor ratio(const Tensor& a, const Tensor& b) { return masked_fill(a / b, equal(b, 0), 0); }

}  // namespace

ConfusionMatrix::ConfusionMatrix(std::int64_t classes, std::optional<std::int64_t> ignore_index)
    : counts_(checked(classes)), ignore_index_(ignore_index) {}

void ConfusionMatrix::update(const Variable& scores, const Variable& target) {
  const Scores given = scores_of("ConfusionMatrix", scores.value(), target.value());
  const std::int64_t n = counts_.dim(0);
  if (!given.are_classes && given.rows.dim(1) != n) {
    throw ShapeError("[ConfusionMatrix] scores: " + std::to_string(given.rows.dim(1)) +
                     " classes; expected " + std::to_string(n));
  }
  const ClassTargets wanted =
      class_targets("ConfusionMatrix", target.value().to(kCpu), n, ignore_index_);
  const Tensor prediction = given.are_classes ? given.rows : argmax(given.rows, 1).contiguous();
  const auto* p = prediction.data<std::int64_t>();
  const auto* t = wanted.index.data<std::int64_t>();
  const bool* skip = wanted.ignored.data<bool>();
  for (std::int64_t i = 0; i < wanted.index.numel(); ++i) {
    if (skip[i] || (p[i] >= 0 && p[i] < n)) continue;
    throw IndexError("[ConfusionMatrix] scores: class " + std::to_string(p[i]) + " at " +
                     place_in(target.shape(), i) + "; expected a class in 0.." +
                     std::to_string(n - 1));
  }
  auto* counts = counts_.data<std::int64_t>();
  for (std::int64_t i = 0; i < wanted.index.numel(); ++i) {
    if (!skip[i]) ++counts[t[i] * n + p[i]];
  }
}

void ConfusionMatrix::reset() { counts_.fill(0); }

double ConfusionMatrix::accuracy() const {
  return sum(right(counts_)).item() / sum(targets(counts_)).item();
}

Tensor ConfusionMatrix::precision() const { return ratio(right(counts_), predicted(counts_)); }
Tensor ConfusionMatrix::recall() const { return ratio(right(counts_), targets(counts_)); }
Tensor ConfusionMatrix::f1() const {
  return ratio(right(counts_) * 2, predicted(counts_) + targets(counts_));
}

double ConfusionMatrix::averaged(const Tensor& of_classes, Average average) const {
  // Summed over all classes, right / predicted and right / targets are one number.
  if (average == Average::kMicro) return accuracy();
  const Tensor support = targets(counts_);
  const Tensor weight = average == Average::kWeighted
                            ? support
                            : not_equal(support + predicted(counts_), 0).to(kFloat64);
  return sum(of_classes * weight).item() / sum(weight).item();
}

double ConfusionMatrix::precision(Average average) const { return averaged(precision(), average); }
double ConfusionMatrix::recall(Average average) const { return averaged(recall(), average); }
double ConfusionMatrix::f1(Average average) const { return averaged(f1(), average); }

}  // namespace gradus::nn
