#include "tensor/sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tensor/random.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

/// The order of sort: NaN above all.
bool before(double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); }

/// Positions in each line in sorted order, by std::stable_sort.
Tensor slow_argsort(const Tensor& x, int axis, bool descending) {
  std::int64_t inner = 1;
  for (int i = axis + 1; i < x.rank(); ++i) inner *= x.shape()[i];
  const std::int64_t n = x.shape()[axis];
  const std::vector<double> v = x.to_vector();
  const Tensor result = Tensor::empty(x.shape(), kInt64);
  std::vector<std::int64_t> order(n);
  for (std::int64_t k = 0; k < x.numel() / n; ++k) {
    const auto place = [&](std::int64_t i) { return (k / inner * n + i) * inner + k % inner; };
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
      return descending ? before(v[place(b)], v[place(a)]) : before(v[place(a)], v[place(b)]);
    });
    for (std::int64_t i = 0; i < n; ++i) result.data<std::int64_t>()[place(i)] = order[i];
  }
  return result;
}

/// The elements of x at those positions of an axis.
Tensor taken(const Tensor& x, int axis, const Tensor& indices) {
  std::int64_t inner = 1;
  for (int i = axis + 1; i < x.rank(); ++i) inner *= x.shape()[i];
  const std::int64_t n = x.shape()[axis], m = indices.shape()[axis];
  const std::vector<double> v = x.to_vector(), at = indices.to_vector();
  std::vector<double> values(at.size());
  for (std::int64_t k = 0; k < indices.numel(); ++k) {
    const std::int64_t from = k / inner / m * n + static_cast<std::int64_t>(at[k]);
    values[k] = v[from * inner + k % inner];
  }
  return from_values(values, indices.shape(), x.dtype());
}

/// Numbers with ties, zeros of both signs, infinities and NaN.
Tensor awkward(const Shape& shape, DType dtype, Generator& generator) {
  const Tensor x = normal(shape, 0, 20, generator, kFloat64).to(kInt64).to(dtype, Cast::kWrap);
  const Tensor flat = x.reshape({x.numel()});
  const auto every = [&](std::int64_t start, std::int64_t step, double value) {
    flat.slice(0, {start, INT64_MAX, step}).fill(value);
  };
  if (!is_floating(dtype)) return x;
  every(0, 11, -0.0);
  every(3, 13, 0.0);
  every(5, 17, NAN);
  every(6, 19, -NAN);
  every(7, 23, INFINITY);
  every(9, 29, -INFINITY);
  every(1, 7, 0.3);
  return x;
}

const std::vector<Shape> kShapes = {{1},     {7},      {127},      {128},
                                    {3, 4},  {5, 300}, {300, 5},   {2, 70000},
                                    {70000}, {200000}, {3, 40, 6}, {2, 1, 3, 1, 2, 2, 3, 2}};

TEST(Sort, AlongAnyAxisIsAStableSort) {
  Generator generator(3);
  for (const Shape& shape : kShapes) {
    for (DType dtype : kAllDTypes) {
      const Tensor x = awkward(shape, dtype, generator);
      for (int axis = 0; axis < shape.rank(); ++axis) {
        for (bool descending : {false, true}) {
          const std::string what = to_string(shape) + " along " + std::to_string(axis) + " " +
                                   std::string(name(dtype)) + (descending ? " descending" : "");
          const Tensor expected = slow_argsort(x, axis, descending);
          const ValuesAndIndices sorted = sort(x, axis, descending);
          expect_same_bits(sorted.indices, expected, what);
          expect_close(sorted.values, taken(x, axis, expected), 0, 0, what);
          expect_same_bits(argsort(x, axis - shape.rank(), descending), expected, what);
          EXPECT_TRUE(sorted.values.is_contiguous());
        }
      }
    }
  }
}

TEST(Sort, OrdersAllBitsOfANumber) {
  Generator generator(3);
  const Tensor x = uniform({5000}, -1, 1, generator, kFloat64);
  for (double scale : {1e300, 1e-300, 1e-310, 1.0, 9e18}) {
    const Tensor y = tensor({0.0}, kFloat64).expand({5000}).clone();
    for (std::int64_t i = 0; i < 5000; ++i) y.data<double>()[i] = x.data<double>()[i] * scale;
    expect_same_bits(argsort(y), slow_argsort(y, 0, false), to_text(scale));
    if (scale != 9e18) continue;
    const Tensor whole = y.to(kInt64);
    expect_same_bits(argsort(whole), slow_argsort(whole, 0, false));
  }
}

TEST(Sort, MovesTheOnlyElementThatDiffers) {
  const Tensor x = ones({300}, kInt64);
  x.slice(0, {0, 1}).fill(2);
  EXPECT_EQ(argsort(x).at({299}), 0);
  EXPECT_EQ(sort(x).values.at({0}), 1);
}

