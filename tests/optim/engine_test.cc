// The optimizer around the rules: groups, bad input, and what a step touches.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "optim/optimizer.h"
#include "optim/rules/adagrad.h"
#include "optim/rules/adam.h"
#include "optim/rules/momentum.h"
#include "optim/rules/sgd.h"
#include "optim/rules/yogi.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;

const double kNan = std::nan(""), kInf = std::numeric_limits<double>::infinity();

Variable weight(double value = 1, DType dtype = kFloat64) {
  return parameter(full({2}, value, dtype));
}
Variable with_gradient(double value, double g) {
  const Variable x = weight(value);
  x.set_grad(full({2}, g, kFloat64));
  return x;
}
double first(const Variable& x) { return x.value().at({0}); }

TEST(Rules, AreFoundByName) {
  const std::vector<std::string> names = rule_names();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  for (const char* rule : {"AMSGrad", "AdaGrad", "Adadelta", "Adam", "AdamW", "Momentum",
                           "Nesterov", "RMSProp", "SGD", "Yogi"}) {
    EXPECT_EQ(std::count(names.begin(), names.end(), rule), 1) << rule;
  }
}

TEST(Rules, TakeWholeNumbersOfTheirChoicesOnly) {
  const Variable x = parameter(zeros({2}));
  const auto adam = make_optimizer("Adam", {{"x", x}});
  adam->set_hyper_parameter("eps_placement", 2);
  EXPECT_EQ(adam->hyper_parameter("eps_placement"), 2);
  for (const char* bad : {"3", "-1", "0.5", "nan"}) {
    expect_throws_text<ConfigError>(
        [&] { adam->set_hyper_parameter("eps_placement", std::stod(bad)); },
        "[Adam] eps_placement: " + std::string(bad) + "; expected a whole number from 0 to 2");
  }
  EXPECT_EQ(adam->hyper_parameter("eps_placement"), 2);
  expect_throws_text<ConfigError>([&] { adam->set_hyper_parameter("bias_correction", 2); },
                                  "[Adam] bias_correction: 2; expected a whole number from 0 to 1");
}

