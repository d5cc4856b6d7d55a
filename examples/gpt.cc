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

// Random pieces of a text, as many as an epoch takes.
data::DataLoader pieces(const Tensor& tokens, std::int64_t context, std::int64_t batch,
                        std::int64_t steps, std::uint64_t seed, Device device) {
  const data::DatasetRef all = data::sequences(tokens, context);
  data::LoaderOptions options{.batch_size = batch, .seed = seed, .device = device};
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

void run(const TrainingOptions& o, int accumulate, const std::string& prompt) {
  check_figure(o);
  Generator rng(o.seed);
  const auto file = data::need_data("tinyshakespeare", {"input.txt"}, o.data);
  const std::string text = data::read_text(file);
  const auto vocabulary = data::Vocabulary::characters(text);
  const Tensor tokens = vocabulary.encode(text);
  const std::int64_t kept = tokens.numel() * 9 / 10, context = size_of_run(o, 64, 32, 16),
                     batch = size_of_run(o, o.batch, 8, 4), steps = size_of_run(o, 250, 30, 30);
  const Device device(o.device);
  const auto train = pieces(tokens.narrow(0, 0, kept), context, batch, steps, o.seed, device);
  const auto held_back = pieces(tokens.narrow(0, kept, tokens.numel() - kept), context, 2 * batch,
                                size_of_run(o, 20, 4, 2), 12345, device);

  models::GPT net({.vocab = vocabulary.size(),
                   .context = context,
                   .layers = size_of_run(o, 4, 2, 1),
                   .channels = size_of_run(o, 128, 64, 64)},
                  rng);
  net.to(device);
  optim::Optimizer<optim::AdamW> optimizer(
      optim::groups(net).match_rank(0, 1).set({.weight_decay = 0}).rest(),
      {.lr = o.lr, .beta1 = 0.9, .beta2 = 0.99, .weight_decay = 0.1});
  optimizer.options().clip_norm = 1;
  auto options = run_options(o, "validation loss", true);
  options.accumulate = accumulate;
  const auto all_steps = static_cast<double>(options.epochs * steps);
  const optim::Schedule rate = optim::schedules::CosineWithWarmup{
      .base = o.lr, .final = o.lr / 10, .steps = all_steps, .warmup = all_steps / 20};

  train::Run run(options, {"train loss", "validation loss"},
                 {.model = &net, .optimizer = &optimizer}, std::cout);
  while (run.next_epoch()) {
    for (const data::Batch& batch : run.batches(train)) {
      optimizer.set_hyper_parameter("lr", rate(static_cast<double>(run.state().step)));
      const Variable loss = loss_of(net, batch);
      run.step(loss);
      run.measure("train loss", loss.item());
    }
    run.end_epoch([&] {
      return train::MetricsLog::Values{{"validation loss", validation_loss(net, held_back)}};
    });
  }
  smoke_at_most(run, o, "validation loss", 3.4);
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
  int accumulate = 1;
  add_options(line, options);
  line.count("--accumulate", accumulate, "batches that make one step");
  line.option("--prompt", prompt, "what the sample begins with");
  return line.run(argc, argv, [&] { run(options, accumulate, prompt); });
}
