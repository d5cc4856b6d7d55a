// Saving an optimizer and going on later.
#include <gtest/gtest.h>

#include <cmath>

#include "optim/optimizer.h"
#include "optim/rules/adam.h"
#include "optim/rules/momentum.h"
#include "optim/rules/sgd.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;

// Two parameters with gradients from a closed formula; the second gets its first in step 3.
struct Model {
  explicit Model(DType dtype)
      : a(parameter(full({3, 2}, 0.5, dtype))), b(parameter(full({4}, -0.25, dtype))) {}

  NamedParameters parameters() const { return {{"a", a}, {"b", b}}; }
  void set_gradients(int step) const {
    const auto gradient = [step](const Variable& x) {
      std::vector<double> g;
      for (int i = 0; i < x.numel(); ++i) g.push_back(std::sin(0.7 * i + 0.4 * step) / step);
      return from_values(g, x.shape(), x.dtype());
    };
    a.set_grad(gradient(a));
    if (step >= 3) b.set_grad(gradient(b));
  }
  // A model of its own with the same numbers.
  Model copy() const {
    Model other(a.dtype());
    other.a.value().copy_from(a.value());
    other.b.value().copy_from(b.value());
    return other;
  }

  Variable a, b;
};

void train(AnyOptimizer& optimizer, const Model& model, int from, int to) {
  for (int step = from; step <= to; ++step) {
    model.set_gradients(step);
    optimizer.step();
  }
}

void expect_same_state(const StateDict& got, const StateDict& expected) {
  EXPECT_EQ(got.rule, expected.rule);
  EXPECT_EQ(got.groups, expected.groups);
  ASSERT_EQ(got.tensors.size(), expected.tensors.size());
  for (const auto& [name, x] : expected.tensors) {
    ASSERT_TRUE(got.tensors.contains(name)) << name;
    expect_same_bits(got.tensors.at(name), x, name);
  }
}

TEST(StateDict, GoingOnAfterLoadIsGoingOn) {
  const std::map<std::string, double> settings = {{"lr", 0.05}, {"weight_decay", 0.1}};
  for (const std::string& rule : rule_names()) {
    for (const DType dtype : {kFloat64, kFloat32}) {
      for (const int half : {1, 2, 5}) {  // in the first two, b has no state yet
        SCOPED_TRACE(rule + ", saved after " + std::to_string(half));
        const Model model(dtype);
        const auto whole = make_optimizer(rule, model.parameters(), settings);
        train(*whole, model, 1, half);
        const StateDict saved = whole->state_dict();
        const Model later = model.copy();
        const auto loaded = make_optimizer(rule, later.parameters());
        loaded->load_state_dict(saved);
        expect_same_state(loaded->state_dict(), saved);
        train(*whole, model, half + 1, 2 * half + 3);
        train(*loaded, later, half + 1, 2 * half + 3);
        expect_same_bits(later.a.value(), model.a.value(), "a");
        expect_same_bits(later.b.value(), model.b.value(), "b");
        expect_same_state(loaded->state_dict(), whole->state_dict());
      }
    }
  }
}

TEST(StateDict, NamesEveryParameterAndHyperParameter) {
  const Model model(kFloat32);
  Optimizer<Adam> optimizer({{"a", model.a}}, {.lr = 0.1, .beta1 = 0.8});
  optimizer.add_group("rest", {{"b", model.b}}, {.weight_decay = 0.5});
  train(optimizer, model, 1, 2);
  const StateDict saved = optimizer.state_dict();
  EXPECT_EQ(saved.rule, "Adam");
  EXPECT_EQ(saved.groups.size(), 2u);
  EXPECT_EQ(saved.groups.at("default").at("beta1"), 0.8);
  EXPECT_EQ(saved.groups.at("rest").at("weight_decay"), 0.5);
  EXPECT_EQ(saved.groups.at("rest").size(), 8u);
  std::vector<std::string> names;
  for (const auto& [name, x] : saved.tensors) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"a/m", "a/step", "a/v", "b/step"}));
  EXPECT_EQ(saved.tensors.at("a/step").dtype(), kInt64);
  EXPECT_EQ(saved.tensors.at("a/step").item(), 2);
  EXPECT_EQ(saved.tensors.at("b/step").item(), 0);
  EXPECT_EQ(saved.tensors.at("a/m").dtype(), kFloat32);
  EXPECT_EQ(saved.tensors.at("a/m").shape(), model.a.shape());
}

