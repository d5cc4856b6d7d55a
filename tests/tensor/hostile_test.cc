// Arguments that nobody means: every function answers with a result or a typed error, never with a
// crash, another exception or an allocation of what cannot be.
#include <gtest/gtest.h>

#include <climits>
#include <cmath>
#include <functional>

#include "tensor/assemble.h"
#include "tensor/elementwise_all.h"
#include "tensor/histogram.h"
#include "tensor/linalg.h"
#include "tensor/matmul.h"
#include "tensor/products.h"
#include "tensor/random.h"
#include "tensor/reduce.h"
#include "tensor/scan.h"
#include "tensor/sort.h"
#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

constexpr std::int64_t kHuge = std::int64_t{1} << 40;

struct Function {
  std::string name;
  std::function<void(const Tensor& x, int axis)> call;
};

std::vector<Function> functions_of_an_axis() {
  return {
      {"transpose", [](const Tensor& x, int a) { x.transpose(a, 0).clone(); }},
      {"slice",
       [](const Tensor& x, int a) {
         x.slice(a, {INT64_MIN, INT64_MAX, 3}).clone();
       }},
      {"slice back",
       [](const Tensor& x, int a) {
         x.slice(a, {INT64_MAX, INT64_MIN, INT64_MIN}).clone();
       }},
      {"select", [](const Tensor& x, int a) { (void)x.select(a, INT64_MIN); }},
      {"narrow", [](const Tensor& x, int a) { (void)x.narrow(a, INT64_MIN, INT64_MAX); }},
      {"narrow to nothing", [](const Tensor& x, int a) { x.narrow(a, 0, 0).clone(); }},
      {"unsqueeze", [](const Tensor& x, int a) { x.unsqueeze(a).clone(); }},
      {"squeeze", [](const Tensor& x, int a) { x.squeeze(a).clone(); }},
      {"flatten", [](const Tensor& x, int a) { x.flatten(0, a).clone(); }},
      {"permute",
       [](const Tensor& x, int a) {
         x.permute({a, 0, 1}).clone();
       }},
      {"moveaxis", [](const Tensor& x, int a) { x.moveaxis(a, 0).clone(); }},
      {"flip", [](const Tensor& x, int a) { x.flip(a).clone(); }},
      {"diagonal", [](const Tensor& x, int a) { x.diagonal(INT64_MIN, a, 0).clone(); }},
      {"unfold", [](const Tensor& x, int a) { x.unfold(a, 0, INT64_MAX).clone(); }},
      {"split",
       [](const Tensor& x, int a) {
         (void)x.split({INT64_MAX, 2, INT64_MIN}, a);
       }},
      {"split_every", [](const Tensor& x, int a) { (void)x.split_every(INT64_MAX, a); }},
      {"chunk", [](const Tensor& x, int a) { (void)x.chunk(3, a); }},
      {"sum", [](const Tensor& x, int a) { sum(x, a); }},
      {"prod", [](const Tensor& x, int a) { prod(x, a); }},
      {"mean", [](const Tensor& x, int a) { mean(x, a); }},
      {"nansum", [](const Tensor& x, int a) { nansum(x, a); }},
      {"nanmean", [](const Tensor& x, int a) { nanmean(x, a); }},
      {"max", [](const Tensor& x, int a) { max(x, a); }},
      {"min", [](const Tensor& x, int a) { min(x, a, true); }},
      {"median", [](const Tensor& x, int a) { median(x, a); }},
      {"any", [](const Tensor& x, int a) { any(x, a); }},
      {"all", [](const Tensor& x, int a) { all(x, a); }},
      {"count_nonzero", [](const Tensor& x, int a) { count_nonzero(x, a); }},
      {"var", [](const Tensor& x, int a) { var(x, a, 1e300); }},
      {"std_mean", [](const Tensor& x, int a) { std_mean(x, a); }},
      {"logsumexp", [](const Tensor& x, int a) { logsumexp(x, a); }},
      {"norm", [](const Tensor& x, int a) { norm(x, -1e300, a); }},
      {"norm of order 0", [](const Tensor& x, int a) { norm(x, 0, a); }},
      {"norm of order inf", [](const Tensor& x, int a) { norm(x, INFINITY, a); }},
      {"argmax", [](const Tensor& x, int a) { argmax(x, a); }},
      {"argmin of all", [](const Tensor& x, int) { argmin(x); }},
      {"max_with_indices", [](const Tensor& x, int a) { max_with_indices(x, a); }},
      {"cumsum", [](const Tensor& x, int a) { cumsum(x, a); }},
      {"cumprod", [](const Tensor& x, int a) { cumprod(x, a); }},
      {"logcumsumexp", [](const Tensor& x, int a) { logcumsumexp(x, a); }},
      {"cummax", [](const Tensor& x, int a) { cummax(x, a); }},
      {"cummin", [](const Tensor& x, int a) { cummin(x, a); }},
      {"diff", [](const Tensor& x, int a) { diff(x, 2, a, x, x); }},
      {"sort", [](const Tensor& x, int a) { sort(x, a, true); }},
      {"argsort", [](const Tensor& x, int a) { argsort(x, a); }},
      {"topk", [](const Tensor& x, int a) { topk(x, 0, a); }},
      {"kthvalue", [](const Tensor& x, int a) { kthvalue(x, 1, a); }},
      {"unique", [](const Tensor& x, int a) { unique(x, a); }},
      {"cat",
       [](const Tensor& x, int a) {
         cat({x, x}, a);
       }},
      {"stack",
       [](const Tensor& x, int a) {
         stack({x, x}, a);
       }},
      {"roll", [](const Tensor& x, int a) { roll(x, {INT64_MIN}, a); }},
      {"tensordot", [](const Tensor& x, int a) { tensordot(x, x, Axes(a), Axes(a)); }},
  };
}

