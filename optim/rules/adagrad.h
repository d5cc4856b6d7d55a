#pragma once
#include "optim/optimizer.h"

namespace gradus::optim {

/// AdaGrad: each coordinate slows down with the sum of its squared gradients.
///   s = s + g^2
///   theta = theta - lr_t g / (sqrt(s) + eps),   lr_t = lr / (1 + (t - 1) lr_decay)
/// eps_placement = kInside gives the book's g / sqrt(s + eps) (there eps = 1e-6).
/// Source: Duchi, Hazan & Singer 2011, JMLR 12; defaults of torch.optim.Adagrad.
/// Differs: the paper has eps inside and s starts at a constant (initial_accumulator).
struct AdaGrad {
  static constexpr const char* kName = "AdaGrad";
  static constexpr std::array kState = {"s"};

  double lr = 1e-2;  ///< per step
  double lr_decay = 0;
  double eps = 1e-10;
  EpsPlacement eps_placement = EpsPlacement::kOutside;
  double initial_accumulator = 0;
  double weight_decay = 0;
  DecayMode decay_mode = DecayMode::kL2;

  double lr_t = 0;  // set by begin_step, as is the next
  Eps at = {};

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("lr_decay", s.lr_decay, Range::kNonNegative);
    f("eps", s.eps, Range::kNonNegative);
    f("eps_placement", s.eps_placement, EpsPlacement::kInside);
    f("initial_accumulator", s.initial_accumulator, Range::kNonNegative);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  double initial_state(std::size_t /*s*/) const { return initial_accumulator; }

  void begin_step(std::int64_t t) {
    lr_t = lr / (1 + static_cast<double>(t - 1) * lr_decay);
    at = Eps(eps, eps_placement);
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& s) const {
    s += g * g;
    theta -= T(lr_t) * g / (sqrt(s + T(at.inside)) + T(at.outside));
  }
};
GRADUS_UPDATE_RULE(AdaGrad);

}  // namespace gradus::optim
