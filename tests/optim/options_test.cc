// What the engine does around every rule: clipping, bad gradients, maximising, schedules, hooks.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "autograd/ops_all.h"
#include "optim/clip.h"
#include "optim/optimizer.h"
#include "optim/rules/adamw.h"
#include "optim/rules/momentum.h"
#include "optim/rules/sgd.h"
#include "optim/schedules/linear.h"
#include "optim/schedules/step.h"
#include "optim/schedules/warmup.h"
#include "tensor/elementwise_all.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;

const double kNan = std::nan(""), kInf = std::numeric_limits<double>::infinity();

Variable with_gradient(std::vector<double> values, std::vector<double> g, DType dtype = kFloat64) {
  const Shape shape = {static_cast<std::int64_t>(values.size())};
  const Variable x = parameter(from_values(values, shape, dtype));
  x.set_grad(from_values(g, shape, dtype));
  return x;
}

Optimizer<SGD> sgd(const std::vector<Variable>& parameters, double lr = 1) {
  return Optimizer<SGD>(parameters, {.lr = lr});
}

TEST(Maximize, IsMinimizingTheOtherSign) {
  for (const std::string& rule : rule_names()) {
    for (const DType dtype : {kFloat32, kFloat64}) {
      const Variable up = with_gradient({1, 2, -3}, {0.5, -0.25, 1}, dtype);
      const Variable down = with_gradient({1, 2, -3}, {-0.5, 0.25, -1}, dtype);
      const auto a = make_optimizer(rule, {{"x", up}}, {{"weight_decay", 0.1}});
      const auto b = make_optimizer(rule, {{"x", down}}, {{"weight_decay", 0.1}});
      dynamic_cast<Engine&>(*a).options().maximize = true;
      for (int step = 0; step < 5; ++step) {
        a->step();
        b->step();
      }
      expect_same_bits(up.value(), down.value(), rule);
      for (const auto& [key, value] : b->state_dict().tensors) {
        expect_same_bits(a->state_dict().tensors.at(key), value, rule + " " + key);
      }
    }
  }
}

TEST(ClipNorm, ScalesAllGradientsOnTheirWayAndLeavesThem) {
  const Variable a = with_gradient({0, 0}, {3, 0}), b = with_gradient({0}, {4});
  auto optimizer = sgd({a, b});
  optimizer.options().clip_norm = 1;
  optimizer.step();
  EXPECT_EQ(optimizer.report().gradient_norm, 5);
  const double coefficient = 1 / (5 + 1e-6);
  EXPECT_EQ(optimizer.report().clip_coefficient, coefficient);
  EXPECT_EQ(a.value().at({0}), -3 * coefficient);
  EXPECT_EQ(b.value().at({0}), -4 * coefficient);
  EXPECT_EQ(a.grad().value().at({0}), 3) << "the gradient stays";
  optimizer.options().clip_norm = 100;
  optimizer.step();
  EXPECT_EQ(optimizer.report().clip_coefficient, 1) << "small enough";
  EXPECT_EQ(b.value().at({0}), -4 * coefficient - 4);
}

TEST(ClipNorm, IsTheSameFusedAndAlone) {
  for (const DType dtype : {kFloat32, kFloat64}) {
    for (const int threads : {1, 3}) {
      const WithThreads with(threads);
      std::vector<double> values(50001), g(50001);
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sin(i), g[i] = std::cos(i);
      const Variable fused = with_gradient(values, g, dtype),
                     alone = with_gradient(values, g, dtype);
      Optimizer<AdamW> a({fused}, {.lr = 0.1}), b({alone}, {.lr = 0.1});
      a.options().clip_norm = 0.5;
      const double norm = clip_grad_norm({alone}, 0.5);
      EXPECT_NEAR(norm, std::sqrt(50001 / 2.0), 0.01);
      a.step();
      b.step();
      EXPECT_EQ(a.report().gradient_norm, norm);
      expect_same_bits(fused.value(), alone.value());
      // Rounded products: half a unit each.
      EXPECT_NEAR(grad_norm({alone}), 0.5, dtype == kFloat32 ? 1e-7 : 2e-8);
    }
  }
}

TEST(ClipNorm, OfLargeFloatsDoesNotOverflow) {
  const Variable x = with_gradient({0, 0}, {3e30, 4e30}, kFloat32);
  EXPECT_NEAR(grad_norm({x}) / 5e30, 1, 1e-7);
  EXPECT_EQ(grad_norm({parameter(ones({2}))}), 0) << "without a gradient";
}

