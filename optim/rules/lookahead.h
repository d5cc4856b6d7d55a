#pragma once
#include "optim/rules/adam.h"

namespace gradus::optim {

/// What becomes of the inner rule's momentum when Lookahead goes back: it stays, or its first state
/// array (m of Adam, v of Momentum) starts again from 0. That it goes back too is another rule,
/// with one more array: optim/rules/lookahead_pullback.h.
enum class AtSync { kKeep, kReset };

/// The name of a wrapped rule: "Lookahead", perhaps a word more, and the name of the inner one.
constexpr std::array<char, 64> lookahead_name(const char* inner, const char* word = "") {
  std::array<char, 64> joined = {};
  std::size_t n = 0;
  for (const char* part : {"Lookahead", word, inner}) {
    for (; *part != '\0'; ++part) joined[n++] = *part;
  }
  return joined;
}
template <class Inner>
struct LookaheadName {
  static constexpr std::array<char, 64> text = lookahead_name(Inner::kName);
};

/// Lookahead: every `period` steps of an inner rule, a step back towards where they started.
///   theta, state = inner rule
///   if t is a multiple of period:  slow = slow + alpha (theta - slow);  theta = slow
/// `Optimizer<Lookahead<Adam>>`; the hyper-parameters of the inner rule are members of this one.
/// Source: Zhang, Lucas, Hinton & Ba 2019, NeurIPS, arXiv:1907.08610, Algorithm 1 (k and alpha).
/// Differs: t counts per parameter, and slow is saved with the state, unlike in the published
/// program.
template <class Inner>
struct Lookahead : Inner {
  static constexpr const char* kName = LookaheadName<Inner>::text.data();
  static constexpr auto kState = [] {
    std::array<const char*, Inner::kState.size() + 1> names = {"slow"};
    for (std::size_t k = 0; k < Inner::kState.size(); ++k) names[k + 1] = Inner::kState[k];
    return names;
  }();
  static constexpr bool starts_at_theta(std::size_t k) { return k == 0; }

  std::int64_t period = 5;
  double alpha = 0.5;
  AtSync at_sync = AtSync::kKeep;

  bool sync = false, reset = false;  // set by begin_step

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    Inner::hyper_parameters(s, f);
    f("period", s.period, Range::kCount);
    f("alpha", s.alpha, Range::kUnit);
    f("at_sync", s.at_sync, AtSync::kReset);
  }

  double initial_state(std::size_t k) const {
    if constexpr (requires(const Inner& inner) { inner.initial_state(k); }) {
      return Inner::initial_state(k - 1);
    }
    return 0;
  }

  template <class... Kept>
  void begin_step(std::int64_t t, Kept... kept) {
    Inner::begin_step(t, kept...);
    sync = t % period == 0;
    reset = sync && at_sync == AtSync::kReset;
  }

  template <class T, class... State>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& slow, State&... state) const {
    Inner::operator()(theta, g, state...);
    // The step back in this form, so that with alpha = 1 theta keeps its bits.
    const T back = theta + T(1 - alpha) * (slow - theta);
    slow = select(sync, back, slow);
    theta = select(sync, back, theta);
    restart(state...);
  }

 private:
  template <class T, class... Rest>
  GRADUS_HOST_DEVICE void restart(T& m, Rest&...) const {
    m = select(reset, T(0), m);
  }
  GRADUS_HOST_DEVICE void restart() const {}
};

using LookaheadAdam = Lookahead<Adam>;
GRADUS_UPDATE_RULE(LookaheadAdam);

}  // namespace gradus::optim
