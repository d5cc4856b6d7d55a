#pragma once
#include "optim/rules/adam.h"

namespace gradus::optim {

/// How much of m NAdam takes in step t.
///   kWarming    mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2)      the paper, PyTorch
///   kConstant   mu_t = beta1                                       the paper's simple form, optax
enum class NadamMomentum { kWarming, kConstant };

/// NAdam: Adam that takes the step of m which comes next, as Nesterov does.
///   m = beta1 m + (1 - beta1) g
///   v = beta2 v + (1 - beta2) g^2                   v_hat = v / (1 - beta2^t)
///   m_hat = mu_{t+1} m / (1 - mu_1 ... mu_{t+1}) + (1 - mu_t) g / (1 - mu_1 ... mu_t)
///   theta = theta - lr m_hat / (sqrt(v_hat) + eps)
/// The product mu_1 ... mu_t is kept per parameter, since beta1 may change while training.
/// Source: Dozat 2016, ICLR workshop, "Incorporating Nesterov momentum into Adam"; defaults of
/// torch.optim.NAdam.
struct NAdam {
  static constexpr const char* kName = "NAdam";
  static constexpr std::array kState = {"m", "v"};
  static constexpr std::array kScalar = {"mu_product"};

  double lr = 2e-3;  ///< per step
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  NadamMomentum momentum_schedule = NadamMomentum::kWarming;
  double momentum_decay = 4e-3;
  double weight_decay = 0;
  DecayMode decay_mode = DecayMode::kL2;

  double of_g = 0, of_m = 0, v_correction = 1;  // set by begin_step

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("beta1", s.beta1, Range::kFraction);
    f("beta2", s.beta2, Range::kFraction);
    f("eps", s.eps, Range::kNonNegative);
    f("momentum_schedule", s.momentum_schedule, NadamMomentum::kConstant);
    f("momentum_decay", s.momentum_decay, Range::kNonNegative);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  double mu(std::int64_t t) const {
    if (momentum_schedule == NadamMomentum::kConstant) return beta1;
    return beta1 * (1 - 0.5 * std::pow(0.96, static_cast<double>(t) * momentum_decay));
  }

  void begin_step(std::int64_t t, std::span<double> kept) {
    double& mu_product = kept[0];
    mu_product = (t == 1 ? 1 : mu_product) * mu(t);
    of_g = (1 - mu(t)) / (1 - mu_product);
    of_m = mu(t + 1) / (1 - mu_product * mu(t + 1));
    v_correction = bias_correction_of(beta2, t);
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& m, T& v) const {
    m = T(beta1) * m + T(1 - beta1) * g;
    v = T(beta2) * v + T(1 - beta2) * (g * g);
    const T m_hat = T(of_m) * m + T(of_g) * g, v_hat = v * T(v_correction);
    theta -= T(lr) * m_hat / (sqrt(v_hat) + T(eps));
  }
};
GRADUS_UPDATE_RULE(NAdam);

}  // namespace gradus::optim