TEST(Rules, HaveTheDefaultsOfTorch) {
  const std::map<std::string, std::map<std::string, double>> expected = {
      {"SGD", {{"lr", 1e-3}, {"weight_decay", 0}}},
      {"Momentum", {{"lr", 1e-3}, {"momentum", 0.9}, {"dampening", 0}, {"weight_decay", 0}}},
      {"Nesterov", {{"lr", 1e-3}, {"momentum", 0.9}, {"weight_decay", 0}}},
      {"AdaGrad", {{"lr", 1e-2}, {"eps", 1e-10}, {"lr_decay", 0}, {"initial_accumulator", 0}}},
      {"Adadelta", {{"lr", 1}, {"rho", 0.9}, {"eps", 1e-6}, {"weight_decay", 0}}},
      {"RMSProp", {{"lr", 1e-2}, {"alpha", 0.99}, {"eps", 1e-8}, {"weight_decay", 0}}},
      {"Adam",
       {{"lr", 1e-3}, {"beta1", 0.9}, {"beta2", 0.999}, {"eps", 1e-8}, {"weight_decay", 0}}},
      {"AMSGrad",
       {{"lr", 1e-3}, {"beta1", 0.9}, {"beta2", 0.999}, {"eps", 1e-8}, {"weight_decay", 0}}},
      {"AdamW",
       {{"lr", 1e-3}, {"beta1", 0.9}, {"beta2", 0.999}, {"eps", 1e-8}, {"weight_decay", 1e-2}}},
      {"RMSPropMomentum", {{"lr", 1e-2}, {"alpha", 0.99}, {"eps", 1e-8}, {"weight_decay", 0}}},
      {"CenteredRMSProp", {{"lr", 1e-2}, {"alpha", 0.99}, {"eps", 1e-8}, {"weight_decay", 0}}},
      {"NAdam",
       {{"lr", 2e-3}, {"beta1", 0.9}, {"beta2", 0.999}, {"eps", 1e-8}, {"momentum_decay", 4e-3}}},
      {"RAdam",
       {{"lr", 1e-3}, {"beta1", 0.9}, {"beta2", 0.999}, {"eps", 1e-8}, {"weight_decay", 0}}},
      {"Adamax",
       {{"lr", 2e-3}, {"beta1", 0.9}, {"beta2", 0.999}, {"eps", 1e-8}, {"weight_decay", 0}}},
      // torch has none of these: the papers, their programs, and the book.
      {"AdaBelief",
       {{"lr", 1e-3}, {"beta1", 0.9}, {"beta2", 0.999}, {"eps", 1e-16}, {"weight_decay", 0}}},
      {"AdaBound", {{"lr", 1e-3}, {"final_lr", 0.1}, {"gamma", 1e-3}, {"eps", 1e-8}}},
      {"Adan", {{"lr", 1e-3}, {"beta1", 0.98}, {"beta2", 0.92}, {"beta3", 0.99}, {"eps", 1e-8}}},
      {"LAMB", {{"lr", 1e-3}, {"beta1", 0.9}, {"beta2", 0.999}, {"eps", 1e-6}}},
      {"LARS", {{"momentum", 0.9}, {"trust", 1e-3}, {"weight_decay", 5e-4}}},
      {"Lion", {{"lr", 1e-4}, {"beta1", 0.9}, {"beta2", 0.99}, {"weight_decay", 0}}},
      {"LookaheadAdam", {{"lr", 1e-3}, {"period", 5}, {"alpha", 0.5}}},
      {"Ranger", {{"lr", 1e-3}, {"beta1", 0.95}, {"eps", 1e-5}, {"period", 6}, {"alpha", 0.5}}},
      {"Adafactor", {{"lr", 1e-2}, {"beta2_decay", 0.8}, {"eps2", 1e-3}, {"clip", 1}}},
      {"CAME", {{"beta1", 0.9}, {"beta2", 0.999}, {"beta3", 0.9999}, {"eps2", 1e-16}}},
      {"Muon", {{"lr", 1e-3}, {"momentum", 0.95}, {"weight_decay", 0.1}, {"rounds", 5}}},
      {"SOAP", {{"lr", 3e-3}, {"beta1", 0.95}, {"beta2", 0.95}, {"frequency", 10}}},
      {"ScheduleFreeAdamW", {{"lr", 2.5e-3}, {"beta1", 0.9}, {"beta2", 0.999}, {"r", 0}}},
      {"ScheduleFreeSGD", {{"lr", 1}, {"beta1", 0.9}, {"weight_lr_power", 2}}},
      {"StableAdamW", {{"lr", 1e-3}, {"beta1", 0.9}, {"beta2", 0.99}, {"weight_decay", 1e-2}}},
      {"Yogi",
       {{"lr", 1e-2}, {"beta1", 0.9}, {"beta2", 0.999}, {"eps", 1e-3}, {"weight_decay", 0}}},
  };
  for (const auto& [rule, values] : expected) {
    const auto optimizer = make_optimizer(rule, {{"w", weight()}});
    EXPECT_EQ(optimizer->rule_name(), rule);
    for (const auto& [name, value] : values) {
      EXPECT_EQ(optimizer->hyper_parameter(name), value) << rule << " " << name;
    }
  }
}

