// What schedules refuse, and what holds for all of them.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "optim/schedules/chained.h"
#include "optim/schedules/constant.h"
#include "optim/schedules/cosine.h"
#include "optim/schedules/cosine_annealing.h"
#include "optim/schedules/cosine_hard_restarts.h"
#include "optim/schedules/cosine_warm_restarts.h"
#include "optim/schedules/cosine_with_warmup.h"
#include "optim/schedules/cyclic.h"
#include "optim/schedules/exponential.h"
#include "optim/schedules/exponential_decay.h"
#include "optim/schedules/factor.h"
#include "optim/schedules/inverse_sqrt.h"
#include "optim/schedules/linear.h"
#include "optim/schedules/multi_step.h"
#include "optim/schedules/multiplicative.h"
#include "optim/schedules/one_cycle.h"
#include "optim/schedules/piecewise_constant.h"
#include "optim/schedules/piecewise_interpolate.h"
#include "optim/schedules/polynomial.h"
#include "optim/schedules/range_test.h"
#include "optim/schedules/sequential.h"
#include "optim/schedules/square_root.h"
#include "optim/schedules/step.h"
#include "optim/schedules/swa.h"
#include "optim/schedules/warmup.h"
#include "optim/schedules/wsd.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;
using namespace gradus::optim::schedules;

const double kNan = std::nan(""), kInf = std::numeric_limits<double>::infinity();

template <class S>
void refused(S schedule, const std::string& text) {
  expect_throws_text<ConfigError>([&] { Schedule made(schedule); }, text);
}

TEST(ScheduleRanges, OfTheBaseHoldForEverySchedule) {
  const auto base = [](auto schedule, const std::string& name) {
    schedule.base = kNan;
    refused(schedule, "[" + name + "] base: nan; expected a finite number");
    schedule.base = kInf;
    refused(schedule, "[" + name + "] base: inf; expected a finite number");
  };
  base(Constant{}, "Constant");
  base(Linear{}, "Linear");
  base(Exponential{}, "Exponential");
  base(ExponentialDecay{}, "ExponentialDecay");
  base(Step{}, "Step");
  base(MultiStep{}, "MultiStep");
  base(PiecewiseConstant{}, "PiecewiseConstant");
  base(PiecewiseInterpolate{}, "PiecewiseInterpolate");
  base(Polynomial{}, "Polynomial");
  base(CosineAnnealing{}, "CosineAnnealing");
  base(Cosine{}, "Cosine");
  base(CosineHardRestarts{}, "CosineHardRestarts");
  base(CosineWarmRestarts{}, "CosineWarmRestarts");
  base(Cyclic{}, "Cyclic");
  base(Multiplicative{}, "Multiplicative");
  base(Chained{}, "Chained");
  base(InverseSqrt{}, "InverseSqrt");
  base(Wsd{}, "Wsd");
  base(SquareRoot{}, "SquareRoot");
  base(Factor{}, "Factor");
  base(CosineWithWarmup{}, "CosineWithWarmup");
  base(Swa{}, "Swa");
  expect_throws_text<ConfigError>([] { Schedule made(kNan); },
                                  "[schedule] value: nan; expected a finite number");
}

