#include "nn/utils/parameters_to_vector.h"

#include <string>

#include "autograd/line_scope.h"
#include "autograd/ops/cat.h"
#include "autograd/ops/shapes.h"

namespace gradus::nn {

Variable parameters_to_vector(const std::vector<Variable>& parameters, std::source_location where) {
  const LineScope scope(where);
  if (parameters.empty()) {
    throw ConfigError("[parameters_to_vector] parameters: none; expected one at least");
  }
  std::vector<Variable> flat;
  for (const Variable& parameter : parameters) flat.push_back(reshape(parameter, {-1}));
  return cat(flat, 0);
}

void vector_to_parameters(const Tensor& vector, const std::vector<Variable>& parameters,
                          std::source_location where) {
  check_defined("vector_to_parameters", "vector", vector);
  std::int64_t total = 0;
  for (const Variable& parameter : parameters) total += parameter.numel();
  if (vector.shape() != Shape{total}) {
    throw ShapeError("[vector_to_parameters] vector is " + to_string(vector.shape()) +
                     "; expected [" + std::to_string(total) + "], the elements of " +
                     std::to_string(parameters.size()) + " parameters");
  }
  std::int64_t at = 0;
  for (const Variable& parameter : parameters) {
    const std::int64_t n = parameter.numel();
    const Tensor& value = parameter.value();
    value.copy_from(vector.slice(0, {at, at + n}).reshape(value.shape()), Cast::kChecked, where);
    at += n;
  }
}

}  // namespace gradus::nn
