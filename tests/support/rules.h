#pragma once
// Every element-wise rule there is. The build makes the list from the headers of
// tensor/elementwise, so a new rule is tested without being named in any test.
#include <string>
#include <vector>

#include "autograd/variable.h"
#include "tensor/elementwise.h"

namespace gradus::testing {

struct UnaryRule {
  std::string name;
  Domain domain;
  Tensor (*tensor)(const Tensor&);
  Variable (*variable)(Operand);
  Tensor (*backward)(const Tensor& x, const Tensor& y, const Tensor& dy);
  bool has_parameters;  // these functions take the default ones
};
struct BinaryRule {
  std::string name;
  Domain domain;
  Tensor (*tensor)(const Tensor&, const Tensor&);
  Variable (*variable)(Operand, Operand);
  Tensor (*backward_a)(const Tensor& a, const Tensor& b, const Tensor& y, const Tensor& dy);
  Tensor (*backward_b)(const Tensor& a, const Tensor& b, const Tensor& y, const Tensor& dy);
};
struct TernaryRule {
  std::string name;
  Domain domain;
  Tensor (*tensor)(const Tensor&, const Tensor&, const Tensor&);
  Variable (*variable)(Operand, Operand, Operand);
  using Backward = Tensor (*)(const Tensor& a, const Tensor& b, const Tensor& c, const Tensor& y,
                              const Tensor& dy);
  Backward backward_a, backward_b, backward_c;
};
/// Of one argument to bool or, of kIntegral, to whole numbers.
struct PredicateRule {
  std::string name;
  Domain domain;
  Tensor (*tensor)(const Tensor&);
  Variable (*variable)(Operand);
};
/// Of two whole numbers.
struct IntegralRule {
  std::string name;
  Tensor (*tensor)(const Tensor&, const Tensor&);
  Variable (*variable)(Operand, Operand);
};
struct ComparisonRule {
  std::string name;
  Tensor (*tensor)(const Tensor&, const Tensor&);
  Variable (*variable)(Operand, Operand);
  bool has_parameters;
};

struct Rules {
  std::vector<UnaryRule> unary;
  std::vector<BinaryRule> binary;
  std::vector<TernaryRule> ternary;
  std::vector<PredicateRule> predicate;
  std::vector<IntegralRule> integral;
  std::vector<ComparisonRule> comparison;
};
const Rules& rules();

/// Rules that refuse some whole numbers as second operand: 0, or negative ones.
bool restricts_whole_numbers(const std::string& rule);

/// Rules that are real only for positive numbers (of pow: a positive base).
bool needs_positive(const std::string& rule);

/// Where to take arguments from for differences: inside of where the rule is real and smooth.
struct Range {
  double low, high;
};
Range smooth_range(const std::string& rule);

}  // namespace gradus::testing
