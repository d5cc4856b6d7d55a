// Positions of extremes against a slow loop.
#include <gtest/gtest.h>

#include <cmath>

#include "tensor/random.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

/// First position along `axis` of an element that none beats.
Tensor slow_argmax(const Tensor& x, int axis, double sign) {
  const Shape shape = reduced_shape(x.shape(), 1u << axis, false);
  const Tensor best = Tensor::empty(shape, kInt64);
  std::int64_t inner = 1;
  for (int i = axis + 1; i < x.rank(); ++i) inner *= x.shape()[i];
  const std::int64_t n = x.shape()[axis];
  const std::vector<double> v = x.to_vector();
  for (std::int64_t k = 0; k < best.numel(); ++k) {
    const auto at = [&](std::int64_t i) { return v[(k / inner * n + i) * inner + k % inner]; };
    std::int64_t chosen = 0;
    for (std::int64_t i = 1; i < n; ++i) {
      if (std::isnan(at(chosen))) break;
      if (std::isnan(at(i)) || sign * at(i) > sign * at(chosen)) chosen = i;
    }
    best.data<std::int64_t>()[k] = chosen;
  }
  return best;
}

TEST(Argmax, AlongAnyAxisIsThatOfASlowLoop) {
  Generator generator(3);
  for (const Shape& shape : {Shape{1}, Shape{7}, Shape{3, 4}, Shape{40, 33}, Shape{2, 1100},
                             Shape{1100, 37}, Shape{3, 300, 17}, Shape{2, 1, 3, 1, 2, 2, 3, 2}}) {
    for (DType dtype : kAllDTypes) {
      const Tensor drawn = normal(shape, 0, 4, generator, kFloat64).to(kInt64);  // many ties
      const Tensor x = drawn.to(dtype, Cast::kWrap);
      if (is_floating(dtype) && x.numel() > 20) {
        const Tensor flat = x.reshape({x.numel()});
        flat.slice(0, {19, 20}).fill(NAN);
        flat.slice(0, {2, INT64_MAX, 57}).fill(NAN);
      }
      for (int axis = 0; axis < shape.rank(); ++axis) {
        const Tensor largest = slow_argmax(x, axis, 1), smallest = slow_argmax(x, axis, -1);
        const std::string what = to_string(shape) + " along " + std::to_string(axis);
        expect_same_bits(argmax(x, axis - shape.rank()), largest, what);
        expect_same_bits(argmin(x, axis), smallest, what);
        EXPECT_EQ(argmin(x, axis, true).shape(), reduced_shape(shape, 1u << axis, true));
        const ValuesAndIndices top = max_with_indices(x, axis), low = min_with_indices(x, axis);
        expect_same_bits(top.indices, largest, what);
        expect_same_bits(low.indices, smallest, what);
        expect_close(top.values, max(x, axis), 0, 0, what);
        expect_close(low.values, min(x, axis), 0, 0, what);
        EXPECT_EQ(name(top.values.dtype()), name(dtype));
      }
      expect_same_bits(argmax(x), slow_argmax(x.reshape({x.numel()}), 0, 1));
    }
  }
}

TEST(Argmax, ReadsViewsLikeCopies) {
  Generator generator(4);
  const Tensor big = normal({30, 40, 20}, 0, 1, generator);
  for (const Tensor& view : {big.transpose(0, 1), big.transpose(0, 2), big.transpose(),
                             big.slice(1, {1, 39, 3}), big.slice(2, {0, 1}).expand({30, 40, 9})}) {
    for (int axis = 0; axis < 3; ++axis) {
      expect_same_bits(argmax(view, axis), argmax(view.clone(), axis));
    }
    expect_same_bits(argmin(view), argmin(view.clone()));
  }
}

TEST(Argmax, OfALongLineIsTheFirstOnAnyNumberOfThreads) {
  const Tensor x = zeros({100000});
  for (std::int64_t where : {99999, 70000, 16384, 16383, 255, 0}) {
    x.slice(0, {where, where + 1}).fill(1);
    EXPECT_EQ(same_on_all_threads([&] { return argmax(x); }).item(), where);
    EXPECT_EQ(argmax(x, 0).item(), where);
  }
  EXPECT_EQ(argmin(x).item(), 1);
}

TEST(Argmax, TreatsZerosOfBothSignsAsEqualAndReturnsTheFirst) {
  const Tensor x = tensor({-0.0, 0.0, -0.0});
  EXPECT_EQ(argmax(x).item(), 0);
  EXPECT_TRUE(std::signbit(max_with_indices(x, 0).values.item()));
  const Tensor wide = x.reshape({3, 1}).expand({3, 20}).clone();
  EXPECT_TRUE(std::signbit(max_with_indices(wide, 0).values.at({19})));
}

TEST(Argmax, HasTheShapesOfPyTorch) {
  EXPECT_EQ(argmax(ones({2, 3}), {}, true).shape(), (Shape{1, 1}));
  EXPECT_EQ(argmax(ones({}), 0).shape(), (Shape{}));
  EXPECT_EQ(argmax(ones({}), -1).item(), 0);
  EXPECT_EQ(argmax(zeros({0, 3}), 1).shape(), (Shape{0}));
  EXPECT_EQ(max_with_indices(zeros({0, 3}), 1, true).values.shape(), (Shape{0, 1}));
}

}  // namespace
}  // namespace gradus::testing
