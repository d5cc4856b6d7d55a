#include "tests/support/gradients.h"

#include <gtest/gtest.h>

#include <unordered_set>

#include "autograd/node.h"
#include "tensor/random.h"

namespace gradus::testing {

bool tape_has(const Variable& y, const std::string& op) {
  std::vector<Node*> open{y.node()};
  std::unordered_set<Node*> seen;
  while (!open.empty()) {
    Node* node = open.back();
    open.pop_back();
    if (node == nullptr || !seen.insert(node).second) continue;
    if (node->op() != nullptr && op == node->op()) return true;
    for (const Edge& edge : node->inputs()) open.push_back(edge.node());
  }
  return false;
}

void expect_gradients(const std::string& op, const GradcheckFunction& f,
                      const std::vector<Variable>& inputs) {
  const Variable y = f(inputs);
  EXPECT_TRUE(tape_has(y, op)) << op << " is not on the tape of the function that is checked";
  bool any_element = y.numel() > 0;
  for (const Variable& input : inputs) any_element = any_element && input.numel() > 0;

  const GradcheckReport first = gradcheck(f, inputs);
  EXPECT_TRUE(first.ok) << op << ", gradient: " << first.text;
  EXPECT_TRUE(first.checked > 0 || !any_element) << op << ": nothing was compared";
  const GradcheckReport second = gradgradcheck(f, inputs);
  EXPECT_TRUE(second.ok) << op << ", second gradient: " << second.text;
}

Variable gap_parameter(const Shape& shape, double low, double high, int seed) {
  // Cells of equal width, shuffled; each number is near the middle of its own.
  Generator generator(seed);
  const std::int64_t n = numel(shape);
  const Tensor order = permutation(n, generator).to(kFloat64);
  const Tensor jitter = uniform({n}, 0.3, 0.7, generator, kFloat64);
  Tensor x = Tensor::empty({n}, kFloat64);
  for (std::int64_t i = 0; i < n; ++i) {
    x.data<double>()[i] =
        low + (high - low) * (order.data<double>()[i] + jitter.data<double>()[i]) / n;
    if (std::abs(x.data<double>()[i]) < 0.05) x.data<double>()[i] = 0.05;
  }
  return parameter(x.reshape(shape));
}

}  // namespace gradus::testing
