// Stepping inside backward.
#include "optim/gradient_release.h"

#include <gtest/gtest.h>

#include <cmath>

#include "autograd/checkpoint.h"
#include "autograd/ops_all.h"
#include "optim/optimizer.h"
#include "optim/rules/adamw.h"
#include "optim/rules/sgd.h"
#include "optim/schedules/linear.h"
#include "tensor/elementwise/tanh.h"
#include "tensor/memory.h"
#include "tensor/random.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;

// Six layers, of which one is used twice and one is frozen.
struct Net {
  explicit Net(std::int64_t n, DType dtype = kFloat64) {
    Generator rng(1);
    for (int i = 0; i < 6; ++i)
      weights.push_back(parameter(uniform({n, n}, -0.5, 0.5, rng, dtype)));
    weights[3].set_requires_grad(false);
    x = uniform({4, n}, -1, 1, rng, dtype);
  }
  Variable loss(double target) const {
    Variable y = x;
    for (const Variable& w : weights) y = tanh(matmul(y, w));
    y = matmul(y, weights[1]);
    return sum((y - target) * (y - target));
  }
  NamedParameters parameters() const {
    NamedParameters named;
    for (const Variable& w : weights) named.emplace_back("w" + std::to_string(named.size()), w);
    return named;
  }
  std::vector<Variable> weights;
  Tensor x;
};

void expect_same_weights(const Net& a, const Net& b) {
  for (std::size_t i = 0; i < a.weights.size(); ++i) {
    expect_same_bits(a.weights[i].value(), b.weights[i].value(), std::to_string(i));
  }
}

TEST(GradientRelease, GivesTheBitsOfThePlainLoop) {
  for (const std::string& rule : rule_names()) {
    for (const DType dtype : {kFloat64, kBFloat16}) {
      const Net released(5, dtype), plain(5, dtype);
      const auto a = make_optimizer(rule, released.parameters());
      const auto b = make_optimizer(rule, plain.parameters());
      auto* const engine = dynamic_cast<Engine*>(a.get());
      if (engine == nullptr) continue;
      const schedules::Linear lr{.base = 0.1, .start_factor = 1, .end_factor = 0.5, .steps = 4};
      engine->schedule("lr", lr);
      dynamic_cast<Engine&>(*b).schedule("lr", lr);
      const GradientRelease release(*engine);
      for (int step = 0; step < 5; ++step) {
        released.loss(step).backward();
        for (const Variable& w : released.weights) EXPECT_FALSE(w.grad().defined());
        plain.loss(step).backward();
        for (AnyOptimizer* each : {a.get(), b.get()}) {
          each->step();
          each->zero_grad();
        }
        expect_same_weights(released, plain);
      }
      EXPECT_EQ(engine->steps(), 5);
      for (const auto& [key, value] : b->state_dict().tensors) {
        expect_same_bits(a->state_dict().tensors.at(key), value, rule + " " + key);
      }
    }
  }
}

TEST(GradientRelease, LeavesNoGradientAfterBackward) {
  const auto left = [](bool release) {
    const Net net(128, kFloat32);
    Optimizer<SGD> optimizer(net.parameters(), {.lr = 1e-3});
    std::unique_ptr<GradientRelease> with;
    if (release) with = std::make_unique<GradientRelease>(optimizer);
    const Variable loss = net.loss(0);
    const std::int64_t before = memory_stats().current_bytes;
    loss.backward();
    return memory_stats().current_bytes - before;
  };
  const std::int64_t one = 128 * 128 * 4;
  EXPECT_EQ(left(false) - left(true), 5 * one) << "one for each parameter that is not frozen";
}

TEST(GradientRelease, LowersThePeakOfBackwardByTheGradients) {
  constexpr std::int64_t kLayers = 20, n = 64;
  const auto peak = [](bool release) {
    Generator rng(1);
    std::vector<Variable> weights;
    for (std::int64_t i = 0; i < kLayers; ++i)
      weights.push_back(parameter(uniform({n, n}, -0.1, 0.1, rng)));
    Optimizer<SGD> optimizer(weights, {.lr = 1e-3});
    std::unique_ptr<GradientRelease> with;
    if (release) with = std::make_unique<GradientRelease>(optimizer);
    Variable y = ones({2, n});
    for (const Variable& w : weights) y = tanh(matmul(y, w));
    const Variable loss = sum(y);
    const std::int64_t before = memory_stats().current_bytes;
    reset_peak_memory();
    loss.backward();
    return memory_stats().peak_bytes - before;
  };
  const std::int64_t one = n * n * 4, plain = peak(false), released = peak(true);
  // One gradient exists at a time, and what a step of it takes for a moment.
  EXPECT_LE(released, 3 * one);
  EXPECT_GE(plain - released, (kLayers - 3) * one);
}

TEST(GradientRelease, OfCheckpointedLayersGivesTheSameBits) {
  const Net released(5), plain(5);
  Optimizer<AdamW> a(released.parameters(), {.lr = 0.1}), b(plain.parameters(), {.lr = 0.1});
  const GradientRelease release(a);
  const auto loss = [](const Net& net) {
    const auto part = [&net](const Variable& x) {
      return tanh(matmul(tanh(matmul(x, net.weights[0])), net.weights[1]));
    };
    // The second weight is read inside both, and once more before them.
    const Variable first = checkpoint(part, matmul(net.x, net.weights[1]));
    return sum(checkpoint(part, matmul(first, net.weights[2])));
  };
  for (int step = 0; step < 3; ++step) {
    loss(released).backward();
    loss(plain).backward();
    for (AnyOptimizer* each : {static_cast<AnyOptimizer*>(&a), static_cast<AnyOptimizer*>(&b)}) {
      each->step();
      each->zero_grad();
    }
    expect_same_weights(released, plain);
  }
}

