#pragma once
#include <cstdint>

#include "nn/dropout.h"
#include "nn/embedding.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "nn/module_list.h"

namespace gradus::models {

struct GPTOptions {
  std::int64_t vocab;    ///< tokens 0 .. vocab - 1
  std::int64_t context;  ///< tokens that the model sees at most
  std::int64_t layers = 4, heads = 4, channels = 128;
  double dropout = 0;  ///< of embeddings, attention and each part's result, in 0..1
  bool bias = true;    ///< of projections and normalizations
  DType dtype = kFloat32;
};

/// The parts of a GPT, named as in GPT-2: c_attn makes queries, keys and values at once, c_proj
/// goes back to the stream that all blocks add to.
struct GPTAttention : nn::Module {
  GPTAttention(const GPTOptions& options, Generator& rng);
  Variable forward(Operand x) const override;
  nn::Child<nn::Linear> c_attn, c_proj;
  nn::Child<nn::Dropout> resid_dropout;

 private:
  std::int64_t heads_;
  double dropout_;
  nn::RandomStream drawn_;
};
struct GPTFeedForward : nn::Module {
  GPTFeedForward(const GPTOptions& options, Generator& rng);
  Variable forward(Operand x) const override;
  nn::Child<nn::Linear> c_fc, c_proj;
  nn::Child<nn::Dropout> dropout;
};
/// x = x + attn(ln_1(x)),  y = x + mlp(ln_2(x)); each token sees itself and those before it.
struct GPTBlock : nn::Module {
  GPTBlock(const GPTOptions& options, Generator& rng);
  Variable forward(Operand x) const override;
  nn::Child<nn::LayerNorm> ln_1;
  nn::Child<GPTAttention> attn;
  nn::Child<nn::LayerNorm> ln_2;
  nn::Child<GPTFeedForward> mlp;
};
struct GPTStream : nn::Module {
  GPTStream(const GPTOptions& options, Generator& rng);
  Variable forward(Operand tokens) const override;
  nn::Child<nn::Embedding> wte, wpe;  ///< of tokens [vocab, C] and of places [context, C]
  nn::Child<nn::Dropout> drop;
  nn::Child<nn::ModuleList<GPTBlock>> h;
  nn::Child<nn::LayerNorm> ln_f;
};
/// Logits by the table of the token embeddings, whose gradient is the sum of both uses.
struct GPTHead : nn::Module {
  explicit GPTHead(const nn::Parameter& embedding) : weight(parameter("weight", embedding)) {}
  Variable forward(Operand x) const override;
  nn::Parameter weight;
};

/// A small GPT: learned positions, blocks with normalization first, gelu by tanh, and one table for
/// embedding and unembedding. Its state_dict has the names of GPT-2 as nanoGPT writes them:
/// transformer.h.0.attn.c_attn.weight, with the shapes of Linear, [out, in].
/// Shapes: tokens [B, T] or [T], whole numbers, T <= context  ->  logits [B, T, vocab] or [T,
/// vocab], of the token that follows.
/// Init: weights N(0, 0.02^2), those of c_proj N(0, 0.02^2 / (2 layers)), biases 0.
/// Throws ConfigError: "[GPT] channels, heads: 10, 3; expected heads >= 1 that divides channels >=
/// 1", ShapeError: "[GPT] tokens is [2, 9]; expected [B, T] or [T] with T <= 8, the context",
/// IndexError for a token that is not in the vocabulary.
/// Source: Radford et al., "Language models are unsupervised multitask learners" (2019); names and
/// initial values as in nanoGPT, github.com/karpathy/nanoGPT.
struct GPT : nn::Module {
  GPT(const GPTOptions& options, Generator& rng);
  Variable forward(Operand tokens) const override;

  struct Sampling {
    double temperature = 1;  ///< logits are divided by it; 0 takes the most likely token
    std::int64_t top_k = 0;  ///< draws from the k most likely tokens; 0: from all
  };
  /// tokens and n more, each drawn with the probabilities that the model gives it after the last
  /// `context` tokens before it. Nothing is recorded; call eval() first, else dropout is at work.
  /// Shapes: tokens [B, T] or [T], T >= 1  ->  int64 [B, T + n] or [T + n].
  /// Throws ConfigError: "[GPT] temperature: -1; expected a number >= 0",
  ///   "[GPT] top_k: 9; expected 0..8, the tokens", "[GPT] n: -1; expected >= 0"; ShapeError.
  Tensor generate(const Tensor& tokens, std::int64_t n, const Sampling& sampling,
                  Generator& rng) const;

  GPTOptions options;
  nn::Child<GPTStream> transformer;
  nn::Child<GPTHead> lm_head;
};

}  // namespace gradus::models
