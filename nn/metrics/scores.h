#pragma once
// What metrics of classes read.
#include <string_view>

#include "autograd/ops/class_targets.h"

namespace gradus::nn {

/// Scores, a row for each target: [n, C], contiguous, of a dtype of computing; or predicted
/// classes: int64, contiguous, like the target. Counting is the CPU's
/// work, so they are there, wherever they came from.
struct Scores {
  Tensor rows;
  bool are_classes;
};

/// Throws ShapeError, DTypeError:
///   "[Accuracy] scores is [2, 3] and target is [3]; expected scores [N, C, ...] with classes [N,
///   ...], [C] with [], or predicted classes like target"
Scores scores_of(std::string_view metric, const Tensor& scores, const Tensor& target);

}  // namespace gradus::nn
