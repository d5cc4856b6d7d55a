#include "examples/models/gpt.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "autograd/ops/embedding.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/multihead_attention.h"
#include "nn/init.h"
#include "tensor/assemble.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/gelu_tanh.h"
#include "tensor/elementwise/less.h"
#include "tensor/reduce.h"
#include "tensor/softmax.h"
#include "tensor/sort.h"

namespace gradus::models {
namespace {

nn::LayerNorm norm_of(const GPTOptions& options) {
  return nn::LayerNorm(options.channels, {.bias = options.bias, .dtype = options.dtype});
}

GPTOptions checked(const GPTOptions& options) {
  const auto number = [](std::int64_t n) { return std::to_string(n); };
  const auto& [vocab, context, layers, heads, channels, dropout, bias, dtype] = options;
  if (heads < 1 || channels < 1 || channels % heads != 0) {
    throw ConfigError("[GPT] channels, heads: " + number(channels) + ", " + number(heads) +
                      "; expected heads >= 1 that divides channels >= 1");
  }
  if (vocab < 1 || context < 1 || layers < 1) {
    throw ConfigError("[GPT] vocab, context, layers: " + number(vocab) + ", " + number(context) +
                      ", " + number(layers) + "; expected >= 1");
  }
  return options;
}

}  // namespace

GPTAttention::GPTAttention(const GPTOptions& options, Generator& rng)
    : heads_(options.heads), dropout_(options.dropout) {
  const auto& [vocab, context, layers, heads, channels, p, bias, dtype] = options;
  c_attn = child("c_attn", nn::Linear(channels, 3 * channels, rng, bias, dtype));
  c_proj = child("c_proj", nn::Linear(channels, channels, rng, bias, dtype));
  resid_dropout = child("resid_dropout", nn::Dropout(rng, p));
  if (p > 0) drawn_ = random_stream("attn_dropout", rng);
}

Variable GPTAttention::forward(Operand x) const {
  const std::source_location line = x.where;
  AttentionOptions how{.is_causal = true};
  if (training() && dropout_ > 0) {
    how.dropout_p = dropout_;
    how.generator = drawn_.get();
  }
  Variable y = multihead_attention({c_attn(std::move(x)), line}, heads_, how);
  return resid_dropout({c_proj({std::move(y), line}), line});
}

GPTFeedForward::GPTFeedForward(const GPTOptions& options, Generator& rng) {
  const auto& [vocab, context, layers, heads, channels, p, bias, dtype] = options;
  c_fc = child("c_fc", nn::Linear(channels, 4 * channels, rng, bias, dtype));
  c_proj = child("c_proj", nn::Linear(4 * channels, channels, rng, bias, dtype));
  dropout = child("dropout", nn::Dropout(rng, p));
}

Variable GPTFeedForward::forward(Operand x) const {
  const std::source_location line = x.where;
  Variable y = gelu_tanh({c_fc(std::move(x)), line});
  return dropout({c_proj({std::move(y), line}), line});
}

GPTBlock::GPTBlock(const GPTOptions& options, Generator& rng)
    : ln_1(child("ln_1", norm_of(options))),
      attn(child("attn", GPTAttention(options, rng))),
      ln_2(child("ln_2", norm_of(options))),
      mlp(child("mlp", GPTFeedForward(options, rng))) {}

Variable GPTBlock::forward(Operand x) const {
  const std::source_location line = x.where;
  const Variable y = add(x, {attn({ln_1(x), line}), line});
  return add({y, line}, {mlp({ln_2({y, line}), line}), line});
}

GPTStream::GPTStream(const GPTOptions& options, Generator& rng) {
  const auto& [vocab, context, layers, heads, channels, p, bias, dtype] = options;
  wte = child("wte", nn::Embedding(vocab, channels, rng, {.dtype = dtype}));
  wpe = child("wpe", nn::Embedding(context, channels, rng, {.dtype = dtype}));
  drop = child("drop", nn::Dropout(rng, p));
  h = child("h", nn::ModuleList<GPTBlock>());
  for (std::int64_t i = 0; i < layers; ++i) h->append(GPTBlock(options, rng));
  ln_f = child("ln_f", norm_of(options));
}

Variable GPTStream::forward(Operand tokens) const {
  const std::source_location line = tokens.where;
  const Shape shape = tokens.variable.shape();
  const Variable places = wpe(Operand(arange(shape.at(-1)).to(tokens.variable.device()), line));
  Variable x = drop({add({wte(std::move(tokens)), line}, {places, line}), line});
  if (shape.rank() == 1) x = reshape({x, line}, {1, shape[0], x.dim(-1)});
  try {
    for (const auto& block : *h) x = block({std::move(x), line});
  } catch (Error& error) {
    error.add_outer_part(h.name());
    throw;
  }
  x = ln_f({std::move(x), line});
  return shape.rank() == 1 ? reshape({x, line}, {x.dim(1), x.dim(2)}) : x;
}

Variable GPTHead::forward(Operand x) const {
  const std::source_location line = x.where;
  return linear(std::move(x), {weight, line});
}

GPT::GPT(const GPTOptions& given, Generator& rng)
    : options(checked(given)),
      transformer(child("transformer", GPTStream(options, rng))),
      lm_head(child("lm_head", GPTHead(transformer->wte->weight))) {
  for (const auto& [name, p] : named_parameters()) {
    if (p.rank() < 2) {
      if (name.ends_with("bias")) p.value().fill(0);
      continue;
    }
    const bool back = name.ends_with("c_proj.weight");
    const double parts = back ? 2.0 * static_cast<double>(options.layers) : 1;
    nn::init::normal_(p, rng, 0, 0.02 / std::sqrt(parts));
  }
}

Variable GPT::forward(Operand tokens) const {
  const Shape& shape = tokens.variable.shape();
  if (shape.rank() < 1 || shape.rank() > 2 || shape.at(-1) > options.context) {
    throw ShapeError("[GPT] tokens is " + to_string(shape) + "; expected [B, T] or [T] with T <= " +
                     std::to_string(options.context) + ", the context");
  }
  const std::source_location line = tokens.where;
  return lm_head({transformer(std::move(tokens)), line});
}

Tensor GPT::generate(const Tensor& tokens, std::int64_t n, const Sampling& sampling,
                     Generator& rng) const {
  check_defined("GPT", "tokens", tokens);
  const auto& [temperature, top_k] = sampling;
  if (!(temperature >= 0) || std::isinf(temperature)) {
    throw ConfigError("[GPT] temperature: " + to_text(temperature) + "; expected a number >= 0");
  }
  if (top_k < 0 || top_k > options.vocab) {
    throw ConfigError("[GPT] top_k: " + std::to_string(top_k) + "; expected 0.." +
                      std::to_string(options.vocab) + ", the tokens");
  }
  if (n < 0) throw ConfigError("[GPT] n: " + std::to_string(n) + "; expected >= 0");
  if (tokens.rank() < 1 || tokens.rank() > 2 || tokens.dim(-1) < 1) {
    throw ShapeError("[GPT] tokens is " + to_string(tokens.shape()) +
                     "; expected [B, T] or [T] with T >= 1");
  }
  const NoGradGuard guard;
  Tensor all = (tokens.rank() == 1 ? tokens.unsqueeze(0) : tokens).to(kInt64).to(kCpu);
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t seen = std::min(all.dim(1), options.context);
    const Tensor window = all.slice(1, {all.dim(1) - seen, None}).to(lm_head->weight.device());
    Tensor logits = (*this)(window).value().select(1, seen - 1).to(kCpu);  // numbers come from rng
    if (temperature == 0) {
      all = cat(std::vector<Tensor>{all, argmax(logits, -1).unsqueeze(-1)}, 1);
      continue;
    }
    logits = logits / temperature;
    if (top_k > 0) {
      const Tensor least = topk(logits, top_k, -1).values.slice(1, {-1, None});
      logits = masked_fill(logits, less(logits, least), -INFINITY);
    }
    all = cat(std::vector<Tensor>{all, multinomial(softmax(logits, -1), 1, false, rng)}, 1);
  }
  return tokens.rank() == 1 ? all.select(0, 0) : all;
}

}  // namespace gradus::models
