#pragma once
#include <optional>

#include "nn/module_list.h"
#include "nn/transformer_decoder_layer.h"

namespace gradus::nn {

/// num_layers copies of a layer one after another, all with the same memory and masks, and a
/// normalization at the end if given. The copies begin with the same values, as in PyTorch, but
/// share nothing and drop differently. Shapes: those of the layer. Throws ConfigError:
///   "[TransformerDecoder] num_layers: 0; expected >= 1"
struct TransformerDecoder : Module {
  TransformerDecoder(const TransformerDecoderLayer& layer, std::int64_t num_layers,
                     const std::optional<LayerNorm>& norm = {});

  using Module::forward;
  using Module::operator();
  Variable forward(Operand tgt, Operand memory, const TransformerDecoderCall& call = {}) const;
  Variable operator()(Operand tgt, Operand memory, const TransformerDecoderCall& how = {}) const {
    return call("", [&] { return forward(std::move(tgt), std::move(memory), how); });
  }

  Child<ModuleList<TransformerDecoderLayer>> layers;
  Child<LayerNorm> norm;  ///< empty if not given
};

}  // namespace gradus::nn
