#include "tensor/matmul.h"

#include <gtest/gtest.h>

#include "tensor/elementwise/abs.h"
#include "tensor/random.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"
#include "tests/support/every_device.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

// Three loops in double over matrices of any strides.
Tensor slow(const Tensor& a, const Tensor& b) {
  const std::int64_t n = a.dim(0), k = a.dim(1), m = b.dim(1);
  const std::vector<double> x = a.to_vector(), y = b.to_vector();
  std::vector<double> z(n * m);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t l = 0; l < k; ++l) {
      for (std::int64_t j = 0; j < m; ++j) z[i * m + j] += x[i * k + l] * y[l * m + j];
    }
  }
  return from_values(z, {n, m}, kFloat64);
}

// A matrix of the given size behind several kinds of strides.
Tensor matrix(int layout, std::int64_t n, std::int64_t m, DType dtype, Generator& generator,
              Device device) {
  const auto normal = [&](const Shape& shape) {
    return gradus::normal(shape, 0, 1, generator, dtype, device);
  };
  switch (layout) {
    case 0:
      return normal({n, m});
    case 1:
      return normal({m, n}).transpose();
    case 2:
      return normal({n + 2, m + 3}).slice(0, {2}).slice(1, {3});
    case 3:
      return normal({n, 2 * m}).slice(1, {0, INT64_MAX, 2});
    case 4:
      return normal({1, m}).expand({n, m});
    default:
      return normal({n, 1}).expand({n, m});
  }
}

// The classical bound: k + 1 roundings of the sum of the absolute products.
double tolerance(const Tensor& a, const Tensor& b) {
  const double eps = a.dtype() == kFloat32 ? 1.2e-7 : 2.3e-16;
  const Tensor sums = slow(abs(a), abs(b));
  return sums.numel() == 0 ? 0 : eps * static_cast<double>(a.dim(1) + 1) * max(sums).item();
}

using Matmul = EveryDevice;

TEST_P(Matmul, OfAnySizesIsThatOfThreeLoops) {
  Generator generator(1);
  const std::vector<std::int64_t> sizes = {0, 1, 2, 3, 17, 64, 130};
  for (DType dtype : {kFloat32, kFloat64}) {
    for (auto n : sizes) {
      for (auto k : sizes) {
        for (auto m : sizes) {
          const Tensor a = matrix(0, n, k, dtype, generator, device()),
                       b = matrix(0, k, m, dtype, generator, device());
          const Tensor y = matmul(a, b);
          EXPECT_EQ(y.dtype(), dtype);
          expect_close(y, slow(a, b), 0, tolerance(a, b),
                       to_string(a.shape()) + " times " + to_string(b.shape()));
        }
      }
    }
  }
}

TEST_P(Matmul, OfAnyStridesIsThatOfThreeLoops) {
  Generator generator(2);
  for (DType dtype : {kFloat32, kFloat64}) {
    for (const Shape& s : {Shape{3, 4, 5}, Shape{1, 17, 1}, Shape{17, 1, 3}, Shape{1, 1, 40},
                           Shape{40, 33, 50}, Shape{130, 20, 1}}) {
      for (int left = 0; left < 6; ++left) {
        for (int right = 0; right < 6; ++right) {
          const Tensor a = matrix(left, s[0], s[1], dtype, generator, device());
          const Tensor b = matrix(right, s[1], s[2], dtype, generator, device());
          expect_close(
              matmul(a, b), slow(a, b), 0, tolerance(a, b),
              to_string(s) + ", layouts " + std::to_string(left) + ", " + std::to_string(right));
        }
      }
    }
  }
}

TEST_P(Matmul, OfVectorsLeavesTheirAxisOut) {
  const Tensor a = tensor({{1, 2, 3}, {4, 5, 6}}), v = tensor({1, 0, -1}), u = tensor({1, 10});
  EXPECT_EQ(matmul(a, v).shape(), (Shape{2}));
  EXPECT_EQ(matmul(a, v).to_vector(), (std::vector<double>{-2, -2}));
  EXPECT_EQ(matmul(u, a).to_vector(), (std::vector<double>{41, 52, 63}));
  EXPECT_EQ(matmul(v, v).shape(), (Shape{}));
  EXPECT_EQ(matmul(v, v).item(), 2);
  EXPECT_EQ(matmul(a.select(1, 0), a).to_vector(), (std::vector<double>{17, 22, 27}));
  EXPECT_EQ(matmul(zeros({0}), zeros({0})).item(), 0);
}

