#pragma once
#include "optim/optimizer.h"

namespace gradus::optim {

/// What the first step puts into an empty momentum buffer: the gradient as it is (PyTorch), or the
/// dampened one (buffer starts at zero).
enum class FirstMomentum { kGradient, kDampened };

/// Whether lr scales the step (PyTorch, the book) or what enters the buffer (Sutskever); they part
/// ways as soon as lr changes: with lr = 0, the latter goes on with what is in the buffer.
enum class LrPlacement { kOutside, kInside };

/// Momentum, the heavy ball.
///   v = momentum v + (1 - dampening) g
///   theta = theta - lr v                    (lr inside: v = momentum v + lr (...) g, theta -= v)
/// Source: Polyak 1964, doi:10.1016/0041-5553(64)90137-5; form and defaults of torch.optim.SGD.
/// Differs: as in PyTorch the first step is not dampened, unless asked for.
struct Momentum {
  static constexpr const char* kName = "Momentum";
  static constexpr std::array kState = {"v"};

  double lr = 1e-3;  ///< per step
  double momentum = 0.9;
  double dampening = 0;
  FirstMomentum first_momentum = FirstMomentum::kGradient;
  LrPlacement lr_placement = LrPlacement::kOutside;
  double weight_decay = 0;
  DecayMode decay_mode = DecayMode::kL2;

  double gain = 1, rate = 0;  // of g into v, of v into theta; set by begin_step

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("momentum", s.momentum, Range::kFraction);
    f("dampening", s.dampening, Range::kFraction);
    f("first_momentum", s.first_momentum, FirstMomentum::kDampened);
    f("lr_placement", s.lr_placement, LrPlacement::kInside);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("decay_mode", s.decay_mode, DecayMode::kDecoupled);
  }

  void begin_step(std::int64_t t) {
    gain = t == 1 && first_momentum == FirstMomentum::kGradient ? 1 : 1 - dampening;
    rate = lr;
    if (lr_placement == LrPlacement::kInside) {
      gain *= lr;
      rate = 1;
    }
  }

  template <class T>
  GRADUS_HOST_DEVICE void operator()(T& theta, T g, T& v) const {
    v = T(momentum) * v + T(gain) * g;
    theta -= T(rate) * v;
  }
};
GRADUS_UPDATE_RULE(Momentum);

}  // namespace gradus::optim
