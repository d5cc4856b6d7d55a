// Chapter 3 of the textbook: linear regression from scratch, concise, with weight decay.
// The data are made here, so no file is needed.
//   ./gradus run linear_regression --figure regression.svg
#include <cstdio>

#include "examples/support/command_line.h"
#include "examples/textbook/support/chapter3.h"
#include "train/figure.h"

namespace {

using namespace gradus;
using namespace gradus::textbook;

void print_result(const char* title, const RegressionResult& result) {
  std::printf("%s\n", title);
  for (std::size_t epoch = 0; epoch < result.epoch_losses.size(); ++epoch) {
    std::printf("  epoch %zu, loss %.6f\n", epoch + 1, result.epoch_losses[epoch]);
  }
  std::printf("  error in estimating w: [%.4f, %.4f]\n", 2 - result.w[0], -3.4 - result.w[1]);
  std::printf("  error in estimating b: [%.4f]\n\n", 4.2 - result.b);
}

// The book's training curve: two points per epoch, each the mean of half the minibatches.
train::Curve training_curve(const RegressionResult& result) {
  train::Curve curve{.label = "train_loss", .x = {}, .y = {}};
  const std::size_t epochs = result.epoch_losses.size();
  const std::size_t batches = result.batch_losses.size() / epochs, half = batches / 2;
  for (std::size_t first = 0; first + half <= result.batch_losses.size(); first += half) {
    double total = 0;
    for (std::size_t i = first; i < first + half; ++i) total += result.batch_losses[i];
    curve.x.push_back((static_cast<double>(first) + 0.5 * static_cast<double>(half - 1)) /
                      static_cast<double>(batches));
    curve.y.push_back(total / static_cast<double>(half));
  }
  return curve;
}

train::Figure figure_of(const RegressionResult& result) {
  train::Figure figure;
  figure.title = "Linear regression from scratch";
  figure.x = {.label = "epoch", .low = 0, .high = static_cast<double>(result.epoch_losses.size())};
  figure.y.label = "loss";
  train::Curve validation{.label = "val_loss", .x = {}, .y = result.validation_losses};
  for (std::size_t i = 0; i < validation.y.size(); ++i) {
    validation.x.push_back(static_cast<double>(i + 1));
  }
  figure.curves = {training_curve(result), validation};
  return figure;
}

void weight_decay(std::uint64_t seed, Device device) {
  std::printf("Weight decay (section 3.7): 200 inputs, 20 samples, lr 0.01, batch 5, 10 epochs\n");
  for (const double lambda : {0.0, 3.0}) {
    for (const bool concise : {false, true}) {
      Generator rng(seed);
      const data::TensorDataset train = weight_decay_data(20, rng);
      const data::TensorDataset validation = weight_decay_data(100, rng);
      const RegressionSetting setting{.lr = 0.01,
                                      .batch_size = 5,
                                      .epochs = 10,
                                      .doubled_gradient = concise,
                                      .weight_decay = lambda,
                                      .start = {.sigma = 0.01, .torch_default = concise},
                                      .device = device};
      const auto result = concise ? train_concise(train, validation, setting, rng)
                                  : train_from_scratch(train, validation, setting, rng);
      double square = 0;
      for (double w : result.w) square += w * w;
      std::printf("  lambda %g, %-12s |w|^2 / 2: %.6f   loss: train %.6f, validation %.6f\n",
                  lambda, concise ? "concise:" : "from scratch:", square / 2,
                  result.epoch_losses.back(), result.validation_losses.back());
    }
  }
}

void run(std::uint64_t seed, const std::string& figure, Device device) {
  check_available("linear_regression", device);
  if (!figure.empty()) train::check_figure_file(figure);
  Generator rng(seed);
  const data::TensorDataset train = regression_data(1000, rng),
                            validation = regression_data(1000, rng);
  const auto scratch = train_from_scratch(train, validation, {.device = device}, rng);
  print_result("From scratch (section 3.4): batch 32, lr 0.03, 3 epochs", scratch);
  print_result(
      "Concise (section 3.5): Linear, MSE without the 1/2, SGD",
      train_concise(train, validation,
                    {.doubled_gradient = true, .start = {.torch_default = true}, .device = device},
                    rng));
  print_result("Classic edition: batch 10, so three times as many steps",
               train_from_scratch(train, validation, {.batch_size = 10, .device = device}, rng));
  weight_decay(seed, device);
  if (!figure.empty()) train::write_figure(figure_of(scratch), figure);
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line("Linear regression as in chapter 3 of the textbook");
  std::uint64_t seed = 0;
  std::string figure, device = "cpu";
  line.option("--seed", seed, "seed of data, start and order");
  line.option("--figure", figure, "draw the from-scratch curves into this .svg or .png file");
  line.option("--device", device, "where to train", {"cpu", "cuda", "cuda_emulated"});
  return line.run(argc, argv, [&] { run(seed, figure, Device(device)); });
}
