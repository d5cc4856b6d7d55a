// Operations on tensors of the emulated device against the same on the CPU, over dtypes, strides
// and sizes, in all three schedules; the same bits where both do the same IEEE operations.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "tensor/elementwise/add.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/exp.h"
#include "tensor/elementwise/greater.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sqrt.h"
#include "tensor/layer_norm.h"
#include "tensor/matmul.h"
#include "tensor/reduce.h"
#include "tensor/softmax.h"
#include "tests/cuda/device_views.h"

namespace gradus::testing {
namespace {

TEST(DeviceCopies, KeepTheBitsOfEveryDType) {
  for (const DType dtype : kAllDTypes) {
    same_bits(
        numbers({3, 5, 7}, dtype), [](const Tensor& x) { return x.contiguous(); },
        std::string(name(dtype)));
  }
  for (const Shape& shape : {Shape{2, 64, 40}, Shape{2, 33, 31}}) {  // tiles of a transpose
    same_bits(
        numbers(shape, kFloat32), [](const Tensor& x) { return x.clone(); }, "transpose");
  }
}

TEST(DeviceCopies, ConvertAsOnTheCPU) {
  for (const DType from : kAllDTypes) {
    const Tensor x = numbers({3, 4, 5}, from) * (is_floating(from) ? 1000 : 3);
    for (const DType to : kAllDTypes) {
      for (const Tensor& view : views_of(x)) {
        expect_same_bits(moved_view(view, x, tested_device()).to(to, Cast::kWrap),
                         view.to(to, Cast::kWrap),
                         std::string(name(from)) + " to " + std::string(name(to)));
      }
    }
  }
}

TEST(DeviceElements, LargeTransposedOnesHaveTheBitsOfTheCPU) {
  const Tensor x = numbers({300, 301}, kFloat32), y = numbers({300, 301}, kFloat32, 2);
  const Tensor row = numbers({300}, kFloat32, 3);
  const auto f = [](const Tensor& a, const Tensor& b, const Tensor& c) {
    return a.transpose() * 3 + b.transpose() + c;
  };
  expect_same_bits(f(there(x), there(y), there(row)), f(x, y, row));
}

TEST(DeviceElements, OfIEEEOperationsHaveTheBitsOfTheCPU) {
  for (const DType dtype : {kFloat32, kFloat64, kFloat16, kBFloat16, kInt64, kInt32, kUInt8}) {
    same_bits(
        numbers({3, 5, 7}, dtype), [](const Tensor& x) { return (x * x + 0.5) / (x * 3 + 7); },
        std::string(name(dtype)));
    same_bits(
        numbers({3, 5, 7}, dtype),
        [](const Tensor& x) {
          return sqrt(x * x) + x.narrow(-1, 0, std::min<std::int64_t>(1, x.dim(-1)));
        },
        "broadcast");
    same_bits(
        numbers({3, 5, 7}, dtype), [](const Tensor& x) { return where(x > 1, x, 7); }, "where");
  }
}

TEST(DeviceReductions, HaveTheBitsOfTheCPU) {
  for (const Shape& shape : {Shape{3, 5, 7}, Shape{2, 3, 1500}, Shape{70, 3, 40}}) {
    for (const DType dtype : {kFloat32, kFloat64, kInt64, kFloat16, kUInt8, kBool}) {
      if (dtype != kFloat32 && numel(shape) > 1000) continue;
      const Tensor base = numbers(shape, dtype);
      for (const Axes& axes : {Axes{}, Axes{0}, Axes{-1}}) {
        const auto check = [&](const std::string& what, auto f) {
          same_bits(
              base,
              [&](const Tensor& x) { return x.numel() == 0 ? sum(x, axes) : f(x, axes, false); },
              what + " over " + to_string(axes));
        };
        check("sum", [](auto... all) { return sum(all...); });
        if (dtype == kFloat16) continue;
        check("mean", [](auto... all) { return mean(all...); });
        check("max", [](auto... all) { return max(all...); });
        check("min", [](auto... all) { return min(all...); });
        if (numel(shape) > 1000) continue;
        check("prod", [](auto... all) { return prod(all...); });
        check("any", [](auto... all) { return any(all...); });
        check("all", [](auto... every) { return all(every...); });
      }
    }
  }
}

TEST(DeviceReductions, OfALongLineGoUpTheWholeTree) {
  const Tensor x = numbers({1 << 21}, kFloat32);
  expect_same_bits(sum(there(x)), sum(x));
  expect_same_bits(max(there(x)), max(x));
}

TEST(DeviceReductions, FindTheFirstExtreme) {
  Tensor x = numbers({6, 5, 300}, kInt32).to(kFloat32);
  x.select(0, 1).select(0, 2).slice(0, {200, 203}).fill(NAN);
  x.select(0, 2).fill(3);
  x.select(0, 3).select(0, 0).slice(0, {10, 20}).fill(-INFINITY);
  for (const int axis : {0, 1, 2}) {
    in_all_schedules([&] {
      expect_same_bits(argmax(there(x), axis), argmax(x, axis), "argmax");
      expect_same_bits(argmin(there(x), axis), argmin(x, axis), "argmin");
      expect_same_bits(max_with_indices(there(x), axis).values, max_with_indices(x, axis).values);
    });
  }
  expect_same_bits(argmax(there(x)), argmax(x));
  expect_same_bits(argmin(there(x.to(kFloat64))), argmin(x));
}

TEST(DeviceRows, OfSoftmaxAreThoseOfTheCPU) {
  // exp and log of the device differ from the CPU's vector functions by some ulp.
  for (const auto& [dtype, tolerance] : {std::pair{kFloat32, 2e-6}, {kFloat64, 1e-14}}) {
    for (const std::int64_t n : {1, 5, 33, 1500}) {
      const Tensor x = numbers({4, n}, dtype) * 5, dy = numbers({4, n}, dtype, 2);
      in_all_schedules([&] {
        const Tensor y = softmax(there(x), 1);
        expect_close(y, softmax(x, 1), tolerance, 0);
        expect_close(softmax(there(x.transpose()), 0), softmax(x.transpose(), 0), tolerance, 0);
        expect_close(log_softmax(there(x), 1), log_softmax(x, 1), tolerance, tolerance);
        expect_close(softmax_backward(y, there(dy), 1), softmax_backward(softmax(x, 1), dy, 1), 0,
                     4 * tolerance);
      });
    }
  }
  const Tensor x = tensor({{INFINITY, 1}, {-INFINITY, -INFINITY}, {NAN, 1}, {-INFINITY, 0}});
  expect_close(softmax(there(x), 1), softmax(x, 1), 0, 0);
}

TEST(DeviceRows, OfLayerNormAreThoseOfTheCPU) {
  for (const auto& [dtype, tolerance] : {std::pair{kFloat32, 2e-6}, {kFloat64, 1e-13}}) {
    const Tensor x = numbers({3, 4, 150}, dtype), dy = numbers({3, 4, 150}, dtype, 2);
    for (const Axes& axes : {Axes{-1}, Axes{0}, Axes{0, 2}}) {
      Shape sizes;
      for (int i = 0; i < 3; ++i) {
        if (axes_mask("x", axes, x.shape()) >> i & 1) sizes.push_back(x.shape()[i]);
      }
      const Tensor w = numbers(sizes, dtype, 3), b = numbers(sizes, dtype, 4);
      in_all_schedules([&] {
        expect_close(layer_norm(there(x), axes, there(w), there(b)), layer_norm(x, axes, w, b),
                     tolerance, tolerance);
        expect_close(layer_norm(there(x), axes), layer_norm(x, axes), tolerance, tolerance);
        const auto got =
            layer_norm_backward(there(dy), there(x), axes, there(w), 1e-5, true, true, true);
        const auto expected = layer_norm_backward(dy, x, axes, w, 1e-5, true, true, true);
        expect_close(got.x, expected.x, tolerance, tolerance);
        expect_close(got.weight, expected.weight, tolerance, tolerance);
        expect_close(got.bias, expected.bias, tolerance, tolerance);
      });
    }
  }
}

// The emulated device has the CPU's products behind its table; cuBLAS adds in orders of its own:
// sums of 300 products of up to 4.
void same(const Tensor& got, const Tensor& expected, const std::string& what) {
  const DType dtype = expected.dtype();
  if (tested_device() == kCudaEmulated || !is_floating(dtype)) {
    return expect_same_bits(got, expected, what);
  }
  EXPECT_EQ(got.dtype(), dtype) << what;
  const double unit = dtype == kFloat64 ? 0x1p-52 : dtype == kFloat32 ? 0x1p-23 : 0x1p-10;
  expect_close(got, expected, 2 * unit, dtype == kFloat16 ? unit : 300 * 4 * unit, what);
}

TEST(DeviceMatmul, IsThatOfTheCPU) {
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{3, 4}, {4, 5}},       {{1, 4}, {4, 1}},
      {{33, 300}, {300, 7}},  {{4}, {4, 2}},
      {{3, 4}, {4}},          {{4}, {4}},
      {{2, 3, 4}, {4, 5}},    {{2, 3, 4}, {2, 4, 5}},
      {{3, 4}, {2, 1, 4, 5}}, {{2, 1, 3, 4}, {6, 4, 5}},
      {{3, 0}, {0, 2}},       {{0, 3}, {3, 2}}};
  for (const DType dtype : {kFloat32, kFloat64, kFloat16, kInt64, kUInt8}) {
    for (const auto& [left, right] : shapes) {
      const Tensor a = numbers(left, dtype), b = numbers(right, dtype, 2);
      const std::string what = to_string(left) + " " + to_string(right);
      same(matmul(there(a), there(b)), matmul(a, b), what);
      if (left.rank() < 2 || right.rank() < 2) continue;
      // The same matrices, column by column and with gaps.
      const auto turned = [](const Tensor& x) { return x.transpose().contiguous().transpose(); };
      const auto reversed = [](const Tensor& x) { return x.flip().contiguous().flip(); };
      same(matmul(turned(there(a)), there(b)), matmul(a, b), what + " turned a");
      same(matmul(there(a), turned(there(b))), matmul(a, b), what + " turned b");
      same(matmul(turned(there(a)), turned(there(b))), matmul(a, b), what + " turned");
      same(matmul(reversed(there(a)), reversed(there(b))), matmul(a, b), what);
    }
  }
}

