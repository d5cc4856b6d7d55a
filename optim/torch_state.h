#pragma once
#include <string>
#include <vector>

#include "optim/any_optimizer.h"
#include "tensor/io/safetensors.h"

namespace gradus::optim {

/// What tests/golden/optim/torch_state.py makes of torch's optimizer.state_dict(), and what it
/// makes one of again: tensors "state.0.exp_avg", "state.0.step", ... and metadata "group.0.lr",
/// "group.0.betas.0", "group.0.params" ("0,1").
using TorchState = Safetensors;

/// A state dict that load_state_dict() of an optimizer with this rule takes. `like` is the
/// optimizer's own state dict: it says names, groups and what torch has no word for; `names` are
/// its parameters in torch's order. Moments become float32, or float64 where they are that; torch's
/// SGD counts no steps, so its buffers count as one step. Hyper-parameters are taken over when
/// there is one group; torch's groups have no names by which several could be paired. Throws
/// ConfigError:
///   "[from_torch] rule: Yogi; expected one of AMSGrad, AdaGrad, Adadelta, Adam, AdamW, Momentum,
///   Nesterov, RMSProp, SGD"
///   "[from_torch] state.0: no 'exp_avg_sq'; expected exp_avg, exp_avg_sq"
///   "[from_torch] maximize: 1 in the file; expected 0; it is one of EngineOptions here"
///   "[from_torch] parameters: 3 in the file and 2 names; expected equally many"
StateDict from_torch(const TorchState& torch, const StateDict& like,
                     const std::vector<std::string>& names);

/// The other direction. Throws ConfigError for a rule that torch lacks, and for half parameters'
/// leftovers, which torch has no place for:
///   "[to_torch] 'w/low': torch keeps no master copy; expected parameters of float32 or float64"
TorchState to_torch(const StateDict& state, const std::vector<std::string>& names);

}  // namespace gradus::optim
