#pragma once
#include <cstdint>
#include <string>

#include "autograd/variable.h"
#include "nn/module.h"
#include "nn/multihead_attention.h"
#include "tensor/elementwise/gelu.h"
#include "tensor/elementwise/relu.h"

namespace gradus::nn {

/// Of the layers of a transformer, as the arguments of torch.nn.TransformerEncoderLayer.
struct TransformerOptions {
  std::int64_t dim_feedforward = 2048;  ///< >= 1
  double dropout = 0.1;                 ///< of attention's weights and of each part's result
  std::string activation = "relu";      ///< or "gelu", the exact form
  double layer_norm_eps = 1e-5;
  bool batch_first = false;  ///< [N, T, C] instead of [T, N, C]
  bool norm_first = false;   ///< normalizes what goes into a part, not the sum behind it
  bool bias = true;          ///< of all projections and normalizations
  DType dtype = kFloat32;
};

/// Masks of one call of an encoder, true where nobody may look; see AttentionCall.
struct TransformerEncoderCall {
  Variable src_mask = {};              ///< [S, S], or [N num_heads, S, S]
  Variable src_key_padding_mask = {};  ///< [N, S], or [S] without a batch
  bool is_causal = false;              ///< besides the masks
};

/// Of one call of a decoder.
struct TransformerDecoderCall {
  Variable tgt_mask = {}, memory_mask = {};                          ///< [T, T], [T, S]
  Variable tgt_key_padding_mask = {}, memory_key_padding_mask = {};  ///< [N, T], [N, S]
  bool tgt_is_causal = false, memory_is_causal = false;
};

namespace transformer {

/// "relu" or "gelu". Throws ConfigError:
///   "[TransformerEncoderLayer] activation: 'tanh'; expected 'relu' or 'gelu'"
inline bool is_gelu(const char* layer, const std::string& activation) {
  if (activation == "relu" || activation == "gelu") return activation == "gelu";
  throw ConfigError("[" + std::string(layer) + "] activation: '" + activation +
                    "'; expected 'relu' or 'gelu'");
}

inline MultiheadAttentionOptions attention_options(const TransformerOptions& options) {
  return {.dropout = options.dropout,
          .bias = options.bias,
          .batch_first = options.batch_first,
          .dtype = options.dtype};
}

/// The streams of random numbers of a copy begin elsewhere, so that no two layers drop alike.
inline void separate_streams(const Module& copy, std::uint64_t number) {
  for (auto& [name, stream] : copy.named_generators()) {
    const auto words = stream->words(stream->position() + (number << 40));
    *stream = Generator(std::uint64_t{words[0]} << 32 | words[1]);
  }
}

}  // namespace transformer
}  // namespace gradus::nn
