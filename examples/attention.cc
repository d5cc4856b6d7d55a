// Attention learns to write words backwards, and a heat map shows where it looks.
//   ./gradus run attention --word backpropagation --attention looks.svg
#include <iostream>

#include "autograd/ops/reshape.h"
#include "data/text.h"
#include "examples/support/training.h"
#include "nn/embedding.h"
#include "nn/learned_positional_encoding.h"
#include "nn/linear.h"
#include "nn/losses/cross_entropy.h"
#include "nn/metrics/accuracy.h"
#include "nn/multihead_attention.h"
#include "optim/optimizer.h"
#include "optim/rules/adam.h"
#include "tensor/reduce.h"
#include "train/heat_map.h"

namespace {

using namespace gradus;

constexpr std::int64_t kLetters = 26, kChannels = 64;
constexpr const char* kAlphabet = "abcdefghijklmnopqrstuvwxyz";

/// One layer of attention over letters and their places.
struct Reader : nn::Module {
  Reader(std::int64_t length, Generator& rng)
      : letters(child("letters", nn::Embedding(kLetters, kChannels, rng))),
        places(child("places", nn::LearnedPositionalEncoding(length, kChannels, rng))),
        attention(
            child("attention", nn::MultiheadAttention(kChannels, 1, rng, {.batch_first = true}))),
        head(child("head", nn::Linear(kChannels, kLetters, rng))) {}

  struct Result {
    Variable logits, weights;  ///< [N, T, 26] and [N, T, T]: from where each letter was taken
  };
  /// Shapes: tokens int64 [N, T].
  Result read(const Tensor& tokens) const {
    const Variable x = places(letters(tokens));
    const auto [y, weights] = attention(x, x, x);
    return {head(y), weights};
  }

  nn::Child<nn::Embedding> letters;
  nn::Child<nn::LearnedPositionalEncoding> places;
  nn::Child<nn::MultiheadAttention> attention;
  nn::Child<nn::Linear> head;
};

// n random words and the same backwards.
data::DataLoader words(std::int64_t n, std::int64_t length, const TrainingOptions& o,
                       Generator& rng) {
  const Tensor tokens = randint(0, kLetters, {n, length}, rng);
  return data::DataLoader(data::TensorDataset(tokens, tokens.flip({1})),
                          {.batch_size = o.batch,
                           .shuffle = true,
                           .workers = o.workers,
                           .seed = o.seed,
                           .device = Device(o.device)});
}

void run(const TrainingOptions& o, const std::string& word, const std::string& attention) {
  check_figure(o);
  check_picture(attention);
  const auto length = static_cast<std::int64_t>(word.size());
  if (length < 2 || length > 30 || word.find_first_not_of(kAlphabet) != std::string::npos) {
    throw ConfigError("[attention] word: '" + word + "'; expected 2 to 30 letters a..z");
  }
  Generator rng(o.seed);
  const auto vocabulary = data::Vocabulary::characters(kAlphabet);
  const auto train = words(size_of_run(o, 4096, 4096, 128), length, o, rng);

  Reader net(length, rng);
  net.to(Device(o.device));
  optim::Optimizer<optim::Adam> optimizer(net.named_parameters(), {.lr = o.lr});
  train::RunOptions options = run_options(o);
  options.epochs = size_of_run(o, o.epochs, 6, 3);
  train::Run run(options, {"train loss", "letters right"}, {.model = &net, .optimizer = &optimizer},
                 std::cout);
  while (run.next_epoch()) {
    for (const data::Batch& batch : run.batches(train)) {
      const Variable logits = reshape(net.read(batch.x).logits, {-1, kLetters});
      const Variable loss = nn::cross_entropy(logits, batch.y.flatten());
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      run.measure("train loss", loss.item());
      run.measure("letters right", nn::accuracy(logits, batch.y.flatten()));
    }
    run.end_epoch();
  }
  // Who cannot tell places apart guesses: log 26 = 3.26.
  smoke_at_most(run, o, "train loss", o.device == "cuda_emulated" ? 3.18 : 1);
  draw(run, o, "Words backwards");

  const NoGradGuard no_grad;
  const Tensor tokens = vocabulary.encode(word).unsqueeze(0);
  const auto [logits, weights] = net.read(tokens.to(Device(o.device)));
  const std::string written = vocabulary.decode(argmax(logits.value().to(kCpu), -1).select(0, 0));
  std::cout << word << " -> " << written << "\n";
  if (attention.empty()) return;
  std::vector<std::string> read_names, written_names;
  for (const char letter : word) read_names.emplace_back(1, letter);
  for (const char letter : written) written_names.emplace_back(1, letter);
  train::write_heat_map({.title = "Where each letter comes from",
                         .values = weights.value().select(0, 0),
                         .x_label = "read",
                         .y_label = "written",
                         .column_names = read_names,
                         .row_names = written_names,
                         .low = 0,
                         .high = 1},
                        attention);
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line("Words written backwards by one layer of attention");
  TrainingOptions options{.epochs = 10, .batch = 32, .lr = 0.003};
  std::string word = "backpropagation", attention;
  add_options(line, options);
  line.option("--word", word, "a word to try, of 2 to 30 letters; its length is what is learned");
  line.option("--attention", attention, "draw where the letters come from into this file");
  return line.run(argc, argv, [&] { run(options, word, attention); });
}
