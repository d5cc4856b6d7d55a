// States that torch saved go on here as they went on there, and come back to torch unchanged.
#include "optim/torch_state.h"

#include <gtest/gtest.h>

#include <cmath>

#include "optim/bitsandbytes_state.h"
#include "optim/optimizer.h"
#include "optim/rules/adam.h"
#include "tests/support/compare.h"
#include "tests/support/golden.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;

const std::vector<std::string> kNames = {"a", "b"};
const char* const kFolder = "tests/golden/optim/torch/";

// As in torch_state.py.
void set_gradient(const Variable& x, int t) {
  std::vector<double> g;
  for (int i = 0; i < x.numel(); ++i) {
    g.push_back((t <= 8 ? 1 : -0.01) * (std::sin(0.9 * i + 0.37 * t) + 0.2));
  }
  x.set_grad(from_values(g, x.shape(), x.dtype()));
}

// A vector, or a matrix as a list of rows.
Variable values(const nlohmann::json& list) {
  const auto n = static_cast<std::int64_t>(list.size());
  if (!list[0].is_array()) return parameter(from_values(golden_numbers(list), {n}, kFloat64));
  std::vector<double> all;
  for (const auto& row : list) {
    for (const double each : golden_numbers(row)) all.push_back(each);
  }
  return parameter(from_values(all, {n, static_cast<std::int64_t>(all.size()) / n}, kFloat64));
}

// What torch's file does not say in numbers.
std::map<std::string, double> further(const std::string& rule) {
  if (rule != "Adafactor") return {};
  return {{"form", 1}, {"eps1", std::numeric_limits<double>::epsilon()}};
}

// Torch orthogonalizes in bfloat16: 7 steps of lr 0.1 whose direction is off by some 2^-7 each; and
// keeps NAdam's product in float32.
double tolerance_of(const std::string& rule) {
  return rule == "Muon" ? 0.02 : rule == "NAdam" ? 1e-6 : 1e-13;
}

TEST(TorchState, GoesOnAsItWouldHaveInTorch) {
  const auto all = golden("optim/torch/trajectories");
  for (const auto& [rule, runs] : all.items()) {
    SCOPED_TRACE(rule);
    const TorchState torch = load_safetensors(kFolder + rule + ".safetensors");
    const Variable a = values(runs[0][0]), b = values(runs[0][1]);
    const auto optimizer = make_optimizer(rule, {{"a", a}, {"b", b}}, further(rule));
    optimizer->load_state_dict(from_torch(torch, optimizer->state_dict(), kNames));
    for (int t = 8; t <= 14; ++t) {
      set_gradient(a, t);
      set_gradient(b, t);
      optimizer->step();
    }
    // 7 steps with some 10 roundings of 1e-16 each, which a small denominator makes larger; the
    // values are below 2.
    expect_close(a.value(), values(runs[1][0]).value(), 0, tolerance_of(rule), "a");
    expect_close(b.value(), values(runs[1][1]).value(), 0, tolerance_of(rule), "b");
  }
}

TEST(TorchState, ComesBackUnchanged) {
  const auto all = golden("optim/torch/trajectories");
  for (const auto& [rule, runs] : all.items()) {
    SCOPED_TRACE(rule);
    const TorchState torch = load_safetensors(kFolder + rule + ".safetensors");
    const auto optimizer =
        make_optimizer(rule, {{"a", values(runs[0][0])}, {"b", values(runs[0][1])}}, further(rule));
    optimizer->load_state_dict(from_torch(torch, optimizer->state_dict(), kNames));
    const TorchState back = to_torch(optimizer->state_dict(), kNames);
    // Torch's SGD without momentum writes its buffer as None, which no file holds.
    ASSERT_EQ(back.tensors.size(), torch.tensors.size());
    const std::map<std::string, Tensor> ours(back.tensors.begin(), back.tensors.end());
    for (const auto& [name, value] : torch.tensors) {
      ASSERT_TRUE(ours.contains(name)) << name;
      expect_same_bits(ours.at(name), value, name);
    }
    for (const char* key : {"group.0.lr", "group.0.params", "group.0.weight_decay"}) {
      if (std::string(key) == "group.0.params") {
        EXPECT_EQ(back.metadata.at(key), torch.metadata.at(key));
      } else {
        EXPECT_EQ(std::stod(back.metadata.at(key)), std::stod(torch.metadata.at(key))) << key;
      }
    }
  }
}

