#pragma once
#include "optim/optimizer.h"

namespace gradus::optim {

/// Stochastic gradient descent.
///   theta = theta - lr g
/// Source: Robbins & Monro 1951, doi:10.1214/aoms/1177729586; defaults of torch.optim.SGD.
struct SGD {
  static constexpr const char* kName = "SGD";
  static constexpr std::array<const char*, 0> kState = {};

  double lr = 1e-3;  ///< per step
  double weight_decay = 0;
  DecayMode decay_mode = DecayMode::kL2;

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  void begin_step(std::int64_t /*t*/) {}

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g) const {
    theta -= T(lr) * g;
  }
};
GRADUS_UPDATE_RULE(SGD);

}  // namespace gradus::optim