TEST(ScheduleRanges, OfTheOtherFields) {
  refused(Constant{.factor = kInf}, "[Constant] factor: inf; expected a finite number");
  refused(Constant{.steps = -1}, "[Constant] steps: -1; expected steps >= 0 and finite");
  refused(Linear{.start_factor = kNan}, "[Linear] start_factor: nan; expected a finite number");
  refused(Linear{.end_factor = kNan}, "[Linear] end_factor: nan; expected a finite number");
  refused(Linear{.steps = 0}, "[Linear] steps: 0; expected steps > 0 and finite");
  refused(Exponential{.gamma = 0}, "[Exponential] gamma: 0; expected gamma > 0 and finite");
  refused(ExponentialDecay{.rate = 0}, "[ExponentialDecay] rate: 0; expected rate > 0 and finite");
  refused(ExponentialDecay{.steps = 0},
          "[ExponentialDecay] steps: 0; expected steps > 0 and finite");
  refused(ExponentialDecay{.begin = -1},
          "[ExponentialDecay] begin: -1; expected begin >= 0 and finite");
  refused(ExponentialDecay{.limit = kNan},
          "[ExponentialDecay] limit: nan; expected a finite number");
  refused(Step{.every = 0}, "[Step] every: 0; expected every > 0 and finite");
  refused(Step{.gamma = -1}, "[Step] gamma: -1; expected gamma > 0 and finite");
  refused(MultiStep{.milestones = {1, -1}},
          "[MultiStep] milestones: -1; expected milestones >= 0 and finite");
  refused(MultiStep{.gamma = 0}, "[MultiStep] gamma: 0; expected gamma > 0 and finite");
  refused(PiecewiseConstant{.boundaries = {{-1, 1}}},
          "[PiecewiseConstant] step: -1; expected step >= 0 and finite");
  refused(PiecewiseConstant{.boundaries = {{1, -1}}},
          "[PiecewiseConstant] scale: -1; expected scale >= 0 and finite");
  refused(PiecewiseInterpolate{.boundaries = {{3, 1}, {3, 1}}},
          "[PiecewiseInterpolate] step: 3; expected more than 3, the boundary before");
  refused(PiecewiseInterpolate{.boundaries = {{3, kNan}}},
          "[PiecewiseInterpolate] scale: nan; expected scale >= 0 and finite");
  refused(Polynomial{.end = kNan}, "[Polynomial] end: nan; expected a finite number");
  refused(Polynomial{.power = 0}, "[Polynomial] power: 0; expected power > 0 and finite");
  refused(Polynomial{.steps = 0}, "[Polynomial] steps: 0; expected steps > 0 and finite");
  refused(CosineAnnealing{.min = kNan}, "[CosineAnnealing] min: nan; expected a finite number");
  refused(CosineAnnealing{.steps = 0}, "[CosineAnnealing] steps: 0; expected steps > 0 and finite");
  refused(Cosine{.steps = kInf}, "[Cosine] steps: inf; expected steps > 0 and finite");
  refused(Cosine{.cycles = -1}, "[Cosine] cycles: -1; expected cycles >= 0 and finite");
  refused(Cosine{.min_rate = 2}, "[Cosine] min_rate: 2; expected 0 <= min_rate <= 1");
  refused(CosineHardRestarts{.steps = 0},
          "[CosineHardRestarts] steps: 0; expected steps > 0 and finite");
  refused(CosineHardRestarts{.cycles = 0.5},
          "[CosineHardRestarts] cycles: 0.5; expected cycles >= 1 and finite");
  refused(CosineWarmRestarts{.min = kNan},
          "[CosineWarmRestarts] min: nan; expected a finite number");
  refused(CosineWarmRestarts{.steps = 0},
          "[CosineWarmRestarts] steps: 0; expected steps > 0 and finite");
  refused(CosineWarmRestarts{.mult = 0.5},
          "[CosineWarmRestarts] mult: 0.5; expected mult >= 1 and finite");
  refused(CosineWarmRestarts{.decay = 0},
          "[CosineWarmRestarts] decay: 0; expected decay > 0 and finite");
  refused(Cyclic{.max = kNan}, "[Cyclic] max: nan; expected a finite number");
  refused(Cyclic{.up = 0}, "[Cyclic] up: 0; expected up > 0 and finite");
  refused(Cyclic{.down = 0}, "[Cyclic] down: 0; expected down > 0 and finite");
  refused(Cyclic{.gamma = 0}, "[Cyclic] gamma: 0; expected gamma > 0 and finite");
  refused(OneCycle{.max = kNan}, "[OneCycle] max: nan; expected a finite number");
  refused(OneCycle{.steps = 0}, "[OneCycle] steps: 0; expected steps >= 1 and finite");
  refused(OneCycle{.pct_start = 1.5}, "[OneCycle] pct_start: 1.5; expected 0 <= pct_start <= 1");
  refused(OneCycle{.div_factor = 0},
          "[OneCycle] div_factor: 0; expected div_factor > 0 and finite");
  refused(OneCycle{.final_div_factor = 0},
          "[OneCycle] final_div_factor: 0; expected final_div_factor > 0 and finite");
  refused(OneCycleMomentum{.base = 2}, "[OneCycleMomentum] base: 2; expected 0 <= base <= 1");
  refused(OneCycleMomentum{.max = 2}, "[OneCycleMomentum] max: 2; expected 0 <= max <= 1");
  refused(OneCycleMomentum{.steps = 0},
          "[OneCycleMomentum] steps: 0; expected steps >= 1 and finite");
  refused(OneCycleMomentum{.pct_start = -1},
          "[OneCycleMomentum] pct_start: -1; expected 0 <= pct_start <= 1");
  refused(Multiplicative{}, "[Multiplicative] factor: none; expected a function of the step");
  refused(Warmup{.steps = -1}, "[Warmup] steps: -1; expected steps >= 0 and finite");
  refused(Warmup{.from = 1.5}, "[Warmup] from: 1.5; expected 0 <= from <= 1");
  refused(InverseSqrt{.timescale = 0},
          "[InverseSqrt] timescale: 0; expected timescale > 0 and finite");
  refused(Wsd{.warmup = -1}, "[Wsd] warmup: -1; expected warmup >= 0 and finite");
  refused(Wsd{.stable = -1}, "[Wsd] stable: -1; expected stable >= 0 and finite");
  refused(Wsd{.decay = -1}, "[Wsd] decay: -1; expected decay >= 0 and finite");
  refused(Wsd{.min_rate = -1}, "[Wsd] min_rate: -1; expected 0 <= min_rate <= 1");
  refused(Factor{.factor = 0}, "[Factor] factor: 0; expected factor > 0 and finite");
  refused(Factor{.floor = kNan}, "[Factor] floor: nan; expected a finite number");
  refused(CosineWithWarmup{.final = kNan},
          "[CosineWithWarmup] final: nan; expected a finite number");
  refused(CosineWithWarmup{.steps = 3, .warmup = 3},
          "[CosineWithWarmup] steps: 3; expected more than 3, the warm-up");
  refused(CosineWithWarmup{.warmup = -1},
          "[CosineWithWarmup] warmup: -1; expected warmup >= 0 and finite");
  refused(CosineWithWarmup{.warmup_begin = kNan},
          "[CosineWithWarmup] warmup_begin: nan; expected a finite number");
  refused(Swa{.swa = kNan}, "[Swa] swa: nan; expected a finite number");
  refused(Swa{.steps = -1}, "[Swa] steps: -1; expected steps >= 0 and finite");
  refused(RangeTest{.low = 0}, "[RangeTest] low: 0; expected low > 0 and finite");
  refused(RangeTest{.high = 0}, "[RangeTest] high: 0; expected high > 0 and finite");
  refused(RangeTest{.steps = 0}, "[RangeTest] steps: 0; expected steps > 0 and finite");
  refused(Sequential{},
          "[Sequential] 0 schedules and 0 milestones; expected one milestone less "
          "than schedules");
  refused(Sequential{.schedules = {1, 2, 3}, .milestones = {5, 4}},
          "[Sequential] milestone: 4; expected at least 5, the one before");
}

