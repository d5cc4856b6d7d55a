#pragma once
// What the training examples have in common: their options, and how a classifier is judged.
#include <functional>
#include <string>

#include "data/idx.h"
#include "data/loader.h"
#include "examples/support/command_line.h"
#include "nn/module.h"
#include "train/run.h"

namespace gradus {

/// Options of a training example, with its defaults.
struct TrainingOptions {
  int epochs = 10, batch = 256;
  double lr = 0.1;
  std::uint64_t seed = 0;
  std::string data = "", out = "", figure = "", device = "cpu";
  int workers = 1;
  bool resume = false, tensorboard = false, smoke = false;
};

/// Adds --epochs, --batch, --lr, --seed, --data, --out, --figure, --workers, --device,
/// --resume, --tensorboard and --smoke.
void add_options(CommandLine& line, TrainingOptions& options);
/// Adds --device and --smoke, for programs with other options than these.
void add_device_and_smoke(CommandLine& line, TrainingOptions& options);

/// What a Run needs to know. best: the metric that checkpoints are compared by.
train::RunOptions run_options(const TrainingOptions& options, const std::string& best = "",
                              bool lower_is_better = false);

/// Fails early where a picture could not be drawn: another ending than .svg or .png, no gnuplot. An
/// empty name stands for no picture. Throws as train::write_figure.
void check_picture(const std::string& file);
/// The same for --figure, and draws the metrics of a run at its end.
void check_figure(const TrainingOptions& options);
void draw(const train::Run& run, const TrainingOptions& options, const std::string& title);

/// With --smoke: says how good the run was at its end, in numbers that a model which does not learn
/// cannot reach. Throws Error unless the metric is at least (at most) the bound:
///   "[smoke] test accuracy: 0.1; expected >= 0.6"
void smoke_at_least(const train::Run& run, const TrainingOptions& options,
                    const std::string& metric, double bound);
void smoke_at_most(const train::Run& run, const TrainingOptions& options, const std::string& metric,
                   double bound);
/// The same for a number that is no metric of a run.
void smoke_at_most(const TrainingOptions& options, const std::string& what, double got,
                   double bound);

/// A size of the run: for --smoke a smaller one, and one more for the emulated device, which is
/// slow.
std::int64_t size_of_run(const TrainingOptions& options, std::int64_t full, std::int64_t smoke,
                         std::int64_t emulated);

/// Images for training or for tests, on the device: all of them, or, for --smoke, few.
/// shift: pixels by which each image is moved at random, up and down, left and right.
data::DataLoader image_loader(data::TensorDataset (*set)(data::Split, const std::string&),
                              data::Split split, const TrainingOptions& options, int shift = 0);

/// The part of the samples that the classifier has right; its mode stays as it was.
double test_accuracy(nn::Module& net, const data::DataLoader& loader);

}  // namespace gradus