TEST(DeviceIndexing, IsThatOfTheCPU) {
  const Tensor x = numbers({4, 5, 6}, kFloat32), at = tensor({{3, -1, 0, 3}}, kInt64).reshape({4});
  const Tensor source = numbers({4, 5, 6}, kFloat32, 2), along = tensor({2, 0, 2, 1}, kInt64);
  Generator generator(5);
  const Tensor index = randint(0, 4, {3, 5, 6}, generator);
  in_all_schedules([&] {
    const Tensor dx = there(x), dat = there(at), dindex = there(index);
    expect_same_bits(index_select(dx, 0, dat), index_select(x, 0, at));
    expect_same_bits(index_select(dx.transpose(), 2, dat), index_select(x.transpose(), 2, at));
    expect_same_bits(dx.index({Slice(), dat, -1}), x.index({Slice(), at, -1}));
    expect_same_bits(dx.index({dat, Slice{1, 4}, dat}), x.index({at, Slice{1, 4}, at}));
    expect_same_bits(gather(dx, 0, dindex), gather(x, 0, index));
    // Several values for one place: the last stays, sums are taken in order.
    expect_same_bits(scatter(dx, 0, dindex, there(source)), scatter(x, 0, index, source));
    expect_same_bits(scatter_add(dx, 0, dindex, there(source)), scatter_add(x, 0, index, source));
    expect_same_bits(index_add(dx, 0, dat, there(source), 0.5), index_add(x, 0, at, source, 0.5));
    expect_same_bits(index_fill(dx, 1, there(along), 3), index_fill(x, 1, along, 3));
    expect_same_bits(take(dx, dindex), take(x, index));
    const Tensor here = x.clone(), written = there(x);
    here.index_put({at, 1}, source.select(1, 0), true);
    written.index_put({dat, 1}, there(source.select(1, 0)), true);
    expect_same_bits(written, here);
  });
  for (const DType dtype : kAllDTypes) {
    const Tensor y = numbers({4, 3}, dtype), s = numbers({4, 3}, dtype, 2);
    expect_same_bits(index_add(there(y), 0, there(at), there(s)), index_add(y, 0, at, s));
  }
  expect_throws_text<IndexError>(
      [&] {
        return index_select(there(x), 0, there(tensor({1, 4}, kInt64)));
      },
      "[index_select] index: 4 at [1]; expected -4..3 for axis 0 of shape [4, 5, 6]");
}

