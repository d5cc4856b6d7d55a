#pragma once
// Whose rule is it? Libraries give one name to several formulas; a path that one of them took says
// which.
#include <map>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace gradus::optim {

/// The path of one parameter under a program that nobody knows. Shapes: all as `start`.
struct Trajectory {
  Tensor start;
  std::vector<Tensor> gradients;  ///< of each step
  std::vector<Tensor> after;      ///< the parameter after each step
  std::vector<double> lr = {};    ///< of each step; empty: the lr of the settings
};

/// How far from the path a program would have gone.
struct Likeness {
  std::string program;    ///< "torch.optim.Adam, optax.adam": those with this formula
  std::string rule;       ///< ours
  double difference = 0;  ///< largest one in any step, over the largest distance from the start
};

/// Every program that is known here against the path, the likest first. `settings` are the
/// hyper-parameters that are known, under our names: "lr", "beta1", "eps", "weight_decay", ...; a
/// rule takes those that it has, and the others at its defaults. Programs that refuse them are left
/// out. Computed in the dtype of `start`.
/// Throws ConfigError: "[likeness] trajectory: 3 gradients, 4 parameters after them and 0 lr;
/// expected as many of each, and of lr or none"; ShapeError for other shapes than start's.
std::vector<Likeness> likeness(const Trajectory& trajectory,
                               const std::map<std::string, double>& settings);

/// The programs that go this path up to `tolerance`. Several, if the path does not tell them apart
/// (AMSGrad is Adam while v rises), none if it is nobody's. Throws what likeness() throws.
std::vector<std::string> whose(const Trajectory& trajectory,
                               const std::map<std::string, double>& settings,
                               double tolerance = 1e-6);

}  // namespace gradus::optim
