// Parameters of 16 bits: the rules compute in float32, and nothing of the update is lost.
#include "optim/low_precision.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "optim/optimizer.h"
#include "optim/rules/adam.h"
#include "optim/rules/adamw.h"
#include "optim/rules/sgd.h"
#include "tensor/random.h"
#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;

// Numbers that the half dtype holds, so that both runs start at the same place.
Tensor numbers(const Shape& shape, std::uint64_t seed, DType half, double scale = 1) {
  Generator rng(seed);
  return uniform(shape, -scale, scale, rng, half);
}

// The float32 master copy of a parameter.
Tensor master_of(const Variable& theta, const Tensor& low) {
  const Tensor master = zeros(theta.shape());
  load_half(theta.dtype(), LowPrecision::kSplitMaster, theta.value().raw_data(), low.raw_data(),
            theta.numel(), master.data<float>());
  return master;
}

std::unique_ptr<AnyOptimizer> made(const std::string& rule, const Variable& x) {
  return make_optimizer(rule, {{"x", x}}, {{"lr", 0.01}, {"weight_decay", 0.1}});
}

class HalfDtypes : public ::testing::TestWithParam<DType> {};

TEST_P(HalfDtypes, SplitMasterIsAFloat32MasterBitForBit) {
  const DType half = GetParam();
  const std::int64_t n = 3 * kPieceSize / 2 + 5;
  for (const std::string& rule : rule_names()) {
    SCOPED_TRACE(rule);
    const Variable theta = parameter(numbers({n}, 1, half));
    const Variable whole = parameter(theta.value().to(kFloat32));
    const auto split = made(rule, theta), plain = made(rule, whole);
    StateDict a, b;
    for (int step = 0; step < 12; ++step) {
      const Tensor g = numbers({n}, 2 + step, half, step < 6 ? 1 : 0.01);
      theta.set_grad(g);
      whole.set_grad(g.to(kFloat32));
      split->step();
      plain->step();
    }
    a = split->state_dict(), b = plain->state_dict();
    const Tensor master = master_of(theta, a.tensors.at("x/low"));
    const float* const got = master.data<float>();
    const float* const expected = whole.value().data<float>();
    std::int64_t differ = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      // Below 2^-17 the master of a float16 is a multiple of 2^-40.
      const bool exact = half == kBFloat16 || std::fabs(expected[i]) >= 0x1p-16f;
      if (exact ? got[i] != expected[i] : std::fabs(got[i] - expected[i]) > 12 * 0x1p-41f) ++differ;
      const float rounded = half == kBFloat16 ? BFloat16(expected[i]) : Float16(expected[i]);
      // Half a unit at most from the master (ties go away from 0).
      if (!exact) continue;
      EXPECT_LE(std::fabs(theta.value().at({i}) - expected[i]), std::fabs(rounded - expected[i]));
    }
    EXPECT_EQ(differ, 0);
    if (half != kBFloat16) continue;  // decay makes the few small ones differ
    for (const auto& [key, value] : b.tensors) expect_same_bits(a.tensors.at(key), value, key);
  }
}

TEST_P(HalfDtypes, StateIsFloat32AndGradientsStay) {
  const DType half = GetParam();
  for (const std::string& rule : rule_names()) {
    const Variable theta = parameter(numbers({7}, 1, half));
    const Tensor g = numbers({7}, 2, half);
    theta.set_grad(g);
    const Tensor before = g.clone();
    const auto optimizer = made(rule, theta);
    optimizer->step();
    expect_same_bits(g, before, rule);
    EXPECT_EQ(theta.dtype(), half);
    for (const auto& [key, value] : optimizer->state_dict().tensors) {
      const bool is_number = value.rank() == 0;  // which the rule keeps
      const DType expected = key == "x/step"  ? kInt64
                             : key == "x/low" ? kUInt8
                             : is_number      ? kFloat64
                                              : kFloat32;
      EXPECT_EQ(name(value.dtype()), name(expected)) << rule << " " << key;
    }
  }
}

