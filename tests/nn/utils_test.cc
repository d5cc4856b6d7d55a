// What surrounds modules: vectors of parameters, weight norm, averages, freezing.
#include <gtest/gtest.h>

#include "autograd/ops/sum.h"
#include "nn/linear.h"
#include "nn/sequential.h"
#include "nn/utils/averaged_model.h"
#include "nn/utils/freeze.h"
#include "nn/utils/parameters_to_vector.h"
#include "nn/utils/spectral_norm.h"
#include "nn/utils/weight_norm.h"
#include "tensor/linalg.h"
#include "tensor/elementwise/square.h"
#include "tests/support/compare.h"
#include "tests/support/golden.h"
#include "tests/support/gradients.h"
#include "tests/support/module_cases.h"

namespace gradus::nn {
namespace {

using testing::expect_close;
using testing::expect_same_bits;
using testing::expect_throws_text;
using testing::golden_tensor;

// Two parameters, one of them under two names, and buffers.
struct Model : Module {
  explicit Model(DType dtype = kFloat64)
      : weight(parameter("weight", zeros({2, 3}, dtype))),
        tied(parameter("tied", weight)),
        running(buffer("running", zeros({3}, dtype))),
        count(buffer("count", zeros({}, kInt64))) {}
  Variable forward(Operand x) const override { return x.variable; }
  Parameter weight, tied;
  Buffer running, count;
};

void set(const Module& module, const nlohmann::json& state) {
  for (const auto& [name, value] : module.state_dict()) value.copy_from(golden_tensor(state[name]));
}

TEST(ParametersToVector, AndBackAreInverse) {
  Generator rng(1);
  const Linear layer(3, 2, rng, true, kFloat64);
  const Variable vector = parameters_to_vector(layer.parameters());
  EXPECT_EQ(vector.shape(), Shape{8});
  expect_same_bits(vector.value().slice(0, {0, 6}).reshape({2, 3}), layer.weight.value());
  sum(square(vector)).backward();
  expect_close(layer.bias.grad().value(), (layer.bias.value() + layer.bias.value()), 0, 0);
  const Node* const before = layer.weight.node();
  vector_to_parameters(arange(8, kFloat32), layer.parameters());
  EXPECT_EQ(layer.weight.value().to_vector(), (std::vector<double>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(layer.bias.value().to_vector(), (std::vector<double>{6, 7}));
  EXPECT_EQ(layer.weight.node(), before);
  expect_throws_text<ShapeError>(
      [&] { vector_to_parameters(zeros({7}), layer.parameters()); },
      "[vector_to_parameters] vector is [7]; expected [8], the elements of 2 parameters");
  expect_throws_text<ConfigError>([] { parameters_to_vector({}); },
                                  "[parameters_to_vector] parameters: none; expected one at least");
}

TEST(ParametersToVector, HasTiedOnesOnce) {
  const Model model;
  EXPECT_EQ(parameters_to_vector(model.parameters()).numel(), 6);
  EXPECT_EQ(count_parameters(model).total, 6);
}

TEST(WeightNorm, IsThatOfPyTorch) {
  testing::check_module("weight_norm", [](const testing::ModuleCase& c) {
    const auto axis =
        c.has("axis") ? std::optional<int>(static_cast<int>(c.integer("axis"))) : std::nullopt;
    return testing::made(WeightNorm(
        Linear(c.integer("in_features"), c.integer("out_features"), c.rng, c.flag("bias"), c.dtype),
        axis));
  });
}

TEST(SpectralNorm, IsThatOfPyTorch) {
  testing::check_module("spectral_norm", [](const testing::ModuleCase& c) {
    return testing::made(SpectralNorm(
        Linear(c.integer("in_features"), c.integer("out_features"), c.rng, true, c.dtype), c.rng,
        {.n_power_iterations = c.integer("n_power_iterations"),
         .axis = static_cast<int>(c.integer("axis"))}));
  });
}

TEST(SpectralNorm, BeginsNearTheLargestSingularValueAndStaysInEval) {
  Generator rng(1);
  SpectralNorm layer(Linear(5, 3, rng, true, kFloat64), rng);
  layer.eval();
  const Tensor w = layer.weight().value();
  // 15 iterations leave a few digits; the largest singular value of w is its 2-norm.
  EXPECT_NEAR(max(linalg::svd(w).S).item(), 1, 1e-2);
  expect_same_bits(layer.weight().value(), w);
  expect_close(layer.remove().weight.value(), w, 0, 0);
  EXPECT_EQ(layer.named_buffers().at(0).first, "parametrizations.weight.0._u");
  expect_throws_text<ConfigError>(
      [&] { SpectralNorm(Linear(2, 2, rng), rng, {.n_power_iterations = 0}); },
      "[SpectralNorm] n_power_iterations: 0; expected >= 1");
  expect_throws_text<ConfigError>([&] { SpectralNorm(Linear(2, 2, rng), rng, {.eps = 0}); },
                                  "[SpectralNorm] eps: 0; expected a number > 0");
}

TEST(WeightNorm, BeginsAndEndsWithTheLayersWeight) {
  Generator rng(1);
  const Linear plain(5, 3, rng, true, kFloat64);
  const WeightNorm normed(deep_copy(plain));
  const Tensor x = uniform({4, 5}, -1, 1, rng, kFloat64);
  expect_close(normed(x).value(), plain(x).value(), 1e-14, 1e-15);
  normed.length().value().fill(2);
  for (double length : weight_lengths(normed.weight().value(), 0).to_vector()) {
    EXPECT_NEAR(length, 2, 1e-15);
  }
  const Linear removed = normed.remove();
  expect_same_bits(removed(x).value(), normed(x).value());
  EXPECT_EQ(removed.named_parameters().size(), 2u);
  EXPECT_EQ(removed.bias.node(), normed.parameters().at(0).node());
  EXPECT_TRUE(removed.weight.is_leaf());
}

TEST(WeightNorm, IsCopiedConvertedAndDifferentiated) {
  Generator rng(1);
  const Sequential net(WeightNorm(Linear(3, 2, rng)), WeightNorm(Linear(2, 1, rng), {}));
  EXPECT_EQ(count_parameters(net).total, 6 + 2 + 2 + 2 + 1 + 1);
  const Sequential copy = deep_copy(net);
  const Tensor x = uniform({4, 3}, -1, 1, rng);
  const Tensor before = copy(x).value();
  for (const Variable& parameter : net.parameters()) parameter.value().fill(1);
  expect_same_bits(copy(x).value(), before);
  copy.to(kFloat64);
  expect_close(copy(x.to(kFloat64)).value(), before, 1e-6, 1e-6);
  sum(copy(x.to(kFloat64))).backward();
  for (const Variable& parameter : copy.parameters()) EXPECT_TRUE(parameter.grad().defined());
  expect_throws_text<ConfigError>(
      [&] { WeightNorm<Model>{Model()}; },
      "[WeightNorm] layer: Model has children or buffers; expected parameters alone");
  EXPECT_THROW(WeightNorm(Linear(3, 2, rng), 2), IndexError);
}

TEST(AveragedModel, IsThatOfPyTorchAfterEachUpdate) {
  for (const auto& entry : testing::golden("nn/averaged_model")) {
    for (const DType dtype : {kFloat64, kFloat32}) {
      const Model model(dtype);
      set(model, entry["start"]);
      const bool buffers = entry["buffers"];
      AveragingOptions options{.average_buffers = buffers};
      if (!entry["decay"].is_null()) options.decay = entry["decay"].get<double>();
      const AveragedModel average(model, options);
      for (const auto& step : entry["steps"]) {
        set(model, step["model"]);
        average.update_parameters(model);
        for (const auto& [name, value] : average.state_dict()) {
          if (buffers && name == "module.count") {
            EXPECT_EQ(value.item(), model.count.item()) << "copied";
            continue;
          }
          // Numbers up to 2, rounded in each of 4 steps.
          expect_close(value, golden_tensor(step["average"][name]), 0,
                       dtype == kFloat64 ? 2e-15 : 2e-6, name);
        }
      }
    }
  }
}

TEST(AveragedModel, WarmsUp) {
  const Model model;
  const AveragedModel average(
      model,
      {.decay = 0.6, .warmup = true, .warmup_gamma = 2, .warmup_power = 1, .min_decay = 0.4});
  const auto update = [&](double to) {
    model.weight.value().fill(to);
    average.update_parameters(model);
    return average.module->weight.value().at({0, 0});
  };
  EXPECT_EQ(update(1), 1);
  // 1 - (1 + t / 2)^-1 = 1/3, 1/2, 3/5, 2/3 between 0.4 and 0.6.
  EXPECT_NEAR(update(0), 0.4, 1e-15);
  EXPECT_NEAR(update(0), 0.2, 1e-15);
  EXPECT_NEAR(update(0), 0.12, 1e-15);
  EXPECT_NEAR(update(0), 0.072, 1e-15);
}

TEST(AveragedModel, NeedsNoGradientAndKeepsTiesAndTakesPlacesWithTheModel) {
  const Model model;
  const AveragedModel average(model, {.decay = 0.5});
  EXPECT_FALSE(average.module->weight.requires_grad());
  EXPECT_TRUE(model.weight.requires_grad());
  EXPECT_EQ(average.module->tied.node(), average.module->weight.node());
  model.weight.value().fill(3);
  {
    const SwappedValues evaluating(model, *average.module);
    EXPECT_EQ(model.tied.value().at({0, 0}), 0);
    EXPECT_EQ(average.module->weight.value().at({0, 0}), 3);
    EXPECT_TRUE(model.weight.requires_grad());
  }
  EXPECT_EQ(model.weight.value().at({0, 0}), 3);
}

TEST(AveragedModel, SaysWhatIsWrong) {
  const Model model;
  Generator rng(1);
  const Linear other(2, 2, rng);
  expect_throws_text<ConfigError>([&] { AveragedModel(model, {.decay = 1.5}); },
                                  "[AveragedModel] decay: 1.5; expected a number in 0..1");
  expect_throws_text<ConfigError>([&] { AveragedModel(model, {.warmup_gamma = 0}); },
                                  "[AveragedModel] warmup_gamma: 0; expected a number > 0");
  expect_throws_text<ConfigError>([&] { AveragedModel(model, {.warmup_power = -1}); },
                                  "[AveragedModel] warmup_power: -1; expected a number > 0");
  expect_throws_text<ConfigError>([&] { AveragedModel(model, {.min_decay = -1}); },
                                  "[AveragedModel] min_decay: -1; expected a number in 0..1");
  expect_throws_text<ConfigError>(
      [&] { AveragedModel(model).update_parameters(other); },
      "[AveragedModel] model: no 'weight' of shape [2, 3]; expected the module that was copied");
  expect_throws_text<ConfigError>(
      [&] { swap_values(model, other); },
      "[swap_values] 'running': only in one of the modules; expected equal ones");
}

TEST(Freeze, TakesPatternsOfNames) {
  Generator rng(1);
  const Sequential net(Linear(3, 2, rng), Sequential(Linear(2, 2, rng), Linear(2, 1, rng)));
  const auto trainable = [&] {
    std::string names;
    for (const auto& [name, parameter] : net.named_parameters()) {
      if (parameter.requires_grad()) names += name + " ";
    }
    return names;
  };
  EXPECT_EQ(count_parameters(net).trainable, 8 + 6 + 3);
  sum(net(ones({1, 3}))).backward();
  EXPECT_EQ(freeze(net, "1.*"), 4);
  EXPECT_EQ(trainable(), "0.weight 0.bias ");
  EXPECT_FALSE(net.get_parameter("1.0.weight").grad().defined());
  EXPECT_TRUE(net.get_parameter("0.weight").grad().defined());
  EXPECT_EQ(count_parameters(net).trainable, 8);
  EXPECT_EQ(count_parameters(net).total, 17);
  EXPECT_EQ(unfreeze(net, "*.?.bias"), 2);
  EXPECT_EQ(trainable(), "0.weight 0.bias 1.0.bias 1.1.bias ");
  EXPECT_EQ(freeze(net), 6);
  EXPECT_EQ(unfreeze(net, "1.1.weight"), 1);
  EXPECT_EQ(trainable(), "1.1.weight ");
  EXPECT_EQ(unfreeze(net, "*w*gh*"), 3);
  const Linear layer(3, 2, rng);
  expect_throws_text<ConfigError>(
      [&] { freeze(layer, "encoder.*"); },
      "[freeze] pattern: 'encoder.*' fits no parameter; expected some of 'weight', 'bias'");
  expect_throws_text<ConfigError>(
      [&] { unfreeze(layer, "weigh"); },
      "[unfreeze] pattern: 'weigh' fits no parameter; expected some of 'weight', 'bias'");
}

}  // namespace
}  // namespace gradus::nn
