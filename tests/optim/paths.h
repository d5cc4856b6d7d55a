#pragma once
// The path of a parameter under a rule, by name, on fixed gradients.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

#include "optim/optimizer.h"
#include "tests/support/compare.h"

namespace gradus::testing {

using namespace gradus::optim;
using Hyper = std::map<std::string, double>;
using Gradient = std::function<Tensor(const Tensor& theta, int t)>;

inline Tensor path_start(DType dtype, const Shape& shape = {37}) {
  std::vector<double> x;
  for (int i = 0; i < numel(shape); ++i) x.push_back(std::cos(1.3 * i));
  return from_values(x, shape, dtype);
}

/// Falls by 20 and changes sign after step 8.
inline Tensor path_gradient(const Tensor& theta, int t) {
  std::vector<double> g;
  for (int i = 0; i < theta.numel(); ++i) {
    g.push_back((t <= 8 ? 1 : -0.05) * (std::sin(0.9 * i + 0.37 * t) + 0.2));
  }
  return from_values(g, theta.shape(), theta.dtype());
}

/// theta after each of 25 steps.
inline std::vector<Tensor> path(const std::string& rule, const Hyper& hyper, DType dtype,
                                const Gradient& g = path_gradient, const Shape& shape = {37}) {
  const Variable theta = parameter(path_start(dtype, shape));
  const auto optimizer = make_optimizer(rule, {{"theta", theta}}, hyper);
  std::vector<Tensor> result;
  for (int t = 1; t <= 25; ++t) {
    theta.set_grad(g(theta.value(), t));
    optimizer->step();
    result.push_back(theta.value().clone());
  }
  return result;
}

inline void expect_same_path(const std::vector<Tensor>& a, const std::vector<Tensor>& b,
                             const std::string& what = "") {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t t = 0; t < a.size(); ++t) {
    expect_same_bits(a[t], b[t], what + " step " + std::to_string(t + 1));
  }
}

inline void expect_near_path(const std::vector<Tensor>& a, const std::vector<Tensor>& b,
                             double rtol, const std::string& what = "") {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t t = 0; t < a.size(); ++t) {
    expect_close(a[t], b[t], rtol, rtol, what + " step " + std::to_string(t + 1));
  }
}

}  // namespace gradus::testing