TEST(StateDict, IsACopyThatLaterStepsDoNotChange) {
  const Model model(kFloat64);
  Optimizer<Momentum> optimizer(model.parameters());
  train(optimizer, model, 1, 2);
  const StateDict saved = optimizer.state_dict();
  const Tensor v = saved.tensors.at("a/v").clone();
  train(optimizer, model, 3, 4);
  expect_same_bits(saved.tensors.at("a/v"), v);
  // And what was loaded is a copy too.
  const Model other(kFloat64);
  Optimizer<Momentum> loaded(other.parameters());
  loaded.load_state_dict(saved);
  train(loaded, other, 3, 4);
  expect_same_bits(saved.tensors.at("a/v"), v);
}

TEST(StateDict, GroupsComeBackWithTheirSettings) {
  const Model model(kFloat64), later(kFloat64);
  Optimizer<SGD> optimizer({{"a", model.a}}, {.lr = 0.5});
  optimizer.add_group("rest", {{"b", model.b}}, {.lr = 0.25});
  Optimizer<SGD> loaded({{"a", later.a}});
  loaded.add_group("rest", {{"b", later.b}}, {});
  SGD& rest = loaded.group("rest");
  loaded.load_state_dict(optimizer.state_dict());
  EXPECT_EQ(loaded.group().lr, 0.5);
  EXPECT_EQ(loaded.group("rest").lr, 0.25);
  EXPECT_EQ(&rest, &loaded.group("rest")) << "a reference to the settings of a group must stay";
}

// What load_state_dict must refuse, with the whole text; afterwards nothing has changed.
class Loading : public ::testing::Test {
 protected:
  Loading() : model_(kFloat64), optimizer_(model_.parameters(), {.lr = 0.1}) {
    train(optimizer_, model_, 1, 4);
    saved_ = optimizer_.state_dict();
    train(optimizer_, model_, 5, 6);
    before_ = optimizer_.state_dict();
  }

  template <class ErrorType>
  void expect_refused(const std::string& text) {
    expect_throws_text<ErrorType>([&] { optimizer_.load_state_dict(saved_); },
                                  "[Adam] state_dict: " + text);
    expect_same_state(optimizer_.state_dict(), before_);
  }

  Model model_;
  Optimizer<Adam> optimizer_;
  StateDict saved_, before_;
};

TEST_F(Loading, RefusesAnotherRule) {
  saved_.rule = "AdamW";
  expect_refused<ConfigError>("made by AdamW; expected Adam");
}

TEST_F(Loading, RefusesOtherGroups) {
  const auto group = saved_.groups.at("default");
  saved_.groups["second"] = group;
  expect_refused<ConfigError>("has groups that this optimizer lacks");
  saved_.groups.erase("default");
  expect_refused<ConfigError>("no group 'default'; expected it");
}

TEST_F(Loading, RefusesOtherParameters) {
  saved_.tensors["c/step"] = zeros({}, kInt64);
  expect_refused<ConfigError>("has parameters that this optimizer lacks");
  saved_.tensors.erase("c/step");
  saved_.tensors.erase("b/step");
  expect_refused<ConfigError>("no 'b/step'; expected it");
}

TEST_F(Loading, RefusesStateThatIsMissing) {
  saved_.tensors.erase("b/v");
  expect_refused<ConfigError>("no 'b/v'; expected it, since the parameter has taken steps");
}

TEST_F(Loading, RefusesANegativeStep) {
  saved_.tensors["a/step"] = full({}, -2, kInt64);
  expect_refused<ConfigError>("'a/step' is negative; expected >= 0");
}

TEST_F(Loading, RefusesOtherShapes) {
  saved_.tensors["b/m"] = zeros({5}, kFloat64);
  expect_refused<ShapeError>("'b/m' is [5]; expected [4]");
}

TEST_F(Loading, RefusesOtherDtypes) {
  saved_.tensors["b/m"] = zeros({4}, kFloat32);
  expect_refused<DTypeError>("'b/m' is float32; expected float64");
}

TEST_F(Loading, RefusesUnknownHyperParameters) {
  saved_.groups["default"]["beta3"] = 0.5;
  expect_throws_text<ConfigError>(
      [&] { optimizer_.load_state_dict(saved_); },
      "[Adam] hyper-parameter: 'beta3'; expected one of lr, beta1, beta2, eps, eps_placement, "
      "bias_correction, weight_decay, decay_mode");
  expect_same_state(optimizer_.state_dict(), before_);
}

TEST_F(Loading, RefusesAnOptimizerThatIsEmpty) {
  saved_ = StateDict();
  expect_refused<ConfigError>("made by ; expected Adam");
}

}  // namespace
}  // namespace gradus::testing
