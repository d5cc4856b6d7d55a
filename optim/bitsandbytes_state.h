#pragma once
#include <string>
#include <vector>

#include "optim/torch_state.h"

namespace gradus::optim {

/// A state dict that load_state_dict() of an Adam8bit or AdamW8bit takes, from what
/// tests/golden/optim/torch_state.py makes of the state_dict() of bitsandbytes' Adam8bit or
/// AdamW8bit (its quantization state flattened): state1, state2 are m and v, bytes with absmax1 and
/// absmax2 per block of 256 and the maps qmap1 and qmap2, or numbers for small parameters. `like`
/// and `names` are as for from_torch(); hyper-parameters are taken over when there is one group.
/// Throws ConfigError, besides for what from_torch() refuses:
///   "[from_bitsandbytes] rule: Adam; expected Adam8bit or AdamW8bit"
///   "[from_bitsandbytes] state.0.qmap1: other values; expected the dynamic map of 8 bits"
///   "[from_bitsandbytes] state.0: no 'absmax2'; expected it beside bytes"
/// Differs: bitsandbytes decays weights after the step, we before it, as PyTorch; with weight_decay
/// the paths part by lr^2.
StateDict from_bitsandbytes(const TorchState& file, const StateDict& like,
                            const std::vector<std::string>& names);

}  // namespace gradus::optim
