// Softmax regression on Fashion-MNIST, as in the textbook: one linear layer, SGD.
//   ./gradus run softmax_regression --figure softmax.svg
#include <iostream>

#include "examples/support/training.h"
#include "nn/flatten.h"
#include "nn/linear.h"
#include "nn/losses/cross_entropy.h"
#include "nn/metrics/accuracy.h"
#include "nn/sequential.h"
#include "optim/optimizer.h"
#include "optim/rules/sgd.h"

namespace {

using namespace gradus;

void run(const TrainingOptions& o) {
  check_figure(o);
  Generator rng(o.seed);
  const auto train = image_loader(data::fashion_mnist, data::Split::kTrain, o);
  const auto test = image_loader(data::fashion_mnist, data::Split::kTest, o);

  nn::Sequential net(nn::Flatten(), nn::Linear(28 * 28, 10, rng));
  net.to(Device(o.device));
  optim::Optimizer<optim::SGD> optimizer(net.named_parameters(), {.lr = o.lr});

  train::Run run(run_options(o, "test accuracy"), {"train loss", "train accuracy", "test accuracy"},
                 {.model = &net, .optimizer = &optimizer}, std::cout);
  while (run.next_epoch()) {
    for (const data::Batch& batch : run.batches(train)) {
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
  smoke_at_least(run, o, "test accuracy", 0.6);
  draw(run, o, "Softmax regression on Fashion-MNIST");
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line("Clothes with softmax regression (Fashion-MNIST), as in the textbook");
  TrainingOptions options{.epochs = 10, .batch = 256, .lr = 0.1};
  add_options(line, options);
  return line.run(argc, argv, [&] { run(options); });
}