// What a state of the optimi library holds after t steps of Adam, whose m and v are corrected ones.
TorchState optimi_state(const StateDict& adam, double beta1, double beta2) {
  TorchState optimi;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const double t = adam.tensors.at(kNames[i] + "/step").item();
    if (t == 0) continue;
    const std::string prefix = "state." + std::to_string(i) + ".";
    const auto corrected = [&](const char* array, double beta) {
      std::vector<double> x = adam.tensors.at(kNames[i] + array).to_vector();
      for (double& each : x) each /= 1 - std::pow(beta, t);
      return from_values(x, {static_cast<std::int64_t>(x.size())}, kFloat64);
    };
    optimi.tensors.emplace_back(prefix + "exp_avg", corrected("/m", beta1));
    optimi.tensors.emplace_back(prefix + "exp_avg_sq", corrected("/v", beta2));
  }
  optimi.metadata = {{"group.0.lr", "0.1"},        {"group.0.betas.0", std::to_string(beta1)},
                     {"group.0.betas.1", "0.95"},  {"group.0.eps", "1e-6"},
                     {"group.0.params", "0,1"},    {"group.0.step", "3"},
                     {"group.0.weight_decay", "0"}};
  return optimi;
}

TEST(OptimiState, HasCorrectedMomentsThatBecomePlainOnes) {
  for (const char* rule : {"Adam", "AdamW", "StableAdamW"}) {
    SCOPED_TRACE(rule);
    const Variable a = parameter(ones({3}, kFloat64)), b = parameter(ones({2}, kFloat64));
    const auto first = make_optimizer(
        rule, {{"a", a}, {"b", b}},
        {{"lr", 0.1}, {"beta1", 0.75}, {"beta2", 0.95}, {"eps", 1e-6}, {"weight_decay", 0}});
    for (int t = 1; t <= 3; ++t) {
      set_gradient(a, t);
      first->step();
    }
    const StateDict plain = first->state_dict();
    const TorchState optimi = optimi_state(plain, 0.75, 0.95);
    const auto second = make_optimizer(
        rule, {{"a", parameter(a.value().clone())}, {"b", parameter(b.value().clone())}});
    second->load_state_dict(from_optimi(optimi, second->state_dict(), kNames));
    const StateDict got = second->state_dict();
    EXPECT_EQ(got.groups, plain.groups);
    EXPECT_EQ(got.tensors.at("a/step").item(), 3);
    EXPECT_EQ(got.tensors.at("b/step").item(), 0);
    // One division and one product.
    for (const char* array : {"a/m", "a/v"}) {
      expect_close(got.tensors.at(array), plain.tensors.at(array), 1e-15, 0, array);
    }
  }
}

// Files and numbers of the package itself, by make_optimi.py.
TEST(OptimiState, GoesOnAsItWouldHaveInOptimi) {
  const auto all = golden("optim/torch/packages");
  for (const char* rule : {"Adam", "AdamW", "StableAdamW"}) {
    SCOPED_TRACE(rule);
    const auto file = load_safetensors(kFolder + ("optimi_" + std::string(rule)) + ".safetensors");
    const Variable a = values(all[rule][0][0]), b = values(all[rule][0][1]);
    const auto optimizer = make_optimizer(rule, {{"a", a}, {"b", b}});
    optimizer->load_state_dict(from_optimi(file, optimizer->state_dict(), kNames));
    EXPECT_EQ(optimizer->hyper_parameter("beta1"), 0.8);
    for (int t = 8; t <= 14; ++t) {
      set_gradient(a, t);
      set_gradient(b, t);
      optimizer->step();
    }
    // optimi takes its betas as beta (1 - beta^(t - 1)) / (1 - beta^t): some 20 roundings a step.
    expect_close(a.value(), values(all[rule][1][0]).value(), 0, 1e-13, "a");
    expect_close(b.value(), values(all[rule][1][1]).value(), 0, 1e-13, "b");
  }
}

