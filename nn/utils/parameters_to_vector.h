#pragma once
#include <span>
#include <vector>

#include "autograd/variable.h"

namespace gradus::nn {

/// All elements of the parameters, one after another, in one vector; the gradient flows back to
/// them. The dtype is their common one.
/// Throws ConfigError: "[parameters_to_vector] parameters: none; expected one at least".
/// Source: torch.nn.utils.parameters_to_vector.
Variable parameters_to_vector(const std::vector<Variable>& parameters,
                              std::source_location where = std::source_location::current());

/// The inverse: writes the elements of a vector into the parameters, in place.
/// Shapes: vector [sum of their elements]. Throws ShapeError, then nothing has changed:
///   "[vector_to_parameters] vector is [7]; expected [8], the elements of 2 parameters"
/// Source: torch.nn.utils.vector_to_parameters. Differs: the parameters do not share the memory of
/// the vector.
void vector_to_parameters(const Tensor& vector, const std::vector<Variable>& parameters,
                          std::source_location where = std::source_location::current());

}  // namespace gradus::nn
