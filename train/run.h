#pragma once
#include <functional>
#include <iosfwd>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/loader.h"
#include "train/checkpoint.h"
#include "train/figure.h"
#include "train/metrics_log.h"

namespace gradus::train {

struct RunOptions {
  std::int64_t epochs = 1;
  std::string out = "";      ///< folder for the log and the checkpoints; none: nothing is written
  bool resume = false;       ///< goes on from the newest checkpoint in `out`, if there is one
  bool tensorboard = false;  ///< an event file as well
  std::string best = "";     ///< the metric of which the best checkpoint is kept
  bool lower_is_better = false;
  std::int64_t keep_last = 2;
  std::int64_t accumulate = 1;  ///< batches whose mean gradient makes one step, see Run::step
  std::int64_t every = 1;       ///< epochs from one shown line and checkpoint to the next
  bool whole_epochs = false;    ///< Ctrl-C ends after the epoch: for loops that carry a state along
  bool terminal = false;        ///< whether `shown` is a terminal, where one line is drawn anew
};

/// What surrounds the loop of a training program: epochs, progress, log, checkpoints, Ctrl-C.
///
///   train::Run run({.epochs = 10, .out = "out/lenet"}, {"train loss", "test accuracy"},
///                  {.model = &net, .optimizer = &optimizer}, std::cout);
///   while (run.next_epoch()) {
///     for (const data::Batch& batch : run.batches(loader)) {
///       ...; optimizer.step();
///       run.measure("train loss", loss.item(), batch.x.dim(0));
///     }
///     run.end_epoch([&] { return MetricsLog::Values{{"test accuracy", accuracy(test)}}; });
///   }
///
/// A checkpoint is saved after each epoch and, when the program is asked to end, after the batch at
/// hand (with accumulate: when its step was made): resumed, the run gives the same weights and the
/// same log as one that never stopped.
class Run {
 public:
  class Batches;

  /// Throws ConfigError for epochs, every or accumulate < 1, for a best metric that is none, for
  /// resume without out, and without resume for a folder with checkpoints, which would be mixed up
  /// with those to come:
  ///   "[run] out: 'out/gpt' has checkpoints of an earlier run; expected none; use resume to go on
  ///   with it, or another folder"
  /// And what loading a checkpoint throws.
  Run(RunOptions options, std::vector<std::string> metrics, TrainingState state,
      std::ostream& shown);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// Whether there is one more epoch to do; not after Ctrl-C.
  bool next_epoch();
  /// The batches of this epoch that are not done yet.
  Batches batches(const data::DataLoader& loader);
  /// What is the same in most loops: zero_grad, backward, and a step of the optimizer, which clips
  /// as its options say. With accumulate = k the gradients of k batches, each divided by k, make
  /// one step, for batches that do not fit into memory at once; what is left over at the end of an
  /// epoch makes one too, in end_epoch. Throws ConfigError without an optimizer.
  void step(const Variable& loss);
  /// Adds to the mean of a metric over the epoch, e.g. with the size of the batch as weight.
  void measure(const std::string& metric, double value, double weight = 1);
  /// Logs the means and what `evaluate` gives, shows a line, and saves. Nothing of that when the
  /// epoch was not finished.
  void end_epoch(const std::function<MetricsLog::Values()>& evaluate = {});

  const TrainingState& state() const { return state_; }
  const MetricsLog& log() const { return log_; }
  /// Whether Ctrl-C (or SIGTERM) has ended the loop.
  bool interrupted() const;
  /// Metrics against epochs, each a curve.
  Figure figure(const std::string& title) const;

 private:
  struct Parts;
  TrainingState resumed(TrainingState state) const;
  void batch_done();
  void step_optimizer();
  void stop(const std::string& where);
  void save(std::optional<double> measure = {});

  RunOptions options_;
  std::optional<Checkpoints> checkpoints_;
  TrainingState state_;
  MetricsLog log_;
  std::unique_ptr<Parts> parts_;
};

/// A range over batches, which counts them.
class Run::Batches {
 public:
  class Iterator {
   public:
    using value_type = data::Batch;
    using difference_type = std::ptrdiff_t;
    const data::Batch& operator*() const { return *at_; }
    Iterator& operator++();
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t end) const;

   private:
    friend class Batches;
    Iterator(Run& run, data::DataLoader::Iterator at) : run_(run), at_(std::move(at)) {}
    Run& run_;
    data::DataLoader::Iterator at_;
  };
  Iterator begin() const { return Iterator(run_, epoch_.begin()); }
  std::default_sentinel_t end() const { return {}; }

 private:
  friend class Run;
  Batches(Run& run, data::DataLoader::Epoch epoch) : run_(run), epoch_(std::move(epoch)) {}
  Run& run_;
  data::DataLoader::Epoch epoch_;
};

}  // namespace gradus::train
