#pragma once
#include "optim/rules/adam.h"

namespace gradus::optim {

/// Of what AMSGrad keeps the maximum.
///   kRaw         of v, which is corrected afterwards: PyTorch, TensorFlow
///   kCorrected   of v_hat = v / (1 - beta2^t): optax
///   kPaper       of v, and nothing is corrected, m neither
enum class AmsMax { kRaw, kCorrected, kPaper };

/// AMSGrad: Adam whose denominator never shrinks.
///   m = beta1 m + (1 - beta1) g            m_hat = m / (1 - beta1^t)
///   v = beta2 v + (1 - beta2) g^2
///   v_max = max(v_max, v)                  v_hat = v_max / (1 - beta2^t)
///   theta = theta - lr m_hat / (sqrt(v_hat) + eps)
/// Source: Reddi, Kale & Kumar 2018, ICLR, arXiv:1904.09237, Algorithm 2; torch.optim.Adam with
/// amsgrad=True. Differs: the paper corrects no bias (AmsMax::kPaper).
struct AMSGrad {
  static constexpr const char* kName = "AMSGrad";
  static constexpr std::array kState = {"m", "v", "v_max"};

  double lr = 1e-3;  ///< per step
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  AmsMax max_of = AmsMax::kRaw;
  double weight_decay = 0;
  DecayMode decay_mode = DecayMode::kL2;

  // Corrections of m, of v before and of v_max after the maximum; set by begin_step.
  double m_correction = 1, v_correction = 1, v_max_correction = 1;

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("beta1", s.beta1, Range::kFraction);
    f("beta2", s.beta2, Range::kFraction);
    f("eps", s.eps, Range::kNonNegative);
    f("max_of", s.max_of, AmsMax::kPaper);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  void begin_step(std::int64_t t) {
    m_correction = max_of == AmsMax::kPaper ? 1 : bias_correction_of(beta1, t);
    v_correction = max_of == AmsMax::kCorrected ? bias_correction_of(beta2, t) : 1;
    v_max_correction = max_of == AmsMax::kRaw ? bias_correction_of(beta2, t) : 1;
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& m, T& v, T& v_max) const {
    m = T(beta1) * m + T(1 - beta1) * g;
    v = T(beta2) * v + T(1 - beta2) * (g * g);
    v_max = larger(v_max, v * T(v_correction));
    const T m_hat = m * T(m_correction), v_hat = v_max * T(v_max_correction);
    theta -= T(lr) * m_hat / (sqrt(v_hat) + T(eps));
  }
};
GRADUS_UPDATE_RULE(AMSGrad);

}  // namespace gradus::optim
