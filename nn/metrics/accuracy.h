#pragma once
#include <cstdint>
#include <optional>

#include "autograd/variable.h"

namespace gradus::nn {

/// top_k: a target among the k highest scores counts as right. ignore_index: the target that does
/// not count.
struct AccuracyOptions {
  std::int64_t top_k = 1;
  std::optional<std::int64_t> ignore_index = {};
};

/// The part of the targets, over all batches, that the scores have right:
///   Accuracy accuracy;
///   for (...) accuracy.update(model(x), y);
///   accuracy.compute()
/// Of equal scores the first class comes first; NaN comes before all numbers, as in argmax.
class Accuracy {
 public:
  /// Throws ConfigError: "[Accuracy] top_k: 0; expected >= 1".
  explicit Accuracy(AccuracyOptions options = {});
  /// Shapes: scores [N, C] or [N, C, d...], target whole numbers [N] or [N, d...]; or [C] and [].
  /// Instead of scores, for top_k = 1: predicted classes, whole numbers in the shape of target.
  /// Throws ShapeError, DTypeError, IndexError, ConfigError (top_k > C):
  ///   "[Accuracy] scores is [2, 3] and target is [3]; expected scores [N, C, ...] with classes [N,
  ///   ...], [C] with [], or predicted classes like target"
  void update(const Variable& scores, const Variable& target);
  /// In 0..1; NaN when nothing has counted.
  double compute() const { return static_cast<double>(right_) / static_cast<double>(total_); }
  std::int64_t right() const { return right_; }
  std::int64_t total() const { return total_; }
  void reset() { right_ = total_ = 0; }

 private:
  AccuracyOptions options_;
  std::int64_t right_ = 0, total_ = 0;
};

/// Accuracy of one batch.
double accuracy(const Variable& scores, const Variable& target,
                std::optional<std::int64_t> ignore_index = {});
double top_k_accuracy(const Variable& scores, const Variable& target, std::int64_t k,
                      std::optional<std::int64_t> ignore_index = {});

}  // namespace gradus::nn
