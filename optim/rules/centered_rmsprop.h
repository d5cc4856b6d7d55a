#pragma once
#include "optim/optimizer.h"

namespace gradus::optim {

/// The running variance s - a^2 of a gradient. Rounding may take it below zero, which would be a
/// NaN under the root.
template <class T>
GRADUS_HOST_DEVICE inline T variance(T s, T a) {
  return larger(s - a * a, T(0));
}

/// Centered RMSProp: divides by the running deviation of the gradient instead of its size.
///   s = alpha s + (1 - alpha) g^2
///   a = alpha a + (1 - alpha) g
///   theta = theta - lr g / (sqrt(s - a^2) + eps)
/// Source: Graves 2013, arXiv:1308.0850, eq. 38-45; defaults of torch.optim.RMSprop with
/// centered=True.
/// Differs: s - a^2 is never below 0; in PyTorch it may be, by rounding, and theta is NaN then.
/// The paper has eps inside the root, and momentum (CenteredRMSPropMomentum).
struct CenteredRMSProp {
  static constexpr const char* kName = "CenteredRMSProp";
  static constexpr std::array kState = {"s", "a"};

  double lr = 1e-2;  ///< per step
  double alpha = 0.99;
  double eps = 1e-8;
  EpsPlacement eps_placement = EpsPlacement::kOutside;
  double weight_decay = 0;
  DecayMode decay_mode = DecayMode::kL2;

  Eps at = {};  // set by begin_step

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("alpha", s.alpha, Range::kFraction);
    f("eps", s.eps, Range::kNonNegative);
    f("eps_placement", s.eps_placement, EpsPlacement::kInside);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  void begin_step(std::int64_t /*t*/) { at = Eps(eps, eps_placement); }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& s, T& a) const {
    s = T(alpha) * s + T(1 - alpha) * (g * g);
    a = T(alpha) * a + T(1 - alpha) * g;
    theta -= T(lr) * g / (sqrt(variance(s, a) + T(at.inside)) + T(at.outside));
  }
};
GRADUS_UPDATE_RULE(CenteredRMSProp);

}  // namespace gradus::optim
