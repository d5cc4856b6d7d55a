// What tells attention the places of a sequence: added sines, added learned vectors, turned pairs.
#include <gtest/gtest.h>

#include <cmath>

#include "nn/learned_positional_encoding.h"
#include "nn/rotary_positional_encoding.h"
#include "nn/sinusoidal_positional_encoding.h"
#include "tensor/elementwise/mul.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"
#include "tests/support/module_cases.h"

namespace gradus::nn {
namespace {

using testing::expect_same_bits;
using testing::expect_throws_text;
using testing::ModuleCase;

TEST(SinusoidalPositionalEncoding, IsThatOfTheFormula) {
  testing::check_function("sinusoidal_positional_encoding",
                          [](const ModuleCase& c, const std::vector<Variable>& in) {
                            const SinusoidalPositionalEncoding encoding(
                                c.integer("channels"), c.integer("max_length"), c.dtype);
                            encoding.to(c.device);
                            return encoding(in[0]);
                          });
}

TEST(LearnedPositionalEncoding, IsThatOfPyTorch) {
  testing::check_module("learned_positional_encoding", [](const ModuleCase& c) {
    return testing::made(
        LearnedPositionalEncoding(c.integer("max_length"), c.integer("channels"), c.rng, c.dtype));
  });
}

TEST(RotaryPositionalEncoding, IsThatOfTheFormula) {
  testing::check_function("rotary_positional_encoding",
                          [](const ModuleCase& c, const std::vector<Variable>& in) {
                            return RotaryPositionalEncoding({.base = c.number("base"),
                                                             .interleaved = c.flag("interleaved"),
                                                             .offset = c.integer("offset")})(in[0]);
                          });
}

TEST(Rotary, GradientsAreThoseOfDifferences) {
  for (const bool interleaved : {false, true}) {
    testing::expect_gradients(
        "rotary", [&](auto in) { return rotary(in[0], {.interleaved = interleaved}) * in[1]; },
        {testing::gap_parameter({2, 3, 4}, -1, 1, 1), testing::gap_parameter({2, 3, 4}, -1, 1, 2)});
  }
}

TEST(Rotary, MakesProductsDependOnTheDistanceAlone) {
  Generator rng(3);
  const Tensor q = normal({1, 8}, 0, 1, rng, kFloat64), k = normal({1, 8}, 0, 1, rng, kFloat64);
  const auto product = [&](std::int64_t at_q, std::int64_t at_k) {
    return sum(rotary(q, {.offset = at_q}).value() * rotary(k, {.offset = at_k}).value()).item();
  };
  EXPECT_NEAR(product(7, 3), product(104, 100), 1e-12);
  EXPECT_GT(std::fabs(product(7, 3) - product(8, 3)), 1e-3);
}

TEST(Rotary, RoundsHalfTypesOnce) {
  Generator rng(3);
  const Tensor x = normal({5, 8}, 0, 1, rng).to(kBFloat16);
  expect_same_bits(rotary(x).value(), rotary(x.to(kFloat32)).value().to(kBFloat16));
}

TEST(PositionalEncodings, HaveTheStateTheyShould) {
  Generator rng(3);
  EXPECT_TRUE(SinusoidalPositionalEncoding(4, 8).state_dict().empty());
  EXPECT_EQ(to_string(SinusoidalPositionalEncoding(4, 8)), "SinusoidalPositionalEncoding(8, 4)");
  const LearnedPositionalEncoding learned(100, 64, rng);
  EXPECT_EQ(learned.state_dict().at(0).first, "weight");
  EXPECT_NEAR(std(learned.weight.value()).item(), 0.02, 0.001);  // of 6400: 5 deviations
  EXPECT_EQ(to_string(learned), "LearnedPositionalEncoding(100, 64)");
  EXPECT_EQ(to_string(RotaryPositionalEncoding()),
            "RotaryPositionalEncoding(base=10000.0, interleaved=True)");
}

TEST(PositionalEncodings, ErrorsSayWhatFits) {
  Generator rng(3);
  expect_throws_text<ShapeError>(
      [] {
        SinusoidalPositionalEncoding(4, 8)(zeros({2, 9, 4}));
      },
      "[SinusoidalPositionalEncoding] x is [2, 9, 4]; expected [..., T, 4] with T <= 8, "
      "max_length");
  expect_throws_text<ShapeError>(
      [&] { LearnedPositionalEncoding(8, 4, rng)(zeros({4})); },
      "[LearnedPositionalEncoding] x is [4]; expected [..., T, 4] with T <= 8, max_length");
  expect_throws_text<ConfigError>(
      [] { SinusoidalPositionalEncoding(0); },
      "[SinusoidalPositionalEncoding] max_length, channels: 1000, 0; expected >= 1");
  expect_throws_text<ConfigError>(
      [&] { LearnedPositionalEncoding(0, 3, rng); },
      "[LearnedPositionalEncoding] max_length, channels: 0, 3; expected >= 1");
  expect_throws_text<ConfigError>(
      [] { sinusoidal_positions(4, 0); },
      "[sinusoidal_positions] length, channels: 4, 0; expected length >= 0, channels >= 1");
  expect_throws_text<ShapeError>(
      [] {
        rotary(zeros({4, 3}));
      },
      "[rotary] x is [4, 3]; expected [..., T, D] with an even D");
  expect_throws_text<ShapeError>([] { rotary(zeros({4})); },
                                 "[rotary] x is [4]; expected [..., T, D] with an even D");
  expect_throws_text<DTypeError>(
      [] {
        rotary(zeros({4, 2}, kInt64));
      },
      "[rotary] x: int64; expected a floating dtype");
  expect_throws_text<ConfigError>(
      [] {
        rotary(zeros({4, 2}), {.base = 0});
      },
      "[rotary] base: 0; expected a number > 0");
  expect_throws_text<ConfigError>(
      [] {
        rotary(zeros({4, 2}), {.offset = -1});
      },
      "[rotary] offset: -1; expected >= 0");
}

}  // namespace
}  // namespace gradus::nn
