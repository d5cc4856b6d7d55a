// Rules and settings that must agree with each other, to the bit unless a test says otherwise.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "optim/optimizer.h"
#include "optim/rules/adam.h"
#include "optim/rules/amsgrad.h"
#include "optim/rules/momentum.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;
using Hyper = std::map<std::string, double>;

constexpr int kElements = 37, kSteps = 25;

double gradient(int i, int t) {
  return (t <= 8 ? 1 : -0.05) * (std::sin(0.9 * i + 0.37 * t) + 0.2);
}

Tensor start(DType dtype) {
  std::vector<double> x;
  for (int i = 0; i < kElements; ++i) x.push_back(std::cos(1.3 * i));
  return from_values(x, {kElements}, dtype);
}

using Gradient = std::function<Tensor(const Tensor& theta, int t)>;

Tensor usual_gradient(const Tensor& theta, int t) {
  std::vector<double> g;
  for (int i = 0; i < theta.numel(); ++i) g.push_back(gradient(i, t));
  return from_values(g, theta.shape(), theta.dtype());
}

// theta after each step.
std::vector<Tensor> path(const std::string& rule, const Hyper& hyper, DType dtype,
                         const Gradient& g = usual_gradient, double lr_factor = 1) {
  const Variable theta = parameter(start(dtype));
  const auto optimizer = make_optimizer(rule, {{"theta", theta}}, hyper);
  std::vector<Tensor> result;
  for (int t = 1; t <= kSteps; ++t) {
    if (t == 12) optimizer->set_hyper_parameter("lr", optimizer->hyper_parameter("lr") * lr_factor);
    theta.set_grad(g(theta.value(), t));
    optimizer->step();
    result.push_back(theta.value().clone());
  }
  return result;
}

void expect_same_path(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t t = 0; t < a.size(); ++t) {
    expect_same_bits(a[t], b[t], "step " + std::to_string(t + 1));
  }
}

void expect_near_path(const std::vector<Tensor>& a, const std::vector<Tensor>& b, double rtol) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t t = 0; t < a.size(); ++t) {
    expect_close(a[t], b[t], rtol, rtol, "step " + std::to_string(t + 1));
  }
}

class Equivalences : public ::testing::TestWithParam<DType> {
 protected:
  DType dtype() const { return GetParam(); }
};

TEST_P(Equivalences, AdamWithoutDecayIsAdamW) {
  expect_same_path(path("Adam", {{"lr", 0.1}}, dtype()),
                   path("AdamW", {{"lr", 0.1}, {"weight_decay", 0}}, dtype()));
}

TEST_P(Equivalences, AdamWithTheOtherDecayModeIsAdamW) {
  const double decoupled = static_cast<double>(DecayMode::kDecoupled);
  expect_same_path(
      path("Adam", {{"lr", 0.1}, {"weight_decay", 0.2}, {"decay_mode", decoupled}}, dtype()),
      path("AdamW", {{"lr", 0.1}, {"weight_decay", 0.2}}, dtype()));
}

TEST_P(Equivalences, DecayOfTheL2KindIsAGradientWithAnotherTerm) {
  // g + decay * theta, rounded as the optimizer rounds it: the product first, in the dtype.
  const auto with_term = [](const Tensor& theta, int t) {
    const Tensor g = usual_gradient(theta, t);
    std::vector<double> sum = g.to_vector();
    const std::vector<double> x = theta.to_vector();
    for (std::size_t i = 0; i < sum.size(); ++i) {
      if (theta.dtype() == kFloat64) {
        sum[i] = sum[i] + 0.3 * x[i];
      } else {
        const float product = 0.3f * static_cast<float>(x[i]);
        sum[i] = static_cast<float>(sum[i]) + product;
      }
    }
    return from_values(sum, theta.shape(), theta.dtype());
  };
  for (const std::string& rule : rule_names()) {
    SCOPED_TRACE(rule);
    const auto any = make_optimizer(rule, {{"x", parameter(ones({1}))}});
    if (!any->state_dict().groups.at("default").contains("decay_mode")) continue;
    const double l2 = static_cast<double>(DecayMode::kL2);
    expect_same_path(path(rule, {{"weight_decay", 0.3}, {"decay_mode", l2}}, dtype()),
                     path(rule, {{"weight_decay", 0}}, dtype(), with_term));
  }
}

