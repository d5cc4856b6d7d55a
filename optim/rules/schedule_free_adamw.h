#pragma once
#include "optim/averaging.h"
#include "optim/rules/adam.h"

namespace gradus::optim {

/// Schedule-Free AdamW: no learning-rate schedule and no end; an average takes its place.
///   v = beta2 v + (1 - beta2) g^2                       v_hat = v / (1 - beta2^t)
///   u = g / (sqrt(v_hat) + eps) + weight_decay y
///   z = z - lr u,   x = (1 - c) x + c z,   y = (1 - beta1) z + beta1 x       (optim/averaging.h)
/// The parameter is y, where gradients are taken. Before it is evaluated or saved for use, eval()
/// makes it x; train() before the next step.
/// Source: Defazio et al. 2024, NeurIPS, arXiv:2405.15682, and its published program (defaults).
/// Differs: weights and largest lr are kept per parameter, so one that starts late has its own.
struct ScheduleFreeAdamW {
  static constexpr const char* kName = "ScheduleFreeAdamW";
  static constexpr std::array kState = {"z", "v"};
  static constexpr std::array kScalar = {"weight_sum", "lr_max", "evaluating"};
  static constexpr bool starts_at_theta(std::size_t k) { return k == 0; }

  double lr = 2.5e-3;  ///< per step
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  std::int64_t warmup_steps = 0;
  double r = 0;
  double weight_lr_power = 2;

  double v_correction = 1;  // set by begin_step, as is the next
  Averaging averaging = {};

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("beta1", s.beta1, Range::kOpenFraction);
    f("beta2", s.beta2, Range::kFraction);
    f("eps", s.eps, Range::kNonNegative);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("warmup_steps", s.warmup_steps, Range::kWhole);
    f("r", s.r, Range::kNonNegative);
    f("weight_lr_power", s.weight_lr_power, Range::kNonNegative);
  }

  void begin_step(std::int64_t t, std::span<double> kept) {
    v_correction = bias_correction_of(beta2, t);
    averaging.begin_step(*this, t, kept);
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& y, T g, T& z, T& v) const {
    v = T(beta2) * v + T(1 - beta2) * (g * g);
    const T v_hat = v * T(v_correction);
    const T u = g / (sqrt(v_hat) + T(eps)) + T(weight_decay) * y;
    averaging.move(y, u, z);
  }

  Tensor evaluation(const Tensor& y, std::span<const Tensor> state) const {
    return Averaging::average(y, state[0], beta1);
  }
  Tensor training(const Tensor& x, std::span<const Tensor> state) const {
    return Averaging::between(x, state[0], beta1);
  }
};
GRADUS_UPDATE_RULE(ScheduleFreeAdamW);

}  // namespace gradus::optim
