// Cross-entropy: central differences of first and second order, edges and errors.
#include "autograd/ops/cross_entropy.h"

#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops/sum.h"
#include "autograd/ops/transpose.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/square.h"
#include "tensor/softmax.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;

std::vector<CrossEntropyOptions> all_options(std::int64_t classes) {
  std::vector<CrossEntropyOptions> found;
  const Tensor weight = arange(classes, kFloat64) * 0.5 + 0.5;
  for (const Reduction reduction : {Reduction::kNone, Reduction::kMean, Reduction::kSum}) {
    for (const double smoothing : {0.0, 0.2}) {
      for (const bool weighted : {false, true}) {
        found.push_back({.weight = weighted ? weight : Tensor(),
                         .label_smoothing = smoothing,
                         .reduction = reduction});
      }
    }
  }
  return found;
}

TEST(CrossEntropy, GradientsOfClassesAreThoseOfDifferences) {
  const auto check_loss = [](const Shape& shape, const Tensor& target, std::int64_t ignore = -100) {
    for (CrossEntropyOptions options : all_options(shape.rank() == 1 ? shape[0] : shape[1])) {
      options.ignore_index = ignore;
      const auto loss = [&](Inputs v) { return square(cross_entropy(v[0], target, options)); };
      expect_gradients("cross_entropy", loss, {gap_parameter(shape, -2, 2, 1)});
    }
  };
  check_loss({3, 4}, tensor({0, 3, 3}, kInt64));
  check_loss({3, 4}, tensor({0, 3, 0}, kInt64), 3);
  check_loss({3, 2}, tensor({-7, 1, -7}, kInt32), -7);
  check_loss({1, 1}, tensor({0}, kUInt8));
  check_loss({4}, tensor(2, kInt32));
  check_loss({2, 3, 2}, tensor({{0, 1}, {2, 2}}, kInt64));
  check_loss({1, 2, 2, 2}, tensor({{{0, 1}, {1, 1}}}, kInt64));
}

TEST(CrossEntropy, GradientsOfProbabilitiesAreThoseOfDifferences) {
  for (const Shape& shape : {Shape{2, 3}, Shape{3}, Shape{2, 3, 2}, Shape{1, 1}}) {
    for (const CrossEntropyOptions& options : all_options(shape.rank() == 1 ? 3 : shape[1])) {
      const auto loss = [&](Inputs v) { return square(cross_entropy(v[0], v[1], options)); };
      const Variable x = gap_parameter(shape, -2, 2, 1), p = gap_parameter(shape, 0, 1, 2);
      expect_gradients("soft_cross_entropy", loss, {x, p});
      expect_gradients("soft_cross_entropy", loss, {Variable(x.value()), p});
      expect_gradients("soft_cross_entropy", loss, {x, Variable(p.value())});
    }
  }
}

TEST(CrossEntropy, TakesLogitsAndTargetsWithGaps) {
  const Tensor target = tensor({1, 7, 0, 7, 1}, kInt64).slice(0, {None, None, 2});
  expect_gradients("cross_entropy",
                   [&](Inputs v) { return cross_entropy(transpose(v[0]), target); },
                   {gap_parameter({2, 3}, -2, 2, 2)});
  expect_gradients("soft_cross_entropy",
                   [](Inputs v) { return cross_entropy(transpose(v[0]), transpose(v[1])); },
                   {gap_parameter({2, 3}, -2, 2, 2), gap_parameter({2, 3}, 0, 1, 3)});
}

TEST(CrossEntropy, OfNoTargetsIsNanWithGradientZero) {
  for (const auto& [shape, target, ignore] :
       std::vector<std::tuple<Shape, Tensor, int>>{{{0, 3}, zeros({0}, kInt64), -100},
                                                   {{0, 0}, zeros({0}, kInt64), -100},
                                                   {{2, 3}, tensor({1, 1}, kInt64), 1}}) {
    for (const bool create_graph : {false, true}) {
      const Variable x = parameter(ones(shape));
      const Variable loss = cross_entropy(x, target, {.ignore_index = ignore});
      EXPECT_TRUE(std::isnan(loss.item()));
      expect_same_bits(grad(loss, x, {.create_graph = create_graph}).value(), zeros(shape));
    }
    const Variable x = parameter(ones(shape));
    const Variable none =
        cross_entropy(x, target, {.ignore_index = ignore, .reduction = Reduction::kSum});
    EXPECT_EQ(none.item(), 0);
    expect_same_bits(grad(none, x).value(), zeros(shape));
  }
}

