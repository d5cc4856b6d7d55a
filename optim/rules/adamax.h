#pragma once
#include "optim/rules/adam.h"

namespace gradus::optim {

/// Where Adamax's eps stands: beside the new gradient, u = max(beta2 u, |g| + eps) (PyTorch), or
/// beside the divisor, m_hat / (u + eps) (ensmallen, MLX).
enum class AdamaxEps { kInMaximum, kOnDivisor };

/// Adamax: Adam with the largest recent gradient instead of their mean square.
///   m = beta1 m + (1 - beta1) g            m_hat = m / (1 - beta1^t)
///   u = max(beta2 u, |g| + eps)
///   theta = theta - lr m_hat / u
/// Source: Kingma & Ba 2015, ICLR, arXiv:1412.6980, Algorithm 2; torch.optim.Adamax.
/// Differs: the paper has no eps; MLX does not correct m (bias_correction = false).
struct Adamax {
  static constexpr const char* kName = "Adamax";
  static constexpr std::array kState = {"m", "u"};

  double lr = 2e-3;  ///< per step
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  AdamaxEps eps_placement = AdamaxEps::kInMaximum;
  bool bias_correction = true;
  double weight_decay = 0;
  DecayMode decay_mode = DecayMode::kL2;

  double m_correction = 1, eps_in_maximum = 0, eps_on_divisor = 0;  // set by begin_step

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("beta1", s.beta1, Range::kFraction);
    f("beta2", s.beta2, Range::kFraction);
    f("eps", s.eps, Range::kPositive);  // with 0, a gradient of 0 would be 0 / 0
    f("eps_placement", s.eps_placement, AdamaxEps::kOnDivisor);
    f("bias_correction", s.bias_correction);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  void begin_step(std::int64_t t) {
    m_correction = bias_correction ? bias_correction_of(beta1, t) : 1;
    eps_in_maximum = eps_placement == AdamaxEps::kInMaximum ? eps : 0;
    eps_on_divisor = eps_placement == AdamaxEps::kOnDivisor ? eps : 0;
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& m, T& u) const {
    m = T(beta1) * m + T(1 - beta1) * g;
    u = larger(T(beta2) * u, abs(g) + T(eps_in_maximum));
    theta -= T(lr) * (m * T(m_correction)) / (u + T(eps_on_divisor));
  }
};
GRADUS_UPDATE_RULE(Adamax);

}  // namespace gradus::optim
