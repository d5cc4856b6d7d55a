// Training in bfloat16: which ways of keeping the weights lose small updates, and which do not.
//   ./gradus run bf16_training --figure bf16.svg
#include <cstdio>
#include <iostream>

#include "examples/support/training.h"
#include "nn/flatten.h"
#include "nn/linear.h"
#include "nn/losses/cross_entropy.h"
#include "nn/metrics/accuracy.h"
#include "nn/metrics/running_mean.h"
#include "nn/relu.h"
#include "nn/sequential.h"
#include "optim/optimizer.h"
#include "optim/rules/adam.h"

namespace {

using namespace gradus;

struct Way {
  const char* name;
  DType dtype;
  optim::LowPrecision kept = optim::LowPrecision::kNearest;
};
constexpr Way kWays[] = {
    {"float32", kFloat32},
    {"bfloat16", kBFloat16},
    {"bfloat16, stochastic", kBFloat16, optim::LowPrecision::kStochastic},
    {"bfloat16, Kahan", kBFloat16, optim::LowPrecision::kKahan},
    {"bfloat16, split", kBFloat16, optim::LowPrecision::kSplitMaster},
};

// The part of the weights that a step left as they were.
double unchanged(const optim::Engine& optimizer, const nn::Module& net) {
  double sum = 0, all = 0;
  for (const optim::ParameterTrace& trace : optimizer.trace()) {
    const auto n = static_cast<double>(net.get_parameter(trace.parameter).numel());
    sum += trace.unchanged * n;
    all += n;
  }
  return sum / all;
}

train::Curve train_one(const Way& way, const TrainingOptions& o, const data::DataLoader& train,
                       const data::DataLoader& test) {
  Generator rng(o.seed);  // the same start for all
  const std::int64_t hidden = size_of_run(o, 128, 64, 16);
  nn::Sequential net(nn::Flatten(), nn::Linear(28 * 28, hidden, rng), nn::ReLU(),
                     nn::Linear(hidden, 10, rng));
  net.to(way.dtype);
  net.to(Device(o.device));
  optim::Optimizer<optim::Adam> optimizer(net.named_parameters(), {.lr = o.lr});
  optimizer.options().low_precision = way.kept;

  train::Curve curve{.label = way.name};
  double stayed = 0;
  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    nn::RunningMean mean;
    std::int64_t number = 0;
    for (const data::Batch& batch : train.epoch(epoch)) {
      const Variable loss = nn::cross_entropy(net(batch.x.to(way.dtype)), batch.y);
      optimizer.zero_grad();
      loss.backward();
      optimizer.options().trace = ++number == train.size();  // the last step of the epoch
      optimizer.step();
      mean.update(loss.item());
    }
    stayed = unchanged(optimizer, net);
    curve.x.push_back(epoch + 1);
    curve.y.push_back(mean.compute());
  }
  nn::Accuracy right;
  const NoGradGuard no_grad;
  for (const data::Batch& batch : test.epoch(0)) right.update(net(batch.x.to(way.dtype)), batch.y);
  const optim::MemoryPlan plan = optimizer.memory_plan();
  const auto count = static_cast<double>(plan.parameters) / (way.dtype == kFloat32 ? 4 : 2);
  std::printf("%-21s %10.4f %13.4f %16.1f %15.0f %%\n", way.name, curve.y.back(), right.compute(),
              static_cast<double>(plan.parameters + plan.gradients + plan.state) / count,
              100 * stayed);
  std::fflush(stdout);
  return curve;
}

void run(TrainingOptions o) {
  check_figure(o);
  if (o.smoke) o.epochs = 2, o.lr *= 10;
  const auto train = image_loader(data::mnist, data::Split::kTrain, o);
  const auto test = image_loader(data::mnist, data::Split::kTest, o);
  std::printf("%-21s %10s %13s %16s %17s\n", "weights", "train loss", "test accuracy",
              "bytes per weight", "stayed in a step");
  train::Figure figure{.title = "MNIST in bfloat16", .x = {"epoch"}, .y = {"train loss"}};
  for (const Way& way : kWays) figure.curves.push_back(train_one(way, o, train, test));
  smoke_at_most(o, "train loss", figure.curves.back().y.back(),
                o.device == "cuda_emulated" ? 2.15 : 1.9);
  if (!o.figure.empty()) train::write_figure(figure, o.figure);
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line("The same network in float32 and in four kinds of bfloat16 (MNIST)");
  TrainingOptions options{.epochs = 5, .batch = 128, .lr = 0.00003};
  line.count("--epochs", options.epochs, "how often all samples are seen");
  line.count("--batch", options.batch, "samples per step");
  line.option("--lr", options.lr, "learning rate; the smaller, the more is lost");
  line.option("--seed", options.seed, "seed of start and order");
  line.option("--data", options.data, "folder of the data, if not in the usual places");
  line.option("--figure", options.figure, "draw the losses into this .svg or .png file");
  add_device_and_smoke(line, options);
  return line.run(argc, argv, [&] { run(options); });
}
