#pragma once
// The update rules once more, one number at a time in double, written from the papers and the
// published programs and in their form. Only the settings come from optim/rules, no arithmetic.
#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "optim/rules/adadelta.h"
#include "optim/rules/adagrad.h"
#include "optim/rules/adam.h"
#include "optim/rules/adamw.h"
#include "optim/rules/amsgrad.h"
#include "optim/rules/momentum.h"
#include "optim/rules/nesterov.h"
#include "optim/rules/rmsprop.h"
#include "optim/rules/sgd.h"
#include "optim/rules/yogi.h"

namespace gradus::testing {

using namespace gradus::optim;
using Numbers = std::vector<double>;

/// One element makes step t = 1, 2, ...: theta and its state s change.
template <class Rule>
using ElementUpdate =
    std::function<void(const Rule& h, int t, double& theta, double g, Numbers& s)>;
/// The same for one tensor, of whose elements s has the states.
template <class Rule>
using TensorUpdate = std::function<void(const Rule& h, int t, Numbers& theta, const Numbers& g,
                                        std::vector<Numbers>& s)>;
template <class Rule>
using Update = std::conditional_t<ScaledRule<Rule>, TensorUpdate<Rule>, ElementUpdate<Rule>>;
/// What the state of one element starts from.
template <class Rule>
using StartingState = std::function<Numbers(const Rule& h)>;

/// Specialised for each rule: `state` names what s holds, `start` its first values, and `update`
/// is the step without weight decay.
template <class Rule>
struct Reference;

/// The whole step: weight decay as a part of the loss, or apart from it, and then the rule.
template <class Rule>
  requires(!ScaledRule<Rule>)
void reference_step(const Rule& h, int t, double& theta, double g, Numbers& s) {
  if constexpr (DecayedByEngine<Rule>) {
    if (h.decay_mode == DecayMode::kL2) {
      g = g + h.weight_decay * theta;
    } else {
      theta = theta - h.lr * h.weight_decay * theta;
    }
  }
  Reference<Rule>::update(h, t, theta, g, s);
}
template <ScaledRule Rule>
void reference_step(const Rule& h, int t, Numbers& theta, const Numbers& g,
                    std::vector<Numbers>& s) {
  Reference<Rule>::update(h, t, theta, g, s);
}

template <>
struct Reference<SGD> {
  static inline const std::vector<std::string> state = {};
  static Numbers start(const SGD&) { return {}; }
  static void update(const SGD& h, int, double& theta, double g, Numbers&) {
    theta = theta - h.lr * g;
  }
};

template <>
struct Reference<Momentum> {
  static inline const std::vector<std::string> state = {"v"};
  static Numbers start(const Momentum&) { return {0}; }
  static void update(const Momentum& h, int t, double& theta, double g, Numbers& s) {
    const bool inside = h.lr_placement == LrPlacement::kInside;
    const double input = inside ? h.lr * g : g;
    if (t == 1 && h.first_momentum == FirstMomentum::kGradient) {
      s[0] = input;
    } else {
      s[0] = h.momentum * s[0] + (1 - h.dampening) * input;
    }
    theta = theta - (inside ? s[0] : h.lr * s[0]);
  }
};

template <>
struct Reference<Nesterov> {
  static inline const std::vector<std::string> state = {"v"};
  static Numbers start(const Nesterov&) { return {0}; }
  static void update(const Nesterov& h, int t, double& theta, double g, Numbers& s) {
    s[0] = t == 1 ? g : h.momentum * s[0] + g;
    theta = theta - h.lr * g - h.lr * h.momentum * s[0];
  }
};

template <>
struct Reference<AdaGrad> {
  static inline const std::vector<std::string> state = {"s"};
  static Numbers start(const AdaGrad& h) { return {h.initial_accumulator}; }
  static void update(const AdaGrad& h, int t, double& theta, double g, Numbers& s) {
    const double lr = h.lr / (1 + (t - 1) * h.lr_decay);
    s[0] = s[0] + std::pow(g, 2);
    const double divisor = h.eps_placement == EpsPlacement::kInside ? std::sqrt(s[0] + h.eps)
                                                                    : std::sqrt(s[0]) + h.eps;
    theta = theta - lr * (g / divisor);
  }
};

template <>
struct Reference<Adadelta> {
  static inline const std::vector<std::string> state = {"s", "d"};
  static Numbers start(const Adadelta&) { return {0, 0}; }
  static void update(const Adadelta& h, int, double& theta, double g, Numbers& s) {
    s[0] = s[0] * h.rho + (1 - h.rho) * g * g;
    const double rms_delta = std::sqrt(s[1] + h.eps), rms_g = std::sqrt(s[0] + h.eps);
    const double delta = -(rms_delta / rms_g) * g;
    s[1] = s[1] * h.rho + (1 - h.rho) * delta * delta;
    theta = theta + h.lr * delta;
  }
};

template <>
struct Reference<RMSProp> {
  static inline const std::vector<std::string> state = {"s"};
  static Numbers start(const RMSProp& h) { return {h.initial_accumulator}; }
  static void update(const RMSProp& h, int, double& theta, double g, Numbers& s) {
    s[0] = s[0] + (1 - h.alpha) * (g * g - s[0]);
    const double divisor = h.eps_placement == EpsPlacement::kInside ? std::sqrt(s[0] + h.eps)
                                                                    : std::sqrt(s[0]) + h.eps;
    theta = theta - (h.lr / divisor) * g;
  }
};

// The running mean of all Adams: s + (1 - beta)(x - s).
inline void average(double& s, double beta, double x) { s = s + (1 - beta) * (x - s); }

template <DecayMode kDecay>
struct Reference<AdamWithDecay<kDecay>> {
  static inline const std::vector<std::string> state = {"m", "v"};
  static Numbers start(const AdamWithDecay<kDecay>&) { return {0, 0}; }
  static void update(const AdamWithDecay<kDecay>& h, int t, double& theta, double g, Numbers& s) {
    average(s[0], h.beta1, g);
    average(s[1], h.beta2, g * g);
    const double c1 = h.bias_correction ? 1 - std::pow(h.beta1, t) : 1;
    const double c2 = h.bias_correction ? 1 - std::pow(h.beta2, t) : 1;
    switch (h.eps_placement) {
      case AdamEps::kOutside:
        theta = theta - h.lr / c1 * s[0] / (std::sqrt(s[1]) / std::sqrt(c2) + h.eps);
        break;
      case AdamEps::kInside:
        theta = theta - h.lr * (s[0] / c1) / std::sqrt(s[1] / c2 + h.eps);
        break;
      case AdamEps::kHat:  // the paper's reordering: both corrections in the learning rate
        theta = theta - h.lr * std::sqrt(c2) / c1 * s[0] / (std::sqrt(s[1]) + h.eps);
        break;
    }
  }
};

template <>
struct Reference<AMSGrad> {
  static inline const std::vector<std::string> state = {"m", "v", "v_max"};
  static Numbers start(const AMSGrad&) { return {0, 0, 0}; }
  static void update(const AMSGrad& h, int t, double& theta, double g, Numbers& s) {
    average(s[0], h.beta1, g);
    average(s[1], h.beta2, g * g);
    const double c1 = 1 - std::pow(h.beta1, t), c2 = 1 - std::pow(h.beta2, t);
    switch (h.max_of) {
      case AmsMax::kRaw:
        s[2] = std::max(s[2], s[1]);
        theta = theta - h.lr / c1 * s[0] / (std::sqrt(s[2]) / std::sqrt(c2) + h.eps);
        break;
      case AmsMax::kCorrected:
        s[2] = std::max(s[2], s[1] / c2);
        theta = theta - h.lr * (s[0] / c1) / (std::sqrt(s[2]) + h.eps);
        break;
      case AmsMax::kPaper:
        s[2] = std::max(s[2], s[1]);
        theta = theta - h.lr * s[0] / (std::sqrt(s[2]) + h.eps);
        break;
    }
  }
};

template <>
struct Reference<Yogi> {
  static inline const std::vector<std::string> state = {"m", "v"};
  static Numbers start(const Yogi& h) { return {h.initial_accumulator, h.initial_accumulator}; }
  static void update(const Yogi& h, int t, double& theta, double g, Numbers& s) {
    average(s[0], h.beta1, g);
    const double square = g * g, step = (1 - h.beta2) * square;
    if (s[1] > square) {
      s[1] = s[1] - step;
    } else if (s[1] < square) {
      s[1] = s[1] + step;
    }
    const double c1 = h.bias_correction ? 1 - std::pow(h.beta1, t) : 1;
    const double c2 = h.bias_correction ? 1 - std::pow(h.beta2, t) : 1;
    theta = theta - h.lr * (s[0] / c1) / (std::sqrt(s[1] / c2) + h.eps);
  }
};

}  // namespace gradus::testing