TEST_P(HalfDtypes, GoOnAfterLoadingInEveryWay) {
  const DType half = GetParam();
  for (int way = 0; way < 4; ++way) {
    const auto start = [&](const Variable& x) {
      auto optimizer = std::make_unique<Optimizer<AdamW>>(NamedParameters{{"x", x}},
                                                          AdamW{.lr = 0.01, .weight_decay = 0.1});
      optimizer->options().low_precision = static_cast<LowPrecision>(way);
      optimizer->options().seed = 7;
      return optimizer;
    };
    const auto train = [&](AnyOptimizer& optimizer, const Variable& x, int from, int to) {
      for (int step = from; step < to; ++step) {
        x.set_grad(numbers({50}, 100 + step, half));
        optimizer.step();
      }
    };
    const Variable x = parameter(numbers({50}, 1, half));
    const auto whole = start(x);
    train(*whole, x, 0, 5);
    const StateDict saved = whole->state_dict();
    const Variable y = parameter(x.value().clone());
    const auto loaded = start(y);
    loaded->options().seed = 0;  // the saved one counts
    loaded->load_state_dict(saved);
    train(*whole, x, 5, 10);
    train(*loaded, y, 5, 10);
    expect_same_bits(y.value(), x.value(), "way " + std::to_string(way));
    const StateDict a = whole->state_dict(), b = loaded->state_dict();
    EXPECT_EQ(a.tensors.size(), b.tensors.size());
    for (const auto& [key, value] : a.tensors) expect_same_bits(b.tensors.at(key), value, key);
  }
}

TEST_P(HalfDtypes, DoNotDependOnThreadsInAnyWay) {
  const std::int64_t n = 2 * kPieceSize + 77;
  for (int way = 0; way < 4; ++way) {
    const auto run = [&](int threads) {
      const WithThreads with(threads);
      const Variable x = parameter(numbers({n}, 1, GetParam()));
      Optimizer<Adam> optimizer(NamedParameters{{"x", x}});
      optimizer.options().low_precision = static_cast<LowPrecision>(way);
      for (int step = 0; step < 3; ++step) {
        x.set_grad(numbers({n}, 2 + step, GetParam()));
        optimizer.step();
      }
      return x.value();
    };
    expect_same_bits(run(3), run(1), "way " + std::to_string(way));
  }
}

INSTANTIATE_TEST_SUITE_P(, HalfDtypes, ::testing::Values(kFloat16, kBFloat16),
                         [](const auto& test) { return std::string(name(test.param)); });

// Ones under a decay of 1e-5 in each of 10,000 steps, no gradient.
Tensor decayed(LowPrecision way, Tensor& low, DType dtype = kBFloat16) {
  const Variable x = parameter(ones({4096}, dtype));
  Optimizer<AdamW> optimizer(NamedParameters{{"x", x}}, {.lr = 1e-3, .weight_decay = 1e-2});
  optimizer.options().low_precision = way;
  x.set_grad(zeros({4096}, dtype));
  for (int step = 0; step < 10000; ++step) optimizer.step();
  const StateDict saved = optimizer.state_dict();
  if (saved.tensors.contains("x/low")) low = saved.tensors.at("x/low");
  return x.value();
}

TEST(BFloat16Decay, OfTenThousandSmallStepsIsKept) {
  Tensor low;
  const Tensor plain = decayed(LowPrecision::kSplitMaster, low, kFloat32);
  const Tensor split = decayed(LowPrecision::kSplitMaster, low);
  const Tensor master = master_of(Variable(split), low);
  expect_same_bits(master, plain, "the master copy is the float32 run");
  // 10,000 differences, each rounded to the nearest of a spacing of 2^-24: most of it cancels.
  EXPECT_NEAR(master.at({0}), 0.9048374, 3e-5);
  EXPECT_EQ(to_text(std::round(master.at({0}) * 1e4) / 1e4), "0.9048");
  EXPECT_EQ(split.at({0}), BFloat16(static_cast<float>(master.at({0}))));

  const Tensor kahan = decayed(LowPrecision::kKahan, low);
  // 16 digits: each product may be off by 2^-17 of the value, but 0.9154 is far from 1.
  EXPECT_NEAR(kahan.at({0}) + low.at({0}), 0.91543, 0.005);

  const Tensor chance = decayed(LowPrecision::kStochastic, low);
  double sum = 0;
  for (const double value : chance.to_vector()) sum += value;
  // One element falls about 25 +- 5 times by 2^-8; the mean of 4096 has a standard deviation of
  // 3e-4, and five of them are allowed.
  EXPECT_NEAR(sum / 4096, 0.9048374, 1.5e-3);

  EXPECT_EQ(decayed(LowPrecision::kNearest, low).at({0}), 1) << "what the others are there for";
}

