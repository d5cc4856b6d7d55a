// Layer normalization: central differences of first and second order, precision, bits and errors.
#include "autograd/ops/layer_norm.h"

#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops/sum.h"
#include "autograd/ops/transpose.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/square.h"
#include "tensor/random.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;

struct Layout {
  Shape x;
  Axes axes;
  Shape weight;
};
const std::vector<Layout> kLayouts = {
    {{2, 3}, -1, {3}},           {{4}, 0, {4}},     {{2, 2, 3}, {1, 2}, {2, 3}},
    {{2, 3, 2}, {2, 0}, {2, 2}}, {{3, 2}, 0, {3}},  {{2, 3}, {}, {2, 3}},
    {{2, 1}, -1, {1}},           {{0, 3}, -1, {3}}, {{}, {}, {}},
    {{2, 0}, -1, {0}},           {{3, 20}, 1, {20}}};

TEST(LayerNorm, GradientsAreThoseOfDifferences) {
  for (const auto& [shape, axes, d] : kLayouts) {
    const Variable x = gap_parameter(shape, -2, 2, 1), w = gap_parameter(d, -2, 2, 2),
                   b = gap_parameter(d, -2, 2, 3);
    const auto f = [&, axes = axes](Inputs v) {
      return square(layer_norm(v[0], axes, v[1], v[2], 0.1));
    };
    expect_gradients("layer_norm", f, {x, w, b});
    expect_gradients("layer_norm", f, {Variable(x.value()), w, b});
    expect_gradients("layer_norm", f, {x, Variable(w.value()), Variable(b.value())});
  }
}

TEST(LayerNorm, GradientsWithoutWeightOrBiasAreThoseOfDifferences) {
  for (const auto& [shape, axes, d] : kLayouts) {
    const Variable x = gap_parameter(shape, -2, 2, 1), w = gap_parameter(d, -2, 2, 2);
    expect_gradients("layer_norm",
                     [&, axes = axes](Inputs v) {
                       return square(layer_norm(v[0], axes, Variable(), Variable(), 0.1));
                     },
                     {x});
    expect_gradients("layer_norm",
                     [&, axes = axes](Inputs v) {
                       return square(layer_norm(v[0], axes, v[1], Variable(), 0.1));
                     },
                     {x, w});
    expect_gradients("layer_norm",
                     [&, axes = axes](Inputs v) {
                       return square(layer_norm(v[0], axes, Variable(), v[1], 0.1));
                     },
                     {x, w});
  }
}

TEST(LayerNorm, TakesViewsAndTheSameVariableTwice) {
  expect_gradients("layer_norm",
                   [](Inputs v) { return square(layer_norm(transpose(v[0]), 1, v[1], v[1])); },
                   {gap_parameter({3, 2}, -2, 2, 1), gap_parameter({3}, -2, 2, 2)});
}

// One pass over the lines, and the steps recorded for higher derivatives.
TEST(LayerNorm, HasTheSameGradientWithAndWithoutAGraph) {
  Generator generator(3);
  for (const Shape& shape : {Shape{50, 300}, Shape{300, 5}, Shape{2, 20000}}) {
    const std::vector<Variable> in{parameter(normal(shape, 1, 2, generator, kFloat64)),
                                   parameter(normal({shape[1]}, 0, 1, generator, kFloat64)),
                                   parameter(normal({shape[1]}, 0, 1, generator, kFloat64))};
    const Variable loss = sum(square(layer_norm(in[0], 1, in[1], in[2])));
    const auto fused = grad(std::span(&loss, 1), in, {}, {.retain_graph = true});
    const auto steps = grad(std::span(&loss, 1), in, {}, {.create_graph = true});
    for (int i = 0; i < 3; ++i) {
      // Sums of up to 20000 numbers in different orders; some cancel.
      expect_close(fused[i].value(), steps[i].value(), 1e-11, 1e-11, std::to_string(i));
    }
  }
}

