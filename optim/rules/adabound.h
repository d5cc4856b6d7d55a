#pragma once
#include "optim/rules/adam.h"

namespace gradus::optim {

/// AdaBound: Adam whose per-element learning rate is held between bounds that close in on that of
/// SGD.
///   m = beta1 m + (1 - beta1) g
///   v = beta2 v + (1 - beta2) g^2
///   eta = clip(lr sqrt(1 - beta2^t) / (1 - beta1^t) / (sqrt(v) + eps), lower, upper)
///   lower = final (1 - 1 / (gamma t + 1)), upper = final (1 + 1 / (gamma t))
///   theta = theta - eta m,   final = final_lr lr / base_lr
/// final follows a schedule of lr. base_lr is kept per parameter: the setting, or if that is 0 the
/// first lr that is not 0 (set it when the schedule warms up from small values).
/// Source: Luo, Xiong, Liu & Sun 2019, ICLR, arXiv:1902.09843, and its published program.
/// Differs: the paper corrects no bias and steps by eta / sqrt(t). AdaBoundW's program does not
/// multiply the decay by lr; here decoupled decay always has it.
template <bool kKeepMaximum>
struct AdaBoundOr {
  static constexpr const char* kName = kKeepMaximum ? "AMSBound" : "AdaBound";
  static constexpr auto kState = [] {
    if constexpr (kKeepMaximum) {
      return std::array{"m", "v", "v_max"};
    } else {
      return std::array{"m", "v"};
    }
  }();
  static constexpr std::array kScalar = {"base_lr"};

  double lr = 1e-3;  ///< per step
  double beta1 = 0.9;
  double beta2 = 0.999;
  double final_lr = 0.1;
  double gamma = 1e-3;
  double base_lr = 0;
  double eps = 1e-8;
  double weight_decay = 0;
  DecayMode decay_mode = DecayMode::kL2;

  double rate = 0, lower = 0, upper = 0;  // set by begin_step

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("beta1", s.beta1, Range::kFraction);
    f("beta2", s.beta2, Range::kFraction);
    f("final_lr", s.final_lr, Range::kPositive);
    f("gamma", s.gamma, Range::kPositive);
    f("base_lr", s.base_lr, Range::kNonNegative);
    f("eps", s.eps, Range::kNonNegative);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  void begin_step(std::int64_t t, std::span<double> kept) {
    if (kept[0] == 0) kept[0] = base_lr > 0 ? base_lr : lr;
    const double last = lr == 0 ? 0 : final_lr * lr / kept[0], n = gamma * static_cast<double>(t);
    lower = last * (1 - 1 / (n + 1));
    upper = last * (1 + 1 / n);
    rate = lr * bias_correction_of(beta1, t) / std::sqrt(bias_correction_of(beta2, t));
  }

  template <class T>
  GRADUS_HOST_DEVICE T clipped(T v) const {
    return smaller(larger(T(rate) / (sqrt(v) + T(eps)), T(lower)), T(upper));
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& m, T& v) const {
    m = T(beta1) * m + T(1 - beta1) * g;
    v = T(beta2) * v + T(1 - beta2) * (g * g);
    theta -= clipped(v) * m;
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& m, T& v, T& v_max) const {
    m = T(beta1) * m + T(1 - beta1) * g;
    v = T(beta2) * v + T(1 - beta2) * (g * g);
    v_max = larger(v_max, v);
    theta -= clipped(v_max) * m;
  }
};

using AdaBound = AdaBoundOr<false>;
GRADUS_UPDATE_RULE(AdaBound);

}  // namespace gradus::optim
