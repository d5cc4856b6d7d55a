// Schedules against torch.optim.lr_scheduler, the formulas of transformers and optax, and the book.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <optional>

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
#include "optim/schedules/sequential.h"
#include "optim/schedules/square_root.h"
#include "optim/schedules/step.h"
#include "optim/schedules/swa.h"
#include "optim/schedules/warmup.h"
#include "optim/schedules/wsd.h"
#include "tests/support/golden.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;
using namespace gradus::optim::schedules;
using Json = nlohmann::json;

const Json& all() {
  static const Json file = golden("optim/schedules");
  return file;
}

// Compares at every step in order, and again backwards, which must give the same bits.
void expect_follows(const Schedule& schedule, const std::vector<double>& expected, double rtol,
                    const std::string& what) {
  ASSERT_GT(expected.size(), 5u) << what;
  std::vector<double> got;
  for (std::size_t t = 0; t < expected.size(); ++t) {
    got.push_back(schedule(static_cast<double>(t)));
    EXPECT_NEAR(got[t], expected[t], rtol * 0.5) << what << ", step " << t;  // values are up to 0.5
  }
  for (std::size_t t = expected.size(); t-- > 0;) {
    EXPECT_EQ(schedule(static_cast<double>(t)), got[t]) << what << ", again at step " << t;
  }
}

// Chains of at most 60 products and sums in torch, each off by at most 2^-53.
constexpr double kChained = 60 * 0x1p-53 * 2;

// A struct's field takes a setting of the golden file, if that is there.
struct Settings {
  const Json& json;
  template <class T>
  void operator()(const char* name, T& field) const {
    if (!json.contains(name)) return;
    if constexpr (std::is_enum_v<T>) {
      field = static_cast<T>(json.at(name).get<int>());
    } else if constexpr (std::is_same_v<T, std::optional<double>>) {
      field = json.at(name).get<double>();
    } else {
      json.at(name).get_to(field);
    }
  }
};

Schedule composed(const std::string& name, const std::string& what, double base) {
  if (name == "Lambda") return [base](double t) { return base / (1 + t); };
  if (name == "Multiplicative") {
    return Multiplicative{.base = base, .factor = [](double t) { return 0.9 + 0.02 * t; }};
  }
  if (what == "Linear(0.1, 1, 4), Exponential(0.9) from 4") {
    return Sequential{.schedules = {Linear{.base = base, .start_factor = 0.1, .steps = 4},
                                    Exponential{.base = base, .gamma = 0.9}},
                      .milestones = {4}};
  }
  if (what == "Constant(0.1, 2), Step(3), CosineAnnealing(5) from 2, 9") {
    return Sequential{
        .schedules = {Constant{.base = base, .factor = 0.1, .steps = 2},
                      Step{.base = base, .every = 3}, CosineAnnealing{.base = base, .steps = 5}},
        .milestones = {2, 9}};
  }
  if (what == "Constant(0.1, 2) Exponential(0.9)") {
    return Chained{.base = base,
                   .factors = {Constant{.base = 1, .factor = 0.1, .steps = 2},
                               Exponential{.base = 1, .gamma = 0.9}}};
  }
  return Chained{.base = base,
                 .factors = {Linear{.base = 1, .start_factor = 0.1, .steps = 4},
                             Step{.base = 1, .every = 3}, CosineAnnealing{.base = 1, .steps = 20}}};
}

Schedule from_settings(const std::string& name, const Json& json) {
  const Settings set{json};
  if (name == "Constant") {
    Constant s;
    set("base", s.base), set("factor", s.factor), set("steps", s.steps);
    return s;
  }
  if (name == "Linear") {
    Linear s;
    set("base", s.base), set("start_factor", s.start_factor), set("end_factor", s.end_factor);
    set("steps", s.steps);
    return s;
  }
  if (name == "Exponential") {
    Exponential s;
    set("base", s.base), set("gamma", s.gamma);
    return s;
  }
  if (name == "Step") {
    Step s;
    set("base", s.base), set("every", s.every), set("gamma", s.gamma);
    return s;
  }
  if (name == "MultiStep") {
    MultiStep s;
    set("base", s.base), set("milestones", s.milestones), set("gamma", s.gamma);
    return s;
  }
  if (name == "Polynomial") {
    Polynomial s;
    set("base", s.base), set("steps", s.steps), set("power", s.power);
    return s;
  }
  if (name == "CosineAnnealing") {
    CosineAnnealing s;
    set("base", s.base), set("steps", s.steps), set("min", s.min);
    return s;
  }
  if (name == "CosineWarmRestarts") {
    CosineWarmRestarts s;
    set("base", s.base), set("steps", s.steps), set("mult", s.mult), set("min", s.min);
    return s;
  }
  if (name == "Cyclic") {
    Cyclic s;
    set("base", s.base), set("max", s.max), set("up", s.up), set("down", s.down);
    set("height", s.height), set("gamma", s.gamma);
    return s;
  }
  if (name == "Swa") {
    Swa s;
    set("base", s.base), set("swa", s.swa), set("steps", s.steps), set("shape", s.shape);
    return s;
  }
  if (name == "OneCycle") {
    OneCycle s;
    set("max", s.max), set("steps", s.steps), set("pct_start", s.pct_start);
    set("shape", s.shape), set("three_phase", s.three_phase), set("div_factor", s.div_factor);
    set("final_div_factor", s.final_div_factor);
    return s;
  }
  if (name == "OneCycleMomentum") {
    OneCycleMomentum s;
    set("steps", s.steps), set("pct_start", s.pct_start), set("shape", s.shape);
    set("three_phase", s.three_phase);
    return s;
  }
  return composed(name, json.at("what"), json.at("base"));
}

