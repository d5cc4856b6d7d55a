#pragma once
// References of the kin of RMSProp and Adam, from the papers and the published programs.
#include "optim/rules/adabelief.h"
#include "optim/rules/adabound.h"
#include "optim/rules/adamax.h"
#include "optim/rules/amsbound.h"
#include "optim/rules/centered_rmsprop.h"
#include "optim/rules/centered_rmsprop_momentum.h"
#include "optim/rules/nadam.h"
#include "optim/rules/radam.h"
#include "optim/rules/rmsprop_momentum.h"
#include "tests/optim/reference_rules.h"

namespace gradus::testing {

/// The divisor of RMSProp, from the mean square or variance.
inline double rms_divisor(double v, double eps, EpsPlacement placement) {
  return placement == EpsPlacement::kInside ? std::sqrt(v + eps) : std::sqrt(v) + eps;
}

/// A step d of RMSProp through a buffer.
template <class Rule>
void through_buffer(const Rule& h, double d, double& theta, double& buffer) {
  if (h.lr_placement == LrPlacement::kInside) {
    buffer = h.momentum * buffer + h.lr * d;
    theta = theta - buffer;
  } else {
    buffer = h.momentum * buffer + d;
    theta = theta - h.lr * buffer;
  }
}

template <>
struct Reference<CenteredRMSProp> {
  static inline const std::vector<std::string> state = {"s", "a"};
  static Numbers start(const CenteredRMSProp&) { return {0, 0}; }
  static void update(const CenteredRMSProp& h, int, double& theta, double g, Numbers& s) {
    average(s[0], h.alpha, g * g);
    average(s[1], h.alpha, g);
    theta = theta - h.lr * (g / rms_divisor(s[0] - s[1] * s[1], h.eps, h.eps_placement));
  }
};

template <>
struct Reference<RMSPropMomentum> {
  static inline const std::vector<std::string> state = {"s", "v"};
  static Numbers start(const RMSPropMomentum& h) { return {h.initial_accumulator, 0}; }
  static void update(const RMSPropMomentum& h, int, double& theta, double g, Numbers& s) {
    average(s[0], h.alpha, g * g);
    through_buffer(h, g / rms_divisor(s[0], h.eps, h.eps_placement), theta, s[1]);
  }
};

template <>
struct Reference<CenteredRMSPropMomentum> {
  static inline const std::vector<std::string> state = {"s", "a", "v"};
  static Numbers start(const CenteredRMSPropMomentum&) { return {0, 0, 0}; }
  static void update(const CenteredRMSPropMomentum& h, int, double& theta, double g, Numbers& s) {
    average(s[0], h.alpha, g * g);
    average(s[1], h.alpha, g);
    const double divisor = rms_divisor(s[0] - s[1] * s[1], h.eps, h.eps_placement);
    through_buffer(h, g / divisor, theta, s[2]);
  }
};

template <>
struct Reference<NAdam> {
  static inline const std::vector<std::string> state = {"m", "v", "mu_product"};
  static Numbers start(const NAdam&) { return {0, 0, 1}; }
  static void update(const NAdam& h, int t, double& theta, double g, Numbers& s) {
    average(s[0], h.beta1, g);
    average(s[1], h.beta2, g * g);
    double mu = h.beta1, next = h.beta1;
    if (h.momentum_schedule == NadamMomentum::kWarming) {
      mu = h.beta1 * (1 - std::pow(0.96, t * h.momentum_decay) / 2);
      next = h.beta1 * (1 - std::pow(0.96, (t + 1) * h.momentum_decay) / 2);
    }
    s[2] = s[2] * mu;
    const double divisor = std::sqrt(s[1] / (1 - std::pow(h.beta2, t))) + h.eps;
    theta = theta - h.lr * (1 - mu) / (1 - s[2]) * g / divisor;
    theta = theta - h.lr * next / (1 - s[2] * next) * s[0] / divisor;
  }
};

template <>
struct Reference<RAdam> {
  static inline const std::vector<std::string> state = {"m", "v"};
  static Numbers start(const RAdam&) { return {0, 0}; }
  static void update(const RAdam& h, int t, double& theta, double g, Numbers& s) {
    average(s[0], h.beta1, g);
    average(s[1], h.beta2, g * g);
    const double c1 = 1 - std::pow(h.beta1, t), c2 = 1 - std::pow(h.beta2, t);
    const double most = 2 / (1 - h.beta2) - 1, rho = most - 2 * t * (1 - c2) / c2;
    if (rho <= h.threshold) {
      if (h.fallback == RadamFallback::kMomentum) theta = theta - h.lr * s[0] / c1;
      return;
    }
    const double rectifier =
        std::sqrt((rho - 4) / (most - 4) * (rho - 2) / (most - 2) * most / rho);
    double adaptive = 0;
    switch (h.eps_placement) {
      case AdamEps::kOutside:
        adaptive = 1 / (std::sqrt(s[1]) / std::sqrt(c2) + h.eps);
        break;
      case AdamEps::kInside:
        adaptive = 1 / std::sqrt(s[1] / c2 + h.eps);
        break;
      case AdamEps::kHat:
        adaptive = std::sqrt(c2) / (std::sqrt(s[1]) + h.eps);
        break;
    }
    theta = theta - h.lr * (s[0] / c1) * rectifier * adaptive;
  }
};

template <>
struct Reference<Adamax> {
  static inline const std::vector<std::string> state = {"m", "u"};
  static Numbers start(const Adamax&) { return {0, 0}; }
  static void update(const Adamax& h, int t, double& theta, double g, Numbers& s) {
    const bool in_maximum = h.eps_placement == AdamaxEps::kInMaximum;
    average(s[0], h.beta1, g);
    s[1] = std::max(h.beta2 * s[1], std::fabs(g) + (in_maximum ? h.eps : 0));
    const double lr = h.bias_correction ? h.lr / (1 - std::pow(h.beta1, t)) : h.lr;
    theta = theta - lr * s[0] / (in_maximum ? s[1] : s[1] + h.eps);
  }
};

template <>
struct Reference<AdaBelief> {
  static inline const std::vector<std::string> state = {"m", "s"};
  static Numbers start(const AdaBelief&) { return {0, 0}; }
  static void update(const AdaBelief& h, int t, double& theta, double g, Numbers& s) {
    average(s[0], h.beta1, g);
    average(s[1], h.beta2, std::pow(g - s[0], 2));
    s[1] = s[1] + h.eps_root;
    const double c1 = h.bias_correction ? 1 - std::pow(h.beta1, t) : 1;
    const double c2 = h.bias_correction ? 1 - std::pow(h.beta2, t) : 1;
    theta = theta - h.lr / c1 * s[0] / (std::sqrt(s[1]) / std::sqrt(c2) + h.eps);
  }
};

/// The step of both AdaBounds, with `size` for v and `base` for the first lr.
template <class Rule>
void bounded_step(const Rule& h, int t, double& theta, double m, double size, double base) {
  const double last = h.final_lr * h.lr / base;
  const double lower = last * (1 - 1 / (h.gamma * t + 1)), upper = last * (1 + 1 / (h.gamma * t));
  const double rate = h.lr * std::sqrt(1 - std::pow(h.beta2, t)) / (1 - std::pow(h.beta1, t));
  theta = theta - std::clamp(rate / (std::sqrt(size) + h.eps), lower, upper) * m;
}

template <>
struct Reference<AdaBound> {
  static inline const std::vector<std::string> state = {"m", "v", "base_lr"};
  static Numbers start(const AdaBound& h) { return {0, 0, h.base_lr > 0 ? h.base_lr : h.lr}; }
  static void update(const AdaBound& h, int t, double& theta, double g, Numbers& s) {
    average(s[0], h.beta1, g);
    average(s[1], h.beta2, g * g);
    bounded_step(h, t, theta, s[0], s[1], s[2]);
  }
};

template <>
struct Reference<AMSBound> {
  static inline const std::vector<std::string> state = {"m", "v", "v_max", "base_lr"};
  static Numbers start(const AMSBound& h) { return {0, 0, 0, h.base_lr > 0 ? h.base_lr : h.lr}; }
  static void update(const AMSBound& h, int t, double& theta, double g, Numbers& s) {
    average(s[0], h.beta1, g);
    average(s[1], h.beta2, g * g);
    s[2] = std::max(s[2], s[1]);
    bounded_step(h, t, theta, s[0], s[2], s[3]);
  }
};

}  // namespace gradus::testing
