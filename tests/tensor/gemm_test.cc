// The bits of matrix products: which element of which tile one is, and how operands lie in memory,
// must not show.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "tensor/matmul.h"
#include "tensor/random.h"
#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

// k is cut in equal parts of at most 288.
template <class T>
T chain(const T* a, std::int64_t a_step, const T* b, std::int64_t b_step, std::int64_t k) {
  const std::int64_t parts = (k + 287) / 288, part = (k + parts - 1) / parts;
  T total = 0;
  for (std::int64_t begin = 0; begin < k; begin += part) {
    T sum = 0;
    for (std::int64_t p = begin; p < std::min(k, begin + part); ++p) {
      sum = std::fma(a[p * a_step], b[p * b_step], sum);
    }
    total = begin == 0 ? sum : total + sum;
  }
  return total;
}

template <class T>
void expect_chains(std::int64_t n, std::int64_t k, std::int64_t m) {
  Generator generator(n * 1000 + m);
  const DType dtype = dtype_of<T>();
  const Tensor a = normal({n, k}, 0, 1, generator, dtype);
  const Tensor b = normal({k, m}, 0, 1, generator, dtype);
  const Tensor y = matmul(a, b);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < m; ++j) {
      ASSERT_EQ(y.data<T>()[i * m + j], chain(a.data<T>() + i * k, 1, b.data<T>() + j, m, k))
          << n << "x" << k << "x" << m << " at " << i << ", " << j;
    }
  }
  const Tensor columns = a.transpose().contiguous().transpose();
  const Tensor rows = b.transpose().contiguous().transpose();
  expect_same_bits(matmul(columns, b), y);
  expect_same_bits(matmul(a, rows), y);
  expect_same_bits(matmul(columns, rows), y);
  expect_same_bits(matmul(a.flip(0).clone().flip(0), b.flip().clone().flip()), y);
  expect_same_bits(matmul(b.transpose(), a.transpose()).transpose().contiguous(), y);
}

TEST(Gemm, GivesTheSameChainForAnyPlaceAndStrides) {
  const std::vector<std::array<std::int64_t, 3>> sizes = {
      {1, 5, 1},     {1, 40, 200},   {200, 40, 1}, {12, 7, 32},    {13, 9, 33},   {11, 300, 31},
      {245, 20, 67}, {30, 577, 130}, {500, 3, 9},  {2, 289, 3100}, {260, 2, 3080}};
  for (const auto& [n, k, m] : sizes) {
    expect_chains<float>(n, k, m);
    expect_chains<double>(n, k, m);
  }
}

TEST(Gemm, DoesNotDependOnThreads) {
  Generator generator(1);
  for (const Shape& s : {Shape{300, 290, 70}, Shape{100, 290, 300}, Shape{8, 600, 2000}}) {
    const Tensor a = normal({s[0], s[1]}, 0, 1, generator);
    const Tensor b = normal({s[1], s[2]}, 0, 1, generator);
    Tensor one;
    {
      const WithThreads threads(1);
      one = matmul(a, b);
    }
    for (const int n : {2, 3, 7}) {
      const WithThreads threads(n);
      expect_same_bits(matmul(a, b), one);
    }
  }
}

TEST(Gemm, KeepsNaNAndInfinityWhereTheyBelong) {
  Tensor a = ones({15, 40}), b = ones({40, 50});
  a.index_put({3, 7}, NAN);
  b.index_put({9, 49}, INFINITY);
  const Tensor y = matmul(a, b);
  for (std::int64_t i = 0; i < 15; ++i) {
    for (std::int64_t j = 0; j < 50; ++j) {
      const double v = y.at({i, j});
      if (i == 3) {
        EXPECT_TRUE(std::isnan(v));
      } else {
        EXPECT_EQ(v, j == 49 ? INFINITY : 40);
      }
    }
  }
}

}  // namespace
}  // namespace gradus::testing
