#pragma once
// What all optimizers have in common, whatever their rule.
#include <functional>
#include <map>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "autograd/variable.h"

namespace gradus::optim {

/// Parameters with the names under which their state is saved.
using NamedParameters = std::vector<std::pair<std::string, Variable>>;

/// Everything an optimizer needs to go on later: hyper-parameters, and the state of each parameter
/// as `PARAMETER/STATE` in its own dtype, with `PARAMETER/step` as int64 and numbers that a rule
/// keeps as float64. What a half parameter lacks is `PARAMETER/low`, uint8 [numel, 2] (Kahan: like
/// the parameter).
struct StateDict {
  std::string rule;                                             ///< "Adam"
  std::map<std::string, std::map<std::string, double>> groups;  ///< group -> hyper-parameter
  std::map<std::string, Tensor> tensors;
  /// Of the engine: version, steps, low_precision, seed; max_lr/GROUP and lr_scale/GROUP.
  std::map<std::string, double> engine = {};
};

/// What all optimizers have in common, whatever their rule: make_optimizer() returns one by name.
class AnyOptimizer {
 public:
  virtual ~AnyOptimizer() = default;
  /// Updates every parameter that has a gradient; the others are left untouched. A tape that has
  /// read a parameter and is differentiated later complains, and names the line `where`.
  virtual void step(std::source_location where = std::source_location::current()) = 0;
  /// Forgets all gradients.
  virtual void zero_grad() = 0;
  /// Moves the parameters to where the rule wants them evaluated, and back. Only rules that take
  /// gradients elsewhere (Schedule-Free) do anything; their step() in between is a ConfigError.
  virtual void eval() = 0;
  virtual void train() = 0;
  /// Whether each element is updated by itself, so that cutting tensors in parts changes nothing.
  virtual bool is_elementwise() const = 0;
  /// The name of the rule.
  virtual const char* rule_name() const = 0;
  /// Reads and changes a hyper-parameter by name, in all groups. Throws ConfigError listing the
  /// names there are.
  virtual double hyper_parameter(const std::string& name) const = 0;
  virtual void set_hyper_parameter(const std::string& name, double value) = 0;
  virtual StateDict state_dict() const = 0;
  /// Takes over what state_dict() gave. Throws ConfigError for another rule, other parameters or
  /// groups, ShapeError and DTypeError for state of another kind; then nothing has changed.
  virtual void load_state_dict(const StateDict& saved) = 0;

  /// Calls closure(), which forgets the gradients, computes the loss and its gradients, and then
  /// steps; returns the loss. Operations are recorded in it, inside a NoGradGuard too.
  double step(const std::function<Variable()>& closure,
              std::source_location where = std::source_location::current());
};

}  // namespace gradus::optim
