#pragma once
#include <optional>

#include "nn/module_list.h"
#include "nn/transformer_encoder_layer.h"

namespace gradus::nn {

/// num_layers copies of a layer one after another, and a normalization at the end if given:
///   y = norm(layer_n(... layer_1(x)))
/// The copies begin with the same values, as in PyTorch, but share nothing and drop differently.
/// Shapes: those of the layer. Throws ConfigError:
///   "[TransformerEncoder] num_layers: 0; expected >= 1"
struct TransformerEncoder : Module {
  TransformerEncoder(const TransformerEncoderLayer& layer, std::int64_t num_layers,
                     const std::optional<LayerNorm>& norm = {});

  Variable forward(Operand x) const override { return forward(std::move(x), {}); }
  /// The same masks for all layers.
  Variable forward(Operand x, const TransformerEncoderCall& call) const;
  using Module::operator();
  Variable operator()(Operand x, const TransformerEncoderCall& how) const {
    return call("", [&] { return forward(std::move(x), how); });
  }

  Child<ModuleList<TransformerEncoderLayer>> layers;
  Child<LayerNorm> norm;  ///< empty if not given
};

}  // namespace gradus::nn