std::vector<Function> other_functions() {
  return {
      {"reshape", [](const Tensor& x, int) { x.reshape({-1}).clone(); }},
      {"expand",
       [](const Tensor& x, int) {
         x.expand({2, 1, 3}).clone();
       }},
      {"tril", [](const Tensor& x, int) { tril(x, INT64_MIN); }},
      {"triu", [](const Tensor& x, int) { triu(x, INT64_MAX); }},
      {"pad",
       [](const Tensor& x, int) {
         pad(x, {-1, 2}, 1);
       }},
      {"repeat",
       [](const Tensor& x, int) {
         repeat(x, {2, 0, 1, 2});
       }},
      {"masked_fill", [](const Tensor& x, int) { masked_fill(x, x.to(kBool), 1); }},
      {"one_hot", [](const Tensor& x, int) { one_hot(x, 3); }},
      {"unique", [](const Tensor& x, int) { unique(x); }},
      {"histogram", [](const Tensor& x, int) { density(histogram(x, 3)); }},
      {"bincount",
       [](const Tensor& x, int) {
         bincount(x.flatten().slice(0, {0, 1}), {}, 2);
       }},
      {"searchsorted", [](const Tensor& x, int) { searchsorted(x, x); }},
      {"bucketize", [](const Tensor& x, int) { bucketize(x, x.flatten()); }},
      {"matmul", [](const Tensor& x, int) { matmul(x, x.transpose(0, -1)); }},
      {"outer", [](const Tensor& x, int) { outer(x.flatten(), x.flatten()); }},
      {"dot", [](const Tensor& x, int) { dot(x, x); }},
      {"einsum",
       [](const Tensor& x, int) {
         einsum("i...,i...->...", {x, x});
       }},
      {"norm", [](const Tensor& x, int) { norm(x, NAN); }},
      {"where", [](const Tensor& x, int) { where(x, x, 0); }},
      {"solve", [](const Tensor& x, int) { linalg::solve(x, x); }},
      {"lstsq", [](const Tensor& x, int) { linalg::lstsq(x, x); }},
      {"inverse", [](const Tensor& x, int) { linalg::inverse(x); }},
      {"det", [](const Tensor& x, int) { linalg::det(x); }},
      {"slogdet", [](const Tensor& x, int) { linalg::slogdet(x); }},
      {"cholesky", [](const Tensor& x, int) { linalg::cholesky(x); }},
      {"qr", [](const Tensor& x, int) { linalg::qr(x, linalg::QrMode::kComplete); }},
      {"svd", [](const Tensor& x, int) { linalg::svd(x); }},
      {"eigh", [](const Tensor& x, int) { linalg::eigh(x); }},
      {"matrix_rank", [](const Tensor& x, int) { linalg::matrix_rank(x); }},
      {"pinv", [](const Tensor& x, int) { linalg::pinv(x); }},
      {"bernoulli",
       [](const Tensor& x, int) {
         Generator generator;
         bernoulli(x, generator);
       }},
      {"multinomial",
       [](const Tensor& x, int) {
         Generator generator;
         multinomial(x, 2, false, generator);
       }},
      {"to", [](const Tensor& x, int) { x.to(kUInt8); }},
      {"to_string", [](const Tensor& x, int) { to_string(x); }},
      {"item", [](const Tensor& x, int) { (void)x.item<std::int32_t>(); }},
      {"add", [](const Tensor& x, int) { x + x.transpose(0, -1); }},
      {"pow", [](const Tensor& x, int) { pow(x, x); }},
      {"copy_from", [](const Tensor& x, int) { x.clone().copy_from(x); }},
      {"fill", [](const Tensor& x, int) { x.clone().fill(300); }},
  };
}

