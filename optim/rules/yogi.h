#pragma once
#include "optim/rules/adam.h"

namespace gradus::optim {

/// Yogi: Adam whose v changes by an amount that does not depend on v.
///   m = beta1 m + (1 - beta1) g            m_hat = m / (1 - beta1^t)
///   v = v - (1 - beta2) sign(v - g^2) g^2  v_hat = v / (1 - beta2^t)
///   theta = theta - lr m_hat / (sqrt(v_hat) + eps)
/// Source: Zaheer et al. 2018, NeurIPS, "Adaptive methods for nonconvex optimization", Algorithm 2;
/// start and corrections as in the book (Dive into Deep Learning 12.10).
/// Differs: the paper corrects no bias (bias_correction = false); TensorFlow Addons and optax start
/// m and v at 1e-6 (initial_accumulator).
struct Yogi {
  static constexpr const char* kName = "Yogi";
  static constexpr std::array kState = {"m", "v"};

  double lr = 1e-2;  ///< per step
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-3;
  double initial_accumulator = 0;
  bool bias_correction = true;
  double weight_decay = 0;
  DecayMode decay_mode = DecayMode::kL2;

  double m_correction = 1, v_correction = 1;  // set by begin_step

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("beta1", s.beta1, Range::kFraction);
    f("beta2", s.beta2, Range::kFraction);
    f("eps", s.eps, Range::kNonNegative);
    f("initial_accumulator", s.initial_accumulator, Range::kNonNegative);
    f("bias_correction", s.bias_correction);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  double initial_state(std::size_t /*m or v*/) const { return initial_accumulator; }

  void begin_step(std::int64_t t) {
    m_correction = bias_correction ? bias_correction_of(beta1, t) : 1;
    v_correction = bias_correction ? bias_correction_of(beta2, t) : 1;
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& m, T& v) const {
    m = T(beta1) * m + T(1 - beta1) * g;
    v -= T(1 - beta2) * (sign_of(v - g * g) * (g * g));
    const T m_hat = m * T(m_correction), v_hat = v * T(v_correction);
    theta -= T(lr) * m_hat / (sqrt(v_hat) + T(eps));
  }
};
GRADUS_UPDATE_RULE(Yogi);

}  // namespace gradus::optim
