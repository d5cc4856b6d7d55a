#pragma once
#include <cstdint>
#include <string_view>

#include "nn/module.h"

namespace gradus::nn {

/// Turns the gradients of all parameters off whose path fits the pattern, where * stands for any
/// characters (dots too) and ? for one: freeze(model, "encoder.*"). Gradients that they have are
/// forgotten, so that an optimizer leaves them alone. Returns how many parameters fit.
/// Throws ConfigError, which lists the paths that there are:
///   "[freeze] pattern: 'encoder.*' fits no parameter; expected some of 'weight', 'bias'"
std::int64_t freeze(const Module& module, std::string_view pattern = "*");

/// The opposite.
std::int64_t unfreeze(const Module& module, std::string_view pattern = "*");

/// Numbers of elements of all parameters, each counted once where it is shared.
struct ParameterCount {
  std::int64_t trainable = 0;  ///< of those that require a gradient
  std::int64_t total = 0;
};
ParameterCount count_parameters(const Module& module);

}  // namespace gradus::nn