// 0-d, without elements on one or several axes, single, of rank 8, ordinary, seen backwards,
// repeated and overlapping; of NaN, infinities and the largest numbers.
std::vector<Tensor> odd_tensors(DType dtype) {
  const auto ends = [&](const Shape& shape) {
    const Tensor x = Tensor::empty(shape, dtype), flat = x.reshape({x.numel()});
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      const std::int64_t whole[] = {0, INT64_MAX, INT64_MIN, 1, -1};
      const double floating[] = {NAN, INFINITY, -INFINITY, 1.7e308, -0.0, 5e-324, 2};
      const Tensor one = is_floating(dtype) ? Tensor(floating[i % 7]) : Tensor(whole[i % 5]);
      flat.select(0, i).copy_from(one, Cast::kWrap);
    }
    return x;
  };
  std::vector<Tensor> all;
  for (const Shape& shape : {Shape{},
                             {0},
                             {1},
                             {0, 0},
                             {2, 0},
                             {0, 2},
                             {3, 0, 2},
                             {2, 2},
                             {3, 4},
                             {1, 1},
                             {2, 3, 3},
                             {1, 1, 1, 1, 1, 1, 1, 1},
                             {2, 1, 2, 1, 0, 1, 2, 1},
                             {1, 2, 1, 2, 1, 2, 1, 2}}) {
    all.push_back(ends(shape));
    all.push_back(ones(shape, dtype).flip());
  }
  all.push_back(ones({}, dtype).expand({3, 3}));
  all.push_back(ends({9}).unfold(0, 3, 1));
  all.push_back(ends({4, 6}).transpose().slice(0, {None, None, -2}));
  return all;
}

void expect_typed(const Function& function, const Tensor& x, int axis) {
  try {
    function.call(x, axis);
  } catch (const Error& error) {
    // Errors begin with the function in brackets and end in words.
    EXPECT_EQ(std::string(error.what()).front(), '[') << error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << function.name << "(" << describe(x) << ", " << axis
                  << ") threw: " << error.what();
  }
}

