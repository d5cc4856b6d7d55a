// Scans, sorting, searching, moments and decompositions of tensors of the emulated device against
// the same on the CPU, in all three schedules.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tensor/assemble.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sub.h"
#include "tensor/histogram.h"
#include "tensor/linalg.h"
#include "tensor/matmul.h"
#include "tensor/reduce.h"
#include "tensor/scan.h"
#include "tensor/sort.h"
#include "tests/cuda/device_views.h"

namespace gradus::testing {
namespace {

constexpr DType kScanned[] = {kFloat32, kFloat64, kInt64, kUInt8, kBFloat16};

// Lengths around what one thread, one block and several blocks take.
const std::vector<Shape> kLines = {{3, 5, 7}, {2, 3, 64}, {2, 3, 65}, {1, 3, 1024}, {1, 3, 2500}};

// Ties, both zeros, infinities and NaN, as far as the dtype has them.
Tensor with_ties(const Shape& shape, DType dtype, std::uint64_t seed = 1) {
  Generator generator(seed);
  const Tensor x = randint(0, 9, shape, generator, kInt64);
  if (!is_floating(dtype)) return x.to(dtype);
  const Tensor all =
      tensor({-INFINITY, -1.5, -0.0, 0.0, 1, 1.5, 1.5, INFINITY, NAN}, kFloat64).to(dtype);
  return all.index({x});
}

TEST(DeviceScans, OfWholeNumbersAndShortLinesHaveTheBitsOfTheCPU) {
  for (const DType dtype : kScanned) {
    for (const Shape& shape : kLines) {
      if (is_floating(dtype) && shape.at(-1) > 64) continue;
      same_bits(
          numbers(shape, dtype), [](const Tensor& x) { return cumsum(x, -1); }, "cumsum");
      same_bits(
          numbers(shape, dtype), [](const Tensor& x) { return cumprod(x, 0); }, "cumprod");
    }
    same_bits(
        numbers({3, 5, 7}, dtype), [](const Tensor& x) { return diff(x, 2, 0); }, "diff");
  }
  const Tensor x = numbers({2, 9000}, kInt64);
  expect_same_bits(cumsum(there(x), 1), cumsum(x, 1));
}

TEST(DeviceScans, OfLongLinesAddInATree) {
  // Of double and in another order than the CPU's: n roundings of 2^-53 of at most n numbers.
  for (const auto& [dtype, tolerance] : {std::pair{kFloat64, 1e-11}, {kFloat32, 2e-6}}) {
    const Tensor x = numbers({2, 2500}, dtype), near_one = 1 + x * 0.001;
    in_all_schedules([&] {
      expect_close(cumsum(there(x), 1), cumsum(x, 1), tolerance, 100 * tolerance);
      expect_close(cumprod(there(near_one), 1), cumprod(near_one, 1), tolerance, 0);
      expect_close(logcumsumexp(there(x), 1), logcumsumexp(x, 1), tolerance, tolerance);
      expect_same_bits(cumsum(there(x), 0), cumsum(x, 0));
    });
    // The same bits every time: no order is left to chance.
    expect_same_bits(cumsum(there(x), 1), cumsum(there(x), 1));
  }
  const Tensor edges = with_ties({4, 200}, kFloat32);
  expect_close(logcumsumexp(there(edges), 1), logcumsumexp(edges, 1), 1e-6, 1e-6);
}

TEST(DeviceScans, OfExtremesHaveTheBitsOfTheCPU) {
  for (const DType dtype : kScanned) {
    for (const Shape& shape : kLines) {
      const Tensor x = numel(shape) > 1000 ? numbers(shape, dtype) : with_ties(shape, dtype);
      for (const int axis : {0, -1}) {
        in_all_schedules([&] {
          expect_same_bits(cummax(there(x), axis).values, cummax(x, axis).values);
          expect_same_bits(cummax(there(x), axis).indices, cummax(x, axis).indices);
          expect_same_bits(cummin(there(x), axis).indices, cummin(x, axis).indices);
        });
      }
    }
  }
}

TEST(DeviceSort, HasTheOrderOfTheCPU) {
  for (const DType dtype : kAllDTypes) {
    for (const Shape& shape :
         {Shape{3, 5, 7}, Shape{1, 2, 300}, Shape{2, 1, 1024}, Shape{1, 2, 2500}, Shape{1, 3, 1}}) {
      if (numel(shape) > 1000 && dtype != kFloat32 && dtype != kInt64) continue;
      const Tensor ties = with_ties(shape, dtype), mixed = numbers(shape, dtype, 3);
      for (const Tensor& x : {ties, mixed}) {
        for (const bool descending : {false, true}) {
          const ValuesAndIndices expected = sort(x, -1, descending);
          in_all_schedules([&] {
            const ValuesAndIndices got = sort(there(x), -1, descending);
            expect_same_bits(got.values, expected.values);
            expect_same_bits(got.indices, expected.indices);
          });
        }
      }
    }
    same_bits(
        with_ties({3, 5, 7}, dtype), [](const Tensor& x) { return argsort(x, 0); }, "argsort");
    same_bits(
        with_ties({3, 5, 7}, dtype),
        [](const Tensor& x) {
          return x.numel() == 0 ? x : median(x, {0, -1});
        },
        "median");
  }
  const Tensor x = numbers({2, 1500}, kFloat32);
  in_all_schedules([&] {
    for (const std::int64_t k : {0, 3, 1500}) {
      expect_same_bits(topk(there(x), k).values, topk(x, k).values);
      expect_same_bits(topk(there(x), k, 1, false).indices, topk(x, k, 1, false).indices);
    }
    expect_same_bits(kthvalue(there(x), 700, 1).values, kthvalue(x, 700, 1).values);
    expect_same_bits(kthvalue(there(x), 2, 0, true).indices, kthvalue(x, 2, 0, true).indices);
    expect_same_bits(median(there(x)), median(x));
  });
}

TEST(DeviceSort, FindsWhatIsUnique) {
  for (const DType dtype : {kFloat32, kInt64, kUInt8, kFloat16, kBool}) {
    for (const Shape& shape : {Shape{40, 3}, Shape{0, 3}, Shape{3, 0}}) {
      const Tensor x = with_ties(shape, dtype);
      in_all_schedules([&] {
        const std::pair<Unique, Unique> pairs[] = {
            {unique(there(x)), unique(x)},
            {unique(there(x), 0), unique(x, 0)},
            {unique(there(x.transpose()), 1), unique(x.transpose(), 1)}};
        for (const auto& [got, expected] : pairs) {
          expect_same_bits(got.values, expected.values, describe(x));
          expect_same_bits(got.inverse, expected.inverse, describe(x));
          expect_same_bits(got.counts, expected.counts, describe(x));
        }
      });
    }
  }
}

TEST(DeviceHistograms, CountAsOnTheCPU) {
  const Tensor x = numbers({40000}, kFloat32), w = numbers({40000}, kFloat64, 2);
  const Tensor bins = numbers({40000}, kInt32);
  in_all_schedules([&] {
    // Weights are added in the CPU's order, part by part.
    expect_same_bits(histogram(there(x), 7, -1, 1, there(w)).counts,
                     histogram(x, 7, -1, 1, w).counts);
    expect_same_bits(bincount(there(bins), there(w), 120), bincount(bins, w, 120));
    expect_same_bits(bincount(there(bins)), bincount(bins));
  });
  for (const DType dtype : {kFloat64, kFloat16, kInt32, kUInt8}) {
    const Histogram got = histogram(there(numbers({30, 9}, dtype)), 8);
    const Histogram expected = histogram(numbers({30, 9}, dtype), 8);
    expect_same_bits(got.counts, expected.counts);
    expect_same_bits(got.edges, expected.edges);
    expect_same_bits(density(got), density(expected));
  }
  for (const bool right : {false, true}) {
    const Tensor lines = sort(with_ties({4, 50}, kFloat64)).values;
    const Tensor values = with_ties({4, 30}, kFloat32, 4);
    in_all_schedules([&] {
      expect_same_bits(searchsorted(there(lines), there(values), right),
                       searchsorted(lines, values, right));
      expect_same_bits(bucketize(there(values.transpose()), there(lines.select(0, 1)), right),
                       bucketize(values.transpose(), lines.select(0, 1), right));
    });
  }
}

TEST(DeviceMoments, HaveTheBitsOfTheCPU) {
  using F = std::function<Tensor(const Tensor&, const Axes&)>;
  const std::vector<std::pair<std::string, F>> table = {
      {"var", [](auto& x, auto& axes) { return var(x, axes); }},
      {"std", [](auto& x, auto& axes) { return std(x, axes, 2, true); }},
      {"std_mean", [](auto& x, auto& axes) { return std_mean(x, axes).second; }},
      {"norm 1", [](auto& x, auto& axes) { return norm(x, 1, axes); }},
      {"norm 2", [](auto& x, auto& axes) { return norm(x, 2, axes); }},
      {"norm 0", [](auto& x, auto& axes) { return norm(x, 0, axes); }}};
  const Tensor long_rows = numbers({5, 600}, kFloat32);
  for (const auto& [what, f] : table) {
    for (const Axes& axes : {Axes{}, Axes{0}, Axes{-1}}) {
      expect_same_bits(f(there(long_rows), axes), f(long_rows, axes), what);
      same_bits(
          numbers({3, 5, 7}, kFloat32), [&](const Tensor& x) { return f(x, axes); }, what);
    }
    for (const DType dtype : {kFloat64, kInt64, kBFloat16}) {
      const Tensor x = numbers({3, 5, 7}, dtype).transpose();
      expect_same_bits(f(there(x), {1}), f(x, {1}), what);
    }
  }
  const Tensor zero = full({2, 5}, -0.0);
  expect_same_bits(var_mean(there(zero), {1}).second, var_mean(zero, {1}).second, "-0");
  const Tensor x = numbers({300000}, kFloat64);  // two levels of the tree above the parts
  expect_same_bits(var(there(x)), var(x));
  expect_same_bits(norm(there(x)), norm(x));
  // More than 2^17 of float32: the CPU reads them once, piece by piece.
  expect_close(var(there(x.to(kFloat32))), var(x.to(kFloat32)), 1e-7, 0);
}

TEST(DeviceMoments, OfPowersAndExponentialsDifferByTheirRounding) {
  const Tensor x = numbers({4, 700}, kFloat32), y = numbers({4, 700}, kFloat64) * 30;
  for (const int axis : {0, 1}) {
    in_all_schedules([&] {
      expect_close(logsumexp(there(x), {axis}), logsumexp(x, {axis}), 1e-6, 1e-6);
      expect_close(logsumexp(there(y), {axis}), logsumexp(y, {axis}), 1e-14, 1e-14);
      for (const double p : {0.5, 3.0, -2.0, 1e3}) {
        expect_close(norm(there(y), p, {axis}), norm(y, p, {axis}), 1e-13, 0);
      }
    });
  }
  const Tensor edges =
      tensor({{INFINITY, 1}, {-INFINITY, -INFINITY}, {NAN, 1}, {1e38, 3e38}, {1e-40, 0}, {0, 0}});
  expect_close(logsumexp(there(edges), {1}), logsumexp(edges, {1}), 1e-6, 0);
  for (const double p : {1.0, 2.0, 3.0, -1.0, double{INFINITY}}) {
    const Tensor wide = edges.to(kFloat64) * 1e200;
    expect_close(norm(there(wide), p, {1}), norm(wide, p, {1}), 1e-13, 0, std::to_string(p));
  }
}

TEST(DeviceLinalg, HasTheBitsOfTheCPUWhoseItIs) {
  const Tensor A = numbers({3, 4, 4}, kFloat64), B = numbers({3, 4, 2}, kFloat64, 2);
  const Tensor S = matmul(A, A.transpose()) + eye(4, kFloat64);
  const auto same = [](const std::vector<Tensor>& got, const std::vector<Tensor>& expected) {
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_EQ(got[i].device(), tested_device());
      expect_same_bits(got[i], expected[i]);
    }
  };
  const auto all = [&](Device device) {
    const Tensor a = A.to(device).transpose(), b = B.to(device), s = S.to(device);
    const auto [Q, R] = linalg::qr(a);
    const auto [U, sigma, Vh] = linalg::svd(a);
    const auto [solution, residuals, rank, singular] = linalg::lstsq(a, b);
    const auto [values, vectors] = linalg::eigh(s);
    const auto [sign, log] = linalg::slogdet(a);
    return std::vector<Tensor>{Q,
                               R,
                               U,
                               sigma,
                               Vh,
                               solution,
                               rank,
                               singular,
                               values,
                               vectors,
                               sign,
                               log,
                               linalg::det(a),
                               linalg::inverse(a),
                               linalg::solve(a, b),
                               linalg::cholesky(s),
                               linalg::pinv(a),
                               linalg::matrix_rank(a)};
  };
  same(all(tested_device()), all(kCpu));
}

TEST(DeviceErrors, AreThoseOfTheCPU) {
  const Tensor x = numbers({3, 4}, kFloat32);
  const auto same_text = [](const std::function<void(Device)>& f) {
    std::string texts[2];
    for (int i : {0, 1}) {
      try {
        f(i == 0 ? kCpu : tested_device());
      } catch (const Error& error) {
        texts[i] = error.what();
      }
    }
    EXPECT_NE(texts[0], "");
    EXPECT_EQ(texts[1], texts[0]);
  };
  same_text([&](Device d) { (void)cumsum(x.to(d), 2); });
  same_text([&](Device d) { (void)topk(x.to(d), 5); });
  same_text([&](Device d) { (void)kthvalue(x.to(d), 0); });
  same_text([&](Device d) { (void)median(zeros({3, 0}, d), {1}); });
  same_text([&](Device d) { (void)norm(x.to(d), NAN); });
  same_text([&](Device d) { (void)bincount(tensor({1, -3}, kInt64).to(d)); });
  same_text([&](Device d) { (void)histogram(x.to(d), 0); });
  same_text([&](Device d) { (void)linalg::inverse(zeros({2, 3, 3}, d)); });
  same_text([&](Device d) { (void)linalg::svd(full({2, 2}, NAN, d)); });
  expect_throws_text<DeviceError>(
      [&] { return searchsorted(sort(x).values, there(x)); },
      "[searchsorted] sorted is on cpu and values is on " + to_string(tested_device()) +
          "; expected one device; use sorted.to(\"" + to_string(tested_device()) + "\")");
  expect_throws_text<DeviceError>([&] { return linalg::solve(there(x.narrow(1, 0, 3)), x); },
                                  "[linalg.solve] A is on " + to_string(tested_device()) +
                                      " and B is on cpu; expected one device; use B.to(\"" +
                                      to_string(tested_device()) + "\")");
}

}  // namespace
}  // namespace gradus::testing
