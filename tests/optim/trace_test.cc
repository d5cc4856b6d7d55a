// What a step tells about itself, and gradients that go into the state without a step.
#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops_all.h"
#include "optim/gradient_release.h"
#include "optim/optimizer.h"
#include "optim/rules/adamw.h"
#include "optim/rules/sgd.h"
#include "optim/rules/soap.h"
#include "tensor/random.h"
#include "tests/support/compare.h"
#include "tests/support/count_new.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;

Engine& engine(const std::unique_ptr<AnyOptimizer>& optimizer) {
  return dynamic_cast<Engine&>(*optimizer);
}

TEST(Trace, SaysWhatTheStepDidToEachParameter) {
  const Variable w = parameter(tensor({3, 4}, kFloat64)), b = parameter(tensor({0, 0}, kFloat64));
  const Variable idle = parameter(tensor({1}, kFloat64));
  Optimizer<SGD> optimizer({{"w", w}, {"b", b}, {"idle", idle}}, {.lr = 0.5});
  w.set_grad(tensor({6, 8}, kFloat64));
  b.set_grad(tensor({0, 24}, kFloat64));
  optimizer.step();
  EXPECT_TRUE(optimizer.trace().empty()) << "off by default";
  optimizer.options().trace = true;
  optimizer.options().clip_norm = 13;
  w.value().copy_from(tensor({3, 4}, kFloat64));
  b.value().fill(0);
  optimizer.step();
  ASSERT_EQ(optimizer.trace().size(), 2u);
  const ParameterTrace &first = optimizer.trace()[0], &second = optimizer.trace()[1];
  EXPECT_EQ(first.parameter, "w");
  EXPECT_DOUBLE_EQ(first.gradient_norm, 10);
  EXPECT_DOUBLE_EQ(first.weight_norm, 5);
  EXPECT_NEAR(first.update_norm, 2.5, 1e-6);  // 0.5 lr, half the gradient: 13 / (26 + 1e-6)
  EXPECT_NEAR(first.ratio, 0.5, 1e-6);
  EXPECT_DOUBLE_EQ(first.effective_lr, 0.5);
  EXPECT_NEAR(first.clip_coefficient, 0.5, 1e-6);
  EXPECT_EQ(first.unchanged, 0);
  EXPECT_DOUBLE_EQ(second.gradient_norm, 24);
  EXPECT_EQ(second.ratio, 0) << "the weights were 0";
  EXPECT_EQ(second.unchanged, 0.5);
  EXPECT_EQ(optimizer.trace_table().substr(0, 66),
            "parameter  gradient  weight  update  ratio  effective lr  clip  un");
  // Another step replaces the numbers.
  optimizer.step();
  EXPECT_EQ(optimizer.trace().size(), 2u);
  EXPECT_LT(optimizer.trace()[0].weight_norm, 5);
}

TEST(Trace, ShowsWeightsThatFreeze) {
  // An update of 2e-4 of a bfloat16 of size 1, whose digits end at 2^-8.
  const Variable x = parameter(ones({100}, kBFloat16));
  Optimizer<SGD> optimizer({{"x", x}}, {.lr = 2e-4});
  optimizer.options().trace = true;
  optimizer.options().low_precision = LowPrecision::kNearest;
  x.set_grad(ones({100}, kBFloat16));
  optimizer.step();
  EXPECT_EQ(optimizer.trace()[0].unchanged, 1);
  EXPECT_EQ(optimizer.trace()[0].update_norm, 0);
  // With a master copy the numbers move, though the bits of the parameter stay for a while.
  Optimizer<SGD> with_master({{"x", x}}, {.lr = 2e-4});
  with_master.options().trace = true;
  with_master.step();
  EXPECT_EQ(with_master.trace()[0].unchanged, 1);
  EXPECT_NEAR(with_master.trace()[0].update_norm, 2e-3, 1e-6);
}

