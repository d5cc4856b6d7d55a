#include "nn/transformer_encoder.h"

namespace gradus::nn {

TransformerEncoder::TransformerEncoder(const TransformerEncoderLayer& layer,
                                       std::int64_t num_layers,
                                       const std::optional<LayerNorm>& last) {
  if (num_layers < 1) {
    throw ConfigError("[TransformerEncoder] num_layers: " + std::to_string(num_layers) +
                      "; expected >= 1");
  }
  layers = child("layers", ModuleList<TransformerEncoderLayer>());
  for (std::int64_t i = 0; i < num_layers; ++i) {
    TransformerEncoderLayer copy = deep_copy(layer);
    transformer::separate_streams(copy, static_cast<std::uint64_t>(i) + 1);
    layers->append(std::move(copy));
  }
  if (last) norm = child("norm", deep_copy(*last));
}

Variable TransformerEncoder::forward(Operand x, const TransformerEncoderCall& how) const {
  const std::source_location line = x.where;
  Variable y = std::move(x.variable);
  for (const auto& layer : *layers) y = layer({std::move(y), line}, how);
  return norm ? norm({std::move(y), line}) : y;
}

}  // namespace gradus::nn
