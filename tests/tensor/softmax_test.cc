// Softmax and layer normalization against the tables of tests/golden/tensor/make_softmax.py; long
// lines against a plain loop; bits.
#include "tensor/softmax.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tensor/elementwise/exp.h"
#include "tensor/layer_norm.h"
#include "tensor/random.h"
#include "tensor/reduce.h"
#include "tests/support/cases.h"
#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

int axis_of(const Case& c) {
  return static_cast<int>(std::clamp<std::int64_t>(c.integer("axis"), INT32_MIN, INT32_MAX));
}

TEST(Softmax, IsThatOfPyTorch) {
  check_cases("softmax", [](const Case& c) { return softmax(c.in[0], axis_of(c)); });
}

TEST(Softmax, LogarithmIsThatOfPyTorch) {
  check_cases("log_softmax", [](const Case& c) { return log_softmax(c.in[0], axis_of(c)); });
}

TEST(LayerNorm, IsThatOfPyTorch) {
  check_cases("layer_norm", [](const Case& c) {
    const Tensor weight = c.in.size() > 1 ? c.in[1] : Tensor();
    const Tensor bias = c.in.size() > 2 ? c.in[2] : Tensor();
    return layer_norm(c.in[0], c.axes(), weight, bias, c.has("eps") ? c.number("eps") : 1e-5);
  });
}

// log softmax of a matrix [n, m] along axis 0 by plain loops.
std::vector<double> plain(const Tensor& x) {
  std::vector<double> y = x.to_vector();
  const std::size_t n = x.dim(0), m = x.dim(1);
  for (std::size_t j = 0; j < m; ++j) {
    double largest = -INFINITY, total = 0;
    for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, y[i * m + j]);
    for (std::size_t i = 0; i < n; ++i) total += std::exp(y[i * m + j] - largest);
    for (std::size_t i = 0; i < n; ++i) y[i * m + j] -= largest + std::log(total);
  }
  return y;
}

// All ways in which lines are cut: short, long, beyond a piece, side by side, moved.
TEST(Softmax, OfLinesOfAllLengthsIsThatOfAPlainLoop) {
  Generator generator(1);
  for (const Shape& shape : {Shape{3, 5}, Shape{31, 17}, Shape{32, 40}, Shape{33, 16}, Shape{47, 3},
                             Shape{16384, 2}, Shape{16385, 1}, Shape{50000, 3}, Shape{9000, 20},
                             Shape{1, 4}, Shape{700, 33}, Shape{17000, 9}}) {
    const Tensor x = normal(shape, 0, 2, generator, kFloat64);
    const Tensor expected = from_values(plain(x), shape, kFloat64);
    for (const DType dtype : {kFloat64, kFloat32}) {
      const Tensor now = x.to(dtype);
      // Of a result near -20 the last digit; x itself was rounded to float32.
      const double atol = dtype == kFloat64 ? 1e-13 : 1e-5;
      for (const int axis : {0, 1}) {
        const Tensor turned = axis == 0 ? now : now.transpose().contiguous();
        const Tensor y = log_softmax(turned, axis), p = softmax(turned, axis);
        const std::string what = to_string(shape) + " axis " + std::to_string(axis);
        expect_close(axis == 0 ? y : y.transpose(), expected, 0, atol, what);
        expect_close(sum(p.to(kFloat64), axis), ones({shape[1]}, kFloat64), 0, 50 * atol, what);
        const std::vector<double> a = p.to_vector(), b = y.to_vector();
        double worst = 0;
        for (std::size_t i = 0; i < a.size(); ++i) {
          worst = std::max(worst, std::fabs(a[i] / std::exp(b[i]) - 1));
        }
        EXPECT_LT(worst, 5 * atol) << what;
      }
    }
  }
}

TEST(Softmax, DependsNeitherOnThreadsNorOnStridesNorOnNeighbours) {
  Generator generator(2);
  for (const Shape& shape : {Shape{40, 1000}, Shape{3, 40000}, Shape{9, 17000}, Shape{5000, 10},
                             Shape{60, 300, 7}, Shape{2, 9000, 5}}) {
    for (const DType dtype : {kFloat32, kFloat64, kFloat16}) {
      const Tensor x = normal(shape, 0, 2, generator).to(dtype);
      for (const int axis : {-1, -2}) {
        for (const auto f : {static_cast<Tensor (*)(const Tensor&, int)>(softmax),
                             static_cast<Tensor (*)(const Tensor&, int)>(log_softmax)}) {
          const Tensor y = same_on_all_threads([&] { return f(x, axis); });
          const Tensor turned = x.transpose().contiguous().transpose();
          expect_same_bits(f(turned, axis), y, "strides");
          expect_same_bits(f(x.flip(0).contiguous().flip(0), axis), y, "negative strides");
          const Tensor some = f(x.slice(0, {1, None}), axis);
          if (axis == -1 || x.rank() == 3) expect_same_bits(some, y.slice(0, {1, None}), "part");
        }
      }
    }
  }
}

// Elements add to the same partial sums whether their lines are read one by one or side by side.
TEST(Softmax, HasTheSameBitsAlongEveryAxis) {
  Generator generator(3);
  for (const std::int64_t n : {1, 10, 33, 100, 4000}) {
    const Tensor x = normal({n, 37}, 0, 2, generator);
    expect_same_bits(softmax(x.transpose(), 1).transpose(), softmax(x, 0), std::to_string(n));
    expect_same_bits(log_softmax(x.transpose(), 1).transpose(), log_softmax(x, 0));
  }
}

TEST(Softmax, OfNanAndInfinityFillsItsLineAndNoOther) {
  for (const std::int64_t n : {3, 40, 20000}) {
    for (const double bad : {NAN, INFINITY}) {
      const Tensor x = zeros({3, n});
      x.index_put({1, n / 2}, bad);
      for (const Tensor& y : {softmax(x, 1), softmax(x.transpose().contiguous(), 0).transpose(),
                              exp(log_softmax(x, 1))}) {
        for (const int line : {0, 2}) expect_close(y.select(0, line), full({n}, 1.0 / n), 1e-6, 0);
        expect_close(y.select(0, 1), full({n}, NAN), 0, 0);
      }
    }
    const Tensor hidden = full({2, n}, -INFINITY);
    hidden.index_put({1, 0}, 3);
    const Tensor y = softmax(hidden, 1);
    expect_close(y.select(0, 0), full({n}, NAN), 0, 0);
    EXPECT_EQ(y.at({1, 0}), 1);
    EXPECT_EQ(sum(y.select(0, 1)).item(), 1);
  }
}

}  // namespace
}  // namespace gradus::testing