TEST(Hostile, OddTensorsAndAxesGiveResultsOrTypedErrors) {
  const std::vector<Function> along = functions_of_an_axis(), others = other_functions();
  for (DType dtype : kAllDTypes) {
    for (const Tensor& x : odd_tensors(dtype)) {
      for (const Function& function : along) {
        for (int axis : {INT_MIN, -9, -1, 0, 1, 7, 8, INT_MAX}) expect_typed(function, x, axis);
      }
      for (const Function& function : others) expect_typed(function, x, 0);
    }
  }
}

TEST(Hostile, UndefinedTensorsAreRefusedByAll) {
  std::vector<Function> all = functions_of_an_axis();
  for (const Function& function : other_functions()) all.push_back(function);
  for (const Function& function : all) {
    if (function.name == "to_string") continue;  // which says so
    expect_typed(function, Tensor(), 0);
    EXPECT_THROW(function.call(Tensor(), 0), Error) << function.name;
  }
}

TEST(Hostile, SizesThatOverflowAreRefused) {
  const Tensor wide = ones({1}).expand({kHuge});
  expect_throws_text<ShapeError>(
      [&] { (void)wide.unfold(0, kHuge / 2, 1); },
      "[unfold] shape: [549755813889, 549755813888]; expected fewer than 2^60 elements");
  expect_throws_text<ShapeError>(
      [] {
        zeros({0}).reshape({0, kHuge, kHuge});
      },
      "[reshape] shape: [0, 1099511627776, 1099511627776]; expected fewer than 2^60 elements");
  expect_throws_text<ShapeError>(
      [] {
        ones({2, 1, 1}).expand({-1, kHuge, kHuge});
      },
      "[expand] shape: [2, 1099511627776, 1099511627776]; expected fewer than 2^60 elements");
  EXPECT_THROW(wide + wide.unsqueeze(1), ShapeError);
  EXPECT_THROW(outer(wide, wide), ShapeError);
  EXPECT_THROW(Dims({1, 2, 3, 4, 5, 6, 7, 8, 9}), ShapeError);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they end the program instead
TEST(Hostile, MemoryThatNoMachineHasIsADeviceError) {
  const Tensor wide = ones({1}).expand({kHuge});
  EXPECT_THROW(cat({wide, wide}), DeviceError);
  EXPECT_THROW(repeat(ones({1, 1, 1, 1, 1, 1, 1, 1}), {kHuge, 1, 1, 1, 1, 1, 1, 1}), DeviceError);
  expect_throws_text<DeviceError>(
      [&] { (void)wide.split_every(1); },
      "[split] cpu: out of memory for 1099511627776 tensors; expected fewer parts");
  expect_throws_text<DeviceError>(
      [] { (void)zeros({0}).chunk(INT64_MAX); },
      "[chunk] cpu: out of memory for 9223372036854775807 tensors; expected fewer parts");
}
#endif

// Pads that cut more than there is leave nothing of x, and its places to `value`.
TEST(Hostile, PadsMayCutAllOfATensor) {
  const Tensor x = tensor({1, 2, 3});
  expect_same_bits(pad(x, {5, -6}, 7), tensor({7, 7}));
  expect_same_bits(pad(x, {5, -4}, 7), tensor({7, 7, 7, 7}));
  expect_same_bits(pad(x, {-4, 5}, 7), tensor({7, 7, 7, 7}));
  expect_same_bits(pad(x, {-4, 1}, 7), tensor(std::initializer_list<Nested>{}));
  expect_same_bits(pad(x, {INT64_MIN, INT64_MAX}, 7), tensor({7, 7}));
  expect_same_bits(pad(x.reshape({1, 3}), {1, 1, 2, -3}, 7), zeros({0, 5}));
}

TEST(Hostile, RepeatsOfEightAxesAreThoseOfFewer) {
  const Tensor x = arange(6).reshape({1, 2, 1, 1, 3, 1, 1, 1});
  expect_same_bits(repeat(x, {2, 1, 1, 1, 3, 1, 1, 2}).reshape({2, 2, 9, 2}),
                   repeat(x.reshape({1, 2, 3, 1}), {2, 1, 3, 2}));
}

TEST(Hostile, LinspaceGetsPastTheLargestNumber) {
  expect_same_bits(linspace(-1.6e308, 1.6e308, 3, kFloat64),
                   tensor({-1.6e308, 0, 1.6e308}, kFloat64));
  expect_same_bits(linspace(-1.6e308, 1.6e308, 2, kFloat64), tensor({-1.6e308, 1.6e308}, kFloat64));
}

// ---- In place
// ------------------------------------------------------------------------------------

TEST(Hostile, CopiesBetweenViewsOfOneStorageReadBeforeTheyWrite) {
  const Tensor x = arange(200 * 200).reshape({200, 200}).clone();
  const Tensor expected = x + x.transpose();
  x.copy_from(x.transpose());
  expect_same_bits(x, arange(200 * 200).reshape({200, 200}).transpose().clone());
  x.copy_from(x + x.transpose());
  expect_same_bits(x, expected);
  const Tensor line = arange(100000).clone();
  line.slice(0, {1}).copy_from(line.slice(0, {0, -1}));
  expect_same_bits(line.slice(0, {1}).clone(), arange(99999));
  const Tensor row = arange(5).clone();
  row.copy_from(row.flip());
  expect_same_bits(row, tensor({4, 3, 2, 1, 0}, kInt64));
  row.fill(row.select(0, 1));
  expect_same_bits(row, full({5}, 3, kInt64));
}

TEST(Hostile, ElementsThatOverlapAreNotWrittenTo) {
  const Tensor x = zeros({6});
  expect_throws_text<ShapeError>(
      [&] {
        x.unfold(0, 3, 1).copy_from(arange(12).reshape({4, 3}));
      },
      "[copy_from] x: elements of shape [4, 3] with strides [1, 1] share memory (unfold); expected "
      "elements of their own; use clone()");
  expect_throws_text<ShapeError>([&] { x.unfold(0, 4, 2).fill(1); },
                                 "[copy_from] x: elements of shape [2, 4] with strides [2, 1] "
                                 "share memory (unfold); expected elements of their own; use "
                                 "clone()");
  EXPECT_THROW(x.slice(0, {0, 1}).expand({3}).fill(1), ShapeError);
  expect_same_bits(x, zeros({6}));
  // Views whose elements are their own, whatever the strides.
  x.unfold(0, 2, 2).fill(1);
  x.unfold(0, 2, 4).flip().copy_from(tensor({{1, 2}, {3, 4}}));
  expect_same_bits(x, tensor({4, 3, 1, 1, 2, 1}));
  const Tensor cube = zeros({3, 3, 3});
  cube.diagonal(0, 0, 2).fill(1);
  cube.diagonal(1, 2, 1).flip(0).transpose().fill(2);
  cube.permute({2, 0, 1}).slice(1, {None, None, -2}).select(2, 1).fill(3);
  EXPECT_EQ(sum(cube).item(), 6 * 3 + 4 * 2 + 6 * 1);  // the later ones hide some
  zeros({4, 0}).unfold(0, 2, 1).fill(1);
}

TEST(Hostile, NumbersThatNoDtypeHoldsAreRefused) {
  expect_throws_text<DTypeError>(
      [] { Tensor x(UINT64_MAX); },
      "[tensor] value: 18446744073709551615; expected at most 9223372036854775807, the largest "
      "int64; make a floating number of it");
  EXPECT_EQ(Tensor(std::uint64_t{INT64_MAX}).item<std::int64_t>(), INT64_MAX);
  EXPECT_EQ(Tensor(static_cast<unsigned char>(200)).item(), 200);
}

}  // namespace
}  // namespace gradus::testing