TEST(Trace, DoesNotChangeASingleBitAndCostsNothingWhenOff) {
  for (const std::string& rule : rule_names()) {
    Generator rng(3);
    const Variable a = parameter(normal({6, 5}, 0, 1, rng)), b = parameter(a.value().clone());
    const auto traced = make_optimizer(rule, {{"x", a}}), plain = make_optimizer(rule, {{"x", b}});
    if (dynamic_cast<Engine*>(traced.get()) == nullptr) continue;
    engine(traced).options().trace = true;
    for (int t = 0; t < 4; ++t) {
      a.set_grad(normal({6, 5}, 0, 1, rng));
      b.set_grad(a.grad().value());
      traced->step();
      plain->step();
    }
    expect_same_bits(a.value(), b.value(), rule);
    ASSERT_EQ(engine(traced).trace().size(), 1u) << rule;
    EXPECT_GT(engine(traced).trace()[0].update_norm, 0) << rule;
    EXPECT_TRUE(engine(plain).trace().empty());
  }
  GRADUS_NEEDS_COUNTED_NEW();
  const Variable x = parameter(ones({1000}));
  x.set_grad(ones({1000}));
  Optimizer<AdamW> off({{"x", x}});
  for (int t = 0; t < 3; ++t) off.step();
  const std::size_t before = calls_of_new;
  for (int t = 0; t < 10; ++t) off.step();
  EXPECT_EQ(calls_of_new - before, 0u);
}

// Gradients of k micro-batches: a mean and noise.
Tensor micro_gradient(int t, int j, double noise) {
  std::vector<double> g;
  for (int i = 0; i < 50; ++i) {
    g.push_back(std::sin(0.7 * i + 0.3 * t) + noise * std::cos(11.0 * i + 5 * t + 17 * j * j));
  }
  return from_values(g, {50}, kFloat64);
}

// theta after 10 steps by the mean of k micro-batches.
Tensor by_mean(const std::string& rule, int k, double noise) {
  const Variable x = parameter(ones({50}, kFloat64));
  const auto optimizer = make_optimizer(rule, {{"x", x}}, {{"beta1", 0.9}, {"beta2", 0.99}});
  for (int t = 0; t < 10; ++t) {
    std::vector<double> mean(50, 0);
    for (int j = 0; j < k; ++j) {
      const auto g = micro_gradient(t, j, noise).to_vector();
      for (int i = 0; i < 50; ++i) mean[i] += g[i] / k;
    }
    x.set_grad(from_values(mean, {50}, kFloat64));
    optimizer->step();
  }
  return x.value();
}

// The same with the micro-batches straight into the moments, with betas of the same memory.
Tensor by_accumulation(const std::string& rule, int k, double noise) {
  const Variable x = parameter(ones({50}, kFloat64));
  const auto optimizer = make_optimizer(
      rule, {{"x", x}}, {{"beta1", std::pow(0.9, 1.0 / k)}, {"beta2", std::pow(0.99, 1.0 / k)}});
  for (int t = 0; t < 10; ++t) {
    for (int j = 0; j < k; ++j) {
      x.set_grad(micro_gradient(t, j, noise));
      if (j + 1 < k) {
        const Tensor before = x.value().clone();
        engine(optimizer).accumulate();
        expect_same_bits(x.value(), before, rule);
      } else {
        optimizer->step();
      }
    }
  }
  EXPECT_EQ(optimizer->state_dict().tensors.at("x/step").item(), 10 * k);
  EXPECT_EQ(engine(optimizer).steps(), 10) << "schedules see updates of the parameters";
  return x.value();
}

double distance(const Tensor& a, const Tensor& b) {
  const auto x = a.to_vector(), y = b.to_vector();
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += (x[i] - y[i]) * (x[i] - y[i]);
  return std::sqrt(sum);
}

TEST(Accumulation, IsAStepByTheMeanUpToTheVarianceOfTheGradients) {
  for (const char* rule : {"Adam", "AdamW", "AMSGrad", "PagedAdamW", "Adam8bit"}) {
    SCOPED_TRACE(rule);
    const double moved = distance(by_mean(rule, 4, 0), ones({50}, kFloat64));
    // Equal micro-gradients: the means have decayed as far at each step, bias corrections agree.
    EXPECT_LT(distance(by_accumulation(rule, 4, 0), by_mean(rule, 4, 0)), 1e-12 * moved);
    // Noise of a half of the gradient: v is larger by its variance, steps are smaller. 0.03 to 0.2
    // of the way was seen.
    const double off = distance(by_accumulation(rule, 4, 0.5), by_mean(rule, 4, 0.5)) / moved;
    EXPECT_GT(off, 0.01);
    EXPECT_LT(off, 0.35);
    RecordProperty(rule, to_text(off));
  }
}

