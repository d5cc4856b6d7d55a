#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "autograd/variable.h"

namespace gradus::testing {

using GoldenFunction = std::function<Variable(const std::vector<Variable>&)>;

/// Value, gradient and second gradient of f against `expected`, as tests/golden/make_gradients.py
/// defines them; the gradient both with and without create_graph.
void expect_golden_gradients(const std::string& name, const nlohmann::json& expected,
                             const GoldenFunction& f, double rtol, double atol);

/// The gradient of sum(f(x)) alone, both ways.
void expect_golden_first(const std::string& name, const nlohmann::json& expected,
                         const GoldenFunction& f, double rtol, double atol);

}  // namespace gradus::testing
