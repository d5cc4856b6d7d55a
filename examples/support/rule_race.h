#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "train/figure.h"

namespace gradus::demo {

/// One rule's training on the linear regression of the textbook's chapter 3.
struct RuleRun {
  std::string rule;
  double lr = 0;
  std::vector<double> losses;  ///< half-MSE over all samples before step 0, 1, ..., and at the end
  std::int64_t steps_to_near = -1;  ///< first step within 1 % of the optimum, -1 for never
  double microseconds_per_step = 0;
};

struct RaceSetting {
  std::uint64_t seed = 0;
  int epochs = 20;
  std::int64_t samples = 1000, batch_size = 10;
};

/// The samples of a race: w = (2, -3.4), b = 4.2, noise N(0, 0.01^2).
data::TensorDataset race_data(const RaceSetting& setting);

/// The smallest half-MSE on the data, by full-batch descent in float64 until nothing changes.
double smallest_loss(const data::TensorDataset& data);

/// The learning rate that the demonstration gives to a rule: one that suits this problem, or the
/// rule's default for rules it has no opinion on.
double race_lr(const std::string& rule);

/// Trains with one rule. `report(step, loss)` is called now and then.
RuleRun race(const std::string& rule, const data::TensorDataset& data, double optimum,
             const RaceSetting& setting,
             const std::function<void(std::int64_t, double)>& report = {});

/// Loss against step, for the kMostCurves rules that came within 1 % of the optimum first: more of
/// them could not be told apart.
inline constexpr std::size_t kMostCurves = 10;
train::Figure race_figure(const std::vector<RuleRun>& runs);

/// Writes losses.svg, losses.csv and losses.json into a folder.
void write_race(const std::vector<RuleRun>& runs, double optimum,
                const std::filesystem::path& folder);

}  // namespace gradus::demo