TEST(GradientRelease, ClipsByTheNormBefore) {
  const Net released(5), plain(5);
  Optimizer<SGD> a(released.parameters(), {.lr = 0.1}), b(plain.parameters(), {.lr = 0.1});
  const double limit = 0.5;
  GradientRelease release(a, ReleaseClip::kPreviousNorm, limit);
  double before = -1;
  for (int step = 0; step < 4; ++step) {
    released.loss(1).backward();
    plain.loss(1).backward();
    double squares = 0;
    for (const Variable& w : plain.weights) {
      if (!w.requires_grad()) continue;
      for (const double g : w.grad().value().to_vector()) squares += g * g;
      // By hand: the first backward is not scaled.
      if (before >= 0)
        w.set_grad(w.grad().value() * full({}, std::min(1.0, limit / (before + 1e-6)), kFloat64));
    }
    // 150 squares in another order.
    EXPECT_NEAR(release.norm(), std::sqrt(squares), 1e-13 * std::sqrt(squares));
    before = std::sqrt(squares);
    a.step();
    b.step();
    b.zero_grad();
    for (std::size_t i = 0; i < 6; ++i) {
      expect_close(released.weights[i].value(), plain.weights[i].value(), 0, 1e-12);
    }
  }
  EXPECT_GT(before, limit) << "or nothing was clipped";
}

TEST(GradientRelease, ClipsExactlyInTwoPasses) {
  const Net released(5), plain(5);
  Optimizer<AdamW> a(released.parameters(), {.lr = 0.1}), b(plain.parameters(), {.lr = 0.1});
  b.options().clip_norm = 0.5;
  GradientRelease release(a, ReleaseClip::kTwoPass, 0.5);
  for (int step = 0; step < 4; ++step) {
    const Variable loss = released.loss(1);
    release.measure(true);
    const Tensor before = released.weights[0].value().clone();
    loss.backward({.retain_graph = true});
    expect_same_bits(released.weights[0].value(), before, "only measured");
    release.measure(false);
    released.loss(1).backward();
    a.step();
    plain.loss(1).backward();
    b.step();
    b.zero_grad();
    EXPECT_LT(b.report().clip_coefficient, 1);
    // The norm is summed in another order: 1e-16 of the gradients, in each step.
    for (std::size_t i = 0; i < 6; ++i) {
      expect_close(released.weights[i].value(), plain.weights[i].value(), 0, 1e-12);
    }
  }
  expect_throws_text<ConfigError>([&] { released.loss(1).backward(); },
                                  "[GradientRelease] backward: not measured; expected "
                                  "measure(true) and a backward before");
}

TEST(GradientRelease, LeavesOutBadGradientsOfOneParameter) {
  const Variable good = parameter(ones({2})), bad = parameter(ones({2}));
  Optimizer<SGD> optimizer({{"good", good}, {"bad", bad}}, {.lr = 0.5});
  optimizer.options().non_finite = NonFinite::kSkip;
  const GradientRelease release(optimizer);
  sum(good + bad * Tensor(std::nan(""))).backward();
  EXPECT_EQ(good.value().at({0}), 0.5);
  EXPECT_EQ(bad.value().at({0}), 1);
  EXPECT_EQ(optimizer.state_dict().tensors.at("bad/step").item(), 0);
  EXPECT_EQ(optimizer.report().non_finite, "bad");
}

TEST(GradientRelease, EndsWithItsObject) {
  const Net net(3);
  Optimizer<SGD> optimizer(net.parameters());
  { const GradientRelease release(optimizer); }
  const Tensor before = net.weights[0].value().clone();
  net.loss(1).backward();
  EXPECT_TRUE(net.weights[0].grad().defined());
  expect_same_bits(net.weights[0].value(), before);
  const GradientRelease again(optimizer);
  expect_throws_text<ConfigError>([&] { GradientRelease twice(optimizer); },
                                  "[GradientRelease] optimizer: has one already; expected none");
}

TEST(GradientRelease, RefusesLimitsThatItCannotKeep) {
  const Net net(3);
  Optimizer<SGD> optimizer(net.parameters());
  expect_throws_text<ConfigError>(
      [&] { GradientRelease bad(optimizer, ReleaseClip::kPreviousNorm, 0); },
      "[GradientRelease] max_norm: 0; expected max_norm > 0 and finite");
  GradientRelease plain(optimizer);
  expect_throws_text<ConfigError>(
      [&] { plain.measure(true); },
      "[GradientRelease] measure: of two passes; expected ReleaseClip::kTwoPass");
  Optimizer<SGD> clipped(Net(3).parameters());
  clipped.options().clip_norm = 1;
  expect_throws_text<ConfigError>(
      [&] { GradientRelease bad(clipped); },
      "[GradientRelease] clip_norm: 1 in the options; expected 0 and max_norm here");
}

}  // namespace
}  // namespace gradus::testing