TEST(Accumulation, LeavesTheParametersOfEveryRuleThatHasMoments) {
  int can = 0;
  for (const std::string& rule : rule_names()) {
    for (const DType dtype : {kBFloat16, kFloat32, kFloat64}) {
      const Variable x = parameter(full({4, 3}, 0.5, dtype));
      const auto optimizer = make_optimizer(rule, {{"x", x}}, {{"weight_decay", 0.1}});
      if (dynamic_cast<Engine*>(optimizer.get()) == nullptr) continue;
      x.set_grad(full({4, 3}, 0.25, dtype));
      const bool refused = rule == "SGD" || rule.starts_with("Lookahead") || rule == "Ranger" ||
                           rule.starts_with("ScheduleFree");
      if (refused) {
        expect_throws_text<ConfigError>(
            [&] { engine(optimizer).accumulate(); },
            "[" + rule +
                "] accumulate: the rule keeps nothing of a gradient without a step; expected one "
                "with moments, like Adam");
        continue;
      }
      for (int t = 0; t < 3; ++t) engine(optimizer).accumulate();
      expect_same_bits(x.value(), full({4, 3}, 0.5, dtype), rule);
      const StateDict saved = optimizer->state_dict();
      EXPECT_EQ(saved.tensors.at("x/step").item(), 3);
      double state = 0;
      for (const auto& [name, array] : saved.tensors) {
        if (name == "x/step" || name == "x/low") continue;
        for (const double each : array.to_vector()) state += std::fabs(each);
      }
      EXPECT_GT(state, 0) << rule;
      optimizer->step();
      EXPECT_NE(x.value().to(kFloat64).data<double>()[0], 7) << rule;
      ++can;
    }
  }
  EXPECT_GE(can, 60);
}

TEST(Accumulation, WorksInsideBackwardToo) {
  const auto run = [](bool released) {
    const Variable x = parameter(tensor({1, -2, 3}, kFloat64));
    Optimizer<AdamW> optimizer({{"x", x}}, {.lr = 0.1});
    std::optional<GradientRelease> release;
    if (released) release.emplace(optimizer);
    for (int t = 0; t < 3; ++t) {
      for (int j = 0; j < 3; ++j) {
        const bool last = j == 2;
        if (released) release->accumulate(!last);
        sum(x * x * static_cast<double>(j + 1)).backward();
        if (released) {
          EXPECT_FALSE(x.grad().defined());
        } else if (last) {
          optimizer.step();
        } else {
          optimizer.accumulate();
        }
        optimizer.zero_grad();
      }
      if (released) optimizer.step();
    }
    return x.value().clone();
  };
  expect_same_bits(run(true), run(false));
  Optimizer<SGD> sgd({{"x", parameter(ones({1}))}});
  GradientRelease release(sgd);
  expect_throws_text<ConfigError>(
      [&] { release.accumulate(true); },
      "[SGD] accumulate: the rule keeps nothing of a gradient without a step; expected one with "
      "moments, like Adam");
}

TEST(Soap, RefusesGradientsWithoutEigenvectorsBeforeAnythingCounts) {
  const Variable good = parameter(ones({2, 2})), bad = parameter(ones({2, 2}));
  Optimizer<SOAP> optimizer({{"good", good}, {"bad", bad}});
  good.set_grad(ones({2, 2}));
  bad.set_grad(full({2, 2}, NAN));
  const auto step = [&] { optimizer.step(); };
  const char* const text = "[SOAP] gradient of 'bad': nan at [0, 0]; expected finite numbers";
  expect_throws_text<AutogradError>(step, text);
  expect_throws_text<AutogradError>([&] { optimizer.accumulate(); }, text);
  EXPECT_EQ(optimizer.steps(), 0);
  EXPECT_EQ(optimizer.state_dict().tensors.at("good/step").item(), 0);
  EXPECT_FALSE(optimizer.state_dict().tensors.contains("good/L"));
  optimizer.options().non_finite = NonFinite::kSkip;
  optimizer.step();
  EXPECT_TRUE(optimizer.report().skipped);
  optimizer.options().non_finite = NonFinite::kZero;
  for (int t = 0; t < 3; ++t) optimizer.step();
  EXPECT_EQ(optimizer.steps(), 3);
  EXPECT_TRUE(std::isfinite(bad.value().data<float>()[0]));
}

}  // namespace
}  // namespace gradus::testing