TEST(ClipValue, CutsEachElement) {
  const Variable fused = with_gradient({0, 0, 0, 0}, {3, -3, 0.5, -0.5});
  const Variable alone = with_gradient({0, 0, 0, 0}, {3, -3, 0.5, -0.5});
  auto optimizer = sgd({fused});
  optimizer.options().clip_value = 1;
  optimizer.step();
  EXPECT_EQ(fused.value().to_vector(), (std::vector<double>{-1, 1, -0.5, 0.5}));
  clip_grad_value({alone}, 1);
  EXPECT_EQ(alone.grad().value().to_vector(), (std::vector<double>{1, -1, 0.5, -0.5}));
  const Variable nan = with_gradient({0}, {kNan});
  clip_grad_value({nan}, 1);
  EXPECT_TRUE(std::isnan(nan.grad().value().item()));
}

TEST(Clipping, RefusesBadLimits) {
  const Variable x = with_gradient({0, 0}, {1, 1});
  const auto refused = [&](auto set, const std::string& text) {
    auto optimizer = sgd({x});
    set(optimizer.options());
    expect_throws_text<ConfigError>([&] { optimizer.step(); }, "[SGD] " + text);
    EXPECT_EQ(x.value().at({0}), 0);
    EXPECT_EQ(optimizer.steps(), 0);
  };
  refused([](EngineOptions& o) { o.clip_norm = -1; },
          "clip_norm: -1; expected clip_norm >= 0 and finite");
  refused([](EngineOptions& o) { o.clip_value = kNan; },
          "clip_value: nan; expected clip_value >= 0 and finite");
  refused([](EngineOptions& o) { o.clip_norm = o.clip_value = 1; },
          "clip_norm, clip_value: both are set; expected one of them");
  expect_throws_text<ConfigError>([&] { clip_grad_norm({x}, 0); },
                                  "[clip_grad_norm] max_norm: 0; expected max_norm > 0 and finite");
  expect_throws_text<ConfigError>([&] { clip_grad_value({x}, kInf); },
                                  "[clip_grad_value] limit: inf; expected limit > 0 and finite");
  const Variable bad = parameter(zeros({2, 3}));
  bad.set_grad(from_values({0, 1, 2, 3, kInf, 5}, {2, 3}, kFloat32));
  expect_throws_text<AutogradError>(
      [&] {
        clip_grad_norm({x, bad}, 1e-3);
      },
      "[clip_grad_norm] gradient 1: inf at [1, 1]; expected finite "
      "numbers; allow_non_finite takes them as they are");
  EXPECT_EQ(x.grad().value().at({0}), 1) << "nothing has changed";
  clip_grad_norm({x, bad}, 1e-3, true);
  EXPECT_EQ(x.grad().value().at({0}), 0) << "as in PyTorch";
}

class BadGradients : public ::testing::Test {
 protected:
  BadGradients()
      : good_(with_gradient({1, 1}, {1, 1})),
        bad_(with_gradient({1, 1}, {1, kNan})),
        optimizer_({{"good", good_}, {"bad", bad_}}, {.lr = 0.5, .momentum = 0.5}) {}

  std::vector<double> good() { return good_.value().to_vector(); }
  Variable good_, bad_;
  Optimizer<Momentum> optimizer_;
};

TEST_F(BadGradients, AreAnErrorThatNamesTheParameter) {
  optimizer_.options().non_finite = NonFinite::kError;
  expect_throws_text<AutogradError>(
      [&] { optimizer_.step(); },
      "[Momentum] gradient of 'bad': nan at [1]; expected finite numbers");
  EXPECT_EQ(good(), (std::vector<double>{1, 1})) << "nothing has changed";
  EXPECT_EQ(optimizer_.state_dict().tensors.at("good/step").item(), 0);
  EXPECT_FALSE(optimizer_.state_dict().tensors.contains("good/v"));
  EXPECT_EQ(optimizer_.steps(), 0);
}

