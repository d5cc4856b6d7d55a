#pragma once
#include <concepts>
#include <initializer_list>
#include <span>
#include <vector>

#include "autograd/record_result.h"

namespace gradus::ops {

struct Cat {
  static constexpr const char* kName = "cat";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  std::vector<std::int64_t> sizes;
  int axis;

  void backward(Gradients& d) const;
};

struct Stack {
  static constexpr const char* kName = "stack";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  std::int64_t n;
  int axis;

  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Joins variables along an existing axis; they have equal sizes on the others. dtypes are
/// promoted. Shapes: x_i [..., n_i, ...]  ->  y [..., sum n_i, ...]. Throws IndexError,
/// ConfigError (none), ShapeError as the function of tensors.
Variable cat(std::span<const Variable> variables, int axis = 0,
             std::source_location where = std::source_location::current());

/// Joins n variables of one shape along a new axis. Shapes: x_i [...]  ->  y [..., n, ...].
Variable stack(std::span<const Variable> variables, int axis = 0,
               std::source_location where = std::source_location::current());

/// cat({a, b}); a list of tensors makes a tensor.
template <std::same_as<Variable> V>
Variable cat(std::initializer_list<V> variables, int axis = 0,
             std::source_location where = std::source_location::current()) {
  return cat(std::span<const Variable>(variables.begin(), variables.size()), axis, where);
}
template <std::same_as<Variable> V>
Variable stack(std::initializer_list<V> variables, int axis = 0,
               std::source_location where = std::source_location::current()) {
  return stack(std::span<const Variable>(variables.begin(), variables.size()), axis, where);
}

}  // namespace gradus
