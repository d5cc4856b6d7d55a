#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace gradus::textbook {

/// Where the bias starts: at 0, or from U(-1/sqrt 5, 1/sqrt 5), the default of torch.nn.Linear,
/// which the book's concise programs leave in place.
enum class BiasStart { kZero, kTorch };

/// One run of the optimization chapter: linear regression on the airfoil data.
struct Experiment {
  std::string name;                     ///< as on the command line
  std::string rule;                     ///< of gradus::optim
  std::map<std::string, double> hyper;  ///< what differs from the rule's defaults
  std::int64_t batch_size;
  int epochs;
  bool doubled_gradient = false;  ///< trained on the MSE, without the factor 1/2
  BiasStart bias = BiasStart::kZero;
  std::int64_t cadence = 200;  ///< samples between two evaluations
};

/// All experiments, in the order of the book.
const std::vector<Experiment>& experiments();

/// By name. Throws ConfigError that lists the known names.
const Experiment& find_experiment(const std::string& name);

struct RunOptions {
  std::uint64_t seed = 0;
  DType dtype = kFloat32;
  bool zero_start = false;        ///< all six parameters start at 0 instead of N(0, 0.01^2)
  std::string order = "shuffle";  ///< "shuffle", "natural" or "stride:A,B", see data::Order
  Device device = {};             ///< where it is trained
};

struct Run {
  std::uint64_t seed = 0;
  std::vector<double> epochs;  ///< where the loss was evaluated, 0 (before training) first
  std::vector<double> losses;  ///< half-MSE over all samples
  double final_loss = 0;
  std::vector<double> params;  ///< w1 .. w5, b
  double seconds_per_epoch = 0;
};

/// Trains on `airfoil` (features [1500, 5], targets [1500, 1] of options.dtype). The same options
/// give the same numbers, whatever the number of threads. Throws ConfigError for a bad order.
Run run_experiment(const Experiment& experiment, const data::TensorDataset& airfoil,
                   const RunOptions& options);

}  // namespace gradus::textbook
