#pragma once
#include "optim/rules/adam.h"

namespace gradus::optim {

/// AdaBelief: Adam that divides by how far gradients are from their mean m, so that steps are large
/// where they come as expected.
///   m = beta1 m + (1 - beta1) g                       m_hat = m / (1 - beta1^t)
///   s = beta2 s + (1 - beta2) (g - m)^2 + eps_root    s_hat = s / (1 - beta2^t)
///   theta = theta - lr m_hat / (sqrt(s_hat) + eps)
/// Source: Zhuang et al. 2020, NeurIPS, arXiv:2010.07468, Algorithm 2, where eps_root = eps, as
/// here by default.
/// Differs: the published program adds RAdam's rectification by default, which is not in the paper.
struct AdaBelief {
  static constexpr const char* kName = "AdaBelief";
  static constexpr std::array kState = {"m", "s"};

  double lr = 1e-3;  ///< per step
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-16;
  double eps_root = 1e-16;  ///< added to s in every step
  bool bias_correction = true;
  double weight_decay = 0;
  DecayMode decay_mode = DecayMode::kDecoupled;

  double m_correction = 1, s_correction = 1;  // set by begin_step

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("beta1", s.beta1, Range::kFraction);
    f("beta2", s.beta2, Range::kFraction);
    f("eps", s.eps, Range::kNonNegative);
    f("eps_root", s.eps_root, Range::kNonNegative);
    f("bias_correction", s.bias_correction);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  void begin_step(std::int64_t t) {
    m_correction = bias_correction ? bias_correction_of(beta1, t) : 1;
    s_correction = bias_correction ? bias_correction_of(beta2, t) : 1;
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& m, T& s) const {
    m = T(beta1) * m + T(1 - beta1) * g;
    const T surprise = g - m;
    s = T(beta2) * s + T(1 - beta2) * (surprise * surprise) + T(eps_root);
    const T m_hat = m * T(m_correction), s_hat = s * T(s_correction);
    theta -= T(lr) * m_hat / (sqrt(s_hat) + T(eps));
  }
};
GRADUS_UPDATE_RULE(AdaBelief);

}  // namespace gradus::optim
