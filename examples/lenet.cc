// LeNet: on Fashion-MNIST with the textbook's settings and its five schedules of the learning rate,
// or on MNIST.
//   ./gradus run lenet --schedule cosine_warmup --figure lenet.svg
//   ./gradus run lenet --set mnist --shift 2 --schedule square_root --batch 64 --lr 0.1 --epochs 12
#include "examples/models/lenet.h"

#include <algorithm>
#include <iostream>

#include "examples/support/training.h"
#include "nn/losses/cross_entropy.h"
#include "nn/metrics/accuracy.h"
#include "optim/optimizer.h"
#include "optim/rules/sgd.h"
#include "optim/schedules/constant.h"
#include "optim/schedules/cosine_with_warmup.h"
#include "optim/schedules/multi_step.h"
#include "optim/schedules/square_root.h"

namespace {

using namespace gradus;

// The textbook's schedules of the learning rate, section 12.11, as functions of the epoch. There
// the first epoch has the rate of the optimizer, and epoch k what a schedule says for k - 1.
optim::Schedule schedule_of(const std::string& name, double lr) {
  namespace schedules = optim::schedules;
  if (name == "square_root") return schedules::SquareRoot{.base = 0.1};
  if (name == "halving") return schedules::MultiStep{0.5, {15, 30}, 0.5};
  if (name == "cosine") return schedules::CosineWithWarmup{.base = 0.3, .final = 0.01, .steps = 20};
  if (name == "cosine_warmup") {
    return schedules::CosineWithWarmup{.base = 0.3, .final = 0.01, .steps = 20, .warmup = 5};
  }
  return schedules::Constant{.base = lr};
}

void run(const TrainingOptions& o, const std::string& set, const std::string& schedule,
         std::uint64_t shift) {
  check_figure(o);
  Generator rng(o.seed);
  const auto source = set == "mnist" ? data::mnist : data::fashion_mnist;
  const auto train = image_loader(source, data::Split::kTrain, o, static_cast<int>(shift));
  const auto test = image_loader(source, data::Split::kTest, o);

  models::LeNet net(rng, {.modern = true});
  net.to(Device(o.device));
  optim::Optimizer<optim::SGD> optimizer(net.named_parameters(), {.lr = o.lr});

  const double start = o.smoke ? o.lr / 2 : o.lr;  // smaller batches
  const optim::Schedule rate = schedule_of(schedule, start);
  train::Run run(run_options(o, "test accuracy"), {"train loss", "train accuracy", "test accuracy"},
                 {.model = &net, .optimizer = &optimizer}, std::cout);
  while (run.next_epoch()) {
    const auto epoch = static_cast<double>(run.state().epoch);
    // Halving counts the epochs that are done.
    const double lr = schedule == "halving" ? rate(epoch) : epoch == 0 ? start : rate(epoch - 1);
    optimizer.set_hyper_parameter("lr", lr);
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
  smoke_at_least(run, o, "test accuracy", 0.4);
  draw(run, o, "LeNet on " + set + ", " + schedule);
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line("Images with LeNet (Fashion-MNIST or MNIST), the textbook's schedules");
  TrainingOptions options{.epochs = 30, .batch = 256, .lr = 0.3};
  std::string set = "fashion_mnist", schedule = "constant";
  std::uint64_t shift = 0;
  add_options(line, options);
  line.option("--set", set, "which images", {"fashion_mnist", "mnist"});
  line.option("--shift", shift, "pixels by which images are moved at random while training");
  line.option("--schedule", schedule, "of the learning rate",
              {"constant", "square_root", "halving", "cosine", "cosine_warmup"});
  return line.run(argc, argv, [&] { run(options, set, schedule, shift); });
}
