#pragma once
#include "optim/rules/adam8bit.h"

namespace gradus::optim {

/// AdamW8bit: AdamW whose m and v are bytes, as in Adam8bit.
using AdamW8bit = Adam8bitWithDecay<DecayMode::kDecoupled>;
GRADUS_UPDATE_RULE(AdamW8bit);

}  // namespace gradus::optim
