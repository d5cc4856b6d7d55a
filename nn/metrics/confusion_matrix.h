#pragma once
#include <cstdint>
#include <optional>

#include "autograd/variable.h"

namespace gradus::nn {

/// How numbers of classes become one. kMicro counts all targets alike; kMacro is the mean over the
/// classes, kWeighted that weighted by how often each is the target. Classes that are neither
/// target nor prediction are left out, as in scikit-learn.
enum class Average { kMicro, kMacro, kWeighted };

/// How often each class was predicted for each target, over all batches, and what follows:
///   precision = right / predicted,  recall = right / targets,  f1 = 2 right / (predicted +
///   targets), each 0 where it is 0 / 0.
/// Source: van Rijsbergen 1979, "Information Retrieval"; scikit-learn's confusion_matrix and
/// precision_recall_fscore_support.
class ConfusionMatrix {
 public:
  /// Throws ConfigError: "[ConfusionMatrix] classes: 0; expected >= 1".
  explicit ConfusionMatrix(std::int64_t classes, std::optional<std::int64_t> ignore_index = {});
  /// Shapes as Accuracy::update; the highest score is the prediction, the first of equal ones.
  /// Throws ShapeError, DTypeError, IndexError:
  ///   "[ConfusionMatrix] target: 5 at [1]; expected a class in 0..2"
  void update(const Variable& scores, const Variable& target);

  /// [target, prediction], int64 [C, C]; a copy.
  Tensor compute() const { return counts_.clone(); }
  void reset();

  double accuracy() const;
  Tensor precision() const;  ///< of each class, float64 [C]
  Tensor recall() const;
  Tensor f1() const;
  double precision(Average average) const;
  double recall(Average average) const;
  double f1(Average average) const;

 private:
  double averaged(const Tensor& of_classes, Average average) const;

  Tensor counts_;
  std::optional<std::int64_t> ignore_index_;
};

}  // namespace gradus::nn
