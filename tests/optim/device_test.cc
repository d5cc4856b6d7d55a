// Parameters on a device: the same bits as on the CPU, in any order in which a device may run its
// threads; state that lives there, and what cannot be there.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "autograd/node.h"
#include "autograd/ops_all.h"
#include "nn/linear.h"
#include "optim/clip.h"
#include "optim/gradient_release.h"
#include "optim/lbfgs.h"
#include "optim/optimizer.h"
#include "optim/rules/adam.h"
#include "optim/rules/adamw.h"
#include "tensor/cuda/runtime.h"
#include "tests/support/compare.h"
#include "tests/support/every_device.h"
#include "tests/support/on_device.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;

Tensor values(const Shape& shape, DType dtype, std::uint64_t seed, double spread = 1) {
  Generator generator(seed);
  return uniform(shape, -spread, spread, generator, kFloat64).to(dtype);
}

// Parameters of odd sizes and all dtypes, in one group, and their gradients in step t.
struct Net {
  explicit Net(Device device, std::int64_t large = 257) : device(device) {
    const std::pair<Shape, DType> kinds[] = {
        {{1}, kFloat32},  {{3, 5}, kFloat64}, {{large}, kFloat32},  {{7, 9}, kBFloat16},
        {{33}, kFloat16}, {{0, 4}, kFloat32}, {{5, 3, 3}, kFloat32}};
    for (const auto& [shape, dtype] : kinds) {
      named.emplace_back("w" + std::to_string(named.size()),
                         parameter(values(shape, dtype, named.size()).to(device)));
    }
  }
  void set_gradients(std::int64_t t) const {
    for (std::size_t i = 0; i < named.size(); ++i) {
      if (i == 1 && t < 3) continue;  // starts late
      const Variable& w = named[i].second;
      w.set_grad(values(w.shape(), w.dtype(), 100 * t + i, t % 4 == 0 ? 0.01 : 1).to(device));
    }
  }
  Device device;
  NamedParameters named;
};

// Rules made of matrix products have the bits of the CPU where the products have: not with cuBLAS,
// whose sums have another order. Their parameters are compared, to what is left of a digit behind
// five steps of an iteration that multiplies differences by 3.4; eigenvectors have any sign.
bool has_bits(const std::string& rule) {
  return tested_device() == kCudaEmulated || (rule != "Muon" && rule != "SOAP");
}
void expect_same(const Net& a, const Net& b, const std::string& rule) {
  for (std::size_t i = 0; i < a.named.size(); ++i) {
    const Tensor x = a.named[i].second.value().to(kCpu), y = b.named[i].second.value().to(kCpu);
    const std::string what = rule + " " + a.named[i].first;
    has_bits(rule) ? expect_same_bits(x, y, what) : testing::expect_close(x, y, 1e-2, 2e-3, what);
  }
}
void expect_same(const StateDict& a, const StateDict& b, const std::string& rule) {
  ASSERT_EQ(a.tensors.size(), b.tensors.size()) << rule;
  for (const auto& [key, x] : a.tensors) {
    const Tensor& y = b.tensors.at(key);
    if (has_bits(rule)) expect_same_bits(x, y, rule + " " + key);
    EXPECT_EQ(x.shape(), y.shape()) << rule << " " << key;
  }
}

// 20 steps on both; the last half with the settings changed.
void expect_same_path(const std::string& rule, std::int64_t large,
                      const std::map<std::string, double>& settings = {},
                      const EngineOptions& options = {}) {
  const Net here(kCpu, large), there(tested_device(), large);
  const auto make = [&](const Net& net) {
    auto made = make_optimizer(rule, net.named, settings);
    dynamic_cast<Engine&>(*made).options() = options;
    return made;
  };
  const auto a = make(here), b = make(there);
  for (std::int64_t t = 0; t < (large > 1000 ? 2 : 20); ++t) {
    here.set_gradients(t);
    there.set_gradients(t);
    if (t == 10) a->set_hyper_parameter("lr", 0.003), b->set_hyper_parameter("lr", 0.003);
    a->step();
    b->step();
  }
  expect_same(here, there, rule);
  expect_same(a->state_dict(), b->state_dict(), rule);
}

TEST(OnADevice, EveryRuleGivesTheBitsOfTheCpuInAnyOrderOfThreads) {
  for (const std::string& rule : rule_names()) {
    SCOPED_TRACE(rule);
    in_all_schedules([&] { expect_same_path(rule, 257, {{"weight_decay", 0.125}}); });
  }
}