TEST_F(BadGradients, CanSkipTheStepWhichIsThenNotCounted) {
  optimizer_.options().non_finite = NonFinite::kSkip;
  optimizer_.schedule("lr", schedules::Step{.base = 0.5, .every = 1, .gamma = 0.5});
  optimizer_.step();
  EXPECT_TRUE(optimizer_.report().skipped);
  EXPECT_EQ(optimizer_.report().non_finite, "bad");
  EXPECT_EQ(good(), (std::vector<double>{1, 1}));
  EXPECT_EQ(optimizer_.steps(), 0);
  EXPECT_EQ(optimizer_.state_dict().tensors.at("good/step").item(), 0);
  bad_.set_grad(ones({2}, kFloat64));
  optimizer_.step();
  EXPECT_FALSE(optimizer_.report().skipped);
  EXPECT_EQ(optimizer_.report().non_finite, "");
  EXPECT_EQ(good(), (std::vector<double>{0.5, 0.5})) << "the first step of the schedule";
  EXPECT_EQ(optimizer_.steps(), 1);
}

TEST_F(BadGradients, CanCountAsZeroElementByElement) {
  optimizer_.options().non_finite = NonFinite::kZero;
  optimizer_.options().clip_norm = 100;
  optimizer_.step();
  EXPECT_EQ(optimizer_.report().non_finite, "bad");
  EXPECT_EQ(optimizer_.report().gradient_norm, std::sqrt(3.0));
  EXPECT_EQ(bad_.value().to_vector(), (std::vector<double>{0.5, 1}));
  EXPECT_EQ(good(), (std::vector<double>{0.5, 0.5}));
  EXPECT_TRUE(std::isnan(bad_.grad().value().at({1}))) << "the gradient stays";
}

TEST_F(BadGradients, SpreadUnlessSomebodyAsks) {
  optimizer_.step();
  EXPECT_TRUE(std::isnan(bad_.value().at({1})));
  EXPECT_EQ(good(), (std::vector<double>{0.5, 0.5}));
}

TEST(Schedules, AreFollowedAndGoOnAfterLoading) {
  const schedules::Linear lr{.base = 1, .start_factor = 1, .end_factor = 0, .steps = 8};
  const auto start = [&](const Variable& x) {
    auto optimizer = std::make_unique<Optimizer<Momentum>>(NamedParameters{{"x", x}});
    optimizer->schedule("lr", lr);
    optimizer->schedule(
        "momentum", [](double t) { return 0.1 * t; }, "default");
    return optimizer;
  };
  const Variable x = with_gradient({1}, {1}), y = with_gradient({1}, {1});
  const auto whole = start(x);
  for (int step = 0; step < 5; ++step) {
    whole->step();
    EXPECT_EQ(whole->group().lr, lr(step));
    EXPECT_EQ(whole->group().momentum, 0.1 * step);
  }
  const auto loaded = start(y);
  y.value().copy_from(x.value());
  loaded->load_state_dict(whole->state_dict());
  EXPECT_EQ(loaded->steps(), 5);
  for (int step = 5; step < 10; ++step) {
    whole->step();
    loaded->step();
    expect_same_bits(y.value(), x.value());
  }
  EXPECT_EQ(whole->group().lr, 0) << "a schedule may end at 0";
  loaded->load_state_dict(whole->state_dict());
  expect_throws_text<ConfigError>([&] { whole->schedule("beta1", 0.5); },
                                  "[Momentum] hyper-parameter: 'beta1'; expected one of lr, "
                                  "momentum, dampening, first_momentum, lr_placement, "
                                  "weight_decay, decay_mode");
  expect_throws_text<ConfigError>([&] { whole->schedule("lr", 0.5, "other"); },
                                  "[Momentum] group: 'other'; expected one of 'default'");
  whole->schedule("momentum", 2);
  expect_throws_text<ConfigError>([&] { whole->step(); },
                                  "[Momentum] momentum: 2; expected 0 <= momentum < 1");
}

TEST(Closures, ComputeTheLossFirst) {
  const Variable x = parameter(full({2}, 3, kFloat64));
  auto optimizer = sgd({x}, 0.25);
  const NoGradGuard off;
  for (const double expected : {18.0, 4.5}) {
    const double loss = optimizer.step([&] {
      optimizer.zero_grad();
      const Variable value = sum(x * x);
      value.backward();
      return value;
    });
    EXPECT_EQ(loss, expected);
  }
  EXPECT_EQ(x.value().at({0}), 0.75);
}

TEST(Hooks, SurroundTheStepUntilTheyAreRemoved) {
  const Variable x = with_gradient({1}, {1});
  auto optimizer = sgd({x}, 0.5);
  std::string calls;
  HookHandle before = optimizer.register_step_pre_hook(
      [&](AnyOptimizer&) { calls += "before " + to_text(x.value().item()) + ", "; });
  optimizer.register_step_post_hook([&](AnyOptimizer& self) {
    calls += std::string(self.rule_name()) + " " + to_text(x.value().item()) + "; ";
  });
  optimizer.step();
  before.remove();
  optimizer.step();
  EXPECT_EQ(calls, "before 1, SGD 0.5; SGD 0; ");
}

