#pragma once
#include "optim/optimizer.h"

namespace gradus::optim {

/// RMSProp: AdaGrad with a leaky average of the squared gradients.
///   s = alpha s + (1 - alpha) g^2
///   theta = theta - lr g / (sqrt(s) + eps)
/// eps_placement = kInside gives the book's g / sqrt(s + eps) (there alpha = 0.9, eps = 1e-6).
/// Source: Tieleman & Hinton 2012, Coursera lecture 6.5; defaults of torch.optim.RMSprop.
struct RMSProp {
  static constexpr const char* kName = "RMSProp";
  static constexpr std::array kState = {"s"};

  double lr = 1e-2;  ///< per step
  double alpha = 0.99;
  double eps = 1e-8;
  EpsPlacement eps_placement = EpsPlacement::kOutside;
  double initial_accumulator = 0;
  double weight_decay = 0;
  DecayMode decay_mode = DecayMode::kL2;

  Eps at = {};  // set by begin_step

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("alpha", s.alpha, Range::kFraction);
    f("eps", s.eps, Range::kNonNegative);
    f("eps_placement", s.eps_placement, EpsPlacement::kInside);
    f("initial_accumulator", s.initial_accumulator, Range::kNonNegative);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  double initial_state(std::size_t /*s*/) const { return initial_accumulator; }

  void begin_step(std::int64_t /*t*/) { at = Eps(eps, eps_placement); }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& s) const {
    s = T(alpha) * s + T(1 - alpha) * (g * g);
    theta -= T(lr) * g / (sqrt(s + T(at.inside)) + T(at.outside));
  }
};
GRADUS_UPDATE_RULE(RMSProp);

}  // namespace gradus::optim