TEST(LayerNorm, GivesTheSameBitsOnAllThreadsAndForAllStrides) {
  Generator generator(4);
  for (const Shape& shape : {Shape{300, 700}, Shape{3, 70000}, Shape{30000, 7}}) {
    const Tensor x = normal(shape, 1, 2, generator), dy = normal(shape, 0, 1, generator);
    const Tensor w = normal({shape[1]}, 0, 1, generator), b = normal({shape[1]}, 0, 1, generator);
    const Tensor y = same_on_all_threads([&] { return layer_norm(x, 1, w, b); });
    const auto part = [&](int i, const Tensor& x, const Tensor& dy) {
      const LayerNormGradients d = layer_norm_backward(dy, x, 1, w, 1e-5, true, true, true);
      return i == 0 ? d.x : i == 1 ? d.weight : d.bias;
    };
    const Tensor turned = x.transpose().contiguous().transpose();
    const Tensor dy_turned = dy.transpose().contiguous().transpose();
    expect_same_bits(layer_norm(turned, 1, w, b), y, "strides");
    expect_same_bits(layer_norm(x.transpose(), 0, w, b), y.transpose(), "axis");
    for (int i = 0; i < 3; ++i) {
      const Tensor d = same_on_all_threads([&] { return part(i, x, dy); });
      expect_same_bits(part(i, turned, dy_turned), d, "strides");
    }
  }
}

TEST(LayerNorm, IsRightFarFromZero) {
  Generator generator(5);
  const Tensor z = normal({4, 1000}, 0, 1, generator, kFloat64);
  const Tensor x = (z + 1e5).to(kFloat32);
  // The same float32 numbers in float64: the result is one rounding away.
  expect_close(layer_norm(x, 1), layer_norm(x.to(kFloat64), 1), 1e-7, 1e-12);
}

// The sum of a million equal numbers is not a million times that number; the mean is corrected by
// what the differences from it sum to.
TEST(LayerNorm, OfManyEqualNumbersIsZero) {
  const Tensor x = full({1, 1000003}, 1e6 + 0.1, kFloat64);
  const double last_digit = 0x1p-33, scale = 1 / std::sqrt(1e-5);
  expect_close(layer_norm(x, 1), zeros({1, 1000003}, kFloat64), 0, last_digit * scale);
}

TEST(LayerNorm, OfHalfTypesIsRoundedOnce) {
  Generator generator(6);
  for (const DType half : {kFloat16, kBFloat16}) {
    const Tensor x = normal({3, 9}, 0, 1, generator).to(half);
    const Tensor w = normal({9}, 0, 1, generator).to(half);
    const Variable a = parameter(x), b = parameter(x.to(kFloat32)), v = parameter(w),
                   u = parameter(w.to(kFloat32));
    const Variable narrow = layer_norm(a, 1, v), wide = layer_norm(b, 1, u);
    expect_same_bits(narrow.value(), wide.value().to(half));
    narrow.backward(ones({3, 9}, half));
    wide.backward(ones({3, 9}));
    expect_same_bits(a.grad().value(), b.grad().value().to(half));
    expect_same_bits(v.grad().value(), u.grad().value().to(half));
  }
}

TEST(LayerNorm, ErrorsNameTheArgument) {
  const Tensor x = zeros({2, 3});
  expect_throws_text<ShapeError>(
      [&] { layer_norm(x, -1, ones({2})); },
      "[layer_norm] weight: shape [2]; expected [3], axes [-1] of x of shape [2, 3]");
  expect_throws_text<ShapeError>(
      [&] { layer_norm(x, {}, Tensor(), ones({3})); },
      "[layer_norm] bias: shape [3]; expected [2, 3], all axes of x of shape [2, 3]");
  expect_throws_text<DTypeError>([&] { layer_norm(x, 1, ones({3}, kFloat64)); },
                                 "[layer_norm] weight: float64; expected float32, the dtype of x");
  expect_throws_text<DTypeError>(
      [&] {
        layer_norm(zeros({2, 3}, kInt64), 1);
      },
      "[layer_norm] x: int64; expected a floating dtype");
  expect_throws_text<ConfigError>([&] { layer_norm(x, 1, Tensor(), Tensor(), -1); },
                                  "[layer_norm] eps: -1; expected a number >= 0");
  expect_throws_text<IndexError>(
      [&] { layer_norm(Variable(x), 2); },
      "[layer_norm] axis: 2; expected -2..1 for a tensor of shape [2, 3]");
  EXPECT_THROW(layer_norm(x, {1, -1}), ConfigError);
}

}  // namespace
}  // namespace gradus::testing
