// The airfoil experiments where nothing is random: all six parameters start at zero and the
// samples come in a fixed order.
#include "examples/textbook/support/experiments.h"

#include <cmath>
#include <set>

#include "tests/examples/textbook/reference.h"
#include "tests/support/compare.h"
#include "tests/support/every_device.h"
#include "tests/support/threads.h"

namespace gradus::textbook {
namespace {

using testing::expect_throws_text;
using testing::WithThreads;

// Rounding: 1e-10 is far above what the order of float64 operations can change (an 80-bit run of
// the reference differs by 1e-15), and far below a change of any formula. A float32 run of the
// reference differs by up to 9e-7, of the experiment that diverges to a loss of 1.8 by 3.8e-6.
constexpr double kFloat64Tolerance = 1e-10, kFloat32Tolerance = 5e-6;

TEST(Experiments, AreThoseOfTheReference) {
  std::set<std::string> here, there;
  for (const Experiment& each : experiments()) {
    EXPECT_TRUE(here.insert(each.name).second) << each.name << " is listed twice";
  }
  for (const auto& [name, entry] : reference()["experiments"].items()) there.insert(name);
  EXPECT_EQ(here, there);
}

TEST(Experiments, LearnTheReferenceParametersInNaturalOrder) {
  GRADUS_NEEDS_AIRFOIL();
  double worst_loss = 0, worst_param = 0;
  for (const auto& [name, expected] : reference()["natural_order"].items()) {
    const textbook::Run got =
        run(find_experiment(name), {.dtype = kFloat64, .zero_start = true, .order = "natural"});
    expect_near(got.losses.front(), reference()["loss_at_zero"], kFloat64Tolerance, name);
    expect_near(got.final_loss, expected["loss"], kFloat64Tolerance, name + ", loss");
    EXPECT_EQ(got.final_loss, got.losses.back());
    ASSERT_EQ(got.params.size(), expected["params"].size());
    worst_loss = std::max(worst_loss, std::fabs(got.final_loss - expected["loss"].get<double>()));
    for (std::size_t i = 0; i < got.params.size(); ++i) {
      expect_near(got.params[i], expected["params"][i], kFloat64Tolerance, name + ", parameter");
      worst_param =
          std::max(worst_param, std::fabs(got.params[i] - expected["params"][i].get<double>()));
    }
  }
  RecordProperty("worst_loss_float64", to_text(worst_loss));
  RecordProperty("worst_param_float64", to_text(worst_param));
}

TEST(Experiments, ReachTheReferenceLossInNaturalOrderInFloat32) {
  GRADUS_NEEDS_AIRFOIL();
  double worst = 0;
  for (const auto& [name, expected] : reference()["natural_order"].items()) {
    const textbook::Run got = run(find_experiment(name), {.zero_start = true, .order = "natural"});
    expect_near(got.final_loss, expected["loss"], kFloat32Tolerance, name);
    worst = std::max(worst, std::fabs(got.final_loss - expected["loss"].get<double>()));
  }
  RecordProperty("worst_loss_float32", to_text(worst));
}

TEST(Experiments, FullBatchDescentFollowsTheReferenceInEveryEpoch) {
  GRADUS_NEEDS_AIRFOIL();
  for (const double lr : {1.0, 0.5, 0.1}) {
    const auto& expected = reference()["full_batch"]["lr_" + to_text(lr)];
    ASSERT_EQ(expected.size(), 11u);
    const Experiment descent{.name = "descent",
                             .rule = "SGD",
                             .hyper = {{"lr", lr}},
                             .batch_size = 1500,
                             .epochs = 10,
                             .cadence = 1500};
    for (const DType dtype : {kFloat64, kFloat32}) {
      for (const std::string order : {"natural", "shuffle"}) {  // every order is the same here
        const textbook::Run got =
            run(descent, {.dtype = dtype, .zero_start = true, .order = order});
        ASSERT_EQ(got.losses.size(), expected.size());
        for (std::size_t epoch = 0; epoch < got.losses.size(); ++epoch) {
          EXPECT_EQ(got.epochs[epoch], static_cast<double>(epoch));
          expect_near(got.losses[epoch], expected[epoch],
                      dtype == kFloat64 ? kFloat64Tolerance : kFloat32Tolerance,
                      "lr " + to_text(lr) + ", epoch " + std::to_string(epoch));
        }
      }
    }
  }
}

TEST(Experiments, FullBatchDescentEndsAtTheOptimumAndNeverBelow) {
  GRADUS_NEEDS_AIRFOIL();
  // The slowest mode shrinks by 1 - 0.9 * 0.1737 in an epoch, so that 400 leave 1e-29 of it.
  const Experiment descent{.name = "descent",
                           .rule = "SGD",
                           .hyper = {{"lr", 0.9}},
                           .batch_size = 1500,
                           .epochs = 400,
                           .cadence = 1500};
  const double optimum = reference()["optimum"];
  const auto f64 = run(descent, {.dtype = kFloat64}), f32 = run(descent, {});
  // The reference prints 12 digits. In float32 the loss is a mean of 1500 squares, each with a
  // relative error of some 2^-24, and rounding the data moves the optimum itself by 5e-9.
  EXPECT_NEAR(f64.final_loss, optimum, optimum * kPrinted);
  EXPECT_NEAR(f32.final_loss, optimum, 5e-8);
  for (const double loss : f64.losses) EXPECT_GE(loss, optimum * (1 - kPrinted));
  for (const double loss : f32.losses) EXPECT_GE(loss, optimum - 5e-8);
  RecordProperty("above_optimum_float64", to_text(f64.final_loss - optimum));
  RecordProperty("above_optimum_float32", to_text(f32.final_loss - optimum));
}

// Trains in plain loops over doubles: prediction w x + b, mean of half squares, batches of 10,
// sample (a i + b epoch) mod 1500 at position i. step(p, g, k, t) updates parameter k.
template <class Step>
Run train_by_hand(std::int64_t a, std::int64_t b, Step step) {
  const data::TensorDataset& data = airfoil(kFloat64);
  const std::vector<double> x = data.features.to_vector(), y = data.targets.to_vector();
  std::vector<double> p(6, 0.0);
  const auto error = [&](std::int64_t i) {
    double prediction = p[5];
    for (int k = 0; k < 5; ++k) prediction += p[k] * x[5 * i + k];
    return prediction - y[i];
  };
  Run run;
  const auto record = [&](int samples) {
    double total = 0;
    for (int i = 0; i < 1500; ++i) total += error(i) * error(i) / 2;
    run.epochs.push_back(samples / 1500.0);
    run.losses.push_back(total / 1500);
  };
  record(0);
  for (int t = 1; t <= 300; ++t) {
    std::vector<double> g(6, 0.0);
    for (int j = 0; j < 10; ++j) {
      const int seen = 10 * (t - 1) + j, i = seen % 1500, epoch = seen / 1500;
      const std::int64_t sample = (a * i + b * epoch) % 1500;
      const double e = error(sample) / 10;
      for (int k = 0; k < 5; ++k) g[k] += e * x[5 * sample + k];
      g[5] += e;
    }
    for (int k = 0; k < 6; ++k) step(p[k], g[k], k, t);
    if (t % 20 == 0) record(10 * t);
  }
  run.params = p;
  return run;
}

void expect_same_run(const std::string& name, std::int64_t a, std::int64_t b,
                     const textbook::Run& expected) {
  const std::string order = "stride:" + std::to_string(a) + "," + std::to_string(b);
  SCOPED_TRACE(name + ", " + order);
  const textbook::Run got =
      run(find_experiment(name), {.dtype = kFloat64, .zero_start = true, .order = order});
  ASSERT_EQ(got.losses.size(), expected.losses.size());
  // Both compute in double, with sums in another order; 300 steps leave a few hundred ulps.
  for (std::size_t i = 0; i < got.losses.size(); ++i) {
    EXPECT_DOUBLE_EQ(got.epochs[i], expected.epochs[i]);
    EXPECT_NEAR(got.losses[i], expected.losses[i], 1e-13) << i;
  }
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(got.params[i], expected.params[i], 1e-13) << i;
}

TEST(Experiments, AgreeWithPlainLoopsInOtherOrders) {
  GRADUS_NEEDS_AIRFOIL();
  for (const auto& [a, b] : {std::pair{1, 0}, std::pair{7, 11}, std::pair{1499, 400}}) {
    expect_same_run("minibatch_b10", a, b,
                    train_by_hand(a, b, [](double& p, double g, int, int) { p -= 0.05 * g; }));
    double m[6] = {}, v[6] = {};
    expect_same_run("adam", a, b, train_by_hand(a, b, [&](double& p, double g, int k, int t) {
                      m[k] = 0.9 * m[k] + 0.1 * g;
                      v[k] = 0.999 * v[k] + 0.001 * g * g;
                      const double m_hat = m[k] / (1 - std::pow(0.9, t));
                      const double v_hat = v[k] / (1 - std::pow(0.999, t));
                      p -= 0.01 * m_hat / (std::sqrt(v_hat) + 1e-6);
                    }));
  }
}

TEST(Experiments, GiveTheSameBitsOnAnyNumberOfThreads) {
  GRADUS_NEEDS_AIRFOIL();
  for (const Experiment& each : experiments()) {
    for (const DType dtype : {kFloat32, kFloat64}) {
      for (const RunOptions& options :
           {RunOptions{.seed = 3, .dtype = dtype},
            RunOptions{.dtype = dtype, .zero_start = true, .order = "natural"}}) {
        const auto on_threads = [&](int threads) {
          const WithThreads with(threads);
          return run(each, options);
        };
        const textbook::Run one = on_threads(1);
        for (const int threads : {2, 7}) {
          const textbook::Run other = on_threads(threads);
          EXPECT_EQ(other.losses, one.losses) << each.name << " on " << threads << " threads";
          EXPECT_EQ(other.params, one.params) << each.name << " on " << threads << " threads";
        }
      }
    }
  }
}

// The kernels add in the CPU's order, and rules have its bits.
TEST(Experiments, LearnAlongTheSameCurveOnEveryDevice) {
  GRADUS_NEEDS_AIRFOIL();
  for (const Device device : testing::other_devices("textbook experiments")) {
    for (const char* name : {"gd", "minibatch_b10", "momentum_0.01_0.9", "adagrad", "adam", "yogi",
                             "amsgrad", "adam_concise_torch"}) {
      const textbook::Run here = run(find_experiment(name), {.dtype = kFloat64});
      const textbook::Run there = run(find_experiment(name), {.dtype = kFloat64, .device = device});
      ASSERT_EQ(here.losses.size(), there.losses.size());
      for (std::size_t i = 0; i < here.losses.size(); ++i) {
        expect_near(there.losses[i], here.losses[i], kFloat64Tolerance, name);
      }
    }
  }
}

TEST(Experiments, DependOnTheirSeedAlone) {
  GRADUS_NEEDS_AIRFOIL();
  const Experiment& adam = find_experiment("adam");
  const textbook::Run first = run(adam, {.seed = 5});
  run(adam, {.seed = 6});
  EXPECT_EQ(run(adam, {.seed = 5}).losses, first.losses);
  EXPECT_NE(run(adam, {.seed = 6}).losses, first.losses);
  EXPECT_EQ(first.seed, 5u);
}

TEST(Experiments, UnknownNamesAndOrdersAreErrors) {
  std::string known;
  for (const Experiment& each : experiments()) known += (known.empty() ? "" : ", ") + each.name;
  expect_throws_text<ConfigError>([] { find_experiment("adan"); },
                                  "[optimizers] experiment: adan; expected all or one of " + known);
  GRADUS_NEEDS_AIRFOIL();
  expect_throws_text<ConfigError>(
      [] { run(find_experiment("adam"), {.order = "sorted"}); },
      "[order] name: 'sorted'; expected shuffle, natural or stride:A,B with integers A and B");
}

}  // namespace
}  // namespace gradus::textbook
