// Central differences of convolutions, of first and second order, over all classes of arguments.
#include "autograd/ops/conv.h"

#include <gtest/gtest.h>

#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;

/// Sizes of x, of the kernel and the options of one case.
struct Setting {
  Shape x, w;
  ConvOptions options;
  PerAxis output_padding = 0;
};

const std::vector<Setting> kLines = {
    {{2, 2, 5}, {3, 2, 3}, {}},
    {{2, 2, 5}, {3, 2, 3}, {.padding = 1}},
    {{1, 2, 6}, {1, 2, 2}, {.stride = 2}, 1},
    {{1, 1, 7}, {2, 1, 3}, {.stride = 3, .padding = 2, .dilation = 2}, 2},
    {{1, 1, 5}, {1, 1, 2}, {.stride = 1, .padding = 1, .dilation = 3}, 2},
    {{1, 4, 4}, {2, 2, 2}, {.padding = 1, .groups = 2}},
    {{1, 3, 4}, {6, 1, 2}, {.groups = 3}},
    {{2, 5}, {2, 2, 2}, {.stride = 2, .padding = 1}},
    {{1, 1, 1}, {1, 1, 1}, {}},
    {{0, 2, 4}, {2, 2, 3}, {.padding = 1}},
};

const std::vector<Setting> kImages = {
    {{1, 2, 3, 4}, {2, 2, 2, 3}, {}},
    {{2, 1, 3, 3}, {1, 1, 2, 2}, {.padding = {1, 0}}},
    {{1, 1, 5, 4}, {2, 1, 2, 2}, {.stride = {2, 1}}, {1, 0}},
    {{1, 1, 4, 5}, {1, 1, 2, 2}, {.stride = {1, 3}, .padding = {0, 1}, .dilation = {2, 1}}, {1, 2}},
    {{1, 2, 3, 3}, {2, 1, 3, 2}, {.padding = 1, .groups = 2}},
    {{1, 3, 3}, {2, 1, 2, 2}, {.stride = 2, .padding = 1}},
    {{1, 1, 1, 1}, {1, 1, 1, 1}, {}},
    {{0, 2, 3, 3}, {2, 2, 2, 2}, {}},
};

Variable plain(const Shape& shape, int seed) { return gap_parameter(shape, -1, 1, seed); }

Variable convolved(int axes, const Variable& x, const Variable& w, const Variable& b,
                   const ConvOptions& options) {
  return axes == 1 ? conv1d(x, w, b, options) : conv2d(x, w, b, options);
}

Variable transposed(int axes, const Variable& y, const Variable& w, const Variable& b,
                    const Setting& s) {
  const ConvTransposeOptions options{s.options.stride, s.options.padding, s.output_padding,
                                     s.options.groups, s.options.dilation};
  return axes == 1 ? conv_transpose1d(y, w, b, options) : conv_transpose2d(y, w, b, options);
}

PerAxis kernel_of(const Setting& s) {
  PerAxis kernel;
  for (int i = 2; i < s.w.rank(); ++i) kernel.push_back(s.w[i]);
  return kernel;
}

TEST(ConvGradients, OfConvolutions) {
  const auto check_conv = [](const std::string& op, int axes, const Setting& s) {
    const Variable x = plain(s.x, 1), w = plain(s.w, 2), b = plain({s.w[0]}, 3);
    expect_gradients(op, [&](Inputs v) { return convolved(axes, v[0], v[1], v[2], s.options); },
                     {x, w, b});
    expect_gradients(
        op, [&](Inputs v) { return square(convolved(axes, v[0], v[1], Variable(), s.options)); },
        {x, w});
  };
  for (const Setting& s : kLines) check_conv("conv1d", 1, s);
  for (const Setting& s : kImages) check_conv("conv2d", 2, s);
}