TEST(LrZero, MovesTheStateAlone) {
  for (const std::string& rule : rule_names()) {
    const Tensor start = tensor({{1, -2}, {0.5, 3}}, kFloat64);
    const Variable x = parameter(start.clone());
    const auto optimizer = make_optimizer(rule, {{"w", x}}, {{"lr", 0}});
    for (int step = 0; step < 3; ++step) {
      x.set_grad(tensor({{0.5, 1}, {-1, 0.25}}, kFloat64));
      optimizer->step();
      EXPECT_EQ(sum(abs(x.value() - start)).item(), 0) << rule;
    }
    const StateDict after = optimizer->state_dict();
    EXPECT_EQ(after.tensors.at("w/step").item(), 3) << rule;
    bool moved = false;
    for (const auto& [name, state] : after.tensors) {
      if (!state.numel() || name == "w/step") continue;
      EXPECT_TRUE(state.dtype() == kUInt8 || all(isfinite(state)).item() != 0) << rule << name;
      moved = moved || sum(abs(state.to(kFloat64))).item() != 0;
    }
    // SGD has no state, and with the lr inside, LARS keeps its velocity at 0.
    EXPECT_EQ(moved, rule != "SGD" && rule != "LARS") << rule;
    // A warm-up from 0 goes on with finite numbers.
    optimizer->set_hyper_parameter("lr", 0.1);
    optimizer->step();
    EXPECT_TRUE(all(isfinite(x.value())).item() != 0) << rule;
    EXPECT_NE(sum(abs(x.value() - start)).item(), 0) << rule;
  }
}

TEST(FullyDecoupledDecay, GoesWithTheShareOfLr) {
  // The same as the usual one at the lr of the start, and then with the product it had.
  const Variable a = with_gradient({1, -2}, {0.5, 1}), b = with_gradient({1, -2}, {0.5, 1});
  Optimizer<AdamW> fully({{"x", a}}, {.lr = 0.25, .weight_decay = 0.125});
  Optimizer<AdamW> usual({{"x", b}}, {.lr = 0.25, .weight_decay = 0.5});
  fully.set_hyper_parameter("decay_mode", static_cast<double>(DecayMode::kFullyDecoupled));
  for (int step = 0; step < 6; ++step) {
    fully.group().lr = usual.group().lr = step < 3 ? 0.25 : 0.0625;
    fully.step();
    usual.step();
    expect_same_bits(a.value(), b.value());
  }
  // max_lr is part of the state.
  const Variable c = with_gradient({1, -2}, {0.5, 1});
  c.value().copy_from(a.value());
  Optimizer<AdamW> resumed({{"x", c}}, {.lr = 1e-3});
  resumed.load_state_dict(fully.state_dict());
  resumed.step();
  fully.step();
  expect_same_bits(c.value(), a.value());
  // Nothing decays at lr 0. A group that begins there has no max_lr to be relative to.
  const Variable d = with_gradient({1, -2}, {0.5, 1});
  Optimizer<AdamW> late({{"x", d}}, {.lr = 0, .weight_decay = 0.125});
  late.set_hyper_parameter("decay_mode", static_cast<double>(DecayMode::kFullyDecoupled));
  late.step();
  expect_same_bits(d.value(), tensor({1, -2}, d.dtype()));
  late.set_hyper_parameter("lr", 0.25);
  expect_throws_text<ConfigError>(
      [&] { late.step(); },
      "[AdamW] max_lr: 0, the lr that group 'default' began with; expected set_max_lr() before lr "
      "rises, since fully decoupled decay is relative to it");
  late.set_max_lr("default", 0.25);
  late.step();
  EXPECT_LT(d.value().at({0}), 1 - 0.125);
  fully.set_max_lr("default", 0.5);
  EXPECT_EQ(fully.state_dict().engine.at("max_lr/default"), 0.5);
  expect_throws_text<ConfigError>([&] { fully.set_max_lr("default", 0); },
                                  "[AdamW] max_lr: 0; expected max_lr > 0 and finite");
  expect_throws_text<ConfigError>([&] { fully.set_hyper_parameter("decay_mode", 3); },
                                  "[AdamW] decay_mode: 3; expected a whole number from 0 to 2");
}

}  // namespace
}  // namespace gradus::testing
