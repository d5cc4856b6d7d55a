#pragma once
#include <utility>

#include "autograd/ops/embedding.h"
#include "nn/linear.h"
#include "nn/lstm.h"
#include "tensor/random.h"

namespace gradus::models {

struct CharRNNOptions {
  std::int64_t vocab;          ///< tokens 0 .. vocab - 1
  std::int64_t hidden = 128;   ///< units of each layer
  std::int64_t embedding = 0;  ///< numbers per token, learned; 0: tokens are one-hot vectors
  std::int64_t num_layers = 1;
  double dropout = 0;  ///< between layers while training, in 0..1
  DType dtype = kFloat32;
};

/// Predicts the next character: token -> vector -> recurrent layer -> logits of the next token.
/// Layer is nn::RNN, nn::GRU or nn::LSTM.
///
///   CharRNN<nn::GRU> model({.vocab = 28, .hidden = 256}, rng);
///   auto [logits, state] = model(tokens);              // a stretch of text
///   ... loss.backward() ...
///   std::tie(logits, state) = model(next, state);      // the stretch behind it
///
/// Shapes: tokens int64 [T, N]  ->  logits [T, N, vocab]. The state that comes out carries no
/// gradient, so that backward goes back to the start of its own stretch: truncated backpropagation
/// through time.
/// Init: embedding N(0, 1), the layers their own.
/// Source: Karpathy 2015, "The unreasonable effectiveness of recurrent neural networks"; Zhang et
/// al., "Dive into deep learning", sections 9.5 and 10.1.
template <class Layer>
struct CharRNN : nn::Module {
  using State = typename Layer::Call;

  CharRNN(const CharRNNOptions& options, Generator& rng)
      : rnn(child("rnn", Layer(options.embedding > 0 ? options.embedding : options.vocab,
                               options.hidden, rng,
                               {.num_layers = options.num_layers,
                                .dropout = options.dropout,
                                .dtype = options.dtype}))),
        head(child("head", nn::Linear(options.hidden, options.vocab, rng, true, options.dtype))) {
    const std::int64_t vocab = options.vocab;
    if (options.embedding > 0) {
      embedding =
          parameter("embedding", normal({vocab, options.embedding}, 0, 1, rng, options.dtype));
    } else {
      one_hot = buffer("one_hot", eye(vocab, options.dtype), false);
    }
  }

  /// Throws as embedding(), for tokens outside of 0 .. vocab - 1.
  std::pair<Variable, State> forward(Operand tokens, const State& state = {}) const {
    const std::source_location line = tokens.where;
    const Variable table = embedding.defined() ? Variable(embedding) : Variable(one_hot);
    const auto y = rnn({gradus::embedding({table, line}, tokens.value()), line}, state);
    return {head({y.output, line}), y.state()};
  }
  std::pair<Variable, State> operator()(Operand tokens, const State& state = {}) const {
    return forward(std::move(tokens), state);
  }

  nn::Child<Layer> rnn;
  nn::Child<nn::Linear> head;
  nn::Parameter embedding;  ///< [vocab, embedding]; undefined for one-hot vectors
  nn::Buffer one_hot;       ///< their table; not saved
};

}  // namespace gradus::models
