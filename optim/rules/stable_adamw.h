#pragma once
#include "optim/rules/adam.h"
#include "optim/symbol.h"

namespace gradus::optim {

/// StableAdamW: AdamW that goes slower for a tensor whose gradients are larger than v expects.
///   m = beta1 m + (1 - beta1) g            m_hat = m / (1 - beta1^t)
///   v = beta2 v + (1 - beta2) g^2          v_hat = v / (1 - beta2^t)
///   RMS = sqrt(mean of g^2 / max(v_hat, eps^2) over the tensor)
///   lr_t = lr / max(1, RMS)
///   theta = theta - lr_t (m_hat / (sqrt(v_hat) + eps) + weight_decay theta)
/// Source: Wortsman et al. 2023, NeurIPS, arXiv:2304.13013, Algorithm 2; defaults of optimi.
struct StableAdamW {
  static constexpr const char* kName = "StableAdamW";
  static constexpr std::array kState = {"m", "v"};
  static constexpr std::size_t kSums = 1;

  double lr = 1e-3;  ///< per step
  double beta1 = 0.9;
  double beta2 = 0.99;
  double eps = 1e-6;
  double weight_decay = 1e-2;

  double m_correction = 1, v_correction = 1;  // set by begin_step
  double lr_t = 0;                            // set by begin_apply

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("beta1", s.beta1, Range::kFraction);
    f("beta2", s.beta2, Range::kFraction);
    f("eps", s.eps, Range::kPositive);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
  }

  void begin_step(std::int64_t t) {
    m_correction = bias_correction_of(beta1, t);
    v_correction = bias_correction_of(beta2, t);
  }

  template <class T>
  GRADUS_HOST_DEVICE std::array<T, kSums> measure(T /*theta*/, T g, T& m, T& v) const {
    m = T(beta1) * m + T(1 - beta1) * g;
    v = T(beta2) * v + T(1 - beta2) * (g * g);
    // By the root: eps^2 may be too small for float.
    const T ratio = g / larger(sqrt(v * T(v_correction)), T(eps));
    return {ratio * ratio};
  }

  void begin_apply(const std::array<double, kSums>& sums, std::int64_t n) {
    const double rms = std::sqrt(sums[0] / static_cast<double>(n));
    set_scale(rms > 1 ? lr / rms : lr);
  }
  void set_scale(double s) { lr_t = s; }
  std::string scale_written() const {
    return symbolic::number_text(lr) + "/max(1, sqrt(A/n)), n elements";
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T /*g*/, T& m, T& v) const {
    const T m_hat = m * T(m_correction), v_hat = v * T(v_correction);
    theta -= T(lr_t) * (m_hat / (sqrt(v_hat) + T(eps)) + T(weight_decay) * theta);
  }
};
GRADUS_UPDATE_RULE(StableAdamW);

}  // namespace gradus::optim
