#include "nn/transformer.h"

#include "nn/init.h"

namespace gradus::nn {

Transformer::Transformer(std::int64_t d_model, std::int64_t nhead, std::int64_t num_encoder_layers,
                         std::int64_t num_decoder_layers, Generator& rng,
                         const TransformerOptions& options) {
  const LayerNorm norm(
      {d_model}, {.eps = options.layer_norm_eps, .bias = options.bias, .dtype = options.dtype});
  encoder =
      child("encoder", TransformerEncoder(TransformerEncoderLayer(d_model, nhead, rng, options),
                                          num_encoder_layers, norm));
  decoder =
      child("decoder", TransformerDecoder(TransformerDecoderLayer(d_model, nhead, rng, options),
                                          num_decoder_layers, norm));
  for (const Variable& p : parameters()) {
    if (p.rank() > 1) init::xavier_uniform_(p, rng);
  }
}

Variable Transformer::forward(Operand src, Operand tgt, const TransformerCall& how) const {
  const std::source_location line = src.where;
  return decoder(std::move(tgt), Operand(encoder(std::move(src), how.encoder), line), how.decoder);
}

}  // namespace gradus::nn
