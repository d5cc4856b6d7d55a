#pragma once
// Values, gradients and second gradients of a function against tests/golden/nn/layers.json.
#include <vector>

#include "autograd/variable.h"
#include "tests/support/compare.h"
#include "tests/support/golden.h"

namespace gradus::testing {

inline const nlohmann::json& layer_golden(const std::string& name) {
  static const nlohmann::json all = golden("nn/layers");
  return all.at(name);
}

/// The inputs as float64 parameters.
inline std::vector<Variable> layer_inputs(const nlohmann::json& entry) {
  std::vector<Variable> inputs;
  for (const auto& each : entry["inputs"]) inputs.push_back(parameter(golden_tensor(each)));
  return inputs;
}

/// y is f of these inputs. 1e-12: sums of a few products of numbers of size 1, in another order.
inline void expect_layer_golden(const nlohmann::json& entry, const Variable& y,
                                const std::vector<Variable>& inputs) {
  constexpr double kTolerance = 1e-12;
  expect_close(y.value(), golden_tensor(entry["y"]), kTolerance, kTolerance, "value");
  const Variable dy = parameter(golden_tensor(entry["dy"]));
  const Variable outputs[] = {y}, seeds[] = {dy};
  const auto first = grad(outputs, inputs, seeds, {.create_graph = true});
  ASSERT_EQ(first.size(), entry["first"].size());
  std::vector<Variable> u, of = inputs;
  of.push_back(dy);
  for (std::size_t i = 0; i < first.size(); ++i) {
    expect_close(first[i].value(), golden_tensor(entry["first"][i]), kTolerance, kTolerance,
                 "gradient of input " + std::to_string(i));
    u.push_back(golden_tensor(entry["u"][i]));
  }
  const auto second = grad(first, of, u, {}, true);
  ASSERT_EQ(second.size(), entry["second"].size());
  for (std::size_t i = 0; i < second.size(); ++i) {
    expect_close(second[i].value(), golden_tensor(entry["second"][i]), kTolerance, kTolerance,
                 "second gradient of input " + std::to_string(i));
  }
}

}  // namespace gradus::testing
