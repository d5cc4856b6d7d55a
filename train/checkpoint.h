#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nn/module.h"
#include "optim/any_optimizer.h"

namespace gradus::train {

/// Everything that a training run has to know to go on as if it had never stopped. What is given
/// by pointer may be left out. The position of a loader is `epoch` and `batch`; schedules belong to
/// the optimizer; the random streams of modules (dropout) are saved with the model.
struct TrainingState {
  const nn::Module* model = nullptr;
  optim::AnyOptimizer* optimizer = nullptr;
  std::map<std::string, Generator*> generators = {};  ///< those of the program, by name
  std::int64_t step = 0, epoch = 0, batch = 0;        ///< done so far; batch: of this epoch
  std::map<std::string, double> numbers = {};         ///< anything else: the best loss, ...
};

struct CheckpointOptions {
  std::int64_t keep_last = 3;   ///< newest checkpoints that stay; >= 1
  bool keep_best = true;        ///< and the one with the best measure
  bool lower_is_better = true;  ///< which measures are better
};

/// Checkpoints of a run: a folder for each, `step-00001200`, with model.safetensors (which PyTorch
/// reads too), optimizer.safetensors and progress.json. A folder appears complete or not at all,
/// whenever the program or the machine ends: it is written beside its place, forced to the disk,
/// and renamed.
class Checkpoints {
 public:
  /// Nothing is made before the first save. Throws ConfigError:
  ///   "[checkpoints] keep_last: 0; expected >= 1"
  explicit Checkpoints(std::filesystem::path folder, CheckpointOptions options = {});

  /// Saves the state as step-STEP, in place of one of the same step; then removes what is not to be
  /// kept. measure: for keep_best (a validation loss); NaN is none. Throws IoError when it cannot
  /// be written; then earlier checkpoints are as before:
  ///   "[checkpoint] out/step-00000010: cannot be written: No space left on device; expected a
  ///   place that has room and may be written to"
  void save(const TrainingState& state, std::optional<double> measure = {});

  /// Loads the newest checkpoint into the state; false when there is none. Throws what loading the
  /// model and the optimizer throws, and IoError for a checkpoint of other parts:
  ///   "[checkpoint] out/step-00000010: no generator 'noise'; expected those of this program"
  bool resume(TrainingState& state) const;
  /// The same for the one with the best measure.
  bool load_best(TrainingState& state) const;

  /// The complete ones, oldest first.
  std::vector<std::filesystem::path> all() const;

 private:
  std::optional<std::filesystem::path> best() const;
  void load(const std::filesystem::path& checkpoint, TrainingState& state) const;
  void clean(const std::filesystem::path& newest) const;

  std::filesystem::path folder_;
  CheckpointOptions options_;
};

}  // namespace gradus::train
