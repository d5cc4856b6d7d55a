#pragma once
#include "optim/tiers.h"

#if defined(GRADUS_GPU)
// Kernels know the rule alone.
#define GRADUS_UPDATE_RULE(Rule) static_assert(true)
#else

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <source_location>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "autograd/variable.h"
#include "optim/engine.h"
#include "optim/groups.h"

namespace gradus::optim {

/// An optimizer with one rule. `Optimizer<Adam> optimizer(model.parameters(), {.lr = 1e-2});`
template <class Rule>
class Optimizer final : public Engine {
 public:
  /// One group, named "default". Throws ConfigError for a hyper-parameter outside its range, for
  /// no parameters, and for one that is undefined, given twice, not contiguous, or that shares
  /// elements with another.
  explicit Optimizer(NamedParameters parameters, Rule rule = {});
  /// The same with names "0", "1", ...
  explicit Optimizer(const std::vector<Variable>& parameters, Rule rule = {});
  /// One group for each of `groups`, with what they set changed in `rule`. Throws as the others do,
  /// and as ParameterGroups::check().
  explicit Optimizer(const ParameterGroups& groups, Rule rule = {});

  /// Adds parameters with hyper-parameters of their own; may be called while training.
  void add_group(std::string name, NamedParameters parameters, Rule rule);

  /// The hyper-parameters of a group, to read and to change. Throws ConfigError for a name that is
  /// not there.
  Rule& group(const std::string& name = "default");

  void eval() override { set_evaluating(true); }
  void train() override { set_evaluating(false); }
  bool is_elementwise() const override {
    return ElementRule<Rule> || requires { requires Rule::kElementwise; };
  }
  const char* rule_name() const override { return Rule::kName; }
  double hyper_parameter(const std::string& name) const override;

 private:
  static constexpr std::size_t kStates = Rule::kState.size();

  std::span<const char* const> state_names() const override {
    return {Rule::kState.data(), kStates};
  }
  std::span<const char* const> scalar_names() const override;
  Tensor make_array(std::size_t group, std::size_t k, const Tensor& theta) const override;
  std::optional<Shape> array_shape(std::size_t group, std::size_t k,
                                   const Shape& shape) const override;
  DType array_dtype(std::size_t k, DType computed) const override {
    return state_dtype<Rule>(k, computed);
  }
  bool keeps_state_on_host() const override { return state_on_host<Rule>(); }
  bool accumulates() const override { return can_accumulate<Rule>(); }
  bool needs_finite() const override {
    return requires { requires Rule::kNeedsFinite; };
  }
  bool squares_twice() const override {
    return requires { requires Rule::kSquaresTwice; };
  }
  void check_rule(std::size_t group) const override;
  void check_setting(const std::string& name, double value) const override;
  void assign(std::size_t group, const std::string& name, double value) override;
  void each_setting(std::size_t group,
                    const std::function<void(const char*, double)>& f) const override;
  void update(std::size_t group, std::span<const Work> work, const Launch& launch) override;
  /// Updates those whose parameters are on the device; how many they are.
  std::size_t update_on(Device device, std::size_t group, std::span<const Work> work,
                        const Launch& launch);
  std::string formula(std::size_t group, std::int64_t t) const override;
  void set_evaluating(bool on);

  std::deque<Rule> rules_;  // of each group; references stay valid when one is added
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

#endif
