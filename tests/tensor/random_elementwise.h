#pragma once
// Random cases of the element-wise rules, which the build lists, against the functions of <cmath>.
#include <map>

#include "tests/support/rules.h"
#include "tests/tensor/random_operations.h"

namespace gradus::testing {

using Formula = Real (*)(const std::vector<Real>& x);

inline Real largest(Real a, Real b) {
  return std::isnan(a) || std::isnan(b) ? NAN : std::fmax(a, b);
}
inline Real smallest(Real a, Real b) {
  return std::isnan(a) || std::isnan(b) ? NAN : std::fmin(a, b);
}
inline std::int64_t whole(Real x) { return static_cast<std::int64_t>(x); }

/// One line for each rule, in the order of their names.
inline const std::map<std::string, Formula>& formulas() {
  using X = const std::vector<Real>&;
  static const std::map<std::string, Formula> kFormulas = {
      {"abs", [](X x) { return std::fabs(x[0]); }},
      {"acos", [](X x) { return std::acos(x[0]); }},
      {"acosh", [](X x) { return std::acosh(x[0]); }},
      {"add", [](X x) { return x[0] + x[1]; }},
      {"asin", [](X x) { return std::asin(x[0]); }},
      {"asinh", [](X x) { return std::asinh(x[0]); }},
      {"atan", [](X x) { return std::atan(x[0]); }},
      {"atan2", [](X x) { return std::atan2(x[0], x[1]); }},
      {"atanh", [](X x) { return std::atanh(x[0]); }},
      {"bitwise_and", [](X x) { return Real(whole(x[0]) & whole(x[1])); }},
      {"bitwise_or", [](X x) { return Real(whole(x[0]) | whole(x[1])); }},
      {"bitwise_xor", [](X x) { return Real(whole(x[0]) ^ whole(x[1])); }},
      {"ceil", [](X x) { return std::ceil(x[0]); }},
      {"clamp", [](X x) { return smallest(largest(x[0], x[1]), x[2]); }},
      {"clamp_max", [](X x) { return smallest(x[0], x[1]); }},
      {"clamp_min", [](X x) { return largest(x[0], x[1]); }},
      {"cos", [](X x) { return std::cos(x[0]); }},
      {"cosh", [](X x) { return std::cosh(x[0]); }},
      {"div", [](X x) { return x[0] / x[1]; }},
      {"equal", [](X x) { return Real(x[0] == x[1]); }},
      {"erf", [](X x) { return std::erf(x[0]); }},
      {"erfc", [](X x) { return std::erfc(x[0]); }},
      {"exp", [](X x) { return std::exp(x[0]); }},
      {"exp2", [](X x) { return std::exp2(x[0]); }},
      {"expm1", [](X x) { return std::expm1(x[0]); }},
      {"floor", [](X x) { return std::floor(x[0]); }},
      {"greater", [](X x) { return Real(x[0] > x[1]); }},
      {"greater_equal", [](X x) { return Real(x[0] >= x[1]); }},
      {"hypot", [](X x) { return std::hypot(x[0], x[1]); }},
      {"isfinite", [](X x) { return Real(std::isfinite(x[0])); }},
      {"isinf", [](X x) { return Real(std::isinf(x[0])); }},
      {"isnan", [](X x) { return Real(std::isnan(x[0])); }},
      // From the nearer end, as PyTorch: it shows where an end is infinite.
      {"lerp",
       [](X x) {
         const Real span = x[1] - x[0];
         return x[2] < 0.5L ? x[0] + x[2] * span : x[1] - (1 - x[2]) * span;
       }},
      {"less", [](X x) { return Real(x[0] < x[1]); }},
      {"less_equal", [](X x) { return Real(x[0] <= x[1]); }},
      {"log", [](X x) { return std::log(x[0]); }},
      {"log10", [](X x) { return std::log10(x[0]); }},
      {"log1p", [](X x) { return std::log1p(x[0]); }},
      {"log2", [](X x) { return std::log2(x[0]); }},
      {"logical_and", [](X x) { return Real(x[0] != 0 && x[1] != 0); }},
      {"logical_not", [](X x) { return Real(x[0] == 0); }},
      {"logical_or", [](X x) { return Real(x[0] != 0 || x[1] != 0); }},
      {"logical_xor", [](X x) { return Real((x[0] != 0) != (x[1] != 0)); }},
      {"maximum", [](X x) { return largest(x[0], x[1]); }},
      {"minimum", [](X x) { return smallest(x[0], x[1]); }},
      {"mul", [](X x) { return x[0] * x[1]; }},
      {"neg", [](X x) { return -x[0]; }},
      {"not_equal", [](X x) { return Real(x[0] != x[1]); }},
      {"pow", [](X x) { return std::pow(x[0], x[1]); }},
      {"reciprocal", [](X x) { return 1 / x[0]; }},
      {"relu", [](X x) { return largest(x[0], 0); }},
      {"round", [](X x) { return std::nearbyint(x[0]); }},
      {"rsqrt", [](X x) { return 1 / std::sqrt(x[0]); }},
      {"sigmoid", [](X x) { return 1 / (1 + std::exp(-x[0])); }},
      {"sign", [](X x) { return std::isnan(x[0]) ? x[0] : Real((x[0] > 0) - (x[0] < 0)); }},
      {"sin", [](X x) { return std::sin(x[0]); }},
      {"sinh", [](X x) { return std::sinh(x[0]); }},
      {"sqrt", [](X x) { return std::sqrt(x[0]); }},
      {"square", [](X x) { return x[0] * x[0]; }},
      {"sub", [](X x) { return x[0] - x[1]; }},
      {"tan", [](X x) { return std::tan(x[0]); }},
      {"tanh", [](X x) { return std::tanh(x[0]); }},
      {"trunc", [](X x) { return std::trunc(x[0]); }},
  };
  return kFormulas;
}

/// A rule of `count` operands as an operation.
template <class Call>
Operation rule_operation(const std::string& name, Domain domain, int count, Call call) {
  // Reported as a failure of the case.
  const auto found = formulas().find(name);
  const Formula formula = found == formulas().end() ? nullptr : found->second;
  return {name, 1, [=](Rng& rng, Trial& trial) {
            if (formula == nullptr) {
              throw std::runtime_error("there is no formula in tests/tensor/random_elementwise.h");
            }
            const auto fits = [&](DType d) {
              if (domain == Domain::kNumeric) return d != kBool;
              return domain != Domain::kIntegral || !is_floating(d);
            };
            const Shape shape = draw_shape(rng);
            const DType first = draw_dtype(rng, fits);
            const bool mixed = rng.once_in(2);
            // Wide ones only of one dtype and where they are not rounded.
            Values values = small_or_special(rng);
            if (!mixed && domain != Domain::kFloating && rng.once_in(2)) values = wide;
            for (int k = 0; k < count; ++k) {
              trial.add(
                  draw(rng, draw_part(rng, shape), mixed ? draw_dtype(rng, fits) : first, values));
            }
            DType dtype = common_dtype(trial.in);
            if (domain == Domain::kFloating && !is_floating(dtype)) dtype = kFloat32;
            if (domain == Domain::kComparison) dtype = kBool;
            trial.expected = mapped(trial.in, dtype, formula);
            // glibc's vector functions promise 4 ulp, and a rule calls one or two of them.
            trial.ulps = 8;
            trial.zero_signs = false;
            trial.got = call(trial.in);
          }};
}

inline void add_elementwise(std::vector<Operation>& operations) {
  using In = const std::vector<Drawn>&;
  const auto one = [](auto rule) { return [=](In x) { return rule.tensor(x[0].tensor); }; };
  const auto two = [](auto rule) {
    return [=](In x) { return rule.tensor(x[0].tensor, x[1].tensor); };
  };
  for (const UnaryRule& rule : rules().unary) {
    operations.push_back(rule_operation(rule.name, rule.domain, 1, one(rule)));
  }
  for (const PredicateRule& rule : rules().predicate) {
    operations.push_back(rule_operation(rule.name, Domain::kComparison, 1, one(rule)));
  }
  for (const BinaryRule& rule : rules().binary) {
    operations.push_back(rule_operation(rule.name, rule.domain, 2, two(rule)));
  }
  for (const ComparisonRule& rule : rules().comparison) {
    operations.push_back(rule_operation(rule.name, Domain::kComparison, 2, two(rule)));
  }
  for (const IntegralRule& rule : rules().integral) {
    operations.push_back(rule_operation(rule.name, Domain::kIntegral, 2, two(rule)));
  }
  for (const TernaryRule& rule : rules().ternary) {
    operations.push_back(rule_operation(rule.name, rule.domain, 3, [=](In x) {
      return rule.tensor(x[0].tensor, x[1].tensor, x[2].tensor);
    }));
  }
}

}  // namespace gradus::testing
