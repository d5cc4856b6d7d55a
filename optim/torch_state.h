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
/// there is one group; torch's groups have no names by which several could be paired. What torch
/// names in words stays as in `like`: Adafactor must have form = kTorch and eps1 the epsilon of
/// torch's parameter dtype, Muon the scale of adjust_lr_fn. Throws ConfigError:
///   "[from_torch] rule: Yogi; expected one of AMSGrad, AdaGrad, Adadelta, Adafactor, Adam, AdamW,
///   Adamax, CenteredRMSProp, CenteredRMSPropMomentum, Momentum, Muon, NAdam, Nesterov, RAdam,
///   RMSProp, RMSPropMomentum, SGD"
///   "[from_torch] state.0: no 'exp_avg_sq'; expected exp_avg, exp_avg_sq"
///   "[from_torch] maximize: 1 in the file; expected 0; it is one of EngineOptions here"
///   "[from_torch] parameters: 3 in the file and 2 names; expected equally many"
StateDict from_torch(const TorchState& torch, const StateDict& like,
                     const std::vector<std::string>& names);

/// The same of a state of the optimi library, which names beta1 and beta2, and keeps m and v
/// divided by their corrections: m = exp_avg (1 - beta1^t), v = exp_avg_sq (1 - beta2^t). t is
/// "state.0.step", or "group.0.step" of the metadata. Throws what from_torch() throws, and
/// ConfigError:
///   "[from_optimi] rule: Adan; expected one of Adam, AdamW, StableAdamW"
///   "[from_optimi] state.0.kahan_comp: a compensation; expected parameters of float32 or float64"
///   "[from_optimi] state.0.step: not there; expected it or group.0.step"
StateDict from_optimi(const TorchState& optimi, const StateDict& like,
                      const std::vector<std::string>& names);

/// The other direction. Throws ConfigError for a rule that torch lacks, and for half parameters'
/// leftovers, which torch has no place for:
///   "[to_torch] 'w/low': torch keeps no master copy; expected parameters of float32 or float64"
TorchState to_torch(const StateDict& state, const std::vector<std::string>& names);

}  // namespace gradus::optim
