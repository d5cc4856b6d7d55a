#pragma once
#include "optim/rules/lookahead.h"
#include "optim/rules/radam.h"

namespace gradus::optim {

/// Ranger: RAdam inside Lookahead, with settings of its own: period 6, beta1 0.95, eps 1e-5.
/// Source: Wright 2019, github.com/lessw2020/Ranger-Deep-Learning-Optimizer.
/// Differs: later versions of the program also take the mean out of each gradient, which is another
/// thing. Like PyTorch's RAdam it steps by m_hat while v is uncertain, as the program does.
struct Ranger : Lookahead<RAdam> {
  static constexpr const char* kName = "Ranger";
  Ranger() {
    period = 6;
    beta1 = 0.95;
    eps = 1e-5;
    decay_mode = DecayMode::kDecoupled;
  }
};
GRADUS_UPDATE_RULE(Ranger);

}  // namespace gradus::optim