TEST(CrossEntropy, OfIgnoredTargetsIsZeroWhateverTheirLogitsAre) {
  const Tensor x = tensor({{-INFINITY, 2, 1}, {1, 2, 3}}, kFloat64), t = tensor({2, 0}, kInt64);
  const CrossEntropyOptions options{
      .ignore_index = 2, .label_smoothing = 0.1, .reduction = Reduction::kNone};
  const Variable logits = parameter(x), loss = cross_entropy(logits, t, options);
  EXPECT_EQ(loss.value().at({0}), 0);
  EXPECT_GT(loss.value().at({1}), 2);
  expect_same_bits(grad(sum(loss), logits).value().select(0, 0), zeros({3}, kFloat64));
}

TEST(CrossEntropy, OfHalfTypesIsComputedInFloat) {
  const Tensor x = tensor({{0.5, -1.25, 3}, {2, 0.125, -4}}), target = tensor({1, 2}, kInt64);
  for (const DType half : {kFloat16, kBFloat16}) {
    const Variable wide = parameter(x), narrow = parameter(x.to(half));
    const Variable a = cross_entropy(wide, target), b = cross_entropy(narrow, target);
    expect_same_bits(b.value(), a.value().to(half));
    expect_same_bits(grad(b, narrow).value(), grad(a, wide).value().to(half));
  }
}

TEST(CrossEntropy, ErrorsNameTheTarget) {
  const Tensor x = zeros({2, 3}), t = zeros({2}, kInt64);
  expect_throws_text<IndexError>(
      [&] {
        cross_entropy(x, tensor({0, 5}, kInt64));
      },
      "[cross_entropy] target: 5 at [1]; expected a class in 0..2, or ignore_index -100");
  expect_throws_text<IndexError>(
      [&] {
        cross_entropy(zeros({1, 3, 2}), tensor({{0, -1}}, kInt64), {.ignore_index = 7});
      },
      "[cross_entropy] target: -1 at [0, 1]; expected a class in 0..2, or ignore_index 7");
  expect_throws_text<IndexError>(
      [&] {
        cross_entropy(zeros({2, 0}), t);
      },
      "[cross_entropy] target: 0 at [0]; expected no class, or ignore_index -100");
  expect_throws_text<DTypeError>([&] { cross_entropy(x, zeros({2}, kBool)); },
                                 "[cross_entropy] target: bool; expected whole numbers, one class "
                                 "each, or floating probabilities");
  expect_throws_text<DTypeError>(
      [&] {
        cross_entropy(zeros({2, 3}, kInt64), t);
      },
      "[cross_entropy] logits: int64; expected a floating dtype");
  expect_throws_text<Error>(
      [&] { cross_entropy(x, Tensor()); },
      "[cross_entropy] target: undefined tensor; expected one with elements; was it default "
      "constructed?");
}

TEST(CrossEntropy, ErrorsNameShapes) {
  const std::string expected =
      "; expected logits [N, C, ...] with classes [N, ...], [C] with [], or probabilities like "
      "logits";
  expect_throws_text<ShapeError>(
      [] {
        cross_entropy(zeros({2, 3}), zeros({3}, kInt64));
      },
      "[cross_entropy] logits is [2, 3] and target is int64 [3]" + expected);
  expect_throws_text<ShapeError>(
      [] {
        cross_entropy(zeros({2, 3}), zeros({2}));
      },
      "[cross_entropy] logits is [2, 3] and target is float32 [2]" + expected);
  expect_throws_text<ShapeError>([] { cross_entropy(zeros({}), zeros({}, kInt64)); },
                                 "[cross_entropy] logits is [] and target is int64 []" + expected);
}

TEST(CrossEntropy, ErrorsNameOptions) {
  const Tensor x = zeros({2, 3}), t = zeros({2}, kInt64);
  expect_throws_text<ShapeError>(
      [&] { cross_entropy(x, t, {.weight = zeros({2})}); },
      "[cross_entropy] weight: shape [2]; expected [3], one for each class");
  expect_throws_text<DTypeError>([&] { cross_entropy(x, t, {.weight = zeros({3}, kInt64)}); },
                                 "[cross_entropy] weight: int64; expected a floating dtype");
  expect_throws_text<ConfigError>(
      [&] { cross_entropy(x, t, {.label_smoothing = 1.5}); },
      "[cross_entropy] label_smoothing: 1.5; expected a number in 0..1");
  expect_throws_text<ConfigError>(
      [&] { cross_entropy(x, x, {.ignore_index = 2}); },
      "[cross_entropy] ignore_index: 2; expected none, the target is probabilities");
}

TEST(CrossEntropy, NoticesTargetsThatChangedBeforeBackward) {
  const Tensor weight = ones({3});
  const Variable x = parameter(zeros({2, 3}));
  const Variable loss = cross_entropy(x, zeros({2}, kInt64), {.weight = weight});
  weight.fill(2);
  EXPECT_THROW(loss.backward(), AutogradError);
}

}  // namespace
}  // namespace gradus::testing