TEST(Rules, UnknownNamesListTheKnownOnes) {
  std::string known;
  for (const std::string& rule : rule_names()) known += (known.empty() ? "" : ", ") + rule;
  expect_throws_text<ConfigError>(
      [] {
        make_optimizer("adam", {{"w", weight()}});
      },
      "[make_optimizer] rule: adam; expected one of " + known);
  expect_throws_text<ConfigError>(
      [] {
        make_optimizer("Momentum", {{"w", weight()}}, {{"beta", 0.9}});
      },
      "[Momentum] hyper-parameter: 'beta'; expected one of lr, momentum, dampening, "
      "first_momentum, lr_placement, weight_decay, decay_mode");
  const auto optimizer = make_optimizer("Adam", {{"w", weight()}});
  const std::string text =
      "[Adam] hyper-parameter: 'betas'; expected one of lr, beta1, beta2, eps, eps_placement, "
      "bias_correction, weight_decay, decay_mode";
  expect_throws_text<ConfigError>([&] { optimizer->set_hyper_parameter("betas", 0.9); }, text);
  expect_throws_text<ConfigError>([&] { optimizer->hyper_parameter("betas"); }, text);
}

// Every way to give a value to a hyper-parameter refuses it with the same text and changes nothing.
void expect_refused(const std::string& rule, const std::string& name, double value,
                    const std::string& shown, const std::string& expected) {
  const std::string text = "[" + rule + "] " + name + ": " + shown + "; expected " + expected;
  expect_throws_text<ConfigError>(
      [&] {
        make_optimizer(rule, {{"w", weight()}}, {{name, value}});
      },
      text);
  const auto optimizer = make_optimizer(rule, {{"w", weight()}});
  const double before = optimizer->hyper_parameter(name);
  expect_throws_text<ConfigError>([&] { optimizer->set_hyper_parameter(name, value); }, text);
  EXPECT_EQ(optimizer->hyper_parameter(name), before);
  StateDict saved = optimizer->state_dict();
  saved.groups.at("default").at(name) = value;
  expect_throws_text<ConfigError>([&] { optimizer->load_state_dict(saved); }, text);
  EXPECT_EQ(optimizer->hyper_parameter(name), before);
}

TEST(Ranges, OfLrHoldForEveryRule) {
  for (const std::string& rule : rule_names()) {
    const std::string expected = "lr >= 0 and finite";
    expect_refused(rule, "lr", -0.1, "-0.1", expected);
    expect_refused(rule, "lr", kNan, "nan", expected);
    expect_refused(rule, "lr", kInf, "inf", expected);
  }
}