TEST(Sort, ReadsViewsLikeCopiesOnAnyNumberOfThreads) {
  Generator generator(4);
  const Tensor big = normal({30, 40, 20}, 0, 1, generator);
  for (const Tensor& view : {big.transpose(0, 1), big.transpose(0, 2), big.slice(1, {1, 39, 3}),
                             big.slice(2, {0, 1}).expand({30, 40, 9})}) {
    for (int axis = 0; axis < 3; ++axis) {
      expect_same_bits(argsort(view, axis), argsort(view.clone(), axis));
      expect_same_bits(topk(view, 3, axis).indices, topk(view.clone(), 3, axis).indices);
    }
  }
  const Tensor line = normal({300000}, 0, 1, generator);
  same_on_all_threads([&] { return argsort(line); });
  same_on_all_threads([&] { return sort(line, 0, true).values; });
}

TEST(Topk, IsTheStartOfASort) {
  Generator generator(3);
  for (const Shape& shape : kShapes) {
    for (DType dtype : {kFloat32, kBFloat16, kInt64, kUInt8, kBool}) {
      const Tensor x = awkward(shape, dtype, generator);
      for (int axis = 0; axis < shape.rank(); ++axis) {
        const std::int64_t n = shape[axis];
        for (bool largest : {false, true}) {
          const Tensor order = slow_argsort(x, axis, largest);
          for (std::int64_t k : {std::int64_t{0}, std::int64_t{1}, (n + 1) / 2, n, n / 100}) {
            const ValuesAndIndices best = topk(x, k, axis, largest);
            expect_same_bits(best.indices, order.slice(axis, {0, k}).clone(),
                             to_string(shape) + ", k " + std::to_string(k));
            expect_close(best.values, taken(x, axis, best.indices), 0, 0);
          }
          if (largest) continue;
          for (std::int64_t k : {std::int64_t{1}, (n + 1) / 2, n}) {
            const ValuesAndIndices kth = kthvalue(x, k, axis);
            expect_same_bits(kth.indices, order.select(axis, k - 1).clone());
            EXPECT_EQ(kthvalue(x, k, axis, true).values.shape(),
                      reduced_shape(shape, 1u << axis, true));
          }
        }
      }
    }
  }
}

TEST(Sort, TakesScalarsAndEmptyTensors) {
  EXPECT_EQ(sort(Tensor(3.0), 0).values.item(), 3);
  EXPECT_EQ(sort(Tensor(3.0)).indices.shape(), (Shape{}));
  EXPECT_EQ(topk(Tensor(3.0), 1).values.shape(), (Shape{}));
  EXPECT_EQ(kthvalue(Tensor(3.0), 1).values.shape(), (Shape{}));
  EXPECT_EQ(sort(zeros({0, 3}), 0).values.shape(), (Shape{0, 3}));
  EXPECT_EQ(sort(zeros({0, 3}), 1).indices.shape(), (Shape{0, 3}));
  EXPECT_EQ(topk(zeros({0, 3}), 2, 1).values.shape(), (Shape{0, 2}));
  EXPECT_EQ(topk(zeros({3, 0}), 0, 1).values.shape(), (Shape{3, 0}));
}

TEST(Median, IsTheLowerOfTheTwoInTheMiddle) {
  EXPECT_EQ(median(tensor({4, 1, 3, 2})).item(), 2);
  EXPECT_EQ(median(tensor({5, 1, 3})).item(), 3);
  EXPECT_TRUE(std::isnan(median(tensor({5, NAN, 3})).item()));
  EXPECT_EQ(median(ones({}), 0).item(), 1);
  Generator generator(6);
  const Tensor x = normal({4, 5, 6}, 0, 9, generator, kFloat64).to(kInt64);
  for (const Axes& axes : {Axes{}, Axes{1}, Axes{0, 2}, Axes{-1, 0}}) {
    const Tensor y = x.transpose(0, 2);
    const Tensor middle = median(y, axes);
    EXPECT_EQ(middle.shape(), sum(y, axes).shape());
    EXPECT_EQ(median(y, axes, true).shape(), sum(y, axes, true).shape());
    // Half of the elements are at most the median, and half at least.
    const std::vector<double> m = median(y, axes, true).expand(y.shape()).to_vector(),
                              v = y.to_vector();
    std::int64_t at_most = 0, at_least = 0;
    for (std::size_t i = 0; i < v.size(); ++i) at_most += v[i] <= m[i], at_least += v[i] >= m[i];
    EXPECT_GE(2 * at_most, x.numel());
    EXPECT_GE(2 * at_least, x.numel());
  }
  expect_same_bits(median(x, 1), kthvalue(x, 3, 1).values);
}