TEST(BFloat16State, FollowsAGradientThatDrops) {
  const Variable x = parameter(ones({1}, kBFloat16));
  Optimizer<Adam> optimizer(NamedParameters{{"x", x}}, {.beta2 = 0.999});
  double v = 0;
  for (int step = 0; step < 4000; ++step) {
    const double g = step < 1000 ? 1 : 0.0625;
    x.set_grad(full({1}, g, kBFloat16));
    optimizer.step();
    v = 0.999 * v + 0.001 * g * g;
  }
  EXPECT_LT(v, 0.05);
  // 4000 steps with two roundings of at most 2^-24 each, of which old ones fade.
  EXPECT_NEAR(optimizer.state_dict().tensors.at("x/v").item(), v, v * 2000 * 0x1p-24);
}

TEST(SplitMaster, HoldsTheEdgesOfBothDtypes) {
  const auto there_and_back = [](DType dtype, float x) {
    std::uint16_t theta = 0;
    std::int16_t low = 0;
    store_half(dtype, LowPrecision::kSplitMaster, &x, 1, {}, &theta, &low);
    float back = 0;
    load_half(dtype, LowPrecision::kSplitMaster, &theta, &low, 1, &back);
    return back;
  };
  const float inf = std::numeric_limits<float>::infinity();
  for (const float x : {0.0f, -0.0f, 1.0f, -1.0f, 1.00390625f, 1.0039062f, 1.0039064f, 1e-40f,
                        -1e-45f, 3.4028235e38f, -3.4028235e38f, 3.3895314e38f, 1e-38f, inf, -inf,
                        0.1f, 65504.0f, 123456.78f}) {
    const float back = there_and_back(kBFloat16, x);
    EXPECT_EQ(std::memcmp(&back, &x, 4), 0) << x;
  }
  EXPECT_TRUE(std::isnan(there_and_back(kBFloat16, std::nanf(""))));
  for (const float x : {0.0f,
                        -0.0f,
                        1.0f,
                        -1.00048828125f,
                        1.0004882f,
                        1.0004884f,
                        65504.0f,
                        65519.99f,
                        -65519.99f,
                        6.1035156e-05f,
                        6.1035153e-05f,
                        -6.1035153e-05f,
                        6.1005353e-05f,
                        3.0517578e-05f,
                        1.5258789e-05f,
                        -7.6293945e-06f,
                        inf,
                        -inf,
                        0.1f,
                        0x1p-24f,
                        0x1p-25f,
                        0x3p-25f,
                        0x1p-40f,
                        -0x5p-40f}) {
    const float back = there_and_back(kFloat16, x);
    EXPECT_EQ(std::memcmp(&back, &x, 4), 0) << x;
  }
  EXPECT_TRUE(std::isnan(there_and_back(kFloat16, std::nanf(""))));
  EXPECT_EQ(there_and_back(kFloat16, 1e6f), inf) << "as the parameter";
  EXPECT_EQ(there_and_back(kFloat16, 0x1.8p-42f), 0) << "below half of 2^-40";
  // Every float between two neighbours of a dtype.
  for (const float from : {1.0f, 6.0e-05f, 0.3f, 1.6e-05f}) {
    float x = from;
    for (int i = 0; i < 70000; ++i, x = std::nextafter(x, inf)) {
      ASSERT_EQ(there_and_back(kBFloat16, x), x);
      ASSERT_EQ(there_and_back(kFloat16, -x), -x);
    }
  }
}

TEST(SplitMaster, FollowsAParameterThatIsSetAnew) {
  const Variable x = parameter(ones({1}, kBFloat16));
  Optimizer<SGD> optimizer(NamedParameters{{"x", x}}, {.lr = 1e-4});
  x.set_grad(ones({1}, kBFloat16));
  for (int i = 0; i < 10; ++i) optimizer.step();
  x.value().copy_from(full({1}, 5, kBFloat16));
  optimizer.step();
  EXPECT_EQ(x.value().item(), 5) << "what was left over stays, but it is less than half a unit";
}

