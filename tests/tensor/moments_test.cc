// Variance, norms and log-sum-exp against a slow loop in long double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/random.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

constexpr double kInf = INFINITY;

using Line = std::vector<long double>;
using LineFunction = std::function<long double(const Line&)>;

/// f of every line of x along the axes of `mask`, as float64.
Tensor by_lines(const Tensor& x, unsigned mask, const LineFunction& f) {
  const Shape shape = reduced_shape(x.shape(), mask, false);
  std::vector<Line> lines(numel(shape));
  const std::vector<double> values = x.to_vector();
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    std::int64_t rest = i, out = 0, scale = 1;
    for (int axis = x.rank() - 1; axis >= 0; --axis) {
      const std::int64_t index = rest % x.shape()[axis];
      rest /= x.shape()[axis];
      if (mask >> axis & 1) continue;
      out += index * scale;
      scale *= x.shape()[axis];
    }
    lines[out].push_back(values[i]);
  }
  std::vector<double> results;
  for (const Line& line : lines) results.push_back(static_cast<double>(f(line)));
  return from_values(results, shape, kFloat64);
}

long double mean_of(const Line& line) {
  long double total = 0;
  for (long double v : line) total += v;
  return total / line.size();
}
LineFunction var_of(long double correction) {
  return [=](const Line& line) {
    const long double m = mean_of(line);
    long double total = 0;
    for (long double v : line) total += (v - m) * (v - m);
    return total / std::max(0.0L, line.size() - correction);
  };
}
LineFunction norm_of(long double p) {
  return [=](const Line& line) {
    long double total = 0;
    for (long double v : line) total += std::pow(std::fabs(v), p);
    return std::pow(total, 1 / p);
  };
}
long double logsumexp_of(const Line& line) {
  const long double m = *std::max_element(line.begin(), line.end());
  long double total = 0;
  for (long double v : line) total += std::exp(v - m);
  return m + std::log(total);
}

TEST(Moments, OverAnyAxesAreThoseOfASlowLoop) {
  Generator generator(11);
  for (const Shape& shape :
       {Shape{5}, Shape{3, 4}, Shape{4, 1, 3}, Shape{2, 3, 4, 5}, Shape{300, 20}, Shape{20, 300},
        Shape{2, 70000}, Shape{70000, 18}, Shape{3, 2, 1, 2, 2, 1, 3, 2}}) {
    for (unsigned mask = 1; mask < 1u << shape.rank(); ++mask) {
      Axes axes;
      for (int i = 0; i < shape.rank(); ++i) {
        if (mask >> i & 1) axes.push_back(i);
      }
      for (DType dtype : {kFloat32, kFloat64}) {
        const Tensor x = normal(shape, 3, 2, generator, dtype);
        const std::string what = to_string(shape) + " over " + to_string(axes);
        // Computed in double: float32 is rounded once (2^-24), float64 has some dozen roundings,
        // and 1e-9 covers the cancellation of the slow loop's input.
        const double rtol = dtype == kFloat32 ? 1.2e-7 : 1e-13;
        expect_close(var(x, axes, 0), by_lines(x, mask, var_of(0)), rtol, 1e-30, "var0 " + what);
        if (numel(reduced_shape(shape, mask, false)) < x.numel()) {
          expect_close(var(x, axes), by_lines(x, mask, var_of(1)), rtol, 1e-30, "var " + what);
        }
        expect_close(norm(x, 2, axes), by_lines(x, mask, norm_of(2)), rtol, 0, "norm " + what);
        expect_close(norm(x, 1, axes), by_lines(x, mask, norm_of(1)), rtol, 0, "norm1 " + what);
        if (x.numel() < 100000) {
          expect_close(norm(x, 3.5, axes), by_lines(x, mask, norm_of(3.5)), rtol, 0, "3.5 " + what);
        }
        // Summed in the dtype itself; the results are near 3 to 20 and the vector exp is within
        // 4 ulp.
        expect_close(logsumexp(x, axes), by_lines(x, mask, logsumexp_of),
                     dtype == kFloat32 ? 1e-6 : 1e-14, dtype == kFloat32 ? 2e-6 : 1e-14,
                     "logsumexp " + what);
      }
    }
  }
}

