#include "examples/support/training.h"

#include <cstdio>

#include "data/compose.h"
#include "data/images.h"
#include "nn/metrics/accuracy.h"
#include "train/gnuplot.h"
#include "train/progress.h"

namespace gradus {
namespace {

constexpr std::int64_t kSmokeSamples = 1024, kTestBatch = 500;

// A number beside its bound.
void check_smoke(const TrainingOptions& o, const std::string& metric, double got, double bound,
                 bool at_most) {
  const std::string expected = (at_most ? "expected <= " : "expected >= ") + to_text(bound);
  const bool fits = at_most ? got <= bound : got >= bound;  // not with NaN
  if (!fits) throw Error("[smoke] " + metric + ": " + to_text(got) + "; " + expected);
  std::printf("smoke: %s %.3g, %s, on %s\n", metric.c_str(), got, expected.c_str(),
              o.device.c_str());
}

// The last value of a metric.
void check_smoke(const train::Run& run, const TrainingOptions& o, const std::string& metric,
                 double bound, bool at_most) {
  if (!o.smoke || run.interrupted()) return;
  check_smoke(o, metric, run.log().curve(metric).second.back(), bound, at_most);
}

}  // namespace

void add_options(CommandLine& line, TrainingOptions& o) {
  line.count("--epochs", o.epochs, "how often all samples are seen");
  line.count("--batch", o.batch, "samples per step");
  line.option("--lr", o.lr, "learning rate");
  line.option("--seed", o.seed, "seed of start, order and noise");
  line.option("--data", o.data, "folder of the data, if not in the usual places");
  line.option("--out", o.out, "folder for the log and the checkpoints");
  line.option("--figure", o.figure, "draw the metrics into this .svg or .png file");
  line.count("--workers", o.workers, "threads that load batches");
  line.flag("--resume", o.resume, "go on from the newest checkpoint in --out");
  line.flag("--tensorboard", o.tensorboard, "write an event file for TensorBoard too");
  add_device_and_smoke(line, o);
}

void add_device_and_smoke(CommandLine& line, TrainingOptions& o) {
  line.option("--device", o.device, "where the model is", {"cpu", "cuda", "cuda_emulated"});
  line.flag("--smoke", o.smoke, "a few seconds on few samples, to see that it works");
}

train::RunOptions run_options(const TrainingOptions& o, const std::string& best,
                              bool lower_is_better) {
  train::RunOptions run;
  run.epochs = o.smoke ? 4 : o.epochs;
  run.out = o.out;
  run.resume = o.resume;
  run.tensorboard = o.tensorboard;
  run.best = best;
  run.lower_is_better = lower_is_better;
  run.terminal = train::is_terminal(stdout);
  return run;
}

void check_picture(const std::string& file) {
  if (file.empty()) return;
  train::check_figure_file(file);
  train::run_gnuplot("set print '-'\nprint 1\n");
}

void check_figure(const TrainingOptions& o) { check_picture(o.figure); }

void draw(const train::Run& run, const TrainingOptions& o, const std::string& title) {
  if (!o.figure.empty() && !run.log().rows().empty()) {
    train::write_figure(run.figure(title), o.figure);
  }
}

void smoke_at_least(const train::Run& run, const TrainingOptions& o, const std::string& metric,
                    double bound) {
  check_smoke(run, o, metric, bound, false);
}
void smoke_at_most(const train::Run& run, const TrainingOptions& o, const std::string& metric,
                   double bound) {
  check_smoke(run, o, metric, bound, true);
}
void smoke_at_most(const TrainingOptions& o, const std::string& what, double got, double bound) {
  if (o.smoke) check_smoke(o, what, got, bound, true);
}

std::int64_t size_of_run(const TrainingOptions& o, std::int64_t full, std::int64_t smoke,
                         std::int64_t emulated) {
  if (!o.smoke) return full;
  return Device(o.device) == kCudaEmulated ? emulated : smoke;
}

data::DataLoader image_loader(data::TensorDataset (*set)(data::Split, const std::string&),
                              data::Split split, const TrainingOptions& o, int shift) {
  const bool train = split == data::Split::kTrain;
  data::TensorDataset images = set(split, o.data);
  if (o.smoke) images = images.head(std::min(kSmokeSamples, images.size()));
  data::LoaderOptions options;
  options.batch_size = train ? o.smoke ? 16 : o.batch : kTestBatch;
  options.shuffle = train;
  options.workers = o.workers;
  options.seed = o.seed;
  options.device = Device(o.device);
  if (shift == 0) return data::DataLoader(std::move(images), options);
  const auto moved = [shift](data::Sample s, Generator& rng) {
    s.x = data::random_crop(s.x, s.x.dim(1), s.x.dim(2), rng, shift);
    return s;
  };
  return data::DataLoader(data::transform(data::share(std::move(images)), moved), options);
}

double test_accuracy(nn::Module& net, const data::DataLoader& loader) {
  const NoGradGuard no_grad;
  const bool training = net.training();
  net.eval();
  nn::Accuracy accuracy;
  for (const data::Batch& batch : loader.epoch(0)) accuracy.update(net(batch.x), batch.y);
  net.train(training);
  return accuracy.compute();
}

}  // namespace gradus
