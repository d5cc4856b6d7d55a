#include "tests/support/gradients.h"

#include <gtest/gtest.h>

#include <unordered_set>

#include "autograd/node.h"
#include "tensor/random.h"
#include "tests/support/compare.h"

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

  // Kernels, and the formulas over Variables that create_graph records, are two ways to a gradient.
  // gradgradcheck differentiates the second, and would not see that it is another one.
  std::vector<Variable> wanted;
  for (const Variable& input : inputs) {
    if (input.requires_grad()) wanted.push_back(input);
  }
  if (y.requires_grad()) {
    Generator generator(5);
    const Variable seed = normal(y.shape(), 0, 1, generator, y.dtype());
    const auto gradients = [&](const BackwardOptions& options) {
      return grad(std::span(&y, 1), wanted, std::span(&seed, 1), options, true);
    };
    const auto by_kernel = gradients({.retain_graph = true});
    const auto by_graph = gradients({.create_graph = true});
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      // A few operations in float64, in another order.
      expect_close(by_graph[i].value(), by_kernel[i].value(), 1e-10, 1e-12,
                   op + ", gradient " + std::to_string(i) + " with create_graph");
    }
  }

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
