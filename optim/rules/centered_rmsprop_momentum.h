#pragma once
#include "optim/rules/centered_rmsprop.h"
#include "optim/rules/momentum.h"

namespace gradus::optim {

/// Centered RMSProp whose steps pass through a momentum buffer.
///   s = alpha s + (1 - alpha) g^2
///   a = alpha a + (1 - alpha) g
///   v = momentum v + g / (sqrt(s - a^2) + eps)
///   theta = theta - lr v              (lr inside, as in the paper: v = momentum v + lr ...)
/// Source: Graves 2013, arXiv:1308.0850, eq. 38-45; form and defaults of torch.optim.RMSprop with
/// centered=True and momentum > 0.
/// Differs: s - a^2 is never below 0, see CenteredRMSProp. The paper has eps inside the root.
struct CenteredRMSPropMomentum {
  static constexpr const char* kName = "CenteredRMSPropMomentum";
  static constexpr std::array kState = {"s", "a", "v"};

  double lr = 1e-2;  ///< per step
  double alpha = 0.99;
  double momentum = 0.9;
  double eps = 1e-8;
  EpsPlacement eps_placement = EpsPlacement::kOutside;
  LrPlacement lr_placement = LrPlacement::kOutside;
  double weight_decay = 0;
  DecayMode decay_mode = DecayMode::kL2;

  Eps at = {};                // set by begin_step, as are the next
  double gain = 1, rate = 0;  // of a step into v, of v into theta

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("alpha", s.alpha, Range::kFraction);
    f("momentum", s.momentum, Range::kFraction);
    f("eps", s.eps, Range::kNonNegative);
    f("eps_placement", s.eps_placement, EpsPlacement::kInside);
    f("lr_placement", s.lr_placement, LrPlacement::kInside);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  void begin_step(std::int64_t /*t*/) {
    at = Eps(eps, eps_placement);
    const bool inside = lr_placement == LrPlacement::kInside;
    gain = inside ? lr : 1;
    rate = inside ? 1 : lr;
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& s, T& a, T& v) const {
    s = T(alpha) * s + T(1 - alpha) * (g * g);
    a = T(alpha) * a + T(1 - alpha) * g;
    v = T(momentum) * v + T(gain) * g / (sqrt(variance(s, a) + T(at.inside)) + T(at.outside));
    theta -= T(rate) * v;
  }
};
GRADUS_UPDATE_RULE(CenteredRMSPropMomentum);

}  // namespace gradus::optim
