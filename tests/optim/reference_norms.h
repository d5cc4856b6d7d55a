#pragma once
// References of the rules with a norm per tensor.
#include "optim/rules/lamb.h"
#include "optim/rules/lars.h"
#include "optim/rules/stable_adamw.h"
#include "tests/optim/reference_rules.h"

namespace gradus::testing {

inline double euclidean(const Numbers& x) {
  double squares = 0;
  for (const double each : x) squares += each * each;
  return std::sqrt(squares);
}

template <>
struct Reference<StableAdamW> {
  static inline const std::vector<std::string> state = {"m", "v"};
  static Numbers start(const StableAdamW&) { return {0, 0}; }
  static void update(const StableAdamW& h, int t, Numbers& theta, const Numbers& g,
                     std::vector<Numbers>& s) {
    const double c1 = 1 - std::pow(h.beta1, t), c2 = 1 - std::pow(h.beta2, t);
    double squares = 0;
    for (std::size_t i = 0; i < g.size(); ++i) {
      average(s[i][0], h.beta1, g[i]);
      average(s[i][1], h.beta2, g[i] * g[i]);
      squares += g[i] * g[i] / std::max(s[i][1] / c2, h.eps * h.eps);
    }
    const double lr = h.lr / std::max(1.0, std::sqrt(squares / static_cast<double>(g.size())));
    for (std::size_t i = 0; i < g.size(); ++i) {
      theta[i] = theta[i] - lr * h.weight_decay * theta[i];
      theta[i] = theta[i] - lr * (s[i][0] / c1) / (std::sqrt(s[i][1] / c2) + h.eps);
    }
  }
};

template <>
struct Reference<LAMB> {
  static inline const std::vector<std::string> state = {"m", "v"};
  static Numbers start(const LAMB&) { return {0, 0}; }
  static void update(const LAMB& h, int t, Numbers& theta, const Numbers& g,
                     std::vector<Numbers>& s) {
    const double c1 = h.bias_correction ? 1 - std::pow(h.beta1, t) : 1;
    const double c2 = h.bias_correction ? 1 - std::pow(h.beta2, t) : 1;
    Numbers u;
    for (std::size_t i = 0; i < g.size(); ++i) {
      s[i][0] = h.beta1 * s[i][0] + (h.gradient_averaging ? 1 - h.beta1 : 1) * g[i];
      average(s[i][1], h.beta2, g[i] * g[i]);
      u.push_back(s[i][0] / c1 / (std::sqrt(s[i][1] / c2) + h.eps) + h.weight_decay * theta[i]);
    }
    double size = euclidean(theta), ratio = 1;
    if (h.norm_limit != 0) size = std::min(size, h.norm_limit);
    if (size > 0 && euclidean(u) > 0) ratio = size / euclidean(u);
    if (h.scale == LambScale::kWithDecay && h.weight_decay == 0) ratio = 1;
    for (std::size_t i = 0; i < g.size(); ++i) theta[i] = theta[i] - h.lr * ratio * u[i];
  }
};

template <>
struct Reference<LARS> {
  static inline const std::vector<std::string> state = {"v"};
  static Numbers start(const LARS&) { return {0}; }
  static void update(const LARS& h, int, Numbers& theta, const Numbers& g,
                     std::vector<Numbers>& s) {
    const double size = euclidean(theta), slope = euclidean(g);
    double ratio = 1;
    if (size > 0 && slope > 0) ratio = h.trust * size / (slope + h.weight_decay * size);
    for (std::size_t i = 0; i < g.size(); ++i) {
      const double d = g[i] + h.weight_decay * theta[i];
      if (h.lr_placement == LrPlacement::kInside) {
        s[i][0] = h.momentum * s[i][0] + ratio * h.lr * d;
        theta[i] = theta[i] - s[i][0];
      } else {
        s[i][0] = h.momentum * s[i][0] + d;
        theta[i] = theta[i] - ratio * h.lr * s[i][0];
      }
    }
  }
};

}  // namespace gradus::testing
