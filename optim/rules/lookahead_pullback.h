#pragma once
#include "optim/rules/lookahead.h"

namespace gradus::optim {

/// Lookahead whose momentum goes back as theta does:
///   theta, state = inner rule
///   if t is a multiple of period:  slow = slow + alpha (theta - slow);    theta = slow
///                                  slow_m = slow_m + alpha (m - slow_m);  m = slow_m
/// m is the first state array of the inner rule, slow_m starts at 0. at_sync is kKeep here.
/// Source: as Lookahead, Section 3.2 ("pullback"); form of pytorch_optimizer.
template <class Inner>
struct LookaheadPullback : Lookahead<Inner> {
  using Base = Lookahead<Inner>;
  static constexpr std::array<char, 64> kNameText = lookahead_name(Inner::kName, "Pullback");
  static constexpr const char* kName = kNameText.data();
  static constexpr auto kState = [] {
    std::array<const char*, Base::kState.size() + 1> names = {};
    for (std::size_t k = 0; k < Base::kState.size(); ++k) names[k] = Base::kState[k];
    names.back() = "slow_m";
    return names;
  }();

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    Inner::hyper_parameters(s, f);
    f("period", s.period, Range::kCount);
    f("alpha", s.alpha, Range::kUnit);
  }

  double initial_state(std::size_t k) const {
    return k < Base::kState.size() ? Base::initial_state(k) : 0;
  }

  // slow_m comes last.
  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& slow, T& m, T& v, T& slow_m) const {
    Base::operator()(theta, g, slow, m, v);
    const T back = m + T(1 - this->alpha) * (slow_m - m);
    slow_m = select(this->sync, back, slow_m);
    m = select(this->sync, back, m);
  }
};

using LookaheadPullbackAdam = LookaheadPullback<Adam>;
GRADUS_UPDATE_RULE(LookaheadPullbackAdam);

}  // namespace gradus::optim
