// 2 N steps are N steps, a file, a new process and N more, to the bit: every rule, dtype, schedule.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "optim/optimizer.h"
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
#include "optim/state_file.h"
#include "tensor/io/safetensors.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;

constexpr int kHalf = 5;
constexpr const char* kFolder = "GRADUS_RESUME_FOLDER";  // set for the new process

// Every kind of schedule there is but Plateau, which follows a metric (plateau_test.cc). They are
// pure functions of the number of steps, which is what is saved.
const std::vector<Schedule>& all_schedules() {
  using namespace schedules;
  constexpr double a = 0.05, n = 2 * kHalf;
  static const Schedule line = Linear{.base = a, .start_factor = 0.25, .steps = 4};
  static const std::vector<Schedule> all = {
      Warmup{.steps = 3, .then = a, .skip_zero = true},
      CosineAnnealing{.base = a, .min = 0.01, .steps = 8},
      OneCycle{.max = a, .steps = n},
      Constant{.base = a},
      line,
      Step{.base = a, .every = 2, .gamma = 0.5},
      MultiStep{.base = a, .milestones = {3, 6}, .gamma = 0.5},
      Exponential{.base = a, .gamma = 0.9},
      ExponentialDecay{.base = a, .rate = 0.5, .steps = 4},
      Polynomial{.base = a, .power = 2, .steps = 20},
      Multiplicative{.base = a, .factor = [](double t) { return 1 / (1 + t); }},
      CosineWarmRestarts{.base = a, .steps = 3},
      CosineHardRestarts{.base = a, .steps = 20, .cycles = 2},
      CosineWithWarmup{.base = a, .final = 0.01, .steps = 9, .warmup = 3},
      Cosine{.base = a, .steps = 20},
      Cyclic{.base = 0.01, .max = a, .up = 3},
      Factor{.base = a, .factor = 0.5, .floor = 0.01},
      SquareRoot{.base = a},
      InverseSqrt{.base = a, .timescale = 3},
      PiecewiseConstant{.base = a, .boundaries = {{4, 0.5}}},
      PiecewiseInterpolate{.base = a, .boundaries = {{6, 0.5}}},
      Wsd{.base = a, .warmup = 2, .stable = 4, .decay = 3, .min_rate = 0.1},
      Swa{.base = a, .swa = 0.01},
      Sequential{.schedules = {line, Constant{.base = 0.01}}, .milestones = {6}},
      Chained{.base = 1, .factors = {line, Constant{.base = 2}}},
      RangeTest{.low = 1e-4, .high = a, .steps = n}};
  return all;
}

struct Plan {
  std::string rule;
  DType dtype;
  int schedule;
  int way;

  std::string name() const {
    return rule + "_" + std::string(gradus::name(dtype)) + "_" + std::to_string(schedule) + "_" +
           std::to_string(way);
  }
};

std::vector<Plan> runs() {
  std::vector<Plan> all;
  int next = 0;
  for (const std::string& rule : rule_names()) {
    const auto optimizer = make_optimizer(rule, {{"x", parameter(zeros({1}))}});
    if (dynamic_cast<Engine*>(optimizer.get()) == nullptr) continue;
    for (const DType dtype : {kFloat16, kBFloat16, kFloat32, kFloat64}) {
      // All dtypes with all schedules, and 16 schedules with each rule.
      const auto schedules = static_cast<int>(all_schedules().size());
      for (int i = 0; i < 4; ++i, ++next) all.push_back({rule, dtype, next % schedules, 0});
      // Each other way to keep 16 bits with one of the schedules.
      for (int way = 1; is_half(dtype) && way < 4; ++way) all.push_back({rule, dtype, way, way});
    }
  }
  return all;
}

// Two parameters, the second of which starts late, and everything that may be saved.
struct Training {
  explicit Training(const Plan& run)
      : a(parameter(full({3, 2}, 0.5, run.dtype))), b(parameter(full({5}, -0.25, run.dtype))) {
    optimizer = make_optimizer(run.rule, {{"a", a}, {"b", b}}, {{"weight_decay", 0.125}});
    auto& engine = dynamic_cast<Engine&>(*optimizer);
    engine.schedule("lr", all_schedules()[run.schedule]);
    engine.options().low_precision = static_cast<LowPrecision>(run.way);
    engine.options().seed = 11;
    engine.options().clip_norm = 0.75;
  }

  void steps(int from, int to) const {
    for (int t = from; t < to; ++t) {
      for (const Variable& x : {a, b}) {
        if (x.numel() == 5 && t < 2) continue;
        std::vector<double> g;
        for (int i = 0; i < x.numel(); ++i) g.push_back(std::sin(0.7 * i + 0.4 * t + x.rank()));
        x.set_grad(from_values(g, x.shape(), x.dtype()));
      }
      optimizer->step();
    }
  }
  void save(const std::filesystem::path& folder, const std::string& name) const {
    save_safetensors(folder / (name + ".model"), {{"a", a.value()}, {"b", b.value()}});
    save_state(folder / (name + ".state"), optimizer->state_dict());
  }
  void load(const std::filesystem::path& folder, const std::string& name) const {
    for (const auto& [which, value] : load_safetensors(folder / (name + ".model")).tensors) {
      (which == "a" ? a : b).value().copy_from(value);
    }
    optimizer->load_state_dict(load_state(folder / (name + ".state")));
  }

