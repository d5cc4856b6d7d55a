// Normalizing layers: PyTorch's numbers, running statistics and printing, errors.
#include <gtest/gtest.h>

#include "nn/batch_norm1d.h"
#include "nn/batch_norm2d.h"
#include "nn/group_norm.h"
#include "nn/instance_norm1d.h"
#include "nn/instance_norm2d.h"
#include "nn/layer_norm.h"
#include "nn/local_response_norm.h"
#include "nn/rms_norm.h"
#include "nn/sequential.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/random.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"
#include "tests/support/module_cases.h"

namespace gradus::nn {
namespace {

using testing::check_module;
using testing::expect_close;
using testing::expect_same_bits;
using testing::expect_throws_text;
using testing::made;
using testing::MadeModule;
using testing::ModuleCase;

double number_of(const ModuleCase& c, const char* name, double otherwise) {
  return c.has(name) ? c.number(name) : otherwise;
}
bool flag_of(const ModuleCase& c, const char* name, bool otherwise) {
  return c.has(name) ? c.flag(name) : otherwise;
}
std::int64_t size_of(const ModuleCase& c, int i) { return c.args.at("sizes").at(i); }
PerAxis shape_of(const ModuleCase& c) {
  PerAxis shape;
  for (const std::int64_t n : c.args.at("sizes").at(0)) shape.push_back(n);
  return shape;
}

template <class M>
MadeModule printed(const ModuleCase& c, M module) {
  EXPECT_EQ(to_string(module), c.text("repr"));
  return made(std::move(module));
}

// Inputs 1, 2, ... go through the module before input 0.
template <class M>
void check_running(const std::string& table, bool on) {
  check_module(table, [on](const ModuleCase& c) {
    BatchNormOptions o{.eps = number_of(c, "eps", 1e-5),
                       .momentum = number_of(c, "momentum", 0.1),
                       .affine = flag_of(c, "affine", on),
                       .track_running_stats = flag_of(c, "track_running_stats", on),
                       .bias = flag_of(c, "bias", true),
                       .dtype = c.dtype};
    if (c.has("cumulative")) o.momentum.reset();
    M module(c.integer("num_features"), o);
    EXPECT_EQ(to_string(module), c.text("repr"));
    return made(std::move(module), [](const M& m, const std::vector<Variable>& in) {
      {
        const NoGradGuard guard;
        for (std::size_t i = 1; i < in.size(); ++i) m(in[i]);
      }
      return m(in[0]);
    });
  });
}

TEST(BatchNorm, IsThatOfPyTorch) {
  check_running<BatchNorm1d>("batch_norm1d", true);
  check_running<BatchNorm2d>("batch_norm2d", true);
}

TEST(InstanceNorm, IsThatOfPyTorch) {
  check_running<InstanceNorm1d>("instance_norm1d", false);
  check_running<InstanceNorm2d>("instance_norm2d", false);
}

TEST(LayerNorm, IsThatOfPyTorch) {
  check_module("layer_norm", [](const ModuleCase& c) {
    return printed(
        c, LayerNorm(shape_of(c), {.eps = number_of(c, "eps", 1e-5),
                                   .elementwise_affine = flag_of(c, "elementwise_affine", true),
                                   .bias = flag_of(c, "bias", true),
                                   .dtype = c.dtype}));
  });
}

TEST(RMSNorm, IsThatOfPyTorch) {
  check_module("rms_norm", [](const ModuleCase& c) {
    RMSNormOptions o{.elementwise_affine = flag_of(c, "elementwise_affine", true),
                     .dtype = c.dtype};
    if (c.has("eps")) o.eps = c.number("eps");
    return printed(c, RMSNorm(shape_of(c), o));
  });
}

TEST(GroupNorm, IsThatOfPyTorch) {
  check_module("group_norm", [](const ModuleCase& c) {
    return printed(c, GroupNorm(size_of(c, 0), size_of(c, 1),
                                {.eps = number_of(c, "eps", 1e-5),
                                 .affine = flag_of(c, "affine", true),
                                 .bias = flag_of(c, "bias", true),
                                 .dtype = c.dtype}));
  });
}

TEST(LocalResponseNorm, IsThatOfPyTorch) {
  check_module("local_response_norm", [](const ModuleCase& c) {
    return printed(c, LocalResponseNorm(size_of(c, 0), {.alpha = number_of(c, "alpha", 1e-4),
                                                        .beta = number_of(c, "beta", 0.75),
                                                        .k = number_of(c, "k", 1)}));
  });
}

TEST(BatchNorm, FollowsTheStatisticsOfTheBatchesInTrainingAlone) {
  BatchNorm1d layer(1, {.momentum = 0.25, .dtype = kFloat64});
  const Tensor x = tensor({{1}, {2}, {6}}, kFloat64);  // mean 3, variance 14 / 3, unbiased 7
  layer(x);
  EXPECT_EQ(layer.running_mean.value().to_vector(), (std::vector<double>{0.75}));
  EXPECT_EQ(layer.running_var.value().to_vector(), (std::vector<double>{0.75 + 7 * 0.25}));
  EXPECT_EQ(layer.num_batches_tracked.value().item(), 1);
  layer.eval();
  layer(x);
  layer.train();
  layer(zeros({0, 1}, kFloat64));
  EXPECT_EQ(layer.running_mean.value().to_vector(), (std::vector<double>{0.75}));
  EXPECT_EQ(layer.num_batches_tracked.value().item(), 1);
}

TEST(BatchNorm, WithoutMomentumKeepsTheMeanOfAllBatches) {
  Generator rng(4);
  BatchNorm2d layer(2, {.momentum = std::nullopt, .dtype = kFloat64});
  Tensor total = zeros({2}, kFloat64);
  for (int i = 0; i < 5; ++i) {
    const Tensor x = normal({3, 2, 2, 2}, 1, 2, rng, kFloat64);
    layer(x);
    total = total + mean(x, {0, 2, 3});
  }
  expect_close(layer.running_mean.value(), total * 0.2, 1e-14, 1e-14);
}

TEST(BatchNorm, ATapeNoticesThatTheStatisticsItReadHaveChanged) {
  BatchNorm1d layer(2);
  layer.eval();
  const Variable y = layer(parameter(ones({3, 2})));
  layer.train();
  layer(ones({3, 2}));
  EXPECT_THROW(y.backward(ones({3, 2})), AutogradError);
  // In training nothing reads them, so that a module may be called twice before backward.
  const Variable a = layer(parameter(ones({3, 2}))), b = layer(parameter(ones({3, 2})));
  EXPECT_NO_THROW(a.backward(ones({3, 2})));
  EXPECT_NO_THROW(b.backward(ones({3, 2})));
}

TEST(BatchNorm, IsConvertedAndCopiedWithItsStatistics) {
  BatchNorm1d layer(2);
  layer(tensor({{1, 2}, {3, 5}}));
  const BatchNorm1d copy = deep_copy(layer);
  layer(tensor({{1, 2}, {3, 5}}));
  EXPECT_EQ(copy.num_batches_tracked.value().item(), 1);
  EXPECT_EQ(layer.num_batches_tracked.value().item(), 2);
  layer.to(kFloat64);
  EXPECT_EQ(layer.running_var.dtype(), kFloat64);
  EXPECT_EQ(layer.num_batches_tracked.dtype(), kInt64);
  EXPECT_EQ(layer(ones({2, 2}, kFloat64)).dtype(), kFloat64);
}

TEST(Norms, OfWrongInputNameTheLayerWithItsPath) {
  const auto expect = [](const Module& layer, const Shape& shape, const std::string& text) {
    expect_throws_text<ShapeError>([&] { layer(zeros(shape)); }, text);
  };
  const BatchNorm1d one(3);
  expect(one, {4, 2}, "[BatchNorm1d] x is [4, 2]; expected [N, 3] or [N, 3, L]");
  expect(one, {3}, "[BatchNorm1d] x is [3]; expected [N, 3] or [N, 3, L]");
  expect(one, {1, 3},
         "[BatchNorm1d] x is [1, 3]: 1 value per channel in training; expected more than 1");
  const Sequential net{BatchNorm2d(3)};
  expect(net, {4, 2, 8, 8}, "[BatchNorm2d] x is [4, 2, 8, 8]; expected [N, 3, H, W] (in 0)");
  expect(net, {3, 8, 8}, "[BatchNorm2d] x is [3, 8, 8]; expected [N, 3, H, W] (in 0)");
  expect(net, {1, 3, 1, 1},
         "[BatchNorm2d] x is [1, 3, 1, 1]: 1 value per channel in training; expected more than 1 "
         "(in 0)");
  expect(InstanceNorm1d(3), {2, 3, 1},
         "[InstanceNorm1d] x is [2, 3, 1]: 1 value per channel in training; expected more than 1");
  expect(InstanceNorm2d(3), {2, 3},
         "[InstanceNorm2d] x is [2, 3]; expected [N, 3, H, W] or [3, H, W]");
  expect(LayerNorm(5), {2, 4}, "[LayerNorm] x is [2, 4]; expected [..., 5]");
  expect(LayerNorm({2, 4}), {4}, "[LayerNorm] x is [4]; expected [..., 2, 4]");
  expect(RMSNorm(5), {2, 4}, "[RMSNorm] x is [2, 4]; expected [..., 5]");
  expect(GroupNorm(2, 6), {2, 4, 8}, "[GroupNorm] x is [2, 4, 8]; expected [N, 6, ...]");
  expect(GroupNorm(2, 2), {1, 2},
         "[GroupNorm] x is [1, 2]: 1 value per group; expected more than 1");
  expect(LocalResponseNorm(2), {4, 3},
         "[LocalResponseNorm] x is [4, 3]; expected [N, C, L], or more axes");
  EXPECT_THROW(one(Variable()), Error);
  EXPECT_THROW(one(zeros({2, 3}, kFloat64)), DTypeError);
}

TEST(Norms, OptionsOutsideTheirRangesAreErrors) {
  const auto expect = [](const auto& make, const std::string& text) {
    expect_throws_text<ConfigError>(make, text);
  };
  expect([] { BatchNorm1d(0); }, "[BatchNorm1d] num_features: 0; expected >= 1");
  expect([] { BatchNorm2d(2, {.momentum = 2}); },
         "[BatchNorm2d] momentum: 2; expected a number in 0..1, or none");
  expect([] { InstanceNorm1d(2, {.eps = -1}); },
         "[InstanceNorm1d] eps: -1; expected a number >= 0");
  expect([] { LayerNorm(PerAxis{}); }, "[LayerNorm] normalized_shape: []; expected sizes >= 1");
  expect([] { LayerNorm({2, 0}); }, "[LayerNorm] normalized_shape: [2, 0]; expected sizes >= 1");
  expect([] { RMSNorm(2, {.eps = -0.5}); }, "[RMSNorm] eps: -0.5; expected a number >= 0");
  expect([] { GroupNorm(2, 3); },
         "[GroupNorm] num_groups: 2; expected a divisor of num_channels 3");
  expect([] { GroupNorm(1, 0); }, "[GroupNorm] num_channels: 0; expected >= 1");
  expect([] { GroupNorm(1, 2, {.eps = -2}); }, "[GroupNorm] eps: -2; expected a number >= 0");
  expect([] { LocalResponseNorm(0); }, "[LocalResponseNorm] size: 0; expected >= 1");
}

}  // namespace
}  // namespace gradus::nn
