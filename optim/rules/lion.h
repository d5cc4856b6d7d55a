#pragma once
#include "optim/optimizer.h"

namespace gradus::optim {

/// Lion: the sign of a mean of momentum and gradient; each element moves by lr, or by 0.
///   c = beta1 m + (1 - beta1) g
///   theta = theta - lr sign(c)
///   m = beta2 m + (1 - beta2) g
/// Needs an lr 3 to 10 times smaller, and a weight_decay as much larger, than AdamW.
/// Source: Chen et al. 2023, NeurIPS, arXiv:2302.06675, Algorithm 2, and its published program
/// (optax has weight_decay 1e-3). sign(0) = 0.
struct Lion {
  static constexpr const char* kName = "Lion";
  static constexpr std::array kState = {"m"};

  double lr = 1e-4;  ///< per step
  double beta1 = 0.9;
  double beta2 = 0.99;
  double weight_decay = 0;
  DecayMode decay_mode = DecayMode::kDecoupled;

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("beta1", s.beta1, Range::kFraction);
    f("beta2", s.beta2, Range::kFraction);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  void begin_step(std::int64_t /*t*/) {}

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& m) const {
    const T c = T(beta1) * m + T(1 - beta1) * g;
    theta -= T(lr) * sign_of(c);
    m = T(beta2) * m + T(1 - beta2) * g;
  }
};
GRADUS_UPDATE_RULE(Lion);

}  // namespace gradus::optim
