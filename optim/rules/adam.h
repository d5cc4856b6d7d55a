#pragma once
#include <cmath>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Where Adam's eps stands.
///   kOutside   sqrt(v_hat) + eps           the paper's Algorithm 1, PyTorch
///   kInside    sqrt(v_hat + eps)           "eps_root" of optax
///   kHat       sqrt(v) + eps before the correction of v: the paper's reordered form, TensorFlow
enum class AdamEps { kOutside, kInside, kHat };

/// 1 / (1 - beta^t), in double: in float, 1 - beta2^t keeps few digits for small t.
inline double bias_correction_of(double beta, std::int64_t t) {
  return 1 / (1 - std::pow(beta, static_cast<double>(t)));
}

/// Adam: momentum m over a running size v of the gradient; t = 1, 2, ...; m and v start at zero.
///   m = beta1 m + (1 - beta1) g            m_hat = m / (1 - beta1^t)
///   v = beta2 v + (1 - beta2) g^2          v_hat = v / (1 - beta2^t)
///   theta = theta - lr m_hat / (sqrt(v_hat) + eps)
/// Source: Kingma & Ba 2015, ICLR, arXiv:1412.6980, Algorithm 1; defaults of torch.optim.Adam.
template <DecayMode kDecay>
struct AdamWithDecay {
  static constexpr const char* kName = kDecay == DecayMode::kL2 ? "Adam" : "AdamW";
  static constexpr std::array kState = {"m", "v"};

  double lr = 1e-3;  ///< per step
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  AdamEps eps_placement = AdamEps::kOutside;
  bool bias_correction = true;
  double weight_decay = kDecay == DecayMode::kL2 ? 0 : 1e-2;
  DecayMode decay_mode = kDecay;

  double m_correction = 1, v_correction = 1;  // set by begin_step, as are the next
  double eps_inside = 0, eps_outside = 0;

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("beta1", s.beta1, Range::kFraction);
    f("beta2", s.beta2, Range::kFraction);
    f("eps", s.eps, Range::kNonNegative);
    f("eps_placement", s.eps_placement, AdamEps::kHat);
    f("bias_correction", s.bias_correction);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  void begin_step(std::int64_t t) {
    m_correction = bias_correction ? bias_correction_of(beta1, t) : 1;
    v_correction = bias_correction ? bias_correction_of(beta2, t) : 1;
    eps_inside = eps_placement == AdamEps::kInside ? eps : 0;
    eps_outside = eps_placement == AdamEps::kOutside ? eps : 0;
    // (sqrt(v) + eps) sqrt(c) = sqrt(c v) + sqrt(c) eps, with c the correction of v
    if (eps_placement == AdamEps::kHat) eps_outside = std::sqrt(v_correction) * eps;
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& m, T& v) const {
    m = T(beta1) * m + T(1 - beta1) * g;
    v = T(beta2) * v + T(1 - beta2) * (g * g);
    const T m_hat = m * T(m_correction), v_hat = v * T(v_correction);
    theta -= T(lr) * m_hat / (sqrt(v_hat + T(eps_inside)) + T(eps_outside));
  }
};

using Adam = AdamWithDecay<DecayMode::kL2>;
GRADUS_UPDATE_RULE(Adam);

}  // namespace gradus::optim