TEST(BitsandbytesState, GoesOnAsItWouldHaveThere) {
  const auto all = golden("optim/torch/packages")["bitsandbytes"];
  TorchState file = load_safetensors(std::string(kFolder) + "bitsandbytes.safetensors");
  const auto first_of = [](const nlohmann::json& list, std::int64_t n) {
    const Tensor x = zeros({n});
    const std::vector<double> given = golden_numbers(list);
    for (std::size_t i = 0; i < given.size(); ++i)
      x.data<float>()[i] = static_cast<float>(given[i]);
    return x;
  };
  // Elements do not see each other but for the scales of their blocks: the first 64 are enough.
  const Variable a = parameter(first_of(all[0][0], 4096)), b = parameter(first_of(all[0][1], 2));
  const auto optimizer = make_optimizer("AdamW8bit", {{"a", a}, {"b", b}});
  const StateDict like = optimizer->state_dict();
  optimizer->load_state_dict(from_bitsandbytes(file, like, kNames));
  EXPECT_EQ(optimizer->hyper_parameter("lr"), 0.01);
  EXPECT_EQ(optimizer->state_dict().tensors.at("a/step").item(), 3);
  const std::map<std::string, Tensor> theirs(file.tensors.begin(), file.tensors.end());
  expect_same_bits(optimizer->state_dict().tensors.at("a/m8"), theirs.at("state.0.state1"));
  for (int t = 4; t <= 6; ++t) {
    for (const Variable& x : {a, b}) {
      set_gradient(x, t);
    }
    optimizer->step();
  }
  // Three steps of lr 0.01, whose m and v may be rounded to another code: 1 % of the step each.
  expect_close(a.value().slice(0, {0, 64}), first_of(all[2][0], 64), 0, 3e-4, "a");
  expect_close(b.value(), first_of(all[2][1], 2), 0, 1e-6, "b");

  StateDict adam = like;
  adam.rule = "Adam";
  expect_throws_text<ConfigError>([&] { from_bitsandbytes(file, adam, kNames); },
                                  "[from_bitsandbytes] rule: Adam; expected Adam8bit or AdamW8bit");
  expect_throws_text<ConfigError>([&] { from_bitsandbytes(file, like, {"a"}); },
                                  "[from_bitsandbytes] parameters: more in the file than 1 names; "
                                  "expected equally many");
  for (auto& [name, x] : file.tensors) {
    if (name == "state.0.qmap1") x = full({256}, 0.5);
  }
  expect_throws_text<ConfigError>([&] { from_bitsandbytes(file, like, kNames); },
                                  "[from_bitsandbytes] state.0.qmap1: other values; expected the "
                                  "dynamic map of 8 bits");
  std::erase_if(file.tensors, [](const auto& each) { return each.first == "state.0.qmap1"; });
  expect_throws_text<ConfigError>(
      [&] { from_bitsandbytes(file, like, kNames); },
      "[from_bitsandbytes] state.0: no 'qmap1'; expected it beside bytes");
}

TEST(OptimiState, OfAnotherKindIsRefused) {
  const Variable a = parameter(ones({3}, kFloat64)), b = parameter(ones({2}, kFloat64));
  const auto adam = make_optimizer("Adam", {{"a", a}, {"b", b}});
  set_gradient(a, 1);
  adam->step();
  TorchState optimi = optimi_state(adam->state_dict(), 0.9, 0.999);
  StateDict adan = adam->state_dict();
  adan.rule = "Adan";
  expect_throws_text<ConfigError>([&] { from_optimi(optimi, adan, kNames); },
                                  "[from_optimi] rule: Adan; expected one of Adam, AdamW, "
                                  "StableAdamW");
  optimi.metadata.erase("group.0.step");
  expect_throws_text<ConfigError>(
      [&] { from_optimi(optimi, adam->state_dict(), kNames); },
      "[from_optimi] state.0.step: not there; expected it or group.0.step");
  optimi.tensors.emplace_back("state.0.kahan_comp", ones({3}, kBFloat16));
  expect_throws_text<ConfigError>([&] { from_optimi(optimi, adam->state_dict(), kNames); },
                                  "[from_optimi] state.0.kahan_comp: a compensation; expected "
                                  "parameters of float32 or float64");
}