TEST(Unique, FindsValuesInverseAndCounts) {
  const Tensor x = tensor({{3, 1, 3}, {2, 1, 3}});
  const Unique u = unique(x);
  expect_same_bits(u.values, tensor({1, 2, 3}));
  expect_same_bits(u.inverse, tensor({{2, 0, 2}, {1, 0, 2}}, kInt64));
  expect_same_bits(u.counts, tensor({2, 1, 3}, kInt64));
  expect_same_bits(unique(x.transpose()).inverse, u.inverse.transpose().clone());
  EXPECT_EQ(unique(tensor({NAN, 1, NAN, 1})).counts.to_vector(), (std::vector<double>{2, 1, 1}));
  EXPECT_EQ(unique(tensor({-0.0, 0.0})).values.numel(), 1);
  EXPECT_EQ(unique(zeros({0, 2})).inverse.shape(), (Shape{0, 2}));
  EXPECT_EQ(unique(Tensor(true)).inverse.shape(), (Shape{}));
}

TEST(Unique, FindsDifferentRowsAndColumns) {
  const Tensor x = tensor({{2, 1, 2}, {0, 5, 0}, {2, 1, 2}, {2, 0, 9}});
  const Unique rows = unique(x, 0), columns = unique(x, -1);
  expect_same_bits(rows.values, tensor({{0, 5, 0}, {2, 0, 9}, {2, 1, 2}}));
  expect_same_bits(rows.inverse, tensor({2, 0, 2, 1}, kInt64));
  expect_same_bits(rows.counts, tensor({1, 1, 2}, kInt64));
  expect_same_bits(columns.values, tensor({{1, 2, 2}, {5, 0, 0}, {1, 2, 2}, {0, 2, 9}}));
  expect_same_bits(columns.inverse, tensor({1, 0, 2}, kInt64));
  EXPECT_TRUE(columns.values.is_contiguous());
  // -0 is 0, the first of them is kept; a NaN equals nothing and comes last.
  const Unique odd = unique(tensor({{1, NAN}, {-0.0, 3}, {1, NAN}, {0.0, 3}, {1, 7}}), 0);
  expect_same_bits(odd.values, tensor({{-0.0, 3}, {1, 7}, {1, NAN}, {1, NAN}}));
  expect_same_bits(odd.inverse, tensor({2, 0, 3, 0, 1}, kInt64));
  // Whole numbers that have the key of a NaN are no NaN.
  EXPECT_EQ(unique(full({3, 2}, 255, kUInt8), 0).counts.to_vector(), std::vector<double>{3});
  EXPECT_EQ(unique(zeros({0, 2}), 0).values.shape(), (Shape{0, 2}));
  EXPECT_EQ(unique(zeros({0, 3}), 1).counts.to_vector(), std::vector<double>{3});
  EXPECT_EQ(unique(zeros({0, 3}), 1).values.shape(), (Shape{0, 1}));
}

TEST(Searchsorted, CountsWhatIsLess) {
  const Tensor sorted = tensor({1, 3, 3, 5});
  const Tensor values = tensor({0, 1, 2, 3, 5, 6, NAN, -INFINITY, INFINITY});
  expect_same_bits(searchsorted(sorted, values), tensor({0, 0, 1, 1, 3, 4, 4, 0, 4}, kInt64));
  expect_same_bits(searchsorted(sorted, values, true), tensor({0, 1, 1, 3, 4, 4, 4, 0, 4}, kInt64));
  expect_same_bits(bucketize(values, sorted, true), searchsorted(sorted, values, true));
  EXPECT_EQ(searchsorted(sorted, Tensor(4)).shape(), (Shape{}));
  EXPECT_EQ(searchsorted(sorted, Tensor(4)).item(), 3);
  expect_same_bits(searchsorted(tensor({{1, 2}, {5, 9}}), tensor({{2, 0, 3}, {2, 7, 9}})),
                   tensor({{1, 0, 2}, {0, 1, 1}}, kInt64));
  expect_same_bits(searchsorted(tensor({1, 2}, kInt64), tensor({1.5})), tensor({1}, kInt64));
  expect_same_bits(searchsorted(tensor({1, NAN, NAN}), tensor({NAN, 2})), tensor({1, 1}, kInt64));
  EXPECT_EQ(searchsorted(zeros({0}), ones({2})).to_vector(), (std::vector<double>{0, 0}));
  EXPECT_EQ(searchsorted(sorted, zeros({2, 0})).shape(), (Shape{2, 0}));
  Generator generator(2);
  const Tensor many = sort(normal({1000}, 0, 1, generator)).values,
               x = normal({40000}, 0, 1, generator);
  same_on_all_threads([&] { return searchsorted(many, x); });
}

}  // namespace
}  // namespace gradus::testing