// Every hyper-parameter of every rule; a new one has to be named here.
TEST(Ranges, OfTheOtherHyperParametersHoldForEveryRule) {
  using Names = std::set<std::string>;
  const Names fraction = {"beta", "beta1", "beta2", "beta3", "momentum", "dampening", "rho"};
  const Names positive = {"clip", "eps1", "final_lr", "gamma", "trust"};
  const Names count = {"frequency", "period", "rounds"};
  const Names whole = {"max_size", "min_quantized", "warmup_steps"};
  const Names boolean = {"bias_correction", "gradient_averaging", "nesterov",
                         "relative_step",   "scale_parameter",    "warmup_init"};
  const std::map<std::string, int> last_choice = {
      {"at_sync", 1},        {"decay", 1},       {"decay_mode", 2}, {"fallback", 1},
      {"first_momentum", 1}, {"form", 1},        {"max_of", 2},     {"momentum_schedule", 1},
      {"scale", 1},          {"lr_placement", 1}};
  const Names at_least_zero = {
      "base_lr",        "beta2_decay",     "eps",      "eps2",
      "eps_root",       "weight_lr_power", "lr_decay", "initial_accumulator",
      "momentum_decay", "norm_limit",      "r",        "threshold",
      "weight_decay"};
  // Where 0 would keep all from moving, or make 0 / 0 of a gradient of 0.
  const Names positive_eps = {"Adadelta", "Adamax", "LAMB", "Muon", "SOAP", "StableAdamW"};
  for (const std::string& rule : rule_names()) {
    const auto optimizer = make_optimizer(rule, {{"w", weight()}});
    const StateDict saved = optimizer->state_dict();
    for (const auto& [name, value] : saved.groups.at("default")) {
      if (name == "lr") continue;
      SCOPED_TRACE(rule + " " + name);
      const auto refused = [&, &name = name](std::initializer_list<double> bad,
                                             const std::string& expected) {
        for (const double each : bad) expect_refused(rule, name, each, to_text(each), expected);
        expect_refused(rule, name, kNan, "nan", expected);
      };
      const bool unit = name == "alpha" && rule.find("RMSProp") == std::string::npos;
      const bool open = rule.starts_with("ScheduleFree") && name == "beta1";  // x would be lost
      const bool above_zero = positive.contains(name) || (rule == "CAME" && name == "eps2") ||
                              (name == "eps" && positive_eps.contains(rule));
      int last = boolean.contains(name) ? 1 : -1;
      if (last_choice.contains(name)) last = last_choice.at(name);
      if (name == "eps_placement") {  // AdamEps, or of two places
        const bool adam = rule.find("Adam") != std::string::npos && rule != "Adamax";
        const bool three =
            (adam || rule == "Ranger") && saved.groups.at("default").contains("beta1");
        last = three ? 2 : 1;
      }
      if (last >= 0) {
        refused({-1, last + 1.0, 0.5, kInf}, "a whole number from 0 to " + std::to_string(last));
      } else if (unit) {
        refused({-0.5, 1.5, kInf}, "0 <= alpha <= 1");
      } else if (open) {
        refused({0, 1, -0.5, kInf}, "0 < beta1 < 1");
      } else if (fraction.contains(name) || name == "alpha") {
        refused({1, 1.5, -0.5, kInf, -kInf}, "0 <= " + name + " < 1");
      } else if (above_zero) {
        refused({0, -0.5, kInf, -kInf}, name + " > 0 and finite");
      } else if (count.contains(name)) {
        refused({0, -1, 1.5, kInf, 1e300}, "a whole number >= 1");
      } else if (whole.contains(name)) {
        refused({-1, 0.5, kInf, 1e300}, "a whole number >= 0");
      } else {
        EXPECT_TRUE(at_least_zero.contains(name)) << "a new hyper-parameter";
        refused({-0.5, kInf, -kInf}, name + " >= 0 and finite");
      }
      // What it was is in its range.
      optimizer->set_hyper_parameter(name, value);
    }
  }
  const auto whole_way = make_optimizer("LookaheadAdam", {{"w", weight()}}, {{"alpha", 1}});
  EXPECT_EQ(whole_way->hyper_parameter("alpha"), 1);
}

TEST(Ranges, AreCheckedBeforeAStepTouchesAnything) {
  const Variable a = with_gradient(1, 1), b = with_gradient(1, 1);
  Optimizer<Adam> optimizer({{"a", a}}, {.lr = 0.1});
  optimizer.add_group("second", {{"b", b}}, {.lr = 0.1});
  optimizer.group("second").beta1 = 1;
  expect_throws_text<ConfigError>([&] { optimizer.step(); },
                                  "[Adam] beta1: 1; expected 0 <= beta1 < 1");
  EXPECT_EQ(first(a), 1);
  EXPECT_EQ(optimizer.state_dict().tensors.at("a/step").item(), 0);
}

