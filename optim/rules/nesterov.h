#pragma once
#include "optim/optimizer.h"

namespace gradus::optim {

/// Nesterov's accelerated gradient, in the form that needs no gradient at a look-ahead point.
///   v = momentum v + g
///   theta = theta - lr (g + momentum v)
/// Source: Nesterov 1983; Sutskever et al. 2013, ICML; form and defaults of torch.optim.SGD with
/// nesterov=True.
/// Differs: theta is the look-ahead point of the original, which shifts the path, not the limit.
struct Nesterov {
  static constexpr const char* kName = "Nesterov";
  static constexpr std::array kState = {"v"};

  double lr = 1e-3;  ///< per step
  double momentum = 0.9;
  double weight_decay = 0;
  DecayMode decay_mode = DecayMode::kL2;

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("momentum", s.momentum, Range::kFraction);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  void begin_step(std::int64_t /*t*/) {}

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& v) const {
    v = T(momentum) * v + g;
    theta -= T(lr) * (g + T(momentum) * v);
  }
};
GRADUS_UPDATE_RULE(Nesterov);

}  // namespace gradus::optim