TEST(ScheduleRanges, OfTheStepAreThoseOfTime) {
  const Schedule half = 0.5;
  EXPECT_EQ(half(0), 0.5);
  EXPECT_EQ(half(1e300), 0.5);
  expect_throws_text<ConfigError>([&] { half(-1); },
                                  "[schedule] step: -1; expected step >= 0 and finite");
  expect_throws_text<ConfigError>([&] { half(kNan); },
                                  "[schedule] step: nan; expected step >= 0 and finite");
  expect_throws_text<ConfigError>([&] { half(kInf); },
                                  "[schedule] step: inf; expected step >= 0 and finite");
}

TEST(ScheduleEnds, AreAsDocumented) {
  const double far = 1e6;
  EXPECT_EQ(Constant{.base = 0.5}(far), 0.5);
  EXPECT_EQ((Linear{.base = 0.5, .end_factor = 0.25}(far)), 0.125);
  EXPECT_EQ(Polynomial{.base = 0.5}(far), 0);
  EXPECT_EQ((Polynomial{.base = 0.5, .end = 0.125}(far)), 0.125);
  EXPECT_EQ((MultiStep{.base = 1, .milestones = {2, 3}, .gamma = 0.5}(far)), 0.25);
  EXPECT_EQ((PiecewiseConstant{.base = 1, .boundaries = {{2, 0.5}}}(far)), 0.5);
  EXPECT_EQ((PiecewiseInterpolate{.base = 1, .boundaries = {{2, 0.5}}}(far)), 0.5);
  EXPECT_EQ((Cosine{.base = 1, .steps = 9, .min_rate = 0.25}(far)), 0.25);
  EXPECT_EQ((CosineHardRestarts{.base = 1, .steps = 9}(far)), 0);
  EXPECT_NEAR((CosineAnnealing{.base = 1, .steps = 10}(20)), 1, 1e-15) << "up again";
  EXPECT_EQ((OneCycle{.max = 1, .steps = 9, .div_factor = 2, .final_div_factor = 4}(far)), 0.125);
  EXPECT_EQ((OneCycleMomentum{.steps = 9}(far)), 0.95);
  EXPECT_EQ((Wsd{.base = 1, .decay = 5, .min_rate = 0.25}(far)), 0.25);
  EXPECT_EQ((CosineWithWarmup{.base = 1, .final = 0.25, .steps = 9}(far)), 0.25);
  EXPECT_EQ((Swa{.base = 1, .swa = 0.25}(far)), 0.25);
  EXPECT_EQ((ExponentialDecay{.base = 1, .limit = 0.125}(far)), 0.125);
  EXPECT_EQ((ExponentialDecay{.base = 1, .rate = 2, .limit = 8}(far)), 8);
}