TEST(StochasticRounding, IsUnbiasedAndDependsOnTheSeed) {
  for (const DType dtype : {kBFloat16, kFloat16}) {
    const std::int64_t n = 40000;
    // A third of the way between two neighbours, and between subnormal ones.
    for (const double x : {1 + 0x1p-10 / 3, 0x1p-24 * (1 + 1.0 / 3), -3.0001}) {
      const std::vector<float> values(n, static_cast<float>(x));
      Tensor rounded = zeros({n}, dtype), other = zeros({n}, dtype);
      store_half(dtype, LowPrecision::kStochastic, values.data(), n, {1, 1, 0}, rounded.raw_data(),
                 nullptr);
      store_half(dtype, LowPrecision::kStochastic, values.data(), n, {2, 1, 0}, other.raw_data(),
                 nullptr);
      double sum = 0, low = 1e30, high = -1e30;
      for (const double value : rounded.to_vector()) {
        sum += value;
        low = std::min(low, value);
        high = std::max(high, value);
      }
      EXPECT_LE(low, values[0]);
      EXPECT_GE(high, values[0]);
      // Five standard deviations of the mean of n coins with two sides high - low apart.
      EXPECT_NEAR(sum / n, values[0], 5 * (high - low) / 2 / std::sqrt(n)) << name(dtype) << x;
      EXPECT_FALSE(bitwise_equal(rounded, other));
    }
  }
}

TEST(LowPrecisionRanges, RefuseWhatIsZeroInFloat32WhereThatIsComputedIn) {
  const auto step = [](DType dtype, double lr, double eps) {
    const Variable x = parameter(ones({2}, dtype));
    x.set_grad(zeros({2}, dtype));
    const auto adam = make_optimizer("Adam", {{"x", x}}, {{"lr", lr}, {"eps", eps}});
    adam->step();
    return x.value().at({0});
  };
  for (const DType dtype : {kFloat16, kBFloat16, kFloat32}) {
    expect_throws_text<ConfigError>([&] { step(dtype, 1e-50, 1e-8); },
                                    "[Adam] lr: 1e-50 is 0 in float32; expected at least 1e-44, or "
                                    "parameters of float64");
    expect_throws_text<ConfigError>([&] { step(dtype, 0.1, 1e-60); },
                                    "[Adam] eps: 1e-60 is 0 in float32; expected at least 1e-44, "
                                    "or parameters of float64");
    // What is 0 in float16 only is none of it: a gradient of 0 over eps = 1e-8 moves nothing.
    EXPECT_EQ(step(dtype, 1e-8, 1e-8), 1);
  }
  EXPECT_EQ(step(kFloat64, 1e-50, 1e-60), 1);
  // And an lr that float16 has no number for adds up in the master copy.
  const Variable x = parameter(ones({1}, kFloat16));
  Optimizer<SGD> sgd({{"x", x}}, {.lr = 1e-8});
  x.set_grad(full({1}, 1000, kFloat16));
  for (int t = 0; t < 100; ++t) sgd.step();
  EXPECT_NEAR(x.value().at({0}), 0.999, 5e-4);
}

TEST(LowPrecisionWays, CannotChangeOnceThereIsState) {
  const Variable x = parameter(ones({2}, kBFloat16));
  Optimizer<SGD> optimizer(NamedParameters{{"x", x}});
  x.set_grad(ones({2}, kBFloat16));
  optimizer.step();
  const StateDict saved = optimizer.state_dict();
  optimizer.options().low_precision = LowPrecision::kKahan;
  expect_throws_text<ConfigError>([&] { optimizer.step(); },
                                  "[SGD] low_precision: another way than the state was made with; "
                                  "expected way 0");
  expect_throws_text<ConfigError>([&] { optimizer.load_state_dict(saved); },
                                  "[SGD] state_dict: low_precision 0; expected 1");
}

}  // namespace
}  // namespace gradus::testing