TEST(TorchState, OfAParameterWithoutStepsIsNone) {
  const Variable a = parameter(ones({3}, kFloat64)), b = parameter(ones({2}, kFloat64));
  Optimizer<Adam> optimizer({{"a", a}, {"b", b}});
  set_gradient(a, 1);
  optimizer.step();
  const TorchState torch = to_torch(optimizer.state_dict(), kNames);
  EXPECT_EQ(torch.tensors.size(), 3u);
  const StateDict back =
      from_torch(torch, Optimizer<Adam>({{"a", a}, {"b", b}}).state_dict(), kNames);
  EXPECT_EQ(back.tensors.at("b/step").item(), 0);
  EXPECT_FALSE(back.tensors.contains("b/m"));
  optimizer.load_state_dict(back);
}

TEST(TorchState, OfAnotherKindIsRefused) {
  const Variable a = parameter(ones({3}, kFloat64)), b = parameter(ones({2}, kFloat64));
  const auto adam = make_optimizer("Adam", {{"a", a}, {"b", b}});
  const auto yogi = make_optimizer("Yogi", {{"a", a}, {"b", b}});
  const std::string known =
      "; expected one of AMSGrad, AdaGrad, Adadelta, Adafactor, Adam, AdamW, Adamax, "
      "CenteredRMSProp, CenteredRMSPropMomentum, Momentum, Muon, NAdam, Nesterov, RAdam, RMSProp, "
      "RMSPropMomentum, SGD";
  TorchState torch = load_safetensors(std::string(kFolder) + "Momentum.safetensors");
  expect_throws_text<ConfigError>([&] { from_torch(torch, yogi->state_dict(), kNames); },
                                  "[from_torch] rule: Yogi" + known);
  expect_throws_text<ConfigError>([&] { to_torch(yogi->state_dict(), kNames); },
                                  "[to_torch] rule: Yogi" + known);
  expect_throws_text<ConfigError>(
      [&] { from_torch(torch, adam->state_dict(), {"a"}); },
      "[from_torch] parameters: 2 in the file and 1 names; expected equally many");
  torch = load_safetensors(std::string(kFolder) + "Adam.safetensors");
  std::erase_if(torch.tensors, [](const auto& each) { return each.first == "state.1.exp_avg_sq"; });
  expect_throws_text<ConfigError>(
      [&] { from_torch(torch, adam->state_dict(), kNames); },
      "[from_torch] state.1: no 'exp_avg_sq'; expected exp_avg, exp_avg_sq");
  expect_throws_text<ConfigError>(
      [&] {
        to_torch(adam->state_dict(), {"a", "c"});
      },
      "[to_torch] names: 'c' has no state; expected a parameter");
  Optimizer<Adam> two({{"a", a}}), half({{"w", parameter(ones({2}, kBFloat16))}});
  two.add_group("second", {{"b", b}}, {});
  expect_throws_text<ConfigError>(
      [&] { to_torch(two.state_dict(), kNames); },
      "[to_torch] groups: 2; expected one, since torch's have no names");
  torch = load_safetensors(std::string(kFolder) + "Adam.safetensors");
  expect_throws_text<ConfigError>(
      [&] { from_torch(torch, two.state_dict(), kNames); },
      "[from_torch] groups: 1 in the file and 2 in the optimizer; expected equally many");
  StateDict low = half.state_dict();
  torch = load_safetensors(std::string(kFolder) + "Adam.safetensors");
  torch.metadata["group.0.maximize"] = "1.0";
  expect_throws_text<ConfigError>([&] { from_torch(torch, adam->state_dict(), kNames); },
                                  "[from_torch] maximize: 1 in the file; expected 0; it is one of "
                                  "EngineOptions here");
  low.tensors["w/low"] = zeros({2, 2}, kUInt8);
  expect_throws_text<ConfigError>([&] { to_torch(low, {"w"}); },
                                  "[to_torch] 'w/low': torch keeps no master copy; expected "
                                  "parameters of float32 or float64");
}

}  // namespace
}  // namespace gradus::testing
