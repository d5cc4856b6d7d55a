#pragma once
#include "optim/averaging.h"
#include "optim/optimizer.h"

namespace gradus::optim {

/// Schedule-Free SGD: as ScheduleFreeAdamW, with the gradient itself as the step of z.
///   u = g + weight_decay y
///   z = z - lr u,   x = (1 - c) x + c z,   y = (1 - beta1) z + beta1 x       (optim/averaging.h)
/// Source: Defazio et al. 2024, NeurIPS, arXiv:2405.15682, and its published program (defaults;
/// beta1 is called momentum there).
struct ScheduleFreeSGD {
  static constexpr const char* kName = "ScheduleFreeSGD";
  static constexpr std::array kState = {"z"};
  static constexpr std::array kScalar = {"weight_sum", "lr_max", "evaluating"};
  static constexpr bool starts_at_theta(std::size_t /*k*/) { return true; }

  double lr = 1;  ///< per step
  double beta1 = 0.9;
  double weight_decay = 0;
  std::int64_t warmup_steps = 0;
  double r = 0;
  double weight_lr_power = 2;

  Averaging averaging = {};  // set by begin_step

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("beta1", s.beta1, Range::kOpenFraction);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("warmup_steps", s.warmup_steps, Range::kWhole);
    f("r", s.r, Range::kNonNegative);
    f("weight_lr_power", s.weight_lr_power, Range::kNonNegative);
  }

  void begin_step(std::int64_t t, std::span<double> kept) { averaging.begin_step(*this, t, kept); }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& y, T g, T& z) const {
    averaging.move(y, g + T(weight_decay) * y, z);
  }

  Tensor evaluation(const Tensor& y, std::span<const Tensor> state) const {
    return Averaging::average(y, state[0], beta1);
  }
  Tensor training(const Tensor& x, std::span<const Tensor> state) const {
    return Averaging::between(x, state[0], beta1);
  }
};
GRADUS_UPDATE_RULE(ScheduleFreeSGD);

}  // namespace gradus::optim
