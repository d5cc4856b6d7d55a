#include "nn/metrics/scores.h"

#include <string>

namespace gradus::nn {

Scores scores_of(std::string_view metric, const Tensor& scores, const Tensor& target) {
  check_defined(metric, "scores", scores);
  check_defined(metric, "target", target);
  if (!is_integral(target.dtype())) {
    throw DTypeError("[" + std::string(metric) + "] target: " + std::string(name(target.dtype())) +
                     "; expected whole numbers, one class each");
  }
  if (is_integral(scores.dtype()) && scores.shape() == target.shape()) {
    return {scores.to(kCpu, kInt64).contiguous(), true};
  }
  Shape expected = scores.shape();
  const int axis = expected.rank() == 1 ? 0 : 1;
  if (expected.rank() > 0) expected.erase(axis);
  if (scores.rank() == 0 || target.shape() != expected) {
    throw ShapeError("[" + std::string(metric) + "] scores is " + to_string(scores.shape()) +
                     " and target is " + to_string(target.shape()) +
                     "; expected scores [N, C, ...] with classes [N, ...], [C] with [], or "
                     "predicted classes like target");
  }
  const Tensor last = scores.to(kCpu, compute_dtype(scores.dtype())).moveaxis({axis}, {-1});
  return {last.reshape({target.numel(), scores.shape()[axis]}).contiguous(), false};
}

}  // namespace gradus::nn