TEST(Moments, OfStridedTensorsHaveTheBitsOfContiguousOnes) {
  Generator generator(4);
  const Tensor big = normal({40, 35, 300}, 0, 1, generator);
  for (const Tensor& view :
       {big.transpose(0, 1), big.transpose(0, 2), big.transpose(), big.slice(1, {1, 34, 3}),
        big.slice(2, {0, 1}).expand({40, 35, 9}), big.select(1, 3).transpose()}) {
    const Tensor copy = view.clone();
    for (int axis = 0; axis < view.rank(); ++axis) {
      expect_same_bits(var(view, axis), var(copy, axis));
      expect_same_bits(logsumexp(view, axis), logsumexp(copy, axis));
      expect_same_bits(norm(view, 3, axis), norm(copy, 3, axis));
    }
    expect_same_bits(logsumexp(view), logsumexp(copy));
    expect_same_bits(norm(view, 3), norm(copy, 3));
  }
}

TEST(Moments, OfALineDoNotDependOnItsNeighbours) {
  Generator generator(4);
  const Tensor x = normal({3, 70001}, 0, 1, generator);
  const Tensor alone = x.select(0, 1).clone();
  EXPECT_EQ(logsumexp(x, 1).at({1}), logsumexp(alone).item());
  EXPECT_EQ(norm(x, 3, 1).at({1}), norm(alone, 3).item());
  EXPECT_EQ(logsumexp(x.transpose().clone(), 0).at({1}), logsumexp(alone).item());
}

TEST(Moments, HaveTheSameBitsOnAnyNumberOfThreads) {
  Generator generator(5);
  const Tensor x = normal({523, 1031}, 0, 1, generator);
  for (const Axes& axes : {Axes{}, Axes{0}, Axes{1}}) {
    same_on_all_threads([&] { return var(x, axes); });
    same_on_all_threads([&] { return logsumexp(x.transpose(), axes); });
    same_on_all_threads([&] { return norm(x, 3, axes); });
  }
}

TEST(Moments, OfVarianceKeepTheirDigitsFarFromZero) {
  Generator generator(5);
  const Tensor noise = normal({100000}, 0, 1, generator, kFloat64);
  const Tensor far = noise + 1e6;  // float64: |mean| / std is 1e6
  expect_close(var(far), by_lines(far, 1, var_of(1)), 1e-13, 0);
  const Tensor far32 = (noise * 4 + 4096.0).to(kFloat32);
  expect_close(var(far32), by_lines(far32, 1, var_of(1)), 1.2e-7, 0);
}

TEST(Moments, GiveBothResultsOfOneCall) {
  const Tensor x = tensor({{1, 2, 4}, {3, 3, 3}});
  const auto [v, m] = var_mean(x, 1);
  expect_same_bits(v, var(x, 1));
  expect_close(m, mean(x, 1), 1e-7, 0);
  const auto [s, n] = std_mean(x, 1, 0, true);
  expect_same_bits(s, gradus::std(x, 1, 0, true));
  EXPECT_EQ(n.shape(), (Shape{2, 1}));
  expect_close(gradus::std(x, 1, 0), tensor({std::sqrt(14.0 / 9), 0}), 1e-7, 0);
}

