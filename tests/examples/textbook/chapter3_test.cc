// Linear regression of chapter 3: losses and errors must have the distribution of the reference,
// which comes from 500 runs (100 for the port) with new data, start and order in each.
#include "examples/textbook/support/chapter3.h"

#include <cmath>
#include <functional>

#include "tests/examples/textbook/reference.h"
#include "tests/support/every_device.h"
#include "tests/support/threads.h"

namespace gradus::textbook {
namespace {

using testing::WithThreads;

constexpr int kSeeds = 20;

using Trainer = decltype(train_from_scratch);
struct Program {
  std::string name;
  Trainer* train;
};
const Program kPrograms[] = {{"from scratch", train_from_scratch}, {"concise", train_concise}};

RegressionSetting setting_of(const nlohmann::json& entry) {
  return {.lr = entry["lr"],
          .batch_size = entry["batch"],
          .epochs = entry["epochs"],
          .doubled_gradient = entry["doubled_gradient"],
          .weight_decay = entry.value("lambda", 0.0),
          .start = {.sigma = entry.value("sigma", 0.01), .torch_default = entry["torch_start"]}};
}

RegressionResult regression(const Program& program, const RegressionSetting& setting,
                            std::uint64_t seed, DType dtype) {
  Generator rng(seed);
  const data::TensorDataset train = regression_data(1000, rng, dtype);
  const data::TensorDataset validation = regression_data(1000, rng, dtype);
  return program.train(train, validation, setting, rng);
}

RegressionResult with_decay(const Program& program, const RegressionSetting& setting,
                            std::uint64_t seed, DType dtype) {
  Generator rng(seed);
  const data::TensorDataset train = weight_decay_data(20, rng, dtype);
  const data::TensorDataset validation = weight_decay_data(100, rng, dtype);
  return program.train(train, validation, setting, rng);
}

// A quantity of a run and its bands.
struct Measured {
  std::string name;
  double value;
  const nlohmann::json* bands;
};
using Measure = std::function<std::vector<Measured>(std::uint64_t seed)>;

// The port's runs without decay go on until each sample is met to the last bit: the reference has
// squares of float64's rounding errors there, which depend on the order of a sum. Then the loss
// must be such a square too, up to a factor of 10 for the largest: (2^-53)^2 = 1.2e-32 times 200
// products of size 1; the same with 2^-24 in float32.
bool is_rounding(const nlohmann::json& band) {
  return band.at(0) > 0 && band.at(1).get<double>() < 1e-20;
}

void expect_inside_band(double got, const nlohmann::json& band, DType dtype,
                        const std::string& what) {
  if (!is_rounding(band)) return expect_inside(got, band, what);
  const double unit = std::ldexp(1, dtype == kFloat64 ? -53 : -24);
  EXPECT_GE(got, 0) << what;
  EXPECT_LE(got, 10 * 200 * unit * unit) << what;
}

// Seed 0 inside the band of one run, the mean of 20 seeds inside the band of such means.
void expect_inside_bands(const std::string& what, DType dtype, const Measure& measure) {
  SCOPED_TRACE(what);
  std::vector<Measured> means = measure(0);
  for (const Measured& each : means) {
    expect_inside_band(each.value, (*each.bands)["band"], dtype, each.name + " of seed 0");
  }
  for (std::uint64_t seed = 1; seed < kSeeds; ++seed) {
    const std::vector<Measured> more = measure(seed);
    for (std::size_t i = 0; i < means.size(); ++i) means[i].value += more[i].value;
  }
  std::string nearest;
  double worst = 0;
  for (const Measured& each : means) {
    const auto& band = (*each.bands)["mean_of_20"];
    expect_inside_band(each.value / kSeeds, band, dtype, each.name + ", mean of 20 seeds");
    const double at = is_rounding(band) ? 0 : place(each.value / kSeeds, band);
    if (std::fabs(at) > std::fabs(worst)) worst = at, nearest = each.name;
  }
  ::testing::Test::RecordProperty(what + ": " + nearest, to_text(worst));
}

class Chapter3 : public ::testing::TestWithParam<DType> {};

TEST_P(Chapter3, RegressionLiesInsideTheBands) {
  for (const auto& [name, entry] : reference()["chapter3"].items()) {
    for (const Program& program : kPrograms) {
      expect_inside_bands(name + ", " + program.name, GetParam(), [&](std::uint64_t seed) {
        const auto result = regression(program, setting_of(entry), seed, GetParam());
        std::vector<Measured> all;
        EXPECT_EQ(result.epoch_losses.size(), entry["losses"].size());
        for (std::size_t i = 0; i < result.epoch_losses.size(); ++i) {
          all.push_back({"loss after epoch " + std::to_string(i + 1), result.epoch_losses[i],
                         &entry["losses"][i]});
        }
        all.push_back({"error of w1", 2 - result.w[0], &entry["errors"][0]});
        all.push_back({"error of w2", -3.4 - result.w[1], &entry["errors"][1]});
        all.push_back({"error of b", 4.2 - result.b, &entry["errors"][2]});
        return all;
      });
    }
  }
}

double half_square(const std::vector<double>& w) {
  double total = 0;
  for (double each : w) total += each * each;
  return total / 2;
}

TEST_P(Chapter3, WeightDecayLiesInsideTheBands) {
  for (const auto& [name, entry] : reference()["weight_decay"].items()) {
    for (const Program& program : kPrograms) {
      expect_inside_bands(name + ", " + program.name, GetParam(), [&](std::uint64_t seed) {
        const RegressionSetting setting = setting_of(entry);
        const auto result = with_decay(program, setting, seed, GetParam());
        const double square = half_square(result.w), penalty = setting.weight_decay * square;
        const double train = result.epoch_losses.back(), test = result.validation_losses.back();
        return std::vector<Measured>{
            {"half squared norm", square, &entry["half_sq_norm_w"]},
            {"norm", std::sqrt(2 * square), &entry["norm_w"]},
            {"training loss", train, &entry["train_half_mse"]},
            {"validation loss", test, &entry["val_half_mse"]},
            {"training loss with penalty", train + penalty, &entry["train_plus_penalty"]},
            {"validation loss with penalty", test + penalty, &entry["val_plus_penalty"]}};
      });
    }
  }
}

// Everything that a run gives.
std::vector<double> all_of(const RegressionResult& result) {
  std::vector<double> all = result.w;
  all.push_back(result.b);
  for (const auto& list : {result.epoch_losses, result.batch_losses, result.validation_losses}) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

TEST_P(Chapter3, GivesTheSameBitsOnAnyNumberOfThreads) {
  for (const char* chapter : {"chapter3", "weight_decay"}) {
    const auto run = std::string(chapter) == "chapter3" ? regression : with_decay;
    for (const auto& [name, entry] : reference()[chapter].items()) {
      for (const Program& program : kPrograms) {
        const auto on_threads = [&](int threads) {
          const WithThreads with(threads);
          return all_of(run(program, setting_of(entry), 1, GetParam()));
        };
        const std::vector<double> one = on_threads(1);
        EXPECT_EQ(on_threads(2), one) << name << ", " << program.name;
        EXPECT_EQ(on_threads(7), one) << name << ", " << program.name;
      }
    }
  }
}

TEST_P(Chapter3, FollowsTheSameCurveOnEveryDevice) {
  const double granted = GetParam() == kFloat64 ? 1e-12 : 1e-6;  // of losses up to 10
  for (const Device device : testing::other_devices("chapter 3")) {
    const auto& entry = *reference()["chapter3"].begin();
    for (const Program& program : kPrograms) {
      RegressionSetting setting = setting_of(entry);
      const std::vector<double> here = all_of(regression(program, setting, 1, GetParam()));
      setting.device = device;
      const std::vector<double> there = all_of(regression(program, setting, 1, GetParam()));
      ASSERT_EQ(there.size(), here.size());
      for (std::size_t i = 0; i < here.size(); ++i) {
        expect_near(there[i], here[i], granted, program.name);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, Chapter3, ::testing::Values(kFloat32, kFloat64),
                         [](const auto& test) { return std::string(name(test.param)); });

}  // namespace
}  // namespace gradus::textbook