TEST_P(Equivalences, AmsGradIsAdamWhileVRises) {
  const auto rising = [](const Tensor& theta, int t) {
    return full(theta.shape(), 0.5 + 0.1 * t, theta.dtype());
  };
  const Hyper hyper = {{"lr", 0.1}, {"eps", 1e-2}};
  expect_same_path(path("AMSGrad", hyper, dtype(), rising), path("Adam", hyper, dtype(), rising));
  // With a gradient that falls and a short memory they part.
  const Hyper short_memory = {{"lr", 0.1}, {"beta2", 0.5}};
  EXPECT_FALSE(bitwise_equal(path("AMSGrad", short_memory, dtype()).back(),
                             path("Adam", short_memory, dtype()).back()));
}

TEST_P(Equivalences, AmsGradOfThePaperIsAdamWithoutCorrectionWhileVRises) {
  const auto rising = [](const Tensor& theta, int t) {
    return full(theta.shape(), 0.5 + 0.1 * t, theta.dtype());
  };
  expect_same_path(
      path("AMSGrad", {{"max_of", static_cast<double>(AmsMax::kPaper)}}, dtype(), rising),
      path("Adam", {{"bias_correction", 0}}, dtype(), rising));
}

TEST_P(Equivalences, MomentumZeroIsSgd) {
  for (const double decay : {0.0, 0.1}) {
    const Hyper with_momentum = {{"lr", 0.1}, {"momentum", 0}, {"weight_decay", decay}};
    const Hyper without = {{"lr", 0.1}, {"weight_decay", decay}};
    expect_same_path(path("Momentum", with_momentum, dtype()), path("SGD", without, dtype()));
    expect_same_path(path("Nesterov", with_momentum, dtype()), path("SGD", without, dtype()));
  }
}

TEST_P(Equivalences, MomentumHasTheSamePathWithLrInsideOnlyWhileLrIsConstant) {
  const double inside = static_cast<double>(LrPlacement::kInside);
  // Rounded in another order; 25 steps on numbers of size 1.
  const double rtol = dtype() == kFloat64 ? 1e-14 : 1e-5;
  const auto a = [&](double factor) {
    return path("Momentum", {{"lr", 0.1}}, dtype(), usual_gradient, factor);
  };
  const auto b = [&](double factor) {
    return path("Momentum", {{"lr", 0.1}, {"lr_placement", inside}}, dtype(), usual_gradient,
                factor);
  };
  expect_near_path(a(1), b(1), rtol);
  const Tensor outside_end = a(0.5).back(), inside_end = b(0.5).back();
  EXPECT_GT(std::fabs(outside_end.at({0}) - inside_end.at({0})), 0.01);
}

TEST_P(Equivalences, RmsPropIsAdamWithoutMomentumAndCorrection) {
  // The same formula; only 0 * m + 1 * g stands for g, which is exact.
  const Hyper rms = {{"lr", 0.1}, {"alpha", 0.97}, {"eps", 1e-2}};
  const Hyper adam = {
      {"lr", 0.1}, {"beta1", 0}, {"beta2", 0.97}, {"eps", 1e-2}, {"bias_correction", 0}};
  expect_same_path(path("RMSProp", rms, dtype()), path("Adam", adam, dtype()));
  Hyper rms_inside = rms, adam_inside = adam;
  rms_inside["eps_placement"] = static_cast<double>(EpsPlacement::kInside);
  adam_inside["eps_placement"] = static_cast<double>(AdamEps::kInside);
  expect_same_path(path("RMSProp", rms_inside, dtype()), path("Adam", adam_inside, dtype()));
}