TEST(ScheduleEnds, AWarmUpCanBeginAboveZero) {
  const Schedule plain = Warmup{.steps = 4, .then = 0.5};
  const Schedule skipping = Warmup{.steps = 4, .then = 0.5, .skip_zero = true};
  const Schedule from = Warmup{.steps = 4, .then = 0.5, .from = 0.5};
  EXPECT_EQ(plain(0), 0);
  EXPECT_EQ(skipping(0), 0.125);
  EXPECT_EQ(skipping(3), 0.5);
  EXPECT_EQ(from(0), 0.25);
  EXPECT_EQ(from(2), 0.375);
  EXPECT_EQ((Warmup{.then = 0.5}(0)), 0.5) << "no warm-up at all";
}

TEST(ScheduleEnds, ADecayCanBranchOffTheStablePart) {
  const Wsd long_run{.base = 1, .warmup = 3, .stable = 90, .decay = 7};
  const Wsd branch{.base = 1, .warmup = 3, .stable = 20, .decay = 7};
  for (double t = 0; t < 23; ++t) EXPECT_EQ(long_run(t), branch(t));
  EXPECT_LT(branch(25), long_run(25));
}

TEST(ScheduleEnds, RestartsCanBecomeLower) {
  const CosineWarmRestarts same{.base = 1, .steps = 4, .decay = 0.5};
  const CosineWarmRestarts longer{.base = 1, .steps = 4, .mult = 2, .decay = 0.5};
  EXPECT_EQ(same(4), 0.5);
  EXPECT_EQ(same(8), 0.25);
  EXPECT_EQ(longer(4), 0.5);
  EXPECT_EQ(longer(12), 0.25);
  EXPECT_NEAR(longer(8), 0.25, 1e-15) << "half way down";
}

TEST(RangeTestOfRates, SuggestsWhereTheLossFallsFastest) {
  const Schedule rates = RangeTest{.low = 1e-4, .high = 1, .steps = 40};
  EXPECT_EQ(rates(0), 1e-4);
  EXPECT_NEAR(rates(40), 1, 1e-15);
  // A fall around 1e-2 and an explosion above 0.3.
  std::vector<double> lr, loss;
  for (int t = 0; t <= 40; ++t) {
    lr.push_back(rates(t));
    loss.push_back(1 / (1 + std::exp(2 * std::log(lr[t] / 1e-2))) + (lr[t] > 0.3 ? 50 : 0));
  }
  EXPECT_NEAR(std::log10(suggested_lr(lr, loss, 0)), -2, 0.1);
  const double smoothed = suggested_lr(lr, loss);
  EXPECT_GT(smoothed, 5e-3);
  EXPECT_LT(smoothed, 0.3);
  loss[30] = kNan;
  EXPECT_NEAR(std::log10(suggested_lr(lr, loss, 0)), -2, 0.1) << "a NaN ends it";
  expect_throws_text<ConfigError>(
      [&] {
        suggested_lr({1, 2}, {1, 2});
      },
      "[suggested_lr] losses: 2 for 2 rates; expected equally many, "
      "at least 3");
  expect_throws_text<ConfigError>(
      [&] {
        suggested_lr({1, 2, 3, 4}, {1, 2, 3});
      },
      "[suggested_lr] losses: 3 for 4 rates; expected equally many, "
      "at least 3");
  expect_throws_text<ConfigError>(
      [&] {
        suggested_lr({1, 2, 3}, {1, 2, 3});
      },
      "[suggested_lr] losses: never fall; expected rates small enough to learn with");
  expect_throws_text<ConfigError>(
      [&] {
        suggested_lr({1, 2, 3}, {3, 2, 1}, 1);
      },
      "[suggested_lr] beta: 1; expected 0 <= beta < 1");
}

}  // namespace
}  // namespace gradus::testing
