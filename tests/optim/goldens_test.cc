// Update rules against numbers made elsewhere: torch.optim in float64, and the values of a small
// problem that an independent program printed with 10 digits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "optim/optimizer.h"
#include "optim/rules/adabound.h"
#include "optim/rules/adagrad.h"
#include "optim/rules/adam.h"
#include "optim/rules/amsgrad.h"
#include "optim/rules/momentum.h"
#include "optim/rules/nadam.h"
#include "optim/rules/radam.h"
#include "tests/support/compare.h"
#include "tests/support/golden.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;

// As in make_trajectories.py.
double gradient(int i, int t) {
  return (t <= 8 ? 1 : -0.01) * (std::sin(0.9 * i + 0.37 * t) + 0.2);
}

TEST(Goldens, FollowTorchInEveryStepWithState) {
  const auto all = golden("optim/trajectories");
  double worst = 0;
  for (const auto& each : all["cases"]) {
    const std::string rule = each["rule"], what = rule + " " + each["settings"].dump();
    SCOPED_TRACE(what);
    const Variable theta = parameter(from_values(golden_numbers(all["start"]), {3}, kFloat64));
    const auto optimizer = make_optimizer(rule, {{"theta", theta}},
                                          each["settings"].get<std::map<std::string, double>>());
    ASSERT_EQ(each["steps"].size(), 20u);
    std::map<std::string, std::vector<double>> largest;
    int t = 0;
    for (const auto& step : each["steps"]) {
      ++t;
      theta.set_grad(from_values({gradient(0, t), gradient(1, t), gradient(2, t)}, {3}, kFloat64));
      optimizer->step();
      const StateDict saved = optimizer->state_dict();
      ASSERT_EQ(saved.tensors.size(), step.size())
          << "state arrays, and the step in place of theta";
      for (const auto& [name, values] : step.items()) {
        const Tensor got = name == "theta" ? theta.value() : saved.tensors.at("theta/" + name);
        const std::vector<double> a = got.to_vector(), b = golden_numbers(values);
        auto& scale = largest[name];
        scale.resize(b.size(), 0);
        for (std::size_t i = 0; i < b.size(); ++i) {
          // 20 steps with some 10 roundings of 1e-16 each, relative to the largest value so far.
          scale[i] = std::max(scale[i], std::fabs(b[i]));
          EXPECT_LE(std::fabs(a[i] - b[i]), 1e-12 * scale[i])
              << "step " << t << ", " << name << "[" << i << "]: " << to_text(a[i]) << " against "
              << to_text(b[i]);
          worst = std::max(worst, std::fabs(a[i] - b[i]) / scale[i]);
        }
      }
    }
  }
  RecordProperty("worst_relative_difference", to_text(worst));
}

// f(x, y, z) = x^2 + y^2 + z^2 from (1, 2, 3): f after steps 1, 5 and 10, with 10 digits.
struct Row {
  std::string rule;
  std::map<std::string, double> settings;
  std::string f1, f5, f10;
};

template <class E>
double number(E value) {
  return static_cast<double>(value);
}