TEST(Parameters, ThatCannotBeTrainedAreErrors) {
  const auto expect = [](NamedParameters parameters, const std::string& text) {
    expect_throws_text<ConfigError>([&] { Optimizer<Adam> refused(parameters); }, text);
  };
  const Variable w = weight();
  expect({}, "[Adam] parameters: none; expected at least one");
  expect({{"w", Variable()}},
         "[Adam] parameter 'w' is undefined; expected a variable with elements");
  expect({{"a", w}, {"b", w}},
         "[Adam] parameter 'b' is the same variable as another; expected each once");
  expect({{"a", w}, {"a", weight()}},
         "[Adam] parameter 'a' is there already; expected distinct names");
  expect({{"n", Variable(arange(3))}},
         "[Adam] parameter 'n' is int64; expected float16, bfloat16, float32 or float64");
  expect({{"t", parameter(zeros({2, 3}).transpose())}},
         "[Adam] parameter 't' is a strided view; expected its own memory");
  const Tensor shared = zeros({4});
  expect({{"a", parameter(shared)}, {"b", parameter(shared.slice(0, {3, 4}))}},
         "[Adam] parameter 'b' shares elements with another; expected memory of its own");
  expect({{"a", parameter(shared.slice(0, {3, 4}))}, {"b", parameter(shared)}},
         "[Adam] parameter 'b' shares elements with another; expected memory of its own");
  Optimizer<Adam> neighbours(
      {{"a", parameter(shared.slice(0, {0, 2}))}, {"b", parameter(shared.slice(0, {2, 4}))}});
  expect_throws_text<ConfigError>(
      [&] {
        Optimizer<SGD> refused(std::vector<Variable>{w, w});
      },
      "[SGD] parameter '1' is the same variable as another; expected each once");
}

TEST(Groups, HaveHyperParametersOfTheirOwn) {
  const Variable a = with_gradient(1, 1), b = with_gradient(1, 1);
  Optimizer<SGD> optimizer({{"a", a}}, {.lr = 0.5});
  SGD& rule = optimizer.group();
  optimizer.add_group("second", {{"b", b}}, {.lr = 0.25, .weight_decay = 1});
  optimizer.step();
  EXPECT_EQ(first(a), 0.5);
  EXPECT_EQ(first(b), 0.5);
  rule.lr = 0.125;  // the reference outlives a new group
  optimizer.group("second").weight_decay = 0;
  optimizer.step();
  EXPECT_EQ(first(a), 0.375);
  EXPECT_EQ(first(b), 0.25);
  optimizer.set_hyper_parameter("lr", 0.0625);  // of all groups
  EXPECT_EQ(optimizer.group("second").lr, 0.0625);
  EXPECT_EQ(optimizer.hyper_parameter("lr"), 0.0625);
}

TEST(Groups, WithEqualSettingsAreOneGroup) {
  const Variable a = with_gradient(1, 1), b = with_gradient(2, -0.5);
  const Variable c = with_gradient(1, 1), d = with_gradient(2, -0.5);
  Optimizer<Adam> one({{"a", a}, {"b", b}}, {.lr = 0.1}), two({{"c", c}}, {.lr = 0.1});
  two.add_group("second", {{"d", d}}, {.lr = 0.1});
  for (int i = 0; i < 5; ++i) {
    one.step();
    two.step();
  }
  expect_same_bits(c.value(), a.value());
  expect_same_bits(d.value(), b.value());
}

TEST(Groups, CanBeAddedWhileTraining) {
  // The newcomer starts at step 1, as in an optimizer of its own.
  const Variable old = with_gradient(1, 1), late = with_gradient(1, 0.5),
                 alone = with_gradient(1, 0.5);
  Optimizer<Adam> optimizer({{"old", old}}, {.lr = 0.1}), other({{"alone", alone}}, {.lr = 0.1});
  for (int i = 0; i < 5; ++i) optimizer.step();
  optimizer.add_group("late", {{"late", late}}, {.lr = 0.1});
  for (int i = 0; i < 5; ++i) {
    optimizer.step();
    other.step();
  }
  expect_same_bits(late.value(), alone.value());
  EXPECT_EQ(optimizer.state_dict().tensors.at("old/step").item(), 10);
  EXPECT_EQ(optimizer.state_dict().tensors.at("late/step").item(), 5);
}

