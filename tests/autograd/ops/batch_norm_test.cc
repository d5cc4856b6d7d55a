// Batch normalization: central differences of first and second order, precision, bits and errors.
#include "autograd/ops/batch_norm.h"

#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops/sum.h"
#include "autograd/ops/transpose.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/square.h"
#include "tensor/random.h"
#include "tests/support/cases.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;

TEST(BatchNorm, IsThatOfPyTorch) {
  check_cases("batch_norm", [](const Case& c) {
    const auto operand = [&](std::size_t i) { return c.in.size() > i ? c.in[i] : Tensor(); };
    const BatchNormResult r =
        batch_norm(c.in[0], operand(1), operand(2), c.has("eps") ? c.number("eps") : 1e-5);
    return Results{{r.y, r.mean, r.var}};
  });
}

TEST(BatchNorm, GradientsAreThoseOfDifferences) {
  for (const Shape& shape : {Shape{4, 2}, Shape{2, 3, 2}, Shape{2, 2, 2, 2}, Shape{1, 1, 20},
                             Shape{3, 1}, Shape{0, 2, 2}, Shape{2, 0}, Shape{2, 1, 9}}) {
    const Shape c{shape[1]};
    const Variable x = gap_parameter(shape, -2, 2, 1), w = gap_parameter(c, -2, 2, 2),
                   b = gap_parameter(c, -2, 2, 3);
    const auto f = [](Inputs v) { return square(batch_norm(v[0], v[1], v[2], 0.1).y); };
    expect_gradients("batch_norm", f, {x, w, b});
    expect_gradients("batch_norm", f, {Variable(x.value()), w, b});
    expect_gradients("batch_norm", f, {x, Variable(w.value()), Variable(b.value())});
    expect_gradients(
        "batch_norm",
        [](Inputs v) { return square(batch_norm(v[0], Variable(), Variable(), 0.1).y); }, {x});
    expect_gradients("batch_norm",
                     [](Inputs v) { return square(batch_norm(v[0], v[1], Variable(), 0.1).y); },
                     {x, w});
    expect_gradients("batch_norm",
                     [](Inputs v) { return square(batch_norm(v[0], Variable(), v[1], 0.1).y); },
                     {x, b});
  }
  expect_gradients("batch_norm",
                   [](Inputs v) { return square(batch_norm(transpose(v[0]), v[1], v[1]).y); },
                   {gap_parameter({2, 3}, -2, 2, 1), gap_parameter({2}, -2, 2, 2)});
}

// Sums of a channel in one go, and the steps recorded for higher derivatives.
TEST(BatchNorm, HasTheSameGradientWithAndWithoutAGraph) {
  Generator generator(3);
  for (const Shape& shape : {Shape{50, 30}, Shape{300, 5, 3}, Shape{2, 3, 100, 100}}) {
    const std::vector<Variable> in{parameter(normal(shape, 1, 2, generator, kFloat64)),
                                   parameter(normal({shape[1]}, 0, 1, generator, kFloat64)),
                                   parameter(normal({shape[1]}, 0, 1, generator, kFloat64))};
    const Variable loss = sum(square(batch_norm(in[0], in[1], in[2]).y));
    const auto fused = grad(std::span(&loss, 1), in, {}, {.retain_graph = true});
    const auto steps = grad(std::span(&loss, 1), in, {}, {.create_graph = true});
    for (int i = 0; i < 3; ++i) {
      // Sums of up to 20000 numbers in different orders; some cancel.
      expect_close(fused[i].value(), steps[i].value(), 1e-11, 1e-11, std::to_string(i));
    }
  }
}

TEST(BatchNorm, GivesTheSameBitsOnAllThreadsAndForAllStrides) {
  Generator generator(4);
  for (const Shape& shape : {Shape{300, 700}, Shape{3, 70, 40, 9}, Shape{30, 7, 1000}}) {
    const Tensor x = normal(shape, 1, 2, generator), dy = normal(shape, 0, 1, generator);
    const Tensor w = normal({shape[1]}, 0, 1, generator), b = normal({shape[1]}, 0, 1, generator);
    const BatchNormResult r = batch_norm(x, w, b);
    const auto y = [&](const Tensor& of) { return batch_norm(of, w, b).y; };
    const auto part = [&](int i, const Tensor& of, const Tensor& g) {
      const BatchNormGradients d =
          batch_norm_backward(g, of, r.mean, r.var, w, 1e-5, true, true, true);
      return i == 0 ? d.x : i == 1 ? d.weight : d.bias;
    };
    const auto turned = [](const Tensor& t) { return t.transpose().contiguous().transpose(); };
    expect_same_bits(y(turned(x)), same_on_all_threads([&] { return y(x); }), "strides");
    for (int i = 0; i < 3; ++i) {
      const Tensor d = same_on_all_threads([&] { return part(i, x, dy); });
      expect_same_bits(part(i, turned(x), turned(dy)), d, "strides");
    }
  }
}

TEST(BatchNorm, IsRightFarFromZero) {
  Generator generator(5);
  const Tensor z = normal({40, 4, 30}, 0, 1, generator, kFloat64);
  const Tensor x = (z + 1e5).to(kFloat32);
  // The same float32 numbers in float64: the result is one rounding away.
  expect_close(batch_norm(x).y, batch_norm(x.to(kFloat64)).y, 1e-7, 1e-12);
}

TEST(BatchNorm, OfHalfTypesIsRoundedOnce) {
  Generator generator(6);
  for (const DType half : {kFloat16, kBFloat16}) {
    const Tensor x = normal({5, 3, 4}, 0, 1, generator).to(half);
    const Tensor w = normal({3}, 0, 1, generator).to(half);
    const Variable a = parameter(x), b = parameter(x.to(kFloat32)), v = parameter(w),
                   u = parameter(w.to(kFloat32));
    const Variable narrow = batch_norm(a, v).y, wide = batch_norm(b, u).y;
    expect_same_bits(narrow.value(), wide.value().to(half));
    narrow.backward(ones({5, 3, 4}, half));
    wide.backward(ones({5, 3, 4}));
    expect_same_bits(a.grad().value(), b.grad().value().to(half));
    expect_same_bits(v.grad().value(), u.grad().value().to(half));
  }
}

TEST(BatchNorm, OfNanIsNanInItsChannelAlone) {
  const Tensor y = batch_norm(tensor({{1, NAN}, {2, 3}, {4, 5}})).y;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(std::isnan(y.to_vector()[2 * i]));
    EXPECT_TRUE(std::isnan(y.to_vector()[2 * i + 1]));
  }
}

TEST(BatchNorm, ErrorsNameTheArgument) {
  const Tensor x = zeros({4, 3});
  expect_throws_text<ShapeError>([&] { batch_norm(zeros({4})); },
                                 "[batch_norm] x: shape [4]; expected [N, C, ...]");
  expect_throws_text<ShapeError>(
      [&] { batch_norm(x, ones({2})); },
      "[batch_norm] weight: shape [2]; expected [3], one number per channel of x of shape [4, 3]");
  expect_throws_text<DTypeError>([&] { batch_norm(x, Tensor(), ones({3}, kFloat64)); },
                                 "[batch_norm] bias: float64; expected float32, the dtype of x");
  expect_throws_text<DTypeError>(
      [&] {
        batch_norm(zeros({2, 3}, kInt64));
      },
      "[batch_norm] x: int64; expected a floating dtype");
  expect_throws_text<ConfigError>([&] { batch_norm(x, Tensor(), Tensor(), -1); },
                                  "[batch_norm] eps: -1; expected a number >= 0");
}

}  // namespace
}  // namespace gradus::testing