const std::vector<Row>& rows() {
  const double inside = number(EpsPlacement::kInside), hat = number(AdamEps::kHat);
  static const std::vector<Row> all = {
      {"SGD", {{"lr", 0.1}}, "8.96", "1.503238554", "0.1614090106"},
      {"Momentum", {{"lr", 0.1}, {"momentum", 0.9}}, "8.96", "4.71642327", "0.0002710240582"},
      {"Nesterov", {{"lr", 0.1}, {"momentum", 0.9}}, "5.3816", "2.419495498", "0.03693095235"},
      {"Momentum",
       {{"lr", 0.1}, {"momentum", 0.9}, {"dampening", 0.9}},
       "8.96",
       "0.07394905566",
       "3.548168007"},
      {"Momentum",
       {{"lr", 0.1},
        {"momentum", 0.9},
        {"dampening", 0.9},
        {"first_momentum", number(FirstMomentum::kDampened)}},
       "13.4456",
       "7.860652889",
       "1.320515667"},
      {"AdaGrad", {{"lr", 0.5}}, "8.75", "2.932561286", "1.070059826"},
      {"AdaGrad",
       {{"lr", 0.5}, {"eps", 1e-7}, {"eps_placement", inside}, {"initial_accumulator", 0.1}},
       "8.764306402",
       "2.939023076",
       "1.073004554"},
      {"Adadelta", {}, "13.96208268", "13.80399609", "13.60044775"},
      {"RMSProp", {}, "12.83000003", "10.51932557", "8.915316401"},
      {"RMSProp",
       {{"alpha", 0.9}, {"eps_placement", inside}},
       "13.62352668",
       "12.76739823",
       "12.03843172"},
      {"Adam", {{"lr", 0.1}}, "12.83", "8.775803607", "5.112547071"},
      {"AdamW", {{"lr", 0.1}}, "12.803214", "8.675762975", "4.981924781"},
      {"Adam", {{"lr", 0.1}, {"eps", 1e-2}}, "12.83280855", "8.78666549", "5.125760651"},
      {"Adam",
       {{"lr", 0.1}, {"eps", 1e-2}, {"eps_placement", hat}},
       "12.91171889",
       "8.985396839",
       "5.316179154"},
      {"Adam", {{"lr", 0.1}, {"bias_correction", 0}}, "10.50526705", "1.008270464", "2.704855954"},
      {"AMSGrad", {{"lr", 0.1}}, "12.83", "8.775803607", "5.112547071"},
      {"AMSGrad",
       {{"lr", 0.1}, {"max_of", number(AmsMax::kCorrected)}},
       "12.83",
       "8.975677691",
       "5.650830796"},
      {"AMSGrad",
       {{"lr", 0.1}, {"max_of", number(AmsMax::kPaper)}},
       "10.50526705",
       "1.008270464",
       "2.704855954"},
      {"Yogi", {{"lr", 0.1}}, "12.83028159", "8.779302713", "5.1213949"},
      {"Yogi",
       {{"lr", 0.1}, {"initial_accumulator", 1e-6}},
       "12.83032145",
       "8.779369152",
       "5.121435446"},
      {"Yogi",
       {{"lr", 0.1}, {"bias_correction", 0}, {"eps", 1e-8}},
       "10.50526705",
       "1.009030068",
       "2.692169173"},
      {"CenteredRMSProp", {}, "12.82425768", "10.47903281", "8.821440098"},
      {"RMSPropMomentum", {}, "12.83000003", "5.518525607", "0.9944692698"},
      {"NAdam", {{"lr", 0.1}}, "12.76574058", "9.7558657", "6.643476977"},
      {"NAdam",
       {{"lr", 0.1}, {"momentum_schedule", number(NadamMomentum::kConstant)}},
       "12.29673131",
       "8.167995504",
       "4.733609739"},
      {"RAdam", {{"lr", 0.1}}, "8.96", "0.5692666142", "0.5356537437"},
      {"RAdam",
       {{"lr", 0.1}, {"fallback", number(RadamFallback::kNone)}},
       "14",
       "14",
       "13.77267532"},
      {"Adamax", {{"lr", 0.1}}, "12.83", "8.967314448", "5.625769486"},
      {"Lion", {{"lr", 0.1}}, "12.83", "8.75", "5"},
      {"LAMB", {{"lr", 0.1}, {"weight_decay", 0}}, "11.54770358", "5.542842988", "2.316983497"},
      {"LAMB", {{"lr", 0.1}, {"weight_decay", 0}, {"bias_correction", 0}}, "11.54769917", "", ""},
      {"Adan", {{"lr", 0.1}}, "12.83", "8.767771476", "5.044626654"},
      {"AdaBound", {}, "13.988003", "13.93875035", "13.80998616"},
      {"Adafactor", {}, "13.74217037", "12.77175028", "11.68156741"},
      {"ScheduleFreeAdamW", {{"lr", 0.1}}, "12.83", "10.74449865", "8.53030256"},
  };
  return all;
}

std::string ten_digits(double x) {
  char text[40];
  std::snprintf(text, sizeof text, "%.10g", x);
  return text;
}

TEST(Goldens, GiveThePrintedValuesOfASmallProblem) {
  for (const Row& row : rows()) {
    std::string what = row.rule;
    for (const auto& [name, value] : row.settings) what += " " + name + "=" + to_text(value);
    const Variable x = parameter(tensor({1, 2, 3}, kFloat64));
    const auto optimizer = make_optimizer(row.rule, {{"x", x}}, row.settings);
    for (int t = 1; t <= 10; ++t) {
      std::vector<double> g = x.value().to_vector();
      for (double& each : g) each *= 2;
      x.set_grad(from_values(g, {3}, kFloat64));
      optimizer->step();
      double f = 0;
      optimizer->eval();
      for (const double each : x.value().to_vector()) f += each * each;
      const std::map<int, std::string> printed = {{1, row.f1}, {5, row.f5}, {10, row.f10}};
      optimizer->train();
      if (!printed.contains(t) || printed.at(t).empty()) continue;
      EXPECT_EQ(ten_digits(f), printed.at(t)) << what << ", step " << t;
    }
  }
}

// Rules that store what others compute (stored_state_test.cc).
const std::set<std::string> kNotPrinted = {"Adam8bit", "AdamW8bit", "PagedAdamW"};

TEST(Goldens, CoverEveryRule) {
  std::set<std::string> covered;
  for (const Row& row : rows()) covered.insert(row.rule);
  for (const char* file : {"optim/trajectories", "optim/variants"}) {
    const auto all = golden(file);
    for (const auto& each : all["cases"]) covered.insert(each["rule"]);
  }
  for (const std::string& rule : rule_names()) {
    EXPECT_NE(covered.contains(rule), kNotPrinted.contains(rule)) << rule;
  }
}

}  // namespace
}  // namespace gradus::testing
