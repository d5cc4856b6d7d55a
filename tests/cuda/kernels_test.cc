// Sums, products, softmax, transposes and random numbers on the emulated device against the CPU, in
// all three schedules: the same bits wherever both do the same IEEE operations in the same order.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tensor/cuda/matmul.h"
#include "tensor/cuda/random.h"
#include "tensor/cuda/softmax.h"
#include "tensor/cuda/sum.h"
#include "tensor/cuda/transpose.h"
#include "tensor/elementwise/mul.h"
#include "tensor/matmul.h"
#include "tensor/random.h"
#include "tensor/reduce.h"
#include "tensor/softmax.h"
#include "tests/support/compare.h"
#include "tests/support/on_device.h"

namespace gradus::testing {
namespace {

using gpu::Emulated;

template <class T>
DeviceArray<T> on_device(const Tensor& x) {
  return DeviceArray<T>(x.data<T>(), static_cast<std::size_t>(x.numel()));
}
template <class T>
Tensor on_host(const DeviceArray<T>& x, const Shape& shape) {
  Tensor y = Tensor::empty(shape, dtype_of<T>());
  simt::copy_to_host(y.raw_data(), x.data(), static_cast<std::size_t>(y.numel()) * sizeof(T));
  return y;
}

template <class T>
Tensor numbers(const Shape& shape, std::uint64_t seed = 1) {
  Generator generator(seed);
  if constexpr (std::is_integral_v<T>) return randint(-1000, 1000, shape, generator);
  return uniform(shape, -1, 2, generator, dtype_of<T>());
}

template <class T>
Tensor device_sum(gpu::SumRung rung, const Tensor& x) {
  const std::int64_t rows = x.shape()[0], n = x.shape()[1];
  const DeviceArray<T> copy = on_device<T>(x), y(static_cast<std::size_t>(rows)),
                       scratch(static_cast<std::size_t>(gpu::sum_scratch(rung, rows, n)));
  gpu::sum_rows<Emulated, T>(rung, rows, n, copy.data(), y.data(), scratch.data(), nullptr);
  return on_host(y, {rows});
}

template <class T>
void check_sums() {
  for (const std::int64_t n :
       {1, 5, 31, 32, 33, 63, 64, 65, 96, 100, 1000, 1024, 1025, 3000, 5120, 20000}) {
    SCOPED_TRACE(n);
    const Tensor x = numbers<T>({3, n}), expected = sum(x, {1});
    in_all_schedules([&] {
      expect_same_bits(device_sum<T>(gpu::SumRung::kShared, x), expected, "shared");
      expect_same_bits(device_sum<T>(gpu::SumRung::kShuffle, x), expected, "shuffle");
      // One after another: an error of n roundings at most, of sums up to 2 n.
      const double tolerance = sizeof(T) == 4 ? 1e-7 : 1e-15;
      expect_close(device_sum<T>(gpu::SumRung::kNaive, x), expected, 0,
                   tolerance * static_cast<double>(n) * static_cast<double>(n), "naive");
    });
  }
}

TEST(SumKernels, HaveTheBitsOfTheCpusTree) {
  check_sums<float>();
  check_sums<double>();
  check_sums<std::int64_t>();
}

TEST(SumKernels, OfALongRowTakeThreeSteps) {
  const Tensor x = numbers<float>({1, (1 << 20) + 12345});
  expect_same_bits(device_sum<float>(gpu::SumRung::kShuffle, x), sum(x, {1}));
  expect_same_bits(device_sum<float>(gpu::SumRung::kShared, x), sum(x, {1}));
}

TEST(SumKernels, OfNothingAreZero) {
  for (const std::string name : {"naive", "shared", "shuffle"}) {
    const gpu::SumRung rung = gpu::sum_rung(name);
    EXPECT_EQ(device_sum<float>(rung, zeros({2, 0})).to_vector(), (std::vector<double>{0, 0}));
    EXPECT_EQ(device_sum<float>(rung, zeros({0, 5})).numel(), 0);
  }
}

TEST(Ladders, AreChosenByName) {
  EXPECT_EQ(gpu::sum_rung("shared"), gpu::SumRung::kShared);
  EXPECT_EQ(gpu::matmul_rung("tiled"), gpu::MatmulRung::kTiled);
  EXPECT_EQ(gpu::matmul_rung("naive"), gpu::MatmulRung::kNaive);
  const auto text_of = [](auto f) -> std::string {
    try {
      f();
      return "no error";
    } catch (const ConfigError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(text_of([] { gpu::sum_rung("fast"); }),
            "[sum] rung: 'fast'; expected naive, shared or shuffle");
  EXPECT_EQ(text_of([] { gpu::matmul_rung(""); }), "[matmul] rung: ''; expected naive or tiled");
}

template <class T>
void check_matmul(std::int64_t m, std::int64_t n, std::int64_t k) {
  SCOPED_TRACE(std::to_string(m) + " x " + std::to_string(k) + " x " + std::to_string(n));
  const Tensor a = numbers<T>({m, k}, 2), b = numbers<T>({k, n}, 3), expected = matmul(a, b);
  for (const gpu::MatmulRung rung : {gpu::MatmulRung::kNaive, gpu::MatmulRung::kTiled}) {
    in_all_schedules([&] {
      const DeviceArray<T> da = on_device<T>(a), db = on_device<T>(b),
                           dc(static_cast<std::size_t>(m * n));
      gpu::matmul<Emulated, T>(rung, m, n, k, da.data(), db.data(), dc.data(), nullptr);
      expect_same_bits(on_host(dc, {m, n}), expected);
    });
  }
}

TEST(MatmulKernels, HaveTheBitsOfTheCpu) {
  check_matmul<float>(1, 1, 1);
  check_matmul<float>(32, 32, 32);
  check_matmul<float>(33, 65, 31);
  check_matmul<float>(7, 100, 129);
  check_matmul<float>(64, 10, 128);
  check_matmul<double>(40, 33, 70);
  check_matmul<float>(5, 6, 0);
  check_matmul<float>(0, 6, 4);
}

template <class T>
void check_softmax(double tolerance) {
  for (const std::int64_t n : {1, 2, 31, 32, 33, 129, 1000, 1024, 1025, 1500}) {
    const Tensor x = numbers<T>({5, n}) * 10.0, expected = softmax(x, 1);
    in_all_schedules([&] {
      const DeviceArray<T> dx = on_device<T>(x.contiguous()), dy(static_cast<std::size_t>(5 * n));
      gpu::softmax_rows<Emulated, T>(false, 5, n, dx.data(), dy.data(), nullptr);
      expect_close(on_host(dy, {5, n}), expected, tolerance, 1e-30);
      gpu::softmax_rows<Emulated, T>(false, 5, n, dx.data(), dx.data(), nullptr);
      expect_same_bits(on_host(dx, {5, n}), on_host(dy, {5, n}), "in place");
    });
  }
}

TEST(SoftmaxKernel, IsThatOfTheCpu) {
  // The sum of up to 1000 terms has an error of a few roundings, exp one of 4 ulp on the CPU.
  check_softmax<float>(2e-6);
  check_softmax<double>(4e-15);
}

TEST(SoftmaxKernel, OfInfinitiesIsThatOfTheCpu) {
  const double inf = std::numeric_limits<double>::infinity();
  const Tensor x = tensor({{1, -inf, 3}, {-inf, -inf, -inf}, {0, inf, 1}, {1e30, -1e30, 0}});
  const DeviceArray<float> dx = on_device<float>(x), dy(12);
  gpu::softmax_rows<Emulated, float>(false, 4, 3, dx.data(), dy.data(), nullptr);
  expect_close(on_host(dy, {4, 3}), softmax(x, 1), 1e-6, 0);
}

template <class T, class Stored>
void check_transpose(std::int64_t rows, std::int64_t columns) {
  const Tensor x = numbers<T>({rows, columns});
  in_all_schedules([&] {
    const DeviceArray<T> dx = on_device<T>(x), dy(static_cast<std::size_t>(x.numel()));
    gpu::transpose<Emulated, Stored>(rows, columns, reinterpret_cast<const Stored*>(dx.data()),
                                     reinterpret_cast<Stored*>(dy.data()), nullptr);
    expect_same_bits(on_host(dy, {columns, rows}), x.transpose().contiguous());
  });
}

TEST(TransposeKernel, MovesEveryElement) {
  for (const auto& [rows, columns] : {std::pair{1, 1}, {32, 32}, {33, 5}, {5, 100}, {70, 65}}) {
    check_transpose<float, std::uint32_t>(rows, columns);
  }
  check_transpose<double, std::uint64_t>(40, 41);
  check_transpose<float, std::uint32_t>(0, 4);
}

template <class T>
void check_uniform(double low, double high, T top) {
  Generator generator(42);
  generator.set_position(0xfffffff0u);  // the counter carries into its second word
  const std::int64_t n = 5000;
  const Tensor expected = uniform({n}, low, high, generator, dtype_of<T>());
  in_all_schedules([&] {
    const DeviceArray<T> y(static_cast<std::size_t>(n));
    gpu::uniform<Emulated, T>(42, 0xfffffff0u, low, high, top, n, y.data(), nullptr);
    expect_same_bits(on_host(y, {n}), expected);
  });
}

TEST(UniformKernel, HasTheBitsOfTheCpu) {
  check_uniform<float>(0, 1, std::nextafter(1.0f, 0.0f));
  check_uniform<float>(-3, 5, std::nextafter(5.0f, 0.0f));
  check_uniform<double>(-0.1, 0.1, std::nextafter(0.1, 0.0));
}

}  // namespace
}  // namespace gradus::testing