TEST(OnADevice, ParametersOfManyChunksAreTheSame) {
  for (const char* rule : {"AdamW", "LAMB", "Adam8bit", "PagedAdamW"})
    expect_same_path(rule, 33001);
}

TEST(OnADevice, TheEngineTreatsGradientsAndDecayAsOnTheCpu) {
  const auto way = [](LowPrecision w) { return EngineOptions{.low_precision = w, .seed = 3}; };
  for (const LowPrecision each :
       {LowPrecision::kKahan, LowPrecision::kStochastic, LowPrecision::kNearest}) {
    for (const char* rule : {"Adam", "PagedAdamW", "Adafactor"}) {
      expect_same_path(rule, 257, {}, way(each));
    }
  }
  for (const char* rule : {"Adam", "LAMB", "Adam8bit", "CAME"}) {
    expect_same_path(rule, 257, {}, {.maximize = true, .clip_norm = 0.5});
    expect_same_path(rule, 257, {}, {.clip_value = 0.25, .non_finite = NonFinite::kZero});
  }
  for (const DecayMode mode : {DecayMode::kL2, DecayMode::kDecoupled, DecayMode::kFullyDecoupled}) {
    for (const char* rule : {"Adam", "LookaheadAdam", "AdamW8bit"}) {
      expect_same_path(rule, 257,
                       {{"weight_decay", 0.1}, {"decay_mode", static_cast<double>(mode)}});
    }
  }
  expect_same_path("Adam8bit", 257, {{"min_quantized", 1}});
}

TEST(OnADevice, GradientsThatAreNotFiniteMeetTheSamePolicies) {
  const Variable w = parameter(ones({2, 2}, kFloat32, tested_device()));
  w.set_grad(tensor({{1, 2}, {3, std::nan("")}}).to(tested_device()));
  Optimizer<Adam> optimizer({{"w", w}});
  optimizer.options().non_finite = NonFinite::kError;
  expect_throws_text<AutogradError>(
      [&] { optimizer.step(); }, "[Adam] gradient of 'w': nan at [1, 1]; expected finite numbers");
  optimizer.options().non_finite = NonFinite::kSkip;
  optimizer.step();
  EXPECT_TRUE(optimizer.report().skipped);
  EXPECT_EQ(optimizer.steps(), 0);
  expect_same_bits(w.value().to(kCpu), ones({2, 2}));
  optimizer.options().non_finite = NonFinite::kZero;
  optimizer.step();
  EXPECT_EQ(w.value().to(kCpu).at({1, 1}), 1);
  EXPECT_LT(w.value().to(kCpu).at({0, 0}), 1);
}

TEST(OnADevice, StateGoesThroughTheHostAndBackAndOnWithTheSameBits) {
  for (const char* rule : {"Adam", "NAdam", "LAMB", "Adam8bit", "PagedAdamW", "Adafactor"}) {
    const Net whole(tested_device()), half(tested_device());
    const auto a = make_optimizer(rule, whole.named), b = make_optimizer(rule, half.named);
    for (std::int64_t t = 0; t < 4; ++t) {
      whole.set_gradients(t), half.set_gradients(t);
      a->step(), b->step();
    }
    const StateDict saved = b->state_dict();
    for (const auto& [key, x] : saved.tensors) EXPECT_TRUE(x.on_cpu()) << key;
    for (const Device device : {tested_device(), kCpu}) {  // resumed there, and on the CPU
      const Net resumed(device);
      for (std::size_t i = 0; i < half.named.size(); ++i) {
        resumed.named[i].second.value().copy_from(half.named[i].second.value().to(device));
      }
      const auto c = make_optimizer(rule, resumed.named);
      c->load_state_dict(saved);
      expect_same(c->state_dict(), saved, rule);
      if (device == tested_device()) whole.set_gradients(4), a->step();
      resumed.set_gradients(4), c->step();
      expect_same(resumed, whole, rule);
      expect_same(c->state_dict(), a->state_dict(), rule);
    }
  }
}

TEST(OnADevice, StateFollowsAModuleThatMovesBeforeOrAfterwards) {
  Generator rng(1);
  const nn::Linear linear(3, 2, rng), moved(linear);
  moved.to(tested_device());
  Optimizer<Adam> a(linear.named_parameters()), b(moved.named_parameters());
  std::int64_t t = 0;
  for (const Device device : {tested_device(), kCpu, tested_device()}) {
    moved.to(device);
    ++t;
    for (const nn::Linear* layer : {&linear, &moved}) {
      for (const auto& [name, w] : layer->named_parameters()) {
        w.set_grad(values(w.shape(), kFloat32, t).to(w.value().device()));
      }
    }
    a.step(), b.step();
    expect_same(a.state_dict(), b.state_dict(), to_string(device));
    expect_same_bits(moved.weight.value().to(kCpu), linear.weight.value());
  }
}

