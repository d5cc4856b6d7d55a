#pragma once
#include "optim/rules/momentum.h"
#include "optim/symbol.h"

namespace gradus::optim {

/// LARS: momentum whose learning rate is, for each tensor, in proportion to its norm.
///   r = trust ||theta|| / (||g|| + weight_decay ||theta||)            (1 if a norm is 0)
///   v = momentum v + lr r (g + weight_decay theta)
///   theta = theta - v                      (lr outside: v = momentum v + g + ..., theta -= lr r v)
/// Source: You, Gitman & Ginsburg 2017, arXiv:1708.03888, Algorithm 1, whose trust coefficient and
/// weight decay are the defaults.
/// Differs: the paper has no case for a norm of 0; that is tinygrad's.
struct LARS {
  static constexpr const char* kName = "LARS";
  static constexpr std::array kState = {"v"};
  static constexpr std::size_t kSums = 2;

  double lr = 0.1;  ///< per step
  double momentum = 0.9;
  double trust = 1e-3;
  LrPlacement lr_placement = LrPlacement::kInside;
  double weight_decay = 5e-4;

  double gain = 0, rate = 1;  // of g into v, of v into theta; set by begin_apply

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("momentum", s.momentum, Range::kFraction);
    f("trust", s.trust, Range::kPositive);
    f("lr_placement", s.lr_placement, LrPlacement::kInside);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
  }

  void begin_step(std::int64_t /*t*/) {}

  template <class T>
  GRADUS_HOST_DEVICE std::array<T, kSums> measure(T theta, T g, T& /*v*/) const {
    return {theta * theta, g * g};
  }

  void begin_apply(const std::array<double, kSums>& sums, std::int64_t /*n*/) {
    const double theta_norm = std::sqrt(sums[0]), g_norm = std::sqrt(sums[1]);
    const bool scaled = theta_norm > 0 && g_norm > 0;
    const double r = scaled ? trust * theta_norm / (g_norm + weight_decay * theta_norm) : 1;
    set_scale(lr * r);
  }
  void set_scale(double s) {
    const bool inside = lr_placement == LrPlacement::kInside;
    gain = inside ? s : 1;
    rate = inside ? 1 : s;
  }
  std::string scale_written() const {
    const symbolic::Symbol A = symbolic::sqrt(symbolic::Symbol::letter("A"));
    const symbolic::Symbol B = symbolic::sqrt(symbolic::Symbol::letter("B"));
    const symbolic::Symbol s = lr * trust * A / (B + weight_decay * A);
    return s.text() + ", " + symbolic::number_text(lr) + " if A or B is 0";
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& v) const {
    v = T(momentum) * v + T(gain) * (g + T(weight_decay) * theta);
    theta -= T(rate) * v;
  }
};
GRADUS_UPDATE_RULE(LARS);

}  // namespace gradus::optim
