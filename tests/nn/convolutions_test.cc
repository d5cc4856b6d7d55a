// Convolutions and pooling as layers: PyTorch's numbers and printing, initial values, errors.
#include <gtest/gtest.h>

#include <cmath>

#include "nn/adaptive_avg_pool1d.h"
#include "nn/adaptive_avg_pool2d.h"
#include "nn/adaptive_max_pool1d.h"
#include "nn/adaptive_max_pool2d.h"
#include "nn/avg_pool1d.h"
#include "nn/avg_pool2d.h"
#include "nn/conv1d.h"
#include "nn/conv2d.h"
#include "nn/conv_transpose1d.h"
#include "nn/conv_transpose2d.h"
#include "nn/max_pool1d.h"
#include "nn/max_pool2d.h"
#include "nn/sequential.h"
#include "tests/support/compare.h"
#include "tests/support/module_cases.h"

namespace gradus::nn {
namespace {

using testing::check_module;
using testing::expect_throws_text;
using testing::made;
using testing::MadeModule;
using testing::ModuleCase;

// A number or a list, `otherwise` where there is none.
PerAxis axes_of(const ModuleCase& c, const char* name, const PerAxis& otherwise) {
  if (!c.has(name)) return otherwise;
  if (c.args[name].is_number()) return c.integer(name);
  PerAxis values;
  for (const std::int64_t n : c.args[name]) values.push_back(n);
  return values;
}
bool flag_of(const ModuleCase& c, const char* name, bool otherwise) {
  return c.has(name) ? c.flag(name) : otherwise;
}

template <class M>
MadeModule printed(const ModuleCase& c, M module) {
  EXPECT_EQ(to_string(module), c.text("repr"));
  return made(std::move(module));
}

ConvLayerOptions conv_options(const ModuleCase& c) {
  ConvLayerOptions o{.stride = axes_of(c, "stride", 1),
                     .dilation = axes_of(c, "dilation", 1),
                     .groups = c.has("groups") ? c.integer("groups") : 1,
                     .bias = flag_of(c, "bias", true),
                     .dtype = c.dtype};
  if (c.has("padding") && c.args["padding"].is_string()) {
    o.padding = c.text("padding") == "same" ? ConvPadding::kSame : ConvPadding::kValid;
  } else {
    static_cast<PerAxis&>(o.padding) = axes_of(c, "padding", 0);
  }
  const std::string mode = c.has("padding_mode") ? c.text("padding_mode") : "zeros";
  o.padding_mode = mode == "zeros"       ? PaddingMode::kZeros
                   : mode == "reflect"   ? PaddingMode::kReflect
                   : mode == "replicate" ? PaddingMode::kReplicate
                                         : PaddingMode::kCircular;
  return o;
}

template <class M>
void check_conv(const std::string& table) {
  check_module(table, [](const ModuleCase& c) {
    return printed(c, M(c.integer("in_channels"), c.integer("out_channels"),
                        axes_of(c, "kernel_size", 1), c.rng, conv_options(c)));
  });
}

template <class M>
void check_conv_transpose(const std::string& table) {
  check_module(table, [](const ModuleCase& c) {
    return printed(c, M(c.integer("in_channels"), c.integer("out_channels"),
                        axes_of(c, "kernel_size", 1), c.rng,
                        {.stride = axes_of(c, "stride", 1),
                         .padding = axes_of(c, "padding", 0),
                         .output_padding = axes_of(c, "output_padding", 0),
                         .groups = c.has("groups") ? c.integer("groups") : 1,
                         .bias = flag_of(c, "bias", true),
                         .dilation = axes_of(c, "dilation", 1),
                         .dtype = c.dtype}));
  });
}

template <class M>
MadeModule with_indices(const ModuleCase& c, M module) {
  EXPECT_EQ(to_string(module), c.text("repr"));
  return made(std::move(module), [](const M& m, const std::vector<Variable>& in) {
    const VariableAndIndices y = m.with_indices(in[0]);
    return std::vector<Variable>{y.values, Variable(y.indices)};
  });
}

template <class M>
void check_max_pool(const std::string& table) {
  check_module(table, [](const ModuleCase& c) {
    return with_indices(c, M(axes_of(c, "size", 1), {.stride = axes_of(c, "stride", {}),
                                                     .padding = axes_of(c, "padding", 0),
                                                     .dilation = axes_of(c, "dilation", 1),
                                                     .ceil_mode = flag_of(c, "ceil_mode", false)}));
  });
}

template <class M>
void check_avg_pool(const std::string& table) {
  check_module(table, [](const ModuleCase& c) {
    AvgPoolOptions o{.stride = axes_of(c, "stride", {}),
                     .padding = axes_of(c, "padding", 0),
                     .ceil_mode = flag_of(c, "ceil_mode", false),
                     .count_include_pad = flag_of(c, "count_include_pad", true)};
    if (c.has("divisor_override")) o.divisor_override = c.integer("divisor_override");
    return printed(c, M(axes_of(c, "size", 1), o));
  });
}

TEST(Convolutions, AreThoseOfPyTorch) {
  check_conv<Conv1d>("conv1d");
  check_conv<Conv2d>("conv2d");
  check_conv_transpose<ConvTranspose1d>("conv_transpose1d");
  check_conv_transpose<ConvTranspose2d>("conv_transpose2d");
}

TEST(Pooling, IsThatOfPyTorch) {
  check_max_pool<MaxPool1d>("max_pool1d");
  check_max_pool<MaxPool2d>("max_pool2d");
  check_avg_pool<AvgPool1d>("avg_pool1d");
  check_avg_pool<AvgPool2d>("avg_pool2d");
}

TEST(AdaptivePooling, IsThatOfPyTorch) {
  const auto size = [](const ModuleCase& c) { return axes_of(c, "size", 1); };
  check_module("adaptive_avg_pool1d",
               [&](const ModuleCase& c) { return printed(c, AdaptiveAvgPool1d(size(c))); });
  check_module("adaptive_avg_pool2d",
               [&](const ModuleCase& c) { return printed(c, AdaptiveAvgPool2d(size(c))); });
  check_module("adaptive_max_pool1d",
               [&](const ModuleCase& c) { return with_indices(c, AdaptiveMaxPool1d(size(c))); });
  check_module("adaptive_max_pool2d",
               [&](const ModuleCase& c) { return with_indices(c, AdaptiveMaxPool2d(size(c))); });
}

TEST(Convolutions, StartUniformlyInTheRangeOfPyTorch) {
  Generator rng(7);
  // PyTorch takes weight.size(1) times the kernel for the fan-in, of transposes too.
  const auto expect = [](const Conv2d& a, double k) {
    for (const Variable& each : {a.weight, a.bias}) {
      double most = 0;
      for (const double v : each.value().to_vector()) most = std::max(most, std::fabs(v));
      EXPECT_LE(most, k);
      EXPECT_GE(most, 0.8 * k);  // of 32 numbers or more, once in 1000 draws less
    }
  };
  expect(Conv2d(4, 32, {3, 2}, rng, {.groups = 2, .dtype = kFloat64}), 1 / std::sqrt(12.0));
  expect(Conv2d(1, 100, 5, rng, {.dtype = kFloat64}), 1 / 5.0);
  const ConvTranspose2d back(6, 64, {3, 1}, rng, {.groups = 2, .dtype = kFloat64});
  double most = 0;
  for (const double v : back.weight.value().to_vector()) most = std::max(most, std::fabs(v));
  EXPECT_LE(most, 1 / std::sqrt(96.0));
  EXPECT_GE(most, 0.9 / std::sqrt(96.0));
  Generator a(3), b(3);
  EXPECT_TRUE(bitwise_equal(Conv1d(2, 3, 4, a).weight.value(), Conv1d(2, 3, 4, b).weight.value()));
}

TEST(Convolutions, OptionsOutsideTheirRangesAreErrors) {
  Generator rng(1);
  const auto expect = [&](const auto& make, const std::string& text) {
    expect_throws_text<ConfigError>(make, text);
  };
  expect([&] { Conv2d(0, 4, 3, rng); }, "[Conv2d] in_channels: 0; expected >= 1");
  expect([&] { Conv1d(3, -1, 3, rng); }, "[Conv1d] out_channels: -1; expected >= 1");
  expect([&] { Conv2d(3, 4, 3, rng, {.groups = 2}); },
         "[Conv2d] groups: 2; expected a divisor of in_channels 3 and of out_channels 4");
  expect([&] { ConvTranspose2d(4, 3, 3, rng, {.groups = 0}); },
         "[ConvTranspose2d] groups: 0; expected a divisor of in_channels 4 and of out_channels 3");
  expect(
      [&] {
        Conv2d(3, 4, {3, 0}, rng);
      },
      "[Conv2d] kernel_size: [3, 0]; expected numbers from 1 on");
  expect([&] { Conv1d(3, 4, {3, 3}, rng); }, "[Conv1d] kernel_size: [3, 3]; expected one number");
  expect([&] { Conv2d(3, 4, 3, rng, {.stride = 0}); },
         "[Conv2d] stride: 0; expected numbers from 1 on");
  expect([&] { Conv2d(3, 4, 3, rng, {.padding = -1}); },
         "[Conv2d] padding: -1; expected numbers from 0 on");
  expect(
      [&] {
        Conv2d(3, 4, 3, rng, {.dilation = {1, 1, 1}});
      },
      "[Conv2d] dilation: [1, 1, 1]; expected one number, or one for each of 2 axes");
  expect([&] { Conv2d(3, 4, 3, rng, {.stride = 2, .padding = ConvPadding::kSame}); },
         "[Conv2d] padding: same with stride (2, 2); expected stride 1");
  expect([&] { ConvTranspose1d(3, 4, 3, rng, {.output_padding = -1}); },
         "[ConvTranspose1d] output_padding: -1; expected numbers from 0 on");
  expect(
      [&] {
        ConvTranspose1d(1, 1, 3, rng, {.output_padding = 1})(zeros({1, 1, 4}));
      },
      "[conv_transpose1d] output_padding: 1; expected less than stride 1 or dilation 1");
  EXPECT_THROW(Conv2d(1, 1, 1, rng, {.dtype = kInt64}), DTypeError);
}

TEST(Pooling, OptionsOutsideTheirRangesAreErrors) {
  const auto expect = [&](const auto& make, const std::string& text) {
    expect_throws_text<ConfigError>(make, text);
  };
  expect([] { MaxPool2d(0); }, "[MaxPool2d] kernel_size: 0; expected numbers from 1 on");
  expect([] { MaxPool1d(2, {.stride = 0}); }, "[MaxPool1d] stride: 0; expected numbers from 1 on");
  expect([] { MaxPool2d(3, {.padding = 2}); },
         "[MaxPool2d] padding: 2; expected at most half of the window, which spans 3");
  expect([] { MaxPool2d(3, {.dilation = 0}); },
         "[MaxPool2d] dilation: 0; expected numbers from 1 on");
  expect([] { AvgPool1d({2, 2}); }, "[AvgPool1d] kernel_size: [2, 2]; expected one number");
  expect([] { AvgPool2d(2, {.padding = -1}); },
         "[AvgPool2d] padding: -1; expected numbers from 0 on");
  expect([] { AvgPool2d(2, {.divisor_override = 0}); },
         "[AvgPool2d] divisor_override: 0; expected another number");
  expect([] { AdaptiveAvgPool2d(-1); },
         "[AdaptiveAvgPool2d] output_size: -1; expected numbers from 0 on");
  expect(
      [] {
        AdaptiveMaxPool1d({1, 2});
      },
      "[AdaptiveMaxPool1d] output_size: [1, 2]; expected one number");
}

TEST(Convolutions, OfWrongInputNameTheLayerWithItsPath) {
  Generator rng(1);
  const Sequential net(Conv2d(3, 4, 3, rng), MaxPool2d(2), Sequential(Conv2d(5, 1, 3, rng)));
  const auto expect = [&](const Tensor& x, const std::string& text) {
    expect_throws_text<ShapeError>([&] { net(x); }, text);
  };
  expect(zeros({1, 28, 28}),
         "[Conv2d] x is [1, 28, 28]; expected [N, 3, H, W] or [3, H, W] (in 0)");
  expect(zeros({28, 28}), "[Conv2d] x is [28, 28]; expected [N, 3, H, W] or [3, H, W] (in 0)");
  expect(zeros({2, 3, 8, 8}),
         "[Conv2d] x is [2, 4, 3, 3]; expected [N, 5, H, W] or [5, H, W] (in 2.0)");
  expect(zeros({2, 3, 8, 2}),
         "[conv2d] w is [4, 3, 3, 3]: its window spans [3, 3]; expected at most the padded size "
         "[8, 2] of x (in 0)");
  expect(zeros({2, 3, 3, 3}),
         "[max_pool2d] kernel: its window spans [2, 2]; expected at most the padded size [1, 1] of "
         "x [2, 4, 1, 1] (in 1)");
  const Sequential back(ConvTranspose1d(2, 4, 3, rng), AvgPool1d(2));
  expect_throws_text<ShapeError>(
      [&] {
        back(zeros({1, 3, 5}));
      },
      "[ConvTranspose1d] x is [1, 3, 5]; expected [N, 2, L] or [2, L] (in 0)");
  EXPECT_THROW(net(Variable()), Error);
  EXPECT_THROW(net(zeros({1, 3, 9, 9}, kFloat64)), DTypeError);
  EXPECT_EQ(Conv2d(3, 4, 3, rng)(zeros({0, 3, 5, 5})).shape(), (Shape{0, 4, 3, 3}));
}

}  // namespace
}  // namespace gradus::nn
