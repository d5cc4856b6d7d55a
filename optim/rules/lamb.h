#pragma once
#include "optim/rules/adam.h"
#include "optim/symbol.h"

namespace gradus::optim {

/// Which tensors of LAMB are scaled by their norms: all (the paper, "NVLAMB"), or only those that
/// decay (apex without use_nvlamb).
enum class LambScale { kAlways, kWithDecay };

/// LAMB: Adam whose step has, for each tensor, the size of the tensor itself.
///   m = beta1 m + (1 - beta1) g            m_hat = m / (1 - beta1^t)
///   v = beta2 v + (1 - beta2) g^2          v_hat = v / (1 - beta2^t)
///   u = m_hat / (sqrt(v_hat) + eps) + weight_decay theta
///   theta = theta - lr phi(||theta||) / ||u|| u          (quotient 1 if a norm is 0)
/// phi(x) = min(x, norm_limit), or x if norm_limit is 0. gradient_averaging = false makes
/// m = beta1 m + g, as apex has it. Its max_grad_norm is EngineOptions::clip_norm: a limit for all
/// gradients together before the step.
/// Source: You et al. 2020, ICLR, arXiv:1904.00962, Algorithm 2; eps of the published program.
struct LAMB {
  static constexpr const char* kName = "LAMB";
  static constexpr std::array kState = {"m", "v"};
  static constexpr std::size_t kSums = 2;

  double lr = 1e-3;  ///< per step
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-6;
  bool bias_correction = true;
  bool gradient_averaging = true;
  double norm_limit = 0;
  LambScale scale = LambScale::kAlways;
  double weight_decay = 1e-2;

  double m_correction = 1, v_correction = 1;  // set by begin_step
  double step_size = 0;                       // set by begin_apply

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("beta1", s.beta1, Range::kFraction);
    f("beta2", s.beta2, Range::kFraction);
    f("eps", s.eps, Range::kPositive);
    f("bias_correction", s.bias_correction);
    f("gradient_averaging", s.gradient_averaging);
    f("norm_limit", s.norm_limit, Range::kNonNegative);
    f("scale", s.scale, LambScale::kWithDecay);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
  }

  void begin_step(std::int64_t t) {
    m_correction = bias_correction ? bias_correction_of(beta1, t) : 1;
    v_correction = bias_correction ? bias_correction_of(beta2, t) : 1;
  }

  template <class T>
  GRADUS_HOST_DEVICE T proposed(T theta, T m, T v) const {
    const T m_hat = m * T(m_correction), v_hat = v * T(v_correction);
    return m_hat / (sqrt(v_hat) + T(eps)) + T(weight_decay) * theta;
  }

  template <class T>
  GRADUS_HOST_DEVICE std::array<T, kSums> measure(T theta, T g, T& m, T& v) const {
    m = T(beta1) * m + T(gradient_averaging ? 1 - beta1 : 1) * g;
    v = T(beta2) * v + T(1 - beta2) * (g * g);
    const T u = proposed(theta, m, v);
    return {theta * theta, u * u};
  }

  void begin_apply(const std::array<double, kSums>& sums, std::int64_t /*n*/) {
    double theta_norm = std::sqrt(sums[0]), u_norm = std::sqrt(sums[1]);
    if (norm_limit > 0 && theta_norm > norm_limit) theta_norm = norm_limit;
    const bool scaled = scale == LambScale::kAlways || weight_decay > 0;
    set_scale(scaled && theta_norm > 0 && u_norm > 0 ? lr * theta_norm / u_norm : lr);
  }
  void set_scale(double s) { step_size = s; }
  std::string scale_written() const {
    const std::string limit = symbolic::number_text(norm_limit), rate = symbolic::number_text(lr);
    if (scale == LambScale::kWithDecay && weight_decay == 0) return rate;
    return rate + (norm_limit > 0 ? "*min(sqrt(A), " + limit + ")" : "*sqrt(A)") + "/sqrt(B), " +
           rate + " if A or B is 0";
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T /*g*/, T& m, T& v) const {
    theta -= T(step_size) * proposed(theta, m, v);
  }
};
GRADUS_UPDATE_RULE(LAMB);

}  // namespace gradus::optim
