#pragma once
#include "optim/optimizer.h"

namespace gradus::optim {

/// Adadelta: steps in the units of theta, from the sizes of earlier steps d and gradients s.
///   s = rho s + (1 - rho) g^2
///   u = sqrt(d + eps) / sqrt(s + eps) g
///   d = rho d + (1 - rho) u^2
///   theta = theta - lr u
/// eps sets the size of the first steps, so it is a real hyper-parameter (the book: 1e-5).
/// Source: Zeiler 2012, arXiv:1212.5701, Algorithm 1; defaults of torch.optim.Adadelta.
/// Differs: lr, which the paper does not have, is 1 by default.
struct Adadelta {
  static constexpr const char* kName = "Adadelta";
  static constexpr std::array kState = {"s", "d"};

  double lr = 1;
  double rho = 0.9;
  double eps = 1e-6;
  double weight_decay = 0;
  DecayMode decay_mode = DecayMode::kL2;

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("rho", s.rho, Range::kFraction);
    f("eps", s.eps, Range::kPositive);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  void begin_step(std::int64_t /*t*/) {}

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& s, T& d) const {
    s = T(rho) * s + T(1 - rho) * (g * g);
    const T u = sqrt(d + T(eps)) / sqrt(s + T(eps)) * g;
    d = T(rho) * d + T(1 - rho) * (u * u);
    theta -= T(lr) * u;
  }
};
GRADUS_UPDATE_RULE(Adadelta);

}  // namespace gradus::optim