TEST(Groups, ThatClashAreErrorsAndChangeNothing) {
  const Variable a = weight(), b = weight();
  Optimizer<SGD> optimizer({{"a", a}}, {.lr = 0.5});
  const auto expect = [&](std::string name, NamedParameters parameters, SGD rule,
                          const std::string& text) {
    expect_throws_text<ConfigError>(
        [&] { optimizer.add_group(std::move(name), std::move(parameters), rule); }, text);
    EXPECT_EQ(optimizer.state_dict().groups.size(), 1u);
    EXPECT_EQ(optimizer.state_dict().tensors.size(), 1u);
  };
  expect("default", {{"b", b}}, {}, "[SGD] group: 'default' is there already; expected a new name");
  expect("second", {{"a", b}}, {}, "[SGD] parameter 'a' is there already; expected distinct names");
  expect("second", {{"b", a}}, {},
         "[SGD] parameter 'b' is the same variable as another; expected each once");
  expect("second", {}, {}, "[SGD] parameters: none; expected at least one");
  expect("second", {{"b", b}}, {.lr = -1}, "[SGD] lr: -1; expected lr >= 0 and finite");
  expect_throws_text<ConfigError>([&] { optimizer.group("third"); },
                                  "[SGD] group: 'third'; expected one of 'default'");
  optimizer.add_group("second", {{"b", b}}, {});
  expect_throws_text<ConfigError>([&] { optimizer.group("third"); },
                                  "[SGD] group: 'third'; expected one of 'default', 'second'");
}

TEST(Step, ZeroGradForgetsGradientsAndThenAStepDoesNothing) {
  const Variable a = with_gradient(1, 1), b = with_gradient(1, 1);
  Optimizer<Momentum> optimizer({{"a", a}}, {.lr = 0.5});
  optimizer.add_group("second", {{"b", b}}, {.lr = 0.5});
  optimizer.step();
  optimizer.zero_grad();
  EXPECT_FALSE(a.grad().defined());
  EXPECT_FALSE(b.grad().defined());
  const Tensor before = a.value().clone(), v = optimizer.state_dict().tensors.at("a/v");
  optimizer.step();
  expect_same_bits(a.value(), before);
  expect_same_bits(optimizer.state_dict().tensors.at("a/v"), v);
  EXPECT_EQ(optimizer.state_dict().tensors.at("a/step").item(), 1);
}

TEST(Step, KeepsTheVariableAndItsMemory) {
  for (const std::string& rule : rule_names()) {
    const Variable w = with_gradient(1, 1);
    const void* memory = w.value().raw_data();
    const auto optimizer = make_optimizer(rule, {{"w", w}});
    for (int i = 0; i < 2; ++i) optimizer->step();  // the first of SOAP makes its bases only
    EXPECT_EQ(w.value().raw_data(), memory) << rule;
    EXPECT_NE(first(w), 1) << rule;
    EXPECT_TRUE(w.requires_grad() && w.is_leaf()) << rule;
  }
}

TEST(Step, StateStartsWhereTheSettingOfTheFirstStepSays) {
  const Variable w = with_gradient(1, 2);
  Optimizer<AdaGrad> optimizer({{"w", w}}, {.lr = 0.1});
  optimizer.group().initial_accumulator = 5;
  optimizer.step();
  EXPECT_EQ(optimizer.state_dict().tensors.at("w/s").at({0}), 9);
}

TEST(Step, TakesZeroAndNonFiniteGradientsAsTheFormulaDoes) {
  for (const std::string& rule : rule_names()) {
    // Bytes skip such elements (stored_state_test.cc), SOAP refuses them (trace_test.cc).
    if (rule.ends_with("8bit") || rule == "SOAP") continue;
    const Variable zero = with_gradient(1, 0), nan = with_gradient(1, kNan);
    const auto optimizer = make_optimizer(rule, {{"zero", zero}, {"nan", nan}});
    optimizer->set_hyper_parameter("weight_decay", 0);
    for (int i = 0; i < 3; ++i) optimizer->step();
    EXPECT_EQ(first(zero), 1) << rule;
    EXPECT_TRUE(std::isnan(first(nan))) << rule;
  }
}

}  // namespace
}  // namespace gradus::testing
