// Paths of optimizers over functions of one and two variables.
#include "examples/textbook/support/traces.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/examples/textbook/reference.h"
#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::textbook {
namespace {

using testing::expect_throws_text;
using testing::WithThreads;

TEST(Traces, AreThoseOfTheReference) {
  std::set<std::string> here, there;
  for (const std::string& name : trace_names()) {
    EXPECT_TRUE(here.insert(name).second) << name << " is listed twice";
  }
  for (const auto& [name, path] : reference()["traces"].items()) there.insert(name);
  for (const auto& [name, end] : reference()["noisy_traces"].items()) there.insert("sgd2d_" + name);
  EXPECT_EQ(here, there);
}

TEST(Traces, FollowTheReferenceInEveryStep) {
  // Absolute: where a coordinate is the residue of a cancellation, its own digits mean nothing.
  // Coordinates are of size 1 to 1000 and a step makes some ten roundings of 1e-16, so 1e-10 is
  // ample; the reference prints 12 digits.
  double worst = 0;
  for (const auto& [name, expected] : reference()["traces"].items()) {
    const Trace trace = run_trace(name);
    EXPECT_EQ(trace.name, name);
    ASSERT_EQ(trace.path.size(), expected.size()) << name;
    for (std::size_t step = 0; step < trace.path.size(); ++step) {
      ASSERT_EQ(trace.path[step].size(), expected[step].size()) << name;
      for (std::size_t k = 0; k < trace.path[step].size(); ++k) {
        const double right = expected[step][k];
        expect_near(trace.path[step][k], right, 1e-10, name + ", step " + std::to_string(step));
        worst =
            std::max(worst, std::fabs(trace.path[step][k] - right) - kPrinted * std::fabs(right));
      }
    }
  }
  RecordProperty("worst_beyond_printed_digits", to_text(worst));
}

TEST(Traces, WithNoiseEndNearTheExactMean) {
  double worst = 0;
  for (const auto& [name, expected] : reference()["noisy_traces"].items()) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const Trace trace = run_trace("sgd2d_" + name, seed);
      for (std::size_t k = 0; k < 2; ++k) {
        const double off = std::fabs(trace.path.back()[k] - expected["mean"][k].get<double>()) /
                           expected["sd"][k].get<double>();
        EXPECT_LE(off, 4) << name << ", seed " << seed;
        worst = std::max(worst, off);
      }
    }
  }
  RecordProperty("largest_distance_in_sd", to_text(worst));
}

TEST(Traces, WithNoiseHaveTheExactMeanAndSpread) {
  // 400 seeds: the mean is known to sd / 20, the sd to 1 / sqrt(800) of itself; 4 of these.
  constexpr int kSeeds = 400;
  for (const auto& [name, expected] : reference()["noisy_traces"].items()) {
    if (name == "exponential_1000") continue;  // the same code, 20 times as many steps
    double sum[2] = {}, squares[2] = {};
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      const Trace trace = run_trace("sgd2d_" + name, seed);
      for (std::size_t k = 0; k < 2; ++k) {
        const double off = trace.path.back()[k] - expected["mean"][k].get<double>();
        sum[k] += off;
        squares[k] += off * off;
      }
    }
    for (std::size_t k = 0; k < 2; ++k) {
      const double sd = expected["sd"][k];
      EXPECT_NEAR(sum[k] / kSeeds, 0, 4 * sd / 20) << name;
      EXPECT_NEAR(std::sqrt(squares[k] / kSeeds) / sd, 1, 4 / std::sqrt(800.0)) << name;
    }
  }
}

TEST(Traces, DependOnTheSeedOnlyWhereThereIsNoise) {
  for (const std::string& name : trace_names()) {
    EXPECT_EQ(run_trace(name, 1).path, run_trace(name, 1).path) << name;
    EXPECT_EQ(run_trace(name, 1).path != run_trace(name, 2).path, name.starts_with("sgd2d_"))
        << name;
  }
}

TEST(Traces, GiveTheSameBitsOnAnyNumberOfThreads) {
  for (const std::string& name : trace_names()) {
    const auto on_threads = [&](int threads) {
      const WithThreads with(threads);
      return run_trace(name).path;
    };
    const auto one = on_threads(1);
    EXPECT_EQ(on_threads(2), one) << name;
    EXPECT_EQ(on_threads(7), one) << name;
  }
}

TEST(Traces, UnknownNamesAreErrors) {
  std::string known;
  for (const std::string& name : trace_names()) known += (known.empty() ? "" : ", ") + name;
  expect_throws_text<ConfigError>([] { run_trace("newton"); },
                                  "[optimizers] trace: newton; expected all or one of " + known);
}

}  // namespace
}  // namespace gradus::textbook
