#pragma once
#include "optim/rules/adam.h"

namespace gradus::optim {

/// AdamW: Adam whose weight decay does not pass through m and v. Before each step of Adam
///   theta = theta (1 - lr weight_decay),   weight_decay = 1e-2 by default
/// Source: Loshchilov & Hutter 2019, ICLR, arXiv:1711.05101, Algorithm 2; torch.optim.AdamW.
/// Differs: lr also multiplies the decay, as in PyTorch; in the paper only its schedule does.
using AdamW = AdamWithDecay<DecayMode::kDecoupled>;
GRADUS_UPDATE_RULE(AdamW);

}  // namespace gradus::optim