TEST_P(Equivalences, NesterovIsTheLookAheadFormAfterAChangeOfVariable) {
  // Here theta is the look-ahead point: x - lr momentum v of the classic form, on f = theta^2 / 2.
  const double lr = 0.1, momentum = 0.8, rtol = dtype() == kFloat64 ? 1e-13 : 1e-4;
  const auto bowl = [](const Tensor& theta, int) { return theta.clone(); };
  const auto got = path("Nesterov", {{"lr", lr}, {"momentum", momentum}}, dtype(), bowl);
  std::vector<double> x = start(dtype()).to_vector(), v(x.size(), 0.0), ahead = x;
  for (int t = 0; t < kSteps; ++t) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      v[i] = momentum * v[i] + (x[i] - lr * momentum * v[i]);
      x[i] -= lr * v[i];
      ahead[i] = x[i] - lr * momentum * v[i];
    }
    expect_close(got[t], from_values(ahead, {kElements}, kFloat64), rtol, rtol);
  }
}

TEST_P(Equivalences, PermutingTheElementsPermutesTheResult) {
  const auto reversed = [](const Tensor& x) {
    std::vector<double> values = x.to_vector();
    std::reverse(values.begin(), values.end());
    return from_values(values, x.shape(), x.dtype());
  };
  for (const std::string& rule : rule_names()) {
    const Variable a = parameter(start(dtype())), b = parameter(reversed(start(dtype())));
    // A sum over a tensor is rounded in the order of its elements.
    if (!make_optimizer(rule, {{"a", a}})->is_elementwise()) continue;
    const auto first = make_optimizer(rule, {{"a", a}}), second = make_optimizer(rule, {{"b", b}});
    for (int t = 1; t <= kSteps; ++t) {
      a.set_grad(usual_gradient(a.value(), t));
      b.set_grad(reversed(a.grad().value()));
      first->step();
      second->step();
    }
    expect_same_bits(b.value(), reversed(a.value()), rule);
  }
}

TEST_P(Equivalences, TheOrderOfTheParametersChangesNothing) {
  for (const std::string& rule : rule_names()) {
    NamedParameters forward, backward;
    for (const char* name : {"a", "b", "c"}) {
      forward.emplace_back(name, parameter(start(dtype())));
      backward.emplace(backward.begin(), name, parameter(start(dtype())));
    }
    const auto first = make_optimizer(rule, forward), second = make_optimizer(rule, backward);
    for (int t = 1; t <= 5; ++t) {
      for (std::size_t i = 0; i < 3; ++i) {
        const Tensor g = usual_gradient(start(dtype()), t + 7 * static_cast<int>(i));
        forward[i].second.set_grad(g);
        backward[2 - i].second.set_grad(g);
      }
      first->step();
      second->step();
    }
    for (std::size_t i = 0; i < 3; ++i) {
      expect_same_bits(backward[2 - i].second.value(), forward[i].second.value(), rule);
    }
  }
}

TEST_P(Equivalences, AscentOnTheNegativeIsDescent) {
  // Every rule is odd: with the sign of start and gradient turned, so is the path.
  const auto negative = [](const Tensor& x) {
    std::vector<double> values = x.to_vector();
    for (double& each : values) each = -each;
    return from_values(values, x.shape(), x.dtype());
  };
  for (const std::string& rule : rule_names()) {
    const Variable a = parameter(start(dtype())), b = parameter(negative(start(dtype())));
    const auto first = make_optimizer(rule, {{"a", a}}), second = make_optimizer(rule, {{"b", b}});
    for (int t = 1; t <= kSteps; ++t) {
      a.set_grad(usual_gradient(a.value(), t));
      b.set_grad(negative(a.grad().value()));
      first->step();
      second->step();
    }
    expect_same_bits(b.value(), negative(a.value()), rule);
  }
}

INSTANTIATE_TEST_SUITE_P(, Equivalences, ::testing::Values(kFloat32, kFloat64),
                         [](const auto& test) { return std::string(name(test.param)); });

}  // namespace
}  // namespace gradus::testing