TEST(ScheduleGoldens, FollowTorchAtEveryStep) {
  EXPECT_GE(all()["cases"].size(), 35u);
  for (const Json& each : all()["cases"]) {
    const std::string name = each["schedule"];
    expect_follows(from_settings(name, each["settings"]), golden_numbers(each["values"]), kChained,
                   name + " " + each["settings"].dump());
  }
}

TEST(ScheduleGoldens, FollowTransformersAndOptax) {
  const double base = all()["base"];
  const double W = 4, T = 20;
  const auto warm = [&](Schedule then) { return Warmup{.steps = W, .then = std::move(then)}; };
  const Schedule late_cosine = [=](double t) {
    return Cosine{.base = base, .steps = T - W, .min_rate = 0.1}(t + 1);
  };
  std::map<std::string, Schedule> ours = {
      {"constant_with_warmup", warm(base)},
      {"linear_with_warmup",
       warm(Linear{.base = base, .start_factor = 1, .end_factor = 0, .steps = T - W})},
      {"cosine_with_warmup", warm(Cosine{.base = base, .steps = T - W})},
      {"cosine_with_min_lr", warm(Cosine{.base = base, .steps = T - W, .min_rate = 0.1})},
      {"cosine_warmup_with_min_lr",
       // The variant of transformers is one step ahead in both parts.
       [=](double t) { return t < W ? base * (t + 1) / W : late_cosine(t - W); }},
      {"cosine_with_hard_restarts",
       warm(CosineHardRestarts{.base = base, .steps = T - W, .cycles = 3})},
      {"polynomial_with_warmup",
       warm(Polynomial{.base = base, .end = 1e-7, .power = 2, .steps = T - W})},
      {"inverse_sqrt_with_warmup", warm(InverseSqrt{.base = base, .timescale = W})},
      {"inverse_sqrt", InverseSqrt{.base = base}},
      {"piecewise_constant",
       PiecewiseConstant{.base = base, .boundaries = {{7, 0.4}, {3, 0.5}, {8, 2}}}},
      {"piecewise_interpolate linear",
       PiecewiseInterpolate{.base = base, .boundaries = {{3, 0.5}, {7, 0.4}, {8, 2}}}},
      {"piecewise_interpolate cosine",
       PiecewiseInterpolate{
           .base = base, .boundaries = {{3, 0.5}, {7, 0.4}, {8, 2}}, .shape = Anneal::kCosine}},
      {"exponential_decay", ExponentialDecay{.base = base, .rate = 0.7, .steps = 3, .begin = 2}},
      {"exponential_decay stairs",
       ExponentialDecay{
           .base = base, .rate = 0.7, .steps = 3, .begin = 2, .staircase = true, .limit = 0.1}}};
  for (int k = 0; k < 3; ++k) {
    for (int n = 0; n < 3; ++n) {
      ours.emplace("wsd " + std::to_string(k) + " " + std::to_string(n),
                   Wsd{.base = base,
                       .warmup = 4,
                       .stable = 6,
                       .decay = 7,
                       .warmup_shape = static_cast<Ramp>(k),
                       .decay_shape = static_cast<Ramp>(n),
                       .min_rate = 0.2});
    }
  }
  EXPECT_EQ(ours.size(), all()["formulas"].size());
  for (const auto& [name, values] : all()["formulas"].items()) {
    ASSERT_TRUE(ours.contains(name)) << name;
    expect_follows(ours.at(name), golden_numbers(values), kChained, name);
  }
}

TEST(ScheduleGoldens, FollowTheBook) {
  const Json& book = all()["book"];
  // Printed with 10 digits, the largest is 1.8.
  const double digits = 4e-9;
  const auto expect = [&](const std::string& name, const Schedule& schedule) {
    expect_follows(schedule, golden_numbers(book.at(name)), digits, name);
  };
  expect("square_root_0.1", SquareRoot{.base = 0.1});
  const Schedule factor = Factor{.base = 2, .factor = 0.9, .floor = 0.01};
  expect("factor_0.9_base2_floor0.01", [=](double t) { return factor(t + 1); });
  EXPECT_EQ(factor(1000), 0.01) << "the floor";
  expect("multistep_0.5_at15_30_half",
         MultiStep{.base = 0.5, .milestones = {15, 30}, .gamma = 0.5});
  expect("cosine_0.3_to_0.01_T20", CosineWithWarmup{.base = 0.3, .final = 0.01, .steps = 20});
  expect("cosine_warmup5", CosineWithWarmup{.base = 0.3, .final = 0.01, .steps = 20, .warmup = 5});
}

}  // namespace
}  // namespace gradus::testing
