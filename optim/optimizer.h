#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "autograd/variable.h"
#include "optim/tiers.h"

namespace gradus::optim {

/// Parameters with the names under which their state is saved.
using NamedParameters = std::vector<std::pair<std::string, Variable>>;

/// Everything an optimizer needs to go on later: hyper-parameters, and the state of each parameter
/// as `PARAMETER/STATE` in its own dtype, with `PARAMETER/step` as int64.
struct StateDict {
  std::string rule;                                             ///< "Adam"
  std::map<std::string, std::map<std::string, double>> groups;  ///< group -> hyper-parameter
  std::map<std::string, Tensor> tensors;
};

/// What all optimizers have in common, whatever their rule.
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
};

/// An optimizer with one rule. `Optimizer<Adam> optimizer(model.parameters(), {.lr = 1e-2});`
template <class Rule>
class Optimizer final : public AnyOptimizer {
 public:
  /// One group, named "default". Throws ConfigError for a hyper-parameter outside its range, for
  /// no parameters, and for one that is undefined, given twice, not contiguous, or that shares
  /// elements with another.
  explicit Optimizer(NamedParameters parameters, Rule rule = {});
  /// The same with names "0", "1", ...
  explicit Optimizer(const std::vector<Variable>& parameters, Rule rule = {});

  /// Adds parameters with hyper-parameters of their own; may be called while training.
  void add_group(std::string name, NamedParameters parameters, Rule rule);

  /// The hyper-parameters of a group, to read and to change. Throws ConfigError for a name that is
  /// not there.
  Rule& group(const std::string& name = "default");

  void step(std::source_location where = std::source_location::current()) override;
  void zero_grad() override;
  void eval() override { set_evaluating(true); }
  void train() override { set_evaluating(false); }
  bool is_elementwise() const override;
  const char* rule_name() const override { return Rule::kName; }
  double hyper_parameter(const std::string& name) const override;
  void set_hyper_parameter(const std::string& name, double value) override;
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& saved) override;

 private:
  static constexpr std::size_t kStates = Rule::kState.size();
  struct Member {
    std::string name;
    Variable variable;
    std::array<Tensor, kStates> state;  // undefined until the first step
    std::int64_t steps = 0;
    std::array<double, scalar_count<Rule>()> scalars = {};
  };
  struct Group {
    std::string name;
    Rule rule;
    std::vector<Member> members;
  };
  bool evaluating() const;
  void set_evaluating(bool on);
  std::deque<Group> groups_;  // references to rules stay valid when a group is added
};

/// The rules there are, by name, sorted.
std::vector<std::string> rule_names();

/// An optimizer by the name of its rule, with some hyper-parameters changed.
/// Throws ConfigError for an unknown rule (lists the known ones) or hyper-parameter.
std::unique_ptr<AnyOptimizer> make_optimizer(const std::string& rule, NamedParameters parameters,
                                             const std::map<std::string, double>& changes = {});

using OptimizerFactory = std::function<std::unique_ptr<AnyOptimizer>(NamedParameters)>;
/// Called once per rule by the generated sources. Returns true.
bool register_rule(const char* name, OptimizerFactory factory);

}  // namespace gradus::optim

// The last line of a rule's header, at column 0: its optimizer is compiled once, in a generated
// source that also registers the name.
#define GRADUS_UPDATE_RULE(Rule) extern template class Optimizer<Rule>
