#pragma once
#include "optim/rules/adam.h"

namespace gradus::optim {

/// What RAdam does while it has seen too few gradients to judge their size: a step of m_hat, of
/// the size of the gradient (PyTorch; it may be a large one), or none (the published program).
enum class RadamFallback { kMomentum, kNone };

/// RAdam: Adam whose steps are as much smaller as the estimate v is uncertain.
///   m = beta1 m + (1 - beta1) g            m_hat = m / (1 - beta1^t)
///   v = beta2 v + (1 - beta2) g^2          v_hat = v / (1 - beta2^t)
///   rho_inf = 2 / (1 - beta2) - 1          rho = rho_inf - 2 t beta2^t / (1 - beta2^t)
///   r^2 = (rho - 4) (rho - 2) rho_inf / ((rho_inf - 4) (rho_inf - 2) rho)
///   theta = theta - lr r m_hat sqrt(v_hat / v) / (sqrt(v) + eps)     if rho > threshold,
///   theta = theta - lr m_hat                                         if not
/// Source: Liu et al. 2020, ICLR, arXiv:1908.03265, Algorithm 2; torch.optim.RAdam.
/// Differs: eps is added before the correction of v as in PyTorch (eps_placement; optax: kOutside),
/// and the threshold is 5 (the paper: 4). Under kNone the published program does not decay weights
/// before its first step; here decoupled decay acts from the beginning.
struct RAdam {
  static constexpr const char* kName = "RAdam";
  static constexpr std::array kState = {"m", "v"};

  double lr = 1e-3;  ///< per step
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  AdamEps eps_placement = AdamEps::kHat;
  double threshold = 5;
  RadamFallback fallback = RadamFallback::kMomentum;
  double weight_decay = 0;
  DecayMode decay_mode = DecayMode::kL2;

  // Set by begin_step.
  bool rectified = false;
  double m_correction = 1, v_correction = 1, eps_inside = 0, eps_outside = 0, step_size = 0;

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("beta1", s.beta1, Range::kFraction);
    f("beta2", s.beta2, Range::kFraction);
    f("eps", s.eps, Range::kNonNegative);
    f("eps_placement", s.eps_placement, AdamEps::kHat);
    f("threshold", s.threshold, Range::kNonNegative);
    f("fallback", s.fallback, RadamFallback::kNone);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  void begin_step(std::int64_t t) {
    m_correction = bias_correction_of(beta1, t);
    v_correction = bias_correction_of(beta2, t);
    eps_inside = eps_placement == AdamEps::kInside ? eps : 0;
    eps_outside = eps_placement == AdamEps::kOutside ? eps : 0;
    if (eps_placement == AdamEps::kHat) eps_outside = std::sqrt(v_correction) * eps;
    const double n = static_cast<double>(t), rho_inf = 2 / (1 - beta2) - 1;
    const double rho = rho_inf - 2 * n * std::pow(beta2, n) * v_correction;
    rectified = rho > threshold && rho > 4;  // at 4 and below there is no root
    step_size = fallback == RadamFallback::kNone ? 0 : lr;
    if (rectified) {
      step_size =
          lr * std::sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho));
    }
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& m, T& v) const {
    m = T(beta1) * m + T(1 - beta1) * g;
    v = T(beta2) * v + T(1 - beta2) * (g * g);
    const T m_hat = m * T(m_correction), v_hat = v * T(v_correction);
    const T size = sqrt(v_hat + T(eps_inside)) + T(eps_outside);
    theta -= T(step_size) * m_hat / select(rectified, size, T(1));
  }
};
GRADUS_UPDATE_RULE(RAdam);

}  // namespace gradus::optim