  Variable a, b;
  std::unique_ptr<AnyOptimizer> optimizer;
};

TEST(Resume, InANewProcessGivesTheSameBits) {
  const TemporaryFolder folder;
  std::map<std::string, Training> whole;
  for (const Plan& run : runs()) {
    const Training& training = whole.emplace(run.name(), Training(run)).first->second;
    training.steps(0, kHalf);
    training.save(folder.path(), run.name());
    training.steps(kHalf, 2 * kHalf);
  }
  ASSERT_GE(whole.size(), 700u);
  ASSERT_EQ(setenv(kFolder, folder.path().c_str(), 1), 0);
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const int status = std::system(("env -u TEST_PREMATURE_EXIT_FILE -u XML_OUTPUT_FILE '" + self +
                                  "' --gtest_filter=NewProcess.* >/dev/null 2>&1")
                                     .c_str());
  unsetenv(kFolder);
  ASSERT_EQ(status, 0) << "the new process failed";
  for (const Plan& run : runs()) {
    SCOPED_TRACE(run.name());
    const Training resumed(run), &expected = whole.at(run.name());
    resumed.load(folder.path(), run.name() + ".end");
    expect_same_bits(resumed.a.value(), expected.a.value(), "a");
    expect_same_bits(resumed.b.value(), expected.b.value(), "b");
    const StateDict got = resumed.optimizer->state_dict(), right = expected.optimizer->state_dict();
    EXPECT_EQ(got.groups, right.groups);
    EXPECT_EQ(got.engine, right.engine);
    ASSERT_EQ(got.tensors.size(), right.tensors.size());
    for (const auto& [key, value] : right.tensors) {
      expect_same_bits(got.tensors.at(key), value, key);
    }
  }
}

// The second half; runs only as the process that the test above starts.
TEST(NewProcess, TakesTheSecondHalf) {
  const char* const folder = std::getenv(kFolder);
  if (folder == nullptr) GTEST_SKIP() << "started by Resume.InANewProcessGivesTheSameBits";
  for (const Plan& run : runs()) {
    const Training training(run);
    training.load(folder, run.name());
    training.steps(kHalf, 2 * kHalf);
    training.save(folder, run.name() + ".end");
  }
}

TEST(StateFile, HoldsEveryBitAndName) {
  const TemporaryFolder folder;
  StateDict state;
  state.rule = "Adam";
  state.groups["a/b group"] = {{"lr", 0.1}, {"eps", 1e-300}, {"tiny", 0x1p-1074}};
  state.groups[""] = {{"lr", 1.0 / 3}};
  state.engine = {{"version", 1}, {"max_lr/a/b group", 0.3}};
  state.tensors["w/step"] = full({}, 5, kInt64);
  state.tensors["w/m"] = from_values({1, -0.0, std::nan("")}, {3}, kFloat32);
  save_state(folder / "deep/state.safetensors", state);
  const StateDict back = load_state(folder / "deep/state.safetensors");
  EXPECT_EQ(back.rule, state.rule);
  EXPECT_EQ(back.groups, state.groups);
  EXPECT_EQ(back.engine, state.engine);
  ASSERT_EQ(back.tensors.size(), 2u);
  for (const auto& [key, value] : state.tensors) expect_same_bits(back.tensors.at(key), value);
}

TEST(StateFile, RefusesOtherFiles) {
  const TemporaryFolder folder;
  const auto path = folder / "other.safetensors";
  save_safetensors(path, {{"w", zeros({1})}});
  expect_throws_text<IoError>(
      [&] { load_state(path); },
      "[load_state] " + path.string() + ": no optimizer's state; expected a file of save_state");
  save_safetensors(path, {}, {{"format", "gradus.optim"}, {"rule", "SGD"}, {"group/g/lr", "x"}});
  expect_throws_text<IoError>(
      [&] { load_state(path); },
      "[load_state] " + path.string() + ": 'group/g/lr' is 'x'; expected a number");
}

TEST(StateFile, OfANewerVersionIsRefused) {
  const auto optimizer = make_optimizer("SGD", {{"w", parameter(zeros({1}))}});
  StateDict saved = optimizer->state_dict();
  saved.engine["version"] = 2;
  expect_throws_text<ConfigError>([&] { optimizer->load_state_dict(saved); },
                                  "[SGD] state_dict: version 2; expected 1");
  saved.engine["version"] = 1;
  saved.engine["steps"] = -1;
  expect_throws_text<ConfigError>([&] { optimizer->load_state_dict(saved); },
                                  "[SGD] state_dict: steps or seed is negative; expected >= 0");
  saved.engine["steps"] = 0;
  saved.engine["max_lr/default"] = -1;
  expect_throws_text<ConfigError>([&] { optimizer->load_state_dict(saved); },
                                  "[SGD] max_lr: -1; expected max_lr >= 0 and finite");
}

}  // namespace
}  // namespace gradus::testing
