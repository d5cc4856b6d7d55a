// A multilayer perceptron that reads handwritten digits: 784-512-10, Adam, a rate that falls to 0;
// or sees clothes.
//   ./gradus run mlp --figure mlp.svg
//   ./gradus run mlp --set fashion_mnist
#include <iostream>

#include "examples/support/training.h"
#include "nn/flatten.h"
#include "nn/linear.h"
#include "nn/losses/cross_entropy.h"
#include "nn/metrics/accuracy.h"
#include "nn/relu.h"
#include "nn/sequential.h"
#include "optim/optimizer.h"
#include "optim/rules/adam.h"
#include "optim/schedules/cosine_with_warmup.h"

namespace {

using namespace gradus;

void run(const TrainingOptions& o, const std::string& set) {
  check_figure(o);
  Generator rng(o.seed);
  const auto source = set == "mnist" ? data::mnist : data::fashion_mnist;
  const auto train = image_loader(source, data::Split::kTrain, o);
  const auto test = image_loader(source, data::Split::kTest, o);

  const std::int64_t hidden = size_of_run(o, 512, 256, 32);
  nn::Sequential net(nn::Flatten(), nn::Linear(28 * 28, hidden, rng), nn::ReLU(),
                     nn::Linear(hidden, 10, rng));
  net.to(Device(o.device));
  optim::Optimizer<optim::Adam> optimizer(net.named_parameters(), {.lr = o.lr});
  std::cout << net << "\n";

  const auto options = run_options(o, "test accuracy");
  const optim::Schedule rate = optim::schedules::CosineWithWarmup{
      .base = o.lr,
      .final = o.lr / 100,
      .steps = static_cast<double>(options.epochs * train.size())};
  train::Run run(options, {"train loss", "train accuracy", "test accuracy"},
                 {.model = &net, .optimizer = &optimizer}, std::cout);
  while (run.next_epoch()) {
    for (const data::Batch& batch : run.batches(train)) {
      optimizer.set_hyper_parameter("lr", rate(static_cast<double>(run.state().step)));
      const Variable logits = net(batch.x);
      const Variable loss = nn::cross_entropy(logits, batch.y);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      const auto n = static_cast<double>(batch.x.dim(0));
      run.measure("train loss", loss.item(), n);
      run.measure("train accuracy", nn::accuracy(logits, batch.y), n);
    }
    run.end_epoch([&] {
      return train::MetricsLog::Values{{"test accuracy", test_accuracy(net, test)}};
    });
  }
  smoke_at_least(run, o, "test accuracy", 0.7);
  draw(run, o, "MLP on " + set);
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line("Images with a multilayer perceptron (MNIST or Fashion-MNIST)");
  TrainingOptions options{.epochs = 10, .batch = 128, .lr = 0.001};
  std::string set = "mnist";
  add_options(line, options);
  line.option("--set", set, "which images", {"mnist", "fashion_mnist"});
  return line.run(argc, argv, [&] { run(options, set); });
}
