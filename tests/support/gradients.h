#pragma once
#include <span>
#include <string>
#include <vector>

#include "autograd/gradcheck.h"

namespace gradus::testing {

/// gradcheck and gradgradcheck of f in all coordinates, and whether backward with create_graph
/// gives the gradients of the one without. `op` must be on the tape of f(inputs):
/// a test cannot claim to check an operation that it does not call.
/// tests/house/gradients_test.cc finds the operations without such a call by this name.
void expect_gradients(const std::string& op, const GradcheckFunction& f,
                      const std::vector<Variable>& inputs);

/// A float64 parameter with numbers in [low, high], at least `gap` away from zero and from each
/// other, so that no kink lies within the step of a difference. The same for the same seed.
Variable gap_parameter(const Shape& shape, double low, double high, int seed);

/// Whether an operation of this name is on the tape of y.
bool tape_has(const Variable& y, const std::string& op);

}  // namespace gradus::testing
