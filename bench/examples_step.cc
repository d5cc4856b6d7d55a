// One step of each training example as the example does it: a batch of its real data from the
// loader, forward, loss and its value, gradients, optimizer. 128, 256, 32 and 16 samples per step.
// Without the data (./gradus data mnist, ...) there is nothing to measure, and no case.
#include <optional>
#include <vector>

#include "bench/hand/pairs.h"
#include "data/find.h"
#include "data/idx.h"
#include "data/loader.h"
#include "data/text.h"
#include "examples/models/char_rnn.h"
#include "examples/models/gpt.h"
#include "examples/models/lenet.h"
#include "nn/losses/cross_entropy.h"
#include "nn/sequential.h"
#include "optim/optimizer.h"
#include "optim/rules/adam.h"
#include "optim/rules/adamw.h"
#include "optim/rules/sgd.h"

namespace gradus::bench {
namespace {

// The batches of one epoch after the other.
class Batches {
 public:
  explicit Batches(data::DataLoader loader) : loader_(std::move(loader)) {}
  const data::Batch& next() {
    if (at_) ++*at_;
    if (!at_ || *at_ == std::default_sentinel) at_.emplace(loader_.epoch(epoch_++).begin());
    return **at_;
  }

 private:
  data::DataLoader loader_;
  std::int64_t epoch_ = 0;
  std::optional<data::DataLoader::Iterator> at_;
};

// loss(batch) is what the optimizer reduces; what else it needs, it holds.
template <class Rule, class Loss>
void register_example(const std::string& name, std::shared_ptr<optim::Optimizer<Rule>> optimizer,
                      data::DataLoader loader, Loss loss) {
  const auto batches = std::make_shared<Batches>(std::move(loader));
  register_ours("examples_step/" + name, [=] {
    const Variable value = loss(batches->next());
    optimizer->zero_grad();
    value.backward();
    optimizer->step();
    benchmark::DoNotOptimize(value.item());
  });
}

template <class Rule>
auto optimizer_of(const nn::Module& net, Rule rule, double clip_norm = 0) {
  auto optimizer = std::make_shared<optim::Optimizer<Rule>>(net.named_parameters(), rule);
  if (clip_norm > 0) optimizer->options().clip_norm = clip_norm;
  return optimizer;
}

Variable entropy(const Variable& logits, const Tensor& classes) {
  return nn::cross_entropy(reshape(logits, {-1, logits.dim(-1)}), classes.flatten());
}

void register_images(Generator& rng) {
  const auto digits = data::mnist(data::Split::kTrain);
  const auto mlp = std::make_shared<nn::Sequential>(nn::Flatten(), nn::Linear(784, 512, rng),
                                                    nn::ReLU(), nn::Linear(512, 10, rng));
  register_example("mlp", optimizer_of(*mlp, optim::Adam{.lr = 0.001}),
                   data::DataLoader(digits, {.batch_size = 128, .shuffle = true}),
                   [mlp](const data::Batch& b) { return entropy((*mlp)(b.x), b.y); });
  const auto lenet = std::make_shared<models::LeNet>(rng, models::LeNetOptions{.modern = true});
  register_example("lenet", optimizer_of(*lenet, optim::SGD{.lr = 0.1}),
                   data::DataLoader(digits, {.batch_size = 256, .shuffle = true}),
                   [lenet](const data::Batch& b) { return entropy((*lenet)(b.x), b.y); });
}

void register_char_rnn(const std::string& file, Generator& rng) {
  const std::string text = data::letters_only(data::read_text(file));
  const auto vocabulary = data::Vocabulary::characters(text);
  const auto batches = data::sequential_batches(vocabulary.encode(text.substr(0, 10001)), 32, 35);
  const auto walk =
      data::iterable([=](std::int64_t, std::int64_t i) -> std::optional<data::Sample> {
        if (i >= static_cast<std::int64_t>(batches.size())) return std::nullopt;
        return batches[static_cast<std::size_t>(i)];
      });
  data::LoaderOptions options;
  options.collate = [](std::span<const data::Sample> one) { return one[0]; };
  using Model = models::CharRNN<nn::LSTM>;
  const auto net = std::make_shared<Model>(
      models::CharRNNOptions{.vocab = vocabulary.size(), .hidden = 256}, rng);
  const auto state = std::make_shared<Model::State>();
  register_example("char_rnn", optimizer_of(*net, optim::SGD{.lr = 1}, 1),
                   data::DataLoader(walk, options), [net, state](const data::Batch& b) {
                     Variable logits;
                     std::tie(logits, *state) = (*net)(b.x.transpose(0, 1), *state);
                     return entropy(logits, b.y.transpose(0, 1));
                   });
}

void register_gpt(const std::string& file, Generator& rng) {
  const std::string text = data::read_text(file);
  const auto vocabulary = data::Vocabulary::characters(text);
  const data::DatasetRef all = data::sequences(vocabulary.encode(text), 64);
  data::LoaderOptions options{.batch_size = 16};
  options.sampler = [n = all->size()](std::int64_t epoch) {
    Generator generator(static_cast<std::uint64_t>(epoch));
    return randint(0, n, {16 * 250}, generator);
  };
  const auto net = std::make_shared<models::GPT>(
      models::GPTOptions{.vocab = vocabulary.size(), .context = 64}, rng);
  register_example("gpt", optimizer_of(*net, optim::AdamW{.lr = 0.001}, 1),
                   data::DataLoader(all, options),
                   [net](const data::Batch& b) { return entropy((*net)(b.x), b.y); });
}

const bool registered = [] {
  Generator rng(1);
  if (!data::find_data("mnist", {"train-images-idx3-ubyte.gz", "train-images-idx3-ubyte"})
           .empty()) {
    register_images(rng);
  }
  const auto novel = data::find_data("timemachine", {"timemachine.txt"});
  if (!novel.empty()) register_char_rnn(novel, rng);
  const auto plays = data::find_data("tinyshakespeare", {"input.txt"});
  if (!plays.empty()) register_gpt(plays, rng);
  return true;
}();

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