TEST(Moments, AtTheEdgesAreThoseOfPyTorch) {
  EXPECT_TRUE(std::isnan(var(tensor({5})).item()));
  EXPECT_EQ(var(tensor({5}), 0, 0).item(), 0);
  EXPECT_EQ(var(tensor({1, 2}), 0, 3).item(), kInf);
  EXPECT_TRUE(std::isnan(var(zeros({0})).item()));
  EXPECT_TRUE(std::isnan(var(tensor({1, kInf})).item()));
  EXPECT_EQ(var(tensor({1, 2, 3}, kInt64)).dtype(), kFloat32);
  EXPECT_EQ(var(tensor({1, 2, 3}, kInt64)).item(), 1);
  EXPECT_EQ(var(ones({}), 0, 0).item(), 0);
  EXPECT_EQ(var(zeros({0, 3}), 1).shape(), (Shape{0}));

  EXPECT_EQ(logsumexp(tensor({-kInf, -kInf})).item(), -kInf);
  EXPECT_EQ(logsumexp(tensor({kInf, 0})).item(), kInf);
  EXPECT_EQ(logsumexp(tensor({kInf, -kInf})).item(), kInf);
  EXPECT_TRUE(std::isnan(logsumexp(tensor({kInf, NAN})).item()));
  EXPECT_EQ(logsumexp(zeros({0, 2}), 0).to_vector(), (std::vector<double>{-kInf, -kInf}));
  EXPECT_NEAR(logsumexp(tensor({1000, 1000})).item(), 1000 + std::log(2), 1e-4);
  EXPECT_EQ(logsumexp(tensor({0, 0}, kInt64)).dtype(), kFloat32);
  EXPECT_EQ(logsumexp(ones({}), -1).item(), 1);
}

TEST(Moments, OfNormsStayInRange) {
  // 1e30 squared overflows float32.
  EXPECT_EQ(norm(full({4}, 1e30)).item(), 2 * static_cast<double>(1e30f));
  EXPECT_NEAR(norm(full({4}, 1e-30)).item() / 2e-30, 1, 1e-6);
  EXPECT_NEAR(norm(full({4}, 1e300, kFloat64)).item() / 2e300, 1, 1e-15);
  EXPECT_NEAR(norm(full({4}, 1e-300, kFloat64)).item() / 2e-300, 1, 1e-15);
  EXPECT_NEAR(norm(full({4}, 1e300, kFloat64), -2).item() / 5e299, 1, 1e-15);
  EXPECT_NEAR(norm(tensor({1e300, 1e-300}, kFloat64), -2).item() / 1e-300, 1, 1e-15);
  EXPECT_NEAR(norm(tensor({3, 4}), 500).item(), 4, 1e-6);
  // Lines that need scaling, and lines that do not, in one call.
  const Tensor mixed = tensor({{3, 4}, {3e200, 4e200}, {0, 0}, {kInf, 1}, {NAN, 1}}, kFloat64);
  const std::vector<double> norms = norm(mixed, 2, 1).to_vector();
  EXPECT_EQ(norms[0], 5);
  EXPECT_NEAR(norms[1] / 5e200, 1, 1e-15);
  EXPECT_EQ(norms[2], 0);
  EXPECT_EQ(norms[3], kInf);
  EXPECT_TRUE(std::isnan(norms[4]));
}

TEST(Moments, OfNormsKnowEveryP) {
  const Tensor x = tensor({3, 0, -4});
  EXPECT_EQ(norm(x).item(), 5);
  EXPECT_EQ(norm(x, 1).item(), 7);
  EXPECT_EQ(norm(x, 0).item(), 2);
  EXPECT_EQ(norm(x, kInf).item(), 4);
  EXPECT_EQ(norm(x, -kInf).item(), 0);
  EXPECT_EQ(norm(x, -1).item(), 0);
  EXPECT_NEAR(norm(tensor({1, 2}), -1).item(), 2.0 / 3, 1e-7);
  EXPECT_EQ(norm(tensor({3, -4}, kInt64)).dtype(), kFloat32);
  EXPECT_EQ(norm(zeros({0})).item(), 0);
  EXPECT_EQ(norm(zeros({0, 2}), kInf, 1).shape(), (Shape{0}));
  EXPECT_EQ(norm(ones({}), 2, 0, true).shape(), (Shape{}));
}

}  // namespace
}  // namespace gradus::testing
