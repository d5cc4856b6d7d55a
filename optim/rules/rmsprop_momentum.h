#pragma once
#include "optim/rules/momentum.h"

namespace gradus::optim {

/// RMSProp whose steps pass through a momentum buffer.
///   s = alpha s + (1 - alpha) g^2
///   v = momentum v + g / (sqrt(s) + eps)
///   theta = theta - lr v              (lr inside, as in TensorFlow: v = momentum v + lr ...)
/// Source: Tieleman & Hinton 2012, Coursera lecture 6.5; form and defaults of torch.optim.RMSprop
/// with momentum > 0.
struct RMSPropMomentum {
  static constexpr const char* kName = "RMSPropMomentum";
  static constexpr std::array kState = {"s", "v"};

  double lr = 1e-2;  ///< per step
  double alpha = 0.99;
  double momentum = 0.9;
  double eps = 1e-8;
  EpsPlacement eps_placement = EpsPlacement::kOutside;
  LrPlacement lr_placement = LrPlacement::kOutside;
  double initial_accumulator = 0;  ///< where s starts
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
    f("initial_accumulator", s.initial_accumulator, Range::kNonNegative);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  double initial_state(std::size_t k) const { return k == 0 ? initial_accumulator : 0; }

  void begin_step(std::int64_t /*t*/) {
    at = Eps(eps, eps_placement);
    const bool inside = lr_placement == LrPlacement::kInside;
    gain = inside ? lr : 1;
    rate = inside ? 1 : lr;
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& s, T& v) const {
    s = T(alpha) * s + T(1 - alpha) * (g * g);
    v = T(momentum) * v + T(gain) * g / (sqrt(s + T(at.inside)) + T(at.outside));
    theta -= T(rate) * v;
  }
};
GRADUS_UPDATE_RULE(RMSPropMomentum);

}  // namespace gradus::optim
