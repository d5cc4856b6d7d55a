#pragma once
#include "autograd/watch.h"

namespace gradus {

/// While it lives, the first operation of this thread whose result, or whose gradient, has a NaN,
/// or an infinity that none of what it was computed from has, is an AutogradError. It names the
/// line of the program, and what the operation was given:
///   "[anomaly] log recorded at train.cc:12: result f32[3] has 1 NaN, 1 Inf, first at [0];
///    expected finite numbers; input 0: f32[3] "x", -1 to 2, no NaN, no Inf"
/// and in backward, behind "[backward] sqrt recorded at train.cc:12: ",
///   "[anomaly] gradient of input 0, f32[3], has 1 Inf, first at [0]; expected finite numbers;
///    gradient of the result: f32[3], 1 to 1, no NaN, no Inf; input 0: f32[3], 0 to 4, ..."
/// Infinities that are only passed on (a mask of -inf before softmax) are no error. It sees what is
/// recorded: not under NoGradGuard, and nothing that needs no gradient. Each element is read again,
/// so leave it out when all is well; without a guard nothing is looked at.
/// Differs: PyTorch's detect_anomaly looks at gradients only, and only for NaN.
class AnomalyGuard final : public TapeWatch {
 public:
  AnomalyGuard() = default;

 private:
  void handled(Node& node) override;
  void differentiated(Node& node, const Variable& dy, std::span<const Variable> dx) override;
};

}  // namespace gradus
