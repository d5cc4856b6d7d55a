// A recurrent network that learns to write The Time Machine, character by character, as in the
// textbook: LSTM, GRU or RNN with 256 units, sequential batches, clipped gradients.
//   ./gradus run char_rnn --cell lstm --figure char_rnn.svg
#include "examples/models/char_rnn.h"

#include <cmath>
#include <iostream>

#include "data/find.h"
#include "data/text.h"
#include "examples/support/training.h"
#include "nn/gru.h"
#include "nn/losses/cross_entropy.h"
#include "nn/lstm.h"
#include "nn/metrics/running_mean.h"
#include "nn/rnn.h"
#include "optim/optimizer.h"
#include "optim/rules/sgd.h"

namespace {

using namespace gradus;

constexpr std::int64_t kTokens = 10000;

// Batches whose rows go on where those of the batch before ended; each epoch skips other tokens.
data::DataLoader stretches(const Tensor& tokens, std::int64_t steps, const TrainingOptions& o) {
  const auto all = data::iterable([=, batch = size_of_run(o, o.batch, 32, 8), seed = o.seed](
                                      std::int64_t epoch, std::int64_t i) {
    Generator rng(seed * 1000003 + static_cast<std::uint64_t>(epoch));
    const auto offset = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(steps)));
    const auto batches = data::sequential_batches(tokens, batch, steps, offset);
    if (i >= static_cast<std::int64_t>(batches.size())) return std::optional<data::Sample>();
    return std::optional(batches[static_cast<std::size_t>(i)]);
  });
  data::LoaderOptions options{.device = Device(o.device)};
  options.collate = [](std::span<const data::Sample> one) { return one[0]; };  // a batch already
  return data::DataLoader(all, options);
}

// The text and n characters more, each the most likely one.
template <class Model>
std::string continued(const Model& net, const data::Vocabulary& vocabulary, std::string text,
                      int n) {
  const NoGradGuard no_grad;
  const Device device = net.head->weight.value().device();
  auto [logits, state] = net(vocabulary.encode(text).unsqueeze(1).to(device));
  for (int i = 0; i < n; ++i) {
    const Tensor next = argmax(logits.value().select(0, -1).to(kCpu), -1);  // [1]
    text += vocabulary.decode(next);
    std::tie(logits, state) = net(next.unsqueeze(0).to(device), state);
  }
  return text;
}

template <class Layer>
void run(const TrainingOptions& o) {
  check_figure(o);
  Generator rng(o.seed);
  const auto file = data::need_data("timemachine", {"timemachine.txt"}, o.data);
  const std::string text = data::letters_only(data::read_text(file));
  const auto vocabulary = data::Vocabulary::characters(text);
  const auto tokens = vocabulary.encode(text.substr(0, size_of_run(o, kTokens, kTokens, 1000) + 1));
  const auto loader = stretches(tokens, size_of_run(o, 35, 35, 16), o);

  models::CharRNN<Layer> net({.vocab = vocabulary.size(), .hidden = size_of_run(o, 256, 64, 32)},
                             rng);
  net.to(Device(o.device));
  optim::Optimizer<optim::SGD> optimizer(net.named_parameters(), {.lr = o.smoke ? 2 * o.lr : o.lr});
  optimizer.options().clip_norm = 1;

  auto options = run_options(o);
  options.epochs = size_of_run(o, o.epochs, 20, 20);
  options.every = o.smoke ? 20 : 50;
  options.whole_epochs = true;  // the state is not part of a checkpoint
  train::Run run(options, {"perplexity"}, {.model = &net, .optimizer = &optimizer}, std::cout);
  while (run.next_epoch()) {
    typename models::CharRNN<Layer>::State state;  // 0 at the beginning of the text
    nn::RunningMean nats;
    for (const data::Batch& batch : run.batches(loader)) {
      Variable logits;
      std::tie(logits, state) = net(batch.x.transpose(0, 1), state);  // [T, N, vocab]
      const Variable loss = nn::cross_entropy(reshape(logits, {-1, logits.dim(2)}),
                                              batch.y.transpose(0, 1).flatten());
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      nats.update(loss.item());
    }
    run.end_epoch([&] {
      return train::MetricsLog::Values{{"perplexity", std::exp(nats.compute())}};
    });
  }
  smoke_at_most(run, o, "perplexity", 15);
  draw(run, o, "The Time Machine, perplexity while training");
  std::cout << "\n" << continued(net, vocabulary, "time traveller ", 60) << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line("The Time Machine with a recurrent network, as in the textbook");
  TrainingOptions options{.epochs = 500, .batch = 32, .lr = 1};
  std::string cell = "lstm";
  add_options(line, options);
  line.option("--cell", cell, "kind of recurrent layer", {"lstm", "gru", "rnn"});
  return line.run(argc, argv, [&] {
    if (cell == "lstm") return run<nn::LSTM>(options);
    if (cell == "gru") return run<nn::GRU>(options);
    run<nn::RNN>(options);
  });
}
