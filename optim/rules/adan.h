#pragma once
#include "optim/rules/adam.h"

namespace gradus::optim {

/// How Adan's weight_decay acts: theta = (theta - step) / (1 + lr weight_decay), or
/// theta = theta (1 - lr weight_decay) - step ("no_prox" of the published program).
enum class AdanDecay { kProximal, kDecoupled };

/// Adan: Nesterov momentum from the difference of gradients, with an adaptive size.
///   m = beta1 m + (1 - beta1) g
///   v = beta2 v + (1 - beta2) (g - g_before)                           (0 in the first step)
///   n = beta3 n + (1 - beta3) (g + beta2 (g - g_before))^2
///   theta = [theta - lr (m_hat + beta2 v_hat) / (sqrt(n_hat) + eps)] / (1 + lr weight_decay)
/// Source: Xie et al. 2024, TPAMI, arXiv:2208.06677, Algorithm 1, and its published program.
/// Differs: the betas are those of the program, 1 minus those of the paper; the paper has eps
/// inside the root (eps_placement). The program can clip the gradients' norm before.
struct Adan {
  static constexpr const char* kName = "Adan";
  static constexpr std::array kState = {"m", "v", "n", "g_before"};

  double lr = 1e-3;  ///< per step
  double beta1 = 0.98;
  double beta2 = 0.92;
  double beta3 = 0.99;
  double eps = 1e-8;
  EpsPlacement eps_placement = EpsPlacement::kOutside;
  double weight_decay = 0;
  AdanDecay decay = AdanDecay::kProximal;

  // Set by begin_step.
  double known = 1;  // a factor: with a select the loop would not be vectorised
  double m_correction = 1, v_correction = 1, n_correction = 1, before = 1, shrink = 1;
  Eps at = {};

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("beta1", s.beta1, Range::kFraction);
    f("beta2", s.beta2, Range::kFraction);
    f("beta3", s.beta3, Range::kFraction);
    f("eps", s.eps, Range::kNonNegative);
    f("eps_placement", s.eps_placement, EpsPlacement::kInside);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay", s.decay, AdanDecay::kDecoupled);
  }

  void begin_step(std::int64_t t) {
    known = t == 1 ? 0 : 1;
    m_correction = bias_correction_of(beta1, t);
    v_correction = bias_correction_of(beta2, t);
    n_correction = bias_correction_of(beta3, t);
    at = Eps(eps, eps_placement);
    const bool proximal = decay == AdanDecay::kProximal;
    before = proximal ? 1 : 1 - lr * weight_decay;
    shrink = proximal ? 1 / (1 + lr * weight_decay) : 1;
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& m, T& v, T& n, T& g_before) const {
    const T difference = T(known) * (g - g_before);
    const T ahead = g + T(beta2) * difference;
    m = T(beta1) * m + T(1 - beta1) * g;
    v = T(beta2) * v + T(1 - beta2) * difference;
    n = T(beta3) * n + T(1 - beta3) * (ahead * ahead);
    g_before = g;
    const T m_hat = m * T(m_correction), v_hat = v * T(v_correction), n_hat = n * T(n_correction);
    const T step =
        T(lr) * (m_hat + T(beta2) * v_hat) / (sqrt(n_hat + T(at.inside)) + T(at.outside));
    theta = (theta * T(before) - step) * T(shrink);
  }
};
GRADUS_UPDATE_RULE(Adan);

}  // namespace gradus::optim
