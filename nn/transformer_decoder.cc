#include "nn/transformer_decoder.h"

namespace gradus::nn {

TransformerDecoder::TransformerDecoder(const TransformerDecoderLayer& layer,
                                       std::int64_t num_layers,
                                       const std::optional<LayerNorm>& last) {
  if (num_layers < 1) {
    throw ConfigError("[TransformerDecoder] num_layers: " + std::to_string(num_layers) +
                      "; expected >= 1");
  }
  layers = child("layers", ModuleList<TransformerDecoderLayer>());
  for (std::int64_t i = 0; i < num_layers; ++i) {
    TransformerDecoderLayer copy = deep_copy(layer);
    transformer::separate_streams(copy, static_cast<std::uint64_t>(i) + 1);
    layers->append(std::move(copy));
  }
  if (last) norm = child("norm", deep_copy(*last));
}

Variable TransformerDecoder::forward(Operand tgt, Operand memory,
                                     const TransformerDecoderCall& how) const {
  const std::source_location line = tgt.where;
  Variable y = std::move(tgt.variable);
  for (const auto& layer : *layers) y = layer({std::move(y), line}, memory, how);
  return norm ? norm({std::move(y), line}) : y;
}

}  // namespace gradus::nn