TEST(DeviceRandomNumbers, AreThoseOfTheCPU) {
  for (const DType dtype : {kFloat32, kFloat64, kFloat16, kBFloat16}) {
    Generator a(7), b(7);
    in_all_schedules([&] {
      expect_same_bits(uniform({5, 300}, -1, 3, b, dtype, tested_device()),
                       uniform({5, 300}, -1, 3, a, dtype));
      // The last bits of log and cos differ, and with them now and then a rounding.
      expect_close(normal({5, 300}, 1, 2, b, dtype, tested_device()),
                   normal({5, 300}, 1, 2, a, dtype),
                   dtype == kFloat32   ? 1e-6
                   : dtype == kFloat64 ? 1e-14
                                       : 1e-2,
                   1e-6);
      expect_same_bits(bernoulli({999}, 0.3, b, dtype, tested_device()),
                       bernoulli({999}, 0.3, a, dtype));
      EXPECT_EQ(a.position(), b.position());
    });
    expect_same_bits(exponential({50}, 2, b, dtype, tested_device()),
                     exponential({50}, 2, a, dtype));
  }
  Generator a(7), b(7);
  expect_same_bits(randint(-5, 5, {50}, b, kInt32, tested_device()),
                   randint(-5, 5, {50}, a, kInt32));
  EXPECT_EQ(uniform_like(zeros({3}, tested_device()), 0, 1, a).device(), tested_device());
  Generator c(9), d(9);
  const Tensor p = uniform({5, 30}, 0, 1, c);
  (void)uniform({5, 30}, 0, 1, d);
  expect_same_bits(bernoulli(there(p), d), bernoulli(p, c));
  for (const bool replacement : {false, true}) {
    expect_same_bits(multinomial(there(p), 4, replacement, d), multinomial(p, 4, replacement, c));
  }
  EXPECT_EQ(multinomial(there(p), 4, true, d).device(), tested_device());
  expect_throws_text<ConfigError>([&] { return bernoulli(there(p * 0 + 2), d); },
                                  "[bernoulli] p: 2; expected probabilities, 0..1");
}

}  // namespace
}  // namespace gradus::testing