TEST(ConvGradients, OfTransposes) {
  // What windows slide over is the result now; the operand has one element per window.
  const auto check_transpose = [](const std::string& op, int axes, const Setting& s) {
    Shape y = convolved(axes, zeros(s.x), zeros(s.w), Variable(), s.options).shape();
    const Variable x = plain(y, 1), w = plain(s.w, 2), b = plain({s.w[1] * s.options.groups}, 3);
    expect_gradients(op, [&](Inputs v) { return transposed(axes, v[0], v[1], v[2], s); },
                     {x, w, b});
    expect_gradients(
        op, [&](Inputs v) { return square(transposed(axes, v[0], v[1], Variable(), s)); }, {x, w});
  };
  for (const Setting& s : kLines) check_transpose("conv_transpose1d", 1, s);
  for (const Setting& s : kImages) check_transpose("conv_transpose2d", 2, s);
}

TEST(ConvGradients, OfGradientsInTheKernel) {
  const auto check_weight = [](const std::string& op, int axes, const Setting& s) {
    const Shape y = convolved(axes, zeros(s.x), zeros(s.w), Variable(), s.options).shape();
    const PerAxis kernel = kernel_of(s);
    expect_gradients(op,
                     [&](Inputs v) {
                       return square(axes == 1 ? conv1d_weight(v[0], v[1], kernel, s.options)
                                               : conv2d_weight(v[0], v[1], kernel, s.options));
                     },
                     {plain(s.x, 1), plain(y, 2)});
  };
  for (const Setting& s : kLines) check_weight("conv1d_weight", 1, s);
  for (const Setting& s : kImages) check_weight("conv2d_weight", 2, s);
}

TEST(ConvGradients, OfOperandsThatLieOtherwise) {
  const Variable x = plain({4, 3, 2}, 1), w = plain({2, 2, 3}, 2);
  expect_gradients("conv1d",
                   [](Inputs v) {
                     return conv1d(transpose(v[0], 0, 2), flip(v[1], 2), Variable(),
                                   {.padding = 2, .groups = 1});
                   },
                   {plain({4, 2, 3}, 1), w});
  expect_gradients("conv2d",
                   [](Inputs v) {
                     return conv2d(unsqueeze(v[0], 0), reshape(transpose(v[1], 0, 2), {2, 2, 3, 1}),
                                   Variable(), {.padding = 1, .groups = 2});
                   },
                   {x, plain({2, 2, 3}, 3)});
}

TEST(ConvGradients, OfConstantsAreNotComputed) {
  const Variable x = plain({1, 2, 4}, 1), w = plain({2, 2, 2}, 2), b = plain({2}, 3);
  const Variable no_x(x.value()), no_w(w.value());
  const auto f = [](Inputs v) { return square(conv1d(v[0], v[1], v[2])); };
  expect_gradients("conv1d", f, {no_x, w, b});
  expect_gradients("conv1d", f, {x, no_w, b});
  expect_gradients("conv1d", f, {no_x, no_w, b});
  expect_gradients("conv1d", f, {x, w, Variable(b.value())});
}

TEST(ConvGradients, OfATransposeThatPaddingHasEmptiedAreZero) {
  const Variable x = plain({1, 1, 1}, 1), w = plain({1, 1, 2}, 2), b = plain({1}, 3);
  const Variable y = conv_transpose1d(x, w, b, {.padding = 1});
  EXPECT_EQ(y.shape(), (Shape{1, 1, 0}));
  sum(y).backward();
  for (const Variable& v : {x, w, b}) {
    expect_same_bits(v.grad().value(), zeros(v.shape(), kFloat64));
  }
}

TEST(ConvGradients, TheThirdDerivativeIsThatOfTheProduct) {
  // One window of one element: y = w x, and the sum of its cubes is known.
  const Variable x = parameter(tensor({{{2.0}}}, kFloat64)),
                 w = parameter(tensor({{{3.0}}}, kFloat64));
  Variable y = sum(pow(conv1d(x, w), 3));
  for (const double expected : {3 * 27 * 4.0, 6 * 27 * 2.0, 6 * 27 * 1.0}) {
    y = sum(grad(y, x, {.create_graph = true}));
    EXPECT_EQ(y.item(), expected);
  }
}

}  // namespace
}  // namespace gradus::testing
