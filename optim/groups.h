#pragma once
#include <concepts>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "optim/any_optimizer.h"
#include "optim/rule.h"

namespace gradus::optim {

/// What a group has otherwise than the rule handed to the optimizer. A hyper-parameter that the
/// rule lacks is a ConfigError of the optimizer, which lists those it has.
struct GroupSettings {
  std::string name = {};  ///< of the group; else its patterns
  std::optional<double> lr = {};
  std::optional<double> lr_scale = {};  ///< times the lr of the rule, and of a schedule
  std::optional<double> weight_decay = {}, momentum = {}, beta1 = {}, beta2 = {}, eps = {};
  std::optional<DecayMode> decay_mode = {};
  std::map<std::string, double> others = {};  ///< by name
};

/// Parameters shared out to groups by rules on their names, ranks or anything else:
///   Optimizer<AdamW> optimizer(groups(model)
///                                  .match("*.bias", "*norm*").set({.weight_decay = 0})
///                                  .match("embed.*").set({.lr_scale = 0.1})
///                                  .rest(),
///                              {.lr = 1e-3});
/// In a pattern `*` stands for any characters, `?` for one. Each parameter must be matched exactly
/// once; rest() takes what is left, in a group "default" with the rule as it is.
class ParameterGroups {
 public:
  struct Group {
    GroupSettings settings;  ///< with a name
    NamedParameters parameters;
  };
  using Wanted = std::function<bool(const std::string& name, const Variable& parameter)>;

  explicit ParameterGroups(NamedParameters parameters);

  /// A group of the parameters whose name fits one of the patterns. Throws ConfigError:
  ///   "[groups] match '*.bais': no parameter fits; expected a pattern for one of 'hidden.weight',
  ///   'hidden.bias'"
  ///   "[groups] parameter 'norm.bias' is in '*.bias' and fits '*norm*' too; expected one group"
  template <std::convertible_to<std::string>... Patterns>
  ParameterGroups& match(const Patterns&... patterns) {
    return match_names({std::string(patterns)...});
  }
  /// A group of the parameters with low..high axes: match_rank(0, 1) are biases and scales.
  ParameterGroups& match_rank(int low, int high);
  /// A group of the parameters for which wanted(name, parameter) is true.
  ParameterGroups& match_if(const std::string& group, const Wanted& wanted);
  /// Gives the group of the last match its settings. Throws ConfigError when there is none, and
  /// for a name that another group has.
  ParameterGroups& set(const GroupSettings& settings);
  /// A group for each layer, from the input to the output, named by a pattern: that of layer i of n
  /// has lr_scale = decay^(n - 1 - i). Throws as match does; decay > 0.
  ParameterGroups& layerwise(double decay, const std::vector<std::string>& layers);
  /// What was not matched yet, as group "default"; nothing when all was.
  ParameterGroups& rest();

  /// Throws ConfigError: "[groups] no group for 'out.weight', 'out.bias'; expected a match for each
  /// parameter, or rest()"
  void check() const;
  const std::vector<Group>& groups() const { return groups_; }

 private:
  ParameterGroups& match_names(const std::vector<std::string>& patterns);
  ParameterGroups& add(const std::string& name, const Wanted& wanted);

  NamedParameters parameters_;
  std::vector<Group> groups_;
  std::map<std::string, std::string> group_of_;  // parameter -> group
};

/// Whether the whole name fits a pattern with * and ?.
bool fits_pattern(const std::string& name, const std::string& pattern);

/// Groups of the parameters of a module, or of anything else with named_parameters().
template <class Model>
requires requires(const Model& model) {
  { model.named_parameters() } -> std::convertible_to<NamedParameters>;
}
ParameterGroups groups(const Model& model) { return ParameterGroups(model.named_parameters()); }
inline ParameterGroups groups(NamedParameters parameters) {
  return ParameterGroups(std::move(parameters));
}

}  // namespace gradus::optim
