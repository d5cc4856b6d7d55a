// Which arm of a spiral is a point on? A perceptron that bends the plane until lines will do.
//   ./gradus run spirals --arms 3 --boundary spirals.svg
#include <iostream>

#include "data/toys.h"
#include "examples/support/training.h"
#include "nn/linear.h"
#include "nn/losses/cross_entropy.h"
#include "nn/sequential.h"
#include "nn/tanh.h"
#include "optim/optimizer.h"
#include "optim/rules/adam.h"
#include "tensor/softmax.h"
#include "train/decision_map.h"

namespace {

using namespace gradus;

void run(const TrainingOptions& o, int arms, double noise, const std::string& boundary) {
  check_figure(o);
  check_picture(boundary);
  if (arms < 2 || arms > 7) {
    throw ConfigError("[spirals] arms: " + std::to_string(arms) + "; expected 2..7");
  }
  Generator rng(o.seed);
  const auto points = data::spirals(200 * arms, arms, noise, rng);
  const auto others = data::spirals(200 * arms, arms, noise, rng);
  const data::DataLoader train(points, {.batch_size = o.batch,
                                        .shuffle = true,
                                        .workers = o.workers,
                                        .seed = o.seed,
                                        .device = Device(o.device)});
  const data::DataLoader test(others, {.batch_size = 500, .device = Device(o.device)});

  const std::int64_t hidden = size_of_run(o, 64, 64, 16);
  nn::Sequential net(nn::Linear(2, hidden, rng), nn::Tanh(), nn::Linear(hidden, hidden, rng),
                     nn::Tanh(), nn::Linear(hidden, arms, rng));
  net.to(Device(o.device));
  optim::Optimizer<optim::Adam> optimizer(net.named_parameters(), {.lr = o.lr});

  train::RunOptions options = run_options(o, "test accuracy");
  options.epochs = size_of_run(o, o.epochs, 40, 10);
  options.every = std::max(1, o.epochs / 10);
  train::Run run(options, {"train loss", "test accuracy"}, {.model = &net, .optimizer = &optimizer},
                 std::cout);
  while (run.next_epoch()) {
    for (const data::Batch& batch : run.batches(train)) {
      const Variable loss = nn::cross_entropy(net(batch.x), batch.y);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      run.measure("train loss", loss.item(), static_cast<double>(batch.x.dim(0)));
    }
    run.end_epoch([&] {
      return train::MetricsLog::Values{{"test accuracy", test_accuracy(net, test)}};
    });
  }
  // A line through the middle tells two arms apart a little better than by chance: 0.6.
  smoke_at_least(run, o, "test accuracy", o.device == "cuda_emulated" ? 0.5 : 0.9);
  draw(run, o, "Spirals");
  if (boundary.empty()) return;
  const NoGradGuard no_grad;
  train::write_decision_map({.title = "Arms of a spiral, and what the network takes for them",
                             .x = {.label = "x", .low = -1.25, .high = 1.25},
                             .y = {.label = "y", .low = -1.25, .high = 1.25},
                             .points = points.features,
                             .classes = points.targets,
                             .probabilities =
                                 [&](const Tensor& places) {
                                   const Tensor logits =
                                       net(places.to(Device(o.device))).value().to(kCpu);
                                   return softmax(logits, 1);
                                 }},
                            boundary);
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line("The arms of a spiral, told apart by a multilayer perceptron");
  TrainingOptions options{.epochs = 100, .batch = 32, .lr = 0.01};
  int arms = 3;
  double noise = 0.15;
  std::string boundary;
  add_options(line, options);
  line.count("--arms", arms, "of the spiral, 2 to 7");
  line.option("--noise", noise, "standard deviation of the angle");
  line.option("--boundary", boundary, "draw what belongs to each arm into this .svg or .png file");
  return line.run(argc, argv, [&] { run(options, arms, noise, boundary); });
}
