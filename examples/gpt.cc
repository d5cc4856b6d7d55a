// A small GPT that learns to write from the plays of Shakespeare, character by character.
//   ./gradus run gpt --out out/gpt --figure gpt.svg
//   ./gradus run gpt --out out/gpt --resume --epochs 12 --prompt "ROMEO:"
#include "examples/models/gpt.h"

#include <iostream>

#include "data/find.h"
#include "data/text.h"
#include "examples/support/training.h"
#include "nn/losses/cross_entropy.h"
#include "optim/optimizer.h"
#include "optim/rules/adamw.h"
#include "optim/schedules/cosine_with_warmup.h"

namespace {

using namespace gradus;

constexpr std::int64_t kContext = 64, kStepsPerEpoch = 250;

// Random pieces of a text, as many as an epoch takes.
data::DataLoader pieces(const Tensor& tokens, std::int64_t batch, std::int64_t steps,
                        std::uint64_t seed) {
  const data::DatasetRef all = data::sequences(tokens, kContext);
  data::LoaderOptions options{.batch_size = batch, .seed = seed};
  options.sampler = [n = all->size(), count = batch * steps, seed](std::int64_t epoch) {
    Generator rng(seed * 1000003 + static_cast<std::uint64_t>(epoch));
    return randint(0, n, {count}, rng);
  };
  return data::DataLoader(all, options);
}

Variable loss_of(const models::GPT& net, const data::Batch& batch) {
  const Variable logits = net(batch.x);  // [B, T, vocab]
  return nn::cross_entropy(reshape(logits, {-1, logits.dim(2)}), batch.y.flatten());
}

double validation_loss(models::GPT& net, const data::DataLoader& loader) {
  const NoGradGuard no_grad;
  net.eval();
  double sum = 0;
  std::int64_t batches = 0;
  for (const data::Batch& batch : loader.epoch(0)) {
    sum += loss_of(net, batch).item();
    ++batches;
  }
  net.train();
  return sum / static_cast<double>(batches);
}

void run(const TrainingOptions& o, const std::string& prompt) {
  check_figure(o);
  Generator rng(o.seed);
  const auto file = data::need_data("tinyshakespeare", {"input.txt"}, o.data);
  const std::string text = data::read_text(file);
  const auto vocabulary = data::Vocabulary::characters(text);
  const Tensor tokens = vocabulary.encode(text);
  const std::int64_t kept = tokens.numel() * 9 / 10, steps = o.smoke ? 20 : kStepsPerEpoch;
  const auto train = pieces(tokens.narrow(0, 0, kept), o.batch, steps, o.seed);
  const auto held_back =
      pieces(tokens.narrow(0, kept, tokens.numel() - kept), 32, o.smoke ? 2 : 20, 12345);

  models::GPT net({.vocab = vocabulary.size(), .context = kContext}, rng);
  optim::Optimizer<optim::AdamW> optimizer(
      optim::groups(net).match_rank(0, 1).set({.weight_decay = 0}).rest(),
      {.lr = o.lr, .beta1 = 0.9, .beta2 = 0.99, .weight_decay = 0.1});
  optimizer.options().clip_norm = 1;
  const optim::Schedule rate =
      optim::schedules::CosineWithWarmup{.base = o.lr,
                                         .final = o.lr / 10,
                                         .steps = static_cast<double>(o.epochs * kStepsPerEpoch),
                                         .warmup = 100};

  train::Run run(run_options(o, "validation loss", true), {"train loss", "validation loss"},
                 {.model = &net, .optimizer = &optimizer}, std::cout);
  while (run.next_epoch()) {
    for (const data::Batch& batch : run.batches(train)) {
      optimizer.set_hyper_parameter("lr", rate(static_cast<double>(run.state().step)));
      const Variable loss = loss_of(net, batch);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      run.measure("train loss", loss.item());
    }
    run.end_epoch([&] {
      return train::MetricsLog::Values{{"validation loss", validation_loss(net, held_back)}};
    });
  }
  draw(run, o, "A small GPT on Shakespeare, nats per character");
  net.eval();
  const Tensor written = net.generate(vocabulary.encode(prompt), o.smoke ? 40 : 500,
                                      {.temperature = 0.8, .top_k = 20}, rng);
  std::cout << "\n" << vocabulary.decode(written) << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line("A small GPT on the plays of Shakespeare (tiny Shakespeare)");
  TrainingOptions options{.epochs = 8, .batch = 16, .lr = 0.002};
  std::string prompt = "\n";
  add_options(line, options);
  line.option("--prompt", prompt, "what the sample begins with");
  return line.run(argc, argv, [&] { run(options, prompt); });
}
