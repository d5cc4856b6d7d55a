#pragma once
// Matrix rules beside references in double: plain loops over rows and columns, compared after every
// step, state included; and references with one thing wrong, which must be noticed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include "optim/optimizer.h"
#include "tests/support/compare.h"

namespace gradus::testing {

using namespace gradus::optim;
using Numbers = std::vector<double>;
using Arrays = std::map<std::string, Numbers>;

/// Specialised for each rule: update(h, t, shape, theta, g, state, mistake) makes step t; with a
/// mistake other than "" it does one thing wrong.
template <class Rule>
struct MatrixReference;

/// Largest relative difference allowed, of the largest element of the array: 20 steps of some 20
/// roundings each, which a rule may enlarge by `gain`.
inline double matrix_tolerance(DType dtype, double gain) {
  return 400 * gain *
         (dtype == kFloat64 ? std::numeric_limits<double>::epsilon()
                            : static_cast<double>(std::numeric_limits<float>::epsilon()));
}

/// The first difference in 20 steps over matrices wide and tall, a stack of them, a vector, a
/// number, and one that starts late; "" if there is none.
template <class Rule>
std::string matrix_lockstep(Rule h, DType dtype, double gain, const std::string& mistake = "") {
  struct Tracked {
    std::string name;
    Variable variable;
    Numbers theta;
    Arrays state;
    int first, t = 0;
  };
  std::vector<Tracked> all;
  NamedParameters parameters;
  std::vector<Shape> shapes = {{3, 4}, {5, 2}, {5}, {2, 3, 2}, {}, {3, 2}};
  if constexpr (requires { MatrixReference<Rule>::shapes(); }) {
    shapes = MatrixReference<Rule>::shapes();
  }
  for (std::size_t k = 0; k < shapes.size(); ++k) {
    Numbers values;
    for (int i = 0; i < numel(shapes[k]); ++i) values.push_back(1.5 * std::cos(1.1 * i + k));
    const Variable x = parameter(from_values(values, shapes[k], dtype));
    const std::string name = to_string(shapes[k]);
    all.push_back({name, x, x.value().to_vector(), {}, k + 1 == shapes.size() ? 4 : 1});
    parameters.emplace_back(name, x);
  }
  Optimizer<Rule> optimizer(parameters, h);
  const double lr = h.lr;
  for (int step = 1; step <= 20; ++step) {
    optimizer.group().lr = h.lr = step < 6 ? lr : step < 15 ? lr / 2 : 3 * lr;
    for (std::size_t k = 0; k < all.size(); ++k) {
      Tracked& each = all[k];
      if (step < each.first) continue;
      Numbers g;
      for (std::size_t i = 0; i < each.theta.size(); ++i) {
        g.push_back((step <= 8 ? 1 : -0.01) *
                    (std::sin(1.3 * i * i + 1.7 * k + 0.31 * step) + 0.3));
      }
      each.variable.set_grad(from_values(g, shapes[k], dtype));
      MatrixReference<Rule>::update(h, ++each.t, shapes[k], each.theta,
                                    each.variable.grad().value().to_vector(), each.state, mistake);
    }
    optimizer.step();
    const StateDict saved = optimizer.state_dict();
    for (const Tracked& each : all) {
      const auto compare = [&](const std::string& array, const Tensor& x, const Numbers& right) {
        const Numbers got = x.to_vector();
        if (got.size() != right.size()) return array + " has another size";
        double largest = 0;
        for (const double r : right) largest = std::max(largest, std::fabs(r));
        // Vectors of a basis may point either way.
        const bool basis = array.starts_with("Q");
        for (std::size_t i = 0; i < got.size(); ++i) {
          const double off = basis ? std::fabs(got[i]) - std::fabs(right[i]) : got[i] - right[i];
          if (std::fabs(off) <= matrix_tolerance(dtype, gain) * largest) continue;
          return "step " + std::to_string(step) + ", " + each.name + ", " + array + "[" +
                 std::to_string(i) + "]: got " + to_text(got[i]) + ", expected " +
                 to_text(right[i]);
        }
        return std::string();
      };
      std::string difference = compare("theta", each.variable.value(), each.theta);
      std::size_t arrays = 1;  // the step
      for (const auto& [array, right] : each.state) {
        const auto found = saved.tensors.find(each.name + "/" + array);
        if (found == saved.tensors.end()) return each.name + " has no " + array;
        ++arrays;
        if (difference.empty()) difference = compare(array, found->second, right);
      }
      if (!difference.empty()) return difference;
      const auto mine = [&](const auto& entry) { return entry.first.starts_with(each.name + "/"); };
      if (std::count_if(saved.tensors.begin(), saved.tensors.end(), mine) !=
          static_cast<std::ptrdiff_t>(arrays)) {
        return each.name + " has more state than the reference";
      }
    }
  }
  return "";
}

template <class Rule>
void expect_matrix_lockstep(const Rule& h, const std::string& variant, double gain = 1) {
  for (const DType dtype : {kFloat64, kFloat32}) {
    EXPECT_EQ(matrix_lockstep(h, dtype, gain), "")
        << Rule::kName << " " << variant << ", " << name(dtype);
  }
}

/// Wrong formulas of a rule with settings in which they show.
template <class Rule>
struct MatrixMistakes {
  Rule h;
  double gain = 1;

  void formula(const std::string& mistake) const {
    EXPECT_EQ(matrix_lockstep(h, kFloat64, gain), "") << "the right formula differs already";
    EXPECT_NE(matrix_lockstep(h, kFloat64, gain, mistake), "") << mistake << ": was not noticed";
    EXPECT_NE(matrix_lockstep(h, kFloat32, gain, mistake), "") << mistake << ": was not noticed";
  }
};

}  // namespace gradus::testing