TEST(OnADevice, PagedStateStaysInTheMemoryOfTheHost) {
  const auto on_device = [](const std::string& rule) {
    const Variable w = parameter(zeros({1000}, kFloat32, tested_device()));
    w.set_grad(ones({1000}, kFloat32, tested_device()));
    const auto optimizer = make_optimizer(rule, {{"w", w}});
    const std::size_t before = gpu::memory_in_use(tested_device()).bytes;
    optimizer->step();
    return gpu::memory_in_use(tested_device()).bytes - before;
  };
  EXPECT_EQ(on_device("PagedAdamW"), 0u);
  EXPECT_GE(on_device("AdamW"), 2 * 4000u);
}

TEST(OnADevice, AveragesTracesAndReleasesAreThoseOfTheCpu) {
  const Net here(kCpu), there(tested_device());
  const auto a = make_optimizer("ScheduleFreeAdamW", here.named);
  const auto b = make_optimizer("ScheduleFreeAdamW", there.named);
  for (AnyOptimizer* each : {a.get(), b.get()}) dynamic_cast<Engine&>(*each).options().trace = true;
  for (std::int64_t t = 0; t < 5; ++t) {
    here.set_gradients(t), there.set_gradients(t);
    a->step(), b->step();
  }
  EXPECT_EQ(dynamic_cast<Engine&>(*a).trace_table(), dynamic_cast<Engine&>(*b).trace_table());
  a->eval(), b->eval();
  expect_same(here, there, "where it is evaluated");
  a->train(), b->train();
  expect_same(here, there, "where gradients are taken");

  here.set_gradients(9), there.set_gradients(9);
  EXPECT_EQ(clip_grad_norm(here.named, 0.5).norm, clip_grad_norm(there.named, 0.5).norm);
  EXPECT_EQ(clip_grad_value(here.named, 0.01).coefficient,
            clip_grad_value(there.named, 0.01).coefficient);
  for (std::size_t i = 0; i < here.named.size(); ++i) {
    expect_same_bits(here.named[i].second.grad().value(),
                     there.named[i].second.grad().value().to(kCpu));
  }

  const Variable w = parameter(ones({3}, kFloat32, tested_device()));
  Optimizer<AdamW> optimizer({{"w", w}}, {.lr = 0.5, .weight_decay = 0});
  const GradientRelease release(optimizer);
  sum(w * w).backward();
  EXPECT_FALSE(w.grad().defined());
  expect_same_bits(w.value().to(kCpu), full({3}, 0.5));
}

TEST(OnADevice, LbfgsTakesItsStepsByWayOfTheHost) {
  const auto end = [](Device device) {
    const Variable x = parameter(tensor({-1.5, 2}).to(device));
    const Tensor target = tensor({3, 4}).to(device);
    LBFGS optimizer({{"x", x}}, {.lr = 0.5, .max_iter = 6});
    for (int step = 0; step < 3; ++step) {
      optimizer.step([&] {
        x.zero_grad();
        const Variable away = x - target, loss = sum(away * away * away * away);
        loss.backward();
        return loss;
      });
    }
    return x.value().to(kCpu);
  };
  expect_same_bits(end(kCudaEmulated), end(kCpu));
}

TEST(OnADevice, WhatCannotBeThereIsRefusedBeforeAnythingChanges) {
  Generator rng(1);
  const nn::Linear linear(2, 2, rng);
  const Variable first = linear.named_parameters()[0].second;
  Optimizer<Adam> optimizer(linear.named_parameters());
  first.set_grad(ones({2, 2}));
  const Variable left_behind = first.grad();
  linear.to(tested_device());
  first.node()->grad = left_behind;
  expect_throws_text<DeviceError>([&] { optimizer.step(); },
                                  "[Adam] gradient of 'weight' is on cpu and the parameter on " +
                                      to_string(tested_device()) + "; expected one device");

  Generator again(1);
  const nn::Linear converted(2, 2, again);
  Optimizer<Adam> later(converted.named_parameters());
  const Variable x = converted.named_parameters()[0].second;
  x.set_grad(ones({2, 2}));
  later.step();
  converted.to(kFloat64);
  expect_throws_text<DTypeError>(
      [&] { later.step(); },
      "[Adam] parameter 'weight' is float64 and has state made for float32; expected the same "
      "dtype (convert the module before its first step)");
}

}  // namespace
}  // namespace gradus::testing
