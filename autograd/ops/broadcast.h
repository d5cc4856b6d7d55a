#pragma once
#include <span>
#include <vector>

#include "autograd/variable.h"
#include "tensor/assemble.h"

// Recorded as expand and reshape; the gradient is the sum over the copies.

namespace gradus {

/// Views of the common shape. Throws ShapeError, ConfigError (none).
std::vector<Variable> broadcast_tensors(
    std::span<const Variable> variables,
    std::source_location where = std::source_location::current());

/// Coordinates of a grid: views of the vectors, grid i with the elements of vector i along its
/// axis. Shapes: x_i [n_i] or []  ->  each [n_0, n_1, ...]. Throws ShapeError, ConfigError (none).
std::vector<Variable> meshgrid(std::span<const Variable> vectors, MeshOrder order = MeshOrder::kIJ,
                               std::source_location where = std::source_location::current());

/// broadcast_tensors({a, b}); a list of tensors makes tensors.
template <std::same_as<Variable> V>
std::vector<Variable> broadcast_tensors(
    std::initializer_list<V> variables,
    std::source_location where = std::source_location::current()) {
  return broadcast_tensors(std::span<const Variable>(variables.begin(), variables.size()), where);
}
template <std::same_as<Variable> V>
std::vector<Variable> meshgrid(std::initializer_list<V> vectors, MeshOrder order = MeshOrder::kIJ,
                               std::source_location where = std::source_location::current()) {
  return meshgrid(std::span<const Variable>(vectors.begin(), vectors.size()), order, where);
}

}  // namespace gradus