TEST_P(Matmul, OfBatchesIsThatOfEachPair) {
  Generator generator(4);
  const auto random = [&](const Shape& shape) { return normal(shape, 0, 1, generator, kFloat64); };
  const std::vector<std::pair<Tensor, Tensor>> operands = {
      {random({3, 4, 5}), random({3, 5, 2})},
      {random({3, 4, 5}), random({5, 2})},
      {random({4, 5}), random({3, 5, 2})},
      {random({2, 1, 4, 5}), random({3, 5, 2})},
      {random({3, 5, 4}).transpose(), random({1, 2, 5}).transpose()},
      {random({2, 40, 33}), random({2, 33, 150})},
      {random({2, 300, 7}).slice(0, {None, None, -1}),
       random({7, 300}).transpose(0, 1).transpose()},
      {random({4, 3, 5}).transpose(0, 1), random({5, 2})},
      {random({2, 0, 5}), random({2, 5, 3})},
      {random({0, 2, 5}), random({5, 3})}};
  for (const auto& [a, b] : operands) {
    const Tensor y = matmul(a, b);
    const Shape batch = [&] {
      Shape shape = y.shape();
      shape.erase(shape.rank() - 1);
      shape.erase(shape.rank() - 1);
      return shape;
    }();
    const auto all = [&](const Tensor& x) {
      Shape shape = batch;
      shape.push_back(x.dim(-2));
      shape.push_back(x.dim(-1));
      return x.expand(shape).reshape({numel(batch), x.dim(-2), x.dim(-1)});
    };
    const Tensor left = all(a), right = all(b), result = all(y);
    for (std::int64_t i = 0; i < numel(batch); ++i) {
      const Tensor u = left.select(0, i), v = right.select(0, i);
      expect_close(result.select(0, i), slow(u, v), 0, tolerance(u, v), to_string(y.shape()));
    }
    same_on_all_threads([&] { return matmul(a, b); });
  }
}

TEST_P(Matmul, OfWholeNumbersIsExactAndOfHalvesRoundedOnce) {
  Tensor big = Tensor::empty({1, 2}, kInt64);
  big.data<std::int64_t>()[0] = (std::int64_t{1} << 53) + 1;
  big.data<std::int64_t>()[1] = 1;
  EXPECT_EQ(matmul(on(big), tensor({{1}, {1}}, kInt64)).item<std::int64_t>(),
            (std::int64_t{1} << 53) + 2);
  EXPECT_EQ(matmul(tensor({200, 100}, kUInt8), tensor({1, 1}, kUInt8)).item(), 44);
  EXPECT_EQ(
      matmul(tensor({1, 2}, kInt32), tensor({{1, 2}, {3, 4}}, kInt32).transpose()).to_vector(),
      (std::vector<double>{5, 11}));
  const Tensor y = matmul(tensor({2048, 1, 1}, kFloat16), ones({3}, kFloat16));
  EXPECT_EQ(y.dtype(), kFloat16);
  EXPECT_EQ(y.item(), 2050);  // added one by one in float16: 2048
}

TEST_P(Matmul, PromotesTheSmallerDType) {
  const Tensor y = matmul(ones({2, 3}), ones({3, 2}, kFloat64));
  EXPECT_EQ(y.dtype(), kFloat64);
  EXPECT_EQ(y.to_vector(), std::vector<double>(4, 3));
}

TEST_P(Matmul, HasTheSameBitsOnAnyNumberOfThreads) {
  Generator generator(3);
  for (DType dtype : {kFloat32, kFloat64}) {
    const Tensor a = normal({517, 130}, 0, 1, generator, dtype);
    const Tensor b = normal({130, 258}, 0, 1, generator, dtype);
    same_on_all_threads([&] { return matmul(a, b); });
    same_on_all_threads([&] { return matmul(b.transpose(), a.transpose()); });
    same_on_all_threads([&] { return matmul(a, b.select(1, 4)); });
  }
}

GRADUS_ON_EVERY_DEVICE(Matmul);

}  // namespace
}  // namespace gradus::testing
